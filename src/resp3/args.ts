// One request: the words of a command, as marks into the bytes they arrived in.
//
// Hot file. Invariant: marks[2i] and marks[2i+1] are the start and end of word i in `bytes`, for
// i < count. Cutting a request costs no allocation; text(i) makes the string when a handler asks
// for it. The marks are valid until the dispatcher returns: whatever outlives that keeps own(), or,
// in a transaction, a copy in one of its pages.

import { lowerCase, upperCase } from '../util/bytes.ts'
import { ROPE_MAX, TEXT_MAX } from '../util/limits.ts'
import { parseDouble, parseInt64, parseInteger } from '../util/number.ts'
import { NOT_FLOAT, NOT_INTEGER, type ReplyError, STRING_TOO_LONG } from './errors.ts'

const EMPTY = Buffer.alloc(0)
const MARKS_KEPT = 4096
/** Longer than any name of a command, an option, a setting. */
const NAME_MAX = 256

// Many short words are put together fastest as one text; long ones must not be.
function joined(words: readonly string[]): Buffer {
  let length = 0
  for (const word of words) length += word.length
  if (length < ROPE_MAX) return Buffer.from(words.join(''), 'latin1')
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const word of words) at += bytes.write(word, at, 'latin1')
  return bytes
}

export class Args {
  bytes: Buffer = EMPTY
  marks = new Uint32Array(32)
  count = 0

  static of(words: readonly string[]): Args {
    const args = new Args()
    args.bytes = joined(words)
    let at = 0
    for (const word of words) {
      args.mark(at, at + word.length)
      at += word.length
    }
    return args
  }

  mark(start: number, end: number): void {
    const at = this.count * 2
    if (at === this.marks.length) {
      const larger = new Uint32Array(at * 2)
      larger.set(this.marks)
      this.marks = larger
    }
    this.marks[at] = start
    this.marks[at + 1] = end
    this.count++
  }

  /**
   * Word i as a binary string. Word 0 is the command's name as it was typed.
   * @throws ReplyError for one of 512 MB that is no text any more; its bytes() still are.
   */
  text(i: number): string {
    const start = this.marks[i * 2]!
    const end = this.marks[i * 2 + 1]!
    if (end - start > TEXT_MAX) throw STRING_TOO_LONG
    return this.bytes.toString('latin1', start, end)
  }

  /** The beginning of word i: for messages that show no more of it. */
  textUpTo(i: number, length: number): string {
    const start = this.marks[i * 2]!
    return this.bytes.toString('latin1', start, Math.min(this.marks[i * 2 + 1]!, start + length))
  }

  /** Word i as bytes, which are valid as long as the marks are. */
  slice(i: number): Buffer {
    return this.bytes.subarray(this.marks[i * 2]!, this.marks[i * 2 + 1]!)
  }

  /** Word i in ASCII capitals, to compare with an option's name: so no more of it than that. */
  option(i: number): string {
    return upperCase(this.textUpTo(i, NAME_MAX))
  }

  /** Word i in small letters, to compare with a name. */
  lower(i: number): string {
    return lowerCase(this.textUpTo(i, NAME_MAX))
  }

  /** Is word i this option (given in capitals)? Compares without making a string. */
  is(i: number, option: string): boolean {
    const start = this.marks[i * 2]!
    if (this.marks[i * 2 + 1]! - start !== option.length) return false
    for (let j = 0; j < option.length; j++) {
      let byte = this.bytes[start + j]!
      if (byte >= 97 && byte <= 122) byte -= 32
      if (byte !== option.charCodeAt(j)) return false
    }
    return true
  }

  /** Of all words together. */
  get byteLength(): number {
    let bytes = 0
    for (let i = 0; i < this.count; i++) bytes += this.length(i)
    return bytes
  }

  /** Length of word i, in bytes. */
  length(i: number): number {
    return this.marks[i * 2 + 1]! - this.marks[i * 2]!
  }

  /** Word i as a signed 64-bit integer; exact up to 2^53, nearest beyond. */
  integer(i: number, otherwise: ReplyError = NOT_INTEGER): number {
    const small = this.#smallInteger(i)
    if (small !== undefined) return small
    const value = parseInteger(this.text(i))
    if (value === undefined) throw otherwise
    return value
  }

  /** Word i as an exact signed 64-bit integer. */
  int64(i: number, otherwise: ReplyError = NOT_INTEGER): bigint {
    const value = parseInt64(this.text(i))
    if (value === undefined) throw otherwise
    return value
  }

  /** Word i as an integer between two bounds, both included. */
  integerBetween(i: number, min: number, max: number, otherwise: ReplyError): number {
    const value = this.integer(i, otherwise)
    if (value < min || value > max) throw otherwise
    return value
  }

  double(i: number, otherwise: ReplyError = NOT_FLOAT): number {
    const value = parseDouble(this.text(i))
    if (value === undefined) throw otherwise
    return value
  }

  /** The words from `first` up to before `end`, which must be there, as strings. */
  texts(first = 0, end = this.count): string[] {
    const words: string[] = []
    for (let i = first; i < end; i++) words.push(this.text(i))
    return words
  }

  /** Forgets the words, and with them the bytes that they were in. */
  clear(): void {
    this.bytes = EMPTY
    this.count = 0
    if (this.marks.length > MARKS_KEPT) this.marks = new Uint32Array(32)
  }

  /** A copy that owns its bytes. */
  own(): Args {
    const copy = new Args()
    const start = this.count > 0 ? this.marks[0]! : 0
    const end = this.count > 0 ? this.marks[this.count * 2 - 1]! : 0
    copy.bytes = Buffer.from(this.bytes.subarray(start, end))
    copy.marks = this.marks.slice(0, this.count * 2)
    for (let i = 0; i < copy.marks.length; i++) copy.marks[i]! -= start
    copy.count = this.count
    return copy
  }

  // The common case, up to nine digits without a sign, without making a string.
  #smallInteger(i: number): number | undefined {
    const start = this.marks[i * 2]!
    const end = this.marks[i * 2 + 1]!
    const length = end - start
    if (length === 0 || length > 9) return undefined
    if (this.bytes[start] === 48) return length === 1 ? 0 : undefined
    let value = 0
    for (let at = start; at < end; at++) {
      const digit = this.bytes[at]! - 48
      if (digit < 0 || digit > 9) return undefined
      value = value * 10 + digit
    }
    return value
  }
}
