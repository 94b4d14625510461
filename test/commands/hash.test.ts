import t, { type Test } from 'tap'
import type { TestClock } from '../../src/testing/clock.ts'
import { frozenClock } from '../helpers/clock.ts'
import { type Since, startServer, type TestServer, withCommandsOf } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { show, type Wire } from '../helpers/wire.ts'
import { writes } from '../helpers/writes.ts'

const LONG = 'x'.repeat(65)
const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const FIELDS_MISSING = '-ERR Mandatory argument FIELDS is missing or not at the right position'
const MISMATCH = '-ERR The `numfields` parameter must match the number of arguments'
const FIELD_COUNT = '-ERR Number of fields must be a positive integer'
const HSETEX_ARITY = "-ERR wrong number of arguments for 'hsetex' command"
const ONE_CONDITION = '-ERR Only one of FXX or FNX arguments can be specified'
const ONE_TIME = '-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified'
const SCAN_ALL = ['HSCAN', 'h', '0', 'COUNT', '1'] as const

transcript(t, 'fields are set and read', [
  ['HSET h f v g w', ':2'],
  ['HSET h f v2 k u', ':1'],
  ['HMSET h m n', '+OK'],
  ['HSETNX h f x', ':0'],
  ['HSETNX h n x', ':1'],
  ['HGET h f', '$v2'],
  ['HGET h none', '(nil)'],
  ['HGET none f', '(nil)'],
  ['HMGET h f none g', ['$v2', '(nil)', '$w']],
  ['HMGET none f g', ['(nil)', '(nil)']],
  ['HGETALL h', ['$f', '$v2', '$g', '$w', '$k', '$u', '$m', '$n', '$n', '$x']],
  ['HGETALL none', []],
  ['HKEYS h', ['$f', '$g', '$k', '$m', '$n']],
  ['HVALS h', ['$v2', '$w', '$u', '$n', '$x']],
  ['HLEN h', ':5'],
  ['HLEN none', ':0'],
  ['HSTRLEN h f', ':2'],
  ['HSTRLEN h none', ':0'],
  ['HEXISTS h f', ':1'],
  ['HEXISTS h none', ':0'],
  ['HDEL h f none f', ':1'],
  ['HDEL h g k m n z', ':4'],
  ['HDEL h f', ':0'],
  ['HLEN h', ':0'],
])

transcript(t, 'pairs must be complete', [
  ['HSET h f', "-ERR wrong number of arguments for 'hset' command"],
  ['HSET h f v g', "-ERR wrong number of arguments for 'hset' command"],
  ['HMSET h f v g', "-ERR wrong number of arguments for 'hmset' command"],
  ['HLEN h', ':0'],
])

transcript(t, 'fields and values are bytes', [
  [['HSET', 'h', '__proto__', '1', '', '\xff\x00\r\n'], ':2'],
  ['HGET h __proto__', '$1'],
  ['HGET h constructor', '(nil)'],
  ['HGET h ""', '$\xff\x00\r\n'],
  ['HSTRLEN h ""', ':4'],
])

transcript(t, 'a hash is no other type', [
  ['SADD s a', ':1'],
  ['HSET s f v', WRONGTYPE],
  ['HGET s f', WRONGTYPE],
  ['HMGET s f', WRONGTYPE],
  ['HDEL s f', WRONGTYPE],
  ['HINCRBY s f x', '-ERR value is not an integer or out of range'],
  ['HINCRBY s f 1', WRONGTYPE],
  ['HSCAN s x', '-ERR invalid cursor'],
  ['HSCAN s 0 COUNT x', WRONGTYPE],
  ['HRANDFIELD s', WRONGTYPE],
  ['HRANDFIELD s x', '-ERR value is not an integer or out of range'],
])

transcript(t, 'integers are added exactly, within 64 bits', [
  ['HINCRBY h n 9223372036854775807', ':9223372036854775807'],
  ['HINCRBY h n 1', '-ERR increment or decrement would overflow'],
  ['HINCRBY h n -9223372036854775808', ':-1'],
  ['HINCRBY h n -9223372036854775808', '-ERR increment or decrement would overflow'],
  ['HINCRBY h n 9223372036854775808', '-ERR value is not an integer or out of range'],
  ['HSET h text x blank " 1" plus +1', ':3'],
  ['HINCRBY h text 1', '-ERR hash value is not an integer'],
  ['HINCRBY h blank 1', '-ERR hash value is not an integer'],
  ['HINCRBY h plus 1', '-ERR hash value is not an integer'],
  ['HGET h n', '$-1'],
])

transcript(t, 'floats are added as long doubles', [
  ['HINCRBYFLOAT h f 0.1', '$0.1'],
  ['HINCRBYFLOAT h f 0.2', '$0.3'],
  ['HINCRBYFLOAT h f 5.0e3', '$5000.29999999999999982'],
  ['HINCRBYFLOAT h f inf', '-ERR value is NaN or Infinity'],
  ['HINCRBYFLOAT h f nan', '-ERR value is not a valid float'],
  ['HINCRBYFLOAT h f " 1"', '-ERR value is not a valid float'],
  ['HSET h text x big inf', ':2'],
  ['HINCRBYFLOAT h text 1', '-ERR hash value is not a float'],
  ['HINCRBYFLOAT h big 1', '-ERR increment would produce NaN or Infinity'],
  ['HGET h f', '$5000.29999999999999982'],
])

transcript(t, 'HSCAN gives a small hash whole', [
  ['HSCAN none 7', ['$0', []]],
  ['HSCAN none 0 FOO', ['$0', []]],
  ['HSET h a 1 b 2 ab 3', ':3'],
  [SCAN_ALL, ['$0', ['$a', '$1', '$b', '$2', '$ab', '$3']]],
  ['HSCAN h 9 MATCH a*', ['$0', ['$a', '$1', '$ab', '$3']]],
  ['HSCAN h 0 NOVALUES', ['$0', ['$a', '$b', '$ab']], '7.4'],
  ['HSCAN h 0 COUNT 0', '-ERR syntax error'],
  ['HSCAN h 0 COUNT x', '-ERR value is not an integer or out of range'],
  ['HSCAN h 0 COUNT', '-ERR syntax error'],
  ['HSCAN h 0 TYPE hash', '-ERR syntax error'],
  ['HSCAN h -1', '-ERR invalid cursor', '7.4'],
  ['HSCAN h 18446744073709551616', '-ERR invalid cursor'],
])

transcript(t, 'HRANDFIELD', [
  ['HRANDFIELD none', '(nil)'],
  ['HRANDFIELD none 5', []],
  ['HRANDFIELD none -9223372036854775807', []],
  ['HSET h a 1', ':1'],
  ['HRANDFIELD h', '$a'],
  ['HRANDFIELD h 0', []],
  ['HRANDFIELD h 3', ['$a']],
  ['HRANDFIELD h -3', ['$a', '$a', '$a']],
  ['HRANDFIELD h 3 WITHVALUES', ['$a', '$1']],
  ['HRANDFIELD h -2 withvalues', ['$a', '$1', '$a', '$1']],
  ['HRANDFIELD h 1 x', '-ERR syntax error'],
  ['HRANDFIELD h 1 WITHVALUES x', '-ERR syntax error'],
  ['HRANDFIELD h -9223372036854775807 WITHVALUES', '-ERR value is out of range'],
  [
    'HRANDFIELD h -9223372036854775808',
    '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807',
  ],
  ['HSET h b 2 c 3 d 4', ':3'],
  ['HRANDFIELD h 9', ['$a', '$b', '$c', '$d']],
])

transcript(t, 'the commands of expiry read their words before they change anything', [
  ['HSET h f v', ':1', '7.4'],
  ['HEXPIRE h -1 FIELDS 1 f', '-ERR invalid expire time, must be >= 0', '7.4'],
  ['HEXPIRE h x FIELDS 1 f', '-ERR value is not an integer or out of range', '7.4'],
  ['HEXPIRE h 70368744178 FIELDS 1 f', "-ERR invalid expire time in 'hexpire' command", '7.4'],
  [
    'HPEXPIREAT h 70368744177664 FIELDS 1 f',
    "-ERR invalid expire time in 'hpexpireat' command",
    '7.4',
  ],
  ['HEXPIRE h 10 NX XX 1 f', FIELDS_MISSING, '7.4'],
  ['HEXPIRE h 10 QQ FIELDS 1 f', FIELDS_MISSING, '7.4'],
  ['HEXPIRE h 10 FIELDS 0 f', '-ERR Parameter `numFields` should be greater than 0', '7.4'],
  ['HEXPIRE h 10 FIELDS x f', '-ERR Parameter `numFields` should be greater than 0', '7.4'],
  ['HEXPIRE h 10 FIELDS 2 f', MISMATCH, '7.4'],
  ['HTTL h FIELDS 0 f', '-ERR Number of fields must be a positive integer', '7.4'],
  ['HTTL h FIELDS 2 f', MISMATCH, '7.4'],
  ['HTTL h FLD 1 f', FIELDS_MISSING, '7.4'],
  ['HPERSIST h FIELDS 0 f', '-ERR Number of fields must be a positive integer', '7.4'],
  ['SADD s a', ':1', '7.4'],
  ['HEXPIRE s x FIELDS 0 f', WRONGTYPE, '7.4'],
  ['HTTL s x 1 f', WRONGTYPE, '7.4'],
  ['HPERSIST s x 1 f', WRONGTYPE, '7.4'],
  ['HPEXPIRETIME h FIELDS 1 f', [':-1'], '7.4'],
])

transcript(t, 'conditions of HEXPIRE and its kin', [
  ['HSET h a 1 b 2 c 3', ':3', '7.4'],
  ['HEXPIREAT none 33177117420 FIELDS 2 a b', [':-2', ':-2'], '7.4'],
  ['HEXPIREAT h 33177117420 XX FIELDS 1 a', [':0'], '7.4'],
  ['HEXPIREAT h 33177117420 GT FIELDS 1 a', [':0'], '7.4'],
  ['HEXPIREAT h 33177117420 NX FIELDS 2 a none', [':1', ':-2'], '7.4'],
  ['HEXPIREAT h 33177117421 NX FIELDS 1 a', [':0'], '7.4'],
  ['HEXPIREAT h 33177117420 GT FIELDS 1 a', [':0'], '7.4'],
  ['HEXPIREAT h 33177117421 GT FIELDS 1 a', [':1'], '7.4'],
  ['HEXPIREAT h 33177117422 LT FIELDS 2 a b', [':0', ':1'], '7.4'],
  ['HPEXPIREAT h 33177117420001 xx fields 3 a b c', [':1', ':1', ':0'], '7.4'],
  [
    'HPEXPIRETIME h FIELDS 4 a b c none',
    [':33177117420001', ':33177117420001', ':-1', ':-2'],
    '7.4',
  ],
  ['HEXPIRETIME h FIELDS 1 a', [':33177117421'], '7.4'],
  ['HPERSIST h FIELDS 3 a c none', [':1', ':-1', ':-2'], '7.4'],
  ['HPEXPIRETIME h FIELDS 1 a', [':-1'], '7.4'],
  ['HEXPIRE h 0 FIELDS 2 b b', [':2', ':-2'], '7.4'],
  ['HPEXPIREAT h 1 FIELDS 2 a c', [':2', ':2'], '7.4'],
  ['HLEN h', ':0', '7.4'],
])

transcript(t, 'a small hash with mortal fields is in order of their deaths', [
  ['HSET h a 1 b 2 c 3 d 4', ':4', '7.4'],
  ['HEXPIREAT h 33177117430 FIELDS 1 c', [':1'], '7.4'],
  ['HEXPIREAT h 33177117420 FIELDS 1 d', [':1'], '7.4'],
  ['HKEYS h', ['$d', '$c', '$a', '$b'], '7.4'],
  ['HEXPIREAT h 33177117430 FIELDS 1 b', [':1'], '7.4'],
  ['HKEYS h', ['$d', '$b', '$c', '$a'], '7.4'],
  ['HINCRBY h d 1', ':5', '7.4'],
  ['HSET h b x', ':0', '7.4'],
  ['HKEYS h', ['$d', '$c', '$a', '$b'], '7.4'],
  ['HPERSIST h FIELDS 1 d', [':1'], '7.4'],
  ['HKEYS h', ['$c', '$a', '$b', '$d'], '7.4'],
])

transcript(t, 'what came with 8.0 is unknown', [
  [
    'HGETDEL h FIELDS 1 f',
    "-ERR unknown command 'HGETDEL', with args beginning with: 'h' 'FIELDS' '1' 'f' ",
    'ours',
  ],
  [
    'HGETEX h FIELDS 1 f',
    "-ERR unknown command 'HGETEX', with args beginning with: 'h' 'FIELDS' '1' 'f' ",
    'ours',
  ],
  [
    'HSETEX h FIELDS 1 f v',
    "-ERR unknown command 'HSETEX', with args beginning with: 'h' 'FIELDS' '1' 'f' 'v' ",
    'ours',
  ],
])

transcript(
  t,
  'HGETDEL',
  [
    ['HGETDEL', "-ERR wrong number of arguments for 'hgetdel' command"],
    ['HGETDEL h FIELDS 1', "-ERR wrong number of arguments for 'hgetdel' command"],
    ['SADD s a', ':1'],
    ['HGETDEL s FLD 0 f', WRONGTYPE],
    ['HGETDEL h FLD 1 f', FIELDS_MISSING],
    ['HGETDEL h FIELDS 0 f', FIELD_COUNT],
    ['HGETDEL h FIELDS -1 f', FIELD_COUNT],
    ['HGETDEL h FIELDS x f', FIELD_COUNT],
    ['HGETDEL h FIELDS 2 f', MISMATCH],
    ['HGETDEL h FIELDS 1 f g', MISMATCH],
    ['HGETDEL none FIELDS 2 f g', ['(nil)', '(nil)']],
    ['HSET h f v g w k u', ':3'],
    ['HGETDEL h fields 4 f none f g', ['$v', '(nil)', '(nil)', '$w']],
    ['HGETALL h', ['$k', '$u']],
    ['HGETDEL h FIELDS 1 none', ['(nil)']],
    ['EXISTS h', ':1'],
    ['HGETDEL h FIELDS 1 k', ['$u']],
    ['EXISTS h', ':0'],
  ],
  { since: [8, 0] },
)

writes(
  t,
  'HGETDEL',
  [
    ['HSET h f v g w', 'HSET h f v g w'],
    ['HGETDEL h FIELDS 1 none | HGETDEL none FIELDS 1 f', []],
    ['HGETDEL h FIELDS 2 f none', 'HDEL h f none'],
    ['HGETDEL h FIELDS 1 g', 'HDEL h g'],
  ],
  { since: [8, 0] },
)

transcript(
  t,
  'HGETEX',
  [
    ['HGETEX h FIELDS 1', "-ERR wrong number of arguments for 'hgetex' command"],
    ['HGETEX h EX 10 FIELDS', "-ERR wrong number of arguments for 'hgetex' command", 'ours'],
    ['SADD s a', ':1'],
    ['HGETEX s EX x FLD 0 f', WRONGTYPE],
    ['HGETEX h EX x FLD 0 f', '-ERR value is not an integer or out of range'],
    ['HGETEX h EX -1 FLD 0 f', '-ERR invalid expire time, must be >= 0'],
    ['HGETEX h EX 70368744178 FIELDS 1 f', "-ERR invalid expire time in 'hgetex' command"],
    ['HGETEX h PXAT 70368744177664 FIELDS 1 f', "-ERR invalid expire time in 'hgetex' command"],
    ['HGETEX h EX FIELDS 1 f', '-ERR value is not an integer or out of range'],
    ['HGETEX h FLD 1 f', FIELDS_MISSING],
    ['HGETEX h KEEPTTL FIELDS 1 f', FIELDS_MISSING],
    ['HGETEX h PERSIST EX 10 FIELDS 1 f', FIELDS_MISSING],
    ['HGETEX h EX 10 PX 10 FIELDS 1 f', FIELDS_MISSING],
    ['HGETEX h FIELDS 0 f', FIELD_COUNT],
    ['HGETEX h PERSIST FIELDS x f', FIELD_COUNT],
    ['HGETEX h EX 10 FIELDS 2 f', MISMATCH],
    ['HGETEX h PERSIST FIELDS 1', MISMATCH],
    ['HGETEX none EX 10 FIELDS 2 f g', ['(nil)', '(nil)']],
    ['EXISTS none', ':0'],
    ['HSET h f v g w k u', ':3'],
    ['HGETEX h fields 4 f none g f', ['$v', '(nil)', '$w', '$v']],
    ['OBJECT ENCODING h', '$listpack'],
    ['HGETEX h PERSIST FIELDS 1 f', ['$v']],
    ['OBJECT ENCODING h', '$listpackex'],
    ['HGETEX h exat 33177117420 FIELDS 2 f none', ['$v', '(nil)']],
    ['HGETEX h PXAT 33177117420001 FIELDS 1 g', ['$w']],
    ['HPEXPIRETIME h FIELDS 3 f g k', [':33177117420000', ':33177117420001', ':-1']],
    ['HGETEX h FIELDS 1 f', ['$v']],
    ['HEXPIRETIME h FIELDS 1 f', [':33177117420']],
    ['HGETEX h persist FIELDS 2 f k', ['$v', '$u']],
    ['HEXPIRETIME h FIELDS 2 f g', [':-1', ':33177117421']],
    ['HGETEX h PX 0 FIELDS 3 f f none', ['$v', '(nil)', '(nil)']],
    ['HGETEX h EXAT 1 FIELDS 2 g k', ['$w', '$u']],
    ['EXISTS h', ':0'],
  ],
  { since: [8, 0] },
)

writes(
  t,
  'HGETEX',
  [
    ['HSET h f v g w k u', 'HSET h f v g w k u'],
    ['HGETEX h FIELDS 1 f | HGETEX h EX 10 FIELDS 1 none | HGETEX h PERSIST FIELDS 1 f', []],
    ['HGETEX h EX 100 FIELDS 2 f none', 'HPEXPIREAT h <ms> FIELDS 2 f none'],
    ['HGETEX h PX 100000 fields 1 f', 'HPEXPIREAT h <ms> fields 1 f'],
    ['HGETEX h EXAT 9999999999 FIELDS 1 f', 'HPEXPIREAT h 9999999999000 FIELDS 1 f'],
    ['HGETEX h PXAT 9999999999999 FIELDS 1 f', 'HPEXPIREAT h 9999999999999 FIELDS 1 f'],
    ['HGETEX h PERSIST FIELDS 2 f g', 'HPERSIST h FIELDS 2 f g'],
    ['HGETEX h EX 0 FIELDS 2 f none', 'HDEL h f'],
    ['HGETEX h EX 0 FIELDS 2 g k', ['MULTI', 'HDEL h g', 'HDEL h k', 'EXEC']],
  ],
  { since: [8, 0] },
)

transcript(
  t,
  'HSETEX reads its words before it looks at the key',
  [
    ['HSETEX h FIELDS 1 f', HSETEX_ARITY],
    ['HSETEX h FIELDS 1 f v g', HSETEX_ARITY],
    ['HSETEX h FIELDS 2 f v', HSETEX_ARITY],
    ['HSETEX h FIELDS 1 f v g w', HSETEX_ARITY],
    ['HSETEX h FXX KEEPTTL FIELDS 1', HSETEX_ARITY],
    ['HSETEX h FIELDS 0 f v', '-ERR invalid number of fields'],
    ['HSETEX h FIELDS x f v', '-ERR invalid number of fields'],
    ['HSETEX h FIELDS 2147483648 f v', '-ERR invalid number of fields'],
    ['HSETEX h NX FIELDS 1 f v', '-ERR unknown argument: NX'],
    ['HSETEX h PERSIST FIELDS 1 f v', '-ERR unknown argument: PERSIST'],
    ['HSETEX h FXX EX 10 f v', '-ERR unknown argument: f'],
    ['HSETEX h FNX fxx FIELDS 1 f v', ONE_CONDITION],
    ['HSETEX h FNX FNX FIELDS 1 f v', ONE_CONDITION],
    ['HSETEX h EX 10 PXAT 1 FIELDS 1 f v', ONE_TIME],
    ['HSETEX h EX 10 KEEPTTL FIELDS 1 f v', ONE_TIME],
    ['HSETEX h KEEPTTL PX 10 FIELDS 1 f v', ONE_TIME],
    ['HSETEX h KEEPTTL KEEPTTL FIELDS 1 f v', ONE_TIME],
    ['HSETEX h EX FIELDS 1 f v', '-ERR value is not an integer or out of range'],
    ['HSETEX h PX -1 FIELDS 1 f v', '-ERR invalid expire time, must be >= 0'],
    ['HSETEX h PXAT 70368744177664 1 f v', "-ERR invalid expire time in 'hsetex' command"],
    ['EXISTS h', ':0'],
    ['SADD s a', ':1'],
    ['HSETEX s NX FIELDS 1 f v', '-ERR unknown argument: NX'],
    ['HSETEX s FIELDS 1 f v', WRONGTYPE],
  ],
  { since: [8, 0] },
)

transcript(
  t,
  'HSETEX',
  [
    ['HSETEX h FXX FIELDS 1 f v', ':0'],
    ['EXISTS h', ':0'],
    ['HSETEX h FNX FIELDS 2 f v g w', ':1'],
    ['OBJECT ENCODING h', '$listpack'],
    ['HSETEX h FNX FIELDS 2 k u g x', ':0'],
    ['HSETEX h FXX FIELDS 2 g x k u', ':0'],
    ['HGETALL h', ['$f', '$v', '$g', '$w']],
    ['HSETEX h EXAT 33177117420 fxx fields 2 f v2 g w2', ':1'],
    ['OBJECT ENCODING h', '$listpackex'],
    ['HGETALL h', ['$g', '$w2', '$f', '$v2']],
    ['HEXPIRETIME h FIELDS 2 f g', [':33177117420', ':33177117420']],
    ['HSETEX h KEEPTTL FIELDS 2 f v3 k u', ':1'],
    ['HEXPIRETIME h FIELDS 2 f k', [':33177117420', ':-1']],
    ['HSETEX h FIELDS 1 f v4', ':1'],
    ['HEXPIRETIME h FIELDS 2 f g', [':-1', ':33177117420']],
    ['HSETEX h pxat 33177117420001 FIELDS 3 f v5 n m f v6', ':1'],
    ['HPEXPIRETIME h FIELDS 2 f n', [':33177117420001', ':33177117420001']],
    ['HGET h f', '$v6'],
    ['HSETEX h PX 0 FIELDS 2 f v7 new x', ':1'],
    ['HMGET h f new', ['(nil)', '(nil)']],
    ['HSETEX h FXX PXAT 1 FIELDS 3 g 1 k 2 n 3', ':1'],
    ['EXISTS h', ':0'],
    ['HSETEX h EXAT 1 FIELDS 1 f v', ':1'],
    ['EXISTS h', ':0'],
  ],
  { since: [8, 0] },
)

writes(
  t,
  'HSETEX',
  [
    ['HSETEX h FIELDS 1 f v', 'HSETEX h FIELDS 1 f v'],
    ['HSETEX h FNX FIELDS 1 f w | HSETEX none FXX FIELDS 1 f w', []],
    ['HSETEX h FXX KEEPTTL FIELDS 1 f w', 'HSETEX h FXX KEEPTTL FIELDS 1 f w'],
    ['HSETEX h FXX ex 100 FIELDS 1 f v', 'HSETEX h FXX PXAT <ms> FIELDS 1 f v'],
    ['HSETEX h PX 100000 FXX FIELDS 1 f v', 'HSETEX h PXAT <ms> FXX FIELDS 1 f v'],
    ['HSETEX h EXAT 9999999999 FIELDS 1 f v', 'HSETEX h PXAT 9999999999000 FIELDS 1 f v'],
    ['HSETEX h pxat 9999999999999 FIELDS 1 f v', 'HSETEX h pxat 9999999999999 FIELDS 1 f v'],
    ['HSETEX h EX 0 FIELDS 2 f v g w', ['MULTI', 'HDEL h f', 'HDEL h g', 'EXEC']],
  ],
  { since: [8, 0] },
)

t.test('encodings', async t => {
  const { wire, encoding } = await start(t)
  await wire.ask('HSET', 'h', 'f', 'v')
  t.equal(encoding('h'), 'listpack')
  await wire.ask('HEXPIRE', 'h', '10', 'FIELDS', '1', 'none')
  t.equal(encoding('h'), 'listpackex')
  await wire.ask('HSET', 'h', 'f', LONG)
  t.equal(encoding('h'), 'hashtable')
  await wire.ask('HSET', 'long', LONG, 'v')
  t.equal(encoding('long'), 'hashtable')

  const pairs = Array.from({ length: 512 }, (_, i) => [`f${i}`, 'v']).flat()
  await wire.ask('HSET', 'many', ...pairs)
  t.equal(encoding('many'), 'listpack')
  await wire.ask('HINCRBY', 'many', 'one more', '1')
  t.equal(encoding('many'), 'hashtable')
  await wire.ask('HDEL', 'many', 'one more')
  t.equal(encoding('many'), 'hashtable')
  await wire.ask('HSET', 'same', ...Array.from({ length: 513 }, () => ['f', 'v']).flat())
  t.equal(encoding('same'), 'hashtable')
})

t.test('HSCAN meets every field of a large hash', async t => {
  const { wire } = await start(t)
  const names = Array.from({ length: 1000 }, (_, i) => `f${i}`)
  await wire.ask('HSET', 'h', ...names.flatMap(name => [name, 'v']))
  const seen = new Set<string>()
  let cursor = '0'
  let rounds = 0
  do {
    const [next, items] = (await wire.ask('HSCAN', 'h', cursor, 'NOVALUES')) as [string, string[]]
    for (const item of items) seen.add(item.slice(1))
    cursor = next.slice(1)
    rounds++
  } while (cursor !== '0')
  t.strictSame([...seen].sort(), names.sort())
  t.ok(rounds > 50)
})

t.test('picks of HRANDFIELD are distinct, or spread evenly', async t => {
  const { wire } = await start(t)
  for (const size of [20, 600]) {
    const key = `h${size}`
    const names = Array.from({ length: size }, (_, i) => `f${i}`)
    await wire.ask('HSET', key, ...names.flatMap(name => [name, `v${name}`]))
    for (const count of [1, 5, size - 1]) {
      const picked = (await wire.ask('HRANDFIELD', key, String(count), 'WITHVALUES')) as string[]
      const fields = picked.filter((_, i) => i % 2 === 0)
      t.equal(new Set(fields).size, count)
      t.ok(picked.every((word, i) => i % 2 === 0 || word === `$v${picked[i - 1]?.slice(1)}`))
    }
    const repeated = (await wire.ask('HRANDFIELD', key, String(-size * 20))) as string[]
    t.equal(repeated.length, size * 20)
    t.ok(new Set(repeated).size > size * 0.99)
  }
})

// A real server would write until its memory ends.
t.test('repeats without end are refused', async t => {
  const { wire } = await start(t)
  await wire.ask('HSET', 'h', 'f', 'v')
  t.equal(await wire.ask('HRANDFIELD', 'h', '-9223372036854775807'), '-ERR value is out of range')
})

t.test('RESP3 pairs values with their fields', async t => {
  const { wire } = await start(t)
  await wire.call('HELLO', '3')
  await wire.ask('HSET', 'h', 'f', 'v')
  t.equal((await wire.call('HGETALL', 'h')).bytes.toString(), '%1\r\n$1\r\nf\r\n$1\r\nv\r\n')
  t.strictSame(await wire.ask('HRANDFIELD', 'h', '1', 'WITHVALUES'), [['$f', '$v']])
})

t.test('a field dies at its millisecond', async t => {
  const { clock, wire } = await start(t)
  await wire.ask('HSET', 'h', 'f', 'v', 'g', 'w')
  t.strictSame(await wire.ask('HPEXPIRE', 'h', '1500', 'FIELDS', '1', 'f'), [':1'])
  t.strictSame(await wire.ask('HPTTL', 'h', 'FIELDS', '3', 'f', 'g', 'x'), [':1500', ':-1', ':-2'])
  t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '1', 'f'), [':2'])
  clock.advance(1499)
  t.equal(await wire.ask('HGET', 'h', 'f'), '$v')
  clock.advance(1)
  t.equal(await wire.ask('HGET', 'h', 'f'), '(nil)')
  t.equal(await wire.ask('HGET', 'h', 'g'), '$w')
})

t.test('a dead field is hidden, though HLEN counts it until it is removed', async t => {
  for (const entries of [512, 0]) {
    const { clock, redis, wire } = await start(t)
    redis.server.keyspace.limits.hashMaxListpackEntries = entries
    redis.server.switches.activeExpiry = false
    await wire.ask('HSET', 'h', 'a', '1', 'b', '2', 'c', '3', 'd', '4', 'e', '5')
    await wire.ask('HPEXPIRE', 'h', '1', 'FIELDS', '4', 'a', 'b', 'c', 'd')
    clock.advance(5)
    t.strictSame(await wire.ask('HGETALL', 'h'), ['$e', '$5'])
    t.strictSame(await wire.ask('HKEYS', 'h'), ['$e'])
    t.strictSame(await wire.ask('HVALS', 'h'), ['$5'])
    t.strictSame(await wire.ask('HSCAN', 'h', '0'), ['$0', ['$e', '$5']])
    t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '1', 'a'), [':-2'])
    t.strictSame(await wire.ask('HPERSIST', 'h', 'FIELDS', '1', 'a'), [':-2'])
    t.equal(await wire.ask('HLEN', 'h'), ':5')
    t.strictSame(await wire.ask('HMGET', 'h', 'a', 'e', 'a'), ['(nil)', '$5', '(nil)'])
    t.equal(await wire.ask('HLEN', 'h'), ':4')
    t.equal(await wire.ask('HINCRBY', 'h', 'b', '1'), ':1', 'starts anew')
    t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '1', 'b'), [':-1'])
    t.equal(await wire.ask('HDEL', 'h', 'c'), ':1', 'dead, but still there')
    t.equal(redis.server.stats.expiredFields, 2)
    t.strictSame(await wire.ask('HRANDFIELD', 'h', '9'), ['$e', '$b'])
    t.equal(await wire.ask('HLEN', 'h'), ':2')
  }
})

t.test('the last field takes the key with it', async t => {
  const readers: string[][] = [['HGET'], ['HEXISTS'], ['HSTRLEN'], ['HMGET'], ['HRANDFIELD']]
  for (const [name = ''] of readers) {
    const { clock, redis, wire } = await start(t)
    redis.server.switches.activeExpiry = false
    await wire.ask('HSET', 'h', 'f', 'v')
    await wire.ask('HPEXPIRE', 'h', '1', 'FIELDS', '1', 'f')
    clock.advance(1)
    const [db] = redis.server.keyspace.databases
    t.ok(db?.has('h'))
    await wire.ask(name, 'h', ...(name === 'HRANDFIELD' ? [] : ['f']))
    t.notOk(db?.has('h'), name)
    t.equal(db?.fieldExpiryCount, 0)
  }
})

t.test('writing over an expired last field starts a new hash', async t => {
  const writes = [
    ['HINCRBY', 'h', 'f', '5'],
    ['HINCRBYFLOAT', 'h', 'f', '5'],
    ['HSETNX', 'h', 'f', '5'],
  ]
  for (const write of writes) {
    const { clock, redis, wire } = await start(t)
    redis.server.switches.activeExpiry = false
    await wire.ask('HSET', 'h', 'f', '10')
    await wire.ask('HPEXPIRE', 'h', '1', 'FIELDS', '1', 'f')
    clock.advance(1)
    await wire.ask(...write)
    t.equal(await wire.ask('HGET', 'h', 'f'), '$5')
    t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '1', 'f'), [':-1'])
  }
})

t.test('HINCRBY keeps the time of a field, HSET ends it', async t => {
  const { wire } = await start(t)
  await wire.ask('HSET', 'h', 'f', '1')
  await wire.ask('HEXPIRE', 'h', '100', 'FIELDS', '1', 'f')
  await wire.ask('HINCRBY', 'h', 'f', '1')
  await wire.ask('HINCRBYFLOAT', 'h', 'f', '1')
  t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '1', 'f'), [':100'])
  await wire.ask('HSET', 'h', 'f', '1')
  t.strictSame(await wire.ask('HTTL', 'h', 'FIELDS', '1', 'f'), [':-1'])
})

t.test('dead fields are removed without being asked for, with their events', async t => {
  const { clock, redis, wire } = await start(t)
  redis.server.notifications.enable('KEA')
  const listener = await redis.connect()
  await listener.ask('PSUBSCRIBE', '__keyevent@0__:*')
  await wire.ask('HSET', 'h', 'a', '1', 'b', '2', 'c', '3')
  await wire.ask('HPEXPIRE', 'h', '1000', 'FIELDS', '2', 'a', 'b')
  await wire.ask('HPEXPIRE', 'h', '3000', 'FIELDS', '1', 'c')
  const [db] = redis.server.keyspace.databases
  t.equal(db?.fieldExpiryCount, 1)
  clock.advance(1200)
  t.equal(await wire.ask('HLEN', 'h'), ':1')
  clock.advance(2000)
  t.notOk(db?.has('h'))
  t.equal(db?.fieldExpiryCount, 0)
  t.equal(redis.server.stats.expiredFields, 3)
  const events = ['hset', 'hexpire', 'hexpire', 'hexpired', 'hexpired', 'del']
  for (const event of events) t.equal(await nextEvent(listener), event)
  await wire.ask('HSET', 'h', 'a', '1', 'b', '2')
  await wire.ask('HEXPIRE', 'h', '10', 'FIELDS', '1', 'a')
  await wire.ask('HPERSIST', 'h', 'FIELDS', '1', 'a')
  await wire.ask('HEXPIRE', 'h', '0', 'FIELDS', '1', 'a')
  await wire.ask('HDEL', 'h', 'b')
  for (const event of ['hset', 'hexpire', 'hpersist', 'hdel', 'hdel', 'del']) {
    t.equal(await nextEvent(listener), event)
  }
})

t.test('HGETDEL takes no dead field for one that it deletes', async t => {
  const { clock, redis, wire } = await start(t, [8, 0])
  redis.server.switches.activeExpiry = false
  redis.server.notifications.enable('KEA')
  await wire.ask('HSET', 'h', 'a', '1', 'b', '2', 'c', '3')
  await wire.ask('HPEXPIRE', 'h', '1', 'FIELDS', '1', 'a')
  clock.advance(1)
  const listener = await redis.connect()
  await listener.ask('PSUBSCRIBE', '__keyevent@0__:*')
  t.strictSame(await wire.ask('HGETDEL', 'h', 'FIELDS', '2', 'a', 'b'), ['(nil)', '$2'])
  t.strictSame(await wire.ask('HGETDEL', 'h', 'FIELDS', '2', 'b', 'c'), ['(nil)', '$3'])
  for (const event of ['hexpired', 'hdel', 'hdel', 'del']) {
    t.equal(await nextEvent(listener), event)
  }
  t.equal(redis.server.stats.expiredFields, 1)
})

t.test('HGETEX tells what becomes of the fields, and lets them die', async t => {
  const { clock, redis, wire } = await start(t, [8, 0])
  redis.server.switches.activeExpiry = false
  redis.server.notifications.enable('KEA')
  await wire.ask('HSET', 'h', 'a', '1', 'b', '2', 'c', '3')
  const listener = await redis.connect()
  await listener.ask('PSUBSCRIBE', '__keyevent@0__:*')
  await wire.ask('HGETEX', 'h', 'FIELDS', '2', 'a', 'b')
  await wire.ask('HGETEX', 'h', 'EX', '10', 'FIELDS', '2', 'a', 'b')
  t.strictSame(await wire.ask('HPTTL', 'h', 'FIELDS', '2', 'a', 'b'), [':10000', ':10000'])
  await wire.ask('HGETEX', 'h', 'PERSIST', 'FIELDS', '2', 'b', 'c')
  clock.advance(10_000)
  t.strictSame(await wire.ask('HGETEX', 'h', 'PX', '1', 'FIELDS', '2', 'a', 'b'), ['(nil)', '$2'])
  await wire.ask('HGETEX', 'h', 'PX', '0', 'FIELDS', '2', 'b', 'c')
  for (const event of ['hexpire', 'hpersist', 'hexpired', 'hexpire', 'hdel', 'del']) {
    t.equal(await nextEvent(listener), event)
  }
})

t.test('HSETEX tells what becomes of the fields, and takes dead ones for missing', async t => {
  const { clock, encoding, redis, wire } = await start(t, [8, 0])
  redis.server.switches.activeExpiry = false
  redis.server.notifications.enable('KEA')
  const listener = await redis.connect()
  await listener.ask('PSUBSCRIBE', '__keyevent@0__:*')
  await wire.ask('HSETEX', 'h', 'PX', '10', 'FIELDS', '2', 'a', '1', 'b', '2')
  t.equal(redis.server.keyspace.changes, 2)
  await wire.ask('HSETEX', 'h', 'FIELDS', '1', 'c', '3')
  clock.advance(10)
  t.equal(await wire.ask('HSETEX', 'h', 'FXX', 'FIELDS', '2', 'c', '4', 'a', '4'), ':0')
  t.equal(await wire.ask('HLEN', 'h'), ':2', 'b was not looked at')
  t.equal(await wire.ask('HSETEX', 'h', 'FNX', 'KEEPTTL', 'FIELDS', '2', 'a', '5', 'b', '5'), ':1')
  t.strictSame(await wire.ask('HMGET', 'h', 'a', 'b', 'c'), ['$5', '$5', '$3'])
  await wire.ask('HSETEX', 'h', 'EX', '0', 'FIELDS', '3', 'a', '', 'b', '', 'c', '')
  const first = ['hset', 'hexpire', 'hset', 'hexpired', 'hexpired', 'hset', 'hset', 'hdel', 'del']
  for (const event of first) t.equal(await nextEvent(listener), event)
  await wire.ask('HSETEX', 'long', 'FIELDS', '1', 'f', LONG)
  t.equal(encoding('long'), 'hashtable')
})

t.test('mortal fields go where their hash goes', async t => {
  const { clock, redis } = await start(t)
  const [db, other] = redis.server.keyspace.databases
  const wire = await redis.connect()
  await wire.ask('HSET', 'h', 'a', '1')
  await wire.ask('HPEXPIRE', 'h', '1000', 'FIELDS', '1', 'a')
  const copy = db?.peek('h')?.copy()
  const moved = db?.take('h')
  t.equal(db?.fieldExpiryCount, 0)
  if (moved === undefined || copy === undefined) throw new Error('The hash is missing')
  other?.put('moved', moved)
  other?.put('copy', copy)
  t.equal(other?.fieldExpiryCount, 2)
  clock.advance(2000)
  t.equal(other?.size, 0)
})

t.test('a paused server hides dead fields and keeps them', async t => {
  const { clock, redis, wire } = await start(t)
  await wire.ask('HSET', 'h', 'a', '1')
  await wire.ask('HPEXPIRE', 'h', '10', 'FIELDS', '1', 'a')
  redis.server.keyspace.suspendExpiry()
  clock.advance(1000)
  t.equal(await wire.ask('HGET', 'h', 'a'), '(nil)')
  t.equal(await wire.ask('HLEN', 'h'), ':1')
  redis.server.keyspace.resumeExpiry()
  t.equal(await wire.ask('HGET', 'h', 'a'), '(nil)')
  t.equal(await wire.ask('HLEN', 'h'), ':0')
})

interface Started {
  readonly clock: TestClock
  readonly redis: TestServer
  readonly wire: Wire
  encoding(key: string): string | undefined
}

async function start(t: Test, since?: Since): Promise<Started> {
  const clock = frozenClock()
  const redis = await startServer({ clock, ...withCommandsOf(since) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const encoding = (key: string): string | undefined =>
    redis.server.keyspace.databases[0]?.peek(key)?.encoding
  return { clock, redis, wire, encoding }
}

/** The name of the next event that a listener to all of them hears. */
async function nextEvent(listener: Wire): Promise<string> {
  const message = show((await listener.next()).reply)
  return String(message[2]).slice('$__keyevent@0__:'.length)
}
