// Requests with very many words, and very much of everything: the work grows as Redis's does. Where
// it once grew with the square, these tests would not end in the time that a test may take.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Client } from '../../src/engine/client.ts'
import { memoryOf } from '../../src/engine/client-memory.ts'
import { dispatch } from '../../src/engine/dispatch.ts'
import { Args } from '../../src/resp3/args.ts'
import { frozenClock } from '../helpers/clock.ts'
import { InProcess, textOf } from './in-process.ts'

const MANY = 100_000
const TRACKING = ['CLIENT', 'TRACKING', 'ON']

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  // Blocks outside of the heap are given back by the next run only.
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
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

/** How a client can make the server hold something for it, n times, and how it lets go of it. */
const HOLDS: readonly (readonly [string, (i: number) => string[], string[]])[] = [
  ['SUBSCRIBE', i => [`channel:${i}`], ['UNSUBSCRIBE']],
  ['SSUBSCRIBE', i => [`channel:${i}`], ['SUNSUBSCRIBE']],
  ['PSUBSCRIBE', i => [`a?${i}[bc]*`], ['PUNSUBSCRIBE']],
  ['WATCH', i => [`key:${i}`], ['UNWATCH']],
  ['CLIENT TRACKING ON BCAST', i => ['PREFIX', `pre:${1e6 + i}`], ['CLIENT', 'TRACKING', 'OFF']],
]

t.test('what a client makes the server hold is counted for what it takes', async t => {
  using redis = new InProcess()
  const count = 20_000
  const measure = (client: Client) => redis.server.memory.usedBytes() + memoryOf(client).total
  const check = (name: string, client: Client, hold: () => void, letGo: () => void) => {
    const counted = measure(client)
    const taken = heapBytes()
    hold()
    const ratio = (measure(client) - counted) / (heapBytes() - taken)
    t.ok(ratio > 0.6 && ratio < 2, `${name}: ${ratio.toFixed(2)} of it is counted`)
    letGo()
    t.equal(measure(client), counted, `${name}: all of it is let go`)
  }
  for (const [command, words, leave] of HOLDS) {
    const client = redis.server.internalClient()
    client.reply.resp = 3
    const hold = [...command.split(' '), ...times(count, words).flat()]
    check(
      command,
      client,
      () => void redis.replies(hold, client),
      () => void redis.replies(leave, client),
    )
  }

  const reader = redis.server.internalClient()
  reader.reply.resp = 3
  redis.replies(['CLIENT', 'TRACKING', 'ON'], reader)
  const keys = times(count, i => `key:${i}`)
  check(
    'the tracking table',
    reader,
    () => void redis.replies(['MGET', ...keys], reader),
    () => void redis.run('FLUSHALL'),
  )
  const waiting = redis.server.internalClient()
  check(
    'BLPOP',
    waiting,
    () => dispatch(waiting, Args.of(['BLPOP', ...keys, '0'])),
    () => {
      redis.server.blocking.release(waiting, false)
      waiting.reply.take()
    },
  )
  const queueing = redis.server.internalClient()
  redis.replies(['MULTI'], queueing)
  check(
    'MULTI',
    queueing,
    () => {
      for (const key of keys) redis.replies(['SET', key, 'v'], queueing)
    },
    () => {
      redis.replies(['DISCARD'], queueing)
    },
  )
})

t.test('a transaction that is lost holds nothing', async t => {
  using redis = new InProcess()
  redis.run('MULTI')
  redis.run('GET')
  redis.run('SET', 'k', 'v'.repeat(1000))
  t.equal(redis.client.transaction?.bytes, 0)
  redis.run('DISCARD')
  redis.run('MULTI')
  for (let i = 0; i < 2000; i++) redis.run('RPUSH', 'list', String(i), 'x'.repeat(i % 300))
  redis.run('RPUSH', 'list', 'y'.repeat(300_000))
  redis.run('EXEC')
  t.match(redis.run('LLEN', 'list'), { value: 4001n })
  t.equal(textOf(redis.run('LINDEX', 'list', '3998')), '1999', 'pages of a transaction, in order')
  t.equal(textOf(redis.run('LINDEX', 'list', '4000')), 'y'.repeat(300_000))
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
  for (let i = 0; i < 100; i++) redis.replies([...TRACKING, 'BCAST', 'PREFIX', `4:${1000 + i}`])
  t.equal(redis.client.tracking?.prefixes.size, MANY + 102)
})

t.test('a client that watches very much', async t => {
  using redis = new InProcess()
  const watcher = redis.server.internalClient()
  const keys = times(MANY, i => `key:${i}`)
  const exec = () => ['MULTI', 'EXEC'].map(word => redis.replies([word], watcher)[0])
  redis.replies(['WATCH', ...keys, ...keys], watcher)
  t.equal(watcher.watchCount, MANY)
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
  const clock = frozenClock(1_700_000_000_000)
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
