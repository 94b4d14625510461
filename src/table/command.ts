// A command as the server knows it: what its row says, read once.

import { CATEGORIES } from '../acl/category.ts'
import { type CommandFacts, type KeyPlace, READ, WRITE } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'
import { type Family, isLater, type KeyFinder, type Row, type SecretReply } from './row.ts'
import type { RowReader } from './row-reader.ts'

export { READ, WRITE }

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
  'in_multi',
  'runs_queue',
  'runs_script',
  'subscribes',
  'in_subscribe',
] as const

export type Flag = (typeof FLAGS)[number]

/**
 * - in_multi: runs at once in a transaction, where others are queued
 * - runs_queue: EXEC, which is all that it will run
 * - runs_script: what it does is done by the commands that the script calls
 * - subscribes: is answered by messages
 * - in_subscribe: may be sent by a subscriber that speaks RESP2
 */
const HIDDEN: ReadonlySet<Flag> = new Set([
  'may_replicate',
  'protected',
  'in_multi',
  'runs_queue',
  'runs_script',
  'subscribes',
  'in_subscribe',
])

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

/** What a row says of its secret words. */
export type Secrets =
  | { readonly kind: 'words'; readonly first: number }
  | { readonly kind: 'options'; readonly first: number; readonly options: OptionWords }
  | { readonly kind: 'settings'; readonly first: number }
  | { readonly kind: 'request'; readonly first: number }

/** For each word that follows an option, whether it is secret; 'rest' if all that follows is not. */
export type OptionWords = ReadonlyMap<string, readonly boolean[] | 'rest'>

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
  readonly channels: ChannelSpec | undefined
  readonly allowedBy: Row['allowedBy']
  readonly secrets: Secrets | undefined
  readonly secretReply: SecretReply | undefined
  readonly subcommands: ReadonlyMap<string, Command> | undefined
  readonly needsNoAuth: boolean
  /** Makes a value, or a result, of all that is in the values of keys that it reads. */
  readonly collects: boolean

  constructor(
    name: string,
    spec: Row,
    family: Pick<Family, 'group' | 'acl'>,
    parent: Command | undefined,
    all: Command[],
    reader: RowReader,
  ) {
    this.id = all.length
    all.push(this)
    this.name = parent === undefined ? name : `${parent.name}|${name}`
    this.parent = parent
    this.group = spec.group ?? family.group
    this.since = spec.since
    this.arity = spec.arity
    const keys = reader.keys(spec)
    this.keySpecs = keys.specs
    this.keyRange = keys.range
    this.onlyKey = keys.only
    this.findKeys = spec.findKeys
    this.flags = reader.flags(spec.flags ?? '') | (keys.range.movable ? FLAG.movablekeys : 0)
    this.categories = reader.categories(spec.acl ?? family.acl, this.flags, this.name)
    this.tips = reader.tips(spec.tips)
    this.channels = reader.channels(spec.channels)
    this.allowedBy = spec.allowedBy ?? parent?.allowedBy
    this.secrets = reader.secrets(spec.secrets)
    this.secretReply = spec.secretReply
    this.needsNoAuth = (this.flags & FLAG.no_auth) !== 0
    this.collects = collects(this)
    this.subcommands = spec.subcommands && readSubcommands(this, spec, family, all, reader)
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

const COLLECTING_GROUPS: ReadonlySet<string> = new Set(['generic', 'geo', 'set', 'sorted-set'])

function collects({ group, flags, keySpecs, onlyKey, name }: Command): boolean {
  if (!COLLECTING_GROUPS.has(group) || (flags & FLAG.fast) !== 0) return false
  if (!keySpecs.some(({ isKey, needs }) => isKey && needs === READ)) return false
  return (flags & FLAG.denyoom) !== 0 || onlyKey === undefined || name === 'sort_ro'
}

function readSubcommands(
  parent: Command,
  { subcommands = {}, acl }: Row,
  family: Pick<Family, 'group' | 'acl'>,
  all: Command[],
  reader: RowReader,
): Map<string, Command> {
  const found = new Map<string, Command>()
  const defaults = { group: parent.group, acl: acl ?? family.acl }
  for (const [name, spec] of Object.entries(subcommands)) {
    if (isLater(spec.since, reader.version)) continue
    found.set(name, new Command(name, spec, defaults, parent, all, reader))
  }
  return found
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

export function hasArity({ arity }: Command, args: Args): boolean {
  return arity >= 0 ? args.count === arity : args.count >= -arity
}
