// What OpenSSL asks of a client's chain beside its dates (X509_verify_cert with the purpose
// sslclient): extensions that it knows, authorities that may be such, the length of the path,
// purposes, keys and digests that are strong enough, signatures. Only asked where the clock is not
// the machine's; what is not understood is refused.
//
// Name constraints are not looked at here: OpenSSL does that after the dates, so that the dates do
// not hide it. Where it may have looked at another chain, they are refused.

import type { KeyObject, X509Certificate } from 'node:crypto'
import { type CertificateFields, fieldsOf } from './certificate-fields.ts'
import { bodyOf, childrenOf, contextTag, type DerValue, oidOf, readDer, TAG } from './der.ts'

const OID = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  nameConstraints: '2.5.29.30',
  netscapeType: '2.16.840.1.113730.1.1',
  proxy: '1.3.6.1.5.5.7.1.14',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ellipticCurve: '1.2.840.10045.2.1',
  rsaPss: '1.2.840.113549.1.1.10',
} as const

/** Those that OpenSSL acts on, so that they may be critical. */
const KNOWN: ReadonlySet<string> = new Set([
  OID.keyUsage,
  OID.basicConstraints,
  OID.extendedKeyUsage,
  OID.netscapeType,
  '2.5.29.17', // Subject alternative name.
  OID.nameConstraints,
  '2.5.29.31', // Where revocation lists are.
  '2.5.29.32', // Policies, which are only checked on request; also the next three.
  '2.5.29.33',
  '2.5.29.36',
  '2.5.29.54',
  '1.3.6.1.5.5.7.48.1.5', // That it needs no OCSP.
])

const BIT = { digitalSignature: 0x80, keyAgreement: 0x08, keyCertSign: 0x04, sslClient: 0x80 }

/** How many bits of security each level asks for. */
const LEVEL_BITS: readonly number[] = [0, 80, 112, 128, 192, 256]

interface Link {
  readonly certificate: X509Certificate
  readonly fields: CertificateFields
}

export interface Path {
  /** From the leaf to a root that is trusted, each issued by the next. */
  readonly chain: readonly X509Certificate[]
  /** There is no other way, so that OpenSSL has gone the same. */
  readonly isOnly: boolean
}

/**
 * @param level OpenSSL's security level
 * @returns OpenSSL's name of the first fault, or undefined
 */
export function faultOf({ chain, isOnly }: Path, level: number): string | undefined {
  try {
    const links = chain.map(certificate => ({ certificate, fields: fieldsOf(certificate) }))
    const isConstrained = links.some(({ fields }) => fields.extensions.has(OID.nameConstraints))
    if (isConstrained && !isOnly) return 'UNSPECIFIED'
    return (
      weakLeaf(links, level) ??
      firstOf(links, (link, i) => faultOfLink(link, i, links)) ??
      firstOf(links, (link, i) => weakLink(link, i, links, level)) ??
      firstOf(links.slice(0, -1), ({ certificate }, i) => wrongSignature(certificate, chain[i + 1]))
    )
  } catch {
    return 'UNSPECIFIED'
  }
}

type Rule = (link: Link, i: number) => string | undefined

function firstOf(links: readonly Link[], rule: Rule): string | undefined {
  for (const [i, link] of links.entries()) {
    const fault = rule(link, i)
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultOfLink(link: Link, i: number, links: readonly Link[]): string | undefined {
  const { extensions } = link.fields
  for (const [oid, { isCritical }] of extensions) {
    if (isCritical && !KNOWN.has(oid)) return 'UNHANDLED_CRITICAL_EXTENSION'
  }
  if (extensions.has(OID.proxy)) return 'PROXY_CERTIFICATES_NOT_ALLOWED'
  const isRoot = i === links.length - 1
  if (i > 0 && !isAuthority(link, isRoot)) return 'INVALID_CA'
  if (links.length > 1 && hasOwnCurve(link.fields)) return 'EC_KEY_EXPLICIT_PARAMS'
  if (!mayServeClients(link.fields, i > 0)) return 'INVALID_PURPOSE'
  const { pathLength } = basicConstraintsOf(link.fields)
  const isTooLong = pathLength !== undefined && authoritiesBelow(links, i) > pathLength
  return i > 1 && isTooLong ? 'PATH_LENGTH_EXCEEDED' : undefined
}

/** Those that issued their own successor, as at a change of keys, do not count. */
function authoritiesBelow(links: readonly Link[], i: number): number {
  return links.slice(1, i).filter(({ fields }) => !isSelfIssued(fields)).length
}

function isSelfIssued({ issuer, subject }: CertificateFields): boolean {
  return issuer.whole.equals(subject.whole)
}

/** Old roots may lack the extension that says so. */
function isAuthority({ certificate, fields }: Link, isRoot: boolean): boolean {
  if (certificate.ca) return true
  if (!isRoot || fields.extensions.has(OID.basicConstraints)) return false
  const usage = bitsOf(fields, OID.keyUsage)
  if (usage !== undefined) return (usage & BIT.keyCertSign) !== 0
  return fields.version === 1 && isSelfIssued(fields)
}

function mayServeClients(fields: CertificateFields, isAuthority: boolean): boolean {
  const purposes = fields.extensions.get(OID.extendedKeyUsage)
  if (purposes !== undefined) {
    const [list] = readDer(purposes.value)
    if (!childrenOf(list, TAG.sequence).map(oidOf).includes(OID.clientAuth)) return false
  }
  if (isAuthority) return true
  const usage = bitsOf(fields, OID.keyUsage) ?? BIT.digitalSignature
  const type = bitsOf(fields, OID.netscapeType) ?? BIT.sslClient
  return (usage & (BIT.digitalSignature | BIT.keyAgreement)) !== 0 && (type & BIT.sslClient) !== 0
}

/** The first eight bits of a bit string, or undefined where there is no such extension. */
function bitsOf({ extensions }: CertificateFields, oid: string): number | undefined {
  const extension = extensions.get(oid)
  if (extension === undefined) return undefined
  const [bits] = readDer(extension.value)
  return bodyOf(bits, TAG.bitString)[1] ?? 0
}

function basicConstraintsOf({ extensions }: CertificateFields): { pathLength?: number } {
  const extension = extensions.get(OID.basicConstraints)
  if (extension === undefined) return {}
  const [constraints] = readDer(extension.value)
  const length = childrenOf(constraints, TAG.sequence).find(({ tag }) => tag === TAG.integer)
  if (length === undefined) return {}
  return { pathLength: length.body.readIntBE(0, length.body.length) }
}

// ---- Strength ----------------------------------------------------------------------------------

function weakLeaf([leaf]: readonly Link[], level: number): string | undefined {
  return leaf && isWeakKey(leaf.certificate.publicKey, level) ? 'EE_KEY_TOO_SMALL' : undefined
}

function weakLink(
  { certificate, fields }: Link,
  i: number,
  { length }: readonly Link[],
  level: number,
): string | undefined {
  if (level === 0) return undefined
  if (i > 0 && isWeakKey(certificate.publicKey, level)) return 'CA_KEY_TOO_SMALL'
  const isWeak = digestBitsOf(fields.signatureAlgorithm) < bitsAt(level)
  return i < length - 1 && isWeak ? 'CA_MD_TOO_WEAK' : undefined
}

function bitsAt(level: number): number {
  return LEVEL_BITS[level] ?? Number.POSITIVE_INFINITY
}

function isWeakKey(key: KeyObject, level: number): boolean {
  return level > 0 && keyBitsOf(key) < bitsAt(level)
}

const RSA_BITS: readonly (readonly [modulus: number, bits: number])[] = [
  [15360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
  [1024, 80],
]

const KEY_BITS: ReadonlyMap<string, number> = new Map([
  ['ed25519', 128],
  ['ed448', 224],
  ['prime192v1', 80],
  ['secp224r1', 112],
  ['prime256v1', 128],
  ['secp256k1', 128],
  ['brainpoolP256r1', 128],
  ['secp384r1', 192],
  ['brainpoolP384r1', 192],
  ['secp521r1', 256],
  ['brainpoolP512r1', 256],
])

/** 0 for kinds that nobody uses for certificates. */
function keyBitsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number {
  const type: string = asymmetricKeyType ?? ''
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {}
  if (type === 'rsa' || type === 'rsa-pss') {
    return RSA_BITS.find(([modulus]) => modulusLength >= modulus)?.[1] ?? 0
  }
  return KEY_BITS.get(namedCurve ?? type) ?? 0
}

/** Spelt out instead of named. */
function hasOwnCurve({ keyAlgorithm }: CertificateFields): boolean {
  const [type, curve] = childrenOf(keyAlgorithm, TAG.sequence)
  return oidOf(type) === OID.ellipticCurve && curve?.tag !== TAG.oid
}

const SHA1_BITS = 63

/** Of signatures, and of the digests that RSA-PSS names. */
const DIGEST_BITS: ReadonlyMap<string, number> = new Map([
  ['1.2.840.113549.1.1.5', SHA1_BITS],
  ['1.2.840.113549.1.1.14', 112],
  ['1.2.840.113549.1.1.11', 128],
  ['1.2.840.113549.1.1.12', 192],
  ['1.2.840.113549.1.1.13', 256],
  ['1.2.840.10045.4.1', SHA1_BITS],
  ['1.2.840.10045.4.3.1', 112],
  ['1.2.840.10045.4.3.2', 128],
  ['1.2.840.10045.4.3.3', 192],
  ['1.2.840.10045.4.3.4', 256],
  ['1.3.101.112', 128],
  ['1.3.101.113', 224],
  ['1.3.14.3.2.26', SHA1_BITS],
  ['2.16.840.1.101.3.4.2.4', 112],
  ['2.16.840.1.101.3.4.2.1', 128],
  ['2.16.840.1.101.3.4.2.2', 192],
  ['2.16.840.1.101.3.4.2.3', 256],
])

function digestBitsOf(algorithm: DerValue): number {
  const [oid, parameters] = childrenOf(algorithm, TAG.sequence)
  const name = oidOf(oid)
  return DIGEST_BITS.get(name === OID.rsaPss ? digestOfPss(parameters) : name) ?? 0
}

function digestOfPss(parameters: DerValue | undefined): string {
  const digest = childrenOf(parameters, TAG.sequence).find(({ tag }) => tag === contextTag(0))
  if (digest === undefined) return 'SHA-1, which is the default'
  const [algorithm] = childrenOf(digest, contextTag(0))
  return oidOf(childrenOf(algorithm, TAG.sequence)[0])
}

function wrongSignature(
  certificate: X509Certificate,
  issuer: X509Certificate | undefined,
): string | undefined {
  const isRight = issuer !== undefined && certificate.verify(issuer.publicKey)
  return isRight ? undefined : 'CERT_SIGNATURE_FAILURE'
}
