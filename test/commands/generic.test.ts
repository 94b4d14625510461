import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import type { Wire } from '../helpers/wire.ts'

const NOT_INTEGER = '-ERR value is not an integer or out of range'
const NOT_AN_INT = '-ERR value is out of range, value must between -2147483648 and 2147483647'
const SYNTAX = '-ERR syntax error'
const NO_SUCH_KEY = '-ERR no such key'
const SAME_OBJECT = '-ERR source and destination objects are the same'
const NO_DATABASE = '-ERR DB index is out of range'

transcript(t, 'keys are counted as often as they are named', [
  ['MSET a 1 b 2 c 3', '+OK'],
  ['HSET h f v', ':1'],
  ['EXISTS a b none a', ':3'],
  ['TOUCH a none h', ':2'],
  ['TYPE a', '+string'],
  ['TYPE h', '+hash'],
  ['TYPE none', '+none'],
  ['DEL a a none', ':1'],
  ['UNLINK b h', ':2'],
  ['DBSIZE', ':1'],
  ['RANDOMKEY', '$c'],
  ['DEL c', ':1'],
  ['RANDOMKEY', '(nil)'],
])

transcript(t, 'RENAME moves value and time to live, over whatever was there', [
  ['SET a 1 EX 100', '+OK'],
  ['SET b 2', '+OK'],
  ['RENAMENX a b', ':0'],
  ['RENAME a b', '+OK'],
  ['GET b', '$1'],
  ['TTL b', ':100'],
  ['EXISTS a', ':0'],
  ['RENAME a b', NO_SUCH_KEY],
  ['RENAMENX a b', NO_SUCH_KEY],
  ['RENAMENX b c', ':1'],
  ['TTL c', ':100'],
  ['RENAME c c', '+OK'],
  ['RENAMENX c c', ':0'],
  ['RENAME none none', NO_SUCH_KEY],
  ['HSET h f v', ':1'],
  ['RENAME h c', '+OK'],
  ['HGET c f', '$v'],
  ['TTL c', ':-1'],
])

transcript(t, 'COPY and MOVE', [
  ['SET a 1 EX 100', '+OK'],
  ['COPY a b', ':1'],
  ['TTL b', ':100'],
  ['APPEND a 2', ':2'],
  ['GET b', '$1'],
  ['COPY a b', ':0'],
  ['COPY a b REPLACE', ':1'],
  ['GET b', '$12'],
  ['COPY none b REPLACE', ':0'],
  ['GET b', '$12'],
  ['COPY a a', SAME_OBJECT],
  ['COPY a a DB 0', SAME_OBJECT],
  ['COPY a a DB 1', ':1'],
  ['COPY a a DB 1 replace', ':1'],
  ['COPY a b DB 99', NO_DATABASE],
  ['COPY a b DB -1', NO_DATABASE],
  ['COPY a b DB x', NOT_INTEGER],
  ['COPY a b DB 2147483648', NOT_AN_INT],
  ['COPY a b DB', SYNTAX],
  ['COPY a b OVER', SYNTAX],
  ['MOVE a 1', ':0'],
  ['MOVE a 2', ':1'],
  ['EXISTS a', ':0'],
  ['MOVE a 2', ':0'],
  ['MOVE b 0', SAME_OBJECT],
  ['MOVE b x', NOT_INTEGER],
  ['MOVE b 16', NO_DATABASE],
  ['MOVE b 99999999999', NOT_AN_INT],
  ['SELECT 2', '+OK'],
  ['GET a', '$12'],
  ['TTL a', ':100'],
  ['FLUSHALL', '+OK'],
])

transcript(t, 'EXPIRE and its conditions', [
  ['SET k v', '+OK'],
  ['TTL k', ':-1'],
  ['PTTL k', ':-1'],
  ['EXPIRETIME k', ':-1'],
  ['TTL none', ':-2'],
  ['PEXPIRETIME none', ':-2'],
  ['EXPIRE none 10', ':0'],
  ['EXPIRE k 100 XX', ':0'],
  ['EXPIRE k 100 GT', ':0'],
  ['EXPIRE k 100 NX', ':1'],
  ['EXPIRE k 200 nx', ':0'],
  ['TTL k', ':100'],
  ['EXPIRE k 50 GT', ':0'],
  ['EXPIRE k 200 gt xx', ':1'],
  ['EXPIRE k 300 LT', ':0'],
  ['PEXPIRE k 60000 LT', ':1'],
  ['TTL k', ':60'],
  ['PERSIST k', ':1'],
  ['PERSIST k', ':0'],
  ['PERSIST none', ':0'],
  ['EXPIRE k 100 LT', ':1'],
  ['EXPIREAT k 33177117420', ':1'],
  ['EXPIRETIME k', ':33177117420'],
  ['PEXPIREAT k 33177117420999', ':1'],
  ['PEXPIRETIME k', ':33177117420999'],
  ['EXPIRETIME k', ':33177117421'],
  ['EXPIRE k 10 NX XX', '-ERR NX and XX, GT or LT options at the same time are not compatible'],
  ['EXPIRE k 10 LT NX', '-ERR NX and XX, GT or LT options at the same time are not compatible'],
  ['EXPIRE k 10 GT LT', '-ERR GT and LT options at the same time are not compatible'],
  ['EXPIRE k 10 aB', '-ERR Unsupported option aB'],
  ['EXPIRE k x ab', '-ERR Unsupported option ab'],
  ['EXPIRE k x', NOT_INTEGER],
  ['EXPIRE k 1.5', NOT_INTEGER],
  ['EXPIRE k -1 GT', ':0'],
  ['EXPIRE k -1', ':1'],
  ['EXISTS k', ':0'],
  ['SET k v', '+OK'],
  ['EXPIREAT k 0', ':1'],
  ['EXISTS k', ':0'],
])

transcript(t, 'EXPIRE over the whole range of 64 bits', [
  ['SET k v', '+OK'],
  ['EXPIRE k 9223372036854776', "-ERR invalid expire time in 'expire' command"],
  ['EXPIRE k -9223372036854776', "-ERR invalid expire time in 'expire' command"],
  ['EXPIRE k 9223372036854775', "-ERR invalid expire time in 'expire' command"],
  ['EXPIREAT k 9223372036854776', "-ERR invalid expire time in 'expireat' command"],
  ['PEXPIRE k 9223372036854775807', "-ERR invalid expire time in 'pexpire' command"],
  ['PEXPIREAT k 9223372036854775808', NOT_INTEGER],
  ['TTL k', ':-1'],
  ['EXPIREAT k 9223372036854775', ':1'],
  ['PEXPIRETIME k', ':9223372036854775000'],
  ['PEXPIREAT k 9223372036854775001 LT', ':0'],
  ['PEXPIREAT k 9223372036854775001 GT', ':1'],
  ['PEXPIREAT k 9223372036854775807', ':1'],
  ['PEXPIRETIME k', ':9223372036854775807'],
  ['EXPIRETIME k', ':9223372036854776'],
  ['COPY k copied', ':1'],
  ['PEXPIRETIME copied', ':9223372036854775807'],
  ['PEXPIREAT k 33177117420999', ':1'],
  ['PEXPIRETIME k', ':33177117420999'],
  ['PEXPIRE k -9223372036854775808', ':1'],
  ['EXISTS k', ':0'],
])

transcript(t, 'KEYS and SCAN find by pattern', [
  ['MSET foo 1 fob 2 bar 3', '+OK'],
  [['SET', 'f\xff\n', '4'], '+OK'],
  ['HSET h f v', ':1'],
  ['KEYS *', ['$foo', '$fob', '$bar', '$f\xff\n', '$h'], 'sorted'],
  ['KEYS fo?', ['$foo', '$fob'], 'sorted'],
  ['KEYS f[^o]*', ['$f\xff\n']],
  ['KEYS none*', []],
  ['SCAN 0 COUNT 100', ['$0', ['$foo', '$fob', '$bar', '$f\xff\n', '$h']], 'sorted'],
  ['SCAN 0 COUNT 100 MATCH fo*', ['$0', ['$foo', '$fob']], 'sorted'],
  ['SCAN 0 count 100 TYPE HASH', ['$0', ['$h']]],
  ['SCAN 0 COUNT 100 MATCH *r TYPE string', ['$0', ['$bar']]],
  ['SCAN 0 COUNT 100 TYPE nonesuch', ['$0', []]],
  ['SCAN 0 COUNT 9223372036854775807 MATCH h', ANY],
  ['SCAN 0 COUNT 0', SYNTAX],
  ['SCAN 0 COUNT -1', SYNTAX],
  ['SCAN 0 COUNT x', NOT_INTEGER],
  ['SCAN 0 COUNT', SYNTAX],
  ['SCAN 0 MATCH', SYNTAX],
  ['SCAN 0 whatever', SYNTAX],
  ['SCAN 0 NOVALUES', '-ERR NOVALUES option can only be used in HSCAN', '7.4'],
  ['SCAN x', '-ERR invalid cursor'],
  ['SCAN 18446744073709551616', '-ERR invalid cursor'],
  ['SCAN 0x', '-ERR invalid cursor'],
])

async function scanAll(wire: Wire, between: () => Promise<void>): Promise<string[]> {
  const found: string[] = []
  let cursor = '0'
  do {
    const { reply } = await wire.call('SCAN', cursor, 'COUNT', '7')
    if (reply.type !== 'array') throw new Error('No array')
    const [next, keys] = reply.items
    if (next?.type !== 'bulk' || keys?.type !== 'array') throw new Error('No scan')
    cursor = next.text
    for (const key of keys.items) if (key.type === 'bulk') found.push(key.text)
    await between()
  } while (cursor !== '0')
  return found
}

t.test('SCAN returns what was there all the time, whatever else comes and goes', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  for (const seed of [1, 2, 3]) {
    const random = new SeededRandom(seed)
    await wire.call('FLUSHALL')
    const steady = Array.from({ length: 60 }, (_, i) => `steady:${i}`)
    const names = [...steady, ...Array.from({ length: 60 }, (_, i) => `passing:${i}`)]
    await wire.call('MSET', ...names.flatMap(name => [name, 'v']))
    let added = 0
    const found = await scanAll(wire, async () => {
      for (let i = 0; i < 4; i++) await wire.call('DEL', `passing:${random.below(60)}`)
      if (added++ < 10) await wire.call('MSET', `new:${added}`, 'v', `newer:${added}`, 'v')
    })
    t.strictSame(
      steady.filter(name => !found.includes(name)),
      [],
      `seed ${seed}`,
    )
  }
})

t.test('SCAN drops keys that have expired, and removes them', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  redis.server.switches.activeExpiry = false
  await wire.call('MSET', 'a', '1', 'b', '2')
  await wire.call('SET', 'dying', '3', 'PX', '10')
  await wire.call('SET', 'ding', '3', 'PX', '10')
  clock.advance(20)
  t.equal(await wire.ask('DBSIZE'), ':4', 'nobody has looked yet')
  t.strictSame(await wire.ask('KEYS', 'd*'), [], 'KEYS hides them and leaves them')
  t.equal(await wire.ask('DBSIZE'), ':4')
  t.strictSame(await wire.ask('SCAN', '0', 'COUNT', '10', 'MATCH', 'dy*'), ['$0', []])
  t.equal(await wire.ask('DBSIZE'), ':3', 'only those that match are looked at')
  await wire.call('SCAN', '0', 'COUNT', '10', 'TYPE', 'string')
  t.equal(await wire.ask('DBSIZE'), ':2')
})

t.test('RANDOMKEY never answers a key that has expired', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock, random: new SeededRandom(7) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  redis.server.switches.activeExpiry = false
  for (let i = 0; i < 20; i++) await wire.call('SET', `dying:${i}`, 'v', 'PX', '10')
  await wire.call('SET', 'alive', 'v')
  clock.advance(20)
  for (let i = 0; i < 5; i++) t.equal(await wire.ask('RANDOMKEY'), '$alive')
  await wire.call('DEL', 'alive')
  t.equal(await wire.ask('RANDOMKEY'), '(nil)')
})

t.test('a key lives as long as it was given', async t => {
  const clock = frozenClock(1_000_000_000_000)
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  await wire.call('EXPIRE', 'k', '10')
  t.equal(await wire.ask('PEXPIRETIME', 'k'), ':1000000010000')
  clock.advance(8501)
  t.equal(await wire.ask('PTTL', 'k'), ':1499')
  t.equal(await wire.ask('TTL', 'k'), ':1', 'rounded to the nearest second')
  clock.advance(1000)
  t.equal(await wire.ask('TTL', 'k'), ':0')
  await wire.call('RENAME', 'k', 'l')
  clock.advance(500)
  t.equal(await wire.ask('EXISTS', 'l'), ':0')
  t.equal(await wire.ask('EXPIRE', 'l', '10'), ':0')
})

t.test('each change is one event and one change', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const [listener, wire] = [await redis.connect(), await redis.connect()]
  await wire.call('CONFIG', 'SET', 'notify-keyspace-events', 'EAmn')
  await listener.call('PSUBSCRIBE', '__keyevent@*')
  const steps: readonly (readonly [string, readonly string[], number])[] = [
    ['SET k v', ['0:new k', '0:set k'], 1],
    ['EXPIRE k 100', ['0:expire k'], 1],
    ['EXPIRE k 100 NX', [], 0],
    ['TTL none', ['0:keymiss none'], 0],
    ['EXISTS none', ['0:keymiss none'], 0],
    ['TYPE none', ['0:keymiss none'], 0],
    ['OBJECT ENCODING none', [], 0],
    ['EXPIRE none 100', [], 0],
    ['PERSIST k', ['0:persist k'], 1],
    ['PERSIST k', [], 0],
    ['RENAME k l', ['0:new l', '0:rename_from k', '0:rename_to l'], 1],
    ['COPY l m', ['0:new m', '0:copy_to m'], 1],
    ['COPY l m', [], 0],
    ['MOVE l 3', ['3:new l', '0:move_from l', '3:move_to l'], 1],
    ['EXPIREAT m 1', ['0:del m'], 1],
    ['MSET a 1 b 2', ['0:new a', '0:set a', '0:new b', '0:set b'], 2],
    ['DEL a b c', ['0:del a', '0:del b'], 2],
  ]
  for (const [line, events, cost] of steps) {
    const before = redis.server.keyspace.changes
    await wire.call(...line.split(' '))
    t.equal(redis.server.keyspace.changes - before, cost, line)
    await wire.call('PUBLISH', '__keyevent@end', '')
    const heard: string[] = []
    for (;;) {
      const { reply } = await listener.next()
      const [, , channel, key] = reply.type === 'array' ? reply.items : []
      if (channel?.type !== 'bulk' || key?.type !== 'bulk') throw new Error('No message')
      if (channel.text.endsWith('@end')) break
      heard.push(`${channel.text.slice('__keyevent@'.length).replace('__', '')} ${key.text}`)
    }
    t.strictSame(heard, events, line)
  }
})

t.test('hits and misses are counted as Redis counts them', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const { keyspace } = redis.server
  await wire.call('SET', 'k', 'v')
  const steps: readonly (readonly [string, number, number])[] = [
    ['EXISTS k none k', 2, 1],
    ['TTL k', 1, 0],
    ['TYPE none', 0, 1],
    ['TOUCH k none', 1, 1],
    ['OBJECT ENCODING none', 0, 1],
    ['DEL none', 0, 0],
    ['EXPIRE k 100', 0, 0],
    ['RENAME k l', 0, 0],
    ['COPY l m', 1, 0],
    ['SCAN 0', 0, 0],
    ['SCAN 0 TYPE string', 2, 0],
    ['KEYS *', 0, 0],
  ]
  for (const [line, hits, misses] of steps) {
    const before = [keyspace.hits, keyspace.misses] as const
    await wire.call(...line.split(' '))
    t.strictSame([keyspace.hits - before[0], keyspace.misses - before[1]], [hits, misses], line)
  }
})

t.test('a transaction is lost when a watched key is renamed, moved or expired', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const [wire, other] = [await redis.connect(), await redis.connect()]
  for (const line of ['RENAME k l', 'RENAME l k', 'MOVE k 2', 'DEL k', 'EXPIRE k 100']) {
    await wire.call('FLUSHALL')
    await wire.call('MSET', 'k', '1', 'l', '2')
    await wire.call('WATCH', 'k')
    await other.call(...line.split(' '))
    await wire.call('MULTI')
    await wire.call('PING')
    t.equal(await wire.ask('EXEC'), '(nil array)', line)
  }
})

t.test('names that mean something to JavaScript are ordinary keys', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']
  t.strictSame(await wire.ask('EXISTS', ...names), ':0')
  for (const name of names) await wire.call('SET', name, name)
  for (const name of names) t.equal(await wire.ask('GET', name), `$${name}`)
  t.equal(await wire.ask('DBSIZE'), ':5')
  t.equal(await wire.ask('DEL', ...names), ':5')
})
