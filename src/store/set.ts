// Sets of members. Redis keeps a small set of integers as an intset, which gives its members in
// order of size, another small set as a listpack, in order of arrival, and anything larger as a
// hash table, in no order. Here all of them are one table; an intset is sorted when it is looked
// at, and keeps that order until it changes.

import { parseInteger } from '../util/number.ts'
import { Table } from './table.ts'
import { type EncodingLimits, Value } from './value.ts'

export type SetEncoding = 'intset' | 'listpack' | 'hashtable'

export class SetValue extends Value {
  readonly type = 'set'
  readonly limits: EncodingLimits
  #table = new Table<true>()
  #encoding: SetEncoding
  #sorted: readonly string[] | undefined

  constructor(limits: EncodingLimits, encoding: SetEncoding = 'intset') {
    super()
    this.limits = limits
    this.#encoding = encoding
  }

  /** An empty set in the encoding that Redis chooses for members to come. */
  static toHold(limits: EncodingLimits, first: string, count: number): SetValue {
    if (isInteger(first) && count <= limits.setMaxIntsetEntries) return new SetValue(limits)
    return new SetValue(limits, count <= limits.setMaxListpackEntries ? 'listpack' : 'hashtable')
  }

  get size(): number {
    return this.#table.size
  }

  get encoding(): SetEncoding {
    return this.#encoding
  }

  /** Tells how many members are about to be added: too many at once end a small encoding. */
  expect(count: number): void {
    const { setMaxIntsetEntries, setMaxListpackEntries } = this.limits
    const max = this.#encoding === 'intset' ? setMaxIntsetEntries : setMaxListpackEntries
    if (count > max) this.#encoding = 'hashtable'
  }

  has(member: string): boolean {
    return this.#table.has(member)
  }

  /** True if the member is new. */
  add(member: string): boolean {
    if (this.#encoding === 'hashtable') return this.#table.set(member, true)
    if (this.#table.has(member)) return false
    if (this.#encoding === 'listpack' || !isInteger(member)) {
      this.#prepareListpack(member)
      return this.#table.set(member, true)
    }
    this.#sorted = undefined
    this.#table.set(member, true)
    if (this.size > this.limits.setMaxIntsetEntries) this.#encoding = 'hashtable'
    return true
  }

  remove(member: string): boolean {
    if (this.#encoding === 'listpack') return this.#table.deleteOrdered(member)
    this.#sorted = undefined
    return this.#table.delete(member)
  }

  /** In Redis's order, if the encoding has one. */
  members(): readonly string[] {
    return this.#encoding === 'intset' ? this.#sort() : this.#keys()
  }

  /** The member at a position of members(), from 0 to size - 1. */
  at(index: number): string {
    return this.#encoding === 'intset' ? (this.#sort()[index] as string) : this.#table.keyAt(index)
  }

  /** Makes a set of integers an intset if they are few enough: what SINTERSTORE does at its end. */
  compactIntegers(): void {
    if (this.#encoding === 'intset' || this.size > this.limits.setMaxIntsetEntries) return
    if (this.#keys().every(isInteger)) this.#encoding = 'intset'
  }

  /** Makes a hash table a listpack again if it fits: what SPOP does when it leaves but little. */
  rebuild(): void {
    if (this.#encoding !== 'hashtable') return
    const members = this.members()
    this.#table = new Table()
    this.#encoding = 'listpack'
    for (const member of members) this.add(member)
  }

  /** Like SCAN; the small encodings come whole and in order, whatever the count. */
  scan(cursor: number, count: number, visit: (member: string) => void): number {
    if (this.#encoding === 'hashtable') {
      return this.#table.scan(cursor, count, visit)
    }
    for (const member of this.members()) visit(member)
    return 0
  }

  copy(): SetValue {
    const twin = new SetValue(this.limits, this.#encoding)
    for (const member of this.members()) twin.#table.set(member, true)
    return twin
  }

  #keys(): string[] {
    return this.#table.keys()
  }

  #sort(): readonly string[] {
    this.#sorted ??= this.#keys().sort(compareIntegers)
    return this.#sorted
  }

  /** Makes a small set ready for a member that is no integer, or a listpack for any new one. */
  #prepareListpack(member: string): void {
    const { setMaxListpackEntries, setMaxListpackValue } = this.limits
    const longest = Math.max(member.length, this.#longestInteger())
    if (this.size >= setMaxListpackEntries || longest > setMaxListpackValue) {
      this.#encoding = 'hashtable'
    } else if (this.#encoding === 'intset') {
      const ordered = new Table<true>()
      for (const integer of this.#sort()) ordered.set(integer, true)
      this.#table = ordered
      this.#encoding = 'listpack'
    }
  }

  /** Of an intset: no integer in between has more digits than the first or the last. */
  #longestInteger(): number {
    if (this.#encoding !== 'intset' || this.size === 0) return 0
    const sorted = this.#sort()
    return Math.max((sorted[0] as string).length, (sorted.at(-1) as string).length)
  }
}

function isInteger(member: string): boolean {
  return parseInteger(member) !== undefined
}

/** Of integers without leading zeros: the longer one is the larger, unless it is negative. */
function compareIntegers(a: string, b: string): number {
  const negative = a.startsWith('-')
  if (negative !== b.startsWith('-')) return negative ? -1 : 1
  if (a === b) return 0
  const smaller = a.length === b.length ? a < b : a.length < b.length
  return smaller === negative ? 1 : -1
}
