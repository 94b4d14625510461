// The users of one server. A User keeps its identity for as long as it exists: SETUSER and LOAD put
// new rights into the same object, so connections that hold it need no re-pointing. Every change is
// made on a copy first and becomes real as a whole or not at all.

import { compareBytes } from '../util/bytes.ts'
import type { CommandCatalog } from './command-facts.ts'
import { matchesPassword } from './password.ts'
import {
  hasSpaces,
  mergeSelectors,
  type RuleContext,
  type RuleFailure,
  ruleFailure,
  unmatchedParenthesis,
} from './rules.ts'
import { type ChannelPattern, coversChannel } from './selector.ts'
import { DEFAULT_USER, User } from './user.ts'
import { aclFileError, aclLines, aclWords, confUserError, readUserLine } from './user-line.ts'

export const BAD_USER_NAME = "Usernames can't contain spaces or null characters"

export type SetuserResult =
  | { readonly change: UserChange; readonly failure: undefined }
  | { readonly change: undefined; readonly failure: RuleFailure }

export type LoadResult =
  | { readonly changes: readonly UserChange[]; readonly error: undefined }
  | { readonly changes: undefined; readonly error: string }

/** The users of one server. The default user always exists. */
export class Users implements RuleContext {
  readonly catalog: CommandCatalog
  /** acl-pubsub-default: whether users and selectors made from now on start with all channels. */
  allChannelsByDefault = false
  #users = new Map<string, User>()

  constructor(catalog: CommandCatalog) {
    this.catalog = catalog
    this.#users.set(DEFAULT_USER, this.#makeDefault())
  }

  #makeDefault(): User {
    const user = new User(DEFAULT_USER, this)
    for (const rule of ['+@all', '~*', '&*', 'on', 'nopass']) user.apply(rule, this)
    return user
  }

  get default(): User {
    return this.#users.get(DEFAULT_USER)!
  }

  get(name: string): User | undefined {
    return this.#users.get(name)
  }

  get size(): number {
    return this.#users.size
  }

  /** Every user, by name. */
  list(): User[] {
    return [...this.#users.values()].sort((a, b) => compareBytes(a.name, b.name))
  }

  /** The user's line in ACL LIST and in ACL files. */
  describe(user: User): string {
    return `user ${user.name} ${user.text}`
  }

  /** Creates or changes a user: all of the rules or none. */
  setuser(name: string, words: readonly string[]): SetuserResult {
    if (hasSpaces(name)) return failed({ word: name, message: BAD_USER_NAME, text: BAD_USER_NAME })
    const merged = mergeSelectors(words)
    if (merged.words === undefined) return failed(unmatchedParenthesis(merged.unmatched))
    const known = this.#users.get(name)
    const draft = known?.copy(this) ?? new User(name, this)
    for (const word of merged.words) {
      const problem = draft.apply(word, this)
      if (problem !== undefined) return failed(ruleFailure(word, problem))
    }
    if (known === undefined) {
      this.#users.set(name, draft)
      return { change: untouched(draft, 'created'), failure: undefined }
    }
    return { change: replaceRights(known, draft), failure: undefined }
  }

  /** The user that is no more; undefined if there was none. The default user cannot be deleted. */
  delete(name: string): User | undefined {
    const user = this.#users.get(name)
    if (user === undefined || name === DEFAULT_USER) return undefined
    this.#users.delete(name)
    return user
  }

  /** requirepass: one password for the default user, or none. */
  setDefaultPassword(password: string): void {
    this.default.setNopass(password === '')
    if (password !== '') this.default.apply(`>${password}`, this)
  }

  /**
   * The user with this name and password. Unknown and disabled users and those without password
   * cost as much as others, so that the time taken says nothing about which names exist.
   */
  authenticate(name: string, password: string): User | undefined {
    const user = this.#users.get(name)
    const matches = matchesPassword(user?.passwordHashes ?? [], password)
    if (user === undefined || !user.enabled) return undefined
    return matches || user.nopass ? user : undefined
  }

  /** The whole set as the text of an ACL file. */
  save(): string {
    return this.list()
      .map(user => `${this.describe(user)}\n`)
      .join('')
  }

  /**
   * Replaces the whole set by that of an ACL file, or collects everything wrong with it in one
   * line. A file without a default user gives the built-in one back.
   */
  load(text: string, fileName: string): LoadResult {
    const users = new Map<string, User>()
    let errors = ''
    for (const [i, line] of aclLines(text).entries()) {
      const words = aclWords(line)
      if (words.length === 0) continue
      const { user, faults } = readUserLine(words, 'acl', users, this)
      if (user !== undefined) users.set(user.name, user)
      errors += aclFileError(faults, fileName, i + 1)
    }
    if (errors !== '') return { changes: undefined, error: `${errors}${NOTHING_CHANGED}` }
    if (!users.has(DEFAULT_USER)) users.set(DEFAULT_USER, this.#makeDefault())
    return { changes: this.#replaceAll(users), error: undefined }
  }

  #replaceAll(users: ReadonlyMap<string, User>): UserChange[] {
    const changes: UserChange[] = []
    const next = new Map<string, User>()
    for (const [name, loaded] of users) {
      const known = this.#users.get(name)
      next.set(name, known ?? loaded)
      if (known === undefined) {
        changes.push(untouched(loaded, 'created'))
      } else if (name === DEFAULT_USER) {
        // Redis 7.4 has already overwritten the default user when it compares old with new, and so
        // never disconnects its subscribers here.
        known.become(loaded)
        changes.push(untouched(known, 'changed'))
      } else {
        changes.push(replaceRights(known, loaded))
      }
    }
    for (const [name, user] of this.#users) {
      if (!next.has(name)) changes.push(untouched(user, 'removed'))
    }
    this.#users = next
    return changes
  }

  /**
   * The words of a `user` line of a configuration file at start-up. Answers with what is wrong; the
   * server does not start then.
   */
  configure(words: readonly string[]): string | undefined {
    const line = readUserLine(words, 'conf', NOBODY, this)
    const error = confUserError(line)
    if (error !== undefined || line.user === undefined) return error
    const known = this.#users.get(line.user.name)
    if (known === undefined) this.#users.set(line.user.name, line.user)
    else known.become(line.user)
    return undefined
  }
}

/** Each user is declared once, which was seen to when the lines were read. */
const NOBODY: ReadonlySet<string> = new Set()
const NOTHING_CHANGED =
  'WARNING: ACL errors detected, no change to the previously active ACL rules was performed'

function failed(failure: RuleFailure): SetuserResult {
  return { change: undefined, failure }
}

export interface UserChange {
  readonly user: User
  /** Connections of a removed user are closed. */
  readonly kind: 'created' | 'changed' | 'removed'
  /** False if no subscription can have been lost, so that nobody needs to be asked about. */
  readonly mayHaveLostChannels: boolean
  /** Whether a connection with these subscriptions (shard channels among them) may stay. */
  stillCovers(channels: Iterable<string>, patterns: Iterable<string>): boolean
}

/** A change that takes no channel from anybody. */
export function untouched(user: User, kind: UserChange['kind']): UserChange {
  return { user, kind, mayHaveLostChannels: false, stillCovers: () => kind !== 'removed' }
}

/** Gives a user new rights, and remembers what that means for subscribers. */
export function replaceRights(user: User, draft: User): UserChange {
  const left = channelsLeft(user, draft)
  user.become(draft)
  if (left === undefined) return untouched(user, 'changed')
  return {
    user,
    kind: 'changed',
    mayHaveLostChannels: true,
    stillCovers(channels, patterns) {
      for (const name of patterns) if (!coversChannel(left, name, true)) return false
      for (const name of channels) if (!coversChannel(left, name, false)) return false
      return true
    },
  }
}

// Redis means to pardon everybody when the new patterns include the old, but compares addresses:
// in fact it looks at every subscription unless the old user had no channels at all.
function channelsLeft(before: User, after: User): readonly ChannelPattern[] | undefined {
  if (after.selectors.some(selector => selector.allChannels)) return undefined
  const hadChannels = before.selectors.some(
    selector => selector.allChannels || selector.channelPatterns.length > 0,
  )
  return hadChannels ? after.selectors.flatMap(s => s.channelPatterns) : undefined
}
