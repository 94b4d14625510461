// What was learned from an application, on a real redis-server: its scenario passes with the rules,
// and for each rule that is taken away, something is refused.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Test } from 'tap'
import { type LearnedUser, learn, startRedis } from '../../src/index.ts'
import { NO_REAL_SERVER, type RealServer, realIsAtLeast, startReal } from './real.ts'

type Scenario = (env: Readonly<Record<string, string>>) => Promise<void>

async function scenario(name: string): Promise<Scenario> {
  // BullMQ leaves promises behind that nobody waits for, and they are rejected.
  if (name === 'jobs') return env => runProgram(name, env)
  const { run } = await import(path.join(import.meta.dirname, `../examples/acl/${name}.mjs`))
  return run
}

async function runProgram(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const file = path.join(import.meta.dirname, `../examples/acl/${name}.mjs`)
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${name} ended with ${code}`)
}

const ANYTHING = 'on nopass ~* &* +@all'

/** What each user needs for the scenario, from a recording over TLS. */
async function learned(run: Scenario, names: readonly string[]): Promise<readonly LearnedUser[]> {
  const users = Object.fromEntries(names.map(name => [name, ANYTHING]))
  const redis = await startRedis({ users: { default: 'off', ...users } })
  try {
    await run(redis.env({ username: names[0] ?? '', password: 'any' }))
    return learn(redis.calls).users
  } finally {
    await redis.close()
  }
}

/** A real server with the learned users, and one that steers it. */
class Stage {
  readonly #run: Scenario
  readonly #real: RealServer
  readonly #users: readonly LearnedUser[]

  constructor(run: Scenario, real: RealServer, users: readonly LearnedUser[]) {
    this.#run = run
    this.#real = real
    this.#users = users
  }

  /** Plays the scenario; what went wrong, first for the application and then in ACL LOG. */
  async play(without?: string): Promise<readonly string[]> {
    const admin = await this.#real.connect()
    await admin.ask('FLUSHALL')
    // A script that is known already would spare the EVAL that loads it.
    await admin.ask('SCRIPT', 'FLUSH')
    await admin.ask('ACL', 'LOG', 'RESET')
    for (const { name, rules } of this.#users) {
      const words = rules
        .map(({ rule }) => rule)
        .filter(rule => `${name} ${rule}` !== without && isKnown(rule))
      const { reply } = await admin.call('ACL', 'SETUSER', name, 'reset', 'on', 'nopass', ...words)
      if (reply.type === 'error') throw new Error(`${name}: ${reply.text}`)
    }
    const faults: string[] = []
    const [{ name: username = '' } = {}] = this.#users
    const { port } = this.#real
    await this.#run({
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(port),
      REDIS_USERNAME: username,
      REDIS_PASSWORD: 'any',
    }).catch((error: Error) => faults.push(error.message))
    const { reply } = await admin.call('ACL', 'LOG', '1')
    const isEmpty = reply.type === 'array' && reply.items.length === 0
    if (!isEmpty) faults.push('ACL LOG tells of a refusal')
    admin.close()
    return faults
  }
}

/** CLIENT SETINFO came with 7.2; older servers know neither the command nor a rule about it. */
function isKnown(rule: string): boolean {
  return rule !== '+client|setinfo' || realIsAtLeast(7, 2)
}

const IS_LONG = process.env['TEST_LONG'] !== undefined

/** For tap: skipped without a real server; with TEST_LONG it takes minutes. */
export const STAGE_OPTIONS = { skip: NO_REAL_SERVER, ...(IS_LONG && { timeout: 600_000 }) }

/**
 * Plays an example of test/examples/acl with what was learned from it, and without one rule of
 * every so many, because a scenario without its rights may be slow to give up. With TEST_LONG each
 * rule is taken away; that each is needed is also proved by replay, within learn().
 */
export async function proveOnRealServer(
  t: Test,
  name: string,
  users: readonly string[],
  every: number,
): Promise<void> {
  const run = await scenario(name)
  const found = await learned(run, users)
  t.strictSame(found.map(user => user.name).sort(), [...users].sort(), 'users were told apart')
  const stage = await open(t, run, users, found)
  t.strictSame(await stage.play(), [], 'the scenario passes')
  const rules = found.flatMap(user => user.rules.map(({ rule }) => `${user.name} ${rule}`))
  const chosen = rules.filter((rule, i) => isKnown(ruleOf(rule)) && (IS_LONG || i % every === 0))
  let broken = 0
  for (const rule of chosen) {
    const faults = await stage.play(rule)
    t.not(faults.length, 0, `something is refused without ${rule}`)
    if (!faults[0]?.startsWith('ACL LOG')) broken++
  }
  t.comment(`${broken} of ${chosen.length} end the scenario, the others are in ACL LOG only`)
}

function ruleOf(userAndRule: string): string {
  return userAndRule.split(' ')[1] ?? ''
}

async function open(
  t: Test,
  run: Scenario,
  names: readonly string[],
  users: readonly LearnedUser[],
): Promise<Stage> {
  const real = await startReal()
  t.teardown(() => real.close())
  return new Stage(
    run,
    real,
    [...users].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name)),
  )
}
