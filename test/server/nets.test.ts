// What a bug of ours may cost: the client it met, and nobody else. Bugs are put in here where
// features attach.

import { once } from 'node:events'
import tls from 'node:tls'
import t from 'tap'
import { startRedis } from '../../src/index.ts'
import { frozenClock } from '../helpers/clock.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import type { Wire } from '../helpers/wire.ts'

const BUG = new Error('a bug')

function fail(): never {
  throw BUG
}

interface Torn {
  teardown(end: () => unknown): void
}

async function start(t: Torn, clock = frozenClock()): Promise<TestServer> {
  const redis = await startServer({ clock })
  t.teardown(async () => {
    // Every test here has met its bug on purpose, and looked at it.
    redis.server.bugs.length = 0
    await redis.close()
  })
  return redis
}

async function isAlone(redis: TestServer, victim: Wire, other: Wire): Promise<boolean> {
  await victim.closed
  const { bugs } = redis.server
  return bugs.length === 1 && bugs[0] === BUG && (await other.ask('PING')) === '+PONG'
}

t.test('what fails after a command ends its client', async t => {
  const redis = await start(t)
  const [victim, other] = [await redis.connect(), await redis.connect()]
  redis.server.features.use({
    ran(_client, command) {
      if (command.name === 'echo') fail()
    },
  })
  victim.write('*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n')
  t.ok(await isAlone(redis, victim, other))
  t.equal(redis.server.isExecuting, false, 'and leaves no command half run')
})

t.test('in a transaction there still is a reply: EXEC fails', async t => {
  const redis = await start(t)
  const [victim, other] = [await redis.connect(), await redis.connect()]
  redis.server.features.use({
    ran(_client, command) {
      if (command.name === 'echo') fail()
    },
  })
  await victim.ask('MULTI')
  await victim.ask('ECHO', 'x')
  t.equal(await victim.ask('EXEC'), '-ERR internal error')
  t.strictSame(redis.server.bugs, [BUG])
  t.equal(await other.ask('PING'), '+PONG')
  t.equal(redis.server.isExecuting, false)
})

t.test('what fails while a connection is taken over, or let go', async t => {
  const redis = await start(t)
  const other = await redis.connect()
  const welcome = redis.server.features.use({ accepted: fail })
  t.ok(await isAlone(redis, await redis.connect(), other))
  redis.server.bugs.length = 0
  welcome()
  const victim = await redis.connect()
  await victim.ask('PING')
  const farewell = redis.server.features.use({ released: fail })
  victim.write('QUIT\r\n')
  await victim.closed
  farewell()
  t.ok(await isAlone(redis, victim, other))
})

t.test('what fails while replies are sent', async t => {
  const redis = await start(t)
  const [victim, other] = [await redis.connect(), await redis.connect()]
  await victim.ask('CLIENT', 'SETNAME', 'victim')
  const [client] = [...redis.server.clients.values()].filter(({ name }) => name === 'victim')
  client!.connection!.socket.write = fail
  victim.write('PING\r\n')
  t.ok(await isAlone(redis, victim, other))
})

t.test('what fails in a timer ends nobody', async t => {
  const clock = frozenClock()
  const redis = await start(t, clock)
  const wire = await redis.connect()
  redis.server.clock.after(1, fail)
  clock.advance(10)
  t.strictSame(redis.server.bugs, [BUG])
  redis.server.bugs.length = 0
  redis.server.features.use({ tick: fail })
  clock.advance(100)
  t.strictSame(redis.server.bugs, [BUG])
  t.equal(await wire.ask('PING'), '+PONG')
})

t.test('what fails while a waiting client is served does not keep others waiting', async t => {
  const redis = await start(t)
  const [victim, waiting, other] = [
    await redis.connect(),
    await redis.connect(),
    await redis.connect(),
  ]
  await victim.ask('CLIENT', 'SETNAME', 'victim')
  redis.server.features.use({
    ran(client, command) {
      if (command.name === 'blpop' && client.name === 'victim') fail()
    },
  })
  victim.write('BLPOP a 0\r\n')
  const served = waiting.call('BLPOP', 'b', '0')
  while (redis.server.blocking.count < 2) await other.ask('PING')
  await other.ask('RPUSH', 'a', '1')
  await victim.closed
  await other.ask('RPUSH', 'b', '1')
  t.equal((await served).bytes.toString(), '*2\r\n$1\r\nb\r\n$1\r\n1\r\n')
})

t.test('what fails while a TLS client is welcomed', async t => {
  const redis = await startRedis()
  const wait = (): Promise<void> =>
    new Promise(resolve => {
      const socket = tls.connect({ port: redis.port, host: '127.0.0.1', ...redis.tls })
      socket.on('error', () => {}).once('close', resolve)
      socket.write('PING\r\n')
    })
  const { server } = redis
  const accept = server.accept.bind(server)
  server.accept = fail
  await wait()
  t.strictSame(server.bugs, [BUG])
  server.accept = accept
  while (server.clients.size > 0) await new Promise(setImmediate)
  server.bugs.length = 0
  const other = tls.connect({ port: redis.port, host: '127.0.0.1', ...redis.tls })
  other.write('PING\r\n')
  const [reply] = await once(other, 'data')
  t.equal(String(reply), '+PONG\r\n')
  other.destroy()
  await redis.close()
})
