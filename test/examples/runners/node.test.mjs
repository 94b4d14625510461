// With node:test: node --test node.test.mjs

import { equal } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { redisFor, useRedis, useReplication } from 'redis-tls-mock/node-test'
import counter from './counter.cjs'

const { countVisit } = counter
const visitor = fileURLToPath(new URL('visitor.mjs', import.meta.url))

describe('visits', () => {
  const fixture = useRedis()

  test('counts', async () => {
    const client = new Redis(fixture.redis.connectOptions('ioredis'))
    equal(await countVisit(client, 'home'), 1)
    equal(await countVisit(client, 'home'), 2)
    fixture.redis.expect.onlyCommands(['incr', 'expire'])
    fixture.redis.expect.clientCertificates()
    await client.quit()
  })

  test('forgets after an hour', async () => {
    const client = new Redis(fixture.redis.connectOptions('ioredis'))
    equal(await countVisit(client, 'home'), 1) // The test before left nothing behind.
    fixture.redis.clock.advance('1h')
    equal(await countVisit(client, 'home'), 1)
    await client.quit()
  })

  // A server in a thread of its own goes on while the test does not: all it is asked is a promise.
  describe('of a child process that is waited for', () => {
    const threaded = useRedis({ thread: true })

    test('are counted', async () => {
      const { redis } = threaded
      const env = { ...process.env, ...redis.env() }
      execFileSync(process.execPath, [visitor], { env })
      equal(await redis.db().string('visits:child'), '1')
    })
  })

  // Fails on purpose where this is run to see what a failing test prints.
  if (process.env.FAIL_ON_PURPOSE) {
    test('fails', async () => {
      equal(fixture.redis.dump(), 'something')
    })
  }
})

// Tests that run at once have a server each, which ends with them.
describe('visits at once', { concurrency: true }, () => {
  for (const name of ['first', 'second']) {
    test(name, async t => {
      const redis = await redisFor(t)
      const client = new Redis(redis.connectOptions('ioredis'))
      equal(await countVisit(client, 'home'), 1)
      await client.quit()
    })
  }
})

describe('visits, read from a replica', () => {
  const fixture = useReplication({ replicas: 2 })

  test('are lost if the replica that takes over did not have them', async () => {
    const { set } = fixture
    const client = new Redis(set.master.connectOptions('ioredis'))
    await set.links[0].cut()
    equal(await countVisit(client, 'home'), 1)
    await set.promote(0)
    equal(set.master.db().string('visits:home'), undefined)
    client.disconnect()
  })

  test('are there once the replicas have caught up', async () => {
    const { set } = fixture
    const client = new Redis(set.master.connectOptions('ioredis')) // Whoever it was at the start.
    equal(await countVisit(client, 'home'), 1)
    await set.settled()
    equal(set.replicas[0].db().string('visits:home'), '1')
    await client.quit()
  })
})
