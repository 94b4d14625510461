// Reads redis.conf: one directive a line, quoted like inline commands, # before a comment. It is a
// generator, so that whoever takes the directives is at the line that is wrong when one is refused.

import fs from 'node:fs'
import path from 'node:path'
import { shownRule } from '../acl/rules.ts'
import { isSensitive } from '../host/config/config.ts'
import { StartError } from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import { splitWords } from '../resp3/words.ts'
import { fromText, lowerCase, quoted, toText } from '../util/bytes.ts'
import { compile } from '../util/glob.ts'
import { REDACTED } from '../util/secret-text.ts'
import { systemReason } from '../util/system-error.ts'

interface Line {
  readonly number: number
  readonly text: string
}

/** What Redis makes one text of: the file, standard input, and the options of the command line. */
export function readConfigText(
  file: string | undefined,
  readsStdin: boolean,
  options: string,
): string {
  const fromFile = file === undefined ? '' : readIncluded(file)
  const fromStdin = readsStdin ? fs.readFileSync(0, 'latin1') : ''
  return `${fromFile}${fromStdin}\n${options}`
}

export function absolutePath(file: string): string {
  return fromText(path.resolve(toText(file)))
}

export class ConfigReader {
  /** True when every directive has been taken. */
  isFinished = false
  #line: Line | undefined
  #logFile = ''
  readonly #hearLogFile: (name: string) => void

  /** `hearLogFile` learns at once where log lines are to go. */
  constructor(hearLogFile: (name: string) => void) {
    this.#hearLogFile = hearLogFile
  }

  /** Where the directive stands that was refused, in the words of Redis. */
  get place(): string {
    if (this.#line === undefined) return ''
    const { number, text } = this.#line
    return `Reading the configuration file, at line ${number}\n>>> '${withoutSecrets(text)}'\n`
  }

  *read(readText: () => string): Generator<readonly string[]> {
    yield* this.#directives(readText())
    this.#line = undefined
    if (this.#logFile !== '') requireWritable(this.#logFile)
    this.isFinished = true
  }

  /** The directives of a text, and of the files that it includes, in their place. */
  *#directives(text: string): Generator<readonly string[]> {
    for (const [i, raw] of text.split('\n').entries()) {
      const line = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
      if (line === '' || line.startsWith('#')) continue
      this.#line = { number: i + 1, text: line }
      const words = splitWords(line)
      if (words === undefined) throw new ConfigError('Unbalanced quotes in configuration line')
      const [first, ...rest] = words
      if (first === undefined) continue
      const name = lowerCase(first)
      if (name === 'include' && rest.length === 1) {
        yield* this.#directives(readIncluded(rest[0] ?? ''))
        continue
      }
      yield [name, ...splitOnlyWord(name, rest)]
      if (name !== 'logfile') continue
      this.#logFile = rest[0] ?? ''
      this.#hearLogFile(this.#logFile)
    }
  }
}

function requireWritable(logFile: string): void {
  try {
    fs.closeSync(fs.openSync(toText(logFile), 'a'))
  } catch (error) {
    throw new ConfigError(`Can't open the log file: ${systemReason(error)}`)
  }
}

/** The line as the error shows it: in Redis's words all of it, but here no password. */
function withoutSecrets(line: string): string {
  const words = splitWords(line) ?? []
  const [first = '', user = '', ...rules] = words.length > 0 ? words : line.split(/[\s"']+/)
  const name = lowerCase(first)
  if (name === 'user' && words.length > 0) {
    const shown = rules.map((rule, i) => shownRule(rule, rules[i - 1]))
    const isSame = shown.every((rule, i) => rule === rules[i])
    return isSame ? line : [first, ...[user, ...shown].map(quoted)].join(' ')
  }
  // A name that is none may be a slip of one that has a password.
  return (isSensitive(name) ?? MAY_BE_SECRET.test(name)) ? `${first} ${REDACTED}` : line
}

const MAY_BE_SECRET = /pas|auth|secret|user|sentinel/

/** Parameters that take several words may be given them in one, as "60 1000" for save. */
const LISTS: ReadonlySet<string> = new Set([
  'save',
  'bind',
  'client-output-buffer-limit',
  'oom-score-adj-values',
  'replicaof',
  'slaveof',
  'latency-tracking-info-percentiles',
  'shutdown-on-sigint',
  'shutdown-on-sigterm',
])

function splitOnlyWord(name: string, words: readonly string[]): readonly string[] {
  const [only] = words
  if (words.length !== 1 || only === undefined || only === '' || !LISTS.has(name)) return words
  return splitWords(only) ?? []
}

/** The file's text, or those of the files that fit the pattern, which may be none. */
function readIncluded(file: string): string {
  if (!/[*?[]/.test(file)) return readConfigFile(file)
  return globFiles(file).map(readConfigFile).join('')
}

function readConfigFile(file: string): string {
  try {
    return fs.readFileSync(toText(file), 'latin1')
  } catch (error) {
    throw new StartError(`Fatal error, can't open config file '${file}': ${systemReason(error)}`)
  }
}

/** Patterns may stand in every part of the path; files come in order of their names. */
function globFiles(pattern: string): string[] {
  const isAbsolute = pattern.startsWith('/')
  const parts = pattern.split('/').filter(part => part !== '')
  let found = [isAbsolute ? '/' : '.']
  for (const part of parts) {
    if (/[*?[]/.test(part)) found = found.flatMap(folder => matchesIn(folder, part))
    else found = found.map(folder => path.join(folder, part)).filter(one => fs.existsSync(one))
  }
  return found
}

function matchesIn(folder: string, pattern: string): string[] {
  const matches = compile(pattern)
  let names: string[]
  try {
    names = fs.readdirSync(folder)
  } catch {
    return []
  }
  return names
    .map(fromText)
    .filter(name => matches(name) && (pattern.startsWith('.') || !name.startsWith('.')))
    .sort()
    .map(name => path.join(folder, name))
}
