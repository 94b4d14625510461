// Runs an application against a server that lets it do everything and takes down what it does.
// Whoever logs in is let in, under whatever name, so that each user's calls are told apart. And
// runs it once more against a server that has what was learned, to see whether that is enough.

import type { Client } from '../../engine/client.ts'
import type { RedisServer } from '../../engine/server.ts'
import type { Args } from '../../resp3/args.ts'
import type { Command } from '../../table/command.ts'
import type { RunningRedis } from '../../testing/running.ts'
import { startRedis } from '../../testing/start.ts'
import type { LearnedUser, Learner } from '../learn.ts'
import { runProgram } from '../program.ts'

export interface RecordOptions {
  /** The program and its arguments; `{url}` and the like are filled in. */
  readonly command: readonly string[]
  /** The user that the application is told to log in as. Default: none, the default user. */
  readonly user?: string | undefined
  /** Without TLS. */
  readonly isPlain?: boolean
  /** Asks the program to end after so long. Default: it ends by itself. */
  readonly forMs?: number | undefined
}

/** What anybody may log in with. */
const PASSWORD = 'recording'

/** How a program ended. */
export interface Run {
  readonly exitCode: number
  /** By Ctrl-C: it is not to be run again. */
  readonly isInterrupted: boolean
}

/** How it ended as the learned users, and what they were denied. */
export interface Proof extends Run {
  /** `SET lock:1: NOPERM …`, each once. */
  readonly denials: readonly string[]
}

/**
 * Runs the program once. What it prints goes to standard error.
 * @throws Error if the program cannot be started
 */
export async function record(learner: Learner, options: RecordOptions): Promise<Run> {
  const redis = await startRedis(options.isPlain ? { tls: false } : {})
  letIn(redis.server, () => EVERYTHING)
  redis.on('command', call => learner.add(call))
  return runThere(redis, options)
}

/** Runs the program once more, with the rules of the users and no others. */
export async function prove(users: readonly LearnedUser[], options: RecordOptions): Promise<Proof> {
  const redis = await startRedis(options.isPlain ? { tls: false } : {})
  const rules = new Map(users.map(one => [one.name, one.rules.map(({ rule }) => rule)]))
  const rulesOf = (name: string): readonly string[] | undefined => {
    const words = rules.get(name)
    return words && ['reset', 'on', 'nopass', ...words]
  }
  redis.server.users.setuser('default', rulesOf('default') ?? ['reset'])
  letIn(redis.server, rulesOf)
  const denials = new Set<string>()
  redis.on('command', ({ command, keys, channels, error = '' }) => {
    if (!/^(?:NOPERM|NOAUTH|WRONGPASS) /.test(error)) return
    const words = [command.toUpperCase().replace('|', ' '), ...keys, ...channels]
    denials.add(`${words.join(' ')}: ${error}`)
  })
  return { ...(await runThere(redis, options)), denials: [...denials] }
}

async function runThere(redis: RunningRedis, options: RecordOptions): Promise<Run> {
  const { user } = options
  const login = user === undefined ? {} : { username: user, password: PASSWORD }
  try {
    const { code, signal, isInterrupted } = await runProgram({
      command: options.command,
      place: redis,
      variables: redis.env(login),
      output: process.stderr,
      forMs: options.forMs,
    })
    const exitCode = code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1)
    return { exitCode, isInterrupted }
  } finally {
    await redis.close()
  }
}

const EVERYTHING = ['on', 'nopass', '~*', '&*', '+@all'] as const

/** Makes the users that clients log in as, before they do; those without rules stay unknown. */
function letIn(
  server: RedisServer,
  rulesOf: (name: string) => readonly string[] | undefined,
): void {
  const { users } = server
  const arrived = (_client: Client, command: Command, args: Args): undefined => {
    const name = loginName(command.name, args)
    const rules = name === undefined ? undefined : rulesOf(name)
    if (name !== undefined && rules !== undefined && users.get(name) === undefined) {
      users.setuser(name, rules)
    }
    // AUTH with one word is refused where the default user has no password.
    if (command.name === 'auth' && args.count === 2 && users.default.nopass) {
      users.setuser('default', [`>${args.text(1)}`])
    }
  }
  server.features.use({ arrived })
}

function loginName(command: string, args: Args): string | undefined {
  if (command === 'auth' && args.count === 3) return args.text(1)
  if (command !== 'hello') return undefined
  for (let i = 2; i < args.count - 2; i++) if (args.is(i, 'AUTH')) return args.text(i + 1)
  return undefined
}
