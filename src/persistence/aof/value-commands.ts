// A key as the commands that make it: what an append-only file begins with where it is not to begin
// with a snapshot (aof-use-rdb-preamble no).

import { type Word, wordsToRequest } from '../../engine/effect.ts'
import type { ConsumerGroup } from '../../store/consumer-group.ts'
import { HashValue } from '../../store/hash.ts'
import { ListValue } from '../../store/list.ts'
import { SetValue } from '../../store/set.ts'
import { SortedSetValue } from '../../store/sorted-set.ts'
import { StreamValue } from '../../store/stream.ts'
import { formatId, MAX_ID, MIN_ID } from '../../store/stream-id.ts'
import { StringValue } from '../../store/string.ts'
import { NEVER, type Value } from '../../store/value.ts'
import { formatDouble } from '../../util/number.ts'

/** So many elements a command, or fewer if they are long. */
const ELEMENTS_MAX = 64
const BYTES_MAX = 1024 * 1024

/** The commands that make a key, each as it goes over the wire. */
export function* commandsOf(key: string, value: Value): Generator<Buffer> {
  for (const words of wordsOf(key, value)) yield wordsToRequest(words)
  if (value.expireAt !== NEVER) {
    yield wordsToRequest(['PEXPIREAT', key, String(value.exactExpireAt)])
  }
}

function wordsOf(key: string, value: Value): Iterable<readonly Word[]> {
  if (value instanceof StringValue) {
    return [['SET', key, value.isBytes ? value.bytes : value.text]]
  }
  if (value instanceof ListValue) return inParts('RPUSH', key, value)
  if (value instanceof SetValue) return inParts('SADD', key, value.members())
  if (value instanceof SortedSetValue) return inParts('ZADD', key, scoresOf(value), 2)
  if (value instanceof HashValue) {
    return value.encoding === 'listpack' || value.earliestExpiry === Infinity
      ? inParts('HMSET', key, flat(value), 2)
      : mortalHash(key, value)
  }
  return value instanceof StreamValue ? stream(key, value) : []
}

/** Elements of one or two words. */
function* inParts(
  name: string,
  key: string,
  words: Iterable<string>,
  each = 1,
): Generator<readonly string[]> {
  let part: string[] = []
  let bytes = 0
  for (const word of words) {
    part.push(word)
    bytes += word.length
    const isFull = part.length >= ELEMENTS_MAX * each || bytes >= BYTES_MAX
    if (!isFull || part.length % each !== 0) continue
    yield [name, key, ...part]
    part = []
    bytes = 0
  }
  if (part.length > 0) yield [name, key, ...part]
}

function* scoresOf(set: SortedSetValue): Generator<string> {
  for (const { member, score } of set.range(0, -1)) {
    yield formatDouble(score)
    yield member
  }
}

function* flat(hash: HashValue): Generator<string> {
  for (const [field, value] of hash) {
    yield field
    yield value
  }
}

/** Fields of which some die: each by itself. */
function* mortalHash(key: string, hash: HashValue): Generator<readonly string[]> {
  for (const [field, value] of hash) {
    yield ['HMSET', key, field, value]
    const expireAt = hash.expiryOf(field)
    if (expireAt !== NEVER) yield ['HPEXPIREAT', key, String(expireAt), 'FIELDS', '1', field]
  }
}

function* stream(key: string, stream: StreamValue): Generator<readonly string[]> {
  // An empty one is made by an entry that is trimmed at once.
  if (stream.size === 0) yield ['XADD', key, 'MAXLEN', '0', '0-1', 'x', 'y']
  for (const { id, fields } of stream.entries(MIN_ID, MAX_ID)) {
    yield ['XADD', key, formatId(id), ...fields]
  }
  yield [
    ...['XSETID', key, formatId(stream.last)],
    ...['ENTRIESADDED', String(stream.entriesAdded)],
    ...['MAXDELETEDID', formatId(stream.maxDeleted)],
  ]
  for (const group of stream.groups) yield* consumerGroup(key, group)
}

function* consumerGroup(key: string, group: ConsumerGroup): Generator<readonly string[]> {
  const { name, lastDelivered, entriesRead, consumers } = group
  yield [
    ...['XGROUP', 'CREATE', key, name, formatId(lastDelivered)],
    ...['ENTRIESREAD', String(entriesRead ?? -1)],
  ]
  for (const consumer of consumers) {
    const { pending } = consumer
    if (pending.size === 0) yield ['XGROUP', 'CREATECONSUMER', key, name, consumer.name]
    for (const [id, { deliveredAt, deliveries }] of pending.from(MIN_ID)) {
      yield [
        ...['XCLAIM', key, name, consumer.name, '0', formatId(id)],
        ...['TIME', String(deliveredAt), 'RETRYCOUNT', String(deliveries), 'JUSTID', 'FORCE'],
      ]
    }
  }
}
