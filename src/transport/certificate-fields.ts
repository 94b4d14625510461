// What stands in a certificate (RFC 5280, section 4.1) and node:crypto does not show: its names as
// bytes, its extensions with their marks, and the hash by which OpenSSL finds it in a folder.

import { createHash, type X509Certificate } from 'node:crypto'
import { bodyOf, childrenOf, contextTag, type DerValue, oidOf, readDer, TAG } from './der.ts'

export interface Extension {
  readonly isCritical: boolean
  /** DER. */
  readonly value: Buffer
}

export interface CertificateFields {
  /** 1 to 3. */
  readonly version: number
  /** DER. */
  readonly issuer: DerValue
  readonly subject: DerValue
  readonly signatureAlgorithm: DerValue
  /** Which kind of key it is, and of which curve. */
  readonly keyAlgorithm: DerValue
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, Extension>
}

/** @throws Error if there is anything in it that is not understood */
export function fieldsOf({ raw }: X509Certificate): CertificateFields {
  const [certificate] = readDer(raw)
  const [signed, signatureAlgorithm] = childrenOf(certificate, TAG.sequence)
  const fields = childrenOf(signed, TAG.sequence)
  const hasVersion = fields[0]?.tag === contextTag(0)
  const version = hasVersion ? versionIn(fields[0]) : 1
  // Serial number, algorithm, issuer, validity, subject, key; ids of no use; extensions.
  const [, , issuer, , subject, key, ...rest] = hasVersion ? fields.slice(1) : fields
  const [keyAlgorithm] = childrenOf(key, TAG.sequence)
  if (!issuer || !subject || !signatureAlgorithm || !keyAlgorithm) {
    throw new Error('A certificate that ends too early')
  }
  const list = rest.find(({ tag }) => tag === contextTag(3))
  const extensions = list === undefined ? new Map() : extensionsIn(list)
  return { version, issuer, subject, signatureAlgorithm, keyAlgorithm, extensions }
}

function versionIn(value: DerValue | undefined): number {
  const [number] = childrenOf(value, contextTag(0))
  return bodyOf(number, TAG.integer).readUInt8(0) + 1
}

function extensionsIn(value: DerValue): Map<string, Extension> {
  const extensions = new Map<string, Extension>()
  const [list] = childrenOf(value, contextTag(3))
  for (const item of childrenOf(list, TAG.sequence)) {
    const parts = childrenOf(item, TAG.sequence)
    const oid = oidOf(parts[0])
    if (extensions.has(oid)) throw new Error('An extension that comes twice')
    const isCritical = parts[1]?.tag === TAG.boolean && parts[1].body[0] !== 0
    extensions.set(oid, { isCritical, value: bodyOf(parts.at(-1), TAG.octetString) })
  }
  return extensions
}

/**
 * The eight digits by which OpenSSL finds an authority in a folder, as `openssl x509 -hash`.
 * @throws Error if the subject is not understood
 */
export function subjectHashOf(certificate: X509Certificate): string {
  return nameHashOf(fieldsOf(certificate).subject)
}

/** The same of who has issued it, as `openssl x509 -issuer_hash`. */
export function issuerHashOf(certificate: X509Certificate): string {
  return nameHashOf(fieldsOf(certificate).issuer)
}

function nameHashOf(name: DerValue): string {
  const names = childrenOf(name, TAG.sequence).map(plainName)
  const digest = createHash('sha1').update(Buffer.concat(names)).digest()
  return digest.readUInt32LE(0).toString(16).padStart(8, '0')
}

// OpenSSL compares names in a form where case, blanks and the type of a text make no difference,
// and hashes that form.
function plainName(relative: DerValue): Buffer {
  const attributes = childrenOf(relative, TAG.set).map(attribute => {
    const [type, value] = childrenOf(attribute, TAG.sequence)
    if (type === undefined || value === undefined) throw new Error('A name without a value')
    return write(TAG.sequence, Buffer.concat([type.whole, plainValue(value)]))
  })
  return write(TAG.set, Buffer.concat(attributes.sort(Buffer.compare)))
}

function plainValue(value: DerValue): Buffer {
  const text = textOf(value)
  if (text === undefined) return value.whole
  const plain = text
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/[A-Z]+/g, capitals => capitals.toLowerCase())
  return write(TAG.utf8, Buffer.from(plain))
}

/** Undefined for a value that OpenSSL hashes as it is. */
function textOf({ tag, body }: DerValue): string | undefined {
  switch (tag) {
    case TAG.utf8:
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
    case TAG.printable:
    case TAG.t61:
    case TAG.ia5:
      return body.toString('latin1')
    case TAG.bmp:
      return charactersOf(body, 2)
    case TAG.universal:
      return charactersOf(body, 4)
    default:
      return undefined
  }
}

function charactersOf(body: Buffer, width: 2 | 4): string {
  let text = ''
  for (let at = 0; at < body.length; at += width) {
    const character = String.fromCodePoint(body.readUIntBE(at, width))
    if (/[\ud800-\udfff]/.test(character) && character.length === 1) {
      throw new Error('Half a character')
    }
    text += character
  }
  return text
}

function write(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  const digits = bytes.subarray(bytes.findIndex(byte => byte !== 0))
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits])
}
