// Reads the compact texts of the commands' rows. All rows are read when the package is imported, and
// most of their texts are those of other rows too: each different text is read once, and commands
// share what was read, which is immutable.

import { CATEGORIES } from '../acl/category.ts'
import type { KeyPlace } from '../acl/command-facts.ts'
import { invariant } from '../util/assert.ts'
import {
  type BeginSearch,
  type ChannelSpec,
  type FindKeys,
  FLAG,
  type Flag,
  type KeyRange,
  type KeySpec,
  type OptionWords,
  READ,
  type Secrets,
  WRITE,
} from './command.ts'
import type { Row } from './row.ts'

interface Keys {
  readonly specs: readonly KeySpec[]
  readonly range: KeyRange
  /** The one key, if the specs say just that. */
  readonly only?: readonly KeyPlace[]
}

const NO_WORDS: readonly string[] = []
const NO_KEYS: Keys = { specs: [], range: { first: 0, last: 0, step: 0, movable: false } }

/** Kept only as long as the rows are read. */
export class RowReader {
  /** Of the Redis whose rows these are to be. */
  readonly version: string
  readonly #flags = new Map<string, number>()
  readonly #categories = new Map<string, number>()
  readonly #keys = new Map<string, Keys>()
  readonly #tips = new Map<string, readonly string[]>()

  constructor(version: string) {
    this.version = version
  }

  flags(text: string): number {
    return known(this.#flags, text, () => readFlags(text))
  }

  /** The categories of the family or row, and those that follow from the flags. */
  categories(text: string, flags: number, name: string): number {
    return known(this.#categories, `${flags} ${text}`, () => readCategories(text, flags, name))
  }

  keys(spec: Row): Keys {
    const { keys, notes } = spec
    if (keys === undefined) return NO_KEYS
    if (notes !== undefined || typeof keys !== 'string') return readKeys(spec)
    return known(this.#keys, keys, () => readKeys(spec))
  }

  tips(text: string | undefined): readonly string[] {
    return text === undefined ? NO_WORDS : known(this.#tips, text, () => words(text))
  }

  channels(text: string | undefined): ChannelSpec | undefined {
    return text === undefined ? undefined : readChannels(text)
  }

  secrets(text: string | undefined): Secrets | undefined {
    return text === undefined ? undefined : readSecrets(text)
  }
}

function known<T>(from: Map<string, T>, text: string, read: () => T): T {
  const before = from.get(text)
  if (before !== undefined) return before
  const fresh = read()
  from.set(text, fresh)
  return fresh
}

function readKeys(spec: Row): Keys {
  const specs = readKeySpecs(spec)
  return { specs, range: readKeyRange(specs), ...readOnlyKey(specs) }
}

function readKeyRange(specs: readonly KeySpec[]): KeyRange {
  const plain = specs.filter(isPlain)
  const [only] = plain
  if (only === undefined) return { first: 0, last: 0, step: 0, movable: specs.length > 0 }
  const incomplete = plain.some(({ flags }) => flags.includes('incomplete'))
  if (specs.length === 1) {
    const { index } = only.begin
    return { first: index, last: lastOf(only), step: only.find.step, movable: incomplete }
  }
  let movable = incomplete || plain.length < specs.length
  let range: { first: number; last: number } | undefined
  for (const spec of plain) {
    const { index } = spec.begin
    const follows = range === undefined || range.last === index - 1
    if (spec.find.step !== 1 || !follows) {
      movable = true
      continue
    }
    range = { first: range?.first ?? index, last: lastOf(spec) }
  }
  return { first: range?.first ?? 0, last: range?.last ?? 0, step: range ? 1 : 0, movable }
}

function readOnlyKey(specs: readonly KeySpec[]): Pick<Keys, 'only'> {
  const [spec] = specs
  if (specs.length !== 1 || spec === undefined || !isPlain(spec)) return {}
  if (!spec.isKey || spec.find.last !== 0) return {}
  return { only: [{ position: spec.begin.index, needs: spec.needs, flags: spec.flags }] }
}

interface PlainSpec extends KeySpec {
  readonly begin: Extract<BeginSearch, { type: 'index' }>
  readonly find: Extract<FindKeys, { type: 'range' }>
}

function isPlain(spec: KeySpec): spec is PlainSpec {
  return spec.begin.type === 'index' && spec.find.type === 'range'
}

function lastOf({ begin, find }: PlainSpec): number {
  return find.last >= 0 ? begin.index + find.last : find.last
}

function words(text: string): string[] {
  return text.split(' ').filter(word => word !== '')
}

function readFlags(text: string): number {
  let bits = 0
  for (const word of words(text)) {
    invariant(word in FLAG, `flag ${word}`)
    bits |= FLAG[word as Flag]
  }
  return bits
}

function readCategories(text: string, flags: number, name: string): number {
  const names = words(text)
  const has = (flag: Flag): boolean => (flags & FLAG[flag]) !== 0
  if (has('write')) names.push('write')
  if (has('readonly') && !names.includes('scripting')) names.push('read')
  if (has('admin')) names.push('admin', 'dangerous')
  if (has('pubsub')) names.push('pubsub')
  names.push(has('fast') ? 'fast' : 'slow')
  if (has('blocking')) names.push('blocking')
  let bits = 0
  for (const category of names) {
    const index = (CATEGORIES as readonly string[]).indexOf(category)
    invariant(index >= 0, `category ${category} of ${name}`)
    bits |= 1 << index
  }
  return bits
}

function readKeySpecs({ keys, notes }: Row): KeySpec[] {
  if (keys === undefined) return []
  return (typeof keys === 'string' ? [keys] : keys).map((text, i) => readKeySpec(text, notes?.[i]))
}

const RIGHTS: ReadonlyMap<string, number> = new Map([
  ['access', READ],
  ['insert', WRITE],
  ['delete', WRITE],
  ['update', WRITE],
])

function readKeySpec(text: string, notes: string | undefined): KeySpec {
  const flags = words(text)
  const place = flags.pop()
  invariant(place !== undefined, `key spec ${text}`)
  return {
    flags,
    notes,
    needs: flags.reduce((bits, flag) => bits | (RIGHTS.get(flag) ?? 0), 0),
    isKey: !flags.includes('not_key'),
    ...readPlace(place),
  }
}

function readPlace(place: string): Pick<KeySpec, 'begin' | 'find'> {
  if (place === '?') return { begin: { type: 'unknown' }, find: { type: 'unknown' } }
  const match = /^(?:([A-Z]+)@)?(-?\d+)(#)?(?:\.\.([+-]?\d+))?(?:\/(\d+))?(?:%(\d+))?$/.exec(place)
  invariant(match !== null, `key place ${place}`)
  const [, keyword, index, keynum, last = '0', step = '1', limit = '0'] = match
  const begin: BeginSearch =
    keyword === undefined
      ? { type: 'index', index: Number(index) }
      : { type: 'keyword', keyword, startFrom: Number(index) }
  const find: FindKeys =
    keynum === undefined
      ? { type: 'range', last: Number(last), step: Number(step), limit: Number(limit) }
      : { type: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 }
  return { begin, find }
}

function readChannels(text: string): ChannelSpec {
  const match = /^(pattern )?(\d+)(\.\.)?$/.exec(text)
  invariant(match !== null, `channel place ${text}`)
  return {
    isPattern: match[1] !== undefined,
    first: Number(match[2]),
    toEnd: match[3] !== undefined,
  }
}

function readSecrets(text: string): Secrets {
  const match = /^(\d+)(\.\.| settings| request| [A-Z].*)$/.exec(text)
  invariant(match !== null, `secrets ${text}`)
  const first = Number(match[1])
  const rest = match[2]?.trim() ?? ''
  if (rest === '..') return { kind: 'words', first }
  if (rest === 'settings' || rest === 'request') return { kind: rest, first }
  return { kind: 'options', first, options: readOptions(words(rest)) }
}

function readOptions(all: readonly string[]): OptionWords {
  const options = new Map<string, readonly boolean[] | 'rest'>()
  let following: boolean[] = []
  let option = ''
  for (const word of all) {
    if (/^[A-Z]/.test(word)) {
      option = word
      following = []
      options.set(option, following)
    } else if (word === '...') options.set(option, 'rest')
    else following.push(word.startsWith('*'))
  }
  return options
}
