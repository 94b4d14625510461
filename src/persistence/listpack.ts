// The bytes of a listpack: a header (total size, number of entries), entries that are integers or
// strings, each followed by its own length so that it can be walked backwards, and an end mark.

import { parseInt64 } from '../util/number.ts'
import { CorruptRdb } from './format.ts'

const HEADER_SIZE = 6
const END = 0xff
/** Of a listpack with so many entries or more, the header does not tell how many. */
const COUNT_UNKNOWN = 0xffff
const LONGEST_INTEGER = 20

type Element = string | bigint

export function writeListpack(elements: readonly string[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEADER_SIZE)]
  for (const element of elements) {
    const body = encode(element)
    parts.push(body, backLength(body.length))
  }
  parts.push(Buffer.of(END))
  const bytes = Buffer.concat(parts)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(Math.min(elements.length, COUNT_UNKNOWN), 4)
  return bytes
}

function encode(text: string): Buffer {
  const value: Element = (text.length <= LONGEST_INTEGER ? parseInt64(text) : undefined) ?? text
  return typeof value === 'bigint' ? encodeInteger(value) : encodeString(value)
}

function encodeInteger(value: bigint): Buffer {
  if (value >= -4096n && value < 4096n) {
    const small = Number(value)
    if (small >= 0 && small < 128) return Buffer.of(small)
    return Buffer.of(0xc0 | ((small >> 8) & 0x1f), small & 0xff)
  }
  const size = integerSize(value)
  const body = Buffer.alloc(1 + size)
  body[0] = INTEGER_MARKS[size] as number
  if (size === 8) body.writeBigInt64LE(value, 1)
  else body.writeIntLE(Number(value), 1, size)
  return body
}

/** The byte before an integer of so many bytes. */
const INTEGER_MARKS: Readonly<Record<number, number>> = { 2: 0xf1, 3: 0xf2, 4: 0xf3, 8: 0xf4 }

function integerSize(value: bigint): number {
  const magnitude = value < 0n ? -value - 1n : value
  if (magnitude < 1n << 15n) return 2
  if (magnitude < 1n << 23n) return 3
  return magnitude < 1n << 31n ? 4 : 8
}

function encodeString(text: string): Buffer {
  const { length } = text
  const body = Buffer.from(text, 'latin1')
  if (length < 64) return Buffer.concat([Buffer.of(0x80 | length), body])
  if (length < 4096) return Buffer.concat([Buffer.of(0xe0 | (length >> 8), length & 0xff), body])
  const head = Buffer.of(0xf0, 0, 0, 0, 0)
  head.writeUInt32LE(length, 1)
  return Buffer.concat([head, body])
}

/** Seven bits a byte, the most significant first; all but the first have the eighth bit set. */
function backLength(size: number): Buffer {
  const bytes: number[] = []
  for (let rest = size; ; rest = Math.floor(rest / 128)) {
    if (bytes.length === backLengthSize(size) - 1) {
      bytes.unshift(rest)
      return Buffer.from(bytes)
    }
    bytes.unshift((rest & 127) | 128)
  }
}

function backLengthSize(size: number): number {
  if (size <= 127) return 1
  if (size < 16383) return 2
  if (size < 2097151) return 3
  return size < 268435455 ? 4 : 5
}

/** The entries as texts; throws if anything about the bytes is wrong, and then says of what. */
export function readListpack(bytes: Buffer, name = 'Listpack'): string[] {
  const last = bytes.length - 1
  const wrong = new CorruptRdb(`${name} integrity check failed.`)
  if (last < HEADER_SIZE || bytes.readUInt32LE(0) !== bytes.length) throw wrong
  if (bytes[last] !== END) throw wrong
  const elements: string[] = []
  let at = HEADER_SIZE
  while (at < last) {
    const size = bodySize(bytes, at, last)
    const end = at + size + backLengthSize(size)
    if (size === 0 || end > last || readBackLength(bytes, end - 1) !== size) throw wrong
    elements.push(decode(bytes, at, size))
    at = end
  }
  const count = bytes.readUInt16LE(4)
  if (at !== last || (count !== COUNT_UNKNOWN && count !== elements.length)) throw wrong
  return elements
}

/** Bytes of an entry without its back length; 0 if they do not fit before the end. */
function bodySize(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  if (first < 0xc0) return 1 + (first & 0x3f)
  if (first < 0xe0) return 2
  if (first < 0xf0)
    return at + 1 < end ? 2 + (((first & 0x0f) << 8) | (bytes[at + 1] as number)) : 0
  if (first === 0xf0) return at + 5 <= end ? 5 + bytes.readUInt32LE(at + 1) : 0
  return first <= 0xf4 ? 1 + (INTEGER_SIZES[first - 0xf1] as number) : 0
}

const INTEGER_SIZES = [2, 3, 4, 8]

function decode(bytes: Buffer, at: number, size: number): string {
  const first = bytes[at] as number
  if (first < 0x80) return String(first)
  if (first < 0xc0) return bytes.toString('latin1', at + 1, at + size)
  if (first < 0xe0) {
    const value = ((first & 0x1f) << 8) | (bytes[at + 1] as number)
    return String(value < 4096 ? value : value - 8192)
  }
  if (first < 0xf0) return bytes.toString('latin1', at + 2, at + size)
  if (first === 0xf0) return bytes.toString('latin1', at + 5, at + size)
  if (size === 9) return String(bytes.readBigInt64LE(at + 1))
  return String(bytes.readIntLE(at + 1, size - 1))
}

/** Reads the length that ends at a position; -1 if it is none. */
function readBackLength(bytes: Buffer, last: number): number {
  let value = 0
  let scale = 1
  for (let i = 0; i < 5; i++) {
    const byte = bytes[last - i] as number
    value += (byte & 127) * scale
    if (byte < 128) return value
    scale *= 128
  }
  return -1
}
