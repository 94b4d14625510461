// What a replica serves while the snapshot of its master comes and is loaded: what it had, nothing
// at all, or, from one moment to the next, the new. And where the snapshot is kept meanwhile.

import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import t from 'tap'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { TestClock } from '../../src/testing/clock.ts'
import { follow, inStep, isUp, type Node, startNode, until } from '../helpers/nodes.ts'

const KEYS = 300
/** On a clock that stands still, nothing is loaded but the first key. */
const SLOWLY = 'key-load-delay 1000000'

interface Parent {
  teardown(close: () => unknown): void
  testdir(): string
}

async function fill({ wire }: Node, value: string): Promise<void> {
  for (let i = 0; i < KEYS; i++) await wire.ask('SET', `key:${i}`, value.repeat(200))
}

/** A master with data, and a replica that stands still while it loads. */
async function pair(
  t: Parent,
  ...config: readonly string[]
): Promise<{ master: Node; replica: Node; clock: TestClock }> {
  const clock = new TestClock()
  clock.freeze()
  const master = await startNode({}, 'save ')
  const replica = await startNode({ clock }, SLOWLY, ...config)
  t.teardown(() => Promise.all([replica.close(), master.close()]))
  await fill(master, 'new')
  return { master, replica, clock }
}

function startFollowing({ wire }: Node, { port }: Node): Promise<unknown> {
  return wire.ask('REPLICAOF', '127.0.0.1', String(port))
}

function isLoading(replica: Node, field = 'loading'): Promise<void> {
  return until(`${field} is on`, async () => (await replica.info(field)) === '1')
}

async function untilLoaded(replica: Node, clock: TestClock): Promise<void> {
  await until('it is loaded', async () => {
    await clock.advance(100_000)
    return (await replica.info('master_link_status')) === 'up'
  })
}

const LOADING = '-LOADING Redis is loading the dataset in memory'

t.test('what is kept first is loaded in place of what was there, which is gone then', async t => {
  const { master, replica, clock } = await pair(t)
  await replica.wire.ask('SET', 'mine', 'old')
  await replica.wire.ask('FUNCTION', 'LOAD', "#!lua name=l\nredis.register_function('f', print)")
  await startFollowing(replica, master)
  await isLoading(replica)
  t.equal(await replica.info('async_loading'), '0')
  t.equal(await replica.info('master_sync_in_progress'), '1')
  t.equal(await replica.wire.ask('GET', 'mine'), LOADING)
  t.equal(await replica.wire.ask('FCALL', 'f', '0'), LOADING)
  t.equal(await replica.wire.ask('BGSAVE'), LOADING)
  t.match(await replica.wire.ask('INFO', 'server'), /redis_version/)
  await untilLoaded(replica, clock)
  t.equal(await replica.info('loading'), '0')
  t.equal(await replica.wire.ask('GET', 'mine'), '(nil)')
  t.equal(await replica.wire.ask('DBSIZE'), `:${KEYS}`)
  await inStep(master, replica)
})

t.test('on-empty-db: one without data reads what comes at once', async t => {
  const { master, replica, clock } = await pair(t, 'repl-diskless-load on-empty-db')
  await startFollowing(replica, master)
  await isLoading(replica)
  t.ok(replica.lines.some(line => line.includes('with EOF to parser')))
  t.equal(await replica.wire.ask('GET', 'key:1'), LOADING)
  await untilLoaded(replica, clock)
  await inStep(master, replica)
})

t.test('on-empty-db: one with data keeps what comes', async t => {
  const { master, replica, clock } = await pair(t, 'repl-diskless-load on-empty-db')
  await replica.wire.ask('SET', 'mine', 'old')
  await startFollowing(replica, master)
  await isLoading(replica)
  t.ok(replica.lines.some(line => line.includes('with EOF to disk')))
  await untilLoaded(replica, clock)
  await inStep(master, replica)
})

t.test(
  'swapdb: data of another stream is hidden, and is back if the new does not come',
  async t => {
    const { master, replica, clock } = await pair(t, 'repl-diskless-load swapdb')
    await replica.wire.ask('SET', 'mine', 'old')
    await startFollowing(replica, master)
    await isLoading(replica)
    t.equal(await replica.wire.ask('GET', 'mine'), LOADING)
    await master.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
    await clock.advance(100_000)
    await until('it is over', async () => (await replica.info('loading')) === '0')
    t.equal(await replica.wire.ask('GET', 'mine'), '$old')
  },
)

/** A replica that has lost its place in a stream of which it has an older state. */
async function behind(t: Parent): Promise<Awaited<ReturnType<typeof pair>>> {
  const it = await pair(t, 'repl-diskless-load swapdb')
  const { master, replica, clock } = it
  await replica.wire.ask('CONFIG', 'SET', 'key-load-delay', '0')
  await follow(replica, master)
  await replica.wire.ask('CONFIG', 'SET', 'key-load-delay', '1000000')
  await replica.wire.ask('FUNCTION', 'STATS')
  await master.wire.ask('MULTI')
  await master.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
  await master.wire.ask('CONFIG', 'SET', 'repl-backlog-size', '16384')
  for (let i = 0; i < 20; i++) await master.wire.ask('SET', 'large', 'x'.repeat(10_000))
  await master.wire.ask('SET', 'key:1', 'newer')
  await master.wire.ask('EXEC')
  await clock.advance(1000)
  await isLoading(replica, 'async_loading')
  return it
}

t.test('swapdb: an older state of the same stream is served until the new is there', async t => {
  const { master, replica, clock } = await behind(t)
  t.equal(await replica.info('loading'), '0')
  t.equal(await replica.wire.ask('GET', 'key:1'), `$${'new'.repeat(200)}`)
  t.equal(await replica.wire.ask('EXISTS', 'large'), ':0')
  // What would get between the old and the new is refused.
  t.equal(await replica.wire.ask('BGSAVE'), LOADING)
  t.equal(await replica.wire.ask('REPLICAOF', 'NO', 'ONE'), LOADING)
  await replica.wire.ask('MULTI')
  t.equal(await replica.wire.ask('GET', 'key:1'), '+QUEUED')
  t.match(await replica.wire.ask('EXEC'), [/^\$new/])
  await untilLoaded(replica, clock)
  t.equal(await replica.info('async_loading'), '0')
  t.equal(await replica.wire.ask('GET', 'key:1'), '$newer')
  await inStep(master, replica)
})

t.test('swapdb: an older state of the same stream stays if the new does not come', async t => {
  const { master, replica, clock } = await behind(t)
  await master.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
  await clock.advance(100_000)
  await until('it is over', async () => (await replica.info('async_loading')) === '0')
  t.equal(await replica.wire.ask('GET', 'key:1'), `$${'new'.repeat(200)}`)
})

// ---- Files -----------------------------------------------------------------------------------

const ALONE = ['save ', 'appendonly no']

async function withFolder(t: Parent, ...config: readonly string[]): Promise<[Node, string]> {
  const folder = t.testdir()
  const node = await startNode({}, `dir ${folder}`, ...config)
  node.server.persistence.onDisk = true
  t.teardown(() => node.close())
  return [node, folder]
}

t.test('where there is a folder, what comes becomes the file of the server', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  await fill(master, 'new')
  const [replica, folder] = await withFolder(t, 'save 3600 1')
  fs.writeFileSync(path.join(folder, 'dump.rdb'), 'an older one')
  await follow(replica, master)
  t.strictSame(fs.readdirSync(folder), ['dump.rdb'])
  const next = await startNode({}, `dir ${folder}`)
  t.teardown(() => next.close())
  t.equal(await loadWhileServing(next.server), true)
  await inStep(master, next)
})

t.test('rdb-del-sync-files: who keeps no files keeps not this one either', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  await fill(master, 'new')
  const [replica, folder] = await withFolder(t, ...ALONE, 'rdb-del-sync-files yes')
  await follow(replica, master)
  await inStep(master, replica)
  t.strictSame(fs.readdirSync(folder), [])
})

t.test('a folder in which nothing can be written: the old data stays', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  const [replica, folder] = await withFolder(t)
  // Not even root can write a file in the place of a folder that is not there.
  await replica.wire.ask('CONFIG', 'SET', 'dir', folder)
  fs.rmSync(folder, { recursive: true })
  await replica.wire.ask('SET', 'mine', 'old')
  await startFollowing(replica, master)
  await until('it is said', () => replica.lines.some(line => line.includes('DB dump file needed')))
  t.equal(await replica.wire.ask('GET', 'mine'), '$old')
  t.strictSame(replica.server.bugs, [])
  fs.mkdirSync(folder)
  await isUp(replica)
  t.equal(await replica.wire.ask('GET', 'mine'), '(nil)')
})

t.test('repl-diskless-sync no: the file of the master is saved, and sent', async t => {
  const [master, folder] = await withFolder(t, 'save 3600 1', 'repl-diskless-sync no')
  await fill(master, 'new')
  const replicas = [await startNode(), await startNode()]
  t.teardown(() => Promise.all(replicas.map(node => node.close())))
  for (const replica of replicas) await startFollowing(replica, master)
  for (const replica of replicas) {
    await isUp(replica)
    await inStep(master, replica)
    t.ok(replica.lines.some(line => /receiving \d+ bytes from master to disk/.test(line)))
  }
  t.strictSame(fs.readdirSync(folder), ['dump.rdb'])
  t.match(await master.info('rdb_saves'), /^[12]$/)
  t.equal(await master.info('rdb_changes_since_last_save'), '0')
})

t.test('rdb-del-sync-files: a master that keeps no files keeps not this one either', async t => {
  const settings = [...ALONE, 'repl-diskless-sync no', 'rdb-del-sync-files yes']
  const [master, folder] = await withFolder(t, ...settings)
  await fill(master, 'new')
  const replica = await startNode()
  t.teardown(() => replica.close())
  await follow(replica, master)
  await inStep(master, replica)
  t.strictSame(fs.readdirSync(folder), [])
})

t.test('a master that cannot write the file sends its replicas away', async t => {
  const [master, folder] = await withFolder(t, ...ALONE, 'repl-diskless-sync no')
  await fill(master, 'new')
  await master.wire.ask('CONFIG', 'SET', 'dir', folder)
  fs.rmSync(folder, { recursive: true })
  const replica = await startNode()
  t.teardown(() => replica.close())
  await startFollowing(replica, master)
  await until('it is said', () => replica.lines.some(line => line.includes('connection lost')))
  t.equal(await replica.info('master_link_status'), 'down')
  t.strictSame(master.server.bugs, [])
  fs.mkdirSync(folder)
  await isUp(replica)
  await inStep(master, replica)
})

t.test('one snapshot goes to several sockets at once, at the pace of the slowest', async t => {
  const clock = new TestClock()
  clock.freeze()
  const master = await startNode(
    { clock },
    'repl-diskless-sync-delay 5',
    'repl-diskless-sync-max-replicas 2',
  )
  await master.wire.ask('CONFIG', 'SET', 'rdbcompression', 'no')
  await master.wire.ask('DEBUG', 'POPULATE', '1000', 'key', '10000')
  const replicas = [await startNode(), await startNode()]
  t.teardown(() => Promise.all([...replicas, master].map(node => node.close())))
  for (const replica of replicas) await startFollowing(replica, master)
  await until('both have asked', async () => (await master.info('connected_slaves')) === '2')
  await clock.advance(1000)
  for (const replica of replicas) await isUp(replica)
  for (const replica of replicas) await inStep(master, replica)
  t.equal(master.lines.filter(line => line.includes('Starting BGSAVE for SYNC')).length, 1)
})

t.test('who is not the slowest any more waits for nobody', async t => {
  const clock = new TestClock()
  clock.freeze()
  const settings = ['repl-diskless-sync-delay 5', 'repl-diskless-sync-max-replicas 2']
  const master = await startNode({ clock }, ...settings)
  await master.wire.ask('CONFIG', 'SET', 'rdbcompression', 'no')
  await master.wire.ask('DEBUG', 'POPULATE', '2000', 'key', '10000')
  const replica = await startNode()
  t.teardown(() => Promise.all([replica.close(), master.close()]))
  const slow = await muteReplica(master)
  await startFollowing(replica, master)
  await until('both have asked', async () => (await master.info('connected_slaves')) === '2')
  await clock.advance(1000)
  // All that the socket takes, and no more.
  await until('it has begun', async () => (await replica.info('master_sync_read_bytes')) !== '0')
  slow.destroy()
  await isUp(replica)
  await inStep(master, replica)
})

t.test('repl-timeout ends the one who takes nothing, and not those who wait for him', async t => {
  const clock = new TestClock()
  clock.freeze()
  const settings = ['repl-diskless-sync-delay 5', 'repl-diskless-sync-max-replicas 2']
  const master = await startNode({ clock }, ...settings, 'repl-timeout 2')
  await master.wire.ask('CONFIG', 'SET', 'rdbcompression', 'no')
  await master.wire.ask('DEBUG', 'POPULATE', '2000', 'key', '10000')
  const replica = await startNode()
  t.teardown(() => Promise.all([replica.close(), master.close()]))
  const stuck = await muteReplica(master)
  t.teardown(() => stuck.destroy())
  await startFollowing(replica, master)
  await until('both have asked', async () => (await master.info('connected_slaves')) === '2')
  await clock.advance(1000)
  await until('it has begun', async () => (await replica.info('master_sync_read_bytes')) !== '0')
  let before = ''
  await until('nothing comes any more', async () => {
    const now = String(await replica.info('master_sync_read_bytes'))
    const is = now === before
    before = now
    return is
  })
  await clock.advance(4000)
  await isUp(replica)
  const ended = master.lines.filter(line => line.includes('Disconnecting timedout replica (full'))
  t.equal(ended.length, 1)
  t.ok(master.lines.some(line => line.includes('1 replicas still up')))
})

/** A replica that asks for a snapshot, and takes nothing of it. */
async function muteReplica(master: Node): Promise<net.Socket> {
  const socket = net.connect(master.port, '127.0.0.1')
  socket.write('REPLCONF capa eof\r\n')
  await once(socket, 'data')
  socket.write('PSYNC ? -1\r\n')
  await until('it has asked', async () => (await master.info('connected_slaves')) === '1')
  socket.pause()
  return socket
}
