// The exercises, as the page lists and grades them. An answer is written as in an ACL file, each
// user on a line.

import { PolicyError } from '../policy/errors.ts'
import { refuseProblems } from '../policy/explain.ts'
import { type Policy, readAclPolicy, usersOf } from '../policy/policy.ts'
import { solutionOf } from '../practice/exercises/solution.ts'
import { EXERCISES, type Exercise, grade } from '../practice/exercises.ts'
import { fromText, toText } from '../util/bytes.ts'
import type { ExerciseView, Graded, Solution } from './protocol.ts'

export function exerciseViews(): ExerciseView[] {
  return EXERCISES.map(exercise => {
    const { id, title, task, hints } = exercise
    return { id, title, task, hints, start: startOf(exercise) }
  })
}

/** Users that are to be made have their lines already, but for the rules. */
function startOf({ start, users }: Exercise): string {
  const known = new Set(start.map(line => line.split(' ')[1]))
  const missing = users.filter(({ name }) => !known.has(name)).map(({ name }) => `user ${name} `)
  return [...start, ...missing].join('\n')
}

/** Undefined if there is no such exercise. */
export function solveExercise(id: string): Solution | undefined {
  const exercise = EXERCISES.find(known => known.id === id)
  return exercise && { rules: solutionOf(exercise).join('\n') }
}

/** Undefined if there is no such exercise. */
export function gradeExercise(id: string, rules: string): Graded | undefined {
  const exercise = EXERCISES.find(known => known.id === id)
  if (exercise === undefined) return undefined
  const policy = readAclPolicy(fromText(rules))
  const error = problemIn(policy)
  if (error !== undefined) return { passed: false, error, results: [] }
  const { passed, checks } = grade(exercise, usersOf(policy))
  return {
    passed,
    error,
    results: checks.map(check => ({
      text: toText(`${check.user} ${check.property}`),
      ok: check.passed,
      fault: toText(check.fault ?? ''),
    })),
  }
}

function problemIn(policy: Policy): string | undefined {
  try {
    refuseProblems(policy)
    return undefined
  } catch (error) {
    if (error instanceof PolicyError) return toText(error.message)
    throw error
  }
}
