// What is said of a program that ran against one profile: from what the server saw of it and how
// it ended, whether that was right, and if not, which fault it shows.

import { causeIn } from './check-output.ts'
import type { ProgramEnd } from './check-program.ts'
import { countOver, type Habit, isIdle, isUsed } from './check-wire.ts'
import type { Fault } from './cures.ts'
import type { Sighting } from './lab.ts'
import type { Profile } from './profiles.ts'

/**
 * `accepted`, `refused`, `hung` and `plaintext` are findings where they are not what is right;
 * `absent`, that it never connected, is one wherever it did with a server that is right.
 */
export type Outcome = 'worked' | 'accepted' | 'refused' | 'failed' | 'hung' | 'plaintext' | 'absent'

export interface ProfileResult {
  readonly profile: Profile
  readonly outcome: Outcome
  readonly isRight: boolean
  /** What both ends saw, in a sentence. */
  readonly story: string
  /** Undefined where the program was ended. */
  readonly exitCode: number | undefined
  readonly seconds: number
  /** The line of the program's output that says what was wrong, or else its last one. */
  readonly lastLine: string
  /** The last of what the program wrote, on both streams. */
  readonly output: string
  readonly fault: Fault | undefined
}

/** How a program is judged that goes on. */
export interface Manner {
  readonly habit: Habit
  /** One that goes on is wrong. */
  readonly mustEnd: boolean
}

export function judge(
  profile: Profile,
  sightings: readonly Sighting[],
  end: ProgramEnd,
  seconds: number,
  manner: Manner,
): ProfileResult {
  const outcome = outcomeOf(profile, sightings, end, manner)
  const isRight = RIGHT[profile.expects].includes(outcome)
  return {
    profile,
    outcome,
    isRight,
    story: storyOf(sightings, end, outcome),
    exitCode: end.exitCode,
    seconds,
    lastLine: causeIn(end.output),
    output: end.output,
    fault: isRight ? undefined : faultOf(profile, outcome, sightings, end.output),
  }
}

const RIGHT: Readonly<Record<Profile['expects'], readonly Outcome[]>> = {
  accept: ['worked'],
  refuse: ['refused', 'failed'],
  fail: ['refused', 'failed', 'accepted'],
  either: ['worked', 'accepted', 'refused', 'failed'],
}

function outcomeOf(
  profile: Profile,
  sightings: readonly Sighting[],
  { exitCode }: ProgramEnd,
  manner: Manner,
): Outcome {
  const { expects } = profile
  // Without TLS where TLS is there may be a slip of the program; it never is what was asked for.
  if (sightings.some(({ plaintext }) => plaintext !== undefined)) return 'plaintext'
  if (expects === 'refuse' && isUsed(sightings)) return 'accepted'
  if (sightings.every(({ isProbe }) => isProbe)) return 'absent'
  if (exitCode === undefined) return outcomeOfStaying(profile, sightings, manner)
  if (!isUsed(sightings)) return 'refused'
  return exitCode === 0 ? (expects === 'accept' ? 'worked' : 'accepted') : 'failed'
}

/** Of a program that had to be ended: it hung if a connection of it did. */
function outcomeOfStaying(
  profile: Profile,
  sightings: readonly Sighting[],
  { habit, mustEnd }: Manner,
): Outcome {
  if (mustEnd) return 'hung'
  if (profile.expects !== 'fail' && isUsed(sightings)) {
    if (profile.expects === 'either') return 'accepted'
    return habit === 'ends' ? 'hung' : 'worked'
  }
  if (countOver(sightings) > 0) return isUsed(sightings) ? 'failed' : 'refused'
  return isIdle(profile, sightings) ? 'accepted' : 'hung'
}

/** Faults of verification show in those profiles only that have no other reason to refuse. */
const NAME_PROFILES: ReadonlySet<string> = new Set(['wrong-host', 'ip-without-san'])
const OLD_PROFILES: ReadonlySet<string> = new Set(['tls10-only', 'tls11-only'])
const VERSION_PROFILES: ReadonlySet<string> = new Set(['tls12-only', 'tls13-only'])
const SLOW_PROFILES: ReadonlySet<string> = new Set(['slow-drip', 'one-byte-records'])

function faultOf(
  { name, group, expects }: Profile,
  outcome: Outcome,
  sightings: readonly Sighting[],
  output: string,
): Fault | undefined {
  if (outcome === 'plaintext') {
    const hasTls = sightings.some(({ hello }) => hello !== undefined)
    return hasTls || name !== 'valid' ? 'plaintext' : 'tls-missing'
  }
  if (outcome === 'absent') return undefined
  if (outcome === 'hung') return 'no-timeout'
  if (outcome === 'accepted') {
    if (OLD_PROFILES.has(name)) return 'old-protocol'
    return NAME_PROFILES.has(name) ? 'host-name-unchecked' : 'verification-off'
  }
  const isNameless = sightings.some(({ failure }) => failure?.certificateError === 'NO_CERTIFICATE')
  if (group === 'client certificate' && isNameless) return 'client-certificate'
  if (expects !== 'accept') return undefined
  const reasons = sightings.map(({ failure }) => failure?.reason ?? '')
  const isUnknown = reasons.some(reason => reason.includes('unknown ca'))
  if (isUnknown || (!isUsed(sightings) && UNTRUSTED.test(output))) return 'authority'
  if (name === 'valid') return undefined
  if (VERSION_PROFILES.has(name)) return 'version'
  return SLOW_PROFILES.has(name) ? 'impatience' : 'narrowness'
}

/** Some clients end the handshake as if all were well, and tell nobody but their program. */
const UNTRUSTED = new RegExp(
  [
    'unable to (?:verify the first|get local issuer|find valid certification)',
    'self.signed certificate in|unknown authority|PKIX path building|UntrustedRoot|PartialChain',
  ].join('|'),
  'i',
)

function storyOf(sightings: readonly Sighting[], end: ProgramEnd, outcome: Outcome): string {
  const how = endOf(end, outcome)
  const [first] = sightings
  if (first === undefined) return `never connected, ${how}`
  const plain = sightings.find(({ plaintext }) => plaintext !== undefined)
  const best = plain ?? sightings.find(({ hasSpoken }) => hasSpoken) ?? sightings.at(-1) ?? first
  const count = sightings.length > 1 ? ` (${sightings.length} connections)` : ''
  return `${stepOf(best)}${count}, ${how}`
}

function endOf({ exitCode }: ProgramEnd, outcome: Outcome): string {
  if (exitCode !== undefined) return `ended with ${exitCode}`
  return outcome === 'hung' || outcome === 'absent' ? 'had to be ended' : 'kept running'
}

function stepOf(sighting: Sighting): string {
  const { plaintext, isShaken, hasSpoken, clientName, hello, isProbe, failure } = sighting
  if (plaintext !== undefined) {
    // Whoever speaks Redis so was not told of TLS, or in a place where it does not look.
    const hint = /^\w+$/.test(plaintext) && plaintext !== 'HTTP' ? ' (TLS is not switched on)' : ''
    return `spoke without TLS${plaintext && `: ${plaintext}`}${hint}`
  }
  if (isProbe) return 'connected without a word'
  if (!isShaken) {
    const alert = /alert ([a-z ]+)/.exec(failure?.reason ?? '')?.[1]
    if (hello === undefined) return 'connected'
    return `broke off the handshake${alert === undefined ? '' : ` (${alert.trim()})`}`
  }
  const shown = clientName === '' ? 'without certificate' : `as ${clientName}`
  return `shook hands ${shown}, ${hasSpoken ? 'sent commands' : 'sent no command'}`
}
