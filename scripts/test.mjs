// `npm test`: formats and types, then every test, and at the end which files took longest.
// `npm test -- WORD ...`: only the test files whose path contains one of the words, at once.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const TAP = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
/** These see how long programs take, and want the machine for themselves. */
const ALONE = /^test\/(tls\/check-|cli\/tls-check\.)/
const SLOWEST = 10

/** Test files whose path contains one of the words; all, if there are none. */
function testFiles(words) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .map(file => `test/${file.replaceAll(sep, '/')}`)
    .filter(file => file.endsWith('.test.ts'))
    .filter(file => words.length === 0 || words.some(word => file.includes(word)))
    .sort()
}

/** Whether the program succeeds. */
function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0
}

/** Runs test files, so many at a time; what they say is kept in a folder as well. */
function runTests(files, jobs, folder) {
  const options = [`--jobs=${jobs}`, `--output-dir=${folder}`]
  return files.length === 0 || run(process.execPath, [TAP, 'run', ...options, ...files])
}

/** Milliseconds, as the last line of a test's output says. */
function timeOf(file, folder) {
  const output = join(folder, `${file}.tap`)
  const text = existsSync(output) ? readFileSync(output, 'utf8') : ''
  return Number(/^# time=([\d.]+)ms$/m.exec(text)?.[1] ?? 0)
}

function printSlowest(files, folder) {
  const times = files.map(file => [timeOf(file, folder), file]).sort(([a], [b]) => b - a)
  console.log('\nThe slowest files, in seconds:')
  for (const [ms, file] of times.slice(0, SLOWEST)) {
    console.log(`${(ms / 1000).toFixed(1).padStart(7)}  ${file}`)
  }
}

function main(words) {
  const files = testFiles(words)
  if (files.length === 0) {
    console.error(`No test file has ${words.join(' or ')} in its path.`)
    return false
  }
  const isAll = words.length === 0
  if (isAll && !run('npm', ['run', '-s', 'check'])) return false
  const folder = mkdtempSync(join(tmpdir(), 'tests-'))
  try {
    const [alone, together] = [true, false].map(is => files.filter(file => ALONE.test(file) === is))
    if (!runTests(together, 2, folder) || !runTests(alone, 1, folder)) return false
    if (isAll) printSlowest(files, folder)
    return true
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = main(process.argv.slice(2)) ? 0 : 1
