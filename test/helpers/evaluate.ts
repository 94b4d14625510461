// A program in a process of its own that uses the library as it is in src/.

import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Test } from 'tap'
import { TYPESCRIPT } from './typescript.ts'

/** For `import ... from` in such a program. */
export const LIBRARY_SOURCE: string = JSON.stringify(
  path.join(import.meta.dirname, '../../src/index.ts'),
)

/** Resolves to what a program has printed, once it has ended by itself. */
export function evaluate(t: Test, source: string): Promise<string> {
  const args = [...TYPESCRIPT, '--input-type=module', '--eval', source]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  return new Promise(resolve => child.on('close', () => resolve(output.trim())))
}
