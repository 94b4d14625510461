// Keys with an expiry that a writable replica has made itself: no master will ever remove them, so
// the replica does. All others are left to the master.

import type { Feature, Report } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Database } from '../store/database.ts'
import { NEVER } from '../store/value.ts'

export class LocalKeys implements Feature {
  readonly #server: RedisServer
  readonly #keys = new Map<Database, Set<string>>()

  constructor(server: RedisServer) {
    this.#server = server
    server.features.use(this)
  }

  report(): Partial<Report> {
    let localKeys = 0
    for (const keys of this.#keys.values()) localKeys += keys.size
    return { localKeys }
  }

  keyChanged(db: Database, key: string): void {
    const { keyspace } = this.#server
    if (keyspace.isObeying) return
    const expires = (db.stored(key)?.expireAt ?? NEVER) !== NEVER
    if (!expires) this.#keys.get(db)?.delete(key)
    else if (this.#keys.has(db)) this.#keys.get(db)?.add(key)
    else this.#keys.set(db, new Set([key]))
  }

  tick(): void {
    const { keyspace, switches } = this.#server
    if (!switches.activeExpiry || this.#keys.size === 0) return
    keyspace.tick()
    for (const [db, keys] of this.#keys) {
      for (const key of keys) {
        if (db.stored(key) === undefined) keys.delete(key)
        else if (db.isExpired(key)) this.#remove(db, key)
      }
    }
  }

  #remove(db: Database, key: string): void {
    const { keyspace } = this.#server
    keyspace.resumeExpiry()
    db.peek(key)
    keyspace.suspendExpiry()
  }

  /** The server is no such replica any more. */
  end(): void {
    this.#server.features.remove(this)
  }
}
