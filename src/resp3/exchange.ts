// The client's side of the protocol, without a socket: requests into blocks of bytes, and chunks
// of bytes back into replies. Who is on the other side may be anybody, so every reply has limits,
// whoever reads it names them, and bytes are looked at once, however small the chunks are.

import { toBuffer } from '../util/bytes.ts'
import { type Reply, ReplyDecoder, type ReplyLimits } from './decoder.ts'

const LF = 10
const CR = 13
const MEGABYTE = 1024 * 1024

/** For the tools, which ask a server for no more than its users, commands and settings. */
export const TOOL_LIMITS: ReplyLimits = {
  bytes: 128 * MEGABYTE,
  elements: 2 ** 20,
  depth: 64,
}

/** Longer words are blocks of their own, so that none of them is copied into a text. */
const SMALL_MAX = 16 * 1024

/** A command as blocks to be written one after the other; words are bytes or binary strings. */
export function requestBlocks(words: readonly (string | Buffer)[]): Buffer[] {
  const blocks: Buffer[] = []
  let text = `*${words.length}\r\n`
  for (const word of words) {
    text += `$${word.length}\r\n`
    if (word.length <= SMALL_MAX && text.length <= SMALL_MAX) {
      text += typeof word === 'string' ? word : word.toString('latin1')
    } else {
      blocks.push(toBuffer(text), typeof word === 'string' ? toBuffer(word) : word)
      text = ''
    }
    text += '\r\n'
  }
  blocks.push(toBuffer(text))
  return blocks
}

/** A command that is short. */
export function requestBytes(...words: readonly string[]): Buffer {
  return Buffer.concat(requestBlocks(words))
}

/** Bytes that are not enough yet, in one block that grows with what has come. */
class Held {
  #block: Buffer = Buffer.alloc(0)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(chunk: Buffer): void {
    const size = this.#size + chunk.length
    if (size > this.#block.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, this.#block.length * 2))
      this.#block.copy(larger, 0, 0, this.#size)
      this.#block = larger
    }
    chunk.copy(this.#block, this.#size)
    this.#size = size
  }

  /** All of it with a chunk behind; nothing is held any more. */
  take(chunk: Buffer): Buffer {
    if (this.#size === 0) return chunk
    this.add(chunk)
    const bytes = this.#block.subarray(0, this.#size)
    this.#block = Buffer.alloc(0)
    this.#size = 0
    return bytes
  }
}

/** Whole replies out of chunks. Attributes, which only remark on a reply, are left out. */
export class ReplyReader {
  readonly #decoder: ReplyDecoder
  readonly #held = new Held()
  /** Bytes of this connection that are read: where the next reply goes on. */
  #position = 0

  constructor(limits: ReplyLimits) {
    this.#decoder = new ReplyDecoder(limits)
  }

  /**
   * Hands on every reply whose end has come, and how many bytes had been read by that end since the
   * beginning of the connection.
   * @throws Error if what comes is no reply, or one beyond the limits: no more can be read then
   */
  read(chunk: Buffer, take: (reply: Reply, end: number) => void): void {
    const decoder = this.#decoder
    if (!this.#isEnough(chunk)) {
      this.#hold(chunk)
      return
    }
    const bytes = this.#held.take(chunk)
    let at = 0
    for (;;) {
      const reply = decoder.next(bytes, at)
      at = decoder.position
      if (reply === undefined) break
      if (reply.type !== 'attribute') take(reply, this.#position + at)
    }
    this.#position += at
    if (at < bytes.length) this.#hold(bytes.subarray(at))
  }

  #hold(bytes: Buffer): void {
    this.#held.add(bytes)
    const { room, needed } = this.#decoder
    if (this.#held.size > room + needed) throw new Error('A line without an end')
  }

  #isEnough(chunk: Buffer): boolean {
    const { needed } = this.#decoder
    if (needed > 0) return this.#held.size + chunk.length >= needed
    return this.#held.size === 0 || chunk.includes(LF)
  }
}

/**
 * Replies of which only the first line is looked at: whether they are errors, and what these say.
 * A line that is longer than its limit ends there, as MIGRATE of Redis reads them.
 */
export class LineReader {
  readonly #lengthMax: number
  readonly #held = new Held()

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /** Hands on every line, without its end, until told by `take` that it was the last. */
  read(chunk: Buffer, take: (line: string) => boolean): void {
    let at = 0
    while (at < chunk.length) {
      const lf = chunk.indexOf(LF, at)
      const most = at + this.#lengthMax - this.#held.size
      const end = Math.min(lf < 0 ? chunk.length : lf + 1, most)
      const part = chunk.subarray(at, end)
      at = end
      if (end !== lf + 1 && end !== most) {
        this.#held.add(part)
        return
      }
      if (!take(lineOf(this.#held.take(part)))) return
    }
  }
}

function lineOf(bytes: Buffer): string {
  let end = bytes.length
  if (bytes[end - 1] === LF) end--
  if (bytes[end - 1] === CR) end--
  return bytes.toString('latin1', 0, end)
}
