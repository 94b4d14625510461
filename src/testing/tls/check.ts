// Runs a program against a server for each TLS profile and judges, from both ends, whether it did
// what is right: what the server saw of it, and how it ended.
//
// What costs time is that programs start. Only so many start at once as the machine has work for;
// one that has connected needs it no more, for it answers quickly or waits for a time-out, so that
// the next one starts beside it.
//
// First of all it meets a server that is right: it has to work with that one, and shows whether it
// ends by itself or goes on, as a service does, which is judged by what its connections did.

import dns from 'node:dns/promises'
import { setMaxListeners } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import { addressText } from '../../transport/connection.ts'
import type { RunningRedis } from '../running.ts'
import { startInLab } from '../start.ts'
import { judge, type ProfileResult } from './check-judge.ts'
import { type Place, Program } from './check-program.ts'
import { type Habit, Watch } from './check-wire.ts'
import { cureFor, type Fault, type Library, recognize } from './cures.ts'
import { Lab, type LabIdentities, makeIdentities, type Sighting } from './lab.ts'
import { Places } from './places.ts'
import { type Profile, profileNamed } from './profiles.ts'

export type { Outcome, ProfileResult } from './check-judge.ts'

export interface CheckOptions {
  /** The program and its arguments; `{url}` and the like are filled in. */
  readonly command: readonly string[]
  readonly profiles: readonly Profile[]
  /** The name or address that it reaches the servers by. Default: localhost. */
  readonly host?: string
  /** Where they listen; others than this machine may reach them then. Default: 127.0.0.1. */
  readonly bind?: string
  /**
   * So long after its first connection, or after its start without one, a program that has not
   * ended counts as hung, and is ended. Default: 10000; for a service 15000.
   */
  readonly timeoutMs?: number
  /**
   * `once`: the program has to end by itself; `service`: it is not expected to. Default: as it does
   * with a server that is right; one that only ends there may go on trying where it is refused.
   */
  readonly manner?: 'once' | 'service'
  /** Whose lines are given as the cure. Default: the one that is recognised. */
  readonly library?: Library
  /**
   * How many programs run at the same time. Default: two for each processor are starting, and
   * eight for each are there.
   */
  readonly jobs?: number
  /** Hears of each result as it comes. */
  readonly onResult?: (result: ProfileResult) => void
  /** Ends the check, and the programs that run. */
  readonly signal?: AbortSignal
}

/** One fault of the program, however many profiles showed it. */
export interface Finding {
  readonly fault: Fault | undefined
  /** In a few words: `verification is switched off`. */
  readonly title: string
  readonly profiles: readonly string[]
  /** The line to change, for the library that was named or recognised. */
  readonly cure: string | undefined
}

export interface CheckReport {
  readonly command: readonly string[]
  readonly library: Library | undefined
  /** The program went on with a server that is right, and was judged by its connections. */
  readonly isService: boolean
  /** It did not work with a server that is right, so that nothing else was tried. */
  readonly isStopped: boolean
  /** In the order of the profiles. */
  readonly results: readonly ProfileResult[]
  readonly findings: readonly Finding[]
  readonly seconds: number
}

const TIMEOUT_MS = 10_000
/** Libraries give up a connection after ten seconds, if nobody says otherwise. */
const SERVICE_TIMEOUT_MS = 15_000
/** So many times the seconds that it took to connect when it was alone. */
const START_FACTOR = 10
const STARTING_PER_PROCESSOR = 2
const RUNNING_PER_PROCESSOR = 8

/** @throws Error if the program cannot be started, or the check was aborted */
export async function checkClient(options: CheckOptions): Promise<CheckReport> {
  const { command, profiles, signal, manner, host = 'localhost' } = options
  const began = performance.now()
  const runs = new Map<Profile, RunOfProfile>()
  const end = new AbortController()
  // Every program that runs listens to it.
  setMaxListeners(0, end.signal)
  const abort = (): void => end.abort(new Error('The check was interrupted'))
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const valid = profileNamed('valid')
  const identities = await makeIdentities([host])
  const check: Check = { options, reached: await reachedBy(host), identities, end, runs }
  let habit: Habit = manner === 'service' ? 'stays' : 'unknown'
  let isStopped = false
  try {
    const first = await runProfile(valid, check, { habit, hasConnected() {} })
    end.signal.throwIfAborted()
    isStopped = !first.result.isRight
    habit = manner === 'service' || first.result.exitCode === undefined ? 'stays' : 'ends'
    if (isStopped || profiles.includes(valid)) {
      runs.set(valid, first)
      options.onResult?.(first.result)
    }
    if (!isStopped) await runAll(check, { habit, startMs: START_FACTOR * first.connectedMs })
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  const ordered = [...new Set([...(isStopped ? [valid] : []), ...profiles])].flatMap(
    profile => runs.get(profile) ?? [],
  )
  const library = options.library ?? libraryOf(command, ordered)
  const results = ordered.map(({ result }) => result)
  const findings = findingsIn(results, library)
  const isService = !isStopped && habit === 'stays'
  const seconds = (performance.now() - began) / 1000
  return { command, library, isService, isStopped, results, findings, seconds }
}

interface RunOfProfile {
  readonly result: ProfileResult
  readonly sightings: readonly Sighting[]
  /** From its start to its first connection. */
  readonly connectedMs: number
}

interface Reached {
  readonly name: string
  readonly address: string
}

/** A program that runs elsewhere may know a name that nobody knows here. */
async function reachedBy(name: string): Promise<Reached> {
  if (name === 'localhost') return { name, address: '127.0.0.1' }
  const found = await dns.lookup(name).catch(() => ({ address: '127.0.0.1' }))
  return { name, address: found.address }
}

interface Check {
  readonly options: CheckOptions
  readonly reached: Reached
  readonly identities: LabIdentities
  readonly end: AbortController
  readonly runs: Map<Profile, RunOfProfile>
}

interface Way {
  readonly habit: Habit
  /** How long it may take to connect. */
  readonly startMs?: number
  /** Is called when it has, or has ended. */
  hasConnected?(): void
}

/** Rejects with the first error, when no program is left. */
async function runAll(check: Check, way: Way): Promise<void> {
  const { options, end, runs } = check
  const processors = os.availableParallelism()
  const running = new Places(options.jobs ?? RUNNING_PER_PROCESSOR * processors)
  const starting = new Places(options.jobs ?? STARTING_PER_PROCESSOR * processors)
  const absent: Profile[] = []
  const work = async (profile: Profile): Promise<void> => {
    const leave = await running.take()
    const hasConnected = await starting.take()
    try {
      const run = await runProfile(profile, check, { ...way, hasConnected })
      end.signal.throwIfAborted()
      if (run.result.outcome === 'absent') absent.push(profile)
      else keep(run)
    } catch (error) {
      end.abort(error)
    } finally {
      hasConnected()
      leave()
    }
  }
  const keep = (run: RunOfProfile): void => {
    runs.set(run.result.profile, run)
    options.onResult?.(run.result)
  }
  await Promise.all(longestFirst(options.profiles.filter(one => !runs.has(one))).map(work))
  end.signal.throwIfAborted()
  // Several at once may be in each other's way, as at a port that all of them listen on.
  for (const profile of absent) {
    keep(await runProfile(profile, check, way))
    end.signal.throwIfAborted()
  }
}

/** Where a client is to give up, it may wait for a time-out; those that work are done at once. */
function longestFirst(profiles: readonly Profile[]): Profile[] {
  const isShort = ({ expects }: Profile): boolean => expects === 'accept'
  return [...profiles.filter(profile => !isShort(profile)), ...profiles.filter(isShort)]
}

async function runProfile(
  profile: Profile,
  { options, reached, identities, end }: Check,
  { habit, startMs = 0, hasConnected }: Way,
): Promise<RunOfProfile> {
  let program: Program | undefined
  let connectedMs = 0
  let seen: readonly Sighting[] | undefined
  const watch = new Watch(profile, habit, () => program?.end())
  const mustEnd = options.manner === 'once'
  const onChange = (): void => {
    if (!mustEnd) watch.look(redis.sightings)
  }
  const onSighting = (): void => {
    hasConnected?.()
    if (redis.sightings.length > 1) return
    connectedMs = performance.now() - began
    program?.hasConnected(timeoutMs)
  }
  const lab = await Lab.open({ profile: profile.name, identities, onSighting, onChange })
  const redis = await startInLab(lab, options.bind)
  const abort = (): void => program?.end()
  end.signal.addEventListener('abort', abort)
  const began = performance.now()
  const usualMs = habit === 'stays' ? SERVICE_TIMEOUT_MS : TIMEOUT_MS
  const { command, timeoutMs = usualMs } = options
  try {
    end.signal.throwIfAborted()
    const place = placeOf(redis, profile.byAddress ? reached.address : reached.name)
    program = new Program(command, place, {
      timeoutMs: Math.max(timeoutMs, startMs),
      // What closes because the program is ended was not closed by it.
      beforeEnd: () => {
        seen = redis.sightings.map(sighting => ({ ...sighting }))
      },
    })
    const ended = await program.ended
    const seconds = (performance.now() - began) / 1000
    const sightings = seen ?? redis.sightings
    const result = judge(profile, sightings, ended, seconds, { habit, mustEnd })
    return { result, sightings, connectedMs }
  } finally {
    watch.stop()
    end.signal.removeEventListener('abort', abort)
    await redis.close()
  }
}

/** The files last as long as the server. */
function placeOf({ port, tls }: RunningRedis, host: string): Place {
  return {
    url: `rediss://${addressText(host, port)}`,
    host,
    port: String(port),
    ca: tls?.caFile ?? '',
    cert: tls?.certFile ?? '',
    key: tls?.keyFile ?? '',
    p12: tls?.p12File ?? '',
    truststore: tls?.truststoreFile ?? '',
    p12Password: tls?.p12Password ?? '',
  }
}

// ---- Findings ----------------------------------------------------------------------------------

const TITLES: Readonly<Record<Fault, string>> = {
  'verification-off': 'verification of the server certificate is switched off',
  'host-name-unchecked': 'the host name in the certificate is not checked',
  plaintext: 'falls back to plain text',
  'client-certificate': 'shows no client certificate',
  'no-timeout': 'hangs without a time-out',
  'old-protocol': 'speaks TLS 1.1 or older',
  authority: 'does not trust the authority of the server',
  'tls-missing': 'speaks no TLS: it was not told to, or in a place where it does not look',
  version: 'does not speak every version of TLS that is in use',
  narrowness: 'refuses a server that is right',
  impatience: 'gives up on a server that is right and slow',
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
  if (first?.outcome === 'absent') return 'never connects'
  return first?.profile.expects === 'accept'
    ? 'refuses a server that is right'
    : 'does not do what is right'
}

/** By what it calls itself, what it prints, and what the files of the command line contain. */
function libraryOf(command: readonly string[], runs: readonly RunOfProfile[]): Library | undefined {
  const told = runs.flatMap(({ sightings }) => sightings.map(({ library }) => library))
  const texts = [
    ...told,
    ...command,
    ...command.map(readSource),
    ...runs.map(run => run.result.output),
  ]
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
