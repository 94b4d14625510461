// What is said of a program that ran against one profile: from what the server saw of it and how
// it ended, whether that was right, and if not, which fault it shows.

import type { ProgramEnd } from './check-program.ts'
import type { Fault } from './cures.ts'
import type { Sighting } from './lab.ts'
import type { Profile } from './profiles.ts'

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

const LINE_MAX = 200

export function judge(
  profile: Profile,
  sightings: readonly Sighting[],
  { exitCode, output }: ProgramEnd,
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
