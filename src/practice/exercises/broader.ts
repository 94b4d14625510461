// Does one user's policy go beyond another's? Both are asked about every command, each with names
// that would show it: names made from the patterns of both, with their wildcards filled in several
// ways, and one that no pattern knows. A difference that is found is real; patterns that differ
// only in names which nobody would think of may slip through.

import { check } from '../../acl/check.ts'
import { type ChannelUse, type KeyUse, READ, WRITE } from '../../acl/command-facts.ts'
import { KnownRequest } from '../../acl/request.ts'
import type { User } from '../../acl/user.ts'
import { type Command, FLAG } from '../../table/command.ts'
import { CATALOGUE } from '../../table/redis.ts'
import { compile } from '../../util/glob.ts'

/** Something that the user may do and the bound may not, in words; undefined if nothing is. */
export function broaderThan(user: User, bound: User): string | undefined {
  const keys = probes(patternsOf([user, bound], 'keyPatterns'))
  const channels = probes(patternsOf([user, bound], 'channelPatterns'))
  for (const command of commands()) {
    const more = broaderFor(command, { user, bound, keys, channels })
    if (more !== undefined) return more
  }
  return undefined
}

interface Comparison {
  readonly user: User
  readonly bound: User
  readonly keys: readonly string[]
  readonly channels: readonly string[]
}

function* commands(): Generator<Command> {
  for (const command of CATALOGUE.commands.values()) {
    yield command
    for (const subcommand of command.subcommands?.values() ?? []) yield subcommand
  }
}

function broaderFor(command: Command, comparison: Comparison): string | undefined {
  const { user, bound } = comparison
  const name = command.name.toUpperCase().replace('|', ' ')
  for (const firstArg of [undefined, ...firstArgsOf(command, user)]) {
    for (const { object, ...uses } of usesOf(command, comparison)) {
      const request = new KnownRequest(command, firstArg, uses.keys, uses.channels)
      if (check(user, request) !== undefined || check(bound, request) === undefined) continue
      return [name, firstArg, object].filter(word => word !== undefined).join(' ')
    }
  }
  return undefined
}

/** Words that the user's rules name behind the command: `+select|0`. */
function firstArgsOf({ name }: Command, { selectors }: User): string[] {
  const rules = selectors.flatMap(({ commandRules }) => commandRules)
  const prefix = `+${name}|`
  return rules.filter(rule => rule.startsWith(prefix)).map(rule => rule.slice(prefix.length))
}

interface Use {
  readonly object: string | undefined
  readonly keys: readonly KeyUse[]
  readonly channels: readonly ChannelUse[]
}

function usesOf(command: Command, { keys, channels }: Comparison): Use[] {
  if (command.channels !== undefined) {
    const { isPattern } = command.channels
    return channels.map(name => ({
      object: name,
      keys: [],
      channels: [{ name, position: 1, isPattern }],
    }))
  }
  const needs = needsOf(command)
  if (needs.length === 0) return [{ object: undefined, keys: [], channels: [] }]
  return keys.flatMap(name =>
    needs.map(need => ({
      object: name,
      keys: [{ name, position: 1, needs: need }],
      channels: [],
    })),
  )
}

/** What the command may need of a key. */
function needsOf({ keySpecs, findKeys, flags }: Command): readonly number[] {
  // Which keys the words name, and for what, cannot be told without them.
  if (findKeys !== undefined) return (flags & FLAG.write) === 0 ? [READ] : [WRITE, READ | WRITE]
  return [...new Set(keySpecs.filter(({ isKey }) => isKey).map(spec => spec.needs))]
}

function patternsOf(users: readonly User[], of: 'keyPatterns' | 'channelPatterns'): string[] {
  return users.flatMap(({ selectors }) =>
    selectors.flatMap(selector => selector[of].map(({ pattern }) => pattern)),
  )
}

// ---- Names that show differences ---------------------------------------------------------------

const STARS = ['', '9', 'zz', ':zz', 'zz:9', ':', '-x']
/** Every printable byte, and one that is none. */
const SINGLES = [...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), '\xff']

function probes(patterns: readonly string[]): readonly string[] {
  const found = new Set(['zz9', 'other:1'])
  for (const pattern of patterns) {
    // PSUBSCRIBE compares the pattern itself.
    found.add(pattern)
    const matches = compile(pattern)
    for (const name of fillings(pattern)) if (matches(name)) found.add(name)
  }
  return [...found]
}

const GLOB = /\\.|\[(?:\\.|[^\]])*\]?|[*?]|[^*?[\\]+|\\$/gs

/** Names that the pattern may fit: its stars filled, and its single wildcards by each byte. */
function fillings(pattern: string): string[] {
  const tokens = pattern.match(GLOB) ?? []
  const isSingle = (token: string): boolean => token === '?' || token.startsWith('[')
  const singles = tokens.some(isSingle) ? SINGLES : ['']
  return STARS.flatMap(star =>
    singles.map(single =>
      tokens
        .map(token => {
          if (token === '*') return star
          if (isSingle(token)) return single
          return token.length === 2 && token.startsWith('\\') ? token.slice(1) : token
        })
        .join(''),
    ),
  )
}
