// Bytes of RDB: lengths, strings in their shortest form, and times. Into one growing buffer, or
// through a small one to whoever takes them block by block.

import type { RdbVersion } from '../engine/server.ts'
import { toBuffer } from '../util/bytes.ts'
import { parseInt64 } from '../util/number.ts'
import {
  ENCODED_INT8,
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_LZF,
  LENGTH_14_BITS,
  LENGTH_32_BITS,
  LENGTH_64_BITS,
  LENGTH_ENCODED,
  RDB_VERSION,
} from './format.ts'
import { Compressor } from './lzf.ts'

const FIRST_SIZE = 256
/** Shorter strings are not worth compressing, longer ones are no 32-bit integers. */
const UNCOMPRESSED_MAX = 20
const INTEGER_LENGTH_MAX = 11
const NINE = 0x39
/** What is handed on at a time. */
const BLOCK_SIZE = 64 * 1024

export class RdbWriter {
  /** Of the format: nothing is written that it has not. */
  readonly version: RdbVersion
  readonly #compresses: boolean
  #compressor: Compressor | undefined
  readonly #out: ((block: Uint8Array) => void) | undefined
  #buffer = Buffer.allocUnsafe(FIRST_SIZE)
  #at = 0

  /** @param out gets what is written, in blocks that are valid until it returns */
  constructor(
    compresses: boolean,
    version: RdbVersion = RDB_VERSION,
    out?: (block: Uint8Array) => void,
  ) {
    this.version = version
    this.#compresses = compresses
    this.#out = out
  }

  get size(): number {
    return this.#at
  }

  /** What was written so far and not handed on; shares its memory with the writer. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  byte(value: number): void {
    const at = this.#room(1)
    this.#buffer[at] = value
  }

  length(value: number | bigint): void {
    if (typeof value === 'bigint' && value > 0xffffffffn) this.#length64(value)
    else if (value > 0xffffffff) this.#length64(BigInt(value))
    else this.#length32(Number(value))
  }

  /** A text or bytes. */
  string(source: string | Buffer): void {
    const { length } = source
    if (length <= INTEGER_LENGTH_MAX && this.#integer(textOf(source))) return
    const compressed = this.#compresses ? this.#shorter(source) : undefined
    if (compressed !== undefined) {
      this.byte(LENGTH_ENCODED | ENCODED_LZF)
      this.length(compressed.length)
      this.length(length)
      this.raw(compressed)
      return
    }
    this.length(length)
    if (typeof source === 'string') this.text(source)
    else this.raw(source)
  }

  /** The same of some of the bytes of something else, which are few. */
  part(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    // Nothing else begins an integer.
    const mayBeInteger = length <= INTEGER_LENGTH_MAX && (bytes[start] ?? 0) <= NINE
    if (mayBeInteger) {
      this.string(bytes.toString('latin1', start, end))
    } else if (length > UNCOMPRESSED_MAX && this.#compresses) {
      this.string(bytes.subarray(start, end))
    } else {
      this.length(length)
      let at = this.#room(length)
      for (let i = start; i < end; i++) this.#buffer[at++] = bytes[i] ?? 0
    }
  }

  raw(bytes: Uint8Array): void {
    if (this.#out !== undefined && bytes.length >= BLOCK_SIZE) {
      this.flush()
      this.#out(bytes)
      return
    }
    const at = this.#room(bytes.length)
    this.#buffer.set(bytes, at)
  }

  /** Hands on what is left. */
  flush(): void {
    if (this.#at > 0) this.#out?.(this.bytes)
    this.#at = 0
  }

  /** Characters as they are, without a length. */
  text(text: string): void {
    if (text.length >= BLOCK_SIZE) {
      this.raw(toBuffer(text))
      return
    }
    const at = this.#room(text.length)
    this.#buffer.write(text, at, 'latin1')
  }

  double(value: number): void {
    const at = this.#room(8)
    this.#buffer.writeDoubleLE(value, at)
  }

  int64(value: number | bigint): void {
    const at = this.#room(8)
    this.#buffer.writeBigInt64LE(BigInt(value), at)
  }

  uint64(value: bigint): void {
    const at = this.#room(8)
    this.#buffer.writeBigUInt64LE(value, at)
  }

  uint16(value: number): void {
    const at = this.#room(2)
    this.#buffer.writeUInt16LE(value, at)
  }

  #length32(value: number): void {
    if (value < 64) {
      this.byte(value)
    } else if (value < 16384) {
      this.byte(LENGTH_14_BITS | (value >> 8))
      this.byte(value & 0xff)
    } else {
      this.byte(LENGTH_32_BITS)
      const at = this.#room(4)
      this.#buffer.writeUInt32BE(value, at)
    }
  }

  #length64(value: bigint): void {
    this.byte(LENGTH_64_BITS)
    const at = this.#room(8)
    this.#buffer.writeBigUInt64BE(value, at)
  }

  #integer(text: string): boolean {
    const exact = parseInt64(text)
    if (exact === undefined) return false
    const value = Number(exact)
    if (value >= -128 && value < 128) {
      this.byte(LENGTH_ENCODED | ENCODED_INT8)
      this.byte(value & 0xff)
    } else if (value >= -32768 && value < 32768) {
      this.byte(LENGTH_ENCODED | ENCODED_INT16)
      this.uint16(value & 0xffff)
    } else if (value >= -(2 ** 31) && value < 2 ** 31) {
      this.byte(LENGTH_ENCODED | ENCODED_INT32)
      const at = this.#room(4)
      this.#buffer.writeInt32LE(value, at)
    } else {
      return false
    }
    return true
  }

  /** A string compressed, if that saves at least four bytes. */
  #shorter(source: string | Buffer): Uint8Array | undefined {
    if (source.length <= UNCOMPRESSED_MAX) return undefined
    const bytes = typeof source === 'string' ? toBuffer(source) : source
    this.#compressor ??= new Compressor()
    return this.#compressor.compress(bytes, bytes.length - 4)
  }

  /** Where the next `count` bytes go. */
  #room(count: number): number {
    if (this.#out !== undefined && this.#at + count > BLOCK_SIZE) this.flush()
    const at = this.#at
    this.#at += count
    if (this.#at > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#at, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, at))
      this.#buffer = larger
    }
    return at
  }
}

function textOf(source: string | Buffer): string {
  return typeof source === 'string' ? source : source.toString('latin1')
}
