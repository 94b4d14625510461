// The struct library with integers of 64 bits: see lua-integers.ts. Formats that know no integer of
// more than 32 bits are left to the engine.

import { writeBytes } from '../util/bytes.ts'
import { mayBeNumber, toInt64, toUint64 } from './lua-integers.ts'
import type { LuaStack, NativeFunction } from './lua-stack.ts'
import { NUMBER, STRING, VALUE_SIZE } from './lua-value.ts'
import { MEMORY_SIZE } from './wasm.ts'

const INTEGER_MAX = 32
const ALIGN_MAX = 8
/** Nearly all that Lua's stack can hold. */
const RESULTS_MAX = 7900
const INT_MAX = 2147483647
const INT32_LIMIT = 2 ** 31
/** Of a text that may stand for a number. */
const DIGITS_MAX = 40
const UINT32_SIZE = 2 ** 32
/** Where most texts are packed, one after the other. */
const scratch = Buffer.allocUnsafeSlow(256)
const WIDE = /[lLT]|[iI](?:[5-9]|\d\d)/
const SIZES: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['B', 1],
  ['h', 2],
  ['H', 2],
  ['l', 8],
  ['L', 8],
  ['T', 8],
  ['f', 4],
  ['d', 8],
  ['x', 1],
])

/** Reads a format option by option, and keeps what the options before have set. */
class FormatReader {
  readonly #lua: LuaStack
  readonly #name: string
  readonly #format: string
  #at = 0
  #align = 1
  isLittle = true

  constructor(lua: LuaStack, name: string, format: string) {
    this.#lua = lua
    this.#name = name
    const nul = format.indexOf('\0')
    this.#format = nul < 0 ? format : format.slice(0, nul)
  }

  get atEnd(): boolean {
    return this.#at >= this.#format.length
  }

  /** The next option and its size, or undefined for one that only sets something. */
  next(): { readonly option: string; readonly size: number } | undefined {
    const option = this.#format[this.#at++] as string
    if (option === 'c') return { option, size: this.#number(1) }
    if (option === 'i' || option === 'I') return { option, size: this.#integerSize() }
    const size = SIZES.get(option)
    if (size !== undefined) return { option, size }
    if (option === 's') return { option, size: 0 }
    if (option === '>') this.isLittle = false
    else if (option === '<') this.isLittle = true
    else if (option === '!') this.#setAlign()
    else if (option !== ' ')
      this.#lua.raiseArgument(1, this.#name, `invalid format option '${option}'`)
    return undefined
  }

  /** Bytes before an element of this size that starts here or later. */
  padding(position: number, option: string, size: number): number {
    if (size === 0 || option === 'c') return 0
    const align = Math.min(size, this.#align)
    return (align - (position & (align - 1))) & (align - 1)
  }

  #integerSize(): number {
    const size = this.#number(4)
    if (size > INTEGER_MAX) {
      this.#lua.raiseText(`integral size ${size} is larger than limit of ${INTEGER_MAX}`)
    }
    return size
  }

  #setAlign(): void {
    const align = this.#number(ALIGN_MAX)
    if (align <= 0 || (align & (align - 1)) !== 0) {
      this.#lua.raiseText(`alignment ${align} is not a power of 2`)
    }
    this.#align = align
  }

  #number(otherwise: number): number {
    const [digits] = /^\d*/.exec(this.#format.slice(this.#at)) ?? ['']
    if (digits === '') return otherwise
    this.#at += digits.length
    if (Number(digits) > INT_MAX) this.#lua.raiseText('integral size overflow')
    return Number(digits)
  }
}

export function structPack(original: NativeFunction): NativeFunction {
  return lua => {
    const format = lua.arg(0)
    if (typeof format !== 'string' || !(WIDE.test(format) || hasWideNumber(lua))) {
      return original(lua)
    }
    const reader = new FormatReader(lua, 'pack', format)
    const packed = new Packed()
    let arg = 1
    while (!reader.atEnd) {
      const next = reader.next()
      if (next === undefined) continue
      const { option, size } = next
      packed.pad(reader.padding(packed.length, option, size))
      if (option === 'x') packed.pad(1)
      else if (option === 'c' || option === 's') packed.text(packText(lua, arg++, option, size))
      else packed.number(lua.checkNumber(arg++, 'pack'), option, size, reader.isLittle)
      if (packed.length > MEMORY_SIZE) lua.raiseNoMemory()
    }
    lua.pushBytes(packed.bytes, 0, packed.length)
  }
}

/** What was packed so far, in one block: a format can have millions of options. */
class Packed {
  bytes = scratch
  length = 0

  pad(count: number): void {
    this.#reserve(count)
    for (let i = 0; i < count; i++) this.bytes[this.length++] = 0
  }

  text(text: string): void {
    this.#reserve(text.length)
    this.length = writeBytes(text, this.bytes, this.length)
  }

  number(value: number, option: string, size: number, isLittle: boolean): void {
    this.#reserve(size)
    const { bytes, length } = this
    if (option === 'f') bytes.writeFloatLE(value, length)
    else if (option === 'd') bytes.writeDoubleLE(value, length)
    else writeInteger(bytes, length, size, value)
    this.length += size
    if (!isLittle) reverse(bytes, length, this.length)
  }

  #reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

/** The lower bytes of an integer of 64 bits, and zeros if there are more. */
function writeInteger(bytes: Buffer, start: number, size: number, value: number): void {
  const whole = Math.trunc(value)
  let low = whole >>> 0
  let high = Math.floor(whole / UINT32_SIZE) >>> 0
  if (!Number.isSafeInteger(whole)) {
    const wide = value < 0 ? toInt64(value) : toUint64(value)
    low = Number(BigInt.asUintN(32, wide))
    high = Number(BigInt.asUintN(32, wide >> 32n))
  }
  for (let i = 0; i < size; i++) {
    bytes[start + i] = i < 4 ? low >>> (i * 8) : i < 8 ? high >>> (i * 8 - 32) : 0
  }
}

function reverse(bytes: Buffer, start: number, end: number): void {
  for (let from = start, to = end - 1; from < to; from++, to--) {
    const byte = bytes[from]!
    bytes[from] = bytes[to]!
    bytes[to] = byte
  }
}

function hasWideNumber(lua: LuaStack): boolean {
  const { memory, argsAt, argCount } = lua
  for (let i = 1; i < argCount; i++) {
    const at = argsAt + i * VALUE_SIZE
    const isText = memory.typeOf(at) === STRING
    if (isText && (memory.lengthAt(at) > DIGITS_MAX || !mayBeNumber(memory, at))) continue
    const value = isText || memory.typeOf(at) === NUMBER ? lua.number(i) : undefined
    if (value !== undefined && !(Math.abs(value) < INT32_LIMIT)) return true
  }
  return false
}

function packText(lua: LuaStack, i: number, option: string, size: number): string {
  const text = lua.checkText(i, 'pack')
  if (text.length < size) lua.raiseArgument(i + 2, 'pack', 'string too short')
  const kept = size === 0 ? text : text.slice(0, size)
  return option === 's' ? `${kept}\0` : kept
}

export function structUnpack(original: NativeFunction): NativeFunction {
  return lua => {
    const format = lua.arg(0)
    if (typeof format !== 'string' || !WIDE.test(format)) return original(lua)
    const data = dataOf(lua)
    const offset = lua.argCount > 2 ? Math.trunc(lua.checkNumber(2, 'unpack')) : 1
    // C takes it without a sign: a negative one is far behind the data.
    if (offset === 0) lua.raiseArgument(3, 'unpack', 'offset must be 1 or greater')
    const reader = new FormatReader(lua, 'unpack', format)
    const values: (string | number)[] = []
    let position = offset - 1
    while (!reader.atEnd) {
      const next = reader.next()
      if (values.length > RESULTS_MAX) lua.raiseText('stack overflow (too many results)')
      if (next === undefined) continue
      position += reader.padding(position, next.option, next.size)
      position += unpackOne(lua, data, position, next.option, next.size, reader.isLittle, values)
    }
    lua.pushAll([...values, position + 1])
  }
}

/** Argument 1, where it lies if it is a text: it may be unpacked piece by piece. */
function dataOf(lua: LuaStack): Buffer {
  const at = lua.argsAt + VALUE_SIZE
  if (lua.argCount > 1 && lua.memory.typeOf(at) === STRING) return lua.memory.textAt(at)
  return Buffer.from(lua.checkText(1, 'unpack'), 'latin1')
}

/** Reads one element; returns how many bytes it took. */
function unpackOne(
  lua: LuaStack,
  data: Buffer,
  position: number,
  option: string,
  size: number,
  isLittle: boolean,
  values: (string | number)[],
): number {
  requireBytes(lua, data, position, size)
  if (option === 's') {
    const end = data.indexOf(0, position)
    if (end < 0) lua.raiseText('unfinished string in data')
    values.push(data.toString('latin1', position, end))
    return end - position + 1
  }
  if (option === 'c') {
    const length = size === 0 ? sizeBefore(lua, values) : size
    requireBytes(lua, data, position, length)
    values.push(data.toString('latin1', position, position + length))
    return length
  }
  if (option === 'x') return size
  const bytes = Buffer.from(data.subarray(position, position + size))
  if (!isLittle) bytes.reverse()
  if (option === 'f') values.push(bytes.readFloatLE())
  else if (option === 'd') values.push(bytes.readDoubleLE())
  else values.push(readInteger(bytes, option))
  return size
}

function readInteger(bytes: Buffer, option: string): number {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  const bits = Math.min(64, bytes.length * 8)
  const isSigned = option === option.toLowerCase()
  return Number(isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value))
}

function sizeBefore(lua: LuaStack, values: (string | number)[]): number {
  const size = values.pop()
  if (typeof size !== 'number') lua.raiseText("format 'c0' needs a previous size")
  return Number(size)
}

function requireBytes(lua: LuaStack, data: Buffer, position: number, size: number): void {
  if (size < 0 || position < 0 || position > data.length - size) {
    lua.raiseArgument(2, 'unpack', 'data string too short')
  }
}

export function structSize(original: NativeFunction): NativeFunction {
  return lua => {
    const format = lua.arg(0)
    if (typeof format !== 'string' || !WIDE.test(format)) return original(lua)
    const reader = new FormatReader(lua, 'size', format)
    let position = 0
    while (!reader.atEnd) {
      const next = reader.next()
      if (next === undefined) continue
      const { option, size } = next
      if (option === 's') lua.raiseArgument(1, 'size', "option 's' has no fixed size")
      if (option === 'c' && size === 0) {
        lua.raiseArgument(1, 'size', "option 'c0' has no fixed size")
      }
      position += reader.padding(position, option, size) + size
    }
    lua.pushNumber(position)
  }
}
