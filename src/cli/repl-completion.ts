// What may come next in a line of the REPL: commands, subcommands, the words they know, categories,
// users, exercises.

import { CATEGORIES } from '../acl/category.ts'
import { EXERCISES } from '../practice/exercises.ts'
import type { Workbench } from '../practice/workbench.ts'
import * as docs from '../table/docs/docs.ts'
import { CATALOGUE } from '../table/redis.ts'
import { printableBytes } from '../util/printable.ts'
import { SESSION_COMMANDS } from './repl-session.ts'

/** As node:readline wants it: what fits, and the part of the line that it completes. */
export function completions(line: string, bench: Workbench): [string[], string] {
  const words = line.split(' ')
  const last = words.at(-1) ?? ''
  const fitting = candidates(words, bench).filter(word =>
    word.toLowerCase().startsWith(last.toLowerCase()),
  )
  return [fitting, last]
}

function candidates(words: readonly string[], bench: Workbench): readonly string[] {
  const [first = '', second = ''] = words.map(word => word.toLowerCase())
  // What is offered is printed, and typed back: names that can be both.
  const users = [...bench.users.keys()].filter(name => printableBytes(name) === name)
  if (words.length === 1) {
    const commands = [...CATALOGUE.commands.keys()].map(name => name.toUpperCase())
    return first.startsWith('\\') ? SESSION_COMMANDS.map(({ name }) => name) : commands
  }
  if (words.length === 2) {
    if (first === '\\as') return users
    if (first === '\\exercise') return EXERCISES.map(({ id }) => id)
    const subcommands = CATALOGUE.commands.get(first)?.subcommands
    if (subcommands === undefined) return knownWords(first, second)
    return [...subcommands.keys()].map(name => name.toUpperCase())
  }
  if (first !== 'acl' || second !== 'setuser') {
    const { name = first } = CATALOGUE.byFullName(`${first}|${second}`) ?? {}
    return knownWords(name, words.at(-1) ?? '')
  }
  return words.length === 3 ? users : rules(words.at(-1) ?? '')
}

/** The words that a command knows. Where nothing is typed, a key or a value is as likely. */
function knownWords(name: string, typed: string): readonly string[] {
  return typed === '' ? [] : docs.tokensOf(name)
}

function rules(word: string): string[] {
  const sign = /^\(?[+-]/.exec(word)?.[0]
  if (sign === undefined) {
    return ['on', 'off', 'reset', 'resetkeys', 'resetchannels', 'resetpass', 'clearselectors']
  }
  const names = [...CATALOGUE.commands.values()].flatMap(({ name, subcommands }) => [
    name,
    ...[...(subcommands?.keys() ?? [])].map(sub => `${name}|${sub}`),
  ])
  return [...names, ...['all', ...CATEGORIES].map(name => `@${name}`)].map(name => sign + name)
}
