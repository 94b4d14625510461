// What a lint rule is: one row with its reasons, and a function that finds the places.

import { type Place, type Policy, placeOf, type Rule } from '../policy.ts'
import type { LintUser } from './subject.ts'

/**
 * `error`: Redis refuses it, or anybody gets in. `warning`: it gives more, or less, than it seems
 * to. `note`: true and worth a thought, but often meant; only shown when asked for.
 */
export type Severity = 'error' | 'warning' | 'note'

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note']

/** One fault, where it stands, and what to do. */
export interface Finding extends Place {
  /** The lint rule: 'missing-separator'. */
  readonly id: string
  readonly severity: Severity
  readonly title: string
  /** What it is in this place. Shows no password. */
  readonly detail: string
  readonly why: string
  readonly cure: string
  /** Undefined where it is no user's. */
  readonly user: string | undefined
  /** The ACL rule or setting at fault, without passwords; '' where something is missing. */
  readonly rule: string
}

/** One place where a lint rule applies. */
export interface Spot extends Place {
  readonly user: string | undefined
  readonly rule: string
  readonly detail: string
  /** A cure for this place, where the row's own can be more exact. */
  readonly cure?: string
}

export interface LintRule {
  readonly id: string
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly cure: string
  readonly find: (subject: LintSubject) => readonly Spot[]
}

/** What lint rules are asked about. */
export interface LintSubject {
  readonly policy: Policy
  readonly users: readonly LintUser[]
  /** Found once, since it costs most. */
  readonly useless: () => readonly Useless[]
}

/** A rule that could be left out. */
export interface Useless {
  readonly user: LintUser
  readonly rule: Rule
  readonly kind: 'undone' | 'given' | 'nothing'
  /** The rule that makes it so. */
  readonly because: Rule | undefined
}

/** Where a user is at fault as a whole. */
export function atUser({ written, name }: LintUser, detail: string, cure?: string): Spot {
  const spot = { ...placeOf(written), user: name, rule: '', detail }
  return { ...spot, ...(cure !== undefined && { cure }) }
}

/** Where one rule is at fault; where it is not written, the user. */
export function atRule(
  user: LintUser,
  rule: Rule | undefined,
  detail: string,
  cure?: string,
): Spot {
  if (rule === undefined) return atUser(user, detail, cure)
  const spot = { ...placeOf(rule), user: user.name, rule: rule.text, detail }
  return { ...spot, ...(cure !== undefined && { cure }) }
}
