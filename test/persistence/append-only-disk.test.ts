// Wherever a disk fails, what is in the folder can be loaded and has what was answered; and as soon
// as it works again, all is there.

import { spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import type { RedisServer } from '../../src/engine/server.ts'
import { digestOfFolder, isRewriting, rewritten, startInFolder } from '../helpers/append-only.ts'
import { BrokenDisk, type DiskCall } from '../helpers/broken-disk.ts'
import { CLI } from '../helpers/cli.ts'
import { frozenClock } from '../helpers/clock.ts'
import { freePort } from '../helpers/real.ts'
import { Wire } from '../helpers/wire.ts'

const MISCONF = '-MISCONF Errors writing to the AOF file: No space left on device'
const CALLS: readonly DiskCall[] = [
  'closeSync',
  'fdatasyncSync',
  'fsync',
  'fsyncSync',
  'mkdirSync',
  'openSync',
  'renameSync',
  'write',
  'writeSync',
]
const USES_MAX = 8

interface Scene {
  readonly name: string
  readonly settings: Readonly<Record<string, string>>
  act(server: RedisServer, wire: Wire): Promise<unknown>
}

const SCENES: readonly Scene[] = [
  { name: 'a write', settings: {}, act: (_, wire) => wire.ask('SET', 'new', '1') },
  { name: 'a rewrite', settings: {}, act: (_, wire) => wire.ask('BGREWRITEAOF') },
  {
    name: 'a rewrite into commands',
    settings: { 'aof-use-rdb-preamble': 'no' },
    act: (_, wire) => wire.ask('BGREWRITEAOF'),
  },
  {
    name: 'switching on',
    settings: { appendonly: 'no' },
    act: (_, wire) => wire.ask('CONFIG', 'SET', 'appendonly', 'yes'),
  },
  {
    name: 'a loss',
    settings: {},
    async act(server) {
      server.effects.lose()
      server.endTurn()
    },
  },
]

async function play(t: Test, scene: Scene, call: DiskCall, nth: number): Promise<boolean> {
  const name = `${scene.name}, ${call} ${nth}`
  const dir = t.testdir()
  const clock = frozenClock()
  const redis = await startInFolder(dir, scene.settings, { clock })
  const wire = await redis.connect()
  await wire.call('SET', 'a', '1')
  const isOn = scene.settings['appendonly'] !== 'no'
  const disk = new BrokenDisk().breaks(call, nth)
  try {
    await scene.act(redis.server, wire)
    // Where it fails, it is tried again and again.
    for (let asked = 0; asked < 50 && (await isRewriting(wire)); asked++);
    const answers = [await wire.ask('INCR', 'b'), await wire.ask('INCR', 'b')]
    disk.repair()
    const kept = await digestOfFolder(dir, { appendonly: 'yes' })
    t.ok(isOn ? kept !== NOTHING : kept, `${name}: it can be loaded`)
    for (const answer of answers) t.match(answer, /^:|^-MISCONF Errors writing to the AOF file: /)
  } finally {
    disk.repair()
  }
  clock.advance(1000)
  // The disk may be asked in the background.
  for (let asked = 0; asked < 1000 && (await wire.ask('PING')) !== '+PONG'; asked++);
  if (scene.settings['appendonly'] === 'no') {
    await wire.ask('CONFIG', 'SET', 'appendonly', 'no')
    await wire.ask('CONFIG', 'SET', 'appendonly', 'yes')
  }
  await rewritten(wire)
  t.equal(await wire.ask('SET', 'c', '3'), '+OK', name)
  t.equal(await digestOfFolder(dir), String(await wire.ask('DEBUG', 'DIGEST')).slice(1), name)
  await redis.close()
  return disk.failures > 0
}

const NOTHING = '0'.repeat(40)

for (const scene of SCENES) {
  t.test(scene.name, async t => {
    for (const call of CALLS) {
      for (let nth = 1; nth <= USES_MAX; nth++) if (!(await play(t, scene, call, nth))) break
    }
  })
}

t.test('a write that could not be undone goes on where it ended', async t => {
  const dir = t.testdir()
  const redis = await startInFolder(dir)
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'a', '1')
  const disk = new BrokenDisk().breaks('writeSync', 2).breaks('ftruncateSync', 1)
  // Blocks so large that they are written one by one.
  const value = 'x'.repeat(300_000)
  await wire.ask('SET', 'b', value)
  disk.repair()
  t.equal(await digestOfFolder(dir, {}), String(await wire.ask('DEBUG', 'DIGEST')).slice(1))
})

t.test('MISCONF until it works again', async t => {
  const dir = t.testdir()
  const log: string[] = []
  const redis = await startInFolder(dir, {}, { log: line => log.push(line) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const disk = new BrokenDisk().breaks('writeSync', 1)
  t.teardown(() => disk.repair())
  t.equal(await wire.ask('SET', 'a', '1'), '+OK', 'it had run before that was known')
  t.equal(await wire.ask('SET', 'b', '2'), MISCONF)
  t.equal(await wire.ask('PING'), MISCONF)
  t.match(await wire.ask('EVAL', "return redis.call('SET', 'c', '3')", '0'), MISCONF)
  t.equal(await wire.ask('GET', 'a'), '$1')
  t.match(await wire.ask('INFO', 'persistence'), 'aof_last_write_status:err')
  t.match(log.join('\n'), /# Error writing to the AOF file: No space left on device/)
  disk.repair()
  t.equal(await wire.ask('GET', 'a'), '$1')
  t.equal(await wire.ask('SET', 'b', '2'), '+OK')
  t.match(log.join('\n'), /AOF write error looks solved, Redis can write again\./)
  t.match(await wire.ask('INFO', 'persistence'), 'aof_last_write_status:ok')
})

t.test('what cannot be kept is not answered: the library', async t => {
  const dir = t.testdir()
  const redis = await startInFolder(dir, { appendfsync: 'always' })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  t.equal(await wire.ask('SET', 'a', '1'), '+OK')
  for (const call of ['fdatasyncSync', 'writeSync'] as const) {
    const disk = new BrokenDisk().breaks(call, 1)
    const other = await redis.connect()
    await t.rejects(other.ask('SET', call, '1'), { message: 'Connection closed' })
    disk.repair()
    await (await redis.connect()).ask('PING')
  }
})

/** The program, with files no larger than so many blocks. */
async function startLimited(t: Test, dir: string, blocks: number, policy: string) {
  const port = await freePort()
  const words = ['--port', port, '--dir', dir, '--appendonly', 'yes', '--save', '']
  const command = [...CLI, ...words, '--appendfsync', policy].map(word => `'${word}'`).join(' ')
  const child = spawn('sh', ['-c', `ulimit -f ${blocks}; exec ${command}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      said += chunk
      if (said.includes('Ready to accept connections')) resolve()
    })
    void ended.then(() => reject(new Error(said)))
  })
  return { child, ended, wire: await Wire.connect(port), said: () => said }
}

t.test(
  'the program, when a file can grow no more',
  { skip: process.platform === 'win32' },
  async t => {
    for (const [policy, blocks] of [
      ['always', 2],
      ['always', 5],
      ['everysec', 3],
    ] as const) {
      const dir = t.testdir()
      const { child, ended, wire, said } = await startLimited(t, dir, blocks, policy)
      let answered = 0
      let last: unknown
      try {
        do {
          last = await wire.ask('RPUSH', 'l', `${answered}`)
          if (last === `:${answered + 1}`) answered++
        } while (String(last).startsWith(':'))
      } catch {}
      if (policy === 'always') {
        t.equal(await ended, 1)
        t.match(
          said(),
          "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
        )
      } else {
        t.equal(last, '-MISCONF Errors writing to the AOF file: File too large')
        // It had run before that was known.
        answered--
      }
      child.kill('SIGKILL')
      await ended
      const redis = await startInFolder(dir)
      const found = Number(String(await (await redis.connect()).ask('LLEN', 'l')).slice(1))
      await redis.close()
      t.ok(answered > 5 && found >= answered, `${policy}: ${found} of ${answered}`)
    }
  },
)
