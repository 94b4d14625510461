// What TLS cannot be configured with: in redis-server's words, and where there is a redis-server,
// as it says it itself.

import { spawn } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import { subjectHashOf } from '../../src/transport/certificate-fields.ts'
import { Listener, TlsEndpoint } from '../../src/transport/listener.ts'
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
  // Another tag where a certificate must begin with a sequence.
  'corrupt.crt': server.cert.replace('\nMI', '\nNI'),
}
for (const [name, text] of Object.entries(FILES)) fs.writeFileSync(path.join(folder, name), text)

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

for (const [changes, expected] of CASES) {
  t.equal(ours(changes), expected, `${JSON.stringify(changes)}: ${expected ?? 'starts'}`)
}

t.test('redis-server says the same', { skip: NO_REAL_SERVER }, async t => {
  const port = await freePort()
  for (const [changes, expected] of CASES) {
    t.equal(await theirs(changes, port), expected, JSON.stringify(changes))
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
