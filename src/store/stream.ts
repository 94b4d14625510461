// Streams: entries in order of their ids, cut into nodes where Redis cuts them.
//
// Redis keeps a radix tree of listpacks, each with up to stream-node-max-entries entries. Clients
// can see where one ends: approximate trimming (~) removes whole nodes only, and XINFO counts them.
// So a node here knows how many bytes its listpack would take. A deleted entry stays in its node as
// a tombstone until no live one is left there, as in Redis.
//
// entriesAdded, maxDeleted and first are what Redis tells the lag of a consumer group from.

import { ConsumerGroup, sortedByName } from './consumer-group.ts'
import { LISTPACK_OVERHEAD, listpackEntrySize, listpackIntegerSize } from './listpack.ts'
import { MAX_ID, MIN_ID, millisecondsOf, type StreamId, sequenceOf } from './stream-id.ts'
import { type EncodingLimits, Value } from './value.ts'

/** No node grows larger than this, whatever the limits say. */
const NODE_BYTES_MAX = 2 ** 30

export interface Entry {
  readonly id: StreamId
  /** Field, value, field, value. */
  readonly fields: readonly string[]
  deleted: boolean
}

/** One node, as DUMP writes it: the first entry gives it its id and the fields to share. */
export interface StreamNode {
  /** By id; never empty. */
  readonly entries: readonly Entry[]
}

interface Node extends StreamNode {
  readonly entries: Entry[]
  /** How many are not deleted. */
  live: number
  /** Of a listpack of these entries, without its two counters. */
  bytes: number
}

export interface Trim {
  /** Keep so many entries, or those from an id on. */
  readonly to: { readonly length: number } | { readonly minId: StreamId }
  /** Remove whole nodes only. */
  readonly approximate: boolean
  /** Remove no more entries than this; 0 for no limit. */
  readonly limit: number
}

export class StreamValue extends Value {
  readonly encoding = 'stream'
  readonly limits: EncodingLimits
  #nodes: Node[] = []
  #size = 0
  readonly #groups = new Map<string, ConsumerGroup>()
  /** The highest id that was ever given, and below which none will be given again. */
  last: StreamId = MIN_ID
  /** The id of the first entry, or 0-0. */
  first: StreamId = MIN_ID
  maxDeleted: StreamId = MIN_ID
  entriesAdded = 0n

  constructor(limits: EncodingLimits) {
    super()
    this.limits = limits
  }

  get type(): 'stream' {
    return 'stream'
  }

  get size(): number {
    return this.#size
  }

  get nodeCount(): number {
    return this.#nodes.length
  }

  /** Of the groups the first stands for all. */
  override get parts(): number {
    const { groups } = this
    const [first] = groups
    const ofGroups = first === undefined ? 0 : groups.length * (1 + first.pending.size)
    return this.nodeCount + ofGroups
  }

  nodes(): readonly StreamNode[] {
    return this.#nodes
  }

  /** Adds a node as a dump has it: its ids are above all others. Leaves the counters alone. */
  appendNode(entries: readonly Entry[]): void {
    const [first] = entries
    if (first === undefined) return
    const live = entries.reduce((count, { deleted }) => (deleted ? count : count + 1), 0)
    let bytes = masterBytes(first.fields)
    for (const entry of entries) bytes += entryBytes(entry, first)
    this.#nodes.push({ entries: [...entries], live, bytes })
    this.#size += live
  }

  override get meanElementBytes(): number {
    const node = this.#nodes[0]
    return node === undefined ? 0 : node.bytes / node.entries.length
  }

  copy(): StreamValue {
    const copy = new StreamValue(this.limits)
    copy.#nodes = this.#nodes.map(({ entries, live, bytes }) => ({
      entries: entries.map(entry => ({ ...entry })),
      live,
      bytes,
    }))
    copy.#size = this.#size
    copy.last = this.last
    copy.first = this.first
    copy.maxDeleted = this.maxDeleted
    copy.entriesAdded = this.entriesAdded
    for (const [name, group] of this.#groups) copy.#groups.set(name, group.copy())
    return copy
  }

  // ---- Entries ---------------------------------------------------------------------------------

  /** The id is above `last`. */
  append(id: StreamId, fields: readonly string[]): void {
    let node = this.#nodes.at(-1)
    if (node === undefined || this.#isFull(node, fields)) {
      node = { entries: [], live: 0, bytes: masterBytes(fields) }
      this.#nodes.push(node)
    }
    const entry = { id, fields, deleted: false }
    node.entries.push(entry)
    node.bytes += entryBytes(entry, node.entries[0] as Entry)
    node.live++
    this.#size++
    this.entriesAdded++
    this.last = id
    if (this.#size === 1) this.first = id
  }

  has(id: StreamId): boolean {
    return this.get(id) !== undefined
  }

  get(id: StreamId): Entry | undefined {
    const node = this.#nodes[this.#nodeAt(id)]
    const entry = node?.entries[place(node.entries, id)]
    return entry?.id === id && !entry.deleted ? entry : undefined
  }

  /** The highest id of an entry that is there. */
  lastId(): StreamId {
    for (const { id } of this.entries(MIN_ID, MAX_ID, true)) return id
    return MIN_ID
  }

  /** The id of the first entry that is kept, deleted or not; the highest id if there is none. */
  get firstStored(): StreamId {
    return this.#nodes[0]?.entries[0]?.id ?? MAX_ID
  }

  /** Entries between two ids, both included. Do not change the stream while walking. */
  *entries(start: StreamId, end: StreamId, reverse = false): IterableIterator<Entry> {
    if (reverse) {
      for (let i = this.#nodeAt(end); i >= 0; i--) {
        const { entries } = this.#nodes[i] as Node
        for (let j = entries.length - 1; j >= 0; j--) {
          const entry = entries[j] as Entry
          if (entry.id < start) return
          if (!entry.deleted && entry.id <= end) yield entry
        }
      }
      return
    }
    for (let i = Math.max(0, this.#nodeAt(start)); i < this.#nodes.length; i++) {
      const { entries } = this.#nodes[i] as Node
      for (let j = place(entries, start); j < entries.length; j++) {
        const entry = entries[j] as Entry
        if (entry.id > end) return
        if (!entry.deleted) yield entry
      }
    }
  }

  /** Up to `count` entries (0: all) between two ids. */
  range(start: StreamId, end: StreamId, count: number, reverse = false): Entry[] {
    const found: Entry[] = []
    for (const entry of this.entries(start, end, reverse)) {
      found.push(entry)
      if (found.length === count) break
    }
    return found
  }

  /** Removes single entries, and returns how many of them there were. */
  delete(ids: readonly StreamId[]): number {
    let deleted = 0
    let firstIsGone = false
    for (const id of ids) {
      if (!this.#deleteOne(id)) continue
      deleted++
      if (id === this.first) firstIsGone = true
      if (id > this.maxDeleted) this.maxDeleted = id
    }
    if (this.#size === 0) this.first = MIN_ID
    else if (firstIsGone) this.first = this.#findFirst()
    return deleted
  }

  /** Removes entries from the start, and returns how many. */
  trim(trim: Trim): number {
    let deleted = 0
    let wholeNodes = 0
    for (const node of this.#nodes) {
      if ('length' in trim.to && this.#size <= trim.to.length) break
      if (trim.limit > 0 && deleted + node.live > trim.limit) break
      if (!this.#isBeyond(node, trim)) {
        if (!trim.approximate) deleted += this.#trimNode(node, trim)
        break
      }
      wholeNodes++
      this.#size -= node.live
      deleted += node.live
    }
    if (wholeNodes > 0) this.#nodes.splice(0, wholeNodes)
    if (this.#size === 0) this.first = MIN_ID
    else if (deleted > 0) this.first = this.#findFirst()
    return deleted
  }

  #isFull(node: Node, fields: readonly string[]): boolean {
    const { streamNodeMaxBytes, streamNodeMaxEntries } = this.limits
    const maxBytes =
      streamNodeMaxBytes === 0 ? NODE_BYTES_MAX : Math.min(streamNodeMaxBytes, NODE_BYTES_MAX)
    const deleted = node.entries.length - node.live
    let bytes = node.bytes + listpackIntegerSize(node.live) + listpackIntegerSize(deleted)
    for (const text of fields) bytes += text.length
    if (bytes >= maxBytes) return true
    return streamNodeMaxEntries > 0 && node.entries.length >= streamNodeMaxEntries
  }

  /** Whether trimming removes all of the node. */
  #isBeyond(node: Node, { to }: Trim): boolean {
    if ('length' in to) return this.#size - node.live >= to.length
    return (node.entries.at(-1) as Entry).id < to.minId
  }

  #trimNode(node: Node, { to }: Trim): number {
    let deleted = 0
    for (const entry of node.entries) {
      if ('length' in to ? this.#size <= to.length : entry.id >= to.minId) break
      if (entry.deleted) continue
      entry.deleted = true
      node.live--
      this.#size--
      deleted++
    }
    return deleted
  }

  #deleteOne(id: StreamId): boolean {
    const entry = this.get(id)
    if (entry === undefined) return false
    const index = this.#nodeAt(id)
    const node = this.#nodes[index] as Node
    entry.deleted = true
    node.live--
    if (node.live === 0) this.#nodes.splice(index, 1)
    this.#size--
    return true
  }

  #findFirst(): StreamId {
    for (const { id } of this.entries(MIN_ID, MAX_ID)) return id
    return MAX_ID
  }

  /** The last node that starts at the id or below, or -1. */
  #nodeAt(id: StreamId): number {
    let low = 0
    let high = this.#nodes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (masterId(this.#nodes[middle] as Node) <= id) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** How many nodes Redis's radix tree of these keys has, compressed runs counted as one. */
  countTreeNodes(): number {
    const keys = this.#nodes.map(node => masterId(node).toString(16).padStart(32, '0'))
    return countTreeNodes(keys, 0)
  }

  // ---- Consumer groups -------------------------------------------------------------------------

  get groupCount(): number {
    return this.#groups.size
  }

  /** In the order of their names. */
  get groups(): ConsumerGroup[] {
    return sortedByName(this.#groups.values())
  }

  group(name: string): ConsumerGroup | undefined {
    return this.#groups.get(name)
  }

  addGroup(name: string, lastDelivered: StreamId, entriesRead: bigint | undefined): ConsumerGroup {
    const group = new ConsumerGroup(name, lastDelivered, entriesRead)
    this.#groups.set(name, group)
    return group
  }

  removeGroup(name: string): boolean {
    return this.#groups.delete(name)
  }

  /** The group goes on to an entry: it is the last that was delivered, and one more was read. */
  advance(group: ConsumerGroup, id: StreamId): void {
    if (id <= group.lastDelivered) return
    if (group.entriesRead !== undefined && !this.#hasTombstonesFrom(id)) group.entriesRead++
    else if (this.entriesAdded > 0n) group.entriesRead = this.#countUpTo(id)
    group.lastDelivered = id
  }

  /** How many entries the group has still to read; undefined where deletions make that unknown. */
  lag(group: ConsumerGroup): bigint | undefined {
    if (this.entriesAdded === 0n) return 0n
    const { entriesRead, lastDelivered } = group
    const read =
      entriesRead !== undefined && !this.#hasTombstonesFrom(lastDelivered)
        ? entriesRead
        : this.#countUpTo(lastDelivered)
    return read === undefined ? undefined : this.entriesAdded - read
  }

  #hasTombstonesFrom(id: StreamId): boolean {
    if (this.#size === 0 || this.maxDeleted === MIN_ID) return false
    return this.first <= this.maxDeleted && id <= this.maxDeleted
  }

  /** How many entries were ever added up to an id, where that can be told without counting. */
  #countUpTo(id: StreamId): bigint | undefined {
    if (this.entriesAdded === 0n) return 0n
    if (this.#size === 0 && id <= this.last) return this.entriesAdded
    if (id === this.last) return this.entriesAdded
    if (id > this.last) return undefined
    if (this.maxDeleted !== MIN_ID && this.maxDeleted >= this.first) return undefined
    const removed = this.entriesAdded - BigInt(this.#size)
    if (id < this.first) return removed
    return id === this.first ? removed + 1n : undefined
  }
}

function masterId(node: Node): StreamId {
  return (node.entries[0] as Entry).id
}

/** The position of the first entry whose id is not below the given one. */
function place(entries: readonly Entry[], id: StreamId): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as Entry).id < id) low = middle + 1
    else high = middle
  }
  return low
}

// ---- The bytes of a node's listpack ------------------------------------------------------------

/** What stands before the entries: the fields that most of them share, and their number. */
function masterBytes(fields: readonly string[]): number {
  let bytes = LISTPACK_OVERHEAD + listpackIntegerSize(fields.length / 2) + listpackIntegerSize(0)
  for (let i = 0; i < fields.length; i += 2) bytes += listpackEntrySize(fields[i] as string)
  return bytes
}

/** Flags, distance to the first id, the fields unless they are the shared ones, values, length. */
function entryBytes({ id, fields }: Entry, master: Entry): number {
  const count = fields.length / 2
  const shared = hasFieldsOf(fields, master.fields)
  let bytes = listpackIntegerSize(0)
  bytes += differenceBytes(millisecondsOf(id), millisecondsOf(master.id))
  bytes += differenceBytes(sequenceOf(id), sequenceOf(master.id))
  bytes += listpackIntegerSize(shared ? count + 3 : 2 * count + 4)
  if (!shared) bytes += listpackIntegerSize(count)
  for (let i = shared ? 1 : 0; i < fields.length; i += shared ? 2 : 1) {
    bytes += listpackEntrySize(fields[i] as string)
  }
  return bytes
}

function hasFieldsOf(fields: readonly string[], master: readonly string[]): boolean {
  if (fields.length !== master.length) return false
  for (let i = 0; i < fields.length; i += 2) if (fields[i] !== master[i]) return false
  return true
}

function differenceBytes(a: bigint, b: bigint): number {
  return listpackIntegerSize(Number(BigInt.asIntN(64, a - b)))
}

// ---- The radix tree that Redis would have ------------------------------------------------------

/** Keys are sorted, in hexadecimal; `depth` is how many of their characters are behind us. */
function countTreeNodes(keys: readonly string[], depth: number): number {
  const first = keys[0]
  const last = keys[keys.length - 1]
  if (first === undefined || last === undefined || depth === first.length) return 1
  let shared = depth
  while (
    shared < first.length &&
    first.slice(shared, shared + 2) === last.slice(shared, shared + 2)
  )
    shared += 2
  if (shared > depth) return 1 + countTreeNodes(keys, shared)
  let count = 1
  let start = 0
  for (let i = 1; i <= keys.length; i++) {
    const byte = (keys[start] as string).slice(depth, depth + 2)
    if (i < keys.length && (keys[i] as string).slice(depth, depth + 2) === byte) continue
    count += countTreeNodes(keys.slice(start, i), depth + 2)
    start = i
  }
  return count
}
