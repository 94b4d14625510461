// The command line: an optional configuration file, then --options, each with its values. They are
// turned into the text that would stand at the end of the file, as Redis does it.

import { splitWords } from '../resp3/words.ts'
import { lowerCase, quoted } from '../util/bytes.ts'

export interface CommandLine {
  readonly file: string | undefined
  readonly readsStdin: boolean
  /** Directives, a line each. */
  readonly options: string
}

/** `words` are what follows the program's name, as binary strings. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const hasFile = words[0] !== undefined && !words[0].startsWith('-')
  const rest = hasFile ? words.slice(1) : words
  let readsStdin = false
  let options = ''
  // The word after an option is its value, even if it starts with dashes itself.
  let wantsValue = false
  for (const [i, word] of rest.entries()) {
    const isFirst = i === 0 && !hasFile
    const isLast = i === rest.length - 1
    if (word === '-' && (isFirst || isLast)) {
      readsStdin = true
    } else if (!wantsValue && word.startsWith('--')) {
      if (options !== '') options += '\n'
      options += `${word.slice(2)} `
      wantsValue = isOneWord(word)
      if (!wantsValue || !standsAlone(word, rest[i + 1])) continue
      if (lowerCase(word) === '--save') options += '""'
      wantsValue = isLast
    } else {
      options += `${quoted(word)} `
      wantsValue = false
    }
  }
  return { file: hasFile ? words[0] : undefined, readsStdin, options }
}

/** `--port 1` may be one word. */
function isOneWord(word: string): boolean {
  return splitWords(word)?.length === 1
}

/** Whether the word after an option is its value, whatever it looks like. */
export function takesNext(option: string, next: string | undefined): boolean {
  return option.startsWith('--') && isOneWord(option) && !standsAlone(option, next)
}

// `--save --port 1` and a `--save` at the end have always meant an empty value.
function standsAlone(word: string, next: string | undefined): boolean {
  const name = lowerCase(word)
  return (name === '--save' || name === '--sentinel') && (next?.startsWith('--') ?? true)
}
