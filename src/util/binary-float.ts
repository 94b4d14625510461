// Exact arithmetic on binary floats: a value is mantissa * 2^exponent, with a BigInt for mantissa.
// Every print and every rounding of number.ts and long-double.ts that must equal C's goes here,
// since JavaScript's toFixed and toPrecision round ties up, where C rounds them to even.

export interface BinaryFloat {
  readonly mantissa: bigint
  readonly exponent: number
}

const HIDDEN_BIT = 1n << 52n

/** The parts of a finite double that is not negative. */
export function split(n: number): BinaryFloat {
  const words = new DataView(new ArrayBuffer(8))
  words.setFloat64(0, n)
  const biased = words.getUint32(0) >>> 20
  const fraction = words.getBigUint64(0) & (HIDDEN_BIT - 1n)
  if (biased === 0) return { mantissa: fraction, exponent: -1074 }
  return { mantissa: fraction | HIDDEN_BIT, exponent: biased - 1075 }
}

export function bitLength(n: bigint): number {
  const hex = n.toString(16)
  return hex === '0' ? 0 : hex.length * 4 - Math.clz32(Number.parseInt(hex[0] as string, 16)) + 28
}

/** n / 2^bits, rounded to nearest, ties to even. */
export function shiftRightRounded(n: bigint, bits: number): bigint {
  const shift = BigInt(bits)
  const half = 1n << (shift - 1n)
  const quotient = n >> shift
  const rest = n - (quotient << shift)
  const up = rest > half || (rest === half && (quotient & 1n) === 1n)
  return up ? quotient + 1n : quotient
}

/** The nearest integer to n * 2^exponent, ties to even. */
function toInteger(n: bigint, exponent: number): bigint {
  return exponent >= 0 ? n << BigInt(exponent) : shiftRightRounded(n, -exponent)
}

/** mantissa * 2^exponent as a double, rounded to nearest, ties to even. */
export function toDouble({ mantissa, exponent }: BinaryFloat): number {
  const bits = bitLength(mantissa)
  if (bits === 0 || bits + exponent < -1080) return 0
  if (bits + exponent > 1024) return Infinity
  const drop = Math.max(bits - 53, -1074 - exponent)
  if (drop <= 0) return scaleByPower(Number(mantissa), exponent)
  return scaleByPower(Number(shiftRightRounded(mantissa, drop)), exponent + drop)
}

/** In two steps, since 2^exponent alone may leave the range of a double. */
function scaleByPower(n: number, exponent: number): number {
  const half = Math.trunc(exponent / 2)
  return n * 2 ** half * 2 ** (exponent - half)
}

/** C's %.nf with the zeros at the end cut off, and `0` for what rounds to nothing. */
export function printFixed(negative: boolean, value: BinaryFloat, decimals: number): string {
  const units = toInteger(value.mantissa * 10n ** BigInt(decimals), value.exponent)
  if (units === 0n) return '0'
  const digits = units.toString().padStart(decimals + 1, '0')
  const fraction = digits.slice(-decimals).replace(/0+$/, '')
  const whole = (negative ? '-' : '') + digits.slice(0, -decimals)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** C's %.ng of a value that is not negative. */
export function printSignificant(value: BinaryFloat, precision: number): string {
  if (value.mantissa === 0n) return '0'
  const { digits, power } = significantDigits(value, precision)
  if (power < -4 || power >= precision) {
    const fraction = digits.slice(1).replace(/0+$/, '')
    const sign = power < 0 ? '-' : '+'
    const head = fraction === '' ? digits[0] : `${digits[0]}.${fraction}`
    return `${head}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
  }
  const padded = power < 0 ? '0'.repeat(-power) + digits : digits
  const point = Math.max(power, 0) + 1
  const fraction = padded.slice(point).replace(/0+$/, '')
  return fraction === '' ? padded.slice(0, point) : `${padded.slice(0, point)}.${fraction}`
}

/** The first digits of a value, rounded, and the power of ten of the first of them. */
function significantDigits(
  { mantissa, exponent }: BinaryFloat,
  precision: number,
): { digits: string; power: number } {
  // The logarithm may be off by one near a power of ten; the number of digits then tells.
  let power = Math.floor((bitLength(mantissa) + exponent - 1) * Math.LOG10E * Math.LN2)
  for (;;) {
    const digits = scaledByTen(mantissa, exponent, precision - 1 - power).toString()
    if (digits.length === precision) return { digits, power }
    power += digits.length > precision ? 1 : -1
  }
}

/** The nearest integer to mantissa * 2^exponent * 10^tens, ties to even. */
function scaledByTen(mantissa: bigint, exponent: number, tens: number): bigint {
  if (tens >= 0) return toInteger(mantissa * 10n ** BigInt(tens), exponent)
  return divideRounded(mantissa << BigInt(Math.max(exponent, 0)), tens, exponent)
}

function divideRounded(n: bigint, tens: number, exponent: number): bigint {
  const divisor = (10n ** BigInt(-tens)) << BigInt(Math.max(-exponent, 0))
  const quotient = n / divisor
  const twice = (n - quotient * divisor) * 2n
  const up = twice > divisor || (twice === divisor && (quotient & 1n) === 1n)
  return up ? quotient + 1n : quotient
}
