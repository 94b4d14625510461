// A certificate authority for tests: makes any certificate, right or wrong, in about a millisecond,
// in memory. Keys are EC P-256 unless RSA is asked for, which takes hundreds of milliseconds.

import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import net from 'node:net'
import type * as X509 from '@peculiar/x509'
import { pem } from '../../transport/pem.ts'
import type { Hash, KeyType, OcspStatus } from './key-type.ts'
import { makeOcspResponse } from './ocsp.ts'
import { makePkcs12 } from './pkcs12.ts'
import {
  type Keys,
  makeKeys,
  openToolbox,
  pkcs8Of,
  readKeys,
  signatureWith,
  signingKey,
  type Toolbox,
} from './toolbox.ts'

export type { Hash, KeyType, OcspStatus } from './key-type.ts'

const ORGANIZATION = 'DO NOT TRUST - TESTING ONLY'
const DAY_MS = 24 * 3600 * 1000
const DEFAULT_DAYS = 365

/** What a root or an intermediate authority is made of. */
export interface AuthorityOptions {
  /** The common name. Default: `redis-tls-mock test CA`. */
  readonly name?: string
  /** Valid from. Default: a day ago. */
  readonly from?: Date
  /** Valid until. Default: in 365 days. */
  readonly to?: Date
  /** Default: `ec`. */
  readonly keyType?: KeyType
  /** The only domains (and what is below them) that it may vouch for. Default: all. */
  readonly permittedDomains?: readonly string[]
  /** The only addresses, as `127.0.0.0/8` or `::1/128`. Default: all. */
  readonly permittedAddresses?: readonly string[]
  /** How many authorities may stand between it and a leaf. Default: any number. */
  readonly pathLength?: number
}

/** What a certificate says, right or wrong. */
export interface CertificateOptions {
  /** One common name, or several, which is odd but allowed. Default: the first host. */
  readonly commonName?: string | readonly string[]
  /** DNS names and IP addresses of the subject alternative name. Default: none. */
  readonly hosts?: readonly string[]
  /** URIs of the subject alternative name. */
  readonly uris?: readonly string[]
  /** The extended key usage. Default: that of the method that is called. */
  readonly purposes?: readonly ('server' | 'client')[]
  /** Valid from. Default: a day ago. */
  readonly from?: Date
  /** Valid until. Default: in 365 days. */
  readonly to?: Date
  /** Default: `ec`. */
  readonly keyType?: KeyType
  /** The hash under the signature. Default: `SHA-256`. */
  readonly hash?: Hash
  /** Claims to be an authority itself. Default: false. */
  readonly isAuthority?: boolean
  /** Signed by its own key instead of the authority's. Default: false. */
  readonly isSelfSigned?: boolean
}

/** When a revocation list counts. */
export interface CrlOptions {
  /** Default: a day ago. */
  readonly from?: Date
  /** When the next list is due. Default: in 30 days. */
  readonly to?: Date
}

/** A certificate with its key. */
export interface Identity {
  /** PEM: the leaf, then the intermediates, never the root. */
  readonly cert: string
  /** PEM, PKCS#8, unencrypted. */
  readonly key: string
  /** PEM: the leaf alone. */
  readonly leaf: string
  /** Hexadecimal. */
  readonly serialNumber: string
  /** As one PKCS#12 file. */
  pkcs12(password: string): Buffer
}

/** Texts in PEM. */
export interface PemPair {
  readonly cert: string
  readonly key: string
}

interface Pair {
  readonly certificate: X509.X509Certificate
  readonly keys: Keys
}

/** See the public createAuthority(). */
export function createAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  return Authority.create(options)
}

/**
 * An authority that was made before, here or elsewhere.
 * @throws Error if it cannot sign: it is none, has ended, or the key is another's or of no use here
 */
export function openAuthority(pair: PemPair): Promise<Authority> {
  return Authority.open(pair)
}

/** Signs certificates, revokes them, and says so. */
export class Authority {
  readonly #tools: Toolbox
  readonly #pair: Pair
  /** What a certificate of this authority needs beside itself to lead to the root. */
  readonly #chain: readonly string[]
  readonly #revoked: string[] = []
  /** PEM. */
  readonly cert: string

  // Private, so that no declaration of ours needs those of the packages below.
  private constructor(tools: Toolbox, pair: Pair, chain: readonly string[]) {
    this.#tools = tools
    this.#pair = pair
    this.#chain = chain
    this.cert = pemOf(pair)
  }

  /** See createAuthority(). */
  static async create(options: AuthorityOptions): Promise<Authority> {
    const tools = await openToolbox()
    return new Authority(tools, await makeAuthority(tools, options, undefined), [])
  }

  /** See openAuthority(). */
  static async open({ cert, key }: PemPair): Promise<Authority> {
    const tools = await openToolbox()
    const certificate = new X509Certificate(cert)
    const isRoot = certificate.ca && certificate.checkIssued(certificate)
    if (!isRoot) throw new Error('is no root, so that nobody would trust it alone')
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('has another key')
    if (Date.parse(certificate.validTo) < Date.now())
      throw new Error(`ended ${certificate.validTo}`)
    const keys = await readKeys(key)
    const pair = { certificate: new tools.x509.X509Certificate(certificate.raw), keys }
    return new Authority(tools, pair, [])
  }

  /** The private key, PEM. Whoever has it can vouch for anybody. */
  async key(): Promise<string> {
    return pem('PRIVATE KEY', await pkcs8Of(this.#pair.keys))
  }

  /** An authority below this one. */
  async intermediate(options: AuthorityOptions = {}): Promise<Authority> {
    const name = options.name ?? 'redis-tls-mock test intermediate CA'
    const pair = await makeAuthority(this.#tools, { ...options, name }, this.#pair)
    return new Authority(this.#tools, pair, [pemOf(pair), ...this.#chain])
  }

  /** A server's certificate for these host names and addresses. */
  server(hosts: readonly string[], options: CertificateOptions = {}): Promise<Identity> {
    return this.#issue({ hosts, purposes: ['server'], ...options })
  }

  /** A client's certificate; its common name is the user's. */
  client(commonName: string, options: CertificateOptions = {}): Promise<Identity> {
    return this.#issue({ commonName, purposes: ['client'], ...options })
  }

  /** From now on the revocation list names it. */
  revoke(identity: Identity): void {
    this.#revoked.push(identity.serialNumber)
  }

  /** The revocation list, PEM. */
  async crl({ from = inDays(-1), to = inDays(30) }: CrlOptions = {}): Promise<string> {
    const { x509 } = this.#tools
    const { certificate, keys } = this.#pair
    const crl = await x509.X509CrlGenerator.create({
      issuer: certificate.subject,
      thisUpdate: from,
      nextUpdate: to,
      signingAlgorithm: signatureWith(keys, 'SHA-256'),
      signingKey: keys.privateKey,
      entries: this.#revoked.map(serialNumber => ({ serialNumber, revocationDate: from })),
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey)],
    })
    return pem('X509 CRL', new Uint8Array(crl.rawData))
  }

  /** What an OCSP responder would say of a certificate, DER, to be stapled to a handshake. */
  ocsp(identity: Identity, status: OcspStatus): Promise<Buffer> {
    const issuer = new X509Certificate(this.cert)
    return makeOcspResponse(this.#tools.asn1, {
      issuer,
      keys: this.#pair.keys,
      serialNumber: identity.serialNumber,
      status,
      thisUpdate: inDays(-1),
      nextUpdate: inDays(7),
    })
  }

  async #issue(options: CertificateOptions): Promise<Identity> {
    const keys = await makeKeys(options.keyType ?? 'ec')
    const certificate = await this.#sign(keys, options)
    const leaf = pem('CERTIFICATE', new Uint8Array(certificate.rawData))
    const chain = options.isSelfSigned ? [] : this.#chain
    const key = pem('PRIVATE KEY', await pkcs8Of(keys))
    const { asn1 } = this.#tools
    return {
      cert: [leaf, ...chain].join(''),
      key,
      leaf,
      serialNumber: certificate.serialNumber,
      pkcs12: password =>
        makePkcs12(asn1, { name: certificate.subject, key, chain: [leaf, ...chain], password }),
    }
  }

  async #sign(keys: Keys, options: CertificateOptions): Promise<X509.X509Certificate> {
    const { x509 } = this.#tools
    const { hash = 'SHA-256', isSelfSigned = false } = options
    const issuer = isSelfSigned ? keys : this.#pair.keys
    const subject = subjectOf(options)
    return x509.X509CertificateGenerator.create({
      serialNumber: newSerialNumber(),
      subject,
      issuer: isSelfSigned ? subject : this.#pair.certificate.subject,
      notBefore: options.from ?? inDays(-1),
      notAfter: options.to ?? inDays(DEFAULT_DAYS),
      publicKey: keys.publicKey,
      signingKey: await signingKey(issuer, hash),
      signingAlgorithm: signatureWith(issuer, hash),
      extensions: await this.#extensions(issuer, options),
    })
  }

  /** By the name that the issuer gives its key, which need not be the one that is usual. */
  async #issuerKey(issuer: Keys, isSelfSigned = false): Promise<X509.Extension> {
    const { x509 } = this.#tools
    const { certificate } = this.#pair
    const named = certificate.getExtension(x509.SubjectKeyIdentifierExtension)
    return named === null || isSelfSigned
      ? x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey)
      : new x509.AuthorityKeyIdentifierExtension(named.keyId)
  }

  async #extensions(issuer: Keys, options: CertificateOptions): Promise<X509.Extension[]> {
    const { x509 } = this.#tools
    const { hosts = [], uris = [], purposes = [], isAuthority = false, isSelfSigned } = options
    const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags
    const isRsa = (options.keyType ?? 'ec') !== 'ec'
    const usages = digitalSignature | (isRsa ? keyEncipherment : 0)
    const extensions: X509.Extension[] = [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.KeyUsagesExtension(isAuthority ? usages | keyCertSign : usages, true),
      await this.#issuerKey(issuer, isSelfSigned),
    ]
    if (purposes.length > 0) {
      const names = purposes.map(purpose => x509.ExtendedKeyUsage[`${purpose}Auth`])
      extensions.push(new x509.ExtendedKeyUsageExtension(names))
    }
    const names: X509.JsonGeneralName[] = [
      ...hosts.map(value => ({ type: net.isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
      ...uris.map(value => ({ type: 'url', value }) as const),
    ]
    if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names))
    return extensions
  }
}

async function makeAuthority(
  { x509, asn1 }: Toolbox,
  { name = 'redis-tls-mock test CA', from, to, keyType = 'ec', ...options }: AuthorityOptions,
  issuer: Pair | undefined,
): Promise<Pair> {
  const keys = await makeKeys(keyType)
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags
  const extensions: X509.Extension[] = [
    new x509.BasicConstraintsExtension(true, options.pathLength, true),
    new x509.KeyUsagesExtension(keyCertSign | cRLSign | digitalSignature, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]
  if (issuer) {
    extensions.push(await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey))
  }
  const { permittedDomains = [], permittedAddresses = [] } = options
  if (permittedDomains.length + permittedAddresses.length > 0) {
    extensions.push(nameConstraints({ x509, asn1 }, permittedDomains, permittedAddresses))
  }
  const subject = subjectOf({ commonName: name })
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: from ?? inDays(-1),
    notAfter: to ?? inDays(DEFAULT_DAYS),
    publicKey: keys.publicKey,
    signingKey: (issuer ?? { keys }).keys.privateKey,
    signingAlgorithm: signatureWith((issuer ?? { keys }).keys, 'SHA-256'),
    extensions,
  })
  return { certificate, keys }
}

/** The tags of a GeneralName. */
const DNS_NAME = 2
const IP_ADDRESS = 7

/** The library has no class of its own for this extension. */
function nameConstraints(
  { x509, asn1 }: Toolbox,
  domains: readonly string[],
  ranges: readonly string[],
): X509.Extension {
  const subtree = (tagNumber: number, value: Buffer) => {
    const idBlock = { tagClass: 3, tagNumber }
    const name = new asn1.Primitive({ idBlock, valueHex: new Uint8Array(value) })
    return new asn1.Sequence({ value: [name] })
  }
  const permitted = new asn1.Constructed({
    idBlock: { tagClass: 3, tagNumber: 0 },
    value: [
      ...domains.map(domain => subtree(DNS_NAME, Buffer.from(domain))),
      ...ranges.map(range => subtree(IP_ADDRESS, rangeBytes(range))),
    ],
  })
  const constraints = new asn1.Sequence({ value: [permitted] })
  return new x509.Extension('2.5.29.30', true, constraints.toBER())
}

/** An address, and a mask of as many bytes. */
function rangeBytes(range: string): Buffer {
  const [text = '', prefix] = range.split('/')
  const address = net.isIPv4(text) ? Buffer.from(text.split('.').map(Number)) : ipv6Bytes(text)
  const bits = Number(prefix ?? address.length * 8)
  const mask = address.map((_, i) => 0xff00 >> Math.min(8, Math.max(0, bits - i * 8)))
  return Buffer.concat([address, mask])
}

function ipv6Bytes(text: string): Buffer {
  const [head = [], tail = []] = text
    .split('::')
    .map(part => part.split(':').filter(group => group !== ''))
  const zeros = new Array(8 - head.length - tail.length).fill('0')
  const groups = [...head, ...zeros, ...tail].map(group => group.padStart(4, '0'))
  return Buffer.from(groups.join(''), 'hex')
}

function subjectOf({ commonName, hosts = [] }: CertificateOptions): X509.JsonName {
  const names = commonName ?? hosts[0] ?? 'nobody'
  const list = typeof names === 'string' ? [names] : names
  return [...list.map(name => ({ CN: [name] })), { O: [ORGANIZATION] }]
}

/** Positive, as RFC 5280 wants it: the first bit is not set. */
function newSerialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function pemOf({ certificate }: Pair): string {
  return pem('CERTIFICATE', new Uint8Array(certificate.rawData))
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS)
}
