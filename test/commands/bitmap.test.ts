import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const NOT_INTEGER = '-ERR value is not an integer or out of range'
const SYNTAX = '-ERR syntax error'
const NO_OFFSET = '-ERR bit offset is not an integer or out of range'
const NO_BIT = '-ERR bit is not an integer or out of range'
const BAD_TYPE =
  '-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but ' +
  'i64 is.'

transcript(t, 'single bits, the highest of a byte first', [
  ['SETBIT k 1 1', ':0'],
  ['GET k', '$@'],
  ['SETBIT k 1 1', ':1'],
  ['SETBIT k 15 1', ':0'],
  ['GET k', '$@\x01'],
  ['GETBIT k 1', ':1'],
  ['GETBIT k 0', ':0'],
  ['GETBIT k 4294967295', ':0'],
  ['GETBIT none 3', ':0'],
  ['SETBIT k 1 0', ':1'],
  ['GET k', '$\0\x01'],
  ['SETBIT zero 100 0', ':0'],
  ['STRLEN zero', ':13'],
  ['SET n 12', '+OK'],
  ['GETBIT n 2', ':1'],
  ['SETBIT n 7 0', ':1'],
  ['GET n', '$02'],
  ['SETBIT k 4294967296 1', NO_OFFSET],
  ['SETBIT k -1 1', NO_OFFSET],
  ['SETBIT k x 1', NO_OFFSET],
  ['SETBIT k #1 1', NO_OFFSET],
  ['GETBIT k 4294967296', NO_OFFSET],
  ['SETBIT k 0 2', NO_BIT],
  ['SETBIT k 0 -1', NO_BIT],
  ['SETBIT k 0 x', NO_BIT],
  ['HSET h f v', ':1'],
  ['SETBIT h 0 1', WRONGTYPE],
  ['GETBIT h 0', WRONGTYPE],
])

transcript(t, 'BITCOUNT', [
  ['SET k foobar', '+OK'],
  ['BITCOUNT k', ':26'],
  ['BITCOUNT k 0 0', ':4'],
  ['BITCOUNT k 1 1 BYTE', ':6'],
  ['BITCOUNT k -2 -1', ':7'],
  ['BITCOUNT k 5 30 BIT', ':17'],
  ['BITCOUNT k 5 6 BIT', ':2'],
  ['BITCOUNT k -3 -1 bit', ':1'],
  ['BITCOUNT k 3 2', ':0'],
  ['BITCOUNT k -1 -3', ':0'],
  ['BITCOUNT k 100 200', ':0'],
  ['BITCOUNT k -9223372036854775808 9223372036854775807', ':26'],
  ['BITCOUNT none', ':0'],
  ['BITCOUNT none 0 -1 BIT', ':0'],
  ['BITCOUNT k 0', SYNTAX],
  ['BITCOUNT k 0 1 BITS', SYNTAX],
  ['BITCOUNT k 0 1 BIT x', SYNTAX],
  ['BITCOUNT k x 1', NOT_INTEGER],
  ['HSET h f v', ':1'],
  ['BITCOUNT h', WRONGTYPE],
])

transcript(t, 'BITPOS', [
  [['SET', 'k', '\xff\xf0\x00'], '+OK'],
  ['BITPOS k 0', ':12'],
  ['BITPOS k 1', ':0'],
  ['BITPOS k 1 2', ':-1'],
  ['BITPOS k 0 0 0', ':-1'],
  ['BITPOS k 0 0 9 BIT', ':-1'],
  ['BITPOS k 0 9 14 BIT', ':12'],
  ['BITPOS k 1 -20 -1 BIT', ':4'],
  ['BITPOS k 1 12 -1 BIT', ':-1'],
  [['SET', 'ones', '\xff\xff'], '+OK'],
  ['BITPOS ones 0', ':16'],
  ['BITPOS ones 0 1', ':16'],
  ['BITPOS ones 0 0 -1', ':-1'],
  ['BITPOS ones 0 5', ':-1'],
  ['BITPOS none 0', ':0'],
  ['BITPOS none 1', ':-1'],
  ['BITPOS none 0 5 6', ':0'],
  ['SET empty ""', '+OK'],
  ['BITPOS empty 0', ':-1'],
  ['BITPOS k 2', '-ERR The bit argument must be 1 or 0.'],
  ['BITPOS k x', NOT_INTEGER],
  ['BITPOS k 1 0 1 word', SYNTAX],
  ['BITPOS k 1 0 1 BIT x', SYNTAX],
  ['HSET h f v', ':1'],
  ['BITPOS h 1', WRONGTYPE],
])

transcript(t, 'BITOP pads with zeros', [
  [['MSET', 'a', '\xff\x0f', 'b', '\x0f\xff\xaa'], '+OK'],
  ['BITOP AND d a b', ':3'],
  ['GET d', '$\x0f\x0f\0'],
  ['BITOP or d a b none', ':3'],
  ['GET d', '$\xff\xff\xaa'],
  ['BITOP XOR d a b', ':3'],
  ['GET d', '$\xf0\xf0\xaa'],
  ['BITOP NOT d a', ':2'],
  ['GET d', '$\0\xf0'],
  ['BITOP AND a a none', ':2'],
  ['GET a', '$\0\0'],
  ['BITOP AND d none none2', ':0'],
  ['EXISTS d', ':0'],
  ['BITOP NOT d a b', '-ERR BITOP NOT must be called with a single source key.'],
  ['BITOP NAND d a b', SYNTAX],
  ['HSET h f v', ':1'],
  ['BITOP OR d a h', WRONGTYPE],
  ['SET e v EX 100', '+OK'],
  ['BITOP OR e a b', ':3'],
  ['TTL e', ':-1'],
  ['BITOP OR h a b', ':3'],
])

transcript(t, 'BITFIELD reads and writes integers of any width', [
  ['BITFIELD k SET u8 0 255 GET u4 0 GET i4 0 GET u8 4', [':0', ':15', ':-1', ':240']],
  ['BITFIELD k SET i5 100 -9 GET i5 100 GET u5 100', [':0', ':-9', ':23']],
  ['BITFIELD k INCRBY u8 #1 10 GET u8 8', [':10', ':10']],
  ['BITFIELD k SET i64 200 -9223372036854775808 GET i64 200', [':0', ':-9223372036854775808']],
  ['BITFIELD k SET u63 203 9223372036854775807 GET u63 203', [':0', ':9223372036854775807']],
  ['BITFIELD k GET i64 100000', [':0']],
  ['BITFIELD none GET u8 0', [':0']],
  ['EXISTS none', ':0'],
  ['BITFIELD k', []],
  ['BITFIELD_RO k GET u8 0', [':255']],
  ['BITFIELD_RO k SET u8 0 1', '-ERR BITFIELD_RO only supports the GET subcommand'],
  ['BITFIELD k GET u64 0', BAD_TYPE],
  ['BITFIELD k GET i65 0', BAD_TYPE],
  ['BITFIELD k GET u0 0', BAD_TYPE],
  ['BITFIELD k GET 8 0', BAD_TYPE],
  ['BITFIELD k GET u8 -1', NO_OFFSET],
  ['BITFIELD k GET u8 #536870912', NO_OFFSET],
  ['BITFIELD k GET u8 4294967296', NO_OFFSET],
  ['BITFIELD k SET u8 0 x', NOT_INTEGER],
  ['BITFIELD k SET u8 0', SYNTAX],
  ['BITFIELD k PUT u8 0', SYNTAX],
  ['BITFIELD new SET u8 0 1 OVERFLOW never', '-ERR Invalid OVERFLOW type specified'],
  ['EXISTS new', ':0'],
  ['HSET h f v', ':1'],
  ['BITFIELD h GET u8 0', WRONGTYPE],
  ['BITFIELD h', WRONGTYPE],
  ['BITFIELD h SET u8 0 1', WRONGTYPE],
])

transcript(t, 'BITFIELD OVERFLOW holds from where it stands', [
  ['BITFIELD k SET u8 0 250 INCRBY u8 0 10', [':0', ':4']],
  ['BITFIELD k SET u8 0 250 OVERFLOW SAT INCRBY u8 0 10', [':4', ':255']],
  ['BITFIELD k OVERFLOW FAIL INCRBY u8 0 1 GET u8 0', ['(nil)', ':255']],
  ['BITFIELD k OVERFLOW SAT INCRBY u8 0 -300', [':0']],
  ['BITFIELD k SET i8 0 127 INCRBY i8 0 1', [':0', ':-128']],
  ['BITFIELD k OVERFLOW sat INCRBY i8 0 -1 INCRBY i8 0 1000', [':-128', ':127']],
  ['BITFIELD k OVERFLOW FAIL SET i8 0 128 SET u8 8 256', ['(nil)', '(nil)']],
  ['BITFIELD k SET u4 0 -1 GET u4 0', [':7', ':15']],
  ['BITFIELD l SET i64 0 9223372036854775807 INCRBY i64 0 1', [':0', ':-9223372036854775808']],
  ['BITFIELD l OVERFLOW SAT INCRBY i64 0 -1', [':-9223372036854775808']],
])

t.test('words, and bytes that fill no word, are combined and counted alike', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  for (const size of [1, 3, 4, 5, 31, 32, 33, 5000, 5003]) {
    const text = (step: number) =>
      Array.from({ length: size }, (_, i) => String.fromCharCode((i * step + 7) % 256)).join('')
    const [a, b] = [text(37), text(101)]
    await wire.call('MSET', 'a', a, 'b', b)
    await wire.call('BITOP', 'XOR', 'd', 'a', 'b')
    const expected = Array.from(a, (_, i) => a.charCodeAt(i) ^ b.charCodeAt(i))
    const text8 = expected.map(byte => String.fromCharCode(byte)).join('')
    t.equal(await wire.ask('GET', 'd'), `$${text8}`, `${size} bytes`)
    const bits = expected.map(byte => byte.toString(2).padStart(8, '0')).join('')
    for (const start of [0, 1, 5, 8, 19]) {
      const ones = [...bits.slice(start)].filter(bit => bit === '1').length
      t.equal(await wire.ask('BITCOUNT', 'd', `${start}`, '-1', 'BIT'), `:${ones}`)
    }
  }
})

t.test('the first and the last bit of the largest string', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('CONFIG', 'SET', 'proto-max-bulk-len', '16mb')
  const last = 16 * 1024 * 1024 * 8 - 1
  t.equal(await wire.ask('SETBIT', 'k', `${last + 1}`, '1'), NO_OFFSET)
  t.equal(await wire.ask('SETBIT', 'k', `${last}`, '1'), ':0')
  t.equal(await wire.ask('BITPOS', 'k', '1'), `:${last}`)
  t.equal(await wire.ask('BITCOUNT', 'k'), ':1')
  t.equal(await wire.ask('BITOP', 'NOT', 'k', 'k'), `:${(last + 1) / 8}`)
  t.equal(await wire.ask('BITPOS', 'k', '0'), `:${last}`)
  t.equal(await wire.ask('BITCOUNT', 'k'), `:${last}`)
  t.equal(
    await wire.ask('APPEND', 'k', 'x'),
    '-ERR string exceeds maximum allowed size (proto-max-bulk-len)',
  )
})

t.test('bits that do not change are no change', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const cost = async (line: string): Promise<number> => {
    const before = redis.server.keyspace.changes
    await wire.call(...line.split(' '))
    return redis.server.keyspace.changes - before
  }
  t.equal(await cost('SETBIT k 5 0'), 1, 'a longer string')
  t.equal(await cost('SETBIT k 5 0'), 0)
  t.equal(await cost('SETBIT k 5 1'), 1)
  t.equal(await cost('BITFIELD k SET u8 0 4'), 0)
  t.equal(await cost('BITFIELD k SET u8 0 5 SET u8 0 6 GET u8 0'), 2)
  t.equal(await cost('BITFIELD k OVERFLOW FAIL INCRBY u8 0 300'), 0)
  t.equal(await cost('BITOP AND none a b'), 0)
})

t.test('BITFIELD needs to write only for subcommands that do', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('ACL', 'SETUSER', 'reader', 'on', 'nopass', '+@all', '%R~*')
  const dryrun = (line: string) => wire.ask('ACL', 'DRYRUN', 'reader', ...line.split(' '))
  const denied = "$User reader has no permissions to access the 'k' key"
  t.equal(await dryrun('BITFIELD k GET u8 0 OVERFLOW SAT get i8 0'), '+OK')
  t.equal(await dryrun('BITFIELD k'), '+OK')
  t.equal(await dryrun('BITFIELD k GET u8 0 SET u8 0 1'), denied)
  t.equal(await dryrun('BITFIELD k INCRBY u8 0 1'), denied)
  t.equal(await dryrun('BITFIELD k GET u8'), denied, 'nobody knows what a broken one would do')
})
