// Consumer groups of streams: what was delivered to whom, and what became of it. Redis does not
// take any of this for a change of the key: WATCH does not see it. The rows are in stream.ts.

import type { Client } from '../engine/client.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err, replyError, SYNTAX, WRONGTYPE } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Consumer, ConsumerGroup, Pending } from '../store/consumer-group.ts'
import type { Database } from '../store/database.ts'
import { StreamValue } from '../store/stream.ts'
import { formatId, MIN_ID, type StreamId } from '../store/stream-id.ts'
import {
  type ClaimOptions,
  noGroup,
  readClaim,
  readEnd,
  readEntriesRead,
  readId,
  readIdOrEdge,
  readMinIdle,
  readStart,
  shownName,
} from './stream-arguments.ts'
import { sayClaimed, sayPosition } from './stream-effects.ts'
import { writeCount, writeEntry } from './stream-reply.ts'

const KEY_NEEDED = err(
  'The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the ' +
    'MKSTREAM option to create an empty stream automatically.',
)
const BUSYGROUP = replyError('BUSYGROUP Consumer Group name already exists')
const COUNT_TOO_SMALL = err('COUNT must be > 0')
const COUNT_TOO_HIGH = err(
  'Insufficient memory, failed allocating transient memory, COUNT too high.',
)

// ---- Groups and consumers ----------------------------------------------------------------------

export function xgroupCreate({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { makesStream, entriesRead } = readGroupOptions(args, true)
  const key = args.text(2)
  const existing = db.edit(key, StreamValue)
  if (existing === undefined && !makesStream) throw KEY_NEEDED
  if (args.count > 8) throw subcommandSyntax(args)
  const id = args.text(4) === '$' ? (existing?.last ?? MIN_ID) : readId(args, 4)
  const name = args.text(3)
  if (existing?.group(name) !== undefined) throw BUSYGROUP
  db.open(key, StreamValue).addGroup(name, id, entriesRead)
  if (existing === undefined) db.changed(key, 'xgroup-create')
  else db.noted(key, 'xgroup-create')
  reply.ok()
}

export function xgroupSetid({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { entriesRead } = readGroupOptions(args, false)
  const { stream, group } = groupToChange(db, args)
  if (args.count !== 5 && args.count !== 7) throw subcommandSyntax(args)
  group.lastDelivered = args.text(4) === '$' ? stream.last : readIdOrEdge(args, 4)
  group.entriesRead = entriesRead
  db.noted(args.text(2), 'xgroup-setid')
  reply.ok()
}

export function xgroupDestroy({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(2)
  const stream = db.edit(key, StreamValue)
  if (stream === undefined) throw KEY_NEEDED
  const removed = stream.removeGroup(args.text(3))
  if (removed) {
    db.noted(key, 'xgroup-destroy')
    // Those who wait for the group get an error.
    server.blocking.keyChanged(db, key)
  }
  reply.integer(removed ? 1 : 0)
}

export function xgroupCreateconsumer({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { group } = groupToChange(db, args)
  const isNew = group.consumer(args.text(4)) === undefined
  if (isNew) obtainConsumer(db, args.text(2), group, args.text(4))
  reply.integer(isNew ? 1 : 0)
}

export function xgroupDelconsumer({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { group } = groupToChange(db, args)
  const consumer = group.consumer(args.text(4))
  reply.integer(consumer?.pending.size ?? 0)
  if (consumer === undefined) return
  group.removeConsumer(consumer)
  db.noted(args.text(2), 'xgroup-delconsumer')
}

export function xgroupHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'CREATE <key> <groupname> <id|$> [option]',
    '    Add a consumer group that starts after an entry. Options are:',
    '    * MKSTREAM',
    '      Make an empty stream if there is no key.',
    '    * ENTRIESREAD entries_read',
    '      How many entries the group has read so far (internal use).',
    'CREATECONSUMER <key> <groupname> <consumer>',
    '    Add a consumer to a group.',
    'DELCONSUMER <key> <groupname> <consumer>',
    '    Remove a consumer, and what is pending for it.',
    'DESTROY <key> <groupname>',
    '    Remove a group with its consumers.',
    'SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]',
    '    Move a group to after another entry, and set its counter.',
  ])
}

interface GroupOptions {
  readonly makesStream: boolean
  readonly entriesRead: bigint | undefined
}

function readGroupOptions(args: Args, mayMakeStream: boolean): GroupOptions {
  let makesStream = false
  let entriesRead: bigint | undefined
  for (let i = 5; i < args.count; i++) {
    if (mayMakeStream && args.is(i, 'MKSTREAM')) makesStream = true
    else if (args.is(i, 'ENTRIESREAD') && i + 1 < args.count) {
      entriesRead = readEntriesRead(args, ++i)
    } else throw subcommandSyntax(args)
  }
  return { makesStream, entriesRead }
}

function groupToChange(db: Database, args: Args): { stream: StreamValue; group: ConsumerGroup } {
  const stream = db.edit(args.text(2), StreamValue)
  if (stream === undefined) throw KEY_NEEDED
  const group = stream.group(args.text(3))
  if (group === undefined) {
    throw noGroup(
      `No such consumer group '${shownName(args.text(3))}' ` +
        `for key name '${shownName(args.text(2))}'`,
    )
  }
  return { stream, group }
}

function obtainConsumer(db: Database, key: string, group: ConsumerGroup, name: string): Consumer {
  const now = Math.floor(db.keyspace.now)
  let consumer = group.consumer(name)
  if (consumer === undefined) {
    consumer = group.addConsumer(name, now)
    db.noted(key, 'xgroup-createconsumer')
  }
  consumer.seenAt = now
  return consumer
}

// ---- Pending entries ---------------------------------------------------------------------------

export function xack({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const group = db.read(key, StreamValue)?.group(args.text(2))
  if (group === undefined) {
    reply.integer(0)
    return
  }
  const ids: StreamId[] = []
  for (let i = 3; i < args.count; i++) ids.push(readId(args, i))
  db.beforeChange(key)
  let acknowledged = 0
  for (const id of ids) if (group.acknowledge(id)) acknowledged++
  db.noted(key, undefined, acknowledged)
  reply.integer(acknowledged)
}

interface PendingRange {
  readonly start: StreamId
  readonly end: StreamId
  readonly count: number
  readonly minIdle: number
  readonly consumer: string | undefined
}

export function xpending({ db }: Client, args: Args, reply: ReplyWriter): void {
  const range = readPendingRange(args)
  const { group } = groupToRead(db, args)
  if (range === undefined) replyPendingSummary(reply, group)
  else replyPendingRange(reply, group, range, Math.floor(db.keyspace.now))
}

/** Undefined for the summary. */
function readPendingRange(args: Args): PendingRange | undefined {
  if (args.count === 3) return undefined
  if (args.count < 6 || args.count > 9) throw SYNTAX
  let at = 3
  let minIdle = 0
  if (args.is(3, 'IDLE')) {
    minIdle = args.integer(4)
    if (args.count < 8) throw SYNTAX
    at = 5
  }
  const count = Math.max(0, args.integer(at + 2))
  const start = readStart(args, at)
  const end = readEnd(args, at + 1)
  const consumer = at + 3 < args.count ? args.text(at + 3) : undefined
  return { start, end, count, minIdle, consumer }
}

function replyPendingSummary(reply: ReplyWriter, { pending, consumers }: ConsumerGroup): void {
  reply.array(4)
  reply.integer(pending.size)
  if (pending.first === undefined || pending.last === undefined) {
    reply.null()
    reply.null()
    reply.nullArray()
    return
  }
  reply.bulk(formatId(pending.first))
  reply.bulk(formatId(pending.last))
  const busy = consumers.filter(consumer => consumer.pending.size > 0)
  reply.array(busy.length)
  for (const consumer of busy) reply.bulks([consumer.name, String(consumer.pending.size)])
}

function replyPendingRange(
  reply: ReplyWriter,
  group: ConsumerGroup,
  { start, end, count, minIdle, consumer: name }: PendingRange,
  now: number,
): void {
  const owner = name === undefined ? group : group.consumer(name)
  const found: (readonly [StreamId, Pending])[] = []
  if (owner !== undefined && count > 0) {
    for (const one of owner.pending.from(start)) {
      const [id, { deliveredAt }] = one
      if (id > end) break
      if (minIdle !== 0 && now - deliveredAt < minIdle) continue
      found.push(one)
      if (found.length === count) break
    }
  }
  reply.array(found.length)
  for (const [id, { consumer, deliveredAt, deliveries }] of found) {
    reply.array(4)
    reply.bulk(formatId(id))
    reply.bulk(consumer.name)
    reply.integer(Math.max(0, now - deliveredAt))
    writeCount(reply, deliveries)
  }
}

function groupToRead(db: Database, args: Args): { stream: StreamValue; group: ConsumerGroup } {
  return groupIn(db.read(args.text(1), StreamValue), args)
}

function groupIn(
  stream: StreamValue | undefined,
  args: Args,
): { stream: StreamValue; group: ConsumerGroup } {
  const group = stream?.group(args.text(2))
  if (stream === undefined || group === undefined) {
    throw noGroup(
      `No such key '${shownName(args.text(1))}' or consumer group '${shownName(args.text(2))}'`,
    )
  }
  return { stream, group }
}

// ---- Claiming ----------------------------------------------------------------------------------

export function xclaim({ db, server: { effects } }: Client, args: Args, reply: ReplyWriter): void {
  // Said entry by entry.
  effects.drop()
  const { stream, group } = groupToRead(db, args)
  const minIdle = readMinIdle(args, 'XCLAIM')
  const now = Math.floor(db.keyspace.now)
  const options = readClaim(args, now)
  const key = args.text(1)
  db.beforeChange(key)
  const advances = options.lastId > group.lastDelivered
  if (advances) group.lastDelivered = options.lastId
  const consumer = obtainConsumer(db, key, group, args.text(3))
  const claimed: StreamId[] = []
  let changes = 0
  for (const [i, id] of options.ids.entries()) {
    const written = args.text(5 + i)
    if (!stream.has(id)) {
      // Nobody can work on an entry that is gone.
      sayClaimed(effects, db, key, group, id, written)
      if (group.acknowledge(id)) changes++
    } else if (claim(group, id, consumer, minIdle, now, options)) {
      sayClaimed(effects, db, key, group, id, written)
      claimed.push(id)
      changes++
    }
  }
  if (claimed.length > 0) consumer.activeAt = now
  // Each of the changes tells of the new last id as well.
  if (changes === 0 && advances) sayPosition(effects, db, key, group)
  db.noted(key, undefined, changes === 0 && advances ? 1 : changes)
  writeClaimed(reply, stream, claimed, options.justId)
}

function claim(
  group: ConsumerGroup,
  id: StreamId,
  consumer: Consumer,
  minIdle: number,
  now: number,
  { deliveredAt, deliveries, force, justId }: ClaimOptions,
): boolean {
  const pending = group.pending.get(id)
  if (pending === undefined && !force) return false
  if (pending !== undefined && minIdle > 0 && now - pending.deliveredAt < minIdle) return false
  const before = pending?.deliveries ?? 1n
  group.assign(id, consumer, deliveredAt, deliveries ?? (justId ? before : before + 1n))
  return true
}

export function xautoclaim(
  { db, server: { effects } }: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  // Said entry by entry.
  effects.drop()
  // Looked up before the words are read, which counts a miss; of what type it is comes after them.
  const value = db.readAny(args.text(1))
  const minIdle = readMinIdle(args, 'XAUTOCLAIM')
  const start = readStart(args, 5)
  const { count, justId } = readAutoclaimOptions(args)
  if (value !== undefined && !(value instanceof StreamValue)) throw WRONGTYPE
  const { stream, group } = groupIn(value, args)
  if (count > COUNT_ALLOCATED_MAX) throw COUNT_TOO_HIGH
  const key = args.text(1)
  db.beforeChange(key)
  const now = Math.floor(db.keyspace.now)
  const consumer = obtainConsumer(db, key, group, args.text(3))
  const claimed: StreamId[] = []
  const gone: StreamId[] = []
  let attempts = count * ATTEMPTS_EACH
  let next = MIN_ID
  const found: StreamId[] = []
  for (const [id, { deliveredAt }] of group.pending.from(start)) {
    if (attempts-- === 0 || found.length === count) {
      next = id
      break
    }
    if (!stream.has(id) || minIdle === 0 || now - deliveredAt >= minIdle) found.push(id)
  }
  for (const id of found) {
    if (!stream.has(id)) {
      sayClaimed(effects, db, key, group, id)
      group.acknowledge(id)
      gone.push(id)
      continue
    }
    const deliveries = group.pending.get(id)?.deliveries ?? 0n
    group.assign(id, consumer, now, justId ? deliveries : deliveries + 1n)
    sayClaimed(effects, db, key, group, id)
    claimed.push(id)
  }
  if (claimed.length > 0) consumer.activeAt = now
  db.noted(key, undefined, claimed.length + gone.length)
  reply.array(3)
  reply.bulk(formatId(next))
  writeClaimed(reply, stream, claimed, justId)
  reply.bulks(gone.map(formatId))
}

/** How many pending entries are looked at for each that may be claimed. */
const ATTEMPTS_EACH = 10
const COUNT_MAX = 2 ** 59
/** Redis first makes room for as many ids of 16 bytes; what no machine has, it refuses. */
const COUNT_ALLOCATED_MAX = 2 ** 43

function readAutoclaimOptions(args: Args): { count: number; justId: boolean } {
  let count = 100
  let justId = false
  for (let i = 6; i < args.count; i++) {
    if (args.is(i, 'COUNT') && i + 1 < args.count) {
      count = args.integerBetween(++i, 1, COUNT_MAX, COUNT_TOO_SMALL)
    } else if (args.is(i, 'JUSTID')) {
      justId = true
    } else {
      throw SYNTAX
    }
  }
  return { count, justId }
}

function writeClaimed(
  reply: ReplyWriter,
  stream: StreamValue,
  ids: readonly StreamId[],
  justId: boolean,
): void {
  reply.array(ids.length)
  for (const id of ids) {
    const entry = stream.get(id)
    if (justId || entry === undefined) reply.bulk(formatId(id))
    else writeEntry(reply, entry)
  }
}
