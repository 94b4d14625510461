// A client of a data node: its session, and what it does through the node. Also the client that a
// script runs its commands as: that one has no connection, and its replies are read by the script.

import type { Args } from '../resp3/args.ts'
import type { Database } from '../store/database.ts'
import type { Connection } from '../transport/listener.ts'
import type { RedisServer } from './server.ts'
import { Session } from './session.ts'
import type { Wait } from './wait.ts'

export class Client extends Session {
  declare readonly server: RedisServer
  override db: Database
  override scriptCaller: Client | undefined

  constructor(server: RedisServer, id: number, connection: Connection | undefined) {
    super(server, id, connection)
    this.db = server.keyspace.databases[0]!
  }

  /**
   * Called by a blocking command that found nothing to do. Writes nothing: when one of the keys
   * changes, the same handler runs again. Where blocking is not possible (in a transaction or a
   * script) the reply of the time-out is given at once.
   */
  waitFor(args: Args, wait: Wait): void {
    if (this.mayNotBlock) wait.onTimeout(this.reply)
    else this.server.blocking.block(this, args, wait)
  }

  endTransaction(): void {
    this.transaction = undefined
    this.server.watches.unwatch(this)
  }

  /** RESET: as the connection was at its start. */
  resetState(): void {
    const { server } = this
    this.endTransaction()
    server.pubsub.leaveAll(this)
    server.monitors.remove(this)
    server.tracking.disable(this)
    this.db = server.keyspace.databases[0]!
    this.reply.resp = 2
    this.replyMode = 'on'
    this.noEvict = false
    this.noTouch = false
    this.isAsking = false
    this.readsReplica = false
    this.name = ''
    server.resetAuthentication(this)
  }
}
