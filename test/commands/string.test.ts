import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { type Row, transcript } from '../helpers/transcript.ts'

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const NOT_INTEGER = '-ERR value is not an integer or out of range'
const SYNTAX = '-ERR syntax error'
const TOO_LONG = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)'

function invalidExpire(command: string): string {
  return `-ERR invalid expire time in '${command}' command`
}

transcript(t, 'values are bytes and come back as they were', [
  ['SET k v', '+OK'],
  ['GET k', '$v'],
  ['GET none', '(nil)'],
  [['SET', 'k', '\0\r\n\xff\x80'], '+OK'],
  ['GET k', '$\0\r\n\xff\x80'],
  ['STRLEN k', ':5'],
  ['STRLEN none', ':0'],
  ['SET k ""', '+OK'],
  ['GET k', '$'],
  ['HSET h f v', ':1'],
  ['GET h', WRONGTYPE],
  ['STRLEN h', WRONGTYPE],
  ['SET h v', '+OK'],
  ['TYPE h', '+string'],
])

transcript(t, 'SET reads its options in any order and any case', [
  ['SET k 1 NX', '+OK'],
  ['SET k 2 nx', '(nil)'],
  ['SET k 2 XX', '+OK'],
  ['SET none 2 XX', '(nil)'],
  ['SET k 3 GET', '$2'],
  ['SET k 4 NX GET', '$3'],
  ['GET k', '$3'],
  ['SET new 1 get nx', '(nil)'],
  ['GET new', '$1'],
  ['SET k 5 XX GET EX 100', '$3'],
  ['TTL k', ':100'],
  ['SET k 6 KEEPTTL', '+OK'],
  ['TTL k', ':100'],
  ['SET k 7', '+OK'],
  ['TTL k', ':-1'],
  ['SET k 8 PX 100000 PX 200000', '+OK'],
  ['TTL k', ':200'],
  ['SET k 9 NX XX', SYNTAX],
  ['SET k 9 EX 1 PX 1', SYNTAX],
  ['SET k 9 EX 1 KEEPTTL', SYNTAX],
  ['SET k 9 KEEPTTL EX 1', SYNTAX],
  ['SET k 9 PERSIST', SYNTAX],
  ['SET k 9 EX', SYNTAX],
  ['SET k 9 whatever', SYNTAX],
  ['GET k', '$8'],
  ['HSET h f v', ':1'],
  ['SET h 1 GET', WRONGTYPE],
  ['SET h 1 NX GET', WRONGTYPE],
  ['SET h 1 XX', '+OK'],
])

const EXPIRY_ERRORS: readonly Row[] = [
  ['SET k v EX 0', invalidExpire('set')],
  ['SET k v EX -1', invalidExpire('set')],
  ['SET k v EX 9223372036854776', invalidExpire('set')],
  ['SET k v PX 9223372036854775807', invalidExpire('set')],
  ['SET k v EXAT 9223372036854776', invalidExpire('set')],
  ['SET k v PXAT -5', invalidExpire('set')],
  ['SET k v EX 1.5', NOT_INTEGER],
  ['SET k v EX 9223372036854775808', NOT_INTEGER],
  ['SETEX k 0 v', invalidExpire('setex')],
  ['SETEX k x v', NOT_INTEGER],
  ['PSETEX k -7 v', invalidExpire('psetex')],
  ['EXISTS k', ':0'],
  ['SET k v PXAT 9223372036854775807', '+OK'],
  ['PEXPIRETIME k', ':9223372036854775807'],
  ['SET k v EXAT 9223372036854775', '+OK'],
  ['PEXPIRETIME k', ':9223372036854775000'],
  ['SET k w KEEPTTL', '+OK'],
  ['PEXPIRETIME k', ':9223372036854775000'],
]
transcript(t, 'times to live are exact over 64 bits, and refused beyond', EXPIRY_ERRORS)

transcript(t, 'a moment that has passed', [
  ['SET k v EXAT 1', '+OK'],
  ['GET k', '(nil)'],
  ['SET k v', '+OK'],
  ['GETEX k PXAT 1', '$v'],
  ['EXISTS k', ':0'],
])

transcript(t, 'the older kin of SET', [
  ['SETNX k 1', ':1'],
  ['SETNX k 2', ':0'],
  ['GETSET k 3', '$1'],
  ['GETSET other 3', '(nil)'],
  ['SETEX k 100 4', '+OK'],
  ['TTL k', ':100'],
  ['PSETEX k 50000 5', '+OK'],
  ['TTL k', ':50'],
  ['GETSET k 6', '$5'],
  ['TTL k', ':-1'],
  ['GETDEL k', '$6'],
  ['GETDEL k', '(nil)'],
  ['MSET a 1 b 2 a 3', '+OK'],
  ['MGET a b none', ['$3', '$2', '(nil)']],
  ['MSET a 1 b', "-ERR wrong number of arguments for 'mset' command"],
  ['MSETNX a 1 b', "-ERR wrong number of arguments for 'msetnx' command"],
  ['MSETNX c 1 b 9', ':0'],
  ['EXISTS c', ':0'],
  ['MSETNX c 1 d 2 c 3', ':1'],
  ['MGET c d', ['$3', '$2']],
  ['HSET h f v', ':1'],
  ['MGET h a', ['(nil)', '$3']],
  ['GETDEL h', WRONGTYPE],
  ['GETSET h 1', WRONGTYPE],
  ['MSET h 1', '+OK'],
  ['GET h', '$1'],
])

transcript(t, 'GETEX changes the time to live and nothing else', [
  ['SET k v', '+OK'],
  ['GETEX k', '$v'],
  ['GETEX k EX 100', '$v'],
  ['TTL k', ':100'],
  ['GETEX k', '$v'],
  ['TTL k', ':100'],
  ['GETEX k PERSIST', '$v'],
  ['TTL k', ':-1'],
  ['GETEX k PX 7000', '$v'],
  ['TTL k', ':7'],
  ['GETEX k EX 0', invalidExpire('getex')],
  ['GETEX none EX 0', '(nil)'],
  ['GETEX k KEEPTTL', SYNTAX],
  ['GETEX k EX 1 PERSIST', SYNTAX],
  ['GETEX k PERSIST EX 1', SYNTAX],
  ['GETEX k NX', SYNTAX],
  ['GETEX none x', SYNTAX],
  ['HSET h f v', ':1'],
  ['GETEX h', WRONGTYPE],
])

transcript(t, 'counters are 64-bit integers', [
  ['INCR n', ':1'],
  ['INCRBY n 41', ':42'],
  ['DECR n', ':41'],
  ['DECRBY n 50', ':-9'],
  ['DECRBY n -9', ':0'],
  ['SET n 9007199254740991', '+OK'],
  ['INCR n', ':9007199254740992'],
  ['INCR n', ':9007199254740993'],
  ['INCRBY n -2', ':9007199254740991'],
  ['DEL n', ':1'],
  ['INCRBY n 9007199254740955', ':9007199254740955'],
  ['GET n', '$9007199254740955'],
  ['SET n 9223372036854775806', '+OK'],
  ['INCR n', ':9223372036854775807'],
  ['INCR n', '-ERR increment or decrement would overflow'],
  ['GET n', '$9223372036854775807'],
  ['DECRBY n -9223372036854775808', '-ERR decrement would overflow'],
  ['DECRBY n 9223372036854775807', ':0'],
  ['INCRBY n -9223372036854775808', ':-9223372036854775808'],
  ['DECR n', '-ERR increment or decrement would overflow'],
  ['INCRBY n 9223372036854775808', NOT_INTEGER],
  ['INCRBY n 1.0', NOT_INTEGER],
  ['SET n " 1"', '+OK'],
  ['INCR n', NOT_INTEGER],
  ['SET n 01', '+OK'],
  ['INCR n', NOT_INTEGER],
  ['SET n 10 EX 100', '+OK'],
  ['INCR n', ':11'],
  ['TTL n', ':100'],
  ['HSET h f v', ':1'],
  ['INCR h', WRONGTYPE],
  ['INCRBY h x', NOT_INTEGER],
])

transcript(t, 'INCRBYFLOAT adds in long doubles', [
  ['INCRBYFLOAT n 0.1', '$0.1'],
  ['INCRBYFLOAT n 0.2', '$0.3'],
  ['INCRBYFLOAT n 5.0e3', '$5000.29999999999999982'],
  ['INCRBYFLOAT n -5e3', '$0.29999999999999982'],
  ['SET n 3', '+OK'],
  ['INCRBYFLOAT n 1.10', '$4.1'],
  ['INCRBYFLOAT n abc', '-ERR value is not a valid float'],
  ['INCRBYFLOAT n inf', '-ERR increment would produce NaN or Infinity'],
  ['INCRBYFLOAT n nan', '-ERR value is not a valid float'],
  ['SET n abc', '+OK'],
  ['INCRBYFLOAT n 1', '-ERR value is not a valid float'],
  ['GET n', '$abc'],
  ['HSET h f v', ':1'],
  ['INCRBYFLOAT h 1', WRONGTYPE],
])

transcript(t, 'parts of texts', [
  ['APPEND k foo', ':3'],
  ['APPEND k bar', ':6'],
  ['GET k', '$foobar'],
  ['GETRANGE k 0 2', '$foo'],
  ['GETRANGE k -3 -1', '$bar'],
  ['GETRANGE k 4 100', '$ar'],
  ['GETRANGE k 4 3', '$'],
  ['GETRANGE k -1 -3', '$'],
  ['GETRANGE k -100 -100', '$f'],
  ['GETRANGE k 0 9223372036854775807', '$foobar'],
  ['SUBSTR k 1 1', '$o'],
  ['GETRANGE none 0 -1', '$'],
  ['GETRANGE k a 1', NOT_INTEGER],
  ['SETRANGE k 1 XYZ', ':6'],
  ['GET k', '$fXYZar'],
  ['SETRANGE k 8 !', ':9'],
  ['GET k', '$fXYZar\0\0!'],
  ['APPEND k ?', ':10'],
  ['GETRANGE k 5 -1', '$r\0\0!?'],
  ['SETRANGE none 5 ""', ':0'],
  ['EXISTS none', ':0'],
  ['SETRANGE k 5 ""', ':10'],
  ['SETRANGE k -1 x', '-ERR offset is out of range'],
  ['SETRANGE k x x', NOT_INTEGER],
  ['SETRANGE none 536870912 x', TOO_LONG],
  ['SETRANGE k 9223372036854775807 x', TOO_LONG],
  ['EXISTS none', ':0'],
  ['HSET h f v', ':1'],
  ['APPEND h x', WRONGTYPE],
  ['GETRANGE h 0 1', WRONGTYPE],
  ['SETRANGE h 0 ""', WRONGTYPE],
])

transcript(t, 'LCS', [
  ['MSET a ohmytext b mynewtext empty ""', '+OK'],
  ['LCS a b', '$mytext'],
  ['LCS a b LEN', ':6'],
  [
    'LCS a b IDX',
    [
      '$matches',
      [
        [
          [':4', ':7'],
          [':5', ':8'],
        ],
        [
          [':2', ':3'],
          [':0', ':1'],
        ],
      ],
      '$len',
      ':6',
    ],
  ],
  [
    'LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN',
    ['$matches', [[[':4', ':7'], [':5', ':8'], ':4']], '$len', ':6'],
  ],
  ['LCS a empty', '$'],
  ['LCS none empty IDX', ['$matches', [], '$len', ':0']],
  ['LCS a b IDX LEN', '-ERR If you want both the length and indexes, please just use IDX.'],
  ['LCS a b MINMATCHLEN', SYNTAX],
  ['LCS a b MINMATCHLEN x', NOT_INTEGER],
  ['HSET h f v', ':1'],
  ['LCS a h x', '-ERR The specified keys must contain string values'],
])

t.test('LCS refuses a table larger than the largest string', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'a', 'x'.repeat(20_000))
  t.equal(
    await wire.ask('LCS', 'a', 'a', 'LEN'),
    '-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len',
  )
})

t.test('changes are told as keyspace events, in order', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const [listener, wire] = [await redis.connect(), await redis.connect()]
  await wire.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEAmn')
  await listener.call('PSUBSCRIBE', '__keyevent@0__:*')
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['GET k', ['keymiss']],
    ['SET k v', ['new', 'set']],
    ['SET k v EX 100', ['set', 'expire']],
    ['SET k v NX', []],
    ['SETEX k 100 v', ['set', 'expire']],
    ['GETEX k', []],
    ['GETEX k PERSIST', ['persist']],
    ['GETEX k PERSIST', []],
    ['GETEX k PX 1000', ['expire']],
    ['GETEX k EXAT 1', ['del']],
    ['INCR k', ['new', 'incrby']],
    ['DECRBY k 3', ['incrby']],
    ['INCRBYFLOAT k 1', ['incrbyfloat']],
    ['APPEND k x', ['append']],
    ['APPEND k ""', ['append']],
    ['SETRANGE k 0 ""', []],
    ['SETRANGE k 0 x', ['setrange']],
    ['GETSET k y', ['set']],
    ['MSET k 1 k 2', ['set', 'set']],
    ['GETDEL k', ['del']],
    ['GETDEL k', ['keymiss']],
  ]
  for (const [line, events] of steps) {
    await wire.call(...line.replaceAll('""', '').split(' '))
    const heard: string[] = []
    // A message published by us comes after all that the command caused.
    await wire.call('PUBLISH', '__keyevent@0__:end', '')
    for (;;) {
      const { reply } = await listener.next()
      const [, , channel] = reply.type === 'array' ? reply.items : []
      const event = channel?.type === 'bulk' ? channel.text.slice('__keyevent@0__:'.length) : '?'
      if (event === 'end') break
      heard.push(event)
    }
    t.strictSame(heard, events, line)
  }
})

t.test('INFO counts changes as Redis does', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const cost = async (...words: string[]): Promise<number> => {
    const before = redis.server.keyspace.changes
    await wire.call(...words)
    return redis.server.keyspace.changes - before
  }
  t.equal(await cost('SET', 'k', 'v', 'EX', '10'), 1)
  t.equal(await cost('MSET', 'a', '1', 'b', '2'), 2)
  t.equal(await cost('SET', 'k', 'v', 'NX'), 0)
  t.equal(await cost('GET', 'k'), 0)
  t.equal(await cost('INCR', 'a'), 1)
})

t.test('a value is gone from the moment that SET gave it', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', '5', 'PX', '1500')
  t.equal(await wire.ask('PTTL', 'k'), ':1500')
  clock.advance(1000)
  t.equal(await wire.ask('INCR', 'k'), ':6', 'a change keeps the time to live')
  t.equal(await wire.ask('PTTL', 'k'), ':500')
  clock.advance(501)
  t.equal(await wire.ask('GET', 'k'), '(nil)')
  t.equal(await wire.ask('INCR', 'k'), ':1', 'an expired value does not count on')
  t.equal(await wire.ask('TTL', 'k'), ':-1')
})

t.test('SET needs to read only with GET, wherever the word stands', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('ACL', 'SETUSER', 'writer', 'on', 'nopass', '+@all', '%W~*')
  const dryrun = (...words: string[]) => wire.ask('ACL', 'DRYRUN', 'writer', ...words)
  const denied = "$User writer has no permissions to access the 'k' key"
  t.equal(await dryrun('SET', 'k', 'v', 'EX', '10'), '+OK')
  t.equal(await dryrun('SET', 'k', 'get'), '+OK', 'the value is no option')
  t.equal(await dryrun('SET', 'k', 'v', 'NX', 'gEt'), denied)
  t.equal(await dryrun('SET', 'k', 'v', 'EX', 'GET'), denied, 'also where it is no valid option')
  t.strictSame(await wire.ask('COMMAND', 'GETKEYSANDFLAGS', 'SET', 'k', 'v'), [
    ['$k', ['+OW', '+update']],
  ])
  t.strictSame(await wire.ask('COMMAND', 'GETKEYSANDFLAGS', 'SET', 'k', 'v', 'GET'), [
    ['$k', ['+RW', '+access', '+update']],
  ])
})
