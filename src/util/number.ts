// Numbers read and printed the way Redis does: what counts as an integer or a float, and which
// bytes come back. All numbers that a client sends or sees go through here or long-double.ts.

import { printFixed, printSignificant, split, toDouble } from './binary-float.ts'
import { type FloatLiteral, scanFloat, startsWithBlank } from './float-literal.ts'
import { grisuDigits } from './grisu.ts'

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n
// A number of so few characters is exact in a double.
const SAFE_LENGTH = 15
/** Most scores; short enough to be within range whatever the digits. */
const PLAIN = /^-?[0-9]{1,100}(?:\.[0-9]{1,100})?$/

/** Strict: no spaces, no plus, no leading zeros, no `-0`, and within 64 bits. */
export function parseInt64(s: string): bigint | undefined {
  if (!isStrictInteger(s)) return undefined
  const value = BigInt(s)
  return value >= MIN_INT64 && value <= MAX_INT64 ? value : undefined
}

/** As parseInt64, but a number: above 2^53 it may be rounded; that it is valid stays exact. */
export function parseInteger(s: string): number | undefined {
  if (!isStrictInteger(s)) return undefined
  if (s.length <= SAFE_LENGTH) return Number(s)
  const value = parseInt64(s)
  return value === undefined ? undefined : Number(value)
}

function isStrictInteger(s: string): boolean {
  // The longest has 20 characters, its sign included.
  if (s.length === 0 || s.length > 20) return false
  if (s === '0') return true
  let at = s[0] === '-' ? 1 : 0
  // A leading zero is refused here, and so is a sign alone.
  const first = s.charCodeAt(at)
  if (!(first >= 49 && first <= 57)) return false
  for (at++; at < s.length; at++) if (!isDigit(s.charCodeAt(at))) return false
  return true
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/**
 * Stream ids and the like. A plain negative number is refused; apart from that strtoull rules:
 * blanks before, a plus and leading zeros are fine, and `-01` wraps around to the maximum.
 */
export function parseUint64(s: string): bigint | undefined {
  const text = untilNul(s)
  const strict = parseInt64(text)
  if (strict !== undefined) return strict < 0n ? undefined : strict
  const [all, sign, digits] = /^[\t-\r ]*([+-]?)([0-9]+)/.exec(text) ?? []
  if (all?.length !== text.length || digits === undefined) return undefined
  const significant = digits.replace(/^0+/, '')
  if (significant.length > 20) return undefined
  const magnitude = BigInt(significant)
  if (magnitude > MAX_UINT64) return undefined
  return sign === '-' ? BigInt.asUintN(64, -magnitude) : magnitude
}

function untilNul(s: string): string {
  const nul = s.indexOf('\0')
  return nul === -1 ? s : s.slice(0, nul)
}

/** Scores and timeouts. No blanks before, nothing behind, no nan, nothing out of range. */
export function parseDouble(s: string): number | undefined {
  if (PLAIN.test(s)) return Number(s)
  if (startsWithBlank(s)) return undefined
  const literal = scanFloat(s)
  if (literal === undefined || literal.length !== s.length) return undefined
  const value = doubleOf(literal, s)
  if (Number.isNaN(value)) return undefined
  const rangeError =
    literal.kind !== 'infinity' &&
    (Math.abs(value) === Infinity || (value === 0 && literal.digits !== ''))
  return rangeError ? undefined : value
}

/**
 * The bounds of ZRANGEBYSCORE and its kin, which Redis reads less strictly: blanks before are
 * fine, a NUL ends the text, the empty text is 0 and a value out of range is infinite or zero.
 */
export function parseScoreBound(s: string): number | undefined {
  const text = untilNul(s)
  const literal = scanFloat(text)
  if (literal === undefined) return text === '' ? 0 : undefined
  const value = doubleOf(literal, text)
  return literal.length !== text.length || Number.isNaN(value) ? undefined : value
}

function doubleOf(literal: FloatLiteral, text: string): number {
  const { kind, negative, digits, exponent } = literal
  // Number() reads decimals exactly as strtod does.
  if (kind === 'decimal') return Number(text.slice(0, literal.length))
  if (kind === 'nan') return NaN
  const magnitude =
    kind === 'infinity' ? Infinity : toDouble({ mantissa: BigInt(`0x0${digits}`), exponent })
  return negative ? -magnitude : magnitude
}

const LARGEST_PLAIN = 2 ** 62

/** A score or another double as Redis 7.4 prints it, in RESP2 and RESP3 alike. */
export function formatDouble(n: number): string {
  if (Number.isInteger(n)) {
    if (n === 0) return Object.is(n, -0) ? '-0' : '0'
    if (Number.isSafeInteger(n)) return String(n)
    if (n >= -LARGEST_PLAIN && n <= LARGEST_PLAIN) return BigInt(n).toString()
  }
  const shortest = String(n)
  return isSafelyShort(Math.abs(n), shortest) ? shortest : formatGrisu(n)
}

/** As formatDouble, but a large whole number gets an exponent too: what DEBUG DIGEST hashes. */
export function formatGrisu(n: number): string {
  if (Number.isNaN(n)) return 'nan'
  if (n === Infinity) return 'inf'
  if (n === -Infinity) return '-inf'
  if (n === 0) return Object.is(n, -0) ? '-0' : '0'
  const { digits, exponent } = grisuDigits(Math.abs(n))
  return (n < 0 ? '-' : '') + layOut(digits, exponent, n < 0)
}

const VELTKAMP = 2 ** 27 + 1

/**
 * Most scores are decimals that someone typed. If the shortest text has at most 15 digits and lies
 * well inside the double's own interval, Grisu2 has no choice but to find it too, and its slower
 * arithmetic can be saved. The distance is measured exactly, by Dekker's product.
 */
function isSafelyShort(n: number, text: string): boolean {
  const point = text.indexOf('.')
  const places = text.length - point - 1
  if (point === -1 || places > 6 || text.length > 16) return false
  const units = Math.abs(Number(text.slice(0, point) + text.slice(point + 1)))
  const ten = 10 ** places
  const product = n * ten
  const high = VELTKAMP * n - (VELTKAMP * n - n)
  const low = n - high
  const tenHigh = VELTKAMP * ten - (VELTKAMP * ten - ten)
  const tenLow = ten - tenHigh
  const error = low * tenLow - (product - high * tenHigh - low * tenHigh - high * tenLow)
  return Math.abs(units - product - error) < product * 2 ** -54 * 0.95
}

/** Where the point goes, and when an exponent is written: digits * 10^exponent. */
function layOut(digits: string, exponent: number, negative: boolean): string {
  const count = digits.length
  const magnitude = Math.abs(exponent + count - 1)
  if (exponent >= 0 && magnitude < count + 7) return digits + '0'.repeat(exponent)
  if (exponent < 0 && (exponent > -7 || magnitude < 4)) {
    const point = count + exponent
    if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
    return `${digits.slice(0, point)}.${digits.slice(point)}`
  }
  const kept = digits.slice(0, negative ? 17 : 18)
  const fraction = kept.length > 1 ? `.${kept.slice(1)}` : ''
  return `${kept[0]}${fraction}e${exponent + kept.length - 1 < 0 ? '-' : '+'}${magnitude}`
}

/** C's %.17g, which is how Redis hands a Lua number on to a command. */
export function formatDouble17(n: number): string {
  if (!Number.isFinite(n)) return Number.isNaN(n) ? 'nan' : n < 0 ? '-inf' : 'inf'
  const sign = n < 0 || Object.is(n, -0) ? '-' : ''
  return sign + printSignificant(split(Math.abs(n)), 17)
}

/** A double in full, with up to 17 decimals and no exponent: coordinates, in GEOPOS. */
export function formatHumanDouble(n: number): string {
  if (!Number.isFinite(n)) return formatDouble(n)
  return printFixed(n < 0, split(Math.abs(n)), 17)
}

/** A fixed number of decimals, trailing zeros kept: distances, in GEODIST. */
export function formatFixed(n: number, decimals: number): string {
  // Redis scales in double arithmetic before it rounds, ties to even.
  const scaled = n * 10 ** decimals
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0)
  const units = BigInt(up ? floor + 1 : floor)
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const sign = units < 0n ? '-' : ''
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** parseInteger of the bytes between two positions. */
export function readInteger(bytes: Buffer, from: number, to: number): number | undefined {
  let at = from
  const negative = bytes[at] === 45
  if (negative) at++
  const digits = to - at
  if (digits > 15) return parseInteger(bytes.toString('latin1', from, Math.min(to, from + 32)))
  if (digits <= 0) return undefined
  if (bytes[at] === 48) return digits === 1 && !negative ? 0 : undefined
  let value = 0
  for (; at < to; at++) {
    const digit = bytes[at]! - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return negative ? -value : value
}

/** Writes a safe integer of 0 or more in decimal digits, and returns how many those are. */
export function writeInteger(bytes: Buffer, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = 48 + value
    return 1
  }
  let digits = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const quotient = Math.floor(rest / 10)
    // In this order: 48 more than the largest safe integer is none.
    bytes[i] = 48 + (rest - quotient * 10)
    rest = quotient
  }
  return digits
}
