import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

const NOT_VALID = '-WRONGTYPE Key is not a valid HyperLogLog string value.'
const CORRUPTED = '-INVALIDOBJ Corrupted HLL object detected'
const HEADER = 'HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80'

transcript(t, 'elements are counted, one by one and in unions', [
  ['PFADD h a b c', ':1'],
  ['PFADD h a', ':0'],
  ['PFADD h', ':0'],
  ['PFADD empty', ':1'],
  ['PFCOUNT h', ':3'],
  ['PFCOUNT h', ':3'],
  ['PFCOUNT empty', ':0'],
  ['PFCOUNT none', ':0'],
  ['PFADD g c d', ':1'],
  ['PFCOUNT h g none', ':4'],
  ['PFMERGE h g', '+OK'],
  ['PFCOUNT h', ':4'],
  ['PFMERGE new', '+OK'],
  ['PFCOUNT new', ':0'],
  ['OBJECT ENCODING h', '$raw'],
])

transcript(t, 'the bytes are those of Redis', [
  ['PFADD h a', ':1'],
  ['PFDEBUG ENCODING h', '+sparse'],
  ['PFCOUNT h', ':1'],
  ['GETRANGE h 0 15', '$HYLL\x01\0\0\0\x01\0\0\0\0\0\0\0'],
  ['PFADD h b c d e f g', ':1'],
  ['GETRANGE h 15 15', '$\x80'],
  ['PFDEBUG TODENSE h', ':1'],
  ['PFDEBUG TODENSE h', ':0'],
  ['PFDEBUG ENCODING h', '+dense'],
  ['STRLEN h', ':12304'],
  ['PFCOUNT h', ':7'],
  ['PFDEBUG DECODE h', '-ERR HLL encoding is not sparse'],
  ['PFDEBUG FOO h', "-ERR Unknown PFDEBUG subcommand 'FOO'"],
  ['PFDEBUG DECODE none', '-ERR The specified key does not exist'],
])

transcript(t, 'what is no HyperLogLog', [
  ['SET s hello', '+OK'],
  ['PFADD s a', NOT_VALID],
  ['PFCOUNT s', NOT_VALID],
  ['SET s 1234567890123456789', '+OK'],
  ['PFCOUNT s', NOT_VALID],
  [['SET', 's', 'HYLL\x02\0\0\0\0\0\0\0\0\0\0\0'], '+OK'],
  ['PFMERGE d s', NOT_VALID],
  [['SET', 's', 'HYLL\0\0\0\0\0\0\0\0\0\0\0\0'], '+OK'],
  ['PFDEBUG GETREG s', NOT_VALID],
  ['RPUSH l a', ':1'],
  ['PFADD l a', '-WRONGTYPE Operation against a key holding the wrong kind of value'],
  ['EXISTS d', ':0'],
])

transcript(t, 'damaged opcodes', [
  [['SET', 'short', `${HEADER}\x7f\xfe`], '+OK'],
  ['PFCOUNT short', CORRUPTED],
  ['PFMERGE d short', CORRUPTED],
  [['SET', 'long', `${HEADER}\xff\x7f\xff`], '+OK'],
  ['PFCOUNT long', CORRUPTED],
  ['PFCOUNT long none', CORRUPTED],
  [['SET', 'cut', `${HEADER}\x7f`], '+OK'],
  ['PFCOUNT cut', CORRUPTED],
  [['SET', 'none', HEADER], '+OK'],
  ['PFADD none a', CORRUPTED],
  ['PFDEBUG TODENSE short', CORRUPTED],
  ['EXISTS d', ':0'],
])

const many = Array.from({ length: 2000 }, (_, i) => `element:${i}`)
transcript(t, 'sparse becomes dense', [
  [['PFADD', 'h', ...many.slice(0, 500)], ':1'],
  ['PFDEBUG ENCODING h', '+sparse'],
  ['PFCOUNT h', ':502'],
  ['PFDEBUG DECODE h', ANY],
  [['PFADD', 'h', ...many], ':1'],
  ['PFDEBUG ENCODING h', '+dense'],
  ['PFCOUNT h', ':2004'],
  [['PFADD', 'g', 'x'], ':1'],
  ['PFMERGE g h', '+OK'],
  ['PFDEBUG ENCODING g', '+dense'],
  ['CONFIG SET hll-sparse-max-bytes 30', '+OK'],
  ['PFADD few a b c d', ':1'],
  ['PFDEBUG ENCODING few', '+sparse'],
  ['PFADD few e f g h i j', ':1'],
  ['PFDEBUG ENCODING few', '+dense'],
  ['CONFIG SET hll-sparse-max-bytes 3000', '+OK'],
])

t.test('the count is as near as theory says', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const client = await redis.connect()
  for (let i = 0; i < 20000; i += 1000) {
    await client.ask('PFADD', 'h', ...Array.from({ length: 1000 }, (_, j) => `${i + j}`))
  }
  const count = Number(String(await client.ask('PFCOUNT', 'h')).slice(1))
  t.ok(Math.abs(count - 20000) < 20000 * 0.02, `${count}`)
  t.equal(await client.ask('PFSELFTEST'), '+OK')
})

t.test('counting changes the key, but tells no event', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const [client, other, listener] = await Promise.all([
    redis.connect(),
    redis.connect(),
    redis.connect(),
  ])
  await client.ask('CONFIG', 'SET', 'notify-keyspace-events', 'EA')
  await listener.ask('PSUBSCRIBE', '*')
  await client.ask('PFADD', 'h', 'a', 'b')
  await client.ask('WATCH', 'h')
  await other.ask('PFCOUNT', 'h')
  await client.ask('MULTI')
  await client.ask('PING')
  t.equal(await client.ask('EXEC'), '(nil array)')
  await client.ask('WATCH', 'h')
  await other.ask('PFCOUNT', 'h')
  await client.ask('MULTI')
  t.strictSame(await client.ask('EXEC'), [])
  await client.ask('PFMERGE', 'h')
  const heard = [await listener.next(), await listener.next()].map(({ reply }) => show(reply))
  t.strictSame(
    heard.map(message => (message as string[])[2]),
    ['$__keyevent@0__:pfadd', '$__keyevent@0__:pfadd'],
  )
})
