// Loading at the start, in turns with clients, which are told to wait.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { openSaving } from '../helpers/saving-server.ts'

const KEYS = 10

/** A folder with the snapshot of a server, and its digest. */
async function saved(t: Test, keys = KEYS): Promise<{ dir: string; digest: unknown }> {
  const dir = t.testdir()
  const { redis, wire } = await openSaving(dir)
  await wire.call('DEBUG', 'POPULATE', String(keys))
  await wire.call('SAVE')
  const digest = await wire.ask('DEBUG', 'DIGEST')
  await redis.close()
  return { dir, digest }
}

t.test('whoever comes while data is loaded is told so', async t => {
  const { dir, digest } = await saved(t)
  const { redis, wire, clock, log } = await openSaving(dir, ['key-load-delay', '100000'])
  t.teardown(() => redis.close())
  const loading = loadWhileServing(redis.server)
  const refusal = '-LOADING Redis is loading the dataset in memory'
  for (const words of [['GET', 'key:1'], ['SET', 'k', 'v'], ['PING'], ['DBSIZE'], ['BGSAVE']])
    t.equal(await wire.ask(...words), refusal, words.join(' '))
  clock.advance(500)
  t.equal(await wire.ask('GET', 'key:1'), refusal)
  const info = String(await wire.ask('INFO', 'persistence'))
  const size = fs.statSync(path.join(dir, 'dump.rdb')).size
  const began = Math.floor(clock.now() / 1000)
  t.match(info, '\r\nloading:1\r\nasync_loading:0\r\n')
  t.match(
    info,
    new RegExp(
      `\r\nloading_start_time:${began}\r\nloading_total_bytes:${size}\r\nloading_rdb_used_mem:\\d+\r\n` +
        `loading_loaded_bytes:${size}\r\nloading_loaded_perc:100.00\r\nloading_eta_seconds:\\d+\r\n$`,
    ),
  )
  clock.advance(600)
  t.ok(await loading)
  t.equal(await wire.ask('DEBUG', 'DIGEST'), digest)
  t.notMatch(await wire.ask('INFO', 'persistence'), /loading_start_time/)
  t.match(log.at(-1), /DB loaded from disk: 1\.100 seconds$/)
})

t.test('a large file is read in turns', async t => {
  const { dir, digest } = await saved(t, 100_000)
  const { redis, wire } = await openSaving(dir)
  t.teardown(() => redis.close())
  const loading = loadWhileServing(redis.server)
  t.match(await wire.ask('GET', 'key:1'), /^-LOADING/)
  t.ok(await loading)
  t.equal(await wire.ask('DEBUG', 'DIGEST'), digest)
})

t.test('no file, and one that is broken', async t => {
  const { dir } = await saved(t)
  const file = path.join(dir, 'dump.rdb')
  const { redis, wire, log } = await openSaving(dir)
  t.teardown(() => redis.close())
  fs.truncateSync(file, 100)
  t.notOk(await loadWhileServing(redis.server))
  t.match(log.join('\n'), /Short read or OOM loading DB/)
  t.equal(await wire.ask('DBSIZE'), ':0')
  fs.rmSync(file)
  t.ok(await loadWhileServing(redis.server))
})
