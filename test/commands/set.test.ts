import t, { type Test } from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { show, type Wire } from '../helpers/wire.ts'

const LONG = 'x'.repeat(65)
const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const NOT_INTEGER = '-ERR value is not an integer or out of range'
const NEGATIVE = '-ERR value is out of range, must be positive'

transcript(t, 'members are added, found and removed', [
  ['SADD s a b a', ':2'],
  ['SADD s b c', ':1'],
  ['SCARD s', ':3'],
  ['SCARD none', ':0'],
  ['SMEMBERS s', ['$a', '$b', '$c'], '7.2'],
  ['SMEMBERS none', []],
  ['SISMEMBER s a', ':1'],
  ['SISMEMBER s x', ':0'],
  ['SISMEMBER none a', ':0'],
  ['SMISMEMBER s a x b', [':1', ':0', ':1']],
  ['SMISMEMBER none a x', [':0', ':0']],
  ['SREM s a x a', ':1'],
  ['SREM s b c d', ':2'],
  ['SREM s a', ':0'],
  ['SCARD s', ':0'],
])

transcript(t, 'a set is no other type', [
  ['HSET h f v', ':1'],
  ['SADD h a', WRONGTYPE],
  ['SREM h a', WRONGTYPE],
  ['SMOVE none h a', ':0'],
  ['SADD s a', ':1'],
  ['SMOVE s h a', WRONGTYPE],
  ['SMOVE h s a', WRONGTYPE],
  ['SINTER none h', WRONGTYPE],
  ['SUNION s h', WRONGTYPE],
  ['SDIFF none h', WRONGTYPE],
  ['SINTERSTORE d s h', WRONGTYPE],
  ['SPOP h', WRONGTYPE],
  ['SPOP h x', NEGATIVE, '7.2'],
  ['SRANDMEMBER h x', NOT_INTEGER],
  ['SSCAN h 0 FOO', WRONGTYPE],
])

transcript(t, 'a set of integers is in order of size', [
  ['SADD n 5 -1 10 9223372036854775807 -9223372036854775808 -20 0', ':7'],
  [
    'SMEMBERS n',
    ['$-9223372036854775808', '$-20', '$-1', '$0', '$5', '$10', '$9223372036854775807'],
  ],
  ['SADD n 007 3', ':2'],
  [
    'SMEMBERS n',
    [
      '$-9223372036854775808',
      '$-20',
      '$-1',
      '$0',
      '$5',
      '$10',
      '$9223372036854775807',
      '$007',
      '$3',
    ],
    '7.2',
  ],
])

transcript(t, 'SMOVE', [
  ['SADD a x y', ':2'],
  ['SMOVE a b x', ':1'],
  ['SMOVE a b none', ':0'],
  ['SMOVE none b y', ':0'],
  ['SMOVE a a y', ':1'],
  ['SMOVE a a none', ':0'],
  ['SADD b y', ':1'],
  ['SMOVE a b y', ':1'],
  ['SCARD a', ':0'],
  ['SMEMBERS b', ['$x', '$y'], '7.2'],
])

transcript(t, 'intersection, union and difference', [
  ['SADD a 1 2 3 x', ':4'],
  ['SADD b 3 2 9', ':3'],
  ['SADD c x 2', ':2'],
  ['SINTER a b', ['$2', '$3']],
  ['SINTER a b c', ['$2']],
  ['SINTER a none', []],
  ['SUNION b c none', ['$2', '$3', '$9', '$x'], '7.2'],
  ['SUNION none', []],
  ['SDIFF a b', ['$1', '$x'], '7.2'],
  ['SDIFF a b c', ['$1']],
  ['SDIFF none a', []],
  ['SDIFF a a', []],
  ['SINTERCARD 2 a b', ':2'],
  ['SINTERCARD 2 a b LIMIT 1', ':1'],
  ['SINTERCARD 2 a b limit 0', ':2'],
  ['SINTERCARD 2 a none', ':0'],
  ['SINTERCARD 0 a', '-ERR numkeys should be greater than 0'],
  ['SINTERCARD x a', '-ERR numkeys should be greater than 0'],
  ['SINTERCARD 3 a b', "-ERR Number of keys can't be greater than number of args"],
  ['SINTERCARD 1 a b', '-ERR syntax error'],
  ['SINTERCARD 1 a LIMIT', '-ERR syntax error'],
  ['SINTERCARD 1 a LIMIT -1', "-ERR LIMIT can't be negative"],
  ['SINTERCARD 1 a LIMIT x', "-ERR LIMIT can't be negative"],
])

transcript(t, 'results are stored, and an empty one deletes', [
  ['SADD a 1 2 x', ':3'],
  ['SADD b 2 3', ':2'],
  ['SINTERSTORE d a b', ':1'],
  ['SMEMBERS d', ['$2']],
  ['SUNIONSTORE d a b', ':4'],
  ['SMEMBERS d', ['$1', '$2', '$x', '$3'], '7.2'],
  ['SDIFFSTORE a a b', ':2'],
  ['SMEMBERS a', ['$1', '$x'], '7.2'],
  ['HSET h f v', ':1'],
  ['SUNIONSTORE h b', ':2'],
  ['SMEMBERS h', ['$2', '$3']],
  ['HSET h2 f v', ':1'],
  ['SINTERSTORE h2 a none', ':0'],
  ['SCARD h2', ':0'],
  ['SDIFFSTORE d d d', ':0'],
  ['SCARD d', ':0'],
])

transcript(t, 'SPOP and SRANDMEMBER', [
  ['SPOP none', '(nil)'],
  ['SPOP none 3', []],
  ['SRANDMEMBER none', '(nil)'],
  ['SRANDMEMBER none 3', []],
  ['SRANDMEMBER none -9223372036854775807', []],
  ['SADD s a', ':1'],
  ['SPOP s 0', []],
  ['SPOP s -1', NEGATIVE],
  ['SPOP s 1 2', '-ERR syntax error'],
  ['SRANDMEMBER s', '$a'],
  ['SRANDMEMBER s 0', []],
  ['SRANDMEMBER s 5', ['$a']],
  ['SRANDMEMBER s -3', ['$a', '$a', '$a']],
  ['SRANDMEMBER s 1 2', '-ERR syntax error'],
  ['SRANDMEMBER s 9223372036854775808', NOT_INTEGER],
  [
    'SRANDMEMBER s -9223372036854775808',
    '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
  ],
  ['SPOP s', '$a'],
  ['SCARD s', ':0'],
  ['SADD s 5 3 b', ':3'],
  ['SRANDMEMBER s 3', ['$3', '$5', '$b'], '7.2'],
  ['SPOP s 9223372036854775807', ['$3', '$5', '$b'], '7.2'],
  ['SCARD s', ':0'],
])

transcript(t, 'SSCAN gives a small set whole', [
  ['SSCAN none 5', ['$0', []]],
  ['SADD s 3 1 2', ':3'],
  ['SSCAN s 0 COUNT 1', ['$0', ['$1', '$2', '$3']]],
  ['SSCAN s 77 MATCH [13]', ['$0', ['$1', '$3']]],
  ['SSCAN s x', '-ERR invalid cursor'],
  ['SSCAN s 0 COUNT 0', '-ERR syntax error'],
  ['SSCAN s 0 NOVALUES', '-ERR NOVALUES option can only be used in HSCAN', '7.4'],
])

t.test('encodings', async t => {
  const { wire, encoding } = await start(t)
  const add = async (key: string, ...members: string[]): Promise<string | undefined> => {
    await wire.ask('SADD', key, ...members)
    return encoding(key)
  }
  const integers = Array.from({ length: 513 }, (_, i) => String(i))
  t.equal(await add('a', '1', '2'), 'intset')
  t.equal(await add('a', 'x'), 'listpack')
  t.equal(await add('a', LONG), 'hashtable')
  t.equal(await add('b', ...integers.slice(1)), 'intset')
  t.equal(await add('b', '0'), 'hashtable')
  t.equal(await add('c', ...integers), 'hashtable')
  t.equal(await add('d', ...integers.slice(0, 128)), 'intset')
  t.equal(await add('d', 'x'), 'hashtable')
  t.equal(await add('e', 'x', ...integers.slice(0, 127)), 'listpack')
  t.equal(await add('e', 'y'), 'hashtable')
  t.equal(await add('f', 'x', ...integers.slice(0, 128)), 'hashtable')
  t.equal(await add('g', ...Array.from({ length: 129 }, () => 'same')), 'hashtable')
})

t.test('a stored result is encoded afresh', async t => {
  const { wire, encoding } = await start(t)
  const integers = Array.from({ length: 200 }, (_, i) => String(i))
  await wire.ask('SADD', 'big', LONG, 'x', ...integers)
  await wire.ask('SADD', 'integers', ...integers)
  await wire.ask('SINTERSTORE', 'd', 'big', 'big')
  t.equal(encoding('d'), 'hashtable')
  await wire.ask('SREM', 'big', LONG, 'x')
  await wire.ask('SINTERSTORE', 'd', 'big', 'big')
  t.equal(encoding('d'), 'intset')
  await wire.ask('SUNIONSTORE', 'd', 'integers')
  t.equal(encoding('d'), 'intset')
  await wire.ask('SADD', 'letters', 'a', 'b', '7')
  await wire.ask('SDIFFSTORE', 'd', 'letters', 'integers')
  t.equal(encoding('d'), 'listpack')
})

t.test('a large set that SPOP leaves small is small again', async t => {
  const { wire, encoding } = await start(t)
  const members = Array.from({ length: 300 }, (_, i) => `m${i}`)
  await wire.ask('SADD', 's', ...members)
  const popped = (await wire.ask('SPOP', 's', '100')) as string[]
  t.equal(new Set(popped).size, 100)
  t.equal(encoding('s'), 'hashtable')
  popped.push(...((await wire.ask('SPOP', 's', '180')) as string[]))
  t.equal(encoding('s'), 'listpack')
  popped.push(...((await wire.ask('SMEMBERS', 's')) as string[]))
  t.strictSame(popped.map(member => member.slice(1)).sort(), members.sort())
})

t.test('picks are distinct, or spread evenly', async t => {
  const { wire } = await start(t)
  const kinds = [
    Array.from({ length: 100 }, (_, i) => `m${i}`),
    Array.from({ length: 100 }, (_, i) => String(i)),
    Array.from({ length: 400 }, (_, i) => `m${i}`),
  ]
  for (const [i, members] of kinds.entries()) {
    const key = `s${i}`
    await wire.ask('SADD', key, ...members)
    for (const count of [1, 10, members.length - 1]) {
      const picked = (await wire.ask('SRANDMEMBER', key, String(count))) as string[]
      t.equal(new Set(picked).size, count)
      t.ok(picked.every(member => members.includes(member.slice(1))))
    }
    const draws = 100
    const repeated = (await wire.ask(
      'SRANDMEMBER',
      key,
      String(-members.length * draws),
    )) as string[]
    const counts = new Map(members.map(member => [`$${member}`, 0]))
    for (const member of repeated) counts.set(member, (counts.get(member) ?? NaN) + 1)
    let chiSquare = 0
    for (const count of counts.values()) chiSquare += (count - draws) ** 2 / draws
    // Far outside of what chance does to this many degrees of freedom.
    t.ok(chiSquare < members.length + 8 * Math.sqrt(2 * members.length), `${chiSquare}`)
  }
})

// A real server would write until its memory ends.
t.test('repeats without end are refused', async t => {
  const { wire } = await start(t)
  await wire.ask('SADD', 's', 'a')
  t.equal(await wire.ask('SRANDMEMBER', 's', '-9223372036854775807'), '-ERR value is out of range')
})

t.test('repeats of large members end at the limit of a reply', async t => {
  const { redis, wire } = await start(t)
  redis.server.parserLimits.bulkMax = 10_000
  await wire.ask('SADD', 's', 'x'.repeat(1000))
  t.equal(await wire.ask('SRANDMEMBER', 's', '-1000'), '-ERR value is out of range')
  t.equal((await wire.ask('SRANDMEMBER', 's', '-9')).length, 9)
})

t.test('SSCAN meets every member of a large set', async t => {
  const { wire } = await start(t)
  const members = Array.from({ length: 1000 }, (_, i) => `m${i}`)
  await wire.ask('SADD', 's', ...members)
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const [next, items] = (await wire.ask('SSCAN', 's', cursor, 'COUNT', '7')) as [string, string[]]
    for (const item of items) seen.add(item.slice(1))
    cursor = next.slice(1)
  } while (cursor !== '0')
  t.strictSame([...seen].sort(), members.sort())
})

t.test('events', async t => {
  const { redis, wire } = await start(t)
  redis.server.notifications.enable('KEA')
  const listener = await redis.connect()
  await listener.ask('PSUBSCRIBE', '__keyevent@0__:*')
  const expected: string[] = []
  const run = async (events: readonly string[], ...words: string[]): Promise<void> => {
    await wire.ask(...words)
    expected.push(...events)
  }
  await run(['sadd a'], 'SADD', 'a', 'x', 'y', 'z')
  await run([], 'SADD', 'a', 'x')
  await run(['srem a'], 'SREM', 'a', 'z', 'none')
  await run(['srem a', 'sadd b'], 'SMOVE', 'a', 'b', 'x')
  await run(['srem a', 'del a', 'sadd b'], 'SMOVE', 'a', 'b', 'y')
  await run(['sunionstore c'], 'SUNIONSTORE', 'c', 'b')
  await run(['sdiffstore d'], 'SDIFFSTORE', 'd', 'b', 'a')
  await run(['sinterstore e'], 'SINTERSTORE', 'e', 'b', 'c')
  await run(['del e'], 'SINTERSTORE', 'e', 'b', 'none')
  await run([], 'SINTERSTORE', 'e', 'b', 'none')
  await run(['spop b'], 'SPOP', 'b')
  await run(['spop b', 'del b'], 'SPOP', 'b', '1')
  await run([], 'SPOP', 'c', '0')
  await run(['spop c', 'del c'], 'SPOP', 'c', '2')
  await run(['srem d', 'del d'], 'SREM', 'd', 'x', 'y')
  for (const event of expected) t.equal(await nextEvent(listener), event)
  t.equal(await wire.ask('PUBLISH', '__keyevent@0__:end', 'of it'), ':1')
  t.equal(await nextEvent(listener), 'end of it')
})

interface Started {
  readonly redis: TestServer
  readonly wire: Wire
  encoding(key: string): string | undefined
}

async function start(t: Test): Promise<Started> {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const encoding = (key: string): string | undefined =>
    redis.server.keyspace.databases[0]?.peek(key)?.encoding
  return { redis, wire, encoding }
}

/** The next event that a listener to all of them hears, with its key. */
async function nextEvent(listener: Wire): Promise<string> {
  const message = show((await listener.next()).reply)
  return `${String(message[2]).slice('$__keyevent@0__:'.length)} ${String(message[3]).slice(1)}`
}
