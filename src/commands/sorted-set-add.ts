// Adding to a sorted set, for ZADD, ZINCRBY and GEOADD.

import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { type Element, SortedSetValue } from '../store/sorted-set.ts'

export interface AddOptions {
  /** NX and XX. */
  readonly onlyNew?: boolean
  readonly onlyOld?: boolean
  /** GT and LT. */
  readonly onlyGreater?: boolean
  readonly onlyLess?: boolean
  /** INCR: the score is added to the one that is there. */
  readonly increments?: boolean
}

export interface AddWords extends AddOptions {
  /** CH. */
  readonly countsChanges: boolean
  /** Where the first score stands. */
  readonly first: number
}

export interface AddOutcome {
  readonly added: number
  readonly updated: number
  /** The score of the last element that the options let through. */
  readonly score: number | undefined
}

const WORDS = ['NX', 'XX', 'CH', 'INCR', 'GT', 'LT'] as const
const NO_OPTIONS: AddWords = {
  onlyNew: false,
  onlyOld: false,
  onlyGreater: false,
  onlyLess: false,
  increments: false,
  countsChanges: false,
  first: 2,
}
const NX_AND_XX = err('XX and NX options at the same time are not compatible')
const NX_AND_GT = err('GT, LT, and/or NX options at the same time are not compatible')
const ONE_INCREMENT = err('INCR option supports a single increment-element pair')
const NOT_A_NUMBER = err('resulting score is not a number (NaN)')

export function readAddOptions(args: Args): AddWords {
  if (!isOption(args, 2)) {
    if (args.count % 2 !== 0) throw SYNTAX
    return NO_OPTIONS
  }
  const found = new Set<string>()
  let first = 2
  for (; first < args.count; first++) {
    if (!isOption(args, first)) break
    found.add(args.option(first))
  }
  const pairs = (args.count - first) / 2
  if (pairs === 0 || !Number.isInteger(pairs)) throw SYNTAX
  const words = {
    onlyNew: found.has('NX'),
    onlyOld: found.has('XX'),
    onlyGreater: found.has('GT'),
    onlyLess: found.has('LT'),
    increments: found.has('INCR'),
    countsChanges: found.has('CH'),
    first,
  }
  const comparisons = Number(words.onlyNew) + Number(words.onlyGreater) + Number(words.onlyLess)
  if (words.onlyNew && words.onlyOld) throw NX_AND_XX
  if (comparisons > 1) throw NX_AND_GT
  if (words.increments && pairs > 1) throw ONE_INCREMENT
  return words
}

function isOption(args: Args, i: number): boolean {
  for (const word of WORDS) if (args.is(i, word)) return true
  return false
}

/** With `increments` there must be one addition only: it may fail, and then nothing has changed. */
export function add(
  db: Database,
  key: string,
  additions: readonly Element[],
  options: AddOptions,
): AddOutcome {
  const existing = db.edit(key, SortedSetValue)
  if (existing === undefined && options.onlyOld) return { added: 0, updated: 0, score: undefined }
  const set = existing ?? db.open(key, SortedSetValue)
  set.expect(additions.length, existing === undefined ? additions[0]?.member.length : undefined)
  let added = 0
  let updated = 0
  let last: number | undefined
  const { increments, onlyNew, onlyOld, onlyGreater, onlyLess } = options
  const isPlain = !(increments || onlyNew || onlyOld || onlyGreater || onlyLess)
  for (const { member, score: given } of additions) {
    const current = isPlain ? undefined : set.score(member)
    const score = options.increments && current !== undefined ? current + given : given
    if (!mayAdd(current, score, options)) continue
    last = score
    const change = set.set(member, score)
    if (change === 'added') added++
    else if (change === 'updated') updated++
  }
  if (added + updated > 0) {
    db.changed(key, options.increments ? 'zincr' : 'zadd', added + updated)
  }
  return { added, updated, score: last }
}

function mayAdd(current: number | undefined, score: number, options: AddOptions): boolean {
  if (current === undefined) return !options.onlyOld
  if (options.onlyNew) return false
  if (Number.isNaN(score)) throw NOT_A_NUMBER
  if (options.onlyLess && score >= current) return false
  return !(options.onlyGreater && score <= current)
}
