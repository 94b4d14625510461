// What JVM clients are given: PKCS#12 files, made when somebody asks for them.

import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'
import { createAuthority } from '../../src/testing/tls/authority.ts'

const NO_OPENSSL = spawnSync('openssl', ['version']).error === undefined ? false : 'no openssl'

/** What a server with a client certificate of this file answers to PING. */
function ping(redis: Pick<RunningRedis, 'port' | 'tls'>, file = '', passphrase = '') {
  return new Promise<string>((resolve, reject) => {
    const socket = tls.connect({
      port: redis.port,
      host: '127.0.0.1',
      ca: redis.tls?.ca,
      pfx: fs.readFileSync(file),
      passphrase,
    })
    socket.once('secureConnect', () => socket.write('PING\r\n'))
    socket.once('error', reject)
    socket.once('data', data => {
      socket.destroy()
      resolve(String(data))
    })
  })
}

function openssl(file = '', password = ''): string {
  const words = ['pkcs12', '-info', '-in', file, '-passin', `pass:${password}`, '-nodes']
  const { status, stdout, stderr } = spawnSync('openssl', words, { encoding: 'utf8' })
  return `${status}\n${stderr}${stdout}`
}

t.test('env() tells of stores where they are asked for, and nothing is made before', async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const plain = redis.env()
  t.notOk(Object.keys(plain).some(name => /P12|TRUST/.test(name)))
  const folder = path.dirname(plain['REDIS_TLS_CA_FILE'] ?? '')
  t.strictSame(fs.readdirSync(folder).sort(), ['ca.crt', 'client.crt', 'client.key'])
  const env = redis.env({}, { p12: true })
  t.match(env, plain)
  t.equal(env['REDIS_TLS_P12_FILE'], redis.tls?.p12File)
  t.equal(env['REDIS_TLS_TRUSTSTORE_FILE'], redis.tls?.truststoreFile)
  t.equal(fs.statSync(redis.tls?.p12File ?? '').mode & 0o777, 0o600)
  t.equal(await ping(redis, env['REDIS_TLS_P12_FILE'], env['REDIS_TLS_P12_PASSWORD']), '+PONG\r\n')
  await t.rejects(ping(redis, env['REDIS_TLS_P12_FILE'], 'wrong'), /mac verify failure/)
  await redis.close()
  t.notOk(fs.existsSync(folder))
})

t.test('openssl reads both', { skip: NO_OPENSSL }, async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const env = redis.env(false, { p12: true })
  const store = openssl(env['REDIS_TLS_P12_FILE'], env['REDIS_TLS_P12_PASSWORD'])
  t.match(store, /^0\n/)
  t.ok(store.includes(redis.tls?.key.trim() ?? '-'), 'the key')
  t.equal(store.match(/BEGIN CERTIFICATE/g)?.length, 1)
  const trust = openssl(env['REDIS_TLS_TRUSTSTORE_FILE'], env['REDIS_TLS_P12_PASSWORD'])
  t.match(trust, /^0\n/)
  t.ok(trust.includes(redis.tls?.ca.trim() ?? '-'), 'the authority')
  t.notMatch(trust, /PRIVATE KEY/)
})

t.test('with the whole chain, and with every authority', { skip: NO_OPENSSL }, async t => {
  const [root, other] = await Promise.all([createAuthority(), createAuthority({ name: 'other' })])
  const below = await root.intermediate()
  const [server, client] = await Promise.all([root.server(['localhost']), below.client('ann')])
  const redis = await startRedis({
    tls: {
      cert: server.cert,
      key: server.key,
      ca: `${other.cert}${root.cert}`,
      clientCert: client.cert,
      clientKey: client.key,
    },
  })
  t.teardown(() => redis.close())
  const { p12File, truststoreFile, p12Password } = redis.tls ?? {}
  t.equal(openssl(p12File, p12Password).match(/BEGIN CERTIFICATE/g)?.length, 2)
  const trusted = openssl(truststoreFile, p12Password).match(/-----BEGIN[\s\S]*?-----END.*/g) ?? []
  t.strictSame(
    trusted.map(text => new X509Certificate(text).fingerprint256).sort(),
    [root, other].map(({ cert }) => new X509Certificate(cert).fingerprint256).sort(),
  )
})

t.test('none without TLS, and the same in a thread', async t => {
  const plain = await startRedis({ tls: false })
  t.teardown(() => plain.close())
  t.notOk('REDIS_TLS_P12_FILE' in plain.env({}, { p12: true }))
  t.throws(
    () => plain.env({}, { pkcs12: true } as unknown as { p12: boolean }),
    /did you mean|there are: p12/,
  )
  t.throws(() => plain.env({}, { p12: 'yes' } as unknown as { p12: boolean }), /true or false/)
  const redis = await startRedis({ thread: true })
  t.teardown(() => redis.close())
  const env = redis.env({}, { p12: true })
  t.equal(await ping(redis, env['REDIS_TLS_P12_FILE'], env['REDIS_TLS_P12_PASSWORD']), '+PONG\r\n')
})
