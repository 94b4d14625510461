// MEMORY: estimates, in the shape that Redis gives them.

import t from 'tap'
import { onBoth } from '../helpers/both.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import type { Shown } from '../helpers/wire.ts'

transcript(t, 'MEMORY answers about keys and about itself', [
  ['MEMORY USAGE none', '(nil)'],
  ['SET k v', '+OK'],
  ['MEMORY USAGE k', ANY, 'shape'],
  ['MEMORY USAGE k SAMPLES 0', ANY, 'shape'],
  ['MEMORY USAGE k SAMPLES 5', ANY, 'shape'],
  ['MEMORY USAGE none SAMPLES 5', '(nil)'],
  ['MEMORY USAGE k SAMPLES', '-ERR syntax error'],
  ['MEMORY USAGE k SAMPLES -1', '-ERR syntax error'],
  ['MEMORY USAGE k SAMPLES x', '-ERR value is not an integer or out of range'],
  ['MEMORY USAGE k WHAT 5', '-ERR syntax error'],
  ['MEMORY USAGE', "-ERR wrong number of arguments for 'memory|usage' command"],
  ['RPUSH l a', ':1'],
  ['MEMORY USAGE l', ANY, 'shape'],
  ['MEMORY STATS', ANY, 'shape'],
  ['MEMORY STATS x', "-ERR wrong number of arguments for 'memory|stats' command"],
  ['MEMORY DOCTOR', ANY, 'shape'],
  ['MEMORY DOCTOR x', "-ERR wrong number of arguments for 'memory|doctor' command"],
  ['MEMORY MALLOC-STATS', '$Stats not supported for the current allocator', 'ours'],
  ['MEMORY PURGE', '+OK'],
  ['MEMORY PURGE x', "-ERR wrong number of arguments for 'memory|purge' command"],
  ['MEMORY', "-ERR wrong number of arguments for 'memory' command"],
  ['MEMORY NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try MEMORY HELP."],
  ['MEMORY HELP', ANY, 'shape'],
  ['MULTI', '+OK'],
  ['MEMORY USAGE none', '+QUEUED'],
  ['MEMORY PURGE', '+QUEUED'],
  ['EXEC', ['(nil)', '+OK']],
  ['OBJECT IDLETIME k', ':0', 'shape'],
])

const STATS = [
  'peak.allocated',
  'total.allocated',
  'startup.allocated',
  'replication.backlog',
  'clients.slaves',
  'clients.normal',
  'cluster.links',
  'aof.buffer',
  'lua.caches',
  'functions.caches',
  'db.0',
  'overhead.db.hashtable.lut',
  'overhead.db.hashtable.rehashing',
  'overhead.total',
  'db.dict.rehashing.count',
  'keys.count',
  'keys.bytes-per-key',
  'dataset.bytes',
  'dataset.percentage',
  'peak.percentage',
  'allocator.allocated',
  'allocator.active',
  'allocator.resident',
  'allocator.muzzy',
  'allocator-fragmentation.ratio',
  'allocator-fragmentation.bytes',
  'allocator-rss.ratio',
  'allocator-rss.bytes',
  'rss-overhead.ratio',
  'rss-overhead.bytes',
  'fragmentation',
  'fragmentation.bytes',
]

onBoth(
  t,
  'MEMORY STATS has the same fields in the same order',
  async (t, server) => {
    const wire = await server.connect()
    await wire.call('SET', 'k', 'v')
    const stats = (await wire.ask('MEMORY', 'STATS')) as readonly Shown[]
    const names = stats.filter((_, i) => i % 2 === 0).map(name => String(name).slice(1))
    t.strictSame(names, STATS)
    const of = (name: string): Shown | undefined => stats[stats.indexOf(`$${name}`) + 1]
    t.strictSame(
      (of('db.0') as readonly Shown[]).filter((_, i) => i % 2 === 0),
      ['$overhead.hashtable.main', '$overhead.hashtable.expires'],
    )
    t.equal(of('keys.count'), ':1')
  },
  { since: [7, 4] },
)

onBoth(t, 'MEMORY USAGE grows with what is kept', async (t, server) => {
  const wire = await server.connect()
  const usage = async (key: string): Promise<number> =>
    Number(String(await wire.ask('MEMORY', 'USAGE', key, 'SAMPLES', '0')).slice(1))
  await wire.call('SET', 'small', 'v')
  await wire.call('SET', 'large', 'v'.repeat(5000))
  t.ok((await usage('large')) - (await usage('small')) >= 4900)
  t.ok((await usage('large')) < 12_000)
  for (let i = 0; i < 500; i++) await wire.call('RPUSH', 'list', `element-${i}-${'x'.repeat(70)}`)
  const list = await usage('list')
  t.ok(list > 500 * 70 && list < 500 * 300, `${list} bytes for 500 elements`)
  await wire.call('LTRIM', 'list', '0', '249')
  t.ok((await usage('list')) < list * 0.8)
})

onBoth(t, 'MEMORY USAGE counts what is in a collection', async (t, server) => {
  const wire = await server.connect()
  const long = 'x'.repeat(100_000)
  for (const [key = '', ...words] of [
    ['list', 'RPUSH', 'list', long],
    ['set', 'SADD', 'set', long, `${long}y`],
    ['zset', 'ZADD', 'zset', '1', long],
    ['field', 'HSET', 'field', long, 'v'],
    ['value', 'HSET', 'value', 'f', long],
    ['stream', 'XADD', 'stream', '*', 'f', long],
  ]) {
    await wire.call(...words)
    const bytes = Number(String(await wire.ask('MEMORY', 'USAGE', key, 'SAMPLES', '0')).slice(1))
    const least = words.join('').length * 0.95
    t.ok(bytes > least && bytes < least * 3, `${bytes} bytes for a ${key}`)
  }
})
