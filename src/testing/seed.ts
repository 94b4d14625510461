// Values of Redis out of what a test writes. What Redis cannot store is refused with its path, such
// as an object within a hash: none is written as "[object Object]", and none is left out.

import { HashValue } from '../store/hash.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StreamValue } from '../store/stream.ts'
import { MIN_ID, parseId } from '../store/stream-id.ts'
import { StringValue } from '../store/string.ts'
import type { EncodingLimits, Value } from '../store/value.ts'
import { fromText } from '../util/bytes.ts'
import { suggest } from '../util/suggest.ts'
import { type Duration, readDuration } from './duration.ts'

/** An entry of a stream. */
export interface StreamEntry {
  /** `'1526919030474-55'`. */
  readonly id: string
  /** In their order. */
  readonly fields: Readonly<Record<string, string>>
}

/**
 * What seed() makes a key of: a string or a number, a list as an array, a set as a Set, a hash as
 * an object or a Map of texts and numbers; sorted sets, streams and expiry by their names.
 */
export type SeedValue =
  | string
  | number
  | readonly (string | number)[]
  | ReadonlySet<string | number>
  | ReadonlyMap<string, string | number>
  | Seed
  | Readonly<Record<string, string | number>>

/** A value of a named type, with or without an expiry. */
export interface Seed {
  /** A string. */
  readonly $string?: string | number
  /** A list, from its head. */
  readonly $list?: readonly (string | number)[]
  /** A set. */
  readonly $set?: Iterable<string | number>
  /** A hash, also one whose fields begin with a dollar sign. */
  readonly $hash?: Readonly<Record<string, string | number>>
  /** Scores by member. */
  readonly $zset?: Readonly<Record<string, number>>
  /** A stream; the ids ascend. */
  readonly $stream?: readonly StreamEntry[]
  /** From now on, as `'5m'` or in milliseconds. */
  readonly $expires?: Duration
}

/**
 * The values of the keys.
 * @param now milliseconds since 1970, from which on keys expire
 * @throws TypeError with the path of what cannot be stored
 */
export function seedValues(
  data: Readonly<Record<string, SeedValue>>,
  limits: EncodingLimits,
  now: number,
): (readonly [key: string, value: Value])[] {
  if (!isObject(data)) throw new TypeError(`seed() takes an object of keys, not ${kindOf(data)}`)
  return Object.entries(data).map(([key, seed]) => [key, makeValue(seed, key, limits, now)])
}

function makeValue(seed: unknown, path: string, limits: EncodingLimits, now: number): Value {
  const [type, given, expires] = namedSeed(seed, path)
  const value = MAKERS[type](given, type in Object(seed) ? `${path}.${type}` : path, limits)
  if (value.size === 0 && value.type !== 'string' && value.type !== 'stream') {
    throw refused(path, `is empty: Redis has no empty ${value.type}; leave the key out`)
  }
  if (expires === undefined) return value
  const ms = readDuration(expires)
  if (ms === undefined) throw refused(`${path}.$expires`, "is no duration such as '90s' or '1h30m'")
  value.expireAt = Math.round(now + ms)
  return value
}

type TypeName = Exclude<keyof Seed, '$expires'>

function namedSeed(
  seed: unknown,
  path: string,
): [type: TypeName, given: unknown, expires?: unknown] {
  if (typeof seed === 'string' || typeof seed === 'number') return ['$string', seed]
  if (Array.isArray(seed)) return ['$list', seed]
  if (seed instanceof Set) return ['$set', seed]
  if (seed instanceof Map) return ['$hash', seed]
  if (!isObject(seed)) throw refused(path, `is ${kindOf(seed)}`)
  if (!Object.keys(seed).some(name => name.startsWith('$'))) return ['$hash', seed]
  const { $expires, ...named } = seed
  for (const name of Object.keys(named)) {
    if (Object.hasOwn(MAKERS, name)) continue
    const meant = suggest(name, TYPES)
    const hint = meant === undefined ? `there are ${TYPES.join(', ')}` : `did you mean '${meant}'?`
    throw refused(`${path}.${name}`, `is no type; ${hint}`)
  }
  const [type, ...others] = TYPES.filter(name => named[name] !== undefined)
  if (type === undefined || others.length > 0) {
    throw refused(path, `names one of ${TYPES.join(', ')}`)
  }
  return [type, named[type], $expires]
}

type Maker = (given: unknown, path: string, limits: EncodingLimits) => Value

const MAKERS: Readonly<Record<TypeName, Maker>> = {
  $string: (given, path) => new StringValue(word(given, path)),

  $list: (given, path, limits) => {
    const list = new ListValue(limits)
    for (const element of words(given, path)) list.push(element, 'right')
    return list
  },

  $set: (given, path, limits) => {
    const set = new SetValue(limits)
    for (const member of words(given, path)) set.add(member)
    return set
  },

  $hash: (given, path, limits) => {
    const hash = new HashValue(limits)
    for (const [field, text] of entries(given, path)) {
      hash.set(word(field, `${path} (a field)`), word(text, `${path}.${String(field)}`))
    }
    return hash
  },

  $zset: (given, path, limits) => {
    const zset = new SortedSetValue(limits)
    for (const [member, score] of entries(given, path)) {
      if (typeof score !== 'number' || Number.isNaN(score)) {
        throw refused(`${path}.${String(member)}`, `is ${kindOf(score)}: a score is a number`)
      }
      zset.set(word(member, path), score)
    }
    return zset
  },

  $stream: (given, path, limits) => {
    const stream = new StreamValue(limits)
    let last = MIN_ID
    for (const [i, entry] of list(given, path).entries()) {
      const at = `${path}[${i}]`
      if (!isObject(entry)) throw refused(at, 'is no entry: { id, fields }')
      const id = parseId(fromText(String(entry['id'])), 0n)
      if (id === undefined) throw refused(`${at}.id`, 'is no id of a stream')
      if (id <= last) throw refused(`${at}.id`, 'is not greater than the one before it')
      const fields = entries(entry['fields'], `${at}.fields`)
      if (fields.length === 0) throw refused(`${at}.fields`, 'is empty: an entry has fields')
      stream.append(
        id,
        fields.flatMap(([name, text]) => [name, text].map(one => word(one, `${at}.fields`))),
      )
      last = id
    }
    return stream
  },
}

const TYPES: readonly TypeName[] = ['$string', '$list', '$set', '$hash', '$zset', '$stream']

function words(given: unknown, path: string): string[] {
  return list(given, path).map((one, i) => word(one, `${path}[${i}]`))
}

function list(given: unknown, path: string): unknown[] {
  const isIterable = typeof given === 'object' && given !== null && Symbol.iterator in given
  if (!isIterable) throw refused(path, `is ${kindOf(given)}: it takes an array`)
  return Array.from(given as Iterable<unknown>)
}

function entries(given: unknown, path: string): [unknown, unknown][] {
  if (given instanceof Map) return [...given]
  if (!isObject(given)) throw refused(path, `is ${kindOf(given)}: it takes an object`)
  return Object.entries(given)
}

function word(value: unknown, path: string): string {
  if (typeof value === 'string') return fromText(value)
  if (typeof value === 'number' && !Number.isNaN(value)) return String(value)
  throw refused(path, `is ${kindOf(value)}: Redis stores texts and numbers`)
}

function refused(path: string, why: string): TypeError {
  return new TypeError(`seed() cannot store this: ${path} ${why}`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return String(value)
  if (Array.isArray(value)) return 'an array'
  const name = typeof value === 'object' ? value.constructor?.name : typeof value
  return name === undefined || name === 'Object' ? 'an object' : `a ${name}`
}
