// matrix(): users by commands, or by categories. A cell says how much of it the user may run, and
// through which selectors; what keys and channels these give stands beside the user.

import { CATEGORIES, categoryBit, categoryNames } from '../acl/category.ts'
import type { CommandFacts } from '../acl/command-facts.ts'
import type { User } from '../acl/user.ts'
import { compareBytes } from '../util/bytes.ts'
import { isCounted, isDecided } from './counted.ts'
import { type Policy, usersOf } from './policy.ts'

/** `some`: some subcommands, or the command with some first arguments only. */
export type CellLevel = 'all' | 'some' | 'none'

/** How much of one row one user may run. */
export interface MatrixCell {
  readonly level: CellLevel
  /** How many of the commands of the row, a subcommand being one; AUTH and the like left out. */
  readonly allowed: number
  readonly total: number
  /** Indexes of the selectors that allow any of it; 0 is the root. */
  readonly selectors: readonly number[]
}

/** One command or category. */
export interface MatrixRow {
  /** `get`, `config|set`; or `@read`. */
  readonly name: string
  /** The categories of the command; empty if the row is a category. */
  readonly categories: readonly string[]
  /** In the order of the users. */
  readonly cells: readonly MatrixCell[]
}

export interface MatrixUser {
  readonly name: string
  readonly enabled: boolean
  /** The rules of each selector, the root's first. */
  readonly selectors: readonly string[]
}

/** Users by commands, or by categories. */
export interface Matrix {
  readonly by: 'commands' | 'categories'
  readonly users: readonly MatrixUser[]
  readonly rows: readonly MatrixRow[]
}

/** What the matrix is to show. */
export interface MatrixOptions {
  /** Default: `categories`. */
  readonly by?: 'commands' | 'categories'
  /** Only these users. */
  readonly users?: readonly string[]
  /** By commands: only those of these categories, without the @. */
  readonly categories?: readonly string[]
}

/** See the public matrix(). */
export function matrix(policy: Policy, options: MatrixOptions = {}): Matrix {
  const { by = 'categories', users: wanted, categories } = options
  const users = [...usersOf(policy).values()]
    .filter(({ name }) => wanted?.includes(name) ?? true)
    .sort((a, b) => compareBytes(a.name, b.name))
  const { all } = policy.context.catalog
  const rows = by === 'commands' ? commandRows(all, users, categories) : categoryRows(all, users)
  return {
    by,
    users: users.map(({ name, enabled, selectors }) => ({
      name,
      enabled,
      selectors: selectors.map(({ text }) => text),
    })),
    rows,
  }
}

function commandRows(
  all: readonly CommandFacts[],
  users: readonly User[],
  categories: readonly string[] = [],
): MatrixRow[] {
  const bits = categories.reduce((sum, name) => sum | categoryBit(name), 0)
  const isWanted = (one: CommandFacts): boolean =>
    isDecided(one) && (bits === 0 || (one.categories & bits) !== 0)
  return all
    .filter(isWanted)
    .toSorted((a, b) => compareBytes(a.name, b.name))
    .map(command => ({
      name: command.name,
      categories: categoryNames(command.categories),
      cells: users.map(user => cell(user, leavesOf(command))),
    }))
}

function categoryRows(all: readonly CommandFacts[], users: readonly User[]): MatrixRow[] {
  const leaves = all.filter(isCounted)
  const inCategory = (name: string): CommandFacts[] =>
    leaves.filter(one => (one.categories & categoryBit(name)) !== 0)
  const rowOf = (name: string, commands: readonly CommandFacts[]): MatrixRow => ({
    name: `@${name}`,
    categories: [],
    cells: users.map(user => cell(user, commands)),
  })
  return [rowOf('all', leaves), ...CATEGORIES.map(name => rowOf(name, inCategory(name)))]
}

function leavesOf(command: CommandFacts): readonly CommandFacts[] {
  return command.subcommands === undefined ? [command] : [...command.subcommands.values()]
}

function cell({ selectors }: User, commands: readonly CommandFacts[]): MatrixCell {
  const may = (index: number, command: CommandFacts): boolean =>
    selectors[index]?.mayRun(command, undefined) ?? false
  const indexes = selectors.map((_, index) => index)
  const through = indexes.filter(
    index => commands.some(one => may(index, one)) || hasFirstArguments(selectors[index], commands),
  )
  const allowed = commands.filter(one => through.some(index => may(index, one))).length
  const total = commands.length
  const level = allowed === total && total > 0 ? 'all' : through.length > 0 ? 'some' : 'none'
  return { level, allowed, total, selectors: through }
}

function hasFirstArguments(
  selector: User['root'] | undefined,
  commands: readonly CommandFacts[],
): boolean {
  return commands.some(
    ({ name, subcommands, parent }) =>
      subcommands === undefined &&
      parent === undefined &&
      selector?.commandRules.some(rule => rule.startsWith(`+${name}|`)),
  )
}
