// What TLS cannot be configured with: in redis-server's words, and where there is a redis-server,
// as it says it itself.

import { spawn } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import { subjectHashOf } from '../../src/transport/certificate-fields.ts'
import { Listener, TlsEndpoint } from '../../src/transport/listener.ts'
import { opensslSystemReason } from '../../src/transport/openssl-error.ts'
import { pem } from '../../src/transport/pem.ts'
import {
  loadTlsContext,
  type TlsSettings,
  TlsSetupError,
} from '../../src/transport/tls-settings.ts'
import { commonName, makeOdd } from '../helpers/odd-certs.ts'
import { freePort, NO_REAL_SERVER, REAL_BINARY } from '../helpers/real.ts'
import { tlsSettings } from '../helpers/tls.ts'

const folder = t.testdir({ folder: {}, authorities: {} })
const authority = await createAuthority({ name: 'CA' })
const server = await authority.server(['127.0.0.1'], { commonName: 'server' })
const client = await authority.client('client')

const weak = makeOdd({
  subject: commonName('weak'),
  key: 'rsa-1024',
  from: new Date(0),
  to: new Date('2100-01-01'),
})
// 1024 bits, from `openssl genpkey -genparam -algorithm DH`.
const WEAK_DH = `-----BEGIN DH PARAMETERS-----
MIGHAoGBALNajdU2LB4SRb1MEFW5evPujAjiJD94L0V3TG8sw15fgG04a0Bax72Z
HFlU8DFclS1DfyZrJlBs9qO647G7KMHG8t9p+JG/xc0oqAn8chxugNK+9Oj2a/BI
9DHZZCU9EYAL51YdYJBda8+dDd3wLCAinnCOmNTaZTmYaOu2xeXnAgEC
-----END DH PARAMETERS-----
`

const locked = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'secret' },
}).privateKey

const sec1 = createPrivateKey(server.key).export({ type: 'sec1', format: 'pem' }).toString()

/** Three bytes more than the certificate has. */
function withTail(cert: string): string {
  const { raw } = new X509Certificate(cert)
  return pem('CERTIFICATE', Buffer.concat([raw, Buffer.from([0, 1, 2])]))
}

const FILES: Readonly<Record<string, string>> = {
  'server.crt': server.cert,
  'server.key': server.key,
  'other.key': client.key,
  'ca.crt': authority.cert,
  'locked.key': locked,
  [`authorities/${subjectHashOf(new X509Certificate(authority.cert))}.0`]: authority.cert,
  'authorities/0123abcd.0': 'nothing',
  'weak.crt': weak.cert,
  'weak.key': weak.key,
  'weak-dh.pem': WEAK_DH,
  empty: '',
  'garbage.pem': 'garbage\n',
  loop: '',
  'crl.pem': await authority.crl(),
  'mark.crt': `\ufeff${server.cert}`,
  'mark.key': `\ufeff${server.key}`,
  'mark-ca.crt': `\ufeff${authority.cert}\ufeff${client.cert}`,
  'marked-late.crt': `\n\ufeff${server.cert}`,
  'two-marks-ca.crt': `\ufeff\ufeff${authority.cert}`,
  'no-end-ca.crt': authority.cert + authority.cert.slice(0, 300),
  'begun-ca.crt': `${authority.cert}-----BEGIN CERTIFICATE-----\n`,
  'crl-no-end.pem': (await authority.crl()).slice(0, 150),
  'crl-and-ca.pem': (await authority.crl()) + authority.cert,
  'dos.crt': server.cert.replaceAll('\n', '\r\n'),
  'dos.key': server.key.replaceAll('\n', '\r\n'),
  'dos-ca.crt': authority.cert.replaceAll('\n', ' \t\r\n'),
  'mac-ca.crt': authority.cert.replaceAll('\n', '\r'),
  'indented-ca.crt': ` ${authority.cert}`,
  'one-line-ca.crt': authority.cert.replaceAll('\n', ''),
  'long-lines-ca.crt': authority.cert.replace(/([^-])\n(?!-)/g, '$1'),
  'after-end-ca.crt': authority.cert.replace(/\n$/, ' and more\n'),
  'words-ca.crt': `Bag\n${authority.cert}localKeyID: 1\n${client.cert}the end`,
  'header-ca.crt': authority.cert.replace('-----\n', '-----\nComment: none\n\n'),
  'blank-ca.crt': authority.cert.replace('-----\n', '-----\n\n'),
  'empty-block-ca.crt': `-----BEGIN X-----\n-----END X-----\n${authority.cert}`,
  'odd-digits-ca.crt': `-----BEGIN X-----\n!!!!\n-----END X-----\n${authority.cert}`,
  'with-key-ca.crt': authority.cert + client.key,
  'with-broken-key-ca.crt': `${authority.cert}-----BEGIN PRIVATE KEY-----\nMFkw\n-----END PRIVATE KEY-----\n`,
  'other-end-ca.crt': authority.cert.replace('END CERT', 'END X509 CERT'),
  'tail-ca.crt': withTail(authority.cert),
  'tail.crt': withTail(server.cert),
  'zero-ca.crt': `\0${authority.cert}`,
  'zero-after-ca.crt': `${authority.cert}\0\0`,
  'zero.crt': `\0\0\n${server.cert}`,
  'zero-line.crt': server.cert.replace('-----\n', '-----\n\0\n'),
  'zero-line.key': server.key.replace('-----\n', '-----\n\0\n'),
  'zero.key': `\0\0\n${server.key}`,
  'empty-block.crt': `-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n${server.cert}`,
  'both.pem': server.cert + server.key,
  'keys.pem': server.key + client.key,
  'other-first.pem': client.key + server.key,
  'locked-first.pem': locked + server.key,
  'curve.pem': `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`,
  // Another tag where a certificate must begin with a sequence.
  'corrupt.crt': server.cert.replace('\nMI', '\nNI'),
}
for (const [name, text] of Object.entries(FILES)) fs.writeFileSync(path.join(folder, name), text)
fs.rmSync(path.join(folder, 'loop'))
fs.symlinkSync('loop', path.join(folder, 'loop'))

type Changes = Partial<Omit<TlsSettings, 'memoryFiles'>>

const NO_FILE = 'error:80000002:system library::No such file or directory'
const NO_START = 'error:0480006C:PEM routines::no start line'
const NO_KEY = 'error:1E08010C:DECODER routines::unsupported'
const NO_AUTHORITY =
  'Failed to configure CA certificate(s) file/directory: ' +
  'error:05800088:x509 certificate routines::no certificate or crl found'
const NEEDS_CA =
  'Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, ' +
  'tls-replication or tls-auth-clients are enabled!'
const PROTOCOLS =
  "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and " +
  "'TLSv1.3'."

/** Undefined: it starts. Measured on redis-server 7.4.1. */
const CASES: readonly (readonly [Changes, string | undefined])[] = [
  [{}, undefined],
  [{ certFile: '' }, 'No tls-cert-file configured!'],
  [{ keyFile: '' }, 'No tls-key-file configured!'],
  [{ caCertFile: '' }, NEEDS_CA],
  [{ caCertFile: '', authClients: 'optional' }, NEEDS_CA],
  [{ caCertFile: '', authClients: 'no', needsCa: true }, NEEDS_CA],
  [{ caCertFile: '', authClients: 'no' }, undefined],
  [{ certFile: 'missing' }, `Failed to load certificate: missing: ${NO_FILE}`],
  [{ certFile: 'garbage.pem' }, `Failed to load certificate: garbage.pem: ${NO_START}`],
  [{ certFile: 'empty' }, `Failed to load certificate: empty: ${NO_START}`],
  [{ certFile: 'folder' }, `Failed to load certificate: folder: ${NO_START}`],
  [{ certFile: 'server.key' }, `Failed to load certificate: server.key: ${NO_START}`],
  [
    { certFile: 'corrupt.crt' },
    'Failed to load certificate: corrupt.crt: error:068000A8:asn1 encoding routines::wrong tag',
  ],
  [{ keyFile: 'missing' }, `Failed to load private key: missing: ${NO_FILE}`],
  [{ keyFile: 'garbage.pem' }, `Failed to load private key: garbage.pem: ${NO_KEY}`],
  [{ keyFile: 'empty' }, `Failed to load private key: empty: ${NO_KEY}`],
  [{ keyFile: 'folder' }, `Failed to load private key: folder: ${NO_KEY}`],
  [{ keyFile: 'server.crt' }, `Failed to load private key: server.crt: ${NO_KEY}`],
  [
    { keyFile: 'other.key' },
    'Failed to load private key: other.key: ' +
      'error:05800074:x509 certificate routines::key values mismatch',
  ],
  [
    { keyFile: 'locked.key' },
    'Failed to load private key: locked.key: ' +
      'error:07880109:common libcrypto routines::interrupted or cancelled',
  ],
  [
    { keyFile: 'locked.key', keyFilePass: 'wrong' },
    'Failed to load private key: locked.key: error:1C800064:Provider routines::bad decrypt',
  ],
  // Unlocked it is still the key of no certificate here.
  [
    { keyFile: 'locked.key', keyFilePass: 'secret' },
    'Failed to load private key: locked.key: ' +
      'error:05800074:x509 certificate routines::key values mismatch',
  ],
  [{ keyFilePass: 'not needed' }, undefined],
  [{ caCertFile: 'missing' }, `Failed to configure CA certificate(s) file/directory: ${NO_FILE}`],
  [{ caCertFile: 'garbage.pem' }, NO_AUTHORITY],
  [{ caCertFile: 'empty' }, NO_AUTHORITY],
  [{ caCertFile: 'folder' }, NO_AUTHORITY],
  [{ caCertFile: 'server.key' }, NO_AUTHORITY],
  [
    { caCertFile: 'corrupt.crt' },
    'Failed to configure CA certificate(s) file/directory: ' +
      'error:068000A8:asn1 encoding routines::wrong tag',
  ],
  [{ caCertFile: '', caCertDir: 'missing' }, undefined],
  [{ protocols: 'bogus', certFile: 'missing' }, PROTOCOLS],
  [{ protocols: 'TLSv1.2 SSLv3' }, PROTOCOLS],
  [{ protocols: 'tlsv1.2 TLSV1.3' }, undefined],
  [{ ciphers: 'bogus' }, 'Failed to configure ciphers: bogus'],
  [{ ciphers: 'bogus:AES128-SHA' }, undefined],
  [{ ciphers: 'TLS_AES_128_GCM_SHA256' }, 'Failed to configure ciphers: TLS_AES_128_GCM_SHA256'],
  [{ ciphersuites: 'bogus' }, 'Failed to configure ciphersuites: bogus'],
  [{ ciphersuites: 'bogus:TLS_AES_128_GCM_SHA256' }, undefined],
  [{ dhParamsFile: 'missing' }, 'Failed to load missing: No such file or directory'],
  [{ dhParamsFile: 'garbage.pem' }, 'garbage.pem: failed to read DH params.'],
  [{ dhParamsFile: 'folder' }, 'folder: failed to read DH params.'],
  [{ dhParamsFile: '/dev/zero' }, '/dev/zero: failed to read DH params.'],
  [
    { dhParamsFile: 'weak-dh.pem' },
    'Failed to load DH params file: weak-dh.pem: error:0A00018A:SSL routines::dh key too small',
  ],
  [{ dhParamsFile: 'weak-dh.pem', ciphers: 'DEFAULT:@SECLEVEL=1' }, undefined],
  [
    { certFile: 'weak.crt', keyFile: 'weak.key' },
    'Failed to load certificate: weak.crt: error:0A00018F:SSL routines::ee key too small',
  ],
  [
    { certFile: 'weak.crt', keyFile: 'weak.key', ciphers: 'DEFAULT:@SECLEVEL=0' },
    'Failed to load certificate: weak.crt: error:0A00018F:SSL routines::ee key too small',
  ],
  [{ certFile: '/dev/zero' }, `Failed to load certificate: /dev/zero: ${NO_START}`],
  [
    { certFile: 'server.crt/x' },
    'Failed to load certificate: server.crt/x: error:80000014:system library::Not a directory',
  ],
  [{ keyFile: '/dev/zero' }, `Failed to load private key: /dev/zero: ${NO_KEY}`],
  [{ caCertFile: '/dev/zero' }, NO_AUTHORITY],
  [
    { clientCertFile: 'missing', clientKeyFile: 'server.key' },
    `Failed to load certificate: missing: ${NO_FILE}`,
  ],
  [
    { clientCertFile: 'server.crt', clientKeyFile: 'other.key' },
    'Failed to load private key: other.key: ' +
      'error:05800074:x509 certificate routines::key values mismatch',
  ],
]

// What PEM may look like. A certificate or a key goes to OpenSSL as it is, authorities do not.
const BAD_AUTHORITIES = 'Failed to configure CA certificate(s) file/directory: error:'
const BAD_END = `${BAD_AUTHORITIES}04800066:PEM routines::bad end line`
const BAD_DIGITS = `${BAD_AUTHORITIES}04800064:PEM routines::bad base64 decode`
const BAD_HEADER = `${BAD_AUTHORITIES}0480006B:PEM routines::not proc type`
const EMPTY_BLOCK = `${BAD_AUTHORITIES}05880009:x509 certificate routines::PEM lib`
const BAD_KEY = `${BAD_AUTHORITIES}1E08010C:DECODER routines::unsupported`

const EDGES: readonly (readonly [Changes, string | undefined])[] = [
  [{ certFile: 'mark.crt', keyFile: 'mark.key', caCertFile: 'mark-ca.crt' }, undefined],
  [{ certFile: 'marked-late.crt' }, `Failed to load certificate: marked-late.crt: ${NO_START}`],
  [{ certFile: 'dos.crt', keyFile: 'dos.key', caCertFile: 'dos-ca.crt' }, undefined],
  [{ certFile: 'both.pem', keyFile: 'both.pem' }, undefined],
  [
    { certFile: 'tail.crt' },
    'Failed to load certificate: tail.crt: error:068000A8:asn1 encoding routines::wrong tag',
  ],
  [{ certFile: 'zero.crt' }, `Failed to load certificate: zero.crt: ${NO_START}`],
  [
    { certFile: 'zero-line.crt' },
    'Failed to load certificate: zero-line.crt: error:04800066:PEM routines::bad end line',
  ],
  [
    { certFile: 'empty-block.crt' },
    'Failed to load certificate: empty-block.crt: error:0A080009:SSL routines::PEM lib',
  ],
  [{ keyFile: 'keys.pem' }, undefined],
  [
    { keyFile: 'other-first.pem' },
    'Failed to load private key: other-first.pem: ' +
      'error:05800074:x509 certificate routines::key values mismatch',
  ],
  [{ keyFile: 'curve.pem' }, undefined],
  [{ keyFile: 'zero.key' }, undefined],
  [{ keyFile: 'zero-line.key' }, `Failed to load private key: zero-line.key: ${NO_KEY}`],
  [
    { keyFile: 'locked-first.pem' },
    'Failed to load private key: locked-first.pem: ' +
      'error:07880109:common libcrypto routines::interrupted or cancelled',
  ],
  [{ caCertFile: 'crl.pem' }, undefined],
  [{ caCertFile: 'crl-and-ca.pem' }, undefined],
  [{ caCertFile: 'crl-no-end.pem' }, BAD_END],
  [{ caCertFile: 'no-end-ca.crt' }, BAD_END],
  [{ caCertFile: 'begun-ca.crt' }, BAD_END],
  [{ caCertFile: 'after-end-ca.crt' }, BAD_END],
  [{ caCertFile: 'other-end-ca.crt' }, BAD_END],
  [{ caCertFile: 'two-marks-ca.crt' }, NO_AUTHORITY],
  [{ caCertFile: 'mac-ca.crt' }, NO_AUTHORITY],
  [{ caCertFile: 'indented-ca.crt' }, NO_AUTHORITY],
  [{ caCertFile: 'one-line-ca.crt' }, NO_AUTHORITY],
  [{ caCertFile: 'zero-ca.crt' }, NO_AUTHORITY],
  [{ caCertFile: 'zero-after-ca.crt' }, undefined],
  [{ caCertFile: 'long-lines-ca.crt' }, undefined],
  [{ caCertFile: 'words-ca.crt' }, undefined],
  [{ caCertFile: 'blank-ca.crt' }, undefined],
  [{ caCertFile: 'tail-ca.crt' }, undefined],
  [{ caCertFile: 'with-key-ca.crt' }, undefined],
  [{ caCertFile: 'with-broken-key-ca.crt' }, BAD_KEY],
  [{ caCertFile: 'header-ca.crt' }, BAD_HEADER],
  [{ caCertFile: 'empty-block-ca.crt' }, EMPTY_BLOCK],
  [{ caCertFile: 'odd-digits-ca.crt' }, BAD_DIGITS],
  [
    { certFile: 'loop' },
    'Failed to load certificate: loop: ' +
      'error:80000028:system library::Too many levels of symbolic links',
  ],
]

const home = process.cwd()
process.chdir(folder)
t.teardown(() => process.chdir(home))

function settingsWith(changes: Changes): TlsSettings {
  return { ...tlsSettings(server, authority, changes), memoryFiles: new Map() }
}

function ours(changes: Changes): string | undefined {
  try {
    loadTlsContext(settingsWith(changes))
    return undefined
  } catch (error) {
    if (error instanceof TlsSetupError) return error.message
    throw error
  }
}

/** Why a redis-server does not start: the warning before the one that says so. */
function theirs(changes: Changes, port: number): Promise<string | undefined> {
  const args = ['--port', '0', '--tls-port', String(port), '--bind', '127.0.0.1', '--save', '']
  const { needsCa, ...rest } = settingsWith(changes)
  if (needsCa) args.push('--tls-replication', 'yes')
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value !== 'string' || value === '') continue
    args.push(`--tls-${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`, value)
  }
  return new Promise(resolve => {
    const child = spawn(REAL_BINARY, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
      if (output.includes('Ready to accept connections')) child.kill('SIGKILL')
    })
    child.once('close', (_, signal) => {
      const warnings = [...output.matchAll(/ # (.*)/g)].map(([, text = '']) => text)
      const end = warnings.indexOf('Failed to configure TLS. Check logs for more info.')
      resolve(signal ? undefined : (warnings[end - 1] ?? output))
    })
  })
}

const ALL = [...CASES, ...EDGES]
for (const [changes, expected] of ALL) {
  t.equal(ours(changes), expected, `${JSON.stringify(changes)}: ${expected ?? 'starts'}`)
}

t.test('redis-server says the same', { skip: NO_REAL_SERVER }, async t => {
  const port = await freePort()
  for (const [changes, expected] of ALL) {
    t.equal(await theirs(changes, port), expected, JSON.stringify(changes))
  }
})

t.test('a system error has its number, whichever it is', async t => {
  for (const [code, expected] of [
    ['ENOENT', 'error:80000002:system library::No such file or directory'],
    ['EACCES', 'error:8000000D:system library::Permission denied'],
    ['ENOTDIR', 'error:80000014:system library::Not a directory'],
    ['EISDIR', 'error:80000015:system library::Is a directory'],
    ['EMFILE', 'error:80000018:system library::Too many open files'],
    ['ENAMETOOLONG', 'error:80000024:system library::File name too long'],
    ['ELOOP', 'error:80000028:system library::Too many levels of symbolic links'],
  ] as const) {
    const errno = -os.constants.errno[code]
    t.equal(opensslSystemReason(Object.assign(new Error(code), { code, errno })), expected)
  }
})

t.test('authorities come from a folder too', async t => {
  const settings = settingsWith({ caCertFile: '', caCertDir: 'authorities' })
  const events = { admit: () => undefined, failed: () => {}, broke: () => {} }
  const listener = Listener.tls(
    { host: '127.0.0.1', port: 0, backlog: 10 },
    new TlsEndpoint(loadTlsContext(settings), 'yes'),
    { ...events, accepted: ({ socket }) => socket.end('in') },
  )
  const options = { host: '127.0.0.1', port: listener.port, ca: authority.cert }
  const socket = tls.connect({ ...options, cert: client.cert, key: client.key })
  const received = await new Promise((resolve, reject) => {
    socket.once('data', data => resolve(String(data)))
    socket.once('error', reject)
  })
  t.equal(received, 'in')
  socket.destroy()
  await listener.close()
})
