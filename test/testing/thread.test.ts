// A server in a thread of its own: it answers while the test is busy, and a test goes on while it
// hangs. Otherwise it is the ordinary one, with promises.

import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { startRedis, type ThreadedRedis } from '../../src/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

// Loading TypeScript sources into a thread takes seconds, so most tests share a server.
const log: string[] = []
const redis = await startRedis({
  thread: true,
  users: { ann: 'on nopass ~app:* +@all', default: 'on nopass ~* &* +@all' },
  randomSeed: 7,
  log: line => log.push(line),
})
t.teardown(() => redis.close())
t.beforeEach(() => redis.reset())

function connect(t: Test, to: ThreadedRedis, options: object = {}): Redis {
  const client = new Redis({ ...to.connectOptions('ioredis'), ...options })
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}

const VISITOR = `
const tls = require('node:tls')
const fs = require('node:fs')
const { REDIS_HOST: host, REDIS_PORT: port, ...env } = process.env
const file = name => fs.readFileSync(env[name])
const socket = tls.connect({
  host, port,
  ca: file('REDIS_TLS_CA_FILE'), cert: file('REDIS_TLS_CERT_FILE'), key: file('REDIS_TLS_KEY_FILE'),
})
socket.write('SET from child\\r\\nGET from\\r\\n')
let said = ''
socket.on('data', chunk => {
  said += chunk
  if (!said.endsWith('child\\r\\n')) return
  process.stdout.write(said)
  process.exit()
})`

t.test('it answers a child process while this thread is blocked', async t => {
  const env = { ...process.env, ...redis.env() }
  const said = execFileSync(process.execPath, ['-e', VISITOR], { env, encoding: 'utf8' })
  t.equal(said, '+OK\r\n$5\r\nchild\r\n')
  t.equal(await redis.db().string('from'), 'child')
  t.strictSame(
    (await redis.calls).map(({ command }) => command),
    ['set', 'get'],
  )
})

t.test('the control surface', async t => {
  t.match(redis.url, /^rediss:\/\/127\.0\.0\.1:\d+$/)
  t.equal(redis.randomSeed, 7)
  t.ok(fs.existsSync(redis.tls!.caFile))
  const client = connect(t, redis)

  await redis.clock.freeze('2030-01-01T00:00:00Z')
  await redis.seed({ name: 'Zoë', tags: new Set(['x']), user: { age: 3 }, list: ['a'] })
  t.equal(await client.get('name'), 'Zoë')
  await client.expire('name', 60)
  t.equal(await redis.db(0).ttl('name'), 60_000)
  await redis.clock.advance('61s')
  t.equal(await client.get('name'), null)
  t.equal((await redis.clock.date).toISOString(), '2030-01-01T00:01:01.000Z')
  t.strictSame(await redis.db().set('tags'), new Set(['x']))
  t.strictSame(await redis.db().hash('user'), new Map([['age', '3']]))
  t.match(await redis.dump(), '"list" list\n  "a"')

  const state = await redis.snapshot()
  await client.flushall()
  await redis.restore(state)
  t.strictSame(await redis.db().keys(), ['list', 'tags', 'user'])
  const fork = await redis.fork()
  t.not(fork.port, redis.port)
  await connect(t, fork).del('list')
  t.strictSame(await fork.db().keys(), ['tags', 'user'])
  t.strictSame(await redis.db().keys(), ['list', 'tags', 'user'])
  await fork.close()
  t.equal(await client.ping(), 'PONG', 'the thread lives as long as one of its servers')

  const busy = await redis.fault({ command: 'get', error: 'LOADING wait', times: 1 })
  await t.rejects(client.get('x'), /LOADING wait/)
  t.equal(await client.get('x'), null)
  t.equal(await busy.fired, 1)
  await busy.remove()
  await redis.clearFaults()

  const [set] = await redis.callsOf({ command: 'expire', where: call => call.args[1] === '60' })
  t.match(set, { user: 'default', keys: ['name'], reply: 1, client: { tls: { resumed: false } } })
  t.match(JSON.stringify(set), '"args":["name","60"]')
  t.strictSame(await redis.callsOf({ where: () => false }), [])
  t.equal((await redis.connections).length, 1)
  t.ok((await redis.clientsSeen).length >= 1)
  t.equal((await redis.pubsub).channels.size, 0)
  await redis.reset()
  t.strictSame(await redis.db().keys(), [])
  t.equal(await redis.clock.isFrozen, false)
})

t.test('events, waiting and assertions', async t => {
  const seen: string[] = []
  await redis.on('client', ({ kind }) => seen.push(`client ${kind}`))
  await redis.on('handshake', ({ tls }) => seen.push(`handshake ${tls?.protocol}`))
  await redis.on('denied', ({ user, keys }) => seen.push(`denied ${user} ${keys}`))
  const failed = new Promise<string>(resolve => {
    void redis.on('handshakeError', ({ reason }) => resolve(reason))
  })
  const client = connect(t, redis, { username: 'ann', password: 'x' })
  const waiting = redis.waitFor('SET', 'app:*')
  await client.set('app:later', '1')
  t.strictSame((await waiting).keys, ['app:later'])
  t.equal((await redis.waitFor({ where: call => call.command === 'set' })).command, 'set')
  await t.rejects(client.get('other'), /NOPERM/)
  await redis.clock.now()
  t.strictSame(seen, ['client tls', 'handshake TLSv1.3', 'denied ann other'])
  await t.rejects(redis.waitFor('LPUSH', undefined, { timeout: 1 }), /No call of .*LPUSH.*SET/s)
  const bare = connect(t, redis, { tls: { ca: redis.tls!.ca }, retryStrategy: null })
  await t.rejects(bare.ping())
  t.match(await failed, /peer did not return a certificate/)
  t.match(log.join('\n'), /Error accepting a client connection/)
  t.match(await redis.handshakeError, { certificateError: 'NO_CERTIFICATE' })

  await redis.expect.noPlaintext()
  await redis.expect.called('set', 1)
  const wrong = await redis.expect.noErrors().catch((error: Error) => error)
  t.match(wrong, { name: 'AssertionError', code: 'ERR_ASSERTION', message: /NOPERM/ })
  t.match(wrong?.stack, /thread\.test\.ts/, 'the error points at the test')
})

t.test('errors are those of the ordinary server', async t => {
  await t.rejects(redis.seed({ bad: { $expires: 1 } }), TypeError)
  await t.rejects(redis.db(16).keys(), RangeError)
  await t.rejects(redis.clock.set('soon'), { name: 'TypeError', message: 'Not a date: "soon"' })
  await t.rejects(redis.fault({ command: 'get' } as never), TypeError)
  await t.rejects(redis.expect.called({ where: () => true } as never), /could not be cloned/)
})

const BOTH = {
  'an ES module': ['--input-type=module', '-e', "import { startRedis } from 'redis-tls-mock'\nRUN"],
  CommonJS: [
    '--input-type=commonjs',
    '-e',
    "const { startRedis } = require('redis-tls-mock')\nRUN",
  ],
}
const RUN = `void (async () => {
  const redis = await startRedis({ thread: true })
  await redis.seed({ k: 'v' })
  console.log(await redis.db().string('k'))
  await redis.close()
  const wrong = await startRedis({ thread: true, config: { hz: 'x' } }).catch(error => error)
  console.log(wrong.constructor.name)
})()`

for (const [name, [type = '', flag = '', code = '']] of Object.entries(BOTH)) {
  const skip = !fs.existsSync(new URL('../../dist/cjs/testing/thread', import.meta.url))
  t.test(`the built package, from ${name}`, { skip: skip && 'not built' }, async t => {
    const args = [type, flag, code.replace('RUN', RUN)]
    const options = { cwd: root, encoding: 'utf8', timeout: 60_000 } as const
    const { stdout, stderr, status } = spawnSync(process.execPath, args, options)
    t.equal(stdout, 'v\nStartError\n', stderr)
    t.equal(status, 0, 'the process ends by itself')
  })
}

t.test('a server that hangs is ended by close(), and stalls nobody', async t => {
  const client = connect(t, redis, { retryStrategy: null })
  await client.ping()
  const hanging = t.rejects(client.eval('while true do end', 0))
  // The words are with the server before anything else is.
  await new Promise(sent => client.stream.write('', sent))
  const pending = t.rejects(redis.dump(), /ended/)
  await redis.close()
  await Promise.all([hanging, pending])
  await t.rejects(redis.dump(), /thread of this server/)
})
