// maxmemory-clients: how much all clients may take together. Beyond it the largest are closed, as
// few as will do. Clients of about the same size are taken in the order in which they came.
//
// While there is a limit the sum is kept up to date: by the clients that had something to do in a
// turn, and by the cron for all others.

import type { Settings } from '../host/config/config.ts'
import type { Log } from '../host/log.ts'
import type { Stats } from '../host/stats.ts'
import { memoryOf } from './client-memory.ts'
import type { Session } from './session.ts'

/** Less would leave nobody who could raise the limit. */
const LIMIT_MIN = 128 * 1024

/** What it asks of the server. */
interface EvictingServer {
  readonly clients: ReadonlyMap<number, Session>
  readonly settings: Settings
  readonly stats: Stats
  readonly log: Log
  describeClient(client: Session): string
  disconnect(client: Session): void
}

export class ClientEviction {
  isLimited = false
  readonly #server: EvictingServer
  readonly #sizes = new Map<Session, number>()
  #total = 0
  #limit = Number.POSITIVE_INFINITY

  constructor(server: EvictingServer) {
    this.#server = server
  }

  /** To be called when maxmemory-clients or maxmemory is set. */
  configure(): void {
    const { maxmemory, 'maxmemory-clients': asked } = this.#server.settings
    const bytes = asked < 0 ? maxmemory * (-asked / 100) : asked
    // A share of no limit is no limit.
    this.#limit = bytes === 0 ? Number.POSITIVE_INFINITY : Math.max(LIMIT_MIN, Math.floor(bytes))
    this.isLimited = this.#limit !== Number.POSITIVE_INFINITY
    this.#sizes.clear()
    this.#total = 0
    this.measureAll()
  }

  measureAll(): void {
    if (this.isLimited) for (const client of this.#server.clients.values()) this.measure(client)
  }

  measure(client: Session): void {
    if (!this.isLimited) return
    const before = this.#sizes.get(client) ?? 0
    if (client.closed || isSpared(client)) {
      this.#sizes.delete(client)
      this.#total -= before
      return
    }
    const { total } = memoryOf(client)
    this.#sizes.set(client, total)
    this.#total += total - before
  }

  forget(client: Session): void {
    this.#total -= this.#sizes.get(client) ?? 0
    this.#sizes.delete(client)
  }

  /** Closes clients while there is too much. */
  enforce(): void {
    if (this.#total < this.#limit) return
    const bySize = [...this.#sizes].sort((a, b) => sizeClass(b[1]) - sizeClass(a[1]))
    for (const [client] of bySize) {
      if (this.#total < this.#limit) return
      this.#server.log.notice(`Evicting client: ${this.#server.describeClient(client)}`)
      this.#server.disconnect(client)
      this.forget(client)
      this.#server.stats.evictedClients++
    }
    if (this.#total >= this.#limit) {
      this.#server.log.warning('Over client maxmemory after evicting all evictable clients')
    }
  }
}

/** Sizes of one power of two are the same. */
function sizeClass(bytes: number): number {
  return Math.floor(Math.log2(bytes))
}

/** Other servers are as important as the data. */
function isSpared({ noEvict, connection, isReplica, isMaster }: Session): boolean {
  return noEvict || connection === undefined || isReplica || isMaster
}
