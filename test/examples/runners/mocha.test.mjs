// With mocha: mocha mocha.test.mjs

import { equal } from 'node:assert/strict'
import { Redis } from 'ioredis'
import { useRedis, useReplication } from 'redis-tls-mock/mocha'
import counter from './counter.cjs'

const { countVisit } = counter
const { describe, it: test } = globalThis

describe('visits', () => {
  const fixture = useRedis({ per: 'test' })

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

  // Fails on purpose where this is run to see what a failing test prints.
  if (process.env.FAIL_ON_PURPOSE) {
    test('fails', async () => {
      equal(fixture.redis.dump(), 'something')
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
