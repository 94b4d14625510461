// A policy: the users of an ACL file, of redis.conf or of a running server, with the place of every
// rule, so that whoever finds fault with one can point at it.
//
// Texts are read as the server reads them, by the same code; what it refuses becomes a problem and
// the rest is read all the same. Reading redis.conf takes the table of settings, and so is apart,
// in conf-policy.ts.

import type { CommandCatalog } from '../acl/command-facts.ts'
import type { RuleContext } from '../acl/rules.ts'
import { DEFAULT_USER, type User } from '../acl/user.ts'
import { placedAclWords } from '../acl/user-line.ts'
import { Users } from '../acl/users.ts'
import type { ConfSource } from '../host/config/conf-text.ts'
import type { PlacedWord } from '../resp3/words.ts'
import { CATALOGUE } from '../table/redis.ts'
import {
  type LinePlace,
  type Place,
  type PolicyUser,
  type Problem,
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

/** Reads the lines of users alone: of an ACL file, or those of a running server. */
export function readAclPolicy(
  text: string,
  kind: 'acl' | 'server' = 'acl',
  { settings: known = [], catalog = CATALOGUE }: ReadOptions = {},
): Policy {
  const open = known.findLast(({ name }) => name === 'acl-pubsub-default')
  const allChannelsByDefault = open?.values[0] === 'allchannels'
  const users = new UserReader({ catalog, allChannelsByDefault })
  users.readAclFile(text)
  return { kind, settings: known, isAclFileRead: false, renamed: new Map(), ...users }
}

/** An ACL file if every line declares a user. */
export function kindOf(text: string): 'acl' | 'conf' {
  const words = text.split('\n').map(line => /^[ \t\r]*(\S*)/.exec(line)?.[1] ?? '')
  return words.some(word => word !== '' && word !== 'user' && !word.startsWith('#'))
    ? 'conf'
    : 'acl'
}

/** Takes the lines that declare users. */
export class UserReader {
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
