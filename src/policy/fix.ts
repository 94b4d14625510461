// Takes rules without effect out of the text of a policy, word by word, so that every other byte
// stays. What is left means the same: whoever could do something can do it still, and nobody more.

import { isSelector } from '../acl/rules.ts'
import { User } from '../acl/user.ts'
import { obtain } from '../util/lazy.ts'
import { meaningOf } from './lint/meaning.ts'
import { USELESS_RULES } from './lint/useless.ts'
import { type Finding, type LintOptions, lint } from './lint.ts'
import { type Place, type Policy, type PolicyUser, type Rule, usersOf } from './policy.ts'

export interface FixedText {
  readonly text: string
  /** What was taken out, in the order of the lines. */
  readonly removed: readonly Finding[]
}

const FIXABLE: ReadonlySet<string> = new Set(USELESS_RULES.map(({ id }) => id))

/** Whether fixed() takes out what such a finding is about. */
export function isFixable({ id }: Pick<Finding, 'id'>): boolean {
  return FIXABLE.has(id)
}

/**
 * What lint() finds useless is taken out, as far as it stands in this very text. Lines of users of
 * whom something is refused stay as they are, since nobody knows what was meant.
 * @param read reads the text, and whatever it names
 */
export function fixed(
  text: string,
  read: (text: string) => Policy,
  options: LintOptions = {},
): FixedText {
  // A NUL ends what Redis reads of a line.
  if (text.includes('\0')) return { text, removed: [] }
  const removed: Finding[] = []
  let policy = read(text)
  let lines = text.split('\n')
  for (;;) {
    const found = removableIn(policy, lines, options)
    if (found.length === 0) break
    const next = withoutWords(lines, found)
    const after = read(next.join('\n'))
    if (!isSamePolicy(policy, after)) break
    ;[lines, policy] = [next, after]
    removed.push(...found)
  }
  return { text: lines.join('\n'), removed: removed.sort((a, b) => a.line - b.line) }
}

/** Both mean the same, and as much of each is refused. */
function isSamePolicy(before: Policy, after: Policy): boolean {
  const [old, now] = [usersOf(before), usersOf(after)]
  return (
    before.problems.length === after.problems.length &&
    old.size === now.size &&
    [...old].every(([name, user]) => {
      const other = now.get(name)
      return other !== undefined && meaningOf(user) === meaningOf(other)
    })
  )
}

/** Of each user as many of the useless rules as can go together. */
function removableIn(
  policy: Policy,
  lines: readonly string[],
  options: LintOptions,
): readonly Finding[] {
  const refused = new Set(policy.problems.map(({ user }) => user))
  const byUser = new Map<string, Finding[]>()
  for (const finding of lint(policy, options)) {
    const { user, file } = finding
    if (!isFixable(finding) || file !== undefined) continue
    if (user !== undefined && !refused.has(user)) obtain(byUser, user, () => []).push(finding)
  }
  return policy.users.flatMap(user => {
    const findings = byUser.get(user.name) ?? []
    if (findings.length === 0) return []
    const gone = removableOf(user, findings, lines, policy)
    return findings.filter((one, i) => {
      const isFirst = findings.findIndex(other => isAt(one, other)) === i
      return isFirst && gone.some(rule => isAt(rule, one))
    })
  })
}

function isAt(a: Place, b: Place): boolean {
  return a.line === b.line && a.column === b.column && a.length === b.length
}

function removableOf(
  { rules }: PolicyUser,
  findings: readonly Finding[],
  lines: readonly string[],
  policy: Policy,
): readonly Rule[] {
  const isVerbatim = (rule: Rule): boolean => wordAt(lines, rule) === rule.text
  const candidates = rules
    .flatMap(rule => (isVerbatim(rule) ? [rule, ...rule.inner] : []))
    .filter(rule => isVerbatim(rule) && findings.some(one => isAt(one, rule)))
  const wanted = meaningOfRules(rules, new Set(), policy)
  const gone = new Set<Rule>()
  const take = (some: readonly Rule[]): void => {
    for (const rule of some) gone.add(rule)
    if (meaningOfRules(rules, gone, policy) === wanted) return
    for (const rule of some) gone.delete(rule)
    if (some.length < 2) return
    // Of two that say the same the second goes.
    const half = some.length >> 1
    take(some.slice(half))
    take(some.slice(0, half))
  }
  if (wanted !== undefined && candidates.length > 0) take(candidates)
  // What is within a selector goes with it.
  const inner = new Set([...gone].flatMap(rule => rule.inner))
  return [...gone].filter(rule => !inner.has(rule))
}

function wordAt(lines: readonly string[], { line, column, length }: Place): string {
  return lines[line - 1]?.slice(column - 1, column - 1 + length) ?? ''
}

/** Undefined if one of them is refused. */
function meaningOfRules(
  rules: readonly Rule[],
  gone: ReadonlySet<Rule>,
  { context }: Policy,
): string | undefined {
  const user = new User('', context)
  for (const rule of rules) {
    if (gone.has(rule)) continue
    if (user.apply(textWithout(rule, gone), context) !== undefined) return undefined
  }
  return meaningOf(user)
}

function textWithout(rule: Rule, gone: ReadonlySet<Rule>): string {
  if (!isSelector(rule.text)) return rule.text
  const spans = rule.inner
    .filter(one => gone.has(one))
    .map(one => ({ start: one.column - rule.column, length: one.length }))
  return cut(rule.text, spans)
}

function withoutWords(lines: readonly string[], words: readonly Place[]): string[] {
  const byLine = new Map<number, Span[]>()
  for (const { line, column, length } of words) {
    obtain(byLine, line - 1, () => []).push({ start: column - 1, length })
  }
  return lines.map((line, i) => cut(line, byLine.get(i) ?? []))
}

interface Span {
  readonly start: number
  readonly length: number
}

/** Leaves out words, each with the blanks before it; the first of a selector with those behind. */
function cut(text: string, spans: readonly Span[]): string {
  let left = text
  for (const { start, length } of spans.toSorted((a, b) => b.start - a.start)) {
    const before = left.slice(0, start)
    const behind = left.slice(start + length)
    const kept = before.replace(/[ \t]+$/, '')
    left = kept.length < before.length ? kept + behind : before + behind.replace(/^[ \t]+/, '')
  }
  return left
}
