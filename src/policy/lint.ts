// lint(): what is dangerous, useless or not as meant in a policy. The rules are tables, a row each,
// in lint/.

import { shownRule } from '../acl/rules.ts'
import { readPolicy } from './conf-policy.ts'
import { COMMAND_RULES } from './lint/commands.ts'
import {
  type Finding,
  type LintRule,
  type LintSubject,
  SEVERITIES,
  type Severity,
  type Useless,
} from './lint/finding.ts'
import { LOGIN_RULES } from './lint/logins.ts'
import { PATTERN_RULES } from './lint/patterns.ts'
import { lintUsers } from './lint/subject.ts'
import { TEXT_RULES } from './lint/text.ts'
import { UNUSABLE_RULES } from './lint/unusable.ts'
import { USELESS_RULES, uselessRules } from './lint/useless.ts'
import type { Policy } from './policy.ts'

export type { Finding, LintRule, Severity } from './lint/finding.ts'

/** Every lint rule, the gravest first. */
export const LINT_RULES: readonly LintRule[] = [
  ...TEXT_RULES,
  ...LOGIN_RULES,
  ...COMMAND_RULES,
  ...PATTERN_RULES,
  ...UNUSABLE_RULES,
  ...USELESS_RULES,
].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))

/** What to look for. */
export interface LintOptions {
  /** The least grave findings that are told. Default: `warning`. */
  readonly level?: Severity
  /** Ids of rules that are left out. */
  readonly ignore?: readonly string[]
  /** Other severities, by the ids of rules; `off` leaves a rule out. */
  readonly severities?: Readonly<Record<string, Severity | 'off'>>
}

/** See the public lint(). */
export function lint(policy: string | Policy, options: LintOptions = {}): readonly Finding[] {
  const { level = 'warning', ignore = [], severities = {} } = options
  const read = typeof policy === 'string' ? readPolicy(policy) : policy
  const users = lintUsers(read)
  let useless: readonly Useless[] | undefined
  const subject: LintSubject = {
    policy: read,
    users,
    useless: () => {
      useless ??= uselessRules(users, read)
      return useless
    },
  }
  const most = SEVERITIES.indexOf(level)
  return LINT_RULES.flatMap(({ find, ...row }) => {
    const severity = severities[row.id] ?? row.severity
    if (severity === 'off' || SEVERITIES.indexOf(severity) > most) return []
    if (ignore.includes(row.id)) return []
    return find(subject).map(spot => ({ ...row, severity, ...spot, rule: shownRule(spot.rule) }))
  }).sort((a, b) => a.line - b.line || a.column - b.column)
}
