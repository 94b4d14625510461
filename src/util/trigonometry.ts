// Sine, cosine and arc sine, rounded to the nearest double. Math.sin() and its like may be off by
// one in the last place, and are so in another way than the C library is; clients would see that in
// the distances that GEOSEARCHSTORE keeps. So these calculate with pairs of doubles, of about 106
// bits (after Dekker), and round once at the end.

/** A number as the sum of two, the second no larger than half a last place of the first. */
interface Pair {
  readonly high: number
  readonly low: number
}

const SPLITTER = 2 ** 27 + 1

/** Half of pi in three parts, so that a multiple can be taken away without loss. */
const HALF_PI = [1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33] as const

/** 1/n! for n from 0 up, as far as it matters for angles below pi/4. */
const INVERSE_FACTORIALS: readonly Pair[] = inverseFactorials(29)

/** Of an angle within a few turns. */
export function sin(angle: number): number {
  const { quarter, rest } = reduce(angle)
  return valueAt(quarter, rest).high
}

export function cos(angle: number): number {
  const { quarter, rest } = reduce(angle)
  return valueAt(quarter + 1, rest).high
}

/** Of a number from 0 to 1. */
export function asin(sine: number): number {
  const guess = Math.asin(sine)
  const { quarter, rest } = reduce(guess)
  const slope = valueAt(quarter + 1, rest).high
  if (slope < 2 ** -20) return guess
  // One step of Newton's: the guess is so near that its correction needs no more than a double.
  const { high, low } = valueAt(quarter, rest)
  return guess + (sine - high - low) / slope
}

/** The sine of a number of right angles and a rest. */
function valueAt(quarters: number, rest: Pair): Pair {
  const quarter = quarters & 3
  const value = quarter % 2 === 0 ? sinOf(rest) : cosOf(rest)
  return quarter < 2 ? value : { high: -value.high, low: -value.low }
}

function reduce(angle: number): { quarter: number; rest: Pair } {
  const quarter = Math.round(angle / HALF_PI[0])
  if (quarter === 0) return { quarter, rest: { high: angle, low: 0 } }
  let rest: Pair = { high: angle, low: 0 }
  for (const part of HALF_PI) rest = add(rest, multiplyExactly(-quarter, part))
  return { quarter, rest }
}

function sinOf(angle: Pair): Pair {
  return multiply(angle, alternatingSeries(multiply(angle, angle), 29))
}

function cosOf(angle: Pair): Pair {
  return alternatingSeries(multiply(angle, angle), 28)
}

/** The terms of 1/n! for every second n up to the last, with signs that alternate. */
function alternatingSeries(square: Pair, last: number): Pair {
  let sum = INVERSE_FACTORIALS[last] as Pair
  for (let n = last - 2; n >= 0; n -= 2) {
    const product = multiply(sum, square)
    sum = add(INVERSE_FACTORIALS[n] as Pair, { high: -product.high, low: -product.low })
  }
  return sum
}

function inverseFactorials(last: number): Pair[] {
  const values: Pair[] = [{ high: 1, low: 0 }]
  for (let n = 1; n <= last; n++) values.push(divide(values[n - 1] as Pair, n))
  return values
}

function add(a: Pair, b: Pair): Pair {
  const sum = a.high + b.high
  const other = sum - a.high
  const error = a.high - (sum - other) + (b.high - other)
  return normalize(sum, error + a.low + b.low)
}

function multiply(a: Pair, b: Pair): Pair {
  const { high, low } = multiplyExactly(a.high, b.high)
  return normalize(high, low + (a.high * b.low + a.low * b.high))
}

function divide(a: Pair, n: number): Pair {
  const quotient = a.high / n
  const { high, low } = multiplyExactly(quotient, n)
  return normalize(quotient, (a.high - high - low + a.low) / n)
}

function multiplyExactly(a: number, b: number): Pair {
  const product = a * b
  const aHigh = SPLITTER * a - (SPLITTER * a - a)
  const bHigh = SPLITTER * b - (SPLITTER * b - b)
  const aLow = a - aHigh
  const bLow = b - bHigh
  const error = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
  return { high: product, low: error }
}

function normalize(high: number, low: number): Pair {
  const sum = high + low
  return { high: sum, low: low - (sum - high) }
}
