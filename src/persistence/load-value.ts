// A value from RDB, whatever version of Redis wrote it and whatever somebody may have done to it
// since: every structure is checked to its last byte before a value is made of it. The encoding is
// chosen by the limits of this server, as Redis does.

import { HashValue } from '../store/hash.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StringValue } from '../store/string.ts'
import type { EncodingLimits, Value } from '../store/value.ts'
import { ARRAY_MAX, MAP_MAX, TABLE_MAX } from '../util/limits.ts'
import { parseDouble, parseInt64 } from '../util/number.ts'
import {
  CorruptRdb,
  EmptyKey,
  FIELD_EXPIRY_MAX,
  NODE_PACKED,
  NODE_PLAIN,
  RDB_TYPE,
  TooLarge,
  UnknownItem,
} from './format.ts'
import { readIntset } from './intset.ts'
import { readListpack } from './listpack.ts'
import type { RdbReader } from './reader.ts'
import { type Room, SLOT } from './room.ts'
import { loadStream } from './stream.ts'
import { readZiplist, readZipmap } from './ziplist.ts'

type Loader = (reader: RdbReader, limits: EncodingLimits) => Value

/** Throws CorruptRdb if the body is not one of this type. */
export function loadBody(reader: RdbReader, type: number, limits: EncodingLimits): Value {
  const load = LOADERS.get(type)
  if (load === undefined) throw new UnknownItem(`Unknown RDB encoding type ${type}`)
  return load(reader, limits)
}

const LOADERS: ReadonlyMap<number, Loader> = new Map<number, Loader>([
  [RDB_TYPE.string, reader => loadString(reader)],
  [RDB_TYPE.list, (reader, limits) => listOf(readStrings(reader), limits, true)],
  [
    RDB_TYPE.listZiplist,
    (reader, limits) =>
      listOf(readZiplist(reader.blob(), reader.room, 'List ziplist'), limits, false),
  ],
  [RDB_TYPE.listQuicklist, (reader, limits) => loadQuicklist(reader, limits, false)],
  [RDB_TYPE.listQuicklist2, (reader, limits) => loadQuicklist(reader, limits, true)],
  [RDB_TYPE.set, loadSet],
  [
    RDB_TYPE.setIntset,
    (reader, limits) => filled(new SetValue(limits), readIntset(reader.blob(), reader.room)),
  ],
  [
    RDB_TYPE.setListpack,
    (reader, limits) =>
      filled(
        new SetValue(limits, 'listpack'),
        readListpack(reader.blob(), reader.room, 'Set listpack'),
      ),
  ],
  [RDB_TYPE.zset, (reader, limits) => loadSortedSet(reader, limits, readTextScore)],
  [RDB_TYPE.zset2, (reader, limits) => loadSortedSet(reader, limits, () => reader.double())],
  [
    RDB_TYPE.zsetZiplist,
    (reader, limits) => sortedSetOf(reader, readZiplist, 'Zset ziplist', limits),
  ],
  [
    RDB_TYPE.zsetListpack,
    (reader, limits) => sortedSetOf(reader, readListpack, 'Zset listpack', limits),
  ],
  [RDB_TYPE.hash, (reader, limits) => loadHash(reader, limits)],
  [RDB_TYPE.modulePreGa, () => refuse('Pre-release module format not supported')],
  [
    RDB_TYPE.module2,
    reader =>
      refuse(
        "The RDB file contains module data I can't load: " +
          `no matching module type '${moduleName(reader.length64())}'`,
      ),
  ],
  [RDB_TYPE.hashZipmap, (reader, limits) => hashOf(reader, readZipmap, 'Hash zipmap', limits)],
  [RDB_TYPE.hashZiplist, (reader, limits) => hashOf(reader, readZiplist, 'Hash ziplist', limits)],
  [
    RDB_TYPE.hashListpack,
    (reader, limits) => hashOf(reader, readListpack, 'Hash listpack', limits),
  ],
  [RDB_TYPE.hashMetadataPreGa, (reader, limits) => loadMortalHash(reader, limits, 1)],
  [
    RDB_TYPE.hashMetadata,
    (reader, limits) => loadMortalHash(reader, limits, Number(reader.int64())),
  ],
  [RDB_TYPE.streamListpacks, streamLoader(RDB_TYPE.streamListpacks)],
  [RDB_TYPE.streamListpacks2, streamLoader(RDB_TYPE.streamListpacks2)],
  [RDB_TYPE.streamListpacks3, streamLoader(RDB_TYPE.streamListpacks3)],
  [RDB_TYPE.hashListpackExPreGa, loadListpackEx],
  [
    RDB_TYPE.hashListpackEx,
    (reader, limits) => {
      reader.int64()
      return loadListpackEx(reader, limits)
    },
  ],
])

function refuse(reason: string): never {
  throw new CorruptRdb(reason)
}

const MODULE_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const MODULE_NAME_LENGTH = 9
/** The lower bits of a module's id are the version of its encoding. */
const MODULE_VERSION_BITS = 10n

/** The name of a module, which is in its id: six bits a letter. */
export function moduleName(id: bigint): string {
  let name = ''
  let rest = id >> MODULE_VERSION_BITS
  for (let i = 0; i < MODULE_NAME_LENGTH; i++) {
    name = MODULE_LETTERS.charAt(Number(rest & 63n)) + name
    rest >>= 6n
  }
  return name
}

function streamLoader(type: number): Loader {
  return (reader, limits) => loadStream(reader, type, limits)
}

/** What an element takes in each type, beside its texts, in bytes of the heap at the most. */
const ENTRY = {
  list: 2 * SLOT,
  node: 25 * SLOT,
  set: 3 * SLOT,
  zset: 10 * SLOT,
  hash: 3 * SLOT,
  mortal: 10 * SLOT,
} as const
/** No string takes less. */
const STRING_MIN = 1

/** How many elements follow, of so many bytes at least: more than none. */
function readCount(reader: RdbReader, smallest: number, each: number): number {
  const count = reader.count(smallest)
  if (count === 0) throw new EmptyKey()
  reader.room.elements(count, each)
  return count
}

function readStrings(reader: RdbReader): string[] {
  const texts: string[] = []
  let left = readCount(reader, STRING_MIN, ENTRY.list)
  for (; left > 0; left--) texts.push(reader.string())
  return texts
}

function brokenText(name: string): string {
  return `${name} integrity check failed.`
}

type ReadElements = (bytes: Buffer, room: Room, name?: string) => string[]

/** Elements that belong together by two or three: as many as make whole tuples, and not none. */
function readTuples(
  reader: RdbReader,
  read: ReadElements,
  name: string,
  size: number,
): readonly string[] {
  const elements = read(reader.blob(), reader.room, name)
  if (elements.length === 0) throw new EmptyKey()
  if (elements.length % size !== 0) throw new CorruptRdb(brokenText(name))
  return elements
}

// ---- Strings -----------------------------------------------------------------------------------

/** From this length on a value is kept as bytes. */
const LONG = 64 * 1024

function loadString(reader: RdbReader): StringValue {
  return new StringValue(reader.stringOrBlock(LONG))
}

// ---- Lists -------------------------------------------------------------------------------------

function listOf(
  elements: readonly string[],
  limits: EncodingLimits,
  mayBeListpack: boolean,
): ListValue {
  if (elements.length === 0) throw new EmptyKey()
  const list = new ListValue(limits)
  for (const element of elements) list.push(element, 'right')
  list.settle(mayBeListpack)
  return list
}

function loadQuicklist(reader: RdbReader, limits: EncodingLimits, isListpacks: boolean): ListValue {
  const list = new ListValue(limits)
  for (let left = readCount(reader, STRING_MIN, ENTRY.node); left > 0; left--) {
    const container = isListpacks ? reader.length() : NODE_PACKED
    if (container !== NODE_PACKED && container !== NODE_PLAIN) {
      throw new CorruptRdb('Quicklist integrity check failed.')
    }
    const bytes = reader.blob()
    if (bytes.length === 0) throw new CorruptRdb('Empty quicklist node')
    const isPlain = container === NODE_PLAIN
    const items = isPlain
      ? [reader.textOf(bytes)]
      : (isListpacks ? readListpack : readZiplist)(bytes, reader.room)
    if (list.size + items.length > ARRAY_MAX) throw new TooLarge()
    if (items.length > 0) list.appendNode(items, isPlain, isListpacks ? bytes.length : undefined)
  }
  if (list.size === 0) throw new EmptyKey()
  list.settle(true)
  return list
}

// ---- Sets --------------------------------------------------------------------------------------

function loadSet(reader: RdbReader, limits: EncodingLimits): SetValue {
  const count = readCount(reader, STRING_MIN, ENTRY.set)
  const set = new SetValue(limits, count > limits.setMaxIntsetEntries ? 'hashtable' : 'intset')
  for (let left = count; left > 0; left--) {
    if (!set.add(reader.string())) throw new CorruptRdb('Duplicate set members detected')
  }
  return set
}

function filled(set: SetValue, members: readonly string[]): SetValue {
  if (members.length === 0) throw new EmptyKey()
  set.expect(members.length)
  for (const member of members) {
    if (!set.add(member)) throw new CorruptRdb('Set listpack integrity check failed.')
  }
  return set
}

// ---- Sorted sets -------------------------------------------------------------------------------

function loadSortedSet(
  reader: RdbReader,
  limits: EncodingLimits,
  readScore: (reader: RdbReader) => number,
): SortedSetValue {
  const count = readCount(reader, 2 * STRING_MIN, ENTRY.zset)
  if (count > TABLE_MAX) throw new TooLarge()
  const set = new SortedSetValue(limits)
  // As a skip list, so that the encoding is chosen when all is known.
  set.expect(Infinity)
  for (let left = count; left > 0; left--) addScore(set, reader.string(), readScore(reader))
  set.chooseEncoding()
  return set
}

const NOT_A_NUMBER = 253
const INFINITY = 254
const MINUS_INFINITY = 255

function readTextScore(reader: RdbReader): number {
  const length = reader.byte()
  if (length === MINUS_INFINITY) return Number.NEGATIVE_INFINITY
  if (length === INFINITY) return Number.POSITIVE_INFINITY
  if (length === NOT_A_NUMBER) return Number.NaN
  return parseDouble(reader.text(length)) ?? Number.NaN
}

function sortedSetOf(
  reader: RdbReader,
  read: ReadElements,
  name: string,
  limits: EncodingLimits,
): SortedSetValue {
  const flat = readTuples(reader, read, name, 2)
  const count = flat.length / 2
  if (count > TABLE_MAX) throw new TooLarge()
  reader.room.elements(count, ENTRY.zset)
  const set = new SortedSetValue(limits)
  set.expect(count)
  for (let i = 0; i < flat.length; i += 2) {
    const score = parseDouble(flat[i + 1] as string) ?? Number.NaN
    addScore(set, flat[i] as string, score, brokenText(name))
  }
  return set
}

function addScore(
  set: SortedSetValue,
  member: string,
  score: number,
  fault = 'Duplicate zset fields detected',
): void {
  if (Number.isNaN(score)) throw new CorruptRdb('Zset with NAN score detected')
  if (set.set(member, score) !== 'added') throw new CorruptRdb(fault)
}

// ---- Hashes ------------------------------------------------------------------------------------

function loadHash(reader: RdbReader, limits: EncodingLimits): HashValue {
  const count = readCount(reader, 2 * STRING_MIN, ENTRY.hash)
  const hash = new HashValue(limits)
  hash.expect(count, 0)
  for (let left = count; left > 0; left--) addField(hash, reader.string(), reader.string())
  return hash
}

function hashOf(
  reader: RdbReader,
  read: ReadElements,
  name: string,
  limits: EncodingLimits,
): HashValue {
  const flat = readTuples(reader, read, name, 2)
  reader.room.elements(flat.length / 2, ENTRY.hash)
  const hash = new HashValue(limits)
  hash.expect(flat.length / 2, 0)
  for (let i = 0; i < flat.length; i += 2) {
    addField(hash, flat[i] as string, flat[i + 1] as string, brokenText(name))
  }
  return hash
}

/** Times are counted from `base`, and one more, since 0 stands for never. */
function loadMortalHash(reader: RdbReader, limits: EncodingLimits, base: number): HashValue {
  const count = readCount(reader, 3 * STRING_MIN, ENTRY.mortal)
  if (count > MAP_MAX) throw new TooLarge()
  const hash = new HashValue(limits)
  hash.expect(count, 0)
  hash.allowExpiry()
  const mortal: (readonly [field: string, expireAt: number])[] = []
  for (let left = count; left > 0; left--) {
    const time = reader.length()
    const field = reader.string()
    addField(hash, field, reader.string())
    if (time > 0) mortal.push([field, validExpiry(time + base - 1)])
  }
  for (const [field, expireAt] of mortal) hash.setExpiry(field, expireAt)
  return hash
}

/** Fields, values and times in turn: the mortal fields first, in order of their deaths. */
function loadListpackEx(reader: RdbReader, limits: EncodingLimits): HashValue {
  const flat = readTuples(reader, readListpack, 'Hash listpack', 3)
  reader.room.elements(flat.length / 3, ENTRY.mortal)
  const hash = new HashValue(limits)
  hash.expect(flat.length / 3, 0)
  hash.allowExpiry()
  const mortal: (readonly [field: string, expireAt: number])[] = []
  let previous = -1
  for (let i = 0; i < flat.length; i += 3) {
    const field = flat[i] as string
    addField(hash, field, flat[i + 1] as string, brokenText('Hash listpack'))
    const expireAt = validExpiry(Number(parseInt64(flat[i + 2] as string) ?? Number.NaN))
    if (expireAt !== 0 && (previous === 0 || expireAt < previous)) {
      throw new CorruptRdb('Fields out of order')
    }
    previous = expireAt
    if (expireAt !== 0) mortal.push([field, expireAt])
  }
  // A field goes before those that die at the same moment: from the last on, they keep their order.
  for (const [field, expireAt] of mortal.reverse()) hash.setExpiry(field, expireAt)
  return hash
}

const DUPLICATE_FIELD = 'Duplicate hash fields detected'

function validExpiry(expireAt: number): number {
  if (!(expireAt >= 0 && expireAt <= FIELD_EXPIRY_MAX)) {
    throw new CorruptRdb(`invalid expireAt time: ${expireAt}`)
  }
  return expireAt
}

/** Throws the fault if the field is there already. */
function addField(hash: HashValue, field: string, value: string, fault = DUPLICATE_FIELD): void {
  if (!hash.set(field, value)) throw new CorruptRdb(fault)
}
