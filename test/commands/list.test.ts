import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const NOT_INTEGER = '-ERR value is not an integer or out of range'
const SYNTAX = '-ERR syntax error'
const NOT_POSITIVE = '-ERR value is out of range, must be positive'
const MIN = '-9223372036854775808'
const BEYOND_LONG =
  '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807'

transcript(t, 'pushing and popping', [
  ['RPUSH l a b c', ':3'],
  ['LPUSH l x y', ':5'],
  ['LRANGE l 0 -1', ['$y', '$x', '$a', '$b', '$c']],
  ['LPUSHX none a', ':0'],
  ['RPUSHX none a', ':0'],
  ['EXISTS none', ':0'],
  ['LPUSHX l z', ':6'],
  ['RPUSHX l d', ':7'],
  ['LLEN l', ':7'],
  ['LPOP l', '$z'],
  ['RPOP l', '$d'],
  ['LPOP l 2', ['$y', '$x']],
  ['RPOP l 2', ['$c', '$b']],
  ['LPOP l 0', []],
  ['LPOP l 9223372036854775807', ['$a']],
  ['EXISTS l', ':0'],
  ['LPOP l', '(nil)'],
  ['LPOP l 0', '(nil array)'],
  ['RPOP l 1', '(nil array)'],
  ['LPOP l -1', NOT_POSITIVE],
  ['LPOP l x', NOT_POSITIVE],
  ['LPOP l 1 2', "-ERR wrong number of arguments for 'lpop' command"],
  ['SET s v', '+OK'],
  ['LPUSH s a', WRONGTYPE],
  ['RPUSHX s a', WRONGTYPE],
  ['LPOP s', WRONGTYPE],
  ['LPOP s x', NOT_POSITIVE],
  ['LLEN s', WRONGTYPE],
])

transcript(t, 'elements by index', [
  ['RPUSH l a b c d', ':4'],
  ['LINDEX l 0', '$a'],
  ['LINDEX l -1', '$d'],
  ['LINDEX l 4', '(nil)'],
  ['LINDEX l -5', '(nil)'],
  ['LINDEX l x', NOT_INTEGER],
  ['LINDEX none x', '(nil)'],
  [`LINDEX l ${MIN}`, '(nil)'],
  ['LRANGE l 1 2', ['$b', '$c']],
  ['LRANGE l -100 100', ['$a', '$b', '$c', '$d']],
  ['LRANGE l 3 1', []],
  ['LRANGE l 4 5', []],
  [`LRANGE l ${MIN} 9223372036854775807`, ['$a', '$b', '$c', '$d']],
  ['LRANGE none x 1', NOT_INTEGER],
  ['LRANGE none 0 -1', []],
  ['LSET l 1 B', '+OK'],
  ['LSET l -1 D', '+OK'],
  ['LSET l 4 x', '-ERR index out of range'],
  ['LSET l -5 x', '-ERR index out of range'],
  ['LSET l x y', NOT_INTEGER],
  ['LSET none x y', '-ERR no such key'],
  ['LRANGE l 0 -1', ['$a', '$B', '$c', '$D']],
  ['LINSERT l BEFORE c x', ':5'],
  ['LINSERT l after D y', ':6'],
  ['LINSERT l BEFORE none z', ':-1'],
  ['LINSERT none BEFORE a z', ':0'],
  ['LINSERT l AT a z', SYNTAX],
  ['LINSERT none AT a z', SYNTAX],
  ['LRANGE l 0 -1', ['$a', '$B', '$x', '$c', '$D', '$y']],
  ['SET s v', '+OK'],
  ['LINDEX s x', WRONGTYPE],
  ['LSET s x y', WRONGTYPE],
  ['LRANGE s x 1', NOT_INTEGER],
  ['LRANGE s 0 1', WRONGTYPE],
  ['LINSERT s BEFORE a b', WRONGTYPE],
])

transcript(t, 'removing and trimming', [
  ['RPUSH l a b a c a b', ':6'],
  ['LREM l 1 a', ':1'],
  ['LRANGE l 0 -1', ['$b', '$a', '$c', '$a', '$b']],
  ['LREM l -1 b', ':1'],
  ['LRANGE l 0 -1', ['$b', '$a', '$c', '$a']],
  ['LREM l 0 a', ':2'],
  ['LREM l 0 none', ':0'],
  ['LREM none 0 a', ':0'],
  ['LREM l x a', NOT_INTEGER],
  [`LREM l ${MIN} b`, BEYOND_LONG, '7.2'],
  ['LREM l -9223372036854775807 b', ':1'],
  ['LREM l 0 c', ':1'],
  ['EXISTS l', ':0'],
  ['RPUSH l 0 1 2 3 4 5', ':6'],
  ['LTRIM l 1 -2', '+OK'],
  ['LRANGE l 0 -1', ['$1', '$2', '$3', '$4']],
  ['LTRIM l -3 100', '+OK'],
  ['LRANGE l 0 -1', ['$2', '$3', '$4']],
  ['LTRIM l 2 1', '+OK'],
  ['EXISTS l', ':0'],
  ['LTRIM none 0 x', NOT_INTEGER],
  ['LTRIM none 0 1', '+OK'],
])

transcript(t, 'LPOS', [
  ['RPUSH l a b c 1 2 3 c c', ':8'],
  ['LPOS l c', ':2'],
  ['LPOS l c RANK 2', ':6'],
  ['LPOS l c RANK -1', ':7'],
  ['LPOS l c RANK 4', '(nil)'],
  ['LPOS l c COUNT 2', [':2', ':6']],
  ['LPOS l c COUNT 0', [':2', ':6', ':7']],
  ['LPOS l c RANK -1 COUNT 2', [':7', ':6']],
  ['LPOS l c COUNT 0 MAXLEN 7', [':2', ':6']],
  ['LPOS l c RANK -1 COUNT 0 MAXLEN 2', [':7', ':6']],
  ['LPOS l x COUNT 0', []],
  ['LPOS none x', '(nil)'],
  ['LPOS none x COUNT 0', []],
  [
    'LPOS l c RANK 0',
    "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
  ],
  [`LPOS l c RANK ${MIN}`, BEYOND_LONG, '7.2'],
  ['LPOS l c RANK x', NOT_INTEGER],
  ['LPOS l c COUNT -1', "-ERR COUNT can't be negative"],
  ['LPOS l c COUNT x', "-ERR COUNT can't be negative"],
  ['LPOS l c MAXLEN -1', "-ERR MAXLEN can't be negative"],
  ['LPOS l c RANK', SYNTAX],
  ['LPOS l c BOGUS 1', SYNTAX],
])

transcript(t, 'moving', [
  ['RPUSH l a b c', ':3'],
  ['LMOVE l m RIGHT LEFT', '$c'],
  ['RPOPLPUSH l m', '$b'],
  ['LRANGE m 0 -1', ['$b', '$c']],
  ['LMOVE m m left right', '$b'],
  ['LRANGE m 0 -1', ['$c', '$b']],
  ['LMOVE l l LEFT LEFT', '$a'],
  ['LMOVE l m LEFT LEFT', '$a'],
  ['EXISTS l', ':0'],
  ['LMOVE l m LEFT LEFT', '(nil)'],
  ['RPOPLPUSH none m', '(nil)'],
  ['LMOVE m l UP LEFT', SYNTAX],
  ['SET s v', '+OK'],
  ['LMOVE m s LEFT LEFT', WRONGTYPE],
  ['LMOVE s m LEFT LEFT', WRONGTYPE],
  ['LMOVE none s LEFT LEFT', '(nil)'],
  ['LLEN m', ':3'],
])

transcript(t, 'LMPOP', [
  ['RPUSH l a b c d', ':4'],
  ['LMPOP 2 none l LEFT', ['$l', ['$a']]],
  ['LMPOP 2 none l right COUNT 2', ['$l', ['$d', '$c']]],
  ['LMPOP 1 none LEFT', '(nil array)'],
  ['LMPOP 0 l LEFT', '-ERR numkeys should be greater than 0'],
  ['LMPOP x l LEFT', '-ERR numkeys should be greater than 0'],
  ['LMPOP 2 l LEFT', SYNTAX],
  ['LMPOP 9223372036854775807 l LEFT', SYNTAX],
  ['LMPOP 1 l LEFT COUNT 0', '-ERR count should be greater than 0'],
  ['LMPOP 1 l LEFT COUNT x', '-ERR count should be greater than 0'],
  ['LMPOP 1 l LEFT COUNT 1 COUNT 1', SYNTAX],
  ['LMPOP 1 l UP', SYNTAX],
  ['SET s v', '+OK'],
  ['LMPOP 2 s l LEFT', WRONGTYPE],
  ['LMPOP 2 l s LEFT COUNT 9', ['$l', ['$b']]],
  ['EXISTS l', ':0'],
])

transcript(t, 'a blocking command that finds something does not wait', [
  ['RPUSH l a b c d e f', ':6'],
  ['BLPOP none l 0', ['$l', '$a']],
  ['BRPOP l none 0', ['$l', '$f']],
  ['BLMOVE l m LEFT RIGHT 0', '$b'],
  ['BRPOPLPUSH l m 0', '$e'],
  ['BLMPOP 0 2 none l LEFT COUNT 9', ['$l', ['$c', '$d']]],
  ['BLPOP l -1', '-ERR timeout is negative'],
  ['BLPOP l x', '-ERR timeout is not a float or out of range'],
  ['BLPOP l nan', '-ERR timeout is not a float or out of range'],
  ['BLPOP l inf', '-ERR timeout is out of range', '7.4'],
  ['BLPOP l 1e400', '-ERR timeout is out of range', '7.4'],
  ['BLPOP l 9223372036854775', '-ERR timeout is out of range', '7.4'],
  ['BLPOP l -inf', '-ERR timeout is negative', '7.4'],
  ['BLPOP l 1e-400', '(nil array)', '7.4'],
  ['BLPOP l 0.001', '(nil array)'],
  ['BLMOVE l m LEFT LEFT 0.001', '(nil array)'],
  ['BLMOVE l m UP LEFT x', SYNTAX],
  ['BLMPOP x 0 l LEFT', '-ERR numkeys should be greater than 0'],
  ['SET s v', '+OK'],
  ['BLPOP none s 0', WRONGTYPE],
  ['BLMOVE s m LEFT LEFT 0', WRONGTYPE],
])

const LARGE = 'x'.repeat(9000)

transcript(t, 'a list becomes a quicklist, and a listpack again when half of it is gone', [
  ['CONFIG SET list-max-listpack-size 4', '+OK', '7.2'],
  ['RPUSH l 1 2 3 4', ':4'],
  ['OBJECT ENCODING l', '$listpack', '7.2'],
  ['RPUSH l 5', ':5'],
  ['OBJECT ENCODING l', '$quicklist', '7.2'],
  ['LPOP l 2', ['$1', '$2']],
  ['OBJECT ENCODING l', '$quicklist', '7.2'],
  ['LPOP l', '$3'],
  // Two elements are left, but in a quicklist of two nodes.
  ['OBJECT ENCODING l', '$quicklist', '7.2'],
  ['LPOP l', '$4'],
  ['OBJECT ENCODING l', '$listpack', '7.2'],
  ['CONFIG SET list-max-listpack-size -2', '+OK', '7.2'],
  [['RPUSH', 'p', 'a', LARGE], ':2'],
  ['OBJECT ENCODING p', '$quicklist', '7.2'],
  ['LPOP p', '$a'],
  ['OBJECT ENCODING p', '$quicklist', '7.2'],
  ['LSET p 0 small', '+OK'],
  ['OBJECT ENCODING p', '$listpack', '7.2'],
  ['RPUSH q a b', ':2'],
  [['LINSERT', 'q', 'BEFORE', 'none', LARGE], ':-1'],
  ['OBJECT ENCODING q', '$quicklist', '7.2'],
  ['CONFIG SET list-max-listpack-size 128', '+OK', '7.2'],
])

t.test('events come in the order of Redis, and the target first', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const wire = await ours.connect()
  const listener = await ours.connect()
  await wire.call('CONFIG', 'SET', 'notify-keyspace-events', 'Elg')
  await listener.call('PSUBSCRIBE', '__keyevent@0__:*')
  const events = async (...words: readonly string[]): Promise<string[]> => {
    await wire.call(...words)
    await wire.call('PUBLISH', '__keyevent@0__:end', '')
    const names: string[] = []
    for (;;) {
      const [, , channel, key] = show((await listener.next()).reply) as string[]
      if (channel === '$__keyevent@0__:end') return names
      names.push(`${channel?.slice('$__keyevent@0__:'.length)} ${key?.slice(1)}`)
    }
  }
  t.strictSame(await events('RPUSH', 'l', 'a', 'b'), ['rpush l'])
  t.strictSame(await events('LMOVE', 'l', 'm', 'LEFT', 'LEFT'), ['lpush m', 'lpop l'])
  t.strictSame(await events('RPOPLPUSH', 'l', 'm'), ['lpush m', 'rpop l', 'del l'])
  t.strictSame(await events('RPOPLPUSH', 'none', 'm'), [])
  t.strictSame(await events('LREM', 'm', '0', 'none'), [])
  t.strictSame(await events('LINSERT', 'm', 'BEFORE', 'a', 'x'), ['linsert m'])
  t.strictSame(await events('LSET', 'm', '0', 'x'), ['lset m'])
  t.strictSame(await events('LPOP', 'm', '0'), [])
  t.strictSame(await events('LTRIM', 'm', '0', '-1'), ['ltrim m'])
  t.strictSame(await events('LTRIM', 'm', '1', '0'), ['ltrim m', 'del m'])
})
