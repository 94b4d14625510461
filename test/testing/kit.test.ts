// The demo kit: it has years to run, its chains verify, and the constants are the files.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import type net from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { KIT } from '../../src/testing/kit.ts'
import { childrenOf, readDer, TAG } from '../../src/transport/der.ts'
import { commonName, dnsName, makeOdd } from '../helpers/odd-certs.ts'

const YEAR_MS = 365 * 24 * 3600 * 1000

function read(name: string): string {
  return fs.readFileSync(new URL(`../../certs/${name}`, import.meta.url), 'utf8')
}

function certificate(name: string): X509Certificate {
  return new X509Certificate(read(`${name}.crt`))
}

const LONG_LIVED = [
  'ca',
  'server',
  'client-default',
  'client-alice',
  'client-foreign',
  'client-wrong-purpose',
  'foreign-ca',
]

t.test('what is not meant to be expired has five years to run', async t => {
  for (const name of LONG_LIVED) {
    const { validFrom, validTo } = certificate(name)
    t.ok(Date.parse(validTo) - Date.now() > 5 * YEAR_MS, `${name} ends ${validTo}`)
    t.ok(Date.parse(validFrom) < Date.now(), `${name} has begun`)
  }
  t.ok(Date.parse(certificate('client-expired').validTo) < Date.now())
})

t.test('every certificate is signed by the authority that it should be', async t => {
  const own = certificate('ca')
  const foreign = certificate('foreign-ca')
  for (const name of [
    'server',
    'client-default',
    'client-alice',
    'client-expired',
    'client-wrong-purpose',
  ]) {
    t.ok(certificate(name).verify(own.publicKey), name)
  }
  t.ok(certificate('client-foreign').verify(foreign.publicKey))
  t.notOk(certificate('client-foreign').verify(own.publicKey))
})

t.test('the server is known by the names of this machine', async t => {
  const server = certificate('server')
  for (const host of ['localhost', 'redis.test', 'any.redis.test'])
    t.ok(server.checkHost(host), host)
  for (const ip of ['127.0.0.1', '::1']) t.ok(server.checkIP(ip), ip)
  t.notOk(server.checkHost('example.com'))
})

t.test('each certificate is for what its name says', async t => {
  const SERVER = '1.3.6.1.5.5.7.3.1'
  const CLIENT = '1.3.6.1.5.5.7.3.2'
  for (const name of ['server', 'client-wrong-purpose']) {
    t.strictSame(certificate(name).keyUsage, [SERVER], name)
  }
  for (const name of ['client-default', 'client-alice', 'client-expired', 'client-foreign']) {
    t.strictSame(certificate(name).keyUsage, [CLIENT], name)
  }
  for (const name of LONG_LIVED) t.equal(certificate(name).ca, name.endsWith('ca'), name)
  t.match(certificate('client-alice').subjectAltName, 'URI:urn:redis:alice')
  for (const name of LONG_LIVED) t.match(certificate(name).subject, /DO NOT TRUST - TESTING ONLY/)
})

t.test('with the public key of the authority nobody can vouch for other hosts', async t => {
  const [signed] = childrenOf(readDer(certificate('ca').raw)[0], TAG.sequence)
  // Of a root, which is its own issuer: version, serial number, algorithm, issuer.
  const issuer = childrenOf(signed, TAG.sequence)[3]
  const key = read('ca.key')
  const privateKey = createPrivateKey(key)
  const authority = { subject: issuer?.whole ?? Buffer.alloc(0), privateKey, cert: KIT.ca, key }
  for (const [host, expected] of [
    ['redis.test', 'connected'],
    ['example.com', 'permitted subtree violation'],
  ] as const) {
    const leaf = makeOdd({
      subject: commonName(host),
      issuer: authority,
      from: new Date(0),
      to: new Date('2100-01-01'),
      extensions: [dnsName(host)],
    })
    t.equal(await visit(leaf, host), expected, host)
  }
})

/** What a client that trusts the authority says to a server with this certificate. */
function visit(leaf: { readonly cert: string; readonly key: string }, host: string) {
  return new Promise<string>(resolve => {
    const server = tls.createServer({ cert: leaf.cert, key: leaf.key }, socket => socket.end())
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      const socket = tls.connect({ host: '127.0.0.1', port, ca: KIT.ca, servername: host })
      const finish = (outcome: string): void => {
        socket.destroy()
        server.close(() => resolve(outcome))
      }
      socket.once('secureConnect', () => finish('connected'))
      socket.once('error', error => finish(error.message))
    })
  })
}

t.test('keys belong to their certificates', async t => {
  for (const name of [...LONG_LIVED, 'client-expired']) {
    t.ok(certificate(name).checkPrivateKey(createPrivateKey(read(`${name}.key`))), name)
  }
})

t.test('the constants are the files', async t => {
  t.equal(KIT.ca, read('ca.crt'))
  t.equal(KIT.serverCert, read('server.crt'))
  t.equal(KIT.serverKey, read('server.key'))
  t.equal(KIT.clientCert, read('client-default.crt'))
  t.equal(KIT.clientKey, read('client-default.key'))
})
