// explain(), of a text that is still to be read.

import { readPolicy } from './conf-policy.ts'
import { type Explanation, explainVerdict, type RulesAsked } from './explain.ts'
import type { Policy } from './policy.ts'

/** The rules to ask: of one user, or the text of an ACL file or redis.conf. */
export interface ExplainOptions extends Omit<RulesAsked, 'policy'> {
  /** The text of an ACL file or redis.conf, or what readPolicy() made of it. */
  readonly policy?: string | Policy
}

/** See the public explain(). */
export function explain(options: ExplainOptions, words: readonly string[]): Explanation {
  const { policy, ...rest } = options
  if (policy === undefined) return explainVerdict(rest, words)
  const read = typeof policy === 'string' ? readPolicy(policy) : policy
  return explainVerdict({ ...rest, policy: read }, words)
}
