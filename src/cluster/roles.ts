// This node as a master, or as a replica of one: what follows for its data.

import type { RedisServer } from '../engine/server.ts'
import { Replication } from '../replication/replication.ts'
import { portOf } from './endpoint.ts'
import { type ClusterNode, titleOf } from './node.ts'
import { dropShardChannels } from './shard-channels.ts'
import type { ClusterState } from './state.ts'

export class Roles {
  readonly #server: RedisServer
  readonly #state: ClusterState
  /** What was under way with the former master is over. */
  readonly #changed: () => void

  constructor(server: RedisServer, state: ClusterState, changed: () => void) {
    this.#server = server
    this.#state = state
    this.#changed = changed
  }

  /** Becomes a replica of a master; has no slots of its own any more. */
  follow(master: ClusterNode): void {
    const { myself, slots } = this.#state
    if (myself.isMaster) slots.close()
    this.#state.makeReplica(myself, master)
    this.connect()
    dropShardChannels(this.#server.pubsub, slot => slots.owner(slot) !== master)
    this.#changed()
  }

  /** Becomes a replica of who has this node's last slot now. */
  followWinner(master: ClusterNode): void {
    const { todo } = this.#state
    this.#server.log.notice(
      `Configuration change detected. Reconfiguring myself as a replica of ${titleOf(master)}`,
    )
    this.follow(master)
    todo.saveAndSync()
    todo.update()
  }

  /**
   * To the master, if it is known where that is.
   *
   * @param now whether at once, or when the data that was kept has been loaded
   */
  connect(now = true): void {
    const { master } = this.#state.myself
    if (master === undefined || master.ip === '') return
    const isTls = this.#server.settings['tls-replication']
    this.#server.feature(Replication).follow(master.ip, portOf(master, isTls), now)
  }

  /** For how many milliseconds nothing has come from the master, in whole seconds. */
  dataAge(): number {
    const { clock } = this.#server
    const heardAt = this.#server.feature(Replication).masterLink?.upUntil ?? 0
    return Math.floor((clock.now() - heardAt) / 1000) * 1000
  }

  /** Becomes a master, with the data that it has. */
  lead(): void {
    this.#state.makeMaster(this.#state.myself)
    this.#server.feature(Replication).lead()
  }
}
