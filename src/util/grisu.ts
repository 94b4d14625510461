// Redis prints doubles with Grisu2 (Florian Loitsch, "Printing Floating-Point Numbers Quickly and
// Accurately with Integers", 2010). Its digits always read back as the same double, but now and
// then, about once in a thousand, they are not the shortest, which is what JavaScript prints. So
// that the same bytes come out, this follows Grisu2's arithmetic: scale the double and the halfway
// points to its neighbours by a power of ten of 64 bits, chosen so that the binary point falls 32
// to 60 bits from the right, and take the fewest digits that stay between the halfway points,
// narrowed by one unit for the error of the scaling.

import { type BinaryFloat, bitLength, shiftRightRounded, split } from './binary-float.ts'
import { lazy } from './lazy.ts'

/** The value is digits * 10^exponent. */
export interface Digits {
  readonly digits: string
  readonly exponent: number
}

interface PowerOfTen extends BinaryFloat {
  readonly tens: number
}

const FIRST_POWER = -348
const POWER_STEP = 8
const POWERS = 87
const powersOfTen = lazy(() =>
  Array.from({ length: POWERS }, (_, i) => powerOfTen(FIRST_POWER + i * POWER_STEP)),
)
const MIN_EXPONENT = -60
const MAX_EXPONENT = -32
const HIDDEN_BIT = 1n << 52n

/** The digits of a positive, finite double. */
export function grisuDigits(n: number): Digits {
  const { mantissa, exponent } = split(n)
  // The halfway point above is moved up until it fills 64 bits; the others share its exponent.
  const above = (mantissa << 1n) + 1n
  const shift = 64 - bitLength(above)
  const power = powerFor(exponent - 1 - shift)
  const scale = (value: bigint, by: number): bigint =>
    ((value << BigInt(by)) * power.mantissa + (1n << 63n)) >> 64n
  // Below a power of two the neighbour is only half as far.
  const below =
    mantissa === HIDDEN_BIT
      ? scale((mantissa << 2n) - 1n, shift - 1)
      : scale((mantissa << 1n) - 1n, shift)
  const upper = scale(above, shift) - 1n
  const interval = {
    upper,
    width: upper - (below + 1n),
    toValue: upper - scale(mantissa, shift + 1),
    point: BigInt(-(exponent - 1 - shift + power.exponent + 64)),
  }
  const { digits, exponent: last } = wholeDigits(interval) ?? allDigits(interval, n, power.tens)
  return { digits, exponent: last - power.tens }
}

function powerOfTen(tens: number): PowerOfTen {
  const extra = 2400
  const ten = 10n ** BigInt(Math.abs(tens))
  const wide = tens >= 0 ? ten << BigInt(extra) : (1n << BigInt(extra)) / ten
  const drop = bitLength(wide) - 64
  return { tens, mantissa: shiftRightRounded(wide, drop), exponent: drop - extra }
}

function powerFor(exponent: number): PowerOfTen {
  // Often two powers would do; which one Redis takes follows from where it begins to look.
  const estimate = Math.trunc(-(exponent + POWERS) * Math.LOG10E * Math.LN2)
  let index = Math.trunc((estimate - FIRST_POWER) / POWER_STEP)
  const powers = powersOfTen()
  for (;;) {
    const power = powers[index] as PowerOfTen
    const scaled = exponent + power.exponent + 64
    if (scaled < MIN_EXPONENT) index++
    else if (scaled > MAX_EXPONENT) index--
    else return power
  }
}

interface Interval {
  readonly upper: bigint
  /** From upper down to the lower end. */
  readonly width: bigint
  /** From upper down to the value itself. */
  readonly toValue: bigint
  /** How many bits are behind the binary point. */
  readonly point: bigint
}

/** The digits if they end before the binary point. */
function wholeDigits({ upper, width, toValue, point }: Interval): Digits | undefined {
  const one = 1n << point
  const whole = upper / one
  if (width < one && upper % one > width) return undefined
  for (let exponent = whole.toString().length - 1; exponent >= 0; exponent--) {
    const unit = 10n ** BigInt(exponent)
    const digits = whole / unit
    const rest = upper - digits * unit * one
    if (rest > width) continue
    return { digits: nearest(digits, rest, unit * one, width, toValue), exponent }
  }
  return undefined
}

function allDigits({ upper, width, toValue, point }: Interval, n: number, tens: number): Digits {
  const one = 1n << point
  // Grisu2 never finds fewer digits than the shortest form has, so begin there.
  for (let places = Math.max(1, -(shortestExponent(n) + tens)); ; places++) {
    const ten = 10n ** BigInt(places)
    const digits = (upper * ten) >> point
    const rest = upper * ten - digits * one
    if (rest >= width * ten) continue
    return { digits: nearest(digits, rest, one, width * ten, toValue * ten), exponent: -places }
  }
}

/** Counts the last digit down as long as that brings the digits nearer to the value. */
function nearest(
  digits: bigint,
  rest: bigint,
  unit: bigint,
  width: bigint,
  toValue: bigint,
): string {
  let chosen = digits
  let below = rest
  while (
    below < toValue &&
    width - below >= unit &&
    (below + unit < toValue || toValue - below > below + unit - toValue)
  ) {
    chosen--
    below += unit
  }
  return chosen.toString()
}

/** The power of ten of the last digit of the shortest form. */
function shortestExponent(n: number): number {
  const [digits = '', power] = n.toExponential().split('e')
  return Number(power) - Math.max(0, digits.length - 2)
}
