// Rewrites of append-only files: what happens meanwhile, when they begin by themselves, and what is
// known of fsyncs.

import t, { type Test } from 'tap'
import {
  appended,
  digestOfFolder,
  filesIn,
  rewrite,
  rewritten,
  startInFolder,
} from '../helpers/append-only.ts'
import { BrokenDisk } from '../helpers/broken-disk.ts'
import { frozenClock } from '../helpers/clock.ts'

const INCR = 'appendonly.aof.1.incr.aof'
const SECOND = 'appendonly.aof.2.incr.aof'
const MANIFEST = 'appendonly.aof.manifest'

/** A server whose rewrites get on by a key a second. */
async function startSlow(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const dir = t.testdir()
  const log: string[] = []
  const clock = frozenClock()
  const slow = { 'rdb-key-save-delay': '1000000', ...settings }
  const redis = await startInFolder(dir, slow, { clock, log: line => log.push(line) })
  t.teardown(() => redis.close())
  // As the program does it.
  redis.server.persistence.onDisk = true
  const wire = await redis.connect()
  for (const key of ['a', 'b', 'c']) await wire.call('SET', key, '1')
  const info = async () => String(await wire.ask('INFO', 'persistence'))
  const finish = async (): Promise<void> => {
    while (/in_progress:1/.test(await info())) clock.advance(1000)
  }
  return { dir, log, clock, wire, info, finish, redis }
}

t.test('writes go on while files are rewritten', async t => {
  const { dir, wire, info, finish } = await startSlow(t)
  t.equal(await wire.ask('BGREWRITEAOF'), '+Background append only file rewriting started')
  await wire.call('INCR', 'a')
  await wire.call('DEL', 'c')
  await wire.call('SET', 'd', '1')
  t.match(await info(), 'aof_rewrite_in_progress:1')
  t.match(await info(), 'rdb_bgsave_in_progress:0')
  t.equal(
    await wire.ask('BGREWRITEAOF'),
    '-ERR Background append only file rewriting already in progress',
  )
  t.match(await wire.ask('BGSAVE'), '-ERR Another child process is active (AOF?)')
  t.equal(filesIn(dir)[SECOND], appended('SELECT 0', 'INCR a', 'DEL c', 'SET d 1'))
  t.match(filesIn(dir)[MANIFEST], `file ${INCR} seq 1 type i\nfile ${SECOND} seq 2 type i\n`)
  const digest = String(await wire.ask('DEBUG', 'DIGEST')).slice(1)
  t.equal(await digestOfFolder(dir), digest, 'before')
  await finish()
  t.equal(await digestOfFolder(dir), digest, 'after')
  t.equal(
    filesIn(dir)[MANIFEST],
    `file appendonly.aof.2.base.rdb seq 2 type b\nfile ${SECOND} seq 2 type i\n`,
  )
  t.match(await info(), /aof_rewrites:1\r\n/)
})

t.test('a rewrite waits for a save', async t => {
  const { clock, wire, info, finish } = await startSlow(t)
  await wire.call('BGSAVE')
  t.equal(await wire.ask('BGREWRITEAOF'), '+Background append only file rewriting scheduled')
  t.match(await info(), 'aof_rewrite_scheduled:1')
  await finish()
  clock.advance(100)
  await finish()
  t.match(await info(), 'aof_rewrite_scheduled:0')
  t.match(await info(), /aof_rewrites:1\r\n/)
})

t.test('switching off ends a rewrite; switching on ends one that nobody waits for', async t => {
  const { dir, log, wire, info, finish } = await startSlow(t)
  await wire.call('BGREWRITEAOF')
  await wire.call('CONFIG', 'SET', 'appendonly', 'no')
  t.match(log.at(-1), 'Killing running AOF rewrite child: ')
  t.match(await info(), 'aof_rewrite_in_progress:0')
  await wire.call('SET', 'x', '1')
  await wire.call('BGREWRITEAOF')
  await wire.call('CONFIG', 'SET', 'appendonly', 'yes')
  t.match(log.join('\n'), 'Stopping background AOF and starting a rewrite now.')
  await wire.call('SET', 'y', '1')
  t.equal(filesIn(dir)['temp-appendonly.aof.incr'], appended('SELECT 0', 'SET y 1'))
  await finish()
  t.notOk('temp-appendonly.aof.incr' in filesIn(dir))
  t.equal(await digestOfFolder(dir), String(await wire.ask('DEBUG', 'DIGEST')).slice(1))
})

t.test('a loss in the middle of a rewrite', async t => {
  const { dir, wire, redis } = await startSlow(t)
  await wire.call('BGREWRITEAOF')
  redis.server.keyspace.flush(redis.server.keyspace.databases)
  redis.server.effects.lose()
  redis.server.endTurn()
  await wire.call('SET', 'only', '1')
  t.equal(await digestOfFolder(dir), String(await wire.ask('DEBUG', 'DIGEST')).slice(1))
})

t.test('files that have grown are rewritten', async t => {
  const dir = t.testdir()
  const log: string[] = []
  const clock = frozenClock()
  const settings = { 'auto-aof-rewrite-percentage': '100', 'auto-aof-rewrite-min-size': '1000' }
  const redis = await startInFolder(dir, settings, { clock, log: line => log.push(line) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await rewrite(wire)
  await wire.call('SET', 'k', 'x'.repeat(500))
  clock.advance(100)
  t.notMatch(log.join('\n'), 'Starting automatic')
  await wire.call('SET', 'k', 'x'.repeat(900))
  clock.advance(100)
  t.match(log.join('\n'), /Starting automatic rewriting of AOF on \d{3,}% growth/)
  await rewritten(wire)
  t.match(await wire.ask('INFO', 'persistence'), /aof_rewrites:2\r\n/)
})

t.test('a rewrite that keeps failing is tried again later and later', async t => {
  const dir = t.testdir()
  const log: string[] = []
  const clock = frozenClock()
  const settings = { 'auto-aof-rewrite-percentage': '1', 'auto-aof-rewrite-min-size': '10' }
  const redis = await startInFolder(dir, settings, { clock, log: line => log.push(line) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'x'.repeat(500))
  const disk = new BrokenDisk().breaks('write', 1)
  t.teardown(() => disk.repair())
  const isOver = async (): Promise<boolean> =>
    /in_progress:0/.test(String(await wire.ask('INFO', 'persistence')))
  const failures = () => log.filter(line => line.includes('terminated with error')).length
  for (let i = 0; i < 5; i++) {
    clock.advance(100)
    while (!(await isOver()));
  }
  t.equal(failures(), 3)
  t.match(log.at(-1), 'triggered the limit, will retry in 1 minutes')
  clock.advance(60_000)
  while (!(await isOver()));
  t.equal(failures(), 4)
  clock.advance(1000)
  t.match(log.at(-1), 'will retry in 2 minutes')
  t.equal(await wire.ask('SET', 'k', '1'), '+OK')
  t.equal(await digestOfFolder(dir), String(await wire.ask('DEBUG', 'DIGEST')).slice(1))
})

t.test('what is on the disk', async t => {
  for (const policy of ['always', 'everysec', 'no']) {
    const dir = t.testdir()
    const clock = frozenClock()
    const redis = await startInFolder(dir, { appendfsync: policy }, { clock })
    const { appendOnly } = redis.server.persistence
    const wire = await redis.connect()
    const told = new Promise<void>(resolve => appendOnly?.onFsync(resolve))
    await wire.call('SET', 'k', 'v')
    const taken = appended('SELECT 0', 'SET k v').length
    t.equal(appendOnly?.takenOffset, taken)
    t.equal(appendOnly?.fsyncedOffset, policy === 'always' ? taken : 0, policy)
    clock.advance(1000)
    if (policy !== 'no') {
      await told
      t.equal(appendOnly?.fsyncedOffset, taken, policy)
    }
    await redis.close()
  }
})
