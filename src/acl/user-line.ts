// The lines that declare users, in ACL files and in redis.conf: their words, the user that they
// make, and all that redis-server finds wrong with them, in its words. Whoever has the words with
// their places knows where each rule stands and each fault.

import type { PlacedWord } from '../resp3/words.ts'
import { upToNul, upToNuls } from '../util/bytes.ts'
import {
  hasSpaces,
  mergeSelectors,
  RULE_MESSAGES,
  type RuleContext,
  type RuleProblem,
  shownRule,
} from './rules.ts'
import { User } from './user.ts'

/** ACL files part words by single blanks and know neither quotes nor comments. */
export type LineForm = 'acl' | 'conf'

export type LineProblem = RuleProblem | 'no user' | 'bad name' | 'duplicate' | 'unmatched'

/** A rule, and which words of its line it is made of; `to` is the first that is not. */
export interface WrittenRule {
  /** With selectors in one piece. */
  readonly text: string
  readonly from: number
  readonly to: number
}

/** What is wrong with a line, and with which of its words. */
export interface LineFault extends WrittenRule {
  readonly problem: LineProblem
  /** The rule in front of it: a password may have been written with a blank in it. */
  readonly before: string
}

export interface UserLine {
  readonly name: string | undefined
  /** With every rule that is none left out; undefined where Redis makes no user of the line. */
  readonly user: User | undefined
  readonly rules: readonly WrittenRule[]
  readonly faults: readonly LineFault[]
}

const BLANKS = ' \t\r\n'
const TABS = '\t\r\n'

/** How much Redis reads of an ACL file at a time. */
const PIECE = 1023

/** The lines of an ACL file, blank ones among them. */
export function aclLines(text: string): readonly string[] {
  return upToNuls(text, PIECE).split('\n')
}

/** The words of a line of an ACL file; none if it is blank. */
export function aclWords(line: string): readonly string[] {
  const text = trim(line, BLANKS)
  return text === '' ? [] : text.split(' ')
}

/** The same, each with its place. */
export function placedAclWords(line: string): PlacedWord[] {
  const words = aclWords(line)
  let start = line.indexOf(words.join(' '))
  return words.map(word => {
    const placed = { text: word, start, end: start + word.length }
    start = placed.end + 1
    return placed
  })
}

function trim(text: string, characters: string): string {
  let start = 0
  let end = text.length
  while (start < end && characters.includes(text[start]!)) start++
  while (end > start && characters.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}

/** Reads a line that is not blank; `known` has the names of the lines before. */
export function readUserLine(
  words: readonly string[],
  form: LineForm,
  known: { has(name: string): boolean },
  context: RuleContext,
): UserLine {
  const [keyword = '', name] = words
  const refuse = (problem: LineProblem, at: number): UserLine => {
    const fault = { problem, text: words[at] ?? '', before: '', from: at, to: at + 1 }
    return { name, user: undefined, rules: [], faults: [fault] }
  }
  if (name === undefined || (form === 'acl' && keyword !== 'user')) return refuse('no user', 0)
  const isBadName = hasSpaces(name)
  if (isBadName && form === 'acl') return refuse('bad name', 1)
  if (known.has(name)) return refuse('duplicate', 1)
  const line = readRules(name, words, form, context)
  // Names in redis.conf are looked at last.
  return isBadName ? { ...line, faults: [...line.faults, ...refuse('bad name', 1).faults] } : line
}

const NAME_END = 2

function readRules(
  name: string,
  words: readonly string[],
  form: LineForm,
  context: RuleContext,
): UserLine {
  const merged = mergeSelectors(words.slice(NAME_END))
  const texts = merged.words ?? merged.before
  const begin = (i: number): number => (merged.starts[i] ?? words.length - NAME_END) + NAME_END
  const rules = texts.map((text, i) => ({
    text: form === 'acl' ? trim(text, TABS) : text,
    from: begin(i),
    to: begin(i + 1),
  }))
  const faults: LineFault[] = []
  if (merged.unmatched !== undefined) {
    const from = begin(texts.length)
    const before = texts.at(-1) ?? ''
    faults.push({ problem: 'unmatched', text: merged.unmatched, before, from, to: from + 1 })
  }
  const user = new User(name, context)
  for (const [i, rule] of rules.entries()) {
    const problem = user.apply(rule.text, context)
    if (problem !== undefined) faults.push({ ...rule, problem, before: texts[i - 1] ?? '' })
  }
  return { name, user, rules, faults }
}

// ---- In Redis's words ----------------------------------------------------------------------------

export const DUPLICATE_USER =
  'Duplicate user found. A user can only be defined once in config files'

/** What ACL LOAD says of a line, which is nothing if nothing is wrong. */
export function aclFileError(faults: readonly LineFault[], file: string, line: number): string {
  const at = `${file}:${line}`
  let errors = ''
  let isBroken = false
  for (const { problem, text } of faults) {
    switch (problem) {
      case 'no user':
        return `${at} should start with user keyword followed by the username. `
      case 'bad name':
        return `'${at}: username '${upToNul(text)}' contains invalid characters. `
      case 'duplicate':
        return `WARNING: Duplicate user '${text}' found on line ${line}. `
      // Redis 7.4.1 goes on with the rules that do not exist, and crashes.
      case 'unmatched':
        return `${at}: Unmatched parenthesis in selector definition.`
      // An unknown command does no harm to what follows, so each is reported, with the rule. Of
      // other problems only the first is, and without the rule, which may hold a password.
      case 'unknown':
        errors += `${at}: Error in applying operation '${upToNul(text)}': ${RULE_MESSAGES.unknown}. `
        break
      default:
        if (!isBroken) errors += `${at}: ${RULE_MESSAGES[problem]}. `
        isBroken = true
    }
  }
  return errors
}

/** Why redis-server stops at a `user` line of redis.conf; unknown commands do not stop it yet. */
export function confLineError(faults: readonly LineFault[]): string | undefined {
  const fault = faults.find(({ problem }) => problem !== 'unknown' && problem !== 'bad name')
  if (fault === undefined) return undefined
  // Redis names the word two places before the one that is wrong, which may be a password.
  return `Error in user declaration '${shownRule(fault.text, fault.before)}': ${reasonOf(fault)}`
}

/** Why redis-server stops when it makes the user of such a line, once all settings are known. */
export function confUserError({ name = '', faults }: UserLine): string | undefined {
  const [first] = faults
  if (first === undefined) return undefined
  const badName = faults.find(({ problem }) => problem === 'bad name')
  if (badName !== undefined) return reasonOf(badName)
  const shown = shownRule(first.text, first.before)
  return `Error loading ACL rule '${shown}' for the user named '${name}': ${reasonOf(first)}`
}

/** The reason alone, as redis-server gives it where it reads redis.conf. */
export function reasonOf({ problem }: LineFault): string {
  return REASONS[problem]
}

const REASONS: Readonly<Record<LineProblem, string>> = {
  ...RULE_MESSAGES,
  'no user': 'A line should start with user keyword followed by the username',
  'bad name': 'Spaces not allowed in ACL usernames',
  duplicate: DUPLICATE_USER,
  unmatched: 'Wrong format',
}
