// SLOWLOG's entries. Secret words are shown as "(redacted)".

import { hiddenWords } from '../host/secrets.ts'
import type { Args } from '../resp3/args.ts'
import { REDACTED } from '../util/secret-text.ts'
import type { Session } from './session.ts'

const WORDS_MAX = 32
const WORD_MAX = 128

export interface SlowlogEntry {
  readonly id: number
  readonly atSeconds: number
  readonly microseconds: number
  readonly words: readonly string[]
  readonly peer: string
  readonly clientName: string
}

export class Slowlog {
  entries: SlowlogEntry[] = []
  /** Commands that take at least this long are kept; negative turns the log off. */
  slowerThanMicroseconds = 10000
  maxLength = 128
  #nextId = 0

  add(client: Session, args: Args, microseconds: number, now: number): void {
    if (this.maxLength === 0) return
    const source = client.scriptCaller ?? client
    this.entries.unshift({
      id: this.#nextId++,
      atSeconds: Math.floor(now / 1000),
      microseconds: Math.floor(microseconds),
      words: shortWords(client, args),
      peer: source.peer,
      clientName: source.name,
    })
    this.trim()
  }

  trim(): void {
    if (this.entries.length > this.maxLength) this.entries.length = this.maxLength
  }
}

/**
 * The words as the slow log keeps them. Made of the bytes: a slice of a word would keep all of it,
 * and large words are the likeliest to be here.
 */
function shortWords(client: Session, args: Args): string[] {
  const count = args.count > WORDS_MAX ? WORDS_MAX - 1 : args.count
  const isHidden = hiddenWords(client.server.table, args)
  const words = Array.from({ length: count }, (_, i) => {
    if (isHidden(i)) return REDACTED
    const start = args.marks[i * 2]!
    const hidden = args.length(i) - WORD_MAX
    if (hidden <= 0) return args.text(i)
    return `${args.bytes.toString('latin1', start, start + WORD_MAX)}... (${hidden} more bytes)`
  })
  if (count < args.count) words.push(`... (${args.count - count} more arguments)`)
  return words
}
