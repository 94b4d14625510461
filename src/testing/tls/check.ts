// Runs a program against a server for each TLS profile and judges, from both ends, whether it did
// what is right: what the server saw of it, and how it ended.

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { type RunningRedis, startRedis } from '../start.ts'
import { cureFor, type Fault, type Library, recognize } from './cures.ts'
import type { Sighting } from './lab.ts'
import type { Profile } from './profiles.ts'

export interface CheckOptions {
  /** The program and its arguments; `{url}` and the like are filled in. */
  readonly command: readonly string[]
  readonly profiles: readonly Profile[]
  /** After so long without an end the program counts as hung, and is ended. Default: 10000. */
  readonly timeoutMs?: number
  /** How many programs run at the same time. Default: 4. */
  readonly jobs?: number
  /** Hears of each result as it comes. */
  readonly onResult?: (result: ProfileResult) => void
}

/** `accepted`, `refused`, `hung` and `plaintext` are findings where they are not what is right. */
export type Outcome = 'worked' | 'accepted' | 'refused' | 'failed' | 'hung' | 'plaintext'

export interface ProfileResult {
  readonly profile: Profile
  readonly outcome: Outcome
  readonly isRight: boolean
  /** What both ends saw, in a sentence. */
  readonly story: string
  /** Undefined where the program was ended. */
  readonly exitCode: number | undefined
  readonly seconds: number
  /** The last line that the program wrote, as a rule its error. */
  readonly lastLine: string
  readonly fault: Fault | undefined
}

/** One fault of the program, however many profiles showed it. */
export interface Finding {
  readonly fault: Fault | undefined
  /** In a few words: `verification is switched off`. */
  readonly title: string
  readonly profiles: readonly string[]
  /** The line to change, for the library that was recognised. */
  readonly cure: string | undefined
}

export interface CheckReport {
  readonly command: readonly string[]
  readonly library: Library | undefined
  readonly results: readonly ProfileResult[]
  readonly findings: readonly Finding[]
  readonly seconds: number
}

/** @throws Error if the program cannot be started */
export async function checkClient(options: CheckOptions): Promise<CheckReport> {
  const { command, profiles, jobs = 4 } = options
  const started = performance.now()
  const waiting = [...profiles]
  const runs = new Map<Profile, RunOfProfile>()
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const run = await runProfile(next, options)
      runs.set(next, run)
      options.onResult?.(run.result)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work))
  const ordered = profiles.flatMap(profile => runs.get(profile) ?? [])
  const library = libraryOf(command, ordered)
  const results = ordered.map(({ result }) => result)
  return {
    command,
    library,
    results,
    findings: findingsIn(results, library),
    seconds: (performance.now() - started) / 1000,
  }
}

interface RunOfProfile {
  readonly result: ProfileResult
  readonly output: string
  readonly sightings: readonly Sighting[]
}

const TIMEOUT_MS = 10_000
const OUTPUT_MAX = 16_384
const LINE_MAX = 200

async function runProfile(profile: Profile, options: CheckOptions): Promise<RunOfProfile> {
  const redis = await startRedis({ tls: { profile: profile.name } })
  try {
    const started = performance.now()
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    const ended = await runProgram(options.command, placeOf(redis, profile), timeoutMs)
    const seconds = (performance.now() - started) / 1000
    const result = judge(profile, redis.sightings, ended, seconds)
    return { result, output: ended.output, sightings: redis.sightings }
  } finally {
    await redis.close()
  }
}

// ---- Running ------------------------------------------------------------------------------------

/**
 * What a program is told, by the names that its arguments use; files last as long as the server.
 */
function placeOf({ port, tls }: RunningRedis, { byAddress }: Profile): Map<string, string> {
  const host = byAddress ? '127.0.0.1' : 'localhost'
  return new Map([
    ['url', `rediss://${host}:${port}`],
    ['host', host],
    ['port', String(port)],
    ['ca', tls?.caFile ?? ''],
    ['cert', tls?.certFile ?? ''],
    ['key', tls?.keyFile ?? ''],
  ])
}

/** The same as environment variables. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ['REDIS_URL', 'url'],
  ['REDIS_HOST', 'host'],
  ['REDIS_PORT', 'port'],
  ['REDIS_TLS_CA_FILE', 'ca'],
  ['REDIS_TLS_CERT_FILE', 'cert'],
  ['REDIS_TLS_KEY_FILE', 'key'],
]

interface Ended {
  /** Undefined: it had to be ended. */
  readonly exitCode: number | undefined
  readonly output: string
}

function runProgram(
  command: readonly string[],
  place: ReadonlyMap<string, string>,
  timeoutMs: number,
): Promise<Ended> {
  const [program = '', ...args] = command.map(word =>
    word.replaceAll(/\{([a-z]+)\}/g, (whole, name) => place.get(name) ?? whole),
  )
  const given = VARIABLES.map(([variable, name]) => [variable, place.get(name) ?? ''])
  const child = spawn(program, args, {
    env: { ...process.env, ...Object.fromEntries(given) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own, so that what it starts can be ended with it.
    detached: process.platform !== 'win32',
  })
  return new Promise((resolve, reject) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output = (output + chunk).slice(-OUTPUT_MAX)
      })
    }
    let isHung = false
    const timer = setTimeout(() => {
      isHung = true
      endGroup(child)
    }, timeoutMs)
    child.once('error', error => {
      clearTimeout(timer)
      reject(new Error(`Cannot run ${program}: ${error.message}`))
    })
    child.once('close', code => {
      clearTimeout(timer)
      resolve({ exitCode: isHung ? undefined : (code ?? 1), output })
    })
  })
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}

// ---- Judging ------------------------------------------------------------------------------------

function judge(
  profile: Profile,
  sightings: readonly Sighting[],
  { exitCode, output }: Ended,
  seconds: number,
): ProfileResult {
  const outcome = outcomeOf(profile, sightings, exitCode)
  const isRight = RIGHT[profile.expects].includes(outcome)
  return {
    profile,
    outcome,
    isRight,
    story: storyOf(sightings, exitCode),
    exitCode,
    seconds,
    lastLine: lastLineOf(output),
    fault: isRight ? undefined : faultOf(profile, outcome, sightings),
  }
}

const RIGHT: Readonly<Record<Profile['expects'], readonly Outcome[]>> = {
  accept: ['worked'],
  refuse: ['refused', 'failed'],
  fail: ['refused', 'failed', 'accepted'],
  either: ['worked', 'accepted', 'refused', 'failed'],
}

function outcomeOf(
  { expects }: Profile,
  sightings: readonly Sighting[],
  exitCode: number | undefined,
): Outcome {
  const hasSpoken = sightings.some(({ isShaken, hasSpoken }) => isShaken && hasSpoken)
  // Without TLS where TLS is there may be a slip of the program; it never is what was asked for.
  if (sightings.some(({ plaintext }) => plaintext !== undefined)) return 'plaintext'
  if (expects === 'refuse' && hasSpoken) return 'accepted'
  if (exitCode === undefined) return 'hung'
  if (!hasSpoken) return 'refused'
  return exitCode === 0 ? (expects === 'accept' ? 'worked' : 'accepted') : 'failed'
}

/** Faults of verification show in those profiles only that have no other reason to refuse. */
const NAME_PROFILES: ReadonlySet<string> = new Set(['wrong-host', 'ip-without-san'])
const OLD_PROFILES: ReadonlySet<string> = new Set(['tls10-only', 'tls11-only'])

function faultOf(
  { name, group, expects }: Profile,
  outcome: Outcome,
  sightings: readonly Sighting[],
): Fault | undefined {
  if (outcome === 'plaintext') return 'plaintext'
  if (outcome === 'hung') return 'no-timeout'
  if (outcome === 'accepted') {
    if (OLD_PROFILES.has(name)) return 'old-protocol'
    return NAME_PROFILES.has(name) ? 'host-name-unchecked' : 'verification-off'
  }
  const isNameless = sightings.some(({ failure }) => failure?.certificateError === 'NO_CERTIFICATE')
  if (group === 'client certificate' && isNameless) return 'client-certificate'
  const reasons = sightings.map(({ failure }) => failure?.reason ?? '')
  if (expects === 'accept' && reasons.some(reason => reason.includes('unknown ca'))) {
    return 'authority'
  }
  return undefined
}

function storyOf(sightings: readonly Sighting[], exitCode: number | undefined): string {
  const end = exitCode === undefined ? 'had to be ended' : `ended with ${exitCode}`
  const [first] = sightings
  if (first === undefined) return `never connected, ${end}`
  const plain = sightings.find(({ plaintext }) => plaintext !== undefined)
  const best = plain ?? sightings.find(({ hasSpoken }) => hasSpoken) ?? sightings.at(-1) ?? first
  const count = sightings.length > 1 ? ` (${sightings.length} connections)` : ''
  return `${stepOf(best)}${count}, ${end}`
}

function stepOf({ plaintext, isShaken, hasSpoken, clientName, hello }: Sighting): string {
  if (plaintext !== undefined) return `spoke without TLS${plaintext && `: ${plaintext}`}`
  if (!isShaken) return hello === undefined ? 'connected' : 'broke off the handshake'
  const shown = clientName === '' ? 'without certificate' : `as ${clientName}`
  return `shook hands ${shown}, ${hasSpoken ? 'sent commands' : 'sent no command'}`
}

// Colours of a terminal and control characters would spoil every report.
const NOT_PRINTED = /\x1b\[[0-9;]*[A-Za-z]|[^\x20-\x7e\u00a0-\uffff]/g

/** OpenSSL's line with thread, number, function and place, of which the reason is what counts. */
const OPENSSL_LINE = /[0-9A-F]{12,16}:error:[0-9A-F]{8}:[^:]*:[^:]*:([^:]*):.*/

/** The last line that says what an error is, or else the last one. */
function lastLineOf(output: string): string {
  const lines = output.split('\n').map(line => line.replaceAll(NOT_PRINTED, ' ').trim())
  const told = lines.filter(line => line !== '' && !/^(?:at |\^|[{}])/.test(line))
  const line = told.findLast(text => /error|ERR_|timed? ?out|refused/i.test(text)) ?? told.at(-1)
  return (line ?? '').replace(OPENSSL_LINE, '$1').slice(0, LINE_MAX)
}

// ---- Findings -----------------------------------------------------------------------------------

const TITLES: Readonly<Record<Fault, string>> = {
  'verification-off': 'verification of the server certificate is switched off',
  'host-name-unchecked': 'the host name in the certificate is not checked',
  plaintext: 'falls back to plain text',
  'client-certificate': 'shows no client certificate',
  'no-timeout': 'hangs without a time-out',
  'old-protocol': 'speaks TLS 1.1 or older',
  authority: 'does not trust the authority of the server',
  'host-name': 'asks for another host name',
  'tls-off': 'wants TLS where there is none',
  login: 'does not log in',
}

function findingsIn(results: readonly ProfileResult[], library: Library | undefined): Finding[] {
  const wrong = results.filter(({ isRight }) => !isRight)
  const faults = new Map<Fault | undefined, ProfileResult[]>()
  for (const result of wrong) {
    const known = faults.get(result.fault) ?? []
    faults.set(result.fault, [...known, result])
  }
  // Who verifies nothing compares no names either; that is one fault.
  const names = faults.get('host-name-unchecked')
  const verification = faults.get('verification-off')
  if (names && verification) {
    faults.set('verification-off', [...verification, ...names])
    faults.delete('host-name-unchecked')
  }
  return [...faults].map(([fault, found]) => ({
    fault,
    title: fault === undefined ? otherTitle(found) : TITLES[fault],
    profiles: found.map(({ profile }) => profile.name),
    cure: fault && library && cureFor(fault, library),
  }))
}

function otherTitle([first]: readonly ProfileResult[]): string {
  return first?.profile.expects === 'accept'
    ? 'refuses a server that is right'
    : 'does not do what is right'
}

/** By what it calls itself, what it prints, and what the files of the command line contain. */
function libraryOf(command: readonly string[], runs: readonly RunOfProfile[]): Library | undefined {
  const told = runs.flatMap(({ sightings }) => sightings.map(({ library }) => library))
  const texts = [...told, ...command, ...command.map(readSource), ...runs.map(run => run.output)]
  for (const text of texts) {
    const library = recognize(text)
    if (library !== undefined) return library
  }
  return undefined
}

const SOURCE_MAX = 1_000_000

function readSource(word: string): string {
  try {
    const found = fs.statSync(word)
    return found.isFile() && found.size < SOURCE_MAX ? fs.readFileSync(word, 'utf8') : ''
  } catch {
    return ''
  }
}
