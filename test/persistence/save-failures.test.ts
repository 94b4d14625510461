// Wherever a disk fails while a snapshot is written, the old file stays and nothing lies about.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'

const ENOSPC = { code: 'ENOSPC', errno: -28 }
const EACCES = { code: 'EACCES', errno: -13 }
const EIO = { code: 'EIO', errno: -5 }

type Call = 'openSync' | 'writeSync' | 'write' | 'fsyncSync' | 'fsync' | 'closeSync' | 'renameSync'
type Callback = (error: unknown) => void

/** Has a system call fail from its n-th use on, until the function is called that it returns. */
function plant(
  call: Call,
  nth: number,
  failure: { readonly code: string; readonly errno: number },
): () => void {
  const real = fs[call] as (...args: unknown[]) => unknown
  let uses = 0
  const broken = (...args: unknown[]): unknown => {
    if (++uses < nth) return real(...args)
    // What was opened is closed all the same.
    if (call === 'closeSync') real(...args)
    const syscall = call.replace(/Sync$/, '')
    const place = typeof args[0] === 'string' ? { path: args[0] } : {}
    const error = Object.assign(new Error(`${failure.code}: planted`), {
      ...failure,
      syscall,
      ...place,
    })
    if (call.endsWith('Sync')) throw error
    return setImmediate(args.at(-1) as Callback, error)
  }
  Object.assign(fs, { [call]: broken })
  return () => Object.assign(fs, { [call]: real })
}

async function start(dir: string, log: string[]): Promise<TestServer> {
  const config = [
    ['dir', dir],
    ['save', '3600', '1'],
    ['enable-debug-command', 'yes'],
  ]
  const redis = await startServer({ config, log: line => log.push(line) })
  redis.server.persistence.onDisk = true
  return redis
}

const PID = process.pid
const FAILURES = [
  [
    'openSync',
    1,
    EACCES,
    /Failed opening the temp RDB file temp-.*\.rdb \(in server root dir .*\) for saving: Permission denied$/,
  ],
  [
    'write',
    1,
    ENOSPC,
    /Write error while saving DB to the disk\(rdbSaveRio\): No space left on device$/,
  ],
  [
    'write',
    3,
    ENOSPC,
    /Write error while saving DB to the disk\(rdbSaveRio\): No space left on device$/,
  ],
  ['fsync', 1, EIO, /Write error while saving DB to the disk\(fsync\): /],
  [
    'closeSync',
    1,
    ENOSPC,
    /Write error while saving DB to the disk\(fclose\): No space left on device$/,
  ],
  [
    'renameSync',
    1,
    EACCES,
    /Error moving temp DB file temp-.*\.rdb on the final destination dump\.rdb \(in server root dir .*\): Permission denied$/,
  ],
] as const

/** Those of a save that keeps the others waiting. */
const AT_ONCE: Readonly<Partial<Record<Call, Call>>> = { write: 'writeSync', fsync: 'fsyncSync' }

for (const [call, nth, failure, words] of FAILURES) {
  t.test(`${call} fails, at use ${nth}`, async t => {
    const dir = t.testdir()
    const log: string[] = []
    const redis = await start(dir, log)
    t.teardown(() => redis.close())
    const wire = await redis.connect()
    await wire.call('SET', 'k', 'old')
    t.equal(await wire.ask('SAVE'), '+OK')
    const file = path.join(dir, 'dump.rdb')
    const before = fs.readFileSync(file)
    await wire.call('DEBUG', 'POPULATE', '20000')
    for (const [request, planted] of [
      ['SAVE', AT_ONCE[call] ?? call],
      ['BGSAVE', call],
    ] as const) {
      log.length = 0
      const repair = plant(planted, nth, failure)
      t.teardown(repair)
      await wire.ask(request)
      while (redis.server.persistence.child !== undefined) await wire.ask('PING')
      repair()
      t.ok(fs.readFileSync(file).equals(before), 'the old file is there')
      t.strictSame(fs.readdirSync(dir), ['dump.rdb'], 'and nothing else')
      t.match(
        log.find(line => words.test(line)),
        words,
      )
    }
    t.match(log.at(-1), /Background saving error$/)
    t.match(await wire.ask('SET', 'k', 'new'), /^-MISCONF/)
    t.match(await wire.ask('PING'), /^-MISCONF/)
    t.equal(await wire.ask('GET', 'k'), '$old')
    t.equal(await wire.ask('SAVE'), '+OK')
    t.equal(await wire.ask('SET', 'k', 'new'), '+OK')
    t.strictSame(fs.readdirSync(dir), ['dump.rdb'])
  })
}

t.test('the new file and its folder are on the disk before it counts', async t => {
  const dir = t.testdir()
  const redis = await start(dir, [])
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  const calls: string[] = []
  const places = new Map<number, string>()
  const real = { openSync: fs.openSync, fsyncSync: fs.fsyncSync, renameSync: fs.renameSync }
  t.teardown(() => Object.assign(fs, real))
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      const descriptor = real.openSync(...args)
      places.set(descriptor, path.basename(String(args[0])))
      return descriptor
    },
    fsyncSync: (descriptor: number) => {
      calls.push(`fsync ${places.get(descriptor)}`)
      real.fsyncSync(descriptor)
    },
    renameSync: (from: string, to: string) => {
      calls.push(`rename ${path.basename(from)} ${path.basename(to)}`)
      real.renameSync(from, to)
    },
  })
  t.equal(await wire.ask('SAVE'), '+OK')
  t.strictSame(calls, [
    `fsync temp-${PID}.rdb`,
    `rename temp-${PID}.rdb dump.rdb`,
    `fsync ${path.basename(dir)}`,
  ])
})

t.test('a folder that is not there', async t => {
  const dir = t.testdir({ in: {} })
  const log: string[] = []
  const redis = await start(path.join(dir, 'in'), log)
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  fs.rmdirSync(path.join(dir, 'in'))
  t.equal(await wire.ask('SAVE'), '-ERR')
  t.match(log.at(-1), /Failed opening the temp RDB file .* for saving: No such file or directory$/)
})
