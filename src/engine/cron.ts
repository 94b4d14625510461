// What a data node does by itself, ten times a second: removes what has expired, closes who has
// been idle, gives memory back, and lets features do theirs.

import type { Timer } from '../util/clock.ts'
import type { Feature } from './features.ts'
import { closeIdleClients } from './idle.ts'
import type { RedisServer } from './server.ts'

export const CRON_EVERY_MS = 100

const ACTIVE_EXPIRE_KEYS = 200
const ROUNDS_MAX = 50

export class Cron implements Feature {
  readonly #server: RedisServer
  readonly #timer: Timer
  /** Where active expiry goes on in each database. */
  readonly #cursors: number[]

  constructor(server: RedisServer) {
    this.#server = server
    this.#cursors = server.keyspace.databases.map(() => 0)
    this.#timer = server.clock.every(CRON_EVERY_MS, () => this.#tick())
    server.features.use(this)
  }

  closed(): void {
    this.#timer.cancel()
  }

  #tick(): void {
    const server = this.#server
    const { clock, stats, switches, tracking } = server
    if (switches.cronPaused || server.busy !== undefined) return
    const startedAt = clock.monotonic()
    if (switches.activeExpiry && !server.keyspace.expirySuspended) this.expireKeys()
    closeIdleClients(server)
    this.#tendClients()
    server.clientEviction.measureAll()
    if (tracking.clientCount > 0) tracking.limit()
    server.endTurn()
    for (const feature of server.features.at.tick) feature.tick()
    const endedAt = clock.monotonic()
    stats.cronMicroseconds += (endedAt - startedAt) * 1000
    server.rates.sample(stats, endedAt)
  }

  #tendClients(): void {
    const server = this.#server
    const now = server.clock.now()
    for (const client of server.clients.values()) {
      client.buffers.resize(client, server.replyBuffers, now)
      client.trimInput(now)
      // Soft limits run out also where nothing more is written.
      if (client.unsent > 0) server.checkOutput(client)
    }
  }

  /** One round of active expiry: goes on in a database as long as much of what it meets is dead. */
  expireKeys(): void {
    const { keyspace, blocking } = this.#server
    if (!keyspace.hasVolatile) return
    keyspace.tick()
    keyspace.databases.forEach((db, i) => {
      db.expireDueFields()
      for (let round = 0; round < ROUNDS_MAX && db.volatileCount > 0; round++) {
        const { cursor, expired } = db.expireSome(this.#cursors[i] ?? 0, ACTIVE_EXPIRE_KEYS)
        this.#cursors[i] = cursor
        if (expired * 10 < ACTIVE_EXPIRE_KEYS) break
      }
    })
    if (blocking.hasReady) blocking.serve()
    this.#server.endTurn()
  }
}
