// The command line as scripts see it: the lines it logs, how it fails, how it ends.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { VERSION } from '../../src/version.ts'
import { freePort } from '../helpers/real.ts'
import { PROGRAM } from '../helpers/typescript.ts'
import { encode, Wire } from '../helpers/wire.ts'

interface Run {
  readonly child: ChildProcess
  /** Standard output and error so far. */
  readonly output: () => string
  readonly ended: Promise<number | null>
  until(text: string): Promise<void>
}

function runCli(cwd: string, ...words: readonly string[]): Run {
  const child = spawn(process.execPath, [...PROGRAM, ...words], { cwd })
  let output = ''
  let hear = (): void => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
      hear()
    })
  }
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  return {
    child,
    output: () => output,
    ended,
    until: text =>
      new Promise((resolve, reject) => {
        hear = () => {
          if (output.includes(text)) resolve()
        }
        hear()
        void ended.then(() => reject(new Error(`Ended without ${text}: ${output}`)))
      }),
  }
}

/** The log without process id, time and level. */
function messages(output: string): string[] {
  return output
    .trimEnd()
    .split('\n')
    .map(line => line.replace(/^\d+:[CM] \d+ \w+ \d+ [\d:.]+ ([.*#-]) /, '$1 '))
}

t.test('it starts, serves, rewrites its file and ends as redis-server does', async t => {
  const folder = t.testdir({
    'redis.conf': 'include conf.d/*.conf\nuser alice on >pw ~* +@all\nrename-command GET FETCH\n',
    'conf.d': { 'a.conf': 'timeout 77\n', 'b.conf': 'save "900 1"\n' },
  })
  const port = await freePort()
  const run = runCli(folder, 'redis.conf', '--port', String(port), '--pidfile', 'redis.pid')
  t.teardown(() => run.child.kill('SIGKILL'))
  await run.until('Ready to accept connections tcp')
  t.strictSame(
    messages(run.output()).map(line => line.replace(/\d{2,}/, 'N')),
    [
      '* oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
      '* Redis version=7.4.1, bits=N, commit=00000000, modified=0, ' +
        `pid=${run.child.pid}, just started`,
      '* Configuration loaded',
      '* monotonic clock: POSIX clock_gettime',
      '* Running mode=standalone, port=N.',
      '* Server initialized',
      // Its own: redis-server would save into the folder that it was started in.
      '# No snapshot is written to a file, or read from one, as long as no `dir` is set.',
      '* Ready to accept connections tcp',
    ],
  )
  t.equal(fs.readFileSync(path.join(folder, 'redis.pid'), 'utf8'), `${run.child.pid}\n`)
  const wire = await Wire.connect(port)
  t.strictSame(await wire.ask('CONFIG', 'GET', 'timeout'), ['$timeout', '$77'])
  t.strictSame(await wire.ask('CONFIG', 'GET', 'save'), ['$save', '$900 1'])
  t.strictSame(await wire.ask('CONFIG', 'GET', 'dir'), ['$dir', `$${fs.realpathSync(folder)}`])
  t.match(await wire.ask('GET', 'k'), "-ERR unknown command 'GET'")
  t.equal(await wire.ask('FETCH', 'k'), '(nil)')
  t.equal(await wire.ask('AUTH', 'alice', 'pw'), '+OK')
  t.equal(await wire.ask('CONFIG', 'SET', 'maxmemory', '3mb'), '+OK')
  t.equal(await wire.ask('CONFIG', 'REWRITE'), '+OK')
  const written = fs.readFileSync(path.join(folder, 'redis.conf'), 'utf8')
  t.match(written, /^include conf\.d\/\*\.conf\nuser alice on .*\nrename-command GET FETCH\n/)
  t.match(written, /\nmaxmemory 3mb\n/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  await wire.closed
  const last = messages(run.output()).slice(-4)
  t.match(last[0], /^\d+:signal-handler \(\d+\) Received SIGTERM scheduling shutdown\.\.\.$/)
  t.strictSame(last.slice(1), [
    '* User requested shutdown...',
    '* Removing the pid file.',
    '# Redis is now ready to exit, bye bye...',
  ])
  t.notOk(fs.existsSync(path.join(folder, 'redis.pid')))
})

t.test(
  'a shutdown can be called off, and does not happen where the data would be lost',
  async t => {
    const folder = t.testdir()
    const port = await freePort()
    const words = [
      '--dir',
      folder,
      '--port',
      `${port}`,
      '--enable-debug-command',
      'yes',
      '--save',
      '900 1',
    ]
    const run = runCli(folder, ...words)
    t.teardown(() => run.child.kill('SIGKILL'))
    await run.until('Ready to accept connections tcp')
    const wire = await Wire.connect(port)
    t.equal(await wire.ask('SHUTDOWN', 'ABORT'), '-ERR No shutdown in progress.')
    await wire.ask('DEBUG', 'PAUSE-CRON', '1')
    run.child.kill('SIGTERM')
    await run.until('Received SIGTERM scheduling shutdown')
    t.equal(await wire.ask('SHUTDOWN', 'ABORT'), '+OK')
    await run.until('Shutdown manually aborted.')
    await wire.ask('DEBUG', 'PAUSE-CRON', '0')
    // A folder is where the snapshot should be.
    fs.mkdirSync(path.join(folder, 'dump.rdb'))
    t.equal(await wire.ask('SHUTDOWN'), '-ERR Errors trying to SHUTDOWN. Check logs.')
    run.child.kill('SIGTERM')
    await run.until('Received SIGTERM scheduling shutdown')
    await run.until("Error trying to save the DB, can't exit.")
    t.equal(await wire.ask('PING'), '+PONG')
    wire.write(encode(['SHUTDOWN', 'FORCE']))
    t.equal(await run.ended, 0)
    t.match(run.output(), 'Error trying to save the DB. Exit anyway.')
  },
)

t.test('a save that is under way is ended by a shutdown, and leaves nothing', async t => {
  const folder = t.testdir()
  const port = await freePort()
  const run = runCli(
    folder,
    ...['--dir', folder, '--port', `${port}`, '--save', '', '--rdb-key-save-delay', '10000000'],
  )
  t.teardown(() => run.child.kill('SIGKILL'))
  await run.until('Ready to accept connections tcp')
  const wire = await Wire.connect(port)
  await wire.ask('SET', 'k', 'v')
  t.equal(await wire.ask('BGSAVE'), '+Background saving started')
  t.match(await wire.ask('INFO', 'persistence'), /rdb_bgsave_in_progress:1/)
  wire.write(encode(['SHUTDOWN']))
  t.equal(await run.ended, 0)
  t.match(run.output(), 'There is a child saving an .rdb. Killing it!')
  t.strictSame(fs.readdirSync(folder), [])
})

t.test('a shutdown while data is loaded does not save what is there so far', async t => {
  const folder = t.testdir()
  const port = await freePort()
  const start = (delay: string): Run =>
    runCli(
      folder,
      ...['--dir', folder, '--port', `${port}`, '--save', '900 1', '--key-load-delay', delay],
    )
  const first = start('0')
  t.teardown(() => first.child.kill('SIGKILL'))
  await first.until('Ready to accept connections tcp')
  const wire = await Wire.connect(port)
  await wire.ask('SET', 'k', 'v')
  wire.write(encode(['SHUTDOWN', 'SAVE']))
  t.equal(await first.ended, 0)
  const before = fs.readFileSync(path.join(folder, 'dump.rdb'))
  const second = start('100000000')
  t.teardown(() => second.child.kill('SIGKILL'))
  await second.until('Server initialized')
  const other = await Wire.connect(port)
  t.equal(await other.ask('GET', 'k'), '-LOADING Redis is loading the dataset in memory')
  other.write(encode(['SHUTDOWN', 'SAVE']))
  t.equal(await second.ended, 0)
  t.notMatch(second.output(), 'Ready to accept connections')
  t.ok(fs.readFileSync(path.join(folder, 'dump.rdb')).equals(before))
})

const NO_PRLIMIT = spawnSync('prlimit', ['--version']).error ? 'needs prlimit' : false

t.test('a disk that is full ends in MISCONF', { skip: NO_PRLIMIT }, async t => {
  const folder = t.testdir()
  const port = await freePort()
  const words = ['--dir', folder, '--port', `${port}`, '--save', '900 1', '--rdbcompression', 'no']
  const run = runCli(folder, ...words)
  t.teardown(() => run.child.kill('SIGKILL'))
  await run.until('Ready to accept connections tcp')
  const wire = await Wire.connect(port)
  await wire.ask('SET', 'k', 'v')
  t.equal(await wire.ask('SAVE'), '+OK')
  const before = fs.readFileSync(path.join(folder, 'dump.rdb'))
  execFileSync('prlimit', ['--pid', `${run.child.pid}`, '--fsize=100000'])
  await wire.ask('SETRANGE', 'large', '200000', 'x')
  t.equal(await wire.ask('BGSAVE'), '+Background saving started')
  await run.until('Background saving error')
  t.match(run.output(), 'Write error while saving DB to the disk(rdbSaveRio): File too large')
  t.match(await wire.ask('SET', 'k', 'w'), /^-MISCONF/)
  t.equal(await wire.ask('SAVE'), '-ERR')
  t.strictSame(fs.readdirSync(folder), ['dump.rdb'])
  t.ok(fs.readFileSync(path.join(folder, 'dump.rdb')).equals(before))
})

t.test('TLS only, with the demo certificates', async t => {
  const root = path.join(import.meta.dirname, '../..')
  const port = await freePort()
  const run = runCli(root, 'certs/demo.conf', '--tls-port', String(port))
  t.teardown(() => run.child.kill('SIGKILL'))
  await run.until('Ready to accept connections')
  t.match(run.output(), 'Ready to accept connections tls')
  t.notMatch(run.output(), 'Ready to accept connections tcp')
  run.child.kill('SIGINT')
  t.equal(await run.ended, 0)
})

t.test('the log is where dir says, wherever it stands', async t => {
  const folder = t.testdir({
    'redis.conf': 'logfile here.log\ndir data\nuser nobody off\n',
    data: {},
  })
  const port = await freePort()
  const run = runCli(folder, 'redis.conf', '--port', String(port), '--always-show-logo', 'no')
  t.teardown(() => run.child.kill('SIGKILL'))
  const log = path.join(folder, 'data', 'here.log')
  await new Promise<void>(resolve => {
    const look = (): void => {
      if (!fs.existsSync(log) || !fs.readFileSync(log, 'utf8').includes('Ready')) return
      watcher.close()
      resolve()
    }
    const watcher = fs.watch(path.join(folder, 'data'), look)
    look()
  })
  t.match(fs.readFileSync(log, 'utf8'), "The user 'nobody' is disabled")
  t.notOk(fs.existsSync(path.join(folder, 'here.log')))
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  t.equal(run.output(), '')
})

const refused: readonly (readonly [string, readonly string[], string])[] = [
  [
    'a bad directive',
    ['--bogus', '1'],
    '\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\nReading the configuration file, at line 2\n' +
      `>>> 'bogus "1"'\nBad directive or wrong number of arguments\n`,
  ],
  ['nothing to listen on', ['--port', '0'], '# Configured to not listen anywhere, exiting.\n'],
  [
    'TLS without a certificate',
    ['--port', '0', '--tls-port', '1'],
    '# No tls-cert-file configured!\n# Failed to configure TLS. Check logs for more info.\n',
  ],
  [
    'users in two places',
    ['--aclfile', 'users.acl', '--user', 'alice', 'on'],
    '# Configuring Redis with users defined in redis.conf and at the same setting an ACL file path',
  ],
]

for (const [name, words, expected] of refused) {
  t.test(`it refuses to start: ${name}`, async t => {
    const run = runCli(t.testdir({}), ...words)
    t.equal(await run.ended, 1)
    const lines = run.output().startsWith('\n') ? run.output() : messages(run.output()).join('\n')
    t.ok(`${lines}\n`.includes(expected), run.output())
  })
}

t.test('--version is that of the Redis it stands for, and its own below it', async t => {
  const run = runCli(t.testdir({}), '--version')
  t.equal(await run.ended, 0)
  const [redis, own] = run.output().split('\n')
  t.match(redis, /^Redis server v=7\.4\.1 sha=00000000:0 malloc=libc bits=64 build=\w+$/)
  t.equal(own, `redis-tls-mock ${VERSION}`)
})
