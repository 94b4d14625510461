// What a command says of itself: one row in the table that opens its family's file. From these rows
// come arity and flag checks, ACL categories, key positions, COMMAND, MULTI, cluster routing and
// the README's list. The compact texts of a row are read here, once, when the table is built.
//
// A key spec is a text: access and flags, then where the keys are.
//   'RO access 1'            the word at index 1
//   'RM delete 1..-1'        from index 1 to the last word (-2: to the last but one)
//   'OW update 1..-1/2'      every second word of them
//   'RO access 1..+1'        index 1 and the one after it
//   'RO access 2#'           index 2 holds the number of keys, the keys follow it
//   'RO access STREAMS@1..-1%2'  after the word STREAMS, searched from index 1, the first half
//   'OW update ?'            cannot be said; the row then has a findKeys function

import { CATEGORIES } from '../acl/category.ts'
import type { CommandFacts, KeyPlace } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { invariant } from '../util/assert.ts'
import type { Client } from './client.ts'
import type { RedisServer } from './server.ts'

export type Handler = (client: Client, args: Args, reply: ReplyWriter) => void
export type KeyFinder = (args: Args) => readonly KeyPlace[]
/** The flags of one request, where its words decide: undefined if they say nothing. */
export type FlagFinder = (server: RedisServer, args: Args) => number | undefined

export interface CommandSpec {
  /** Redis's convention: n means exactly n words, -n at least n. */
  readonly arity: number
  readonly flags?: string
  readonly keys?: string | readonly string[]
  /** Finds the keys where the specs cannot say it, or says more exactly what is done to them. */
  readonly findKeys?: KeyFinder
  readonly findFlags?: FlagFinder
  /** Which words are channels: '1', '1..' or 'pattern 1..'. */
  readonly channels?: string
  /** Categories that replace the family's own; those that the flags imply are added to either. */
  readonly acl?: string
  readonly tips?: string
  /** Remarks on the key specs, one each, as COMMAND INFO shows them. */
  readonly notes?: readonly (string | undefined)[]
  readonly since: string
  /** As in COMMAND DOCS, where it is not the family's. */
  readonly group?: string
  /** Absent: declared, and answered with one clear error until it is written. */
  readonly run?: Handler
  readonly subcommands?: Readonly<Record<string, CommandSpec>>
}

export interface Family {
  readonly group: string
  readonly acl: string
  readonly commands: Readonly<Record<string, CommandSpec>>
}

export function family(
  group: string,
  acl: string,
  commands: Readonly<Record<string, CommandSpec>>,
): Family {
  return { group, acl, commands }
}

/** Flags that COMMAND INFO shows, in its order, then those that only the server itself uses. */
export const FLAGS = [
  'write',
  'readonly',
  'denyoom',
  'module',
  'admin',
  'pubsub',
  'noscript',
  'blocking',
  'loading',
  'stale',
  'skip_monitor',
  'skip_slowlog',
  'asking',
  'fast',
  'no_auth',
  'may_replicate',
  'no_mandatory_keys',
  'no_async_loading',
  'no_multi',
  'movablekeys',
  'allow_busy',
  'protected',
] as const

export type Flag = (typeof FLAGS)[number]

const HIDDEN: ReadonlySet<Flag> = new Set(['may_replicate', 'protected'])

/** One bit a flag, for tests on the hot path: `command.flags & FLAG.write`. */
export const FLAG = Object.fromEntries(FLAGS.map((name, i) => [name, 2 ** i])) as Readonly<
  Record<Flag, number>
>

export type BeginSearch =
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'keyword'; readonly keyword: string; readonly startFrom: number }
  | { readonly type: 'unknown' }

export type FindKeys =
  | { readonly type: 'range'; readonly last: number; readonly step: number; readonly limit: number }
  | {
      readonly type: 'keynum'
      readonly keyNumIndex: number
      readonly firstKey: number
      readonly step: number
    }
  | { readonly type: 'unknown' }

export const READ = 1
export const WRITE = 2

export interface KeySpec {
  readonly flags: readonly string[]
  readonly notes: string | undefined
  /** What ACL asks of the key: READ, WRITE, both or neither. */
  readonly needs: number
  /** A channel of sharded pub/sub: it has a slot like a key, but is none. */
  readonly isKey: boolean
  readonly begin: BeginSearch
  readonly find: FindKeys
}

export interface ChannelSpec {
  readonly first: number
  readonly toEnd: boolean
  readonly isPattern: boolean
}

export class Command implements CommandFacts {
  readonly id: number
  /** Lower case; 'config|set' for a subcommand. */
  readonly name: string
  readonly parent: Command | undefined
  readonly group: string
  readonly since: string
  readonly arity: number
  readonly flags: number
  readonly categories: number
  readonly tips: readonly string[]
  readonly keySpecs: readonly KeySpec[]
  readonly keyRange: KeyRange
  /** The one key of nearly every command, if the key specs say just that. */
  readonly onlyKey: readonly KeyPlace[] | undefined
  readonly findKeys: KeyFinder | undefined
  readonly findFlags: FlagFinder | undefined
  readonly channels: ChannelSpec | undefined
  readonly run: Handler | undefined
  readonly subcommands: ReadonlyMap<string, Command> | undefined
  readonly needsNoAuth: boolean

  constructor(
    name: string,
    spec: CommandSpec,
    family: Pick<Family, 'group' | 'acl'>,
    parent: Command | undefined,
    all: Command[],
  ) {
    this.id = all.length
    all.push(this)
    this.name = parent === undefined ? name : `${parent.name}|${name}`
    this.parent = parent
    this.group = spec.group ?? family.group
    this.since = spec.since
    this.arity = spec.arity
    this.keySpecs = readKeySpecs(spec)
    this.onlyKey = readOnlyKey(this.keySpecs)
    this.findKeys = spec.findKeys
    this.findFlags = spec.findFlags
    this.keyRange = readKeyRange(this.keySpecs)
    this.flags = readFlags(spec.flags ?? '') | (this.keyRange.movable ? FLAG.movablekeys : 0)
    this.categories = readCategories(spec.acl ?? family.acl, this.flags, this.name)
    this.tips = words(spec.tips ?? '')
    this.channels = readChannels(spec.channels)
    this.run = spec.run
    this.needsNoAuth = (this.flags & FLAG.no_auth) !== 0
    this.subcommands =
      spec.subcommands &&
      new Map(
        Object.entries(spec.subcommands).map(([sub, subSpec]) => [
          sub,
          new Command(sub, subSpec, { group: this.group, acl: spec.acl ?? family.acl }, this, all),
        ]),
      )
  }

  /** The last part of the name: 'set' of 'config|set'. */
  get shortName(): string {
    return this.name.slice(this.name.indexOf('|') + 1)
  }

  get flagNames(): Flag[] {
    return FLAGS.filter(name => (this.flags & FLAG[name]) !== 0 && !HIDDEN.has(name))
  }

  get categoryNames(): string[] {
    return CATEGORIES.filter((_, i) => (this.categories & (1 << i)) !== 0)
  }

  has(flag: Flag): boolean {
    return (this.flags & FLAG[flag]) !== 0
  }
}

/**
 * The keys as clients knew them before key specs: one range, made of the plain specs that follow
 * one another. Keys are movable where this leaves some out.
 */
export interface KeyRange {
  /** 0 if there is none. */
  readonly first: number
  /** Negative: from the end. */
  readonly last: number
  readonly step: number
  readonly movable: boolean
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

function readOnlyKey(specs: readonly KeySpec[]): readonly KeyPlace[] | undefined {
  const [spec] = specs
  if (specs.length !== 1 || spec === undefined || !isPlain(spec)) return undefined
  if (!spec.isKey || spec.find.last !== 0) return undefined
  return [{ position: spec.begin.index, needs: spec.needs, flags: spec.flags }]
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

/** The categories of the family or row, and those that follow from the flags. */
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

function readKeySpecs({ keys, notes }: CommandSpec): KeySpec[] {
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

function readChannels(text: string | undefined): ChannelSpec | undefined {
  if (text === undefined) return undefined
  const match = /^(pattern )?(\d+)(\.\.)?$/.exec(text)
  invariant(match !== null, `channel place ${text}`)
  return {
    isPattern: match[1] !== undefined,
    first: Number(match[2]),
    toEnd: match[3] !== undefined,
  }
}
