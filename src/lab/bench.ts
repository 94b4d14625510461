// What the page can ask for: one method a question.

import { CATEGORIES } from '../acl/category.ts'
import type { User } from '../acl/user.ts'
import { applyUserChanges } from '../engine/authentication.ts'
import { PolicyError } from '../policy/errors.ts'
import { readAclPolicy } from '../policy/policy.ts'
import { splitWords } from '../resp3/words.ts'
import type { RunningRedis } from '../testing/running.ts'
import { fromText, toText } from '../util/bytes.ts'
import { ActivityFeed } from './activity.ts'
import { ConsoleSession } from './console.ts'
import { exerciseViews, gradeExercise, solveExercise } from './exercises.ts'
import { findingsIn } from './findings.ts'
import { HomeError, type HomeRules, type RulesHome, readRules } from './home.ts'
import { RequestError, type Route } from './http.ts'
import { commandNames, commandViews, matrixOf } from './matrix.ts'
import type {
  Applied,
  Checked,
  CommandDoc,
  HomeView,
  LabState,
  Matrix,
  Planned,
  Ran,
  Shared,
  Suggestions,
  TrialResult,
  UserView,
} from './protocol.ts'
import { replyText } from './reply-text.ts'
import { shareable } from './share.ts'
import { type KnownKeys, suggestionsFor } from './suggestions.ts'
import { runTrial, trialViews } from './trials.ts'
import { verdictOn } from './verdict.ts'

export interface BenchOptions {
  /** To begin with. */
  readonly rules: string
  readonly docs: Readonly<Record<string, CommandDoc>>
  /** Where the rules are from. */
  readonly source: RulesHome | 'sample' | 'link'
}

export class Bench {
  readonly feed: ActivityFeed
  readonly routes: ReadonlyMap<string, Route>
  readonly #redis: RunningRedis
  readonly #sessions = new Map<string, ConsoleSession>()
  readonly #source: BenchOptions['source']
  #applied = { rules: '', users: '' }

  constructor(redis: RunningRedis, { rules, docs, source }: BenchOptions) {
    this.#redis = redis
    this.#source = source
    this.#apply(rules)
    this.feed = new ActivityFeed(redis)
    this.routes = new Map<string, Route>([
      ['/api/state', () => this.#state()],
      ['/api/check', body => this.#check(textIn(body, 'rules'))],
      ['/api/apply', body => this.#apply(textIn(body, 'rules'))],
      ['/api/matrix', body => this.#matrix(textIn(body, 'rules'))],
      ['/api/run', body => this.#run(textIn(body, 'user'), textIn(body, 'command'))],
      ['/api/grade', body => grade(textIn(body, 'id'), textIn(body, 'rules'))],
      ['/api/trial', body => this.#trial(textIn(body, 'name'))],
      ['/api/reset-log', () => this.#resetLog()],
      ['/api/docs', () => ({ commands: docs })],
      ['/api/suggest', body => this.#suggest(textIn(body, 'user'))],
      ['/api/solution', body => solution(textIn(body, 'id'))],
      ['/api/share', body => this.#share(textIn(body, 'rules'))],
      ['/api/plan', body => this.#plan(textIn(body, 'rules'))],
      ['/api/save', body => this.#save(textIn(body, 'rules'), textIn(body, 'mark'))],
    ])
  }

  close(): void {
    this.feed.close()
    for (const session of this.#sessions.values()) session.close()
  }

  #state(): LabState {
    const { users } = this.#redis.server
    const saved = users.save()
    return {
      server: { url: this.#redis.url, redisCli: this.#redis.connectOptions('redis-cli').join(' ') },
      rules: saved === this.#applied.users ? this.#applied.rules : toText(saved),
      users: users.list().map(userView),
      commands: commandViews(),
      names: commandNames(),
      categories: CATEGORIES,
      exercises: exerciseViews(),
      trials: trialViews(),
      home: homeView(this.#source),
    }
  }

  #check(rules: string): Checked {
    return { findings: findingsIn(rules) }
  }

  #apply(rules: string): Applied {
    const { server } = this.#redis
    const { changes, error } = server.users.load(fromText(rules), 'line')
    if (error !== undefined) return { refused: refusedIn(rules, toText(error)) }
    applyUserChanges(server, changes)
    server.endTurn()
    this.#applied = { rules, users: server.users.save() }
    return { refused: [] }
  }

  #matrix(rules: string): Matrix {
    return matrixOf(readAclPolicy(fromText(rules)))
  }

  async #run(userName: string, command: string): Promise<Ran> {
    const words = splitWords(fromText(command))
    if (words === undefined) throw new RequestError('The quotes do not match')
    if (words.length === 0) throw new RequestError('No command given')
    const session = await this.#session(userName)
    const { user = this.#redis.server.users.default } = session.client
    const judged = verdictOn(user, words)
    const reply = await session.run(words)
    return {
      user: toText(user.name),
      command,
      ...judged,
      reply: reply && replyText(reply),
      isError: reply?.type === 'error',
    }
  }

  async #session(name: string): Promise<ConsoleSession> {
    const userName = fromText(name)
    if (this.#redis.server.users.get(userName) === undefined) {
      throw new RequestError(`There is no user ${name}`)
    }
    const known = this.#sessions.get(name)
    if (known?.isOpen) return known
    const session = await ConsoleSession.open(this.#redis, userName, reply => {
      this.feed.send({ kind: 'late', user: name, reply: replyText(reply) })
    })
    this.#sessions.set(name, session)
    return session
  }

  async #trial(name: string): Promise<TrialResult> {
    const result = await runTrial(this.#redis, name)
    if (result === undefined) throw new RequestError('There is no such client')
    return result
  }

  #resetLog(): object {
    this.#redis.server.aclLog.reset()
    this.feed.changed()
    return {}
  }

  #suggest(name: string): Suggestions {
    const { users } = this.#redis.server
    const user = users.get(fromText(name))
    if (user === undefined) throw new RequestError(`There is no user ${name}`)
    return suggestionsFor(user, users.list(), this.#knownKeys())
  }

  #knownKeys(): KnownKeys {
    const db = this.#redis.db()
    if (db.size > KNOWN_KEYS_MAX) return new Map()
    return new Map(db.keys().map(key => [fromText(key), db.type(key)]))
  }

  #share(rules: string): Shared {
    return inWords(() => shareable(rules))
  }

  async #plan(rules: string): Promise<Planned> {
    const { home, wanted } = this.#forHome(rules)
    return home.plan(wanted.policy).catch(refuse)
  }

  async #save(rules: string, mark: string): Promise<object> {
    const { home, wanted } = this.#forHome(rules)
    await home.save(wanted, mark).catch(refuse)
    return {}
  }

  #forHome(rules: string): { readonly home: RulesHome; readonly wanted: HomeRules } {
    const home = this.#source
    if (typeof home === 'string') throw new RequestError('The rules came from nowhere')
    return { home, wanted: inWords(() => readRules(rules)) }
  }
}

/** More than these are nobody's example. */
const KNOWN_KEYS_MAX = 1000

function homeView(source: BenchOptions['source']): HomeView | undefined {
  if (source === 'sample') return undefined
  if (source === 'link') return { kind: 'link', name: '', isWritable: false }
  return { kind: source.kind, name: source.name, isWritable: true }
}

/** What the server has refused, where it stands; in its own words if that cannot be found. */
function refusedIn(rules: string, error: string): Applied['refused'] {
  const refused = findingsIn(rules).filter(({ isRefused }) => isRefused)
  if (refused.length > 0) return refused
  const place = { line: 1, column: 1, length: 0, user: '' }
  return [{ severity: 'error', isRefused: true, ...place, message: error, why: '', cure: '' }]
}

/** Rules that Redis would refuse are the fault of the question. */
function inWords<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    return refuse(error)
  }
}

function refuse(error: unknown): never {
  if (!(error instanceof PolicyError || error instanceof HomeError)) throw error
  throw new RequestError(toText(error.message))
}

function grade(id: string, rules: string) {
  const graded = gradeExercise(id, rules)
  if (graded === undefined) throw new RequestError('There is no such exercise')
  return graded
}

function solution(id: string) {
  const found = solveExercise(id)
  if (found === undefined) throw new RequestError('There is no such exercise')
  return found
}

function userView(user: User): UserView {
  const [root, ...others] = user.selectors.map(({ text }) => toText(text))
  return {
    name: toText(user.name),
    enabled: user.enabled,
    rules: [root, ...others.map(text => `(${text})`)].join(' '),
  }
}

function textIn(body: unknown, name: string): string {
  const value: unknown = Object(body)[name]
  if (typeof value !== 'string') throw new RequestError(`${name} is missing`)
  return value
}
