// MULTI: what a client has queued.

import { Args } from '../resp3/args.ts'
import type { Command } from '../table/command.ts'

/** Bytes of the first page of a transaction; later ones are larger, up to the most. */
const PAGE_MIN = 128
const PAGE_MAX = 64 * 1024
const MARKS_MAX = 32 * 1024
/** What a queued command takes beside its words and their marks. */
const QUEUED_BYTES = 24

/** Requests one after the other: their bytes, where their words are, and how many each has. */
class Page {
  #bytes: Buffer
  #marks: number[] = []
  /** The marks, once the page is full. */
  #packedMarks: Uint32Array | undefined
  readonly #commands: Command[] = []
  readonly #counts: number[] = []
  #used = 0

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafe(bytes)
  }

  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#bytes.length && this.#marks.length < MARKS_MAX
  }

  add(command: Command, { bytes, marks, count }: Args): void {
    const start = marks[0] ?? 0
    const end = marks[count * 2 - 1] ?? 0
    bytes.copy(this.#bytes, this.#used, start, end)
    for (let i = 0; i < count * 2; i++) this.#marks.push((marks[i] ?? 0) - start + this.#used)
    this.#used += end - start
    this.#commands.push(command)
    this.#counts.push(count)
  }

  /** Gives back what stayed empty; nothing can be added any more. */
  close(): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(0, this.#used))
    this.#packedMarks = Uint32Array.from(this.#marks)
    this.#marks = []
  }

  /** Each command with its words, which are valid until the next one. */
  replay(each: (command: Command, args: Args) => void): void {
    const args = new Args()
    args.bytes = this.#bytes
    const marks = this.#packedMarks ?? this.#marks
    let at = 0
    for (let i = 0; i < this.#commands.length; i++) {
      args.count = 0
      for (let left = this.#counts[i] ?? 0; left > 0; left--)
        args.mark(marks[at++] ?? 0, marks[at++] ?? 0)
      each(this.#commands[i]!, args)
    }
  }
}

/** Between MULTI and EXEC. */
export class Transaction {
  /** How many commands are queued. */
  count = 0
  /** A command was refused while queueing: EXEC will abort. */
  refused = false
  /** Flags of all queued commands, OR-ed: EXEC is admitted as if it were all of them. */
  flags = 0
  /** Flags that every queued command has. */
  commonFlags = -1
  /** What the queue takes. */
  bytes = 0
  readonly #pages: Page[] = []
  #pageBytes = PAGE_MIN

  push(command: Command, args: Args, flags: number): void {
    const { count, marks } = args
    const size = (marks[count * 2 - 1] ?? 0) - (marks[0] ?? 0)
    let page = this.#pages.at(-1)
    if (!page?.hasRoom(size)) {
      page?.close()
      page = new Page(Math.max(size, this.#pageBytes))
      this.#pages.push(page)
      this.#pageBytes = Math.min(PAGE_MAX, this.#pageBytes * 2)
    }
    page.add(command, args)
    this.count++
    this.flags |= flags
    this.commonFlags &= flags
    this.bytes += size + count * 2 * Uint32Array.BYTES_PER_ELEMENT + QUEUED_BYTES
  }

  /** What was queued, in its order. */
  replay(each: (command: Command, args: Args) => void): void {
    for (const page of this.#pages) page.replay(each)
  }
}
