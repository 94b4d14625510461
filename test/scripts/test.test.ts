// `npm test` with words runs the test files that have them in their path, and no other.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'

const script = path.join(import.meta.dirname, '../../scripts/test.mjs')

function run(...words: readonly string[]) {
  // The runner that runs this test tells those below it, by the environment, to be its children.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^_?TAP/.test(name)),
  )
  return spawnSync(process.execPath, [script, ...words], { encoding: 'utf8', env })
}

t.test('words choose files', async t => {
  const { status, stdout } = run('util/crc', 'no-such-file')
  t.equal(status, 0, stdout)
  const files = [...stdout.matchAll(/^ok \d+ - (\S+)/gm)].map(([, file]) => file)
  t.strictSame(files, ['test/util/crc.test.ts'])
})

t.test('a word that no path has is an error', async t => {
  const { status, stderr } = run('no-such-file')
  t.equal(status, 1)
  t.equal(stderr, 'No test file has no-such-file in its path.\n')
})
