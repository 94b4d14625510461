// Lists, and the commands that wait for one.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import {
  err,
  INDEX_OUT_OF_RANGE,
  MUST_BE_POSITIVE,
  NO_SUCH_KEY,
  type ReplyError,
  SYNTAX,
  WRONG_ARITY,
} from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { ListValue } from '../store/list.ts'
import type { End } from '../store/list-node.ts'
import { LIST } from '../table/families/list.ts'
import { readTimeoutSeconds } from '../table/readers/timeout.ts'
import { type MultiPop, readMultiPop } from './multi-pop.ts'

export const list = handlers(LIST, {
  blmove,
  blmpop,
  blpop,
  brpop,
  brpoplpush,
  lindex,
  linsert,
  llen,
  lmove,
  lmpop,
  lpop,
  lpos,
  lpush,
  lpushx,
  lrange,
  lrem,
  lset,
  ltrim,
  rpop,
  rpoplpush,
  rpush,
  rpushx,
})

// ---- Adding ------------------------------------------------------------------------------------

function lpush(client: Client, args: Args, reply: ReplyWriter): void {
  push(client, args, reply, 'left', true)
}

function rpush(client: Client, args: Args, reply: ReplyWriter): void {
  push(client, args, reply, 'right', true)
}

function lpushx(client: Client, args: Args, reply: ReplyWriter): void {
  push(client, args, reply, 'left', false)
}

function rpushx(client: Client, args: Args, reply: ReplyWriter): void {
  push(client, args, reply, 'right', false)
}

function push({ db }: Client, args: Args, reply: ReplyWriter, end: End, creates: boolean): void {
  const key = args.text(1)
  const list = creates ? db.open(key, ListValue) : db.edit(key, ListValue)
  if (list === undefined) {
    reply.integer(0)
    return
  }
  const elements = args.texts(2)
  list.expect(elements)
  for (const element of elements) list.push(element, end)
  db.changed(key, end === 'left' ? 'lpush' : 'rpush', elements.length)
  reply.integer(list.size)
}

function linsert({ db }: Client, args: Args, reply: ReplyWriter): void {
  const isAfter = args.is(2, 'AFTER')
  if (!isAfter && !args.is(2, 'BEFORE')) throw SYNTAX
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) {
    reply.integer(0)
    return
  }
  if (!list.insert(args.text(3), args.text(4), isAfter)) {
    reply.integer(-1)
    return
  }
  db.changed(key, 'linsert')
  reply.integer(list.size)
}

function lset({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) throw NO_SUCH_KEY
  // Redis keeps this index, unlike those of the other commands, in 32 bits.
  const index = Number(BigInt.asIntN(32, args.int64(2)))
  if (!list.set(index, args.text(3))) throw INDEX_OUT_OF_RANGE
  db.changed(key, 'lset')
  reply.ok()
}

// ---- Reading -----------------------------------------------------------------------------------

function llen({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), ListValue)?.size ?? 0)
}

function lindex({ db }: Client, args: Args, reply: ReplyWriter): void {
  const list = db.read(args.text(1), ListValue)
  if (list === undefined) reply.null()
  else reply.bulkOrNull(list.at(args.integer(2)))
}

function lrange({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const start = args.integer(2)
  const end = args.integer(3)
  const list = db.read(args.text(1), ListValue)
  const range = list && within(list, start, end)
  if (list === undefined || range === undefined) {
    reply.array(0)
    return
  }
  server.heap.demand(range.end - range.start)
  reply.bulks(list.range(range.start, range.end))
}

/** Indexes from either end as indexes from the start, or undefined where they span nothing. */
function within(
  { size }: ListValue,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } | undefined {
  const from = Math.max(0, start < 0 ? size + start : start)
  const to = Math.min(size - 1, end < 0 ? size + end : end)
  return from > to ? undefined : { start: from, end: to }
}

interface PositionSearch {
  readonly rank: number
  /** Undefined: one position is asked for, and answered without a list. */
  readonly count: number | undefined
  readonly maxLength: number
}

function lpos({ db }: Client, args: Args, reply: ReplyWriter): void {
  const search = readPositionSearch(args)
  const list = db.read(args.text(1), ListValue)
  const positions = list === undefined ? [] : findPositions(list, args.text(2), search)
  if (search.count !== undefined) {
    reply.array(positions.length)
    for (const position of positions) reply.integer(position)
  } else if (positions[0] === undefined) {
    reply.null()
  } else {
    reply.integer(positions[0])
  }
}

function readPositionSearch(args: Args): PositionSearch {
  let rank = 1
  let count: number | undefined
  let maxLength = 0
  for (let i = 3; i < args.count; i += 2) {
    if (i + 1 >= args.count) throw SYNTAX
    if (args.is(i, 'RANK')) rank = readRank(args, i + 1)
    else if (args.is(i, 'COUNT')) count = readNonNegative(args, i + 1, COUNT_NEGATIVE)
    else if (args.is(i, 'MAXLEN')) maxLength = readNonNegative(args, i + 1, MAXLEN_NEGATIVE)
    else throw SYNTAX
  }
  return { rank, count, maxLength }
}

const RANK_ZERO = err(
  "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use " +
    'negative to start from the end of the list',
)
const LONG_OUT_OF_RANGE = err(
  'value is out of range, value must between -9223372036854775807 and 9223372036854775807',
)

const COUNT_NEGATIVE = err("COUNT can't be negative")
const MAXLEN_NEGATIVE = err("MAXLEN can't be negative")

function readRank(args: Args, i: number): number {
  const rank = readLong(args, i)
  if (rank === 0) throw RANK_ZERO
  return rank
}

/** Any 64-bit integer but the lowest, which has no counterpart above zero. */
function readLong(args: Args, i: number): number {
  if (args.int64(i) === -(2n ** 63n)) throw LONG_OUT_OF_RANGE
  return args.integer(i)
}

function readNonNegative(args: Args, i: number, otherwise: ReplyError): number {
  return args.integerBetween(i, 0, Number.POSITIVE_INFINITY, otherwise)
}

function findPositions(list: ListValue, element: string, search: PositionSearch): number[] {
  const { rank, count = 1, maxLength } = search
  const positions: number[] = []
  let matches = 0
  list.walk(rank > 0 ? 'left' : 'right', (candidate, distance) => {
    if (maxLength > 0 && distance >= maxLength) return false
    if (candidate === element && ++matches >= Math.abs(rank)) {
      positions.push(rank > 0 ? distance : list.size - 1 - distance)
    }
    return count === 0 || positions.length < count
  })
  return positions
}

// ---- Removing ----------------------------------------------------------------------------------

function lrem({ db }: Client, args: Args, reply: ReplyWriter): void {
  const count = readLong(args, 2)
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  const from = count < 0 ? 'right' : 'left'
  const removed = list?.remove(args.text(3), Math.abs(count), from) ?? 0
  if (list !== undefined && removed > 0) {
    db.changed(key, 'lrem', removed)
    db.removeIfEmpty(key, list)
  }
  reply.integer(removed)
}

function ltrim({ db }: Client, args: Args, reply: ReplyWriter): void {
  const start = args.integer(2)
  const end = args.integer(3)
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list !== undefined) {
    const range = within(list, start, end) ?? { start: 0, end: -1 }
    const removed = list.trim(range.start, range.end)
    db.changed(key, 'ltrim', removed)
    db.removeIfEmpty(key, list)
  }
  reply.ok()
}

function lpop(client: Client, args: Args, reply: ReplyWriter): void {
  pop(client, args, reply, 'left')
}

function rpop(client: Client, args: Args, reply: ReplyWriter): void {
  pop(client, args, reply, 'right')
}

function pop({ db, server }: Client, args: Args, reply: ReplyWriter, end: End): void {
  if (args.count > 3) throw WRONG_ARITY
  const count =
    args.count === 3
      ? args.integerBetween(2, 0, Number.POSITIVE_INFINITY, MUST_BE_POSITIVE)
      : undefined
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) {
    if (count === undefined) reply.null()
    else reply.nullArray()
  } else if (count === undefined) {
    reply.bulk(take(db, key, list, end))
  } else {
    server.heap.demand(Math.min(count, list.size))
    reply.bulks(takeMany(db, key, list, end, count))
  }
}

function take(db: Database, key: string, list: ListValue, end: End): string {
  const element = list.pop(end)
  list.shrink()
  db.changed(key, end === 'left' ? 'lpop' : 'rpop')
  db.removeIfEmpty(key, list)
  return element
}

function takeMany(db: Database, key: string, list: ListValue, end: End, count: number): string[] {
  const elements = list.popMany(end, count)
  if (elements.length === 0) return elements
  db.changed(key, end === 'left' ? 'lpop' : 'rpop', elements.length)
  db.removeIfEmpty(key, list)
  return elements
}

// ---- Moving ------------------------------------------------------------------------------------

function lmove(client: Client, args: Args, reply: ReplyWriter): void {
  const from = readEnd(args, 3)
  const to = readEnd(args, 4)
  reply.bulkOrNull(move(client, args.text(1), args.text(2), from, to))
}

function rpoplpush(client: Client, args: Args, reply: ReplyWriter): void {
  reply.bulkOrNull(move(client, args.text(1), args.text(2), 'right', 'left'))
}

/** The element that was moved, or undefined if the source is empty. */
function move(
  { db }: Client,
  sourceKey: string,
  targetKey: string,
  from: End,
  to: End,
): string | undefined {
  const source = db.edit(sourceKey, ListValue)
  if (source === undefined) return undefined
  db.edit(targetKey, ListValue)
  const element = source.pop(from)
  const target = db.open(targetKey, ListValue)
  target.expect([element])
  target.push(element, to)
  // Source and target may be the same list, so this comes last.
  source.shrink()
  db.changed(targetKey, to === 'left' ? 'lpush' : 'rpush')
  db.changed(sourceKey, from === 'left' ? 'lpop' : 'rpop', 0)
  db.removeIfEmpty(sourceKey, source)
  return element
}

function readEnd(args: Args, i: number): End {
  if (args.is(i, 'LEFT')) return 'left'
  if (args.is(i, 'RIGHT')) return 'right'
  throw SYNTAX
}

// ---- Popping from the first of several lists ---------------------------------------------------

function lmpop(client: Client, args: Args, reply: ReplyWriter): void {
  if (!popFirst(client, readMultiPop(args, 1, readEnd), reply)) reply.nullArray()
}

function blmpop(client: Client, args: Args, reply: ReplyWriter): void {
  const pop = readMultiPop(args, 2, readEnd)
  const timeoutMs = readTimeoutSeconds(args, 1)
  if (popFirst(client, pop, reply)) return
  client.waitFor(args, {
    for: 'keys',
    keys: pop.keys,
    type: 'list',
    timeoutMs,
    onTimeout: answerNullArray,
  })
}

/** Pops from the first list that is there: its key and the elements. False if none is. */
function popFirst(
  { db, server }: Client,
  { keys, end, count }: MultiPop<End>,
  reply: ReplyWriter,
): boolean {
  for (const key of keys) {
    const list = db.edit(key, ListValue)
    if (list === undefined) continue
    reply.array(2)
    reply.bulk(key)
    const elements = takeMany(db, key, list, end, count)
    server.effects.instead([popOf(end), key, String(elements.length)])
    reply.bulks(elements)
    return true
  }
  return false
}

function blpop(client: Client, args: Args, reply: ReplyWriter): void {
  blockingPop(client, args, reply, 'left')
}

function brpop(client: Client, args: Args, reply: ReplyWriter): void {
  blockingPop(client, args, reply, 'right')
}

function blockingPop(client: Client, args: Args, reply: ReplyWriter, end: End): void {
  const timeoutMs = readTimeoutSeconds(args, args.count - 1)
  const keys = args.texts(1, args.count - 1)
  for (const key of keys) {
    const list = client.db.edit(key, ListValue)
    if (list === undefined) continue
    reply.array(2)
    reply.bulk(key)
    const { effects } = client.server
    if (effects.isHeard) effects.instead([popOf(end), key])
    reply.bulk(take(client.db, key, list, end))
    return
  }
  client.waitFor(args, { for: 'keys', keys, type: 'list', timeoutMs, onTimeout: answerNullArray })
}

function blmove(client: Client, args: Args, reply: ReplyWriter): void {
  const from = readEnd(args, 3)
  const to = readEnd(args, 4)
  if (!blockingMove(client, args, reply, from, to, readTimeoutSeconds(args, 5))) return
  const { effects } = client.server
  if (effects.isHeard) effects.instead(['LMOVE', ...[1, 2, 3, 4].map(i => args.slice(i))])
}

function brpoplpush(client: Client, args: Args, reply: ReplyWriter): void {
  if (!blockingMove(client, args, reply, 'right', 'left', readTimeoutSeconds(args, 3))) return
  const { effects } = client.server
  if (effects.isHeard) effects.instead(['RPOPLPUSH', args.slice(1), args.slice(2)])
}

/** True if there was something to move. */
function blockingMove(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  from: End,
  to: End,
  timeoutMs: number,
): boolean {
  const key = args.text(1)
  const element = move(client, key, args.text(2), from, to)
  if (element !== undefined) {
    reply.bulk(element)
    return true
  }
  // Where it must not wait it answers with the null of a string; a time-out is that of an array.
  if (client.mayNotBlock) reply.null()
  else
    client.waitFor(args, {
      for: 'keys',
      keys: [key],
      type: 'list',
      timeoutMs,
      onTimeout: answerNullArray,
    })
  return false
}

/** The command that pops from an end without waiting. */
function popOf(end: End): 'LPOP' | 'RPOP' {
  return end === 'left' ? 'LPOP' : 'RPOP'
}

function answerNullArray(late: ReplyWriter): void {
  late.nullArray()
}
