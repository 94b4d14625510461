// Commands to try as a user: on names that the rules of this server are about, some of them allowed
// and some denied, as different as can be. None that is allowed destroys more than one key.

import type { User } from '../acl/user.ts'
import { type Explanation, explainQuestion } from '../policy/explain.ts'
import { type Question, readQuestion } from '../policy/question.ts'
import type { TypeName } from '../store/value.ts'
import { CATALOGUE } from '../table/redis.ts'
import { compareBytes, quoted, toText } from '../util/bytes.ts'
import { compile } from '../util/glob.ts'
import type { Suggestions } from './protocol.ts'

const ALLOWED_MAX = 4
const DENIED_MAX = 3
const NAMES_MAX = 12

/** Keys that are there, by name, as bytes. */
export type KnownKeys = ReadonlyMap<string, TypeName | undefined>

interface Template {
  readonly command: string
  readonly words: readonly string[]
  /** Of which type a key must be, if it is there; or it must not be there. */
  readonly type?: TypeName | 'new'
}

const KEY = '\0key'
const CHANNEL = '\0channel'

/** In the order of preference: one of each command is enough. */
const TEMPLATES: readonly Template[] = [
  { command: 'GET', words: [KEY], type: 'string' },
  { command: 'HGETALL', words: [KEY], type: 'hash' },
  { command: 'SET', words: [KEY, 'x'], type: 'string' },
  { command: 'HSET', words: [KEY, 'field', 'x'], type: 'hash' },
  { command: 'RPUSH', words: [KEY, 'job'], type: 'list' },
  { command: 'LPOP', words: [KEY], type: 'list' },
  { command: 'ZADD', words: [KEY, '1', 'ann'], type: 'zset' },
  { command: 'SADD', words: [KEY, 'ann'], type: 'set' },
  { command: 'XADD', words: [KEY, '*', 'field', 'x'], type: 'stream' },
  { command: 'INCR', words: [KEY], type: 'new' },
  { command: 'EXPIRE', words: [KEY, '60'] },
  { command: 'EXISTS', words: [KEY] },
  { command: 'TTL', words: [KEY] },
  { command: 'PUBLISH', words: [CHANNEL, 'hello'] },
  { command: 'SUBSCRIBE', words: [CHANNEL] },
  { command: 'PING', words: [] },
]

/** What nobody should run by a slip: only shown where it is denied. */
const DANGEROUS: readonly (readonly string[])[] = [
  ['KEYS', '*'],
  ['CONFIG', 'GET', 'maxmemory'],
  ['FLUSHALL'],
]

/** @param others every user of the server: what theirs is, this one may not touch */
export function suggestionsFor(
  user: User,
  others: readonly User[],
  known: KnownKeys = new Map(),
): Suggestions {
  const [own, foreign] = [namesOf([user], known), namesOf(others, known)]
  const found = new Finder(user)
  for (const template of TEMPLATES) found.try(template, own, known)
  for (const name of namedCommands(user)) found.tryAny(name, own)
  DANGEROUS.some(words => found.tryDenied(words))
  for (const template of TEMPLATES) found.try(template, foreign, known)
  for (const words of DANGEROUS) found.tryDenied(words)
  return found.suggestions
}

interface Names {
  readonly keys: readonly string[]
  readonly channels: readonly string[]
}

class Finder {
  readonly #user: User
  readonly #allowed: string[] = []
  readonly #denied: string[] = []
  readonly #seen = new Set<string>()

  constructor(user: User) {
    this.#user = user
  }

  get suggestions(): Suggestions {
    return { allowed: this.#allowed.map(toText), denied: this.#denied.map(toText) }
  }

  /** The first name for which the command is something new. */
  try({ command, words, type }: Template, names: Names, known: KnownKeys): void {
    const fits = (key: string): boolean => {
      const there = known.get(key)
      return there === undefined || type === undefined || there === type
    }
    // A key that is there answers more than one that is not.
    const isThere = (key: string): boolean => type !== undefined && known.get(key) === type
    const keys = names.keys.filter(fits)
    const ordered = [...keys.filter(isThere), ...keys.filter(key => !isThere(key))]
    const subjects = words.includes(CHANNEL) ? names.channels : ordered
    for (const subject of words.length === 0 ? [''] : subjects) {
      const filled = words.map(word => (word === KEY || word === CHANNEL ? subject : word))
      if (this.#take([command, ...filled])) return
    }
  }

  /** A command that the rules name and no template knows. */
  tryAny(name: string, { keys }: Names): void {
    const command = CATALOGUE.all.find(one => one.name === name)
    if (command === undefined || command.subcommands !== undefined) return
    const parts = name.toUpperCase().split('|')
    const { first, last } = command.keyRange
    const count = Math.max(Math.abs(command.arity), first + 1) - parts.length
    const words = Array.from({ length: count }, (_, i) => {
      const at = parts.length + i
      return first > 0 && at >= first && (last < 0 || at <= last) ? (keys[0] ?? 'key') : '1'
    })
    if (!DESTRUCTIVE.test(name)) this.#take([...parts, ...words])
  }

  tryDenied(words: readonly string[]): boolean {
    const { allowed } = explainQuestion(this.#user, readQuestion(words))
    return !allowed && this.#add(words, 'denied', words.join(' '))
  }

  #take(words: readonly string[]): boolean {
    const question = questionOf(words)
    if (question === undefined) return false
    const explanation = explainQuestion(this.#user, question)
    // One example of each reason to be denied.
    return explanation.allowed
      ? this.#add(words, 'allowed', words[0] ?? '')
      : this.#add(words, 'denied', reasonIn(explanation))
  }

  #add(words: readonly string[], verdict: 'allowed' | 'denied', sign: string): boolean {
    const isAllowed = verdict === 'allowed'
    const list = isAllowed ? this.#allowed : this.#denied
    const isFull = list.length >= (isAllowed ? ALLOWED_MAX : DENIED_MAX)
    if (isFull || this.#seen.has(`${verdict} ${sign}`)) return false
    this.#seen.add(`${verdict} ${sign}`)
    list.push(words.map(asWord).join(' '))
    return true
  }
}

/** What is missing: the command, a key or a channel. */
function reasonIn({ selectors, decisive }: Explanation): string {
  const selector = selectors[decisive]
  if (!selector?.command.allowed) return 'command'
  return selector.keys.some(({ allowed }) => !allowed) ? 'key' : 'channel'
}

/** Commands about the server, and those that change what they are sent over. */
const DESTRUCTIVE = new RegExp(
  '^(acl|client|cluster|config|debug|failover|flush|function|migrate|module|monitor|psync|' +
    'replicaof|reset|script|shutdown|slaveof|swapdb|sync)',
)

function questionOf(words: readonly string[]): Question | undefined {
  try {
    return readQuestion(words)
  } catch {
    return undefined
  }
}

/** The commands that rules name one by one. */
function namedCommands({ selectors }: User): string[] {
  return selectors.flatMap(({ commandRules }) =>
    commandRules.flatMap(rule => (/^\+[^@]/.test(rule) ? [rule.slice(1)] : [])),
  )
}

function namesOf(users: readonly User[], known: KnownKeys): Names {
  const selectors = users.flatMap(({ selectors }) => selectors)
  const patterns = (of: 'keyPatterns' | 'channelPatterns'): string[] =>
    selectors.flatMap(selector => selector[of].map(({ pattern }) => pattern))
  const keys = patterns('keyPatterns').flatMap(pattern => keysFor(pattern, known))
  const openKeys = selectors.some(({ allKeys }) => allKeys) ? [...known.keys(), 'key:1'] : []
  const channels = patterns('channelPatterns').flatMap(nameFor)
  const openChannels = selectors.some(({ allChannels }) => allChannels) ? ['news'] : []
  return {
    keys: distinct([...keys, ...openKeys]),
    channels: distinct([...channels, ...openChannels]),
  }
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].slice(0, NAMES_MAX)
}

/** Those that are there go first. */
function keysFor(pattern: string, known: KnownKeys): string[] {
  const matches = compile(pattern)
  const there = [...known.keys()].filter(matches).sort(compareBytes).slice(0, 2)
  return [...there, ...nameFor(pattern)]
}

const GLOB = /\\.|\[(?:\\.|[^\]])*\]?|[*?]|[^*?[\\]+/gs

/** A name that the pattern fits; none if it is not easily found. */
function nameFor(pattern: string): string[] {
  const name = (pattern.match(GLOB) ?? []).map(fill).join('')
  return name !== '' && compile(pattern)(name) ? [name] : []
}

function fill(token: string): string {
  if (token === '*' || token === '?') return '1'
  if (token.startsWith('[')) return token[1] === '\\' ? (token[2] ?? '') : (token[1] ?? '')
  return token.length === 2 && token.startsWith('\\') ? token.slice(1) : token
}

/** As a word of the console. */
function asWord(word: string): string {
  return word === '' || /[\s"'\\\x7f]|[^\x20-\uffff]/.test(word) ? quoted(word) : word
}
