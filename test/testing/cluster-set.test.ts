// startCluster(): a cluster in one process, for clients that speak to clusters.

import { Cluster, Redis } from 'ioredis'
import t, { type Test } from 'tap'
import {
  type ClusteredRedis,
  type ClusterOptions,
  type RunningRedis,
  startCluster,
} from '../../src/index.ts'

async function start(t: Test, options?: ClusterOptions): Promise<ClusteredRedis> {
  const cluster = await startCluster(options)
  t.teardown(() => cluster.close())
  return cluster
}

function connect(t: Test, node: RunningRedis | undefined): Redis {
  if (node === undefined) throw new Error('there is no such node')
  const client = new Redis(node.connectOptions('ioredis'))
  t.teardown(() => client.disconnect())
  return client
}

function clusterClient(t: Test, { nodes }: ClusteredRedis): Cluster {
  const [first] = nodes
  if (first === undefined) throw new Error('there is no node')
  const { host, port, ...options } = first.connectOptions('ioredis')
  const client = new Cluster([{ host, port }], {
    redisOptions: options,
    dnsLookup: (address, callback) => callback(null, address),
  })
  t.teardown(() => client.disconnect())
  return client
}

t.test('a client of clusters finds every key, over TLS', async t => {
  const cluster = await start(t)
  t.equal(cluster.nodes.length, 3)
  t.strictSame(cluster.masters, cluster.nodes)
  const client = clusterClient(t, cluster)
  for (const key of ['a', 'b', 'c', 'd']) await client.set(key, key)
  for (const key of ['a', 'b', 'c', 'd']) {
    t.equal(await client.get(key), key)
    t.equal(cluster.nodeOf(key).db().string(key), key)
  }
  t.equal(cluster.slotOf('b'), 3300)
  const [first, , last] = cluster.nodes
  t.strictSame(
    cluster.nodes.map(node => node.db().keys().length),
    [1, 1, 2],
  )
  const direct = connect(t, first)
  await t.rejects(direct.get('a'), { message: `MOVED 15495 127.0.0.1:${last?.port}` })
  t.match(await direct.cluster('INFO'), /cluster_state:ok\r\n[\s\S]*cluster_known_nodes:3\r\n/)
})

t.test('a slot moves, and the client follows', async t => {
  const cluster = await start(t, { tls: false })
  const client = clusterClient(t, cluster)
  await client.set('b', 'moved')
  const [first, second] = cluster.nodes
  if (first === undefined || second === undefined) return
  cluster.beginMove(3300, second)
  const direct = connect(t, first)
  await t.rejects(direct.get('{b}2'), { message: `ASK 3300 127.0.0.1:${second.port}` })
  await client.set('{b}2', 'there at once')
  t.equal(second.db().string('{b}2'), 'there at once')
  cluster.moveSlot(3300, second)
  t.equal(cluster.nodeOf('b'), second)
  t.equal(await client.get('b'), 'moved')
  await t.rejects(direct.get('b'), { message: `MOVED 3300 127.0.0.1:${second.port}` })
  t.throws(() => cluster.moveSlot(16384, second), RangeError)
})

t.test(
  'when a master is closed a replica takes its place, once the others have waited',
  async t => {
    const cluster = await start(t, { replicas: 1 })
    t.equal(cluster.nodes.length, 6)
    const client = clusterClient(t, cluster)
    await client.set('b', 'kept')
    await cluster.settled()
    const former = cluster.nodeOf('b')
    const [replica] = cluster.replicasOf(former)
    if (replica === undefined) return
    const reader = connect(t, replica)
    await reader.readonly()
    t.equal(await reader.get('b'), 'kept')
    const slots = await reader.cluster('SLOTS')
    t.strictSame(
      slots.map(({ length }) => length),
      [4, 4, 4],
      'replicas are listed',
    )
    await former.close()
    t.throws(() => cluster.nodeOf('b'), /Nobody serves slot 3300/)
    cluster.clock.advance('40s')
    t.equal(cluster.nodeOf('b'), replica)
    t.equal(cluster.masters.length, 3)
    const other = connect(
      t,
      cluster.masters.find(node => node !== replica),
    )
    t.match(await other.cluster('NODES'), /master,fail /)
    t.match(await other.cluster('INFO'), /cluster_state:ok/)
    t.equal(await connect(t, replica).get('b'), 'kept')
  },
)

t.test('a leap of the clock is no failure of anybody', async t => {
  const cluster = await start(t, { masters: 2, replicas: 1 })
  cluster.clock.advance('3h')
  const text = await connect(t, cluster.nodes[0]).cluster('NODES')
  t.notMatch(text, /fail/)
  t.equal(cluster.masters.length, 2)
})

t.test('messages, and what is wrong with options', async t => {
  const cluster = await start(t, { masters: 2, tls: false })
  const [one, other] = cluster.nodes
  const listening = connect(t, one)
  const heard = new Promise(resolve => listening.on('message', (_, message) => resolve(message)))
  await listening.subscribe('news')
  await connect(t, other).publish('news', 'hello')
  t.equal(await heard, 'hello')
  t.match(cluster.env().REDIS_CLUSTER_URLS, /^redis:\/\/.*,redis:\/\//)
  await t.rejects(startCluster({ masters: 0 }), { name: 'StartError', code: 'ERR_OPTION_VALUE' })
  await t.rejects(startCluster(JSON.parse('{ "port": 1 }')), { name: 'StartError' })
})
