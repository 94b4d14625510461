// Sorted sets. Members are added in sorted-set-add.ts and taken in sorted-set-pop.ts; ranges are
// read in sorted-set-range.ts, and unions and their like in sorted-set-operation.ts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { OUT_OF_RANGE, SYNTAX, WRONG_ARITY } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { type Element, SortedSetValue } from '../store/sorted-set.ts'
import { SORTED_SET } from '../table/families/sorted-set.ts'
import { formatDouble, formatDouble17 } from '../util/number.ts'
import { pickPositions, readSampleCount, writePicked } from './sample.ts'
import { readCursor, readScanOptions, writeScan } from './scan.ts'
import { add, readAddOptions } from './sorted-set-add.ts'
import {
  compute,
  countCommon,
  type Operation,
  type OperationQuery,
  readOperation,
} from './sorted-set-operation.ts'
import { bzmpop, bzpopmax, bzpopmin, tell, zmpop, zpopmax, zpopmin } from './sorted-set-pop.ts'
import { type RangeForm, readLexRange, readRange, readScoreRange } from './sorted-set-range.ts'
import { beginElements, writeElement, writeElements } from './sorted-set-reply.ts'

export const sortedSet = handlers(SORTED_SET, {
  bzmpop,
  bzpopmax,
  bzpopmin,
  zadd,
  zcard,
  zcount,
  zdiff,
  zdiffstore,
  zincrby,
  zinter,
  zintercard,
  zinterstore,
  zlexcount,
  zmpop,
  zmscore,
  zpopmax,
  zpopmin,
  zrandmember,
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zrank,
  zrem,
  zremrangebylex,
  zremrangebyrank,
  zremrangebyscore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
  zrevrank,
  zscan,
  zscore,
  zunion,
  zunionstore,
})

// ---- Adding ------------------------------------------------------------------------------------

function zadd({ db }: Client, args: Args, reply: ReplyWriter): void {
  const options = readAddOptions(args)
  const additions: Element[] = []
  for (let i = options.first; i < args.count; i += 2) {
    additions.push({ score: args.double(i), member: args.text(i + 1) })
  }
  const { added, updated, score } = add(db, args.text(1), additions, options)
  if (!options.increments) reply.integer(options.countsChanges ? added + updated : added)
  else writeScore(reply, score)
}

function zincrby({ db }: Client, args: Args, reply: ReplyWriter): void {
  // Read as ZADD is: an option in the place of the increment leaves too few words.
  readAddOptions(args)
  const addition = { score: args.double(2), member: args.text(3) }
  const { score } = add(db, args.text(1), [addition], { increments: true })
  writeScore(reply, score)
}

// ---- Removing ----------------------------------------------------------------------------------

function zrem({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const set = db.edit(key, SortedSetValue)
  let removed = 0
  if (set !== undefined) {
    for (let i = 2; i < args.count && set.size > 0; i++) if (set.remove(args.text(i))) removed++
    if (removed > 0) tell(db, key, set, 'zrem', removed)
  }
  reply.integer(removed)
}

function zremrangebyrank(client: Client, args: Args, reply: ReplyWriter): void {
  const start = args.integer(2)
  const stop = args.integer(3)
  removeRange(client, args, reply, 'zremrangebyrank', set => set.removeRange(start, stop))
}

function zremrangebyscore(client: Client, args: Args, reply: ReplyWriter): void {
  const range = readScoreRange(args, 2, 3)
  removeRange(client, args, reply, 'zremrangebyscore', set => set.removeRangeByScore(range))
}

function zremrangebylex(client: Client, args: Args, reply: ReplyWriter): void {
  const range = readLexRange(args, 2, 3)
  removeRange(client, args, reply, 'zremrangebylex', set => set.removeRangeByLex(range))
}

function removeRange(
  { db }: Client,
  args: Args,
  reply: ReplyWriter,
  event: string,
  remove: (set: SortedSetValue) => Element[],
): void {
  const key = args.text(1)
  const set = db.edit(key, SortedSetValue)
  const removed = set === undefined ? 0 : remove(set).length
  if (set !== undefined && removed > 0) tell(db, key, set, event, removed)
  reply.integer(removed)
}

// ---- Reading -----------------------------------------------------------------------------------

function zcard({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), SortedSetValue)?.size ?? 0)
}

function zscore({ db }: Client, args: Args, reply: ReplyWriter): void {
  writeScore(reply, db.read(args.text(1), SortedSetValue)?.score(args.text(2)))
}

function zmscore({ db }: Client, args: Args, reply: ReplyWriter): void {
  const set = db.read(args.text(1), SortedSetValue)
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) writeScore(reply, set?.score(args.text(i)))
}

function writeScore(reply: ReplyWriter, score: number | undefined): void {
  if (score === undefined) reply.null()
  else reply.double(score)
}

function zcount({ db }: Client, args: Args, reply: ReplyWriter): void {
  const range = readScoreRange(args, 2, 3)
  reply.integer(db.read(args.text(1), SortedSetValue)?.countByScore(range) ?? 0)
}

function zlexcount({ db }: Client, args: Args, reply: ReplyWriter): void {
  const range = readLexRange(args, 2, 3)
  reply.integer(db.read(args.text(1), SortedSetValue)?.countByLex(range) ?? 0)
}

function zrank(client: Client, args: Args, reply: ReplyWriter): void {
  answerRank(client, args, reply, false)
}

function zrevrank(client: Client, args: Args, reply: ReplyWriter): void {
  answerRank(client, args, reply, true)
}

function answerRank({ db }: Client, args: Args, reply: ReplyWriter, reverse: boolean): void {
  if (args.count > 4) throw WRONG_ARITY
  const withScore = args.count === 4
  if (withScore && !args.is(3, 'WITHSCORE')) throw SYNTAX
  const set = db.read(args.text(1), SortedSetValue)
  const member = args.text(2)
  const rank = set?.rank(member)
  if (set === undefined || rank === undefined) {
    if (withScore) reply.nullArray()
    else reply.null()
    return
  }
  if (withScore) reply.array(2)
  reply.integer(reverse ? set.size - 1 - rank : rank)
  if (withScore) reply.double(set.score(member) as number)
}

function zscan({ db }: Client, args: Args, reply: ReplyWriter): void {
  const cursor = readCursor(args, 2)
  const set = db.read(args.text(1), SortedSetValue)
  if (set === undefined) {
    writeScan(reply, 0, [])
    return
  }
  const options = readScanOptions(args, 3, 'other')
  // A listpack holds scores as texts already; others are printed in another way than in replies.
  const print = set.encoding === 'listpack' ? formatDouble : formatDouble17
  const items: string[] = []
  const next = set.scan(cursor, options.count, ({ member, score }) => {
    if (options.matches(member)) items.push(member, print(score))
  })
  writeScan(reply, next, items)
}

/** With scores the reply has twice as many elements, and their number has to stay in range too. */
const SCORED_SAMPLE_MAX = 2n ** 62n - 1n

function zrandmember(client: Client, args: Args, reply: ReplyWriter): void {
  const { db, server } = client
  if (args.count === 2) {
    const set = db.read(args.text(1), SortedSetValue)
    reply.bulkOrNull(set?.at(server.random.below(set.size)).member)
    return
  }
  const count = readSampleCount(args, 2)
  if (args.count > 4 || (args.count === 4 && !args.is(3, 'WITHSCORES'))) throw SYNTAX
  const withScores = args.count === 4
  const exact = args.int64(2)
  if (withScores && (exact > SCORED_SAMPLE_MAX || exact < -SCORED_SAMPLE_MAX)) throw OUT_OF_RANGE
  const set = db.read(args.text(1), SortedSetValue)
  if (set === undefined || count === 0) reply.array(0)
  // All of them come from the top, but a single one is picked in the way of repeated ones.
  else if (count > 1 && count >= set.size) writeElements(reply, set.range(0, -1, true), withScores)
  else writeSample(client, reply, set, count, withScores)
}

function writeSample(
  client: Client,
  reply: ReplyWriter,
  set: SortedSetValue,
  count: number,
  withScores: boolean,
): void {
  const isOrdered = set.encoding === 'listpack'
  const positions = pickPositions(client.server.random, set.size, count, isOrdered)
  beginElements(reply, positions.length, withScores)
  writePicked(client, reply, positions, count, position => {
    writeElement(reply, set.at(position), withScores)
  })
}

// ---- Ranges ------------------------------------------------------------------------------------

function zrange(client: Client, args: Args, reply: ReplyWriter): void {
  answerRange(client, args, reply, undefined, undefined)
}

function zrevrange(client: Client, args: Args, reply: ReplyWriter): void {
  answerRange(client, args, reply, 'rank', true)
}

function zrangebyscore(client: Client, args: Args, reply: ReplyWriter): void {
  answerRange(client, args, reply, 'score', false)
}

function zrevrangebyscore(client: Client, args: Args, reply: ReplyWriter): void {
  answerRange(client, args, reply, 'score', true)
}

function zrangebylex(client: Client, args: Args, reply: ReplyWriter): void {
  answerRange(client, args, reply, 'lex', false)
}

function zrevrangebylex(client: Client, args: Args, reply: ReplyWriter): void {
  answerRange(client, args, reply, 'lex', true)
}

function answerRange(
  { db }: Client,
  args: Args,
  reply: ReplyWriter,
  kind: RangeForm['kind'],
  reverse: RangeForm['reverse'],
): void {
  const query = readRange(args, 2, { kind, reverse, stores: false })
  const set = db.read(args.text(1), SortedSetValue)
  writeElements(reply, set === undefined ? [] : query.take(set), query.withScores)
}

function zrangestore({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const query = readRange(args, 3, { kind: undefined, reverse: undefined, stores: true })
  const source = db.read(args.text(2), SortedSetValue)
  const elements = source === undefined ? [] : query.take(source)
  const result = new SortedSetValue(server.keyspace.limits)
  result.expect(elements.length)
  for (const { member, score } of elements) result.set(member, score)
  store(db, args.text(1), result, 'zrangestore')
  reply.integer(result.size)
}

function store(db: Database, key: string, result: SortedSetValue, event: string): void {
  if (result.size > 0) {
    db.replace(key, result)
    db.changed(key, event)
  } else if (db.discard(key)) {
    db.changed(key, 'del')
  }
}

// ---- Union, intersection, difference -----------------------------------------------------------

function zunion(client: Client, args: Args, reply: ReplyWriter): void {
  answerOperation(client, args, reply, 'union')
}

function zinter(client: Client, args: Args, reply: ReplyWriter): void {
  answerOperation(client, args, reply, 'inter')
}

function zdiff(client: Client, args: Args, reply: ReplyWriter): void {
  answerOperation(client, args, reply, 'diff')
}

function answerOperation(
  { db, server }: Client,
  args: Args,
  reply: ReplyWriter,
  operation: Operation,
): void {
  const query = readOperation(db, args, 1, operation, 'answer', `z${operation}`)
  writeElements(reply, [...collect(server, operation, query)], query.withScores)
}

/** In the large encoding, as Redis collects it, which keeps the sign of zero. */
function collect(
  { keyspace }: RedisServer,
  operation: Operation,
  query: OperationQuery,
): SortedSetValue {
  const result = new SortedSetValue(keyspace.limits)
  result.becomeSkiplist()
  for (const [member, score] of compute(operation, query)) result.set(member, score)
  return result
}

function zunionstore(client: Client, args: Args, reply: ReplyWriter): void {
  storeOperation(client, args, reply, 'union')
}

function zinterstore(client: Client, args: Args, reply: ReplyWriter): void {
  storeOperation(client, args, reply, 'inter')
}

function zdiffstore(client: Client, args: Args, reply: ReplyWriter): void {
  storeOperation(client, args, reply, 'diff')
}

function storeOperation(
  { db, server }: Client,
  args: Args,
  reply: ReplyWriter,
  operation: Operation,
): void {
  const event = `z${operation}store`
  const query = readOperation(db, args, 2, operation, 'store', event)
  const result = collect(server, operation, query)
  result.chooseEncoding()
  store(db, args.text(1), result, event)
  reply.integer(result.size)
}

function zintercard({ db }: Client, args: Args, reply: ReplyWriter): void {
  const query = readOperation(db, args, 1, 'inter', 'count', 'zintercard')
  reply.integer(countCommon(query))
}
