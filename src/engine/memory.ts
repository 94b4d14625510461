// maxmemory: an honest estimate of what the data would take in Redis, and what goes when that is
// too much. The estimate counts the bytes of keys and elements and a flat overhead for each; it is
// not V8's heap, which a test could not predict.
//
// While there is a limit, the size of each key is known exactly and kept up to date by its changes,
// so that a command pays for the keys it touched only. Without a limit a sample is asked.

import type { KeyPlace } from '../acl/command-facts.ts'
import type { Settings } from '../host/config/config.ts'
import type { Stats } from '../host/stats.ts'
import type { Args } from '../resp3/args.ts'
import type { Database, Stored } from '../store/database.ts'
import type { Keyspace } from '../store/keyspace.ts'
import { NEVER, type Value } from '../store/value.ts'
import { READ } from '../table/command.ts'
import { obtain } from '../util/lazy.ts'
import type { Random } from '../util/random.ts'
import { memoryOf } from './client-memory.ts'
import type { Standing } from './replication.ts'
import type { Session } from './session.ts'

const STARTUP_BYTES = 1024 * 1024
const KEY_OVERHEAD = 56
const ELEMENT_OVERHEAD = 24
const SAMPLED_KEYS = 100
/** Clients that one command may pay for. */
const MEASURED_CLIENTS = 16

/** What it asks of the server. */
interface MeasuredServer {
  readonly standing: Standing
  readonly keyspace: Keyspace
  readonly clients: ReadonlyMap<number, Session>
  readonly settings: Settings
  readonly stats: Stats
  readonly random: Random
  readonly pubsub: Sized
  readonly watches: Sized
  readonly tracking: Sized
  readonly blocking: Sized
  keyChanged(db: Database, key: string): void
}

/** Something that counts what it takes. */
interface Sized {
  readonly bytes: number
}

export class Memory {
  readonly overheadBytes = STARTUP_BYTES
  peakBytes = STARTUP_BYTES
  isLimited = false
  readonly #server: MeasuredServer
  /** Sizes of keys, while there is a limit. */
  #sizes: Map<Database, Map<string, number>> | undefined
  readonly #changed = new Map<Database, Set<string>>()
  #tracked = 0
  #clientBytes = 0
  /** How many commands may go by before the clients are measured again. */
  #commandsToCount = 0

  constructor(server: MeasuredServer) {
    this.#server = server
  }

  /** To be called when maxmemory is set to something, or to 0. */
  limit(isLimited: boolean): void {
    if (isLimited === this.isLimited) return
    this.isLimited = isLimited
    this.#sizes = isLimited ? new Map() : undefined
    this.#tracked = 0
    this.#commandsToCount = 0
    this.#changed.clear()
    if (!isLimited) return
    for (const db of this.#server.keyspace.databases) {
      for (const key of db.keys()) this.keyChanged(db, key)
    }
  }

  keyChanged(db: Database, key: string): void {
    if (this.#sizes !== undefined) obtain(this.#changed, db, () => new Set<string>()).add(key)
  }

  /** Databases were emptied or exchanged. */
  databasesChanged(databases: Iterable<Database>): void {
    if (this.#sizes === undefined) return
    for (const db of databases) {
      for (const size of this.#sizes.get(db)?.values() ?? []) this.#tracked -= size
      this.#sizes.delete(db)
      this.#changed.delete(db)
      for (const key of db.keys()) this.keyChanged(db, key)
    }
  }

  usedBytes(): number {
    return this.#used(this.clientBytes())
  }

  #used(clientBytes: number): number {
    const { pubsub, watches, tracking, blocking } = this.#server
    const names = pubsub.bytes + watches.bytes + tracking.bytes + blocking.bytes
    const used = STARTUP_BYTES + clientBytes + names + this.#dataBytes()
    this.peakBytes = Math.max(this.peakBytes, used)
    return used
  }

  clientBytes(): number {
    let bytes = 0
    for (const client of this.#server.clients.values()) {
      bytes += memoryOf(client).total
    }
    return bytes
  }

  /**
   * The same for each command while there is a limit: where there are many clients they are not
   * measured for every one of their commands.
   */
  #recentClientBytes(): number {
    if (this.#commandsToCount-- <= 0) {
      this.#clientBytes = this.clientBytes()
      this.#commandsToCount = Math.floor(this.#server.clients.size / MEASURED_CLIENTS)
    }
    return this.#clientBytes
  }

  #dataBytes(): number {
    if (this.#sizes === undefined) {
      const { databases } = this.#server.keyspace
      return databases.reduce((sum, db) => sum + this.#estimate(db), 0)
    }
    for (const [db, keys] of this.#changed) {
      const sizes = obtain(this.#sizes, db, () => new Map<string, number>())
      for (const key of keys) this.#measure(db, key, sizes)
    }
    this.#changed.clear()
    return this.#tracked
  }

  #measure(db: Database, key: string, sizes: Map<string, number>): void {
    // A dead one takes its room until somebody removes it.
    const value = db.stored(key)
    const size = value === undefined ? 0 : this.usageOf(key, value)
    this.#tracked += size - (sizes.get(key) ?? 0)
    if (size === 0) sizes.delete(key)
    else sizes.set(key, size)
  }

  #estimate(db: Database): number {
    if (db.size === 0) return 0
    let bytes = 0
    let count = 0
    for (const [key, value] of db.entries()) {
      bytes += this.usageOf(key, value)
      if (++count === SAMPLED_KEYS) break
    }
    return count === 0 ? 0 : Math.floor((bytes / count) * db.size)
  }

  /** True if there is room, after evicting what the policy allows. */
  makeRoom(): boolean {
    const { settings, standing } = this.#server
    if (standing.keepsAll) return true
    let excess = this.#used(this.#recentClientBytes()) - settings.maxmemory
    if (settings['maxmemory-policy'] === 'noeviction') return excess <= 0
    while (excess > 0) {
      const before = this.#dataBytes()
      if (!this.#evictOne()) return false
      // What clients are told about it does not count: that would evict even more.
      excess -= before - this.#dataBytes()
    }
    return true
  }

  #evictOne(): boolean {
    const victim = this.#findVictim()
    if (victim === undefined) return false
    this.#server.stats.evictedKeys++
    victim.db.evict(victim.key)
    return true
  }

  /** The best of a sample, as Redis picks, over all databases. */
  #findVictim(): { readonly db: Database; readonly key: string } | undefined {
    const { settings, keyspace } = this.#server
    const policy = settings['maxmemory-policy']
    const isVolatile = policy.startsWith('volatile-')
    let best: { db: Database; key: string; worth: number } | undefined
    for (const db of keyspace.databases) {
      if (db.size === 0) continue
      for (const entry of db.sample(isVolatile, settings['maxmemory-samples'])) {
        const worth = this.#worthOf(entry, policy)
        if (best === undefined || worth < best.worth) best = { db, key: entry.key, worth }
      }
    }
    return best
  }

  /** The lower, the sooner a key goes. */
  #worthOf({ value }: Stored, policy: string): number {
    if (policy.endsWith('-lfu')) return this.#server.keyspace.decayedFrequency(value)
    if (policy.endsWith('-ttl')) return value.expireAt
    if (policy.endsWith('-random')) return this.#server.random.next()
    return value.usedAt
  }

  /** How many elements have the lists, sets and so on that a request reads. */
  elementsOf(db: Database, args: Args, keys: readonly KeyPlace[]): number {
    let elements = 0
    for (const { position, needs } of keys) {
      const value = needs === READ ? db.glance(args.text(position)) : undefined
      if (value !== undefined && value.type !== 'string') elements += value.size
    }
    return elements
  }

  /** MEMORY USAGE: bytes of one key with its value. */
  usageOf(key: string, value: Value): number {
    const expiry = value.expireAt === NEVER ? 0 : 16
    const payload = value.type === 'string' ? value.size : this.#elementBytes(value)
    return KEY_OVERHEAD + key.length + expiry + payload
  }

  #elementBytes(value: Value): number {
    return value.size * (ELEMENT_OVERHEAD + value.meanElementBytes)
  }
}
