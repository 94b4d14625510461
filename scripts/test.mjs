// `npm test`: formats and types, then every test, and at the end which files took longest.
// `npm test -- WORD ...`: only the test files whose path contains one of the words, at once.
//
// A line a file is printed, what was skipped, and at the very end what failed and why. What fails
// beside others is run once more by itself: a machine that was too busy for it is no fault of what it
// tests. Where it passes then, it is named as unsteady.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const TAP = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
/** These see how long programs take, and want the machine for themselves. */
const ALONE = /^test\/(tls\/check-|cli\/tls-check\.)/
const SLOWEST = 10
/** So much is printed of what failed. */
const FAILURES_OF_FILE = 5
const LINES_OF_FAILURE = 25
/** More failed files than this are no matter of a busy machine. */
const AGAIN = 5

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

/** Runs test files, so many at a time; what they say is kept in a folder. The files that failed. */
async function runTests(files, jobs, folder) {
  if (files.length === 0) return []
  const options = [`--jobs=${jobs}`, `--output-dir=${folder}`, '--reporter=tap']
  const stdio = ['inherit', 'pipe', 'inherit']
  const child = spawn(process.execPath, [TAP, 'run', ...options, ...files], { cwd: root, stdio })
  const passed = new Set()
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^(not )?ok |^# \{|^Bail out/.test(line) || line.includes('# SKIP')) console.log(line)
    passed.add(/^ok \d+ - (\S+)/.exec(line)?.[1])
  }
  return files.filter(file => !passed.has(file))
}

/** Lines that a test file printed; none, if it never ran. */
function outputOf(file, folder) {
  const output = join(folder, `${file}.tap`)
  return existsSync(output) ? readFileSync(output, 'utf8').split('\n') : []
}

/** What failed in a file, each assertion with what is said of it. */
function failuresOf(file, folder) {
  const lines = outputOf(file, folder)
  const failures = []
  for (const [at, line] of lines.entries()) {
    if (!/^ *not ok .*[^{]$/.test(line) || /# (TODO|SKIP)/.test(line)) continue
    const indent = line.search(/\S/)
    const rest = lines.slice(at + 1, at + 1 + LINES_OF_FAILURE)
    const end = rest.findIndex(next => next.trim() === '...' || next.search(/\S/) <= indent)
    failures.push([line, ...rest.slice(0, end < 0 ? undefined : end)].join('\n'))
  }
  return failures
}

function printFailures(files, folder) {
  for (const file of files) {
    const failures = failuresOf(file, folder)
    console.log(`\nFAILED  ${file}`)
    console.log(failures.slice(0, FAILURES_OF_FILE).join('\n') || 'It did not end well.')
    if (failures.length > FAILURES_OF_FILE)
      console.log(`... and ${failures.length - FAILURES_OF_FILE} more`)
  }
}

/** Milliseconds, as the last line of a test's output says. */
function timeOf(file, folder) {
  const last = outputOf(file, folder).findLast(line => /^# time=/.test(line))
  return Number(/[\d.]+/.exec(last ?? '')?.[0] ?? 0)
}

function printSlowest(files, folder) {
  const times = files.map(file => [timeOf(file, folder), file]).sort(([a], [b]) => b - a)
  console.log('\nThe slowest files, in seconds:')
  for (const [ms, file] of times.slice(0, SLOWEST)) {
    console.log(`${(ms / 1000).toFixed(1).padStart(7)}  ${file}`)
  }
}

async function main(words) {
  const files = testFiles(words)
  if (files.length === 0) {
    console.error(`No test file has ${words.join(' or ')} in its path.`)
    return false
  }
  const isAll = words.length === 0
  if (isAll && !run('npm', ['run', '-s', 'check'])) return false
  const folder = mkdtempSync(join(tmpdir(), 'tests-'))
  const again = join(folder, 'again')
  try {
    const [alone, together] = [true, false].map(is => files.filter(file => ALONE.test(file) === is))
    const failed = [...(await runTests(together, 2, folder)), ...(await runTests(alone, 1, folder))]
    if (isAll) printSlowest(files, folder)
    if (failed.length === 0) return true

    printFailures(failed, folder)
    if (failed.length > AGAIN) return false
    console.log('\nOnce more, one at a time:')
    const still = await runTests(failed, 1, again)
    if (still.length > 0) printFailures(still, again)
    else console.log(`\nUnsteady, for they passed alone: ${failed.join(', ')}`)
    return still.length === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
