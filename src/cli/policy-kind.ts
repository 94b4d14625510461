// What a file of rules is: an ACL file or redis.conf.

import { kindOf } from '../policy/policy.ts'

const KINDS: readonly (readonly [RegExp, 'acl' | 'conf'])[] = [
  [/\.acl$/, 'acl'],
  [/(^|\/)redis[^/]*\.conf$/, 'conf'],
]

/** Whether a file's name says that it is an ACL file or redis.conf. */
export function isPolicyName(file: string): boolean {
  return KINDS.some(([name]) => name.test(file))
}

/** What a policy is by its file's name; if that does not say which it is, its contents do. */
export function kindOfFile(file: string, text: string): 'acl' | 'conf' {
  return KINDS.find(([name]) => name.test(file))?.[1] ?? kindOf(text)
}
