// Where a rule stands: from what the engine says of a selector, '+@read' or '~app:*', back to the
// words of the file that say so.

import { isSelector } from '../acl/rules.ts'
import { lowerCase } from '../util/bytes.ts'
import type { PolicyUser, Rule } from './policy.ts'

/** The written rules of each selector that is in force: the root's first. */
export function rulesBySelector({ rules }: Pick<PolicyUser, 'rules'>): readonly Rule[][] {
  let root: Rule[] = []
  let others: Rule[][] = []
  for (const rule of rules) {
    const word = lowerCase(rule.text)
    if (word === 'reset') root = []
    if (word === 'reset' || word === 'clearselectors') others = []
    if (isSelector(rule.text)) others.push([...rule.inner])
    else root.push(rule)
  }
  return [root, ...others]
}

/** The last of the rules that says this, in whichever spelling; undefined if none does. */
export function ruleSaying(rules: readonly Rule[], text: string): Rule | undefined {
  const wanted = canonical(text)
  return (
    rules.findLast(rule => canonical(rule.text) === wanted) ??
    // '%R~a %W~a' is shown as '~a'.
    rules.findLast(rule => patternOf(rule.text) !== undefined && patternOf(rule.text) === wanted)
  )
}

const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['allkeys', '~*'],
  ['allchannels', '&*'],
  ['allcommands', '+@all'],
  ['nocommands', '-@all'],
])

/** Rules that mean the same have the same canonical text. */
export function canonical(rule: string): string {
  const synonym = SYNONYMS.get(lowerCase(rule))
  if (synonym !== undefined) return synonym
  if (/^[+-]/.test(rule)) return lowerCase(rule)
  const [, letters = '', pattern = ''] = /^%([rw]+)~(.*)$/is.exec(rule) ?? []
  if (letters === '') return rule
  return letters.length === 2 ? `~${pattern}` : `%${letters.toUpperCase()}~${pattern}`
}

/** A key rule without its rights: '~app:*' for '%R~app:*'. */
function patternOf(rule: string): string | undefined {
  const pattern = /^(?:%[rw]+)?~(.*)$/is.exec(rule)?.[1]
  return pattern === undefined ? undefined : `~${pattern}`
}
