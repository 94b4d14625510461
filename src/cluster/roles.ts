// This node as a master, or as a replica of one: what follows for its data.

import type { RedisServer } from '../engine/server.ts'
import { Replication } from '../replication/replication.ts'
import { portOf } from './endpoint.ts'
import type { Node } from './node.ts'
import { dropShardChannels } from './shard-channels.ts'
import type { ClusterState } from './state.ts'

export class Roles {
  readonly #server: RedisServer
  readonly #state: ClusterState

  constructor(server: RedisServer, state: ClusterState) {
    this.#server = server
    this.#state = state
  }

  /** Becomes a replica of a master; has no slots of its own any more. */
  follow(master: Node): void {
    const { myself, slots } = this.#state
    if (myself.isMaster) slots.close()
    this.#state.makeReplica(myself, master)
    this.connect()
    dropShardChannels(this.#server.pubsub, slot => slots.owner(slot) !== master)
  }

  /** To the master, where that can be reached now. */
  connect(): void {
    const { master } = this.#state.myself
    if (master === undefined || master.ip === '') return
    const isTls = this.#server.settings['tls-replication']
    this.#server.feature(Replication).follow(master.ip, portOf(master, isTls))
  }

  /** Becomes a master, with the data that it has. */
  lead(): void {
    this.#state.makeMaster(this.#state.myself)
    this.#server.feature(Replication).lead()
  }
}
