// What a snapshot is made of, and in what pieces.

import t from 'tap'
import type { RedisServer } from '../../src/engine/server.ts'
import { digestOfKeyspace } from '../../src/persistence/digest.ts'
import { Loading } from '../../src/persistence/loading.ts'
import {
  type Contents,
  Snapshot,
  snapshotBlocks,
  writeSnapshot,
} from '../../src/persistence/snapshot.ts'
import { frozenClock } from '../helpers/clock.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { difference } from '../model/pictures.ts'
import { read } from './snapshots.ts'

const BLOCK = 64 * 1024
const LIBRARY = "#!lua name=lib\nredis.register_function('f', function() return 7 end)"
const ALL = Number.POSITIVE_INFINITY

function bytesOf(server: RedisServer, contents?: Contents): Buffer {
  const blocks: Buffer[] = []
  writeSnapshot(server, block => blocks.push(Buffer.from(block)), contents)
  return Buffer.concat(blocks)
}

function linesOf(server: RedisServer, contents?: Contents): string[] {
  const { lines } = read(bytesOf(server, contents), () => ALL)
  return lines.map(line => line.replace(/^(remark (ctime|used-mem)) \d+$/, '$1'))
}

t.test('a snapshot is given out in blocks, and large values as they are', async t => {
  const redis = await startServer({ config: [['rdbcompression', 'no']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  for (let i = 0; i < 50; i++)
    await wire.call('RPUSH', `list${i}`, ...Array<string>(1000).fill(`${i}`.repeat(30)))
  await wire.call('SET', 'large', 'x'.repeat(10 * BLOCK))
  const sizes: number[] = []
  writeSnapshot(redis.server, block => sizes.push(block.length))
  t.ok(sizes.length > 20, `${sizes.length} blocks`)
  t.strictSame(
    sizes.filter(size => size > BLOCK),
    [10 * BLOCK],
  )
})

t.test('in pieces of so many keys', async t => {
  const redis = await startServer({ config: [['enable-debug-command', 'yes']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('DEBUG', 'POPULATE', '2500')
  await wire.call('SELECT', '1')
  await wire.call('SET', 'k', 'v')
  const blocks: Buffer[] = []
  const snapshot = new Snapshot(redis.server)
  const done = [snapshot.keysDone]
  while (!snapshot.advance(block => blocks.push(Buffer.from(block)), { keys: 1000 }))
    done.push(snapshot.keysDone)
  t.strictSame(done, [0, 1000, 2000])
  t.strictSame([snapshot.keysDone, snapshot.keysTotal], [2501, 2501])
  const bytes = Buffer.concat(blocks)
  t.equal(read(bytes, () => ALL).lines.filter(line => /^[01] k/.test(line)).length, 2501)
})

/** Each changes what it has only read, or bytes that are packed, or something beside the value. */
const CHANGES: readonly (readonly string[])[] = [
  ['SET', 's', 'other'],
  ['SET', 's', 'x'.repeat(1000)],
  ['APPEND', 's', 'more'],
  ['INCR', 'i'],
  ['INCRBYFLOAT', 'i', '1.5'],
  ['GETEX', 's', 'PX', '5000'],
  ['GETEX', 'mortal', 'PERSIST'],
  ['EXPIRE', 's', '100'],
  ['PERSIST', 'mortal'],
  ['PFCOUNT', 'p'],
  ['GETDEL', 's'],
  ['SORT', 'z', 'ALPHA'],
  ['XACK', 'x', 'g', '1-1'],
  ['XCLAIM', 'x', 'g', 'c2', '0', '1-1'],
  ['XAUTOCLAIM', 'x', 'g', 'c2', '0', '-'],
  ['XREADGROUP', 'GROUP', 'g', 'c1', 'STREAMS', 'x', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'c1', 'STREAMS', 'x', '>'],
  ['XGROUP', 'SETID', 'x', 'g', '0'],
  ['XGROUP', 'DELCONSUMER', 'x', 'g', 'c1'],
  ['XGROUP', 'DESTROY', 'x', 'g'],
  ['HGET', 'h', 'dead'],
  ['HRANDFIELD', 'h'],
  ['HPERSIST', 'h', 'FIELDS', '1', 'late'],
  ['GET', 'dead'],
  ['RENAME', 's', 'other'],
  ['RENAME', 'z', 's'],
  ['COPY', 'z', 's', 'REPLACE'],
  ['MOVE', 's', '1'],
  ['SWAPDB', '0', '1'],
  ['FLUSHALL'],
  ['FUNCTION', 'FLUSH'],
  ['DEBUG', 'RELOAD'],
  ['EVAL', "redis.call('SET', 's', 'x') redis.call('DEL', 'z')", '0'],
]

t.test('what a command changes was written before', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock, config: [['enable-debug-command', 'yes']] })
  t.teardown(() => redis.close())
  const { server } = redis
  server.switches.cronPaused = true
  const wire = await redis.connect()
  for (const change of CHANGES) {
    await wire.call('FLUSHALL')
    await wire.call('FUNCTION', 'LOAD', 'REPLACE', LIBRARY)
    for (const line of PREPARED) await wire.call(...line.split(' '))
    clock.advance(10)
    server.keyspace.tick()
    const atOnce = snapshotBlocks(server)
    const digest = digestOfKeyspace(server.keyspace)
    const snapshot = new Snapshot(server)
    const moment = clock.now()
    await wire.call(...change)
    const blocks: Buffer[] = []
    snapshot.advance(block => blocks.push(Buffer.from(block)))
    t.equal(difference(blocks, atOnce, moment, digest), undefined, change.join(' '))
  }
})

const PREPARED = [
  'SET s text',
  'SET i 12',
  'SET mortal v PX 1000000',
  'SET dead v PX 5',
  'PFADD p a b c',
  'ZADD z 1 a 2 b',
  'HSET h late 1 dead 2 live 3',
  'HPEXPIRE h 5 FIELDS 1 dead',
  'HPEXPIRE h 5000 FIELDS 1 late',
  'XADD x 1-1 f v',
  'XADD x 1-2 f v',
  'XGROUP CREATE x g 0',
  'XREADGROUP GROUP g c1 COUNT 1 STREAMS x >',
]

t.test('what is kept is what has changed', async t => {
  const redis = await startServer({ config: [['enable-debug-command', 'yes']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('DEBUG', 'POPULATE', '2500', 'k', '1000')
  const snapshot = new Snapshot(redis.server)
  await wire.call('GET', 'k:1')
  t.equal(snapshot.keptBytes, 0)
  for (let i = 0; i < 300; i++) await wire.call('SET', `k:${i}`, 'new')
  t.equal(snapshot.keysDone, 300)
  const { keptBytes } = snapshot
  for (let i = 0; i < 300; i++) await wire.call('APPEND', `k:${i}`, 'new')
  t.equal(snapshot.keptBytes, keptBytes, 'once')
  snapshot.end()
  t.equal(snapshot.keptBytes, 0)
  await wire.call('SET', 'k:1000', 'new')
  t.equal(snapshot.keysDone, 300, 'nobody is held up for one that was given up')
  t.throws(() => snapshot.advance(() => {}), /given up/)
})

t.test('a fault of ours while a command is held up fails the snapshot alone', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('RPUSH', 'list', 'a')
  const value = redis.server.keyspace.get(0)?.peek('list')
  if (value === undefined) throw new Error('no list')
  const nodes = (): never => {
    throw new Error('planted')
  }
  Object.defineProperty(value, 'nodes', { configurable: true, value: nodes })
  const snapshot = new Snapshot(redis.server)
  t.equal(await wire.ask('RPUSH', 'list', 'b'), ':2')
  t.throws(() => snapshot.advance(() => {}), /planted/)
})

t.test('what is said in the head, and what is left out', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const { server } = redis
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  await wire.call('FUNCTION', 'LOAD', LIBRARY)
  const head = ['remark redis-ver 7.4.1', 'remark redis-bits 64', 'remark ctime', 'remark used-mem']
  const library = `library ${LIBRARY}`
  const [key = ''] = linesOf(server).slice(-1)
  t.match(key, /^0 k embstr /)
  t.strictSame(linesOf(server), [...head, 'remark aof-base 0', library, key])
  const remarks = [
    ['repl-stream-db', '3'],
    ['repl-id', 'a'.repeat(40)],
    ['repl-offset', '12345'],
  ] as const
  const base = linesOf(server, { isAofBase: true })
  t.strictSame(base, [...head, 'remark aof-base 1', library, key])
  server.replication.remarks = () => remarks
  t.strictSame(linesOf(server, { isAofBase: true }), base)
  t.strictSame(linesOf(server), [
    ...head,
    'remark repl-stream-db 3',
    `remark repl-id ${'a'.repeat(40)}`,
    'remark repl-offset 12345',
    'remark aof-base 0',
    library,
    key,
  ])
  server.replication.remarks = () => []
  t.strictSame(linesOf(server, { withoutKeys: true }), [...head, 'remark aof-base 0', library])
  t.strictSame(linesOf(server, { withoutFunctions: true }), [...head, 'remark aof-base 0', key])
})

const NO_74 = NO_REAL_SERVER || (realIsAtLeast(7, 4) ? false : 'needs a redis-server 7.4')

t.test('the head is that of a real server', { skip: NO_74 }, async t => {
  const ours = await startServer()
  const dir = t.testdir()
  const theirs = await startReal('--dir', dir, '--dbfilename', 'dump.rdb')
  t.teardown(() => Promise.all([ours.close(), theirs.close()]))
  const wire = await theirs.connect()
  await wire.call('SAVE')
  const fs = await import('node:fs')
  const { lines } = read(fs.readFileSync(`${dir}/dump.rdb`), () => ALL)
  t.strictSame(
    lines.map(line => line.replace(/^(remark (ctime|used-mem)) \d+$/, '$1')),
    linesOf(ours.server),
  )
  wire.close()
})

t.test('a snapshot from a socket, with what follows it', async t => {
  const redis = await startServer({ config: [['enable-debug-command', 'yes']] })
  const other = await startServer({ config: [['enable-debug-command', 'yes']] })
  t.teardown(() => Promise.all([redis.close(), other.close()]))
  const wire = await redis.connect()
  await wire.call('DEBUG', 'POPULATE', '3000')
  await wire.call('FUNCTION', 'LOAD', LIBRARY)
  const mark = 'f'.repeat(40)
  const remarks = [['repl-offset', '12345']] as const
  redis.server.replication.remarks = () => remarks
  const bytes = Buffer.concat([bytesOf(redis.server), Buffer.from(mark)])
  const again = await other.connect()
  await again.call('SET', 'old', 'v')
  const loading = new Loading(other.server, { flushes: true, merges: false })
  let at = 0
  while (!loading.push(bytes.subarray(at, at + 1000))) at += 1000
  t.equal(await again.ask('GET', 'old'), '$v', 'nothing changes before all is there')
  t.equal(`${loading.rest}${bytes.subarray(at + 1000)}`, mark)
  t.strictSame([...loading.remarks], remarks)
  loading.finish()
  t.equal(await again.ask('DEBUG', 'DIGEST'), await wire.ask('DEBUG', 'DIGEST'))
  t.equal(await again.ask('FCALL', 'f', '0'), ':7')
  t.equal(await again.ask('EXISTS', 'old'), ':0')
})
