// The words of SORT: for its handler, and for the list of its keys. What BY and GET read is known
// only when the elements are, so no list of keys can name it.

import type { KeyPlace } from '../../acl/command-facts.ts'
import type { Args } from '../../resp3/args.ts'
import { err, ReplyError, SYNTAX } from '../../resp3/errors.ts'
import { upToNul } from '../../util/bytes.ts'
import { READ, WRITE } from '../command.ts'

export interface SortWords {
  by: string | undefined
  /** BY a name without a star: the elements stay as they are. */
  keepsOrder: boolean
  readonly gets: string[]
  descending: boolean
  alpha: boolean
  offset: number
  /** Negative: all. */
  count: number
  /** Where the key of STORE stands. */
  storeAt: number | undefined
}

export function newSort(): SortWords {
  return {
    by: undefined,
    keepsOrder: false,
    gets: [],
    descending: false,
    alpha: false,
    offset: 0,
    count: -1,
    storeAt: undefined,
  }
}

const BY_ELSEWHERE = err(
  'BY option of SORT denied in Cluster mode when keys formed by the pattern may be in different ' +
    'slots.',
)
const GET_ELSEWHERE = err(
  'GET option of SORT denied in Cluster mode when keys formed by the pattern may be in different ' +
    'slots.',
)
const BY_DENIED = err('BY option of SORT denied due to insufficient ACL permissions.')
const GET_DENIED = err('GET option of SORT denied due to insufficient ACL permissions.')

interface Rights {
  readonly mayStore: boolean
  /** Asked only if BY or GET is there. */
  readonly mayReadEveryKey: () => boolean
  /** Whether the keys of a pattern are at hand: in a cluster, those of the slot of a key. */
  readonly isAtHand: (pattern: string, key: string) => boolean
}

/** Reads the options into the words one by one: what was read before an error is there. */
export function readSort(
  words: SortWords,
  args: Args,
  { mayStore, mayReadEveryKey, isAtHand }: Rights,
): void {
  for (let i = 2; i < args.count; i++) {
    const left = args.count - 1 - i
    if (args.is(i, 'ASC')) words.descending = false
    else if (args.is(i, 'DESC')) words.descending = true
    else if (args.is(i, 'ALPHA')) words.alpha = true
    else if (args.is(i, 'LIMIT') && left >= 2) {
      words.offset = args.integer(++i)
      words.count = args.integer(++i)
    } else if (mayStore && args.is(i, 'STORE') && left >= 1) {
      words.storeAt = ++i
    } else if (args.is(i, 'BY') && left >= 1) {
      words.by = args.text(++i)
      if (!hasStar(words.by)) words.keepsOrder = true
      else if (!isAtHand(words.by, args.text(1))) throw BY_ELSEWHERE
      else if (!mayReadEveryKey()) throw BY_DENIED
    } else if (args.is(i, 'GET') && left >= 1) {
      const pattern = args.text(++i)
      if (!isAtHand(pattern, args.text(1))) throw GET_ELSEWHERE
      if (!mayReadEveryKey()) throw GET_DENIED
      words.gets.push(pattern)
    } else {
      throw SYNTAX
    }
  }
}

/** Redis looks for the star no further than a NUL. */
function hasStar(pattern: string): boolean {
  return upToNul(pattern).includes('*')
}

export function sortKeys(args: Args): readonly KeyPlace[] {
  const words = newSort()
  try {
    readSort(words, args, { mayStore: true, mayReadEveryKey: () => true, isAtHand: () => true })
  } catch (error) {
    // The command will find the same error, and touch nothing.
    if (!(error instanceof ReplyError)) throw error
  }
  const { storeAt } = words
  if (storeAt === undefined) return SOURCE
  return [...SOURCE, { position: storeAt, needs: WRITE, flags: ['OW', 'update'] }]
}

/** The key that is sorted. */
export const SOURCE = [{ position: 1, needs: READ, flags: ['RO', 'access'] }]
