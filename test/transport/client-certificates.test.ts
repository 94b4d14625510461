// What a client is told whose certificate is refused: ours against redis-server, for seven
// certificates and two versions of TLS, as Node, openssl s_client and redis-cli report it.

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { createAuthority, type Identity } from '../../src/testing/tls/authority.ts'
import { refuseCertificate } from '../../src/transport/client-certificate.ts'
import { Listener, TlsEndpoint } from '../../src/transport/listener.ts'
import { loadTlsContext } from '../../src/transport/tls-settings.ts'
import { freePort, NO_REAL_SERVER, REAL_BINARY } from '../helpers/real.ts'
import { tlsSettings } from '../helpers/tls.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'client-certificates-'))
t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))

const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const
type Version = (typeof VERSIONS)[number]

const authority = await createAuthority({ name: 'test CA' })
const other = await createAuthority({ name: 'other CA' })
const intermediate = await authority.intermediate({ name: 'intermediate CA' })
const server = await authority.server(['localhost', '127.0.0.1'])
const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 3600 * 1000)
const lonely = await intermediate.client('client')
const CLIENTS: ReadonlyMap<string, Identity | undefined> = new Map([
  ['good', await authority.client('client')],
  ['untrusted', await other.client('client')],
  ['self-signed', await authority.client('client', { isSelfSigned: true })],
  ['expired', await authority.client('client', { from: inDays(-3), to: inDays(-1) })],
  ['not yet valid', await authority.client('client', { from: inDays(1) })],
  ['wrong purpose', await authority.client('client', { purposes: ['server'] })],
  ['missing intermediate', { ...lonely, cert: lonely.leaf }],
  ['none', undefined],
])

function file(name: string): string {
  return path.join(folder, name.replace(/ /g, '-'))
}

fs.writeFileSync(file('ca.crt'), authority.cert)
for (const [name, identity] of [['server', server] as const, ...CLIENTS]) {
  if (identity === undefined) continue
  fs.writeFileSync(file(`${name}.crt`), identity.cert)
  fs.writeFileSync(file(`${name}.key`), identity.key)
}

/** What Node's client meets: error codes in order, or what it could read. */
function byNode(port: number, version: Version, client: Identity | undefined): Promise<string> {
  return new Promise(resolve => {
    const events: string[] = []
    const socket = tls.connect({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      ca: authority.cert,
      minVersion: version,
      maxVersion: version,
      ...(client && { cert: client.cert, key: client.key }),
    })
    socket.on('secureConnect', () => {
      events.push('connected')
      socket.write('PING\r\n')
    })
    socket.on('data', data => {
      events.push(data.toString().trim())
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => events.push(error.code ?? error.message))
    socket.on('close', () => resolve(events.join(' ')))
  })
}

function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
    child.on('error', error => resolve(String(error)))
    child.on('close', () => resolve(output))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

async function byOpenssl(port: number, version: Version, name: string): Promise<string> {
  const own = CLIENTS.get(name) ? ['-cert', file(`${name}.crt`), '-key', file(`${name}.key`)] : []
  const protocol = version === 'TLSv1.3' ? '-tls1_3' : '-tls1_2'
  // -quiet goes on reading at the end of the input, until the server closes.
  const args = [
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    protocol,
    '-CAfile',
    file('ca.crt'),
    ...own,
    '-quiet',
  ]
  const output = await run('openssl', args, 'PING\r\nQUIT\r\n')
  return (
    /:(tlsv1[^:]*|ssl[^:]*alert[^:]*):/.exec(output)?.[1] ??
    (output.includes('+PONG') ? '+PONG' : 'closed')
  )
}

async function byRedisCli(port: number, name: string): Promise<string> {
  const own = CLIENTS.get(name) ? ['--cert', file(`${name}.crt`), '--key', file(`${name}.key`)] : []
  const args = ['-p', String(port), '--tls', '--cacert', file('ca.crt'), ...own, 'PING']
  const output = (await run('redis-cli', args)).trim()
  // With TLS 1.3 the refusal meets the client's first command on its way: which of the two errors
  // comes out is a race on any server, and redis-cli shows the alert in neither.
  const isCut = /Server closed the connection|Connection reset by peer|Broken pipe/.test(output)
  return isCut ? 'Error: connection cut' : output.replace(/127\.0\.0\.1:\d+/, 'HOST')
}

// A client of TLS 1.3 may already be sending when it is refused, to any server; if it notices the
// cut while it writes, it does not get to read the alert. Then it asks again.
async function told(ask: () => Promise<string>): Promise<string> {
  let outcome = await ask()
  for (let i = 0; i < 4 && /closed|ECONNRESET|EPIPE/.test(outcome); i++) outcome = await ask()
  return outcome
}

interface Peer {
  readonly port: number
  readonly close: () => Promise<void>
}

async function startOurs(protocols = ''): Promise<Peer> {
  const context = loadTlsContext(tlsSettings(server, authority, { protocols }))
  const listener = Listener.tls(
    { host: '127.0.0.1', port: 0, backlog: 100 },
    new TlsEndpoint(context, 'yes'),
    {
      admit: () => undefined,
      failed: () => {},
      broke: error => {
        throw error
      },
      accepted: ({ socket }) => {
        socket.on('data', data => {
          socket.write('+PONG\r\n')
          if (data.includes('QUIT')) socket.end()
        })
        socket.on('end', () => socket.destroy())
      },
    },
  )
  return {
    port: listener.port,
    close: async () => {
      listener.destroyConnections()
      await listener.close()
    },
  }
}

async function startTheirs(protocols: string): Promise<Peer> {
  const port = await freePort()
  const args = [
    '--port',
    '0',
    '--tls-port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    folder,
  ]
  const files = [
    '--tls-cert-file',
    file('server.crt'),
    '--tls-key-file',
    file('server.key'),
    '--tls-ca-cert-file',
    file('ca.crt'),
  ]
  const child = spawn(REAL_BINARY, [...args, ...files, '--tls-protocols', protocols], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise<void>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
      if (output.includes('Ready to accept connections')) resolve()
    })
    child.once('exit', () => reject(new Error(`redis-server did not start: ${output}`)))
  })
  return {
    port,
    close: () =>
      new Promise(resolve => {
        child.removeAllListeners('exit')
        child.once('exit', () => resolve())
        child.kill()
      }),
  }
}

/** What Node's client must meet, measured on redis-server. */
const EXPECTED: ReadonlyMap<string, string> = new Map([
  ['good', '+PONG'],
  ['untrusted', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
  ['self-signed', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
  ['expired', 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'],
  ['not yet valid', 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'],
  ['wrong purpose', 'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'],
  ['missing intermediate', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'],
])

function expectedOf(name: string, version: Version): string {
  if (name !== 'none') {
    const connected = version === 'TLSv1.3' || name === 'good' ? 'connected ' : ''
    return `${connected}${EXPECTED.get(name)}`
  }
  return version === 'TLSv1.3'
    ? 'connected ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'
    : 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'
}

// OpenSSL's own table of verdicts and alerts, of which node names some, and words the others.
t.test('each verdict has the alert that OpenSSL gives it', async t => {
  const named: readonly (readonly [string, number])[] = [
    ['CERT_HAS_EXPIRED', 45],
    ['CRL_HAS_EXPIRED', 45],
    ['CERT_REVOKED', 44],
    ['INVALID_PURPOSE', 43],
    ['CERT_SIGNATURE_FAILURE', 51],
    ['CRL_SIGNATURE_FAILURE', 51],
    ['OUT_OF_MEM', 80],
    ['CERT_NOT_YET_VALID', 42],
    ['CRL_NOT_YET_VALID', 42],
    ['CERT_UNTRUSTED', 42],
    ['CERT_REJECTED', 42],
    ['HOSTNAME_MISMATCH', 42],
    ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 42],
    ['ERROR_IN_CERT_NOT_AFTER_FIELD', 42],
    ['ERROR_IN_CRL_LAST_UPDATE_FIELD', 42],
    ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', 42],
    ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 42],
    ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 42],
    ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 42],
    ['UNABLE_TO_GET_ISSUER_CERT', 48],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 48],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 48],
    ['UNABLE_TO_GET_CRL', 48],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 48],
    ['SELF_SIGNED_CERT_IN_CHAIN', 48],
    ['CERT_CHAIN_TOO_LONG', 48],
    ['PATH_LENGTH_EXCEEDED', 48],
    ['INVALID_CA', 48],
  ]
  for (const [name, alert] of named) t.equal(alertOf(name), alert, name)
  const worded: readonly (readonly [string, number])[] = [
    ['EE certificate key too weak', 42],
    ['CA certificate key too weak', 42],
    ['CA signature digest algorithm too weak', 42],
    ['Certificate public key has explicit ECC parameters', 42],
    ['unable to get CRL issuer certificate', 48],
    ['issuer certificate lookup error', 80],
    ['unhandled critical extension', 46],
    ['permitted subtree violation', 46],
    ['words of a later OpenSSL', 46],
  ]
  for (const [words, alert] of worded) t.equal(alertOf('UNSPECIFIED', words), alert, words)
})

function alertOf(authorizationError: string, words = ''): number | undefined {
  const socket = {
    authorized: false,
    authorizationError,
    isSessionReused: () => false,
    getPeerCertificate: () => ({ raw: Buffer.alloc(1), subject: {} }),
    _handle: { verifyError: () => new Error(words) },
  }
  return refuseCertificate(socket as unknown as tls.TLSSocket, 'yes')?.alert
}

t.test('Node is told why its certificate is refused', async t => {
  const ours = await startOurs()
  t.teardown(() => ours.close())
  for (const version of VERSIONS) {
    for (const [name, identity] of CLIENTS) {
      t.equal(
        await told(() => byNode(ours.port, version, identity)),
        expectedOf(name, version),
        `${version} ${name}`,
      )
    }
  }
})

t.test('many good and bad clients at once', async t => {
  const ours = await startOurs()
  t.teardown(() => ours.close())
  const names = [...CLIENTS.keys()]
  const attempts = Array.from({ length: 200 }, (_, i) => {
    const name = names[i % names.length] ?? ''
    const version = VERSIONS[i % 3 === 0 ? 0 : 1] ?? 'TLSv1.3'
    return { name, version, outcome: told(() => byNode(ours.port, version, CLIENTS.get(name))) }
  })
  const wrong: string[] = []
  for (const { name, version, outcome } of attempts) {
    const actual = await outcome
    if (actual !== expectedOf(name, version)) wrong.push(`${version} ${name}: ${actual}`)
  }
  t.strictSame(wrong, [])
})

const noOpenssl = spawnSync('openssl', ['version']).error && 'no openssl on the PATH'
const noRedisCli = spawnSync('redis-cli', ['--version']).error && 'no redis-cli on the PATH'

t.test(
  'Node, openssl and redis-cli meet the same on ours and on redis-server',
  { skip: NO_REAL_SERVER || noOpenssl || noRedisCli || false },
  async t => {
    const rows: string[] = []
    for (const version of VERSIONS) {
      // redis-cli cannot be told which version to speak, so the servers are.
      const [ours, theirs] = await Promise.all([startOurs(version), startTheirs(version)])
      t.teardown(() => Promise.all([ours.close(), theirs.close()]))
      for (const [name, identity] of CLIENTS) {
        const tools = [
          ['node', port => byNode(port, version, identity)],
          ['openssl', port => byOpenssl(port, version, name)],
          ['redis-cli', port => byRedisCli(port, name)],
        ] as const satisfies readonly (readonly [string, (port: number) => Promise<string>])[]
        const cells = await Promise.all(
          tools.map(async ([tool, ask]) => {
            const both = [ours.port, theirs.port].map(port => told(() => ask(port)))
            const [mine = '', real] = await Promise.all(both)
            t.equal(mine, real, `${version} ${name}: ${tool}`)
            return mine
          }),
        )
        rows.push(`| ${version} | ${name} | ${cells.join(' | ')} |`)
      }
    }
    t.comment(
      ['| TLS | client certificate | Node | openssl s_client | redis-cli |', ...rows].join('\n'),
    )
  },
)
