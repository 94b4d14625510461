// Whom a server with client certificates trusts, and what a connection costs it before it is known:
// without an authority nobody, of a folder only what has a hash's name, of weak keys none.

import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'
import { createAuthority, type Identity } from '../../src/testing/tls/authority.ts'
import { AuthorityFolder } from '../../src/transport/authority-folder.ts'
import { subjectHashOf } from '../../src/transport/certificate-fields.ts'
import { readPemFile } from '../../src/transport/pem-files.ts'
import { loadClientOptions, loadTlsContext } from '../../src/transport/tls-settings.ts'
import { cli } from '../helpers/cli.ts'
import {
  authority,
  commonName,
  der,
  dnsName,
  domains,
  makeOdd,
  nameOf,
  type OddCertificate,
  purposes,
  text,
} from '../helpers/odd-certs.ts'
import { freePort } from '../helpers/real.ts'
import { tlsSettings } from '../helpers/tls.ts'
import { TYPESCRIPT } from '../helpers/typescript.ts'
import { Wire } from '../helpers/wire.ts'

type Pem = Pick<Identity, 'cert' | 'key'>

const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const
const NO_OPENSSL = spawnSync('openssl', ['version']).error ? 'no openssl on the PATH' : false
const UNKNOWN_CA = /ALERT_UNKNOWN_CA/
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

const trusted = await createAuthority({ name: 'CA' })
const other = await createAuthority({ name: 'other CA' })
const server = await trusted.server(['127.0.0.1'], { commonName: 'server' })
const client = await trusted.client('client')
const stranger = await other.client('client')

function filesOf(t: Test, more: Readonly<Record<string, string>> = {}): string {
  return t.testdir({
    'server.crt': server.cert,
    'server.key': server.key,
    'ca.crt': trusted.cert,
    'other.crt': other.cert,
    empty: {},
    cas: {},
    ...more,
  })
}

interface Started {
  readonly redis: RunningRedis
  readonly port: number
  /** An administrator, over the plain port. */
  readonly admin: Wire
}

type Config = Readonly<Record<string, string | number>>

async function start(t: Test, folder: string, config: Config = {}): Promise<Started> {
  const port = await freePort()
  const redis = await startRedis({
    tls: false,
    config: {
      'tls-port': port,
      'tls-cert-file': path.join(folder, 'server.crt'),
      'tls-key-file': path.join(folder, 'server.key'),
      ...config,
    },
  })
  const admin = await Wire.connect(redis.port)
  t.teardown(() => redis.close())
  return { redis, port, admin }
}

/** What the client reads, or the code of its error. */
function ask(port: number, { cert, key }: Pem, more: tls.ConnectionOptions = {}): Promise<string> {
  return new Promise(resolve => {
    const own = { host: '127.0.0.1', port, rejectUnauthorized: false, cert, key }
    const socket = tls.connect({ ...own, ciphers: 'DEFAULT:@SECLEVEL=0', ...more })
    socket.on('secureConnect', () => socket.write('PING\r\n'))
    socket.on('data', data => {
      resolve(socket.isSessionReused() ? `resumed ${data}` : String(data))
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('closed'))
  })
}

function authoritiesIn(folders: string): readonly string[] {
  return new AuthorityFolder(folders, []).authorities
}

function hashOf(cert: string): string {
  return subjectHashOf(new X509Certificate(cert))
}

// ---- Without an authority ----------------------------------------------------------------------

t.test('who has no authority trusts nobody, whatever the machine trusts', async t => {
  const folder = filesOf(t)
  const file = path.join(folder, 'other.crt')
  const program = `
    import { startRedis } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url))}
    const config = JSON.parse(process.argv[1])
    const redis = await startRedis({ tls: false, config })
    console.log('ready')
    process.stdin.once('end', () => process.exit()).resume()
  `
  const base = {
    'tls-cert-file': path.join(folder, 'server.crt'),
    'tls-key-file': path.join(folder, 'server.key'),
  }
  const cases: readonly (readonly [string, Config])[] = [
    ['an empty folder', { 'tls-ca-cert-dir': path.join(folder, 'empty') }],
    ['a folder that is not there', { 'tls-ca-cert-dir': path.join(folder, 'nowhere') }],
    ['none, and then they are asked for', { 'tls-auth-clients': 'no' }],
  ]
  const { spawn } = await import('node:child_process')
  for (const [name, config] of cases) {
    const [port, tlsPort] = [await freePort(), await freePort()]
    const words = JSON.stringify({ ...base, ...config, port, 'tls-port': tlsPort })
    const child = spawn(
      process.execPath,
      [...TYPESCRIPT, '--input-type=module', '-e', program, words],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: file }, stdio: ['pipe', 'pipe', 'inherit'] },
    )
    await new Promise(resolve => child.stdout.once('data', resolve))
    const admin = await Wire.connect(port)
    for (const wish of ['yes', 'optional']) {
      t.equal(await admin.ask('CONFIG', 'SET', 'tls-auth-clients', wish), '+OK')
      for (const version of VERSIONS) {
        const only = { minVersion: version, maxVersion: version }
        t.match(await ask(tlsPort, stranger, only), UNKNOWN_CA, `${name}, ${wish}, ${version}`)
      }
    }
    admin.close()
    child.stdin.end()
    await new Promise(resolve => child.once('close', resolve))
  }
})

t.test('who requires certificates starts with an authority only', async t => {
  const folder = filesOf(t)
  const files = [
    '--tls-cert-file',
    `${folder}/server.crt`,
    '--tls-key-file',
    `${folder}/server.key`,
  ]
  const end = await cli(['--port', '0', '--tls-port', String(await freePort()), ...files])
  t.equal(end.status, 1)
  t.match(end.stdout, /Either tls-ca-cert-file or tls-ca-cert-dir must be specified/)
})

t.test('links to other servers trust the same authorities, and no others', async t => {
  const folder = filesOf(t)
  const settings = { caCertFile: '', caCertDir: path.join(folder, 'empty'), needsCa: true }
  t.strictSame(loadTlsContext(tlsSettings(server, trusted, settings)).options.ca, [])
  const { port } = await start(t, folder, { 'tls-auth-clients': 'no' })
  const connect = (changes: object): Promise<string> => {
    const options = loadClientOptions(tlsSettings(server, trusted, changes))
    return new Promise(resolve => {
      const socket = tls.connect({ host: '127.0.0.1', port, ...options }, () => resolve('in'))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      t.teardown(() => socket.destroy())
    })
  }
  t.equal(await connect({}), 'in')
  t.equal(await connect(settings), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
  t.equal(await connect(settings), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'whatever node is told')
})

// ---- Folders -----------------------------------------------------------------------------------

t.test(
  'of a folder only files with the name of a hash are read, from .0 without a gap',
  async t => {
    const hash = hashOf(trusted.cert)
    const wrong = hashOf(other.cert)
    const cases: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
      ['.0', { [`${hash}.0`]: trusted.cert }, 1],
      ['its own name', { 'ca.crt': trusted.cert, 'ca.pem': trusted.cert, 'ca.0': trusted.cert }, 0],
      ['.1 alone', { [`${hash}.1`]: trusted.cert }, 0],
      ['a gap', { [`${hash}.0`]: trusted.cert, [`${hash}.2`]: trusted.cert }, 1],
      ['.0 and .1', { [`${hash}.0`]: trusted.cert, [`${hash}.1`]: trusted.cert }, 2],
      ['a broken .0', { [`${hash}.0`]: 'nothing', [`${hash}.1`]: trusted.cert }, 1],
      ['.00', { [`${hash}.00`]: trusted.cert }, 0],
      ['a list of revoked ones', { [`${hash}.r0`]: trusted.cert }, 0],
      ['capitals', { [`${hash.toUpperCase()}.0`]: trusted.cert }, /[a-f]/.test(hash) ? 0 : 1],
      ['the hash of another', { [`${wrong}.0`]: trusted.cert }, 0],
      ['another beside it', { [`${hash}.0`]: other.cert + trusted.cert }, 1],
    ]
    for (const [name, files, expected] of cases) {
      t.equal(authoritiesIn(t.testdir(files)).length, expected, name)
    }
    const one = t.testdir({ a: { [`${hash}.0`]: trusted.cert }, b: { [`${wrong}.0`]: other.cert } })
    t.equal(authoritiesIn([`${one}/a`, `${one}/b`, ''].join(path.delimiter)).length, 2)
  },
)

t.test('an authority is retired by taking its link away', async t => {
  const hash = hashOf(trusted.cert)
  const folder = filesOf(t)
  const link = `${folder}/cas/${hash}.0`
  fs.copyFileSync(`${folder}/other.crt`, `${folder}/cas/retired.crt`)
  fs.symlinkSync(`${folder}/ca.crt`, link)
  const { port, admin } = await start(t, folder, { 'tls-ca-cert-dir': `${folder}/cas` })
  t.match(await ask(port, client), /PONG/)
  t.match(await ask(port, stranger), UNKNOWN_CA)
  fs.renameSync(link, `${folder}/cas/ca.crt`)
  t.equal(await admin.ask('CONFIG', 'SET', 'tls-ca-cert-dir', `${folder}/cas`), '+OK')
  t.match(await ask(port, client), UNKNOWN_CA)
})

const ONE_DAY = { from: new Date(), to: new Date(Date.now() + 24 * 3600 * 1000) }
const CN = '2.5.4.3'
const OU = '2.5.4.11'

t.test('a hash is the one of `openssl x509 -hash`', { skip: NO_OPENSSL }, t => {
  const latin = (value: string, tag: number): Buffer => der(tag, Buffer.from(value, 'latin1'))
  const bmp = Buffer.from('B M P  é', 'utf16le').swap16()
  const universal = Buffer.from([...'U é😀'].flatMap(c => [0, ...hex(c.codePointAt(0) ?? 0)]))
  const subjects: Readonly<Record<string, Buffer>> = {
    plain: commonName('ca'),
    capitals: commonName('My CA'),
    blanks: commonName('  My \t CA  of\n\nold '),
    'blanks alone': commonName('   '),
    empty: commonName(''),
    'no name': nameOf(),
    utf8: commonName('Ä ÉÉ  İ Σ😀'),
    printable: nameOf([CN, latin('A Printable  One', 0x13)]),
    ia5: nameOf(['1.2.840.113549.1.9.1', latin('Someone@Example.ORG ', 0x16)]),
    t61: nameOf([CN, latin('T61 É', 0x14)]),
    bmp: nameOf([CN, der(0x1e, bmp)]),
    universal: nameOf([CN, der(0x1c, universal)]),
    numeric: nameOf([CN, latin('12  34 ', 0x12)]),
    'several parts': nameOf(['2.5.4.6', latin('DE', 0x13)], [OU, text('Unit')], [CN, text('X')]),
    'one part of several': nameOf(
      [
        [CN, text('zz')],
        [OU, text('A')],
        [OU, text('aaaaaa')],
      ],
      [CN, text('last')],
    ),
    long: commonName('Long '.repeat(60)),
  }
  const folder = t.testdir({})
  for (const [name, subject] of Object.entries(subjects)) {
    const { cert } = makeOdd({ subject, ...ONE_DAY })
    fs.writeFileSync(`${folder}/x.crt`, cert)
    const words = ['x509', '-hash', '-noout', '-in', `${folder}/x.crt`]
    const { stdout } = spawnSync('openssl', words, { encoding: 'utf8' })
    t.equal(hashOf(cert), stdout.trim(), name)
  }
  t.end()
})

function hex(code: number): number[] {
  return [code >> 16, (code >> 8) & 255, code & 255]
}

// ---- Files -------------------------------------------------------------------------------------

t.test('what is no regular file of a sane size is as good as empty', async t => {
  const folder = filesOf(t, { long: 'x'.repeat(16 * 1024 * 1024 + 1) })
  const { redis, admin, port } = await start(t, folder, { 'tls-ca-cert-file': `${folder}/ca.crt` })
  t.equal(spawnSync('mkfifo', [`${folder}/pipe`]).status ?? 0, 0)
  const files = ['/dev/zero', '/dev/null', `${folder}/long`, `${folder}/cas`, `${folder}/pipe`]
  const settings = ['cert-file', 'key-file', 'ca-cert-file', 'dh-params-file']
  for (const file of files.filter(file => fs.existsSync(file))) {
    t.equal(readPemFile(file).length, 0, file)
    for (const name of settings) {
      t.match(await admin.ask('CONFIG', 'SET', `tls-${name}`, file), /^-ERR/, `${name} ${file}`)
    }
  }
  const hash = hashOf(trusted.cert)
  fs.symlinkSync(`${folder}/pipe`, `${folder}/cas/${hash}.0`)
  t.strictSame(authoritiesIn(`${folder}/cas`), [])
  t.match(await ask(port, client), /PONG/, 'and all is as it was')
  t.equal(redis.server.bugs.length, 0)
})

// ---- Before the handshake ----------------------------------------------------------------------

t.test('a connection is a client before its handshake', async t => {
  const folder = filesOf(t)
  const ca = { 'tls-ca-cert-file': `${folder}/ca.crt` }
  const { redis, admin, port } = await start(t, folder, { ...ca, maxclients: 5, timeout: 2 })
  const sockets = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1'))
  const closed = sockets.map(socket => new Promise(resolve => socket.once('close', resolve)))
  const fields = async (): Promise<string> => String(await admin.ask('INFO'))
  while (!/rejected_connections:4/.test(await fields())) await new Promise(setImmediate)
  t.match(await fields(), /connected_clients:5\r\n/)
  t.match(await fields(), /total_connections_received:1\r\n/, 'those that have shaken hands')
  const lines = String(await admin.ask('CLIENT', 'LIST'))
    .split('\n')
    .filter(Boolean)
  t.equal(lines.length, 5)
  t.match(lines[4], /^id=\d+ addr=127\.0\.0\.1:\d+ .* user=default .* cmd=NULL|cmd=NULL.*user=/)
  t.equal(redis.connections?.length ?? 1, 1)
  await admin.ask('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(lines[4] ?? '')?.[1] ?? '')
  t.match(await fields(), /connected_clients:4\r\n/)
  t.match(await ask(port, client), /PONG/, 'there is room again')
  redis.clock.advance('2s')
  await admin.ask('PING')
  redis.clock.advance('1500ms')
  await Promise.all(closed)
  t.match(await fields(), /connected_clients:1\r\n/)
  t.equal(redis.server.clients.size, 1)
})

t.test('nothing is left of handshakes that fail', async t => {
  const folder = filesOf(t)
  const { redis, port } = await start(t, folder, { 'tls-ca-cert-file': `${folder}/ca.crt` })
  const disconnected: unknown[] = []
  redis.on('disconnect', one => disconnected.push(one))
  for (const own of [stranger, { cert: '', key: '' }]) t.notMatch(await ask(port, own), /PONG/)
  await new Promise<void>(resolve => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.on('error', () => {})
    socket.once('close', () => resolve())
  })
  while (redis.server.clients.size > 1) await new Promise(setImmediate)
  t.equal(disconnected.length, 0, 'for they were never connected')
})

t.test('TLS 1.2 clients cannot shake hands anew', async t => {
  const folder = filesOf(t)
  const { port } = await start(t, folder, { 'tls-ca-cert-file': `${folder}/ca.crt` })
  const own = { cert: client.cert, key: client.key, maxVersion: 'TLSv1.2' } as const
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...own })
  await new Promise(resolve => socket.once('secureConnect', resolve))
  const outcome = new Promise<string>(resolve => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.renegotiate({}, error => resolve(error ? String(error) : 'renegotiated'))
  })
  t.match(await outcome, /NO_RENEGOTIATION|no renegotiation/i)
  socket.destroy()
})

// ---- Strength ----------------------------------------------------------------------------------

const years = { from: new Date(Date.now() - 24 * 3600 * 1000), to: new Date(Date.now() + 1e10) }
const forClients = [purposes(CLIENT_AUTH)]

function leafOf(issuer: OddCertificate, more: object): OddCertificate {
  return makeOdd({ subject: commonName('app'), issuer, ...years, extensions: forClients, ...more })
}

t.test('weak keys and digests are refused, unless the ciphers say otherwise', async t => {
  const root = makeOdd({ subject: commonName('r'), ...years, extensions: [authority(true)] })
  const weakRoot = makeOdd({
    subject: commonName('w'),
    key: 'rsa-1024',
    ...years,
    extensions: [authority(true)],
  })
  const folder = filesOf(t, { 'cas.crt': root.cert + weakRoot.cert })
  const { admin, port } = await start(t, folder, { 'tls-ca-cert-file': `${folder}/cas.crt` })
  const weak: Readonly<Record<string, OddCertificate>> = {
    'RSA of 1024 bits': leafOf(root, { key: 'rsa-1024' }),
    'SHA-1': leafOf(root, { digest: 'sha1' }),
    'an authority of 1024 bits': leafOf(weakRoot, {}),
  }
  t.match(await ask(port, leafOf(root, { key: 'rsa' })), /PONG/)
  for (const version of VERSIONS) {
    const only = { minVersion: version, maxVersion: version }
    for (const [name, identity] of Object.entries(weak)) {
      t.match(await ask(port, identity, only), /ALERT_BAD_CERTIFICATE/, `${version} ${name}`)
    }
  }
  const set = (value: string) => admin.ask('CONFIG', 'SET', 'tls-ciphers', value)
  t.equal(await set('DEFAULT:@SECLEVEL=0'), '+OK')
  for (const [name, identity] of Object.entries(weak)) {
    t.match(await ask(port, identity), /PONG/, name)
  }
  t.equal(await set('ECDHE-ECDSA-AES128-GCM-SHA256'), '+OK')
  t.match(await ask(port, weak['SHA-1']!), /ALERT_BAD_CERTIFICATE/, 'a list without a level')
})

// ---- Sessions ----------------------------------------------------------------------------------

function sessionOf(port: number, { cert, key }: Pem, version: tls.SecureVersion): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const own = { host: '127.0.0.1', port, rejectUnauthorized: false, cert, key }
    const only = { minVersion: version, maxVersion: version }
    const socket = tls.connect({ ...own, ...only }, () => socket.write('PING\r\n'))
    socket.on('error', reject)
    let session: Buffer | undefined
    socket.on('session', given => {
      session = given
    })
    socket.on('data', () => socket.end())
    socket.on('close', () => (session ? resolve(session) : reject(new Error('no session'))))
  })
}

const NOBODY = { cert: '', key: '' }
const REFUSED =
  /ALERT_(UNKNOWN_CA|HANDSHAKE_FAILURE)|CERTIFICATE_(REQUIRED|EXPIRED)|BAD_CERTIFICATE/

for (const version of VERSIONS) {
  const only = { minVersion: version, maxVersion: version }

  t.test(`${version}: whom the settings have shut out does not come back by a session`, async t => {
    const folder = filesOf(t)
    const ca = (name: string): string => `${folder}/${name}.crt`
    const { admin, port } = await start(t, folder, { 'tls-ca-cert-file': ca('ca') })
    const set = async (...words: string[]): Promise<void> => {
      t.equal(await admin.ask('CONFIG', 'SET', ...words), '+OK', words.join(' '))
    }
    let session = await sessionOf(port, client, version)
    t.equal(await ask(port, client, { ...only, session }), 'resumed +PONG\r\n')
    await set('tls-ca-cert-file', ca('other'))
    t.match(await ask(port, client, { ...only, session }), REFUSED, 'another authority')
    t.match(await ask(port, stranger, { ...only, session }), /^\+PONG/, 'nor does another with it')
    await set('tls-auth-clients', 'optional')
    session = await sessionOf(port, NOBODY, version)
    await set('tls-auth-clients', 'yes')
    t.match(await ask(port, NOBODY, { ...only, session }), REFUSED, 'optional to yes')
    await set('tls-auth-clients', 'no')
    session = await sessionOf(port, client, version)
    await set('tls-auth-clients', 'yes')
    t.match(await ask(port, client, { ...only, session }), REFUSED, 'no to yes')
  })

  t.test(`${version}: a session of another time is judged by the time that it is now`, async t => {
    const then = new Date(Date.now() - 100 * 24 * 3600 * 1000)
    const around = (at: Date, days: number): { from: Date; to: Date } => ({
      from: new Date(at.getTime() - days * 24 * 3600 * 1000),
      to: new Date(at.getTime() + days * 24 * 3600 * 1000),
    })
    const subject = commonName('long')
    const root = makeOdd({ subject, ...around(then, 999), extensions: [authority(true)] })
    const old = leafOf(root, around(then, 9))
    const folder = filesOf(t, { 'root.crt': root.cert })
    const { redis, port } = await start(t, folder, { 'tls-ca-cert-file': `${folder}/root.crt` })
    t.match(await ask(port, old, only), REFUSED)
    redis.clock.freeze(then)
    const session = await sessionOf(port, old, version)
    t.equal(await ask(port, old, { ...only, session }), 'resumed +PONG\r\n')
    redis.clock.reset()
    t.match(await ask(port, old, { ...only, session }), /EXPIRED|closed|RESET/)
  })
}

t.test('with a moved clock, the issuer that is valid then is the one that counts', async t => {
  const DAY = 24 * 3600 * 1000
  const then = new Date(Date.now() - 1000 * DAY)
  const around = (at: number, days: number): { from: Date; to: Date } => ({
    from: new Date(at - days * DAY),
    to: new Date(at + days * DAY),
  })
  // Of one name and one key: what is valid now is free, what was valid then is bound.
  const twins = (bound: Buffer): OddCertificate[] => {
    const subject = commonName(`twin ${bound.length}`)
    return [
      makeOdd({ subject, ...around(Date.now(), 99), extensions: [authority(true)] }),
      makeOdd({ subject, ...around(then.getTime(), 99), extensions: [authority(true), bound] }),
    ]
  }
  const named = twins(domains('permitted', 'a.example'))
  const other = twins(purposes('1.3.6.1.5.5.7.3.1'))
  const roots = [...named, ...other].map(({ cert }) => cert).join('')
  const folder = filesOf(t, { 'roots.crt': roots })
  const { redis, port } = await start(t, folder, { 'tls-ca-cert-file': `${folder}/roots.crt` })
  const extensions = [purposes(CLIENT_AUTH), dnsName('b.example')]
  const leaves = [named, other].flatMap(([issuer]) =>
    [around(then.getTime(), 9), around(then.getTime(), 2000)].map(dates =>
      makeOdd({ subject: commonName('app'), issuer, extensions, ...dates }),
    ),
  )
  for (const [i, leaf] of leaves.entries()) {
    redis.clock.reset()
    t.match(await ask(port, leaf), i % 2 === 0 ? /EXPIRED/ : /PONG/)
    redis.clock.freeze(then)
    t.match(await ask(port, leaf), /ALERT/)
  }
})
