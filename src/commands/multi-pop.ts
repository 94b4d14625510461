// What LMPOP and ZMPOP have in common, and the forms of both that wait: `numkeys key [key ...]`, which
// end of them, and `[COUNT count]`.

import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'

export interface MultiPop<End> {
  readonly keys: readonly string[]
  readonly end: End
  readonly count: number
}

const NO_KEYS = err('numkeys should be greater than 0')
const NO_COUNT = err('count should be greater than 0')

/**
 * @param at where the number of keys stands
 * @param readEnd LEFT or RIGHT, MIN or MAX; throws if the word is neither
 */
export function readMultiPop<End>(
  args: Args,
  at: number,
  readEnd: (args: Args, i: number) => End,
): MultiPop<End> {
  const keyCount = args.integerBetween(at, 1, Number.POSITIVE_INFINITY, NO_KEYS)
  const endAt = at + keyCount + 1
  if (endAt >= args.count) throw SYNTAX
  const end = readEnd(args, endAt)
  let count: number | undefined
  for (let i = endAt + 1; i < args.count; i += 2) {
    if (count !== undefined || !args.is(i, 'COUNT') || i + 1 >= args.count) throw SYNTAX
    count = args.integerBetween(i + 1, 1, Number.POSITIVE_INFINITY, NO_COUNT)
  }
  return { keys: args.texts(at + 1, endAt), end, count: count ?? 1 }
}
