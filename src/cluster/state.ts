// All that a node knows of its cluster: the nodes, who serves which slot, and the epochs, by which
// of two claims on a slot the later one is told.

import { randomId } from '../engine/replication.ts'
import type { Clock } from '../util/clock.ts'
import { ClusterNode, NODE } from './node.ts'
import { Slots } from './slots.ts'
import { Todo } from './todo.ts'

const BLACKLISTED_MS = 60_000

interface StateOptions {
  readonly clock: Clock
  /** A slot is going to be without its owner. */
  readonly slotLeaves: (slot: number) => void
}

export class ClusterState {
  readonly nodes = new Map<string, ClusterNode>()
  readonly slots: Slots
  readonly todo = new Todo()
  myself: ClusterNode
  currentEpoch = 0
  lastVoteEpoch = 0
  /** Whether requests about keys are served. */
  isOk = false
  /** How many masters have slots. */
  size = 0
  /** Nodes that were forgotten, and until when they stay so. */
  readonly blacklist = new Map<string, number>()
  readonly #clock: Clock

  constructor({ clock, slotLeaves }: StateOptions) {
    this.#clock = clock
    this.slots = new Slots({ leaves: slotLeaves, hasFirst: node => this.#hasFirstSlot(node) })
    this.myself = this.addNode(NODE.myself | NODE.master)
  }

  now(): number {
    return this.#clock.now()
  }

  // ---- Nodes -----------------------------------------------------------------------------------

  addNode(flags: number, id = randomId(), shardId = randomId()): ClusterNode {
    const node = new ClusterNode(id, shardId, flags, this.now())
    this.nodes.set(id, node)
    return node
  }

  find(id: string): ClusterNode | undefined {
    return this.nodes.get(id)
  }

  /** Gives a node another id: its own, once that is known. */
  rename(node: ClusterNode, id: string): void {
    this.nodes.delete(node.id)
    node.id = id
    this.nodes.set(id, node)
  }

  remove(node: ClusterNode): void {
    this.slots.forget(node)
    for (const { failureReports } of this.nodes.values()) failureReports.delete(node)
    for (const replica of node.replicas) replica.master = undefined
    leaveMaster(node)
    node.link?.close()
    node.inboundLink?.close()
    this.nodes.delete(node.id)
  }

  /** Makes a node a master, if it is none. */
  makeMaster(node: ClusterNode): void {
    if (node.isMaster) return
    if (node.master !== undefined) {
      leaveMaster(node)
      if (!node.isMyself) node.set(NODE.migrateTo)
    }
    node.clear(NODE.replica)
    node.set(NODE.master)
    this.todo.save()
    this.todo.update()
  }

  /** Makes a node a replica of another one. */
  makeReplica(node: ClusterNode, master: ClusterNode): void {
    node.clear(NODE.master | NODE.migrateTo)
    node.set(NODE.replica)
    leaveMaster(node)
    node.master = master
    if (!master.replicas.includes(node)) master.replicas.push(node)
    master.set(NODE.migrateTo)
    this.setShard(node, master.shardId)
  }

  /** Where masters have replicas, one that begins to serve wants some as well. */
  #hasFirstSlot(node: ClusterNode): void {
    for (const { isMaster, replicas } of this.nodes.values()) {
      if (isMaster && replicas.length > 0) node.set(NODE.migrateTo)
    }
  }

  /** What a node says of its shard; I am in that of my master. */
  setShard(node: ClusterNode, shardId: string): void {
    if (node.shardId !== shardId) {
      node.shardId = shardId
      this.todo.save()
    }
    const { myself } = this
    if (myself !== node && myself.master === node && myself.shardId !== shardId) {
      myself.shardId = shardId
      this.todo.saveAndSync()
    }
  }

  /** The nodes of each shard, in a fixed order. */
  shards(): ClusterNode[][] {
    const shards = new Map<string, ClusterNode[]>()
    for (const node of this.nodes.values()) {
      if (node.is(NODE.handshake)) continue
      const shard = shards.get(node.shardId)
      if (shard === undefined) shards.set(node.shardId, [node])
      else shard.push(node)
    }
    return [...shards.values()]
  }

  isMyShard({ shardId }: ClusterNode): boolean {
    return shardId === this.myself.shardId
  }

  // ---- Nodes that were forgotten ---------------------------------------------------------------

  blacklistNode(id: string, forMs = BLACKLISTED_MS): void {
    this.#tidyBlacklist()
    this.blacklist.set(id, this.now() + forMs)
  }

  isBlacklisted(id: string): boolean {
    this.#tidyBlacklist()
    return this.blacklist.has(id)
  }

  #tidyBlacklist(): void {
    const now = this.now()
    for (const [id, until] of this.blacklist) if (until < now) this.blacklist.delete(id)
  }

  // ---- Epochs ----------------------------------------------------------------------------------

  get myEpoch(): number {
    return this.myself.epochOfSlots
  }

  /** Takes the next epoch without asking anybody. False if mine is the highest already. */
  bumpEpoch(): boolean {
    let highest = this.currentEpoch
    for (const { configEpoch } of this.nodes.values()) highest = Math.max(highest, configEpoch)
    const { configEpoch } = this.myself
    if (configEpoch !== 0 && configEpoch === highest) return false
    this.currentEpoch++
    this.myself.configEpoch = this.currentEpoch
    this.todo.saveAndSync()
    return true
  }

  // ---- Beginning anew --------------------------------------------------------------------------

  /** Forgets all other nodes and all slots; if hard, also who it was itself. */
  reset(isHard: boolean): void {
    const { myself } = this
    this.slots.close()
    for (const node of [...this.nodes.values()]) {
      if (node === myself) this.slots.giveAllOf(node, undefined)
      else this.remove(node)
    }
    this.blacklist.clear()
    if (isHard) {
      this.currentEpoch = 0
      this.lastVoteEpoch = 0
      myself.configEpoch = 0
      this.rename(myself, randomId())
      myself.shardId = randomId()
    }
    this.todo.saveAndSync()
    this.todo.update()
  }
}

function leaveMaster(node: ClusterNode): void {
  const { master } = node
  if (master === undefined) return
  const at = master.replicas.indexOf(node)
  if (at >= 0) master.replicas.splice(at, 1)
  if (master.replicas.length === 0) master.clear(NODE.migrateTo)
  node.master = undefined
}
