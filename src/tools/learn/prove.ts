// Fewer rules with the same effect, and the proof: every deed is allowed by them, and for each rule
// there is a deed that is denied without it.
//
// Rules of a root selector only ever add rights. So a rule that can be spared is spared for good,
// and one that is needed beside more rules is needed beside fewer: one pass is enough.

import { check, mayReadEveryKey } from '../../acl/check.ts'
import { dryrunText } from '../../acl/explain.ts'
import type { User } from '../../acl/user.ts'
import { userWithRules } from '../../policy/explain.ts'
import { invariant } from '../../util/assert.ts'
import type { Deed } from './deeds.ts'
import { isLiteral } from './generalize.ts'

/** A rule that cannot be left out. */
export interface NeededRule {
  readonly rule: string
  /** A deed that is denied without it. */
  readonly denied: Deed
  /** What ACL DRYRUN says of that deed then. */
  readonly denial: string
}

/** Undefined if the user may do it, else what ACL DRYRUN says. */
function denialOf(user: User, { request, readsEveryKey }: Deed): string | undefined {
  const denial = check(user, request)
  if (denial !== undefined) return dryrunText(user.name, denial)
  if (!readsEveryKey || mayReadEveryKey(user, request)) return undefined
  return `User ${user.name} has no permissions to read every key, which BY and GET of SORT need`
}

/** The rules that are needed, in the order given, key rules with the least rights that do. */
export function leastRules(
  name: string,
  rules: readonly string[],
  deeds: readonly Deed[],
): readonly NeededRule[] {
  const failure = firstDenied(userWithRules(name, rules), deeds)
  invariant(failure === undefined, 'what was seen is allowed by what was learned')
  let kept = [...rules]
  for (const rule of narrowestFirst(rules)) {
    for (const less of lessThan(rule)) {
      const tried = kept.flatMap(one => (one === rule ? less : [one]))
      if (firstDenied(userWithRules(name, tried), deeds) !== undefined) continue
      kept = tried
      break
    }
  }
  return kept.map(rule => {
    const without = userWithRules(
      name,
      kept.filter(one => one !== rule),
    )
    const denied = firstDenied(without, deeds)
    invariant(denied !== undefined, 'a rule that can be left out was left out')
    return { rule, denied, denial: denialOf(without, denied) ?? '' }
  })
}

function firstDenied(user: User, deeds: readonly Deed[]): Deed | undefined {
  return deeds.find(deed => denialOf(user, deed) !== undefined)
}

/** What may stand in a rule's place: nothing, or half of its rights. */
function lessThan(rule: string): readonly (readonly string[])[] {
  if (!rule.startsWith('~')) return [[]]
  return [[], [`%R${rule}`], [`%W${rule}`]]
}

// Where a pattern covers single names, and a command its subcommands, the narrow ones are to go.
function narrowestFirst(rules: readonly string[]): string[] {
  const width = (rule: string): number => (isLiteral(rule) ? (rule.includes('|') ? 0 : 1) : 2)
  return [...rules].sort((a, b) => width(a) - width(b) || b.length - a.length)
}
