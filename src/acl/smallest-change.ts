// The least that has to be added to a user's rules before one request is allowed.
//
// The steps that may be added are one command or subcommand, one right (read or write) to exactly
// one key, and one channel. A request must fit one selector as a whole, so each selector is asked
// what it lacks, and the one that lacks the fewest steps is changed; of equals the first, which is
// the root. Wider rules (a category, a star) would be shorter to write in places, but give more.

import { quoted } from '../util/bytes.ts'
import { type ChannelUse, type KeyUse, READ } from './command-facts.ts'
import type { Request } from './request.ts'
import { hasSpaces } from './rules.ts'
import { keyRule, type Selector } from './selector.ts'
import type { User } from './user.ts'

/** The least that would allow a request. */
export interface Change {
  /** The selector to change: 0 is the user's root. */
  readonly selector: number
  /** The rules to add to it: '+set', '%R~app:1', '&news'. */
  readonly add: readonly string[]
  /** How many steps that is: '~app:1' is two, a right to read and one to write. */
  readonly size: number
  /** The same as words for ACL SETUSER. Only a root can be added to; others are written anew. */
  readonly words: readonly string[]
  /** A selector that allows this request and nothing else: gives less, but is one rule more. */
  readonly alone: string
}

/** Undefined if the request is allowed already. */
export function smallestChange(user: User, request: Request): Change | undefined {
  const lacks = user.selectors.map(selector => lackOf(selector, request))
  let best = 0
  for (const [i, { size }] of lacks.entries()) if (size < lacks[best]!.size) best = i
  const { add, size } = lacks[best]!
  if (size === 0) return undefined
  return {
    selector: best,
    add,
    size,
    words: best === 0 ? add : selectorsWith(user, best, add),
    alone: selectorRule(lackOf(undefined, request).add),
  }
}

interface Lack {
  readonly add: readonly string[]
  readonly size: number
}

/** What the request needs that the selector does not give; without a selector, all it needs. */
function lackOf(selector: Selector | undefined, request: Request): Lack {
  const { command } = request
  const firstArg = request.firstArg()
  const mayRun =
    command.needsNoAuth ||
    (selector?.mayRun(command, undefined) ?? false) ||
    (selector?.mayRun(command, firstArg) ?? false)
  const keys = missingKeys(selector, request.keys())
  const channels = missingChannels(selector, request.channels())
  return {
    add: [...keys.add, ...channels, ...(mayRun ? [] : [`+${command.name}`])],
    size: keys.size + channels.length + (mayRun ? 0 : 1),
  }
}

function missingKeys(selector: Selector | undefined, uses: readonly KeyUse[]): Lack {
  const rightsByPattern = new Map<string, number>()
  for (const { name, needs } of uses) {
    if (selector?.mayAccessKey(name, needs)) continue
    const pattern = exactPattern(name)
    rightsByPattern.set(pattern, (rightsByPattern.get(pattern) ?? 0) | (needs || READ))
  }
  const add: string[] = []
  let size = 0
  for (const [pattern, needed] of rightsByPattern) {
    // Rights add up where the pattern is the same to the letter, and nowhere else.
    const given = selector?.keyPatterns.find(known => known.pattern === pattern)?.rights ?? 0
    const rights = needed & ~given
    size += RIGHTS_COUNT[rights] ?? 0
    add.push(keyRule({ pattern, rights }))
  }
  return { add, size }
}

const RIGHTS_COUNT: readonly number[] = [0, 1, 1, 2]

function missingChannels(selector: Selector | undefined, uses: readonly ChannelUse[]): string[] {
  const rules = new Set<string>()
  for (const { name, isPattern } of uses) {
    if (selector?.mayAccessChannel(name, isPattern)) continue
    // Patterns are compared with the rule letter by letter, so that blanks cannot be gone around.
    if (!isPattern) rules.add(`&${exactPattern(name)}`)
    else rules.add(hasSpaces(name) ? '&*' : `&${name}`)
  }
  return rules.has('&*') ? ['&*'] : [...rules]
}

/**
 * The pattern that matches this name only, or nearly: rules cannot hold blanks and NULs, and other
 * control characters would steer the terminal that shows the rule or its file.
 */
export function exactPattern(name: string): string {
  return name.replace(/[*?[\\]/g, '\\$&').replace(/[\0- \x7f]/g, '?')
}

function selectorsWith(user: User, index: number, add: readonly string[]): string[] {
  const [, ...others] = user.selectors.map(rulesOf)
  return [
    'clearselectors',
    ...others.map((rules, i) => selectorRule(i + 1 === index ? [...rules, ...add] : rules)),
  ]
}

/** Rules that make the selector again, exactly: ACL LIST writes the pattern %RW~* as ~*. */
export function rulesOf(selector: Selector): string[] {
  const channels = selector.channelPatterns.map(({ pattern }) => `&${pattern}`)
  const keys = selector.keyPatterns.map(keyRule).map(rule => (rule === '~*' ? '%RW~*' : rule))
  return [
    ...(selector.allKeys ? ['~*'] : keys),
    ...(selector.allChannels ? ['&*'] : ['resetchannels', ...channels]),
    selector.commandsText,
  ]
}

/** Rules as one word in parentheses, in which quotes have a meaning. */
function selectorRule(rules: readonly string[]): string {
  return `(${rules.map(rule => (/["']/.test(rule) ? quoted(rule) : rule)).join(' ')})`
}
