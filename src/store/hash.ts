// Hashes: fields with values, and for some fields a time to die. What is dead stays in the hash,
// and in its size, until somebody removes it: a reader that meets it, or the active cycle. Whether
// a field is dead is always asked with the moment that counts as now.
//
// As a listpack the fields stand in the order in which they came. As a listpackex, once a command
// has spoken of expiry, they stand in order of their deaths, and the immortal ones follow.

import type { Args } from '../resp3/args.ts'
import type { PackedEntries } from './packed-entries.ts'
import { type PackedTable, packedTexts } from './packed-table.ts'
import { Table } from './table.ts'
import { type EncodingLimits, meanOfSample, NEVER, Value } from './value.ts'

const NO_FIELDS: readonly string[] = []

export class HashValue extends Value {
  readonly limits: EncodingLimits
  #values: Table<string> | PackedTable<string> = new Table<string>()
  /** The same, once the encoding is that of many fields. */
  #large: PackedTable<string> | undefined
  /** When fields die: only of those that will. */
  readonly #expiry = new Map<string, number>()
  /** No field dies before. It may be too early, as when the first of them was made immortal. */
  #earliest = Infinity
  #smallEncoding: 'listpack' | 'listpackex' = 'listpack'

  constructor(limits: EncodingLimits) {
    super()
    this.limits = limits
  }

  get type(): 'hash' {
    return 'hash'
  }

  get size(): number {
    return this.#values.size
  }

  get encoding(): 'listpack' | 'listpackex' | 'hashtable' {
    return this.#large === undefined ? this.#smallEncoding : 'hashtable'
  }

  override get meanElementBytes(): number {
    const values = this.#values
    return meanOfSample(this.size, i => values.keyAt(i).length + values.valueAt(i).length)
  }

  /** The value of a field, dead or alive. Database.liveField() is what commands read with. */
  get(field: string): string | undefined {
    return this.#values.get(field)
  }

  has(field: string): boolean {
    return this.#values.has(field)
  }

  /** When the field dies, or NEVER. */
  expiryOf(field: string): number {
    return this.#expiry.get(field) ?? NEVER
  }

  isDead(field: string, now: number): boolean {
    const expireAt = this.#expiry.get(field)
    return expireAt !== undefined && expireAt <= now
  }

  /** A lower bound of the time at which the next field dies; Infinity if none will. */
  get earliestExpiry(): number {
    return this.#expiry.size === 0 ? Infinity : this.#earliest
  }

  /**
   * Tells what a command is about to set, before it does: Redis leaves the listpack by the number
   * of pairs in the command, even if they turn out to be one field.
   */
  expect(pairs: number, longest: number): void {
    const { hashMaxListpackEntries, hashMaxListpackValue } = this.limits
    if (pairs > hashMaxListpackEntries || longest > hashMaxListpackValue) {
      this.#enlarge()
    }
  }

  /** True if the field is new. A field that is set again lives for ever, unless told otherwise. */
  set(field: string, value: string, keepsExpiry = false): boolean {
    this.expect(1, Math.max(field.length, value.length))
    const added = this.#put(field, value)
    if (!added && !keepsExpiry) this.persist(field)
    if (this.size > this.limits.hashMaxListpackEntries) this.#enlarge()
    return added
  }

  /** The same with words i and j of a request. */
  setWords(args: Args, i: number, j: number): boolean {
    const large = this.#large
    const { bytes, marks } = args
    const field = marks[i * 2] ?? 0
    const fieldEnd = marks[i * 2 + 1] ?? 0
    const value = marks[j * 2] ?? 0
    const valueEnd = marks[j * 2 + 1] ?? 0
    if (large !== undefined && this.#expiry.size === 0) {
      const before = large.pack(bytes, field, fieldEnd, bytes, value, valueEnd, 0, true)
      if (before !== undefined) return before === 0
    }
    return this.set(args.text(i), args.text(j))
  }

  /**
   * The packed value of the field that is word i, as an entry of `packed`; 0 if there is none,
   * which says nothing of the field.
   */
  findPacked({ bytes, marks }: Args, i: number): number {
    if (this.#large === undefined || this.#expiry.size > 0) return 0
    return Math.max(0, this.#large.findPacked(bytes, marks[i * 2] ?? 0, marks[i * 2 + 1] ?? 0))
  }

  get packed(): PackedEntries | undefined {
    return this.#large?.packed
  }

  #put(field: string, value: string): boolean {
    const values = this.#values
    return values instanceof Table ? values.set(field, value) : values.setText(field, value)
  }

  #enlarge(): void {
    if (this.#large !== undefined) return
    this.#large = packedTexts(this.#values)
    this.#values = this.#large
  }

  remove(field: string): boolean {
    this.#expiry.delete(field)
    const values = this.#values
    return values instanceof Table ? values.deleteOrdered(field) : values.delete(field)
  }

  /** From now on the hash is one of those with expiry, even if no field has any. */
  allowExpiry(): void {
    this.#smallEncoding = 'listpackex'
  }

  /** Lets a field that is there die at a time. */
  setExpiry(field: string, expireAt: number): void {
    this.allowExpiry()
    this.#expiry.delete(field)
    if (this.encoding === 'listpackex') this.#move(field, this.#placeOf(expireAt, field))
    this.#earliest = Math.min(this.earliestExpiry, expireAt)
    this.#expiry.set(field, expireAt)
  }

  /** True if the field was mortal. */
  persist(field: string): boolean {
    if (!this.#expiry.delete(field)) return false
    if (this.encoding === 'listpackex') this.#move(field, this.size - 1)
    return true
  }

  /** Removes the dead fields, or those among some, and returns them. */
  removeDead(now: number, among?: readonly string[]): readonly string[] {
    if (this.earliestExpiry > now) return NO_FIELDS
    const dead = [...new Set(among ?? this.#expiry.keys())].filter(f => this.isDead(f, now))
    for (const field of dead) this.remove(field)
    if (among === undefined) {
      this.#earliest = Infinity
      for (const expireAt of this.#expiry.values()) {
        this.#earliest = Math.min(this.#earliest, expireAt)
      }
    }
    return dead
  }

  /** The field and value at a position, from 0 to size - 1. */
  at(index: number): readonly [field: string, value: string] {
    return [this.#values.keyAt(index), this.#values.valueAt(index)]
  }

  /** All fields with their values, dead or alive. */
  [Symbol.iterator](): IterableIterator<readonly [field: string, value: string]> {
    return this.#values[Symbol.iterator]()
  }

  /** How many fields are alive. */
  countLive(now: number): number {
    if (this.earliestExpiry > now) return this.size
    let count = 0
    this.eachLive(now, () => count++)
    return count
  }

  /** Visits the fields that are alive; there may be too many for a list of them. */
  eachLive(now: number, visit: (field: string, value: string) => void): void {
    const all = this.earliestExpiry > now
    for (let i = 0; i < this.size; i++) {
      const field = this.#values.keyAt(i)
      if (all || !this.isDead(field, now)) visit(field, this.#values.valueAt(i))
    }
  }

  /** The fields that are alive, with their values. */
  live(now: number): readonly (readonly [field: string, value: string])[] {
    const live: (readonly [string, string])[] = []
    this.eachLive(now, (field, value) => live.push([field, value]))
    return live
  }

  /** Like SCAN; the small encodings come whole and in order, whatever the count. */
  scan(cursor: number, count: number, visit: (field: string, value: string) => void): number {
    const large = this.#large
    if (large !== undefined) {
      return large.scan(cursor, count, i => visit(large.keyAt(i), large.valueAt(i)))
    }
    for (const [field, value] of this) visit(field, value)
    return 0
  }

  copy(): HashValue {
    const twin = new HashValue(this.limits)
    if (this.#large !== undefined) twin.#enlarge()
    for (const [field, value] of this) twin.#put(field, value)
    for (const [field, expireAt] of this.#expiry) twin.#expiry.set(field, expireAt)
    twin.#earliest = this.#earliest
    twin.#smallEncoding = this.#smallEncoding
    return twin
  }

  /** Where a field belongs that dies then, once it has been taken out: before its equals. */
  #placeOf(expireAt: number, field: string): number {
    const others = this.#values.keys().filter(key => key !== field)
    const place = others.findIndex(key => (this.#expiry.get(key) ?? Infinity) >= expireAt)
    return place === -1 ? others.length : place
  }

  #move(field: string, index: number): void {
    const values = this.#values
    const value = values.get(field)
    if (!(values instanceof Table) || value === undefined || values.keyAt(index) === field) return
    values.deleteOrdered(field)
    values.insert(index, field, value)
  }
}
