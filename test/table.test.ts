// The command table against what a real server of the version we are says of its own.

import fs from 'node:fs'
import t from 'tap'
import { CATEGORIES } from '../src/acl/category.ts'
import type { Command, KeySpec } from '../src/table/command.ts'
import { CATALOGUE } from '../src/table/redis.ts'

interface Recorded {
  readonly name: string
  readonly arity: number
  readonly flags: string
  readonly range: readonly number[]
  readonly categories: string
  readonly tips: string
  readonly keys: readonly string[]
  readonly notes: readonly string[]
  readonly since: string
  readonly group: string
}

const recorded = read<Recorded[]>('commands-7.4.json')
const categories = read<Record<string, string[]>>('acl-categories-7.4.json')
const byName = new Map(CATALOGUE.all.map(command => [command.name, command]))

function read<T>(file: string): T {
  return JSON.parse(fs.readFileSync(new URL(`recorded/${file}`, import.meta.url), 'utf8')) as T
}

t.strictSame(
  [...byName.keys()].sort(),
  recorded.map(({ name }) => name).sort(),
  'every command and subcommand is declared',
)

for (const row of recorded) {
  const command = byName.get(row.name)
  if (command !== undefined) t.strictSame(describe(command), row, row.name)
}

for (const category of CATEGORIES) {
  const names = CATALOGUE.all.filter(command => command.categoryNames.includes(category))
  t.strictSame(names.map(({ name }) => name).sort(), categories[category], `@${category}`)
}

function describe(command: Command): Recorded {
  const { first, last, step } = command.keyRange
  return {
    name: command.name,
    arity: command.arity,
    flags: command.flagNames.sort().join(' '),
    range: [first, last, step],
    categories: command.categoryNames.sort().join(' '),
    tips: command.tips.join(' '),
    keys: command.keySpecs.map(describeKeySpec),
    notes: command.keySpecs.map(({ notes }) => notes ?? ''),
    since: command.since,
    group: command.group,
  }
}

function describeKeySpec({ flags, begin, find }: KeySpec): string {
  if (begin.type === 'unknown') return `${flags.join(' ')} ?`
  const place = begin.type === 'index' ? begin.index : `${begin.keyword}@${begin.startFrom}`
  const rest =
    find.type === 'range'
      ? `range ${find.last} ${find.step} ${find.limit}`
      : find.type === 'keynum'
        ? `keynum ${find.keyNumIndex} ${find.firstKey} ${find.step}`
        : 'unknown'
  return `${flags.join(' ')} ${place} ${rest}`
}
