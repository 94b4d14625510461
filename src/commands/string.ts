// Strings: texts, counters, and parts of texts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { err, NOT_FLOAT, NOT_INTEGER, STRING_TOO_LONG, WRONG_ARITY } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { StringValue } from '../store/string.ts'
import { NEVER, type Value } from '../store/value.ts'
import { STRING } from '../table/families/string.ts'
import {
  readGetexOptions,
  readLcsOptions,
  readSetOptions,
  type SetOptions,
  TIMES,
} from '../table/readers/string-options.ts'
import { BLOCK_MAX } from '../util/limits.ts'
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  parseLongDouble,
} from '../util/long-double.ts'
import { parseInteger, readInteger } from '../util/number.ts'
import { type Moment, positiveMomentAt } from './expiry.ts'
import { type Match, SubsequenceTable } from './lcs.ts'

const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
/** Longer values are no numbers, and a bitmap need not be made text to see it. */
const INTEGER_MAX = 20
const FLOAT_MAX = 5 * 1024

export const string = handlers(STRING, {
  append,
  decr,
  decrby,
  get,
  getdel,
  getex,
  getrange,
  getset,
  incr,
  incrby,
  incrbyfloat,
  lcs,
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
  substr,
})

function append(client: Client, args: Args, reply: ReplyWriter): void {
  const { db } = client
  const key = args.text(1)
  let value = db.edit(key, StringValue)
  if (value === undefined) {
    value = StringValue.of(args, 2)
    db.put(key, value)
  } else {
    checkLength(client, value.size + args.length(2))
    value.append(args, 2)
  }
  db.changed(key, 'append')
  reply.integer(value.size)
}

function decr(client: Client, args: Args, reply: ReplyWriter): void {
  increment(client.db, args, -1, reply)
}

function decrby({ db }: Client, args: Args, reply: ReplyWriter): void {
  const amount = args.integer(2)
  if (Number.isSafeInteger(amount)) {
    increment(db, args, 0 - amount, reply)
    return
  }
  const exact = args.int64(2)
  if (exact === MIN_INT64) throw err('decrement would overflow')
  increment(db, args, -exact, reply)
}

function get({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (!replyPacked(db, args, 1, reply)) replyValue(reply, db.read(args.text(1), StringValue))
}

function getdel({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const value = db.read(key, StringValue)
  replyValue(reply, value)
  if (value === undefined) return
  server.effects.instead(['DEL', key])
  db.take(key)
  db.changed(key, 'del')
}

function getex({ db, server: { effects } }: Client, args: Args, reply: ReplyWriter): void {
  const { persists, time } = readGetexOptions(args)
  const key = args.text(1)
  const value = db.read(key, StringValue)
  if (value === undefined) {
    reply.null()
    return
  }
  const moment = time && positiveMomentAt(db, args, time.at, time.scale, 'getex')
  replyValue(reply, value)
  if (moment !== undefined) {
    // Only a moment that was given as such can have passed already.
    if (moment <= db.keyspace.deadUntil) {
      effects.instead([effects.deletion('lazyfree-lazy-expire'), key])
      db.take(key)
      db.changed(key, 'del')
    } else {
      if (effects.isHeard) effects.instead(['PEXPIREAT', key, String(moment)])
      db.setExpiry(key, value, moment)
      db.changed(key, 'expire')
    }
  } else if (persists && value.expireAt !== NEVER) {
    effects.instead(['PERSIST', key])
    db.setExpiry(key, value, NEVER)
    db.changed(key, 'persist')
  }
}

function getrange({ db }: Client, args: Args, reply: ReplyWriter): void {
  let start = args.integer(2)
  let end = args.integer(3)
  const value = db.read(args.text(1), StringValue)
  const size = value?.size ?? 0
  const isBackwards = start < 0 && end < 0 && start > end
  if (start < 0) start = Math.max(0, size + start)
  if (end < 0) end = Math.max(0, size + end)
  end = Math.min(end, size - 1)
  if (value === undefined || isBackwards || start > end) reply.bulk('')
  else if (value.isBytes) reply.bulkBytes(value.bytes.subarray(start, end + 1))
  else reply.bulk(value.text.slice(start, end + 1))
}

function getset({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  replyValue(reply, db.read(key, StringValue))
  server.effects.rewrite(args, { 0: 'SET' })
  storeWord(db, args, 1, 2)
}

function incr({ db }: Client, args: Args, reply: ReplyWriter): void {
  increment(db, args, 1, reply)
}

function incrby({ db }: Client, args: Args, reply: ReplyWriter): void {
  const amount = args.integer(2)
  increment(db, args, Number.isSafeInteger(amount) ? amount : args.int64(2), reply)
}

function incrbyfloat({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const value = db.edit(key, StringValue)
  if (value !== undefined && value.size > FLOAT_MAX) throw NOT_FLOAT
  const current = parseLongDouble(value?.text ?? '0')
  if (current === undefined) throw NOT_FLOAT
  const amount = parseLongDouble(args.text(2))
  if (amount === undefined) throw NOT_FLOAT
  const sum = addLongDouble(current, amount)
  if (sum === 'nan' || isInfinite(sum)) throw err('increment would produce NaN or Infinity')
  const text = formatLongDouble(sum)
  ;(value ?? db.open(key, StringValue)).set(text, 'characters')
  db.changed(key, 'incrbyfloat')
  if (server.effects.isHeard) server.effects.rewrite(args, { 0: 'SET', 2: text }, 'KEEPTTL')
  reply.bulk(text)
}

function lcs({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const [a, b] = [db.readAny(args.text(1)), db.readAny(args.text(2))]
  if (!isStringOrAbsent(a) || !isStringOrAbsent(b)) {
    throw err('The specified keys must contain string values')
  }
  const options = readLcsOptions(args)
  const table = new SubsequenceTable(
    a?.bytes ?? NO_BYTES,
    b?.bytes ?? NO_BYTES,
    server.parserLimits.bulkMax,
  )
  if (options.wants === 'length') {
    reply.integer(table.length)
  } else if (options.wants === 'text') {
    reply.bulkBytes(table.text())
  } else {
    const matches = table.matches().filter(match => match.length >= options.minLength)
    reply.map(2)
    reply.bulk('matches')
    reply.array(matches.length)
    for (const match of matches) replyMatch(reply, match, options.withLength)
    reply.bulk('len')
    reply.integer(table.length)
  }
}

function mget({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.array(args.count - 1)
  for (let i = 1; i < args.count; i++) {
    if (replyPacked(db, args, i, reply)) continue
    const value = db.readAny(args.text(i))
    replyValue(reply, value instanceof StringValue ? value : undefined)
  }
}

function mset({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count % 2 === 0) throw WRONG_ARITY
  for (let i = 1; i < args.count; i += 2) storeWord(db, args, i, i + 1)
  reply.ok()
}

function msetnx({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count % 2 === 0) throw WRONG_ARITY
  for (let i = 1; i < args.count; i += 2) {
    if (db.editAny(args.text(i)) !== undefined) {
      reply.integer(0)
      return
    }
  }
  for (let i = 1; i < args.count; i += 2) storeWord(db, args, i, i + 1)
  reply.integer(1)
}

function psetex({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const moment = positiveMomentAt(db, args, 2, TIMES.PX, 'psetex')
  store(db, args, 1, 3, moment)
  saySetUntil(server, args, 3, moment)
  reply.ok()
}

function set({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count === 3) {
    storeWord(db, args, 1, 2)
    reply.ok()
    return
  }
  const key = args.text(1)
  const options = readSetOptions(args)
  const { condition, gets, keepsTtl, time } = options
  const moment = time && positiveMomentAt(db, args, time.at, time.scale, 'set')
  const previous = gets ? db.read(key, StringValue) : undefined
  const old = db.editAny(key)
  const isRefused = condition !== undefined && (old !== undefined) !== (condition === 'XX')
  // The old value must be written before it is changed in place.
  if (gets) replyValue(reply, previous)
  else if (isRefused) reply.null()
  else reply.ok()
  if (isRefused) return
  store(db, args, 1, 2, moment ?? (keepsTtl ? 'keep' : NEVER), old)
  if (server.effects.isHeard) saySet(server, args, options, moment)
}

/** A time is said as a moment, and nobody else is to answer. */
function saySet(
  server: RedisServer,
  args: Args,
  { gets, time }: SetOptions,
  moment: Moment | undefined,
): void {
  if (moment !== undefined) {
    if (time?.scale !== TIMES.PXAT) saySetUntil(server, args, 2, moment)
  } else if (gets) {
    const words = Array.from({ length: args.count }, (_, i) => args.slice(i))
    server.effects.instead(words.filter((_, i) => i < 3 || !args.is(i, 'GET')))
  }
}

/** The key that is word 1 was set to word j. */
function saySetUntil({ effects }: RedisServer, args: Args, j: number, moment: Moment): void {
  if (effects.isHeard) {
    effects.instead(['SET', args.slice(1), args.slice(j), 'PXAT', String(moment)])
  }
}

function setex({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const moment = positiveMomentAt(db, args, 2, TIMES.EX, 'setex')
  store(db, args, 1, 3, moment)
  saySetUntil(server, args, 3, moment)
  reply.ok()
}

function setnx({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const isThere = db.editAny(key) !== undefined
  if (!isThere) storeWord(db, args, 1, 2)
  reply.integer(isThere ? 0 : 1)
}

function setrange(client: Client, args: Args, reply: ReplyWriter): void {
  const { db } = client
  const offset = args.integer(2)
  if (offset < 0) throw err('offset is out of range')
  const key = args.text(1)
  const value = db.edit(key, StringValue)
  if (args.length(3) === 0) {
    reply.integer(value?.size ?? 0)
    return
  }
  const end = offset + args.length(3)
  checkLength(client, end)
  const edited = value ?? db.open(key, StringValue)
  args.slice(3).copy(edited.edit(end), offset)
  db.changed(key, 'setrange')
  reply.integer(edited.size)
}

function strlen({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), StringValue)?.size ?? 0)
}

function substr(client: Client, args: Args, reply: ReplyWriter): void {
  getrange(client, args, reply)
}

// ---- Values ------------------------------------------------------------------------------------

/** Sets word i to word j, whatever was there. Where a string was, it is changed in place. */
function store(
  db: Database,
  args: Args,
  i: number,
  j: number,
  expiry: Moment | 'keep' = NEVER,
  old?: Value,
): void {
  const key = args.text(i)
  old ??= db.editAny(key)
  const keptExpiry = expiry === 'keep' ? (old?.exactExpireAt ?? NEVER) : expiry
  let value: StringValue
  if (old instanceof StringValue) {
    value = old
    value.setWord(args, j)
  } else {
    value = StringValue.of(args, j)
    db.put(key, value)
  }
  if (keptExpiry !== value.exactExpireAt) db.setExpiry(key, value, keptExpiry)
  db.changed(key, 'set')
  if (expiry !== 'keep' && expiry !== NEVER) db.keyspace.notify(db, 'expire', key)
}

/** Sets the key that is word i to word j, packed if that can be. */
function storeWord(db: Database, args: Args, i: number, j: number): void {
  if (!db.packed.put(args, i, j)) store(db, args, i, j)
}

/** Answers with what the key that is word i holds, if that is packed or absent. */
function replyPacked(db: Database, args: Args, i: number, reply: ReplyWriter): boolean {
  const entry = db.packed.read(args, i)
  if (entry > 0) reply.bulkSlice(db.packed.bytes, db.packed.start(entry), db.packed.end(entry))
  else if (entry === 0) reply.null()
  return entry >= 0
}

function replyValue(reply: ReplyWriter, value: StringValue | undefined): void {
  if (value === undefined) reply.null()
  else if (value.isBytes) reply.bulkBytes(value.bytes)
  else reply.bulk(value.text)
}

/** Numbers while both are exact, 64-bit integers beyond. */
function increment(db: Database, args: Args, amount: number | bigint, reply: ReplyWriter): void {
  if (typeof amount === 'number' && incrementPacked(db, args, amount, reply)) return
  const key = args.text(1)
  const value = db.edit(key, StringValue)
  if (value !== undefined && value.size > INTEGER_MAX) throw NOT_INTEGER
  const text = value?.text ?? '0'
  const current = parseInteger(text)
  if (current === undefined) throw NOT_INTEGER
  let sum: number | bigint
  if (typeof amount === 'number' && Number.isSafeInteger(current + amount)) {
    // A current value that is not exact gives no safe sum, unless it is just beyond the limit.
    sum = Number.isSafeInteger(current) ? current + amount : BigInt(text) + BigInt(amount)
  } else {
    sum = BigInt(text) + BigInt(amount)
    if (sum > MAX_INT64 || sum < MIN_INT64) throw err('increment or decrement would overflow')
  }
  ;(value ?? db.open(key, StringValue)).set(`${sum}`)
  db.changed(key, 'incrby')
  reply.integer(sum)
}

/** The same where a small number is packed, or nothing is stored; false if nothing was done. */
function incrementPacked(db: Database, args: Args, amount: number, reply: ReplyWriter): boolean {
  const entry = db.packed.edit(args, 1)
  if (entry < 0) return false
  const current =
    entry === 0 ? 0 : readInteger(db.packed.bytes, db.packed.start(entry), db.packed.end(entry))
  if (current === undefined || !Number.isSafeInteger(current + amount)) return false
  if (!db.packed.putNumber(args, 1, entry, current + amount)) return false
  reply.integer(current + amount)
  return true
}

function checkLength({ isObeyed, server }: Client, length: number): void {
  if (length > (isObeyed ? BLOCK_MAX : server.parserLimits.bulkMax)) throw STRING_TOO_LONG
}

// ---- LCS ---------------------------------------------------------------------------------------

const NO_BYTES = Buffer.alloc(0)

function isStringOrAbsent(value: Value | undefined): value is StringValue | undefined {
  return value === undefined || value instanceof StringValue
}

function replyMatch(reply: ReplyWriter, match: Match, withLength: boolean): void {
  reply.array(withLength ? 3 : 2)
  for (const start of [match.a, match.b]) {
    reply.array(2)
    reply.integer(start)
    reply.integer(start + match.length - 1)
  }
  if (withLength) reply.integer(match.length)
}
