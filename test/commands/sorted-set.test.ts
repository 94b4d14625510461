import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const SYNTAX = '-ERR syntax error'
const NOT_FLOAT = '-ERR value is not a valid float'
const NOT_A_RANGE = '-ERR min or max is not a float'
const NOT_INTEGER = '-ERR value is not an integer or out of range'
const LONG = 'x'.repeat(65)

transcript(t, 'members are added with scores, in order of score and name', [
  ['ZADD z 2 b 1 a 2 aa', ':3'],
  ['ZRANGE z 0 -1 WITHSCORES', ['$a', '$1', '$aa', '$2', '$b', '$2']],
  ['ZADD z 3 a 4 d', ':1'],
  ['ZADD z CH 3 a 5 d 6 e', ':2'],
  ['ZCARD z', ':5'],
  ['ZCARD none', ':0'],
  ['ZSCORE z a', '$3'],
  ['ZSCORE z x', '(nil)'],
  ['ZSCORE none a', '(nil)'],
  ['ZMSCORE z a x e', ['$3', '(nil)', '$6']],
  ['ZMSCORE none a', ['(nil)']],
  ['ZRANK z b', ':1'],
  ['ZREVRANK z b', ':3'],
  ['ZRANK z x', '(nil)'],
  ['ZRANK z b WITHSCORE', [':1', '$2'], '7.2'],
  ['ZREVRANK none b WITHSCORE', '(nil array)', '7.2'],
  ['ZRANK z b WITHSCORES', SYNTAX, '7.2'],
  ['ZREM z a x b', ':2'],
  ['ZREM z aa d e', ':3'],
  ['EXISTS z', ':0'],
])

transcript(t, 'options of ZADD', [
  ['ZADD z XX 1 a', ':0'],
  ['EXISTS z', ':0'],
  ['ZADD z NX 1 a 2 b', ':2'],
  ['ZADD z NX 9 a 3 c', ':1'],
  ['ZADD z XX CH 5 a 9 d', ':1'],
  ['ZADD z GT CH 4 a 6 b 1 new', ':2'],
  ['ZADD z LT CH 4 a 7 b', ':1'],
  ['ZADD z INCR 2.5 a', '$6.5'],
  ['ZADD z NX INCR 1 a', '(nil)'],
  ['ZADD z XX INCR 1 x', '(nil)'],
  ['ZADD z GT INCR -1 a', '(nil)'],
  ['ZADD z LT INCR -1 a', '$5.5'],
  ['ZINCRBY z 1 a', '$6.5'],
  ['ZINCRBY z 1 fresh', '$1'],
  ['ZADD z NX XX 1 a', '-ERR XX and NX options at the same time are not compatible'],
  ['ZADD z NX GT 1 a', '-ERR GT, LT, and/or NX options at the same time are not compatible'],
  ['ZADD z GT LT 1 a', '-ERR GT, LT, and/or NX options at the same time are not compatible'],
  ['ZADD z INCR 1 a 2 b', '-ERR INCR option supports a single increment-element pair'],
  ['ZADD z 1 a 2', SYNTAX],
  ['ZADD z NX XX', SYNTAX],
  ['ZADD z 1 a x b', NOT_FLOAT],
  ['ZADD z nan a', NOT_FLOAT],
  ['ZINCRBY z nan a', NOT_FLOAT],
  ['ZINCRBY z CH a', '-ERR syntax error'],
  ['ZINCRBY z xx nx', '-ERR syntax error'],
  ['ZSCORE z a', '$6.5'],
])

transcript(t, 'infinite scores and signed zeroes', [
  ['ZADD z inf a -inf b +inf c', ':3'],
  ['ZINCRBY z -inf a', '-ERR resulting score is not a number (NaN)'],
  ['ZSCORE z a', '$inf'],
  ['ZADD z INCR -0 zero', '$-0', '7.2'],
  ['ZSCORE z zero', '$0', '7.2'],
  ['ZUNION 1 z WEIGHTS 0 WITHSCORES', ['$a', '$0', '$b', '$0', '$c', '$0', '$zero', '$0']],
  ['ZADD y -inf a 5 c', ':2'],
  ['ZUNION 2 z y WITHSCORES', ['$b', '$-inf', '$a', '$0', '$zero', '$0', '$c', '$inf']],
  ['ZRANGEBYSCORE z -inf (inf', ['$b', '$zero']],
])

transcript(t, 'scores print as short as they can', [
  ['ZADD z 0.1 a 1e21 b 1e-7 c 3.0 d 12345678901234567890 e 0x10 f', ':6'],
  ['ZMSCORE z a b c d', ['$0.1', '$1e+21', '$1e-7', '$3'], '7.2'],
  ['ZMSCORE z e f', ['$12345678901234567000', '$16'], '7.2'],
])

transcript(t, 'ranges by rank', [
  ['ZADD z 1 a 2 b 3 c 4 d', ':4'],
  ['ZRANGE z 1 2', ['$b', '$c']],
  ['ZRANGE z -2 100', ['$c', '$d']],
  ['ZRANGE z -100 0', ['$a']],
  ['ZRANGE z 3 1', []],
  ['ZRANGE z 0 1 REV', ['$d', '$c']],
  ['ZREVRANGE z 0 1 WITHSCORES', ['$d', '$4', '$c', '$3']],
  ['ZRANGE z 0 1 LIMIT 0 -1', ['$a', '$b']],
  [
    'ZRANGE z 0 1 LIMIT 0 1',
    '-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
  ],
  ['ZRANGE z 0 x', NOT_INTEGER],
  ['ZRANGE z 0 9223372036854775808', NOT_INTEGER],
  ['ZREVRANGE z 0 1 REV', SYNTAX],
  ['ZRANGE none 0 -1', []],
  ['ZREMRANGEBYRANK z 1 -2', ':2'],
  ['ZRANGE z 0 -1', ['$a', '$d']],
  ['ZREMRANGEBYRANK z 0 -1', ':2'],
  ['EXISTS z', ':0'],
])

transcript(t, 'ranges by score', [
  ['ZADD z 1 a 2 b 3 c 4 d', ':4'],
  ['ZRANGEBYSCORE z 2 3', ['$b', '$c']],
  ['ZRANGEBYSCORE z (2 +inf WITHSCORES', ['$c', '$3', '$d', '$4']],
  ['ZRANGEBYSCORE z -inf +inf LIMIT 1 2', ['$b', '$c']],
  ['ZRANGEBYSCORE z -inf +inf LIMIT 1 -1', ['$b', '$c', '$d']],
  ['ZRANGEBYSCORE z -inf +inf LIMIT 1 0', []],
  ['ZRANGEBYSCORE z -inf +inf LIMIT -1 2', []],
  ['ZREVRANGEBYSCORE z 3 (1', ['$c', '$b']],
  ['ZRANGE z 3 2 BYSCORE REV', ['$c', '$b']],
  ['ZRANGE z 2 3 BYSCORE LIMIT 1 1', ['$c']],
  ['ZCOUNT z (1 3', ':2'],
  ['ZCOUNT z 5 1', ':0'],
  ['ZRANGEBYSCORE z x 1', NOT_A_RANGE],
  ['ZRANGEBYSCORE z 1 nan', NOT_A_RANGE],
  ['ZCOUNT z 1 ((1', NOT_A_RANGE],
  ['ZRANGEBYSCORE z 1 2 LIMIT 1', SYNTAX],
  ['ZRANGEBYSCORE z 1 2 LIMIT x 1', NOT_INTEGER],
  ['ZREMRANGEBYSCORE z (1 3', ':2'],
  ['ZRANGE z 0 -1', ['$a', '$d']],
])

transcript(t, 'ranges by name', [
  ['ZADD z 0 a 0 b 0 c 0 d 0 ""', ':5'],
  ['ZRANGEBYLEX z - +', ['$', '$a', '$b', '$c', '$d']],
  ['ZRANGEBYLEX z [b (d', ['$b', '$c']],
  ['ZREVRANGEBYLEX z [c (a', ['$c', '$b']],
  ['ZRANGE z + (a BYLEX REV LIMIT 0 2', ['$d', '$c']],
  ['ZLEXCOUNT z [a [c', ':3'],
  ['ZLEXCOUNT z + -', ':0'],
  ['ZRANGEBYLEX z a b', '-ERR min or max not valid string range item'],
  ['ZRANGEBYLEX z - ++', '-ERR min or max not valid string range item'],
  [
    'ZRANGE z - + BYLEX WITHSCORES',
    `${SYNTAX}, WITHSCORES not supported in combination with BYLEX`,
  ],
  ['ZREMRANGEBYLEX z - (c', ':3'],
  ['ZRANGE z 0 -1', ['$c', '$d']],
])

transcript(t, 'a range can be stored', [
  ['ZADD z 1 a 2 b 3 c', ':3'],
  ['ZRANGESTORE d z 1 -1', ':2'],
  ['ZRANGE d 0 -1 WITHSCORES', ['$b', '$2', '$c', '$3']],
  ['ZRANGESTORE d z (1 +inf BYSCORE LIMIT 0 1', ':1'],
  ['ZRANGESTORE d z 0 -1 WITHSCORES', SYNTAX],
  ['ZRANGESTORE d none 0 -1', ':0'],
  ['EXISTS d', ':0'],
  ['SET s x', '+OK'],
  ['ZRANGESTORE d s 0 -1', WRONGTYPE],
  ['ZRANGESTORE s z 0 0', ':1'],
  ['TYPE s', '+zset'],
])

transcript(t, 'union, intersection and difference, of plain sets too', [
  ['ZADD x 1 a 2 b 3 c', ':3'],
  ['ZADD y 10 b 20 c 30 d', ':3'],
  ['SADD s c d e', ':3'],
  ['ZUNION 2 x y WITHSCORES', ['$a', '$1', '$b', '$12', '$c', '$23', '$d', '$30']],
  ['ZINTER 2 x y', ['$b', '$c']],
  ['ZINTER 3 x y s WEIGHTS 1 2 100 WITHSCORES', ['$c', '$143']],
  ['ZINTER 2 x y AGGREGATE MIN WITHSCORES', ['$b', '$2', '$c', '$3']],
  ['ZINTER 2 x y AGGREGATE MAX WITHSCORES', ['$b', '$10', '$c', '$20']],
  ['ZDIFF 2 x y WITHSCORES', ['$a', '$1']],
  ['ZDIFF 2 x x', []],
  ['ZINTERCARD 2 x y', ':2'],
  ['ZINTERCARD 2 x y LIMIT 1', ':1'],
  ['ZINTERCARD 2 x y LIMIT 0', ':2'],
  ['ZINTERCARD 2 x y LIMIT -1', "-ERR LIMIT can't be negative"],
  ['ZUNIONSTORE d 2 x y WEIGHTS 2 1', ':4'],
  ['ZRANGE d 0 -1 WITHSCORES', ['$a', '$2', '$b', '$14', '$c', '$26', '$d', '$30']],
  ['ZINTERSTORE d 2 d s', ':2'],
  ['ZDIFFSTORE d 2 d d', ':0'],
  ['EXISTS d', ':0'],
  ['ZUNIONSTORE d 0 x', "-ERR at least 1 input key is needed for 'zunionstore' command"],
  ['ZUNION 3 x y', SYNTAX],
  ['ZUNION x x', NOT_INTEGER],
  ['ZUNION 2 x y WEIGHTS 1', SYNTAX],
  ['ZUNION 2 x y WEIGHTS 1 x', '-ERR weight value is not a float'],
  ['ZUNION 2 x y AGGREGATE AVG', SYNTAX],
  ['ZUNIONSTORE d 2 x y WITHSCORES', SYNTAX],
  ['ZDIFF 2 x y WEIGHTS 1 1', SYNTAX],
  ['SET str v', '+OK'],
  ['ZUNION 2 x str FOO', WRONGTYPE],
])

transcript(t, 'lowest and highest are popped', [
  ['ZADD z 1 a 2 b 3 c 4 d 5 e', ':5'],
  ['ZPOPMIN z', ['$a', '$1']],
  ['ZPOPMAX z 2', ['$e', '$5', '$d', '$4']],
  ['ZPOPMIN z 0', []],
  ['ZPOPMIN z -1', '-ERR value is out of range, must be positive'],
  ['ZPOPMIN z 1 2', SYNTAX],
  ['ZPOPMIN none', []],
  [
    'ZMPOP 2 none z MIN COUNT 10',
    [
      '$z',
      [
        ['$b', '$2'],
        ['$c', '$3'],
      ],
    ],
  ],
  ['ZMPOP 1 z MIN', '(nil array)'],
  ['ZMPOP 0 z MIN', '-ERR numkeys should be greater than 0'],
  ['ZMPOP 1 z MIN COUNT 0', '-ERR count should be greater than 0'],
  ['ZMPOP 1 z MID', SYNTAX],
  ['ZMPOP 9 z MIN', SYNTAX],
  ['ZADD z 1 a', ':1'],
  ['BZPOPMIN none z 0', ['$z', '$a', '$1']],
  ['ZADD z 1 a', ':1'],
  ['BZMPOP 0 1 z MAX', ['$z', [['$a', '$1']]]],
  ['BZPOPMIN z x', '-ERR timeout is not a float or out of range'],
  ['BZPOPMIN z -1', '-ERR timeout is negative'],
  ['MULTI', '+OK'],
  ['BZPOPMAX z 0', '+QUEUED'],
  ['EXEC', ['(nil array)']],
])

transcript(t, 'encodings', [
  ['ZADD z 1 a', ':1'],
  ['OBJECT ENCODING z', '$listpack', '7.2'],
  [['ZADD', 'z', '1', LONG], ':1'],
  ['OBJECT ENCODING z', '$skiplist'],
  [['ZREM', 'z', LONG], ':1'],
  ['OBJECT ENCODING z', '$skiplist'],
  ['ZUNIONSTORE d 1 z', ':1'],
  ['OBJECT ENCODING d', '$listpack', '7.2'],
  ['CONFIG SET zset-max-listpack-entries 2', '+OK', '7.2'],
  ['ZADD y 1 a 2 b', ':2', '7.2'],
  ['OBJECT ENCODING y', '$listpack', '7.2'],
  ['ZADD y 3 c', ':1', '7.2'],
  ['OBJECT ENCODING y', '$skiplist', '7.2'],
  // The two print scores of ZSCAN in different ways.
  ['ZADD y 0.1 a', ':0', '7.2'],
  ['ZSCAN y 0 MATCH a', ['$0', ['$a', '$0.10000000000000001']], '7.2'],
  ['ZADD d 0.1 a', ':0', '7.2'],
  ['ZSCAN d 0', ['$0', ['$a', '$0.1']], '7.2'],
  ['CONFIG SET zset-max-listpack-entries 128', '+OK', '7.2'],
])

transcript(t, 'scanning and picking at random', [
  ['ZADD z 1 a 2 b 3 c', ':3'],
  ['ZSCAN z 0', ['$0', ['$a', '$1', '$b', '$2', '$c', '$3']]],
  ['ZSCAN z 0 COUNT 1 MATCH [ac]', ['$0', ['$a', '$1', '$c', '$3']]],
  ['ZSCAN none 0 FOO', ['$0', []]],
  ['ZSCAN z x', '-ERR invalid cursor'],
  ['ZSCAN z 0 COUNT 0', SYNTAX],
  ['ZRANDMEMBER z 5 WITHSCORES', ['$c', '$3', '$b', '$2', '$a', '$1'], '7.2'],
  ['ZRANDMEMBER z 0', []],
  ['ZRANDMEMBER z', ANY, 'shape'],
  ['ZRANDMEMBER none', '(nil)'],
  ['ZRANDMEMBER none 2', []],
  ['ZRANDMEMBER z x', NOT_INTEGER],
  ['ZRANDMEMBER z 1 FOO', SYNTAX],
  ['ZRANDMEMBER z -4611686018427387904 WITHSCORES', '-ERR value is out of range'],
])

const wrongTypes = [
  'ZADD s 1 a',
  'ZINCRBY s 1 a',
  'ZREM s a',
  'ZCARD s',
  'ZSCORE s a',
  'ZMSCORE s a',
  'ZRANK s a',
  'ZCOUNT s 1 2',
  'ZLEXCOUNT s - +',
  'ZRANGE s 0 1',
  'ZRANGEBYSCORE s 1 2',
  'ZRANGEBYLEX s - +',
  'ZREMRANGEBYRANK s 0 1',
  'ZREMRANGEBYSCORE s 0 1',
  'ZREMRANGEBYLEX s - +',
  'ZPOPMIN s',
  'ZPOPMAX s 0',
  'ZMPOP 1 s MIN',
  'BZPOPMIN s 0',
  'BZMPOP 0 1 s MIN',
  'ZRANDMEMBER s',
  'ZSCAN s 0',
  'ZUNION 1 s',
  'ZINTERCARD 1 s',
]
transcript(t, 'another type is refused by every command', [
  ['SET s x', '+OK'],
  ...wrongTypes.map(line => [line, WRONGTYPE] as const),
  ['GET s', '$x'],
])

t.test('waiting clients are served in the order in which they came', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const [first, second, other] = await Promise.all([
    redis.connect(),
    redis.connect(),
    redis.connect(),
  ])
  const a = first.ask('BZPOPMIN', 'x', 'z', '0')
  await other.ask('PING')
  const b = second.ask('BZMPOP', '0', '1', 'z', 'MAX', 'COUNT', '2')
  await other.ask('PING')
  t.equal(await other.ask('ZADD', 'z', '1', 'a', '2', 'b', '3', 'c'), ':3')
  t.strictSame(await a, ['$z', '$a', '$1'])
  t.strictSame(await b, [
    '$z',
    [
      ['$c', '$3'],
      ['$b', '$2'],
    ],
  ])
  t.equal(await other.ask('EXISTS', 'z'), ':0')
})

t.test('a key of another type wakes nobody, a stored sorted set does', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const waiting = await redis.connect()
  const other = await redis.connect()
  const popped = waiting.ask('BZPOPMAX', 'z', '0')
  await other.ask('PING')
  t.equal(await other.ask('SADD', 'z', 'a'), ':1')
  t.equal(await other.ask('DEL', 'z'), ':1')
  t.equal(await other.ask('ZADD', 'y', '5', 'm'), ':1')
  t.equal(await other.ask('ZUNIONSTORE', 'z', '1', 'y'), ':1')
  t.strictSame(await popped, ['$z', '$m', '$5'])
})

t.test('waiting ends with its time', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const waiting = await redis.connect()
  const other = await redis.connect()
  const popped = waiting.ask('BZPOPMIN', 'z', '1.5')
  await other.ask('PING')
  clock.advance(1499)
  t.equal(waiting.unread, 0)
  clock.advance(1)
  t.equal(await popped, '(nil array)')
  const again = waiting.ask('BZMPOP', '1', '1', 'z', 'MIN')
  await other.ask('PING')
  clock.advance(1000)
  t.equal(await again, '(nil array)')
})

t.test('every change is one keyspace event', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const listener = await redis.connect()
  const client = await redis.connect()
  await client.ask('CONFIG', 'SET', 'notify-keyspace-events', 'Ezg')
  await listener.ask('PSUBSCRIBE', '*')
  const expectEvents = async (line: string, ...events: string[]): Promise<void> => {
    await client.ask(...line.split(' '))
    for (const event of events) {
      const [, , channel, key] = show((await listener.next()).reply)
      t.equal(`${channel} ${key}`, `$__keyevent@0__:${event}`, line)
    }
  }
  await expectEvents('ZADD z 1 a 2 b 3 c 4 d 5 e 6 f', 'zadd $z')
  await expectEvents('ZADD z 1 a')
  await expectEvents('ZINCRBY z 0 a')
  await expectEvents('ZINCRBY z 1 b', 'zincr $z')
  await expectEvents('ZREM z a x', 'zrem $z')
  await expectEvents('ZREMRANGEBYRANK z 0 0', 'zremrangebyrank $z')
  await expectEvents('ZREMRANGEBYSCORE z 100 200')
  await expectEvents('ZREMRANGEBYSCORE z 3 3', 'zremrangebyscore $z')
  await expectEvents('ZRANGESTORE d z 0 -1', 'zrangestore $d')
  await expectEvents('ZDIFFSTORE d 1 z', 'zdiffstore $d')
  await expectEvents('ZINTERSTORE d 2 z none', 'del $d')
  await expectEvents('ZPOPMIN z', 'zpopmin $z')
  await expectEvents('BZPOPMAX z 0', 'zpopmax $z')
  await expectEvents('ZREMRANGEBYLEX z - +', 'zremrangebylex $z', 'del $z')
})

t.test('a large set is scanned to its end, whatever goes meanwhile', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const client = await redis.connect()
  const members = Array.from({ length: 500 }, (_, i) => `m${i}`)
  await client.ask('ZADD', 'z', ...members.flatMap((member, i) => [String(i), member]))
  const seen = new Set<string>()
  let cursor = '0'
  let calls = 0
  do {
    const [next, items] = (await client.ask('ZSCAN', 'z', cursor, 'COUNT', '20')) as [
      string,
      string[],
    ]
    for (let i = 0; i < items.length; i += 2) seen.add((items[i] as string).slice(1))
    if (++calls === 3) await client.ask('ZREMRANGEBYRANK', 'z', '400', '-1')
    cursor = next.slice(1)
  } while (cursor !== '0' && calls < 1000)
  t.strictSame(
    members.slice(0, 400).filter(member => !seen.has(member)),
    [],
  )
  t.ok(calls > 10)
})

t.test('samples', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const client = await redis.connect()
  for (const size of [20, 300]) {
    await client.ask('DEL', 'z')
    await client.ask(
      'ZADD',
      'z',
      ...Array.from({ length: size }, (_, i) => [`${i}`, `m${i}`]).flat(),
    )
    const different = (await client.ask('ZRANDMEMBER', 'z', '15')) as string[]
    t.equal(new Set(different).size, 15)
    const repeated = (await client.ask('ZRANDMEMBER', 'z', '-1000', 'WITHSCORES')) as string[]
    t.equal(repeated.length, 2000)
    const wrong = repeated.filter(
      (word, i) => i % 2 === 0 && word !== `$m${repeated[i + 1]?.slice(1)}`,
    )
    t.strictSame(wrong, [])
    t.ok(new Set(repeated.filter((_, i) => i % 2 === 0)).size > size / 2)
  }
  t.equal(
    await client.ask('ZRANDMEMBER', 'z', '-9223372036854775807'),
    '-ERR value is out of range',
  )
})
