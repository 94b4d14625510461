// The directives of redis.conf that are no parameters: users, renamed commands, modules. And the
// start of a server from all of its directives, which the command line reads from a file and the
// library takes as lists of words.

import fs from 'node:fs'
import path from 'node:path'
import { Users } from '../../acl/user.ts'
import type { CommandTable } from '../../table/catalogue.ts'
import { lowerCase, toText } from '../../util/bytes.ts'
import { systemReason } from '../../util/system-error.ts'
import type { Log } from '../log.ts'
import type { Config, Settings } from './config.ts'
import { ConfigError } from './parameter.ts'

/** The words of a line: a name and what follows it. */
export type Directive = readonly string[]

/** The server cannot start although its configuration could be read; the lines go to the log. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly lines: readonly string[]

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'))
    this.lines = lines
  }
}

/** Directives that act once all of them are known. */
interface Collected {
  readonly users: string[][]
  module: string | undefined
  isModuleConfigured: boolean
}

/** What directives change. */
export interface Configurable {
  readonly config: Config
  readonly table: CommandTable
  readonly users: Users
  readonly settings: Settings
  readonly log: Log
}

type Reader = (server: Configurable, words: Directive, collected: Collected) => void

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['rename-command', renameCommand],
  ['user', declareUser],
  ['loadmodule', loadModule],
  ['sentinel', refuseSentinel],
])

/**
 * Takes all directives; the first that is wrong ends it with a ConfigError. What is returned is to
 * be called once the server has users.
 */
export function takeDirectives(server: Configurable, directives: Iterable<Directive>): () => void {
  const collected: Collected = { users: [], module: undefined, isModuleConfigured: false }
  for (const words of directives) {
    if (server.config.load(words)) continue
    const [name = ''] = words
    const reader = READERS.get(lowerCase(name))
    if (reader !== undefined) reader(server, words, collected)
    else if (name.includes('.')) configureModule(words, collected)
    else throw new ConfigError(BAD_DIRECTIVE)
  }
  return () => {
    refuseModules(collected)
    loadUsers(server, collected.users)
  }
}

const BAD_DIRECTIVE = 'Bad directive or wrong number of arguments'

function renameCommand({ table }: Configurable, words: Directive): void {
  const [, from = '', to = ''] = words
  if (words.length !== 3) throw new ConfigError(BAD_DIRECTIVE)
  const command = table.byName(from)
  if (command === undefined) throw new ConfigError('No such command in rename-command')
  const target = table.byName(to)
  if (target !== undefined && target !== command) {
    throw new ConfigError('Target command name already exists')
  }
  table.rename(from, to)
}

// Rules are tried at once on users of their own, so that an error is reported with its line.
function declareUser({ table }: Configurable, words: Directive, { users }: Collected): void {
  if (words.length < 2) throw new ConfigError(BAD_DIRECTIVE)
  users.push(words.slice(1))
  const error = new Users(table.catalogue).configure(users)
  if (error?.startsWith('Error in user declaration')) throw new ConfigError(error)
}

function loadModule(_server: Configurable, words: Directive, collected: Collected): void {
  if (words.length < 2) throw new ConfigError(BAD_DIRECTIVE)
  collected.module ??= words[1]
}

function configureModule(words: Directive, collected: Collected): void {
  if (words.length < 2) throw new ConfigError('Module config specified without value')
  collected.isModuleConfigured = true
}

function refuseSentinel(_server: Configurable, words: Directive): void {
  if (words.length > 1) throw new ConfigError('sentinel directive while not in sentinel mode')
}

function refuseModules({ module, isModuleConfigured }: Collected): void {
  if (module !== undefined) {
    throw new StartError(
      `Module ${module} failed to load: this server cannot load modules`,
      `Can't load module from ${module}: server aborting`,
    )
  }
  if (isModuleConfigured) {
    throw new StartError(
      'Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting',
    )
  }
}

/** The users of the configuration or those of the ACL file. */
function loadUsers({ users, settings, log }: Configurable, declared: readonly string[][]): void {
  const { aclfile } = settings
  if (aclfile !== '' && declared.length > 0) {
    throw new StartError(
      'Configuring Redis with users defined in redis.conf and at the same setting an ACL file ' +
        'path is invalid. This setup is very likely to lead to configuration errors and security ' +
        'holes, please define either an ACL file or declare users directly in your redis.conf, ' +
        'but not both.',
    )
  }
  const error = users.configure(declared)
  if (error !== undefined)
    throw new StartError(error, 'Critical error while loading ACLs. Exiting.')
  for (const [name = ''] of declared) {
    if (users.get(name)?.enabled) continue
    log.notice(
      `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make ` +
        'sure this is not a configuration error.',
    )
  }
  if (aclfile === '') return
  const failure = loadAclFile(users, settings)
  if (failure !== undefined) {
    throw new StartError(`Aborting Redis startup because of ACL errors: ${failure}`)
  }
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
