// One user: its passwords and selectors, changed by one rule word after the other, and shown as ACL
// GETUSER and ACL LIST show them. The set of users is in users.ts.

import { lowerCase, upToNul } from '../util/bytes.ts'
import { hashPassword, isPasswordHash } from './password.ts'
import {
  applySelectorRule,
  isSelector,
  type RuleContext,
  type RuleProblem,
  readSelector,
} from './rules.ts'
import { Selector } from './selector.ts'

export const DEFAULT_USER = 'default'

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
