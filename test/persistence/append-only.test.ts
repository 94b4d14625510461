// Append-only files: what is in the folder, how it is loaded, and what is said where it cannot be.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { StartError } from '../../src/host/config/directives.ts'
import { startRedis } from '../../src/index.ts'
import { openAppendOnlyWhileServing } from '../../src/redis.ts'
import {
  appended,
  digestOfFolder,
  filesIn,
  rewrite,
  rewritten,
  startInFolder,
  writeFolder,
} from '../helpers/append-only.ts'
import { cli } from '../helpers/cli.ts'
import { frozenClock } from '../helpers/clock.ts'
import { NO_REAL_SERVER, notSince, REAL_BINARY } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'

const BASE = 'appendonly.aof.1.base.rdb'
const INCR = 'appendonly.aof.1.incr.aof'
const MANIFEST = 'appendonly.aof.manifest'
const ONE_INCR = { [MANIFEST]: `file ${INCR} seq 1 type i\n` }

t.test('a folder, and what is written into it before the reply', async t => {
  const dir = t.testdir()
  const redis = await startInFolder(dir)
  t.teardown(() => redis.close())
  t.equal(filesIn(dir)[MANIFEST], `file ${BASE} seq 1 type b\nfile ${INCR} seq 1 type i\n`)
  t.match(filesIn(dir)[BASE], /^REDIS0012/)
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  t.equal(filesIn(dir)[INCR], appended('SELECT 0', 'SET k v'))
  await wire.call('GET', 'k')
  await wire.call('SELECT', '2')
  for (const words of [['MULTI'], ['INCR', 'a'], ['INCR', 'b'], ['EXEC']]) await wire.call(...words)
  await wire.call('PUBLISH', 'c', 'm')
  await wire.call(
    'EVAL',
    "redis.call('SPOP', 'none') redis.set_repl(2) redis.call('SET', 'x', 1)",
    '0',
  )
  t.equal(
    filesIn(dir)[INCR],
    appended('SELECT 0', 'SET k v', 'MULTI', 'SELECT 2', 'INCR a', 'INCR b', 'EXEC'),
  )
})

t.test('what was kept is found again', async t => {
  const dir = t.testdir()
  for (let i = 1; i <= 3; i++) {
    const redis = await startInFolder(dir)
    const wire = await redis.connect()
    t.equal(await wire.ask('INCR', 'i'), `:${i}`)
    t.equal(await wire.ask('RPUSH', 'l', `${i}`), `:${i}`)
    if (i === 2) await rewrite(wire)
    await redis.close()
  }
  t.strictSame(Object.keys(filesIn(dir)), [
    'appendonly.aof.2.base.rdb',
    'appendonly.aof.2.incr.aof',
    MANIFEST,
  ])
})

t.test('clients are told to wait while files are loaded', async t => {
  const dir = t.testdir()
  const clock = frozenClock()
  const many = Array.from({ length: 5000 }, (_, i) => `RPUSH l ${i}`)
  writeFolder(dir, {
    ...ONE_INCR,
    [INCR]: appended('SET k v', 'PEXPIREAT k 1', ...many, 'PERSIST k', 'INCR i'),
  })
  const config = [
    ['dir', dir],
    ['appendonly', 'yes'],
    ['key-load-delay', '1000'],
  ]
  const redis = await startServer({ clock, config })
  t.teardown(() => redis.close())
  const opened = openAppendOnlyWhileServing(redis.server)
  const wire = await redis.connect()
  t.equal(await wire.ask('GET', 'i'), '-LOADING Redis is loading the dataset in memory')
  const info = String(await wire.ask('INFO', 'persistence'))
  t.match(info, /loading:1\r\n/)
  t.match(info, /loading_loaded_perc:(?!100|0\.)/)
  let isOpen = false
  void opened.then(() => {
    isOpen = true
  })
  for (let i = 0; i < 1000 && !isOpen; i++) {
    clock.advance(100)
    await wire.ask('PING')
  }
  t.equal(await wire.ask('GET', 'k'), '$v', 'nothing had died')
  t.equal(await wire.ask('LLEN', 'l'), ':5000')
  t.equal(await wire.ask('INCR', 'i'), ':2')
})

t.test('what INFO says after a start', async t => {
  const dir = t.testdir()
  writeFolder(dir, { ...ONE_INCR, [INCR]: appended('SET a 1', 'SET b 2', 'INCR a') })
  const redis = await startInFolder(dir)
  t.teardown(() => redis.close())
  const info = String(await (await redis.connect()).ask('INFO', 'everything'))
  t.match(info, /rdb_changes_since_last_save:3\r\n/)
  t.match(info, /total_commands_processed:0\r\n/)
  t.match(info, /aof_current_size:\d{2}\r\naof_base_size:0\r\n/)
  t.notMatch(info, 'cmdstat_set')
})

t.test('a base of commands', async t => {
  const dir = t.testdir()
  const redis = await startInFolder(dir, { 'aof-use-rdb-preamble': 'no' })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const requests = [
    'SET s v',
    'SET e v PXAT 9999999999999',
    'RPUSH l a b',
    'SADD t 1 2',
    'ZADD z 1.5 m inf n',
    'HSET h f v',
    'HSET m f v g w',
    'HPEXPIREAT m 9999999999999 FIELDS 1 f',
    'XADD x 5-1 f v',
    'XGROUP CREATE x g 0',
    'XGROUP CREATECONSUMER x g c',
    'XADD empty 1-1 f v',
    'XDEL empty 1-1',
  ]
  for (const request of requests) await wire.call(...request.split(' '))
  const many = Array.from({ length: 100 }, (_, i) => `${i}`)
  await wire.call('RPUSH', 'many', ...many)
  await wire.call('FUNCTION', 'LOAD', "#!lua name=f\nredis.register_function('f', function() end)")
  await rewrite(wire)
  const base = filesIn(dir)['appendonly.aof.2.base.aof'] ?? ''
  for (const text of [
    appended('SET e v', 'PEXPIREAT e 9999999999999'),
    appended('RPUSH l a b'),
    appended('SADD t 1 2'),
    appended('ZADD z 1.5 m inf n'),
    appended('HMSET h f v'),
    appended('HPEXPIREAT m 9999999999999 FIELDS 1 f'),
    appended('XADD x 5-1 f v', 'XSETID x 5-1 ENTRIESADDED 1 MAXDELETEDID 0-0'),
    appended('XGROUP CREATE x g 0-0 ENTRIESREAD -1', 'XGROUP CREATECONSUMER x g c'),
    appended('XADD empty MAXLEN 0 0-1 x y', 'XSETID empty 1-1 ENTRIESADDED 1 MAXDELETEDID 1-1'),
    appended(`RPUSH many ${many.slice(0, 64).join(' ')}`, `RPUSH many ${many.slice(64).join(' ')}`),
    '$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n',
  ]) {
    t.ok(base.includes(text), JSON.stringify(text))
  }
  const before = await wire.ask('DEBUG', 'DIGEST')
  await wire.call('FUNCTION', 'FLUSH')
  t.equal(await wire.ask('DEBUG', 'LOADAOF'), '+OK')
  t.equal(await wire.ask('DEBUG', 'DIGEST'), before)
})

t.test('times of what is appended', async t => {
  const dir = t.testdir()
  const clock = frozenClock(1_700_000_000_000)
  const redis = await startInFolder(dir, { 'aof-timestamp-enabled': 'yes' }, { clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'a', '1')
  await wire.call('SET', 'b', '1')
  clock.advance(1000)
  await wire.call('SET', 'c', '1')
  t.equal(
    filesIn(dir)[INCR],
    `#TS:1700000000\r\n${appended('SELECT 0', 'SET a 1', 'SET b 1')}#TS:1700000001\r\n${appended('SET c 1')}`,
  )
})

t.test('what dies by itself is told, and is not dead before that while it is loaded', async t => {
  const dir = t.testdir()
  writeFolder(dir, { ...ONE_INCR, [INCR]: appended('RPUSH l a', 'PEXPIREAT l 1000', 'RPUSH l b') })
  const redis = await startInFolder(dir)
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  t.equal(await wire.ask('LLEN', 'l'), ':0')
  t.match(filesIn(dir)[INCR], new RegExp(`${appended('DEL l').replace(/[*$]/g, '\\$&')}$`))
})

t.test('a tail that is cut off', async t => {
  const requests = ['SET k 1', 'MULTI', 'INCR k', 'EXEC', 'INCR k']
  const whole = appended(...requests)
  /** Where it may be cut, and what is there then. */
  const values = new Map(
    [0, 1, 4, 5].map((count, i) => [appended(...requests.slice(0, count)).length, i]),
  )
  for (let length = 1; length < whole.length; length += 3) {
    const dir = t.testdir()
    writeFolder(dir, { ...ONE_INCR, [INCR]: whole.slice(0, length) })
    const log: string[] = []
    const redis = await startInFolder(dir, {}, { log: line => log.push(line) })
    const kept = filesIn(dir)[INCR]?.length ?? -1
    const next = [...values.keys()].find(end => end > kept) ?? Infinity
    t.ok(kept <= length && length < next, `${kept} of ${length}`)
    const wire = await redis.connect()
    t.equal(await wire.ask('GET', 'k'), kept === 0 ? '(nil)' : `$${values.get(kept)}`)
    await redis.close()
    if (kept < length) t.match(log.join('\n'), `Truncating the AOF ${INCR} at offset ${kept} !!!`)
  }
})

t.test('where that is not allowed, or it is not the last, there is no start', async t => {
  const cut = appended('SET k 1').slice(0, -1)
  const dir = t.testdir()
  writeFolder(dir, { ...ONE_INCR, [INCR]: cut })
  const start = (settings = {}) => startInFolder(dir, settings)
  await t.rejects(start({ 'aof-load-truncated': 'no' }), {
    message: `Unexpected end of file reading the append only file ${INCR}. You can: `,
  })
  const second = 'appendonly.aof.2.incr.aof'
  writeFolder(dir, {
    [MANIFEST]: `file ${INCR} seq 1 type i\nfile ${second} seq 2 type i\n`,
    [second]: '',
  })
  await t.rejects(start(), { message: 'Fatal error: the truncated file is not the last file' })
  t.equal(filesIn(dir)[INCR], cut, 'it is as it was')
})

t.test('files that are none', async t => {
  const rows: readonly (readonly [string, string])[] = [
    [
      `${appended('SET k 1')}!!!${appended('SET k 2')}`,
      `Bad file format reading the append only file ${INCR}: make a backup`,
    ],
    ['SET k 1\r\n', 'Bad file format'],
    ['*0\r\n', 'Bad file format'],
    ['*1\r\nPING\r\n', 'Bad file format'],
    [appended('SET k 1', 'BLA k 1'), `Unknown command 'BLA' reading the append only file ${INCR}`],
    [appended('XGROUP BLA k 1'), "Unknown command 'XGROUP' reading"],
    ['REDIS0012xxxxxxxxxxx', `Error reading the RDB base file ${INCR}, AOF loading aborted`],
  ]
  for (const [text, message] of rows) {
    const dir = t.testdir()
    writeFolder(dir, { ...ONE_INCR, [INCR]: text })
    await t.rejects(startInFolder(dir), { message }, JSON.stringify(text.slice(0, 20)))
    t.equal(filesIn(dir)[INCR], text)
  }
})

t.test('a word that says it is longer than the file is not waited for', async t => {
  const dir = t.testdir()
  writeFolder(dir, { ...ONE_INCR, [INCR]: `${appended('SET k 1')}*1\r\n$99999999999\r\nabc` })
  const redis = await startInFolder(dir)
  t.teardown(() => redis.close())
  t.equal(filesIn(dir)[INCR], appended('SET k 1'))
})

t.test('manifests', async t => {
  const rows: readonly (readonly [string, string])[] = [
    ['', 'Found an empty AOF manifest'],
    ['file a seq 1 type i', 'The AOF manifest file contains too long line'],
    [`file ${'a'.repeat(1100)} seq 1 type i\n`, 'The AOF manifest file contains too long line'],
    ['file a seq 1 type i\n\n', "at line 2\n>>> ''\nInvalid AOF manifest file format"],
    ['file a seq 1\n', 'Invalid AOF manifest file format'],
    ['file a seq 1 type i x\n', 'Invalid AOF manifest file format'],
    ['file a seq 0 type i\n', 'Invalid AOF manifest file format'],
    ['file ../a seq 1 type i\n', "File can't be a path, just a filename"],
    ['file a seq 1 type b\nfile b seq 2 type b\n', 'Found duplicate base file information'],
    ['file a seq 2 type i\nfile b seq 1 type i\n', 'Found a non-monotonic sequence number'],
    ['file a seq 1 type x\n', 'Unknown AOF file type'],
    [
      `file ${INCR} seq 1 type i\n`,
      `Unable to obtain the AOF file ${INCR} length. stat: No such file or directory`,
    ],
  ]
  for (const [text, message] of rows) {
    const dir = t.testdir()
    writeFolder(dir, { [MANIFEST]: text })
    await t.rejects(startInFolder(dir), { name: 'StartError', message }, message)
  }
  const dir = t.testdir()
  const manifest = 'two words.manifest'
  writeFolder(dir, {
    [manifest]: '# a comment\nFILE "two words" new thing SEQ 7 type i\n',
    'two words': appended('SET k 1'),
  })
  const redis = await startInFolder(dir, { appendfilename: 'two words' })
  const wire = await redis.connect()
  t.equal(await wire.ask('GET', 'k'), '$1')
  await rewrite(wire)
  t.equal(
    filesIn(dir)[manifest],
    'file "two words.1.base.rdb" seq 1 type b\nfile "two words.8.incr.aof" seq 8 type i\n',
  )
  await redis.close()
})

t.test('the one file of old is taken into the folder', async t => {
  for (const begins of ['commands', 'a snapshot']) {
    const dir = t.testdir({ new: {}, old: {} })
    const other = await startInFolder(path.join(dir, 'new'))
    await other.close()
    const old = path.join(dir, 'old')
    const head = begins === 'commands' ? '' : filesIn(path.join(dir, 'new'))[BASE]
    fs.writeFileSync(path.join(old, 'appendonly.aof'), head + appended('SET k 1'), 'latin1')
    const redis = await startInFolder(old)
    const wire = await redis.connect()
    t.equal(await wire.ask('GET', 'k'), '$1', begins)
    t.equal(filesIn(old)[MANIFEST], `file appendonly.aof seq 1 type b\nfile ${INCR} seq 1 type i\n`)
    t.notOk(fs.existsSync(path.join(old, 'appendonly.aof')))
    await redis.close()
  }
})

t.test('on and off while it runs', async t => {
  const dir = t.testdir()
  const redis = await startInFolder(dir, { appendonly: 'no' })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'a', '1')
  t.strictSame(filesIn(dir), {})
  t.equal(await wire.ask('CONFIG', 'SET', 'appendonly', 'yes'), '+OK')
  await wire.call('SET', 'b', '2')
  t.match(filesIn(dir), { 'temp-appendonly.aof.incr': appended('SELECT 0', 'SET b 2') })
  await rewritten(wire)
  t.equal(filesIn(dir)[INCR], appended('SELECT 0', 'SET b 2'))
  t.match(await wire.ask('INFO', 'persistence'), 'aof_enabled:1')
  await wire.call('CONFIG', 'SET', 'appendonly', 'no')
  await wire.call('SET', 'c', '3')
  t.equal(filesIn(dir)[INCR], appended('SELECT 0', 'SET b 2'))
  t.notMatch(await wire.ask('INFO', 'persistence'), 'aof_current_size')
  for (const words of [['MULTI'], ['CONFIG', 'SET', 'appendonly', 'yes'], ['SET', 'd', '4']]) {
    await wire.call(...words)
  }
  await wire.call('EXEC')
  await rewritten(wire)
  await wire.call('SET', 'e', '5')
  t.equal(await digestOfFolder(dir), String(await wire.ask('DEBUG', 'DIGEST')).slice(1))
})

t.test('a loss leads to a file that is true', async t => {
  const dir = t.testdir()
  const redis = await startRedis({ tls: false, config: { dir, appendonly: 'yes' } })
  redis.seed({ a: '1', l: ['x'] })
  const state = redis.snapshot()
  redis.seed({ a: '2' })
  redis.restore(state)
  redis.db().seed({ b: '3' })
  await redis.close()
  const again = await startRedis({ tls: false, config: { dir, appendonly: 'yes' } })
  t.strictSame(
    [again.db().string('a'), again.db().string('b'), again.db().list('l')],
    ['1', '3', ['x']],
  )
  await again.close()
})

t.test('the library: only with a folder, and a fork keeps nothing', async t => {
  const dir = t.testdir()
  const log: string[] = []
  const lone = await startRedis({ config: { appendonly: true }, log: line => log.push(line) })
  t.match(log.join('\n'), "This server does not do what 'appendonly yes' asks for")
  await lone.close()
  const redis = await startRedis({ config: { dir, appendonly: true } })
  redis.seed({ a: '1' })
  const before = filesIn(dir)
  const fork = await redis.fork()
  fork.seed({ b: '2' })
  t.equal(fork.db().string('a'), '1')
  await fork.close()
  t.strictSame(filesIn(dir), before)
  await redis.close()
  writeFolder(dir, { [INCR]: 'rubbish' })
  await t.rejects(startRedis({ config: { dir, appendonly: true } }), StartError)
})

t.test('a library without AOF touches no disk', async t => {
  const dir = t.testdir()
  const redis = await startServer({ config: [['dir', dir]] })
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  t.equal(await wire.ask('BGREWRITEAOF'), '+Background append only file rewriting started')
  t.strictSame(fs.readdirSync(dir), [])
  await redis.close()
})

/** For a program that keeps its files in a folder, and listens there alone. */
function programWords(dir: string): readonly string[] {
  const socket = path.join(dir, 's')
  return ['--port', '0', '--dir', dir, '--appendonly', 'yes', '--unixsocket', socket]
}

t.test('the program ends where it cannot load', async t => {
  const dir = t.testdir()
  writeFolder(dir, { ...ONE_INCR, [INCR]: '!!!' })
  const ours = await cli(programWords(dir))
  t.match(ours, { status: 1, stdout: `# Bad file format reading the append only file ${INCR}: ` })
})

t.test('a real server says the same', { skip: notSince([7, 4]) }, async t => {
  const rows: readonly Readonly<Record<string, string>>[] = [
    { ...ONE_INCR, [INCR]: '!!!' },
    { ...ONE_INCR, [INCR]: appended('BLA k') },
    { ...ONE_INCR },
    { [MANIFEST]: 'file a seq 1\n' },
    { [MANIFEST]: '' },
    { [MANIFEST]: 'file b seq 1 type i\nfile a seq 1 type i\n' },
  ]
  for (const files of rows) {
    const dir = t.testdir()
    writeFolder(dir, files)
    const error: unknown = await startInFolder(dir).catch(error => error)
    const lines = error instanceof StartError ? error.lines : []
    const { stdout, status } = spawnSync(REAL_BINARY, programWords(dir), { encoding: 'utf8' })
    t.equal(status, 1)
    t.ok(lines.length > 0)
    for (const line of lines) t.match(stdout, line)
  }
})

t.test('redis-check-aof finds no fault', { skip: NO_REAL_SERVER || notSince([7, 4]) }, async t => {
  const dir = t.testdir()
  const redis = await startInFolder(dir)
  const wire = await redis.connect()
  for (let i = 0; i < 100; i++) await wire.call('SET', `k${i}`, 'v')
  await rewrite(wire)
  for (let i = 0; i < 100; i++) await wire.call('INCR', `i${i}`)
  await redis.close()
  const check = path.join(path.dirname(REAL_BINARY), 'redis-check-aof')
  const { stdout, status } = spawnSync(check, [path.join(dir, 'appendonlydir', MANIFEST)], {
    encoding: 'utf8',
  })
  t.equal(status, 0, stdout)
  t.match(stdout, 'All AOF files and manifest are valid')
})
