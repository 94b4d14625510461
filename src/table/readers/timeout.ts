// Time-outs of blocking commands, read once and in one way.

import type { Args } from '../../resp3/args.ts'
import { err, TIMEOUT_NEGATIVE, TIMEOUT_NOT_FLOAT } from '../../resp3/errors.ts'
import { toDouble } from '../../util/binary-float.ts'
import { parseLongDouble } from '../../util/long-double.ts'
import { parseDouble } from '../../util/number.ts'

const NOT_INTEGER = err('timeout is not an integer or out of range')
const OUT_OF_RANGE = err('timeout is out of range')

/** The end of a time-out, counted from 1970, must fit into 64 bits. */
const LONGEST_MS = 2 ** 63 - 2 ** 42

/** Word i in whole units of `unitMs` milliseconds (WAIT, CLIENT PAUSE, XREAD BLOCK). */
export function readTimeoutMs(args: Args, i: number, unitMs: number): number {
  return checked(args.integer(i, NOT_INTEGER) * unitMs)
}

/** Word i in seconds, with a fraction (BLPOP and its like); rounded up to a millisecond. */
export function readTimeoutSeconds(args: Args, i: number): number {
  const text = args.text(i)
  const seconds = parseDouble(text)
  return checked(seconds === undefined ? beyondDouble(text) : Math.ceil(seconds * 1000))
}

/** Redis reads a long double: 1e400 is a number, though too long, and 1e-400 is a millisecond. */
function beyondDouble(text: string): number {
  const value = parseLongDouble(text)
  if (value === undefined) throw TIMEOUT_NOT_FLOAT
  const { mantissa, exponent } = value
  if (mantissa < 0n) return -Math.floor(toDouble({ mantissa: -mantissa, exponent }) * 1000)
  return mantissa === 0n ? 0 : Math.max(1, Math.ceil(toDouble({ mantissa, exponent }) * 1000))
}

function checked(timeoutMs: number): number {
  if (timeoutMs < 0) throw TIMEOUT_NEGATIVE
  if (timeoutMs > LONGEST_MS) throw OUT_OF_RANGE
  return timeoutMs
}
