// Bytes to requests, resumable at any byte. RESP arrays and inline commands; every limit of Redis
// with its text.
//
// Hot file. Invariants: bytes[start..end) is what has arrived and was not yet handed out;
// `start` is where the unfinished request begins, `at` how far it was read, and the marks in Args
// are positions in `bytes`. A chunk that holds whole requests is read in place; only a request that
// straddles chunks is copied, into a buffer that grows by doubling or, where a large word was
// announced, at once to what that needs, so that a large one costs linear time.

import { BLOCK_MAX } from '../util/limits.ts'
import { readInteger } from '../util/number.ts'
import type { Args } from './args.ts'
import { ProtocolError } from './errors.ts'
import { splitWords } from './words.ts'

const CR = 13
const LF = 10
const STAR = 42
const DOLLAR = 36
const INLINE_MAX = 64 * 1024
const INT_MAX = 2147483647
/** Words from this length on get the room that they need at once. */
const LARGE_BULK = 32 * 1024
/** But no more than this on a mere promise. */
const PROMISED_MAX = 128 * 1024 * 1024
/** A request that is not complete by then never will be: the marks of its words end there. */
export const REQUEST_MAX: number = Math.min(BLOCK_MAX, 2 ** 32 - 1)
/** Room behind a large word for what comes in one chunk with its end. */
const CHUNK = 64 * 1024

const UNAUTHENTICATED_WORDS_MAX = 10
const UNAUTHENTICATED_BULK_MAX = 16384

const EMPTY = Buffer.alloc(0)

export interface ParserLimits {
  /** Largest bulk string, in bytes (proto-max-bulk-len). */
  bulkMax: number
}

export class RequestParser {
  #bytes: Buffer = EMPTY
  #start = 0
  #at = 0
  #end = 0
  /** True while #bytes is this parser's own growing buffer and may be written to. */
  #owned = false
  /** The last such buffer, if the request after it has not been read yet: it may be as large. */
  #spare: Buffer = EMPTY
  /** Words still missing in the array being read; 0 between requests. */
  #wordsMissing = 0
  /** Length of the bulk string whose header was read, or -1. */
  #bulkLength = -1
  readonly #limits: ParserLimits

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  /** Bytes that have arrived and wait for the rest of their request. */
  get pending(): number {
    return this.#end - this.#start
  }

  /** The same without the words that were read already. */
  get unread(): number {
    return this.#end - this.#at
  }

  /** Length of the word that is being read with its line end, if it is a large one; or 0. */
  get awaited(): number {
    return this.#bulkLength >= LARGE_BULK ? this.#bulkLength + 2 : 0
  }

  get isInMidRequest(): boolean {
    return this.#wordsMissing > 0
  }

  /**
   * The same while a request runs: with those that ran before it from the same chunk, and its own.
   */
  get buffered(): number {
    return this.#end
  }

  append(chunk: Buffer, args: Args): void {
    const pending = this.#end - this.#start
    if (pending === 0) {
      this.#spare = this.#owned ? this.#bytes : EMPTY
      this.#bytes = chunk
      this.#owned = false
      this.#start = 0
      this.#at = 0
      this.#end = chunk.length
      return
    }
    const needed = pending + chunk.length
    if (!this.#owned || this.#bytes.length - this.#end < chunk.length) {
      const target = this.#owned && this.#bytes.length >= needed ? this.#bytes : this.#room(needed)
      this.#bytes.copy(target, 0, this.#start, this.#end)
      this.#shift(this.#start, args)
      this.#at -= this.#start
      this.#bytes = target
      this.#start = 0
      this.#end = pending
      this.#owned = true
    }
    chunk.copy(this.#bytes, this.#end)
    this.#end += chunk.length
  }

  /**
   * Reads the next request into args (marks from 0 on). False if more bytes are needed.
   * @throws ProtocolError
   */
  next(args: Args, authenticated: boolean): boolean {
    while (this.#at < this.#end) {
      if (this.#wordsMissing > 0) return this.#readWords(args, authenticated)
      args.count = 0
      args.bytes = this.#bytes
      if (this.#bytes[this.#at] !== STAR) {
        const complete = this.#readInline(args)
        if (!complete) return false
        if (args.count > 0) return true
      } else if (!this.#readArrayHeader(authenticated)) {
        return false
      }
    }
    return false
  }

  /** Gives back the memory of large requests, if nothing of another one is in it: true if so. */
  trim(): boolean {
    if (this.#start < this.#end) return false
    this.clear()
    return true
  }

  /** Forgets everything that has arrived, for a connection that is going to be closed. */
  clear(): void {
    this.#bytes = EMPTY
    this.#start = 0
    this.#at = 0
    this.#end = 0
    this.#wordsMissing = 0
    this.#bulkLength = -1
    this.#owned = false
    this.#spare = EMPTY
  }

  /** A buffer for so many bytes and for those that were announced, with some to spare. */
  #room(needed: number): Buffer {
    const promised = this.awaited === 0 ? 0 : this.#at - this.#start + this.awaited + CHUNK
    const size = Math.max(needed, Math.min(promised, PROMISED_MAX))
    const spare = this.#spare
    this.#spare = EMPTY
    if (spare.length >= size) return spare
    return Buffer.allocUnsafe(Math.min(Math.max(needed * 2, size), BLOCK_MAX))
  }

  // Marks of an unfinished request move with its bytes.
  #shift(by: number, args: Args): void {
    if (by === 0 || this.#wordsMissing === 0) return
    for (let i = 0; i < args.count * 2; i++) args.marks[i]! -= by
  }

  #readArrayHeader(authenticated: boolean): boolean {
    const cr = this.#lineEnd('too big mbulk count string')
    if (cr < 0) return false
    const count = readInteger(this.#bytes, this.#at + 1, cr)
    if (count === undefined || count > INT_MAX) {
      throw new ProtocolError('invalid multibulk length', 'invalid mbulk count')
    }
    if (count > UNAUTHENTICATED_WORDS_MAX && !authenticated) {
      throw new ProtocolError('unauthenticated multibulk length', 'unauth mbulk count')
    }
    this.#at = cr + 2
    if (count > 0) this.#wordsMissing = count
    else this.#start = this.#at
    return true
  }

  #readWords(args: Args, authenticated: boolean): boolean {
    args.bytes = this.#bytes
    while (this.#wordsMissing > 0) {
      if (this.#bulkLength < 0 && !this.#readBulkHeader(authenticated)) return false
      const wordEnd = this.#at + this.#bulkLength
      if (this.#end < wordEnd + 2) return false
      if (this.#bytes[wordEnd] !== CR || this.#bytes[wordEnd + 1] !== LF) {
        throw new ProtocolError('invalid bulk length', 'bulk string without its line end')
      }
      args.mark(this.#at, wordEnd)
      this.#at = wordEnd + 2
      this.#bulkLength = -1
      this.#wordsMissing--
    }
    this.#start = this.#at
    return true
  }

  #readBulkHeader(authenticated: boolean): boolean {
    if (this.#at >= this.#end) return false
    const cr = this.#lineEnd('too big bulk count string')
    if (cr < 0) return false
    const first = this.#bytes[this.#at]!
    if (first !== DOLLAR) {
      throw new ProtocolError(
        `expected '$', got '${String.fromCharCode(first)}'`,
        'expected $ but got something else',
      )
    }
    const length = readInteger(this.#bytes, this.#at + 1, cr)
    if (length === undefined || length < 0 || length > this.#limits.bulkMax) {
      throw new ProtocolError('invalid bulk length')
    }
    if (length > UNAUTHENTICATED_BULK_MAX && !authenticated) {
      throw new ProtocolError('unauthenticated bulk length', 'unauth bulk length')
    }
    this.#bulkLength = length
    this.#at = cr + 2
    return true
  }

  /** Position of the CR that ends the line at #at, or -1 if CR and LF are not both there yet. */
  #lineEnd(tooLong: string): number {
    const bytes = this.#bytes
    const near = Math.min(this.#end, this.#at + 32)
    for (let i = this.#at; i < near; i++) {
      const byte = bytes[i]
      if (byte === CR) return i + 1 < this.#end ? i : -1
      if (byte === 0) break
    }
    const cr = this.#find(CR, tooLong)
    return cr + 1 < this.#end ? cr : -1
  }

  /**
   * Position of a byte in the line at #at, or -1 if it has not arrived. Redis looks for it in a C
   * string: behind a NUL it is never seen, and the connection ends when the line gets too long. A
   * line that is too long is refused also if its end is in sight, so that it does not matter how
   * the bytes came in chunks.
   */
  #find(byte: number, tooLong: string): number {
    const line = this.#bytes.subarray(this.#at, Math.min(this.#end, this.#at + INLINE_MAX + 1))
    const found = line.indexOf(byte)
    if (found < 0 ? line.length > INLINE_MAX : line.subarray(0, found).includes(0)) {
      if (this.#end - this.#at > INLINE_MAX) throw new ProtocolError(tooLong)
      return -1
    }
    return found < 0 ? -1 : this.#at + found
  }

  #readInline(args: Args): boolean {
    const lf = this.#find(LF, 'too big inline request')
    if (lf < 0) return false
    const lineEnd = lf > this.#at && this.#bytes[lf - 1] === CR ? lf - 1 : lf
    const line = this.#bytes.toString('latin1', this.#at, lineEnd)
    this.#at = lf + 1
    this.#start = this.#at
    const words = splitWords(line)
    if (words === undefined) {
      throw new ProtocolError('unbalanced quotes in request', 'unbalanced quotes in inline request')
    }
    // Unquoting changes bytes, so the words of an inline command get a buffer of their own.
    args.bytes = Buffer.from(words.join(''), 'latin1')
    let at = 0
    for (const word of words) {
      args.mark(at, at + word.length)
      at += word.length
    }
    return true
  }
}
