// Certificates with anything odd in them, written byte by byte, because no library makes such ones:
// any extension, any key, any digest, any kind of text in a name, version 1, wrong signatures.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

type Bytes = Buffer

export function der(tag: number, ...parts: readonly Bytes[]): Bytes {
  const body = Buffer.concat(parts)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  const digits = length.subarray(length.findIndex(byte => byte !== 0))
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, body])
}

export const sequence = (...parts: readonly Bytes[]): Bytes => der(0x30, ...parts)
export const text = (value: string): Bytes => der(0x0c, Buffer.from(value))
const NULL = der(5)

export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap(arc => {
    const digits = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    return digits
  })
  return der(6, Buffer.from(bytes))
}

export function extension(id: string, value: Bytes, isCritical = false): Bytes {
  const mark = isCritical ? [der(1, Buffer.from([0xff]))] : []
  return sequence(oid(id), ...mark, der(4, value))
}

const bits = (...bytes: readonly number[]): Bytes => der(3, Buffer.from([0, ...bytes]))

export const keyUsage = (...bytes: readonly number[]): Bytes =>
  extension('2.5.29.15', bits(...bytes), true)

export const netscapeType = (byte: number): Bytes => extension('2.16.840.1.113730.1.1', bits(byte))

export const purposes = (...ids: readonly string[]): Bytes =>
  extension('2.5.29.37', sequence(...ids.map(oid)))

export function authority(isAuthority: boolean, pathLength?: number): Bytes {
  const flag = isAuthority ? [der(1, Buffer.from([0xff]))] : []
  const length = pathLength === undefined ? [] : [der(2, Buffer.from([pathLength]))]
  return extension('2.5.29.19', sequence(...flag, ...length), true)
}

/** Only these DNS names (permitted), or all but these. */
export function domains(kind: 'permitted' | 'excluded', name: string): Bytes {
  const subtree = sequence(der(0x82, Buffer.from(name)))
  return extension('2.5.29.30', sequence(der(kind === 'permitted' ? 0xa0 : 0xa1, subtree)), true)
}

export const dnsName = (name: string): Bytes =>
  extension('2.5.29.17', sequence(der(0x82, Buffer.from(name))))

/** Attributes, each by itself or, in a list, several in one set. */
export type NamePart = readonly [type: string, value: Bytes]
export function nameOf(...parts: readonly (NamePart | readonly NamePart[])[]): Bytes {
  const isOne = (part: NamePart | readonly NamePart[]): part is NamePart =>
    typeof part[0] === 'string'
  return sequence(
    ...parts.map(part => {
      const attributes = (isOne(part) ? [part] : part).map(([type, value]) =>
        sequence(oid(type), value),
      )
      return der(0x31, ...attributes.sort(Buffer.compare))
    }),
  )
}
export const commonName = (name: string): Bytes => nameOf(['2.5.4.3', text(name)])

const KEYS = {
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'ec-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'ec-192': () => generateKeyPairSync('ec', { namedCurve: 'prime192v1' }),
  'ec-224': () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' }),
  'ec-explicit': () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
  ed25519: () => generateKeyPairSync('ed25519'),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'rsa-1024': () => generateKeyPairSync('rsa', { modulusLength: 1024 }),
} as const
export type KeyKind = keyof typeof KEYS

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const made = new Map<string, KeyPair>()

/** Of a label: the same label has the same key. */
function keysOf(kind: KeyKind, label: string): KeyPair {
  const name = kind.startsWith('rsa') ? kind : `${kind} ${label}`
  const keys = made.get(name) ?? KEYS[kind]()
  made.set(name, keys)
  return keys
}

export type Digest = 'sha1' | 'sha224' | 'sha256' | 'sha384'

const SIGNATURES: Readonly<Record<string, string>> = {
  'rsa sha1': '1.2.840.113549.1.1.5',
  'rsa sha224': '1.2.840.113549.1.1.14',
  'rsa sha256': '1.2.840.113549.1.1.11',
  'rsa sha384': '1.2.840.113549.1.1.12',
  'ec sha1': '1.2.840.10045.4.1',
  'ec sha224': '1.2.840.10045.4.3.1',
  'ec sha256': '1.2.840.10045.4.3.2',
  'ec sha384': '1.2.840.10045.4.3.3',
}

function algorithmOf({ asymmetricKeyType }: KeyObject, digest: Digest): Bytes {
  const type: string = asymmetricKeyType ?? ''
  const id = type === 'ed25519' ? '1.3.101.112' : (SIGNATURES[`${type} ${digest}`] ?? '')
  return type === 'rsa' ? sequence(oid(id), NULL) : sequence(oid(id))
}

export interface OddOptions {
  /** DER. */
  readonly subject: Bytes
  /** Undefined: signed by itself. */
  readonly issuer?: OddCertificate | undefined
  readonly from: Date
  readonly to: Date
  readonly key?: KeyKind
  readonly digest?: Digest
  readonly version?: 1 | 3
  readonly extensions?: readonly Bytes[]
  /** One bit of the signature is turned over. */
  readonly isTampered?: boolean
  /** Keys are made anew for another label. */
  readonly label?: string
}

export interface OddCertificate {
  readonly subject: Bytes
  readonly privateKey: KeyObject
  /** PEM. */
  readonly cert: string
  readonly key: string
}

const time = (date: Date): Bytes =>
  der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`))

export function makeOdd(options: OddOptions): OddCertificate {
  const { subject, issuer, key = 'ec', digest = 'sha256', version = 3, extensions = [] } = options
  const keys = keysOf(key, options.label ?? subject.toString('latin1'))
  const signer = issuer?.privateKey ?? keys.privateKey
  const algorithm = algorithmOf(signer, digest)
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)])
  const signed = sequence(
    ...(version === 3 ? [der(0xa0, der(2, Buffer.from([2])))] : []),
    der(2, serial),
    algorithm,
    issuer?.subject ?? subject,
    sequence(time(options.from), time(options.to)),
    subject,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 && version === 3 ? [der(0xa3, sequence(...extensions))] : []),
  )
  const signature = sign(signer.asymmetricKeyType === 'ed25519' ? null : digest, signed, signer)
  if (options.isTampered) signature[signature.length - 1]! ^= 1
  const certificate = sequence(signed, algorithm, der(3, Buffer.from([0]), signature))
  return {
    subject,
    privateKey: keys.privateKey,
    cert: pem(certificate),
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function pem(certificate: Bytes): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
