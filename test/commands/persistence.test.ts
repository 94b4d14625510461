import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { BackgroundSaves } from '../../src/persistence/background-save.ts'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { save } from '../../src/persistence/saving.ts'
import { frozenClock } from '../helpers/clock.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import type { Wire } from '../helpers/wire.ts'

const DEBUG = ['enable-debug-command', 'yes']

/** Something of every type, in every encoding, with all that a snapshot has to keep. */
async function fill(wire: Wire): Promise<void> {
  const long = 'x'.repeat(100)
  const commands: readonly (readonly string[])[] = [
    ['MSET', 's', 'text', 'i', '12345', 'l', `${long}${long}`, '', '\x00\r\n\xff'],
    ['RPUSH', 'list', 'a', '1', 'b'],
    ['RPUSH', 'long-list', ...Array.from({ length: 300 }, (_, i) => `${long}${i}`)],
    ['SADD', 'integers', '3', '1', '2'],
    ['SADD', 'set', 'b', 'a', '1'],
    ['SADD', 'long-set', long],
    ['ZADD', 'zset', '1', 'a', '2.5', 'b'],
    ['ZADD', 'long-zset', '-inf', long, '3', 'b'],
    ['HSET', 'hash', 'f', 'v', 'g', 'w'],
    ['HPEXPIREAT', 'hash', '3000000000000', 'FIELDS', '1', 'g'],
    ['HSET', 'long-hash', 'f', long],
    ['XADD', 'stream', '1-1', 'a', 'b'],
    ['XADD', 'stream', '1-2', 'a', 'c'],
    ['XGROUP', 'CREATE', 'stream', 'g', '0'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', 'stream', '>'],
    ['SET', 'mortal', 'v', 'PXAT', '3000000000000'],
    ['SELECT', '9'],
    ['SET', 'other', 'database'],
    ['SELECT', '0'],
    ['FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 7 end)"],
  ]
  for (const words of commands) {
    const reply = await wire.ask(...words)
    if (typeof reply === 'string' && reply.startsWith('-')) throw new Error(`${words}: ${reply}`)
  }
}

async function encodingsOf(wire: Wire): Promise<string> {
  const keys = [...((await wire.ask('KEYS', '*')) as string[])].sort()
  const shown = keys.map(key => wire.ask('OBJECT', 'ENCODING', key.slice(1)))
  return (await Promise.all(shown)).join(' ')
}

t.test('DEBUG RELOAD keeps everything', async t => {
  const redis = await startServer({ config: [DEBUG] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await fill(wire)
  const encodings = await encodingsOf(wire)
  const digest = await wire.ask('DEBUG', 'DIGEST')
  for (const words of [
    ['RELOAD'],
    ['LOADAOF'],
    ['RELOAD', 'NOSAVE'],
    ['RELOAD', 'MERGE', 'NOFLUSH'],
  ]) {
    t.equal(await wire.ask('DEBUG', ...words), '+OK', words.join(' '))
    t.equal(await wire.ask('DEBUG', 'DIGEST'), digest)
    t.equal(await encodingsOf(wire), encodings)
  }
  t.equal(await wire.ask('FCALL', 'f', '0'), ':7')
  t.strictSame(await wire.ask('XPENDING', 'stream', 'g'), [':1', '$1-1', '$1-1', [['$c', '$1']]])
  t.equal(await wire.ask('PEXPIRETIME', 'mortal'), ':3000000000000')
  t.strictSame(await wire.ask('HPEXPIRETIME', 'hash', 'FIELDS', '1', 'g'), [':3000000000000'])
  t.match(await wire.ask('INFO', 'persistence'), /rdb_changes_since_last_save:0/)
  t.match(await wire.ask('DEBUG', 'RELOAD', 'NOFLUSH'), /-ERR Error trying to load the RDB dump/)
  t.equal(await wire.ask('DEBUG', 'DIGEST'), digest)
})

t.test(
  'DEBUG RELOAD leaves out what is dead, and forgets what has changed since NOSAVE',
  async t => {
    const clock = frozenClock()
    const redis = await startServer({ clock, config: [DEBUG] })
    t.teardown(() => redis.close())
    const wire = await redis.connect()
    await wire.ask('SET', 'a', '1')
    await wire.ask('SET', 'b', '1', 'PX', '1000')
    await wire.ask('DEBUG', 'RELOAD')
    await wire.ask('SET', 'c', '1')
    clock.advance(1001)
    await wire.ask('DEBUG', 'RELOAD', 'NOSAVE')
    t.strictSame(await wire.ask('KEYS', '*'), ['$a'])
    t.match(
      await wire.ask('INFO', 'persistence'),
      /rdb_last_load_keys_expired:1\r\nrdb_last_load_keys_loaded:1/,
    )
  },
)

t.test('encodings follow the limits at the time of loading', async t => {
  const redis = await startServer({ config: [DEBUG] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('HSET', 'h', 'a', '1', 'b', '2')
  await wire.ask('SADD', 's', '1', '2')
  await wire.ask('ZADD', 'z', '1', 'a', '2', 'b')
  await wire.ask('CONFIG', 'SET', 'hash-max-listpack-entries', '1')
  await wire.ask('CONFIG', 'SET', 'set-max-intset-entries', '1')
  await wire.ask('CONFIG', 'SET', 'zset-max-listpack-entries', '1')
  t.equal(await encodingsOf(wire), '$listpack $intset $listpack')
  await wire.ask('DEBUG', 'RELOAD')
  t.equal(await encodingsOf(wire), '$hashtable $hashtable $skiplist')
})

transcript(t, 'the words of the save commands', [
  ['SAVE', '+OK'],
  ['BGSAVE WHAT', '-ERR syntax error'],
  ['BGSAVE SCHEDULE NOW', '-ERR syntax error'],
])

t.test('the library writes no file', async t => {
  const dir = t.testdir()
  const redis = await startServer({ config: [DEBUG, ['dir', dir]] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('SET', 'k', 'v')
  t.equal(await wire.ask('SAVE'), '+OK')
  t.equal(await wire.ask('BGSAVE'), '+Background saving started')
  t.equal(await wire.ask('DEBUG', 'RELOAD'), '+OK')
  t.equal(await wire.ask('GET', 'k'), '$v')
  t.strictSame(fs.readdirSync(dir), [])
})

/** A server as the command line starts it with --dir. */
async function startOnDisk(dir: string, ...config: string[][]): Promise<TestServer> {
  const lines: string[] = []
  const redis = await startServer({
    config: [DEBUG, ['dir', dir], ...config],
    log: line => lines.push(line),
  })
  redis.server.persistence.onDisk = true
  if (!(await loadWhileServing(redis.server))) {
    await redis.close()
    throw new Error(lines.join('\n'))
  }
  return redis
}

t.test('a snapshot on disk is what the next server starts with', async t => {
  const dir = t.testdir()
  const first = await startOnDisk(dir, ['dbfilename', 'data.rdb'])
  const wire = await first.connect()
  await fill(wire)
  const digest = await wire.ask('DEBUG', 'DIGEST')
  t.equal(await wire.ask('SAVE'), '+OK')
  await first.close()
  t.strictSame(fs.readdirSync(dir), ['data.rdb'])
  const second = await startOnDisk(dir, ['dbfilename', 'data.rdb'])
  t.teardown(() => second.close())
  const again = await second.connect()
  t.equal(await again.ask('DEBUG', 'DIGEST'), digest)
  t.equal(await again.ask('FCALL', 'f', '0'), ':7')
})

t.test('a file that is broken is not loaded, not even in part', async t => {
  const dir = t.testdir()
  const redis = await startOnDisk(dir)
  const wire = await redis.connect()
  await wire.ask('SET', 'k', 'value')
  await wire.ask('SAVE')
  await redis.close()
  const file = path.join(dir, 'dump.rdb')
  const whole = fs.readFileSync(file)
  const broken = Buffer.from(whole)
  // The last byte of the value.
  broken[whole.length - 10]! ^= 1
  for (const [bytes, reason] of [
    [whole.subarray(0, -12), /Short read or OOM loading DB/],
    [broken, /Wrong RDB checksum expected: \([0-9a-f]+\) but got/],
    [Buffer.from('WRONG0011'), /Wrong signature trying to load DB from file/],
    [Buffer.from('REDIS9999'), /Can't handle RDB format version 9999/],
    [Buffer.alloc(0), /Unexpected EOF reading RDB file/],
  ] as const) {
    fs.writeFileSync(file, bytes)
    await t.rejects(startOnDisk(dir), reason)
  }
})

t.test('what cannot be saved is said, and stops writes once a save point wanted it', async t => {
  const clock = frozenClock()
  const dir = t.testdir({ in: {} })
  const redis = await startServer({
    clock,
    config: [DEBUG, ['dir', path.join(dir, 'in')], ['save', '10', '1']],
  })
  t.teardown(() => redis.close())
  const { server } = redis
  server.persistence.onDisk = true
  const wire = await redis.connect()
  await wire.ask('SET', 'k', 'v')
  fs.rmdirSync(path.join(dir, 'in'))
  t.equal(await wire.ask('SAVE'), '-ERR')
  t.equal(await wire.ask('SET', 'k', 'v'), '+OK')
  const saves = server.feature(BackgroundSaves)
  const saveWhenDue = async (): Promise<void> => {
    saves.startWhenDue()
    while (server.persistence.child !== undefined) await wire.ask('ECHO', 'wait')
  }
  await saveWhenDue()
  t.equal(await wire.ask('SET', 'k', 'v'), '+OK', 'it is not due yet')
  clock.advance(11_000)
  await saveWhenDue()
  t.match(await wire.ask('SET', 'k', 'v'), /^-MISCONF Redis is configured to save RDB snapshots/)
  t.equal(await wire.ask('GET', 'k'), '$v')
  t.match(await wire.ask('INFO', 'persistence'), /rdb_last_bgsave_status:err/)
  fs.mkdirSync(path.join(dir, 'in'))
  await saveWhenDue()
  t.match(await wire.ask('SET', 'k', 'v'), /^-MISCONF/, 'it is not tried again at once')
  clock.advance(6000)
  await saveWhenDue()
  t.equal(await wire.ask('SET', 'k', 'v'), '+OK')
})

const NO_74 = NO_REAL_SERVER || (realIsAtLeast(7, 4) ? false : 'needs a redis-server 7.4')

t.test('files go to a real server and come back', { skip: NO_74 }, async t => {
  const dir = t.testdir()
  const ours = await startOnDisk(dir, ['dbfilename', 'ours.rdb'])
  const wire = await ours.connect()
  await fill(wire)
  const digest = await wire.ask('DEBUG', 'DIGEST')
  t.ok(save(ours.server))
  await ours.close()
  const real = await startReal('--dir', dir, '--dbfilename', 'ours.rdb')
  const theirs = await real.connect()
  t.equal(await theirs.ask('DEBUG', 'DIGEST'), digest)
  t.equal(await theirs.ask('FCALL', 'f', '0'), ':7')
  t.equal(await theirs.ask('SAVE'), '+OK')
  await real.close()
  const back = await startOnDisk(dir, ['dbfilename', 'ours.rdb'])
  t.teardown(() => back.close())
  const again = await back.connect()
  t.equal(await again.ask('DEBUG', 'DIGEST'), digest)
  t.equal(await again.ask('FCALL', 'f', '0'), ':7')
})

transcript(t, 'what saves in the background, and when it did', [
  ['LASTSAVE', ANY, 'shape'],
  ['LASTSAVE x', "-ERR wrong number of arguments for 'lastsave' command"],
  ['BGREWRITEAOF x', "-ERR wrong number of arguments for 'bgrewriteaof' command"],
  ['SHUTDOWN ABORT', '-ERR No shutdown in progress.'],
  ['SHUTDOWN NOSUCH', '-ERR syntax error'],
  ['SHUTDOWN SAVE NOSAVE', '-ERR syntax error'],
  ['SHUTDOWN NOW ABORT', '-ERR syntax error'],
  ['SHUTDOWN ABORT NOW', '-ERR syntax error'],
  ['SAVE x', "-ERR wrong number of arguments for 'save' command"],
  ['MULTI', '+OK'],
  ['SHUTDOWN NOSUCH', '-ERR Command not allowed inside a transaction'],
  ['SAVE', '-ERR Command not allowed inside a transaction'],
  ['BGSAVE WHAT', '+QUEUED'],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  [
    'EVAL "return redis.call(\'SAVE\')" 0',
    '-ERR This Redis command is not allowed from script script: a2826b0e74687a2df4da3a2634d5b29c092a240a, on @user_script:1.',
  ],
  [
    'EVAL "return redis.call(\'SHUTDOWN\')" 0',
    '-ERR This Redis command is not allowed from script script: 3f015a397180968e42a7299b68bb00dfc94f51e3, on @user_script:1.',
  ],
])

t.test('there is no append-only file to be rewritten', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  t.equal(await wire.ask('BGREWRITEAOF'), '+Background append only file rewriting started')
  const info = await wire.ask('INFO', 'persistence')
  t.match(info, 'aof_enabled:0\r')
  t.match(info, 'aof_rewrite_in_progress:0\r')
})

t.test('what expires or is evicted is no change that waits to be saved', async t => {
  const check = async (t: Test, server: { connect(): Promise<Wire> }): Promise<void> => {
    const wire = await server.connect()
    const unsaved = async (): Promise<number> => {
      const info = String(await wire.ask('INFO', 'persistence'))
      return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1])
    }
    await wire.call('MSET', 'a', '1', 'b', '2')
    await wire.call('SET', 'k', 'v', 'PXAT', '1000')
    t.equal(await unsaved(), 3)
    await wire.call('GET', 'k')
    t.equal(await unsaved(), 3)
    await wire.call('SET', 'k', 'v', 'PXAT', '1000')
    await wire.call('INCR', 'k')
    t.equal(await unsaved(), 5)
    await wire.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
    await wire.call('CONFIG', 'SET', 'maxmemory', '1')
    await wire.call('GET', 'k')
    t.equal(await wire.ask('DBSIZE'), ':0')
    t.equal(await unsaved(), 5)
  }
  await t.test('here', async t => {
    const ours = await startServer()
    t.teardown(() => ours.close())
    await check(t, ours)
  })
  await t.test('on a real server', { skip: NO_REAL_SERVER }, async t => {
    const real = await startReal()
    t.teardown(() => real.close())
    await check(t, real)
  })
})
