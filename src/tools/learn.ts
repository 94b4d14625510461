// learn(): the least that an application needs, from what it was seen to do.
//
// Every user gets one selector: the commands that it called, the names that it touched, made into
// patterns where they differ in ids only (see learn/generalize.ts), each with the rights that the
// commands really need. Rules that others cover are dropped. What is left is proved: all that was
// recorded is allowed by it, and each rule is the only reason for which something is.

import { READ, WRITE } from '../acl/command-facts.ts'
import { hasSpaces } from '../acl/rules.ts'
import { keyRule } from '../acl/selector.ts'
import type { Call } from '../testing/calls.ts'
import { RecordedCall } from '../testing/recorded-call.ts'
import { fromText, quoted } from '../util/bytes.ts'
import { compile } from '../util/glob.ts'
import { type Deed, Deeds, type LeftOut, type ObservedCall } from './learn/deeds.ts'
import { generalize, guesses, isLiteral, loneIds } from './learn/generalize.ts'
import { leastRules, type NeededRule } from './learn/prove.ts'

/** How learn() generalises. */
export interface LearnOptions {
  /**
   * Patterns for names whose ids are plain words, which no star is made of otherwise: `cache:*`.
   * A name that fits one of them gets it. For keys and channels; UTF-8 text.
   */
  readonly patterns?: readonly string[]
}

/** One rule, and what it rests on. Names are binary strings. */
export interface LearnedRule {
  /** As ACL SETUSER takes it: `+get`, `%R~user:*`, `&news`. */
  readonly rule: string
  readonly kind: 'command' | 'key' | 'channel'
  /** Recorded calls that it allows, and how many of them a script made. */
  readonly calls: number
  readonly fromScripts: number
  /** The commands that need it. */
  readonly commands: readonly string[]
  /** The keys or channels that it stands for, or the first hundred of them; `count` is of all. */
  readonly seen: readonly string[]
  readonly count: number
  /** A recorded call that is denied without this rule, without its values: `GET user:17`. */
  readonly neededBy: string
  /** What ACL DRYRUN says of that call then. */
  readonly denial: string
}

/** What one user needs. */
export interface LearnedUser {
  /** A binary string. */
  readonly name: string
  /** Keys first, then channels, then commands. */
  readonly rules: readonly LearnedRule[]
  /**
   * The rules as a line of an ACL file. It lets nobody log in: a password is to be added, `>…` or
   * `#…`, because a recording knows none.
   */
  readonly line: string
  /** Recorded calls, all of which the rules allow. */
  readonly calls: number
  /** What the recording leaves open, in sentences. */
  readonly notes: readonly string[]
}

/** What learn() found. */
export interface Learned {
  readonly users: readonly LearnedUser[]
  /** Calls that no rule follows from: refused ones, and unknown commands. */
  readonly leftOut: readonly LeftOut[]
}

/** Takes calls one by one; for recordings that are too long to be kept. */
export class Learner {
  readonly #deeds = new Deeds()
  readonly #patterns: readonly string[]

  constructor(options: LearnOptions = {}) {
    this.#patterns = (options.patterns ?? []).map(fromText)
  }

  /** How many calls were taken. */
  get calls(): number {
    return this.#deeds.calls
  }

  /** What follows is of another run of the same program: names that differ become patterns. */
  nextRun(): void {
    this.#deeds.nextRun()
  }

  add(call: Call | ObservedCall): void {
    this.#deeds.add('words' in call && !(call instanceof RecordedCall) ? call : observed(call))
  }

  /** What has been learned so far. */
  result(): Learned {
    const { users, leftOut } = this.#deeds
    return { users: users.map(([name, deeds]) => this.#learnUser(name, deeds)), leftOut }
  }

  #learnUser(name: string, deeds: readonly Deed[]): LearnedUser {
    const candidates = [
      ...keyRules(deeds, this.#patterns),
      ...channelRules(deeds, this.#patterns),
      ...commandRules(deeds),
    ]
    const rules = leastRules(name, candidates, deeds).map(needed => withEvidence(needed, deeds))
    const words = rules.map(({ rule }) => rule)
    return {
      name,
      rules,
      line: ['user', name, 'on', 'resetchannels', ...words].join(' '),
      calls: deeds.reduce((sum, { calls }) => sum + calls, 0),
      notes: notesOn(rules),
    }
  }
}

/** See the public learn(). */
export function learn(calls: Iterable<Call | ObservedCall>, options: LearnOptions = {}): Learned {
  const learner = new Learner(options)
  for (const call of calls) learner.add(call)
  return learner.result()
}

/** A server's own recording has the bytes; other calls have text. */
function observed(call: Call): ObservedCall {
  const words =
    call instanceof RecordedCall
      ? call.words
      : [...call.command.split('|'), ...call.args].map(fromText)
  const { fromScript, error } = call
  return { user: fromText(call.user), words, fromScript, error }
}

// ---- Rules -------------------------------------------------------------------------------------

function keyRules(deeds: readonly Deed[], given: readonly string[]): string[] {
  const needs = new Map<string, number>()
  const runs = new Map<string, number>()
  for (const { keys, runs: seen } of deeds) {
    for (const { name, needs: needed } of keys) {
      needs.set(name, (needs.get(name) ?? 0) | needed)
      runs.set(name, (runs.get(name) ?? 0) | seen)
    }
  }
  const rules = generalize(runs, given).map(({ pattern, names }) => {
    const rights = names.reduce((sum, name) => sum | (needs.get(name) ?? 0), 0)
    // Where any right will do, the right to read gives the least.
    return keyRule({ pattern, rights: rights || READ })
  })
  const readsAll = deeds.some(({ readsEveryKey }) => readsEveryKey)
  return unique(readsAll ? ['%R~*', ...rules] : rules)
}

function channelRules(deeds: readonly Deed[], given: readonly string[]): string[] {
  const uses = deeds.flatMap(({ channels }) => channels)
  // Redis compares the patterns of PSUBSCRIBE with the rule letter by letter.
  const patterns = uses.filter(({ isPattern }) => isPattern).map(({ name }) => name)
  if (patterns.some(hasSpaces)) return ['&*']
  const runs = new Map<string, number>()
  for (const { channels, runs: seen } of deeds) {
    for (const { name, isPattern } of channels) {
      if (!isPattern) runs.set(name, (runs.get(name) ?? 0) | seen)
    }
  }
  const made = generalize(runs, given).map(({ pattern }) => pattern)
  const all = [...patterns, ...made].map(pattern => `&${pattern}`)
  return all.includes('&*') ? ['&*'] : unique(all)
}

function commandRules(deeds: readonly Deed[]): string[] {
  const names = deeds
    .filter(({ command }) => !command.needsNoAuth)
    .map(({ command }) => command.name)
  // A container gives its subcommands, and would take them away again if it came after them.
  return unique(names.sort()).map(name => `+${name}`)
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)]
}

// ---- Evidence ----------------------------------------------------------------------------------

const SEEN_MAX = 100

function withEvidence({ rule, denied, denial }: NeededRule, deeds: readonly Deed[]): LearnedRule {
  const kind = rule.startsWith('+') ? 'command' : rule.startsWith('&') ? 'channel' : 'key'
  const namesOf = namesAllowedBy(rule, kind)
  const seen = new Set<string>()
  const commands = new Set<string>()
  let [calls, fromScripts] = [0, 0]
  for (const deed of deeds) {
    const names = namesOf(deed)
    if (names === undefined) continue
    for (const name of names) seen.add(name)
    commands.add(deed.command.name)
    calls += deed.calls
    fromScripts += deed.fromScripts
  }
  return {
    rule,
    kind,
    calls,
    fromScripts,
    commands: [...commands].sort(),
    seen: [...seen].sort().slice(0, SEEN_MAX),
    count: seen.size,
    neededBy: textOfDeed(denied),
    denial,
  }
}

type NamesOf = (deed: Deed) => readonly string[] | undefined

/** The names of a deed that the rule allows; undefined if it has nothing to do with the deed. */
function namesAllowedBy(rule: string, kind: LearnedRule['kind']): NamesOf {
  if (kind === 'command') {
    const name = rule.slice(1)
    return ({ command }) =>
      command.name === name || command.parent?.name === name ? [] : undefined
  }
  if (kind === 'channel') {
    const pattern = rule.slice(1)
    const fits = compile(pattern)
    return ({ channels }) => {
      const found = channels.filter(one => (one.isPattern ? one.name === pattern : fits(one.name)))
      return found.length === 0 ? undefined : found.map(({ name }) => name)
    }
  }
  const pattern = rule.slice(rule.indexOf('~') + 1)
  const rights = rule.startsWith('%R') ? READ : rule.startsWith('%W') ? WRITE : READ | WRITE
  const fits = compile(pattern)
  return ({ keys, readsEveryKey }) => {
    const found = keys.filter(({ name, needs }) => (rights & needs) === needs && fits(name))
    const isForSort = readsEveryKey && pattern === '*'
    return found.length === 0 && !isForSort ? undefined : found.map(({ name }) => name)
  }
}

/** `SET user:17`: the command and the names, no values. */
function textOfDeed({ command, keys, channels }: Deed): string {
  const names = [...keys, ...channels].map(({ name }) =>
    /^[!#-&(-~]+$/.test(name) ? name : quoted(name),
  )
  return [command.name.toUpperCase().replace('|', ' '), ...new Set(names)].join(' ')
}

// ---- Notes -------------------------------------------------------------------------------------

const IDS_MAX = 10

/** Words that may be others at the next start, though nothing that was seen shows it. */
function notesOnIds(kind: 'key' | 'channel', rules: readonly LearnedRule[]): string[] {
  const patterns = rules.filter(one => one.kind === kind).map(({ rule }) => rule)
  const ids = patterns.flatMap(rule => loneIds(rule.replace(/^(?:%[RW])?[~&]/, '')))
  if (ids.length === 0) return []
  const shown = ids.slice(0, IDS_MAX).map(({ word, name }) => `'${word}' in ${name}`)
  const more = ids.length > IDS_MAX ? ` and ${ids.length - IDS_MAX} more` : ''
  const pattern = ids.find(one => one.pattern !== undefined)?.pattern
  const cure =
    pattern === undefined ? '' : `. If it is another at the next start: --pattern '${pattern}'`
  return [
    `What looks like an id stays in the ${kind}s as it was: ${shown.join(', ')}${more}${cure}`,
  ]
}

function notesOn(rules: readonly LearnedRule[]): string[] {
  const notes: string[] = []
  for (const kind of ['key', 'channel'] as const) {
    const literals = rules.filter(
      one => one.kind === kind && isLiteral(one.rule) && one.count === 1,
    )
    notes.push(...notesOnIds(kind, rules))
    for (const { pattern, names } of guesses(literals.flatMap(({ seen }) => seen))) {
      notes.push(
        `${names.length} ${kind}s differ in one word only. If that is an id: --pattern '${pattern}'`,
      )
    }
  }
  if (rules.some(({ rule }) => rule === '+command')) {
    notes.push('COMMAND has subcommands, and +command gives them as well.')
  }
  if (rules.some(({ rule }) => rule === '%R~*')) {
    notes.push('SORT with BY or GET needs the right to read every key.')
  }
  if (rules.some(({ rule }) => rule === '+keys' || rule === '+scan' || rule === '+randomkey')) {
    notes.push('KEYS, SCAN and RANDOMKEY show the names of all keys: no key pattern limits them.')
  }
  return notes
}
