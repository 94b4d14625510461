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
  /** Of the examples, or an absolute path. */
  readonly folder?: string
  readonly args: readonly string[]
  readonly passes: RegExp
}

const RUNNERS: Readonly<Record<string, Runner>> = {
  'node:test': { args: ['--test', '--test-reporter=tap', 'node.test.mjs'], passes: /^# pass 7$/m },
  vitest: {
    args: [program('vitest/vitest.mjs'), 'run', 'vitest.test.mjs'],
    passes: /Tests +6 passed/,
  },
  mocha: { args: [program('mocha/bin/mocha.js'), 'mocha.test.mjs'], passes: /4 passing/ },
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
  tap: { args: ['tap.test.mjs'], passes: /^# \{ total: 9, pass: 9 \}$/m },
}

function run({ folder = '', args }: Runner, extra: NodeJS.ProcessEnv) {
  // The runner that runs this test must not be taken for that of the example.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_TEST)/.test(name))
  const child = spawn(process.execPath, args, {
    cwd: path.resolve(examples, folder),
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

// ---- Tests that run at once ----------------------------------------------------------------------

const AT_ONCE: Readonly<
  Record<string, Runner & { readonly file: string; readonly source: string; readonly cure: RegExp }>
> = {
  vitest: {
    args: [program('vitest/vitest.mjs'), 'run'],
    file: 'once.test.mjs',
    source: `
import { test } from 'vitest'
import { useRedis } from 'redis-tls-mock/vitest'
const fixture = useRedis({ per: 'test' })
for (const n of [1, 2]) test.concurrent('test ' + n, () => console.log('ran', fixture.redis.port))`,
    passes: /2 failed/,
    cure: /take `test` from 'redis-tls-mock\/vitest'/,
  },
  jest: {
    args: [program('jest/bin/jest.js')],
    file: 'once.test.cjs',
    source: `
const { useRedis } = require('redis-tls-mock/jest')
const fixture = useRedis({ per: 'file' })
for (const n of [1, 2]) test.concurrent('test ' + n, async () => {
  console.log('ran', fixture.redis.port)
})`,
    passes: /2 failed/,
    cure: /await using redis = await startRedis/,
  },
  'node:test': {
    args: ['--test', '--test-reporter=tap', 'once.test.mjs'],
    file: 'once.test.mjs',
    source: `
import { describe, test } from 'node:test'
import { useRedis } from 'redis-tls-mock/node-test'
describe('all', { concurrency: true }, () => {
  const fixture = useRedis({ per: 'test' })
  for (const n of [1, 2]) test('test ' + n, async () => {
    console.log('ran', fixture.redis.port)
    await new Promise(setImmediate)
    fixture.redis
  })
})`,
    passes: /^# fail [23]$/m,
    cure: /await redisFor\(t\)/,
  },
}

for (const [name, runner] of Object.entries(AT_ONCE)) {
  t.test(`${name}, tests that run at once`, async t => {
    const folder = t.testdir({
      [runner.file]: runner.source,
      'jest.config.cjs': "module.exports = { testMatch: ['**/*.test.cjs'] }",
      'vitest.config.mjs': 'export default {}',
    })
    const { status, output } = await run({ ...runner, folder }, {})
    t.not(status, 0)
    t.match(output, runner.passes)
    t.match(output, /Tests that run at once cannot share the server of useRedis\(\)/)
    t.match(output, runner.cure)
  })
}
