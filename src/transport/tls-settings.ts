// From the tls-* settings to what node:tls needs. Every failure is told in redis-server's words and
// in its order, and leaves whatever was in use before as it was.
//
// Where node:tls differs: it names the accepted CAs to the client, which Redis does not, so that a
// client that picks a certificate by those names may pick another one. OpenSSL can be told not to,
// but in TLS 1.3 it then sends an empty list, which the RFC forbids and Go's clients refuse; so it
// is told only where 1.2 is the newest version.

import { constants, X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import { rememberLast, rememberLastBy } from '../util/lazy.ts'
import { systemReason } from '../util/system-error.ts'
import type { AuthorityFolder } from './authority-folder.ts'
import * as folders from './authority-folder.ts'
import type { AuthClients } from './client-certificate.ts'
import { opensslReason, opensslSystemReason } from './openssl-error.ts'
import { asRead, PEM_REASON, PemError } from './pem.ts'
import { type Authorities, authoritiesIn, readPemFile } from './pem-files.ts'

export interface TlsSettings {
  readonly certFile: string
  readonly keyFile: string
  readonly keyFilePass: string
  readonly clientCertFile: string
  readonly clientKeyFile: string
  readonly clientKeyFilePass: string
  readonly caCertFile: string
  readonly caCertDir: string
  readonly dhParamsFile: string
  readonly authClients: AuthClients
  /** Blank-separated; empty means 1.2 and 1.3. */
  readonly protocols: string
  /** OpenSSL's cipher list for TLS 1.2 and older; empty means its default. */
  readonly ciphers: string
  /** TLS 1.3 suites; empty means all. */
  readonly ciphersuites: string
  readonly preferServerCiphers: boolean
  readonly sessionCaching: boolean
  readonly sessionCacheSize: number
  readonly sessionCacheTimeout: number
  /** A CA is also needed where only outgoing links use TLS. */
  readonly needsCa: boolean
  /** Contents of files that exist in memory only, by the names that the settings give them. */
  readonly memoryFiles?: ReadonlyMap<string, string>
}

/** Why TLS could not be configured, as redis-server logs it. */
export class TlsSetupError extends Error {
  override readonly name = 'TlsSetupError'
}

/** What a listener takes over as a whole: new handshakes use it, old connections live on. */
export interface TlsContext {
  /** All but the authorities of the folder. */
  readonly options: tls.TlsOptions
  /** Looked at before each handshake. */
  readonly folder?: AuthorityFolder | undefined
  readonly sessionCaching: boolean
  /** The time that certificates are judged by where it is not the machine's, else undefined. */
  readonly otherTime?: () => number | undefined
  /** Made of these options to see that they fit; the first endpoint may use it. */
  readonly ready?: { readonly server: tls.Server; readonly authClients: AuthClients } | undefined
}

/** As long as a timer can be: Redis has no handshake time-out, and node takes 0 for its default. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/**
 * The server that speaks TLS by these options; certificates are judged after the handshake. Where
 * they name no authority, nobody is trusted: node would take those of the machine and of its own.
 */
export function createTlsServer(options: tls.TlsOptions, authClients: AuthClients): tls.Server {
  const { ca = [], secureOptions = 0 } = options
  return tls.createServer({
    ...options,
    ca,
    secureOptions: secureOptions | constants.SSL_OP_NO_RENEGOTIATION,
    requestCert: authClients !== 'no',
    rejectUnauthorized: false,
    handshakeTimeout: NO_TIMEOUT_MS,
  })
}

// What OpenSSL is asked about one thing after the other, to name the first that is wrong, it can be
// asked about at once, in a fifth of the time. Only if that fails does it matter which it was.
/** @throws TlsSetupError */
export function loadTlsContext(settings: TlsSettings): TlsContext {
  const { authClients } = settings
  if (!isPlain(settings)) return readContext(settings, tryContext)
  try {
    const context = readContext(settings, parseOnly)
    const own = clientIdentity(settings, parseOnly)
    if (own !== undefined) loadPair(own)
    return {
      ...context,
      ready: { server: createTlsServer(context.options, authClients), authClients },
    }
  } catch {
    return readContext(settings, tryContext)
  }
}

/** Nothing is set whose mistakes would not show in the server that is made of it. */
function isPlain({ ciphers, dhParamsFile, caCertDir }: TlsSettings): boolean {
  return [ciphers, dhParamsFile, caCertDir].every(text => text === '')
}

/** Node passes over an authority that it cannot read. */
function parseOnly({ ca, crl }: tls.SecureContextOptions): void {
  if (typeof ca === 'string') parseAuthority(ca)
  if (crl !== undefined) tls.createSecureContext({ crl })
}

// The servers of a process mostly trust the same authority, and reading it again costs as much as a
// whole server without TLS.
const parseAuthority = rememberLast((pem: string) => new X509Certificate(pem))

function readContext(settings: TlsSettings, check: Check): TlsContext {
  if (settings.certFile === '') throw new TlsSetupError('No tls-cert-file configured!')
  if (settings.keyFile === '') throw new TlsSetupError('No tls-key-file configured!')
  const hasCa = settings.caCertFile !== '' || settings.caCertDir !== ''
  if (!hasCa && (settings.authClients !== 'no' || settings.needsCa)) {
    throw new TlsSetupError(
      'Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, ' +
        'tls-replication or tls-auth-clients are enabled!',
    )
  }
  const versions = readProtocols(settings.protocols)
  const identity = loadIdentity(
    settings,
    settings.certFile,
    settings.keyFile,
    settings.keyFilePass,
    check,
  )
  const ca = loadAuthorities(settings, check)
  checkCiphers(settings, check)
  const ciphers = cipherList(settings)
  const dhparam = loadDhParams(settings, ciphers)
  clientIdentity(settings, check)
  const options: tls.TlsOptions = {
    ...identity,
    ...versions,
    ca,
    dhparam,
    ciphers,
    honorCipherOrder: settings.preferServerCiphers,
    sessionIdContext: 'redis',
    // 0 would mean that node sets no time-out; OpenSSL then takes its own.
    sessionTimeout: Math.max(1, settings.sessionCacheTimeout),
  }
  const { caCertDir, sessionCaching } = settings
  const folder = caCertDir === '' ? undefined : new folders.AuthorityFolder(caCertDir, ca)
  return { options, folder, sessionCaching }
}

/** What the next handshake goes by. */
export function optionsNow({ options, folder }: TlsContext): tls.TlsOptions {
  if (folder === undefined) return options
  return { ...options, ca: [options.ca ?? [], ...folder.authorities].flat() }
}

/**
 * For connections that this server opens itself. It shows the client certificate, if one of its
 * own is configured, and wants a peer that the CA vouches for, whatever its name.
 *
 * @throws TlsSetupError
 */
export function loadClientOptions(settings: TlsSettings): tls.ConnectionOptions {
  if (!isPlain(settings)) return clientOptions(settings, tryContext)
  try {
    return clientOptions(settings, parseOnly)
  } catch {
    return clientOptions(settings, tryContext)
  }
}

function clientOptions(settings: TlsSettings, check: Check): tls.ConnectionOptions {
  const options = optionsNow(readContext(settings, check))
  const own = clientIdentity(settings, check)
  const { cert, key, passphrase } = options
  // What is not shown has to be right all the same.
  if (own !== undefined && check === parseOnly) loadPair({ cert, key, passphrase })
  const secureContext = clientContext({ ...options, ...own })
  // Said here, for an environment variable can change what is true where nothing is said.
  return { secureContext, rejectUnauthorized: true, checkServerIdentity: () => undefined }
}

// The nodes of a process mostly show the same certificate to each other, and OpenSSL takes longer
// for reading it than for a handshake.
const clientContext = rememberLastBy(contentOf, (options: tls.SecureContextOptions) =>
  tls.createSecureContext(options),
)

/** Throws where OpenSSL does not take a certificate and its key. */
const loadPair = rememberLastBy(contentOf, (pair: tls.SecureContextOptions) =>
  tls.createSecureContext({ ...pair, ciphers: OWN_CERTIFICATE_LEVEL }),
)

function contentOf(options: tls.SecureContextOptions): string {
  const texts = (value: unknown): unknown =>
    Buffer.isBuffer(value) ? value.toString('latin1') : value
  return JSON.stringify(Object.entries(options).map(([name, value]) => [name, texts(value)]))
}

/** What is shown to other servers in the place of the server's own, if there is something. */
function clientIdentity(
  settings: TlsSettings,
  check: Check,
): ReturnType<typeof loadIdentity> | undefined {
  const { clientCertFile, clientKeyFile, clientKeyFilePass } = settings
  if (clientCertFile === '' || clientKeyFile === '') return undefined
  return loadIdentity(settings, clientCertFile, clientKeyFile, clientKeyFilePass, check)
}

type Explain = (reason: string) => string

/** Throws a TlsSetupError with what `explain` makes of OpenSSL's reason. */
type Check = (options: tls.SecureContextOptions, explain: Explain) => void

function readPem(
  { memoryFiles }: TlsSettings,
  file: string,
  explain: (error: unknown) => string,
): Buffer {
  const text = memoryFiles?.get(file)
  if (text !== undefined) return Buffer.from(text)
  try {
    return readPemFile(file)
  } catch (error) {
    throw new TlsSetupError(explain(error))
  }
}

function loadIdentity(
  settings: TlsSettings,
  certFile: string,
  keyFile: string,
  passphrase: string,
  check: Check,
): Pick<tls.TlsOptions, 'cert' | 'key' | 'passphrase'> {
  const certFailure = (reason: string): string =>
    `Failed to load certificate: ${certFile}: ${reason}`
  const keyFailure = (reason: string): string => `Failed to load private key: ${keyFile}: ${reason}`
  const cert = asRead(readPem(settings, certFile, error => certFailure(opensslSystemReason(error))))
  // Node takes an empty text for none at all.
  if (cert.length === 0) throw new TlsSetupError(certFailure(PEM_REASON.noStart))
  check({ cert, ciphers: OWN_CERTIFICATE_LEVEL }, reason =>
    certFailure(reason === NO_REASON ? NO_DATA : reason),
  )
  const key = asRead(
    readPem(settings, keyFile, error => keyFailure(opensslSystemReason(error))),
    true,
  )
  if (key.length === 0) throw new TlsSetupError(keyFailure(NO_KEY))
  const secret = passphrase === '' ? {} : { passphrase }
  const isLocked = passphrase === '' && key.includes('ENCRYPTED')
  check({ cert, key, ciphers: OWN_CERTIFICATE_LEVEL, ...secret }, reason =>
    keyFailure(isLocked && !reason.includes('PEM routines') ? NO_PASSPHRASE : reason),
  )
  return { cert, key, ...secret }
}

/** What node says where OpenSSL says nothing: of a block with nothing in it. */
const NO_REASON = 'SSL_CTX_use_certificate_chain'
const NO_DATA = 'error:0A080009:SSL routines::PEM lib'
const NO_KEY = 'error:1E08010C:DECODER routines::unsupported'
const NO_PASSPHRASE = 'error:07880109:common libcrypto routines::interrupted or cancelled'

function tryContext({ ca, ...options }: tls.SecureContextOptions, explain: Explain): void {
  try {
    tls.createSecureContext(ca === undefined ? options : { cert: ca, ciphers: ANY_LEVEL })
  } catch (error) {
    throw new TlsSetupError(explain(opensslReason(error)))
  }
}

/** An authority may be as weak as it likes until somebody comes with its certificate. */
const ANY_LEVEL = 'DEFAULT:@SECLEVEL=0'

function loadAuthorities(settings: TlsSettings, check: Check): string[] {
  const { caCertFile } = settings
  if (caCertFile === '') return []
  const explain = (reason: string): string =>
    `Failed to configure CA certificate(s) file/directory: ${reason}`
  const file = readPem(settings, caCertFile, error => explain(opensslSystemReason(error)))
  const { certificates, revocations } = parseAuthorities(file.toString('latin1'), explain)
  if (certificates.length + revocations.length === 0) {
    throw new TlsSetupError(
      explain('error:05800088:x509 certificate routines::no certificate or crl found'),
    )
  }
  for (const ca of certificates) check({ ca }, explain)
  for (const crl of revocations) check({ crl }, () => explain(NO_CRL))
  return [...certificates]
}

const NO_CRL = 'error:068000A8:asn1 encoding routines::wrong tag'

function parseAuthorities(text: string, explain: Explain): Authorities {
  try {
    return authoritiesOnce(text)
  } catch (error) {
    if (error instanceof PemError) throw new TlsSetupError(explain(error.message))
    throw error
  }
}

const authoritiesOnce = rememberLast(authoritiesIn)

interface Versions {
  readonly minVersion: tls.SecureVersion
  readonly maxVersion: tls.SecureVersion
  readonly secureOptions: number
}

const VERSIONS: readonly (readonly [string, tls.SecureVersion, number])[] = [
  ['tlsv1', 'TLSv1', constants.SSL_OP_NO_TLSv1],
  ['tlsv1.1', 'TLSv1.1', constants.SSL_OP_NO_TLSv1_1],
  ['tlsv1.2', 'TLSv1.2', constants.SSL_OP_NO_TLSv1_2],
  ['tlsv1.3', 'TLSv1.3', constants.SSL_OP_NO_TLSv1_3],
]

/** SSL_OP_DISABLE_TLSEXT_CA_NAMES, which node has no name for. */
const DISABLE_CA_NAMES = 1 << 9

function readProtocols(text: string): Versions {
  const words =
    text === '' ? ['tlsv1.2', 'tlsv1.3'] : text.toLowerCase().split(/\s+/).filter(Boolean)
  const isKnown = (word: string): boolean => VERSIONS.some(([name]) => name === word)
  const chosen = VERSIONS.filter(([name]) => words.includes(name))
  const [first, last] = [chosen[0], chosen.at(-1)]
  if (!words.every(isKnown) || first === undefined || last === undefined) {
    throw new TlsSetupError(
      "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and " +
        "'TLSv1.3'.",
    )
  }
  const left = VERSIONS.filter(([name]) => !words.includes(name))
  const caNames = last[1] === 'TLSv1.3' ? 0 : DISABLE_CA_NAMES
  const secureOptions = left.reduce((bits, [, , bit]) => bits | bit, caNames)
  return { minVersion: first[1], maxVersion: last[1], secureOptions }
}

const SUITES_OF_TLS13: ReadonlySet<string> = new Set([
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
])

/** What Debian's OpenSSL, and every OpenSSL since 3.2, asks of keys and digests; Node's: less. */
const SECURITY_LEVEL = 2
/** OpenSSL looks at the server's own certificate before it reads tls-ciphers. */
const OWN_CERTIFICATE_LEVEL = `DEFAULT:@SECLEVEL=${SECURITY_LEVEL}`

/** node:tls takes suites of TLS 1.3 and ciphers of older versions in one list. */
function cipherList(settings: TlsSettings): string {
  const older = olderCiphers(settings.ciphers)
  const level = older.includes('@SECLEVEL') ? '' : `:@SECLEVEL=${SECURITY_LEVEL}`
  return [...knownSuites(settings.ciphersuites), older].join(':') + level
}

/** How strong keys and digests must be by a cipher list. */
export function securityLevelOf(ciphers: string | undefined): number {
  const [, level] = /@SECLEVEL=(\d)[^@]*$/.exec(ciphers ?? '') ?? []
  return level === undefined ? SECURITY_LEVEL : Number(level)
}

/** In this list OpenSSL passes over names that it does not know, and those of suites are such. */
function olderCiphers(ciphers: string): string {
  const names = ciphers === '' ? ['DEFAULT'] : ciphers.split(':')
  return names.filter(name => !name.startsWith('TLS_')).join(':')
}

function knownSuites(ciphersuites: string): string[] {
  return ciphersuites.split(':').filter(suite => SUITES_OF_TLS13.has(suite))
}

function checkCiphers({ ciphers, ciphersuites }: TlsSettings, check: Check): void {
  const older = olderCiphers(ciphers)
  const failure = `Failed to configure ciphers: ${ciphers}`
  if (older === '') throw new TlsSetupError(failure)
  check({ ciphers: older }, () => failure)
  if (ciphersuites !== '' && knownSuites(ciphersuites).length === 0) {
    throw new TlsSetupError(`Failed to configure ciphersuites: ${ciphersuites}`)
  }
}

function loadDhParams(settings: TlsSettings, ciphers: string): string | Buffer {
  const file = settings.dhParamsFile
  if (file === '') return 'auto'
  const pem = readPem(settings, file, error => `Failed to load ${file}: ${systemReason(error)}`)
  if (!pem.includes('-----BEGIN DH PARAMETERS-----')) {
    throw new TlsSetupError(`${file}: failed to read DH params.`)
  }
  tryContext(
    { dhparam: pem, ciphers },
    () => `Failed to load DH params file: ${file}: error:0A00018A:SSL routines::dh key too small`,
  )
  return pem
}
