// The program, run to its end as a shell would run it.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The program's words before its arguments, for whoever starts it otherwise. */
export const CLI: readonly string[] = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  MAIN,
]

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
    env: { ...process.env, ...options.env },
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
