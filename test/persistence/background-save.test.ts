// Saves that go on while commands are served.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { BackgroundSaves } from '../../src/persistence/background-save.ts'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { openSaving, type SavingServer } from '../helpers/saving-server.ts'
import type { Wire } from '../helpers/wire.ts'

interface Scene extends SavingServer {
  readonly dir: string
  /** What INFO persistence says under a name. */
  info(name: string): Promise<string>
  /** Waits, by asking, until it says so. */
  until(name: string, value: string): Promise<void>
  /** Lines without pid and time. */
  lines(): string[]
}

async function open(t: Test, ...config: string[][]): Promise<Scene> {
  const dir = t.testdir()
  const saving = await openSaving(dir, ...config)
  const { redis, wire, log } = saving
  t.teardown(() => redis.close())
  const info = async (name: string): Promise<string> => {
    const text = String(await wire.ask('INFO', 'persistence', 'stats'))
    return new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)?.[1] ?? ''
  }
  return {
    ...{ ...saving, dir, info },
    async until(name, value) {
      while ((await info(name)) !== value);
    },
    lines: () => log.map(line => line.replace(/^\d+:(.) .* ([*#]) /, '$1 $2 ')),
  }
}

/** What a server that starts with the file has. */
async function loaded(t: Test, dir: string): Promise<Wire> {
  const { redis, wire } = await openSaving(dir)
  t.teardown(() => redis.close())
  t.ok(await loadWhileServing(redis.server))
  return wire
}

t.test('a save that takes its time', async t => {
  const { redis, clock, wire, dir, info, until, lines } = await open(t)
  await wire.call('DEBUG', 'POPULATE', '10')
  await wire.call('CONFIG', 'SET', 'rdb-key-save-delay', '100000')
  const outcomes: string[] = []
  redis.server.features.use({
    childEnded: ({ kind }, outcome) => outcomes.push(`${kind} ${outcome}`),
  })
  const digest = await wire.ask('DEBUG', 'DIGEST')
  t.equal(await info('rdb_last_bgsave_time_sec'), '-1')
  t.equal(await info('rdb_current_bgsave_time_sec'), '-1')
  t.equal(await wire.ask('BGSAVE'), '+Background saving started')
  t.equal(await info('rdb_bgsave_in_progress'), '1')
  t.equal(await info('current_save_keys_total'), '10')
  t.equal(await info('total_forks'), '1')
  t.equal(await wire.ask('SET', 'key:3', 'new'), '+OK', 'others are served')
  t.equal(await wire.ask('DEL', 'key:4'), ':1')
  t.ok(Number(await info('current_cow_size')) > 0)
  clock.advance(500)
  await until('current_save_keys_processed', '5')
  t.equal(await info('current_fork_perc'), '50.00')
  t.equal(await wire.ask('SAVE'), '-ERR Background save already in progress')
  t.equal(await wire.ask('BGSAVE'), '-ERR Background save already in progress')
  t.equal(await wire.ask('BGSAVE', 'SCHEDULE'), '-ERR Background save already in progress')
  clock.advance(3000)
  t.equal(await info('rdb_changes_since_last_save'), '2')
  await until('rdb_bgsave_in_progress', '0')
  t.equal(await info('rdb_last_bgsave_time_sec'), '3')
  t.equal(await info('rdb_current_bgsave_time_sec'), '-1')
  t.equal(await info('current_save_keys_total'), '0')
  t.equal(await info('rdb_changes_since_last_save'), '2', 'what came later is not in it')
  t.equal(await info('rdb_saves'), '1')
  t.strictSame(outcomes, ['rdb to disk done'])
  t.strictSame(fs.readdirSync(dir), ['dump.rdb'])
  t.strictSame(lines(), [
    `M * Background saving started by pid ${process.pid}`,
    'C * DB saved on disk',
    'M * Background saving terminated with success',
  ])
  t.equal(await (await loaded(t, dir)).ask('DEBUG', 'DIGEST'), digest)
  t.strictSame(redis.server.bugs, [])
})

t.test('BGSAVE in a transaction, and beside another child', async t => {
  const { redis, clock, wire, info, until, lines } = await open(t)
  await wire.call('MULTI')
  await wire.call('BGSAVE')
  t.strictSame(await wire.ask('EXEC'), ['+Background saving scheduled'])
  t.equal(await info('rdb_bgsave_in_progress'), '0')
  clock.advance(100)
  await until('rdb_saves', '1')
  await until('rdb_bgsave_in_progress', '0')
  const child = {
    kind: 'aof rewrite',
    startedAt: 0,
    keysDone: 0,
    keysTotal: 0,
    changedBytes: 0,
    kill: () => {},
  } as const
  redis.server.persistence.child = child
  t.equal(
    await wire.ask('BGSAVE'),
    "-ERR Another child process is active (AOF?): can't BGSAVE right now. " +
      'Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.',
  )
  t.equal(await wire.ask('BGSAVE', 'SCHEDULE'), '+Background saving scheduled')
  t.equal(await wire.ask('SAVE'), '+OK')
  clock.advance(100)
  t.equal(await info('rdb_bgsave_in_progress'), '0')
  redis.server.persistence.child = undefined
  clock.advance(100)
  await until('rdb_saves', '3')
  await until('rdb_bgsave_in_progress', '0')
  t.equal(lines().filter(line => line.includes('terminated with success')).length, 2)
})

t.test('FLUSHALL ends a save, and saves what is left where there are save points', async t => {
  const { clock, wire, dir, info, lines } = await open(t)
  await wire.call('DEBUG', 'POPULATE', '10')
  await wire.call('CONFIG', 'SET', 'rdb-key-save-delay', '100000', 'save', '')
  for (const isSaved of [false, true]) {
    if (isSaved) await wire.call('CONFIG', 'SET', 'save', '900 1')
    await wire.call('SET', 'k', 'v')
    await wire.call('BGSAVE')
    clock.advance(100)
    while ((await info('current_save_keys_processed')) === '0');
    t.equal(await wire.ask('FLUSHALL'), '+OK')
    t.equal(await info('rdb_bgsave_in_progress'), '0')
    t.equal(await info('rdb_last_bgsave_status'), 'ok')
    t.match(lines().join('\n'), 'M # Background saving terminated by signal 10')
    t.strictSame(fs.readdirSync(dir), isSaved ? ['dump.rdb'] : [])
  }
  t.equal(await (await loaded(t, dir)).ask('DBSIZE'), ':0')
})

t.test('a server that is closed leaves nothing of a save', async t => {
  const { redis, clock, wire, dir, until } = await open(t)
  await wire.call('DEBUG', 'POPULATE', '10')
  await wire.call('CONFIG', 'SET', 'rdb-key-save-delay', '100000')
  await wire.call('BGSAVE')
  clock.advance(100)
  await until('current_save_keys_processed', '1')
  redis.server.close()
  t.strictSame(fs.readdirSync(dir), [])
})

t.test('save points', async t => {
  const { redis, clock, wire, info, until, lines } = await open(t, ['save', '60', '2'])
  const saves = redis.server.feature(BackgroundSaves)
  await wire.call('MSET', 'a', '1', 'b', '2')
  clock.advance(60_000)
  saves.startWhenDue()
  t.equal(await info('rdb_bgsave_in_progress'), '0', 'more than so many seconds')
  clock.advance(1000)
  saves.startWhenDue()
  saves.startWhenDue()
  await until('rdb_bgsave_in_progress', '0')
  t.equal(await info('rdb_saves'), '1')
  t.equal(await info('rdb_changes_since_last_save'), '0')
  t.match(lines()[0], 'M * 2 changes in 60 seconds. Saving...')
})

t.test('a library has a save to look at, and no file', async t => {
  const { redis, clock, wire, dir, info, until } = await open(t)
  redis.server.persistence.onDisk = false
  await wire.call('SET', 'k', 'v')
  await wire.call('CONFIG', 'SET', 'rdb-key-save-delay', '100000')
  t.equal(await wire.ask('BGSAVE'), '+Background saving started')
  t.equal(await info('rdb_bgsave_in_progress'), '1')
  clock.advance(1000)
  await until('rdb_bgsave_in_progress', '0')
  t.equal(await info('rdb_changes_since_last_save'), '0')
  t.strictSame(fs.readdirSync(dir), [])
})

t.test('many keys, and large values, while they are changed', async t => {
  const { redis, wire, dir, until } = await open(t, ['rdbcompression', 'no'])
  await wire.call('DEBUG', 'POPULATE', '50000')
  for (let i = 0; i < 5; i++) await wire.call('SETRANGE', `large:${i}`, '300000', 'x')
  const digest = await wire.ask('DEBUG', 'DIGEST')
  await wire.call('BGSAVE')
  for (let i = 0; redis.server.persistence.child !== undefined; i++) {
    await wire.call('SET', `key:${(i * 7919) % 50_000}`, 'new')
    await wire.call('SETRANGE', `large:${i % 5}`, String(i % 300_000), 'y')
    await wire.call('DEL', `key:${(i * 104_729) % 50_000}`)
  }
  await until('rdb_last_bgsave_status', 'ok')
  t.ok(fs.existsSync(path.join(dir, 'dump.rdb')))
  t.equal(await (await loaded(t, dir)).ask('DEBUG', 'DIGEST'), digest)
})
