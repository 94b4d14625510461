// With tap: tap run tap.test.mjs

import { Redis } from 'ioredis'
import { redisFor, useRedis, useReplication } from 'redis-tls-mock/tap'
import t from 'tap'
import counter from './counter.cjs'

const { countVisit } = counter
const fixture = useRedis(t)

t.test('counts', async t => {
  const client = new Redis(fixture.redis.connectOptions('ioredis'))
  t.equal(await countVisit(client, 'home'), 1)
  t.equal(await countVisit(client, 'home'), 2)
  fixture.redis.expect.onlyCommands(['incr', 'expire'])
  fixture.redis.expect.clientCertificates()
  await client.quit()
})

t.test('forgets after an hour', async t => {
  const client = new Redis(fixture.redis.connectOptions('ioredis'))
  t.equal(await countVisit(client, 'home'), 1) // The test before left nothing behind.
  fixture.redis.clock.advance('1h')
  t.equal(await countVisit(client, 'home'), 1)
  await client.quit()
})

t.test('a server of one test alone', async t => {
  const redis = await redisFor(t)
  const client = new Redis(redis.connectOptions('ioredis'))
  t.equal(await countVisit(client, 'home'), 1)
  await client.quit()
})

t.test('visits, read from a replica', async t => {
  const replicated = useReplication(t, { replicas: 2 })

  t.test('are lost if the replica that takes over did not have them', async t => {
    const { set } = replicated
    const client = new Redis(set.master.connectOptions('ioredis'))
    await set.links[0].cut()
    t.equal(await countVisit(client, 'home'), 1)
    await set.promote(0)
    t.equal(set.master.db().string('visits:home'), undefined)
    client.disconnect()
  })

  t.test('are there once the replicas have caught up', async t => {
    const { set } = replicated
    const client = new Redis(set.master.connectOptions('ioredis')) // Whoever it was at the start.
    t.equal(await countVisit(client, 'home'), 1)
    await set.settled()
    t.equal(set.replicas[0].db().string('visits:home'), '1')
    await client.quit()
  })
})

// Fails on purpose where this is run to see what a failing test prints.
if (process.env.FAIL_ON_PURPOSE) {
  t.test('fails', async t => {
    t.equal(fixture.redis.dump(), 'something')
  })
}
