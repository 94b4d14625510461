// diff(): what each user gained and lost between two policies, in logins, commands, keys and
// channels. Selectors never add up, so each is compared with its counterpart: the root with the
// root, others with the one of the same rules, or else the same place.

import { READ, WRITE } from '../acl/command-facts.ts'
import type { Selector } from '../acl/selector.ts'
import type { User } from '../acl/user.ts'
import { readPolicy } from './conf-policy.ts'
import { countedCommands } from './counted.ts'
import { type Policy, usersOf } from './policy.ts'
import { catalogOf, NEWEST, type Version } from './versions.ts'

/** What was gained and what was lost, each in order. */
export interface RightsChange {
  readonly gained: readonly string[]
  readonly lost: readonly string[]
}

/** What one selector of a user gained and lost. */
export interface SelectorDiff {
  /** Its place in the newer policy, or in the older if it is gone; 0 is the root. */
  readonly index: number
  readonly kind: 'added' | 'removed' | 'changed'
  /** Full names: `config|set`; with a first argument: `select|0`. */
  readonly commands: RightsChange
  /** Whether commands of later versions are allowed: `+@all`. */
  readonly future: RightsChange
  /** Key patterns with the right to read. */
  readonly reads: RightsChange
  readonly writes: RightsChange
  readonly channels: RightsChange
}

/** What one user gained and lost. */
export interface UserDiff {
  readonly user: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** `on`, `off`, `nopass`, `a password`: what decides who may log in. Shows no password. */
  readonly login: RightsChange
  /** Only those with a difference. */
  readonly selectors: readonly SelectorDiff[]
}

/** By which versions of Redis texts are read; policies that were read already stay so. */
export interface DiffOptions {
  /** The version of Redis that reads the older policy, `7.0` or `7.4`. Default: `7.4`. */
  readonly from?: Version
  /** The version that reads the newer one. Default: `7.4`. */
  readonly to?: Version
}

/** See the public diff(). */
export function diff(
  before: string | Policy,
  after: string | Policy,
  options: DiffOptions = {},
): readonly UserDiff[] {
  const old = usersOf(policyIn(before, options.from ?? NEWEST))
  const now = usersOf(policyIn(after, options.to ?? NEWEST))
  const names = [...new Set([...old.keys(), ...now.keys()])].sort()
  return names.flatMap(name => {
    const found = diffUser(name, old.get(name), now.get(name))
    return found === undefined ? [] : [found]
  })
}

function policyIn(policy: string | Policy, version: Version): Policy {
  if (typeof policy !== 'string') return policy
  return readPolicy(policy, { catalog: catalogOf(version) })
}

function diffUser(
  user: string,
  old: User | undefined,
  now: User | undefined,
): UserDiff | undefined {
  const login = change(loginOf(old), loginOf(now))
  const selectors = pairs(old?.selectors ?? [], now?.selectors ?? []).flatMap(pair => {
    const found = diffSelector(pair)
    return found === undefined ? [] : [found]
  })
  if (old === undefined || now === undefined) {
    return { user, kind: old === undefined ? 'added' : 'removed', login, selectors }
  }
  if (isSame(login) && selectors.length === 0) return undefined
  return { user, kind: 'changed', login, selectors }
}

/** Passwords by their hashes, which are not shown: a changed one is both lost and gained. */
function loginOf(user: User | undefined): Map<string, string> {
  if (user === undefined) return new Map()
  const facts = new Map<string, string>(user.passwordHashes.map(hash => [hash, 'a password']))
  facts.set(user.enabled ? 'on' : 'off', user.enabled ? 'on' : 'off')
  if (user.nopass) facts.set('nopass', 'nopass')
  if (!user.sanitizesPayload) facts.set('skip-sanitize-payload', 'skip-sanitize-payload')
  return facts
}

interface Pair {
  readonly index: number
  readonly old: Selector | undefined
  readonly now: Selector | undefined
}

function pairs(old: readonly Selector[], now: readonly Selector[]): Pair[] {
  const found: Pair[] = old[0] || now[0] ? [{ index: 0, old: old[0], now: now[0] }] : []
  const left = new Map(old.map((selector, i) => [i, selector] as const))
  left.delete(0)
  const unmatched: (readonly [number, Selector])[] = []
  for (const [index, selector] of now.entries()) {
    if (index === 0) continue
    const same = [...left].find(([, { text }]) => text === selector.text)
    if (same === undefined) unmatched.push([index, selector])
    else {
      found.push({ index, old: same[1], now: selector })
      left.delete(same[0])
    }
  }
  for (const [index, selector] of unmatched) {
    const [first] = left
    if (first !== undefined) left.delete(first[0])
    found.push({ index, old: first?.[1], now: selector })
  }
  for (const [index, selector] of left) found.push({ index, old: selector, now: undefined })
  return found.sort((a, b) => a.index - b.index)
}

function diffSelector({ index, old, now }: Pair): SelectorDiff | undefined {
  const parts = {
    commands: change(commandsOf(old), commandsOf(now)),
    future: change(futureOf(old), futureOf(now)),
    reads: change(keysOf(old, READ), keysOf(now, READ)),
    writes: change(keysOf(old, WRITE), keysOf(now, WRITE)),
    channels: change(channelsOf(old), channelsOf(now)),
  }
  if (old === undefined) return { index, kind: 'added', ...parts }
  if (now === undefined) return { index, kind: 'removed', ...parts }
  return Object.values(parts).every(isSame) ? undefined : { index, kind: 'changed', ...parts }
}

function isSame({ gained, lost }: RightsChange): boolean {
  return gained.length === 0 && lost.length === 0
}

/** Compares by key, tells by value. */
function change(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): RightsChange {
  const missing = (from: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) =>
    [...from].filter(([key]) => !other.has(key)).map(([, value]) => value)
  return { gained: missing(now, old), lost: missing(old, now) }
}

function named(names: readonly string[]): Map<string, string> {
  return new Map(names.map(name => [name, name]))
}

/** By name, since the same command has another id in another version. */
function commandsOf(selector: Selector | undefined): Map<string, string> {
  if (selector === undefined) return new Map()
  const { catalog, commandRules } = selector
  const whole = countedCommands(catalog).filter(one => selector.mayRun(one, undefined))
  const parts = commandRules
    .filter(rule => rule.includes('|'))
    .map(rule => rule.slice(1))
    .filter(rule => {
      const command = catalog.find(rule.slice(0, rule.indexOf('|')))
      return command?.subcommands === undefined
    })
  return named([...whole.map(({ name }) => name), ...parts])
}

function futureOf(selector: Selector | undefined): Map<string, string> {
  return named(selector?.futureCommands ? ['commands of later versions'] : [])
}

function keysOf(selector: Selector | undefined, right: number): Map<string, string> {
  if (selector === undefined) return new Map()
  if (selector.allKeys) return named(['*'])
  const fitting = selector.keyPatterns.filter(({ rights }) => (rights & right) !== 0)
  return named(fitting.map(({ pattern }) => pattern))
}

function channelsOf(selector: Selector | undefined): Map<string, string> {
  if (selector === undefined) return new Map()
  if (selector.allChannels) return named(['*'])
  return named(selector.channelPatterns.map(({ pattern }) => pattern))
}
