// One node of a cluster, as this one knows it.

import { SLOT_COUNT } from '../util/crc.ts'
import { type BusLink, NODE_FLAGS as NODE } from './bus/message.ts'

export { NODE }

/** Its name, and what it is called: `%.40s (%s)` of the log. */
export function titleOf({ id, humanName }: ClusterNode): string {
  return `${id} (${humanName})`
}

export class ClusterNode {
  id: string
  shardId: string
  flags: number
  /** Empty if unknown. */
  ip = ''
  tcpPort = 0
  tlsPort = 0
  busPort = 0
  hostname = ''
  humanName = ''
  configEpoch = 0
  master: ClusterNode | undefined
  readonly replicas: ClusterNode[] = []
  /** A bit for each slot that it serves: of slot n, bit n % 8 of byte n / 8. */
  readonly slots = new Uint8Array(SLOT_COUNT / 8)
  slotCount = 0
  readonly createdAt: number
  /** Of the ping that is not answered yet; 0 if there is none. */
  pingSentAt = 0
  pongReceivedAt = 0
  dataReceivedAt = 0
  failedAt = 0
  /** When I last voted for a replica of this master. */
  votedAt = 0
  replicationOffset = 0
  offsetAt = 0
  /** Since when this master has no replica that works; 0 if it has one. */
  orphanedAt = 0
  /** Which masters say that it fails, and since when. */
  readonly failureReports = new Map<ClusterNode, number>()
  /** What I have dialled, and what it has. */
  link: BusLink | undefined
  inboundLink: BusLink | undefined

  constructor(id: string, shardId: string, flags: number, createdAt: number) {
    this.id = id
    this.shardId = shardId
    this.flags = flags
    this.createdAt = createdAt
  }

  is(flag: number): boolean {
    return (this.flags & flag) !== 0
  }

  set(flag: number): void {
    this.flags |= flag
  }

  clear(flag: number): void {
    this.flags &= ~flag
  }

  get isMyself(): boolean {
    return this.is(NODE.myself)
  }

  get isMaster(): boolean {
    return this.is(NODE.master)
  }

  get isReplica(): boolean {
    return this.is(NODE.replica)
  }

  get fails(): boolean {
    return this.is(NODE.fail)
  }

  /** Those of its replicas that work. */
  get workingReplicas(): number {
    return this.replicas.filter(replica => !replica.fails).length
  }

  /** Fails, or may. */
  get isSuspect(): boolean {
    return this.is(NODE.fail | NODE.pfail)
  }

  serves(slot: number): boolean {
    return hasBit(this.slots, slot)
  }

  /** Of the node whose slots these are: a replica's are its master's. */
  get epochOfSlots(): number {
    return this.isReplica && this.master ? this.master.configEpoch : this.configEpoch
  }

  /** Ranges of slots, both ends included. */
  slotRanges(): (readonly [number, number])[] {
    const ranges: (readonly [number, number])[] = []
    if (this.slotCount === 0) return ranges
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (!this.serves(slot)) continue
      const start = slot
      while (slot + 1 < SLOT_COUNT && this.serves(slot + 1)) slot++
      ranges.push([start, slot])
    }
    return ranges
  }
}

export function hasBit(bitmap: Uint8Array, slot: number): boolean {
  return ((bitmap[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0
}

export function setBit(bitmap: Uint8Array, slot: number): void {
  bitmap[slot >> 3] = (bitmap[slot >> 3] ?? 0) | (1 << (slot & 7))
}

export function clearBit(bitmap: Uint8Array, slot: number): void {
  bitmap[slot >> 3] = (bitmap[slot >> 3] ?? 0) & ~(1 << (slot & 7))
}
