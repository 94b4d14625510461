// Users and the set of them. A User keeps its identity for as long as it exists: SETUSER and LOAD
// put new rights into the same object, so connections that hold it need no re-pointing. Every
// change is made on a copy first and becomes real as a whole or not at all.
//
// Whoever keeps connections learns from UserChange which of them must go: those of removed users,
// and subscribers of channels that their user has lost.

import { compareBytes, lowerCase, upToNul } from '../util/bytes.ts'
import type { CommandCatalog } from './command-facts.ts'
import { hashPassword, isPasswordHash, matchesPassword } from './password.ts'
import {
  applySelectorRule,
  hasSpaces,
  isSelector,
  mergeSelectors,
  RULE_MESSAGES,
  type RuleContext,
  type RuleFailure,
  type RuleProblem,
  readSelector,
  ruleFailure,
  shownRule,
  unmatchedParenthesis,
} from './rules.ts'
import { type ChannelPattern, coversChannel, Selector } from './selector.ts'

export const DEFAULT_USER = 'default'
export const BAD_USER_NAME = "Usernames can't contain spaces or null characters"

export interface SelectorDescription {
  readonly commands: string
  readonly keys: string
  readonly channels: string
}

/** What ACL GETUSER says, in the order of its fields. */
export interface UserDescription {
  readonly flags: readonly string[]
  readonly passwords: readonly string[]
  readonly commands: string
  readonly keys: string
  readonly channels: string
  readonly selectors: readonly SelectorDescription[]
}

export class User {
  readonly name: string
  enabled = false
  /** Any password will do. */
  nopass = false
  /** Whether RESTORE checks payloads thoroughly. */
  sanitizesPayload = true
  #passwordHashes: readonly string[] = []
  #selectors: readonly [Selector, ...Selector[]]

  constructor(name: string, context: RuleContext) {
    this.name = name
    this.#selectors = [new Selector(context.catalog, context.allChannelsByDefault)]
  }

  /** SHA-256 in hex. */
  get passwordHashes(): readonly string[] {
    return this.#passwordHashes
  }

  /** The root selector first. */
  get selectors(): readonly Selector[] {
    return this.#selectors
  }

  get root(): Selector {
    return this.#selectors[0]
  }

  copy(context: RuleContext): User {
    const copy = new User(this.name, context)
    copy.become(this)
    return copy
  }

  /** Takes over everything but the name. */
  become(other: User): void {
    this.enabled = other.enabled
    this.nopass = other.nopass
    this.sanitizesPayload = other.sanitizesPayload
    this.#passwordHashes = other.#passwordHashes
    const [root, ...others] = other.#selectors
    this.#selectors = [root.copy(), ...others.map(selector => selector.copy())]
  }

  /** Applies one rule word; selectors must have been put together. */
  apply(word: string, context: RuleContext): RuleProblem | undefined {
    if (word === '') return undefined
    const plain = USER_RULES.get(lowerCase(upToNul(word)))
    if (plain !== undefined) {
      plain(this, context)
      return undefined
    }
    const rest = word.slice(1)
    switch (word[0]) {
      case '>':
        return this.#addPassword(hashPassword(rest))
      case '#':
        return isPasswordHash(rest) ? this.#addPassword(rest) : 'bad hash'
      case '<':
        return this.#removePassword(hashPassword(rest))
      case '!':
        return isPasswordHash(rest) ? this.#removePassword(rest) : 'bad hash'
    }
    if (!isSelector(word)) return applySelectorRule(this.root, word)
    const selector = readSelector(word, context)
    if (typeof selector === 'string') return selector
    this.#selectors = [...this.#selectors, selector]
    return undefined
  }

  #addPassword(hash: string): undefined {
    if (!this.#passwordHashes.includes(hash)) this.#passwordHashes = [...this.#passwordHashes, hash]
    this.nopass = false
  }

  #removePassword(hash: string): RuleProblem | undefined {
    if (!this.#passwordHashes.includes(hash)) return 'no such password'
    this.#passwordHashes = this.#passwordHashes.filter(known => known !== hash)
    return undefined
  }

  setNopass(nopass: boolean): void {
    this.nopass = nopass
    this.#passwordHashes = []
  }

  clearSelectors(): void {
    this.#selectors = [this.root]
  }

  /** Back to what a new user is. */
  reset(context: RuleContext): void {
    this.setNopass(false)
    this.enabled = false
    this.sanitizesPayload = true
    this.clearSelectors()
    this.root.resetKeys()
    this.root.resetChannels()
    if (context.allChannelsByDefault) this.root.allowAllChannels()
    this.root.denyAllCommands()
  }

  get flags(): string[] {
    const flags = [this.enabled ? 'on' : 'off']
    if (this.nopass) flags.push('nopass')
    flags.push(this.sanitizesPayload ? 'sanitize-payload' : 'skip-sanitize-payload')
    return flags
  }

  /** The rules that would make this user, as ACL LIST shows them after the name. */
  get text(): string {
    const [root, ...others] = this.#selectors
    return [
      ...this.flags,
      ...this.#passwordHashes.map(hash => `#${hash}`),
      root.text,
      ...others.map(selector => `(${selector.text})`),
    ].join(' ')
  }

  describe(): UserDescription {
    const [root, ...others] = this.#selectors
    return {
      flags: this.flags,
      passwords: this.#passwordHashes,
      ...describeSelector(root),
      selectors: others.map(describeSelector),
    }
  }
}

function describeSelector(selector: Selector): SelectorDescription {
  return {
    commands: selector.commandsText,
    keys: selector.keysText,
    channels: selector.channelsText,
  }
}

const USER_RULES: ReadonlyMap<string, (user: User, context: RuleContext) => void> = new Map([
  ['on', (user: User) => setEnabled(user, true)],
  ['off', (user: User) => setEnabled(user, false)],
  ['sanitize-payload', (user: User) => setSanitizes(user, true)],
  ['skip-sanitize-payload', (user: User) => setSanitizes(user, false)],
  ['nopass', (user: User) => user.setNopass(true)],
  ['resetpass', (user: User) => user.setNopass(false)],
  ['clearselectors', (user: User) => user.clearSelectors()],
  ['reset', (user: User, context: RuleContext) => user.reset(context)],
])

function setEnabled(user: User, enabled: boolean): void {
  user.enabled = enabled
}

function setSanitizes(user: User, sanitizes: boolean): void {
  user.sanitizesPayload = sanitizes
}

/** What a command did to one user, for whoever keeps the connections. */
export interface UserChange {
  readonly user: User
  /** Connections of a removed user are closed. */
  readonly kind: 'created' | 'changed' | 'removed'
  /** False if no subscription can have been lost, so that nobody needs to be asked about. */
  readonly mayHaveLostChannels: boolean
  /** Whether a connection with these subscriptions (shard channels among them) may stay. */
  stillCovers(channels: Iterable<string>, patterns: Iterable<string>): boolean
}

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
    for (const [i, line] of text.split('\n').entries()) {
      errors += this.#loadLine(users, trim(line, BLANKS), fileName, i + 1)
    }
    if (errors !== '') return { changes: undefined, error: `${errors}${NOTHING_CHANGED}` }
    if (!users.has(DEFAULT_USER)) users.set(DEFAULT_USER, this.#makeDefault())
    return { changes: this.#replaceAll(users), error: undefined }
  }

  #loadLine(users: Map<string, User>, line: string, file: string, number: number): string {
    if (line === '') return ''
    const at = `${file}:${number}`
    const [keyword, name, ...rules] = line.split(' ')
    if (keyword !== 'user' || name === undefined) {
      return `${at} should start with user keyword followed by the username. `
    }
    if (hasSpaces(name)) return `'${at}: username '${upToNul(name)}' contains invalid characters. `
    if (users.has(name)) return `WARNING: Duplicate user '${name}' found on line ${number}. `
    const user = new User(name, this)
    users.set(name, user)
    // Redis 7.4.1 goes on with the rules that do not exist, and crashes.
    const { words } = mergeSelectors(rules)
    if (words === undefined) return `${at}: Unmatched parenthesis in selector definition.`
    return this.#loadRules(user, words, at)
  }

  // An unknown command does no harm to what follows, so each is reported, with the rule. Of other
  // problems only the first is, and without the rule, which may hold a password.
  #loadRules(user: User, words: readonly string[], at: string): string {
    let errors = ''
    let isBroken = false
    for (const word of words.map(word => trim(word, TABS))) {
      const problem = user.apply(word, this)
      if (problem === undefined) continue
      const message = RULE_MESSAGES[problem]
      if (problem === 'unknown') {
        errors += `${at}: Error in applying operation '${upToNul(word)}': ${message}. `
      } else if (!isBroken) {
        errors += `${at}: ${message}. `
        isBroken = true
      }
    }
    return errors
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
   * The `user` lines of a configuration file at start-up, each as its words after 'user'. Answers
   * with what is wrong; the server does not start then.
   */
  configure(lines: readonly (readonly string[])[]): string | undefined {
    const seen = new Set<string>()
    for (const [name = '', ...rules] of lines) {
      if (seen.has(name)) {
        return `Error in user declaration '${name}': ${DUPLICATE_USER}`
      }
      seen.add(name)
      if (hasSpaces(name)) return 'Spaces not allowed in ACL usernames'
      const error = this.#configureUser(name, rules)
      if (error !== undefined) return error
    }
    return undefined
  }

  #configureUser(name: string, rules: readonly string[]): string | undefined {
    const merged = mergeSelectors(rules)
    // Redis names the word two places before the one that is wrong, which may be a password.
    if (merged.words === undefined) {
      return `Error in user declaration '${shownRule(merged.unmatched)}': Wrong format`
    }
    const user = new User(name, this)
    for (const [i, word] of merged.words.entries()) {
      const problem = user.apply(word, this)
      if (problem === undefined) continue
      const shown = shownRule(word, merged.words[i - 1])
      return problem === 'unknown'
        ? `Error loading ACL rule '${shown}' for the user named '${name}': ${RULE_MESSAGES[problem]}`
        : `Error in user declaration '${shown}': ${RULE_MESSAGES[problem]}`
    }
    const known = this.#users.get(name)
    if (known === undefined) this.#users.set(name, user)
    else known.become(user)
    return undefined
  }
}

const NOTHING_CHANGED =
  'WARNING: ACL errors detected, no change to the previously active ACL rules was performed'
const DUPLICATE_USER = 'Duplicate user found. A user can only be defined once in config files'

const BLANKS = ' \t\r\n'
const TABS = '\t\r\n'

function trim(text: string, characters: string): string {
  let start = 0
  let end = text.length
  while (start < end && characters.includes(text[start]!)) start++
  while (end > start && characters.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}

function failed(failure: RuleFailure): SetuserResult {
  return { change: undefined, failure }
}

/** A change that takes no channel from anybody. */
function untouched(user: User, kind: UserChange['kind']): UserChange {
  return { user, kind, mayHaveLostChannels: false, stillCovers: () => kind !== 'removed' }
}

/** Gives a user new rights, and remembers what that means for subscribers. */
function replaceRights(user: User, draft: User): UserChange {
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
