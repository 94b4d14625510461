// Integers of 64 bits, as Lua's functions written in C have them on the machines that Redis runs on.
// The engine is a 32-bit one: its own string.format('%d'), tonumber with a base and struct stop at
// 2^31 or 2^32. Where that matters these do the work, everywhere else the engine's own functions.

import type { LuaStack, NativeFunction } from './lua-stack.ts'
import { type LuaMemory, NUMBER, STRING, VALUE_SIZE } from './lua-value.ts'
import { MEMORY_SIZE } from './wasm.ts'

const INT32_MAX = 2 ** 31
const UINT32_MAX = 2 ** 32
const INT64_MIN = -(2n ** 63n)
/** 36^6 is less than 2^32. */
const SHORT_DIGITS = 6
const MINUS = 45
const NINE = 57
/** Of Infinity. */
const LETTER_I = 73
const NO_BREAK_SPACE = 160
const UINT64_MAX = 2n ** 64n - 1n

/** How x86 converts: what does not fit is the least integer. */
export function toInt64(value: number): bigint {
  const fits = value >= -(2 ** 63) && value < 2 ** 63
  return fits ? BigInt(Math.trunc(value)) : INT64_MIN
}

export function toUint64(value: number): bigint {
  if (value >= 2 ** 64) return 0n
  return value >= 2 ** 63 ? BigInt(value) : BigInt.asUintN(64, toInt64(value))
}

// ---- tonumber(text, base) ---------------------------------------------------------------------

export function wideTonumber(original: NativeFunction): NativeFunction {
  return lua => {
    if (lua.argCount < 2 || isShortDigits(lua)) return original(lua)
    const text = lua.arg(0)
    const base = Math.trunc(lua.number(1) ?? 10)
    if (typeof text !== 'string' || base === 10 || base < 2 || base > 36) return original(lua)
    const value = parseUnsigned(text, base)
    if (value === undefined) lua.pushNil()
    else lua.pushNumber(Number(value))
  }
}

/** Whether argument 0 is a text that means the same to a strtoul() of 32 bits in every base. */
function isShortDigits({ memory, argsAt }: LuaStack): boolean {
  if (memory.typeOf(argsAt) !== STRING) return false
  const length = memory.lengthAt(argsAt)
  if (length > SHORT_DIGITS) return false
  const start = memory.textStart(argsAt)
  for (let i = 0; i < length; i++) if (memory.bytes[start + i] === MINUS) return false
  return true
}

/** C's strtoul(), with nothing but blanks behind the digits. */
function parseUnsigned(text: string, base: number): bigint | undefined {
  const [, sign, word = ''] = /^[\t-\r ]*([+-]?)([0-9A-Za-z]+)[\t-\r ]*(?:\0|$)/.exec(text) ?? []
  const digits = base === 16 ? word.replace(/^0[xX](?=[0-9A-Fa-f])/, '') : word
  if (digits === '') return undefined
  let value = 0n
  for (const character of digits) {
    const digit = Number.parseInt(character, 36)
    if (digit >= base) return undefined
    // Beyond, only the digits are looked at: there may be millions.
    if (value <= UINT64_MAX) value = value * BigInt(base) + BigInt(digit)
  }
  if (value > UINT64_MAX) return UINT64_MAX
  return sign === '-' ? BigInt.asUintN(64, -value) : value
}

// ---- string.format ----------------------------------------------------------------------------

interface Directive {
  /** What stands before it. */
  readonly literal: string
  /** The whole directive, '' at the end of the format. */
  readonly text: string
  readonly flags: string
  readonly width: number
  readonly precision: number | undefined
  readonly conversion: string
}

const TEXTS = 'qs'
const DIRECTIVE = /%(?:%|([-+ #0]{0,5})(\d{0,2})(?:\.(\d{0,2}))?([cdiouxXeEfgGqs]))/g

export function wideFormat(original: NativeFunction): NativeFunction {
  return lua => {
    if (isNarrow(lua)) return original(lua)
    const format = lua.arg(0)
    const directives = typeof format === 'string' ? readFormat(format, lua.argCount) : undefined
    // What is wrong with the format or an argument, the engine says best.
    if (directives === undefined || !directives.some((each, i) => isWide(lua, each, i + 1))) {
      return original(lua)
    }
    if (!directives.every((each, i) => fits(lua, each, i + 1))) return original(lua)
    let length = 0
    const parts = directives.map((each, i) => {
      const value = each.text === '' ? '' : formatOne(lua, original, each, i + 1)
      length += each.literal.length + value.length
      if (length > MEMORY_SIZE) lua.raiseNoMemory()
      return each.literal + value
    })
    lua.pushString(parts.join(''))
  }
}

/** Whether no argument could be too large an integer, whatever the format. */
function isNarrow({ memory, argsAt, argCount }: LuaStack): boolean {
  const end = argsAt + argCount * VALUE_SIZE
  for (let at = argsAt + VALUE_SIZE; at < end; at += VALUE_SIZE) {
    const type = memory.typeOf(at)
    if (type === NUMBER) {
      const value = memory.number(at)
      if (!(value >= 0 && value < INT32_MAX)) return false
    } else if (type === STRING && mayBeNumber(memory, at)) return false
  }
  return true
}

/** Whether a text may read as a number: few begin like one. */
export function mayBeNumber(memory: LuaMemory, at: number): boolean {
  if (memory.lengthAt(at) === 0) return false
  const first = memory.bytes[memory.textStart(at)] ?? 0
  return first <= NINE || first === LETTER_I || first === NO_BREAK_SPACE
}

/** Undefined for what the engine refuses: odd directives, or more of them than arguments. */
function readFormat(format: string, argCount: number): Directive[] | undefined {
  const directives: Directive[] = []
  let from = 0
  let at = 0
  for (const match of format.matchAll(DIRECTIVE)) {
    const { index } = match
    const [text, flags = '', width = '', precision, conversion] = match
    if (format.slice(at, index).includes('%')) return undefined
    at = index + text.length
    if (conversion === undefined) continue
    if (directives.length + 1 >= argCount) return undefined
    directives.push({
      literal: unescaped(format.slice(from, index)),
      text,
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      conversion,
    })
    from = at
  }
  if (format.slice(at).includes('%')) return undefined
  const literal = unescaped(format.slice(from))
  return [
    ...directives,
    { literal, text: '', flags: '', width: 0, precision: undefined, conversion: '' },
  ]
}

function unescaped(literal: string): string {
  return literal.replaceAll('%%', '%')
}

/** Does argument i have the type that is asked for? */
function fits(lua: LuaStack, { conversion }: Directive, i: number): boolean {
  if (conversion === '') return true
  return (TEXTS.includes(conversion) ? lua.text(i) : lua.number(i)) !== undefined
}

/** Is argument i an integer that the engine's own printf() would cut? */
function isWide(lua: LuaStack, { conversion }: Directive, i: number): boolean {
  const isSigned = conversion === 'd' || conversion === 'i'
  if (!isSigned && (conversion === '' || !'ouxX'.includes(conversion))) return false
  const value = lua.number(i)
  if (value === undefined) return false
  return isSigned ? !(Math.abs(value) < INT32_MAX) : !(value >= 0 && value < UINT32_MAX)
}

function formatOne(lua: LuaStack, original: NativeFunction, each: Directive, i: number): string {
  return isWide(lua, each, i)
    ? formatInteger(each, lua.number(i) ?? 0)
    : lua.nested(original, each.text, i)
}

/** C's printf() of an integer. */
function formatInteger({ flags, width, precision, conversion }: Directive, value: number): string {
  const isSigned = conversion === 'd' || conversion === 'i'
  const integer = isSigned ? toInt64(value) : toUint64(value)
  const radix = conversion === 'o' ? 8 : isSigned || conversion === 'u' ? 10 : 16
  let digits = (integer < 0n ? -integer : integer).toString(radix).padStart(precision ?? 1, '0')
  if (conversion === 'X') digits = digits.toUpperCase()
  let sign = ''
  if (integer < 0n) sign = '-'
  else if (isSigned && flags.includes('+')) sign = '+'
  else if (isSigned && flags.includes(' ')) sign = ' '
  if (flags.includes('#') && radix === 16 && integer !== 0n) sign = `0${conversion}`
  if (flags.includes('#') && radix === 8 && !digits.startsWith('0')) digits = `0${digits}`
  const room = width - sign.length
  if (flags.includes('-')) return (sign + digits).padEnd(width)
  if (flags.includes('0') && precision === undefined) return sign + digits.padStart(room, '0')
  return (sign + digits).padStart(width)
}
