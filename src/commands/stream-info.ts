// XINFO: what a stream, its groups and their consumers are like. The rows are in stream.ts.

import type { Client } from '../engine/client.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { NO_SUCH_KEY } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Consumer, ConsumerGroup, Pending } from '../store/consumer-group.ts'
import { StreamValue } from '../store/stream.ts'
import { formatId, MAX_ID, MIN_ID, type StreamId } from '../store/stream-id.ts'
import { noGroup, shownName } from './stream-arguments.ts'
import { writeCount, writeEntries, writeEntryOrNull } from './stream-reply.ts'

const DEFAULT_COUNT = 10

export function xinfoConsumers(client: Client, args: Args, reply: ReplyWriter): void {
  const group = readStream(client, args).group(args.text(3))
  if (group === undefined) {
    throw noGroup(
      `No such consumer group '${shownName(args.text(3))}' ` +
        `for key name '${shownName(args.text(2))}'`,
    )
  }
  const now = Math.floor(client.db.keyspace.now)
  reply.array(group.consumerCount)
  for (const { name, pending, seenAt, activeAt } of group.consumers) {
    reply.map(4)
    reply.bulk('name')
    reply.bulk(name)
    reply.bulk('pending')
    reply.integer(pending.size)
    reply.bulk('idle')
    reply.integer(Math.max(0, now - seenAt))
    reply.bulk('inactive')
    reply.integer(activeAt === -1 ? -1 : now - activeAt)
  }
}

export function xinfoGroups(client: Client, args: Args, reply: ReplyWriter): void {
  const stream = readStream(client, args)
  reply.array(stream.groupCount)
  for (const group of stream.groups) {
    reply.map(6)
    reply.bulk('name')
    reply.bulk(group.name)
    reply.bulk('consumers')
    reply.integer(group.consumerCount)
    reply.bulk('pending')
    reply.integer(group.pending.size)
    reply.bulk('last-delivered-id')
    reply.bulk(formatId(group.lastDelivered))
    writeProgress(reply, stream, group)
  }
}

export function xinfoHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'CONSUMERS <key> <groupname>',
    '    List the consumers of a group.',
    'GROUPS <key>',
    '    List the consumer groups of a stream.',
    'STREAM <key> [FULL [COUNT <count>]',
    '    Describe a stream, with FULL down to its pending entries.',
  ])
}

export function xinfoStream(client: Client, args: Args, reply: ReplyWriter): void {
  const stream = readStream(client, args)
  if (args.count === 3) {
    reply.map(10)
    writeHead(reply, stream)
    reply.bulk('groups')
    reply.integer(stream.groupCount)
    reply.bulk('first-entry')
    writeEntryOrNull(reply, stream.range(MIN_ID, MAX_ID, 1)[0])
    reply.bulk('last-entry')
    writeEntryOrNull(reply, stream.range(MIN_ID, MAX_ID, 1, true)[0])
    return
  }
  const count = readCount(args)
  reply.map(9)
  writeHead(reply, stream)
  reply.bulk('entries')
  writeEntries(reply, stream.range(MIN_ID, MAX_ID, count))
  reply.bulk('groups')
  reply.array(stream.groupCount)
  for (const group of stream.groups) writeGroup(reply, stream, group, count)
}

function readStream({ db }: Client, args: Args): StreamValue {
  const stream = db.read(args.text(2), StreamValue)
  if (stream === undefined) throw NO_SUCH_KEY
  return stream
}

/** FULL, perhaps with COUNT. 0 means everything. */
function readCount(args: Args): number {
  if ((args.count !== 4 && args.count !== 6) || !args.is(3, 'FULL')) throw subcommandSyntax(args)
  if (args.count === 4) return DEFAULT_COUNT
  if (!args.is(4, 'COUNT')) throw subcommandSyntax(args)
  const count = args.integer(5)
  return count < 0 ? DEFAULT_COUNT : count
}

/** Seven pairs. */
function writeHead(reply: ReplyWriter, stream: StreamValue): void {
  reply.bulk('length')
  reply.integer(stream.size)
  reply.bulk('radix-tree-keys')
  reply.integer(stream.nodeCount)
  reply.bulk('radix-tree-nodes')
  reply.integer(stream.countTreeNodes())
  reply.bulk('last-generated-id')
  reply.bulk(formatId(stream.last))
  reply.bulk('max-deleted-entry-id')
  reply.bulk(formatId(stream.maxDeleted))
  reply.bulk('entries-added')
  writeCount(reply, stream.entriesAdded)
  reply.bulk('recorded-first-entry-id')
  reply.bulk(formatId(stream.first))
}

/** Two pairs. */
function writeProgress(reply: ReplyWriter, stream: StreamValue, group: ConsumerGroup): void {
  reply.bulk('entries-read')
  writeCount(reply, group.entriesRead)
  reply.bulk('lag')
  writeCount(reply, stream.lag(group))
}

function writeGroup(
  reply: ReplyWriter,
  stream: StreamValue,
  group: ConsumerGroup,
  count: number,
): void {
  reply.map(7)
  reply.bulk('name')
  reply.bulk(group.name)
  reply.bulk('last-delivered-id')
  reply.bulk(formatId(group.lastDelivered))
  writeProgress(reply, stream, group)
  reply.bulk('pel-count')
  reply.integer(group.pending.size)
  reply.bulk('pending')
  const pending = firstPending(group, count)
  reply.array(pending.length)
  for (const [id, { consumer, deliveredAt, deliveries }] of pending) {
    reply.array(4)
    reply.bulk(formatId(id))
    reply.bulk(consumer.name)
    reply.integer(deliveredAt)
    writeCount(reply, deliveries)
  }
  reply.bulk('consumers')
  reply.array(group.consumerCount)
  for (const consumer of group.consumers) writeConsumer(reply, consumer, count)
}

function writeConsumer(reply: ReplyWriter, consumer: Consumer, count: number): void {
  reply.map(5)
  reply.bulk('name')
  reply.bulk(consumer.name)
  reply.bulk('seen-time')
  reply.integer(consumer.seenAt)
  reply.bulk('active-time')
  reply.integer(consumer.activeAt)
  reply.bulk('pel-count')
  reply.integer(consumer.pending.size)
  reply.bulk('pending')
  const pending = firstPending(consumer, count)
  reply.array(pending.length)
  for (const [id, { deliveredAt, deliveries }] of pending) {
    reply.array(3)
    reply.bulk(formatId(id))
    reply.integer(deliveredAt)
    writeCount(reply, deliveries)
  }
}

function firstPending(
  owner: ConsumerGroup | Consumer,
  count: number,
): (readonly [StreamId, Pending])[] {
  const found: (readonly [StreamId, Pending])[] = []
  for (const one of owner.pending.from(MIN_ID)) {
    found.push(one)
    if (found.length === count) break
  }
  return found
}
