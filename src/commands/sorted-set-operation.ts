// Union, intersection and difference of sorted sets and sets, with weights and aggregation: one
// reading of the words and one computation for the answering, the storing and the counting forms.

import type { Args } from '../resp3/args.ts'
import { err, SYNTAX, WRONGTYPE } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'

export type Operation = 'union' | 'inter' | 'diff'

/** What the command does with the result, which decides the options that it takes. */
export type ResultUse = 'answer' | 'store' | 'count'

interface Source {
  readonly value: SortedSetValue | SetValue | undefined
  weight: number
}

export interface OperationQuery {
  readonly sources: readonly Source[]
  readonly aggregate: Aggregate
  readonly withScores: boolean
  /** Counting stops there; 0 is no limit. */
  readonly limit: number
}

type Aggregate = (a: number, b: number) => number

const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ['SUM', sum],
  ['MIN', min],
  ['MAX', max],
])

/** Infinity and its negative make 0. */
function sum(a: number, b: number): number {
  return Number.isNaN(a + b) ? 0 : a + b
}

// Neither NaN nor the other zero replaces a score, unlike in Math.min() and Math.max().

function min(a: number, b: number): number {
  if (b < a) return b
  return a
}

function max(a: number, b: number): number {
  if (b > a) return b
  return a
}

const NO_WEIGHT = err('weight value is not a float')
const NEGATIVE_LIMIT = err("LIMIT can't be negative")

/** Reads `numkeys key ... [options]`; the sources are looked up on the way, as Redis does. */
export function readOperation(
  db: Database,
  args: Args,
  at: number,
  operation: Operation,
  use: ResultUse,
  command: string,
): OperationQuery {
  const count = args.integer(at)
  if (count < 1) throw err(`at least 1 input key is needed for '${command}' command`)
  if (count > args.count - at - 1) throw SYNTAX
  const sources: Source[] = []
  for (let i = 0; i < count; i++)
    sources.push({ value: sourceOf(db, args.text(at + 1 + i)), weight: 1 })
  let aggregate: Aggregate = sum
  let withScores = false
  let limit = 0
  const combines = operation !== 'diff' && use !== 'count'
  for (let i = at + 1 + count; i < args.count; i++) {
    const left = args.count - i - 1
    if (combines && left >= count && args.is(i, 'WEIGHTS')) {
      for (const source of sources) source.weight = args.double(++i, NO_WEIGHT)
    } else if (combines && left >= 1 && args.is(i, 'AGGREGATE')) {
      const chosen = AGGREGATES.get(args.option(++i))
      if (chosen === undefined) throw SYNTAX
      aggregate = chosen
    } else if (use === 'answer' && args.is(i, 'WITHSCORES')) {
      withScores = true
    } else if (use === 'count' && left >= 1 && args.is(i, 'LIMIT')) {
      limit = args.integerBetween(++i, 0, Number.POSITIVE_INFINITY, NEGATIVE_LIMIT)
    } else {
      throw SYNTAX
    }
  }
  return { sources, aggregate, withScores, limit }
}

function sourceOf(db: Database, key: string): Source['value'] {
  const value = db.readAny(key)
  if (value === undefined || value instanceof SortedSetValue || value instanceof SetValue)
    return value
  throw WRONGTYPE
}

/** Members with their scores; those of a plain set score 1. */
function* elementsOf(value: Source['value']): IterableIterator<readonly [string, number]> {
  if (value instanceof SetValue) for (const member of value.members()) yield [member, 1]
  else if (value !== undefined) for (const { member, score } of value) yield [member, score]
}

function scoreIn(value: Source['value'], member: string): number | undefined {
  if (value instanceof SetValue) return value.has(member) ? 1 : undefined
  return value?.score(member)
}

/** 0 times infinity is no number, and counts as 0. */
function weighted(score: number, weight: number): number {
  const product = score * weight
  return Number.isNaN(product) ? 0 : product
}

export function compute(
  operation: Operation,
  { sources, aggregate }: OperationQuery,
): Map<string, number> {
  if (operation === 'union') return union(sources, aggregate)
  return operation === 'inter' ? new Map(intersect(sources, aggregate)) : difference(sources)
}

/** How many members all sources have, up to a limit. */
export function countCommon({ sources, aggregate, limit }: OperationQuery): number {
  let count = 0
  for (const _ of intersect(sources, aggregate)) {
    if (++count === limit) break
  }
  return count
}

function bySize(sources: readonly Source[]): Source[] {
  return [...sources].sort((a, b) => (a.value?.size ?? 0) - (b.value?.size ?? 0))
}

function union(sources: readonly Source[], aggregate: Aggregate): Map<string, number> {
  const result = new Map<string, number>()
  for (const { value, weight } of bySize(sources)) {
    for (const [member, score] of elementsOf(value)) {
      const mine = weighted(score, weight)
      const known = result.get(member)
      result.set(member, known === undefined ? mine : aggregate(known, mine))
    }
  }
  return result
}

function* intersect(
  sources: readonly Source[],
  aggregate: Aggregate,
): IterableIterator<[string, number]> {
  const [smallest, ...others] = bySize(sources)
  for (const [member, score] of elementsOf(smallest?.value)) {
    let result: number | undefined = weighted(score, smallest?.weight ?? 1)
    for (const { value, weight } of others) {
      const other = scoreIn(value, member)
      result = other === undefined ? undefined : aggregate(result, other * weight)
      if (result === undefined) break
    }
    if (result !== undefined) yield [member, result]
  }
}

function difference([first, ...others]: readonly Source[]): Map<string, number> {
  const result = new Map<string, number>()
  for (const [member, score] of elementsOf(first?.value)) {
    if (!others.some(({ value }) => scoreIn(value, member) !== undefined)) result.set(member, score)
  }
  return result
}
