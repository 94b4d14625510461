// Exercises in writing ACL rules, and their grading. An exercise is data: a task in words, hints,
// and properties that every right answer has. How the rules are written is never compared.

import type { User } from '../acl/user.ts'
import { explainQuestion, userWithRules } from '../policy/explain.ts'
import { readQuestion } from '../policy/question.ts'
import { splitWords } from '../resp3/words.ts'
import { fromText } from '../util/bytes.ts'
import { broaderThan } from './exercises/broader.ts'
import { EXERCISES } from './exercises/catalogue.ts'
import type { Exercise } from './exercises/exercise.ts'
import { loginChecks } from './exercises/login.ts'

export type { Exercise } from './exercises/exercise.ts'
export { EXERCISES }

/** One property that an answer was asked for. Texts are binary strings. */
export interface Check {
  readonly user: string
  /** `may GET cache:1`, `may not SET cache:1 x`, `may log in with 'new'`. */
  readonly property: string
  readonly passed: boolean
  /** What is wrong, in a sentence; undefined if it passed. */
  readonly fault: string | undefined
}

/** How an answer did. */
export interface Grade {
  readonly passed: boolean
  readonly checks: readonly Check[]
}

/** @param users the answer, by name */
export function grade(exercise: Exercise, users: ReadonlyMap<string, User>): Grade {
  const checks = exercise.users.flatMap(wanted => {
    const name = fromText(wanted.name)
    const user = users.get(name)
    if (user === undefined) {
      const fault = `There is no user ${name}`
      return [{ user: name, property: 'exists', passed: false, fault }]
    }
    return [
      ...(wanted.allow ?? []).map(line => question(user, line, true)),
      ...(wanted.deny ?? []).map(line => question(user, line, false)),
      ...loginChecks(user, wanted),
      ...exactly(user, wanted.rights),
    ]
  })
  return { passed: checks.every(({ passed }) => passed), checks }
}

function question(user: User, line: string, isAllowed: boolean): Check {
  const { allowed, dryrun } = explainQuestion(user, readQuestion(splitWords(fromText(line)) ?? []))
  const passed = allowed === isAllowed
  const fault = isAllowed ? dryrun : `User ${user.name} may ${line}, and is not to`
  return {
    user: user.name,
    property: `${isAllowed ? 'may' : 'may not'} ${line}`,
    passed,
    fault: passed ? undefined : fault,
  }
}

function exactly(user: User, rights: string | undefined): Check[] {
  if (rights === undefined) return []
  const wanted = userWithRules(user.name, fromText(rights))
  const [less, more] = [broaderThan(wanted, user), broaderThan(user, wanted)]
  return [
    {
      user: user.name,
      property: 'may do all of the task',
      passed: less === undefined,
      fault: less && `User ${user.name} may not ${less}, which the task asks for`,
    },
    {
      user: user.name,
      property: 'may do nothing beyond the task',
      passed: more === undefined,
      fault: more && `User ${user.name} may ${more}, which the task does not ask for`,
    },
  ]
}
