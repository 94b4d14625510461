// The bytes of a listpack: a header (total size, number of entries), entries that are integers or
// strings, each followed by its own length so that it can be walked backwards, and an end mark.

import { LISTPACK_OVERHEAD, listpackEntrySize } from '../store/listpack.ts'
import { lazy } from '../util/lazy.ts'
import { textBytes } from '../util/limits.ts'
import { parseInt64 } from '../util/number.ts'
import { CorruptRdb } from './format.ts'
import { type Room, SLOT } from './room.ts'

const HEADER_SIZE = 6
const END = 0xff
/** Of a listpack with so many entries or more, the header does not tell how many. */
const COUNT_UNKNOWN = 0xffff
const LONGEST_INTEGER = 20

/** The size is written in 32 bits. */
const SIZE_MAX = 2 ** 32 - 1

/** In one block of the size that it will have: there may be very many elements. */
export function writeListpack(elements: readonly string[]): Buffer {
  let size = LISTPACK_OVERHEAD
  for (const element of elements) size += listpackEntrySize(element)
  if (size > SIZE_MAX) throw new RangeError(`A listpack of ${size} bytes`)
  const bytes = Buffer.allocUnsafe(size)
  let at = HEADER_SIZE
  for (const element of elements) {
    const end = writeEntry(bytes, at, element)
    at = writeBackLength(bytes, end, end - at)
  }
  bytes[at] = END
  bytes.writeUInt32LE(size, 0)
  bytes.writeUInt16LE(Math.min(elements.length, COUNT_UNKNOWN), 4)
  return bytes
}

/** Each of these returns the position behind what it wrote. */
function writeEntry(bytes: Buffer, at: number, text: string): number {
  const value = text.length <= LONGEST_INTEGER ? parseInt64(text) : undefined
  return value === undefined ? writeText(bytes, at, text) : writeInteger(bytes, at, value)
}

function writeInteger(bytes: Buffer, at: number, value: bigint): number {
  if (value >= -4096n && value < 4096n) {
    const small = Number(value)
    if (small >= 0 && small < 128) return bytes.writeUInt8(small, at)
    return bytes.writeUInt16BE(0xc000 | (small & 0x1fff), at)
  }
  const size = integerSize(value)
  bytes[at] = INTEGER_MARKS[size] as number
  if (size === 8) return bytes.writeBigInt64LE(value, at + 1)
  return bytes.writeIntLE(Number(value), at + 1, size)
}

/** The byte before an integer of so many bytes. */
const INTEGER_MARKS: Readonly<Record<number, number>> = { 2: 0xf1, 3: 0xf2, 4: 0xf3, 8: 0xf4 }

function integerSize(value: bigint): number {
  const magnitude = value < 0n ? -value - 1n : value
  if (magnitude < 1n << 15n) return 2
  if (magnitude < 1n << 23n) return 3
  return magnitude < 1n << 31n ? 4 : 8
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const { length } = text
  let start: number
  if (length < 64) start = bytes.writeUInt8(0x80 | length, at)
  else if (length < 4096) start = bytes.writeUInt16BE(0xe000 | length, at)
  else start = bytes.writeUInt32LE(length, bytes.writeUInt8(0xf0, at))
  return start + bytes.write(text, start, 'latin1')
}

/** Seven bits a byte, the most significant first; all but the first have the eighth bit set. */
function writeBackLength(bytes: Buffer, at: number, size: number): number {
  const end = at + backLengthSize(size)
  let rest = size
  for (let i = end - 1; i > at; i--) {
    bytes[i] = (rest & 127) | 128
    rest = Math.floor(rest / 128)
  }
  bytes[at] = rest
  return end
}

function backLengthSize(size: number): number {
  if (size <= 127) return 1
  if (size < 16383) return 2
  if (size < 2097151) return 3
  return size < 268435455 ? 4 : 5
}

/** The entries as texts; throws if anything about the bytes is wrong, and then says of what. */
export function readListpack(bytes: Buffer, room: Room, name = 'Listpack'): string[] {
  const count = survey(bytes, room, name)
  const integers = smallIntegers()
  const elements: string[] = count <= NEW_ARRAY_MAX ? new Array(count) : []
  let at = HEADER_SIZE
  for (let i = 0; i < count; i++) {
    const first = bytes[at] as number
    if (first < 0x80) {
      elements[i] = integers[first - SMALLEST] as string
      at += 2
      continue
    }
    const size = bodySize(bytes, at, bytes.length)
    elements[i] = decode(bytes, at, size)
    at += size + backLengthSize(size)
  }
  return elements
}

/** Checks every byte, and that there is room for what they stand for; returns how many entries. */
function survey(bytes: Buffer, room: Room, name: string): number {
  const last = bytes.length - 1
  const wrong = new CorruptRdb(`${name} integrity check failed.`)
  if (last < HEADER_SIZE || bytes.readUInt32LE(0) !== bytes.length) throw wrong
  if (bytes[last] !== END) throw wrong
  let entries = 0
  let heapBytes = 0
  let at = HEADER_SIZE
  while (at < last) {
    entries++
    const first = bytes[at] as number
    if (first < 0x80) {
      if (at + 2 > last || bytes[at + 1] !== 1) throw wrong
      at += 2
      continue
    }
    const size = bodySize(bytes, at, last)
    const end = at + size + backLengthSize(size)
    if (size === 0 || end > last || readBackLength(bytes, end - 1) !== size) throw wrong
    if (first < 0xc0 || first >= 0xe0) heapBytes += textBytes(size)
    at = end
  }
  const count = bytes.readUInt16LE(4)
  if (at !== last || (count !== COUNT_UNKNOWN && count !== entries)) throw wrong
  room.elements(entries, SLOT)
  room.claim(heapBytes)
  return entries
}

/** The least integer of 13 bits; for these, and for those of 7, there is one text each. */
const SMALLEST = -4096
const smallIntegers = lazy(() => Array.from({ length: 8192 }, (_, i) => String(i + SMALLEST)))
/** V8 makes longer arrays dictionaries, unless they grow to that length. */
const NEW_ARRAY_MAX = 2 ** 25

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
  if (first < 0xc0) return bytes.toString('latin1', at + 1, at + size)
  if (first < 0xe0) {
    const value = ((first & 0x1f) << 8) | (bytes[at + 1] as number)
    return smallIntegers()[(value < 4096 ? value : value - 8192) - SMALLEST] as string
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
