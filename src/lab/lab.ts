// The lab: a server to practise on, and a page on loopback to edit its rules, act as its users and
// see what happens on it.

import { CATEGORIES } from '../acl/category.ts'
import type { User } from '../acl/user.ts'
import { applyUserChanges } from '../engine/authentication.ts'
import { refuseProblems } from '../policy/explain.ts'
import { readAclPolicy } from '../policy/policy.ts'
import { splitWords } from '../resp3/words.ts'
import type { RunningRedis } from '../testing/running.ts'
import { startRedis } from '../testing/start.ts'
import { fromText, toText } from '../util/bytes.ts'
import { ActivityFeed } from './activity.ts'
import { ConsoleSession } from './console.ts'
import { exerciseViews, gradeExercise } from './exercises.ts'
import { findingsIn } from './findings.ts'
import { LabHttp, RequestError, type Route } from './http.ts'
import { commandViews, matrixOf } from './matrix.ts'
import { PageFiles } from './page-files.ts'
import type { Applied, Checked, LabState, Matrix, Ran, TrialResult, UserView } from './protocol.ts'
import { replyText } from './reply-text.ts'
import { SAMPLE_DATA, SAMPLE_RULES } from './sample.ts'
import { runTrial, trialViews } from './trials.ts'
import { verdictOn } from './verdict.ts'

export interface LabOptions {
  /** Where the built page is. */
  readonly pageFolder: string
  /** The page's port. Default: any free one. */
  readonly port?: number
  /** The server's port. Default: any free one. */
  readonly redisPort?: number
  /** The text of an ACL file to begin with. Default: a sample, with data. */
  readonly rules?: string
}

export interface RunningLab {
  /** The page's address, with the token in it. */
  readonly url: string
  readonly redis: RunningRedis
  close(): Promise<void>
}

/** @throws Error if the page is not built, a port is taken or the rules cannot be read */
export async function openLab(options: LabOptions): Promise<RunningLab> {
  const files = new PageFiles(options.pageFolder)
  const rules = options.rules ?? SAMPLE_RULES
  refuseProblems(readAclPolicy(fromText(rules)))
  const redis = await startRedis({ port: options.redisPort ?? 0 })
  const bench = new Bench(redis, rules)
  if (options.rules === undefined) redis.seed(SAMPLE_DATA)
  const web = new LabHttp(files, {
    routes: bench.routes,
    subscribe: send => bench.feed.subscribe(send),
  })
  const close = async (): Promise<void> => {
    bench.close()
    await web.close()
    await redis.close()
  }
  try {
    return { url: await web.listen(options.port ?? 0), redis, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the page can ask for. */
class Bench {
  readonly feed: ActivityFeed
  readonly routes: ReadonlyMap<string, Route>
  readonly #redis: RunningRedis
  readonly #sessions = new Map<string, ConsoleSession>()
  #applied = { rules: '', users: '' }

  constructor(redis: RunningRedis, rules: string) {
    this.#redis = redis
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
      categories: CATEGORIES,
      exercises: exerciseViews(),
      trials: trialViews(),
    }
  }

  #check(rules: string): Checked {
    return { findings: findingsIn(rules) }
  }

  #apply(rules: string): Applied {
    const { server } = this.#redis
    const { changes, error } = server.users.load(fromText(rules), 'line')
    if (error !== undefined) return { error: toText(error) }
    applyUserChanges(server, changes)
    server.endTurn()
    this.#applied = { rules, users: server.users.save() }
    return { error: undefined }
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
    const verdict = verdictOn(user, words)
    const reply = await session.run(words)
    return {
      user: toText(user.name),
      command,
      verdict,
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

  #resetLog(): Applied {
    this.#redis.server.aclLog.reset()
    return { error: undefined }
  }
}

function grade(id: string, rules: string) {
  const graded = gradeExercise(id, rules)
  if (graded === undefined) throw new RequestError('There is no such exercise')
  return graded
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
