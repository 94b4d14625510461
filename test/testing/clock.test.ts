// The clock that tests move, by itself and with the timers that a runner fakes.

import { mock } from 'node:test'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'
import { TestClock } from '../../src/testing/clock.ts'

t.test('several leaps come to the same as one of their sum', async t => {
  // In floating point this, 300 and 700 are less than this and 1000.
  t.intercept(performance, 'now', { value: () => 224.684719 })
  const clock = new TestClock()
  clock.freeze()
  let fired = 0
  clock.after(1000, () => fired++)
  clock.advance(300)
  clock.advance(699)
  t.equal(fired, 0)
  clock.advance(1)
  t.equal(fired, 1)
})

// ---- Faked timers --------------------------------------------------------------------------------

/** Faked by node:test; `t` gives the real ones back. */
function fakeTimers(t: Test): typeof mock.timers {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  return mock.timers
}

async function connect(
  t: Test,
): Promise<{ redis: RunningRedis; client: Redis; popped: Promise<unknown> }> {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const client = new Redis(redis.connectOptions('ioredis'))
  t.teardown(() => client.disconnect())
  await client.set('k', 'v', 'EX', 3600)
  const waiting = client.duplicate()
  t.teardown(() => waiting.disconnect())
  await waiting.ping()
  const popped = waiting.blpop('nothing', 3600)
  popped.catch(() => {}) // Not every test waits for it.
  await client.ping()
  while (redis.server.blocking.count === 0) await client.ping()
  return { redis, client, popped }
}

t.test('the server follows faked timers', async t => {
  const { redis, client, popped } = await connect(t)
  t.throws(() => redis.clock.follow(mock.timers), /Fake setTimeout and Date first/)
  const timers = fakeTimers(t)
  redis.clock.follow(timers)
  timers.tick(3_599_000)
  t.equal(await client.get('k'), 'v')
  t.equal(redis.server.blocking.count, 1)
  timers.tick(1000)
  t.equal(await popped, null, 'BLPOP has given up')
  t.equal(await client.get('k'), null, 'the key has expired')

  const late = client.blpop('nothing', 60)
  const other = client.duplicate()
  t.teardown(() => other.disconnect())
  while (redis.server.blocking.count === 0) await other.ping()
  const before = Date.now()
  redis.clock.advance('1m')
  t.equal(Date.now() - before, 60_000, 'it moves the fakes')
  t.equal(await late, null)
  t.equal(redis.clock.now(), Date.now())
  t.throws(() => redis.clock.set(before), RangeError)
})

t.test('real timers that come back are not missed', async t => {
  const { redis, client } = await connect(t)
  const timers = fakeTimers(t)
  redis.clock.follow(timers)
  timers.tick(60_000)
  timers.reset()
  const before = Date.now()
  const now = redis.clock.now()
  t.ok(now >= before && now <= Date.now())
  t.equal(await client.blpop('nothing', 0.01), null, 'real time ends it')
})

t.test('faked timers do not stop a server that was not told of them', async t => {
  const { client } = await connect(t)
  fakeTimers(t)
  t.equal(await client.blpop('nothing', 0.01), null)
})

t.test('a delayed job becomes due for the worker and for the server', async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const connection = { ...redis.connectOptions('ioredis'), maxRetriesPerRequest: null }
  const queue = new Queue('mails', { connection })
  let finish: (name: string) => void = () => {}
  const done = new Promise<string>(resolve => (finish = resolve))
  const worker = new Worker('mails', async job => finish(job.name), { connection })
  await queue.add('reminder', {}, { delay: 3_600_000 })
  await redis.waitFor('bzpopmin')
  redis.clock.follow(fakeTimers(t))
  redis.clock.advance('1h')
  t.equal(await done, 'reminder')
  mock.timers.reset()
  await worker.close()
  await queue.close()
})

t.test('a server in a thread says that it cannot follow', async t => {
  const redis = await startRedis({ thread: true })
  t.teardown(() => redis.close())
  fakeTimers(t)
  const clock = redis.clock as unknown as RunningRedis['clock']
  t.throws(() => clock.follow(mock.timers), /A server in a thread cannot follow/)
})
