// Random requests of every family of data commands: mostly sound and on keys of the right type, now
// and then on others, with absurd numbers, or damaged. Nothing here depends on the moment: relative
// times to live are past or years ahead. Nothing asks for memory without bound: offsets are small,
// or so large that they are refused.

import type { Random } from '../../src/util/random.ts'
import { compile, type Draw, type Generators, pick } from './syntax.ts'

const LONG = 'long-'.repeat(14)
/** No other word begins like it: to SORT, as to C, a NUL ends the text, and equals have no order. */
const BYTES = 'q\x00\xff\r\n\x80'
const ABSURD = [
  ...['2147483647', '-2147483648', '2147483648', '4294967296'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808', '-9223372036854775809'],
  ...['18446744073709551616', '1e3', 'nan', 'inf', '-0', '+1', '01', ' 1', '1 ', '1.5', '', 'abc'],
]
const KEYS_OF_TYPE = ['s', 'i', 'b', 'l', 'h', 't', 'z', 'g', 'x', 'p']
const KEYS = [
  ...KEYS_OF_TYPE.flatMap(type => [1, 2, 3].map(n => `${type}${n}`)),
  ...['n1', 'n2', 'n3', ''],
]

function integer(random: Random): string {
  return random.below(12) === 0 ? pick(ABSURD, random) : String(random.below(14) - 5)
}

function anyFloat(random: Random): string {
  switch (random.below(8)) {
    case 0:
      return pick(
        ['inf', '-inf', '+inf', '1e300', '-1e300', '5e-324', 'nan', '0x10', '1e', ''],
        random,
      )
    case 1:
      return String(random.next() * 10 - 5)
    case 2:
      return (random.next() * 1000).toFixed(random.below(5))
    case 3:
      return pick(['0.1', '3.0', '-0', '1e3', '1.5', '-2.75', '123456789012345678'], random)
    default:
      return String(random.below(20) - 6)
  }
}

/** Before 7.2 scores were printed to seventeen digits; these have few. */
function shortFloat(random: Random): string {
  return random.below(10) === 0
    ? pick(['inf', '-inf', 'nan', 'x', '0x10'], random)
    : String((random.below(80) - 24) / 4)
}

function word(random: Random): string {
  switch (random.below(10)) {
    case 0:
      return pick([LONG, BYTES, '', '\xe4\xf6', 'x'.repeat(20)], random)
    case 1:
      return pick(['10', '-5', '3.0', '1e3', ' 1', 'nan', '007', '12345678901', '-129'], random)
    case 2:
    case 3:
    case 4:
      return String(random.below(20) - 2)
    default:
      return pick(['a', 'b', 'c', 'd', 'e', 'f', 'foo', 'bar', 'hello world'], random)
  }
}

function key(type: string): (random: Random) => string {
  return random => (random.below(16) === 0 ? pick(KEYS, random) : `${type}${1 + random.below(3)}`)
}

/** An id of a stream: near each other, so that ranges meet something. */
function streamId(random: Random): string {
  switch (random.below(10)) {
    case 0:
      return pick(
        ['0-0', '-', '+', '0', '18446744073709551615-18446744073709551615', '1-', 'x'],
        random,
      )
    case 1:
      return String(1 + random.below(60))
    default:
      return `${1 + random.below(60)}-${random.below(4)}`
  }
}

const byName: Readonly<Record<string, (random: Random) => string>> = {
  ...Object.fromEntries(KEYS_OF_TYPE.map(type => [type, key(type)])),
  k: random => pick(KEYS, random),
  // All members have one score, without which ranges of names mean nothing.
  y: random => `y${1 + random.below(2)}`,
  // Always a list, so that what SORT finds equal has an order.
  o: random => `o${1 + random.below(2)}`,
  n: random => (random.below(4) === 0 ? pick(KEYS, random) : `n${1 + random.below(3)}`),
  int: integer,
  small: random => String(random.below(6)),
  count: random => (random.below(16) === 0 ? pick(ABSURD, random) : String(1 + random.below(8))),
  w: word,
  m: random => (random.below(3) === 0 ? word(random) : `m${random.below(30)}`),
  f: random => (random.below(5) === 0 ? word(random) : `f${random.below(9)}`),
  // Lengths of strings stay small, or are refused.
  offset: random =>
    random.below(20) === 0
      ? pick(['-1', '536870912', '9223372036854775807', '-9223372036854775808', 'x'], random)
      : String(random.below(200)),
  bit: random =>
    random.below(20) === 0
      ? pick(['-1', '4294967296', '9223372036854775807', 'x'], random)
      : String(random.below(1500)),
  fieldtype: random =>
    pick(['u1', 'u8', 'i8', 'u5', 'i5', 'u63', 'i64', 'i1', 'u64', 'i65', 'x8', 'u0'], random),
  bitoffset: random => (random.below(4) === 0 ? `#${random.below(20)}` : String(random.below(300))),
  score: random => (random.below(4) === 0 ? `(${anyFloat(random)}` : anyFloat(random)),
  lex: random =>
    random.below(4) === 0
      ? pick(['-', '+', '', 'a'], random)
      : pick(['[', '('], random) + word(random),
  lon: random => String(Number((random.next() * 360 - 180).toFixed(random.below(8)))),
  lat: random => String(Number((random.next() * 170 - 85).toFixed(random.below(8)))),
  id: streamId,
  newid: random => (random.below(4) === 0 ? streamId(random) : `${1 + random.below(90)}-*`),
  group: random => pick(['g1', 'g1', 'g2', 'none'], random),
  consumer: random => pick(['c1', 'c2', 'c3', ''], random),
  // Years ahead, and each its own, so that GT and LT do not depend on milliseconds.
  seconds: random =>
    random.below(6) === 0
      ? pick(['0', '-1', '-9223372036854775808', '9223372036854775807', 'x', '1e3', ''], random)
      : String(10_000_000 + random.below(1_000_000_000)),
  milliseconds: random =>
    random.below(6) === 0
      ? pick(['0', '-1', '-9223372036854775808', '9223372036854775807', 'x', '1e3', ''], random)
      : String(10_000_000_000 + random.below(1_000_000_000_000)),
  at: random =>
    random.below(6) === 0
      ? pick(['0', '1', '-1', '100', '9223372036854775807', '9223372036854775', 'x'], random)
      : String(4_000_000_000 + random.below(50)),
  atms: random =>
    random.below(6) === 0
      ? pick(['0', '1', '-1', '100', '9223372036854775807', 'x'], random)
      : String(4_000_000_000_000 + random.below(50)),
  glob: random => pick(['*', 'm*', '*1', '?1', '[a-f]*', 'nothing', 'm[12]?', ''], random),
  channel: random => pick(['news', 'sport', 'a.b'], random),
}

const EXPIRE = '[(NX|XX|GT|LT|NX GT|GT LT|XY)]'
const HASH_FIELDS = 'FIELDS (1 $f|2 $f $f|3 $f $f $f|$int $f)'
const SOME = '(1 $t|2 $t $t|3 $t $t $t|$int $t)'
const SOME_Z = '(1 $z|2 $z $z|2 $z $t|3 $z $t $z|$int $z)'
const COMBINED = '[WEIGHTS $float $float] [AGGREGATE (SUM|MIN|MAX)]'
const LIMIT = '[LIMIT $from $int]'
const AREA =
  '(FROMLONLAT $lon $lat|FROMMEMBER $m) (BYRADIUS $float (m|km|mi|ft)|BYRADIUS 5000 km|BYBOX 9000 9000 km|BYBOX $float $float km)'
const RADIUS =
  '(5000 km|$float km|3000000 m|900 mi) [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT $count [ANY]] [(ASC|DESC)]'

/** A line may begin with the version that it needs. */
const LINES: readonly string[] = [
  // Strings and bits.
  'APPEND $s $w',
  'BITCOUNT $b [0 $small]',
  '7.4 BITCOUNT $b [$int $int [(BYTE|BIT)]]',
  'BITFIELD $b {(GET $fieldtype $bitoffset|SET $fieldtype $bitoffset $int|OVERFLOW (SAT|WRAP|FAIL) INCRBY $fieldtype $bitoffset $int)}',
  'BITFIELD_RO $b {GET $fieldtype $bitoffset}',
  'BITOP (AND|OR|XOR) $n {$b}',
  'BITOP NOT $n $b [$b]',
  'BITPOS $b (0|1) [$small [-1]]',
  '7.4 BITPOS $b (0|1|2) [$int [$int [(BYTE|BIT)]]]',
  '(INCR|DECR) $i',
  '(INCRBY|DECRBY) $i $int',
  'INCRBYFLOAT $i $float',
  'GET ($s|$i|$k)',
  '(GETDEL|STRLEN) $s',
  'GETBIT $b $bit',
  'GETEX $s [(EX $seconds|PX $milliseconds|EXAT $at|PXAT $atms|PERSIST)]',
  '(GETRANGE|SUBSTR) $s $int $int',
  'GETSET $s $w',
  'LCS ($s|$i|l1) ($s|$i) [(LEN|IDX [MINMATCHLEN $int] [WITHMATCHLEN])]',
  'MGET {$k}',
  'MSET {$s $w}',
  'MSETNX {$n $w}',
  'PSETEX $s $milliseconds $w',
  'SET $s $w [(NX|XX)] [(EX $seconds|PX $milliseconds|KEEPTTL|EXAT $at|PXAT $atms)] [GET]',
  'SET ($s|$i|$b) $w',
  'SET $k $w XX',
  'SET $i $int',
  'SETBIT $b $bit (0|1|2)',
  'SETEX $s $seconds $w',
  'SETNX $s $w',
  'SETRANGE $s $offset $w',
  // Hashes.
  'HDEL $h {$f}',
  '(HEXISTS|HGET|HSTRLEN) $h $f',
  '(HGETALL|HKEYS|HLEN|HVALS) $h',
  'HINCRBY $h $f $int',
  'HINCRBYFLOAT $h $f $float',
  'HMGET $h {$f}',
  '(HSET|HMSET) $h {$f $w}',
  'HSET $h {{{$f $w}}}',
  'HSET $h {{$m $w}}',
  'HSETNX $h $f $w',
  'HRANDFIELD $h',
  'HRANDFIELD $h 100000 [WITHVALUES]',
  'HRANDFIELD $h (-2|-9223372036854775808|x|9223372036854775807) [WITHVALUES]',
  'HSCAN $h 0 [MATCH $glob] COUNT 100000',
  'HSCAN $h x [COUNT $int]',
  '7.4 HSCAN $h (-1|18446744073709551616) [COUNT $int]',
  '7.4 HSCAN $h 0 COUNT 100000 NOVALUES',
  `7.4 HEXPIRE $h $seconds ${EXPIRE} ${HASH_FIELDS}`,
  `7.4 HPEXPIRE $h $milliseconds ${EXPIRE} ${HASH_FIELDS}`,
  `7.4 HEXPIREAT $h $at ${EXPIRE} ${HASH_FIELDS}`,
  `7.4 HPEXPIREAT $h $atms ${EXPIRE} ${HASH_FIELDS}`,
  `7.4 (HTTL|HPTTL|HEXPIRETIME|HPEXPIRETIME|HPERSIST) $h ${HASH_FIELDS}`,
  // Lists.
  '(LPUSH|RPUSH) $l {$w}',
  '(LPUSH|RPUSH) $l {{{$m}}}',
  '(LPUSHX|RPUSHX) $l {$w}',
  '(LPOP|RPOP) $l [$count]',
  'LINDEX $l $small',
  '7.4 LINDEX $l $int',
  'LINSERT $l (BEFORE|AFTER|AROUND) $w $w',
  'LLEN $l',
  'LMOVE $l $l (LEFT|RIGHT) (LEFT|RIGHT)',
  'LMPOP (1 $l|2 $l $l|$int $l) (LEFT|RIGHT) [COUNT $count]',
  'LPOS $l $w [RANK $int] [COUNT $int] [MAXLEN $int]',
  'LRANGE $l $int $int',
  'LRANGE $l 0 -1',
  'LREM $l $int $w',
  'LSET $l $small $w',
  '7.4 LSET $l $int $w',
  'LTRIM $l $int (20|$int)',
  'RPOPLPUSH $l $l',
  // Sets.
  'SADD $t {$m}',
  'SADD $t {$int}',
  'SADD $t {{{$m}}}',
  'SCARD $t',
  '(SDIFF|SINTER|SUNION) {$t}',
  '(SDIFFSTORE|SINTERSTORE|SUNIONSTORE) ($t|$n) {$t}',
  `SINTERCARD ${SOME} [LIMIT $int]`,
  'SISMEMBER $t $m',
  'SMEMBERS $t',
  'SMISMEMBER $t {$m}',
  'SMOVE $t $t $m',
  'SPOP $t (100000|0|-1|x|9223372036854775807)',
  'SRANDMEMBER $t',
  'SRANDMEMBER $t (100000|0|-3|x|-9223372036854775808|9223372036854775807)',
  'SREM $t {$m}',
  'SSCAN $t 0 [MATCH $glob] COUNT 100000',
  // Sorted sets.
  'ZADD $z [(NX|XX)] [(GT|LT)] [CH] {$float $m}',
  'ZADD $z {{{$float $m}}}',
  'ZADD $z {{0 $m}}',
  'ZADD $z [(NX|XX|GT|LT)] INCR $float $m',
  'ZCARD $z',
  '(ZCOUNT|ZREMRANGEBYSCORE) $z $score $score',
  `ZDIFF ${SOME_Z} [WITHSCORES]`,
  `ZDIFFSTORE ($z|$n) ${SOME_Z}`,
  'ZINCRBY $z $float $m',
  `(ZINTER|ZUNION) ${SOME_Z} ${COMBINED} [WITHSCORES]`,
  `(ZINTERSTORE|ZUNIONSTORE) ($z|$n) ${SOME_Z} ${COMBINED}`,
  `ZINTERCARD ${SOME_Z} [LIMIT $int]`,
  '(ZLEXCOUNT|ZREMRANGEBYLEX) $y $lex $lex',
  'ZMPOP (1 $z|2 $z $z|$int $z) (MIN|MAX) [COUNT $count]',
  'ZMSCORE $z {$m}',
  '(ZPOPMAX|ZPOPMIN) $z [$count]',
  'ZRANDMEMBER $z',
  'ZRANDMEMBER $z (100000|-2|x|-9223372036854775808|9223372036854775807) [WITHSCORES]',
  'ZRANGE $z $int $int [REV] [WITHSCORES]',
  'ZRANGE $z 0 -1 WITHSCORES',
  `ZRANGE $z $score $score BYSCORE [REV] ${LIMIT} [WITHSCORES]`,
  `ZRANGE $y $lex $lex BYLEX [REV] ${LIMIT} [WITHSCORES]`,
  `(ZRANGEBYLEX|ZREVRANGEBYLEX) $y $lex $lex ${LIMIT}`,
  `(ZRANGEBYSCORE|ZREVRANGEBYSCORE) $z $score $score [WITHSCORES] ${LIMIT}`,
  `ZRANGESTORE $n $y $lex $lex BYLEX [REV] ${LIMIT}`,
  'ZADD $y {{0 $w}}',
  'ZRANGESTORE ($z|$n) $z $int $int [REV]',
  `7.4 ZRANGESTORE ($z|$n) $z ($int $int|$score $score BYSCORE) [REV] ${LIMIT}`,
  '(ZRANK|ZREVRANK) $z $m',
  '7.2 (ZRANK|ZREVRANK) $z $m WITHSCORE',
  'ZREM $z {$m}',
  'ZREMRANGEBYRANK $z $int $int',
  'ZREVRANGE $z $int $int [WITHSCORES]',
  'ZSCAN $z 0 [MATCH $glob] COUNT 100000',
  'ZSCORE $z $m',
  // Places.
  'GEOADD $g [(NX|XX)] [CH] {$lon $lat $m}',
  'GEOADD $g {{$lon $lat $m}}',
  'GEOADD $g $float $float $m',
  'GEODIST $g $m $m [(m|km|mi|ft|x)]',
  '(GEOHASH|GEOPOS) $g {$m}',
  `(GEORADIUS|GEORADIUS_RO) $g $lon $lat ${RADIUS}`,
  'GEORADIUS $g $lon $lat 5000 km [COUNT $count] STORE $n',
  `(GEORADIUSBYMEMBER|GEORADIUSBYMEMBER_RO) $g $m ${RADIUS}`,
  `GEOSEARCH $g ${AREA} [(ASC|DESC)] [COUNT $count] [WITHCOORD] [WITHDIST] [WITHHASH]`,
  `GEOSEARCHSTORE $n $g ${AREA} [(ASC|DESC)] [COUNT $count]`,
  // HyperLogLog.
  'PFADD $p {$m}',
  'PFADD $p {{{$w}}}',
  'PFADD $p',
  'PFCOUNT {$p}',
  'PFMERGE ($p|$n) {$p}',
  'PFDEBUG (ENCODING|DECODE|TODENSE|X) $p',
  // Streams.
  'XADD $x [NOMKSTREAM] [(MAXLEN|MAXLEN =|MAXLEN ~) 20] $newid {$f $w}',
  'XADD $x [MINID (=|~) $id [LIMIT $int]] $newid {$f $w}',
  'XADD $x $newid $f $w',
  'XADD $x $newid $f $w',
  'XACK $x $group {$id}',
  'XAUTOCLAIM $x $group $consumer (0|99999999) $id [COUNT (1|2|5|0|-1|x)] [JUSTID]',
  'XCLAIM $x $group $consumer (0|99999999) {$id} [IDLE 5000000] [RETRYCOUNT $small] [FORCE] [JUSTID] [LASTID $id]',
  'XDEL $x {$id}',
  'XGROUP CREATE $x $group ($id|$) [MKSTREAM] [ENTRIESREAD $int]',
  'XGROUP CREATE $x g1 0 MKSTREAM',
  '7.4 XGROUP (CREATECONSUMER|DELCONSUMER) $x $group $consumer',
  'XGROUP DESTROY $x g2',
  'XGROUP SETID $x $group ($id|$) [ENTRIESREAD $int]',
  '7.4 XINFO CONSUMERS $x $group',
  '7.4 XINFO GROUPS $x',
  'XINFO STREAM $x',
  '7.4 XINFO STREAM $x FULL [COUNT $int]',
  'XLEN $x',
  'XPENDING $x $group [[IDLE 0] $id $id $count [$consumer]]',
  '(XRANGE|XREVRANGE) $x $id $id [COUNT $int]',
  'XRANGE $x - + [COUNT $count]',
  'XREVRANGE $x + - [COUNT $count]',
  'XREAD [COUNT $int] STREAMS ($x $after|$x $x $after $after|$x $)',
  '7.4 XREAD STREAMS $x +',
  'XREADGROUP GROUP $group $consumer [COUNT $count] [NOACK] STREAMS ($x >|$x $x > $id|$x $id)',
  'XREADGROUP GROUP g1 $consumer COUNT $count STREAMS $x >',
  '7.4 XSETID $x $id [ENTRIESADDED $int MAXDELETEDID $id]',
  'XTRIM $x (MAXLEN|MAXLEN =|MAXLEN ~) (5|$int) [LIMIT $int]',
  'XTRIM $x MINID [(=|~)] $id',
  // Keys.
  'COPY $k $k [DB (0|1|99)] [REPLACE]',
  '(DEL|UNLINK|EXISTS|TOUCH) {$k}',
  'DEL $k',
  `EXPIRE $k $seconds ${EXPIRE}`,
  `PEXPIRE $k $milliseconds ${EXPIRE}`,
  `EXPIREAT $k $at ${EXPIRE}`,
  `PEXPIREAT $k $atms ${EXPIRE}`,
  '(TTL|PTTL|EXPIRETIME|PEXPIRETIME|TYPE|PERSIST) $k',
  'KEYS ($glob|?1)',
  'MOVE $k (0|1|99|x)',
  '7.4 OBJECT ENCODING $k',
  'OBJECT (FREQ|NOSUCH) $k',
  '(RENAME|RENAMENX) $k $k',
  'RESTORE $n (0|-1|x) $w [REPLACE]',
  'SCAN 0 [MATCH $glob] COUNT 100000 [TYPE (string|hash|zset|none)]',
  'SCAN x [COUNT $int]',
  '7.4 SCAN -1 [COUNT $int]',
  'RPUSH $o {{{$m}}}',
  '(LTRIM $o 0 12|DEL $o)',
  '(SORT|SORT_RO) ($o|$o|$l|$t|$z) [BY (w_*|nosort|h1->*|#)] [LIMIT $int $int] {GET (#|i*|h1->*|nothing)} [ALPHA] [(ASC|DESC)]',
  '(SORT|SORT_RO) ($l|$t|$z) ALPHA [LIMIT $int $int] [(ASC|DESC)]',
  'SORT ($l|$t|$z) ALPHA [LIMIT $int $int] [(ASC|DESC)] STORE $n',
  'DBSIZE',
  'SELECT (0|0|0|1|99|x)',
  'SWAPDB (0|1) (0|1|99)',
  // Connections, messages, scripts and the rest.
  'PUBLISH $channel $w',
  'SPUBLISH $channel $w',
  'PUBSUB (NUMSUB|SHARDNUMSUB) {$channel}',
  'PUBSUB (NUMPAT|CHANNELS|SHARDCHANNELS)',
  '(PING|ECHO) $w',
  'CLIENT SETNAME (a|b|"a b")',
  'CLIENT (GETNAME|TRACKINGINFO)',
  'WATCH {$k}',
  '(UNWATCH|EXEC|DISCARD)',
  'LOLWUT VERSION x',
  'SCRIPT EXISTS {$w}',
  'SCRIPT LOAD "return KEYS[1]"',
  'FCALL twice (1 $s|0|$int) $w',
  'FCALL_RO (look|twice) (1 $k|0) $w',
  'FUNCTION LIST [WITHCODE] [LIBRARYNAME (l*|x)]',
  'NOSUCH $w $w',
  'OBJECT',
  'GET',
  // What scripts see and answer.
  'EVAL "return redis.call(\'GET\', KEYS[1])" 1 $k',
  'EVAL "return {1, ARGV[1], {ARGV[2]}, 3.7, false, true}" 0 $w $w',
  'EVAL "return redis.pcall(unpack(ARGV))" 0 (HGETALL $h|SMEMBERS $t|ZADD $z $float $m|INCR $i|XRANGE $x - +)',
  'EVAL "redis.setresp(3) return redis.call(unpack(ARGV))" 0 (HGETALL $h|SMEMBERS $t|ZSCORE $z $m|ZRANGE $z 0 -1 WITHSCORES)',
  "EVAL \"local d = redis.call('DUMP', KEYS[1]) if d then return redis.call('RESTORE', KEYS[2], 0, d, 'REPLACE') end\" 2 $k $n",
  'EVAL "return redis.error_reply(ARGV[1])" 0 (MY|"ERR two words"|"")',
  'EVAL "return tostring(tonumber(ARGV[1]))" 0 $float',
  'EVAL "return redis.sha1hex(ARGV[1])" 0 $w',
  'EVAL "return cjson.encode(redis.call(\'LRANGE\', KEYS[1], 0, -1))" 1 $l',
  'EVAL "return {err=ARGV[1]}" 0 $w',
  'EVAL_RO "return redis.call(\'SET\', KEYS[1], 1)" 1 $s',
  'EVAL "return 1" $int $w',
  'EVALSHA $w 0',
  'COMMAND GETKEYS (ZUNIONSTORE $n 2 $z $z|XREAD STREAMS $x 0|SORT $l STORE $n|EVAL x 1 $k|MSET $s $w)',
  '7.4 COMMAND GETKEYS GET',
  'COMMAND GETKEYSANDFLAGS (SET $s $w GET|SET $s $w|LMOVE $l $l LEFT LEFT|BITFIELD $b GET u8 0)',
]

/** These wait if there is nothing: they come into transactions and scripts, or with short waits. */
const WAITING: readonly string[] = [
  '(BLPOP|BRPOP) {$l} $wait',
  'BLMOVE $l $l (LEFT|RIGHT) (LEFT|RIGHT) $wait',
  'BRPOPLPUSH $l $l $wait',
  'BLMPOP $wait (1 $l|2 $l $l) (LEFT|RIGHT) [COUNT $count]',
  '(BZPOPMIN|BZPOPMAX) {$z} $wait',
  'BZMPOP $wait (1 $z|2 $z $z) (MIN|MAX) [COUNT $count]',
  'XREAD COUNT 2 BLOCK 1 STREAMS $x $after',
  'XREADGROUP GROUP g1 $consumer COUNT 2 BLOCK 1 STREAMS $x >',
]

/**
 * The last bit of a stored distance is the C library's, which rounds a sine in its own way; what is
 * stored is looked at, and goes again.
 */
const DISTANCES: readonly string[] = [
  'GEORADIUS $g $lon $lat 5000 km [COUNT $count] STOREDIST dist',
  `GEOSEARCHSTORE dist $g ${AREA} [(ASC|DESC)] [COUNT $count] STOREDIST`,
]

/** Sent to both servers before each stream. */
export const PREPARATION: readonly (readonly string[])[] = [
  [
    'FUNCTION',
    'LOAD',
    'REPLACE',
    "#!lua name=lib\nredis.register_function('twice', function(keys, args) " +
      "redis.call('APPEND', keys[1], args[1]) return redis.call('APPEND', keys[1], args[1]) end)\n" +
      "redis.register_function{function_name='look', callback=function(keys) " +
      "return redis.call('EXISTS', unpack(keys)) end, flags={'no-writes'}}",
  ],
]

/** Commands that belong together, on one connection: one, or a whole transaction. */
export interface Unit {
  readonly connection: number
  readonly commands: readonly (readonly string[])[]
}

const VOCABULARY = [
  ...'STORE BY GET LIMIT STREAMS COUNT GROUP NOACK NX XX KEYS ALPHA DESC WEIGHTS AGGREGATE'.split(
    ' ',
  ),
  ...'MATCH WITHSCORES FIELDS REPLACE DB ANY BYSCORE REV WITHVALUES GT CH JUSTID'.split(' '),
  ...['0', '-1', '1000000000', '', '*', '#', 'nosuch', '>', '$', '+', '-', 'x', 'a', 'l1', 's1'],
]

/** What a changed word could make endless, or wait, or leave to chance. */
const WHOLE_ONLY =
  /^(COMMAND|.?SCAN|XAUTOCLAIM|SPOP|XADD|.*LEX|B[LRZ].*|XREAD.*|SETBIT|SETRANGE|BITFIELD.*|LCS|EVAL.*|.*RANDMEMBER|HRANDFIELD)$/

function damaged(request: string[], random: Random): string[] {
  if (WHOLE_ONLY.test(request[0] ?? '') || request.includes('BYLEX')) return request
  const at = 1 + random.below(request.length)
  switch (random.below(4)) {
    case 0:
      return request.toSpliced(at, 0, pick(VOCABULARY, random))
    case 1:
      return request.toSpliced(at, 1)
    case 2:
      return at < request.length ? request.with(at, pick(VOCABULARY, random)) : request
    default:
      return [...request, pick(VOCABULARY, random)]
  }
}

const CONNECTION_CHANGES_ONCE_IN = 40

export class Requests {
  readonly #random: Random
  #connection = 0
  /** Before 7.4 faults were found in another order. */
  readonly #damages: boolean
  readonly #lines: readonly Draw[]
  readonly #waiting: readonly Draw[]
  readonly #distances: readonly Draw[]

  /** `isAtLeast` tells whether the older of the two servers is of a version. */
  constructor(random: Random, isAtLeast: (major: number, minor: number) => boolean) {
    this.#random = random
    this.#damages = isAtLeast(7, 4)
    const float = isAtLeast(7, 2) ? anyFloat : shortFloat
    const generators: Generators = new Map(
      Object.entries({
        ...byName,
        float,
        wait: () => '0.001',
        // Before 7.4 a range from below 0 was empty, and + was no id to read after.
        from: isAtLeast(7, 4) ? integer : (random: Random) => String(random.below(6)),
        after: isAtLeast(7, 4) ? streamId : (random: Random) => `${1 + random.below(60)}-1`,
      }),
    )
    this.#distances = DISTANCES.map(line => compile(line, generators))
    this.#waiting = WAITING.map(line => compile(line, generators))
    this.#lines = LINES.flatMap(line => {
      const [, major, minor, rest = line] = /^(\d)\.(\d) (.*)$/.exec(line) ?? []
      if (major !== undefined && !isAtLeast(Number(major), Number(minor))) return []
      return [compile(rest, generators)]
    })
  }

  next(): Unit {
    if (this.#random.below(CONNECTION_CHANGES_ONCE_IN) === 0) this.#connection ^= 1
    const connection = this.#connection
    const chance = this.#random.below(1000)
    if (chance < 2) return { connection, commands: [[pick(['FLUSHALL', 'FLUSHDB'], this.#random)]] }
    if (chance < 12) return { connection, commands: [this.#draw(this.#waiting)] }
    if (chance < 40) return { connection, commands: this.#transaction() }
    if (chance < 45) {
      const commands = [this.#draw(this.#distances), ['ZRANGE', 'dist', '0', '-1'], ['DEL', 'dist']]
      return { connection, commands }
    }
    const request = this.#draw(this.#lines)
    if (chance < 70 && this.#damages)
      return { connection, commands: [damaged(request, this.#random)] }
    if (chance < 100) return { connection, commands: [scripted(request, this.#random)] }
    return { connection, commands: [request] }
  }

  #draw(lines: readonly Draw[]): string[] {
    const words: string[] = []
    pick(lines, this.#random)(this.#random, words)
    return words
  }

  #transaction(): string[][] {
    const body: string[][] = []
    for (let left = this.#random.below(5); left >= 0; left--) {
      const waits = this.#random.below(4) === 0
      body.push(this.#draw(waits ? this.#waiting : this.#lines))
    }
    return [['MULTI'], ...body, [this.#random.below(8) === 0 ? 'DISCARD' : 'EXEC']]
  }
}

/** The same request, from a script. */
function scripted(request: string[], random: Random): string[] {
  const call = pick(['call', 'pcall'], random)
  // What Lua makes of a map has no order, and times in it would not be found.
  const mayBeMap = random.below(3) === 0 && request[0] !== 'XINFO'
  const protocol = mayBeMap ? 'redis.setresp(3) ' : ''
  return ['EVAL', `${protocol}return redis.${call}(unpack(ARGV))`, '0', ...request]
}
