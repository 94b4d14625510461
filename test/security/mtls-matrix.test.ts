// Who gets in: some eighty client certificates with TLS 1.2 and 1.3, required and optional, from a
// file and from folders, against a redis-server; and with a moved clock against `openssl verify`.
// TEST_LONG=1 tries all of it.

import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import path from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import { subjectHashOf } from '../../src/transport/certificate-fields.ts'
import { type OddClient, type OddScene, oddScene } from '../helpers/odd-clients.ts'
import { freePort, NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { Wire } from '../helpers/wire.ts'

const IS_LONG = process.env['TEST_LONG'] === '1'
const NO_OPENSSL = spawnSync('openssl', ['version']).error ? 'no openssl on the PATH' : false
if (IS_LONG) t.setTimeout(600_000)
const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const
type Version = (typeof VERSIONS)[number]
const AUTH = ['yes', 'optional'] as const
const SOURCES = ['file', 'folder', 'empty', 'missing'] as const
type Source = (typeof SOURCES)[number]

const DAY_MS = 24 * 3600 * 1000
const THEN = new Date(Math.floor(Date.now() / 1000) * 1000 - 4000 * DAY_MS)

const own = await createAuthority({ name: 'CA of the server' })
const server = await own.server(['127.0.0.1'], { commonName: 'server' })
const scenes = { now: oddScene(new Date()), old: oddScene(THEN) }

function folderOf(scene: OddScene): Readonly<Record<string, string>> {
  return Object.fromEntries(
    scene.roots.map(pem => [`${subjectHashOf(new X509Certificate(pem))}.0`, pem]),
  )
}

const folder = t.testdir({
  'server.crt': server.cert,
  'server.key': server.key,
  'now.crt': scenes.now.roots.join(''),
  'old.crt': scenes.old.roots.join(''),
  now: folderOf(scenes.now),
  old: folderOf(scenes.old),
  empty: {},
  clients: Object.fromEntries(
    scenes.old.clients.flatMap(({ leaf, between }, i) => [
      [`${i}.crt`, leaf],
      [`${i}.between`, between === '' ? leaf : between],
    ]),
  ),
})
const file = (name: string): string => path.join(folder, name)

interface Peer {
  readonly port: number
  readonly admin: Wire
}

const OWN = ['--tls-cert-file', file('server.crt'), '--tls-key-file', file('server.key')]

async function startOurs(t: Test): Promise<Peer & { redis: RunningRedis }> {
  const port = await freePort()
  const config = Object.fromEntries(
    OWN.flatMap((word, i) => (i % 2 ? [] : [[word.slice(2), OWN[i + 1]!]])),
  )
  const redis = await startRedis({
    tls: false,
    config: { ...config, 'tls-port': port, 'tls-ca-cert-dir': file('empty') },
  })
  t.teardown(() => redis.close())
  return { port, redis, admin: await Wire.connect(redis.port) }
}

async function startTheirs(t: Test): Promise<Peer> {
  const port = await freePort()
  const ca = ['--tls-ca-cert-dir', file('empty')]
  const real = await startReal('--tls-port', String(port), ...OWN, ...ca)
  t.teardown(() => real.close())
  return { port, admin: await real.connect() }
}

async function configure({ admin }: Peer, scene: string, source: Source, auth: string) {
  const places = { file: '', folder: file(scene), empty: file('empty'), missing: file('nowhere') }
  const caFile = source === 'file' ? file(`${scene}.crt`) : ''
  const words = ['tls-ca-cert-file', caFile, 'tls-ca-cert-dir', places[source]]
  const replies = [
    await admin.ask('CONFIG', 'SET', ...words),
    await admin.ask('CONFIG', 'SET', 'tls-auth-clients', auth),
  ]
  if (replies.some(reply => reply !== '+OK')) throw new Error(String(replies))
}

interface Outcome {
  readonly isIn: boolean
  /** What the client was told, or that it could not use its own certificate. */
  readonly said: string
}

function ask(port: number, version: Version, client: OddClient): Promise<Outcome> {
  return new Promise(resolve => {
    const { leaf, between, key } = client
    let socket: tls.TLSSocket
    try {
      socket = tls.connect({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        cert: leaf + between,
        key,
        ciphers: 'DEFAULT:@SECLEVEL=0',
        minVersion: version,
        maxVersion: version,
      })
    } catch {
      resolve({ isIn: false, said: 'unusable' })
      return
    }
    socket.on('secureConnect', () => socket.write('PING\r\n'))
    socket.on('data', data => {
      resolve({ isIn: String(data).includes('PONG'), said: 'in' })
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ isIn: false, said: error.code ?? error.message })
    })
    socket.on('close', () => resolve({ isIn: false, said: 'closed' }))
  })
}

/** Everything with a file; of the folders only what shows whether they are read at all. */
function isTried(source: Source, auth: string, version: Version, i: number): boolean {
  if (IS_LONG) return true
  if (source === 'file' && auth === 'yes' && version === 'TLSv1.3') return true
  return i % 9 === 0
}

async function everyCase(
  scene: OddScene,
  act: (source: Source, auth: string) => Promise<void>,
  judge: (version: Version, client: OddClient, title: string, source: Source) => Promise<void>,
): Promise<void> {
  for (const source of SOURCES) {
    for (const auth of AUTH) {
      await act(source, auth)
      for (const version of VERSIONS) {
        for (const [i, client] of scene.clients.entries()) {
          if (!isTried(source, auth, version, i)) continue
          await judge(version, client, `${client.name}: ${source}, ${auth}, ${version}`, source)
        }
      }
    }
  }
}

const NO_TLS_PEER = NO_REAL_SERVER || (realIsAtLeast(7, 0) ? false : 'redis-server is too old')

t.test('who gets in is who gets in to redis-server', { skip: NO_TLS_PEER }, async t => {
  const [ours, theirs] = [await startOurs(t), await startTheirs(t)]
  const tally = { in: 0, out: 0 }
  const otherwise: string[] = []
  await everyCase(
    scenes.now,
    async (source, auth) => {
      for (const peer of [ours, theirs]) await configure(peer, 'now', source, auth)
    },
    async (version, client, title) => {
      const [mine, real] = await Promise.all(
        [ours, theirs].map(({ port }) => ask(port, version, client)),
      )
      t.equal(mine?.isIn, real?.isIn, title)
      tally[real?.isIn ? 'in' : 'out']++
      if (mine?.said !== real?.said) otherwise.push(`${title}: ${mine?.said}, ${real?.said}`)
    },
  )
  t.ok(tally.in > 20 && tally.out > 20, `${tally.in} in, ${tally.out} out`)
  t.comment(`Told otherwise, ours and theirs:\n${otherwise.join('\n')}`)
})

t.test('nobody gets in without an authority', async t => {
  const ours = await startOurs(t)
  for (const [scene, { clients }] of Object.entries(scenes)) {
    if (scene === 'old') ours.redis.clock.freeze(THEN)
    for (const source of ['empty', 'missing'] as const) {
      for (const auth of AUTH) {
        await configure(ours, scene, source, auth)
        for (const [i, client] of clients.entries()) {
          const version = VERSIONS[i % 2] ?? 'TLSv1.3'
          // Such a client has nothing to show, and is told from one without by nobody.
          if (client.isUnusable && auth === 'optional') continue
          if (!IS_LONG && i % 5 > 0) continue
          const { isIn } = await ask(ours.port, version, client)
          t.notOk(isIn, `${client.name}: ${source}, ${auth}, ${scene}, ${version}`)
        }
      }
    }
  }
})

/** By OpenSSL, at that time. */
function isRight(i: number, source: Source): boolean {
  const places = {
    file: ['-CAfile', file('old.crt')],
    folder: ['-CApath', file('old')],
    empty: ['-CApath', file('empty')],
    missing: ['-CApath', file('nowhere')],
  }
  const at = ['-attime', String(THEN.getTime() / 1000), '-auth_level', '2']
  const elsewhere = source === 'file' ? ['-no-CApath'] : ['-no-CAfile']
  const { status } = spawnSync('openssl', [
    'verify',
    ...['-purpose', 'sslclient', ...at, '-no-CAstore', ...elsewhere, ...places[source]],
    ...['-untrusted', file(`clients/${i}.between`), file(`clients/${i}.crt`)],
  ])
  return status === 0
}

t.test('with a moved clock it is who OpenSSL says', { skip: NO_OPENSSL }, async t => {
  const ours = await startOurs(t)
  ours.redis.clock.freeze(THEN)
  const { clients } = scenes.old
  const known = new Map<string, boolean>()
  const tally = { in: 0, out: 0 }
  await everyCase(
    scenes.old,
    (source, auth) => configure(ours, 'old', source, auth),
    async (version, client, title, source) => {
      const i = clients.indexOf(client)
      const isKnown = known.get(`${i} ${source}`) ?? isRight(i, source)
      known.set(`${i} ${source}`, isKnown)
      if (client.isUnusable && title.includes('optional')) return
      const { isIn, said } = await ask(ours.port, version, client)
      t.equal(isIn, isKnown && !client.isUnusable, `${title}: ${said}`)
      tally[isIn ? 'in' : 'out']++
    },
  )
  t.ok(tally.in > 20 && tally.out > 20, `${tally.in} in, ${tally.out} out`)
})
