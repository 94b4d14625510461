// Lists, and the commands that wait for one.

import type { Args } from '../resp3/args.ts'
import {
  err,
  INDEX_OUT_OF_RANGE,
  MUST_BE_POSITIVE,
  NO_SUCH_KEY,
  SYNTAX,
  WRONG_ARITY,
} from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'// Lists, and the clients that wait for them.
//
// A blocking command is its plain one and a wait: it looks, and if there is nothing it calls
// client.waitFor(); when a key changes the same function looks again. LMOVE and its kin push before
// they report the pop, as Redis does, so that keyspace events come in its order.

import type { Args } from '../resp3/args.ts'
import {
  err,
  INDEX_OUT_OF_RANGE,
  MUST_BE_POSITIVE,
  NO_SUCH_KEY,
  SYNTAX,
  WRONG_ARITY,
} from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family } from '../server/command.ts'
import { readTimeoutSeconds, readTimeoutSeconds } from '../server/timeout.ts'
import type { Database, Database } from '../store/database.ts'
import { type End, type End, ListValue, ListValue } from '../store/list.ts'

export const list = family('list', 'list', {
  blmove: {
    arity: 6,
    flags: 'write denyoom blocking',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '6.2.0',
    run: blmove,
    run: blmove,
  },
  blmpop: {
    arity: -5,
    flags: 'write blocking',
    keys: 'RW access delete 2#',
    since: '7.0.0',
    run: blmpop,
    run: blmpop,
  },
  blpop: {
    arity: -3,
    flags: 'write blocking',
    keys: 'RW access delete 1..-2',
    since: '2.0.0',
    run: blpop,
    run: blpop,
  },
  brpop: {
    arity: -3,
    flags: 'write blocking',
    keys: 'RW access delete 1..-2',
    since: '2.0.0',
    run: brpop,
    run: brpop,
  },
  brpoplpush: {
    arity: 4,
    flags: 'write denyoom blocking',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '2.2.0',
    run: brpoplpush,
    run: brpoplpush,
  },
  lindex: { arity: 3, flags: 'readonly', keys: 'RO access 1', since: '1.0.0', run: lindex, run: lindex },
  linsert: { arity: 5, flags: 'write denyoom', keys: 'RW insert 1', since: '2.2.0', run: linsert, run: linsert },
  llen: { arity: 2, flags: 'readonly fast', keys: 'RO 1', since: '1.0.0', run: llen, run: llen },
  lmove: {
    arity: 5,
    flags: 'write denyoom',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '6.2.0',
    run: lmove,
    run: lmove,
  },
  lmpop: { arity: -4, flags: 'write', keys: 'RW access delete 1#', since: '7.0.0', run: lmpop, run: lmpop },
  lpop: { arity: -2, flags: 'write fast', keys: 'RW access delete 1', since: '1.0.0', run: lpop, run: lpop },
  lpos: { arity: -3, flags: 'readonly', keys: 'RO access 1', since: '6.0.6', run: lpos, run: lpos },
  lpush: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '1.0.0',
    run: lpush,
    run: lpush,
  },
  lpushx: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '2.2.0',
    run: lpushx,
    run: lpushx,
  },
  lrange: { arity: 4, flags: 'readonly', keys: 'RO access 1', since: '1.0.0', run: lrange, run: lrange },
  lrem: { arity: 4, flags: 'write', keys: 'RW delete 1', since: '1.0.0', run: lrem, run: lrem },
  lset: { arity: 4, flags: 'write denyoom', keys: 'RW update 1', since: '1.0.0', run: lset, run: lset },
  ltrim: { arity: 4, flags: 'write', keys: 'RW delete 1', since: '1.0.0', run: ltrim, run: ltrim },
  rpop: { arity: -2, flags: 'write fast', keys: 'RW access delete 1', since: '1.0.0', run: rpop, run: rpop },
  rpoplpush: {
    arity: 3,
    flags: 'write denyoom',
    keys: ['RW access delete 1', 'RW insert 2'],
    since: '1.2.0',
    run: rpoplpush,
    run: rpoplpush,
  },
  rpush: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '1.0.0',
    run: rpush,
    run: rpush,
  },
  rpushx: {
    arity: -3,
    flags: 'write denyoom fast',
    keys: 'RW insert 1',
    since: '2.2.0',
    run: rpushx,
    run: rpushx,
  },
})

// ---- Adding -------------------------------------------------------------------------------------

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
  const element = args.text(4)
  list.expect([element])
  const index = indexOf(list, args.text(3))
  if (index < 0) {
    reply.integer(-1)
    return
  }
  list.insert(isAfter ? index + 1 : index, element)
  db.changed(key, 'linsert')
  reply.integer(list.size)
}

function indexOf(list: ListValue, element: string): number {
  let index = 0
  for (const one of list) {
    if (one === element) return index
    index++
  }
  return -1
}

function lset({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) throw NO_SUCH_KEY
  const index = args.integer(2)
  const element = args.text(3)
  list.expect([element])
  if (!list.set(index, element)) throw INDEX_OUT_OF_RANGE
  db.changed(key, 'lset')
  reply.ok()
}

// ---- Reading ------------------------------------------------------------------------------------

function llen({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), ListValue)?.size ?? 0)
}

function lindex({ db }: Client, args: Args, reply: ReplyWriter): void {
  const list = db.read(args.text(1), ListValue)
  if (list === undefined) reply.null()
  else reply.bulkOrNull(list.at(args.integer(2)))
}

function lrange({ db }: Client, args: Args, reply: ReplyWriter): void {
  const start = args.integer(2)
  const end = args.integer(3)
  const list = db.read(args.text(1), ListValue)
  const range = list && within(list, start, end)
  if (list === undefined || range === undefined) {
    reply.array(0)
    return
  }
  reply.array(range.end - range.start + 1)
  for (let i = range.start; i <= range.end; i++) reply.bulk(list.at(i) as string)
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
    else if (args.is(i, 'COUNT')) count = readNonNegative(args, i + 1, 'COUNT')
    else if (args.is(i, 'MAXLEN')) maxLength = readNonNegative(args, i + 1, 'MAXLEN')
    else throw SYNTAX
  }
  return { rank, count, maxLength }
}

const RANK_ZERO = err(
  "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use " +
    'negative to start from the end of the list',
)
const RANK_OUT_OF_RANGE = err(
  'value is out of range, value must between -9223372036854775807 and 9223372036854775807',
)

function readRank(args: Args, i: number): number {
  if (args.int64(i) === -(2n ** 63n)) throw RANK_OUT_OF_RANGE
  const rank = args.integer(i)
  if (rank === 0) throw RANK_ZERO
  return rank
}

function readNonNegative(args: Args, i: number, name: string): number {
  const value = args.integer(i, err(`${name} can't be negative`))
  if (value < 0) throw err(`${name} can't be negative`)
  return value
}

function findPositions(list: ListValue, element: string, search: PositionSearch): number[] {
  const { rank, count = 1, maxLength } = search
  const positions: number[] = []
  const steps = maxLength === 0 ? list.size : Math.min(maxLength, list.size)
  let matches = 0
  for (let step = 0; step < steps; step++) {
    const index = rank > 0 ? step : list.size - 1 - step
    if (list.at(index) !== element || ++matches < Math.abs(rank)) continue
    positions.push(index)
    if (count > 0 && positions.length >= count) break
  }
  return positions
}

// ---- Removing -----------------------------------------------------------------------------------

function lrem({ db }: Client, args: Args, reply: ReplyWriter): void {
  const count = args.integer(2)
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  const removed = list?.remove(args.text(3), count) ?? 0
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

function pop({ db }: Client, args: Args, reply: ReplyWriter, end: End): void {
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
    reply.bulks(takeMany(db, key, list, end, count))
  }
}

function take(db: Database, key: string, list: ListValue, end: End): string {
  const element = list.pop(end)
  db.changed(key, end === 'left' ? 'lpop' : 'rpop')
  db.removeIfEmpty(key, list)
  return element
}

function takeMany(db: Database, key: string, list: ListValue, end: End, count: number): string[] {
  const elements: string[] = []
  while (elements.length < count && list.size > 0) elements.push(list.pop(end))
  if (elements.length === 0) return elements
  db.changed(key, end === 'left' ? 'lpop' : 'rpop', elements.length)
  db.removeIfEmpty(key, list)
  return elements
}

// ---- Moving -------------------------------------------------------------------------------------

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

// ---- Popping from the first of several lists ----------------------------------------------------

interface MultiPop {
  readonly keys: readonly string[]
  readonly end: End
  readonly count: number
}

function readMultiPop(args: Args, at: number): MultiPop {
  const tooFew = err('numkeys should be greater than 0')
  const keyCount = args.integerBetween(at, 1, Number.POSITIVE_INFINITY, tooFew)
  const endAt = at + keyCount + 1
  if (endAt >= args.count) throw SYNTAX
  const end = readEnd(args, endAt)
  let count: number | undefined
  for (let i = endAt + 1; i < args.count; i += 2) {
    if (count !== undefined || !args.is(i, 'COUNT') || i + 1 >= args.count) throw SYNTAX
    const noCount = err('count should be greater than 0')
    count = args.integerBetween(i + 1, 1, Number.POSITIVE_INFINITY, noCount)
  }
  return { keys: args.texts(at + 1).slice(0, keyCount), end, count: count ?? 1 }
}

function lmpop({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (!popFirst(db, readMultiPop(args, 1), reply)) reply.nullArray()
}

function blmpop(client: Client, args: Args, reply: ReplyWriter): void {
  const pop = readMultiPop(args, 2)
  const timeoutMs = readTimeoutSeconds(args, 1)
  if (popFirst(client.db, pop, reply)) return
  client.waitFor({ keys: pop.keys, type: 'list', timeoutMs, onTimeout: answerNullArray })
}

/** Pops from the first list that is there: its key and the elements. False if none is. */
function popFirst(db: Database, { keys, end, count }: MultiPop, reply: ReplyWriter): boolean {
  for (const key of keys) {
    const list = db.edit(key, ListValue)
    if (list === undefined) continue
    reply.array(2)
    reply.bulk(key)
    reply.bulks(takeMany(db, key, list, end, count))
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
  const keys = args.texts(1).slice(0, -1)
  for (const key of keys) {
    const list = client.db.edit(key, ListValue)
    if (list === undefined) continue
    reply.array(2)
    reply.bulk(key)
    reply.bulk(take(client.db, key, list, end))
    return
  }
  client.waitFor({ keys, type: 'list', timeoutMs, onTimeout: answerNullArray })
}

function blmove(client: Client, args: Args, reply: ReplyWriter): void {
  const from = readEnd(args, 3)
  const to = readEnd(args, 4)
  blockingMove(client, args, reply, from, to, readTimeoutSeconds(args, 5))
}

function brpoplpush(client: Client, args: Args, reply: ReplyWriter): void {
  blockingMove(client, args, reply, 'right', 'left', readTimeoutSeconds(args, 3))
}

function blockingMove(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  from: End,
  to: End,
  timeoutMs: number,
): void {
  const key = args.text(1)
  const element = move(client, key, args.text(2), from, to)
  if (element !== undefined) {
    reply.bulk(element)
    return
  }
  client.waitFor({ keys: [key], type: 'list', timeoutMs, onTimeout: late => late.null() })
}

function answerNullArray(late: ReplyWriter): void {
  late.nullArray()
}

const MIN_INT64 = -(2n ** 63n)
const OUT_OF_LONG_RANGE = err(
  'value is out of range, value must between -9223372036854775807 and 9223372036854775807',
)
const RANK_IS_ZERO = err(
  "RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
    'or use negative to start from the end of the list',
)
const NEGATIVE_COUNT = err("COUNT can't be negative")
const NEGATIVE_MAXLEN = err("MAXLEN can't be negative")
const NO_NUMKEYS = err('numkeys should be greater than 0')
const NO_COUNT = err('count should be greater than 0')

function blmove(client: Client, args: Args, reply: ReplyWriter): void {
  const from = readEnd(args, 3)
  const to = readEnd(args, 4)
  moveOrWait(client, args, reply, { from, to, timeoutMs: readTimeoutSeconds(args, 5) })
}

function blmpop(client: Client, args: Args, reply: ReplyWriter): void {
  const { keys, end, count } = readMultiPop(args, 2)
  const timeoutMs = readTimeoutSeconds(args, 1)
  if (popFirst(client.db, keys, end, count, reply)) return
  client.waitFor({ keys, type: 'list', timeoutMs, onTimeout: answer => answer.nullArray() })
}

function blpop(client: Client, args: Args, reply: ReplyWriter): void {
  popOrWait(client, args, reply, 'left')
}

function brpop(client: Client, args: Args, reply: ReplyWriter): void {
  popOrWait(client, args, reply, 'right')
}

function brpoplpush(client: Client, args: Args, reply: ReplyWriter): void {
  const timeoutMs = readTimeoutSeconds(args, 3)
  moveOrWait(client, args, reply, { from: 'right', to: 'left', timeoutMs })
}

function lindex({ db }: Client, args: Args, reply: ReplyWriter): void {
  const list = db.read(args.text(1), ListValue)
  if (list === undefined) reply.null()
  else reply.bulkOrNull(list.at(args.integer(2)))
}

function linsert({ db }: Client, args: Args, reply: ReplyWriter): void {
  const after = args.is(2, 'AFTER')
  if (!after && !args.is(2, 'BEFORE')) throw SYNTAX
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) {
    reply.integer(0)
  } else if (list.insert(args.text(3), args.text(4), after)) {
    db.changed(key, 'linsert')
    reply.integer(list.size)
  } else {
    reply.integer(-1)
  }
}

function llen({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), ListValue)?.size ?? 0)
}

function lmove({ db }: Client, args: Args, reply: ReplyWriter): void {
  const from = readEnd(args, 3)
  const to = readEnd(args, 4)
  reply.bulkOrNull(move(db, args.text(1), args.text(2), from, to))
}

function lmpop({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { keys, end, count } = readMultiPop(args, 1)
  if (!popFirst(db, keys, end, count, reply)) reply.nullArray()
}

function lpop({ db }: Client, args: Args, reply: ReplyWriter): void {
  pop(db, args, reply, 'left')
}

function lpos({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { rank, count, maxLength } = readPositionOptions(args)
  const list = db.read(args.text(1), ListValue)
  const wanted = count ?? 1
  const found = list === undefined ? [] : positions(list, args.text(2), rank, wanted, maxLength)
  if (count === undefined) {
    if (found[0] === undefined) reply.null()
    else reply.integer(found[0])
    return
  }
  reply.array(found.length)
  for (const position of found) reply.integer(position)
}

function lpush(client: Client, args: Args, reply: ReplyWriter): void {
  push(client.db, args, reply, 'left')
}

function lpushx(client: Client, args: Args, reply: ReplyWriter): void {
  pushIfExists(client.db, args, reply, 'left')
}

function lrange({ db }: Client, args: Args, reply: ReplyWriter): void {
  const start = args.integer(2)
  const stop = args.integer(3)
  const list = db.read(args.text(1), ListValue)
  if (list === undefined) {
    reply.array(0)
    return
  }
  const { first, count } = clip(start, stop, list.size)
  reply.bulks(list.range(first, count))
}

function lrem({ db }: Client, args: Args, reply: ReplyWriter): void {
  const count = readLong(args, 2)
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  const removed =
    list?.removeEqual(args.text(3), Math.abs(count), count < 0 ? 'right' : 'left') ?? 0
  if (list !== undefined && removed > 0) shrunk(db, key, list, 'lrem', removed)
  reply.integer(removed)
}

function lset({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) throw NO_SUCH_KEY
  if (!list.set(args.integer(2), args.text(3))) throw INDEX_OUT_OF_RANGE
  db.changed(key, 'lset')
  reply.ok()
}

function ltrim({ db }: Client, args: Args, reply: ReplyWriter): void {
  const start = args.integer(2)
  const stop = args.integer(3)
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list !== undefined) {
    const before = list.size
    const { first, count } = clip(start, stop, before)
    list.removeRange(first + count, before - first - count)
    list.removeRange(0, first)
    shrunk(db, key, list, 'ltrim', before - count)
  }
  reply.ok()
}

function rpop({ db }: Client, args: Args, reply: ReplyWriter): void {
  pop(db, args, reply, 'right')
}

function rpoplpush({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.bulkOrNull(move(db, args.text(1), args.text(2), 'right', 'left'))
}

function rpush(client: Client, args: Args, reply: ReplyWriter): void {
  push(client.db, args, reply, 'right')
}

function rpushx(client: Client, args: Args, reply: ReplyWriter): void {
  pushIfExists(client.db, args, reply, 'right')
}

// ---- Pushing -------------------------------------------------------------------------------------

function push(db: Database, args: Args, reply: ReplyWriter, end: End): void {
  const key = args.text(1)
  const list = db.open(key, ListValue)
  list.push(args.texts(2), end)
  db.changed(key, end === 'left' ? 'lpush' : 'rpush', args.count - 2)
  reply.integer(list.size)
}

function pushIfExists(db: Database, args: Args, reply: ReplyWriter, end: End): void {
  if (db.edit(args.text(1), ListValue) === undefined) reply.integer(0)
  else push(db, args, reply, end)
}

// ---- Popping -------------------------------------------------------------------------------------

function pop(db: Database, args: Args, reply: ReplyWriter, end: End): void {
  if (args.count > 3) throw WRONG_ARITY
  const count =
    args.count === 3 ? args.integerBetween(2, 0, Infinity, MUST_BE_POSITIVE) : undefined
  const key = args.text(1)
  const list = db.edit(key, ListValue)
  if (list === undefined) {
    if (count === undefined) reply.null()
    else reply.nullArray()
  } else if (count === undefined) {
    reply.bulk(popOne(db, key, list, end))
  } else {
    reply.bulks(popMany(db, key, list, end, count))
  }
}

function popOne(db: Database, key: string, list: ListValue, end: End): string {
  const value = list.pop(end) as string
  shrunk(db, key, list, popEvent(end), 1)
  return value
}

/** The values in the order in which they leave the list. */
function popMany(db: Database, key: string, list: ListValue, end: End, max: number): string[] {
  const count = Math.min(max, list.size)
  if (count === 0) return []
  const start = end === 'left' ? 0 : list.size - count
  const values = list.range(start, count)
  list.removeRange(start, count)
  shrunk(db, key, list, popEvent(end), count)
  return end === 'left' ? values : values.reverse()
}

/** Pops from the first key that has a list, and answers with the key and the values. */
function popFirst(
  db: Database,
  keys: readonly string[],
  end: End,
  count: number,
  reply: ReplyWriter,
): boolean {
  for (const key of keys) {
    const list = db.edit(key, ListValue)
    if (list === undefined) continue
    reply.array(2)
    reply.bulk(key)
    reply.bulks(popMany(db, key, list, end, count))
    return true
  }
  return false
}

function popOrWait(client: Client, args: Args, reply: ReplyWriter, end: End): void {
  const timeoutMs = readTimeoutSeconds(args, args.count - 1)
  const keys = args.texts(1).slice(0, -1)
  for (const key of keys) {
    const list = client.db.edit(key, ListValue)
    if (list === undefined) continue
    reply.bulks([key, popOne(client.db, key, list, end)])
    return
  }
  client.waitFor({ keys, type: 'list', timeoutMs, onTimeout: answer => answer.nullArray() })
}

/** What is to be done once elements have left a list: also when they were the last. */
function shrunk(db: Database, key: string, list: ListValue, event: string, count: number): void {
  list.shrink()
  db.changed(key, event, count)
  db.removeIfEmpty(key, list)
}

function popEvent(end: End): string {
  return end === 'left' ? 'lpop' : 'rpop'
}

// ---- Moving --------------------------------------------------------------------------------------

/** Undefined if there is no source; nothing has changed then. */
function move(
  db: Database,
  source: string,
  destination: string,
  from: End,
  to: End,
): string | undefined {
  const list = db.edit(source, ListValue)
  if (list === undefined) return undefined
  // The destination must be a list, or nothing, before anything is popped.
  db.edit(destination, ListValue)
  const value = list.pop(from) as string
  db.open(destination, ListValue).push([value], to)
  db.changed(destination, to === 'left' ? 'lpush' : 'rpush', 0)
  shrunk(db, source, list, popEvent(from), 1)
  return value
}

function moveOrWait(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  { from, to, timeoutMs }: { from: End; to: End; timeoutMs: number },
): void {
  const source = args.text(1)
  const value = move(client.db, source, args.text(2), from, to)
  if (value !== undefined) {
    reply.bulk(value)
  } else if (client.mayNotBlock) {
    // Unlike the other blocking commands, and unlike a time-out, this is the null of a string.
    reply.null()
  } else {
    client.waitFor({
      keys: [source],
      type: 'list',
      timeoutMs,
      onTimeout: answer => answer.nullArray(),
    })
  }
}

// ---- Searching -----------------------------------------------------------------------------------

/** Where a value is, counted from the left end; found from the end that the rank's sign names. */
function positions(
  list: ListValue,
  value: string,
  rank: number,
  count: number,
  maxLength: number,
): number[] {
  const found: number[] = []
  let toSkip = Math.abs(rank) - 1
  list.walk(rank < 0 ? 'right' : 'left', (candidate, distance) => {
    if (maxLength > 0 && distance >= maxLength) return false
    if (candidate !== value) return true
    if (toSkip > 0) {
      toSkip--
      return true
    }
    found.push(rank < 0 ? list.size - 1 - distance : distance)
    return found.length !== count
  })
  return found
}

// ---- Reading the arguments -----------------------------------------------------------------------

function readEnd(args: Args, i: number): End {
  if (args.is(i, 'LEFT')) return 'left'
  if (args.is(i, 'RIGHT')) return 'right'
  throw SYNTAX
}

/** Any 64-bit integer but the lowest, whose magnitude does not fit. */
function readLong(args: Args, i: number): number {
  const value = args.int64(i)
  if (value === MIN_INT64) throw OUT_OF_LONG_RANGE
  return Number(value)
}

interface MultiPop {
  readonly keys: readonly string[]
  readonly end: End
  readonly count: number
}

/** LMPOP and BLMPOP: the number of keys at `i`, the keys, LEFT or RIGHT, and perhaps COUNT. */
function readMultiPop(args: Args, i: number): MultiPop {
  const keyCount = args.integerBetween(i, 1, Infinity, NO_NUMKEYS)
  const endAt = i + keyCount + 1
  if (endAt >= args.count) throw SYNTAX
  const end = readEnd(args, endAt)
  let count: number | undefined
  for (let at = endAt + 1; at < args.count; at += 2) {
    if (count !== undefined || !args.is(at, 'COUNT') || at + 1 === args.count) throw SYNTAX
    count = args.integerBetween(at + 1, 1, Infinity, NO_COUNT)
  }
  return { keys: args.texts(i + 1).slice(0, keyCount), end, count: count ?? 1 }
}

interface PositionOptions {
  readonly rank: number
  /** 0: all; undefined: one, and the reply is not an array. */
  readonly count: number | undefined
  /** How many elements are looked at; 0: all. */
  readonly maxLength: number
}

function readPositionOptions(args: Args): PositionOptions {
  let rank = 1
  let count: number | undefined
  let maxLength = 0
  for (let i = 3; i < args.count; i += 2) {
    if (i + 1 === args.count) throw SYNTAX
    if (args.is(i, 'RANK')) {
      rank = readLong(args, i + 1)
      if (rank === 0) throw RANK_IS_ZERO
    } else if (args.is(i, 'COUNT')) {
      count = args.integerBetween(i + 1, 0, Infinity, NEGATIVE_COUNT)
    } else if (args.is(i, 'MAXLEN')) {
      maxLength = args.integerBetween(i + 1, 0, Infinity, NEGATIVE_MAXLEN)
    } else {
      throw SYNTAX
    }
  }
  return { rank, count, maxLength }
}

/** The part of a list between two indexes, negative ones counted from the right end. */
function clip(start: number, stop: number, size: number): { first: number; count: number } {
  const first = Math.max(0, start < 0 ? size + start : start)
  const last = Math.min(size - 1, stop < 0 ? size + stop : stop)
  return first > last ? { first: size, count: 0 } : { first, count: last - first + 1 }
}
