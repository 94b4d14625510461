// Runs a program beside a server that it is told of: by REDIS_URL and the like, and by {url},
// {port} and the like in its arguments.

import { type ChildProcess, spawn } from 'node:child_process'
import type { ClientPlace, ConnectionVariables } from '../testing/connect-options.ts'
import { systemReason } from '../util/system-error.ts'

export interface ProgramOptions {
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** What {host}, {port}, {ca}, {cert} and {key} stand for. */
  readonly place: ClientPlace
  /** What it finds in its environment; {url}, {user} and {password} stand for what is in it. */
  readonly variables: ConnectionVariables
  /** Where its standard output goes. Default: where ours does. */
  readonly output?: NodeJS.WriteStream
  /** Asks it to end after so long. Default: it ends by itself. */
  readonly forMs?: number | undefined
}

/** How it ended; one of both is null. */
export interface ProgramExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** We were asked to end meanwhile: it is not to be run again. */
  readonly isInterrupted: boolean
}

/** A program that is not there, or that may not be run. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly isMissing: boolean

  constructor(program: string, error: NodeJS.ErrnoException) {
    super(`Cannot run ${program}: ${systemReason(error)}`)
    this.isMissing = error.code === 'ENOENT'
  }
}

/** @throws ProgramError */
export function runProgram(options: ProgramOptions): Promise<ProgramExit> {
  const { command, variables, forMs } = options
  const place = wordsOf(options)
  const [program = '', ...args] = command.map(word =>
    word.replaceAll(/\{([a-z0-9]+)\}/g, (whole, name) => place.get(name) ?? whole),
  )
  const child = spawn(program, args, {
    env: { ...process.env, ...variables },
    stdio: ['inherit', options.output ?? 'inherit', 'inherit'],
  })
  const timer = forMs === undefined ? undefined : setTimeout(() => child.kill('SIGTERM'), forMs)
  const interruption = forwardTo(child)
  return new Promise<ProgramExit>((resolve, reject) => {
    child.once('error', error => reject(new ProgramError(program, error)))
    child.once('close', (code, signal) =>
      resolve({ code, signal, isInterrupted: interruption.came }),
    )
  }).finally(() => {
    clearTimeout(timer)
    interruption.stop()
  })
}

/** What ends a program is its own affair: we go when it has gone. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function forwardTo(child: ChildProcess): { came: boolean; readonly stop: () => void } {
  const listeners = SIGNALS.map(signal => {
    // Ctrl-C reaches the program as well, and twice would be once too often.
    const isFromTerminal = signal === 'SIGINT' && process.stdin.isTTY
    const listener = (): void => {
      interruption.came = true
      if (!isFromTerminal) child.kill(signal)
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  const interruption = {
    came: false,
    stop() {
      for (const stop of listeners) stop()
    },
  }
  return interruption
}

/** Files for JVM clients, where there are any; Java is told of them in arguments. */
function storesIn(variables: ConnectionVariables): (readonly [string, string])[] {
  return [
    ['p12', variables['REDIS_TLS_P12_FILE'] ?? ''],
    ['truststore', variables['REDIS_TLS_TRUSTSTORE_FILE'] ?? ''],
  ]
}

/** What the words in braces stand for in the program's arguments. */
function wordsOf({ place, variables }: ProgramOptions): ReadonlyMap<string, string> {
  const { host, port, tls } = place
  return new Map([
    ['url', variables.REDIS_URL],
    ['host', host],
    ['port', String(port)],
    ['ca', tls?.caFile ?? ''],
    ['cert', tls?.certFile ?? ''],
    ['key', tls?.keyFile ?? ''],
    ...(variables['REDIS_TLS_P12_FILE'] === undefined ? [] : storesIn(variables)),
    ['user', variables['REDIS_USERNAME'] ?? ''],
    ['password', variables['REDIS_PASSWORD'] ?? ''],
  ])
}
