// What a test sees of the data without sending a command: nothing of it counts as an access, moves
// a statistic or is seen by MONITOR. Text goes in and comes out as Unicode; what is no UTF-8 is
// shown as Redis quotes it by dump().

import type { RedisServer } from '../engine/server.ts'
import { dumpPayload } from '../persistence/payload.ts'
import type { Database } from '../store/database.ts'
import { HashValue } from '../store/hash.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StreamValue } from '../store/stream.ts'
import { formatId, MAX_ID, MIN_ID } from '../store/stream-id.ts'
import { StringValue } from '../store/string.ts'
import { NEVER, type TypeName, type Value, type ValueClass } from '../store/value.ts'
import { compareBytes, fromText, quoted, toText } from '../util/bytes.ts'
import { formatDouble } from '../util/number.ts'
import { type SeedValue, type StreamEntry, seedValues } from './seed.ts'

/** One database, seen from the test. */
export class TestDatabase {
  readonly #server: RedisServer
  readonly #db: Database

  /** @throws RangeError for a database that the server has not */
  constructor(server: RedisServer, index: number) {
    const db = server.keyspace.get(index)
    if (db === undefined) throw new RangeError(`There is no database ${index}`)
    this.#server = server
    this.#db = db
  }

  /** The number of keys; an expired one counts until somebody meets it. */
  get size(): number {
    return this.#db.size
  }

  /** Every key, sorted by its bytes. */
  keys(): string[] {
    return this.#entries().map(([key]) => toText(key))
  }

  /** Whether the key exists. */
  has(key: string): boolean {
    return this.#peek(key) !== undefined
  }

  /** Undefined if the key does not exist, like all that follow. */
  type(key: string): TypeName | undefined {
    return this.#peek(key)?.type
  }

  /** What OBJECT ENCODING answers. */
  encoding(key: string): string | undefined {
    return this.#peek(key)?.encoding
  }

  /** Milliseconds that the key has left, or Infinity if it never expires. */
  ttl(key: string): number | undefined {
    const value = this.#peek(key)
    if (value === undefined) return undefined
    return value.expireAt === NEVER ? Number.POSITIVE_INFINITY : value.expireAt - this.#now
  }

  /** A string's value. @throws TypeError if the key has another type, like all that follow */
  string(key: string): string | undefined {
    const value = this.#read(key, StringValue)
    return value && toText(value.text)
  }

  /** A list's elements, from its head. */
  list(key: string): string[] | undefined {
    const value = this.#read(key, ListValue)
    return value && [...value].map(toText)
  }

  /** A set's members. */
  set(key: string): Set<string> | undefined {
    const value = this.#read(key, SetValue)
    return value && new Set(value.members().map(toText))
  }

  /** Fields and values; fields that have expired are left out. */
  hash(key: string): Map<string, string> | undefined {
    const value = this.#read(key, HashValue)
    if (value === undefined) return undefined
    return new Map(value.live(this.#now).map(([field, text]) => [toText(field), toText(text)]))
  }

  /** Members and scores, in the order of the scores. */
  zset(key: string): Map<string, number> | undefined {
    const value = this.#read(key, SortedSetValue)
    return value && new Map(value.range(0, -1).map(({ member, score }) => [toText(member), score]))
  }

  /** A stream's entries, the oldest first. */
  stream(key: string): StreamEntry[] | undefined {
    const value = this.#read(key, StreamValue)
    if (value === undefined) return undefined
    return [...value.entries(MIN_ID, MAX_ID)].map(({ id, fields }) => ({
      id: formatId(id),
      fields: Object.fromEntries(pairs(fields.map(toText))),
    }))
  }

  /**
   * Writes data without a command: keys that are there are replaced, others stay. Clients that wait
   * for a key are served.
   * @throws TypeError for what Redis cannot store, with its path, before anything is written
   */
  seed(data: Readonly<Record<string, SeedValue>>): void {
    const { limits } = this.#server.keyspace
    const values = seedValues(data, limits, this.#now)
    this.#server.keyspace.tick()
    this.#server.effects.together(() => {
      for (const [name, value] of values) this.#set(fromText(name), value)
    })
    if (this.#server.blocking.hasReady) this.#server.blocking.serve()
    this.#server.endTurn()
  }

  #set(key: string, value: Value): void {
    const { effects } = this.#server
    this.#db.take(key)
    this.#db.put(key, value)
    this.#db.changed(key, undefined)
    if (!effects.isHeard) return
    const expireAt = value.expireAt === NEVER ? '0' : String(value.expireAt)
    const payload = dumpPayload(value, false, this.#server.persistence.rdbVersion)
    effects.add(this.#db, ['RESTORE', key, expireAt, payload, 'REPLACE', 'ABSTTL'])
  }

  /** All data as text, a line a key and one an element, the same for the same data. */
  dump(): string {
    return this.#entries()
      .map(([key, value]) => `${quoted(key)} ${describe(value, this.#now)}`)
      .join('\n')
  }

  get #now(): number {
    return this.#server.clock.now()
  }

  #peek(key: string): Value | undefined {
    this.#server.keyspace.tick()
    return this.#db.peek(fromText(key))
  }

  #read<V extends Value>(key: string, type: ValueClass<V>): V | undefined {
    const value = this.#peek(key)
    if (value === undefined || value instanceof type) return value
    throw new TypeError(`${quoted(fromText(key))} is a ${value.type}`)
  }

  #entries(): [string, Value][] {
    this.#server.keyspace.tick()
    const found: [string, Value][] = []
    this.#db.each((key, value) => found.push([key, value]))
    return found
      .filter(([, { expireAt }]) => expireAt === NEVER || expireAt > this.#now)
      .sort(([a], [b]) => compareBytes(a, b))
  }
}

function describe(value: Value, now: number): string {
  const expiry = value.expireAt === NEVER ? '' : ` until ${new Date(value.expireAt).toISOString()}`
  if (value instanceof StringValue) return `string${expiry} ${quoted(value.text)}`
  return [`${value.type}${expiry}`, ...linesOf(value, now)].join('\n  ')
}

function linesOf(value: Value, now: number): string[] {
  if (value instanceof ListValue) return [...value].map(quoted)
  if (value instanceof SetValue) return [...value.members()].sort(compareBytes).map(quoted)
  if (value instanceof SortedSetValue) {
    return value.range(0, -1).map(({ member, score }) => `${formatDouble(score)} ${quoted(member)}`)
  }
  if (value instanceof HashValue) return hashLines(value, now)
  if (value instanceof StreamValue) return streamLines(value)
  return []
}

function hashLines(hash: HashValue, now: number): string[] {
  return [...hash.live(now)]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([field, text]) => {
      const expireAt = hash.expiryOf(field)
      const until = expireAt === NEVER ? '' : ` until ${new Date(expireAt).toISOString()}`
      return `${quoted(field)} ${quoted(text)}${until}`
    })
}

function streamLines(stream: StreamValue): string[] {
  const entries = [...stream.entries(MIN_ID, MAX_ID)].map(
    ({ id, fields }) => `${formatId(id)} ${fields.map(quoted).join(' ')}`,
  )
  const groups = stream.groups.map(({ name, lastDelivered }) => {
    return `group ${quoted(name)} at ${formatId(lastDelivered)}`
  })
  return [...entries, ...groups]
}

function pairs(words: readonly string[]): [string, string][] {
  return Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i]!, words[2 * i + 1]!])
}
