// The numbered databases and what they share: the moment that counts as now, the encoding limits,
// the counters that INFO shows, and the one observer that hears of every change. Who changes a key
// says so by Database's verbs; who changes whole databases, by flush() and swap(); and who changes
// what no database holds, by changed().

import type { Clock } from '../util/clock.ts'
import type { Random } from '../util/random.ts'
import { Database } from './database.ts'
import type { EncodingLimits, Value } from './value.ts'

/** Why a key is gone that no command removed: its time was over, or there was no room. */
export type Removal = 'expiry' | 'eviction'

/** Hears what happens to keys. The server is the only one. */
export interface KeyspaceObserver {
  /** A key was changed, removed, or created. */
  keyChanged(db: Database, key: string): void
  /** The keyspace has removed a key by itself; keyChanged follows. */
  keyRemoved(db: Database, key: string, why: Removal): void
  /** Fields of a hash are gone because their time was over; keyChanged follows. */
  fieldsExpired(db: Database, key: string, fields: readonly string[]): void
  /** Databases are going to be empty, and are. */
  flushing(databases: readonly Database[]): void
  flushed(databases: readonly Database[]): void
  /** Two databases are going to exchange what they hold, and have. */
  swapping(a: Database, b: Database): void
  swapped(a: Database, b: Database): void
  /** A keyspace event, told only while notifications are on. */
  keyEvent(db: Database, event: string, key: string): void
  /** Whether anything follows from keyChanged: as long as not, it need not be told. */
  readonly followsKeys: boolean
}

/** Times are of 1970 or later, but for those that are set to be over. */
const NOTHING_IS_DEAD = -Infinity

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
  /**
   * How much commands have changed. It only grows: whoever wants to know whether a command has
   * changed anything compares. What the keyspace removes by itself is no change in this sense.
   */
  changes = 0
  #changesSaved = 0
  hits = 0
  misses = 0
  expired = 0
  /** Room for a number on its way to a packed value. */
  readonly digits = Buffer.alloc(24)
  /** Whether anybody wants keyspace events. */
  notifies = false
  /**
   * What has an expiry up to this moment is dead: up to now or, for whoever obeys the commands of
   * another server, which removes what is dead by itself, nothing at all.
   */
  deadUntil: number
  #isObeying = false
  /** How many want that what is dead stays, hidden. */
  #suspensions = 0
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
    this.deadUntil = this.now
    this.databases = Array.from({ length: options.databases }, (_, i) => new Database(i, this))
  }

  /** Moves `now` to the present: before each command that is not inside another. */
  tick(): void {
    this.now = this.#clock.now()
    this.nowSeconds = Math.floor(this.now / 1000)
    if (!this.#isObeying) this.deadUntil = this.now
  }

  /** Whether what follows obeys another server's commands: to those, what is dead is alive. */
  get isObeying(): boolean {
    return this.#isObeying
  }

  set isObeying(isObeying: boolean) {
    this.#isObeying = isObeying
    this.deadUntil = isObeying ? NOTHING_IS_DEAD : this.now
  }

  /** Whether expired keys are hidden but stay: clients are paused, or this is a replica. */
  get expirySuspended(): boolean {
    return this.#suspensions > 0
  }

  /** Keeps what is dead, hidden, until resumeExpiry() was called as often. */
  suspendExpiry(): void {
    this.#suspensions++
  }

  resumeExpiry(): void {
    this.#suspensions--
  }

  get(index: number): Database | undefined {
    return this.databases[index]
  }

  /** Changes since the last save, as INFO's rdb_changes_since_last_save. */
  get unsavedChanges(): number {
    return this.changes - this.#changesSaved
  }

  /** Everything as it is now, or was after so many changes, has been saved, or was loaded. */
  saved(changes = this.changes): void {
    this.#changesSaved = changes
  }

  /** Counts changes that are not those of one key: of databases as a whole, or of functions. */
  changed(count = 1): void {
    this.changes += count
  }

  /** Empties databases without events; returns how many keys there were, which counts nothing. */
  flush(databases: readonly Database[]): number {
    this.observer.flushing(databases)
    let removed = 0
    for (const db of databases) removed += db.clear()
    this.observer.flushed(databases)
    return removed
  }

  /** SWAPDB: exchanges the contents of two databases, which counts nothing. */
  swap(a: Database, b: Database): void {
    this.observer.swapping(a, b)
    a.swap(b)
    this.observer.swapped(a, b)
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
