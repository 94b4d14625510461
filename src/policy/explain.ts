// May this user run that command, why, and what is the least that would change it?

import { mayReadEveryKey } from '../acl/check.ts'
import { dryrunText, noPermission, type Trace, trace } from '../acl/explain.ts'
import { shownRule, splitRules } from '../acl/rules.ts'
import { type Change, smallestChange } from '../acl/smallest-change.ts'
import type { User } from '../acl/user.ts'
import { Users } from '../acl/users.ts'
import type { Args } from '../resp3/args.ts'
import { CATALOGUE } from '../table/redis.ts'
import { PolicyError } from './errors.ts'
import { type Policy, usersOf } from './policy.ts'
import { type Question, readQuestion } from './question.ts'

/** Why a user may or may not run a command. */
export interface Explanation extends Trace {
  readonly user: string
  /** The command's full name in lower case: `config|set`. */
  readonly command: string
  /** What ACL DRYRUN answers: `OK`, or the refusal with the key or channel in it. */
  readonly dryrun: string
  /** What the client is answered, or undefined if the command is allowed. */
  readonly reply: string | undefined
  /** The least that would allow the command; undefined if it is allowed. */
  readonly change: Change | undefined
  /** What else decides: a user who cannot log in, options that are checked when they run. */
  readonly notes: readonly string[]
}

/** The rules to ask: of one user, or of a policy. */
export interface RulesAsked {
  /** Rules of one user, as ACL SETUSER takes them: `on >secret ~app:* +get`. */
  readonly rules?: string | readonly string[]
  readonly policy?: Policy
  /** The user's name. Default: `default`. */
  readonly user?: string
}

/** As explain(), of rules that have been read. */
export function explainVerdict(options: RulesAsked, words: readonly string[]): Explanation {
  const { rules, policy, user = 'default' } = options
  if (rules !== undefined) return explainQuestion(userWithRules(user, rules), readQuestion(words))
  if (policy === undefined) throw new PolicyError('Neither rules nor a policy given')
  return explainQuestion(userOf(policy, user), readQuestion(words, policy.renamed))
}

function userOf(read: Policy, user: string): User {
  // Redis takes a file as a whole or not at all; what a server has taken may be of a later version.
  refuseProblems(read.kind === 'server' ? problemsOf(read, user) : read)
  const found = usersOf(read).get(user)
  if (found === undefined) throw new PolicyError(`User '${user}' not found`)
  return found
}

function problemsOf({ problems }: Policy, user: string): Pick<Policy, 'problems'> {
  return { problems: problems.filter(problem => problem.user === user) }
}

/** @throws PolicyError with the first problem */
export function refuseProblems({ problems }: Pick<Policy, 'problems'>): void {
  const [first] = problems
  if (first === undefined) return
  const { file, line, column, rule, message } = first
  const place = `${file === undefined ? '' : `${file}:`}${line}:${column}`
  throw new PolicyError(`${place}: '${shownRule(rule)}': ${message}`, problems)
}

/**
 * A user with these rules, without any file.
 * @throws PolicyError with the rule that Redis would refuse
 */
export function userWithRules(name: string, rules: string | readonly string[]): User {
  const words = typeof rules === 'string' ? splitRules(rules) : rules
  const { change, failure } = new Users(CATALOGUE).setuser(name, ['reset', ...words])
  if (failure === undefined) return change.user
  throw new PolicyError(`'${shownRule(failure.word)}': ${failure.message}`)
}

export function explainQuestion(user: User, question: Question): Explanation {
  const { command, request } = question
  const traced = trace(user, request)
  const { denial } = traced
  return {
    ...traced,
    user: user.name,
    command: command.name,
    dryrun: denial === undefined ? 'OK' : dryrunText(user.name, denial),
    reply: denial === undefined ? undefined : noPermission(user.name, denial),
    change: denial === undefined ? undefined : smallestChange(user, request),
    notes: [...loginNotes(user), ...commandNotes(user, question)],
  }
}

function loginNotes(user: User): string[] {
  if (!user.enabled) return ['The user is off: nobody can log in as it.']
  if (!user.nopass && user.passwordHashes.length === 0) {
    return ['The user has no password: only a client certificate can log it in.']
  }
  return []
}

function commandNotes(user: User, { command, args, request }: Question): string[] {
  if (command.has('runs_script')) {
    return ['Each command that the script runs is checked by itself.']
  }
  if (command.has('runs_queue')) return ['Each queued command is checked again.']
  if (!readsOtherKeys(command.name, args) || mayReadEveryKey(user, request)) return []
  return ['SORT with BY or GET reads keys that it finds in the data, and needs %R~* for that.']
}

/** SORT with BY or GET, which Redis allows only to those who may read every key. */
export function readsOtherKeys(name: string, args: Args): boolean {
  return (name === 'sort' || name === 'sort_ro') && hasPatternOption(args)
}

function hasPatternOption(args: Args): boolean {
  for (let i = 2; i < args.count - 1; i++) {
    if (args.is(i, 'GET') || (args.is(i, 'BY') && args.text(i + 1).includes('*'))) return true
  }
  return false
}
