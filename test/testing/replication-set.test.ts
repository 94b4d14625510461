import { spawn, spawnSync } from 'node:child_process'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import {
  type ReplicatedRedis,
  type ReplicationOptions,
  type RunningRedis,
  startReplication,
} from '../../src/index.ts'
import { evaluate, LIBRARY_SOURCE } from '../helpers/evaluate.ts'

async function start(t: Test, options?: ReplicationOptions): Promise<ReplicatedRedis> {
  const set = await startReplication(options)
  t.teardown(() => set.close())
  return set
}

function connect(t: Test, node: RunningRedis | undefined): Redis {
  if (node === undefined) throw new Error('there is no such node')
  const client = new Redis(node.connectOptions('ioredis'))
  t.teardown(() => client.disconnect())
  return client
}

async function fieldOf(client: Redis, name: string): Promise<string | undefined> {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(await client.info('replication'))?.[1]
}

const READONLY = /READONLY You can't write against a read only replica/

t.test('all are in sync at the start, and have what was written once it is settled', async t => {
  const set = await start(t, { replicas: 2 })
  t.equal(set.replicas.length, 2)
  t.equal(set.links.length, 2)
  const client = connect(t, set.master)
  t.equal(await fieldOf(client, 'connected_slaves'), '2')
  await client.set('greeting', 'hello')
  await set.settled()
  for (const node of set.replicas) {
    t.equal(node.db().string('greeting'), 'hello')
    const replica = connect(t, node)
    t.equal(await replica.get('greeting'), 'hello')
    t.equal(await fieldOf(replica, 'master_port'), String(set.master.port), 'no port of a relay')
    await t.rejects(replica.set('greeting', 'mine'), READONLY)
  }
  set.master.seed({ seeded: 'as well' })
  await set.settled()
  t.equal(set.replicas[1]?.db().string('seeded'), 'as well')
})

t.test('links are over TLS with client certificates, or plain', async t => {
  const set = await start(t)
  const [link] = set.master.connections
  t.match(link?.tls, { protocol: 'TLSv1.3' })
  t.notOk(set.master.server.settings.port)
  const plain = await start(t, { tls: false })
  t.equal(plain.master.connections[0]?.tls, undefined)
})

t.test('users hold for all nodes, and links work under the least rights', async t => {
  const set = await start(t, {
    users: { app: 'on >secret ~* &* +@all' },
    strict: { commands: ['get', 'set', 'acl list', 'info'], errors: true },
  })
  const client = connect(t, set.master)
  await client.set('a', '1')
  await set.settled()
  const [replica] = set.replicas
  t.equal(await connect(t, replica).get('a'), '1')
  const lines = (await client.call('ACL', 'LIST')) as string[]
  const link = lines.find(line => line.includes('+psync'))
  t.match(link, / resetchannels -@all \+psync \+replconf \+ping$/)
  t.match(lines, [/^user app on/, /^user default off/, /./])
  t.strictSame(
    set.master.calls.map(({ user }) => user).filter(user => user !== 'app'),
    [],
    'what links say is no call',
  )
  t.strictSame(replica?.callsOf({ command: ['set', 'psync', 'replconf'] }), [])
  const secret = await start(t, { requirepass: 'hidden' })
  await connect(t, secret.master).set('a', '1')
  await secret.settled()
})

t.test('a link that is cut: the replica is stale until it is resumed', async t => {
  const set = await start(t, { replicas: 2, config: { 'min-replicas-to-write': 2 } })
  const [master, first] = [connect(t, set.master), connect(t, set.replicas[0])]
  await master.set('a', '1')
  await set.settled()
  await set.links[0]?.cut()
  t.equal(set.links[0]?.state, 'cut')
  t.equal(await fieldOf(first, 'master_link_status'), 'down')
  t.equal(await fieldOf(master, 'connected_slaves'), '1')
  await t.rejects(master.set('a', '2'), /NOREPLICAS Not enough good replicas to write/)
  await master.config('SET', 'min-replicas-to-write', '1')
  await master.set('a', '2')
  t.equal(await first.get('a'), '1', 'as it was')
  t.equal(await connect(t, set.replicas[1]).get('a'), '2')
  await first.config('SET', 'replica-serve-stale-data', 'no')
  await t.rejects(first.get('a'), /MASTERDOWN Link with MASTER is down/)
  await t.rejects(set.settled(), /^links\[0\] is cut/)
  set.clock.advance('5m')
  set.links[0]?.resume()
  await set.settled()
  t.equal(await first.get('a'), '2')
  t.equal(await fieldOf(master, 'connected_slaves'), '2')
})

t.test('a link that is held: nobody knows, until somebody is tired of waiting', async t => {
  const set = await start(t, { config: { 'repl-timeout': 60 } })
  const [master, replica] = [connect(t, set.master), connect(t, set.replicas[0])]
  set.links[0]?.hold()
  await master.set('a', '1')
  t.equal(await replica.get('a'), null)
  t.equal(await master.wait(1, 1), 0)
  t.equal(await fieldOf(replica, 'master_link_status'), 'up')
  set.clock.advance('30s')
  t.equal(await fieldOf(replica, 'master_link_status'), 'up')
  set.clock.advance('40s')
  t.equal(await fieldOf(replica, 'master_link_status'), 'down')
  t.equal(await fieldOf(master, 'connected_slaves'), '0')
  set.links[0]?.resume()
  await set.settled()
  t.equal(await replica.get('a'), '1')
  t.match(await master.info('stats'), /sync_full:1\r\nsync_partial_ok:1/)
})

t.test('what is late arrives when the clock of the set says so', async t => {
  const set = await start(t)
  const [master, replica] = [connect(t, set.master), connect(t, set.replicas[0])]
  set.clock.freeze()
  set.links[0]?.delay('200ms')
  await master.set('a', '1')
  const isThere = set.replicas[0]?.waitFor({ command: 'get', key: 'a' })
  t.equal(await replica.get('a'), null)
  await isThere
  await t.rejects(set.settled({ timeout: '20ms' }), /at \d+ of \d+ bytes; the clock is frozen/)
  t.equal(await replica.get('a'), null)
  set.clock.advance('199ms')
  await t.rejects(set.settled({ timeout: '20ms' }), /^Not settled in 20 ms/)
  set.clock.advance('1ms')
  await set.settled()
  t.equal(await replica.get('a'), '1')
})

t.test('links that stand survive a leap of the clock, and keys expire everywhere', async t => {
  const set = await start(t, { config: { 'min-replicas-to-write': 1 } })
  const [master, replica] = [connect(t, set.master), connect(t, set.replicas[0])]
  await master.set('a', '1', 'EX', 60)
  await set.settled()
  set.clock.advance('1h')
  t.equal(await replica.get('a'), null)
  t.equal(await master.set('b', '1'), 'OK')
  await set.settled()
  t.equal(await replica.dbsize(), 1)
  t.equal(await fieldOf(replica, 'master_link_status'), 'up')
  t.match(await master.info('stats'), /sync_full:1\r\nsync_partial_ok:0/)
})

t.test('a promotion: roles change, and what only the old master had is lost', async t => {
  const set = await start(t, { replicas: 2, users: { app: 'on >secret ~* &* +@all' } })
  const [old, heir, other] = [set.master, set.replicas[0], set.replicas[1]]
  const [master, replica] = [connect(t, old), connect(t, heir)]
  await master.set('kept', '1')
  await set.settled()
  await set.links[0]?.cut()
  await set.links[1]?.cut()
  await master.set('lost', '1')
  set.links[1]?.resume()
  await set.promote(0)
  t.equal(set.master, heir)
  t.strictSame([...set.replicas], [old, other])
  t.equal(await replica.set('new', '1'), 'OK')
  await t.rejects(master.set('new', '2'), READONLY)
  t.equal(await master.get('lost'), '1', 'its link is still cut')
  set.links[0]?.resume()
  await set.settled()
  t.strictSame(
    set.replicas.map(node => node.dump()),
    [set.master.dump(), set.master.dump()],
  )
  t.equal(await master.get('lost'), null)
  t.equal(await master.get('kept'), '1')
  await t.rejects(set.promote(2), new RangeError('There is no replica 2'))
  await set.promote(0)
  t.equal(set.master, old, 'and back')
})

t.test('a FAILOVER that a client asks for is seen', async t => {
  const set = await start(t, { replicas: 2 })
  const [old, heir] = [set.master, set.replicas[1]]
  const replica = connect(t, heir)
  await connect(t, old).call('FAILOVER', 'TO', '127.0.0.1', String(heir?.port))
  while ((await fieldOf(replica, 'role')) !== 'master');
  t.equal(set.master, heir)
  t.equal(set.replicas[1], old)
  await replica.set('a', '1')
  await set.settled()
  t.equal(old.db().string('a'), '1')
  t.equal(set.replicas[0]?.db().string('a'), '1', 'which follows the old one still')
  await set.promote(0)
  t.equal(await fieldOf(connect(t, set.master), 'connected_slaves'), '2')
})

t.test('tests in other languages break links and promote by MOCK', async t => {
  const set = await start(t, { mockCommand: true })
  const [master, replica] = [connect(t, set.master), connect(t, set.replicas[0])]
  t.equal(await master.call('MOCK', 'LINK', '0', 'HOLD'), 'OK')
  await master.set('a', '1')
  t.equal(await replica.get('a'), null)
  await replica.call('MOCK', 'LINK', '0', 'DELAY', '10ms')
  t.equal(set.links[0]?.state, 'held')
  await replica.call('MOCK', 'LINK', '0', 'RESUME')
  t.equal(await master.wait(1, 0), 1)
  t.equal(await replica.get('a'), '1')
  t.equal(await replica.call('MOCK', 'PROMOTE', '0'), 'OK')
  t.equal(await replica.set('a', '2'), 'OK')
  t.equal(await replica.wait(1, 0), 1)
  await t.rejects(master.set('a', '3'), READONLY)
  await master.call('MOCK', 'LINK', '0', 'CUT')
  t.equal(set.links[0]?.state, 'cut')
  await t.rejects(master.call('MOCK', 'LINK', '1', 'CUT'), /there is no such replica/)
  await t.rejects(master.call('MOCK', 'LINK', '0', 'BEND'), /syntax error/)
  await t.rejects(master.call('MOCK', 'LINK', '0', 'DELAY', 'long'), /Not a duration/)
  await t.rejects(master.call('MOCK', 'PROMOTE', '1'), /there is no such replica/)
})

t.test('replicas may have settings and ports of their own', async t => {
  const set = await start(t, {
    config: { maxmemory: '10mb' },
    replicas: [{ config: { 'replica-read-only': false } }, { config: { 'replica-priority': 0 } }],
  })
  t.equal(await connect(t, set.replicas[0]).set('own', '1'), 'OK')
  await t.rejects(connect(t, set.replicas[1]).set('own', '1'), READONLY)
  t.strictSame(
    [set.master, ...set.replicas].map(({ server }) => server.settings.maxmemory),
    [10485760, 10485760, 10485760],
  )
})

t.test('what cannot be is said, and nothing is left of it', async t => {
  const wrong: [unknown, RegExp][] = [
    [{ replica: 2 }, /startReplication\(\) has no option 'replica'; did you mean 'replicas'/],
    [{ replicas: 0 }, /replicas must be a whole number, 1 to 20/],
    [{ replicas: [{ tls: false }] }, /has no option 'replicas.*tls'/],
    [{ thread: true }, /has no option 'thread'/],
    [{ tls: { profile: 'expired' } }, /has no option 'tls.profile'/],
    [{ aclfile: 'users.acl' }, /config.masteruser and .masterauth/],
    [{ replicas: [{ config: { maxmemory: 'much' } }] }, /maxmemory/],
  ]
  for (const [options, message] of wrong) {
    await t.rejects(startReplication(options as ReplicationOptions), {
      message,
      name: 'StartError',
    })
  }
})

t.test('child processes are told of all nodes', async t => {
  const set = await start(t, { replicas: 2, requirepass: 'hidden' })
  const env = set.env()
  t.equal(env.REDIS_PORT, String(set.master.port))
  t.equal(
    env['REDIS_REPLICA_URLS'],
    set.replicas.map(({ port }) => `rediss://:hidden@127.0.0.1:${port}`).join(),
  )
})

/** What a program printed that has ended by itself. */
function run(t: Test, body: string): Promise<string> {
  const source = `import { startReplication } from ${LIBRARY_SOURCE}\n${body}`
  return evaluate(t, source)
}

t.test('nothing is left open after close(), whatever its links were like', async t => {
  const body = `
const open = () => process.getActiveResourcesInfo().filter(name => /TCP/.test(name))
const set = await startReplication({ replicas: 3 })
set.links[0].hold()
await set.links[1].cut()
set.links[2].delay('1h')
set.master.seed({ a: '1' })
await set.close()
while (open().length > 0) await new Promise(resolve => setImmediate(resolve))
console.log('closed')`
  t.equal(await run(t, body), 'closed')
})

t.test('with unref: true it keeps no process alive', async t => {
  const body = `
const set = await startReplication({ replicas: 2, unref: true })
await set.settled()
console.log('settled')`
  t.equal(await run(t, body), 'settled')
})

t.test('reset() puts everybody back, whatever became of them, and all are in sync', async t => {
  const set = await start(t, { replicas: 2, users: { app: 'on >secret ~* &* +@all' } })
  const { master, replicas } = set
  const [first, second] = replicas
  const client = connect(t, master)
  const away: readonly (() => Promise<unknown>)[] = [
    async () => set.promote(0),
    async () => {
      // The master is whom it was, and replicas have changed their places.
      for (const i of [0, 1, 0]) await set.promote(i)
    },
    async () => connect(t, first).replicaof('NO', 'ONE'),
    async () => connect(t, second).replicaof('127.0.0.1', first?.port ?? 0),
    async () => set.links[0]?.cut(),
    async () => {
      set.clock.freeze()
      set.links[0]?.hold()
      set.links[1]?.delay('1h')
    },
    async () => {
      await client.config('SET', 'maxmemory', '5mb')
      await client.acl('SETUSER', 'other', 'on')
      second?.fault({ command: 'get', error: 'LOADING wait' })
    },
  ]
  for (const [i, go] of away.entries()) {
    await client.set('a', '1')
    await set.settled()
    await go()
    await set.reset()
    t.equal(set.master, master, `after ${i}`)
    t.strictSame(
      [set.replicas[0], set.replicas[1]].map(node => node?.port),
      [first, second].map(node => node?.port),
    )
    t.strictSame(
      set.links.map(({ state }) => state),
      ['open', 'open'],
    )
    t.equal(await fieldOf(client, 'connected_slaves'), '2')
    for (const node of [master, ...replicas]) t.equal(node.dump(), '')
    t.equal(master.calls.length, 1, 'INFO, by a client that may go on')
  }
  await client.set('a', '2')
  await set.settled()
  for (const node of replicas) t.equal(await connect(t, node).get('a'), '2')
  t.strictSame(await client.config('GET', 'maxmemory'), ['maxmemory', '0'])
  // Each link is again that of its replica.
  await set.links[1]?.cut()
  await client.set('a', '3')
  t.equal(await connect(t, second).get('a'), '2')
  set.links[1]?.resume()
  await set.settled()
})

t.test('connectOptions() of the set: one to write, and those to read from', async t => {
  const set = await start(t, { replicas: 2, users: { app: 'on >secret ~* &* +@all' } })
  const [old] = set.replicas
  await set.promote(0)
  t.equal(set.connectOptions('ioredis').master.port, old?.port, 'as it is now')
  const { master, replicas } = set.connectOptions('node-redis')
  const writer = createClient(master)
  await writer.connect()
  await writer.set('a', '1')
  await set.settled()
  for (const options of replicas) {
    const reader = createClient(options)
    await reader.connect()
    t.equal(await reader.get('a'), '1')
    await t.rejects(reader.set('a', '2'), READONLY)
    reader.destroy()
  }
  writer.destroy()
  for (const options of set.connectOptions('ioredis', { username: 'app' }).replicas) {
    const reader = new Redis(options)
    t.equal(await reader.get('a'), '1')
    reader.disconnect()
  }
})

const PYTHON = ['/usr/bin/python3', 'python3'].find(
  name => spawnSync(name, ['-c', 'import redis']).status === 0,
)

t.test('the same for redis-py', { skip: PYTHON === undefined && 'no redis-py' }, async t => {
  const set = await start(t, { replicas: 1 })
  set.master.seed({ a: '1' })
  await set.settled()
  const options = JSON.stringify(set.connectOptions('redis-py').replicas)
  const source =
    'import json, sys, redis; print([redis.Redis(**one).get("a") for one in json.loads(sys.argv[1])])'
  const child = spawn(PYTHON ?? '', ['-c', source, options])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  await new Promise(resolve => child.once('close', resolve))
  t.equal(output, "[b'1']\n")
})
