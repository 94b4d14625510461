// A value as RDB: its type byte, which says how it is laid out, and its body.

import type { RdbVersion } from '../engine/server.ts'
import { HashValue } from '../store/hash.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StreamValue } from '../store/stream.ts'
import { StringValue } from '../store/string.ts'
import { NEVER, type Value } from '../store/value.ts'
import { unreachable } from '../util/assert.ts'
import { formatDouble } from '../util/number.ts'
import { NODE_PACKED, NODE_PLAIN, RDB_TYPE, REDIS_7_2, REDIS_7_4 } from './format.ts'
import { writeIntset } from './intset.ts'
import { writeListpack } from './listpack.ts'
import { saveStream } from './stream.ts'
import { RdbWriter } from './writer.ts'

/** Writes the type; the key, if there is one, stands between it and the body. */
export function saveType(writer: RdbWriter, value: Value): void {
  writer.byte(typeOf(value, writer.version))
}

/** Whether fields will expire, which no version before that of Redis 7.4 can say. */
export function losesExpiry(value: Value, version: RdbVersion): boolean {
  return version < REDIS_7_4 && value instanceof HashValue && soonestExpiry(value) !== undefined
}

export function saveBody(writer: RdbWriter, value: Value): void {
  if (value instanceof StringValue) writer.string(value.isBytes ? value.bytes : value.text)
  else if (value instanceof ListValue) saveList(writer, value)
  else if (value instanceof SetValue) saveSet(writer, value)
  else if (value instanceof SortedSetValue) saveSortedSet(writer, value)
  else if (value instanceof HashValue) saveHash(writer, value)
  else if (value instanceof StreamValue) saveStream(writer, value)
}

function typeOf(value: Value, version: RdbVersion): number {
  switch (value.type) {
    case 'string':
      return RDB_TYPE.string
    case 'list':
      return RDB_TYPE.listQuicklist2
    case 'set':
      if (value.encoding === 'intset') return RDB_TYPE.setIntset
      return isPackedSet(value, version) ? RDB_TYPE.setListpack : RDB_TYPE.set
    case 'zset':
      return value.encoding === 'listpack' ? RDB_TYPE.zsetListpack : RDB_TYPE.zset2
    case 'hash':
      if (value.encoding === 'listpack') return RDB_TYPE.hashListpack
      if (version < REDIS_7_4) {
        return value.encoding === 'listpackex' ? RDB_TYPE.hashListpack : RDB_TYPE.hash
      }
      if (value.encoding === 'listpackex') return RDB_TYPE.hashListpackEx
      return soonestExpiry(value as HashValue) === undefined ? RDB_TYPE.hash : RDB_TYPE.hashMetadata
    case 'stream':
      return version < REDIS_7_2 ? RDB_TYPE.streamListpacks2 : RDB_TYPE.streamListpacks3
    default:
      return unreachable(value.type)
  }
}

function isPackedSet({ encoding }: Value, version: RdbVersion): boolean {
  return encoding === 'listpack' && version >= REDIS_7_2
}

function saveListpack(writer: RdbWriter, elements: readonly string[]): void {
  writer.string(writeListpack(elements))
}

function saveList(writer: RdbWriter, list: ListValue): void {
  writer.length(list.nodeCount)
  for (const { plain, items } of list.nodes()) {
    writer.length(plain ? NODE_PLAIN : NODE_PACKED)
    if (plain) writer.string(items[0] ?? '')
    else saveListpack(writer, items)
  }
}

function saveSet(writer: RdbWriter, set: SetValue): void {
  if (set.encoding === 'intset') {
    writer.string(writeIntset(set.members()))
  } else if (isPackedSet(set, writer.version)) {
    saveListpack(writer, set.members())
  } else {
    writer.length(set.size)
    for (let i = 0; i < set.size; i++) writer.string(set.at(i))
  }
}

// A skip list is written from its end, so that whoever loads it always inserts at the head.
function saveSortedSet(writer: RdbWriter, set: SortedSetValue): void {
  const elements = set.range(0, -1)
  if (set.encoding === 'listpack') {
    const flat = elements.flatMap(({ member, score }) => [member, formatDouble(score)])
    saveListpack(writer, flat)
    return
  }
  writer.length(elements.length)
  for (const { member, score } of elements.reverse()) {
    writer.string(member)
    writer.double(score)
  }
}

function saveHash(writer: RdbWriter, hash: HashValue): void {
  const isOld = writer.version < REDIS_7_4
  const soonest = isOld ? undefined : soonestExpiry(hash)
  if (hash.encoding === 'listpack' || (isOld && hash.encoding === 'listpackex')) {
    saveListpack(writer, [...hash].flat())
  } else if (hash.encoding === 'listpackex') {
    writer.int64(soonest ?? 0)
    const flat = [...hash].flatMap(([field, value]) => [field, value, expiryText(hash, field)])
    saveListpack(writer, flat)
  } else {
    if (soonest !== undefined) writer.int64(soonest)
    writer.length(hash.size)
    for (const [field, value] of hash) {
      if (soonest !== undefined) writer.length(relativeExpiry(hash, field, soonest))
      writer.string(field)
      writer.string(value)
    }
  }
}

/** When the first of the fields dies, if any will. */
function soonestExpiry(hash: HashValue): number | undefined {
  if (hash.earliestExpiry === Infinity) return undefined
  let soonest = Infinity
  for (const [field] of hash) {
    const expireAt = hash.expiryOf(field)
    if (expireAt !== NEVER) soonest = Math.min(soonest, expireAt)
  }
  return soonest === Infinity ? undefined : soonest
}

function expiryText(hash: HashValue, field: string): string {
  const expireAt = hash.expiryOf(field)
  return expireAt === NEVER ? '0' : String(expireAt)
}

/** 0 for never; otherwise counted from the soonest, and one more. */
function relativeExpiry(hash: HashValue, field: string, soonest: number): number {
  const expireAt = hash.expiryOf(field)
  return expireAt === NEVER ? 0 : expireAt - soonest + 1
}

/** Bytes of the body, as DEBUG OBJECT shows them. */
export function serializedLength(value: Value, compresses: boolean): number {
  const writer = new RdbWriter(compresses)
  saveBody(writer, value)
  return writer.size
}
