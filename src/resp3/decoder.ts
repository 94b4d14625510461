// Replies back into values: for scripts, which see the replies of the commands they call, for the
// tools that talk to servers, and for tests, which must tell every RESP type apart. Strict: what is
// not exactly one well-formed reply is an error.
//
// What is open is kept in a list and not on the stack, so that a reply may be nested as deeply as
// the limits say, and a reader may go on where the bytes ended. Nothing is made by a number that
// is only announced.

import { ARRAY_MAX, TEXT_MAX } from '../util/limits.ts'

export type Reply =
  | { readonly type: 'simple' | 'error' | 'bulk' | 'big'; readonly text: string }
  | { readonly type: 'verbatim'; readonly text: string; readonly format: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' | 'nullArray' }
  | { readonly type: 'array' | 'set' | 'push'; readonly items: readonly Reply[] }
  | { readonly type: 'map' | 'attribute'; readonly pairs: readonly (readonly [Reply, Reply])[] }

export interface Decoded {
  readonly reply: Reply
  /** Position after the reply. */
  readonly end: number
}

/** What one reply may take, with all that is in it. */
export interface ReplyLimits {
  readonly bytes: number
  readonly elements: number
  /** Arrays, sets and maps within one another. */
  readonly depth: number
}

const INTEGER = /^-?\d+$/
const DOUBLE = /^(-?inf|nan|-?\d+(\.\d+)?(e[+-]?\d+)?)$/
const FORMAT_LENGTH = 3
const CR = 13
const LF = 10
const TYPES = '+-:$*_#,(=~>%|'
const AGGREGATES: Readonly<Record<string, Aggregate['type']>> = {
  '*': 'array',
  '~': 'set',
  '>': 'push',
  '%': 'map',
  '|': 'attribute',
}

/** Of what this program wrote itself: only what the runtime can hold. */
export const OWN_REPLIES: ReplyLimits = {
  bytes: Number.POSITIVE_INFINITY,
  elements: ARRAY_MAX,
  depth: 100_000,
}

/** The reply that starts at a position, or undefined if it is not complete yet. */
export function decodeReply(bytes: Buffer, start = 0): Decoded | undefined {
  const decoder = new ReplyDecoder(OWN_REPLIES)
  const reply = decoder.next(bytes, start)
  return reply === undefined ? undefined : { reply, end: decoder.position }
}

/** An array, set, map, push or attribute of which elements are still to come. */
interface Aggregate {
  readonly type: 'array' | 'set' | 'push' | 'map' | 'attribute'
  readonly items: Reply[]
  left: number
}

interface Bulk {
  readonly type: string
  readonly length: number
}

/** Reads one reply after another, each of them in as many parts as it comes in. */
export class ReplyDecoder {
  readonly #limits: ReplyLimits
  readonly #open: Aggregate[] = []
  /** The innermost of them. */
  #aggregate: Aggregate | undefined
  #bulk: Bulk | undefined
  #elements = 0
  #bytes = 0
  #at = 0

  constructor(limits: ReplyLimits) {
    this.#limits = limits
  }

  /** Up to here the bytes that were given last are done with. */
  get position(): number {
    return this.#at
  }

  /** How many bytes must be there from the position on; 0: as many as make a line. */
  get needed(): number {
    return this.#bulk === undefined ? 0 : this.#bulk.length + 2
  }

  /** How many bytes the reply may still take. */
  get room(): number {
    return this.#limits.bytes - this.#bytes
  }

  /**
   * Goes on at a position, and returns the reply if its end is there.
   * @throws Error if the bytes are no reply, or one beyond the limits
   */
  next(bytes: Buffer, start: number): Reply | undefined {
    this.#at = start
    for (;;) {
      const bulk = this.#bulk
      const element = bulk === undefined ? this.#element(bytes) : this.#endBulk(bytes, bulk)
      if (element === undefined) return undefined
      const reply = element === OPENED ? undefined : this.#close(element)
      if (reply === undefined) continue
      this.#elements = 0
      this.#bytes = 0
      return reply
    }
  }

  /** Reads a line; undefined if it is not all there, or if the string behind it is not. */
  #element(bytes: Buffer): Reply | typeof OPENED | undefined {
    const start = this.#at
    if (start >= bytes.length) return undefined
    const type = String.fromCharCode(bytes[start] as number)
    const lf = bytes.indexOf(LF, start)
    if (lf < 0) {
      if (!TYPES.includes(type)) throw notAReply(type, '')
      return undefined
    }
    const line = bytes.toString('latin1', start + 1, lf - 1)
    if (bytes[lf - 1] !== CR || lf - 1 === start || line.includes('\r')) throw notAReply(type, line)
    this.#spend(lf + 1 - start)
    this.#at = lf + 1
    if (type === '$' || type === '=') return this.#openBulk(bytes, type, line)
    const aggregate = AGGREGATES[type]
    return aggregate === undefined ? decodeLine(type, line) : this.#openAggregate(aggregate, line)
  }

  #openBulk(bytes: Buffer, type: string, line: string): Reply | undefined {
    const length = readLength(line, type === '$')
    if (length === -1) return { type: 'null' }
    if (length > TEXT_MAX) throw new Error(`A string of ${length} bytes is too long`)
    this.#spend(length + 2)
    if (bytes.length >= this.#at + length + 2) return this.#readBulk(bytes, type, length)
    this.#bulk = { type, length }
    return undefined
  }

  #endBulk(bytes: Buffer, { type, length }: Bulk): Reply | undefined {
    if (bytes.length < this.#at + length + 2) return undefined
    this.#bulk = undefined
    return this.#readBulk(bytes, type, length)
  }

  #readBulk(bytes: Buffer, type: string, length: number): Reply {
    const start = this.#at
    const end = start + length
    if (bytes[end] !== CR || bytes[end + 1] !== LF) throw new Error('Bulk string without its end')
    this.#at = end + 2
    const text = bytes.toString('latin1', start, end)
    if (type === '$') return { type: 'bulk', text }
    if (text[FORMAT_LENGTH] !== ':') throw notAReply(type, text)
    return {
      type: 'verbatim',
      format: text.slice(0, FORMAT_LENGTH),
      text: text.slice(FORMAT_LENGTH + 1),
    }
  }

  #openAggregate(type: Aggregate['type'], line: string): Reply | typeof OPENED {
    const count = readLength(line, type === 'array')
    if (count === -1) return { type: 'nullArray' }
    const isPairs = type === 'map' || type === 'attribute'
    const left = isPairs ? count * 2 : count
    this.#elements += left
    const { elements, depth } = this.#limits
    if (this.#elements > elements) throw new Error(`A reply of more than ${elements} elements`)
    if (this.#open.length >= depth) throw new Error(`A reply nested more than ${depth} deep`)
    if (left === 0) return withItems(type, [])
    this.#aggregate = { type, items: [], left }
    this.#open.push(this.#aggregate)
    return OPENED
  }

  /** Puts an element where it belongs; returns the reply if it was the last of it. */
  #close(element: Reply): Reply | undefined {
    let done = element
    for (;;) {
      const aggregate = this.#aggregate
      if (aggregate === undefined) return done
      // An attribute says something of the element that follows it.
      if (done.type === 'attribute') return undefined
      aggregate.items.push(done)
      if (--aggregate.left > 0) return undefined
      this.#open.pop()
      this.#aggregate = this.#open[this.#open.length - 1]
      done = withItems(aggregate.type, aggregate.items)
    }
  }

  #spend(bytes: number): void {
    this.#bytes += bytes
    const { bytes: most } = this.#limits
    if (this.#bytes > most) throw new Error(`A reply of more than ${most} bytes`)
  }
}

/** An aggregate was begun, and no element is complete by that. */
const OPENED = Symbol('opened')

function withItems(type: Aggregate['type'], items: readonly Reply[]): Reply {
  if (type !== 'map' && type !== 'attribute') return { type, items }
  const pairs: (readonly [Reply, Reply])[] = []
  for (let i = 1; i < items.length; i += 2) pairs.push([items[i - 1] as Reply, items[i] as Reply])
  return { type, pairs }
}

function notAReply(type: string, line: string): Error {
  return new Error(`Not a reply: ${JSON.stringify(`${type}${line.slice(0, 40)}`)}`)
}

function decodeLine(type: string, line: string): Reply {
  switch (type) {
    case '+':
      return { type: 'simple', text: line }
    case '-':
      return { type: 'error', text: line }
    case ':':
      if (INTEGER.test(line)) return { type: 'integer', value: readInteger(line) }
      break
    case '(':
      if (INTEGER.test(line)) return { type: 'big', text: line }
      break
    case ',':
      if (DOUBLE.test(line)) return { type: 'double', value: readDouble(line) }
      break
    case '#':
      if (line === 't' || line === 'f') return { type: 'boolean', value: line === 't' }
      break
    case '_':
      if (line === '') return { type: 'null' }
      break
  }
  throw notAReply(type, line)
}

/** BigInt() of many digits takes quadratic time; no integer of a reply has more than these. */
const INTEGER_MAX = 20

function readInteger(line: string): bigint {
  if (line.length > INTEGER_MAX) throw notAReply(':', line)
  return BigInt(line)
}

/** A length; -1 only where it may stand for null. */
function readLength(line: string, mayBeNull: boolean): number {
  if (/^\d{1,10}$/.test(line) || (mayBeNull && line === '-1')) return Number(line)
  throw new Error(`Not a length: ${JSON.stringify(line.slice(0, 40))}`)
}

function readDouble(line: string): number {
  if (line === 'inf') return Number.POSITIVE_INFINITY
  if (line === '-inf') return Number.NEGATIVE_INFINITY
  return Number(line)
}
