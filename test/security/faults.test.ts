// Faults bend what a client meets, not what it may do: a request that was held back is judged
// again when it goes on, transactions stay transactions, and whoever steers is never locked out.

import t, { type Test } from 'tap'
import { startRedis } from '../../src/index.ts'
import { type FaultEffect, type FaultOptions, Faults } from '../../src/testing/faults.ts'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { encode, Wire } from '../helpers/wire.ts'

async function start(t: Test, config: readonly (readonly [string, string])[] = []) {
  const clock = frozenClock(1_700_000_000_000)
  const redis = await startServer({ clock, config: config.map(line => [...line]) })
  const faults = new Faults(redis.server)
  t.teardown(() => redis.close())
  const admin = await redis.connect()
  return { redis, clock, faults, admin }
}

/** Resolves when so many requests are held back. */
async function held(admin: Wire, server: { clients: ReadonlyMap<number, unknown> }, count = 1) {
  const isHeld = (client: unknown) => (client as { postponed?: unknown }).postponed !== undefined
  while ([...server.clients.values()].filter(isHeld).length < count) await admin.ask('PING')
}

const LATE: readonly FaultEffect[] = [{ delay: '1s' }, { hang: true }]

t.test('rights are asked for again when a request goes on', async t => {
  for (const effect of LATE) {
    const { redis, clock, faults, admin } = await start(t)
    await admin.ask('ACL', 'SETUSER', 'app', 'on', 'nopass', '~a', '+set', '+get')
    const app = await redis.connect()
    await app.ask('AUTH', 'app', 'x')
    const fault = faults.add({ command: 'set', ...effect })
    const late = app.ask('SET', 'a', 'stale')
    await held(admin, redis.server)
    await admin.ask('ACL', 'SETUSER', 'app', 'reset', 'on', 'nopass')
    if ('delay' in effect) clock.advance(1000)
    else faults.clear()
    t.match(await late, /^-NOPERM/)
    t.equal(await admin.ask('GET', 'a'), '(nil)')
    t.equal(fault.fired, 1, 'once, though it was dispatched twice')
  }
})

t.test('a user who is gone has no late requests', async t => {
  const { redis, clock, faults, admin } = await start(t)
  await admin.ask('ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '+@all')
  const app = await redis.connect()
  await app.ask('AUTH', 'app', 'x')
  faults.add({ command: 'set', delay: 1000 })
  app.write(encode(['SET', 'a', '1']))
  await held(admin, redis.server)
  await admin.ask('ACL', 'DELUSER', 'app')
  await app.closed
  clock.advance(1000)
  t.equal(await admin.ask('EXISTS', 'a'), ':0')
})

t.test('what is late in a transaction is queued', async t => {
  for (const effect of LATE) {
    const { redis, clock, faults, admin } = await start(t)
    const app = await redis.connect()
    faults.add({ command: 'set', ...effect })
    t.equal(await app.ask('MULTI'), '+OK')
    const queued = app.ask('SET', 'a', 'now')
    await held(admin, redis.server)
    if ('delay' in effect) clock.advance(1000)
    else faults.clear()
    t.equal(await queued, '+QUEUED')
    t.equal(await admin.ask('GET', 'a'), '(nil)')
    t.strictSame(await app.ask('EXEC'), ['+OK'])
  }
})

t.test('a pause holds what was late', async t => {
  const { redis, clock, faults, admin } = await start(t)
  const app = await redis.connect()
  faults.add({ command: 'set', delay: 1000, times: 1 })
  const late = app.ask('SET', 'a', '1')
  await held(admin, redis.server)
  await admin.ask('CLIENT', 'PAUSE', '100000', 'WRITE')
  clock.advance(1000)
  t.equal(await admin.ask('EXISTS', 'a'), ':0')
  await admin.ask('CLIENT', 'UNPAUSE')
  t.equal(await late, '+OK')
})

t.test('one word of CLIENT REPLY SKIP silences one request, late or not', async t => {
  const { redis, clock, faults, admin } = await start(t)
  const app = await redis.connect()
  faults.add({ command: 'set', delay: 1000 })
  app.write(encode(['CLIENT', 'REPLY', 'SKIP']))
  app.write(encode(['SET', 'a', '1']))
  await held(admin, redis.server)
  clock.advance(1000)
  t.equal(await app.ask('GET', 'a'), '$1', 'the next reply is to the next request')
})

t.test('a timer of an earlier fault lets nothing go', async t => {
  const { redis, clock, faults, admin } = await start(t)
  const app = await redis.connect()
  faults.add({ command: 'get', delay: 1000 })
  const first = app.ask('GET', 'a')
  await held(admin, redis.server)
  faults.clear()
  t.equal(await first, '(nil)')
  faults.add({ command: 'get', hang: true })
  const second = app.ask('GET', 'a')
  await held(admin, redis.server)
  clock.advance(1000)
  await admin.ask('PING')
  await held(admin, redis.server)
  faults.clear()
  t.equal(await second, '(nil)')
})

/** SET and GET in a transaction: its replies until there is no more. */
async function transaction(wire: Wire): Promise<unknown[]> {
  const replies: unknown[] = []
  try {
    for (const words of [['MULTI'], ['SET', 'a', '1'], ['GET', 'a'], ['EXEC']]) {
      replies.push(await wire.ask(...words))
    }
  } catch {
    replies.push('closed')
  }
  return replies
}

const QUEUED = ['+OK', '+QUEUED', '+QUEUED']
const IN_TRANSACTION: readonly (readonly [FaultEffect, readonly unknown[], string])[] = [
  [{ slice: 3 }, [...QUEUED, ['+OK', '$1']], '$1'],
  [{ reply: 'bent' }, [...QUEUED, ['+OK', '$bent']], '$1'],
  [{ drop: 'after' }, [...QUEUED, 'closed'], '$1'],
  [{ drop: 'replied' }, [...QUEUED, ['+OK', '$1']], '$1'],
  [{ drop: 'before' }, ['+OK', '+QUEUED', 'closed'], '(nil)'],
  [{ reset: true }, ['+OK', '+QUEUED', 'closed'], '(nil)'],
  [
    { error: 'LOADING wait' },
    [
      '+OK',
      '+QUEUED',
      '-LOADING wait',
      '-EXECABORT Transaction discarded because of previous errors.',
    ],
    '(nil)',
  ],
]

t.test('a fault strikes a transaction as Redis would', async t => {
  for (const [effect, expected, left] of IN_TRANSACTION) {
    const { redis, faults, admin } = await start(t)
    const fault = faults.add({
      command: 'get',
      ...effect,
      where: ({ client }) => client.name === '',
    })
    await admin.ask('CLIENT', 'SETNAME', 'admin')
    const name = JSON.stringify(effect)
    t.strictSame(await transaction(await redis.connect()), expected, name)
    t.equal(fault.fired, 1, name)
    t.equal(await admin.ask('GET', 'a'), left, name)
  }
})

t.test('EXEC itself is refused, and its transaction is over', async t => {
  const { redis, faults } = await start(t)
  const app = await redis.connect()
  faults.add({ command: 'exec', error: 'LOADING wait', times: 1 })
  const refused = '-EXECABORT Transaction discarded because of: LOADING wait'
  t.strictSame(await transaction(app), [...QUEUED, refused])
  t.equal(await app.ask('EXEC'), '-ERR EXEC without MULTI')
})

t.test('faults go in their order, whatever moment they strike at', async t => {
  const { redis, faults } = await start(t)
  const app = await redis.connect()
  const options: readonly (FaultOptions & FaultEffect)[] = [
    { reply: 'one', times: 1, skip: 1 },
    { error: 'ERR two', times: 1 },
    { reply: 'three', times: 1 },
  ]
  for (const each of options) faults.add({ command: 'get', ...each })
  const replies = []
  for (let i = 0; i < 4; i++) replies.push(await app.ask('GET', 'a'))
  t.strictSame(replies, ['-ERR two', '$three', '$one', '(nil)'])
})

t.test('the reply of a blocked command is sliced, or lost, when it comes', async t => {
  const { redis, faults, admin } = await start(t)
  const sizes: number[] = []
  const accept = redis.server.accept.bind(redis.server)
  redis.server.accept = connection => {
    const { socket } = connection
    const write = socket._write.bind(socket)
    socket._write = (bytes: Buffer, encoding, done) => {
      sizes.push(bytes.length)
      write(bytes, encoding, done)
    }
    return accept(connection)
  }
  const app = await redis.connect()
  const sliced = faults.add({ command: 'blpop', slice: 5 })
  const popped = app.ask('BLPOP', 'list', '0')
  while (redis.server.blocking.count === 0) await admin.ask('PING')
  await admin.ask('RPUSH', 'list', 'abc')
  t.strictSame(await popped, ['$list', '$abc'])
  t.equal(Math.max(...sizes), 5)
  t.equal(sizes.length, 5, 'twenty-three bytes')
  sliced.remove()

  faults.add({ command: 'blpop', drop: 'after' })
  app.write(encode(['BLPOP', 'list', '0']))
  while (redis.server.blocking.count === 0) await admin.ask('PING')
  await admin.ask('RPUSH', 'list', 'lost')
  await app.closed
  t.equal(await admin.ask('LLEN', 'list'), ':0')
})

t.test('who steers is never struck', async t => {
  const effects = [
    ['ERROR', 'X every command'],
    ['REPLY', 'x'],
    ['HANG', 'yes'],
    ['DELAY', '1h'],
    ['DROP', 'before'],
    ['DROP', 'after'],
    ['RESET', 'yes'],
  ]
  const redis = await startRedis({ tls: false, mockCommand: true, requirepass: 'pw' })
  t.teardown(() => redis.close())
  for (const effect of effects) {
    for (const cure of ['CLEAR-FAULTS', 'RESET']) {
      const wire = await Wire.connect(redis.port)
      t.equal(await wire.ask('AUTH', 'pw'), '+OK')
      t.equal(await wire.ask('MOCK', 'FAULT', ...effect), '+OK')
      const other = await Wire.connect(redis.port)
      t.equal(await other.ask('AUTH', 'pw'), '+OK', `logs in in spite of ${effect}`)
      t.equal(await other.ask('MOCK', cure), '+OK', `${cure} in spite of ${effect}`)
      t.equal(await wire.ask('GET', 'a'), '(nil)')
      wire.close()
      other.close()
    }
  }
  redis.fault({ command: 'auth', error: 'LOADING wait', times: 1 })
  const wire = await Wire.connect(redis.port)
  t.equal(await wire.ask('AUTH', 'pw'), '-LOADING wait', 'where it is named')
  wire.close()
})
