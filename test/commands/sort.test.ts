import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'

const SYNTAX = '-ERR syntax error'

transcript(t, 'by number and by text', [
  ['RPUSH l 3 1.5 10 2 -1', ':5'],
  ['SORT l', ['$-1', '$1.5', '$2', '$3', '$10']],
  ['SORT l DESC', ['$10', '$3', '$2', '$1.5', '$-1']],
  ['SORT l ALPHA', ['$-1', '$1.5', '$10', '$2', '$3']],
  ['SORT l LIMIT 1 2', ['$1.5', '$2']],
  ['SORT l LIMIT 1 -1', ['$1.5', '$2', '$3', '$10']],
  ['SORT l LIMIT -5 2', ['$-1', '$1.5']],
  ['SORT l LIMIT 9 2', []],
  ['SORT_RO l LIMIT 0 1', ['$-1']],
  ['SORT none', []],
  ['SADD s c a b', ':3'],
  ['SORT s ALPHA', ['$a', '$b', '$c']],
  ['SORT s', "-ERR One or more scores can't be converted into double"],
  ['ZADD z 9 1 8 2 7 3', ':3'],
  ['SORT z DESC', ['$3', '$2', '$1']],
  ['SORT z BY nosort', ['$3', '$2', '$1']],
  ['SORT z BY nosort DESC LIMIT 0 2', ['$1', '$2']],
  ['SORT l BY nosort DESC LIMIT 0 2', ['$-1', '$2']],
  ['OBJECT ENCODING z', '$skiplist'],
  ['RPUSH big 1 1e999', ':2'],
  ['SORT big', "-ERR One or more scores can't be converted into double"],
])

transcript(t, 'by other keys, and answering them', [
  ['RPUSH l 1 2 3 4', ':4'],
  ['MSET w_1 40 w_2 30 w_3 20', '+OK'],
  ['MSET n_1 one n_2 two n_3 three', '+OK'],
  ['HSET o_1 f 5 name x', ':2'],
  ['HSET o_2 f 1 name y', ':2'],
  ['SORT l BY w_*', ['$4', '$3', '$2', '$1']],
  ['SORT l BY w_* DESC GET # GET n_*', ['$1', '$one', '$2', '$two', '$3', '$three', '$4', '(nil)']],
  ['SORT l BY o_*->f DESC GET o_*->name', ['$x', '$y', '(nil)', '(nil)']],
  ['SORT l BY n_* ALPHA', ['$4', '$1', '$3', '$2']],
  ['SORT l BY n_* ALPHA LIMIT 1 2', ['$1', '$3']],
  ['SORT l GET fixed', ['(nil)', '(nil)', '(nil)', '(nil)']],
  ['SORT l GET w_*->', ['(nil)', '(nil)', '(nil)', '(nil)']],
  ['SORT l BY none_* GET #', ['$1', '$2', '$3', '$4']],
])

transcript(t, 'the result can be stored', [
  ['RPUSH l 3 1 2', ':3'],
  ['SORT l STORE d', ':3'],
  ['LRANGE d 0 -1', ['$1', '$2', '$3']],
  ['SORT l DESC STORE x GET # GET no_* STORE d', ':6'],
  ['LRANGE d 0 -1', ['$3', '$', '$2', '$', '$1', '$']],
  ['EXISTS x', ':0'],
  ['SORT none STORE d', ':0'],
  ['EXISTS d', ':0'],
  ['SADD s b a 10 9', ':4'],
  ['SORT s BY nosort STORE d', ':4'],
  ['LRANGE d 0 -1', ['$10', '$9', '$a', '$b']],
  ['SORT_RO l STORE d', SYNTAX],
])

transcript(t, 'what is refused', [
  ['SET s x', '+OK'],
  ['SORT s', '-WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['SORT s FOO', SYNTAX],
  ['SORT s LIMIT 1', SYNTAX],
  ['SORT s LIMIT x 1', '-ERR value is not an integer or out of range'],
  ['SORT s BY', SYNTAX],
])

t.test('what is equal keeps the order of a quicksort, or of the list', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const client = await redis.connect()
  await client.ask('RPUSH', 'l', ...Array.from({ length: 9 }, (_, i) => `${i}`))
  t.strictSame(
    await client.ask('SORT', 'l', 'BY', 'w_*', 'ALPHA'),
    Array.from({ length: 9 }, (_, i) => `$${i}`),
  )
  t.strictSame(await client.ask('SORT', 'l', 'BY', 'w_*', 'ALPHA', 'LIMIT', '0', '3'), [
    '$8',
    '$1',
    '$2',
  ])
})

t.test('a dead field has no weight', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const client = await redis.connect()
  await client.ask('RPUSH', 'l', '1', '2')
  await client.ask('HSET', 'o_1', 'f', '5', 'g', 'x')
  await client.ask('HSET', 'o_2', 'f', '4')
  await client.ask('HPEXPIRE', 'o_1', '100', 'FIELDS', '1', 'f')
  t.strictSame(await client.ask('SORT', 'l', 'BY', 'o_*->f'), ['$2', '$1'])
  clock.advance(101)
  t.strictSame(await client.ask('SORT', 'l', 'BY', 'o_*->f', 'GET', 'o_*->f'), ['(nil)', '$4'])
})

t.test('BY and GET need the right to read every key', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const admin = await redis.connect()
  const client = await redis.connect()
  await admin.ask('RPUSH', 'l', '2', '1')
  await admin.ask('ACL', 'SETUSER', 'u', 'on', 'nopass', '+@all', '~l', '~d')
  await client.ask('AUTH', 'u', 'x')
  const by = '-ERR BY option of SORT denied due to insufficient ACL permissions.'
  const get = '-ERR GET option of SORT denied due to insufficient ACL permissions.'
  t.strictSame(await client.ask('SORT', 'l'), ['$1', '$2'])
  t.strictSame(await client.ask('SORT', 'l', 'BY', 'nosort'), ['$2', '$1'])
  t.equal(await client.ask('SORT', 'l', 'BY', 'w_*'), by)
  t.equal(await client.ask('SORT_RO', 'l', 'GET', '#'), get)
  t.equal(await client.ask('SORT', 'l', 'GET', '#', 'BY', 'w_*'), get)
  t.equal(await client.ask('SORT', 'l', 'BY', 'w_*', 'BY', 'nosort'), by)
  t.equal(await client.ask('SORT', 'l', 'FOO', 'BY', 'w_*'), SYNTAX)
  t.equal(await client.ask('SORT', 'l', 'STORE', 'd'), ':2')
  const noKey = '-NOPERM No permissions to access a key'
  t.equal(await client.ask('SORT', 'l', 'STORE', 'd', 'STORE', 'bad'), noKey)
  t.equal(await client.ask('SORT', 'l', 'STORE', 'by', 'STORE', 'd'), ':2')
  await admin.ask('ACL', 'SETUSER', 'u', '%R~*')
  t.strictSame(await client.ask('SORT', 'l', 'BY', 'w_*', 'GET', '#'), ['$1', '$2'])
  t.equal(await client.ask('SORT', 'l', 'STORE', 'bad'), noKey)
})

t.test('the keys of SORT, however it is called', async t => {
  const redis = await startServer({ config: [['rename-command', 'sort', 'order']] })
  t.teardown(() => redis.close())
  const client = await redis.connect()
  const words = 'order l STORE by BY STORE STORE d'.split(' ')
  t.strictSame(await client.ask('COMMAND', 'GETKEYS', ...words), ['$l', '$d'])
  await client.ask('ACL', 'SETUSER', 'u', 'on', 'nopass', '+@all', '~l')
  await client.ask('RPUSH', 'l', '1')
  await client.ask('AUTH', 'u', 'x')
  t.equal(await client.ask(...words), '-NOPERM No permissions to access a key')
})
