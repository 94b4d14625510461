// Many commands in few words: 'every command', '@read but keys', and by name what is left. Each word
// names commands that a rule could name, so that it can be read as the rules are.

import { CATEGORIES, categoryBit } from '../acl/category.ts'
import type { CommandCatalog, CommandFacts } from '../acl/command-facts.ts'
import { countedCommands } from './counted.ts'

/** Some of the commands, all of which belong together. */
export interface CommandGroup {
  /** `@read`, `config` with all its subcommands; undefined: every command that there is. */
  readonly name: string | undefined
  /** Categories and commands that are not meant: `@dangerous`, `keys`. */
  readonly except: readonly string[]
  /** How many commands it has, a subcommand being one. */
  readonly count: number
}

export interface GroupedCommands {
  /** The largest first. A command may be in several. */
  readonly groups: readonly CommandGroup[]
  /** Those that are in none of the groups, in the order in which they came. */
  readonly commands: readonly string[]
}

/**
 * Puts commands together by whole categories and containers, or nearly whole ones where the
 * exceptions are few.
 * @param names full names; what the catalogue does not know, such as `select|0`, stays as it is
 */
export function groupCommands(names: readonly string[], catalog: CommandCatalog): GroupedCommands {
  const wanted = new Set(names)
  const left = new Set(names)
  const sets = setsOf(catalog)
  const groups: CommandGroup[] = []
  for (;;) {
    const best = bestOf(sets, wanted, left)
    if (best === undefined) break
    groups.push(best.group)
    for (const name of best.members) left.delete(name)
  }
  return { groups, commands: names.filter(name => left.has(name)) }
}

interface CommandSet {
  readonly name: string | undefined
  readonly members: readonly string[]
}

/** All that one rule can name; of equals the first is taken. */
function setsOf(catalog: CommandCatalog): readonly CommandSet[] {
  const counted = countedCommands(catalog)
  const setOf = (name: string | undefined, fits: (command: CommandFacts) => boolean) => ({
    name,
    members: counted.filter(fits).map(command => command.name),
  })
  const containers = catalog.all.filter(({ subcommands }) => subcommands !== undefined)
  return [
    setOf(undefined, () => true),
    ...CATEGORIES.map(name =>
      setOf(`@${name}`, ({ categories }) => (categories & categoryBit(name)) !== 0),
    ),
    ...containers.map(({ name }) => setOf(name, ({ parent }) => parent?.name === name)),
  ]
}

interface Choice {
  readonly group: CommandGroup
  readonly members: readonly string[]
  /** How many words it spares. */
  readonly spares: number
}

/** An exception asks more of the reader than a name. */
const EXCEPTION_WEIGHT = 2

/** Of more than these nobody sees at once what is meant. */
const EXCEPTIONS_MAX = 6

function bestOf(
  sets: readonly CommandSet[],
  wanted: ReadonlySet<string>,
  left: ReadonlySet<string>,
): Choice | undefined {
  let best: Choice | undefined
  for (const set of sets) {
    const members = set.members.filter(name => wanted.has(name))
    const fresh = members.filter(name => left.has(name)).length
    // No exceptions could make it better than this.
    if (fresh - 1 <= (best?.spares ?? 0)) continue
    const except = exceptionsIn(set, sets, wanted)
    const spares = fresh - 1 - EXCEPTION_WEIGHT * except.length
    if (except.length > EXCEPTIONS_MAX || spares <= (best?.spares ?? 0)) continue
    best = { group: { name: set.name, except, count: members.length }, members, spares }
  }
  return best
}

/** What is missing of a set, by whole sets where all that they share with it is missing. */
function exceptionsIn(
  { name, members }: CommandSet,
  sets: readonly CommandSet[],
  wanted: ReadonlySet<string>,
): readonly string[] {
  const missing = new Set(members.filter(one => !wanted.has(one)))
  const whole = missing.size < 2 ? [] : sets.filter(set => isOther(set, name))
  const shares = whole
    .map(set => ({
      name: set.name ?? '',
      shared: set.members.filter(one => members.includes(one)),
    }))
    .filter(({ shared }) => shared.every(one => missing.has(one)))
  const except: string[] = []
  for (;;) {
    const freshIn = (shared: readonly string[]): number =>
      shared.filter(one => missing.has(one)).length
    const [next] = shares
      .map(one => ({ ...one, fresh: freshIn(one.shared) }))
      .filter(({ fresh }) => fresh > 1)
      .sort((a, b) => b.fresh - a.fresh)
    if (next === undefined) return [...except, ...missing]
    except.push(next.name)
    for (const one of next.shared) missing.delete(one)
  }
}

function isOther(set: CommandSet, name: string | undefined): boolean {
  return set.name !== undefined && set.name !== name
}
