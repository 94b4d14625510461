// A command's reply, in the encoding that the Lua engine turns into Lua values: a type byte, a
// length or count of four bytes, then the payload or the elements.

import { randomBytes } from 'node:crypto'
import { invariant } from '../util/assert.ts'
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
  readonly bytes: Buffer
  /** How many tables lie in one another. */
  readonly depth: number
  readonly hasNil: boolean
}

export const EMPTY_TABLE: PushedValue = {
  bytes: Buffer.from([ARRAY, 0, 0, 0, 0]),
  depth: 0,
  hasNil: false,
}

/** A table of more elements than there is room for: Lua's own way to run out of memory. */
export const ENDLESS_TABLE = Buffer.from([ARRAY, 0, 0, 0, 4])
const TOO_LARGE: PushedValue = { bytes: ENDLESS_TABLE, depth: 0, hasNil: false }

export function encodeText(text: string): Buffer {
  const out = Buffer.allocUnsafe(5 + text.length)
  out[0] = BULK
  out.writeUInt32LE(text.length, 1)
  out.write(text, 5, 'latin1')
  return out
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

/** What a command answered, from the bytes of its reply; attributes are not for scripts. */
export function encodeReply(bytes: Buffer, resp: number): PushedValue {
  if (bytes.length >= MEMORY_SIZE) return TOO_LARGE
  const encoder = new Encoder()
  return new ReplyReader(bytes, encoder, resp).read() ? encoder.finish() : TOO_LARGE
}

/** A bulk string. Where its header is long enough, that of the encoding is written over it. */
export function encodeBulk(bytes: Buffer): PushedValue {
  if (bytes.length >= MEMORY_SIZE) return TOO_LARGE
  const start = bytes.indexOf(LF) + 1
  const end = bytes.length - 2
  let out: Buffer
  if (start >= HEAD_SIZE) out = bytes.subarray(start - HEAD_SIZE, end)
  else {
    out = Buffer.allocUnsafe(HEAD_SIZE + end - start)
    bytes.copy(out, HEAD_SIZE, start, end)
  }
  out[0] = BULK
  out.writeUInt32LE(end - start, 1)
  return { bytes: out, depth: 0, hasNil: false }
}

const HEAD_SIZE = 5
const LF = 10
const FORMAT_LENGTH = 3
const LONG = '$=*~>%|'

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
    while (this.#bytes[this.#at] === 124) this.#skipAttribute()
    this.#value(1)
    return this.#encoder.fits
  }

  #skipAttribute(): void {
    const ignored = new ReplyReader(this.#bytes.subarray(this.#at), new Encoder(), this.#resp)
    ignored.#value(1)
    this.#at += ignored.#at
  }

  #value(depth: number): void {
    this.#encoder.enter(depth)
    const type = String.fromCharCode(this.#bytes[this.#at++] ?? 0)
    const line = this.#line()
    if (!LONG.includes(type)) this.#short(type, line)
    else if (line === '-1') this.#encoder.null(this.#resp)
    else if (type === '$' || type === '=') this.#text(type, Number(line))
    else this.#elements(type, Number(line), depth)
  }

  /** What is all in one line. */
  #short(type: string, line: string): void {
    const encoder = this.#encoder
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
        encoder.integer(BigInt(line))
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
    const end = this.#bytes.indexOf(LF, this.#at)
    invariant(end >= 0, 'a whole reply')
    const line = this.#bytes.toString('latin1', this.#at, end - 1)
    this.#at = end + 1
    return line
  }

  #text(type: string, length: number): void {
    const end = this.#at + length
    if (type === '$') this.#encoder.slice(this.#bytes, this.#at, end)
    else this.#encoder.verbatim(this.#bytes, this.#at, end)
    this.#at = end + 2
  }

  #elements(type: string, length: number, depth: number): void {
    const isMap = type === '%' || type === '|'
    this.#encoder.header(isMap ? MAP : type === '~' ? SET : ARRAY, length)
    const count = isMap ? length * 2 : length
    for (let i = 0; i < count && this.#encoder.fits; i++) this.#value(depth + 1)
  }
}

function readDouble(line: string): number {
  if (line === 'inf') return Number.POSITIVE_INFINITY
  if (line === '-inf') return Number.NEGATIVE_INFINITY
  return Number(line)
}

class Encoder {
  #buffer = Buffer.allocUnsafe(256)
  #at = 0
  #depth = 1
  #hasNil = false

  finish(): PushedValue {
    return {
      bytes: this.#buffer.subarray(0, this.#at),
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

  integer(value: bigint): void {
    this.header(INTEGER, 8)
    this.#reserve(8)
    this.#at = this.#buffer.writeBigInt64LE(value, this.#at)
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
    this.#at += this.#buffer.write(text, this.#at, 'latin1')
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    this.#at += bytes.copy(this.#buffer, this.#at, start, end)
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}
