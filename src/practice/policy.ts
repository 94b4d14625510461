// A policy: the users of an ACL file, of redis.conf or of a running server, with the place of every
// rule, so that whoever finds fault with one can point at it.
//
// What the rules mean is decided by acl/, which the server uses too. Here lines are only cut into
// words; a word that acl/ refuses becomes a problem and the rest is read all the same.

import type { CommandCatalog } from '../acl/command-facts.ts'
import {
  mergeSelectors,
  RULE_MESSAGES,
  type RuleContext,
  unmatchedParenthesis,
} from '../acl/rules.ts'
import { DEFAULT_USER, User, Users } from '../acl/user.ts'
import { splitWords } from '../resp3/words.ts'
import { CATALOGUE } from '../table/redis.ts'
import { lowerCase } from '../util/bytes.ts'

/** Where something stands; lines and columns count from 1. */
export interface Place {
  readonly line: number
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
  /** Every other directive of redis.conf; of a running server, those that concern its users. */
  readonly settings: readonly Setting[]
  /** What Redis would refuse. */
  readonly problems: readonly Problem[]
  readonly context: RuleContext
}

/** The users by name; the built-in default user is there if the text does not declare one. */
export function usersOf(policy: Policy): ReadonlyMap<string, User> {
  const users = new Map<string, User>()
  const builtIn = new Users(policy.context.catalog).default
  users.set(DEFAULT_USER, builtIn)
  for (const { name, user } of policy.users) users.set(name, user)
  return users
}

/** The last value of a redis.conf directive. */
export function settingOf(policy: Policy, name: string): Setting | undefined {
  return policy.settings.findLast(setting => setting.name === name)
}

interface Word {
  readonly text: string
  readonly column: number
  readonly length: number
}

interface Line {
  readonly number: number
  readonly words: readonly Word[]
  /** Unbalanced quotes. */
  readonly isBroken: boolean
}

/** What readPolicy() cannot see in the text. */
export interface ReadOptions {
  /** Default: an ACL file if every line declares a user, else redis.conf. */
  readonly kind?: PolicyKind
  /** Settings that stand elsewhere, as those of a running server do. */
  readonly settings?: readonly Setting[]
  /** The commands that rules may name. Default: those of 7.4. */
  readonly catalog?: CommandCatalog
}

/**
 * Reads the text of an ACL file or of redis.conf, a binary string. Nothing is thrown: what Redis
 * would refuse is in `problems`.
 */
export function readPolicy(text: string, options: ReadOptions = {}): Policy {
  const { kind = kindOf(text), settings: known = [], catalog = CATALOGUE } = options
  const lines = text.split('\n').map((line, i) => readLine(line, i + 1, kind))
  const settings = [...known, ...(kind === 'conf' ? lines.flatMap(settingIn) : [])]
  const open = settings.findLast(({ name }) => name === 'acl-pubsub-default')
  const context: RuleContext = {
    catalog,
    allChannelsByDefault: lowerCase(open?.values[0] ?? '') === 'allchannels',
  }
  const problems: Problem[] = []
  const users: PolicyUser[] = []
  for (const line of lines) readUser(line, kind, context, users, problems)
  return { kind, users, settings, problems, context }
}

function kindOf(text: string): PolicyKind {
  const words = text.split('\n').map(line => /^[ \t\r]*(\S*)/.exec(line)?.[1] ?? '')
  return words.some(word => word !== '' && word !== 'user' && !word.startsWith('#'))
    ? 'conf'
    : 'acl'
}

function readLine(line: string, number: number, kind: PolicyKind): Line {
  const text = line.replace(/[ \t\r]+$/, '')
  if (kind === 'conf') {
    if (/^[ \t]*(#|$)/.test(text)) return { number, words: [], isBroken: false }
    const words = quotedWords(text)
    return { number, words: words ?? [], isBroken: words === undefined }
  }
  return { number, words: plainWords(text), isBroken: false }
}

/** ACL files know no quotes: single blanks separate. */
function plainWords(text: string): Word[] {
  return [...text.matchAll(/[^ \t]+/g)].map(match => ({
    text: match[0],
    column: match.index + 1,
    length: match[0].length,
  }))
}

/** redis.conf: words as in inline commands, with the place where each begins. */
function quotedWords(text: string): Word[] | undefined {
  const texts = splitWords(text)
  if (texts === undefined) return undefined
  const words: Word[] = []
  let at = 0
  for (const word of texts) {
    while (/[ \t]/.test(text[at] ?? '')) at++
    const start = at
    at = endOfWord(text, at)
    words.push({ text: word, column: start + 1, length: at - start })
  }
  return words
}

function endOfWord(text: string, start: number): number {
  let quote = ''
  let at = start
  for (; at < text.length; at++) {
    const char = text[at] ?? ''
    if (quote === '' && /[ \t]/.test(char)) break
    if (quote !== '' && char === '\\') at++
    else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) quote = char
  }
  return at
}

function settingIn({ number, words: [name, ...values] }: Line): Setting[] {
  if (name === undefined || lowerCase(name.text) === 'user') return []
  return [
    {
      name: lowerCase(name.text),
      values: values.map(({ text }) => text),
      line: number,
      column: name.column,
      length: spanOf(name, values.at(-1)),
    },
  ]
}

function spanOf(first: Word, last: Word = first): number {
  return last.column + last.length - first.column
}

function readUser(
  line: Line,
  kind: PolicyKind,
  context: RuleContext,
  users: PolicyUser[],
  problems: Problem[],
): void {
  const [keyword, name, ...words] = line.words
  const refuse = (message: string, word?: Word): void => {
    const { column = 1, length = 1, text = '' } = word ?? keyword ?? {}
    problems.push({ user: name?.text, rule: text, message, line: line.number, column, length })
  }
  if (line.isBroken) refuse('Unbalanced quotes')
  if (keyword === undefined) return
  const isUser = kind === 'conf' ? lowerCase(keyword.text) === 'user' : keyword.text === 'user'
  if (!isUser && kind === 'conf') return
  if (!isUser || name === undefined) {
    refuse(
      keyword.text.startsWith('#')
        ? 'ACL files know no comments'
        : 'A line must start with user and a name',
    )
    return
  }
  if (users.some(other => other.name === name.text)) {
    refuse(`User ${name.text} is declared twice`, name)
    return
  }
  const user = new User(name.text, context)
  const rules = readRules(words, line.number, refuse)
  for (const rule of rules) {
    const problem = user.apply(rule.text, context)
    if (problem === undefined) continue
    const inner = rule.inner.find(one => new User('', context).apply(one.text, context) === problem)
    const { text, column, length } = inner ?? rule
    refuse(RULE_MESSAGES[problem], { text, column, length })
  }
  const place = { line: line.number, column: name.column, length: name.length }
  users.push({ name: name.text, rules, user, ...place })
}

function readRules(
  words: readonly Word[],
  line: number,
  refuse: (message: string, word?: Word) => void,
): Rule[] {
  const rules: Rule[] = []
  for (let i = 0; i < words.length; i++) {
    const first = words[i]!
    let end = i
    if (first.text.startsWith('(')) {
      while (end < words.length && !words[end]!.text.endsWith(')')) end++
      if (end === words.length) {
        refuse(unmatchedParenthesis(first.text).message, first)
        return rules
      }
    }
    const parts = words.slice(i, end + 1)
    const text = mergeSelectors(parts.map(part => part.text)).words?.[0] ?? first.text
    rules.push({
      text,
      inner: text.startsWith('(') ? innerRules(parts, line) : [],
      line,
      column: first.column,
      length: spanOf(first, parts.at(-1)),
    })
    i = end
  }
  return rules
}

/** The rules within the parentheses of a selector, each where it stands. */
function innerRules(parts: readonly Word[], line: number): Rule[] {
  const rules: Rule[] = []
  for (const [i, part] of parts.entries()) {
    const opens = i === 0 && part.text.startsWith('(') ? 1 : 0
    const closes = i === parts.length - 1 && part.text.endsWith(')') ? 1 : 0
    const text = part.text.slice(opens, part.text.length - closes)
    let from = 0
    // A quoted line of redis.conf may hold a whole selector as one word.
    for (const word of text.split(' ')) {
      if (word !== '') {
        const column = part.column + opens + from
        rules.push({ text: word, inner: [], line, column, length: word.length })
      }
      from += word.length + 1
    }
  }
  return rules
}
