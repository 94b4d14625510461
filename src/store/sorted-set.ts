// Sorted sets: members with scores, in order of score and then of member. A table finds the score
// of a member and serves SCAN and random picks; a ranked list keeps the order. Every question
// about a range, by rank, by score or by member, first becomes a span of ranks, so that reading,
// counting and removing are each written once.

import { type Element, RankedList } from './ranked-list.ts'
import { Table } from './table.ts'
import { type EncodingLimits, meanOfSample, Value } from './value.ts'

export type { Element } from './ranked-list.ts'

export interface ScoreRange {
  readonly min: number
  readonly max: number
  readonly minExclusive: boolean
  readonly maxExclusive: boolean
}

/** One end of a range of members: a member, or the end of all, `-` before and `+` behind. */
export type LexBound = '-' | '+' | { readonly member: string; readonly exclusive: boolean }

export interface LexRange {
  readonly min: LexBound
  readonly max: LexBound
}

/** Ranks from `from` up to, but not including, `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** LIMIT offset count: a negative count takes all. */
export interface Limit {
  readonly offset: number
  readonly count: number
}

const EMPTY: Span = { from: 0, to: 0 }
const NO_LIMIT: Limit = { offset: 0, count: -1 }

const SCORE_BYTES = 8

export class SortedSetValue extends Value {
  readonly limits: EncodingLimits
  readonly #byMember = new Table<Element>()
  #order = new RankedList()
  #isListpack: boolean

  constructor(limits: EncodingLimits) {
    super()
    this.limits = limits
    this.#isListpack = limits.zsetMaxListpackEntries > 0
  }

  get type(): 'zset' {
    return 'zset'
  }

  get size(): number {
    return this.#byMember.size
  }

  get encoding(): 'listpack' | 'skiplist' {
    return this.#isListpack ? 'listpack' : 'skiplist'
  }

  override get meanElementBytes(): number {
    return SCORE_BYTES + meanOfSample(this.size, i => this.#byMember.keyAt(i).length)
  }

  /**
   * Tells what is about to be added, before it is: Redis leaves the listpack by the number of
   * pairs in the command, even if they turn out to be one member. A new set is also judged by the
   * length of the command's first member; an old one is not, so leave it out there.
   */
  expect(count: number, firstMemberLength = 0): void {
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.limits
    if (count > zsetMaxListpackEntries || firstMemberLength > zsetMaxListpackValue) {
      this.#isListpack = false
    }
  }

  /** Leaves the listpack for good: SORT does so to what it sorts. */
  becomeSkiplist(): void {
    this.#isListpack = false
  }

  /** Chooses the encoding afresh: for results of ZUNIONSTORE, GEOSEARCHSTORE and their kin. */
  chooseEncoding(): void {
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.limits
    this.#isListpack =
      this.size <= zsetMaxListpackEntries &&
      this.#byMember.keys().every(member => member.length <= zsetMaxListpackValue)
    if (!this.#isListpack) return
    for (const [, element] of this.#byMember) element.score = this.#stored(element.score)
  }

  score(member: string): number | undefined {
    return this.#byMember.get(member)?.score
  }

  set(member: string, score: number): 'added' | 'updated' | 'same' {
    const found = this.#byMember.get(member)
    if (found === undefined) {
      this.#outgrow(member)
      const element = { member, score: this.#stored(score) }
      this.#byMember.set(member, element)
      this.#order.insert(element)
      return 'added'
    }
    if (found.score === score) return 'same'
    this.#order.remove(found.score, member)
    found.score = this.#stored(score)
    this.#order.insert(found)
    return 'updated'
  }

  remove(member: string): boolean {
    const found = this.#byMember.get(member)
    if (found === undefined) return false
    this.#byMember.delete(member)
    this.#order.remove(found.score, member)
    return true
  }

  /** From 0, ascending. */
  rank(member: string): number | undefined {
    const found = this.#byMember.get(member)
    return found === undefined ? undefined : this.#order.rank(found.score, member)
  }

  /** In ascending order. */
  [Symbol.iterator](): Iterator<Element> {
    return this.#order[Symbol.iterator]()
  }

  /** By ranks, both ends included; negative ones count from the end. Reversed, from the top. */
  range(start: number, stop: number, reverse = false): Element[] {
    const span = this.#ranks(start, stop)
    if (!reverse) return this.slice(span)
    return this.slice({ from: this.size - span.to, to: this.size - span.from }, true)
  }

  rangeByScore(range: ScoreRange, reverse = false, limit = NO_LIMIT): Element[] {
    return this.slice(this.spanByScore(range), reverse, limit)
  }

  rangeByLex(range: LexRange, reverse = false, limit = NO_LIMIT): Element[] {
    return this.slice(this.spanByLex(range, reverse), reverse, limit)
  }

  countByScore(range: ScoreRange): number {
    const { from, to } = this.spanByScore(range)
    return to - from
  }

  countByLex(range: LexRange): number {
    const { from, to } = this.spanByLex(range)
    return to - from
  }

  removeRange(start: number, stop: number): Element[] {
    return this.#removeSpan(this.#ranks(start, stop))
  }

  removeRangeByScore(range: ScoreRange): Element[] {
    return this.#removeSpan(this.spanByScore(range))
  }

  removeRangeByLex(range: LexRange): Element[] {
    return this.#removeSpan(this.spanByLex(range))
  }

  /** Up to `count` elements from the bottom, the lowest first. */
  popMin(count = 1): Element[] {
    return this.#removeSpan({ from: 0, to: Math.min(count, this.size) })
  }

  /** Up to `count` elements from the top, the highest first. */
  popMax(count = 1): Element[] {
    return this.#removeSpan({ from: Math.max(0, this.size - count), to: this.size }).reverse()
  }

  /** Some element for each index below size: for picking at random, not for order. */
  at(index: number): Element {
    const element = this.#isListpack ? this.#order.at(index) : undefined
    return element ?? this.#byMember.valueAt(index)
  }

  /** Like SCAN; a listpack comes whole and in order, whatever the count. */
  scan(cursor: number, count: number, visit: (element: Element) => void): number {
    if (!this.#isListpack) return this.#byMember.scan(cursor, count, (_, element) => visit(element))
    for (const element of this) visit(element)
    return 0
  }

  copy(): SortedSetValue {
    const twin = new SortedSetValue(this.limits)
    twin.#isListpack = this.#isListpack
    for (const { member, score } of this) {
      const element = { member, score }
      twin.#byMember.set(member, element)
      twin.#order.insert(element)
    }
    return twin
  }

  slice({ from, to }: Span, reverse = false, { offset, count } = NO_LIMIT): Element[] {
    const length = to - from
    // Redis 7.4 counts a negative offset from the end of the range, but not in a listpack.
    const skipped = offset < 0 && !this.#isListpack ? length + offset : offset
    if (skipped < 0 || skipped >= length) return []
    const taken = count < 0 ? length - skipped : Math.min(count, length - skipped)
    if (!reverse) return this.#order.slice(from + skipped, from + skipped + taken)
    return this.#order.slice(to - skipped - taken, to - skipped).reverse()
  }

  spanByScore({ min, max, minExclusive, maxExclusive }: ScoreRange): Span {
    const from = this.#order.countBefore(e => (minExclusive ? e.score <= min : e.score < min))
    const to = this.#order.countBefore(e => (maxExclusive ? e.score < max : e.score <= max))
    return from < to ? { from, to } : EMPTY
  }

  /**
   * Makes sense if all scores are equal. If they are not, Redis walks a listpack from the end that
   * it starts at until the first member out of range, and so does this.
   */
  spanByLex(range: LexRange, reverse = false): Span {
    if (this.#isListpack) return this.#walkByLex(range, reverse)
    const from = this.#order.countBefore(e => !isAbove(e.member, range.min))
    const to = this.#order.countBefore(e => isBelow(e.member, range.max))
    return from < to ? { from, to } : EMPTY
  }

  #walkByLex({ min, max }: LexRange, reverse: boolean): Span {
    const all = this.#order.slice(0, this.size)
    const first = all[0]
    const last = all.at(-1)
    if (first === undefined || last === undefined) return EMPTY
    if (!isAbove(last.member, min) || !isBelow(first.member, max)) return EMPTY
    if (reverse) {
      const to = all.findLastIndex(e => isBelow(e.member, max)) + 1
      const from = all.slice(0, to).findLastIndex(e => !isAbove(e.member, min)) + 1
      return from < to ? { from, to } : EMPTY
    }
    const from = all.findIndex(e => isAbove(e.member, min))
    const beyond = all.findIndex((e, i) => i >= from && !isBelow(e.member, max))
    const to = beyond === -1 ? all.length : beyond
    return from < to ? { from, to } : EMPTY
  }

  #ranks(start: number, stop: number): Span {
    const { size } = this
    const from = Math.max(0, start < 0 ? start + size : start)
    const to = Math.min(size, (stop < 0 ? stop + size : stop) + 1)
    return from < to ? { from, to } : EMPTY
  }

  #removeSpan({ from, to }: Span): Element[] {
    const removed = this.#order.removeSlice(from, to)
    for (const { member } of removed) this.#byMember.delete(member)
    return removed
  }

  #outgrow(member: string): void {
    if (!this.#isListpack) return
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.limits
    if (this.size >= zsetMaxListpackEntries || member.length > zsetMaxListpackValue) {
      this.#isListpack = false
    }
  }

  /** A listpack keeps whole scores as integers, and so loses the sign of zero. */
  #stored(score: number): number {
    return this.#isListpack && score === 0 ? 0 : score
  }
}

/** Inside the lower bound. */
function isAbove(member: string, min: LexBound): boolean {
  if (min === '-') return true
  if (min === '+') return false
  return min.exclusive ? member > min.member : member >= min.member
}

/** Inside the upper bound. */
function isBelow(member: string, max: LexBound): boolean {
  if (max === '+') return true
  if (max === '-') return false
  return max.exclusive ? member < max.member : member <= max.member
}
