// Streams: entries that are added at the end, and readers that wait for them. Consumer groups are
// in consumer-group.ts and XINFO in stream-info.ts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import { Args } from '../resp3/args.ts'
import { err, NO_SUCH_KEY, SYNTAX, WRONG_ARITY } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { ConsumerGroup } from '../store/consumer-group.ts'
import type { Database } from '../store/database.ts'
import { type Entry, StreamValue } from '../store/stream.ts'
import {
  formatId,
  MAX_ID,
  MIN_ID,
  millisecondsOf,
  type StreamId,
  sequenceOf,
  streamId,
} from '../store/stream-id.ts'
import { STREAM } from '../table/families/stream.ts'
import { type ReadRequest, readRead } from '../table/readers/stream-read.ts'
import {
  xack,
  xautoclaim,
  xclaim,
  xgroupCreate,
  xgroupCreateconsumer,
  xgroupDelconsumer,
  xgroupDestroy,
  xgroupHelp,
  xgroupSetid,
  xpending,
} from './consumer-group.ts'
import {
  type AddRequest,
  noGroup,
  readAdd,
  readEnd,
  readId,
  readStart,
  readTrim,
  shownName,
  type TrimRequest,
} from './stream-arguments.ts'
import { sayClaimed, sayPosition } from './stream-effects.ts'
import { xinfoConsumers, xinfoGroups, xinfoHelp, xinfoStream } from './stream-info.ts'
import { writeEntries, writeEntry } from './stream-reply.ts'

export const stream = handlers(STREAM, {
  xack,
  xadd,
  xautoclaim,
  xclaim,
  xdel,
  'xgroup|create': xgroupCreate,
  'xgroup|createconsumer': xgroupCreateconsumer,
  'xgroup|delconsumer': xgroupDelconsumer,
  'xgroup|destroy': xgroupDestroy,
  'xgroup|help': xgroupHelp,
  'xgroup|setid': xgroupSetid,
  'xinfo|consumers': xinfoConsumers,
  'xinfo|groups': xinfoGroups,
  'xinfo|help': xinfoHelp,
  'xinfo|stream': xinfoStream,
  xlen,
  xpending,
  xrange,
  xread,
  xreadgroup,
  xrevrange,
  xsetid,
  xtrim,
})

const EXHAUSTED = err('The stream has exhausted the last possible ID, unable to add more items')
const ID_IS_ZERO = err('The ID specified in XADD must be greater than 0-0')
const ID_TOO_SMALL = err(
  'The ID specified in XADD is equal or smaller than the target stream top item',
)
const TOO_LARGE = err('Elements are too large to be stored')
const ENTRY_BYTES_MAX = 2 ** 30

// ---- Adding and removing -----------------------------------------------------------------------

function xadd({ db, server, isObeyed }: Client, args: Args, reply: ReplyWriter): void {
  const request = readAdd(args, db.keyspace.limits, isObeyed)
  const fields = args.texts(request.fieldsAt)
  if (fields.length === 0 || fields.length % 2 !== 0) throw WRONG_ARITY
  if (request.id === MIN_ID && request.hasSequence) throw ID_IS_ZERO
  const key = args.text(1)
  const existing = db.edit(key, StreamValue)
  if (existing === undefined && !request.createsStream) {
    reply.null()
    return
  }
  const id = nextId(existing?.last ?? MIN_ID, request, db.keyspace.now)
  if (fields.reduce((sum, { length }) => sum + length, 0) > ENTRY_BYTES_MAX) throw TOO_LARGE
  const stream = db.open(key, StreamValue)
  stream.append(id, fields)
  const trimmed = request.trim === undefined ? 0 : stream.trim(request.trim)
  db.changed(key, 'xadd')
  if (trimmed > 0) db.noted(key, 'xtrim', 0)
  if (server.effects.isHeard) sayAdded(server, args, stream, request, id)
  reply.bulk(formatId(id))
}

/** With the id that the entry got, and trimmed to what is left now. */
function sayAdded(
  { effects }: RedisServer,
  args: Args,
  stream: StreamValue,
  { id: given, hasSequence, fieldsAt, trim }: AddRequest,
  id: StreamId,
): void {
  const words = trim === undefined ? {} : trimmedWords(stream, trim)
  const isGiven = given !== undefined && hasSequence
  effects.rewrite(args, isGiven ? words : { ...words, [fieldsAt - 1]: formatId(id) })
}

/** Words by their index. */
type TrimmedWords = Readonly<Record<number, string>>

/** How many entries go with `~` depends on how they are kept, and so does how many LIMIT leaves. */
function trimmedWords(stream: StreamValue, { to, at, approximate }: TrimRequest): TrimmedWords {
  if (!approximate) return {}
  const left = 'length' in to ? String(stream.size) : formatId(stream.firstStored)
  return { [at - 1]: '=', [at]: left }
}

/** The id that an entry gets after the last one: as it was asked for, or the next one. */
function nextId(last: StreamId, { id, hasSequence }: AddRequest, now: number): StreamId {
  if (last === MAX_ID) throw EXHAUSTED
  if (id === undefined) {
    const milliseconds = BigInt(Math.floor(now))
    return milliseconds > millisecondsOf(last) ? streamId(milliseconds, 0n) : last + 1n
  }
  const follows = !hasSequence && millisecondsOf(id) === millisecondsOf(last)
  const next = follows ? last + 1n : id
  const overflows = follows && sequenceOf(next) === 0n
  if (next <= last || overflows) throw ID_TOO_SMALL
  return next
}

function xdel({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const stream = db.edit(key, StreamValue)
  if (stream === undefined) {
    reply.integer(0)
    return
  }
  const ids: StreamId[] = []
  for (let i = 2; i < args.count; i++) ids.push(readId(args, i))
  const deleted = stream.delete(ids)
  if (deleted > 0) db.changed(key, 'xdel', deleted)
  reply.integer(deleted)
}

function xtrim({ db, server, isObeyed }: Client, args: Args, reply: ReplyWriter): void {
  const trim = readTrim(args, db.keyspace.limits, isObeyed)
  const key = args.text(1)
  const stream = db.edit(key, StreamValue)
  const deleted = stream?.trim(trim) ?? 0
  if (stream !== undefined && deleted > 0) {
    db.changed(key, 'xtrim', deleted)
    server.effects.rewrite(args, trimmedWords(stream, trim))
  }
  reply.integer(deleted)
}

function xsetid({ db }: Client, args: Args, reply: ReplyWriter): void {
  const id = readId(args, 2)
  let added: bigint | undefined
  let maxDeleted = MIN_ID
  for (let i = 3; i < args.count; i += 2) {
    if (i + 1 === args.count) throw SYNTAX
    if (args.is(i, 'ENTRIESADDED')) {
      added = args.int64(i + 1)
      if (added < 0n) throw err('entries_added must be positive')
    } else if (args.is(i, 'MAXDELETEDID')) {
      maxDeleted = readId(args, i + 1)
      if (id < maxDeleted) throw smallerThan('the provided max_deleted_entry_id')
    } else {
      throw SYNTAX
    }
  }
  const key = args.text(1)
  const stream = db.edit(key, StreamValue)
  if (stream === undefined) throw NO_SUCH_KEY
  if (id < stream.maxDeleted) throw smallerThan('current max_deleted_entry_id')
  if (stream.size > 0) {
    if (id < stream.lastId()) throw smallerThan('the target stream top item')
    if (added !== undefined && added < BigInt(stream.size)) {
      throw err('The entries_added specified in XSETID is smaller than the target stream length')
    }
  }
  stream.last = id
  if (added !== undefined) stream.entriesAdded = added
  if (maxDeleted !== MIN_ID) stream.maxDeleted = maxDeleted
  db.noted(key, 'xsetid')
  reply.ok()
}

function smallerThan(what: string): Error {
  return err(`The ID specified in XSETID is smaller than ${what}`)
}

// ---- Reading a range ---------------------------------------------------------------------------

function xlen({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(db.read(args.text(1), StreamValue)?.size ?? 0)
}

function xrange({ db }: Client, args: Args, reply: ReplyWriter): void {
  const start = readStart(args, 2)
  const end = readEnd(args, 3)
  replyRange(db, args, reply, start, end, false)
}

function xrevrange({ db }: Client, args: Args, reply: ReplyWriter): void {
  const start = readStart(args, 3)
  const end = readEnd(args, 2)
  replyRange(db, args, reply, start, end, true)
}

function replyRange(
  db: Database,
  args: Args,
  reply: ReplyWriter,
  start: StreamId,
  end: StreamId,
  reverse: boolean,
): void {
  let count: number | undefined
  for (let i = 4; i < args.count; i += 2) {
    if (!args.is(i, 'COUNT') || i + 1 === args.count) throw SYNTAX
    count = Math.max(0, args.integer(i + 1))
  }
  const stream = db.read(args.text(1), StreamValue)
  if (stream === undefined) reply.array(0)
  else if (count === 0) reply.nullArray()
  else writeEntries(reply, stream.range(start, end, count ?? 0, reverse))
}

// ---- Reading what is new -----------------------------------------------------------------------

function xread(client: Client, args: Args, reply: ReplyWriter): void {
  read(client, args, reply, readRead(args, false))
}

function xreadgroup(client: Client, args: Args, reply: ReplyWriter): void {
  read(client, args, reply, readRead(args, true))
}

/** What is asked of one stream. */
interface Source {
  readonly key: string
  readonly group: ConsumerGroup | undefined
  /** Entries above this id; for groups, MAX_ID stands for those that nobody has got yet. */
  readonly after: StreamId
}

/** Entries of a group's history may be gone: they have an id only. */
interface Found {
  readonly key: string
  readonly entries: readonly (Entry | { readonly id: StreamId; readonly fields?: undefined })[]
}

function read(client: Client, args: Args, reply: ReplyWriter, request: ReadRequest): void {
  const { db } = client
  // What is read in a group is said entry by entry.
  client.server.effects.drop()
  const sources: Source[] = []
  for (let i = 0; i < request.keyCount; i++) sources.push(readSource(db, args, request, i))
  const found: Found[] = []
  for (const source of sources) {
    // Looked up a second time, which the counters of hits and misses show.
    const stream = db.read(source.key, StreamValue)
    if (stream === undefined) continue
    const { group } = source
    const entries =
      group === undefined
        ? readNew(stream, source.after, request.count)
        : readAsConsumer(client, stream, source, group, request)
    if (entries !== undefined) found.push({ key: source.key, entries })
  }
  if (found.length > 0) {
    writeFound(reply, found)
  } else if (request.timeoutMs === undefined) {
    reply.nullArray()
  } else {
    client.waitFor(args, {
      for: 'keys',
      keys: sources.map(({ key }) => key),
      type: 'stream',
      timeoutMs: request.timeoutMs,
      onTimeout: answer => answer.nullArray(),
      whenDeleted: request.group !== undefined,
      args: withFixedIds(args, request, sources),
    })
  }
}

function readSource(db: Database, args: Args, request: ReadRequest, i: number): Source {
  const key = args.text(request.keysAt + i)
  const at = request.keysAt + request.keyCount + i
  const stream = db.read(key, StreamValue)
  const group = request.group && groupOf(stream, key, request.group.name)
  const word = args.text(at)
  if (word === '$' || word === '+') {
    if (request.group !== undefined) throw meaningless(word)
    if (stream === undefined) return { key, group, after: MIN_ID }
    if (word === '$') return { key, group, after: stream.last }
    if (stream.last === MIN_ID) throw err('the stream last element ID is 0-0')
    return { key, group, after: stream.last - 1n }
  }
  if (word === '>') {
    if (request.group === undefined) {
      throw err(
        'The > ID can be specified only when calling XREADGROUP using the GROUP <group> ' +
          '<consumer> option.',
      )
    }
    return { key, group, after: MAX_ID }
  }
  return { key, group, after: readId(args, at) }
}

function groupOf(stream: StreamValue | undefined, key: string, name: string): ConsumerGroup {
  const group = stream?.group(name)
  if (group !== undefined) return group
  throw noGroup(
    `No such key '${shownName(key)}' or consumer group '${shownName(name)}' in XREADGROUP with ` +
      'GROUP option',
  )
}

function meaningless(word: string): Error {
  return err(
    `The ${word} ID is meaningless in the context of XREADGROUP: you want to read the history ` +
      'of this consumer by specifying a proper ID, or use the > ID to get new messages. The ' +
      `${word} ID would just return an empty result set.`,
  )
}

function readNew(stream: StreamValue, after: StreamId, count: number): Entry[] | undefined {
  if (stream.size === 0 || stream.lastId() <= after) return undefined
  return stream.range(after + 1n, MAX_ID, count)
}

/** Undefined if there is nothing new; a history is always an answer, even an empty one. */
function readAsConsumer(
  { db, server: { effects } }: Client,
  stream: StreamValue,
  { key, after }: Source,
  group: ConsumerGroup,
  { group: names, count, noAck }: ReadRequest,
): Found['entries'] | undefined {
  const now = Math.floor(db.keyspace.now)
  const name = names?.consumer ?? ''
  const fresh = after === MAX_ID ? readNew(stream, group.lastDelivered, count) : undefined
  db.beforeChange(key)
  let consumer = group.consumer(name)
  if (consumer === undefined) {
    consumer = group.addConsumer(name, now)
    db.noted(key, 'xgroup-createconsumer')
    // Elsewhere it comes with what it claims.
    if (noAck) effects.add(db, ['XGROUP', 'CREATECONSUMER', key, group.name, name])
  }
  consumer.seenAt = now
  if (after !== MAX_ID) {
    const entries: Found['entries'][number][] = []
    for (const [id, pending] of consumer.pending.from(after + 1n)) {
      const entry = stream.get(id)
      entries.push(entry ?? { id })
      if (entry !== undefined) {
        pending.deliveredAt = now
        pending.deliveries++
      }
      if (entries.length === count) break
    }
    return entries
  }
  if (fresh === undefined) return undefined
  for (const { id } of fresh) {
    stream.advance(group, id)
    if (noAck) continue
    group.assign(id, consumer, now, 1n)
    consumer.activeAt = now
    sayClaimed(effects, db, key, group, id)
  }
  sayPosition(effects, db, key, group)
  db.noted(key, undefined)
  return fresh
}

function writeFound(reply: ReplyWriter, found: readonly Found[]): void {
  // A map, but for RESP2 one of pairs, not a flat one.
  if (reply.resp === 2) reply.array(found.length)
  else reply.map(found.length)
  for (const { key, entries } of found) {
    if (reply.resp === 2) reply.array(2)
    reply.bulk(key)
    reply.array(entries.length)
    for (const entry of entries) {
      if (entry.fields !== undefined) {
        writeEntry(reply, entry)
        continue
      }
      reply.array(2)
      reply.bulk(formatId(entry.id))
      reply.nullArray()
    }
  }
}

/** `$` means now, not the moment when the command runs again. */
function withFixedIds(args: Args, request: ReadRequest, sources: readonly Source[]): Args {
  const words = args.texts()
  sources.forEach(({ after }, i) => {
    const at = request.keysAt + request.keyCount + i
    if (words[at] === '$') words[at] = formatId(after)
  })
  return Args.of(words)
}
