// INCRBYFLOAT and HINCRBYFLOAT add in the 80-bit long double of x86-64, and print 17 decimals of
// it. Those bytes are visible to clients (0.1 + 0.2 is 0.3 there), so this is that arithmetic:
// mantissas of 64 bits, rounded to nearest, ties to even, on exact integers.

import { type BinaryFloat, bitLength, printFixed, shiftRightRounded } from './binary-float.ts'
import { scanFloat, startsWithBlank } from './float-literal.ts'

const MANTISSA_BITS = 64
/** The exponent of the last bit of the smallest (denormal) numbers. */
const MIN_EXPONENT = -16445
const MAX_EXPONENT = 16384
// Texts of 5 kB and more are no numbers to Redis.
const MAX_TEXT = 5 * 1024 - 1
// Decimal magnitudes beyond which a number is surely infinite or zero.
const MAX_DECIMAL = 4940
const MIN_DECIMAL = -4960

export interface LongDouble {
  /** Its sign is the number's; an infinity has 1n or -1n. */
  readonly mantissa: bigint
  /** The value is mantissa * 2^exponent; an infinity has Infinity. */
  readonly exponent: number
}

export function isInfinite(n: LongDouble): boolean {
  return n.exponent === Infinity
}

/** Undefined for what Redis calls no valid float; infinities are valid. */
export function parseLongDouble(s: string): LongDouble | undefined {
  if (s.length > MAX_TEXT || startsWithBlank(s)) return undefined
  const literal = scanFloat(s)
  if (literal === undefined || literal.length !== s.length || literal.kind === 'nan') {
    return undefined
  }
  const { kind, negative, digits, exponent } = literal
  const sign = negative ? -1n : 1n
  if (kind === 'infinity') return { mantissa: sign, exponent: Infinity }
  if (digits === '') return { mantissa: 0n, exponent: 0 }
  const value = kind === 'hex' ? fromHex(digits, exponent) : fromDecimal(digits, exponent)
  // Out of range, at either end.
  if (value === undefined || isInfinite(value) || value.mantissa === 0n) return undefined
  return { mantissa: value.mantissa * sign, exponent: value.exponent }
}

export function addLongDouble(a: LongDouble, b: LongDouble): LongDouble | 'nan' {
  if (isInfinite(a) || isInfinite(b)) {
    if (isInfinite(a) && isInfinite(b) && a.mantissa !== b.mantissa) return 'nan'
    return isInfinite(a) ? a : b
  }
  if (a.mantissa === 0n) return b
  if (b.mantissa === 0n) return a
  const exponent = Math.min(a.exponent, b.exponent)
  const sum =
    (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent))
  const rounded = round({ mantissa: sum < 0n ? -sum : sum, exponent })
  return sum < 0n ? { mantissa: -rounded.mantissa, exponent: rounded.exponent } : rounded
}

/** Up to 17 decimals without zeros at the end, never an exponent. */
export function formatLongDouble(n: LongDouble): string {
  const negative = n.mantissa < 0n
  if (isInfinite(n)) return negative ? '-inf' : 'inf'
  const mantissa = negative ? -n.mantissa : n.mantissa
  return printFixed(negative, { mantissa, exponent: n.exponent }, 17)
}

function fromHex(digits: string, exponent: number): LongDouble | undefined {
  const magnitude = digits.length * 4 + exponent
  if (magnitude > MAX_EXPONENT + 4 || magnitude < MIN_EXPONENT - 4) return undefined
  return round({ mantissa: BigInt(`0x${digits}`), exponent })
}

function fromDecimal(digits: string, exponent: number): LongDouble | undefined {
  const magnitude = digits.length + exponent
  if (magnitude > MAX_DECIMAL || magnitude < MIN_DECIMAL) return undefined
  const integer = BigInt(digits)
  if (exponent >= 0) return round({ mantissa: integer * 10n ** BigInt(exponent), exponent: 0 })
  // Divide so that the quotient has bits to spare; a last bit stands for any remainder.
  const divisor = 10n ** BigInt(-exponent)
  const extra = Math.max(0, bitLength(divisor) - bitLength(integer) + MANTISSA_BITS + 2)
  const dividend = integer << BigInt(extra)
  const quotient = dividend / divisor
  const sticky = quotient * divisor === dividend ? 0n : 1n
  return round({ mantissa: (quotient << 1n) | sticky, exponent: -extra - 1 })
}

function round({ mantissa, exponent }: BinaryFloat): LongDouble {
  const drop = Math.max(bitLength(mantissa) - MANTISSA_BITS, MIN_EXPONENT - exponent)
  const rounded =
    drop <= 0
      ? { mantissa, exponent }
      : { mantissa: shiftRightRounded(mantissa, drop), exponent: exponent + drop }
  if (bitLength(rounded.mantissa) + rounded.exponent > MAX_EXPONENT) {
    return { mantissa: 1n, exponent: Infinity }
  }
  return rounded
}
