// How a profile is chosen, and what the server tells of a handshake that failed.

import net from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis, type TlsProfileName } from '../../src/index.ts'

/** The error of a handshake, or '' if there is none. */
function shake(redis: RunningRedis, options: tls.ConnectionOptions = {}): Promise<string> {
  const { ca = '', cert = '', key = '' } = redis.tls ?? {}
  return new Promise(resolve => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port: redis.port,
      servername: 'localhost',
      ca,
      cert,
      key,
      ...options,
    })
    socket.once('secureConnect', () => {
      socket.destroy()
      resolve('')
    })
    socket.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
  })
}

async function started(t: Test, profile?: TlsProfileName): Promise<RunningRedis> {
  const redis = await startRedis(profile === undefined ? {} : { tls: { profile } })
  t.teardown(() => redis.close())
  return redis
}

/** Says something to the port without TLS, and waits for the end. */
function saySomething(redis: RunningRedis, text: string): Promise<void> {
  return new Promise(resolve => {
    const socket = net.connect(redis.port, '127.0.0.1', () => socket.write(text))
    socket.on('error', () => {})
    socket.once('close', () => resolve())
    socket.resume()
  })
}

t.test('by name on one port', async t => {
  const redis = await started(t, 'valid')
  t.equal(await shake(redis), '')
  t.equal(await shake(redis, { servername: 'expired.localhost' }), 'CERT_HAS_EXPIRED')
  t.equal(
    await shake(redis, { servername: 'self-signed.localhost' }),
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  )
  t.equal(await shake(redis, { servername: 'tls12-only.localhost' }), '')
  t.strictSame(
    redis.sightings.map(({ profile }) => profile),
    ['valid', 'expired', 'self-signed', 'tls12-only'],
  )
})

t.test('switched while it runs', async t => {
  const redis = await started(t, 'expired')
  t.equal(await shake(redis), 'CERT_HAS_EXPIRED')
  await redis.tlsProfile('valid')
  t.equal(await shake(redis), '')
  await t.rejects(redis.tlsProfile('no-such' as 'valid'), /There is no TLS profile 'no-such'/)
  await t.rejects(startRedis({ tls: { profile: 'no-such' as 'valid' } }), /There is no TLS profile/)
  await t.rejects((await started(t)).tlsProfile('expired'), /tls: \{ profile \}/)
})

/** Everything that a client is told after QUIT, and the end of it. */
function sayGoodbye(redis: RunningRedis): Promise<string> {
  const { ca = '', cert = '', key = '' } = redis.tls ?? {}
  return new Promise(resolve => {
    let said = ''
    const socket = tls.connect({
      host: '127.0.0.1',
      port: redis.port,
      servername: 'localhost',
      ca,
      cert,
      key,
    })
    socket.write('PING\r\nECHO something-longer\r\nQUIT\r\n')
    socket.on('data', chunk => {
      said += chunk
    })
    socket.once('error', error => resolve(`${said}!${(error as NodeJS.ErrnoException).code}`))
    socket.once('end', () => resolve(said))
  })
}

t.test('replies in small pieces come to their end', async t => {
  for (const profile of ['valid', 'one-byte-records', 'slow-drip'] as const) {
    const redis = await started(t, profile)
    t.equal(await sayGoodbye(redis), '+PONG\r\n$16\r\nsomething-longer\r\n+OK\r\n', profile)
  }
})

t.test('a failed handshake in a sentence', async t => {
  const redis = await started(t)
  t.equal(redis.handshakeError, undefined)
  await saySomething(redis, '*1\r\n$4\r\nPING\r\n')
  t.match(redis.handshakeError?.sentence, /without TLS came to the TLS port.*rediss:\/\//)
  await saySomething(redis, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.match(redis.handshakeError?.sentence, /HTTP client/)
})

t.test('with what the client offered, where a profile is played', async t => {
  const redis = await started(t, 'tls13-only')
  await shake(redis, { maxVersion: 'TLSv1.2' })
  const { sentence = '', hello } = redis.handshakeError ?? {}
  t.match(sentence, /no TLS version in common.*offered TLSv1\.2.*'localhost'/)
  t.equal(hello?.serverName, 'localhost')
})
