// Listeners as clients meet them: rotation, sessions, plain text on the TLS port, refusals.

import net from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import type { Connection } from '../../src/transport/connection.ts'
import { type HandshakeFailure, Listener, TlsEndpoint } from '../../src/transport/listener.ts'
import { loadTlsContext, TlsSetupError } from '../../src/transport/tls-settings.ts'
import { tlsSettings } from '../helpers/tls.ts'

const authority = await createAuthority({ name: 'CA' })
const first = await authority.server(['127.0.0.1'], { commonName: 'first' })
const second = await authority.server(['127.0.0.1'], { commonName: 'second' })
const client = await authority.client('alice', { uris: ['urn:redis:alice'] })

interface Started {
  readonly listener: Listener
  readonly endpoint: TlsEndpoint
  readonly accepted: Connection[]
  readonly failures: HandshakeFailure[]
}

function start(t: Test, admit: () => string | undefined = () => undefined): Started {
  const endpoint = new TlsEndpoint(loadTlsContext(tlsSettings(first, authority)), 'yes')
  const accepted: Connection[] = []
  const failures: HandshakeFailure[] = []
  const listener = Listener.tls({ host: '127.0.0.1', port: 0, backlog: 10 }, endpoint, {
    admit,
    accepted(connection) {
      accepted.push(connection)
      connection.socket.on('data', data => connection.socket.write(data))
    },
    failed: failure => failures.push(failure),
    broke: error => {
      throw error
    },
  })
  t.teardown(() => {
    listener.destroyConnections()
    return listener.close()
  })
  return { listener, endpoint, accepted, failures }
}

function connect(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const own = { ca: authority.cert, cert: client.cert, key: client.key }
    const socket = tls.connect({ host: '127.0.0.1', port, ...own, ...options }, () =>
      resolve(socket),
    )
    socket.on('error', reject)
  })
}

function echo(socket: tls.TLSSocket, text: string): Promise<string> {
  return new Promise(resolve => {
    socket.once('data', data => resolve(data.toString()))
    socket.write(text)
  })
}

t.test('a new certificate is for new connections; old ones live on', async t => {
  const { listener, endpoint } = start(t)
  const old = await connect(listener.port)
  t.equal(old.getPeerCertificate().subject.CN, 'first')
  endpoint.use(loadTlsContext(tlsSettings(second, authority)), 'yes')
  const young = await connect(listener.port)
  t.equal(young.getPeerCertificate().subject.CN, 'second')
  t.equal(await echo(old, 'still here'), 'still here')
})

t.test('who the certificate belongs to', async t => {
  const { listener, accepted } = start(t)
  await echo(await connect(listener.port), 'hello')
  t.strictSame(accepted[0]?.certificateNames, { commonName: 'alice', uris: ['urn:redis:alice'] })
  t.ok(accepted[0]?.isLoopback)
})

t.test('several common names, or one with a NUL in it, name nobody', async t => {
  const { listener, accepted } = start(t)
  const two = await authority.client('alice', { commonName: ['alice', 'admin'] })
  await echo(await connect(listener.port, { cert: two.cert, key: two.key }), 'hello')
  // The hexadecimal form is the DER of 'admin', NUL, 'x'.
  const cut = await authority.client('#0c0761646d696e0078')
  await echo(await connect(listener.port, { cert: cut.cert, key: cut.key }), 'hello')
  t.strictSame(
    accepted.map(({ certificateNames }) => certificateNames?.commonName),
    [undefined, undefined],
  )
})

t.test('plain text on the TLS port is cut off without an answer', async t => {
  const { listener, accepted, failures } = start(t)
  for (const text of ['PING\r\n', '*1\r\n$4\r\nPING\r\n', 'GET / HTTP/1.1\r\n\r\n']) {
    const received = await new Promise<string>(resolve => {
      let output = ''
      const socket = net.connect(listener.port, '127.0.0.1', () => socket.end(text))
      socket.on('data', data => {
        output += data
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(output))
    })
    t.equal(received, '', text.trim())
  }
  t.equal(accepted.length, 0)
  t.ok(failures.length >= 3)
  t.match(failures[2]?.reason, /http request/)
})

t.test('what a refused client sends reaches nobody', async t => {
  const { listener, accepted } = start(t)
  const stranger = await (await createAuthority({ name: 'other' })).client('alice')
  await new Promise<void>(resolve => {
    const own = { ca: authority.cert, cert: stranger.cert, key: stranger.key }
    const socket = tls.connect({ host: '127.0.0.1', port: listener.port, ...own })
    socket.on('secureConnect', () => socket.write('SET key value\r\n'.repeat(1000)))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
  t.equal(accepted.length, 0)
})

t.test('a client that may not come in is dropped before its handshake', async t => {
  const { listener, failures } = start(t, () => '')
  await t.rejects(connect(listener.port))
  t.equal(failures.length, 0)
})

t.test('optional: no certificate will do, a bad one will not', async t => {
  const { listener, endpoint, accepted } = start(t)
  endpoint.use(loadTlsContext(tlsSettings(first, authority)), 'optional')
  await echo(await connect(listener.port, { cert: '', key: '' }), 'hello')
  t.equal(accepted[0]?.certificateNames, undefined)
  const stranger = await (await createAuthority({ name: 'other' })).client('x')
  const refused = new Promise<string>(resolve => {
    const own = { ca: authority.cert, cert: stranger.cert, key: stranger.key }
    const socket = tls.connect({ host: '127.0.0.1', port: listener.port, ...own })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
  t.equal(await refused, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')
  t.equal(accepted.length, 1)
})

t.test('the client chooses the cipher unless the server is to', async t => {
  const { listener, endpoint } = start(t)
  const offer = {
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384',
  } as const
  const one = await connect(listener.port, offer)
  t.equal(one.getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256')
  const changes = {
    preferServerCiphers: true,
    ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
  }
  endpoint.use(loadTlsContext(tlsSettings(first, authority, changes)), 'yes')
  const two = await connect(listener.port, offer)
  t.equal(two.getCipher().name, 'ECDHE-ECDSA-AES256-GCM-SHA384')
})

t.test('protocols', async t => {
  const { listener, endpoint } = start(t)
  endpoint.use(loadTlsContext(tlsSettings(first, authority, { protocols: 'TLSv1.2' })), 'yes')
  t.equal((await connect(listener.port)).getProtocol(), 'TLSv1.2')
  endpoint.use(loadTlsContext(tlsSettings(first, authority, { protocols: 'tlsv1.3' })), 'yes')
  await t.rejects(connect(listener.port, { maxVersion: 'TLSv1.2' }), {
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  })
})

t.test("what TLS cannot be configured with, in Redis's words", async t => {
  const explain = (changes: Parameters<typeof tlsSettings>[2]): string => {
    try {
      loadTlsContext(tlsSettings(first, authority, changes))
      return 'loaded'
    } catch (error) {
      if (error instanceof TlsSetupError) return error.message
      throw error
    }
  }
  const files = new Map([
    ['server.crt', first.cert],
    ['server.key', second.key],
    ['ca.crt', authority.cert],
  ])
  t.equal(explain({}), 'loaded')
  t.equal(explain({ certFile: '' }), 'No tls-cert-file configured!')
  t.equal(explain({ keyFile: '' }), 'No tls-key-file configured!')
  t.match(
    explain({ caCertFile: '' }),
    /^Either tls-ca-cert-file or tls-ca-cert-dir must be specified/,
  )
  t.equal(explain({ caCertFile: '', authClients: 'no' }), 'loaded')
  t.equal(
    explain({ certFile: '/nope' }),
    'Failed to load certificate: /nope: error:80000002:system library::No such file or directory',
  )
  t.match(
    explain({ certFile: 'server.key' }),
    /^Failed to load certificate: server.key: error:0480006C:PEM routines::no start line/,
  )
  t.match(
    explain({ memoryFiles: files }),
    /^Failed to load private key: server.key: error:05800074:x509 certificate routines::key values mismatch/,
  )
  t.equal(
    explain({ caCertFile: 'server.key' }),
    'Failed to configure CA certificate(s) file/directory: error:05800088:x509 certificate routines::no certificate or crl found',
  )
  t.match(explain({ protocols: 'SSLv3' }), /^Invalid tls-protocols specified/)
  t.equal(explain({ ciphers: 'NOPE' }), 'Failed to configure ciphers: NOPE')
  t.equal(explain({ ciphersuites: 'NOPE' }), 'Failed to configure ciphersuites: NOPE')
  t.equal(explain({ dhParamsFile: '/nope' }), 'Failed to load /nope: No such file or directory')
  t.equal(explain({ dhParamsFile: 'ca.crt' }), 'ca.crt: failed to read DH params.')
  t.equal(explain({ caCertDir: '/nope' }), 'loaded')
})
