// The certificate kit: files that OpenSSL accepts, and an authority that makes wrong ones at will.

import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import { howToUse, writeKit } from '../../src/testing/tls/kit-files.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tls-kit-'))
t.teardown(() => fs.rmSync(folder, { recursive: true }))

const NO_OPENSSL = spawnSync('openssl', ['version']).error === undefined ? false : 'no openssl'

function openssl(...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  return stdout + stderr
}

t.test('a kit of files', async t => {
  const hosts = ['redis.test', '10.0.0.1', '::1']
  const clients = ['alice', 'bob']
  const kit = await writeKit({ folder, hosts, clients, days: 3, hasPkcs12: true })
  for (const file of kit.files) {
    t.equal(fs.statSync(path.join(folder, file)).mode & 0o777, 0o600, `${file} is the owner's`)
  }
  const read = (file: string): string => fs.readFileSync(path.join(folder, file), 'utf8')
  const server = new X509Certificate(read('server.crt'))
  t.equal(server.subjectAltName, 'DNS:redis.test, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  t.ok(server.checkPrivateKey(createPrivateKey(read('server.key'))))
  t.ok(Date.parse(server.validTo) - Date.now() < 3.1 * 24 * 3600 * 1000)
  t.doesNotThrow(() =>
    tls.createSecureContext({
      pfx: fs.readFileSync(path.join(folder, 'client-bob.p12')),
      passphrase: 'changeit',
    }),
  )
  const text = howToUse(kit)
  for (const client of ['redis-cli', 'ioredis', 'node-redis', 'redis-py', 'Jedis', 'Lettuce']) {
    t.match(text, new RegExp(`^${client} `, 'm'))
  }
})

t.test('OpenSSL accepts it', { skip: NO_OPENSSL }, async t => {
  t.match(openssl('verify', '-CAfile', 'ca.crt', 'server.crt', 'client-alice.crt'), /OK[\s\S]*OK/)
  t.match(openssl('crl', '-in', 'ca.crl', '-CAfile', 'ca.crt', '-noout'), /verify OK/)
  const p12 = ['pkcs12', '-in', 'client-alice.p12', '-passin', 'pass:changeit', '-noout']
  t.match(openssl(...p12, '-info'), /MAC: sha256[\s\S]*Shrouded Keybag: PBES2/)
})

t.test('an authority with limits', { skip: NO_OPENSSL }, async t => {
  const authority = await createAuthority({
    permittedDomains: ['localhost', 'test'],
    permittedAddresses: ['127.0.0.0/8', '172.16.0.0/12', '::1/128', 'fd00:1::/20'],
    pathLength: 0,
  })
  fs.writeFileSync(path.join(folder, 'limits.pem'), authority.cert)
  for (const [host, expected] of [
    ['localhost', /OK/],
    ['redis.test', /OK/],
    ['example.com', /permitted subtree violation/],
    ['127.1.2.3', /OK/],
    ['128.0.0.1', /permitted subtree violation/],
    ['172.31.0.1', /OK/],
    ['172.32.0.1', /permitted subtree violation/],
    ['::1', /OK/],
    ['::2', /permitted subtree violation/],
    ['fd00:fff::1', /OK/],
    ['fd00:1fff::1', /permitted subtree violation/],
  ] as const) {
    // A common name that looks like a host would be judged as one.
    const { cert } = await authority.server([host], { commonName: 'no host' })
    fs.writeFileSync(path.join(folder, 'leaf.pem'), cert)
    t.match(openssl('verify', '-CAfile', 'limits.pem', 'leaf.pem'), expected, host)
  }
  const below = await authority.intermediate()
  fs.writeFileSync(path.join(folder, 'between.pem'), below.cert)
  fs.writeFileSync(path.join(folder, 'leaf.pem'), (await below.server(['localhost'])).leaf)
  const chain = ['-untrusted', 'between.pem', 'leaf.pem']
  t.match(openssl('verify', '-CAfile', 'limits.pem', ...chain), /path length constraint exceeded/)
})

t.test('a revoked certificate stands on the list', { skip: NO_OPENSSL }, async t => {
  const authority = await createAuthority()
  const identity = await authority.client('mallory')
  authority.revoke(identity)
  fs.writeFileSync(path.join(folder, 'list.pem'), authority.cert + (await authority.crl()))
  fs.writeFileSync(path.join(folder, 'leaf.pem'), identity.cert)
  const verdict = openssl('verify', '-crl_check', '-CAfile', 'list.pem', 'leaf.pem')
  t.match(verdict, /certificate revoked/)
})

t.test('an OCSP response that OpenSSL understands', { skip: NO_OPENSSL }, async t => {
  const authority = await createAuthority()
  const identity = await authority.server(['localhost'])
  fs.writeFileSync(path.join(folder, 'issuer.pem'), authority.cert)
  fs.writeFileSync(path.join(folder, 'leaf.pem'), identity.cert)
  for (const status of ['good', 'revoked'] as const) {
    fs.writeFileSync(path.join(folder, 'ocsp.der'), await authority.ocsp(identity, status))
    const names = ['-issuer', 'issuer.pem', '-cert', 'leaf.pem', '-CAfile', 'issuer.pem']
    const said = openssl('ocsp', '-respin', 'ocsp.der', ...names, '-no_nonce')
    t.match(said, /Response verify OK/)
    t.match(said, new RegExp(`leaf.pem: ${status}`))
  }
})

t.test('intermediates, several common names and URIs', async t => {
  const root = await createAuthority()
  const lower = await root.intermediate()
  const identity = await lower.client('a', { commonName: ['a', 'b'], uris: ['urn:redis:alice'] })
  t.equal(identity.cert.match(/BEGIN CERTIFICATE/g)?.length, 2)
  const leaf = new X509Certificate(identity.leaf)
  t.match(leaf.subject, /CN=a\nCN=b/)
  t.equal(leaf.subjectAltName, 'URI:urn:redis:alice')
  t.ok(leaf.verify(new X509Certificate(lower.cert).publicKey))
})

t.test('a client cannot be named like a path', async t => {
  await t.rejects(writeKit({ folder, clients: ['../evil'] }), /cannot be named/)
})
