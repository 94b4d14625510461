// Reads a policy out of any text: an ACL file or redis.conf.

import path from 'node:path'
import type { CommandCatalog } from '../acl/command-facts.ts'
import { type ConfDirective, readConf, UNBALANCED_QUOTES } from '../host/config/conf-text.ts'
import { Config, parameterNamed } from '../host/config/config.ts'
import {
  DIRECTIVES,
  DirectiveReading,
  isModuleSetting,
  SETTINGS_WITHOUT_MODULE,
  USERS_IN_TWO_PLACES,
} from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import { CommandTable } from '../table/catalogue.ts'
import { CATALOGUE } from '../table/redis.ts'
import { fromText, toText } from '../util/bytes.ts'
import {
  kindOf,
  type LinePlace,
  type Policy,
  type PolicyFiles,
  type Problem,
  placeOf,
  placeOfWords,
  type ReadOptions,
  readAclPolicy,
  type Setting,
  UserReader,
} from './policy.ts'

/** See the public readPolicy(). */
export function readPolicy(text: string, options: ReadOptions = {}): Policy {
  const { kind = kindOf(text), settings = [], catalog = CATALOGUE, files } = options
  if (kind !== 'conf') return readAclPolicy(text, kind, options)
  return new ConfPolicy(catalog, files).read(text, settings)
}

/** What is right for these depends on where Redis runs and how it was built. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['dir', 'activedefrag', 'locale-collate'])

/** Reads redis.conf as at the server's start, except that nothing ends it. */
class ConfPolicy {
  readonly #catalog: CommandCatalog
  readonly #files: PolicyFiles | undefined
  readonly #config = new Config()
  readonly #table = new CommandTable(CATALOGUE)
  readonly #reading: DirectiveReading
  /** Every directive, what is wrong with it, and what acl-pubsub-default was until then. */
  readonly #lines: (readonly [ConfDirective, string | undefined, string])[] = []
  readonly #settings: Setting[] = []
  #folder = process.cwd()

  constructor(catalog: CommandCatalog, files: PolicyFiles | undefined) {
    this.#catalog = catalog
    this.#files = files
    this.#reading = new DirectiveReading({ config: this.#config, table: this.#table }, DIRECTIVES)
  }

  read(text: string, known: readonly Setting[]): Policy {
    for (const directive of this.#directives(text)) {
      this.#lines.push([directive, this.#problemOf(directive), this.#channels])
      if (directive.name !== '' && !isUser(directive)) this.#settings.push(settingIn(directive))
    }
    const settings = [...known, ...this.#settings]
    const hasModules = settings.some(({ name }) => name === 'loadmodule')
    const { aclfile } = this.#config.settings
    const users = this.#userReader(this.#channels)
    for (const [directive, problem, channels] of this.#lines) {
      if (problem !== undefined) users.problems.push(problemAt(directive, problem))
      else if (isUser(directive)) this.#readUser(users, directive, channels)
      else if (!hasModules && isModuleSetting(directive.name)) {
        users.problems.push(problemAt(directive, SETTINGS_WITHOUT_MODULE))
      }
    }
    const isAclFileRead = aclfile !== '' && this.#readAclFile(users, aclfile)
    return { kind: 'conf', settings, isAclFileRead, renamed: renamedIn(this.#table), ...users }
  }

  get #channels(): string {
    return this.#config.settings['acl-pubsub-default']
  }

  #userReader(channels: string): UserReader {
    const allChannelsByDefault = channels === 'allchannels'
    return new UserReader({ catalog: this.#catalog, allChannelsByDefault })
  }

  /** A line has to be right where it stands, by the settings above it, and again at the end. */
  #readUser(users: UserReader, directive: ConfDirective, channels: string): void {
    const place = placeOfLine(directive)
    if (channels !== this.#channels) {
      const early = this.#userReader(channels)
      early.read(directive.words, place, 'conf')
      users.problems.push(...early.problems)
      if (early.problems.length > 0) return
    }
    users.read(directive.words, place, 'conf')
  }

  #directives(text: string): Iterable<ConfDirective> {
    const files = this.#files
    if (files === undefined) return readConf([{ text }])
    return readConf([{ text }], (name, at) => {
      try {
        return files.include(name, this.#folder)
      } catch (error) {
        this.#lines.push([at, reasonOf(error), this.#channels])
        return []
      }
    })
  }

  #problemOf({ name, values, isBroken }: ConfDirective): string | undefined {
    if (isBroken) return UNBALANCED_QUOTES
    if (name === 'user' && values.length > 0) return undefined
    // Whoever has no files cannot say what is in them, nor which folders there are.
    if (name === 'include' && values.length === 1) {
      return this.#files === undefined ? undefined : 'Files include each other without an end'
    }
    if (OF_THE_MACHINE.has(name) && values.length === 1) {
      if (name === 'dir') this.#folder = path.resolve(this.#folder, toText(values[0] ?? ''))
      return undefined
    }
    try {
      this.#reading.take([name, ...values])
      return undefined
    } catch (error) {
      if (error instanceof ConfigError) return error.message
      throw error
    }
  }

  /** False if there are users here already, or the file cannot be read. */
  #readAclFile(users: UserReader, file: string): boolean {
    const place = this.#settings.findLast(({ name }) => name === 'aclfile')
    const refuse = (message: string): boolean => {
      if (place)
        users.problems.push({ user: undefined, rule: place.name, message, ...placeOf(place) })
      return false
    }
    if (users.users.length > 0) return refuse(USERS_IN_TWO_PLACES)
    if (this.#files === undefined) return false
    try {
      users.readAclFile(this.#files.aclFile(file, this.#folder), file)
      return true
    } catch (error) {
      return refuse(reasonOf(error))
    }
  }
}

function renamedIn({ names }: CommandTable): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>()
  for (const [name, command] of names) if (name !== command.name) renamed.set(name, command.name)
  for (const name of CATALOGUE.commands.keys()) if (!names.has(name)) renamed.set(name, '')
  return renamed
}

function isUser({ name, values }: ConfDirective): boolean {
  return name === 'user' && values.length > 0
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : fromText(String(error))
}

function placeOfLine({ file, line }: ConfDirective): LinePlace {
  return { ...(file !== undefined && { file }), line }
}

function settingIn(directive: ConfDirective): Setting {
  const { name, values, words } = directive
  return { name, values, ...placeOfWords(words, placeOfLine(directive)) }
}

/**
 * Values may be secret, and so are not shown. Neither are words of other files that are no names:
 * who writes a policy may include what others are not to read.
 */
function problemAt(directive: ConfDirective, message: string): Problem {
  const { name, words, file } = directive
  const place = placeOfWords(words.slice(0, 1), placeOfLine(directive))
  const isKnown = parameterNamed(name) !== undefined || DIRECTIVES.has(name)
  return { user: undefined, rule: file === undefined || isKnown ? name : '', message, ...place }
}
