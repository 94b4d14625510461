// Makes the demo kit in certs/ and the same as constants in src/testing/kit.ts: `npm run certs`.
// The kit is public, so its authority may only vouch for names that lead back to this machine.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import fs from 'node:fs'
import * as x509 from '@peculiar/x509'

type CryptoKeyPair = webcrypto.CryptoKeyPair

x509.cryptoProvider.set(webcrypto as unknown as never)

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const ORGANIZATION = 'DO NOT TRUST - TESTING ONLY'
const DAY_MS = 24 * 3600 * 1000
const FOLDER = new URL('../certs/', import.meta.url)
const MODULE = new URL('../src/testing/kit.ts', import.meta.url)

interface Pair {
  readonly certificate: x509.X509Certificate
  readonly keys: CryptoKeyPair
}

const now = new Date()
// Valid wherever a test moves the clock to.
const notBefore = new Date(0)
const notAfter = new Date('2199-12-31T23:59:59Z')

async function makeKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair
}

/** What the kit's authority may sign: an extension that the library has no class for. */
function nameConstraints(): x509.Extension {
  // GeneralSubtrees: dNSName localhost, dNSName test, iPAddress 127.0.0.0/8, iPAddress ::1/128.
  const dns = (name: string): Buffer => der(0x30, der(0x82, Buffer.from(name)))
  const ip = (bytes: readonly number[]): Buffer => der(0x30, der(0x87, Buffer.from(bytes)))
  const ipv6 = [...new Array(15).fill(0), 1, ...new Array(16).fill(255)]
  const permitted = der(
    0xa0,
    Buffer.concat([dns('localhost'), dns('test'), ip([127, 0, 0, 0, 255, 0, 0, 0]), ip(ipv6)]),
  )
  return new x509.Extension('2.5.29.30', true, der(0x30, permitted))
}

function der(tag: number, content: Buffer): Buffer {
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content])
  return Buffer.concat([Buffer.from([tag, 0x81, content.length]), content])
}

async function makeAuthority(name: string, constrained: boolean): Promise<Pair> {
  const keys = await makeKeys()
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]
  if (constrained) extensions.push(nameConstraints())
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}, O=${ORGANIZATION}`,
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions,
  })
  return { certificate, keys }
}

interface Leaf {
  readonly name: string
  readonly purpose: 'server' | 'client'
  readonly names?: readonly x509.JsonGeneralName[]
  readonly notBefore?: Date
  readonly notAfter?: Date
}

async function makeLeaf(authority: Pair, leaf: Leaf): Promise<Pair> {
  const keys = await makeKeys()
  const usage = leaf.purpose === 'server' ? 'serverAuth' : 'clientAuth'
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]]),
    await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
  ]
  if (leaf.names) extensions.push(new x509.SubjectAlternativeNameExtension([...leaf.names]))
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${leaf.name}, O=${ORGANIZATION}`,
    issuer: authority.certificate.subject,
    notBefore: leaf.notBefore ?? notBefore,
    notAfter: leaf.notAfter ?? notAfter,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  })
  return { certificate, keys }
}

const files = new Map<string, string>()

async function keep(name: string, { certificate, keys }: Pair): Promise<void> {
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const lines = key.toString('base64').match(/.{1,64}/g) ?? []
  files.set(`${name}.crt`, `${certificate.toString('pem')}\n`)
  files.set(
    `${name}.key`,
    `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  )
}

const authority = await makeAuthority('redis-tls-mock demo CA', true)
const stranger = await makeAuthority('redis-tls-mock foreign CA', false)
await keep('ca', authority)
await keep('foreign-ca', stranger)
await keep(
  'server',
  await makeLeaf(authority, {
    name: 'localhost',
    purpose: 'server',
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: 'redis.test' },
      { type: 'dns', value: '*.redis.test' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ],
  }),
)
await keep('client-default', await makeLeaf(authority, { name: 'default', purpose: 'client' }))
await keep(
  'client-alice',
  await makeLeaf(authority, {
    name: 'alice',
    purpose: 'client',
    names: [{ type: 'url', value: 'urn:redis:alice' }],
  }),
)
const yesterday = new Date(now.getTime() - DAY_MS)
await keep(
  'client-expired',
  await makeLeaf(authority, {
    name: 'default',
    purpose: 'client',
    notBefore: new Date(yesterday.getTime() - DAY_MS),
    notAfter: yesterday,
  }),
)
await keep('client-foreign', await makeLeaf(stranger, { name: 'default', purpose: 'client' }))
await keep(
  'client-wrong-purpose',
  await makeLeaf(authority, { name: 'default', purpose: 'server' }),
)

fs.mkdirSync(FOLDER, { recursive: true })
for (const [name, text] of files) {
  const mode = name.endsWith('.key') ? 0o600 : 0o644
  fs.writeFileSync(new URL(name, FOLDER), text, { mode })
}

const CONSTANTS: readonly (readonly [string, string])[] = [
  ['ca', 'ca.crt'],
  ['serverCert', 'server.crt'],
  ['serverKey', 'server.key'],
  ['clientCert', 'client-default.crt'],
  ['clientKey', 'client-default.key'],
]
const entries = CONSTANTS.map(([constant, file]) => {
  const lines = (files.get(file) ?? '').trimEnd().split('\n')
  return `  ${constant}: [\n${lines.map(line => `    '${line}',\n`).join('')}    '',\n  ].join('\\n'),\n`
})
fs.writeFileSync(
  MODULE,
  `// The demo kit of certs/ as constants, so that a server starts without reading a file. Generated by
// scripts/certs.ts; the keys are public and belong in no trust store.

export const KIT = {
${entries.join('')}} as const
`,
)
