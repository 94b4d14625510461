// What a node says of its own role: that it is a master, or whose replica it is.

import type { Log } from '../host/log.ts'
import { type ClusterNode, NODE, titleOf } from './node.ts'
import type { ClusterState } from './state.ts'

export class RoleNews {
  readonly #state: ClusterState
  readonly #log: Log

  constructor(state: ClusterState, log: Log) {
    this.#state = state
    this.#log = log
  }

  /** Takes over what the header of a message says of its sender. */
  hear(sender: ClusterNode, masterId: string, epoch: number): void {
    const state = this.#state
    if (masterId === '') {
      state.makeMaster(sender)
      return
    }
    const master = state.find(masterId)
    if (sender.isMaster) this.#leaves(sender, master, epoch)
    if (master === undefined || sender.master === master || master === sender) return
    state.makeReplica(sender, master)
    state.todo.save()
  }

  /** A master is none any more: its slots are those of its new master, or nobody's. */
  #leaves(sender: ClusterNode, master: ClusterNode | undefined, epoch: number): void {
    const { slots, todo } = this.#state
    const isSameShard = master !== undefined && master.shardId === sender.shardId
    if (!isSameShard) this.#leavesShard(sender, master)
    else if (sender.configEpoch > epoch) {
      this.#log.notice(
        `Ignore stale message from ${titleOf(sender)} in shard ${sender.shardId}; gossip config ` +
          `epoch: ${epoch}, current config epoch: ${sender.configEpoch}`,
      )
    } else {
      const count = sender.slotCount
      slots.giveAllOf(sender, master)
      this.#state.makeMaster(master)
      master.configEpoch = epoch
      this.#log.notice(
        `A failover occurred in shard ${sender.shardId}; node ${titleOf(sender)} lost ${count} ` +
          `slot(s) to node ${titleOf(master)} with a config epoch of ${epoch}`,
      )
    }
    sender.clear(NODE.master | NODE.migrateTo)
    sender.set(NODE.replica)
    todo.save()
    todo.update()
  }

  #leavesShard(sender: ClusterNode, master: ClusterNode | undefined): void {
    const count = sender.slotCount
    this.#state.slots.giveAllOf(sender, undefined)
    this.#log.notice(
      `Node ${titleOf(sender)} is no longer master of shard ${sender.shardId}; removed all ` +
        `${count} slot(s) it used to own`,
    )
    if (master === undefined) return
    this.#log.notice(`Node ${titleOf(sender)} is now part of shard ${master.shardId}`)
  }
}
