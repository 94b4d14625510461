// Policy tests: a table of what users may and may not do, to be run against a policy after every
// change of it.
//
//   # who     verdict  command
//   policy users.acl
//   reader    allow    GET app:1
//   reader    deny     SET app:1 x
//   reader    deny:key GET session:1
//
// A line is a user, a verdict and a command, whose words are read as inline commands are: with
// "double" and 'single' quotes. A denial may name its reason: command, key or channel. What follows
// a # at the beginning of a line is a comment. `policy` names the file that is tested, seen from
// the folder of the tests, and holds for the lines that follow.

import type { Denial } from '../acl/check.ts'
import { splitWords } from '../resp3/words.ts'
import { PolicyError, QuestionError } from './errors.ts'
import { type Explanation, explainVerdict } from './explain.ts'
import type { Policy } from './policy.ts'

export interface PolicyTest {
  readonly line: number
  readonly user: string
  readonly expects: 'allow' | 'deny'
  /** Why it is to be denied; undefined: for any reason. */
  readonly reason: Denial['reason'] | undefined
  readonly words: readonly string[]
  /** What `policy` named; undefined if nothing did. */
  readonly policy: string | undefined
}

/** A line that is no test. */
export class PolicyTestError extends Error {
  override readonly name = 'PolicyTestError'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

const VERDICT = /^(allow|deny)(?::(command|key|channel))?$/

/**
 * Reads the text of a table, a binary string.
 * @throws PolicyTestError for the first line that cannot be read
 */
export function readPolicyTests(text: string): readonly PolicyTest[] {
  const tests: PolicyTest[] = []
  let policy: string | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const number = i + 1
    if (/^\s*(#|$)/.test(line)) continue
    const words = splitWords(line.replace(/\r$/, ''))
    if (words === undefined) throw new PolicyTestError(number, 'Unbalanced quotes')
    const [user = '', verdict = '', ...command] = words
    if (user === 'policy' && command.length === 0) {
      if (verdict === '') throw new PolicyTestError(number, 'policy wants the name of a file')
      policy = verdict
      continue
    }
    const [, expects, reason] = VERDICT.exec(verdict) ?? []
    if (expects === undefined || (reason !== undefined && expects === 'allow')) {
      throw new PolicyTestError(number, `'${verdict}' is none of allow, deny and deny:key`)
    }
    if (command.length === 0) throw new PolicyTestError(number, 'A command is missing')
    tests.push({
      line: number,
      user,
      expects: expects === 'allow' ? 'allow' : 'deny',
      reason: reason as Denial['reason'] | undefined,
      words: command,
      policy,
    })
  }
  return tests
}

export interface PolicyTestResult {
  readonly test: PolicyTest
  readonly passed: boolean
  /** What the policy says; undefined if it could not be asked. */
  readonly explanation: Explanation | undefined
  /** Why it could not be asked: there is no such user or command, the policy is refused. */
  readonly error: string | undefined
}

/** Runs one test. A user or command that does not exist fails it, whatever it expects. */
export function runPolicyTest(test: PolicyTest, policy: Policy): PolicyTestResult {
  try {
    const explanation = explainVerdict({ policy, user: test.user }, test.words)
    const { allowed, denial } = explanation
    const isReason = test.reason === undefined || test.reason === denial?.reason
    const passed = test.expects === 'allow' ? allowed : !allowed && isReason
    return { test, passed, explanation, error: undefined }
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof QuestionError)) throw error
    return { test, passed: false, explanation: undefined, error: error.message }
  }
}
