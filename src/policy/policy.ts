// A policy: the users of an ACL file, of redis.conf or of a running server, with the place of every
// rule, so that whoever finds fault with one can point at it.
//
// Texts are read as the server reads them, by the same code; what it refuses becomes a problem and
// the rest is read all the same. Reading redis.conf takes the table of settings, and so is apart,
// in conf-policy.ts.

import type { CommandCatalog } from '../acl/command-facts.ts'
import {
  applySelectorRule,
  isSelector,
  type RuleContext,
  unmatchedParenthesis,
} from '../acl/rules.ts'
import { Selector } from '../acl/selector.ts'
import { DEFAULT_USER, type User } from '../acl/user.ts'
import {
  aclLines,
  type LineFault,
  type LineForm,
  placedAclWords,
  readUserLine,
  reasonOf,
} from '../acl/user-line.ts'
import { Users } from '../acl/users.ts'
import type { ConfSource } from '../host/config/conf-text.ts'
import { type PlacedWord, placedWords } from '../resp3/words.ts'
import { CATALOGUE } from '../table/redis.ts'
import { upToNul } from '../util/bytes.ts'

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
    for (const [i, line] of aclLines(text).entries()) {
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

/** A line of which file; of the text itself, if no file is named. */
export interface LinePlace {
  readonly line: number
  /** As the text names it: an included file, or the ACL file. */
  readonly file?: string
}

/** Where something stands; lines and columns count from 1. */
export interface Place extends LinePlace {
  readonly column: number
  readonly length: number
}

/** One rule as it was written; a selector is one rule, and its inner rules are in `inner`. */
export interface Rule extends Place {
  readonly text: string
  readonly inner: readonly Rule[]
}

export interface PolicyUser extends Place {
  readonly name: string
  readonly rules: readonly Rule[]
  readonly user: User
}

export interface Problem extends Place {
  readonly user: string | undefined
  readonly rule: string
  readonly message: string
}

/** The place alone, of whatever has one. */
export function placeOf({ file, line, column, length }: Place): Place {
  return { ...(file !== undefined && { file }), line, column, length }
}

/** From the first of the words to the last. */
export function placeOfWords(words: readonly PlacedWord[], at: LinePlace): Place {
  const start = words[0]?.start ?? 0
  return { ...at, column: start + 1, length: Math.max(1, (words.at(-1)?.end ?? start) - start) }
}

export interface PolicyLine {
  readonly user: PolicyUser | undefined
  readonly problems: readonly Problem[]
}

/** Reads the words of a line that is not blank; `known` has the users of the lines before. */
export function readPolicyLine(
  words: readonly PlacedWord[],
  at: LinePlace,
  form: LineForm,
  known: { has(name: string): boolean },
  context: RuleContext,
): PolicyLine {
  const texts = words.map(({ text }) => text)
  const { name, user: made, rules, faults } = readUserLine(texts, form, known, context)
  const written = new Map<number, Rule>()
  for (const { text, from, to } of rules) {
    const parts = words.slice(from, to)
    // Two blanks in an ACL file have an empty rule between them, which does nothing.
    if (text === '') continue
    written.set(from, { text, inner: innerRules(text, parts, at), ...placeOfWords(parts, at) })
  }
  const problems = faults.map((fault): Problem => {
    const rule = written.get(fault.from)
    const part = rule === undefined ? undefined : faultyPart(rule, context)
    const place = part ?? placeOfWords(words.slice(fault.from, fault.to), at)
    // The words of a line that is none of ours may be anything: see problemAt() of conf-policy.ts.
    const isForeign = fault.problem === 'no user' && at.file !== undefined
    const text = isForeign ? '' : (part?.text ?? fault.text)
    const user = isForeign ? undefined : name
    return { user, rule: text, message: messageOf(fault), ...placeOf(place) }
  })
  if (name === undefined || made === undefined) return { user: undefined, problems }
  const place = placeOfWords(words.slice(1, 2), at)
  return { user: { name, rules: [...written.values()], user: made, ...place }, problems }
}

function messageOf(fault: LineFault): string {
  if (fault.problem === 'unmatched') return unmatchedParenthesis(fault.text).message
  const isComment = fault.problem === 'no user' && fault.text.startsWith('#')
  return isComment ? 'ACL files know no comments' : reasonOf(fault)
}

/** The rules within the parentheses of a selector, each where it stands. */
function innerRules(text: string, parts: readonly PlacedWord[], at: LinePlace): Rule[] {
  if (!isSelector(text)) return []
  const words = placedWords(upToNul(text.slice(1, -1))) ?? []
  return words.map(({ text, start, end }) => {
    const column = columnIn(parts, start + 1)
    return { text, inner: [], ...at, column, length: end - start }
  })
}

/** In which column a character stands of the words that were put together by single blanks. */
function columnIn(parts: readonly PlacedWord[], offset: number): number {
  let begin = 0
  for (const { text, start, end } of parts) {
    // A quoted word of redis.conf may hold a whole selector.
    const quote = end - start - text.length === 2 ? 1 : 0
    if (offset <= begin + text.length) return start + quote + offset - begin + 1
    begin += text.length + 1
  }
  return (parts[0]?.start ?? 0) + 1
}

/** In a selector the first rule that is refused, else the rule itself. */
function faultyPart(rule: Rule, context: RuleContext): Rule {
  const selector = new Selector(context.catalog, context.allChannelsByDefault)
  return rule.inner.find(({ text }) => applySelectorRule(selector, text) !== undefined) ?? rule
}
