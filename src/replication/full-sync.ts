// A snapshot for replicas, taken once for all who wait for it while commands go on. Either it goes
// to their sockets as it is taken, at the pace of the slowest, and ends in a mark; or, for those
// who must know its size before, it is sent when it is whole.

import { randomBytes } from 'node:crypto'
import type { Outcome } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import { SnapshotChild, type Taker } from '../persistence/child.ts'
import type { Bulk, Replica } from './replica.ts'

const MARK_BYTES = 20
/** So many bytes may wait for the slowest of those who read along. */
const BEHIND_MAX = 1024 * 1024
const NOTHING = Buffer.alloc(0)

/** Whether one snapshot does for both. */
export function wantTheSame(a: Replica, b: Replica): boolean {
  const [one, other] = [a.capabilities, b.capabilities]
  return (
    one.eof === other.eof &&
    one.withoutKeys === other.withoutKeys &&
    one.withoutFunctions === other.withoutFunctions
  )
}

/** Whether it can be sent a snapshot whose size is not known before. */
export function takesStream({ settings }: RedisServer, { capabilities }: Replica): boolean {
  const { eof, withoutFunctions, withoutKeys } = capabilities
  return eof && (settings['repl-diskless-sync'] || withoutFunctions || withoutKeys)
}

/** What is asked of whoever wants snapshots sent. */
export interface SyncEvents {
  /** A replica has been handed all of it. */
  sent(replica: Replica, isMarked: boolean): void
  /** It ends, or there is none for those who waited for it. */
  ended(outcome: Outcome): void
}

export class FullSync implements Taker {
  /** It goes out as it is taken. */
  readonly isMarked: boolean
  /** Where the stream was when it began. */
  readonly offset: number
  readonly #server: RedisServer
  readonly #events: SyncEvents
  readonly #readers = new Map<Replica, Reader>()
  readonly #child: SnapshotChild
  /** What has been taken, but for what all have read. */
  #blocks: Buffer[] = []
  /** How many blocks are gone from the beginning. */
  #dropped = 0
  #isWhole = false
  readonly #mark: string
  #goOn: (() => void) | undefined

  constructor(server: RedisServer, first: Replica, offset: number, events: SyncEvents) {
    this.isMarked = takesStream(server, first)
    this.offset = offset
    this.#server = server
    this.#events = events
    const { withoutKeys, withoutFunctions } = first.capabilities
    this.#mark = randomBytes(MARK_BYTES).toString('hex')
    if (this.isMarked) this.#blocks.push(Buffer.from(`$EOF:${this.#mark}\r\n`))
    this.#child = new SnapshotChild(server, {
      kind: this.isMarked ? 'rdb to sockets' : 'rdb to disk',
      taker: this,
      contents: { withoutKeys, withoutFunctions },
      ended: (outcome, error) => this.#ended(outcome, error),
    })
  }

  /** Whether one who comes now may still have it: nothing of it has gone out. */
  mayJoin(replica: Replica): boolean {
    const [first] = this.#readers.keys()
    return !this.isMarked && first !== undefined && wantTheSame(replica, first)
  }

  add(replica: Replica): void {
    const reader = new Reader(this, replica)
    this.#readers.set(replica, reader)
    replica.fullSync = this
    if (this.isMarked) this.#send(replica, reader)
  }

  #send(replica: Replica, reader: Reader): void {
    replica.sendBulk(reader, () => {
      replica.fullSync = undefined
      this.#events.sent(replica, this.isMarked)
    })
    replica.pump()
  }

  /** A replica is gone, or it has all of it. */
  remove(replica: Replica): void {
    if (!this.#readers.delete(replica)) return
    if (this.#readers.size > 0 || this.#isWhole) {
      this.#mayGoOn()
      return
    }
    if (this.isMarked) {
      this.#server.log.notice('Diskless rdb transfer, last replica dropped, killing fork child.')
    }
    this.#child.kill()
  }

  // ---- What is taken ---------------------------------------------------------------------------

  async write(blocks: readonly Buffer[]): Promise<void> {
    this.#blocks.push(...blocks)
    if (!this.isMarked) return
    this.#pump()
    if (this.#behind <= BEHIND_MAX) return
    await new Promise<void>(resolve => {
      this.#goOn = resolve
    })
  }

  async finish(): Promise<void> {
    this.#isWhole = true
    if (this.isMarked) {
      const { log } = this.#server
      const { size } = this.#readers
      log.notice(`Diskless rdb transfer, done reading from pipe, ${size} replicas still up.`)
      this.#blocks.push(Buffer.from(this.#mark))
      this.#pump()
      return
    }
    const size = this.#blocks.reduce((sum, { length }) => sum + length, 0)
    this.#blocks.unshift(Buffer.from(`$${size}\r\n`))
    for (const [replica, reader] of this.#readers) this.#send(replica, reader)
  }

  discard(): void {
    this.#blocks = []
  }

  #pump(): void {
    for (const replica of this.#readers.keys()) replica.pump()
  }

  #ended(outcome: Outcome, error: unknown): void {
    this.#isWhole = true
    this.#goOn?.()
    if (outcome === 'failed') this.#server.recordBug(error, { name: 'a snapshot for replicas' })
    this.#events.ended(outcome)
  }

  // ---- What is read ----------------------------------------------------------------------------

  /** Of the first block that is not the reader's yet; none if there is none yet. */
  block(at: number): Buffer | undefined {
    const block = this.#blocks[at - this.#dropped]
    if (block !== undefined) return block
    return this.#isWhole ? undefined : NOTHING
  }

  /** Lets go what everybody has, and lets the snapshot go on. */
  hasRead(): void {
    const least = Math.min(...Array.from(this.#readers.values(), ({ at }) => at))
    if (least > this.#dropped) {
      this.#blocks.splice(0, least - this.#dropped)
      this.#dropped = least
    }
    this.#mayGoOn()
  }

  get #behind(): number {
    return this.#blocks.reduce((sum, { length }) => sum + length, 0)
  }

  #mayGoOn(): void {
    if (this.#goOn === undefined || this.#behind > BEHIND_MAX) return
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn()
  }
}

/** How far one replica has read it. */
class Reader implements Bulk {
  at = 0
  readonly #sync: FullSync
  readonly #replica: Replica

  constructor(sync: FullSync, replica: Replica) {
    this.#sync = sync
    this.#replica = replica
  }

  next(): Buffer | undefined {
    const block = this.#sync.block(this.at)
    if (block === undefined) {
      this.#sync.remove(this.#replica)
    } else if (block.length > 0) {
      this.at++
      this.#sync.hasRead()
    }
    return block
  }
}
