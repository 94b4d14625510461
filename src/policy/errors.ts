// What policies and questions are refused with.

import type { Problem } from './policy.ts'

/** Rules or users that cannot be read; `problems` says where. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly problems: readonly Problem[]

  constructor(message: string, problems: readonly Problem[] = []) {
    super(message)
    this.problems = problems
  }
}

/** The words do not make a command: the message is the server's. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError'
}
