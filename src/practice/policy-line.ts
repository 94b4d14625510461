// One line that declares a user, with the place of each rule and of each fault. What the rules mean
// and what is wrong is decided by acl/, which the server uses too.

import {
  applySelectorRule,
  isSelector,
  type RuleContext,
  unmatchedParenthesis,
} from '../acl/rules.ts'
import { Selector } from '../acl/selector.ts'
import type { User } from '../acl/user.ts'
import { type LineFault, type LineForm, readUserLine, reasonOf } from '../acl/user-line.ts'
import { type PlacedWord, placedWords } from '../resp3/words.ts'
import { upToNul } from '../util/bytes.ts'

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
