// Broken set-ups, each with one planted fault, which `tls explain` has to name, with its cure.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { type StartOptions, startRedis, type TlsProfileName } from '../../src/index.ts'
import { type Authority, createAuthority, type Identity } from '../../src/testing/tls/authority.ts'
import {
  explainConnection,
  type Question,
  type Step,
  type StepName,
} from '../../src/testing/tls/explain/connection.ts'
import { freePort, NO_REAL_SERVER, startReal } from '../helpers/real.ts'

type Asked = Omit<Question, 'timeoutMs'>

interface Plant {
  readonly title: string
  /** Where the fault is, and what is said of it. */
  readonly step: StepName
  readonly text: RegExp
  readonly cure: RegExp
  readonly verdict?: 'wrong' | 'doubtful'
}

const PATIENCE_MS = 800

const authority = await createAuthority({ name: 'right CA' })
const stranger = await createAuthority({ name: 'foreign CA' })
const alice = await authority.client('alice')

function cureText({ cure = '', cures }: Step): string {
  return [cure, ...Object.values(cures ?? {})].join('\n')
}

/** The only fault that is found is the planted one, and its cure is named. */
async function finds(t: Test, asked: Asked, plant: Plant): Promise<void> {
  const steps = await explainConnection({ ...asked, timeoutMs: PATIENCE_MS })
  const verdict = plant.verdict ?? 'wrong'
  const faults = steps.filter(step => step.verdict === verdict)
  t.strictSame(
    faults.map(({ name }) => name),
    [plant.step],
    steps.map(({ name, verdict, text }) => `${name} ${verdict} ${text}`).join('; '),
  )
  const [fault] = faults
  if (fault === undefined) return
  t.match(fault.text, plant.text)
  t.match(cureText(fault), plant.cure)
}

// ---- Ours ---------------------------------------------------------------------------------------

/** With a profile: its own authority and client. */
async function onProfile(
  t: Test,
  profile: TlsProfileName,
  plant: Plant,
  extra: Partial<Asked> = {},
) {
  const redis = await startRedis({ tls: { profile } })
  t.teardown(() => redis.close())
  const { ca = '', cert = '', key = '' } = redis.tls ?? {}
  await finds(t, { host: 'localhost', port: redis.port, ca, cert, key, ...extra }, plant)
}

const ON_PROFILES: readonly (readonly [profile: TlsProfileName, plant: Plant])[] = [
  ['expired', { title: 'ended', step: 'dates', text: /ended on/, cure: /Renew/ }],
  ['not-yet-valid', { title: 'too early', step: 'dates', text: /begins on/, cure: /clocks/ }],
  [
    'wrong-host',
    {
      title: 'name',
      step: 'host name',
      text: /DNS:other\.example.*redis-cli/,
      cure: /DNS:localhost/,
    },
  ],
  [
    'cn-only',
    {
      title: 'CN',
      step: 'host name',
      text: /common name/,
      cure: /DNS:localhost/,
      verdict: 'doubtful',
    },
  ],
  ['self-signed', { title: 'self', step: 'chain', text: /signed by itself/, cure: /authority/ }],
  [
    'missing-intermediate',
    { title: 'chain', step: 'chain', text: /intermediate CA/, cure: /append.*tls-cert-file/ },
  ],
  ['server-wrong-eku', { title: 'EKU', step: 'chain', text: /for servers/, cure: /serverAuth/ }],
  ['tls11-only', { title: 'old', step: 'protocol', text: /TLSv1\.1/, cure: /tls-protocols/ }],
  [
    'no-common-cipher',
    { title: 'cipher', step: 'protocol', text: /nothing in common/, cure: /tls-ciphers/ },
  ],
  ['http', { title: 'web', step: 'protocol', text: /web server|neither TLS/, cure: /port/ }],
  [
    'unknown-sni',
    { title: 'SNI', step: 'protocol', text: /no host of that name/, cure: /servername/ },
  ],
  ['stall-handshake', { title: 'stall', step: 'protocol', text: /says nothing/, cure: /time-out/ }],
  ['rst-mid-handshake', { title: 'reset', step: 'protocol', text: /cut/, cure: /maxclients/ }],
  [
    'stall-after-handshake',
    { title: 'silence', step: 'login', text: /answers no command/, cure: /commandTimeout/ },
  ],
  [
    'client-certificate-expired',
    { title: 'refused', step: 'client certificate', text: /has expired/, cure: /Renew/ },
  ],
  [
    'client-certificate-reset',
    { title: 'cut', step: 'client certificate', text: /without a reason/, cure: /maxclients/ },
  ],
]

for (const [profile, plant] of ON_PROFILES) {
  t.test(`${profile}: ${plant.title}`, t => onProfile(t, profile, plant))
}

t.test('a right server with a right client has no fault', async t => {
  const redis = await startRedis({ tls: { profile: 'client-certificate-required' } })
  t.teardown(() => redis.close())
  const { ca = '', cert = '', key = '' } = redis.tls ?? {}
  const steps = await explainConnection({ host: 'localhost', port: redis.port, ca, cert, key })
  t.strictSame([...new Set(steps.map(({ verdict }) => verdict))], ['right'])
})

async function onServer(t: Test, options: StartOptions, asked: Partial<Asked>, plant: Plant) {
  const redis = await startRedis(options)
  t.teardown(() => redis.close())
  const { ca = '', cert = '', key = '' } = redis.tls ?? {}
  await finds(t, { host: 'localhost', port: redis.port, ca, cert, key, ...asked }, plant)
}

t.test('what else the server takes', async t => {
  const offers = [
    [
      'TLSv1.2 TLSv1.3',
      '',
      'right',
      /^It takes TLSv1.2, TLSv1.3, not TLSv1, TLSv1.1\. .*1.2: AEAD/,
    ],
    ['TLSv1.3', '', 'right', /^It takes TLSv1.3, not TLSv1, TLSv1.1, TLSv1.2\.$/],
    ['TLSv1.2', 'AES256-GCM-SHA384', 'right', /^It takes TLSv1.2, .* 1.2: no forward secrecy/],
    ['TLSv1.1 TLSv1.2', 'ALL:@SECLEVEL=0', 'doubtful', /^It takes TLSv1.1, TLSv1.2, not TLSv1,/],
  ] as const
  for (const [protocols, ciphers, verdict, text] of offers) {
    const config = { 'tls-protocols': protocols, ...(ciphers && { 'tls-ciphers': ciphers }) }
    const { cert, key } = await authority.server(['localhost'], { keyType: 'rsa' })
    const redis = await startRedis({ config, tls: { cert, key, authClients: false } })
    t.teardown(() => redis.close())
    const asked = { host: 'localhost', port: redis.port, ca: authority.cert }
    const steps = await explainConnection({ ...asked, timeoutMs: 5000 })
    t.match(
      steps.find(({ name }) => name === 'also taken'),
      { verdict, text },
      protocols,
    )
  }
})

t.test('a key that belongs to another certificate', async t => {
  const bob = await authority.client('bob')
  await onServer(
    t,
    {},
    { cert: alice.cert, key: bob.key },
    {
      title: 'mismatch',
      step: 'files',
      text: /does not belong/,
      cure: /made with/,
    },
  )
})

t.test('certificate and key mixed up', async t => {
  await onServer(
    t,
    {},
    { cert: alice.key, key: alice.cert },
    {
      title: 'swapped',
      step: 'files',
      text: /mixed up/,
      cure: /Exchange/,
    },
  )
})

t.test('a host that does not exist', async t => {
  await onServer(
    t,
    {},
    { host: 'nobody.invalid' },
    {
      title: 'name',
      step: 'name',
      text: /no host 'nobody\.invalid'/,
      cure: /DNS/,
    },
  )
})

t.test('a port where nobody listens', async t => {
  await onServer(
    t,
    {},
    { port: await freePort() },
    {
      title: 'port',
      step: 'TCP',
      text: /ECONNREFUSED/,
      cure: /tls-port/,
    },
  )
})

t.test('a wrong password', async t => {
  const users = { alice: 'on >wonderland ~* +@all' }
  await onServer(
    t,
    { users },
    { username: 'alice', password: 'oz' },
    {
      title: 'login',
      step: 'login',
      text: /wrong/,
      cure: /createClient\(\{ username/,
    },
  )
})

// ---- A real server ------------------------------------------------------------------------------

interface RealSetup {
  readonly server: Identity
  readonly clientCa: Authority
  readonly options?: readonly string[]
}

async function onReal(t: Test, setup: RealSetup, asked: Partial<Asked>, plant: Plant) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tls-explain-'))
  const file = (name: string, text: string): string => {
    fs.writeFileSync(path.join(folder, name), text, { mode: 0o600 })
    return path.join(folder, name)
  }
  const port = await freePort()
  const real = await startReal(
    '--tls-port',
    String(port),
    '--tls-cert-file',
    file('server.crt', setup.server.cert),
    '--tls-key-file',
    file('server.key', setup.server.key),
    '--tls-ca-cert-file',
    file('ca.crt', setup.clientCa.cert),
    ...(setup.options ?? []),
  )
  t.teardown(async () => {
    await real.close()
    fs.rmSync(folder, { recursive: true })
  })
  const { cert, key } = alice
  const right = { host: 'localhost', port, ca: authority.cert, cert, key }
  await finds(t, { ...right, ...asked, ...(asked.port === 0 && { port: real.port }) }, plant)
}

const NO_CERTIFICATE = { cert: undefined, key: undefined }

t.test('a real redis-server', { skip: NO_REAL_SERVER }, async t => {
  const server = await authority.server(['localhost'])
  const setup = { server, clientCa: authority }

  await t.test('without a client certificate', t =>
    onReal(t, setup, NO_CERTIFICATE, {
      title: 'missing',
      step: 'client certificate',
      text: /requires a client certificate/,
      cure: /socket: \{ tls: true, cert/,
    }),
  )
  await t.test('without a client certificate in TLS 1.2', t =>
    onReal(t, { ...setup, options: ['--tls-protocols', 'TLSv1.2'] }, NO_CERTIFICATE, {
      title: 'missing',
      step: 'protocol',
      text: /requires a client certificate/,
      cure: /ssl_certfile/,
    }),
  )
  await t.test('with a client certificate of another authority', async t => {
    const { cert, key } = await stranger.client('alice')
    await onReal(
      t,
      setup,
      { cert, key },
      {
        title: 'foreign',
        step: 'client certificate',
        text: /does not know the authority/,
        cure: /tls-ca-cert-file/,
      },
    )
  })
  await t.test('with the wrong CA in the client', t =>
    onReal(
      t,
      setup,
      { ca: stranger.cert },
      {
        title: 'authority',
        step: 'chain',
        text: /signed by 'right CA'; trusted are 'foreign CA'/,
        cure: /ssl_ca_certs/,
      },
    ),
  )
  await t.test('on its plain port', t =>
    onReal(
      t,
      setup,
      { port: 0 },
      {
        title: 'plain',
        step: 'protocol',
        text: /without TLS/,
        cure: /tls-port/,
      },
    ),
  )
  await t.test('with a certificate that ended', async t => {
    const ended = await authority.server(['localhost'], { to: new Date(Date.now() - 1000) })
    await onReal(
      t,
      { ...setup, server: ended },
      {},
      {
        title: 'expired',
        step: 'dates',
        text: /ended on/,
        cure: /Renew/,
      },
    )
  })
  await t.test('with a password that the client does not know', t =>
    onReal(
      t,
      { ...setup, options: ['--requirepass', 'wonderland'] },
      {},
      {
        title: 'login',
        step: 'login',
        text: /wants a login/,
        cure: /username/,
      },
    ),
  )
})
