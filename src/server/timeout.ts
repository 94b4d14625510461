// Time-outs of blocking commands, read once and in one way.

import type { Args } from '../resp3/args.ts'
import { err, TIMEOUT_NEGATIVE, TIMEOUT_NOT_FLOAT } from '../resp3/errors.ts'

const NOT_INTEGER = err('timeout is not an integer or out of range')
const OUT_OF_RANGE = err('timeout is out of range')

/** Word i in whole units of `unitMs` milliseconds (WAIT, CLIENT PAUSE, XREAD BLOCK). */
export function readTimeoutMs(args: Args, i: number, unitMs: number): number {
  const timeoutMs = args.integer(i, NOT_INTEGER) * unitMs
  if (timeoutMs < 0) throw TIMEOUT_NEGATIVE
  if (timeoutMs > Number.MAX_SAFE_INTEGER) throw OUT_OF_RANGE
  return timeoutMs
}

/** Word i in seconds, with a fraction (BLPOP and its like); rounded up to a millisecond. */
export function readTimeoutSeconds(args: Args, i: number): number {
  const seconds = args.double(i, TIMEOUT_NOT_FLOAT)
  if (Number.isNaN(seconds)) throw TIMEOUT_NOT_FLOAT
  const timeoutMs = Math.ceil(seconds * 1000)
  if (timeoutMs < 0) throw TIMEOUT_NEGATIVE
  if (timeoutMs > Number.MAX_SAFE_INTEGER) throw OUT_OF_RANGE
  return timeoutMs
}
