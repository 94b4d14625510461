// The text of a floating-point number as C's strtod and strtold read it: decimal, hexadecimal
// (0x1.8p3), infinity or nan, after any blanks, up to the first character that does not belong.

/** What was read; for decimal and hex the value is digits * base^exponent. */
export interface FloatLiteral {
  readonly kind: 'decimal' | 'hex' | 'infinity' | 'nan'
  readonly negative: boolean
  /** Without zeros in front, so the empty string is zero. */
  readonly digits: string
  /** A power of ten for decimal, of two for hex. */
  readonly exponent: number
  /** How many characters of the text it takes, blanks before it included. */
  readonly length: number
}

const BLANKS = /^[\t-\r ]*/
const DECIMAL = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:e([+-]?[0-9]+))?/i
const HEX = /^([+-]?)0x(?:([0-9a-f]+)(?:\.([0-9a-f]*))?|\.([0-9a-f]+))(?:p([+-]?[0-9]+))?/i
const INFINITY = /^([+-]?)inf(?:inity)?/i
const NAN = /^([+-]?)nan(?:\([0-9a-z_]*\))?/i
// Far beyond what any float can hold, whatever the digits; it keeps later arithmetic small.
const MAX_POWER = 1e9

export function startsWithBlank(text: string): boolean {
  const code = text.charCodeAt(0)
  return code === 32 || (code >= 9 && code <= 13)
}

export function scanFloat(text: string): FloatLiteral | undefined {
  const blanks = BLANKS.exec(text)?.[0].length ?? 0
  const rest = blanks === 0 ? text : text.slice(blanks)
  const hex = HEX.exec(rest)
  if (hex !== null) return numeral('hex', 4, hex, blanks)
  const decimal = DECIMAL.exec(rest)
  if (decimal !== null) return numeral('decimal', 1, decimal, blanks)
  const infinity = INFINITY.exec(rest)
  if (infinity !== null) return word('infinity', infinity, blanks)
  const nan = NAN.exec(rest)
  return nan === null ? undefined : word('nan', nan, blanks)
}

function numeral(
  kind: 'decimal' | 'hex',
  exponentPerPlace: number,
  found: RegExpExecArray,
  blanks: number,
): FloatLiteral {
  const [all, sign, whole = '', fraction = '', onlyFraction = '', power = '0'] = found
  const places = fraction + onlyFraction
  const clamped = Math.max(-MAX_POWER, Math.min(MAX_POWER, Number(power)))
  return {
    kind,
    negative: sign === '-',
    digits: (whole + places).replace(/^0+/, ''),
    exponent: clamped - places.length * exponentPerPlace,
    length: blanks + all.length,
  }
}

function word(kind: 'infinity' | 'nan', found: RegExpExecArray, blanks: number): FloatLiteral {
  const length = blanks + found[0].length
  return { kind, negative: found[1] === '-', digits: '', exponent: 0, length }
}
