// maxmemory: what is refused, what goes instead, and who is told, on both servers. Keys are restored
// with the idle time, frequency or time to live by which they are to be judged, and so large that
// nothing else in a server's memory matters beside them.

import t, { type Test } from 'tap'
import { type BothOptions, type Either, onBoth } from '../helpers/both.ts'
import { ANY, scene } from '../helpers/scene.ts'
import { show, type Wire } from '../helpers/wire.ts'

const OOM = "-OOM command not allowed when used memory > 'maxmemory'."
const KEY_BYTES = 500_000

scene(t, 'noeviction: what would take memory is refused, nothing goes', [
  ['b', 'SET k v | RPUSH l a b', { b: ['+OK', ':2'] }],
  ['b', 'CONFIG SET maxmemory 1', { b: ['+OK'] }],
  ['b', 'SET k w | APPEND k w | RPUSH l c | HSET h f v', { b: [OOM, OOM, OOM, OOM] }],
  ['b', 'SADD s a | ZADD z 1 a | XADD x * f v | INCR n', { b: [OOM, OOM, OOM, OOM] }],
  ['b', 'GET k | LRANGE l 0 -1', { b: ['$v', ['$a', '$b']] }],
  ['b', 'LPOP l | EXPIRE k 100 | PERSIST k', { b: ['$a', ':1', ':1'] }],
  ['b', 'RENAME k m | DEL m | PUBLISH c m', { b: ['+OK', ':1', ':0'] }],
  ['b', 'SET k', { b: ["-ERR wrong number of arguments for 'set' command"] }],
  ['b', 'NOSUCH', { b: [ANY] }],
  ['b', 'INFO stats', { b: [/evicted_keys:0\r/] }],
  ['b', 'CONFIG SET maxmemory 0 | SET k w', { b: ['+OK', '+OK'] }],
])

scene(
  t,
  'a transaction is refused as soon as one of its commands is',
  [
    ['b', 'MULTI | SET k v', { b: ['+OK', '+QUEUED'] }],
    ['c', 'CONFIG SET maxmemory 1', { c: ['+OK'] }],
    [
      'b',
      'EXEC',
      {
        b: [
          "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.",
        ],
      },
    ],
    ['b', 'MULTI | GET k | EXEC', { b: ['+OK', '+QUEUED', ['(nil)']] }],
    [
      'b',
      'MULTI | SET k v | GET k | EXEC',
      {
        b: ['+OK', OOM, '+QUEUED', '-EXECABORT Transaction discarded because of previous errors.'],
      },
    ],
  ],
  { since: [7, 2] },
)

const WRITES = `EVAL "return redis.call('SET', 'k', 'v')" 0`
const DECLARED = '#!lua flags=allow-oom'

scene(t, 'a script is refused as it writes, or before if it says what it does', [
  ['b', 'CONFIG SET maxmemory 1', { b: ['+OK'] }],
  ['b', WRITES, { b: [/^-OOM command not allowed when used memory > 'maxmemory'/] }],
  ['b', `EVAL "return redis.call('GET', 'k')" 0`, { b: ['(nil)'] }],
  ['b', `EVAL "#!lua\\nreturn 1" 0`, { b: [OOM] }],
  ['b', `EVAL "#!lua flags=no-writes\\nreturn 1" 0`, { b: [':1'] }],
  ['b', `EVAL "${DECLARED}\\nreturn redis.call('SET', 'k', 'v')" 0`, { b: ['+OK'] }],
  ['b', 'GET k', { b: ['$v'] }],
])

scene(t, 'a volatile policy takes only what has an expiry, and refuses when that is gone', [
  ['b', 'SET stays v | SET goes v EX 1000 | HSET h f v', { b: ['+OK', '+OK', ':1'] }],
  ['b', 'CONFIG SET maxmemory 1 maxmemory-policy volatile-lru', { b: ['+OK'] }],
  ['b', 'EXISTS stays goes h | SET new v', { b: [':2', OOM] }],
  ['b', 'INFO stats', { b: [/evicted_keys:1\r/] }],
])

scene(t, 'each key that goes is told as an event, in its own database', [
  ['b', 'SET k v | SELECT 3 | SET l v', { b: ['+OK', '+OK', '+OK'] }],
  ['e', 'PSUBSCRIBE __key*', { e: [ANY] }],
  ['b', 'CONFIG SET notify-keyspace-events KEe', { b: ['+OK'] }],
  [
    'b',
    'CONFIG SET maxmemory 1 maxmemory-policy allkeys-random | DBSIZE',
    { b: ['+OK', ':0'], e: [/@[03]__:[kl]/, /@[03]__:evicted/, /@[03]__:[kl]/, /@[03]__:evicted/] },
  ],
  ['b', 'SELECT 0 | DBSIZE', { b: ['+OK', ':0'] }],
  ['b', 'INFO stats', { b: [/evicted_keys:2\r/] }],
  ['b', 'CONFIG RESETSTAT', { b: ['+OK'] }],
  ['b', 'INFO stats', { b: [/evicted_keys:0\r/] }],
])

scene(
  t,
  'a key that goes touches who watches it',
  [
    ['b', 'SET k v', { b: ['+OK'] }],
    ['a', 'WATCH k none', { a: ['+OK'] }],
    ['b', 'CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru', { b: ['+OK'] }],
    ['a', 'MULTI | PING | EXEC', { a: ['+OK', '+QUEUED', '(nil array)'] }],
  ],
  { since: [7, 2] },
)

scene(
  t,
  'who waits for a group of a stream that goes gets an error',
  [
    ['b', 'XGROUP CREATE s g $ MKSTREAM', { b: ['+OK'] }],
    ['a', 'XREADGROUP GROUP g a BLOCK 0 STREAMS s >'],
    [
      'b',
      'CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru | PING',
      { b: ['+OK', '+PONG'], a: [/^-NOGROUP/] },
    ],
  ],
  { since: [7, 2] },
)

// ---- Which key goes ------------------------------------------------------------------------------

/** A key with what a policy may judge it by. */
interface Candidate {
  readonly name: string
  readonly ttl?: number
  readonly idle?: number
  readonly frequency?: number
}

async function fill(wire: Wire, candidates: readonly Candidate[]): Promise<void> {
  await wire.call('SETRANGE', 'model', String(KEY_BYTES), 'x')
  const payload = String(await wire.ask('DUMP', 'model')).slice(1)
  await wire.call('DEL', 'model')
  for (const { name, ttl = 0, idle, frequency } of candidates) {
    const judged = idle !== undefined ? ['IDLETIME', String(idle)] : []
    if (frequency !== undefined) judged.push('FREQ', String(frequency))
    const reply = await wire.ask('RESTORE', name, String(ttl), payload, ...judged)
    if (reply !== '+OK') throw new Error(`RESTORE ${name}: ${reply}`)
  }
}

/** Takes half a key's room away, again and again: the names of the keys in the order of their going. */
async function goners(wire: Wire, count: number): Promise<string[]> {
  const names: string[] = []
  let left = await keys(wire)
  for (let i = 0; i < count; i++) {
    const used = /used_memory:(\d+)/.exec(String(await wire.ask('INFO', 'memory')))?.[1]
    await wire.call('CONFIG', 'SET', 'maxmemory', String(Number(used) - KEY_BYTES / 2))
    const now = await keys(wire)
    names.push(left.filter(name => !now.includes(name)).join('+'))
    left = now
    await wire.call('CONFIG', 'SET', 'maxmemory', '0')
  }
  return names
}

async function keys(wire: Wire): Promise<string[]> {
  const shown = await wire.ask('KEYS', '*')
  return typeof shown === 'string' ? [] : shown.map(name => String(name).slice(1)).sort()
}

/** Fills a server under a policy, and tells which keys went. */
async function play(
  server: Either,
  policy: string,
  candidates: readonly Candidate[],
  count: number,
): Promise<string[]> {
  const wire = await server.connect()
  await wire.call('CONFIG', 'SET', 'maxmemory-policy', policy, 'maxmemory-samples', '64')
  await fill(wire, candidates)
  const names = await goners(wire, count)
  const evicted = /evicted_keys:(\d+)/.exec(String(await wire.ask('INFO', 'stats')))?.[1]
  if (Number(evicted) !== names.join('').length) throw new Error(`${evicted} went, not ${names}`)
  return names
}

const SAME: BothOptions = { since: [7, 0] }

function policy(
  name: string,
  claim: string,
  candidates: readonly Candidate[],
  expected: readonly string[],
): void {
  onBoth(
    t,
    `${name}: ${claim}`,
    async (t: Test, server) => {
      t.strictSame(await play(server, name, candidates, expected.length), expected)
    },
    SAME,
  )
}

policy(
  'allkeys-lru',
  'what was not used for longest goes first, with an expiry or without',
  [
    { name: 'a', idle: 100 },
    { name: 'b', idle: 100_000, ttl: 10_000_000 },
    { name: 'c', idle: 10_000 },
    { name: 'd', idle: 1_000_000 },
  ],
  ['d', 'b', 'c'],
)

policy(
  'volatile-lru',
  'the same among keys with an expiry',
  [
    { name: 'a', idle: 1_000_000 },
    { name: 'b', idle: 100_000, ttl: 10_000_000 },
    { name: 'c', idle: 100, ttl: 5_000_000 },
    { name: 'd', idle: 10_000, ttl: 20_000_000 },
  ],
  ['b', 'd', 'c', ''],
)

policy(
  'allkeys-lfu',
  'what is used least often goes first',
  [
    { name: 'a', frequency: 200 },
    { name: 'b', frequency: 20, ttl: 10_000_000 },
    { name: 'c', frequency: 100 },
    { name: 'd', frequency: 1 },
  ],
  ['d', 'b', 'c'],
)

policy(
  'volatile-lfu',
  'the same among keys with an expiry',
  [
    { name: 'a', frequency: 0 },
    { name: 'b', frequency: 20, ttl: 10_000_000 },
    { name: 'c', frequency: 200, ttl: 5_000_000 },
    { name: 'd', frequency: 100, ttl: 1_000_000 },
  ],
  ['b', 'd', 'c', ''],
)

policy(
  'volatile-ttl',
  'what expires first goes first',
  [
    { name: 'a' },
    { name: 'b', ttl: 5_000_000 },
    { name: 'c', ttl: 1_000_000 },
    { name: 'd', ttl: 10_000_000 },
  ],
  ['c', 'b', 'd', ''],
)

policy('noeviction', 'nothing goes', [{ name: 'a' }, { name: 'b', ttl: 1_000_000 }], [''])

onBoth(t, 'allkeys-random: any key goes, one after the other', async (t, server) => {
  const all = ['a', 'b', 'c', 'd']
  const went = await play(
    server,
    'allkeys-random',
    all.map((name, i) => ({ name, ttl: i % 2 === 0 ? 0 : 10_000_000 })),
    4,
  )
  t.strictSame(went.toSorted(), all)
})

onBoth(t, 'volatile-random: any key with an expiry goes, no other', async (t, server) => {
  const candidates = ['a', 'b', 'c', 'd'].map((name, i) => ({
    name,
    ttl: i % 2 === 0 ? 0 : 10_000_000,
  }))
  const went = await play(server, 'volatile-random', candidates, 3)
  t.strictSame(went.toSorted(), ['', 'b', 'd'])
})

onBoth(t, 'a command that finds room again runs, though it takes memory', async (t, server) => {
  const wire = await server.connect()
  await wire.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  await fill(wire, [{ name: 'old', idle: 1000 }, { name: 'new' }])
  const used = /used_memory:(\d+)/.exec(String(await wire.ask('INFO', 'memory')))?.[1]
  await wire.call('CONFIG', 'SET', 'maxmemory', String(Number(used) - KEY_BYTES / 2))
  t.equal(show((await wire.call('SET', 'k', 'v')).reply), '+OK')
  t.strictSame(await keys(wire), ['k', 'new'])
})

onBoth(t, 'bytes count wherever they are', async (t, server) => {
  const wire = await server.connect()
  for (const words of [
    `'SET', 'k', long`,
    `'RPUSH', 'k', long`,
    `'SADD', 'k', long`,
    `'ZADD', 'k', '1', long`,
    `'HSET', 'k', 'f', long`,
    `'HSET', 'k', long, 'v'`,
    `'XADD', 'k', '*', 'f', long`,
  ]) {
    await wire.call('FLUSHALL')
    const used = /used_memory:(\d+)/.exec(String(await wire.ask('INFO', 'memory')))?.[1]
    // Made in a script, since a request that is so large would count as well.
    const script = `local long = string.rep('x', ${KEY_BYTES}) redis.call(${words})`
    t.equal(await wire.ask('EVAL', script, '0'), '(nil)', words)
    await wire.call('CONFIG', 'SET', 'maxmemory', String(Number(used) + KEY_BYTES / 2))
    t.equal(await wire.ask('SET', 'other', 'v'), OOM, words)
    await wire.call('CONFIG', 'SET', 'maxmemory', '0')
  }
})
