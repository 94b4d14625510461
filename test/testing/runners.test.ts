// Each runner runs its own example: what its fixture does, and what a failing test prints.

import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = path.join(root, 'test', 'examples', 'runners')

function program(name: string): string {
  return path.join(root, 'node_modules', ...name.split('/'))
}

interface Runner {
  readonly folder?: string
  readonly args: readonly string[]
  readonly passes: RegExp
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  'node:test': { args: ['--test', 'node.test.mjs'], passes: /^# pass 3$/m },
  vitest: {
    args: [program('vitest/vitest.mjs'), 'run', 'vitest.test.mjs'],
    passes: /Tests +2 passed/,
  },
  mocha: { args: [program('mocha/bin/mocha.js'), 'mocha.test.mjs'], passes: /2 passing/ },
  'jest, CommonJS': {
    folder: 'jest-cjs',
    args: [program('jest/bin/jest.js')],
    passes: /Tests: +2 passed/,
  },
  'jest, ES modules': {
    folder: 'jest-esm',
    args: ['--experimental-vm-modules', program('jest/bin/jest.js')],
    passes: /Tests: +2 passed/,
  },
  tap: { args: ['tap.test.mjs'], passes: /^# \{ total: 4, pass: 4 \}$/m },
}

function run({ folder = '', args }: Runner, extra: NodeJS.ProcessEnv) {
  // The runner that runs this test must not be taken for that of the example.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_TEST)/.test(name))
  const child = spawn(process.execPath, args, {
    cwd: path.join(examples, folder),
    env: { ...Object.fromEntries(inherited), NODE_OPTIONS: '', NO_COLOR: '1', ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return new Promise<{ readonly status: number | null; readonly output: string }>(resolve => {
    child.on('close', status => resolve({ status, output }))
  })
}

for (const [name, runner] of Object.entries(RUNNERS)) {
  t.test(name, async t => {
    const good = await run(runner, {})
    t.equal(good.status, 0, good.output)
    t.match(good.output, runner.passes)
    t.notMatch(good.output, 'randomSeed')
    const bad = await run(runner, { FAIL_ON_PURPOSE: '1' })
    t.not(bad.status, 0)
    t.match(bad.output, /this test ran with randomSeed \d+/)
  })
}
