// What to mark in the rules while they are edited: what Redis would refuse, and what it would take
// but nobody should want.

import type { Finding as Remark } from '../policy/lint/finding.ts'
import { lint } from '../policy/lint.ts'
import { readAclPolicy } from '../policy/policy.ts'
import { fromText, toText } from '../util/bytes.ts'
import type { Finding } from './protocol.ts'

/** The worst first, and what is as bad in the order of the text. */
export function findingsIn(text: string): Finding[] {
  const bytes = fromText(text)
  const lines = bytes.split('\n')
  return lint(readAclPolicy(bytes))
    .map(found => findingIn(found, lines[found.line - 1] ?? ''))
    .sort((a, b) => weightOf(a) - weightOf(b))
}

/** What Redis refuses goes before what it takes. */
function weightOf({ severity, isRefused }: Finding): number {
  return isRefused ? 0 : WEIGHTS[severity]
}

const WEIGHTS = { error: 1, warning: 2, info: 3 } as const

/** Policies count bytes, the editor characters. */
function findingIn(found: Remark, line: string): Finding {
  const { severity, detail, why, cure, user = '' } = found
  const start = found.column - 1
  return {
    severity: SEVERITIES[severity],
    isRefused: found.id === 'refused',
    line: found.line,
    column: toText(line.slice(0, start)).length + 1,
    length: toText(line.slice(start, start + found.length)).length,
    user: toText(user),
    message: toText(detail),
    why,
    cure: toText(cure),
  }
}

const SEVERITIES = { error: 'error', warning: 'warning', note: 'info' } as const
