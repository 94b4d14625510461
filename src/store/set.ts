// Sets of members. Redis keeps a small set of integers as an intset, which gives its members in
// order of size, another small set as a listpack, in order of arrival, and anything larger as a
// hash table, in no order. Here all of them are one table; an intset is sorted when it is looked
// at, and keeps that order until it changes.

import type { Args } from '../resp3/args.ts'
import { parseInteger } from '../util/number.ts'
import { type PackedTable, packedTexts } from './packed-table.ts'
import { Table } from './table.ts'
import { type EncodingLimits, meanOfSample, Value } from './value.ts'

export type SetEncoding = 'intset' | 'listpack' | 'hashtable'

export class SetValue extends Value {
  readonly limits: EncodingLimits
  /** Members, each with an empty text. */
  #table: Table<string> | PackedTable<string> = new Table<string>()
  /** The same, once the encoding is that of many members. */
  #large: PackedTable<string> | undefined
  #smallEncoding: 'intset' | 'listpack'
  #sorted: readonly string[] | undefined

  constructor(limits: EncodingLimits, encoding: SetEncoding = 'intset') {
    super()
    this.limits = limits
    this.#smallEncoding = encoding === 'hashtable' ? 'listpack' : encoding
    if (encoding === 'hashtable') this.#enlarge()
  }

  /** An empty set in the encoding that Redis chooses for members to come. */
  static toHold(limits: EncodingLimits, first: string, count: number): SetValue {
    if (isInteger(first) && count <= limits.setMaxIntsetEntries) return new SetValue(limits)
    return new SetValue(limits, count <= limits.setMaxListpackEntries ? 'listpack' : 'hashtable')
  }

  get type(): 'set' {
    return 'set'
  }

  get size(): number {
    return this.#table.size
  }

  get encoding(): SetEncoding {
    return this.#large === undefined ? this.#smallEncoding : 'hashtable'
  }

  override get meanElementBytes(): number {
    return meanOfSample(this.size, i => this.#table.keyAt(i).length)
  }

  /** Tells how many members are about to be added: too many at once end a small encoding. */
  expect(count: number): void {
    const { setMaxIntsetEntries, setMaxListpackEntries } = this.limits
    const max = this.encoding === 'intset' ? setMaxIntsetEntries : setMaxListpackEntries
    if (count > max) this.#enlarge()
  }

  has(member: string): boolean {
    return this.#table.has(member)
  }

  /** True if the member is new. */
  add(member: string): boolean {
    if (this.#large !== undefined) return this.#large.setText(member, '')
    if (this.#table.has(member)) return false
    if (this.#smallEncoding === 'listpack' || !isInteger(member)) {
      this.#prepareListpack(member)
      return this.#put(member)
    }
    this.#sorted = undefined
    this.#put(member)
    if (this.size > this.limits.setMaxIntsetEntries) this.#enlarge()
    return true
  }

  /** The same with word i of a request. */
  addWord(args: Args, i: number): boolean {
    const large = this.#large
    const start = args.marks[i * 2] ?? 0
    const end = args.marks[i * 2 + 1] ?? 0
    if (large !== undefined) {
      const before = large.pack(args.bytes, start, end, args.bytes, end, end, 0, false)
      if (before !== undefined) return before === 0
    }
    return this.add(args.text(i))
  }

  hasWord(args: Args, i: number): boolean {
    if (this.#large === undefined) return this.has(args.text(i))
    return (
      this.#large.findPacked(args.bytes, args.marks[i * 2] ?? 0, args.marks[i * 2 + 1] ?? 0) !== 0
    )
  }

  remove(member: string): boolean {
    if (this.#large !== undefined) return this.#large.delete(member)
    if (this.#smallEncoding === 'listpack') return this.#deleteOrdered(member)
    this.#sorted = undefined
    return this.#table.delete(member)
  }

  /** Removes the member at a position of members(), and returns it. */
  takeAt(index: number): string {
    const member = this.at(index)
    if (this.#large !== undefined) this.#large.deleteAt(index)
    else this.remove(member)
    return member
  }

  /** In Redis's order, if the encoding has one. */
  members(): readonly string[] {
    return this.encoding === 'intset' ? this.#sort() : this.#keys()
  }

  /** The member at a position of members(), from 0 to size - 1. */
  at(index: number): string {
    return this.encoding === 'intset' ? (this.#sort()[index] as string) : this.#table.keyAt(index)
  }

  /** Makes a set of integers an intset if they are few enough: what SINTERSTORE does at its end. */
  compactIntegers(): void {
    if (this.encoding === 'intset' || this.size > this.limits.setMaxIntsetEntries) return
    const members = this.#keys()
    if (members.every(isInteger)) this.#shrink('intset', members)
  }

  /** Makes a hash table a listpack again if it fits: what SPOP does when it leaves but little. */
  rebuild(): void {
    if (this.#large === undefined) return
    const members = this.members()
    this.#shrink('listpack', [])
    for (const member of members) this.add(member)
  }

  /** Like SCAN; the small encodings come whole and in order, whatever the count. */
  scan(cursor: number, count: number, visit: (member: string) => void): number {
    const large = this.#large
    if (large !== undefined) return large.scan(cursor, count, i => visit(large.keyAt(i)))
    for (const member of this.members()) visit(member)
    return 0
  }

  copy(): SetValue {
    const twin = new SetValue(this.limits, this.encoding)
    for (const member of this.members()) twin.#put(member)
    return twin
  }

  #keys(): string[] {
    return this.#table.keys()
  }

  #put(member: string): boolean {
    const table = this.#table
    return table instanceof Table ? table.set(member, '') : table.setText(member, '')
  }

  #deleteOrdered(member: string): boolean {
    return this.#table instanceof Table && this.#table.deleteOrdered(member)
  }

  #enlarge(): void {
    if (this.#large !== undefined) return
    this.#large = packedTexts(this.#table)
    this.#table = this.#large
    this.#sorted = undefined
  }

  /** Takes a small encoding, with the members in this order. */
  #shrink(encoding: 'intset' | 'listpack', members: readonly string[]): void {
    this.#table = new Table()
    this.#large = undefined
    this.#smallEncoding = encoding
    this.#sorted = undefined
    for (const member of members) this.#put(member)
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
      this.#enlarge()
    } else if (this.#smallEncoding === 'intset') {
      this.#shrink('listpack', this.#sort())
    }
  }

  /** Of an intset: no integer in between has more digits than the first or the last. */
  #longestInteger(): number {
    if (this.encoding !== 'intset' || this.size === 0) return 0
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
