// The numbered databases and what they share: the moment that counts as now, the encoding limits,
// the counters that INFO shows, and the one observer that hears of every change.

import type { Clock } from '../util/clock.ts'
import type { Random } from '../util/random.ts'
import { Database } from './database.ts'
import type { EncodingLimits, Value } from './value.ts'

/** Hears what happens to keys. The server is the only one. */
export interface KeyspaceObserver {
  /** A key was changed, removed, or created. */
  keyChanged(db: Database, key: string): void
  keyExpired(db: Database, key: string): void
  /** Fields of a hash have expired. */
  fieldsExpired(count: number): void
  /** A keyspace event, told only while notifications are on. */
  keyEvent(db: Database, event: string, key: string): void
  /** Whether anything follows from keyChanged: as long as not, it need not be told. */
  readonly followsKeys: boolean
}

export class Keyspace {
  readonly databases: readonly Database[]
  readonly limits: EncodingLimits
  readonly random: Random
  readonly observer: KeyspaceObserver
  readonly #clock: Clock

  /** The time of the running command, in milliseconds since 1970: it stands still inside one. */
  now: number
  /** The same in whole seconds: a small integer, which values keep without a box. */
  nowSeconds: number
  /** Changes since the last save, as INFO's rdb_changes_since_last_save. */
  dirty = 0
  hits = 0
  misses = 0
  expired = 0
  /** Room for a number on its way to a packed value. */
  readonly digits = Buffer.alloc(24)
  /** Whether anybody wants keyspace events. */
  notifies = false
  /** While set, expired keys are hidden but stay: clients are paused, or DEBUG says so. */
  expirySuspended = false
  /** Whether access is recorded in values: off for CLIENT NO-TOUCH. */
  touches = true
  /** Whether values carry an access frequency (an LFU policy) instead of a time. */
  countsFrequency = false
  lfuLogFactor = 10
  lfuDecayMinutes = 1

  constructor(options: {
    databases: number
    limits: EncodingLimits
    clock: Clock
    random: Random
    observer: KeyspaceObserver
  }) {
    this.limits = options.limits
    this.random = options.random
    this.observer = options.observer
    this.#clock = options.clock
    this.now = this.#clock.now()
    this.nowSeconds = Math.floor(this.now / 1000)
    this.databases = Array.from({ length: options.databases }, (_, i) => new Database(i, this))
  }

  /** Moves `now` to the present: before each command that is not inside another. */
  tick(): void {
    this.now = this.#clock.now()
    this.nowSeconds = Math.floor(this.now / 1000)
  }

  get(index: number): Database | undefined {
    return this.databases[index]
  }

  notify(db: Database, event: string, key: string): void {
    if (this.notifies) this.observer.keyEvent(db, event, key)
  }

  /** Records an access to a value. */
  use(value: Value): void {
    if (!this.touches) return
    value.usedAt = this.nowSeconds
    if (this.countsFrequency) this.#count(value)
  }

  /** Whether strings may be packed: nothing follows from their changes, and nobody counts uses. */
  get packs(): boolean {
    return !this.notifies && !this.countsFrequency && !this.observer.followsKeys
  }

  /** Starts the access statistics of a value that gets a key. */
  initialize(value: Value): void {
    if (value.usedAt === 0) {
      value.usedAt = this.nowSeconds
      value.decayedAt = Math.floor(this.now / 60000)
    }
  }

  // Redis's logarithmic counter: the higher it is, the less likely it grows; it decays by one a
  // configured number of minutes.
  #count(value: Value): void {
    const minute = Math.floor(this.now / 60000)
    value.frequency = this.decayedFrequency(value)
    value.decayedAt = minute
    if (value.frequency >= 255) return
    const base = Math.max(0, value.frequency - 5)
    if (this.random.next() < 1 / (base * this.lfuLogFactor + 1)) value.frequency++
  }

  decayedFrequency(value: Value): number {
    if (this.lfuDecayMinutes === 0) return value.frequency
    const minutes = Math.floor(this.now / 60000) - value.decayedAt
    return Math.max(0, value.frequency - Math.floor(minutes / this.lfuDecayMinutes))
  }

  /** Whether any key or field has an expiry: the active cycle sleeps otherwise. */
  get hasVolatile(): boolean {
    return this.databases.some(db => db.volatileCount > 0 || db.fieldExpiryCount > 0)
  }
}
