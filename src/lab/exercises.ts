// The exercises, as the page lists and grades them.

import type { ExerciseView, Graded } from './protocol.ts'

export function exerciseViews(): ExerciseView[] {
  return []
}

/** Undefined if there is no such exercise. */
export function gradeExercise(_id: string, _rules: string): Graded | undefined {
  return undefined
}
