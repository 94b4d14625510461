// How subcommands read their options. The server's own command line is redis-server's and has
// another grammar: see arguments.ts.

import { parseArgs } from 'node:util'
import * as slips from '../util/suggest.ts'
import { wrappedLines } from './layout.ts'

/** What is wrong with a command line; the program shows it and ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** An option of a command: how it is read, and how help, completion and the manual show it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What stands for its value: FILE, DIR, PROFILE and others. */
  readonly value?: string
  /** What its value can be, where that is a word of a few. */
  readonly words?: readonly string[]
  /** Undefined for what is not listed: --help itself. */
  readonly what?: string
}

/** By name, without the dashes. */
export type OptionTable = Readonly<Record<string, Option>>

export const HELP = { help: { type: 'boolean', short: 'h' } } as const satisfies OptionTable

type Values<T extends OptionTable> = ReturnType<
  typeof parseArgs<{ readonly options: T; readonly allowPositionals: true }>
>['values']

/**
 * What options are given, and the words beside them, of which `command` are those behind `--`; it is
 * undefined if there is no `--`.
 * @throws UsageError
 */
export function readOptions<T extends OptionTable>(
  words: readonly string[],
  options: T,
): {
  readonly values: Values<T>
  readonly rest: readonly string[]
  readonly command: readonly string[] | undefined
} {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      tokens: true,
    })
    const end = tokens.find(({ kind }) => kind === 'option-terminator')
    return { values, rest: positionals, command: end && words.slice(end.index + 1) }
  } catch (error) {
    throw new UsageError(shown(error, options))
  }
}

const NAME_COLUMNS = 23
const WHAT_COLUMNS = 77

/** The options as help lists them, each line with its end. */
export function optionLines(options: OptionTable): string {
  const lines = Object.entries(options).flatMap(([name, { value = '', what }]) => {
    if (what === undefined) return []
    const head = `  --${name} ${value}`.trimEnd().padEnd(NAME_COLUMNS - 2)
    const [first = '', ...others] = wrappedLines(what.split(' '), WHAT_COLUMNS)
    return [`${head}  ${first}\n`, ...others.map(line => `${' '.repeat(NAME_COLUMNS)}${line}\n`)]
  })
  return lines.join('')
}

/** Node's advice behind the first sentence is for its own programs. */
function shown(error: unknown, options: OptionTable): string {
  const text = error instanceof Error ? error.message : String(error)
  const [line = text] = text.split('\n', 1)
  const [, unknown, name = ''] = /^(Unknown option '(-[^']*)')/.exec(line) ?? []
  if (unknown === undefined) return line
  const near = slips.suggest(name.replace(/^-+/, ''), Object.keys(options))
  return near === undefined ? `${unknown}. See --help` : `${unknown}. Did you mean '--${near}'?`
}

/** @throws UsageError if there are words that say nothing */
export function refuseWords([first]: readonly string[]): void {
  if (first !== undefined) throw new UsageError(`What is '${first}'?`)
}

/** `--host a b` becomes `--host a --host b`, for the options that take many words. */
export function spread(words: readonly string[], names: readonly string[]): string[] {
  const found: string[] = []
  let option: string | undefined
  let isFirst = false
  for (const word of words) {
    if (word.startsWith('-')) {
      option = names.includes(word.slice(2)) ? word : undefined
      isFirst = true
    } else if (option !== undefined) {
      if (!isFirst) found.push(option)
      isFirst = false
    }
    found.push(word)
  }
  return found
}

/** @throws UsageError */
export function wholeNumber(name: string, text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError(`--${name} wants a whole number`)
  return Number(text)
}
