// What a script returned, as a reply to the client.

import { replyError } from '../resp3/errors.ts'
import type { ReplyWriter, RespVersion } from '../resp3/writer.ts'
import type { Stats } from '../server/stats.ts'
import { upToNul } from '../util/bytes.ts'
import { LuaTable, type LuaValue } from './lua-value.ts'

/** As deep as Redis's Lua stack lets it go: every table that is open takes places on it. */
const DEPTH_MAX = 7994
const INT64_MIN = -(2n ** 63n)

interface Pending {
  readonly value: LuaValue
  readonly depth: number
}

export class Answer {
  readonly #reply: ReplyWriter
  /** What the script asked for with redis.setresp(). */
  readonly #resp: RespVersion
  readonly #stats: Stats
  readonly #pending: Pending[] = []
  /** Errors were answered, so that the command counts as failed. */
  failed = false

  constructor(reply: ReplyWriter, resp: RespVersion, stats: Stats) {
    this.#reply = reply
    this.#resp = resp
    this.#stats = stats
  }

  /** Writes a value; what is inside others waits its turn, so that no depth is too deep for us. */
  value(value: LuaValue): void {
    this.#pending.push({ value, depth: 0 })
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      this.#one(next.value, next.depth)
    }
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
    this.failed = true
    if (!isCounted) this.#stats.countError(replyError(message).code)
    this.#reply.error(message)
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
    if (typeof ok === 'string') this.#reply.simple(upToNul(ok))
    else if (typeof double === 'number') this.#reply.double(double)
    else if (typeof big === 'string') this.#reply.bigNumber(big.replace(/[\r\n]/g, ' '))
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
    const entries = [...table.entries()]
    this.#reply.map(entries.length)
    this.#push(
      entries.flatMap(([key, value]) => [
        { value: key, depth: depth + 4 },
        { value, depth: depth + 3 },
      ]),
    )
  }

  #set(table: LuaTable, depth: number): void {
    const entries = [...table.entries()]
    this.#reply.set(entries.length)
    this.#push(entries.map(([key]) => ({ value: key, depth: depth + 3 })))
  }

  // Up to the first nil.
  #array(table: LuaTable, depth: number): void {
    const items: Pending[] = []
    for (let i = 1; ; i++) {
      const value = table.item(i)
      if (value === undefined) break
      items.push({ value, depth: depth + 1 })
    }
    this.#reply.array(items.length)
    this.#push(items)
  }

  #push(items: readonly Pending[]): void {
    for (let i = items.length - 1; i >= 0; i--) this.#pending.push(items[i] as Pending)
  }
}

/** C's conversion to a 64-bit integer: it cuts, and what does not fit is the least integer. */
function integerOf(value: number): number | bigint {
  const whole = Math.trunc(value)
  if (Number.isSafeInteger(whole)) return whole + 0
  if (Number.isNaN(value) || Math.abs(value) >= 2 ** 63) return INT64_MIN
  return BigInt(whole)
}
