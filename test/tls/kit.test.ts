// The certificate kit: files that OpenSSL accepts, and an authority that makes wrong ones at will.

import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import { hostName } from '../../src/testing/tls/host-names.ts'
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
    const isPublic = /\.cr.$|^trust/.test(file)
    t.equal(fs.statSync(path.join(folder, file)).mode & 0o777, isPublic ? 0o644 : 0o600, file)
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
  for (const client of ['redis-cli', 'ioredis', 'node-redis', 'redis-py', 'Java', 'Lettuce']) {
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
  for (const name of ['../evil', '', 'a\nb', 'x'.repeat(65)]) {
    await t.rejects(writeKit({ folder, clients: [name] }), /cannot be named/)
  }
})

t.test('an authority that is there is kept, and signs what is asked for', async t => {
  const folder = t.testdir({})
  const read = (name: string): X509Certificate =>
    new X509Certificate(fs.readFileSync(path.join(folder, name)))
  await writeKit({ folder, isRsa: true, days: 9 })
  t.strictSame((await writeKit({ folder })).files, [])
  const app = await writeKit({ folder, clients: ['app'] })
  t.strictSame(app.files, ['client-app.crt', 'client-app.key'])
  t.strictSame((await writeKit({ folder, hosts: ['redis'] })).files, ['server.crt', 'server.key'])
  fs.rmSync(path.join(folder, 'client-default.key'))
  const lost = await writeKit({ folder, days: 400 })
  t.strictSame(lost.files, ['client-default.crt', 'client-default.key'])
  const root = read('ca.crt')
  for (const name of ['server.crt', 'client-app.crt', 'client-default.crt']) {
    t.ok(read(name).verify(root.publicKey), name)
    t.ok(read(name).checkIssued(root), name)
    t.equal(read(name).publicKey.asymmetricKeyType, 'rsa', 'keys are as those of the authority')
    t.ok(Date.parse(read(name).validTo) <= Date.parse(root.validTo), 'and end no later')
  }
  t.ok(read('server.crt').checkHost('redis'))
  await writeKit({ folder, isNew: true })
  t.notOk(read('server.crt').verify(root.publicKey), 'unless a new one is asked for')
  t.ok(read('server.crt').verify(read('ca.crt').publicKey))
})

t.test('an authority of another folder', { skip: NO_OPENSSL }, async t => {
  const home = t.testdir({ root: {}, app: {}, half: {}, below: {} })
  const place = (name: string): string => path.join(home, name)
  // As mkcert makes one, and of another curve than ours.
  const kind = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']
  const names = ['-keyout', place('root/rootCA-key.pem'), '-out', place('root/rootCA.pem')]
  openssl(...kind, ...names, '-subj', '/CN=root', '-days', '90')
  const kit = await writeKit({ folder: place('app'), caFolder: place('root') })
  t.equal(kit.keptAuthority, place('root'))
  t.notOk(fs.existsSync(place('app/ca.key')), 'its key stays where it is')
  const authority = ['-CAfile', place('app/ca.crt'), '-CRLfile', place('app/ca.crl'), '-crl_check']
  const leaves = [place('app/server.crt'), place('app/client-default.crt')]
  t.match(openssl('verify', ...authority, ...leaves), /OK\n.*OK/)

  const refused = (folder: string, reason: RegExp, caFolder?: string): Promise<unknown> =>
    t.rejects(writeKit({ folder: place(folder), ...(caFolder && { caFolder: place(caFolder) }) }), {
      message: reason,
    })
  await refused('app', /ca\.crt has no ca\.key beside it; --force .*, --ca DIR/)
  await refused('half', /below holds no ca\.crt and ca\.key/, 'below')
  await refused('root', /root has an authority of its own/, 'app')
  fs.copyFileSync(place('root/rootCA.pem'), place('half/ca.crt'))
  fs.copyFileSync(place('app/server.key'), place('half/ca.key'))
  await refused('half', /The authority in .*half has another key; --force/)
  fs.writeFileSync(place('half/ca.key'), 'no key')
  await refused('half', /The authority in .*half cannot be read/)
  fs.copyFileSync(place('app/server.crt'), place('below/ca.crt'))
  fs.copyFileSync(place('app/server.key'), place('below/ca.key'))
  await refused('below', /is no root, so that nobody would trust it alone/)
})

t.test('names are written as clients ask for them', async t => {
  for (const [given, expected] of [
    ['bücher.example', 'xn--bcher-kva.example'],
    ['Redis.Test', 'redis.test'],
    ['*.redis.test', '*.redis.test'],
    ['my_redis', 'my_redis'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
  ] as const) {
    t.equal(hostName(given), expected, given)
  }
  for (const [given, advice] of [
    ['', ''],
    ['not a host', ''],
    ['256.1.1.1', ''],
    ['127.1', ''],
    ['1', ''],
    ['0x7f.0.0.1', ''],
    ['10.0.0.01', ''],
    ['a..b', ''],
    ['redis.test.', ''],
    ['-redis', ''],
    ['redis-', ''],
    ['redis.*.test', ''],
    ['*', ''],
    ['a,b', ''],
    ['a/b', ''],
    ['a?b', ''],
    ['a#b', ''],
    ['a\\b', ''],
    ['a%62', ''],
    ['a\tb', ''],
    ['fe80::1%eth0', ''],
    ['redis\0.test', ''],
    [`${'x'.repeat(64)}.test`, ''],
    [`${'x.'.repeat(130)}test`, ''],
    ['redis:6379', "give 'redis' alone"],
    ['[::1]', "give '::1' alone"],
    ['[::1]:6379', "give '::1' alone"],
    ['rediss://redis.test:6379', "give 'redis.test' alone"],
  ] as const) {
    const message = `'${given}' is neither a host name nor an address`
    const expected = advice === '' ? message : `${message}: ${advice}`
    t.throws(() => hostName(given), { message: expected }, JSON.stringify(given))
  }
})
