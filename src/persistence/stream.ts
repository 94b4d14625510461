// Streams as RDB: the nodes, each a listpack of entries that lean on its first one, then the ids
// and counters, then the consumer groups.
//
// In a node's listpack stand how many entries are live and how many are deleted, the fields of the
// first entry, a zero, and for each entry: flags, the distance of its id from the first one, its
// fields unless they are the same, its values, and how many elements that was.

import { type Consumer, type ConsumerGroup, sortedByName } from '../store/consumer-group.ts'
import { type Entry, type StreamNode, StreamValue } from '../store/stream.ts'
import { MIN_ID, millisecondsOf, type StreamId, sequenceOf, streamId } from '../store/stream-id.ts'
import type { EncodingLimits } from '../store/value.ts'
import { MAP_MAX } from '../util/limits.ts'
import { parseInt64 } from '../util/number.ts'
import { CorruptRdb, RDB_TYPE, REDIS_7_2, TooLarge } from './format.ts'
import { readListpack, writeListpack } from './listpack.ts'
import type { RdbReader } from './reader.ts'
import type { RdbWriter } from './writer.ts'

const DELETED = 1
const SAME_FIELDS = 2
const ID_SIZE = 16
/** How Redis writes that it is not known how many entries a group has read. */
const UNKNOWN_READ = 2n ** 64n - 1n

export function saveStream(writer: RdbWriter, stream: StreamValue): void {
  const nodes = stream.nodes()
  writer.length(nodes.length)
  for (const node of nodes) {
    writer.string(rawId((node.entries[0] as Entry).id))
    writer.string(writeListpack(nodeElements(node)))
  }
  writer.length(stream.size)
  saveId(writer, stream.last)
  saveId(writer, stream.first)
  saveId(writer, stream.maxDeleted)
  writer.length(stream.entriesAdded)
  writer.length(stream.groupCount)
  for (const group of stream.groups) saveGroup(writer, group)
}

function saveId(writer: RdbWriter, id: StreamId): void {
  writer.length(millisecondsOf(id))
  writer.length(sequenceOf(id))
}

/** 16 bytes, the most significant first. */
function rawId(id: StreamId): string {
  return Buffer.from(id.toString(16).padStart(ID_SIZE * 2, '0'), 'hex').toString('latin1')
}

function nodeElements({ entries }: StreamNode): string[] {
  const master = entries[0] as Entry
  const names = fieldNames(master)
  const deleted = entries.filter(entry => entry.deleted).length
  const elements = [entries.length - deleted, deleted, names.length].map(String)
  for (const name of names) elements.push(name)
  elements.push('0')
  for (const entry of entries) pushEntry(elements, entry, master, names)
  return elements
}

function pushEntry(
  elements: string[],
  entry: Entry,
  master: Entry,
  names: readonly string[],
): void {
  const { id, fields, deleted } = entry
  const isSame = isEqual(fieldNames(entry), names)
  elements.push(String((deleted ? DELETED : 0) | (isSame ? SAME_FIELDS : 0)))
  elements.push(difference(millisecondsOf(id), millisecondsOf(master.id)))
  elements.push(difference(sequenceOf(id), sequenceOf(master.id)))
  if (!isSame) elements.push(String(fields.length / 2))
  for (let i = isSame ? 1 : 0; i < fields.length; i += isSame ? 2 : 1) {
    elements.push(fields[i] as string)
  }
  elements.push(String(isSame ? names.length + 3 : fields.length + 4))
}

function fieldNames({ fields }: Entry): string[] {
  return fields.filter((_, i) => i % 2 === 0)
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}

function difference(a: bigint, b: bigint): string {
  return String(BigInt.asIntN(64, a - b))
}

function saveGroup(writer: RdbWriter, group: ConsumerGroup): void {
  writer.string(group.name)
  saveId(writer, group.lastDelivered)
  writer.length(group.entriesRead ?? UNKNOWN_READ)
  writer.length(group.pending.size)
  for (const [id, { deliveredAt, deliveries }] of group.pending.from(MIN_ID)) {
    writer.text(rawId(id))
    writer.int64(deliveredAt)
    writer.length(deliveries)
  }
  writer.length(group.consumerCount)
  for (const consumer of sortedByName(group.consumers)) {
    writer.string(consumer.name)
    writer.int64(consumer.seenAt)
    if (writer.version >= REDIS_7_2) writer.int64(consumer.activeAt)
    writer.length(consumer.pending.size)
    for (const [id] of consumer.pending.from(MIN_ID)) writer.text(rawId(id))
  }
}

// ---- Loading -----------------------------------------------------------------------------------

// What things take of the heap, at the most, beside their texts.
const NODE = 200
/** An entry has four elements or more, and each field is there twice where it is shared. */
const ELEMENT = 64
const GROUP = 600
const PENDING = 300
/** No group and no consumer is written in less. */
const GROUP_MIN = 5

export function loadStream(reader: RdbReader, type: number, limits: EncodingLimits): StreamValue {
  const stream = new StreamValue(limits)
  let last = -1n
  for (let left = reader.count(ID_SIZE); left > 0; left--) {
    reader.room.claim(NODE)
    const key = reader.blob()
    if (key.length !== ID_SIZE)
      throw new CorruptRdb('Stream node key entry is not the size of a stream ID')
    const elements = readListpack(reader.blob(), reader.room, 'Stream listpack')
    reader.room.claim(elements.length * ELEMENT)
    const entries = nodeEntries(idOf(key), elements)
    for (const { id } of entries) {
      if (id <= last) throw new CorruptRdb('Stream entries out of order')
      last = id
    }
    stream.appendNode(entries)
  }
  if (reader.length() > 0 && stream.nodeCount === 0)
    throw new CorruptRdb('Stream length inconsistent with rax entries')
  stream.last = loadId(reader)
  if (type === RDB_TYPE.streamListpacks) {
    stream.entriesAdded = BigInt(stream.size)
    for (const { id } of stream.range(MIN_ID, last, 1)) stream.first = id
  } else {
    stream.first = loadId(reader)
    stream.maxDeleted = loadId(reader)
    stream.entriesAdded = reader.length64()
  }
  const groups = reader.count(GROUP_MIN)
  reader.room.elements(groups, GROUP)
  for (let left = groups; left > 0; left--) loadGroup(reader, type, stream)
  return stream
}

function loadId(reader: RdbReader): StreamId {
  const milliseconds = reader.length64()
  return streamId(milliseconds, reader.length64())
}

function idOf(bytes: Buffer): StreamId {
  return streamId(bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(8))
}

/** Walks the elements of a node's listpack; throws where it ends too early. */
class Elements {
  readonly #elements: readonly string[]
  #at = 0

  constructor(elements: readonly string[]) {
    this.#elements = elements
  }

  get isAtEnd(): boolean {
    return this.#at === this.#elements.length
  }

  get position(): number {
    return this.#at
  }

  text(): string {
    const element = this.#elements[this.#at++]
    if (element === undefined) throw broken()
    return element
  }

  integer(): bigint {
    const value = parseInt64(this.text())
    if (value === undefined) throw broken()
    return value
  }

  /** A number of elements, of which each must be there. */
  count(): number {
    const value = this.integer()
    if (value < 0n || value > this.#elements.length) throw broken()
    return Number(value)
  }

  texts(count: number): string[] {
    return Array.from({ length: count }, () => this.text())
  }
}

function broken(): CorruptRdb {
  return new CorruptRdb('Stream listpack integrity check failed.')
}

function nodeEntries(master: StreamId, listpack: readonly string[]): Entry[] {
  const elements = new Elements(listpack)
  const live = elements.count()
  const deleted = elements.count()
  const names = elements.texts(elements.count())
  if (elements.integer() !== 0n) throw broken()
  const entries: Entry[] = []
  for (let i = 0; i < live + deleted; i++) entries.push(readEntry(elements, master, names))
  if (!elements.isAtEnd || entries.length === 0) throw broken()
  if (entries.filter(entry => entry.deleted).length !== deleted) throw broken()
  return entries
}

function readEntry(elements: Elements, master: StreamId, names: readonly string[]): Entry {
  const start = elements.position
  const flags = Number(elements.integer())
  const milliseconds = BigInt.asUintN(64, millisecondsOf(master) + elements.integer())
  const sequence = BigInt.asUintN(64, sequenceOf(master) + elements.integer())
  const fields =
    (flags & SAME_FIELDS) === 0
      ? elements.texts(elements.count() * 2)
      : names.flatMap(name => [name, elements.text()])
  const length = elements.position - start
  if (elements.integer() !== BigInt(length)) throw broken()
  const deleted = (flags & DELETED) !== 0
  return { id: streamId(milliseconds, sequence), fields, deleted }
}

interface Delivery {
  readonly deliveredAt: number
  readonly deliveries: bigint
}

function loadGroup(reader: RdbReader, type: number, stream: StreamValue): void {
  const name = reader.string()
  const lastDelivered = loadId(reader)
  if (stream.group(name) !== undefined) throw new CorruptRdb('Duplicated consumer group name')
  const group = stream.addGroup(name, lastDelivered, undefined)
  if (type === RDB_TYPE.streamListpacks) {
    const lag = stream.lag(group)
    group.entriesRead = lag === undefined ? undefined : stream.entriesAdded - lag
  } else {
    const read = reader.length64()
    group.entriesRead = read === UNKNOWN_READ ? undefined : read
  }
  const pending = loadPending(reader)
  const consumers = reader.count(GROUP_MIN)
  reader.room.elements(consumers, GROUP)
  for (let left = consumers; left > 0; left--) {
    const consumer = loadConsumer(reader, type, group)
    for (let ids = reader.count(ID_SIZE); ids > 0; ids--) {
      const id = idOf(reader.raw(ID_SIZE))
      const delivery = pending.get(id)
      if (delivery === undefined)
        throw new CorruptRdb('Consumer entry not found in group global PEL')
      pending.delete(id)
      group.assign(id, consumer, delivery.deliveredAt, delivery.deliveries)
    }
  }
  if (pending.size > 0) throw new CorruptRdb('Stream CG PEL entry without consumer')
}

function loadPending(reader: RdbReader): Map<StreamId, Delivery> {
  const pending = new Map<StreamId, Delivery>()
  const count = reader.count(ID_SIZE)
  if (count > MAP_MAX) throw new TooLarge()
  reader.room.elements(count, PENDING)
  for (let left = count; left > 0; left--) {
    const id = idOf(reader.raw(ID_SIZE))
    if (pending.has(id))
      throw new CorruptRdb('Duplicated global PEL entry loading stream consumer group')
    const deliveredAt = Number(reader.int64())
    pending.set(id, { deliveredAt, deliveries: reader.length64() })
  }
  return pending
}

function loadConsumer(reader: RdbReader, type: number, group: ConsumerGroup): Consumer {
  const name = reader.string()
  if (group.consumer(name) !== undefined)
    throw new CorruptRdb('Duplicate stream consumer detected.')
  const seenAt = Number(reader.int64())
  const consumer = group.addConsumer(name, seenAt)
  consumer.activeAt = type === RDB_TYPE.streamListpacks3 ? Number(reader.int64()) : seenAt
  return consumer
}
