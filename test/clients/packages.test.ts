// Rate limits, locks and caches that applications take from npm, over TLS with a client certificate.

import KeyvRedis from '@keyv/redis'
import { Cacheable } from 'cacheable'
import { Redis as Ioredis } from 'ioredis'
import { Keyv } from 'keyv'
import {
  BurstyRateLimiter,
  RateLimiterQueue,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { createClient } from 'redis'
import Redlock from 'redlock'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'

async function server(t: Test): Promise<RunningRedis> {
  const redis = await startRedis({ users: { default: 'off', app: 'on >knock ~* &* +@all' } })
  t.teardown(() => redis.close())
  return redis
}

const LOGIN = { username: 'app', password: 'knock' }

function ioredis(t: Test, redis: RunningRedis): Ioredis {
  const client = new Ioredis(redis.connectOptions('ioredis', LOGIN))
  client.on('error', error => t.fail(error.message))
  t.teardown(() => client.quit())
  return client
}

async function nodeRedis(t: Test, redis: RunningRedis, protocol: 2 | 3) {
  const client = createClient({ ...redis.connectOptions('node-redis', LOGIN), RESP: protocol })
  client.on('error', error => t.fail(error.message))
  await client.connect()
  t.teardown(() => client.close())
  return client
}

type LimiterClient = (t: Test, redis: RunningRedis) => unknown

const LIMITER_CLIENTS: Readonly<Record<string, LimiterClient>> = {
  ioredis,
  'node-redis, RESP2': (t, redis) => nodeRedis(t, redis, 2),
  'node-redis, RESP3': (t, redis) => nodeRedis(t, redis, 3),
}

for (const [name, connect] of Object.entries(LIMITER_CLIENTS)) {
  t.test(`rate-limiter-flexible with ${name}`, async t => {
    const redis = await server(t)
    const storeClient = await connect(t, redis)
    const useRedisPackage = name !== 'ioredis'
    const limiter = new RateLimiterRedis({
      storeClient,
      useRedisPackage,
      keyPrefix: 'login',
      points: 3,
      duration: 10,
      blockDuration: 60,
    })

    await t.test('points are used up, then the caller is blocked', async t => {
      const first = await limiter.consume('anna')
      t.equal(first.remainingPoints, 2)
      t.ok(first.isFirstInDuration)
      t.ok(first.msBeforeNext > 9000 && first.msBeforeNext <= 10_000)
      t.equal((await limiter.consume('anna', 2)).remainingPoints, 0)
      const refused = await limiter.consume('anna').catch(reason => reason)
      t.ok(refused instanceof RateLimiterRes)
      t.ok(refused.msBeforeNext > 50_000, 'as long as it is blocked')
      t.equal((await limiter.consume('bert')).consumedPoints, 1, 'another one is free')
    })

    await t.test('penalties, rewards, reading and forgetting', async t => {
      t.equal(await limiter.get('cora'), null)
      t.equal((await limiter.penalty('cora', 2)).consumedPoints, 2)
      t.equal((await limiter.reward('cora', 1)).consumedPoints, 1)
      t.equal((await limiter.get('cora'))?.remainingPoints, 2)
      t.equal((await limiter.set('cora', 3, 30)).consumedPoints, 3)
      t.equal((await limiter.block('cora', 30)).consumedPoints, 4)
      t.equal(await limiter.delete('cora'), true)
      t.equal(await limiter.get('cora'), null)
    })

    await t.test('many at once never get more than there is', async t => {
      const results = await Promise.allSettled(
        Array.from({ length: 30 }, () => limiter.consume('dora')),
      )
      t.equal(results.filter(({ status }) => status === 'fulfilled').length, 3)
    })

    await t.test('bursts, and without an end', async t => {
      const options = { storeClient, useRedisPackage }
      const bursty = new BurstyRateLimiter(
        new RateLimiterRedis({ ...options, keyPrefix: 'steady', points: 1, duration: 10 }),
        new RateLimiterRedis({ ...options, keyPrefix: 'burst', points: 2, duration: 10 }),
      )
      for (let i = 0; i < 3; i++) await bursty.consume('emil')
      await t.rejects(bursty.consume('emil'))
      const forever = new RateLimiterRedis({
        ...options,
        keyPrefix: 'forever',
        points: 2,
        duration: 0,
      })
      t.equal((await forever.consume('emil')).msBeforeNext, -1)
    })

    await t.test('a queue lets one after the other through', async t => {
      const paced = new RateLimiterQueue(
        new RateLimiterRedis({
          storeClient,
          useRedisPackage,
          keyPrefix: 'queue',
          points: 2,
          duration: 1,
        }),
      )
      t.strictSame(
        await Promise.all([paced.removeTokens(1), paced.removeTokens(1), paced.removeTokens(1)]),
        [1, 0, 1],
      )
    })
  })
}

t.test('redlock', async t => {
  const nodes = await Promise.all([server(t), server(t), server(t)])
  const clients = nodes.map(redis => ioredis(t, redis))
  const patient = new Redlock(clients, { retryCount: 50, retryDelay: 10, retryJitter: 5 })
  const impatient = new Redlock(clients, { retryCount: 0 })

  await t.test('one holder at a time, on a majority of servers', async t => {
    const lock = await impatient.lock('locks:a', 5000)
    t.strictSame(
      await Promise.all(clients.map(client => client.get('locks:a'))),
      clients.map(() => lock.value),
    )
    await t.rejects(impatient.lock('locks:a', 5000), { name: 'LockError' })
    const longer = await lock.extend(20_000)
    const ttl = (await clients[0]?.pttl('locks:a')) ?? 0
    t.ok(ttl > 15_000 && ttl <= 20_000)
    await longer.unlock()
    t.equal(await clients[0]?.exists('locks:a'), 0)
    await t.rejects(longer.unlock(), { name: 'LockError' }, 'it was given back already')
  })

  await t.test('those who wait come to it one after the other', async t => {
    let inside = 0
    const worst: number[] = []
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const lock = await patient.lock('locks:b', 5000)
        worst.push(++inside)
        await clients[0]?.ping()
        inside--
        await lock.unlock()
      }),
    )
    t.strictSame(worst, [1, 1, 1, 1, 1])
  })

  await t.test('a lock of several keys, and one that runs out', async t => {
    const both = await impatient.lock(['locks:c', 'locks:d'], 5000)
    await t.rejects(impatient.lock('locks:d', 5000), { name: 'LockError' })
    await both.unlock()
    await impatient.lock('locks:e', 50)
    await (await patient.lock('locks:e', 5000)).unlock()
  })
})

for (const protocol of [2, 3] as const) {
  t.test(`keyv, RESP${protocol}`, async t => {
    const redis = await server(t)
    const connection = { ...redis.connectOptions('node-redis', LOGIN), RESP: protocol }
    const cache = (namespace: string) => {
      const store = new KeyvRedis(connection, { throwOnErrors: true })
      const keyv = new Keyv({ store, namespace })
      keyv.on('error', error => t.fail(error.message))
      t.teardown(() => keyv.disconnect())
      return keyv
    }
    const [users, posts] = [cache('users'), cache('posts')]
    t.equal(await users.set('anna', { age: 7, tags: ['ä', '\u0000'] }), true)
    t.strictSame(await users.get('anna'), { age: 7, tags: ['ä', '\u0000'] })
    t.equal(await posts.get('anna'), undefined, 'each namespace has keys of its own')
    await posts.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 60_000 },
    ])
    t.strictSame(await posts.getMany(['a', 'b', 'c']), [1, 2, undefined])
    t.strictSame(await posts.hasMany(['a', 'c']), [true, false])
    t.equal(await posts.has('b'), true)
    await users.set('short', 'life', 20)
    while ((await users.get('short')) !== undefined);
    t.equal(await users.delete('anna'), true)
    t.equal(await users.delete('anna'), false)
    t.equal(await posts.deleteMany(['a', 'none']), true)
    const found: unknown[] = []
    for await (const entry of posts.iterator?.('posts') ?? []) found.push(entry)
    t.strictSame(found, [['b', 2]])
    await users.set('kept', 1)
    await posts.clear()
    t.equal(await posts.get('b'), undefined)
    t.equal(await users.get('kept'), 1, 'clear() keeps to its namespace')
  })

  t.test(`cacheable, RESP${protocol}`, async t => {
    const redis = await server(t)
    const connection = { ...redis.connectOptions('node-redis', LOGIN), RESP: protocol }
    const secondary = () => {
      const keyv = new Keyv({ store: new KeyvRedis(connection, { throwOnErrors: true }) })
      keyv.on('error', error => t.fail(error.message))
      return keyv
    }
    const [here, there] = [
      new Cacheable({ secondary: secondary(), ttl: '1h', stats: true }),
      new Cacheable({ secondary: secondary(), ttl: '1h' }),
    ]
    t.teardown(() => Promise.all([here.disconnect(), there.disconnect()]))
    t.equal(await here.set('plan', { steps: [1, 2] }), true)
    t.strictSame(await there.get('plan'), { steps: [1, 2] }, 'another process finds it')
    let computed = 0
    const square = here.wrap(
      async (n: number) => {
        computed++
        return n * n
      },
      { keyPrefix: 'square', ttl: '1h' },
    )
    t.strictSame([await square(4), await square(4), await square(5)], [16, 16, 25])
    t.equal(computed, 2)
    t.equal(await here.getOrSet('lazy', async () => 'made'), 'made')
    t.equal(await there.getOrSet('lazy', async () => 'made again'), 'made')
    await here.setMany([
      { key: 'x', value: 1 },
      { key: 'y', value: 2 },
    ])
    t.strictSame(await there.getMany(['x', 'y', 'z']), [1, 2, undefined])
    t.equal(await here.take('x'), 1)
    await here.delete('y')
    const fresh = new Cacheable({ secondary: secondary() })
    t.teardown(() => fresh.disconnect())
    t.strictSame(await fresh.getMany(['x', 'y']), [undefined, undefined])
    await here.clear()
    t.equal(await fresh.get('plan'), undefined)
  })
}
