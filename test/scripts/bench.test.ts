// The benchmark's short version: that it runs to its end and says a ratio for each row. Not how large
// a ratio is, for that is the machine's affair.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'

const root = path.join(import.meta.dirname, '../..')
const missing = ['redis-server', 'redis-benchmark'].find(
  command => spawnSync(command, ['--version']).error !== undefined,
)
const isBuilt = fs.existsSync(path.join(root, 'dist/esm/cli/main.js'))
const skip =
  missing !== undefined ? `no ${missing} on the PATH` : !isBuilt && 'the package is not built'

t.test('the short benchmark says a ratio for each row', { skip, timeout: 110_000 }, async t => {
  const json = path.join(t.testdir({}), 'bench.json')
  const main = path.join(root, 'scripts/bench/main.ts')
  const loader = import.meta.resolve('tsx')
  const args = ['--import', loader, main, '--short', '--json', json]
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const { rows } = JSON.parse(fs.readFileSync(json, 'utf8'))
  const lines = new Set(rows.map(({ line }: { line: number }) => line))
  t.strictSame([...lines], [1, 2, 3, 4, 5, 6, 7, 8])
  for (const { name, ratio } of rows) t.ok(Number.isFinite(ratio.median), name)
})
