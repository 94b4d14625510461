// What small collections were before the listpack: the ziplist, whose entries begin with the size
// of the one before, and the zipmap of Redis 2.4. Both are only read.

import { textBytes } from '../util/limits.ts'
import { CorruptRdb } from './format.ts'
import { type Room, SLOT } from './room.ts'

const ZIPLIST_HEADER_SIZE = 10
const END = 0xff
const COUNT_UNKNOWN = 0xffff
/** A length from here on takes four more bytes. */
const LONG = 254

interface Entry {
  readonly text: string
  readonly end: number
}

/** The entries as texts; throws if anything about the bytes is wrong, and then says of what. */
export function readZiplist(bytes: Buffer, room: Room, name = 'Ziplist'): string[] {
  const last = bytes.length - 1
  const wrong = new CorruptRdb(`${name} integrity check failed.`)
  if (last < ZIPLIST_HEADER_SIZE || bytes.readUInt32LE(0) !== bytes.length) throw wrong
  if (bytes[last] !== END) throw wrong
  // No entry is shorter than two bytes.
  room.elements(Math.floor(bytes.length / 2), SLOT)
  const elements: string[] = []
  let at = ZIPLIST_HEADER_SIZE
  let tail = at
  while (at < last) {
    const body = at + (bytes[at] === LONG ? 5 : 1)
    if (body > last) throw wrong
    const previous = bytes[at] === LONG ? bytes.readUInt32LE(at + 1) : (bytes[at] as number)
    const entry = previous === at - tail ? readEntry(bytes, body, last) : undefined
    if (entry === undefined) throw wrong
    elements.push(entry.text)
    room.claim(textBytes(entry.text.length))
    tail = at
    at = entry.end
  }
  const count = bytes.readUInt16LE(8)
  if (count !== COUNT_UNKNOWN && count !== elements.length) throw wrong
  if (at !== last || bytes.readUInt32LE(4) !== tail) throw wrong
  return elements
}

/** The entry whose encoding byte is there, or undefined if it does not fit before the end. */
function readEntry(bytes: Buffer, at: number, end: number): Entry | undefined {
  const first = bytes[at] as number
  if (first >= 0xc0) return readInteger(bytes, at, end)
  const head = first < 0x40 ? 1 : first < 0x80 ? 2 : 5
  if (at + head > end) return undefined
  const length = stringLength(bytes, at, first)
  const start = at + head
  if (start + length > end) return undefined
  return { text: bytes.toString('latin1', start, start + length), end: start + length }
}

function stringLength(bytes: Buffer, at: number, first: number): number {
  if (first < 0x40) return first
  return first < 0x80 ? bytes.readUInt16BE(at) & 0x3fff : bytes.readUInt32BE(at + 1)
}

const WIDTHS: ReadonlyMap<number, number> = new Map([
  [0xc0, 2],
  [0xd0, 4],
  [0xe0, 8],
  [0xf0, 3],
  [0xfe, 1],
])

function readInteger(bytes: Buffer, at: number, end: number): Entry | undefined {
  const first = bytes[at] as number
  const start = at + 1
  if (first > 0xf0 && first < 0xfe) return { text: String(first - 0xf1), end: start }
  const width = WIDTHS.get(first)
  if (width === undefined || start + width > end) return undefined
  const value = width === 8 ? bytes.readBigInt64LE(start) : bytes.readIntLE(start, width)
  return { text: String(value), end: start + width }
}

/** Fields and values in turn. */
export function readZipmap(bytes: Buffer, room: Room): string[] {
  const last = bytes.length - 1
  const wrong = new CorruptRdb('Zipmap integrity check failed.')
  if (last < 1 || bytes[last] !== END) throw wrong
  room.elements(bytes.length, SLOT)
  const texts: string[] = []
  let at = 1
  while (at < last) {
    const isValue = texts.length % 2 === 1
    const head = (bytes[at] as number) < LONG ? 1 : 5
    // A value has room behind it, whose size follows its length.
    const start = at + head + (isValue ? 1 : 0)
    if (bytes[at] === END || start > last) throw wrong
    const length = head === 1 ? (bytes[at] as number) : bytes.readUInt32LE(at + 1)
    at = start + length + (isValue ? (bytes[start - 1] as number) : 0)
    if (at > last) throw wrong
    texts.push(bytes.toString('latin1', start, start + length))
    room.claim(textBytes(length))
  }
  const count = texts.length / 2
  if (at !== last || count === 0 || !Number.isInteger(count)) throw wrong
  if ((bytes[0] as number) < LONG && bytes[0] !== count) throw wrong
  return texts
}
