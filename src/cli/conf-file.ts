// What is read from disk where a redis.conf is: the file itself, those that it includes, standard
// input. What stands in them is read by host/config/conf-text.ts.

import fs from 'node:fs'
import path from 'node:path'
import {
  type ConfDirective,
  type ConfSource,
  readConf,
  refusedAt,
  UNBALANCED_QUOTES,
} from '../host/config/conf-text.ts'
import { StartError } from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import type { PolicyFiles } from '../policy/policy.ts'
import { fromText, toText } from '../util/bytes.ts'
import { fileSize } from '../util/files.ts'
import { lazyPackage } from '../util/lazy.ts'
import { systemReason } from '../util/system-error.ts'

/** What Redis makes one text of: the file, standard input, and the options of the command line. */
export function readConfigText(
  file: string | undefined,
  readsStdin: boolean,
  options: string,
): string {
  const fromFile =
    file === undefined
      ? ''
      : readIncluded(file, process.cwd())
          .map(({ text }) => text)
          .join('')
  const fromStdin = readsStdin ? fs.readFileSync(0, 'latin1') : ''
  return `${fromFile}${fromStdin}\n${options}`
}

export function absolutePath(file: string): string {
  return fromText(path.resolve(toText(file)))
}

/**
 * Gives out directives one by one, so that whoever takes them is at the line that is wrong when one
 * is refused.
 */
export class ConfigReader {
  /** True when every directive has been taken. */
  isFinished = false
  #at: ConfDirective | undefined
  #logFile = ''
  /** From where files are meant: redis-server goes to `dir` as soon as it reads it. */
  #folder = process.cwd()
  readonly #hearLogFile: (name: string) => void

  /** `hearLogFile` learns at once where log lines are to go. */
  constructor(hearLogFile: (name: string) => void) {
    this.#hearLogFile = hearLogFile
  }

  /** Where the directive stands that was refused, in the words of Redis. */
  get place(): string {
    return this.#at === undefined ? '' : refusedAt(this.#at)
  }

  /** The name of that directive. */
  get name(): string | undefined {
    return this.#at?.name
  }

  get #logPath(): string {
    if (this.#logFile === '') return ''
    return fromText(path.resolve(this.#folder, toText(this.#logFile)))
  }

  *read(readText: () => string): Generator<readonly string[]> {
    for (const directive of readConf([{ text: readText() }], file =>
      readIncluded(file, this.#folder),
    )) {
      this.#at = directive
      const { name, values, isBroken } = directive
      if (isBroken) throw new ConfigError(UNBALANCED_QUOTES)
      yield [name, ...values]
      if (name === 'dir') this.#folder = path.resolve(this.#folder, toText(values[0] ?? ''))
      if (name === 'logfile') this.#logFile = values[0] ?? ''
      if (name === 'dir' || name === 'logfile') this.#hearLogFile(this.#logPath)
    }
    this.#at = undefined
    if (this.#logFile !== '') requireWritable(this.#logPath)
    this.isFinished = true
  }
}

function requireWritable(logFile: string): void {
  try {
    fs.closeSync(fs.openSync(toText(logFile), 'a'))
  } catch (error) {
    throw new ConfigError(`Can't open the log file: ${systemReason(error)}`)
  }
}

/** The file, or those that fit the pattern, which may be none. */
function readIncluded(file: string, folder: string): readonly ConfSource[] {
  return namedBy(file, folder).map(name => ({ file: name, text: readConfigFile(name, folder) }))
}

function namedBy(pattern: string, folder: string): readonly string[] {
  return /[*?[]/.test(pattern) ? globFiles(pattern, folder) : [pattern]
}

function readConfigFile(file: string, folder: string): string {
  try {
    return fs.readFileSync(path.resolve(folder, toText(file)), 'latin1')
  } catch (error) {
    throw new StartError(`Fatal error, can't open config file '${file}': ${systemReason(error)}`)
  }
}

/** Patterns may stand in every part of the path; files come in order of their names. */
function globFiles(pattern: string, from: string): string[] {
  const isAbsolute = pattern.startsWith('/')
  const parts = pattern.split('/').filter(part => part !== '')
  let found = [isAbsolute ? '/' : '.']
  for (const part of parts) {
    if (/[*?[]/.test(part)) found = found.flatMap(folder => matchesIn(folder, part, from))
    else found = found.map(folder => path.join(folder, part)).filter(one => exists(one, from))
  }
  return found
}

function exists(file: string, from: string): boolean {
  return fs.existsSync(path.resolve(from, toText(file)))
}

/** Files are found as a shell does, by another dialect than keys: [!a], and * leaves out .a. */
const OF_FILES = {
  nobrace: true,
  nocomment: true,
  noext: true,
  noglobstar: true,
  nonegate: true,
  platform: 'linux',
} as const
const globs = lazyPackage<typeof import('minimatch')>('minimatch')

function matchesIn(folder: string, pattern: string, from: string): string[] {
  const matches = globs().minimatch.filter(pattern, OF_FILES)
  let names: string[]
  try {
    names = fs.readdirSync(path.resolve(from, toText(folder)))
  } catch {
    return []
  }
  return names
    .map(fromText)
    .filter(name => matches(name))
    .sort()
    .map(name => path.join(folder, name))
}

/** The files that a policy names, which may come from strangers: no pipe keeps a tool waiting. */
export const POLICY_FILES: PolicyFiles = {
  include(file, folder) {
    const names = namedBy(file, folder)
    for (const name of names) requireOrdinary(name, folder)
    return names.map(name => ({ file: name, text: readConfigFile(name, folder) }))
  },
  aclFile(file, folder) {
    requireOrdinary(file, folder)
    try {
      return fs.readFileSync(path.resolve(folder, toText(file)), 'latin1')
    } catch (error) {
      throw new StartError(`Error loading ACLs, opening file '${file}': ${systemReason(error)}`)
    }
  },
}

const POLICY_BYTES_MAX = 128 * 1024 * 1024

/** What is not there at all is told in Redis's words when it is read. */
function requireOrdinary(file: string, folder: string): void {
  const place = path.resolve(folder, toText(file))
  if (!fs.existsSync(place)) return
  const size = fileSize(place)
  if (size === undefined) throw new StartError(`'${file}' is not a file`)
  if (size > POLICY_BYTES_MAX) throw new StartError(`'${file}' is too large`)
}
