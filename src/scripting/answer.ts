// What a script returned, as a reply to the client.

import type { Stats } from '../host/stats.ts'
import { raisedErrorCode, replyError } from '../resp3/errors.ts'
import type { ReplyWriter, RespVersion } from '../resp3/writer.ts'
import { isLineEnd, trimLineEnds, upToNul } from '../util/bytes.ts'
import { ROPE_MAX, TEXT_MAX } from '../util/limits.ts'
import { type LuaMemory, LuaTable, type LuaValue, STRING } from './lua-value.ts'

/** As deep as Redis's Lua stack lets it go: every table that is open takes places on it. */
const DEPTH_MAX = 7994
const INT64_MIN = -(2n ** 63n)
/** What fits into an engine: beyond, the same tables are named again and again. */
const VALUES_MAX = 2 ** 22
const REPLY_MAX = TEXT_MAX

/** Thrown for a reply that nobody could hold: a script can name one large string many times. */
export const REPLY_TOO_LARGE = Symbol('a reply that is too large')

/** A table that is being written: where its values are, and how deep each of them lies. */
interface Open {
  readonly slots: Iterator<number>
  readonly depths: readonly number[]
  turn: number
}

export class Answer {
  readonly #reply: ReplyWriter
  readonly #mark: number
  /** What the script asked for with redis.setresp(). */
  readonly #resp: RespVersion
  readonly #stats: Stats
  readonly #memory: LuaMemory
  readonly #open: Open[] = []
  #count = 0
  /** Errors were answered, so that the command counts as failed. */
  failed = false

  constructor(reply: ReplyWriter, resp: RespVersion, stats: Stats, memory: LuaMemory) {
    this.#reply = reply
    this.#mark = reply.size
    this.#resp = resp
    this.#stats = stats
    this.#memory = memory
  }

  /**
   * Writes a value, and what is inside it one by one: no depth is too deep, and nothing is made of
   * a table but its reply.
   */
  value(value: LuaValue): void {
    this.#one(value, 0)
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      const { done, value: at } = open.slots.next()
      if (done) this.#open.pop()
      else this.#slot(at, open.depths[open.turn++ % open.depths.length] ?? 0)
    }
  }

  /** What lies at an address; the keys of a table's array are only numbers, given as negative. */
  #slot(at: number, depth: number): void {
    const memory = this.#memory
    if (at < 0) this.#reply.integer(-at)
    else if (memory.typeOf(at) === STRING && depth <= DEPTH_MAX) this.#string(memory.textAt(at))
    else this.#one(memory.value(at), depth)
    if (++this.#count > VALUES_MAX || this.#reply.size - this.#mark > REPLY_MAX) {
      throw REPLY_TOO_LARGE
    }
  }

  #string(bytes: Buffer): void {
    if (bytes.length < SHORT) this.#reply.bulkSlice(bytes, 0, bytes.length)
    else this.#reply.bulkBytes(bytes)
  }

  #one(value: LuaValue, depth: number): void {
    const reply = this.#reply
    if (depth > DEPTH_MAX) this.error('ERR reached lua stack limit', false)
    else if (typeof value === 'string') reply.bulk(value)
    else if (typeof value === 'number') reply.integer(integerOf(value))
    else if (typeof value === 'boolean') this.#boolean(value)
    else if (value instanceof LuaTable) this.#table(value, depth)
    else reply.null()
  }

  /** An error; one that a command gave the script was counted with that command. */
  error(message: string, isCounted: boolean): void {
    this.#error(message, isCounted ? undefined : replyError(message).code)
  }

  /** The error that ended the script. */
  raised(message: string, isCounted: boolean): void {
    this.#error(message, isCounted ? undefined : raisedErrorCode(message))
  }

  #error(message: string, code: string | undefined): void {
    this.failed = true
    if (code !== undefined) this.#stats.countError(code)
    this.#reply.error(singleLine(trimLineEnds(message)))
  }

  #boolean(value: boolean): void {
    if (this.#resp === 3) this.#reply.boolean(value)
    else if (value) this.#reply.integer(1)
    else this.#reply.null()
  }

  #table(table: LuaTable, depth: number): void {
    const error = table.field('err')
    if (typeof error === 'string') {
      this.error(upToNul(error), table.field('ignore_error_stats_update') === true)
      return
    }
    if (this.#simple(table) || this.#verbatim(table.field('verbatim_string'))) return
    const map = table.field('map')
    const set = table.field('set')
    if (map instanceof LuaTable) this.#map(map, depth)
    else if (set instanceof LuaTable) this.#set(set, depth)
    else this.#array(table, depth)
  }

  /** The types that are a table of one field. */
  #simple(table: LuaTable): boolean {
    const ok = table.field('ok')
    const double = table.field('double')
    const big = table.field('big_number')
    if (typeof ok === 'string') this.#reply.simple(singleLine(upToNul(ok)))
    else if (typeof double === 'number') this.#reply.double(double)
    else if (typeof big === 'string') this.#reply.bigNumber(singleLine(big))
    else return false
    return true
  }

  #verbatim(table: LuaValue): boolean {
    if (!(table instanceof LuaTable)) return false
    const format = table.field('format')
    const text = table.field('string')
    if (typeof format !== 'string' || typeof text !== 'string') return false
    this.#reply.verbatim(text, upToNul(format).slice(0, 3).padEnd(3))
    return true
  }

  #map(table: LuaTable, depth: number): void {
    this.#reply.map(table.size)
    this.#open.push({ slots: keysAndValues(table), depths: [depth + 4, depth + 3], turn: 0 })
  }

  #set(table: LuaTable, depth: number): void {
    this.#reply.set(table.size)
    this.#open.push({ slots: keys(table), depths: [depth + 3], turn: 0 })
  }

  // Up to the first nil.
  #array(table: LuaTable, depth: number): void {
    this.#reply.array(table.length)
    this.#open.push({ slots: table.items(), depths: [depth + 1], turn: 0 })
  }
}

const SHORT = 64

function* keys(table: LuaTable): Generator<number> {
  for (const [key] of table.entries()) yield key
}

function* keysAndValues(table: LuaTable): Generator<number> {
  for (const [key, value] of table.entries()) {
    yield key
    yield value
  }
}

/** No line ends. In a long text they are not replaced one by one: each would cost memory. */
function singleLine(text: string): string {
  if (text.length < ROPE_MAX) return text.replace(/[\r\n]/g, ' ')
  const bytes = Buffer.from(text, 'latin1')
  for (let i = 0; i < bytes.length; i++) if (isLineEnd(bytes[i] ?? 0)) bytes[i] = 32
  return bytes.toString('latin1')
}

/** C's conversion to a 64-bit integer: it cuts, and what does not fit is the least integer. */
function integerOf(value: number): number | bigint {
  const whole = Math.trunc(value)
  if (Number.isSafeInteger(whole)) return whole + 0
  if (Number.isNaN(value) || Math.abs(value) >= 2 ** 63) return INT64_MIN
  return BigInt(whole)
}
