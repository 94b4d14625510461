// `tls explain` of a replica's link: set-ups of master and replica with one planted fault each, which
// has to be named, with the line that cures it, and without a synchronization.

import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { type RunningRedis, type StartOptions, startRedis } from '../../src/index.ts'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import type { Step, StepName } from '../../src/testing/tls/explain/step.ts'
import { startRunner } from '../helpers/cli.ts'
import { freePort, NO_REAL_SERVER, startReal } from '../helpers/real.ts'

t.setTimeout(180_000)

const runner = startRunner()
t.teardown(() => runner.stop())

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'explain-link-'))
t.teardown(() => fs.rmSync(folder, { recursive: true }))

/** Writes a file, and gives its path. */
function file(name: string, text: string): string {
  const where = path.join(folder, name)
  fs.writeFileSync(where, text, { mode: 0o600 })
  return where
}

const PURPOSES = ['server', 'client'] as const
const authority = await createAuthority({ name: 'right CA' })
const stranger = await createAuthority({ name: 'foreign CA' })
const node = await authority.server(['localhost'], { purposes: PURPOSES })
const serverOnly = await authority.server(['localhost'])
const CA = file('ca.crt', authority.cert)
const NODE = { cert: file('node.crt', node.cert), key: file('node.key', node.key) }
file('foreign.crt', stranger.cert)
file('server.crt', serverOnly.cert)
file('server.key', serverOnly.key)

const TLS = ['tls-replication yes', 'tls-cert-file node.crt', 'tls-key-file node.key']
const RIGHT = [...TLS, 'tls-ca-cert-file ca.crt']

/** A redis.conf; its other files are in the same folder. */
function conf(...lines: readonly string[]): string {
  const others = ['port 7777', 'appendonly yes', 'a-setting-of-redis-9 1']
  return file('replica.conf', [...others, `dir ${folder}`, ...lines].join('\n'))
}

interface Found {
  readonly steps: readonly Step[]
  readonly code: number
}

const SECRET = 'hidden-word'

async function explain(t: Test, ...words: readonly string[]): Promise<Found> {
  const { said, code } = await runner.run('tls', 'explain', ...words, '--json')
  const text = said.toString()
  t.notMatch(text, new RegExp(`${SECRET}|PRIVATE`), 'no password is shown')
  return { steps: code === 2 ? [] : JSON.parse(text), code }
}

/** All that is said of steps that are not right, in the form in which plants are described. */
function faultsIn({ steps }: Found): string[] {
  return steps
    .filter(({ verdict }) => verdict === 'wrong' || verdict === 'doubtful')
    .map(({ verdict, name, text, cure, cures }) => {
      return [`${verdict} ${name}: ${text}`, cure, cures?.['redis-server']]
        .filter(Boolean)
        .join(' | ')
    })
}

async function master(t: Test, options: StartOptions = {}): Promise<RunningRedis> {
  const { cert, key } = node
  const redis = await startRedis({ tls: { cert, key, ca: authority.cert }, ...options })
  t.teardown(() => redis.close())
  return redis
}

const users = { repl: `on >${SECRET} +psync +replconf +ping`, poor: `on >${SECRET} +ping` }
const LOGIN = [`masterauth ${SECRET}`, 'masteruser repl']

t.test('a right link: all steps are, and nothing was synchronized', async t => {
  const redis = await master(t, { users })
  const found = await explain(
    t,
    '--conf',
    conf(`replicaof localhost ${redis.port}`, ...RIGHT, ...LOGIN),
  )
  t.equal(found.code, 0)
  t.strictSame(faultsIn(found), [])
  const verdicts = found.steps.map(({ name, verdict }) => `${name} ${verdict}`)
  t.strictSame(verdicts, [
    'configuration right',
    'files right',
    'name right',
    'TCP right',
    'protocol right',
    'cipher right',
    'chain right',
    'host name right',
    'dates right',
    'client certificate right',
    'login right',
    'rights right',
    'master right',
    // Who has the least rights may not ask.
    'RDB version unknown',
  ])
  t.equal(redis.callsOf({ command: 'psync' }).length, 1)
  t.match(redis.callsOf({ command: 'psync' }), [{ error: /not an integer/ }])
})

interface Plant {
  readonly title: string
  readonly master?: StartOptions
  /** What stands in redis.conf beside replicaof. */
  readonly lines: readonly string[]
  readonly words?: readonly string[]
  readonly found: RegExp
}

const PLANTS: readonly Plant[] = [
  {
    title: 'a user without the rights',
    master: { users },
    lines: [...RIGHT, 'masteruser poor', `masterauth ${SECRET}`],
    found:
      /^wrong rights: On the master user 'poor' may not run PSYNC, REPLCONF\. .*ACL SETUSER poor \+psync \+replconf \+ping/,
  },
  {
    title: 'a wrong password',
    master: { users },
    lines: [...RIGHT, 'masteruser repl', 'masterauth other'],
    found: /^wrong login: masteruser or masterauth is wrong.* masteruser …; masterauth …$/,
  },
  {
    title: 'no login where one is needed',
    master: { users },
    lines: RIGHT,
    found: /^wrong login: The master wants a login, and masterauth is not set\. \| Set both:/,
  },
  {
    title: 'a password where none is',
    lines: [...RIGHT, `masterauth ${SECRET}`],
    found: /^wrong login: .*default user of the master needs no password\. \| Remove masterauth/,
  },
  {
    title: 'no TLS, and a port that has it',
    lines: ['tls-replication no'],
    found: /^wrong protocol: The link speaks no TLS .*this is a TLS port\. \| tls-replication yes;/,
  },
  {
    title: 'TLS, and a port that has none',
    master: { tls: false },
    lines: RIGHT,
    found: /^wrong protocol: This is a Redis without TLS.* replicaof HOST TLS-PORT, or tls-replic/,
  },
  {
    title: 'an authority that did not sign the certificate of the master',
    lines: [...TLS, 'tls-ca-cert-file foreign.crt'],
    found:
      /^wrong chain: .*signed by 'right CA'; trusted are 'foreign CA'.*tls-ca-cert-file ca\.crt$/,
  },
  {
    title: 'versions of TLS that do not meet',
    master: { config: { 'tls-protocols': 'TLSv1.3' } },
    lines: [...RIGHT, 'tls-protocols TLSv1.2'],
    found:
      /^wrong protocol: With the replica's own settings .* \| The master takes TLSv1\.3 with .*tls-protocols/,
  },
  {
    title: 'the master is a replica without a master',
    master: { config: { replicaof: ['127.0.0.1', '1'] } },
    lines: RIGHT,
    found: /^wrong master: The master is a replica itself, .* REPLICAOF NO ONE/,
  },
  {
    title: 'snapshots that the replica cannot read',
    lines: RIGHT,
    words: ['--replica-version', '7.2'],
    found:
      /^wrong RDB version: .*version 12, which Redis 7\.4 and later read; the replica is a 7\.2\. \| .*Can't handle/,
  },
]

for (const { title, lines, words = [], found, ...plant } of PLANTS) {
  t.test(title, async t => {
    const redis = await master(t, plant.master)
    const file = conf(`replicaof localhost ${redis.port}`, ...lines)
    const got = await explain(t, '--conf', file, ...words)
    t.equal(got.code, 1)
    t.match(faultsIn(got), [found])
    t.equal(faultsIn(got).length, 1, faultsIn(got).join('\n'))
  })
}

t.test('a certificate that is for servers alone', async t => {
  const redis = await master(t)
  const own = ['tls-cert-file server.crt', 'tls-key-file server.key', 'tls-ca-cert-file ca.crt']
  const lines = [`replicaof localhost ${redis.port}`, 'tls-replication yes', ...own]
  const found = await explain(t, '--conf', conf(...lines))
  t.match(faultsIn(found), [
    /^doubtful files: .*not meant for clients.* tls-client-cert-file client.crt/,
    /^wrong client certificate: .*not meant for clients.* tls-client-cert-file client.crt/,
  ])
  const pair = ['tls-client-cert-file node.crt', 'tls-client-key-file node.key']
  t.strictSame(faultsIn(await explain(t, '--conf', conf(...lines, ...pair))), [])
})

t.test('the name in the certificate of a master does not matter', async t => {
  const redis = await startRedis({ tls: { profile: 'wrong-host' } })
  t.teardown(() => redis.close())
  const { caFile = '', certFile = '', keyFile = '' } = redis.tls ?? {}
  const files = ['--cacert', caFile, '--cert', certFile, '--key', keyFile]
  const url = `rediss://localhost:${redis.port}`
  const found = await explain(t, '--replica', url, ...files)
  t.strictSame([found.code, faultsIn(found)], [0, []])
  t.match(
    found.steps.find(({ name }) => name === 'host name'),
    { text: /compare no host names.*Clients would refuse it/ },
  )
  t.equal((await explain(t, url, ...files)).code, 1, 'but to a client it does')
})

t.test('a URL and options instead of a file, and beside one', async t => {
  const redis = await master(t, { users })
  const files = ['--cacert', CA, '--cert', NODE.cert, '--key', NODE.key]
  const url = `rediss://repl:${SECRET}@localhost:${redis.port}`
  t.equal((await explain(t, '--replica', url, ...files)).code, 0)
  t.match(faultsIn(await explain(t, '--replica', url)), [
    /^wrong files: .*No tls-cert-file configured!/,
  ])
  // Sentinel says who is the master; the rest is in the file.
  t.equal((await explain(t, url, '--conf', conf(...RIGHT))).code, 0)
  t.match(faultsIn(await explain(t, '--conf', conf(...RIGHT))), [
    /^wrong configuration: There is no repl/,
  ])
  const text = await runner.run('tls', 'explain', '--replica', url, ...files)
  t.match(
    text.said.toString(),
    /^right +configuration +replicaof localhost \d+, tls-replication yes, mas/,
  )
  t.match(text.said.toString(), /\n\nNothing is wrong\.\n$/)
})

t.test('a redis.conf that is wrong', async t => {
  const to = `replicaof localhost ${await freePort()}`
  t.match(faultsIn(await explain(t, '--conf', conf(to, ...RIGHT))), [/^wrong TCP: Nobody answers/])
  t.match(faultsIn(await explain(t, '--conf', conf(to, 'cluster-enabled yes'))), [
    /^wrong configuration: replicaof cannot be beside cluster-enabled/,
  ])
  t.match(faultsIn(await explain(t, '--conf', conf(to, ...TLS, 'tls-ca-cert-file none.crt'))), [
    /^wrong files: .*none\.crt/,
  ])
  t.match(faultsIn(await explain(t, '--conf', conf(to, 'masteruser repl'))), [
    /^doubtful configuration: .*masteruser alone does nothing/,
    /^wrong TCP/,
  ])
  const broken = conf('replicaof localhost', `masterauth ${SECRET}`)
  const { said, code } = await runner.run('tls', 'explain', '--conf', broken)
  t.match([said.toString(), code], [/replica\.conf, line 5: replicaof: wrong number of arg/, 2])
  const odd = conf(`masterauth ${SECRET} ${SECRET}`, to)
  t.equal((await explain(t, '--conf', odd)).code, 2)
  for (const words of [
    ['--conf', path.join(folder, 'no-such.conf')],
    ['--conf', conf(to), '--sni', 'other'],
    ['--conf', conf(to), '--replica-version', 'new'],
    ['--replica'],
  ]) {
    t.equal((await explain(t, ...words)).code, 2, words.join(' '))
  }
})

t.test('what a file includes counts, and a folder of authorities', async t => {
  const redis = await master(t)
  file('more.conf', `${RIGHT.join('\n')}\n`)
  t.equal(
    (await explain(t, '--conf', conf(`slaveof localhost ${redis.port}`, 'include more.conf'))).code,
    0,
  )
})

// ---- A master that says what we want -------------------------------------------------------------

/** Answers each command, by its name, with the line that is given; what has none gets +OK. */
async function played(t: Test, lines: Readonly<Record<string, string>>) {
  const heard: string[] = []
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const [, name = ''] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        heard.push(name)
        const line = lines[name] ?? '+OK'
        if (line !== '') socket.write(`${line}\r\n`)
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  return { heard, url: `redis://repl:${SECRET}@127.0.0.1:${port}` }
}

const IMPOSSIBLE = '-ERR value is not an integer or out of range'

const SAYINGS: readonly (readonly [Readonly<Record<string, string>>, StepName, RegExp])[] = [
  [{ PING: '-LOADING Redis is loading' }, 'master', /^doubtful .*still loading/],
  [{ PING: '-MASTERDOWN Link with MASTER is down' }, 'master', /^wrong .*serves no stale data/],
  [{ PING: '-DENIED Redis is running in protected mode' }, 'login', /^wrong .*Protected mode/],
  [{ PING: '-ERR max number of clients reached' }, 'login', /^wrong .* maxclients/],
  [{ PING: 'HTTP/1.1 400 Bad Request' }, 'protocol', /^wrong .*No Redis answers/],
  [{ PING: ':1' }, 'login', /^wrong .*no Redis/],
  [{ PING: '' }, 'protocol', /^wrong .*ETIMEDOUT/],
  [{ AUTH: `-ERR who is ${SECRET}` }, 'login', /^wrong .*who is \(redacted\)/],
  [{ AUTH: '-ERR wrong number of arguments for AUTH' }, 'login', /^wrong .*older than Redis 6/],
  [{ PSYNC: "-ERR unknown command 'PSYNC'" }, 'rights', /^wrong .*knows no PSYNC.*rename-command/],
  [{ PSYNC: "-NOMASTERLINK Can't SYNC while failing over" }, 'master', /^doubtful .*FAILOVER/],
  [{ PSYNC: '-LOADING wait' }, 'master', /^doubtful .*still loading/],
  [{ PSYNC: '-ERR no' }, 'master', /^doubtful .*It says to PSYNC: ERR no/],
  [
    { PSYNC: IMPOSSIBLE, REPLCONF: "-NOPERM no permissions to run the 'replconf' command" },
    'rights',
    /^wrong .*may not run REPLCONF\./,
  ],
  [{ PSYNC: IMPOSSIBLE, PING: '-NOPERM' }, 'rights', /^doubtful .*may not run PING\./],
]

for (const [lines, step, said] of SAYINGS) {
  t.test(`a master that says ${Object.values(lines).join(' ')}`, async t => {
    const { url } = await played(t, lines)
    // Those answer no handshake either.
    const timeout = step === 'protocol' ? ['--timeout', '1'] : []
    const found = await explain(t, '--replica', url, ...timeout)
    const [fault] = faultsIn(found)
    t.match(fault, said)
    t.match(fault, new RegExp(`^\\w+ ${step}:`))
    t.equal(found.code, fault?.startsWith('wrong') ? 1 : 0)
  })
}

t.test('a master that begins all the same is left alone', async t => {
  const { url, heard } = await played(t, { PSYNC: `+FULLRESYNC ${'a'.repeat(40)} 0` })
  const found = await explain(t, '--replica', url)
  t.strictSame(faultsIn(found), [])
  t.match(found.steps.find(({ name }) => name === 'master')?.text, /left alone at its first line/)
  t.equal(heard.at(-1), 'PSYNC')
})

// ---- A real one ----------------------------------------------------------------------------------

t.test('a real redis-server as the master', { skip: NO_REAL_SERVER }, async t => {
  const port = await freePort()
  const tls = ['--tls-port', String(port), '--tls-ca-cert-file', CA]
  const acl = Object.entries(users).flatMap(([name, rules]) => [
    '--user',
    name,
    ...rules.split(' '),
  ])
  const pair = ['--tls-cert-file', NODE.cert, '--tls-key-file', NODE.key]
  const real = await startReal(...tls, ...pair, ...acl)
  t.teardown(() => real.close())
  const to = [`replicaof localhost ${port}`, ...RIGHT]
  const right = await explain(t, '--conf', conf(...to, ...LOGIN))
  t.strictSame([right.code, faultsIn(right)], [0, []])
  t.match(right.steps.find(({ name }) => name === 'master')?.text, /began none/)
  const own = await explain(t, '--conf', conf(...to))
  t.match(own.steps.at(-1), { name: 'RDB version', verdict: 'right' })
  t.match(
    faultsIn(await explain(t, '--conf', conf(...to, 'masteruser poor', `masterauth ${SECRET}`))),
    [/^wrong rights: .* may not run PSYNC, REPLCONF/],
  )
  t.match(faultsIn(await explain(t, '--conf', conf(...to, 'masterauth other'))), [/^wrong login/])
  t.match(faultsIn(await explain(t, '--conf', conf(`replicaof localhost ${port}`))), [
    /^wrong protocol: The link speaks no TLS/,
  ])
  t.match(
    faultsIn(await explain(t, '--conf', conf(`replicaof localhost ${real.port}`, ...RIGHT))),
    [/^wrong protocol: This is a Redis without TLS/],
  )
  const wire = await real.connect()
  t.match(await wire.ask('INFO', 'stats'), /sync_full:0/)
  await wire.ask('REPLICAOF', '127.0.0.1', '1')
  t.match(faultsIn(await explain(t, '--conf', conf(...to))), [/^wrong master: .*replica itself/])
  wire.socket.destroy()
})
