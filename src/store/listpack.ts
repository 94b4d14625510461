// How many bytes a value would take in Redis's listpack: the compact form behind small lists and
// streams, whose size decides when an encoding changes. Nothing here is stored that way.

import { parseInteger } from '../util/number.ts'

/** Header and end mark of an empty listpack. */
export const LISTPACK_OVERHEAD = 7

export function listpackEntrySize(text: string): number {
  const length = text.length
  const body = integerTextSize(text) ?? stringSize(length)
  return body + backLengthSize(body)
}

/** Of 64 bits at most; beyond 2^53 the nearest double will do. */
export function listpackIntegerSize(value: number): number {
  const body = integerSize(value)
  return body + backLengthSize(body)
}

function stringSize(length: number): number {
  if (length < 64) return 1 + length
  return length < 4096 ? 2 + length : 5 + length
}

function integerTextSize(text: string): number | undefined {
  if (text.length === 0 || text.length > 20) return undefined
  const value = parseInteger(text)
  return value === undefined ? undefined : integerSize(value)
}

function integerSize(value: number): number {
  if (value >= 0 && value <= 127) return 1
  const magnitude = value < 0 ? -value - 1 : value
  if (magnitude < 2 ** 12) return 2
  if (magnitude < 2 ** 15) return 3
  if (magnitude < 2 ** 23) return 4
  return magnitude < 2 ** 31 ? 5 : 9
}

/** Every entry ends with its own length, so that it can be walked backwards. */
function backLengthSize(size: number): number {
  if (size <= 127) return 1
  if (size < 16383) return 2
  if (size < 2097151) return 3
  return size < 268435455 ? 4 : 5
}
