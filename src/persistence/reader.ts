// RDB from bytes that may come from anybody. Every read looks first whether so much is there, and
// nothing is allocated by a length that the bytes only claim: what is not well-formed throws
// CorruptRdb, what is more than memory holds TooLarge, and neither leaves anything behind.

import { TEXT_MAX, textBytes } from '../util/limits.ts'
import {
  CorruptRdb,
  ENCODED_INT8,
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_LZF,
  LENGTH_14_BITS,
  LENGTH_32_BITS,
  LENGTH_64_BITS,
  LENGTH_ENCODED,
  ShortRead,
  TooLarge,
} from './format.ts'
import { decompress, LZF_RATIO_MAX } from './lzf.ts'
import { Room } from './room.ts'

/** Neither a string nor a length, whichever belongs there, begins with this byte. */
export function wrongStart(first: number, isString: boolean): CorruptRdb {
  if (first < LENGTH_ENCODED) {
    return new CorruptRdb(`Unknown length encoding ${first >> 6} in rdbLoadLen()`)
  }
  const what = isString ? 'Unknown string encoding' : 'An encoded string where a length belongs'
  return new CorruptRdb(what)
}

export class RdbReader {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number
  readonly room: Room

  constructor(bytes: Buffer, room = new Room(), start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.room = room
    this.#at = start
    this.#end = end
  }

  get position(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#end - this.#at
  }

  byte(): number {
    return this.#bytes[this.#take(1)] as number
  }

  raw(count: number): Buffer {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  text(count: number): string {
    const at = this.#take(count)
    this.#claimText(count)
    return this.#bytes.toString('latin1', at, at + count)
  }

  /** Bytes as text, if the runtime has texts of that length. */
  textOf(bytes: Buffer): string {
    this.#claimText(bytes.length)
    return bytes.toString('latin1')
  }

  #claimText(length: number): void {
    if (length > TEXT_MAX) throw new TooLarge()
    this.room.claim(textBytes(length))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }

  uint64BigEndian(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8))
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  /** A count; one beyond 2^53 is rounded, which makes it no less too large. */
  length(): number {
    const first = this.#bytes[this.#at] ?? 0
    if (first >= LENGTH_14_BITS) return Number(this.length64())
    this.#take(1)
    return first
  }

  /** Passes a string that stands there as it is, and is short: its length, or -1 if it is none. */
  passShort(): number {
    const first = this.#bytes[this.#at]
    if (first === undefined || first >= LENGTH_32_BITS) return -1
    const isOne = first < LENGTH_14_BITS
    const length = isOne ? first : ((first & 0x3f) << 8) | (this.#bytes[this.#at + 1] ?? 0)
    const end = this.#at + (isOne ? 1 : 2) + length
    if (end > this.#end) return -1
    this.#at = end
    return length
  }

  /** Goes back to where something began. */
  back(position: number): void {
    this.#at = position
  }

  /** How many things follow, of which each takes so many bytes at least. */
  count(smallest: number): number {
    const count = this.length()
    if (count * smallest > this.remaining) throw new ShortRead()
    return count
  }

  length64(): bigint {
    const first = this.byte()
    return this.#lengthFrom(first)
  }

  string(): string {
    const first = this.byte()
    if (first < LENGTH_ENCODED) return this.text(Number(this.#lengthFrom(first)))
    switch (first & 0x3f) {
      case ENCODED_INT8:
        return String(this.#bytes.readInt8(this.#take(1)))
      case ENCODED_INT16:
        return String(this.#bytes.readInt16LE(this.#take(2)))
      case ENCODED_INT32:
        return String(this.#bytes.readInt32LE(this.#take(4)))
      case ENCODED_LZF:
        return this.textOf(this.#compressed())
      default:
        throw wrongStart(first, true)
    }
  }

  /** A string as text; as bytes of its own, from so many of them on. */
  stringOrBlock(long: number): string | Buffer {
    const first = this.#bytes[this.#at]
    if (first === undefined || first < LENGTH_ENCODED) {
      const bytes = this.raw(this.length())
      if (bytes.length < long) return this.textOf(bytes)
      this.room.block(bytes.length)
      return Buffer.from(bytes)
    }
    if (first !== (LENGTH_ENCODED | ENCODED_LZF)) return this.string()
    this.#at++
    const bytes = this.#compressed()
    return bytes.length < long ? this.textOf(bytes) : bytes
  }

  /** A string that holds a structure of bytes. */
  blob(): Buffer {
    const first = this.#bytes[this.#at]
    if (first !== undefined && first < LENGTH_ENCODED) return this.raw(this.length())
    if (first === (LENGTH_ENCODED | ENCODED_LZF)) {
      this.#at++
      return this.#compressed()
    }
    return Buffer.from(this.string(), 'latin1')
  }

  #compressed(): Buffer {
    const size = this.length()
    const length = this.length()
    const bytes = this.raw(size)
    if (length > bytes.length * LZF_RATIO_MAX) throw new CorruptRdb('Invalid LZF compressed string')
    this.room.block(length)
    const text = decompress(bytes, length)
    if (text === undefined) throw new CorruptRdb('Invalid LZF compressed string')
    return text
  }

  #lengthFrom(first: number): bigint {
    if (first < LENGTH_14_BITS) return BigInt(first)
    if (first < LENGTH_32_BITS) return BigInt(((first & 0x3f) << 8) | this.byte())
    if (first === LENGTH_32_BITS) return BigInt(this.#bytes.readUInt32BE(this.#take(4)))
    if (first === LENGTH_64_BITS) return this.uint64BigEndian()
    throw wrongStart(first, false)
  }

  #take(count: number): number {
    const at = this.#at
    if (!(count <= this.#end - at)) throw new ShortRead()
    this.#at += count
    return at
  }
}
