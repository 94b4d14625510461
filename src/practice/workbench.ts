// A place to try ACL rules out, line by line: ACL SETUSER changes users, any other command is
// judged as the current user would be. Nothing is run and no data exists.

import type { User } from '../acl/user.ts'
import { Users } from '../acl/users.ts'
import { QuestionError } from '../policy/errors.ts'
import { type Explanation, explainQuestion } from '../policy/explain.ts'
import { type Policy, usersOf } from '../policy/policy.ts'
import { readQuestion } from '../policy/question.ts'
import { splitWords } from '../resp3/words.ts'
import { CATALOGUE } from '../table/redis.ts'
import { lowerCase } from '../util/bytes.ts'

/** What came of a line. Texts are binary strings. */
export type Outcome =
  | { readonly type: 'verdict'; readonly explanation: Explanation }
  | { readonly type: 'changed'; readonly lines: readonly string[] }
  | { readonly type: 'error'; readonly message: string }

export class Workbench {
  #users = new Users(CATALOGUE)
  #current = 'default'

  /** Who runs the commands. */
  get current(): string {
    return this.#current
  }

  get users(): ReadonlyMap<string, User> {
    return new Map(this.#users.list().map(user => [user.name, user]))
  }

  /** The rules as lines of an ACL file. */
  get lines(): readonly string[] {
    return this.#users.list().map(user => this.#users.describe(user))
  }

  /** Forgets all users and takes those of the policy. */
  load(policy: Policy): void {
    this.#users = new Users(CATALOGUE)
    for (const [name, user] of usersOf(policy)) {
      this.#users.setuser(name, [])
      this.#users.get(name)?.become(user)
    }
    if (this.#users.get(this.#current) === undefined) this.#current = 'default'
  }

  /** @returns false if there is no such user */
  become(name: string): boolean {
    if (this.#users.get(name) === undefined) return false
    this.#current = name
    return true
  }

  /** Takes a line as inline commands are written. */
  enter(line: string): Outcome {
    const words = splitWords(line)
    if (words === undefined) return { type: 'error', message: 'Unbalanced quotes' }
    const [first = '', second = '', name, ...rules] = words
    if (lowerCase(first) === 'acl' && name !== undefined) {
      if (lowerCase(second) === 'setuser') return this.#setuser(name, rules)
      if (lowerCase(second) === 'deluser') return this.#deluser([name, ...rules])
    }
    const user = this.#users.get(this.#current) ?? this.#users.default
    try {
      return { type: 'verdict', explanation: explainQuestion(user, readQuestion(words)) }
    } catch (error) {
      if (!(error instanceof QuestionError)) throw error
      return { type: 'error', message: error.message }
    }
  }

  #setuser(name: string, rules: readonly string[]): Outcome {
    const { failure } = this.#users.setuser(name, rules)
    if (failure !== undefined) return { type: 'error', message: failure.text }
    const user = this.#users.get(name)
    return { type: 'changed', lines: user === undefined ? [] : [this.#users.describe(user)] }
  }

  #deluser(names: readonly string[]): Outcome {
    const gone = names.filter(name => this.#users.delete(name) !== undefined)
    if (gone.includes(this.#current)) this.#current = 'default'
    return { type: 'changed', lines: gone.map(name => `${name} is gone`) }
  }
}
