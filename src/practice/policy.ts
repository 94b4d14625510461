// A policy: the users of an ACL file, of redis.conf or of a running server, with the place of every
// rule, so that whoever finds fault with one can point at it.
//
// Both kinds of text are read as the server reads them, by the same code; what it refuses becomes a
// problem and the rest is read all the same.

import path from 'node:path'
import type { CommandCatalog } from '../acl/command-facts.ts'
import type { RuleContext } from '../acl/rules.ts'
import { DEFAULT_USER, type User } from '../acl/user.ts'
import { placedAclWords } from '../acl/user-line.ts'
import { Users } from '../acl/users.ts'
import {
  type ConfDirective,
  type ConfSource,
  readConf,
  UNBALANCED_QUOTES,
} from '../host/config/conf-text.ts'
import { Config } from '../host/config/config.ts'
import { DIRECTIVES, DirectiveReading, USERS_IN_TWO_PLACES } from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import type { PlacedWord } from '../resp3/words.ts'
import { CommandTable } from '../table/catalogue.ts'
import { CATALOGUE } from '../table/redis.ts'
import { fromText, toText } from '../util/bytes.ts'
import {
  type LinePlace,
  type Place,
  type PolicyUser,
  type Problem,
  placeOf,
  placeOfWords,
  readPolicyLine,
} from './policy-line.ts'

export type { Place, PolicyUser, Problem, Rule } from './policy-line.ts'

export interface Setting extends Place {
  readonly name: string
  readonly values: readonly string[]
}

export type PolicyKind = 'acl' | 'conf' | 'server'

/** The users of an ACL file, of redis.conf or of a running server, with the place of each rule. */
export interface Policy {
  readonly kind: PolicyKind
  /** In the order of the text. */
  readonly users: readonly PolicyUser[]
  /** Whether the users are those of the ACL file that redis.conf names. */
  readonly isAclFileRead: boolean
  /** Every other directive of redis.conf; of a running server, those that concern its users. */
  readonly settings: readonly Setting[]
  /** What rename-command did: commands by the names that clients use; '' is none. */
  readonly renamed: ReadonlyMap<string, string>
  /** What Redis would refuse. */
  readonly problems: readonly Problem[]
  readonly context: RuleContext
}

/** The users by name; the built-in default user is there if the text does not declare one. */
export function usersOf(policy: Policy): ReadonlyMap<string, User> {
  const builtIn = new Users(policy.context.catalog)
  // As the server does it, which then forgets the password if an ACL file is read.
  if (policy.kind === 'conf' && !policy.isAclFileRead) {
    builtIn.setDefaultPassword(settingOf(policy, 'requirepass')?.values[0] ?? '')
  }
  const users = new Map([[DEFAULT_USER, builtIn.default]])
  for (const { name, user } of policy.users) users.set(name, user)
  return users
}

/** The last value of a redis.conf directive. */
export function settingOf(policy: Policy, name: string): Setting | undefined {
  return policy.settings.findLast(setting => setting.name === name)
}

/**
 * Reads the files that a redis.conf names, for whoever has them. `folder` is what relative names
 * are meant from, which `dir` changes. Both throw an Error with the message of redis-server.
 */
export interface PolicyFiles {
  include(name: string, folder: string): readonly ConfSource[]
  aclFile(name: string, folder: string): string
}

/** What readPolicy() cannot see in the text. */
export interface ReadOptions {
  /** Default: an ACL file if every line declares a user, else redis.conf. */
  readonly kind?: PolicyKind
  /** Settings that stand elsewhere, as those of a running server do. */
  readonly settings?: readonly Setting[]
  /** The commands that rules may name. Default: those of 7.4. */
  readonly catalog?: CommandCatalog
  /** Without them, included files and the ACL file of a redis.conf are not looked at. */
  readonly files?: PolicyFiles
}

/**
 * Reads the text of an ACL file or of redis.conf, a binary string. Nothing is thrown: what Redis
 * would refuse is in `problems`.
 */
export function readPolicy(text: string, options: ReadOptions = {}): Policy {
  const { kind = kindOf(text), settings: known = [], catalog = CATALOGUE, files } = options
  if (kind === 'conf') return new ConfPolicy(catalog, files).read(text, known)
  const open = known.findLast(({ name }) => name === 'acl-pubsub-default')
  const allChannelsByDefault = open?.values[0] === 'allchannels'
  const users = new UserReader({ catalog, allChannelsByDefault })
  users.readAclFile(text)
  return { kind, settings: known, isAclFileRead: false, renamed: new Map(), ...users }
}

function kindOf(text: string): PolicyKind {
  const words = text.split('\n').map(line => /^[ \t\r]*(\S*)/.exec(line)?.[1] ?? '')
  return words.some(word => word !== '' && word !== 'user' && !word.startsWith('#'))
    ? 'conf'
    : 'acl'
}

/** Takes the lines that declare users. */
class UserReader {
  readonly users: PolicyUser[] = []
  readonly problems: Problem[] = []
  readonly context: RuleContext
  readonly #names = new Set<string>()

  constructor(context: RuleContext) {
    this.context = context
  }

  readAclFile(text: string, file?: string): void {
    for (const [i, line] of text.split('\n').entries()) {
      const words = placedAclWords(line)
      const at = { ...(file !== undefined && { file }), line: i + 1 }
      if (words.length > 0) this.read(words, at, 'acl')
    }
  }

  read(words: readonly PlacedWord[], at: LinePlace, form: 'acl' | 'conf'): void {
    const { user, problems } = readPolicyLine(words, at, form, this.#names, this.context)
    this.problems.push(...problems)
    if (user === undefined) return
    this.#names.add(user.name)
    this.users.push(user)
  }
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
  /** Every directive, and what is wrong with it. */
  readonly #lines: (readonly [ConfDirective, string | undefined])[] = []
  readonly #settings: Setting[] = []
  #folder = process.cwd()

  constructor(catalog: CommandCatalog, files: PolicyFiles | undefined) {
    this.#catalog = catalog
    this.#files = files
    this.#reading = new DirectiveReading({ config: this.#config, table: this.#table }, DIRECTIVES)
  }

  read(text: string, known: readonly Setting[]): Policy {
    for (const directive of this.#directives(text)) {
      this.#lines.push([directive, this.#problemOf(directive)])
      if (directive.name !== '' && !isUser(directive)) this.#settings.push(settingIn(directive))
    }
    const settings = [...known, ...this.#settings]
    const { aclfile, 'acl-pubsub-default': channels } = this.#config.settings
    const users = new UserReader({
      catalog: this.#catalog,
      allChannelsByDefault: channels === 'allchannels',
    })
    for (const [directive, problem] of this.#lines) {
      if (problem !== undefined) users.problems.push(problemAt(directive, problem))
      else if (isUser(directive)) users.read(directive.words, placeOfLine(directive), 'conf')
    }
    const isAclFileRead = aclfile !== '' && this.#readAclFile(users, aclfile)
    return { kind: 'conf', settings, isAclFileRead, renamed: renamedIn(this.#table), ...users }
  }

  #directives(text: string): Iterable<ConfDirective> {
    const files = this.#files
    if (files === undefined) return readConf([{ text }])
    return readConf([{ text }], (name, at) => {
      try {
        return files.include(name, this.#folder)
      } catch (error) {
        this.#lines.push([at, reasonOf(error)])
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

/** Values may be secret, and so are not shown. */
function problemAt(directive: ConfDirective, message: string): Problem {
  const { name, words } = directive
  const place = placeOfWords(words.slice(0, 1), placeOfLine(directive))
  return { user: undefined, rule: name, message, ...place }
}
