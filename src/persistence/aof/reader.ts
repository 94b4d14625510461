// Reads commands from a file as they were appended to it, whatever pieces it comes in. It is no
// connection: there are no inline commands, but lines of remarks; and where a file ends in the
// middle of a command, it tells how much of it is whole.

import { Args } from '../../resp3/args.ts'

/** What stands there is no command. */
export class BadFormat extends Error {
  override readonly name = 'BadFormat'
}

const LF = 10
const HASH = 35
const DOLLAR = 36
const ASTERISK = 42
/** Longer than any line that is written. */
const LINE_MAX = 1024
const FIRST_ROOM = 256 * 1024

export class CommandReader {
  /** The words of the last command, which are valid until the next piece is pushed. */
  readonly args = new Args()
  #bytes = Buffer.allocUnsafe(FIRST_ROOM)
  /** Where #bytes begins in the file. */
  #base: number
  /** The command that is being read begins here; what was read of it ends at #cursor. */
  #at = 0
  #cursor = 0
  #end = 0
  /** Words of it that are missing; 0 if its head is. */
  #missing = 0
  readonly #size: number

  /**
   * @param offset where in the file the first piece begins
   * @param size of the whole file: nothing is waited for beyond it
   */
  constructor(offset: number, size: number) {
    this.#base = offset
    this.#size = size
  }

  /** Up to here in the file all is whole: where the next command begins. */
  get offset(): number {
    return this.#base + this.#at
  }

  /** Whether what follows there is the beginning of something. */
  get isInMidCommand(): boolean {
    return this.#at < this.#end
  }

  /** Takes the next piece, of which it makes a copy. */
  push(piece: Buffer): void {
    if (this.#bytes.length - this.#end < piece.length) this.#makeRoom(piece.length)
    piece.copy(this.#bytes, this.#end)
    this.#end += piece.length
  }

  #makeRoom(length: number): void {
    const start = this.#at
    const needed = this.#end - start + length
    const room = needed > this.#bytes.length ? Buffer.allocUnsafe(needed * 2) : this.#bytes
    this.#bytes.copy(room, 0, start, this.#end)
    const { args } = this
    for (let i = 0; i < args.count * 2; i++) args.marks[i] = (args.marks[i] ?? 0) - start
    this.#bytes = room
    this.#base += start
    this.#at = 0
    this.#cursor -= start
    this.#end -= start
  }

  /**
   * Reads the next command; false if it is not there as a whole yet.
   * @throws BadFormat
   */
  next(): boolean {
    const { args } = this
    args.bytes = this.#bytes
    if (this.#missing === 0 && !this.#readHead()) return false
    for (; this.#missing > 0; this.#missing--) if (!this.#readWord()) return false
    this.#at = this.#cursor
    return true
  }

  #readHead(): boolean {
    this.args.count = 0
    while (this.#bytes[this.#at] === HASH && this.#at < this.#end) {
      const end = this.#lineEnd(this.#at)
      if (end === undefined) return false
      this.#at = end
    }
    const end = this.#lineEnd(this.#at, ASTERISK)
    if (end === undefined) return false
    const count = this.#integer(this.#at)
    if (!(count >= 1)) throw new BadFormat()
    this.#cursor = end
    this.#missing = count
    return true
  }

  #readWord(): boolean {
    const start = this.#lineEnd(this.#cursor, DOLLAR)
    if (start === undefined) return false
    const end = start + this.#integer(this.#cursor)
    if (!(end >= start)) throw new BadFormat()
    if (end + 2 > this.#end) return false
    this.args.mark(start, end)
    this.#cursor = end + 2
    return true
  }

  /**
   * Whether a word that is not there as a whole never will be, as it says that it is longer than
   * the file is: then the rest of the file need not be taken in to find that out.
   */
  get isCutOff(): boolean {
    if (this.#missing === 0 || this.#cursor >= this.#end) return false
    const start = this.#lineEnd(this.#cursor, DOLLAR)
    return start !== undefined && this.#base + start + this.#integer(this.#cursor) > this.#size
  }

  /** Where the next line begins; undefined if this one has not ended yet. */
  #lineEnd(at: number, mark?: number): number | undefined {
    if (at >= this.#end) return undefined
    if (mark !== undefined && this.#bytes[at] !== mark) throw new BadFormat()
    const most = Math.min(this.#end, at + LINE_MAX)
    for (let i = at + 1; i < most; i++) if (this.#bytes[i] === LF) return i + 1
    if (most < this.#end) throw new BadFormat()
    return undefined
  }

  /** The digits behind a mark; what follows them does not matter. */
  #integer(at: number): number {
    let value = 0
    let i = at + 1
    for (; i < this.#end; i++) {
      const digit = (this.#bytes[i] ?? 0) - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    return i === at + 1 ? Number.NaN : value
  }
}
