// Hashes: a key holds fields with values, and since 7.4 a field may die before its key.
//
// A dead field is hidden from those who read values, who also remove it on the way; HLEN, HDEL and
// HEXPIRE take it as still being there, as Redis does.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err, NOT_FLOAT, OUT_OF_RANGE, SYNTAX, WRONG_ARITY } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { HashValue } from '../store/hash.ts'
import { HASH } from '../table/families/hash.ts'
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  parseLongDouble,
} from '../util/long-double.ts'
import { parseInt64 } from '../util/number.ts'
import {
  expectPairs,
  hexpire,
  hexpireat,
  hexpiretime,
  hgetdel,
  hgetex,
  hpersist,
  hpexpire,
  hpexpireat,
  hpexpiretime,
  hpttl,
  hsetex,
  httl,
} from './hash-fields.ts'
import { pickPositions, readSampleCount, writePicked } from './sample.ts'
import { readCursor, readScanOptions, writeScan } from './scan.ts'

export const hash = handlers(HASH, {
  hdel,
  hexists,
  hexpire,
  hexpireat,
  hexpiretime,
  hget,
  hgetall,
  hgetdel,
  hgetex,
  hincrby,
  hincrbyfloat,
  hkeys,
  hlen,
  hmget,
  hmset,
  hpersist,
  hpexpire,
  hpexpireat,
  hpexpiretime,
  hpttl,
  hrandfield,
  hscan,
  hset,
  hsetex,
  hsetnx,
  hstrlen,
  httl,
  hvals,
})

const VALUE_NOT_INTEGER = err('hash value is not an integer')
const VALUE_NOT_FLOAT = err('hash value is not a float')
const WOULD_OVERFLOW = err('increment or decrement would overflow')
const WOULD_BE_NAN = err('increment would produce NaN or Infinity')
const NAN_OR_INFINITY = err('value is NaN or Infinity')

function hdel({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const hash = db.edit(key, HashValue)
  if (hash === undefined) {
    reply.integer(0)
    return
  }
  let deleted = 0
  for (let i = 2; i < args.count; i++) if (hash.remove(args.text(i))) deleted++
  if (deleted > 0) {
    db.changed(key, 'hdel', deleted)
    db.removeIfEmpty(key, hash)
  }
  reply.integer(deleted)
}

function hexists(client: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(readField(client, args) === undefined ? 0 : 1)
}

function hget({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const hash = db.read(key, HashValue)
  const entry = hash?.findPacked(args, 2) ?? 0
  const packed = hash?.packed
  if (entry > 0 && packed !== undefined) {
    reply.bulkSlice(packed.bytes, packed.textStart(entry), packed.textEnd(entry))
  } else {
    reply.bulkOrNull(hash && db.liveField(key, hash, args.text(2)))
  }
}

function hgetall({ db }: Client, args: Args, reply: ReplyWriter): void {
  const hash = db.read(args.text(1), HashValue)
  const { deadUntil } = db.keyspace
  reply.map(hash?.countLive(deadUntil) ?? 0)
  hash?.eachLive(deadUntil, (field, value) => {
    reply.bulk(field)
    reply.bulk(value)
  })
}

function hincrby({ db }: Client, args: Args, reply: ReplyWriter): void {
  const increment = args.int64(3)
  const key = args.text(1)
  const field = args.text(2)
  const hash = db.edit(key, HashValue)
  const text = hash && db.liveField(key, hash, field)
  const old = text === undefined ? 0n : parseInt64(text)
  if (old === undefined) throw VALUE_NOT_INTEGER
  const sum = old + increment
  if (BigInt.asIntN(64, sum) !== sum) throw WOULD_OVERFLOW
  db.open(key, HashValue).set(field, sum.toString(), true)
  db.changed(key, 'hincrby')
  reply.integer(sum)
}

function hincrbyfloat({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const increment = parseLongDouble(args.text(3))
  if (increment === undefined) throw NOT_FLOAT
  if (isInfinite(increment)) throw NAN_OR_INFINITY
  const key = args.text(1)
  const field = args.text(2)
  const hash = db.edit(key, HashValue)
  const text = hash && db.liveField(key, hash, field)
  const old = parseLongDouble(text ?? '0')
  if (old === undefined) throw VALUE_NOT_FLOAT
  const sum = addLongDouble(old, increment)
  if (sum === 'nan' || isInfinite(sum)) throw WOULD_BE_NAN
  const result = formatLongDouble(sum)
  db.open(key, HashValue).set(field, result, true)
  db.changed(key, 'hincrbyfloat')
  if (server.effects.isHeard) server.effects.rewrite(args, { 0: 'HSET', 3: result })
  reply.bulk(result)
}

function hkeys({ db }: Client, args: Args, reply: ReplyWriter): void {
  const hash = db.read(args.text(1), HashValue)
  const { deadUntil } = db.keyspace
  reply.array(hash?.countLive(deadUntil) ?? 0)
  hash?.eachLive(deadUntil, field => reply.bulk(field))
}

function hlen({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), HashValue)?.size ?? 0)
}

function hmget({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const hash = db.read(key, HashValue)
  const { deadUntil } = db.keyspace
  let meetsDead = false
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) {
    const field = args.text(i)
    const isDead = hash?.isDead(field, deadUntil) ?? false
    if (isDead) meetsDead = true
    reply.bulkOrNull(isDead ? undefined : hash?.get(field))
  }
  if (hash !== undefined && meetsDead) db.expireFields(key, hash, args.texts(2))
}

function hmset(client: Client, args: Args, reply: ReplyWriter): void {
  setFields(client, args)
  reply.ok()
}

function hrandfield(client: Client, args: Args, reply: ReplyWriter): void {
  const { db } = client
  const key = args.text(1)
  const { random } = db.keyspace
  if (args.count === 2) {
    const hash = db.read(key, HashValue)
    if (hash === undefined || db.expireFields(key, hash)) reply.null()
    else reply.bulk(hash.at(random.below(hash.size))[0])
    return
  }
  const count = readSampleCount(args, 2)
  if (args.count > 4 || (args.count === 4 && !args.is(3, 'WITHVALUES'))) throw SYNTAX
  const withValues = args.count === 4
  if (withValues && Math.abs(count) >= 2 ** 62) throw OUT_OF_RANGE
  const hash = db.read(key, HashValue)
  if (hash === undefined || db.expireFields(key, hash) || count === 0) {
    reply.array(0)
    return
  }
  client.server.heap.demand(Math.min(count, hash.size))
  const positions = pickPositions(random, hash.size, count, hash.encoding !== 'hashtable')
  const pairs = withValues && reply.resp > 2
  reply.array(withValues && !pairs ? positions.length * 2 : positions.length)
  writePicked(client, reply, positions, count, position => {
    const [field, value] = hash.at(position)
    if (pairs) reply.array(2)
    reply.bulk(field)
    if (withValues) reply.bulk(value)
  })
}

function hscan({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const cursor = readCursor(args, 2)
  const hash = db.read(args.text(1), HashValue)
  if (hash === undefined) {
    writeScan(reply, 0, [])
    return
  }
  const { count, matches, noValues } = readScanOptions(args, 3, 'hash')
  server.heap.demand(Math.min(count, hash.size) * 2)
  const { deadUntil } = db.keyspace
  const items: string[] = []
  const next = hash.scan(cursor, count, (field, value) => {
    if (hash.isDead(field, deadUntil) || !matches(field)) return
    items.push(field)
    if (!noValues) items.push(value)
  })
  writeScan(reply, next, items)
}

function hset(client: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(setFields(client, args))
}

function hsetnx({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const field = args.text(2)
  const old = db.edit(key, HashValue)
  if (old !== undefined && db.liveField(key, old, field) !== undefined) {
    reply.integer(0)
    return
  }
  db.open(key, HashValue).set(field, args.text(3))
  db.changed(key, 'hset')
  reply.integer(1)
}

function hstrlen(client: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(readField(client, args)?.length ?? 0)
}

function hvals({ db }: Client, args: Args, reply: ReplyWriter): void {
  const hash = db.read(args.text(1), HashValue)
  const { deadUntil } = db.keyspace
  reply.array(hash?.countLive(deadUntil) ?? 0)
  hash?.eachLive(deadUntil, (_field, value) => reply.bulk(value))
}

function readField({ db }: Client, args: Args): string | undefined {
  const key = args.text(1)
  const hash = db.read(key, HashValue)
  return hash && db.liveField(key, hash, args.text(2))
}

/** Returns how many fields are new. */
function setFields({ db }: Client, args: Args): number {
  if (args.count % 2 !== 0) throw WRONG_ARITY
  const key = args.text(1)
  const pairs = (args.count - 2) / 2
  const hash = db.open(key, HashValue)
  expectPairs(hash, args, 2)
  let added = 0
  for (let i = 2; i < args.count; i += 2) if (hash.setWords(args, i, i + 1)) added++
  db.changed(key, 'hset', pairs)
  return added
}
