// One numbered database: keys to values. Handlers use five verbs, each with one meaning:
//
//   read   the value to answer from: absent, or of the wrong type (thrown); counts a hit or a miss
//   edit   the same for a command that will write: counts nothing
//   open   edit, and create the value if it is absent; only after every check has passed, so that
//          a command that fails never leaves an empty key behind
//   put    set the value, whatever was there (the expiry of the old one goes with it)
//   take   remove the key and return its value
//
// and after each change `changed` (or, for what is kept beside the data, `noted`), which tells the
// one observer, and with it WATCH, blocked clients, client-side caches and keyspace notifications,
// and which counts. What the database removes by itself, it tells by itself: keys and fields whose
// time is over, and what `evict` takes. An expired key is gone for everybody from its millisecond
// on: every verb looks first. And before each change the verbs tell those who walk through all keys
// as they were (walk.ts): whoever changes what was only read says so, by beforeChange().

import { WRONGTYPE } from '../resp3/errors.ts'
import { FieldExpiry } from './field-expiry.ts'
import { HashValue } from './hash.ts'
import type { Keyspace } from './keyspace.ts'
import type { PackedEntries } from './packed-entries.ts'
import { PackedStrings } from './packed-strings.ts'
import { PackedTable } from './packed-table.ts'
import { StringValue } from './string.ts'
import { Table } from './table.ts'
import { isOf, NEVER, type Value, type ValueClass } from './value.ts'
import * as walking from './walk.ts'

/** A key with what is stored under it. */
export interface Stored {
  readonly key: string
  readonly value: Value
}

/** RANDOMKEY: dead keys that are passed over before one is taken. */
const RANDOM_TRIES = 100

export class Database {
  readonly index: number
  readonly keyspace: Keyspace
  /** Strings that are short, to be read and set by the words of a request. */
  readonly packed = new PackedStrings(this)
  #values = new PackedTable<Value>(unpack)
  /** Keys that have an expiry. */
  #volatile = new Table<Value>()
  #fieldExpiry = new FieldExpiry()
  walks: walking.Walks | undefined

  constructor(index: number, keyspace: Keyspace) {
    this.index = index
    this.keyspace = keyspace
  }

  /** For packed-strings.ts alone: everybody else uses the verbs. */
  get table(): PackedTable<Value> {
    return this.#values
  }

  get size(): number {
    return this.#values.size
  }

  get volatileCount(): number {
    return this.#volatile.size
  }

  /** Hashes with fields that have an expiry. */
  get fieldExpiryCount(): number {
    return this.#fieldExpiry.size
  }

  /** The live value of a key, of any type, without touching its access time. */
  peek(key: string): Value | undefined {
    const value = this.#values.hold(key)
    if (value === undefined) return undefined
    if (value.expireAt !== NEVER && this.#expire(key, value)) return undefined
    return value
  }

  readAny(key: string): Value | undefined {
    const value = this.peek(key)
    this.#count(key, value, true)
    if (value !== undefined) this.keyspace.use(value)
    return value
  }

  /**
   * As readAny, but to look at, and without touching the access time: EXISTS, TTL, TYPE; OBJECT
   * reports no miss.
   */
  inspect(key: string, notifiesMiss = true): Value | undefined {
    const value = this.#look(key)
    this.#count(key, value, notifiesMiss)
    return value
  }

  /** The live value of a key; a change of it may be lost. */
  #look(key: string): Value | undefined {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    if (value.expireAt !== NEVER && this.#expire(key, value)) return undefined
    return value
  }

  #count(key: string, value: Value | undefined, notifiesMiss: boolean): void {
    if (value !== undefined) {
      this.keyspace.hits++
    } else {
      this.keyspace.misses++
      if (notifiesMiss) this.keyspace.notify(this, 'keymiss', key)
    }
  }

  read<V extends Value>(key: string, type: ValueClass<V>): V | undefined {
    const value = this.readAny(key)
    if (value === undefined) return undefined
    if (!isOf(value, type)) throw WRONGTYPE
    return value
  }

  editAny(key: string): Value | undefined {
    const value = this.peek(key)
    this.beforeChange(key)
    if (value !== undefined) this.keyspace.use(value)
    return value
  }

  edit<V extends Value>(key: string, type: ValueClass<V>): V | undefined {
    const value = this.editAny(key)
    if (value === undefined) return undefined
    if (!isOf(value, type)) throw WRONGTYPE
    return value
  }

  open<V extends Value>(key: string, type: ValueClass<V>): V {
    const value = this.edit(key, type)
    if (value !== undefined) return value
    const created = new type(this.keyspace.limits)
    this.put(key, created)
    return created
  }

  /** Sets the value; its own expireAt counts, so that a moved value keeps its expiry. */
  put(key: string, value: Value): void {
    this.beforeChange(key)
    this.keyspace.initialize(value)
    const added = this.#values.set(key, value)
    if (value.expireAt !== NEVER) this.#volatile.set(key, value)
    else if (!added) this.#volatile.delete(key)
    if (value instanceof HashValue) this.#fieldExpiry.track(key, value)
    else if (!added) this.#fieldExpiry.forget(key)
    if (added) this.keyspace.notify(this, 'new', key)
  }

  /**
   * Sets a value that was read from a file, with its expiry if it has one, and tells nobody. False,
   * and nothing is done, if the key is there already.
   */
  load(key: string, value: Value, expireAt?: bigint): boolean {
    if (this.#values.has(key)) return false
    this.keyspace.initialize(value)
    if (expireAt === undefined && this.#pack(key, value)) return true
    this.#values.set(key, value)
    if (value instanceof HashValue) this.#fieldExpiry.track(key, value)
    if (expireAt !== undefined) this.setExpiry(key, value, expireAt)
    return true
  }

  #pack(key: string, value: Value): boolean {
    if (!(value instanceof StringValue) || value.isBytes || !this.keyspace.packs) return false
    return this.#values.packText(key, value.text, value.usedAt) !== undefined
  }

  /** put() for whoever has not looked at the key: what is dead goes as such first. */
  replace(key: string, value: Value): void {
    this.peek(key)
    this.put(key, value)
  }

  take(key: string): Value | undefined {
    const value = this.#look(key)
    if (value !== undefined) this.#remove(key)
    return value
  }

  /** Removes what is stored under a key, be its time over or not; true if there was something. */
  discard(key: string): boolean {
    if (!this.stores(key)) return false
    this.#remove(key)
    return true
  }

  has(key: string): boolean {
    return this.#look(key) !== undefined
  }

  /** Whether the key is stored, be its time over or not. */
  stores(key: string): boolean {
    return this.#values.has(key)
  }

  /** What is stored under a key, be its time over or not, to look at. */
  stored(key: string): Value | undefined {
    return this.#values.get(key)
  }

  /** The live value of a key, to look at; a dead one is left for those whom it concerns. */
  glance(key: string): Value | undefined {
    const value = this.stored(key)
    return value === undefined || this.#isOver(value) ? undefined : value
  }

  /** Whether the key is still stored though its time is over. */
  isExpired(key: string): boolean {
    const value = this.#values.get(key)
    return value !== undefined && this.#isOver(value)
  }

  #isOver({ expireAt }: Value): boolean {
    return expireAt !== NEVER && expireAt <= this.keyspace.deadUntil
  }

  /** To be called once after each change of a key, with its keyspace event if it has one. */
  changed(key: string, event: string | undefined, count = 1): void {
    this.keyspace.changes += count
    this.keyspace.observer.keyChanged(this, key)
    if (event !== undefined) this.keyspace.notify(this, event, key)
  }

  /**
   * The same for what Redis keeps beside the data, a stream's consumer groups: counted and told as
   * an event, but WATCH and the caches of clients do not take it for a change of the key.
   */
  noted(key: string, event: string | undefined, count = 1): void {
    this.keyspace.changes += count
    if (event !== undefined) this.keyspace.notify(this, event, key)
  }

  /** Removes a collection that has become empty, after its own `changed`. */
  removeIfEmpty(key: string, value: Value): boolean {
    if (value.size > 0) return false
    this.#remove(key)
    this.keyspace.notify(this, 'del', key)
    return true
  }

  /** Sets or (with NEVER) clears the expiry of a key that is there. */
  setExpiry(key: string, value: Value, expireAt: number | bigint): void {
    this.beforeChange(key)
    value.expireAt = Number(expireAt)
    value.expireRest = typeof expireAt === 'bigint' ? Number(expireAt - BigInt(value.expireAt)) : 0
    if (expireAt === NEVER) this.#volatile.delete(key)
    else this.#volatile.set(key, value)
  }

  /** For Keyspace.flush(): removes everything; returns how many keys there were. */
  clear(): number {
    const count = this.#values.size
    this.#values = new PackedTable<Value>(unpack)
    this.#volatile = new Table()
    this.#fieldExpiry = new FieldExpiry()
    this.walks = undefined
    return count
  }

  /** For Keyspace.swap(): exchanges the contents of two databases. */
  swap(other: Database): void {
    ;[this.#values, other.#values] = [other.#values, this.#values]
    ;[this.#volatile, other.#volatile] = [other.#volatile, this.#volatile]
    ;[this.#fieldExpiry, other.#fieldExpiry] = [other.#fieldExpiry, this.#fieldExpiry]
    ;[this.walks, other.walks] = [other.walks, this.walks]
  }

  /** Begins a walk through everything that is stored, be its time over or not. */
  walk(visit: walking.Visit, visitPacked?: walking.VisitPacked): walking.Walk {
    this.walks ??= new walking.Walks()
    return this.walks.begin(this.#values, visit, visitPacked)
  }

  /** A key is going to change, if it is there: the verbs say so by themselves. */
  beforeChange(key: string): void {
    if (this.walks !== undefined && !this.walks.beforeChange(key)) this.walks = undefined
  }

  /** Every live key with its value, to look at. Do not change the database while walking. */
  *entries(): IterableIterator<readonly [string, Value]> {
    const { deadUntil } = this.keyspace
    for (const [key, value] of this.#values) {
      if (value.expireAt === NEVER || value.expireAt > deadUntil) yield [key, value]
    }
  }

  keys(): string[] {
    const values = this.#values
    const { deadUntil } = this.keyspace
    const keys: string[] = []
    for (let i = 0; i < values.size; i++) {
      if (values.isPackedAt(i)) {
        keys.push(values.keyAt(i))
      } else {
        const { expireAt } = values.valueAt(i)
        if (expireAt === NEVER || expireAt > deadUntil) keys.push(values.keyAt(i))
      }
    }
    return keys
  }

  /**
   * Visits all that is stored, be its time over or not, or what stands at positions from `start` up
   * to before `end`: where others are removed, those of the last positions move. Values are to look
   * at: a change of one may be lost.
   */
  each(visit: (key: string, value: Value) => void, start = 0, end = this.size): void {
    const values = this.#values
    for (let i = start; i < end; i++) visit(values.keyAt(i), values.valueAt(i))
  }

  /**
   * SCAN: visits about `count` keys that are stored, and returns the cursor of the next call, 0 at
   * the end.
   */
  scanKeys(cursor: number, count: number, visit: (key: string) => void): number {
    const values = this.#values
    return values.scan(cursor, count, i => visit(values.keyAt(i)))
  }

  /**
   * A key picked at random that has not expired, or undefined if there is none. Where expired keys
   * must stay and all keys have an expiry, maybe all of them are dead: after some tries one that
   * is dead will do, as on a replica of Redis.
   */
  randomKey(): string | undefined {
    let triesLeft = RANDOM_TRIES
    while (this.#values.size > 0) {
      const key = this.#values.keyAt(this.keyspace.random.below(this.#values.size))
      if (this.has(key)) return key
      const mayAllBeDead = this.keyspace.expirySuspended && this.#volatile.size === this.size
      if (mayAllBeDead && --triesLeft === 0) return key
    }
    return undefined
  }

  /** Entries for eviction, of keys with an expiry or of all: every one, or so many at random. */
  sample(volatileOnly: boolean, count: number): Stored[] {
    const table = volatileOnly ? this.#volatile : this.#values
    const { size } = table
    const isWhole = size <= count
    return Array.from({ length: Math.min(size, count) }, (_, i) => {
      const index = isWhole ? i : this.keyspace.random.below(size)
      return { key: table.keyAt(index), value: table.valueAt(index) }
    })
  }

  /** Removes expired keys among up to `count` with an expiry; returns [next cursor, removed]. */
  expireSome(cursor: number, count: number): { cursor: number; expired: number } {
    const due: Stored[] = []
    const now = this.keyspace.now
    const next = this.#volatile.scan(cursor, count, (key, value) => {
      if (value.expireAt <= now) due.push({ key, value })
    })
    for (const { key, value } of due) this.#expire(key, value)
    return { cursor: next, expired: due.length }
  }

  /** The value of a field that is alive; a dead one is removed, and with the last one the key. */
  liveField(key: string, hash: HashValue, field: string): string | undefined {
    const value = hash.get(field)
    if (value === undefined || !hash.isDead(field, this.keyspace.deadUntil)) return value
    this.expireFields(key, hash, [field])
    return undefined
  }

  /** Removes the dead fields of a hash, or those among some; true if the key is gone with them. */
  expireFields(key: string, hash: HashValue, fields?: readonly string[]): boolean {
    const { expirySuspended, deadUntil } = this.keyspace
    if (expirySuspended || hash.earliestExpiry > deadUntil) return false
    this.beforeChange(key)
    const dead = hash.removeDead(deadUntil, fields)
    return dead.length > 0 && this.#fieldsExpired(key, hash, dead)
  }

  /** Active expiry: removes the dead fields of all hashes. */
  expireDueFields(): void {
    for (const [key, hash] of this.#fieldExpiry.due(this.keyspace.now)) {
      this.expireFields(key, hash)
      if (hash.size > 0) this.#fieldExpiry.track(key, hash)
    }
  }

  /** To be called after fields of a hash that is stored were given an expiry. */
  trackFieldExpiry(key: string, hash: HashValue): void {
    this.#fieldExpiry.track(key, hash)
  }

  #fieldsExpired(key: string, hash: HashValue, fields: readonly string[]): boolean {
    this.keyspace.observer.fieldsExpired(this, key, fields)
    this.changed(key, 'hexpired', 0)
    return this.removeIfEmpty(key, hash)
  }

  /** Mean time to live of the keys with an expiry, in milliseconds, over a sample. */
  averageTtlMs(): number {
    const count = Math.min(100, this.#volatile.size)
    if (count === 0) return 0
    let sum = 0
    for (let i = 0; i < count; i++) {
      sum += Math.max(0, this.#volatile.valueAt(i).expireAt - this.keyspace.now)
    }
    return Math.floor(sum / count)
  }

  /** Whether the value is dead; removes it unless expiry is suspended. */
  #expire(key: string, value: Value): boolean {
    if (value.expireAt > this.keyspace.deadUntil) return false
    if (this.keyspace.expirySuspended) return true
    this.#remove(key)
    this.keyspace.expired++
    this.keyspace.observer.keyRemoved(this, key, 'expiry')
    this.keyspace.observer.keyChanged(this, key)
    this.keyspace.notify(this, 'expired', key)
    return true
  }

  /** Removes a key for which there is no room any more. */
  evict(key: string): void {
    this.#remove(key)
    this.keyspace.observer.keyRemoved(this, key, 'eviction')
    this.keyspace.observer.keyChanged(this, key)
    this.keyspace.notify(this, 'evicted', key)
  }

  #remove(key: string): void {
    this.walks?.beforeRemoval(key)
    this.#values.delete(key)
    this.forgetTimes(key)
  }

  /** After the value of a key was replaced by one without any expiry. */
  forgetTimes(key: string): void {
    if (this.#volatile.size > 0) this.#volatile.delete(key)
    this.#fieldExpiry.forget(key)
  }
}

function unpack(packed: PackedEntries, entry: number): Value {
  const value = new StringValue(packed.text(entry))
  value.usedAt = packed.usedAt(entry)
  value.decayedAt = Math.floor(value.usedAt / 60)
  return value
}
