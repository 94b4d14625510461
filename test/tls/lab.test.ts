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
  const sentence = redis.handshakeError?.sentence
  t.match(sentence, /without TLS came to the TLS port.*rediss:\/\/.*beside tls or socket/)
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

/** As `hosts` are there: a name, one that is a profile's too, in capitals, an address. */
const REACHED = ['redis', 'http.internal', 'Cache.Example', '127.0.0.2'] as const

t.test('under other names each profile is its one fault', async t => {
  const redis = await startRedis({ tls: { profile: 'valid', hosts: REACHED } })
  t.teardown(() => redis.close())
  const faults = {
    valid: '',
    'wrong-host': 'ERR_TLS_CERT_ALTNAME_INVALID',
    expired: 'CERT_HAS_EXPIRED',
    // Node has no code for a name that the authority may not vouch for.
    'name-constraint': 'UNSPECIFIED',
    'self-signed': 'DEPTH_ZERO_SELF_SIGNED_CERT',
    'missing-intermediate': 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'server-wrong-eku': 'INVALID_PURPOSE',
    intermediate: '',
    'cn-only': '',
    'tls13-only': '',
  } as const
  for (const [profile, code] of Object.entries(faults)) {
    await redis.tlsProfile(profile as TlsProfileName)
    for (const servername of ['localhost', 'redis', 'http.internal', 'cache.example']) {
      t.equal(await shake(redis, { servername }), code, `${profile} under ${servername}`)
    }
    // There is no server name for an address, and none in a common name.
    const byAddress = await shake(redis, { host: '127.0.0.1', servername: '' })
    const expected = profile === 'cn-only' ? 'ERR_TLS_CERT_ALTNAME_INVALID' : code
    t.equal(byAddress, expected, `${profile} under an address`)
  }
  await redis.tlsProfile('valid')
  t.equal(await shake(redis, { servername: 'expired.redis' }), 'CERT_HAS_EXPIRED')
  t.equal(await shake(redis, { servername: 'cn-only.redis' }), '')
  t.equal(await shake(redis, { servername: 'wrong-host.redis' }), 'ERR_TLS_CERT_ALTNAME_INVALID')
})

t.test('wrong-host is wrong for a host that is called as its certificate', async t => {
  const hosts = ['other.example', '*.apps.test']
  const redis = await startRedis({ tls: { profile: 'wrong-host', hosts } })
  t.teardown(() => redis.close())
  for (const servername of ['other.example', 'other.apps.test']) {
    t.equal(await shake(redis, { servername }), 'ERR_TLS_CERT_ALTNAME_INVALID', servername)
    await redis.tlsProfile('name-constraint')
    t.equal(await shake(redis, { servername }), 'UNSPECIFIED', servername)
    await redis.tlsProfile('valid')
    t.equal(await shake(redis, { servername }), '', servername)
    await redis.tlsProfile('wrong-host')
  }
})

t.test('hosts that are none', async t => {
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{ hosts: ['redis'] }, /^tls\.hosts goes with tls\.profile/],
    [{ profile: 'valid', hosts: 'redis' }, /tls\.hosts must be a list of host names/],
    [{ profile: 'valid', hosts: [1] }, /tls\.hosts must be a list of host names/],
    [{ profile: 'valid', hosts: ['redis:6379'] }, /tls\.hosts: .*: give 'redis' alone/],
  ]
  for (const [given, message] of refused) {
    await t.rejects(startRedis({ tls: given as { profile: 'valid' } }), { message })
  }
  const redis = await startRedis({ tls: { profile: 'valid', hosts: [] } })
  await redis.close()
})
