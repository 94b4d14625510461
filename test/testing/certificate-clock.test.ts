// Client certificates are judged by the server's clock, with the alerts that a redis-server sends
// (test/transport/client-certificates.test.ts compares those with a real one).

import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority, type RunningRedis, startRedis } from '../../src/index.ts'

const DAY_MS = 24 * 3600 * 1000
const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const
const EXPIRED = /ALERT_CERTIFICATE_EXPIRED/
const BAD = /ALERT_BAD_CERTIFICATE/
const UNKNOWN_CA = /ALERT_UNKNOWN_CA/

const root = await createAuthority({ from: new Date(0), to: inDays(9999) })
const below = await root.intermediate({ from: inDays(-999), to: inDays(200) })
const stranger = await createAuthority({ from: new Date(0), to: inDays(9999) })
const server = await root.server(['localhost', '127.0.0.1'])
const client = await root.client('ann')
const old = { from: inDays(-100), to: inDays(-10) }

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS)
}

interface Pem {
  readonly cert: string
  readonly key: string
}

async function start(t: Test): Promise<RunningRedis> {
  const { cert, key } = server
  const redis = await startRedis({ tls: { cert, key, ca: root.cert } })
  t.teardown(() => redis.close())
  return redis
}

/** What the client reads, or the code of its error. */
function ask(redis: RunningRedis, { cert, key }: Pem, more: object = {}): Promise<string> {
  return new Promise(resolve => {
    const { host, port } = redis
    const socket = tls.connect({ host, port, ca: root.cert, cert, key, ...more })
    socket.on('secureConnect', () => socket.write('PING\r\n'))
    socket.on('data', data => {
      resolve(data.toString())
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('closed'))
  })
}

for (const version of VERSIONS) {
  const only = { minVersion: version, maxVersion: version }

  t.test(`${version}: a certificate ends, and begins, when the server's clock says so`, async t => {
    const redis = await start(t)
    t.equal(await ask(redis, client, only), '+PONG\r\n')
    redis.clock.advance('364d')
    t.equal(await ask(redis, client, only), '+PONG\r\n', 'frozen, and still valid')
    redis.clock.advance('2d')
    t.match(await ask(redis, client, only), EXPIRED)
    t.match(redis.handshakeError, { certificateError: 'CERT_HAS_EXPIRED', sentence: /expired/ })
    redis.clock.resume()
    t.match(await ask(redis, client, only), EXPIRED, 'running, and still ahead')
    redis.clock.set(inDays(-2))
    t.match(await ask(redis, client, only), BAD)
    t.match(redis.handshakeError, { certificateError: 'CERT_NOT_YET_VALID' })
    redis.clock.reset()
    t.equal(await ask(redis, client, only), '+PONG\r\n')
  })

  t.test(`${version}: what has expired here is valid at another time`, async t => {
    const redis = await start(t)
    const past = await root.client('ann', old)
    const deep = await below.client('ann', old)
    t.match(await ask(redis, past, only), EXPIRED)
    redis.clock.set(inDays(-50))
    t.equal(await ask(redis, past, only), '+PONG\r\n')
    t.equal(await ask(redis, deep, only), '+PONG\r\n', 'through an intermediate')
    redis.clock.set(inDays(50))
    const future = await root.client('ann', { from: inDays(40), to: inDays(60) })
    t.equal(await ask(redis, future, only), '+PONG\r\n')
    const young = await below.client('ann', { to: inDays(999) })
    redis.clock.set(inDays(300))
    t.match(await ask(redis, young, only), EXPIRED, 'its authority has expired')
  })

  t.test(`${version}: a wrong date hides nothing else that is wrong`, async t => {
    const redis = await start(t)
    redis.clock.set(inDays(-50))
    t.match(await ask(redis, await stranger.client('ann', old), only), UNKNOWN_CA)
    const own = await root.client('ann', { ...old, isSelfSigned: true })
    t.match(await ask(redis, own, only), UNKNOWN_CA)
    const { leaf: cert, key } = await below.client('ann', old)
    t.match(await ask(redis, { cert, key }, only), UNKNOWN_CA, 'the intermediate is missing')
    const other = await root.client('ann', { ...old, purposes: ['server'] })
    t.match(await ask(redis, other, only), /ALERT_UNSUPPORTED_CERTIFICATE/)
  })
}

t.test('a resumed session is judged by its dates again', async t => {
  const redis = await start(t)
  const session = await new Promise<Buffer>(resolve => {
    const { host, port } = redis
    const socket = tls.connect({ host, port, ca: root.cert, cert: client.cert, key: client.key })
    socket.once('session', resolve)
    socket.on('data', () => socket.end())
    socket.write('PING\r\n')
  })
  redis.clock.advance('1d')
  t.equal(await ask(redis, client, { session }), '+PONG\r\n')
  t.ok(redis.clientsSeen.at(-1)?.tls?.resumed)
  redis.clock.advance('366d')
  t.match(await ask(redis, client, { session }), /EXPIRED|closed|RESET/)
})

t.test("the demo kit's clients may come at any time, and so may a lab's", async t => {
  for (const profile of [undefined, 'valid'] as const) {
    const redis = await startRedis(profile === undefined ? {} : { tls: { profile } })
    t.teardown(() => redis.close())
    const { ca, cert, key } = redis.tls!
    for (const at of ['1971-01-01', '2020-02-02', '2100-01-01']) {
      redis.clock.freeze(at)
      t.equal(await ask(redis, { cert, key }, { ca }), '+PONG\r\n', at)
    }
  }
})
