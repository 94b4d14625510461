// `npm test`: formats and types, then every test, and at the end which files took longest.
// `npm test -- WORD ...`: only the test files whose path contains one of the words, at once.
//
// A line a file is printed, what was skipped, and at the very end what failed and why. What fails
// beside others is run once more by itself: a machine that was too busy for it is no fault of what it
// tests. Where it passes then, it is named as unsteady.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { packSources } from './sources/pack.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** A test file is a program that `tap run` starts so; here without tap's watching of it, which costs
 * each process that a test starts half a second, for a coverage that nobody asks for. */
const { 'node-arg': NODE_ARGS, timeout: TIMEOUT_S } = parse(
  readFileSync(join(root, '.taprc'), 'utf8'),
)
const GRACE_S = 20
const ON_TERMINAL = { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' }
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

/** Whether formats and types are right. */
async function check() {
  const [status] = await once(spawn('npm', ['run', '-s', 'check'], ON_TERMINAL), 'close')
  return status === 0
}

/**
 * Runs test files, so many at a time; what they say is kept in a folder.
 *
 * @param before is done by the first of the jobs before it takes a file; where it resolves to false,
 * no more files are taken
 * @returns the files that failed
 */
async function runTests(files, jobs, folder, before = () => true) {
  const failed = []
  const totals = new Map()
  const left = [...files]
  let ended = 0
  const work = async (_, job) => {
    if (job === 0 && !(await before())) left.length = 0
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const isOk = await runTest(file, folder)
      if (!isOk) failed.push(file)
      const lines = outputOf(file, folder)
      for (const line of lines) if (line.includes('# SKIP')) console.log(line)
      for (const [, name, number] of (lines.findLast(isTotals) ?? '').matchAll(/(\w+): (\d+)/g)) {
        totals.set(name, (totals.get(name) ?? 0) + Number(number))
      }
      const said = `${isOk ? 'ok' : 'not ok'} ${++ended} - ${file}`
      console.log(`${said} # time=${timeOf(file, folder)}ms`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  if (ended > 0) console.log(`# ${Array.from(totals, entry => entry.join(': ')).join(', ')}`)
  return failed.sort()
}

/** The line at the end of a file's output that counts its assertions. */
function isTotals(line) {
  return line.startsWith('# { total:')
}

/** Whether a test file ends well, and says how many tests it has. */
async function runTest(file, folder) {
  const child = spawn(process.execPath, [...NODE_ARGS, file], {
    cwd: root,
    env: { ...process.env, TAP: '1', TAP_TIMEOUT: String(TIMEOUT_S) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // The test ends itself with what it still waits for; not where it computes without end.
  const timer = setTimeout(() => child.kill('SIGKILL'), (TIMEOUT_S + GRACE_S) * 1000)
  const output = join(folder, `${file}.tap`)
  mkdirSync(dirname(output), { recursive: true })
  const written = pipeline(child.stdout, createWriteStream(output))
  const [[status]] = await Promise.all([once(child, 'close'), written])
  clearTimeout(timer)
  return status === 0 && outputOf(file, folder).some(line => /^1\.\.\d/.test(line))
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
  let isRight = true
  await packSources()
  const folder = mkdtempSync(join(tmpdir(), 'tests-'))
  const again = join(folder, 'again')
  try {
    const [alone, together] = [true, false].map(is => files.filter(file => ALONE.test(file) === is))
    const first = async () => {
      if (isAll) isRight = await check()
      return isRight
    }
    const failed = await runTests(together, 2, folder, first)
    if (!isRight) return false
    failed.push(...(await runTests(alone, 1, folder)))
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
