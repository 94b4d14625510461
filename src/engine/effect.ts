// One thing that a write did, as the bytes of a command; and units of them as a stream of bytes,
// which is what replicas are sent and what an append-only file holds.

import { Args } from '../resp3/args.ts'
import { invariant } from '../util/assert.ts'
import { writeInteger } from '../util/number.ts'

/** A binary string, or bytes: of words that may be too long to be a string. */
export type Word = string | Buffer

/** Whom an effect is for: a set of bits, which are those of redis.set_repl(). */
export type Targets = number
export const TARGET = { none: 0, file: 1, replicas: 2, all: 3 } as const

export type Cause = 'command' | 'expiry' | 'eviction'

export class Effect {
  /** The number of the database that was selected. */
  readonly database: number
  /** The command as it goes over the wire: an array of bulk strings. */
  readonly bytes: Buffer
  readonly cause: Cause
  readonly targets: Targets

  constructor(database: number, bytes: Buffer, cause: Cause, targets: Targets) {
    this.database = database
    this.bytes = bytes
    this.cause = cause
    this.targets = targets
  }

  /** The words of the command, as those of any request. */
  get words(): Args {
    const { bytes } = this
    const args = new Args()
    args.bytes = bytes
    let at = bytes.indexOf(LF) + 1
    while (at < bytes.length) {
      const start = bytes.indexOf(LF, at) + 1
      invariant(start > 0, 'a word of an effect')
      const length = Number(bytes.toString('latin1', at + 1, start - 2))
      args.mark(start, start + length)
      at = start + length + 2
    }
    return args
  }
}

/**
 * One stream of commands: those for one target, with a SELECT where the database changes and with
 * MULTI and EXEC around what is to be seen as a whole.
 */
export class EffectStream {
  readonly #target: Targets
  #selected: number | undefined

  constructor(target: Targets) {
    this.#target = target
  }

  /** The next effect is preceded by a SELECT, whatever its database: somebody begins to read. */
  forget(): void {
    this.#selected = undefined
  }

  /** What a unit adds to the stream, as blocks; none if it is not for this target. */
  blocksOf(effects: readonly Effect[], atomic: boolean): Buffer[] {
    const blocks: Buffer[] = []
    for (const { targets, database, bytes } of effects) {
      if ((targets & this.#target) === TARGET.none) continue
      if (atomic && blocks.length === 0) blocks.push(MULTI)
      if (database !== this.#selected) {
        this.#selected = database
        blocks.push(wordsToRequest(['SELECT', String(database)]))
      }
      blocks.push(bytes)
    }
    if (atomic && blocks.length > 0) blocks.push(EXEC)
    return blocks
  }
}

// ---- Words into bytes --------------------------------------------------------------------------

const CR = 13
const LF = 10
const ASTERISK = 42
const DOLLAR = 36

/** The words of a request as it goes over the wire, however it came. */
export function requestOf(args: Args): Buffer {
  const { count, marks } = args
  let size = headSize(count)
  for (let i = 0; i < count; i++) size += wordSize(args.length(i))
  const request = Buffer.allocUnsafe(size)
  let at = writeHead(request, 0, ASTERISK, count)
  for (let i = 0; i < count; i++) {
    at = writeHead(request, at, DOLLAR, args.length(i))
    at += args.bytes.copy(request, at, marks[i * 2]!, marks[i * 2 + 1]!)
    at = writeEnd(request, at)
  }
  return request
}

export function wordsToRequest(words: readonly Word[]): Buffer {
  let size = headSize(words.length)
  for (const word of words) size += wordSize(word.length)
  const request = Buffer.allocUnsafe(size)
  let at = writeHead(request, 0, ASTERISK, words.length)
  for (const word of words) {
    at = writeHead(request, at, DOLLAR, word.length)
    at += typeof word === 'string' ? request.write(word, at, 'latin1') : word.copy(request, at)
    at = writeEnd(request, at)
  }
  return request
}

function headSize(count: number): number {
  let size = 4
  for (let rest = count; rest >= 10; rest = Math.floor(rest / 10)) size++
  return size
}

function wordSize(length: number): number {
  return headSize(length) + length + 2
}

function writeHead(bytes: Buffer, at: number, mark: number, count: number): number {
  bytes[at] = mark
  return writeEnd(bytes, at + 1 + writeInteger(bytes, at + 1, count))
}

function writeEnd(bytes: Buffer, at: number): number {
  bytes[at] = CR
  bytes[at + 1] = LF
  return at + 2
}

const MULTI = wordsToRequest(['MULTI'])
const EXEC = wordsToRequest(['EXEC'])
