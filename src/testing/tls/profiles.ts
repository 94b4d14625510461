// The catalogue of TLS faults: one row a profile, in the order in which it is documented. A row
// says what the server does and what a right client does about it; how it is done stands in
// effects.ts, and what clients report of it in test/recorded/tls-reports.json, which is measured.

import { suggest } from '../../util/suggest.ts'

export type ProfileGroup = 'certificate' | 'protocol' | 'client certificate' | 'behaviour'

/**
 * What is asked of a client: to work (`accept`); not to send a single command (`refuse`); to end
 * with an error in reasonable time (`fail`); or nothing, for both ways are in order (`either`).
 */
export type Expectation = 'accept' | 'refuse' | 'fail' | 'either'

export interface Profile {
  readonly name: TlsProfileName
  readonly group: ProfileGroup
  readonly expects: Expectation
  /** What is odd about the server, in one sentence. */
  readonly what: string
  /** What a right client does. */
  readonly right: string
  /** `tls check` runs it unless other profiles are named. */
  readonly isChecked: boolean
  /** Clients reach it by address instead of by name. */
  readonly byAddress: boolean
}

type Row<N extends string = string> = readonly [
  name: N,
  expects: Expectation,
  what: string,
  right: string,
  marks?: string,
]

/** Marks: `c` is checked by default, `a` is reached by address. */
function rows(group: ProfileGroup, list: readonly Row<TlsProfileName>[]): Profile[] {
  return list.map(([name, expects, what, right, marks = '']) => ({
    name,
    group,
    expects,
    what,
    right,
    isChecked: marks.includes('c'),
    byAddress: marks.includes('a'),
  }))
}

const CERTIFICATE = [
  ['valid', 'accept', 'Nothing is wrong.', 'Works.', 'c'],
  ['expired', 'refuse', 'The certificate ended yesterday.', 'Refuses it.', 'c'],
  ['not-yet-valid', 'refuse', 'The certificate begins tomorrow.', 'Refuses it.', 'c'],
  ['wrong-host', 'refuse', 'The certificate is for other.example.', 'Compares the name.', 'c'],
  [
    'ip-without-san',
    'refuse',
    'The server is reached by its address, and the certificate has names only.',
    'Compares the address too.',
    'ca',
  ],
  ['cn-only', 'either', 'The name stands in the common name alone.', 'May fall back on it.'],
  ['self-signed', 'refuse', 'The certificate is signed by itself.', 'Refuses it.', 'c'],
  [
    'self-signed-root-in-chain',
    'refuse',
    'The chain leads to a root that is sent along, and that nobody trusts.',
    'Trusts no root because the server sent it.',
    'c',
  ],
  ['untrusted-root', 'refuse', 'Another authority signed it.', 'Refuses it.', 'c'],
  [
    'missing-intermediate',
    'refuse',
    'The certificate comes without the intermediate that leads to the root.',
    'Refuses it, for it cannot know the authority.',
    'c',
  ],
  [
    'name-constraint',
    'refuse',
    'The intermediate may only vouch for other.example.',
    'Refuses the name.',
    'c',
  ],
  ['server-wrong-eku', 'refuse', 'The certificate is for clients.', 'Checks its purpose.', 'c'],
  [
    'revoked',
    'either',
    'The certificate stands on the revocation list of its authority.',
    'Refuses it if it was given the list.',
  ],
  ['sha1', 'either', 'The signature is made with SHA-1.', 'Refuses it if its policy says so.'],
  ['rsa1024', 'either', 'The key is RSA with 1024 bits.', 'Refuses it if its policy says so.'],
  ['rsa', 'accept', 'The key is RSA with 2048 bits.', 'Works.'],
  ['intermediate', 'accept', 'The chain has an intermediate, as it should.', 'Works.', 'c'],
  ['reversed-chain', 'accept', 'Two intermediates come in the wrong order.', 'Works all the same.'],
  ['extra-certificate', 'accept', 'A certificate too many is sent.', 'Passes over it.'],
  ['huge-certificate', 'accept', 'The certificate has a thousand names.', 'Works.'],
] as const satisfies readonly Row[]

const PROTOCOL = [
  ['tls12-only', 'accept', 'The server speaks TLS 1.2 only.', 'Works.', 'c'],
  ['tls13-only', 'accept', 'The server speaks TLS 1.3 only.', 'Works.', 'c'],
  ['tls10-only', 'refuse', 'The server speaks TLS 1.0 only.', 'Refuses so old a version.'],
  ['tls11-only', 'refuse', 'The server speaks TLS 1.1 only.', 'Refuses so old a version.', 'c'],
  ['no-common-cipher', 'fail', 'The server has only ciphers that nobody offers.', 'Says so.', 'c'],
  ['no-common-group', 'fail', 'The server has only a group that nobody offers.', 'Says so.'],
  ['unknown-sni', 'fail', 'The server knows no host of that name (alert 112).', 'Says so.'],
  ['alert-internal-error', 'fail', 'The server gives up with alert 80.', 'Says so.'],
  [
    'plaintext',
    'refuse',
    'There is no TLS on the port, but plain Redis.',
    'Never goes on without TLS.',
    'c',
  ],
  ['http', 'fail', 'A web server answers on the port.', 'Says so.'],
  ['garbage', 'fail', 'Bytes without sense come from the port.', 'Says so.'],
  ['ocsp-good', 'accept', 'A stapled OCSP response says that all is well.', 'Works.'],
  [
    'ocsp-revoked',
    'either',
    'A stapled OCSP response says that the certificate was revoked.',
    'Refuses it if it looks.',
  ],
  ['ocsp-garbage', 'either', 'What is stapled is no OCSP response.', 'Refuses it if it looks.'],
  ['no-resumption', 'accept', 'No session can be resumed.', 'Shakes hands anew each time.'],
  [
    'resumption-breaks',
    'accept',
    'Sessions are handed out, and whoever brings one back gets alert 80.',
    'Comes again without the session.',
  ],
] as const satisfies readonly Row[]

const CLIENT_CERTIFICATE = [
  [
    'client-certificate-required',
    'accept',
    'The server requires a client certificate.',
    'Shows the one that it was given.',
    'c',
  ],
  [
    'client-certificate-required-tls12',
    'accept',
    'The same in TLS 1.2.',
    'Shows the one that it was given.',
  ],
  ['client-certificate-unknown-ca', 'fail', 'The client is refused: alert 48.', 'Says so.', 'c'],
  ['client-certificate-expired', 'fail', 'The client is refused: alert 45.', 'Says so.'],
  ['client-certificate-bad', 'fail', 'The client is refused: alert 42.', 'Says so.'],
  ['client-certificate-unsupported', 'fail', 'The client is refused: alert 43.', 'Says so.'],
  ['client-certificate-revoked', 'fail', 'The client is refused: alert 44.', 'Says so.'],
  [
    'client-certificate-reset',
    'fail',
    'The client is refused by a reset, without a reason.',
    'Says so.',
  ],
  ['client-certificate-fin', 'fail', 'The client is refused by hanging up.', 'Says so.'],
] as const satisfies readonly Row[]

const BEHAVIOUR = [
  ['rst-on-accept', 'fail', 'The connection is reset at once.', 'Says so.'],
  ['fin-on-accept', 'fail', 'The connection is closed at once.', 'Says so.'],
  ['rst-mid-handshake', 'fail', 'It is reset after the client has spoken.', 'Says so.', 'c'],
  ['fin-mid-handshake', 'fail', 'It is closed after the client has spoken.', 'Says so.'],
  ['stall-handshake', 'fail', 'The server never answers.', 'Has a connect time-out.', 'c'],
  [
    'stall-mid-handshake',
    'fail',
    'The server falls silent in the middle of its first answer.',
    'Has a connect time-out.',
  ],
  [
    'stall-after-handshake',
    'fail',
    'The handshake is done, and no command is ever answered.',
    'Has a time-out for commands.',
    'c',
  ],
  [
    'half-open',
    'fail',
    'After its first reply the server is gone, without a word.',
    'Has a time-out for commands.',
  ],
  ['rst-after-handshake', 'fail', 'It is reset after the handshake.', 'Says so.'],
  ['rst-after-command', 'fail', 'It is reset at the first command.', 'Says so.', 'c'],
  [
    'no-close-notify',
    'fail',
    'TCP ends after the first reply, without the end of TLS.',
    'Takes it for a loss.',
  ],
  ['slow-drip', 'accept', '256 bytes come at a time, with pauses.', 'Works.', 'c'],
  ['one-byte-records', 'accept', 'Each byte comes in a TLS record of its own.', 'Works.', 'c'],
  ['bad-record', 'fail', 'One bit of the first reply is turned over.', 'Says so.', 'c'],
  ['truncated-record', 'fail', 'The first reply ends in its middle.', 'Says so.'],
  ['oversized-record', 'fail', 'The first reply is a record longer than allowed.', 'Says so.'],
  [
    'rotation',
    'accept',
    'The first connection sees one certificate, all later ones another.',
    'Works.',
  ],
] as const satisfies readonly Row[]

/** The names of the profiles. */
export type TlsProfileName = (
  | typeof CERTIFICATE
  | typeof PROTOCOL
  | typeof CLIENT_CERTIFICATE
  | typeof BEHAVIOUR
)[number][0]

export const PROFILES: readonly Profile[] = [
  ...rows('certificate', CERTIFICATE),
  ...rows('protocol', PROTOCOL),
  ...rows('client certificate', CLIENT_CERTIFICATE),
  ...rows('behaviour', BEHAVIOUR),
]

/** @throws RangeError naming the profile that was meant, or all that there are */
export function profileNamed(name: string): Profile {
  const found = PROFILES.find(profile => profile.name === name)
  if (found !== undefined) return found
  const names = PROFILES.map(profile => profile.name)
  const meant = suggest(String(name), names)
  const hint = meant === undefined ? `There are: ${names.join(' ')}` : `Did you mean '${meant}'?`
  throw new RangeError(`There is no TLS profile '${name}'. ${hint}`)
}
