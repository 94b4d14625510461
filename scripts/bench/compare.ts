// npm run bench:compare BASE [ROUNDS]: what a change did. Builds the git revision BASE aside and
// runs it and the working tree's build in turn under the same load. What is compared is the server's
// processor time for a request, which other programs on the machine disturb less than the clock; and
// the instructions it executed, where perf may count them.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Load, rate } from './load.ts'
import { type Peer, PROGRAM, processorSeconds, startOurs } from './peers.ts'
import { figure } from './report.ts'
import { spread } from './row.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const [base, rounds = '5'] = process.argv.slice(2)
const LOADS: readonly (readonly [string, Load, number])[] = [
  ['TLS GET, pipeline 1', { test: 'get', pipeline: 1 }, 30_000],
  ['TLS SET, pipeline 16', { test: 'set', pipeline: 16 }, 400_000],
  ['TLS GET, pipeline 64', { test: 'get', pipeline: 64 }, 600_000],
  ['plain SET, pipeline 64', { test: 'set', pipeline: 64, isPlain: true }, 800_000],
  ['TLS ZADD, pipeline 16', { test: 'zadd', pipeline: 16 }, 200_000],
]

/** A clone of that revision with this tree's packages, built. */
function build(revision: string): { readonly program: string; remove(): void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-compare-'))
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('git', ['clone', '-q', '--shared', '--no-checkout', root, folder])
    execFileSync('git', ['checkout', '-q', '--detach', revisionId(revision)], { cwd: folder })
    // Links, for a build is made in node_modules before it is put in its place.
    const modules = path.join(folder, 'node_modules')
    fs.mkdirSync(modules)
    for (const name of fs.readdirSync(path.join(root, 'node_modules'))) {
      if (!name.startsWith('.build-')) {
        fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name))
      }
    }
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: folder, stdio: 'inherit' })
  } catch (error) {
    remove()
    throw error
  }
  return { program: path.join(folder, 'dist/esm/cli/main.js'), remove }
}

function revisionId(revision: string): string {
  const args = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
}

const canCount =
  spawnSync('perf', ['stat', '-x,', '-e', 'instructions:u', 'true'], { encoding: 'utf8' })
    .stderr?.split('\n')
    .some(line => /^\d+,/.test(line)) ?? false

interface Cost {
  readonly microseconds: number
  /** Undefined where perf cannot count. */
  readonly instructions: number | undefined
}

/** What a request costs the server. */
async function cost(server: Peer, load: Load, requests: number): Promise<Cost> {
  const counter = canCount ? startCounting(server.pid) : undefined
  const before = processorSeconds(server.pid) ?? Number.NaN
  await rate(server, load, requests)
  const seconds = (processorSeconds(server.pid) ?? Number.NaN) - before
  const total = await counter?.()
  return {
    microseconds: (seconds / requests) * 1e6,
    instructions: total === undefined ? undefined : total / requests,
  }
}

function startCounting(pid: number): () => Promise<number> {
  const child = spawn('perf', ['stat', '-x,', '-e', 'instructions:u', '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.on('data', chunk => {
    text += chunk
  })
  return () =>
    new Promise(resolve => {
      child.once('close', () => resolve(Number(/^(\d+),/m.exec(text)?.[1] ?? Number.NaN)))
      child.kill('SIGINT')
    })
}

function row(name: string, unit: string, now: readonly number[], then: readonly number[]): void {
  const change = spread(now.map((value, i) => value / (then[i] ?? Number.NaN)))
  const range = `${change.median.toFixed(3)} (${change.min.toFixed(3)}-${change.max.toFixed(3)})`
  const medians = [then, now].map(values => figure(spread(values).median))
  console.log(`| ${[name, unit, ...medians, range].join(' | ')} |`)
}

async function compare(program: string): Promise<void> {
  const [then, now] = await Promise.all([startOurs(program), startOurs(PROGRAM)])
  console.log(`| load | a request's | ${base} | now | now / ${base} |\n|---|---|---|---|---|`)
  try {
    for (const [name, load, requests] of LOADS) {
      const costs: [Cost[], Cost[]] = [[], []]
      for (let round = -1; round < Number(rounds); round++) {
        for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const measured = await cost(side === 0 ? then : now, load, requests)
          // The first round warms up.
          if (round >= 0) costs[side as 0 | 1].push(measured)
        }
      }
      const [old, fresh] = costs
      row(
        name,
        'µs of processor',
        fresh.map(it => it.microseconds),
        old.map(it => it.microseconds),
      )
      if (canCount) {
        const of = (list: readonly Cost[]): number[] =>
          list.map(it => it.instructions ?? Number.NaN)
        row(name, 'instructions', of(fresh), of(old))
      }
    }
  } finally {
    await Promise.all([then.stop(), now.stop()])
  }
}

if (base === undefined) {
  console.error('Usage: npm run bench:compare BASE [ROUNDS]')
  process.exit(2)
}
const built = build(base)
try {
  await compare(built.program)
} finally {
  built.remove()
}
