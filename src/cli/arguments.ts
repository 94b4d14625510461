// The command line: an optional configuration file, then --options, each with its values. They are
// turned into the text that would stand at the end of the file, as Redis does it.

import { splitWords } from '../resp3/words.ts'
import { lowerCase, quoted } from '../util/bytes.ts'
import { USAGE, VERSION_LINE } from './announce.ts'

export interface CommandLine {
  readonly file: string | undefined
  readonly readsStdin: boolean
  /** Directives, a line each. */
  readonly options: string
}

export interface Answer {
  readonly isError: boolean
  readonly text: string
  readonly exitCode: number
}

/** The command lines that start no server. */
export function answerAtOnce(words: readonly string[]): Answer | undefined {
  const [first] = words
  switch (first) {
    case '-v':
    case '--version':
      return { isError: false, text: VERSION_LINE, exitCode: 0 }
    case '-h':
    case '--help':
      return { isError: true, text: USAGE, exitCode: 1 }
    case '--test-memory':
    case '--check-system':
      return { isError: true, text: `${first} is not supported by this server.\n`, exitCode: 1 }
    default:
      // Wherever it stands, as for redis-server.
      return words.includes('--sentinel')
        ? { isError: true, text: NO_SENTINEL, exitCode: 1 }
        : undefined
  }
}

const NO_SENTINEL = '--sentinel: this server cannot be a Sentinel, which watches other servers.\n'

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
      wantsValue = splitWords(word)?.length === 1
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

// `--save --port 1` and a `--save` at the end have always meant an empty value.
function standsAlone(word: string, next: string | undefined): boolean {
  const name = lowerCase(word)
  return (name === '--save' || name === '--sentinel') && (next?.startsWith('--') ?? true)
}
