// The example programs, as `tls check` judges them.

import { spawnSync } from 'node:child_process'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type CheckReport, checkClient } from '../../src/testing/tls/check.ts'
import { PROFILES, type Profile } from '../../src/testing/tls/profiles.ts'

const FOLDER = new URL('../examples/tls/', import.meta.url)

const PYTHON = ['/usr/bin/python3', 'python3'].find(
  command => spawnSync(command, ['-c', 'import redis']).status === 0,
)

/** For tap's skip option. */
export const NO_PYTHON: string | false = PYTHON === undefined ? 'no redis-py' : false

const HUNG_AFTER_MS = 5000

/** Every profile for those that are right, where a start of a program costs half a second. */
const IS_LONG = process.env['TEST_LONG'] !== undefined

export function commandFor(file: string): string[] {
  const script = fileURLToPath(new URL(file, FOLDER))
  return [file.endsWith('.py') ? (PYTHON ?? 'python3') : process.execPath, script]
}

/** With the profiles that are checked by default, or with those of them that tell most. */
export function check(file: string, names?: readonly string[]): Promise<CheckReport> {
  const isPlayed = ({ name, isChecked }: Profile): boolean =>
    names === undefined ? IS_LONG || isChecked : names.includes(name)
  return checkClient({
    command: commandFor(file),
    timeoutMs: HUNG_AFTER_MS,
    profiles: PROFILES.filter(isPlayed),
  })
}

/** Everything about a report that a test wants to compare at once. */
export function findingsOf({ findings }: CheckReport): (readonly [string | undefined, string])[] {
  return findings.map(({ fault, profiles }) => [fault, profiles.join(' ')])
}

export function sayWhatWasSeen(t: Test, { results, seconds }: CheckReport): void {
  t.comment(`${results.length} profiles in ${seconds.toFixed(1)} s`)
  for (const { isRight, profile, outcome, story, lastLine } of results) {
    if (!isRight) t.comment(`${profile.name}: ${outcome}, ${story}, ${lastLine}`)
  }
}

const LIMIT_SECONDS = 20

/** Nothing is found in a program that is right, and that in good time. */
export async function isRight(t: Test, file: string, library: string): Promise<void> {
  const report = await check(file)
  sayWhatWasSeen(t, report)
  t.strictSame(findingsOf(report), [])
  t.equal(report.library, library)
  t.ok(report.results.length > 20, 'there are profiles to be right in')
  // Where others use the processors too, the time says nothing.
  const isBusy = (os.loadavg()[0] ?? 0) > 2 * os.availableParallelism()
  const time = `in ${report.seconds.toFixed(1)} s`
  t.ok(report.seconds < LIMIT_SECONDS, time, { skip: isBusy && 'the machine is busy' })
}

type Manner = 'once' | 'service'

export function played(
  command: readonly string[],
  names: string,
  manner?: Manner,
  timeoutMs?: number,
): Promise<CheckReport> {
  return checkClient({
    command,
    profiles: PROFILES.filter(({ name }) => names.split(' ').includes(name)),
    ...(manner && { manner }),
    ...(timeoutMs && { timeoutMs }),
  })
}

/** A program without a library, which starts faster than one with. */
export const clientThat = (options: string, then: string): string[] => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { readFileSync } from 'node:fs'
  import net from 'node:net'
  import tls from 'node:tls'
  const { env } = process
  const at = { host: env.REDIS_HOST, port: Number(env.REDIS_PORT) }
  const files = { ca: readFileSync(env.REDIS_TLS_CA_FILE), cert: readFileSync(env.REDIS_TLS_CERT_FILE),
    key: readFileSync(env.REDIS_TLS_KEY_FILE) }
  const connect = (options = {}) => tls.connect({ ...at, ...files, ...options })
  const ask = (socket, answered, lost) => {
    socket.setTimeout(3000, () => socket.destroy(new Error('timed out')))
    socket.once('secureConnect', () => socket.write('PING\\r\\n'))
    socket.once('data', () => answered(socket))
    socket.once('error', error => console.error('Error: ' + error.message))
    socket.once('close', () => lost())
  }
  const own = ${options}
  ${then}`,
]

/** It connects again whatever happens. */
export const FOREVER =
  'const again = () => ask(connect(own), () => {}, () => setTimeout(again, 200)); again()'
