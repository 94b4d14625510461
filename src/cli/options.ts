// How subcommands read their options. The server's own command line is redis-server's and has
// another grammar: see arguments.ts.

import { type ParseArgsConfig, parseArgs } from 'node:util'

/** What is wrong with a command line; the program shows it and ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type OptionTable = NonNullable<ParseArgsConfig['options']>

type Values<T extends OptionTable> = ReturnType<
  typeof parseArgs<{ readonly options: T; readonly allowPositionals: true }>
>['values']

/** @throws UsageError */
export function readOptions<T extends OptionTable>(
  words: readonly string[],
  options: T,
): { readonly values: Values<T>; readonly rest: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
    })
    return { values, rest: positionals }
  } catch (error) {
    // Node's advice after the first line is for its own programs.
    const text = error instanceof Error ? error.message : String(error)
    throw new UsageError(text.split('\n', 1)[0] ?? text)
  }
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
