// Requests with very many words, and very much of everything: the work grows as Redis's does. Where
// it once grew with the square, these tests would not end in the time that a test may take.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { ManualClock } from '../../src/util/clock.ts'
import { InProcess, textOf } from './in-process.ts'

const MANY = 100_000
const TRACKING = ['CLIENT', 'TRACKING', 'ON']

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

t.test('a pattern of PSUBSCRIBE takes little more than its text', async t => {
  using redis = new InProcess()
  const count = 20_000
  const before = heapBytes()
  redis.replies(['PSUBSCRIBE', ...times(count, i => `a?b${i}*[c-d]*e`)])
  const publisher = redis.server.internalClient()
  for (const channel of ['axb7', 'axb7--c--e', 'other']) {
    redis.replies(['PUBLISH', channel, 'x'], publisher)
  }
  const each = (heapBytes() - before) / count
  t.ok(each < 1000, `${Math.round(each)} bytes each`)
  t.match(redis.replies(['PUBLISH', 'axb19999-d-e', 'x'], publisher), [{ value: 5n }])
})

t.test('prefixes of CLIENT TRACKING are compared in their order', async t => {
  using redis = new InProcess()
  const track = (prefixes: readonly string[]) =>
    textOf(redis.replies([...TRACKING, 'BCAST', ...prefixes.flatMap(p => ['PREFIX', p])])[0])
  redis.run('HELLO', '3')
  const prefixes = times(MANY, i => String(1_000_000 + i))
  const rule = 'Prefixes for a single client must not overlap.'
  const another = (a: string, b: string) =>
    `ERR Prefix '${a}' overlaps with another provided prefix '${b}'. ${rule}`
  t.equal(track([...prefixes, '1099998x', '109999']), another('1099990', '109999'))
  t.equal(track([...prefixes, '1099998x']), another('1099998', '1099998x'))
  t.equal(track([...prefixes, '1099998']), another('1099998', '1099998'))
  t.equal(track([...prefixes, '']), another('1000000', ''))
  t.equal(track(prefixes), 'OK')
  t.equal(
    track(['2', '1000002y', '3', '31', '100000']),
    `ERR Prefix '1000002y' overlaps with an existing prefix '1000002'. ${rule}`,
  )
  t.equal(
    track(['100000']),
    `ERR Prefix '100000' overlaps with an existing prefix '1000000'. ${rule}`,
  )
  t.equal(track(['2', '3']), 'OK')
})

t.test('a client that watches very much', async t => {
  using redis = new InProcess()
  const watcher = redis.server.internalClient()
  const keys = times(MANY, i => `key:${i}`)
  const exec = () => ['MULTI', 'EXEC'].map(word => redis.replies([word], watcher)[0])
  redis.replies(['WATCH', ...keys, ...keys], watcher)
  t.equal(redis.server.watches.countOf(watcher), MANY)
  redis.replies(['MSET', ...keys.flatMap(key => [key, '1'])])
  t.match(exec()[1], { type: 'null' })
  redis.replies(['WATCH', ...keys], watcher)
  redis.run('FLUSHALL')
  t.match(exec()[1], { type: 'null' })
  redis.replies(['WATCH', ...keys], watcher)
  redis.run('FLUSHALL')
  t.match(exec()[1], { type: 'array' }, 'nothing was there to be flushed')
  t.ok(redis.server.watches.isEmpty)
  t.equal(redis.server.watches.keyCount, 0)
})

t.test('very many patterns of CONFIG GET', async t => {
  using redis = new InProcess()
  const patterns = times(MANY, i => `a?${i}*[b]`)
  const replies = redis.replies(['CONFIG', 'GET', ...patterns, 'maxmemor[y]'])
  t.match(replies, [{ items: { length: 2 } }])
})

t.test('RANDOMKEY among keys that have expired but must stay', async t => {
  const clock = new ManualClock(1_700_000_000_000)
  using redis = new InProcess({ clock })
  for (let i = 0; i < 20_000; i++) redis.run('SET', `key:${i}`, 'v', 'PX', '500')
  redis.run('SET', 'alive', '1')
  redis.run('CLIENT', 'PAUSE', '100000', 'WRITE')
  clock.advance(1000)
  redis.server.keyspace.tick()
  for (let i = 0; i < 20; i++) t.equal(textOf(redis.run('RANDOMKEY')), 'alive')

  redis.run('PEXPIRE', 'alive', '1')
  clock.advance(10)
  redis.server.keyspace.tick()
  t.match(textOf(redis.run('RANDOMKEY')), /^(key:\d+|alive)$/, 'all are dead, and it ends')
  redis.run('CLIENT', 'UNPAUSE')
  t.match(redis.run('RANDOMKEY'), { type: 'null' })
})
