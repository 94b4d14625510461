// Sets, and what can be made of several: intersections, unions and differences.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { err, MUST_BE_POSITIVE, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { SetValue } from '../store/set.ts'
import { difference, intersect, intersection, union } from '../store/set-operation.ts'
import { SET } from '../table/families/set.ts'
import { pickPositions, readSampleCount, writePicked } from './sample.ts'
import { readCursor, readScanOptions, writeScan } from './scan.ts'

export const set = handlers(SET, {
  sadd,
  scard,
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
  sunion,
  sunionstore,
})

function sadd({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const count = args.count - 2
  const set = db.edit(key, SetValue) ?? create(db, key, args.text(2), count)
  set.expect(count)
  let added = 0
  for (let i = 2; i < args.count; i++) if (set.addWord(args, i)) added++
  if (added > 0) db.changed(key, 'sadd', added)
  reply.integer(added)
}

function scard({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), SetValue)?.size ?? 0)
}

function sdiff({ db }: Client, args: Args, reply: ReplyWriter): void {
  writeSet(reply, difference(db.keyspace.limits, readSets(db, args.texts(1))))
}

function sdiffstore({ db }: Client, args: Args, reply: ReplyWriter): void {
  const result = difference(db.keyspace.limits, readSets(db, args.texts(2)))
  store(db, args.text(1), result, 'sdiffstore', reply)
}

function sinter({ db }: Client, args: Args, reply: ReplyWriter): void {
  const members = [...intersect(readSets(db, args.texts(1)))]
  reply.set(members.length)
  for (const member of members) reply.bulk(member)
}

function sintercard({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { keys, limit } = readIntercard(args)
  let count = 0
  for (const _ of intersect(readSets(db, keys))) if (++count === limit) break
  reply.integer(count)
}

function sinterstore({ db }: Client, args: Args, reply: ReplyWriter): void {
  const result = intersection(db.keyspace.limits, readSets(db, args.texts(2)))
  store(db, args.text(1), result, 'sinterstore', reply)
}

function sismember({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), SetValue)?.hasWord(args, 2) ? 1 : 0)
}

function smembers(client: Client, args: Args, reply: ReplyWriter): void {
  sinter(client, args, reply)
}

function smismember({ db }: Client, args: Args, reply: ReplyWriter): void {
  const set = db.read(args.text(1), SetValue)
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) reply.integer(set?.has(args.text(i)) ? 1 : 0)
}

function smove({ db }: Client, args: Args, reply: ReplyWriter): void {
  const from = args.text(1)
  const to = args.text(2)
  const member = args.text(3)
  if (!db.has(from)) {
    reply.integer(0)
    return
  }
  const source = db.edit(from, SetValue)
  const target = db.edit(to, SetValue)
  if (source === target || !source?.remove(member)) {
    reply.integer(source?.has(member) ? 1 : 0)
    return
  }
  db.changed(from, 'srem')
  db.removeIfEmpty(from, source)
  if ((target ?? create(db, to, member, 1)).add(member)) db.changed(to, 'sadd')
  reply.integer(1)
}

function spop({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw SYNTAX
  const key = args.text(1)
  const count = args.count === 3 ? args.integerBetween(2, 0, Infinity, MUST_BE_POSITIVE) : undefined
  const set = db.edit(key, SetValue)
  if (set === undefined || count === 0) {
    if (count === undefined) reply.null()
    else reply.set(0)
    return
  }
  if (count === undefined) {
    const member = set.takeAt(db.keyspace.random.below(set.size))
    db.changed(key, 'spop')
    server.effects.instead(['SREM', key, member])
    reply.bulk(member)
  } else {
    server.heap.demand(Math.min(count, set.size))
    const popped = popMembers(db, set, count)
    db.changed(key, 'spop', popped.length)
    if (server.effects.isHeard) sayPopped(server, db, key, popped, set.size === 0)
    reply.set(popped.length)
    for (const member of popped) reply.bulk(member)
  }
  db.removeIfEmpty(key, set)
}

function srandmember(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw SYNTAX
  const { db } = client
  const { random } = db.keyspace
  const count = args.count === 3 ? readSampleCount(args, 2) : undefined
  const set = db.read(args.text(1), SetValue)
  if (count === undefined) {
    reply.bulkOrNull(set?.at(random.below(set.size)))
  } else if (set === undefined) {
    reply.array(0)
  } else {
    client.server.heap.demand(Math.min(count, set.size))
    const positions = pickPositions(random, set.size, count, set.encoding === 'listpack')
    reply.array(positions.length)
    writePicked(client, reply, positions, count, position => reply.bulk(set.at(position)))
  }
}

function srem({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const set = db.edit(key, SetValue)
  if (set === undefined) {
    reply.integer(0)
    return
  }
  let removed = 0
  for (let i = 2; i < args.count; i++) if (set.remove(args.text(i))) removed++
  if (removed > 0) {
    db.changed(key, 'srem', removed)
    db.removeIfEmpty(key, set)
  }
  reply.integer(removed)
}

function sscan({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const cursor = readCursor(args, 2)
  const set = db.read(args.text(1), SetValue)
  if (set === undefined) {
    writeScan(reply, 0, [])
    return
  }
  const { count, matches } = readScanOptions(args, 3, 'other')
  server.heap.demand(Math.min(count, set.size))
  const members: string[] = []
  const next = set.scan(cursor, count, member => {
    if (matches(member)) members.push(member)
  })
  writeScan(reply, next, members)
}

function sunion({ db }: Client, args: Args, reply: ReplyWriter): void {
  writeSet(reply, union(db.keyspace.limits, readSets(db, args.texts(1))))
}

function sunionstore({ db }: Client, args: Args, reply: ReplyWriter): void {
  const result = union(db.keyspace.limits, readSets(db, args.texts(2)))
  store(db, args.text(1), result, 'sunionstore', reply)
}

function create(db: Database, key: string, first: string, count: number): SetValue {
  const set = SetValue.toHold(db.keyspace.limits, first, count)
  db.put(key, set)
  return set
}

function readSets(db: Database, keys: readonly string[]): (SetValue | undefined)[] {
  return keys.map(key => db.read(key, SetValue))
}

function writeSet(reply: ReplyWriter, set: SetValue): void {
  reply.set(set.size)
  for (const member of set.members()) reply.bulk(member)
}

/** An empty result deletes the key. */
function store(
  db: Database,
  key: string,
  result: SetValue,
  event: string,
  reply: ReplyWriter,
): void {
  if (result.size > 0) {
    db.replace(key, result)
    db.changed(key, event)
  } else if (db.discard(key)) {
    db.changed(key, 'del')
  }
  reply.integer(result.size)
}

const NUMKEYS_TOO_SMALL = err('numkeys should be greater than 0')
const NUMKEYS_TOO_LARGE = err("Number of keys can't be greater than number of args")
const LIMIT_NEGATIVE = err("LIMIT can't be negative")

interface Intercard {
  readonly keys: readonly string[]
  /** 0 for none. */
  readonly limit: number
}

function readIntercard(args: Args): Intercard {
  const count = args.integerBetween(1, 1, Infinity, NUMKEYS_TOO_SMALL)
  if (count > args.count - 2) throw NUMKEYS_TOO_LARGE
  let limit = 0
  for (let i = 2 + count; i < args.count; i += 2) {
    if (!args.is(i, 'LIMIT') || i + 1 === args.count) throw SYNTAX
    limit = args.integerBetween(i + 1, 0, Infinity, LIMIT_NEGATIVE)
  }
  return { keys: args.texts(2, 2 + count), limit }
}

/** Of how many members one SREM speaks. */
const POPPED_AT_ONCE = 1024

function sayPopped(
  { effects }: RedisServer,
  db: Database,
  key: string,
  popped: readonly string[],
  isAll: boolean,
): void {
  if (isAll) {
    effects.instead([effects.deletion('lazyfree-lazy-server-del'), key])
    return
  }
  for (let at = 0; at < popped.length; at += POPPED_AT_ONCE) {
    effects.add(db, ['SREM', key, ...popped.slice(at, at + POPPED_AT_ONCE)])
  }
  effects.drop()
}

/** When hardly anything is left, Redis makes a new set of the rest, small again if it can be. */
const REST_FACTOR = 5

function popMembers(db: Database, set: SetValue, count: number): readonly string[] {
  if (count >= set.size) {
    // Redis answers the union of this one set, which orders its integers first if it can.
    const all = union(db.keyspace.limits, [set]).members()
    for (const member of all) set.remove(member)
    return all
  }
  const ordered = set.encoding === 'listpack'
  const positions = pickPositions(db.keyspace.random, set.size, count, ordered)
  const popped = Array.from(positions, position => set.at(position))
  const restIsSmall = (set.size - count) * REST_FACTOR <= count
  for (const member of popped) set.remove(member)
  if (restIsSmall) set.rebuild()
  return popped
}
