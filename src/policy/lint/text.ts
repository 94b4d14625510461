// Lint rules about what is written: what Redis refuses, and names that look alike.

import { shownRule } from '../../acl/rules.ts'
import { DEFAULT_USER } from '../../acl/user.ts'
import { DUPLICATE_USER } from '../../acl/user-line.ts'
import { USERS_IN_TWO_PLACES } from '../../host/config/directives.ts'
import { lowerCase } from '../../util/bytes.ts'
import { type Problem, placeOf } from '../policy.ts'
import { atUser, type LintRule, type LintSubject, type Spot } from './finding.ts'

const isDuplicate = ({ message }: Problem): boolean => message === DUPLICATE_USER
/** Told by a lint rule of its own. */
const isTold = ({ message }: Problem): boolean => message === USERS_IN_TWO_PLACES

export const TEXT_RULES: readonly LintRule[] = [
  {
    id: 'refused',
    severity: 'error',
    title: 'Redis refuses this',
    why: 'With one rule refused the server does not start, and ACL LOAD changes nothing.',
    cure: 'Correct it. A command, category or setting may be of another version of Redis, or of a module.',
    find: subject => problems(subject, problem => !isDuplicate(problem) && !isTold(problem)),
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
  return policy.problems.filter(isWanted).map(problem => {
    const { user, rule, message } = problem
    return { ...placeOf(problem), user, rule: shownRule(rule), detail: message }
  })
}
