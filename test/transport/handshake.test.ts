// Handshakes that go wrong, or nearly: what the client meets, and what the server can tell of it.

import { spawn, spawnSync } from 'node:child_process'
import net from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import type { Connection } from '../../src/transport/connection.ts'
import { type HandshakeFailure, Listener, TlsEndpoint } from '../../src/transport/listener.ts'
import { loadTlsContext, type TlsSettings } from '../../src/transport/tls-settings.ts'
import { tlsSettings } from '../helpers/tls.ts'

const authority = await createAuthority({ name: 'CA' })
const server = await authority.server(['127.0.0.1'], { commonName: 'server' })
const client = await authority.client('alice')
const stranger = await (await createAuthority({ name: 'other' })).client('alice')
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

interface Started {
  readonly listener: Listener
  readonly port: number
  readonly accepted: Connection[]
  /** The next failure that was not asked for yet. */
  failure(): Promise<HandshakeFailure>
}

function start(t: Test, changes: Partial<TlsSettings> = {}): Started {
  const settings = tlsSettings(server, authority, changes)
  const endpoint = new TlsEndpoint(loadTlsContext(settings), settings.authClients)
  const accepted: Connection[] = []
  const failures: HandshakeFailure[] = []
  let wake = (): void => {}
  const listener = Listener.tls({ host: '127.0.0.1', port: 0, backlog: 100 }, endpoint, {
    admit: () => undefined,
    accepted(connection) {
      accepted.push(connection)
      connection.socket.on('data', data => connection.socket.write(data))
    },
    broke(error) {
      throw error
    },
    failed(failure) {
      failures.push(failure)
      wake()
    },
  })
  t.teardown(() => {
    listener.destroyConnections()
    return listener.close()
  })
  const failure = async (): Promise<HandshakeFailure> => {
    while (failures.length === 0) await new Promise<void>(resolve => (wake = resolve))
    return failures.shift() as HandshakeFailure
  }
  return { listener, port: listener.port, accepted, failure }
}

function optionsFor(port: number, own = client): tls.ConnectionOptions {
  return { host: '127.0.0.1', port, ca: authority.cert, cert: own.cert, key: own.key }
}

/** An error's code, or 'echoed' once the server has answered. */
function attempt(options: tls.ConnectionOptions): Promise<string> {
  return new Promise(resolve => {
    const socket = tls.connect(options, () => socket.write('hello'))
    socket.on('data', () => {
      resolve(socket.isSessionReused() ? 'echoed, resumed' : 'echoed')
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('closed'))
  })
}

function takeSession(options: tls.ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options, () => socket.write('hello'))
    socket.on('error', reject)
    socket.once('session', session => {
      resolve(session)
      socket.destroy()
    })
  })
}

/** Everything that comes back for some bytes, in hexadecimal, and how the connection ended. */
function sendRaw(port: number, bytes: string | Buffer, ending = false): Promise<string> {
  return new Promise(resolve => {
    let received = ''
    let end = 'end'
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(bytes)
      if (ending) socket.end()
    })
    socket.on('data', data => (received += data.toString('hex')))
    socket.on('error', (error: NodeJS.ErrnoException) => (end = error.code ?? ''))
    socket.on('close', () => resolve(`${received} ${end}`.trim()))
  })
}

t.test('a session is resumed, with the same certificate behind it', async t => {
  for (const maxVersion of VERSIONS) {
    const { port, accepted } = start(t)
    const options = { ...optionsFor(port), maxVersion }
    const session = await takeSession(options)
    t.equal(await attempt({ ...options, session }), 'echoed, resumed', maxVersion)
    t.equal(accepted.at(-1)?.certificateNames?.commonName, 'alice')
  }
})

t.test('with tls-session-caching no, coming back with a session fails', async t => {
  for (const maxVersion of VERSIONS) {
    const { port, failure } = start(t, { sessionCaching: false })
    const options = { ...optionsFor(port), maxVersion }
    t.equal(await attempt(options), 'echoed')
    const session = await takeSession(options)
    t.equal(await attempt({ ...options, session }), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    const { reason } = await failure()
    t.equal(reason, 'error:0A000115:SSL routines::session id context uninitialized', maxVersion)
  }
})

t.test('with tls-session-caching no, and no certificates asked for, it works', async t => {
  const { port } = start(t, { sessionCaching: false, authClients: 'no' })
  const session = await takeSession(optionsFor(port))
  t.equal(await attempt({ ...optionsFor(port), session }), 'echoed, resumed')
})

t.test('a refused client gets no session', async t => {
  const { port, accepted } = start(t)
  let sessions = 0
  await new Promise<void>(resolve => {
    const socket = tls.connect(optionsFor(port, stranger))
    socket.on('session', () => sessions++)
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
  t.equal(sessions, 0)
  t.equal(accepted.length, 0)
})

t.test('the alert is sealed right under every suite of TLS 1.3', async t => {
  const suites = [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_CCM_SHA256',
    'TLS_AES_128_CCM_8_SHA256',
  ]
  const { port } = start(t, { ciphersuites: suites.join(':') })
  for (const ciphers of suites) {
    t.equal(await attempt({ ...optionsFor(port), ciphers }), 'echoed', ciphers)
    const refused = await attempt({ ...optionsFor(port, stranger), ciphers })
    t.equal(refused, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', ciphers)
  }
})

t.test('a client that does not speak TLS is reset, or told so if OpenSSL does', async t => {
  const { port, failure } = start(t)
  const cases: readonly (readonly [string, string | Buffer, string, string])[] = [
    ['inline', 'PING\r\n', 'ECONNRESET', '0A00010B:SSL routines::wrong version number'],
    ['RESP', '*1\r\n$4\r\nPING\r\n', 'ECONNRESET', '0A00010B:SSL routines::wrong version number'],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n', 'ECONNRESET', '0A00009C:SSL routines::http request'],
    [
      'proxy',
      'CONNECT x HTTP/1.1\r\n\r\n',
      'ECONNRESET',
      '0A00009B:SSL routines::https proxy request',
    ],
    [
      'a record out of order',
      Buffer.from('1703030004deadbeef', 'hex'),
      '1503030002020a end',
      '0A0000F4:SSL routines::unexpected message',
    ],
  ]
  for (const [name, bytes, received, reason] of cases) {
    t.equal(await sendRaw(port, bytes), received, name)
    t.equal((await failure()).reason, `error:${reason}`, name)
  }
})

t.test('a failure says where the client came from, also when it has gone', async t => {
  const { port, failure } = start(t)
  await sendRaw(port, 'PIN', true)
  const { reason, peer, local } = await failure()
  t.equal(reason, 'error:0A000126:SSL routines::unexpected eof while reading')
  t.match(peer, /^127\.0\.0\.1:\d+$/)
  t.equal(local, `127.0.0.1:${port}`)
})

t.test('nothing is left of a client that stops in the middle of its handshake', async t => {
  const before = process.getActiveResourcesInfo().sort()
  const { listener, port, failure } = start(t)
  const closed = sendRaw(port, Buffer.from('1603010200010001fc0303', 'hex'))
  await attempt(optionsFor(port))
  listener.destroyConnections()
  t.equal(await closed, 'end')
  await failure()
  await listener.close()
  await new Promise(setImmediate)
  t.strictSame(process.getActiveResourcesInfo().sort(), before)
})

t.test('a part of one name in a certificate does not pass for a name of its own', async t => {
  const { port, accepted } = start(t)
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [
      ['urn:redis:bob', 'urn:redis:alice'],
      ['urn:redis:bob', 'urn:redis:alice'],
    ],
    [['urn:x, URI:urn:redis:admin, URI:y'], []],
    [['urn:x", URI:urn:redis:admin, URI:"y', 'urn:redis:alice'], ['urn:redis:alice']],
    [['urn:x\\', 'urn:redis:alice'], ['urn:redis:alice']],
    [['urn:\0redis', 'urn:redis:alice'], ['urn:redis:alice']],
  ]
  for (const [uris, expected] of cases) {
    const own = await authority.client('x', { uris })
    t.equal(await attempt(optionsFor(port, own)), 'echoed')
    t.strictSame(accepted.at(-1)?.certificateNames?.uris, expected, JSON.stringify(uris))
  }
})

const noOpenssl = spawnSync('openssl', ['version']).error ? 'no openssl on the PATH' : false

t.test('TLS 1.2 names no authorities to the client', { skip: noOpenssl }, async t => {
  const { port } = start(t, { protocols: 'TLSv1.2' })
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`])
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  child.stdin.end()
  await new Promise(resolve => child.on('close', resolve))
  t.match(output, /No client certificate CA names sent/)
})
