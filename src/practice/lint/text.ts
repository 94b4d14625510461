// Lint rules about what is written: what Redis refuses, and names that look alike.

import { shownRule } from '../../acl/rules.ts'
import { DEFAULT_USER } from '../../acl/user.ts'
import { lowerCase } from '../../util/bytes.ts'
import type { Problem } from '../policy.ts'
import { atUser, type LintRule, type LintSubject, type Spot } from './finding.ts'

const isDuplicate = ({ message }: Problem): boolean => message.endsWith('is declared twice')

export const TEXT_RULES: readonly LintRule[] = [
  {
    id: 'refused',
    severity: 'error',
    title: 'Redis refuses this',
    why: 'With one rule refused the server does not start, and ACL LOAD changes nothing.',
    cure: 'Correct it. A command or category may be of another version of Redis, or of a module.',
    find: subject => problems(subject, problem => !isDuplicate(problem)),
  },
  {
    id: 'duplicate-user',
    severity: 'error',
    title: 'A user declared twice',
    why: 'Redis refuses it; the two lines would not add up either.',
    cure: 'Join the two lines.',
    find: subject => problems(subject, isDuplicate),
  },
  {
    id: 'name-case',
    severity: 'warning',
    title: 'Names that differ in capitals only',
    why: 'User names heed case: these are two users, and Default is not the default user.',
    cure: 'Choose names that cannot be taken for each other.',
    find: ({ users }) =>
      users
        .filter(({ name }) => {
          const isAlike = (other: string): boolean =>
            other !== name && lowerCase(other) === lowerCase(name)
          const index = users.findIndex(other => isAlike(other.name))
          return (
            (index >= 0 && index < users.findIndex(other => other.name === name)) ||
            isAlike(DEFAULT_USER)
          )
        })
        .map(user => atUser(user, `${user.name} is another user`)),
  },
]

function problems(
  { policy }: LintSubject,
  isWanted: (problem: Problem) => boolean,
): readonly Spot[] {
  return policy.problems.filter(isWanted).map(({ message, user, rule, line, column, length }) => ({
    line,
    column,
    length,
    user,
    rule: shownRule(rule),
    detail: message,
  }))
}
