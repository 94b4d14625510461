// Ranges of sorted sets: what ZRANGE, ZRANGESTORE and the older ZRANGEBY... forms have in common.

import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type {
  Element,
  LexBound,
  LexRange,
  ScoreRange,
  SortedSetValue,
} from '../store/sorted-set.ts'
import { parseScoreBound } from '../util/number.ts'

export type RangeKind = 'rank' | 'score' | 'lex'

export interface RangeForm {
  /** Fixed by the command's name; undefined: BYSCORE and BYLEX say it. */
  readonly kind: RangeKind | undefined
  /** Fixed by the command's name; undefined: REV says it. */
  readonly reverse: boolean | undefined
  /** The result is stored, so that scores are kept and WITHSCORES makes no sense. */
  readonly stores: boolean
}

/** A range that was read in full, ready to be taken from a set. */
export interface RangeQuery {
  readonly withScores: boolean
  take(set: SortedSetValue): Element[]
}

const NOT_A_FLOAT = err('min or max is not a float')
const NOT_A_LEX_ITEM = err('min or max not valid string range item')
const LIMIT_NEEDS_BY = err(
  'syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
)
const LEX_WITHOUT_SCORES = err('syntax error, WITHSCORES not supported in combination with BYLEX')

interface Options {
  withScores: boolean
  offset: number
  count: number
  reverse: boolean
  kind: RangeKind
}

/** Reads `min max [options]` from a position on. */
export function readRange(args: Args, at: number, form: RangeForm): RangeQuery {
  const { withScores, kind, reverse, ...limit } = readOptions(args, at + 2, form)
  if (limit.count !== -1 && kind === 'rank') throw LIMIT_NEEDS_BY
  if (withScores && kind === 'lex') throw LEX_WITHOUT_SCORES
  // Reversed ranges by score or name are given from the top.
  const [min, max] = reverse && kind !== 'rank' ? [at + 1, at] : [at, at + 1]
  if (kind === 'rank') {
    const start = args.integer(min)
    const stop = args.integer(max)
    return { withScores, take: set => set.range(start, stop, reverse) }
  }
  if (kind === 'score') {
    const range = readScoreRange(args, min, max)
    return { withScores, take: set => set.rangeByScore(range, reverse, limit) }
  }
  const range = readLexRange(args, min, max)
  return { withScores, take: set => set.rangeByLex(range, reverse, limit) }
}

function readOptions(args: Args, first: number, form: RangeForm): Options {
  const options = { withScores: false, offset: 0, count: -1 }
  let { kind, reverse } = form
  for (let i = first; i < args.count; i++) {
    if (!form.stores && args.is(i, 'WITHSCORES')) options.withScores = true
    else if (args.is(i, 'LIMIT') && i + 2 < args.count) {
      options.offset = args.integer(++i)
      options.count = args.integer(++i)
    } else if (reverse === undefined && args.is(i, 'REV')) reverse = true
    else if (kind === undefined && args.is(i, 'BYLEX')) kind = 'lex'
    else if (kind === undefined && args.is(i, 'BYSCORE')) kind = 'score'
    else throw SYNTAX
  }
  return { ...options, kind: kind ?? 'rank', reverse: reverse ?? false }
}

export function readScoreRange(args: Args, minAt: number, maxAt: number): ScoreRange {
  const [min, minExclusive] = readScoreBound(args.text(minAt))
  const [max, maxExclusive] = readScoreBound(args.text(maxAt))
  return { min, max, minExclusive, maxExclusive }
}

function readScoreBound(text: string): readonly [number, boolean] {
  const isExclusive = text.startsWith('(')
  const bound = parseScoreBound(isExclusive ? text.slice(1) : text)
  if (bound === undefined) throw NOT_A_FLOAT
  return [bound, isExclusive]
}

export function readLexRange(args: Args, minAt: number, maxAt: number): LexRange {
  return { min: readLexBound(args.text(minAt)), max: readLexBound(args.text(maxAt)) }
}

function readLexBound(text: string): LexBound {
  // Redis looks no further than a NUL here.
  const [sign, end] = [text[0], text[1]]
  if ((sign === '-' || sign === '+') && (end === undefined || end === '\0')) return sign
  if (text.startsWith('(')) return { member: text.slice(1), exclusive: true }
  if (text.startsWith('[')) return { member: text.slice(1), exclusive: false }
  throw NOT_A_LEX_ITEM
}
