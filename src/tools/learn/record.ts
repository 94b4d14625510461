// Runs an application against a server that lets it do everything and takes down what it does.
// Whoever logs in is let in, under whatever name, so that each user's calls are told apart.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Client } from '../../engine/client.ts'
import type { RedisServer } from '../../engine/server.ts'
import type { Args } from '../../resp3/args.ts'
import type { Command } from '../../table/command.ts'
import type { RunningRedis } from '../../testing/running.ts'
import { startRedis } from '../../testing/start.ts'
import type { Learner } from '../learn.ts'

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

/**
 * Resolves to the program's exit code. What it prints goes to standard error.
 * @throws Error if the program cannot be started
 */
export async function record(learner: Learner, options: RecordOptions): Promise<number> {
  const redis = await startRedis(options.isPlain ? { tls: false } : {})
  acceptAnybody(redis.server)
  redis.on('command', call => learner.add(call))
  const { user } = options
  const login = user === undefined ? {} : { username: user, password: PASSWORD }
  try {
    return await runProgram(options, redis, redis.env(login))
  } finally {
    await redis.close()
  }
}

const EVERYTHING = ['on', 'nopass', '~*', '&*', '+@all'] as const

/** Makes the users that clients log in as, before they do. */
function acceptAnybody(server: RedisServer): void {
  const { users } = server
  const arrived = (_client: Client, command: Command, args: Args): undefined => {
    const name = loginName(command.name, args)
    if (name !== undefined && users.get(name) === undefined) users.setuser(name, EVERYTHING)
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

function runProgram(
  { command, forMs }: RecordOptions,
  redis: RunningRedis,
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  const place = placeOf(redis, variables)
  const [program = '', ...args] = command.map(word =>
    word.replaceAll(/\{([a-z]+)\}/g, (whole, name) => place.get(name) ?? whole),
  )
  const child = spawn(program, args, {
    env: { ...process.env, ...variables },
    stdio: ['inherit', process.stderr, 'inherit'],
  })
  const timer = forMs === undefined ? undefined : setTimeout(() => child.kill('SIGTERM'), forMs)
  // Ctrl-C reaches the program as well; what it did until then is reported.
  const stop = forwardTo(child)
  return new Promise<number>((resolve, reject) => {
    child.once('error', error => reject(new Error(`Cannot run ${program}: ${error.message}`)))
    child.once('close', (code, signal) =>
      resolve(code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1)),
    )
  }).finally(() => {
    clearTimeout(timer)
    stop()
  })
}

function forwardTo(child: ChildProcess): () => void {
  const ignore = (): void => {}
  const pass = (): void => {
    child.kill('SIGTERM')
  }
  process.on('SIGINT', ignore)
  process.on('SIGTERM', pass)
  return () => {
    process.off('SIGINT', ignore)
    process.off('SIGTERM', pass)
  }
}

/** What the words in braces stand for in the program's arguments. */
function placeOf(
  { host, port, tls }: RunningRedis,
  variables: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map([
    ['url', variables['REDIS_URL'] ?? ''],
    ['host', host],
    ['port', String(port)],
    ['ca', tls?.caFile ?? ''],
    ['cert', tls?.certFile ?? ''],
    ['key', tls?.keyFile ?? ''],
    ['user', variables['REDIS_USERNAME'] ?? ''],
    ['password', variables['REDIS_PASSWORD'] ?? ''],
  ])
}
