// A program of which a test waits for what it says, and which it ends.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Test } from 'tap'
import { CLI } from './cli.ts'

/** Started, and told when it says something. */
export function startCli(t: Test, words: readonly string[]) {
  const [program = '', ...before] = CLI
  const child: ChildProcess = spawn(program, [...before, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const said = { stdout: '', stderr: '' }
  let hear = (): void => {}
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', chunk => {
      said[name] += chunk
      hear()
    })
  }
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const until = (text: string, stream: keyof typeof said = 'stdout'): Promise<void> =>
    new Promise((resolve, reject) => {
      hear = () => {
        if (said[stream].includes(text)) resolve()
      }
      hear()
      void ended.then(() => reject(new Error(`Ended without ${text}: ${said.stderr}`)))
    })
  return { child, said, ended, until }
}
