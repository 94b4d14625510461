// tls-ca-cert-dir while a server runs: what is put there is trusted from the next handshake on, and
// what was used stays trusted. Each step is asked of a redis-server as well, where there is one.

import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority, type Identity } from '../../src/testing/tls/authority.ts'
import { subjectHashOf } from '../../src/transport/certificate-fields.ts'
import { Listener, TlsEndpoint } from '../../src/transport/listener.ts'
import { loadTlsContext } from '../../src/transport/tls-settings.ts'
import { freePort, NO_REAL_SERVER, REAL_BINARY } from '../helpers/real.ts'
import { tlsSettings } from '../helpers/tls.ts'

const [first, renewed, second, third] = await Promise.all([
  createAuthority({ name: 'First CA' }),
  createAuthority({ name: 'First CA' }),
  createAuthority({ name: 'Second CA' }),
  createAuthority({ name: 'Third CA' }),
])
const below = await third.intermediate({ name: 'Below' })
const server = await first.server(['127.0.0.1'])
const CLIENTS = {
  first: await first.client('a'),
  renewed: await renewed.client('a'),
  second: await second.client('b'),
  third: await below.client('c'),
}

const hashOf = (pem: string): string => subjectHashOf(new X509Certificate(pem))
const H1 = hashOf(first.cert)
const H2 = hashOf(second.cert)
const H3 = hashOf(third.cert)

const IN = '+PONG'
const UNKNOWN = 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'

interface Step {
  readonly says: string
  /** Texts that are put into the folder, or null for what is taken away. */
  readonly files?: Readonly<Record<string, string | null>>
  readonly expected: Partial<Record<keyof typeof CLIENTS, typeof IN | typeof UNKNOWN>>
}

const STEPS: readonly Step[] = [
  { says: 'an empty folder', expected: { first: UNKNOWN, second: UNKNOWN } },
  {
    says: 'an authority without its hash for a name',
    files: { 'ca.crt': first.cert },
    expected: { first: UNKNOWN },
  },
  { says: 'named by its hash', files: { [`${H1}.0`]: first.cert }, expected: { first: IN } },
  {
    says: 'what was used is trusted for good',
    files: { [`${H1}.0`]: null },
    expected: { first: IN, second: UNKNOWN },
  },
  {
    says: 'a name that is known is not looked for again',
    files: { [`${H1}.0`]: renewed.cert, [`${H1}.1`]: renewed.cert },
    expected: { renewed: UNKNOWN, first: IN },
  },
  { says: 'what nobody has used', files: { [`${H2}.0`]: second.cert }, expected: { first: IN } },
  { says: 'goes with its file', files: { [`${H2}.0`]: null }, expected: { second: UNKNOWN } },
  { says: 'a file of nothing', files: { [`${H2}.0`]: 'soon' }, expected: { second: UNKNOWN } },
  {
    says: 'is read again; what is beside it in its file counts when it is used',
    files: { [`${H2}.0`]: `${second.cert}${third.cert}` },
    expected: { third: UNKNOWN },
  },
  { says: 'and then for good', expected: { second: IN } },
  { says: 'with all of the file', files: { [`${H2}.0`]: null }, expected: { third: IN } },
]

const INTERMEDIATE: readonly Step[] = [
  { says: 'a chain without its root', expected: { third: UNKNOWN } },
  {
    says: 'its root, after a gap',
    files: { [`${H3}.0`]: `${third.cert.slice(0, 300)}\n`, [`${H3}.2`]: third.cert },
    expected: { third: UNKNOWN },
  },
  {
    says: 'without a gap, though the first file has none',
    files: { [`${H3}.1`]: third.cert },
    expected: { third: IN },
  },
]

function filesOf(t: Test): string {
  return t.testdir({ 'server.crt': server.cert, 'server.key': server.key, cas: {} })
}

interface Peer {
  readonly port: number
  close(): Promise<unknown>
}

async function startOurs(folder: string): Promise<Peer> {
  const files = { caCertFile: '', caCertDir: path.join(folder, 'cas') }
  const context = loadTlsContext(tlsSettings(server, first, files))
  const events = { admit: () => undefined, failed: () => {}, broke: () => {} }
  const listener = Listener.tls(
    { host: '127.0.0.1', port: 0, backlog: 10 },
    new TlsEndpoint(context, 'yes'),
    { ...events, accepted: ({ socket }) => socket.end('+PONG\r\n') },
  )
  return {
    port: listener.port,
    close: () => {
      listener.destroyConnections()
      return listener.close()
    },
  }
}

async function startTheirs(folder: string): Promise<Peer> {
  const port = await freePort()
  const files = ['cert-file', 'server.crt', 'key-file', 'server.key', 'ca-cert-dir', 'cas']
  const words = files.map((word, i) => (i % 2 === 0 ? `--tls-${word}` : path.join(folder, word)))
  const args = ['--port', '0', '--tls-port', String(port), '--save', '', ...words]
  const child = spawn(REAL_BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => child.once('exit', resolve))
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.includes('Ready to accept connections')) break
  }
  return {
    port,
    close: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

function ask(port: number, { cert, key }: Identity): Promise<string> {
  return new Promise(resolve => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, cert, key })
    socket.on('secureConnect', () => socket.write('PING\r\n'))
    socket.on('data', data => {
      resolve(String(data).trim())
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.on('close', () => resolve('closed'))
  })
}

/** Who notices the cut while he writes does not get to read the alert; then he asks again. */
async function told(port: number, client: Identity): Promise<string> {
  let outcome = await ask(port, client)
  for (let i = 0; i < 9 && /closed|ECONNRESET|EPIPE/.test(outcome); i++) {
    outcome = await ask(port, client)
  }
  return outcome
}

async function play(t: Test, steps: readonly Step[], start: typeof startOurs): Promise<void> {
  const folder = filesOf(t)
  const { port, close } = await start(folder)
  for (const { says, files = {}, expected } of steps) {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, 'cas', name)
      if (text === null) fs.rmSync(file)
      else fs.writeFileSync(file, text)
    }
    const outcome: Record<string, string> = {}
    for (const name of Object.keys(expected) as (keyof typeof CLIENTS)[]) {
      outcome[name] = await told(port, CLIENTS[name])
    }
    t.strictSame(outcome, expected, says)
  }
  await close()
}

for (const [name, steps] of [
  ['authorities come and go', STEPS],
  ['the root of a chain', INTERMEDIATE],
] as const) {
  t.test(name, t => play(t, steps, startOurs))
  t.test(`${name}, to redis-server`, { skip: NO_REAL_SERVER }, t => play(t, steps, startTheirs))
}
