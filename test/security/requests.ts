// Requests for tests that go through every command that has keys: one line of syntax a command or
// a variant of it, from which valid requests are drawn at random, and damaged ones.
//
//   [a b]      perhaps          (a|b c)   one of them        {a b}   one to three times
//   $s         a key of a type: s string, i integer, l list, h hash, t set, z sorted set, g places,
//              x stream, p HyperLogLog, n mostly absent, k any
//   #          a small integer          "..."      one word with blanks

import { createHash } from 'node:crypto'
import { invariant } from '../../src/util/assert.ts'
import type { Random } from '../../src/util/random.ts'

export const READER_SCRIPT = "return redis.call('EXISTS', unpack(KEYS))"
export const WRITER_SCRIPT = "redis.call('RENAME', KEYS[1], KEYS[1]) return #KEYS"
export const LIBRARY =
  "#!lua name=lib\nredis.register_function('touch', function(keys) return redis.call('TOUCH', unpack(keys)) end)\n" +
  "redis.register_function{function_name='look', callback=function(keys) return redis.call('EXISTS', unpack(keys)) end, flags={'no-writes'}}"

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

const EXPIRE = '(NX|XX|GT|LT)'
const SCORES = '(-inf|0) (+inf|5)'
const LEX = '- +'
const AREA =
  '(FROMLONLAT 15 37|FROMMEMBER a) (BYRADIUS 200 km|BYBOX 400 400 km) [(ASC|DESC)] [COUNT 2 [ANY]]'
const RADIUS = '200 km [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT 2 [ANY]] [(ASC|DESC)]'
const COMBINED = '[WEIGHTS 1 2] [AGGREGATE (SUM|MIN|MAX)]'

const SYNTAX: readonly string[] = [
  'APPEND $s v',
  'BITCOUNT $s [0 -1 [(BYTE|BIT)]]',
  'BITFIELD $s {(GET u8 0|SET i5 # 1|OVERFLOW SAT INCRBY u4 # 3)}',
  'BITFIELD $s {GET u8 #}',
  'BITFIELD_RO $s {GET u8 #}',
  'BITOP (AND|OR|XOR) $n {$s}',
  'BITOP NOT $n $s',
  'BITPOS $s 1 [0 [-1 [BIT]]]',
  'BLMOVE $l $l (LEFT|RIGHT) (LEFT|RIGHT) 0.01',
  'BLMPOP 0.01 (1 $l|2 $l $l) (LEFT|RIGHT) [COUNT 2]',
  'BLPOP {$l} 0.01',
  'BRPOP {$l} 0.01',
  'BRPOPLPUSH $l $l 0.01',
  'BZMPOP 0.01 (1 $z|2 $z $z) (MIN|MAX) [COUNT 2]',
  'BZPOPMAX {$z} 0.01',
  'BZPOPMIN {$z} 0.01',
  'COPY $k $n [REPLACE]',
  'DECR $i',
  'DECRBY $i 2',
  'DEL {$k}',
  'DUMP $k',
  `EVAL "${READER_SCRIPT}" (1 $k|2 $k $k) [$k]`,
  `EVAL "${WRITER_SCRIPT}" (1 $s|2 $s $s) [$k]`,
  `EVAL_RO "${READER_SCRIPT}" (1 $k|2 $k $k) [$k]`,
  `EVALSHA ${sha1(WRITER_SCRIPT)} (1 $s|2 $s $s) [$k]`,
  `EVALSHA_RO ${sha1(READER_SCRIPT)} (1 $k|2 $k $k) [$k]`,
  'EXISTS {$k}',
  `EXPIRE $k 1000 [${EXPIRE}]`,
  `EXPIREAT $k 99999999999 [${EXPIRE}]`,
  'EXPIRETIME $k',
  'FCALL touch (1 $k|2 $k $k) [$k]',
  'FCALL_RO look (1 $k|2 $k $k) [$k]',
  'GEOADD $g [(NX|XX)] [CH] {13.3 38.1 a}',
  'GEODIST $g a b [km]',
  'GEOHASH $g {a}',
  'GEOPOS $g {a}',
  `GEORADIUS $g 15 37 ${RADIUS}`,
  'GEORADIUS $g 15 37 200 km [COUNT 2] {(STORE|STOREDIST) $n}',
  `GEORADIUS_RO $g 15 37 ${RADIUS}`,
  `GEORADIUSBYMEMBER $g a ${RADIUS}`,
  'GEORADIUSBYMEMBER $g a 200 km [COUNT 2] {(STORE|STOREDIST) $n}',
  `GEORADIUSBYMEMBER_RO $g a ${RADIUS}`,
  `GEOSEARCH $g ${AREA} [WITHCOORD] [WITHDIST] [WITHHASH]`,
  `GEOSEARCHSTORE $n $g ${AREA} [STOREDIST]`,
  'GET $s',
  'GETBIT $s #',
  'GETDEL $s',
  'GETEX $s [(EX 100|PX 1000|EXAT 99999999999|PERSIST)]',
  'GETRANGE $s 0 -1',
  'GETSET $s v',
  'HDEL $h {f}',
  'HEXISTS $h f',
  `HEXPIRE $h 1000 [${EXPIRE}] FIELDS 2 f g`,
  `HEXPIREAT $h 9999999999 [${EXPIRE}] FIELDS 1 f`,
  'HEXPIRETIME $h FIELDS 1 f',
  'HGET $h f',
  'HGETALL $h',
  'HINCRBY $h n 2',
  'HINCRBYFLOAT $h n 1.5',
  'HKEYS $h',
  'HLEN $h',
  'HMGET $h {f}',
  'HMSET $h {f v}',
  'HPERSIST $h FIELDS 1 f',
  `HPEXPIRE $h 100000 [${EXPIRE}] FIELDS 1 f`,
  `HPEXPIREAT $h 9999999999999 [${EXPIRE}] FIELDS 1 f`,
  'HPEXPIRETIME $h FIELDS 1 f',
  'HPTTL $h FIELDS 1 f',
  'HRANDFIELD $h [2 [WITHVALUES]]',
  'HSCAN $h 0 [MATCH *] [COUNT 10] [NOVALUES]',
  'HSET $h {f v}',
  'HSETNX $h f v',
  'HSTRLEN $h f',
  'HTTL $h FIELDS 1 f',
  'HVALS $h',
  'INCR $i',
  'INCRBY $i 2',
  'INCRBYFLOAT $i 1.5',
  'LCS $s $s [(LEN|IDX [MINMATCHLEN 1] [WITHMATCHLEN])]',
  'LINDEX $l 0',
  'LINSERT $l (BEFORE|AFTER) a b',
  'LLEN $l',
  'LMOVE $l $l (LEFT|RIGHT) (LEFT|RIGHT)',
  'LMPOP (1 $l|2 $l $l) (LEFT|RIGHT) [COUNT 2]',
  'LPOP $l [2]',
  'LPOS $l a [RANK 1] [COUNT 0] [MAXLEN 10]',
  'LPUSH $l {a}',
  'LPUSHX $l {a}',
  'LRANGE $l 0 -1',
  'LREM $l 0 a',
  'LSET $l 0 b',
  'LTRIM $l 0 5',
  'MEMORY USAGE $k [SAMPLES 2]',
  'MGET {$k}',
  'MIGRATE 127.0.0.1 1 "" 0 10 [COPY] [REPLACE] [AUTH KEYS] KEYS {$k}',
  'MIGRATE 127.0.0.1 1 $k 0 10 [COPY] [REPLACE] [AUTH2 u KEYS]',
  'MOVE $k 1',
  'MSET {$k v}',
  'MSETNX {$n v}',
  'OBJECT ENCODING $k',
  'OBJECT FREQ $k',
  'OBJECT IDLETIME $k',
  'OBJECT REFCOUNT $k',
  'PERSIST $k',
  `PEXPIRE $k 100000 [${EXPIRE}]`,
  `PEXPIREAT $k 9999999999999 [${EXPIRE}]`,
  'PEXPIRETIME $k',
  'PFADD $p {a}',
  'PFCOUNT {$p}',
  'PFDEBUG (ENCODING|GETREG|DECODE|TODENSE) $p',
  'PFMERGE $n {$p}',
  'PSETEX $s 100000 v',
  'PTTL $k',
  'RENAME $k $n',
  'RENAMENX $k $n',
  'RESTORE $n 0 "" [REPLACE]',
  'RESTORE-ASKING $n 0 "" [REPLACE]',
  'RPOP $l [2]',
  'RPOPLPUSH $l $l',
  'RPUSH $l {a}',
  'RPUSHX $l {a}',
  'SADD $t {a}',
  'SCARD $t',
  'SDIFF {$t}',
  'SDIFFSTORE $n {$t}',
  'SET $s v [(NX|XX)] [(EX 100|PX 1000|KEEPTTL|PXAT 9999999999999)]',
  'SET $s v [XX] GET [EX 100]',
  'SETBIT $s # 1',
  'SETEX $s 100 v',
  'SETNX $n v',
  'SETRANGE $s # v',
  'SINTER {$t}',
  'SINTERCARD (1 $t|2 $t $t) [LIMIT 1]',
  'SINTERSTORE $n {$t}',
  'SISMEMBER $t a',
  'SMEMBERS $t',
  'SMISMEMBER $t {a}',
  'SMOVE $t $t a',
  'SORT ($l|$t|$z) ALPHA [LIMIT 0 2] [(ASC|DESC)] {STORE $n}',
  'SORT ($l|$t|$z) ALPHA [LIMIT 0 2] [(ASC|DESC)]',
  'SORT_RO ($l|$t|$z) ALPHA [LIMIT 0 2] [(ASC|DESC)]',
  'SPOP $t [2]',
  'SRANDMEMBER $t [2]',
  'SREM $t {a}',
  'SSCAN $t 0 [MATCH *] [COUNT 10]',
  'STRLEN $s',
  'SUBSTR $s 0 -1',
  'SUNION {$t}',
  'SUNIONSTORE $n {$t}',
  'TOUCH {$k}',
  'TTL $k',
  'TYPE $k',
  'UNLINK {$k}',
  'WATCH {$k}',
  'XACK $x group 1-1',
  'XADD $x [NOMKSTREAM] [MAXLEN 100] * {f v}',
  'XAUTOCLAIM $x group other 0 0-0 [COUNT 5] [JUSTID]',
  'XCLAIM $x group other 0 1-1 [IDLE 5] [FORCE] [JUSTID]',
  'XDEL $x {9-9}',
  'XGROUP CREATE $x another 0 [MKSTREAM]',
  'XGROUP CREATECONSUMER $x group third',
  'XGROUP DELCONSUMER $x group third',
  'XGROUP DESTROY $x another',
  'XGROUP SETID $x group 0',
  'XINFO CONSUMERS $x group',
  'XINFO GROUPS $x',
  'XINFO STREAM $x [FULL [COUNT 1]]',
  'XLEN $x',
  'XPENDING $x group [- + 10 [consumer]]',
  'XRANGE $x - + [COUNT 2]',
  'XREAD [COUNT 2] [BLOCK 5] STREAMS ($x 0|$x $x 0 0)',
  'XREADGROUP GROUP group (consumer|STREAMS) [COUNT 1] [NOACK] STREAMS ($x >|$x $x 0 0)',
  'XREVRANGE $x + - [COUNT 2]',
  'XSETID $x 99-1',
  'XTRIM $x MAXLEN 100',
  'ZADD $z [(NX|XX)] [CH] {1.5 a}',
  'ZADD $z [XX] INCR 1.5 a',
  'ZCARD $z',
  `ZCOUNT $z ${SCORES}`,
  'ZDIFF (1 $z|2 $z $z) [WITHSCORES]',
  'ZDIFFSTORE $n (1 $z|2 $z $z)',
  'ZINCRBY $z 1.5 a',
  `ZINTER 2 $z $z ${COMBINED} [WITHSCORES]`,
  'ZINTERCARD (1 $z|2 $z $z) [LIMIT 1]',
  `ZINTERSTORE $n 2 $z $z ${COMBINED}`,
  `ZLEXCOUNT $z ${LEX}`,
  'ZMPOP (1 $z|2 $z $z) (MIN|MAX) [COUNT 2]',
  'ZMSCORE $z {a}',
  'ZPOPMAX $z [2]',
  'ZPOPMIN $z [2]',
  'ZRANDMEMBER $z [2 [WITHSCORES]]',
  'ZRANGE $z 0 -1 [REV] [WITHSCORES]',
  `ZRANGE $z ${SCORES} BYSCORE [LIMIT 0 2]`,
  `ZRANGEBYLEX $z ${LEX} [LIMIT 0 2]`,
  `ZRANGEBYSCORE $z ${SCORES} [WITHSCORES] [LIMIT 0 2]`,
  'ZRANGESTORE $n $z 0 -1 [REV]',
  'ZRANK $z a [WITHSCORE]',
  'ZREM $z {a}',
  `ZREMRANGEBYLEX $z ${LEX}`,
  'ZREMRANGEBYRANK $z 0 1',
  `ZREMRANGEBYSCORE $z ${SCORES}`,
  'ZREVRANGE $z 0 -1 [WITHSCORES]',
  'ZREVRANGEBYLEX $z + - [LIMIT 0 2]',
  'ZREVRANGEBYSCORE $z +inf -inf [WITHSCORES] [LIMIT 0 2]',
  'ZREVRANK $z a [WITHSCORE]',
  'ZSCAN $z 0 [MATCH *] [COUNT 10]',
  'ZSCORE $z a',
  `ZUNION 2 $z $z ${COMBINED} [WITHSCORES]`,
  `ZUNIONSTORE $n 2 $z $z ${COMBINED}`,
]

/** What the keys of these requests hold. A command that is not written yet leaves its key absent. */
export const SEED: readonly (readonly string[])[] = ['1', '2'].flatMap(n => [
  ['SET', `s${n}`, 'value'],
  ['SET', `i${n}`, '10'],
  ['RPUSH', `l${n}`, 'a', 'b', 'c', 'a'],
  ['HSET', `h${n}`, 'f', 'v', 'g', 'w', 'n', '1'],
  ['SADD', `t${n}`, 'a', 'b', n],
  ['ZADD', `z${n}`, '1', 'a', '2', 'b', '3', 'c'],
  ['GEOADD', `g${n}`, '13.361389', '38.115556', 'a', '15.087269', '37.502669', 'b'],
  ['XADD', `x${n}`, '1-1', 'f', 'v'],
  ['XADD', `x${n}`, '2-1', 'f', 'v'],
  ['XGROUP', 'CREATE', `x${n}`, 'group', '0'],
  ['XREADGROUP', 'GROUP', 'group', 'consumer', 'COUNT', '1', 'STREAMS', `x${n}`, '>'],
  ['PFADD', `p${n}`, 'a', 'b'],
])

export const SEED_SCRIPTS: readonly (readonly string[])[] = [
  ['SCRIPT', 'LOAD', READER_SCRIPT],
  ['SCRIPT', 'LOAD', WRITER_SCRIPT],
  ['FUNCTION', 'LOAD', 'REPLACE', LIBRARY],
]

export const KEY_TYPES = ['s', 'i', 'l', 'h', 't', 'z', 'g', 'x', 'p'] as const
const ANY_KEY: readonly string[] = [...KEY_TYPES.flatMap(type => [`${type}1`, `${type}2`]), 'n1']

type Node =
  | { readonly kind: 'word' | 'key'; readonly text: string }
  | { readonly kind: 'all' | 'one' | 'maybe' | 'repeat'; readonly nodes: readonly Node[] }

export class Syntax {
  readonly line: string
  readonly #node: Node

  constructor(line: string) {
    this.line = line
    this.#node = new Reader(line).read()
  }

  /** A valid request; `key` may replace every key. */
  draw(random: Random, key?: string): string[] {
    const words: string[] = []
    const write = (node: Node): void => {
      switch (node.kind) {
        case 'word':
          words.push(node.text)
          return
        case 'key':
          words.push(key ?? drawKey(node.text, random))
          return
        case 'all':
          node.nodes.forEach(write)
          return
        case 'one':
          write(pick(node.nodes, random))
          return
        case 'maybe':
          if (random.below(2) === 0) node.nodes.forEach(write)
          return
        case 'repeat':
          for (let i = random.below(3); i >= 0; i--) node.nodes.forEach(write)
      }
    }
    write(this.#node)
    return words
  }
}

function drawKey(type: string, random: Random): string {
  if (type === 'k') return pick(ANY_KEY, random)
  if (type === 'n' && random.below(4) === 0) return pick(ANY_KEY, random)
  return `${type}${random.below(2) + 1}`
}

export function pick<T>(from: readonly T[], random: Random): T {
  return from[random.below(from.length)]!
}

class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(line: string) {
    this.#tokens = line.match(/"[^"]*"|[()[\]{}|]|[^\s"()[\]{}|]+/g) ?? []
  }

  read(): Node {
    return this.#sequence()
  }

  /** Up to the bracket or bar that ends it, which stays unread. */
  #sequence(): Node {
    const nodes: Node[] = []
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      if ('|)]}'.includes(token)) break
      this.#at++
      nodes.push(this.#node(token))
    }
    return { kind: 'all', nodes }
  }

  #node(token: string): Node {
    switch (token) {
      case '[':
        return { kind: 'maybe', nodes: this.#alternatives(']') }
      case '{':
        return { kind: 'repeat', nodes: this.#alternatives('}') }
      case '(':
        return { kind: 'one', nodes: this.#alternatives(')') }
      case '#':
        return { kind: 'one', nodes: ['0', '1', '2', '7'].map(text => ({ kind: 'word', text })) }
    }
    if (token.startsWith('$')) return { kind: 'key', text: token.slice(1) }
    return { kind: 'word', text: token.startsWith('"') ? token.slice(1, -1) : token }
  }

  #alternatives(close: string): Node[] {
    const nodes = [this.#sequence()]
    while (this.#tokens[this.#at] === '|') {
      this.#at++
      nodes.push(this.#sequence())
    }
    invariant(this.#tokens[this.#at++] === close, `${close} in ${this.#tokens.join(' ')}`)
    return nodes
  }
}

export const SYNTAXES: readonly Syntax[] = SYNTAX.map(line => new Syntax(line))

/** Words that mean something somewhere; damaged requests are mixed from them. */
const VOCABULARY: readonly string[] = [
  ...'STORE STOREDIST BY GET LIMIT STREAMS COUNT GROUP BLOCK NOACK NX XX EX KEYS ALPHA DESC'.split(
    ' ',
  ),
  ...'WEIGHTS AGGREGATE MATCH WITHSCORES FIELDS REPLACE DB AUTH AUTH2 ANY BYSCORE REV'.split(' '),
  ...['0', '1', '2', '-1', '3', '100', '', '*', '#', 'w_*', 'nosuch', 'group', '>', '$', '+', '-'],
  ...ANY_KEY,
]

/** A valid request with a few words doubled, exchanged, replaced, put in or left out. */
export function damaged(request: readonly string[], random: Random): string[] {
  const words = [...request]
  for (let times = random.below(3); times >= 0; times--) {
    const at = 1 + random.below(words.length)
    switch (random.below(5)) {
      case 0:
        words.splice(at, 0, ...words.slice(at, at + 2))
        break
      case 1:
        words.splice(at, 0, pick(VOCABULARY, random))
        break
      case 2:
        words.splice(at, 1)
        break
      case 3:
        words[at] = pick(VOCABULARY, random)
        break
      default:
        words.push(pick(VOCABULARY, random), pick(VOCABULARY, random))
    }
  }
  return words
}
