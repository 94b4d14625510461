// How each profile is done: which certificate, which TLS options, and what befalls the connection
// below, in and above TLS. A profile without a row here is one where nothing is done.

import { constants, randomBytes } from 'node:crypto'
import net from 'node:net'
import type tls from 'node:tls'
import { ALERT, plainAlert } from '../../transport/alert.ts'
import type { AuthClients } from '../../transport/client-certificate.ts'
import type { ClientHello } from '../../transport/client-hello.ts'
import type { Departures } from '../../transport/tls-endpoint.ts'
import { cut, destroyWhenSent, writeInPieces } from '../pieces.ts'
import type { Authority, CertificateOptions, Identity, OcspStatus } from './authority.ts'
import type { Passing, Wire } from './wire.ts'

/** Who signs what in the lab; clients trust `root`. */
export interface Signers {
  readonly root: Authority
  /** The names and addresses of the server that a right certificate has. */
  readonly hosts: readonly string[]
  /** An authority that nobody trusts. */
  stranger(): Promise<Authority>
}

export interface Material {
  /** PEM, the chain. */
  readonly cert: string
  readonly key: string
  readonly ocsp?: Buffer
}

export interface Effect {
  /** Default: a right certificate. */
  readonly material?: (signers: Signers) => Promise<Material>
  readonly tls?: tls.TlsOptions
  /** Default: `optional`. */
  readonly authClients?: AuthClients
  readonly departures?: Departures
  readonly breaksSessions?: boolean
  /** Has the socket before anything is read from it, and keeps it. */
  readonly accepted?: (raw: net.Socket) => void
  /** Has the socket once the client has spoken. True: it keeps it. */
  readonly spoken?: (raw: net.Socket, hello: ClientHello | undefined) => boolean
  /** TLS goes through a Wire, which is passed to `shaken`. */
  readonly passing?: Passing
  readonly usesWire?: boolean
  /** Has the connection after the handshake. True: it keeps it from the server. */
  readonly shaken?: (socket: net.Socket, wire: Wire | undefined) => boolean
  /** No TLS: who speaks plainly is served plainly. */
  readonly isPlain?: boolean
  /** Another right certificate after the first connection. */
  readonly rotates?: boolean
}

const DAY_MS = 24 * 3600 * 1000
const LAST_HANDSHAKE_BYTES = 60
const INTERNAL_ERROR = 80
const UNRECOGNIZED_NAME = 112
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS)

const byRoot =
  (options: CertificateOptions) =>
  ({ root, hosts }: Signers): Promise<Identity> =>
    root.server(hosts, options)

const stapled =
  (status: OcspStatus | 'garbage') =>
  async ({ root, hosts }: Signers): Promise<Material> => {
    const identity = await root.server(hosts)
    const ocsp = status === 'garbage' ? Buffer.from('no OCSP') : await root.ocsp(identity, status)
    return { cert: identity.cert, key: identity.key, ocsp }
  }

const refusedWith = (alert: number, code: string): Effect => {
  const reason = 'error:0A000086:SSL routines::certificate verify failed'
  return { authClients: 'yes', departures: { refusal: { alert, reason, code } } }
}

const alerted = (description: number): Effect => ({
  spoken: raw => {
    raw.end(plainAlert(description))
    return true
  },
})

const answered = (bytes: string): Effect => ({
  spoken: raw => {
    raw.end(bytes, 'latin1')
    return true
  },
})

/**
 * What befalls the first reply of the server on its way out: it is the next thing that goes there
 * once the client has said something.
 */
const firstReply = (passing: Passing): Effect => ({
  usesWire: true,
  shaken: (socket, wire) => {
    socket.once('data', () => {
      if (wire) wire.passing = passing
    })
    return false
  },
})

const afterHandshake = (act: (socket: net.Socket, wire: Wire) => void): Effect => ({
  usesWire: true,
  shaken: (socket, wire) => {
    if (wire) act(socket, wire)
    return true
  },
})

const only = (version: tls.SecureVersion): Effect => ({
  tls: { minVersion: version, maxVersion: version, secureOptions: 0 },
})

/** Such versions need a security level that OpenSSL has by default no more. */
const onlyOld = (version: tls.SecureVersion): Effect => ({
  tls: { minVersion: version, maxVersion: version, secureOptions: 0, ciphers: 'ALL@SECLEVEL=0' },
})

const isName = (host: string): boolean => net.isIP(host) === 0

/** A name that no host of the server has, whatever it is called. */
function foreignName(hosts: readonly string[]): string {
  const domains = ['example', 'test', 'invalid']
  const isFree = (domain: string): boolean => !hosts.some(host => host.endsWith(`.${domain}`))
  return `other.${domains.find(isFree) ?? randomBytes(8).toString('hex')}`
}

/** As long as a common name may be. */
const COMMON_NAME_MAX = 64

/** Each name that clients may ask for. Who looks at one of them alone takes the last. */
function commonNames(hosts: readonly string[]): readonly string[] {
  return hosts.filter(host => isName(host) && host.length <= COMMON_NAME_MAX).reverse()
}

const CERTIFICATES: Readonly<Record<string, Effect>> = {
  expired: { material: byRoot({ from: inDays(-30), to: inDays(-1) }) },
  'not-yet-valid': { material: byRoot({ from: inDays(1), to: inDays(30) }) },
  'wrong-host': { material: ({ root, hosts }) => root.server([foreignName(hosts)]) },
  'ip-without-san': { material: ({ root, hosts }) => root.server(hosts.filter(isName)) },
  'cn-only': {
    material: ({ root, hosts }) => root.server([], { commonName: commonNames(hosts) }),
  },
  'self-signed': { material: byRoot({ isSelfSigned: true }) },
  'self-signed-root-in-chain': {
    async material({ stranger, hosts }) {
      const authority = await stranger()
      const { cert, key } = await authority.server(hosts)
      return { cert: cert + authority.cert, key }
    },
  },
  'untrusted-root': {
    material: async ({ stranger, hosts }) => (await stranger()).server(hosts),
  },
  'missing-intermediate': {
    async material({ root, hosts }) {
      const { leaf, key } = await (await root.intermediate()).server(hosts)
      return { cert: leaf, key }
    },
  },
  'name-constraint': {
    async material({ root, hosts }) {
      const narrow = await root.intermediate({ permittedDomains: [foreignName(hosts)] })
      return narrow.server(hosts)
    },
  },
  'server-wrong-eku': { material: byRoot({ purposes: ['client'] }) },
  revoked: {
    async material({ root, hosts }) {
      const identity = await root.server(hosts)
      root.revoke(identity)
      return identity
    },
  },
  sha1: { material: byRoot({ hash: 'SHA-1' }), tls: { ciphers: 'DEFAULT@SECLEVEL=0' } },
  rsa1024: { material: byRoot({ keyType: 'rsa-1024' }), tls: { ciphers: 'DEFAULT@SECLEVEL=0' } },
  rsa: { material: byRoot({ keyType: 'rsa' }) },
  intermediate: {
    material: async ({ root, hosts }) => (await root.intermediate()).server(hosts),
  },
  'reversed-chain': {
    async material({ root, hosts }) {
      const upper = await root.intermediate({ name: 'redis-tls-mock upper CA' })
      const lower = await upper.intermediate({ name: 'redis-tls-mock lower CA' })
      const { leaf, key } = await lower.server(hosts)
      return { cert: leaf + upper.cert + lower.cert, key }
    },
  },
  'extra-certificate': {
    async material({ root, stranger, hosts }) {
      const { cert, key } = await root.server(hosts)
      return { cert: cert + (await stranger()).cert, key }
    },
  },
  'huge-certificate': {
    material: ({ root, hosts }) =>
      root.server([...hosts, ...Array.from({ length: 1000 }, (_, i) => `host-${i}.example`)]),
  },
}

const PROTOCOLS: Readonly<Record<string, Effect>> = {
  'tls12-only': only('TLSv1.2'),
  'tls13-only': only('TLSv1.3'),
  'tls10-only': onlyOld('TLSv1'),
  'tls11-only': onlyOld('TLSv1.1'),
  'no-common-cipher': {
    tls: { maxVersion: 'TLSv1.2', secureOptions: 0, ciphers: 'AECDH-NULL-SHA@SECLEVEL=0' },
  },
  'no-common-group': { tls: { minVersion: 'TLSv1.3', ecdhCurve: 'brainpoolP512r1' } },
  'unknown-sni': alerted(UNRECOGNIZED_NAME),
  'alert-internal-error': alerted(INTERNAL_ERROR),
  plaintext: { isPlain: true },
  http: answered('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  garbage: answered('\x00\x7f\xff\x01 what has no sense to anybody \x80\x81\r\n'),
  'ocsp-good': { material: stapled('good') },
  'ocsp-revoked': { material: stapled('revoked') },
  'ocsp-garbage': { material: stapled('garbage') },
  'no-resumption': { tls: { secureOptions: constants.SSL_OP_NO_TICKET } },
  'resumption-breaks': { breaksSessions: true },
}

const CLIENT_CERTIFICATES: Readonly<Record<string, Effect>> = {
  'client-certificate-required': { authClients: 'yes' },
  'client-certificate-required-tls12': { ...only('TLSv1.2'), authClients: 'yes' },
  'client-certificate-unknown-ca': refusedWith(ALERT.unknownCa, 'UNABLE_TO_GET_ISSUER_CERT'),
  'client-certificate-expired': refusedWith(ALERT.certificateExpired, 'CERT_HAS_EXPIRED'),
  'client-certificate-bad': refusedWith(ALERT.badCertificate, 'CERT_NOT_YET_VALID'),
  'client-certificate-unsupported': refusedWith(ALERT.unsupportedCertificate, 'INVALID_PURPOSE'),
  'client-certificate-revoked': refusedWith(ALERT.certificateRevoked, 'CERT_REVOKED'),
  'client-certificate-reset': afterHandshake((_, wire) => wire.reset()),
  'client-certificate-fin': afterHandshake((_, wire) => wire.cutOff()),
}

/** A record's header may name up to 65535 bytes; TLS allows a quarter of that. */
const OVERSIZED = Buffer.concat([Buffer.from([23, 3, 3, 0xff, 0xff]), Buffer.alloc(20_000)])

const HEADER = 5

/** In the sealed part, so that the header is still understood. */
function withOneBitTurned(record: Buffer): Buffer {
  const copy = Buffer.from(record)
  const at = Math.min(HEADER, copy.length - 1)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.ceil(bytes.length / 2))
}

const BEHAVIOURS: Readonly<Record<string, Effect>> = {
  'rst-on-accept': { accepted: raw => raw.resetAndDestroy() },
  'fin-on-accept': { accepted: raw => raw.end() },
  'rst-mid-handshake': {
    spoken: raw => {
      raw.resetAndDestroy()
      return true
    },
  },
  'fin-mid-handshake': {
    spoken: raw => {
      raw.end()
      return true
    },
  },
  'stall-handshake': { spoken: () => true },
  'stall-mid-handshake': { passing: { kind: 'first', left: LAST_HANDSHAKE_BYTES } },
  'stall-after-handshake': afterHandshake(() => {}),
  'half-open': firstReply({ kind: 'once', after: 'silence' }),
  'rst-after-handshake': afterHandshake((_, wire) => wire.reset()),
  'rst-after-command': afterHandshake((socket, wire) => socket.once('data', () => wire.reset())),
  'no-close-notify': firstReply({ kind: 'once', after: 'end' }),
  'slow-drip': {
    passing: { kind: 'drip', bytes: 256, pauseMs: 2 },
    shaken: socket => {
      destroyWhenSent(socket)
      return false
    },
  },
  'one-byte-records': {
    shaken: socket => {
      // Each write becomes a record.
      writeInPieces(socket, chunk => cut(chunk, 1))
      return false
    },
  },
  'bad-record': firstReply({ kind: 'once', alter: withOneBitTurned, after: 'all' }),
  'truncated-record': firstReply({ kind: 'once', alter: firstHalf, after: 'end' }),
  'oversized-record': firstReply({ kind: 'once', alter: () => OVERSIZED, after: 'silence' }),
  rotation: { rotates: true },
}

const EFFECTS: ReadonlyMap<string, Effect> = new Map(
  [CERTIFICATES, PROTOCOLS, CLIENT_CERTIFICATES, BEHAVIOURS].flatMap(group =>
    Object.entries(group),
  ),
)

export function effectOf(profile: string): Effect {
  return EFFECTS.get(profile) ?? {}
}
