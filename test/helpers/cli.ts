// The program, run to its end as a shell would run it.

import { type ChildProcess, spawn } from 'node:child_process'
import readline from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PROGRAM, TYPESCRIPT } from './typescript.ts'

/** The program's words before its arguments, for whoever starts it otherwise. */
export const CLI: readonly string[] = [process.execPath, ...PROGRAM]

export interface CliEnd {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Has the process as soon as there is one. */
  readonly started?: (child: ChildProcess) => void
}

export function cli(words: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  const [program = '', ...before] = CLI
  const child = spawn(program, [...before, ...words], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  options.started?.(child)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', chunk => {
      said[name] += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', status => resolve({ status, ...said }))
  })
}

const RUNNER = fileURLToPath(new URL('cli-runner.ts', import.meta.url))

export interface Runner {
  /** All that a subcommand writes, and its exit code. */
  run(...words: readonly string[]): Promise<{ readonly said: Buffer; readonly code: number }>
  stop(): void
}

/** Subcommands of the program, one after the other in one process. */
export function startRunner(): Runner {
  const child = spawn(process.execPath, [...TYPESCRIPT, RUNNER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async run(...words) {
      child.stdin.write(`${JSON.stringify(words)}\n`)
      const { said, code } = JSON.parse((await answers.next()).value)
      return { said: Buffer.from(said, 'base64'), code }
    },
    // Tools that serve take the gentler signals for their own end.
    stop: () => child.kill('SIGKILL'),
  }
}
