// Who can log in: the part of an exercise that commands do not show.

import { matchesPassword } from '../../acl/password.ts'
import type { User } from '../../acl/user.ts'
import { fromText } from '../../util/bytes.ts'
import type { Check } from '../exercises.ts'
import type { WantedUser } from './exercise.ts'

function hasPassword(user: User, password: string): boolean {
  return user.enabled && (user.nopass || matchesPassword(user.passwordHashes, password))
}

export function loginChecks(user: User, { canLogIn, passwords = {} }: WantedUser): Check[] {
  const checks: Check[] = []
  const add = (property: string, passed: boolean): void => {
    const fault = passed ? undefined : `User ${user.name} fails this: ${property}`
    checks.push({ user: user.name, property, passed, fault })
  }
  if (canLogIn === true) {
    add('is on, with a password', user.enabled && !user.nopass && user.passwordHashes.length > 0)
  }
  if (canLogIn === false) add('lets nobody log in', !user.enabled)
  for (const word of passwords.right ?? []) {
    add(`can log in with the password '${word}'`, hasPassword(user, fromText(word)))
  }
  for (const word of passwords.wrong ?? []) {
    add(`cannot log in with the password '${word}'`, !hasPassword(user, fromText(word)))
  }
  return checks
}
