// Replies into one growing buffer. RESP2 and RESP3 differ only in here.
//
// Hot file. Invariant: buffer[0..at) is what will be sent. A handler appends; if it throws, the
// dispatcher rewinds to the mark it took before and writes the error, so that every request has
// exactly one reply. take() hands the bytes over to the socket and forgets them.
//
// This is the only place that writes simple strings and errors, and none of them can hold a CR or
// LF: whatever a client or a script put into the text, it stays one reply (CVE-2025-67733).

import { trimLineEnds } from '../util/bytes.ts'
import { BLOCK_MAX, TEXT_MAX } from '../util/limits.ts'
import { formatDouble, formatHumanDouble, writeInteger } from '../util/number.ts'
import { STRING_TOO_LONG } from './errors.ts'

const CR = 13
const LF = 10
const PLUS = 43
/** Characters that are no bytes count: their lower half might be a CR or LF. */
const UNFIT = /[\r\n]|[^\0-\xff]/g
const HAS_UNFIT = /[\r\n]|[^\0-\xff]/
/** Small, so that a block of the runtime's lasts for many replies. */
const FIRST_SIZE = 64
const EXPECTED_MAX = 64 * 1024
/** Up to here a loop over characters beats a call into the runtime. */
const SHORT = 24

const EMPTY = Buffer.alloc(0)

export type RespVersion = 2 | 3

export class ReplyWriter {
  resp: RespVersion = 2
  #buffer: Buffer = EMPTY
  #at = 0
  /** As many bytes as last time: room for them is made at once. */
  #expected = FIRST_SIZE

  /** Bytes written and not yet taken; also the mark for rewind(). */
  get size(): number {
    return this.#at
  }

  /** The block with the reply at its beginning: valid until more is written. */
  get block(): Buffer {
    return this.#buffer
  }

  rewind(mark: number): void {
    this.#at = mark
  }

  /** The bytes since the last take(), valid for as long as the caller likes. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#at)
    this.#expected = Math.min(this.#at + (this.#at >>> 2) + FIRST_SIZE, EXPECTED_MAX)
    this.#buffer = EMPTY
    this.#at = 0
    return bytes
  }

  /** The reply from a mark on, decoded by a caller that runs commands for a script or a test. */
  since(mark: number): Buffer {
    return this.#buffer.subarray(mark, this.#at)
  }

  /** Removes and returns everything from a mark on. */
  cut(mark: number): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(mark, this.#at))
    this.#at = mark
    return bytes
  }

  ok(): void {
    this.#line('+OK')
  }

  simple(text: string): void {
    this.#line(`+${oneLine(text)}`)
  }

  /** A line that is made of a client's bytes, however many: none of them may be a CR or LF. */
  simpleBytes(line: Uint8Array): void {
    this.#reserve(line.length + 3)
    this.#buffer[this.#at++] = PLUS
    this.#buffer.set(line, this.#at)
    this.#at += line.length
    this.#endLine()
  }

  /** An error; `message` starts with its code word. */
  error(message: string): void {
    this.#line(`-${oneLine(trimLineEnds(shortEnough(message)))}`)
  }

  integer(value: number | bigint): void {
    if (typeof value === 'bigint' || value > 2147483647 || value < 0) this.#line(`:${value}`)
    else this.#header(58, value)
  }

  bulk(text: string): void {
    const { length } = text
    if (length > SHORT) {
      this.#header(36, length)
      this.#reserve(length + 2)
      this.#at += this.#buffer.write(text, this.#at, 'latin1')
      this.#endLine()
      return
    }
    this.#reserve(length + 7)
    const buffer = this.#buffer
    let at = this.#at
    buffer[at++] = 36
    if (length >= 10) buffer[at++] = length >= 20 ? 50 : 49
    buffer[at++] = 48 + (length % 10)
    buffer[at++] = CR
    buffer[at++] = LF
    for (let i = 0; i < length; i++) buffer[at++] = text.charCodeAt(i)
    buffer[at++] = CR
    buffer[at++] = LF
    this.#at = at
  }

  bulkBytes(bytes: Uint8Array): void {
    this.#header(36, bytes.length)
    this.#reserve(bytes.length + 2)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
    this.#endLine()
  }

  /** Bytes from one place to another, a few of them. */
  bulkSlice(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    this.#header(36, length)
    this.#reserve(length + 2)
    const buffer = this.#buffer
    let at = this.#at
    for (let i = start; i < end; i++) buffer[at++] = bytes[i]!
    buffer[at++] = CR
    buffer[at++] = LF
    this.#at = at
  }

  bulkOrNull(text: string | undefined): void {
    if (text === undefined) this.null()
    else this.bulk(text)
  }

  null(): void {
    this.#line(this.resp === 2 ? '$-1' : '_')
  }

  /** The null that stands for a missing array: RESP2 tells the two apart. */
  nullArray(): void {
    this.#line(this.resp === 2 ? '*-1' : '_')
  }

  array(count: number): void {
    this.#header(42, count)
  }

  /** A map of `count` pairs: the caller writes key, value, key, value. */
  map(count: number): void {
    if (this.resp === 2) this.#header(42, count * 2)
    else this.#header(37, count)
  }

  set(count: number): void {
    this.#header(this.resp === 2 ? 42 : 126, count)
  }

  /** An out-of-band message; in RESP2 an ordinary array. */
  push(count: number): void {
    this.#header(this.resp === 2 ? 42 : 62, count)
  }

  attribute(count: number): void {
    this.#header(124, count)
  }

  double(value: number): void {
    const text = formatDouble(value)
    if (this.resp === 2) this.bulk(text)
    else this.#line(`,${text}`)
  }

  /** A double in full, without an exponent: the coordinates of GEOPOS. */
  humanDouble(value: number): void {
    const text = formatHumanDouble(value)
    if (this.resp === 2) this.bulk(text)
    else this.#line(`,${text}`)
  }

  boolean(value: boolean): void {
    if (this.resp === 2) this.#header(58, value ? 1 : 0)
    else this.#line(value ? '#t' : '#f')
  }

  bigNumber(digits: string): void {
    if (this.resp === 2) this.bulk(digits)
    else this.#line(`(${oneLine(digits)}`)
  }

  verbatim(text: string, format = 'txt'): void {
    if (this.resp === 2) {
      this.bulk(text)
      return
    }
    this.#header(61, text.length + 4)
    this.#reserve(text.length + 6)
    this.#at += this.#buffer.write(`${format}:${text}\r\n`, this.#at, 'latin1')
  }

  /** The same of text in bytes. */
  verbatimBytes(text: Uint8Array): void {
    if (this.resp === 2) {
      this.bulkBytes(text)
      return
    }
    this.#header(61, text.length + 4)
    this.#reserve(text.length + 6)
    this.#at += this.#buffer.write('txt:', this.#at, 'latin1')
    this.#buffer.set(text, this.#at)
    this.#at += text.length
    this.#endLine()
  }

  bulks(texts: readonly string[]): void {
    this.array(texts.length)
    for (const text of texts) this.bulk(text)
  }

  /** A reply that is already encoded. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #line(text: string): void {
    const length = text.length
    this.#reserve(length + 2)
    const buffer = this.#buffer
    let at = this.#at
    if (length <= SHORT) {
      for (let i = 0; i < length; i++) buffer[at++] = text.charCodeAt(i)
    } else {
      at += buffer.write(text, at, 'latin1')
    }
    buffer[at++] = CR
    buffer[at++] = LF
    this.#at = at
  }

  // A type byte and a non-negative integer below 2^31, digit by digit.
  #header(type: number, value: number): void {
    this.#reserve(13)
    const buffer = this.#buffer
    let at = this.#at
    buffer[at++] = type
    at += writeInteger(buffer, at, value)
    buffer[at++] = CR
    buffer[at++] = LF
    this.#at = at
  }

  /** In room that is reserved. */
  #endLine(): void {
    this.#buffer[this.#at++] = CR
    this.#buffer[this.#at++] = LF
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const wanted = this.#buffer.length === 0 ? this.#expected : this.#buffer.length * 2
    // Beyond the longest block the runtime refuses, which the dispatcher answers.
    const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(wanted, BLOCK_MAX)))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

/** A message can repeat what a client sent, and be longer than that. */
function shortEnough(message: string): string {
  return message.length > TEXT_MAX ? STRING_TOO_LONG.message : message
}

function oneLine(text: string): string {
  return HAS_UNFIT.test(text) ? text.replace(UNFIT, ' ') : text
}
