// With jest in a project of ES modules: node --experimental-vm-modules jest

import { equal } from 'node:assert/strict'
import { Redis } from 'ioredis'
import { useRedis } from 'redis-tls-mock/jest'
import counter from '../counter.cjs'

const { countVisit } = counter
const { describe, test } = globalThis

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
