// Payloads cross: what one server dumps the other one restores, for every type and encoding, and it
// is then the same value in the same encoding. A real server before 7.4 reads no payload of ours,
// since the format is newer than it is; there, only the way from it to us is gone.

import t from 'tap'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { sorted } from '../helpers/transcript.ts'
import type { Shown, Wire } from '../helpers/wire.ts'

interface Sample {
  readonly name: string
  readonly commands: readonly (readonly string[])[]
  /** Reads all of it. */
  readonly read: readonly string[]
  readonly needs?: '7.4'
}

const LARGE = 'large '.repeat(40)
const numbers = (count: number, make: (i: number) => readonly string[]): string[] =>
  Array.from({ length: count }, (_, i) => make(i)).flat()
/** Bytes without any repetition, which do not get shorter. */
const NOISE = Array.from({ length: 300 }, (_, i) =>
  String.fromCharCode((i * i * 7 + i * 13) & 255),
).join('')
const STREAM = (...more: readonly string[][]): readonly string[][] => [
  ...numbers(150, i => [`${i + 1}-${i % 3}`]).map((id, i) => [
    'XADD',
    'k',
    id,
    'f',
    `v${i}`,
    'g',
    LARGE,
  ]),
  ['XADD', 'k', '200-1', 'other', 'fields', 'than', 'before'],
  ['XDEL', 'k', '7-0', '200-1'],
  ...more,
]

// Scores that every version prints alike: 7.0 writes 0.1 as 0.10000000000000001.
const SAMPLES: readonly Sample[] = [
  ...['', '0', '-128', '32767', '-2147483648', '9223372036854775807', '007', 'a', LARGE, NOISE].map(
    text => ({
      name: `the string ${text.slice(0, 20)}`,
      commands: [['SET', 'k', text]],
      read: ['GET', 'k'],
    }),
  ),
  { name: 'a bitmap', commands: [['SETBIT', 'k', '100001', '1']], read: ['BITPOS', 'k', '1'] },
  {
    name: 'a sparse HyperLogLog',
    commands: [['PFADD', 'k', 'a', 'b', 'c']],
    read: ['PFCOUNT', 'k'],
  },
  {
    name: 'a dense HyperLogLog',
    commands: [['PFADD', 'k', ...numbers(5000, i => [`e${i}`])]],
    read: ['PFCOUNT', 'k'],
  },
  {
    name: 'a list in a listpack',
    commands: [['RPUSH', 'k', 'a', '1', '-4096', '9223372036854775807', LARGE, NOISE, '']],
    read: ['LRANGE', 'k', '0', '-1'],
  },
  {
    name: 'a list of nodes',
    commands: [['RPUSH', 'k', ...numbers(200, i => [`${LARGE}${i}`])]],
    read: ['LRANGE', 'k', '0', '-1'],
  },
  {
    name: 'a list with a large element',
    commands: [['RPUSH', 'k', 'a', NOISE.repeat(300), 'b']],
    read: ['LRANGE', 'k', '0', '-1'],
  },
  ...['1', '70000', '-5000000000'].map(last => ({
    name: `a set of integers up to ${last}`,
    commands: [['SADD', 'k', '3', '-7', last]],
    read: ['SMEMBERS', 'k'],
  })),
  {
    name: 'a set in a listpack',
    commands: [['SADD', 'k', 'a', '1', NOISE.slice(0, 60)]],
    read: ['SMEMBERS', 'k'],
  },
  {
    name: 'a set in a hash table',
    commands: [['SADD', 'k', LARGE, ...numbers(300, i => [`m${i}`])]],
    read: ['SMEMBERS', 'k'],
  },
  {
    name: 'a sorted set in a listpack',
    commands: [['ZADD', 'k', '1', 'a', '-inf', 'b', '0.5', 'c', '2e5', 'd', '-0', 'e']],
    read: ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
  },
  {
    name: 'a sorted set as a skip list',
    commands: [['ZADD', 'k', 'inf', LARGE, ...numbers(300, i => [String(i / 8), `m${i}`])]],
    read: ['ZRANGE', 'k', '0', '-1', 'WITHSCORES'],
  },
  {
    name: 'places',
    commands: [['GEOADD', 'k', '13.361389', '38.115556', 'a', '15.087269', '37.502669', 'b']],
    read: ['GEOPOS', 'k', 'a', 'b'],
  },
  {
    name: 'a hash in a listpack',
    commands: [['HSET', 'k', 'f', 'v', '1', '-2', '', '']],
    read: ['HGETALL', 'k'],
  },
  {
    name: 'a hash in a hash table',
    commands: [['HSET', 'k', 'f', LARGE, ...numbers(600, i => [`f${i}`, `v${i}`])]],
    read: ['HGETALL', 'k'],
  },
  {
    name: 'a hash in a listpack, with mortal fields',
    commands: [
      ['HSET', 'k', 'f', 'v', 'g', 'w', 'h', 'x'],
      ['HPEXPIREAT', 'k', '2000000000001', 'FIELDS', '1', 'g'],
      ['HPEXPIREAT', 'k', '1900000000000', 'FIELDS', '1', 'h'],
    ],
    read: ['HPEXPIRETIME', 'k', 'FIELDS', '3', 'f', 'g', 'h'],
    needs: '7.4',
  },
  {
    name: 'a hash in a hash table, with mortal fields',
    commands: [
      ['HSET', 'k', 'f', LARGE, 'g', 'w', 'h', 'x'],
      ['HPEXPIREAT', 'k', '2000000000001', 'FIELDS', '2', 'f', 'g'],
    ],
    read: ['HPEXPIRETIME', 'k', 'FIELDS', '3', 'f', 'g', 'h'],
    needs: '7.4',
  },
  { name: 'a stream', commands: STREAM(), read: ['XRANGE', 'k', '-', '+'] },
  {
    name: 'an empty stream',
    commands: STREAM(['XTRIM', 'k', 'MAXLEN', '0']),
    read: ['XINFO', 'STREAM', 'k'],
  },
  {
    name: 'a stream with groups',
    commands: STREAM(
      ['XGROUP', 'CREATE', 'k', 'g', '0'],
      ['XGROUP', 'CREATE', 'k', 'idle', '$', 'ENTRIESREAD', '3'],
      ['XGROUP', 'CREATECONSUMER', 'k', 'g', 'lazy'],
      ['XREADGROUP', 'GROUP', 'g', 'busy', 'COUNT', '4', 'STREAMS', 'k', '>'],
      ['XACK', 'k', 'g', '2-1'],
    ),
    read: ['XPENDING', 'k', 'g'],
  },
]

interface Facts {
  readonly content: Shown
  readonly encoding: Shown
  readonly digest: Shown
}

async function factsOf(wire: Wire, read: readonly string[]): Promise<Facts> {
  return {
    content: sorted(await wire.ask(...read)),
    encoding: await wire.ask('OBJECT', 'ENCODING', 'k'),
    digest: await wire.ask('DEBUG', 'DIGEST-VALUE', 'k'),
  }
}

/** Takes the value from one server to the other, where it replaces what is there. */
async function carry(from: Wire, to: Wire): Promise<Shown> {
  const payload = String(await from.ask('DUMP', 'k')).slice(1)
  await to.call('FLUSHALL')
  return to.ask('RESTORE', 'k', '0', payload)
}

t.test('every type and encoding', { skip: NO_REAL_SERVER }, async t => {
  const ours = await startServer({ config: [['enable-debug-command', 'yes']] })
  const real = await startReal('--sanitize-dump-payload', 'yes')
  t.teardown(() => Promise.all([ours.close(), real.close()]))
  const [here, there] = [await ours.connect(), await real.connect()]
  for (const { name, commands, read, needs } of SAMPLES) {
    if (needs === '7.4' && !realIsAtLeast(7, 4)) continue
    await t.test(name, async t => {
      for (const wire of [here, there]) {
        await wire.call('FLUSHALL')
        for (const words of commands) t.notMatch(await wire.ask(...words), /^-/)
      }
      const before = await factsOf(there, read)
      const mine = await factsOf(here, read)
      t.equal(await carry(there, here), '+OK', 'from the real server to ours')
      const arrived = await factsOf(here, read)
      t.strictSame(arrived.content, before.content)
      t.strictSame(arrived.digest, before.digest)
      if (!realIsAtLeast(7, 4)) return
      t.strictSame(arrived.encoding, before.encoding)
      t.strictSame(mine, before, 'made of the same commands it is the same')
      t.equal(await carry(here, there), '+OK', 'from ours to the real server')
      t.strictSame(await factsOf(there, read), before)
    })
  }
})
