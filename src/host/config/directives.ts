// The directives of redis.conf that are no parameters: users, renamed commands, modules, and those
// that whoever composes a server hands in. And the start of a server from all of its directives,
// which the command line reads from a file and the library takes as lists of words.

import fs from 'node:fs'
import path from 'node:path'
import { confLineError, readUserLine } from '../../acl/user-line.ts'
import type { Users } from '../../acl/users.ts'
import { lowerCase, toText } from '../../util/bytes.ts'
import { systemReason } from '../../util/system-error.ts'
import type { Host } from '../host.ts'
import type { Settings } from './config.ts'
import { ConfigError, type RewrittenLine } from './parameter.ts'

/** The words of a line: a name and what follows it. */
export type Directive = readonly string[]

/** What a program can tell errors of a start apart by. */
export interface StartErrorFacts {
  /** Of the system, `'EADDRINUSE'`, or of this library, `'ERR_TLS_KEY'`. */
  readonly code?: string
  /** What was given wrong to startRedis(): `'tls.cert'`, `'config.maxmemory'`. */
  readonly option?: string | undefined
  /** What the log was told in more detail, or the error of the system. */
  readonly cause?: unknown
}

/**
 * The server cannot start.
 * - `code`: of the system, such as `EADDRINUSE`, or `ERR_OPTION_UNKNOWN`, `ERR_OPTION_VALUE`,
 *   `ERR_OPTION_CONFLICT`, `ERR_TLS_CERTIFICATE`, `ERR_TLS_KEY`, `ERR_TLS_CA`, `ERR_TLS`, `ERR_ACL`,
 *   `ERR_START`
 * - `option`: which option of startRedis() is at fault, if it is known: `tls.cert`
 * - `cause`: the error behind it
 */
export class StartError extends Error {
  override readonly name = 'StartError'
  /** What redis-server's log says. */
  readonly lines: readonly string[]
  readonly code: string
  readonly option: string | undefined

  constructor(lines: string | readonly string[], facts: StartErrorFacts = {}) {
    const all = [lines].flat()
    super(all.join('\n'), facts.cause === undefined ? {} : { cause: facts.cause })
    this.lines = all
    this.code = facts.code ?? 'ERR_START'
    this.option = facts.option
  }
}

/** What there is of a server while its directives are read. */
export type Unfinished = Pick<Host, 'table' | 'config'>

/** Takes the lines of one kind at the start of one server. */
export interface DirectiveReader {
  /** Throws a ConfigError if the line is wrong. */
  take(words: Directive, server: Unfinished): void
  /** Acts when all directives are known and the server has users. May throw a StartError. */
  finish?(server: Host): void
}

/** A directive that is no parameter. */
export interface DirectiveKind {
  /** How many words its lines have, the name among them. */
  readonly least: number
  readonly most: number
  readonly reader: () => DirectiveReader
  /** Its lines for CONFIG REWRITE; without this they stay as they are. */
  readonly rewrite?: (server: Host) => readonly RewrittenLine[]
}

export type DirectiveKinds = ReadonlyMap<string, DirectiveKind>

/** Stands for every name with a dot in it. */
const MODULE_SETTING = '.'

/** Those of every data node, in the order in which they finish. */
export const DIRECTIVES: DirectiveKinds = new Map<string, DirectiveKind>([
  [
    'loadmodule',
    { least: 2, most: Infinity, reader: () => new LoadedModules(), rewrite: () => [] },
  ],
  [MODULE_SETTING, { least: 1, most: Infinity, reader: () => new ModuleSettings() }],
  ['rename-command', { least: 3, most: 3, reader: () => ({ take: renameCommand }) }],
  ['user', { least: 2, most: Infinity, reader: () => new DeclaredUsers(), rewrite: rewriteUsers }],
  ['sentinel', { least: 1, most: Infinity, reader: () => ({ take: refuseSentinel }) }],
])

const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments'

/** Takes the directives of one start, one after the other. */
export class DirectiveReading {
  readonly #server: Unfinished
  readonly #kinds: DirectiveKinds
  readonly #readers: ReadonlyMap<string, DirectiveReader>

  constructor(server: Unfinished, kinds: DirectiveKinds) {
    this.#server = server
    this.#kinds = kinds
    this.#readers = new Map(Array.from(kinds, ([name, { reader }]) => [name, reader()]))
  }

  /** Throws a ConfigError if the directive is wrong. */
  take(words: Directive): void {
    const [first = ''] = words
    if (this.#server.config.load(words)) return
    const key = kindOf(first, this.#kinds)
    const kind = this.#kinds.get(key)
    if (kind === undefined || words.length < kind.least || words.length > kind.most) {
      throw new ConfigError(BAD_DIRECTIVE)
    }
    this.#readers.get(key)?.take(words, this.#server)
  }

  /** To be called once the server has users. May throw a StartError. */
  finish(server: Host): void {
    for (const sentence of server.config.unkept()) server.log.warning(sentence)
    for (const reader of this.#readers.values()) reader.finish?.(server)
  }
}

function kindOf(first: string, kinds: DirectiveKinds): string {
  const name = lowerCase(first)
  return kinds.has(name) || !name.includes('.') ? name : MODULE_SETTING
}

/** Whether the words, which are no parameter, set something of a module. */
export function isModuleSetting(name: string): boolean {
  return kindOf(name, DIRECTIVES) === MODULE_SETTING
}

function renameCommand([, from = '', to = '']: Directive, { table }: Unfinished): void {
  const command = table.byName(from)
  if (command === undefined) throw new ConfigError('No such command in rename-command')
  const target = table.byName(to)
  if (target !== undefined && target !== command) {
    throw new ConfigError('Target command name already exists')
  }
  table.rename(from, to)
}

function refuseSentinel(words: Directive): void {
  if (words.length > 1) throw new ConfigError('sentinel directive while not in sentinel mode')
}

class LoadedModules implements DirectiveReader {
  #first: string | undefined

  take([, file]: Directive): void {
    this.#first ??= file
  }

  finish(): void {
    if (this.#first === undefined) return
    throw new StartError([
      `Module ${this.#first} failed to load: this server cannot load modules`,
      `Can't load module from ${this.#first}: server aborting`,
    ])
  }
}

export const SETTINGS_WITHOUT_MODULE =
  'Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting'

class ModuleSettings implements DirectiveReader {
  #isGiven = false

  take(words: Directive): void {
    if (words.length < 2) throw new ConfigError('Module config specified without value')
    this.#isGiven = true
  }

  finish(): void {
    if (this.#isGiven) throw new StartError(SETTINGS_WITHOUT_MODULE)
  }
}

/** The `user` lines. With an ACL file there may be none, and it is read instead. */
class DeclaredUsers implements DirectiveReader {
  readonly #lines = new Map<string, Directive>()

  // Rules are tried at once, so that an error is reported with its line.
  take(words: Directive, { table, config }: Unfinished): void {
    const [, name = ''] = words
    const allChannelsByDefault = config.settings['acl-pubsub-default'] === 'allchannels'
    const context = { catalog: table.catalogue, allChannelsByDefault }
    const error = confLineError(readUserLine(words, 'conf', this.#lines, context).faults)
    if (error !== undefined) throw new ConfigError(error)
    this.#lines.set(name, words)
  }

  finish({ users, settings, log }: Host): void {
    if (settings.aclfile !== '' && this.#lines.size > 0) {
      throw new StartError(USERS_IN_TWO_PLACES, { code: 'ERR_OPTION_CONFLICT' })
    }
    for (const [name, words] of this.#lines) {
      const error = users.configure(words)
      if (error !== undefined) {
        throw new StartError([error, 'Critical error while loading ACLs. Exiting.'], ACL_FAULT)
      }
      if (users.get(name)?.enabled) continue
      log.notice(
        `The user '${name}' is disabled (there is no 'on' modifier in the user description). ` +
          'Make sure this is not a configuration error.',
      )
    }
    if (settings.aclfile === '') return
    const failure = loadAclFile(users, settings)
    if (failure === undefined) return
    throw new StartError(`Aborting Redis startup because of ACL errors: ${failure}`, ACL_FAULT)
  }
}

const ACL_FAULT = { code: 'ERR_ACL' } as const

export const USERS_IN_TWO_PLACES =
  'Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is ' +
  'invalid. This setup is very likely to lead to configuration errors and security holes, please ' +
  'define either an ACL file or declare users directly in your redis.conf, but not both.'

function rewriteUsers({ users, settings }: Host): RewrittenLine[] {
  if (settings.aclfile !== '') return []
  return users.list().map(user => ({ line: users.describe(user), isNeeded: true }))
}

function loadAclFile(users: Users, settings: Settings): string | undefined {
  const { aclfile } = settings
  try {
    const text = fs.readFileSync(resolveFile(settings, aclfile), 'latin1')
    return users.load(text, aclfile).error
  } catch (error) {
    return `Error loading ACLs, opening file '${aclfile}': ${systemReason(error)}`
  }
}

/** A file of the configuration: relative ones are meant from `dir`. */
export function resolveFile({ dir }: Settings, file: string): string {
  return path.resolve(toText(dir), toText(file))
}
