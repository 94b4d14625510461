// Links that carry rules: behind the #, which browsers send to nobody. Whoever has such a link has
// the rules, and so they hold no password, not even as a hash.

import { refuseProblems } from '../policy/explain.ts'
import { readAclPolicy } from '../policy/policy.ts'
import { fromText, toText } from '../util/bytes.ts'
import type { Shared } from './protocol.ts'

const MARK = '#share='
const LINK = /^https?:\/\/[^#\s]*#share=([\w-]+)$/
/** What passwords and their hashes begin with. */
const PASSWORD = /^[<>#!]/

/**
 * The rules as they may go into a link.
 * @throws PolicyError where Redis would refuse any of it: it cannot be told then what is a password
 */
export function shareable(rules: string): Shared {
  const policy = readAclPolicy(fromText(rules))
  refuseProblems(policy)
  let removed = 0
  const lines = policy.users.map(({ name, rules }) => {
    const words = rules.map(({ text }) => text)
    const kept = words.filter(text => !PASSWORD.test(text))
    removed += words.length - kept.length
    return toText(['user', name, ...kept].join(' '))
  })
  const text = `${lines.join('\n')}\n`
  return { fragment: `${MARK}${Buffer.from(text).toString('base64url')}`, removed }
}

/** The rules that a link carries; undefined if the text is no such link. */
export function rulesInLink(text: string): string | undefined {
  const [, coded] = LINK.exec(text) ?? []
  return coded === undefined ? undefined : Buffer.from(coded, 'base64url').toString()
}
