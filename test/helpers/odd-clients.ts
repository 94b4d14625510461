// Client certificates, right and wrong in every way that matters to OpenSSL, and the authorities
// behind them, all valid around a given moment.

import {
  authority,
  commonName,
  der,
  dnsName,
  domains,
  extension,
  keyUsage,
  makeOdd,
  netscapeType,
  type OddCertificate,
  type OddOptions,
  oid,
  purposes,
  sequence,
} from './odd-certs.ts'

export interface OddClient {
  readonly name: string
  /** PEM: the leaf. */
  readonly leaf: string
  /** PEM: those between the leaf and the root, as the client sends them. */
  readonly between: string
  readonly key: string
  /** TLS, or its version 1.3, has no signature for such a key. */
  readonly isUnusable: boolean
}

export interface OddScene {
  /** PEM, each by itself. */
  readonly roots: readonly string[]
  readonly clients: readonly OddClient[]
}

const CLIENT = '1.3.6.1.5.5.7.3.2'
const SERVER = '1.3.6.1.5.5.7.3.1'
const ANY = '2.5.29.37.0'
const CODE = '1.3.6.1.5.5.7.3.3'
const UNKNOWN = '1.2.3.4.5'
const DAY_MS = 24 * 3600 * 1000

const SIGNS_CERTIFICATES = keyUsage(0x06)
const ONE_CLIENT = purposes(CLIENT)
const NOTHING = der(5)

type More = Partial<OddOptions>
type Row = readonly [name: string, leaf: OddCertificate, ...between: readonly OddCertificate[]]

/** Everything that is signed in one scene. */
class Signers {
  readonly #at: number
  readonly roots: OddCertificate[] = []

  constructor(at: Date) {
    this.#at = at.getTime()
  }

  days(from: number, to: number): { from: Date; to: Date } {
    return { from: new Date(this.#at + from * DAY_MS), to: new Date(this.#at + to * DAY_MS) }
  }

  root(name: string, more: More = {}): OddCertificate {
    const extensions = [authority(true), SIGNS_CERTIFICATES]
    const made = makeOdd({
      subject: commonName(name),
      ...this.days(-900, 900),
      extensions,
      ...more,
    })
    this.roots.push(made)
    return made
  }

  /** An authority that no file names. */
  stranger(name: string, label: string): OddCertificate {
    const extensions = [authority(true), SIGNS_CERTIFICATES]
    return makeOdd({ subject: commonName(name), label, ...this.days(-900, 900), extensions })
  }

  below(issuer: OddCertificate, name: string, more: More = {}): OddCertificate {
    const extensions = [authority(true), SIGNS_CERTIFICATES]
    const subject = commonName(name)
    return makeOdd({ subject, issuer, ...this.days(-300, 300), extensions, ...more })
  }

  leaf(issuer: OddCertificate | undefined, more: More = {}): OddCertificate {
    const subject = commonName('app')
    return makeOdd({ subject, issuer, ...this.days(-9, 9), extensions: [ONE_CLIENT], ...more })
  }
}

export function oddScene(at: Date): OddScene {
  const signers = new Signers(at)
  const root = signers.root('Root')
  const rows = [
    ...extensionsOf(signers, root),
    ...datesAndKeys(signers, root),
    ...issuers(signers, root),
    ...paths(signers, root),
    ...otherRoots(signers),
  ]
  return {
    roots: signers.roots.map(({ cert }) => cert),
    clients: rows.map(([name, { cert, key }, ...between]) => ({
      name,
      leaf: cert,
      between: between.map(one => one.cert).join(''),
      key,
      isUnusable: name === 'P-192' || name === 'P-224',
    })),
  }
}

function extensionsOf(signers: Signers, root: OddCertificate): Row[] {
  const identity = sequence(oid('1.3.6.1.5.5.7.21.1'))
  const extensions: Readonly<Record<string, readonly Buffer[]>> = {
    'nothing wrong': [ONE_CLIENT],
    'no extensions': [],
    'EKU server': [purposes(SERVER)],
    'EKU client and server': [purposes(SERVER, CLIENT)],
    'EKU any': [purposes(ANY)],
    'EKU any and client': [purposes(ANY, CLIENT)],
    'EKU code': [purposes(CODE)],
    'EKU critical': [extension('2.5.29.37', sequence(oid(CLIENT)), true)],
    'KU digitalSignature': [keyUsage(0x80)],
    'KU keyEncipherment': [keyUsage(0x20)],
    'KU keyAgreement': [keyUsage(0x08)],
    'KU nonRepudiation': [keyUsage(0x40)],
    'KU keyCertSign': [keyUsage(0x04)],
    'KU decipherOnly': [keyUsage(0, 0x80)],
    'KU empty': [keyUsage(0)],
    'nsCertType server': [netscapeType(0x40)],
    'nsCertType client': [netscapeType(0x80)],
    'says it is an authority': [authority(true), ONE_CLIENT],
    'says it is none': [authority(false), ONE_CLIENT],
    'unknown extension': [extension(UNKNOWN, NOTHING)],
    'unknown critical extension': [extension(UNKNOWN, NOTHING, true)],
    'critical names': [extension('2.5.29.17', sequence(der(0x82, Buffer.from('a.example'))), true)],
    'critical policies': [extension('2.5.29.32', sequence(sequence(oid(UNKNOWN))), true)],
    'critical policy constraints': [
      extension('2.5.29.36', sequence(der(0x80, Buffer.from([0]))), true),
    ],
    'critical revocation lists': [extension('2.5.29.31', sequence(), true)],
    'critical subject key id': [extension('2.5.29.14', der(4, Buffer.from('key')), true)],
    proxy: [extension('1.3.6.1.5.5.7.1.14', sequence(identity), true)],
    'issuer key id of another': [
      extension('2.5.29.35', sequence(der(0xa1, der(0xa4, commonName('Other'))), der(0x82, UNIT))),
    ],
  }
  return Object.entries(extensions).map(([name, list]): Row => {
    return [name, signers.leaf(root, { extensions: list })]
  })
}

const UNIT = Buffer.from([1])

function datesAndKeys(signers: Signers, root: OddCertificate): Row[] {
  const variants: Readonly<Record<string, More>> = {
    'version 1': { version: 1 },
    expired: signers.days(-20, -10),
    'not yet valid': signers.days(10, 20),
    'ends before it begins': signers.days(10, -10),
    'RSA-2048': { key: 'rsa' },
    'RSA-1024': { key: 'rsa-1024' },
    'P-384': { key: 'ec-384' },
    'P-192': { key: 'ec-192' },
    'P-224': { key: 'ec-224' },
    'a curve spelt out': { key: 'ec-explicit' },
    ed25519: { key: 'ed25519' },
    'SHA-1': { digest: 'sha1' },
    'SHA-224': { digest: 'sha224' },
    'SHA-384': { digest: 'sha384' },
    tampered: { isTampered: true },
    'no name': { subject: sequence() },
  }
  return Object.entries(variants).map(([name, more]): Row => [name, signers.leaf(root, more)])
}

function issuers(signers: Signers, root: OddCertificate): Row[] {
  const below = signers.below(root, 'Below')
  const leaf = signers.leaf(root)
  const ways: Readonly<Record<string, More>> = {
    'without basicConstraints': { extensions: [SIGNS_CERTIFICATES] },
    'that is none': { extensions: [authority(false), SIGNS_CERTIFICATES] },
    'that may not sign': { extensions: [authority(true), keyUsage(0x80)] },
    'for servers': { extensions: [authority(true), SIGNS_CERTIFICATES, purposes(SERVER)] },
    'for clients': { extensions: [authority(true), SIGNS_CERTIFICATES, ONE_CLIENT] },
    'with an unknown critical extension': {
      extensions: [authority(true), extension(UNKNOWN, NOTHING, true)],
    },
    'of version 1': { version: 1 },
    'by nsCertType alone': { extensions: [netscapeType(0x04)] },
    'that has expired': signers.days(-300, -10),
    'not yet valid': signers.days(10, 300),
    'RSA-1024': { key: 'rsa-1024' },
    'SHA-1': { digest: 'sha1' },
    tampered: { isTampered: true },
    'P-224': { key: 'ec-224' },
    'a curve spelt out': { key: 'ec-explicit' },
  }
  return [
    ['through an intermediate', signers.leaf(below), below],
    ['intermediate missing', signers.leaf(below)],
    ['issued by a leaf', signers.leaf(leaf), leaf],
    ['signed by itself', signers.leaf(undefined)],
    [
      'signed by itself as the root',
      signers.leaf(undefined, { subject: root.subject, label: '2' }),
    ],
    ['other authority', signers.leaf(signers.stranger('Other', '1'))],
    ['another of the same name', signers.leaf(signers.stranger('Root', '2'))],
    ...Object.entries(ways).map(([name, more]): Row => {
      const odd = signers.below(root, `Below ${name}`, more)
      return [`intermediate ${name}`, signers.leaf(odd), odd]
    }),
  ]
}

const keyId = (id: string): Buffer => extension('2.5.29.14', der(4, Buffer.from(id)))
const issuerKeyId = (id: string): Buffer =>
  extension('2.5.29.35', sequence(der(0x80, Buffer.from(id))))

function paths(signers: Signers, root: OddCertificate): Row[] {
  const limited = signers.below(root, 'Zero', { extensions: [authority(true, 0)] })
  const second = signers.below(limited, 'Second')
  const anew = signers.below(limited, 'Zero', { label: 'anew' })
  const named = signers.below(root, 'Named', { extensions: [authority(true, 0), keyId('old')] })
  const changed = signers.below(named, 'Named', {
    label: 'changed',
    extensions: [authority(true, 0), keyId('new'), issuerKeyId('old')],
  })
  const narrow = (name: string, constraint: Buffer): OddCertificate =>
    signers.below(root, name, { extensions: [authority(true), constraint] })
  const permitted = narrow('Permitted', domains('permitted', 'a.example'))
  const excluded = narrow('Excluded', domains('excluded', 'a.example'))
  const inDomain = (domain: string): More => ({ extensions: [ONE_CLIENT, dnsName(domain)] })
  return [
    ['path length 0', signers.leaf(limited), limited],
    ['path length exceeded', signers.leaf(second), second, limited],
    ['path length, issued by itself', signers.leaf(anew), anew, limited],
    ['path length, issued by itself with another key', signers.leaf(changed), changed, named],
    ['name permitted', signers.leaf(permitted, inDomain('x.a.example')), permitted],
    ['name not permitted', signers.leaf(permitted, inDomain('b.example')), permitted],
    ['name excluded', signers.leaf(excluded, inDomain('a.example')), excluded],
  ]
}

function otherRoots(signers: Signers): Row[] {
  const roots: Readonly<Record<string, More>> = {
    'RSA-1024': { key: 'rsa-1024' },
    'of version 1': { version: 1 },
    'without basicConstraints': { extensions: [SIGNS_CERTIFICATES] },
    'that is none': { extensions: [authority(false)] },
    'for servers': { extensions: [authority(true), purposes(SERVER)] },
    'that has expired': signers.days(-900, -10),
    'with an unknown critical extension': {
      extensions: [authority(true), extension(UNKNOWN, NOTHING, true)],
    },
    'SHA-1': { digest: 'sha1' },
    tampered: { isTampered: true },
    'without extensions': { extensions: [] },
  }
  const zero = signers.root('Root zero', { extensions: [authority(true, 0)] })
  const below = signers.below(zero, 'Below zero')
  const pinned = signers.root('Pinned', { extensions: [ONE_CLIENT], ...signers.days(-9, 9) })
  const partial = signers.below(signers.stranger('Above', '1'), 'Partial')
  signers.roots.push(partial)
  return [
    ['root of path length 0', signers.leaf(zero)],
    ['root of path length 0, exceeded', signers.leaf(below), below],
    ['a trusted leaf', pinned],
    ['a trusted intermediate without its root', signers.leaf(partial)],
    ...Object.entries(roots).map(([name, more]): Row => {
      return [`root ${name}`, signers.leaf(signers.root(`Root ${name}`, more))]
    }),
  ]
}
