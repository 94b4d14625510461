// A command's reply, in the encoding that the Lua engine turns into Lua values: a type byte, a
// length or count of four bytes, then the payload or the elements.

import { randomBytes } from 'node:crypto'
import { invariant } from '../util/assert.ts'
import { copyBytes, writeBytes } from '../util/bytes.ts'
import { readInteger } from '../util/number.ts'
import type { LuaMemory } from './lua-value.ts'
import { MEMORY_SIZE } from './wasm.ts'

const NULL = 0
const INTEGER = 1
const BULK = 2
const ARRAY = 3
const STATUS = 4
const ERROR = 5
const BOOLEAN = 7
const DOUBLE = 8
const MAP = 9
const SET = 10
const BIG_NUMBER = 11
const VERBATIM = 12

/** Stands for a nil inside a value until the value is built. */
export const NIL_MARK = randomBytes(20).toString('latin1')

export interface PushedValue {
  /** Its encoding is at the beginning of these, and so long; valid until the next is encoded. */
  readonly bytes: Buffer
  readonly length: number
  /** How many tables lie in one another. */
  readonly depth: number
  readonly hasNil: boolean
}

export const EMPTY_TABLE: PushedValue = {
  bytes: Buffer.from([ARRAY, 0, 0, 0, 0]),
  length: 5,
  depth: 0,
  hasNil: false,
}

/** A table of more elements than there is room for: Lua's own way to run out of memory. */
export const ENDLESS_TABLE = Buffer.from([ARRAY, 0, 0, 0, 4])
export const TOO_LARGE: PushedValue = {
  bytes: ENDLESS_TABLE,
  length: ENDLESS_TABLE.length,
  depth: 0,
  hasNil: false,
}

/** Before the bytes of a text. */
export const TEXT_HEAD = 5

export function writeTextHead({ bytes, view }: LuaMemory, at: number, length: number): void {
  bytes[at] = BULK
  view.setUint32(at + 1, length, true)
}

/** An error as a table. The outer map is only there to carry it. */
export function encodeError(message: string, isCounted: boolean): PushedValue {
  const encoder = new Encoder()
  encoder.header(MAP, isCounted ? 2 : 1)
  encoder.bulk('err')
  encoder.bulk(message)
  if (isCounted) {
    encoder.bulk('ignore_error_stats_update')
    encoder.boolean(true)
  }
  return encoder.finish()
}

export function encodeStatus(text: string): PushedValue {
  const encoder = new Encoder()
  encoder.text(STATUS, text)
  return encoder.finish()
}

/** The status that most commands answer. */
export const OK_STATUS: PushedValue = {
  bytes: Buffer.from([STATUS, 2, 0, 0, 0, 79, 75]),
  length: 7,
  depth: 1,
  hasNil: false,
}

/**
 * What a command answered, from the beginning of some bytes; attributes are not for scripts.
 */
export function encodeReply(bytes: Buffer, length: number, resp: number): PushedValue {
  if (length >= MEMORY_SIZE) return TOO_LARGE
  const encoder = new Encoder()
  return new ReplyReader(bytes, encoder, resp).read() ? encoder.finish() : TOO_LARGE
}

const CR = 13
const FORMAT_LENGTH = 3

// The first bytes of replies that are more than a line.
const DOLLAR = 36
const EQUALS = 61
const PIPE = 124
/** What the elements of a reply are encoded as. */
const COLLECTIONS: ReadonlyMap<number, number> = new Map([
  [42, ARRAY],
  [62, ARRAY],
  [126, SET],
  [37, MAP],
  [PIPE, MAP],
])

/** Goes through a reply once and makes nothing but the encoding: replies can be large. */
class ReplyReader {
  readonly #bytes: Buffer
  readonly #encoder: Encoder
  readonly #resp: number
  #at = 0

  constructor(bytes: Buffer, encoder: Encoder, resp: number) {
    this.#bytes = bytes
    this.#encoder = encoder
    this.#resp = resp
  }

  /** Whether all of it could be encoded. */
  read(): boolean {
    while (this.#bytes[this.#at] === PIPE) this.#skipAttribute()
    this.#value(1)
    return this.#encoder.fits
  }

  #skipAttribute(): void {
    const ignored = new Encoder(Buffer.allocUnsafe(SCRATCH))
    const reader = new ReplyReader(this.#bytes.subarray(this.#at), ignored, this.#resp)
    reader.#value(1)
    this.#at += reader.#at
  }

  #value(depth: number): void {
    this.#encoder.enter(depth)
    const type = this.#bytes[this.#at++] ?? 0
    const collection = COLLECTIONS.get(type)
    if (type !== DOLLAR && type !== EQUALS && collection === undefined) {
      this.#short(String.fromCharCode(type))
      return
    }
    const length = this.#integer()
    if (length < 0) this.#encoder.null(this.#resp)
    else if (collection === undefined) this.#text(type, length)
    else this.#elements(collection, length, depth)
  }

  /** What is all in one line. */
  #short(type: string): void {
    const encoder = this.#encoder
    const line = this.#line()
    switch (type) {
      case '+':
        encoder.text(STATUS, line)
        break
      case '-':
        encoder.text(ERROR, line)
        break
      case '(':
        encoder.text(BIG_NUMBER, line)
        break
      case ':':
        encoder.integer(line)
        break
      case ',':
        encoder.double(readDouble(line))
        break
      case '#':
        encoder.boolean(line === 't')
        break
      default:
        encoder.null(this.#resp)
    }
  }

  #line(): string {
    const start = this.#at
    return this.#bytes.toString('latin1', start, this.#endLine())
  }

  #integer(): number {
    const start = this.#at
    return readInteger(this.#bytes, start, this.#endLine()) ?? 0
  }

  /** Goes behind the end of the line; returns where that was. */
  #endLine(): number {
    let end = this.#at
    while (this.#bytes[end] !== CR) {
      end++
      invariant(end < this.#bytes.length, 'a whole reply')
    }
    this.#at = end + 2
    return end
  }

  #text(type: number, length: number): void {
    const end = this.#at + length
    if (type === DOLLAR) this.#encoder.slice(this.#bytes, this.#at, end)
    else this.#encoder.verbatim(this.#bytes, this.#at, end)
    this.#at = end + 2
  }

  #elements(collection: number, length: number, depth: number): void {
    this.#encoder.header(collection, length)
    const count = collection === MAP ? length * 2 : length
    for (let i = 0; i < count && this.#encoder.fits; i++) this.#value(depth + 1)
  }
}

function readDouble(line: string): number {
  if (line === 'inf') return Number.POSITIVE_INFINITY
  if (line === '-inf') return Number.NEGATIVE_INFINITY
  return Number(line)
}

const SCRATCH = 1024
/** Where most values are encoded, one after the other. */
const scratch = Buffer.allocUnsafeSlow(SCRATCH)

class Encoder {
  #buffer: Buffer
  #at = 0
  #depth = 1
  #hasNil = false

  constructor(buffer = scratch) {
    this.#buffer = buffer
  }

  finish(): PushedValue {
    return {
      bytes: this.#buffer,
      length: this.#at,
      depth: this.#depth,
      hasNil: this.#hasNil,
    }
  }

  header(type: number, count: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = type
    this.#word(count)
  }

  text(type: number, text: string): void {
    this.header(type, text.length)
    this.#write(text)
  }

  bulk(text: string): void {
    this.text(BULK, text)
  }

  boolean(value: boolean): void {
    this.header(BOOLEAN, 1)
    this.#write(value ? '\x01' : '\0')
  }

  integer(line: string): void {
    this.header(INTEGER, 8)
    this.#reserve(8)
    this.#at = this.#buffer.writeBigInt64LE(BigInt(line), this.#at)
  }

  double(value: number): void {
    this.header(DOUBLE, 8)
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleLE(value, this.#at)
  }

  slice(bytes: Buffer, start: number, end: number): void {
    this.header(BULK, end - start)
    this.#copy(bytes, start, end)
  }

  /** From a format of three characters, a colon, and the text. */
  verbatim(bytes: Buffer, start: number, end: number): void {
    this.header(VERBATIM, 4 + end - start - 1)
    this.#word(FORMAT_LENGTH)
    this.#copy(bytes, start, start + FORMAT_LENGTH)
    this.#copy(bytes, start + FORMAT_LENGTH + 1, end)
  }

  /** There is no engine that could hold more. */
  get fits(): boolean {
    return this.#at < MEMORY_SIZE
  }

  enter(depth: number): void {
    if (depth > this.#depth) this.#depth = depth
  }

  // False in RESP2, nil in RESP3.
  null(resp: number): void {
    if (resp === 2) {
      this.header(NULL, 0)
      return
    }
    this.#hasNil = true
    this.bulk(NIL_MARK)
  }

  #word(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  #write(text: string): void {
    this.#reserve(text.length)
    this.#at = writeBytes(text, this.#buffer, this.#at)
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    this.#at = copyBytes(bytes, start, end, this.#buffer, this.#at)
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}
