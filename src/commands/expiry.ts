// Times as SET, GETEX and the EXPIRE family take them: an amount in seconds or milliseconds, from
// now or from 1970. Sums are exact over the whole 64 bits, and what does not fit is an error. A
// moment is a number while that is exact, and a bigint beyond.

import type { Args } from '../resp3/args.ts'
import { invalidExpire } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import type { TimeScale } from '../table/readers/string-options.ts'

export type Moment = number | bigint

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
/** In either unit, with today's date added, an amount below this stays exact in a double. */
const SMALL = 2 ** 42

/** Whole milliseconds since 1970. */
export function nowOf(db: Database): number {
  return Math.floor(db.keyspace.now)
}

/** The moment that word i means, in milliseconds since 1970. It may lie in the past. */
export function momentAt(
  db: Database,
  args: Args,
  i: number,
  { unitMs, fromNow }: TimeScale,
  command: string,
): Moment {
  const base = fromNow ? nowOf(db) : 0
  const amount = args.integer(i)
  if (Math.abs(amount) < SMALL) return amount * unitMs + base
  const exact = args.int64(i) * BigInt(unitMs)
  const moment = exact + BigInt(base)
  if (exact < MIN_INT64 || moment > MAX_INT64) throw invalidExpire(command)
  return moment
}

/** The same where only positive amounts are allowed. */
export function positiveMomentAt(
  db: Database,
  args: Args,
  i: number,
  scale: TimeScale,
  command: string,
): Moment {
  if (args.integer(i) <= 0) throw invalidExpire(command)
  return momentAt(db, args, i, scale, command)
}
