// What is told of each write, to whoever has to do the same: on ours by its effects, on a real
// server by its stream to replicas.

import t from 'tap'
import { type WriteRow, writes } from '../helpers/writes.ts'

const PAST = '1000'
const FUTURE = '9999999999999'

writes(t, 'strings', [
  ['SET k v', 'SET k v'],
  ['set K v', 'set K v'],
  ['SET k "two words"', 'SET k two words'],
  ['SET k v NX', []],
  ['SET k v XX', 'SET k v XX'],
  ['SET k v EX 100', 'SET k v PXAT <ms>'],
  ['SET k v px 100000 xx', 'SET k v PXAT <ms>'],
  ['SET k v EXAT 9999999999', 'SET k v PXAT 9999999999000'],
  [`SET k v XX PXAT ${FUTURE}`, `SET k v XX PXAT ${FUTURE}`, '7.2'],
  ['SET k v GET EX 100', 'SET k v PXAT <ms>'],
  ['SET k v XX get GET', 'SET k v XX'],
  ['SET k v GET KEEPTTL', 'SET k v KEEPTTL'],
  ['SET k v KEEPTTL', 'SET k v KEEPTTL'],
  ['SET none v XX GET', []],
  ['SETEX k 100 v', 'SET k v PXAT <ms>'],
  ['PSETEX k 100000 v', 'SET k v PXAT <ms>'],
  ['SETNX k v | SETNX n v', 'SETNX n v'],
  ['MSET a 1 b 2 | MSETNX a 1 c 3', 'MSET a 1 b 2'],
  ['MSETNX c 3 d 4', 'MSETNX c 3 d 4'],
  ['GETSET k w | getset k x', ['SET k w', 'SET k x']],
  ['GETDEL k | GETDEL k', 'DEL k'],
  ['SET i 1 | INCR i | INCRBY i 0 | DECR i', ['SET i 1', 'INCR i', 'INCRBY i 0', 'DECR i']],
  ['INCRBYFLOAT i 0.5', 'SET i 1.5 KEEPTTL'],
  ['INCRBYFLOAT f 3', 'SET f 3 KEEPTTL'],
  ['INCR f2 | INCR k l', 'INCR f2'],
  ['APPEND s abc | APPEND s ""', ['APPEND s abc', 'APPEND s ']],
  ['SETRANGE s 1 x | SETRANGE s 9 ""', 'SETRANGE s 1 x'],
  ['SETBIT s 0 1', 'SETBIT s 0 1'],
  ['BITFIELD s SET u8 0 1 | BITFIELD s GET u8 0', 'BITFIELD s SET u8 0 1'],
  ['BITOP NOT n s | BITOP AND n none', ['BITOP NOT n s', 'BITOP AND n none']],
  ['BITOP AND n none', []],
  ['GET s | STRLEN s | TTL s | EXISTS s', []],
  ['INCR s', []],
])

writes(t, 'a key that BITFIELD makes and does not set is told nobody', [
  ['BITFIELD b OVERFLOW FAIL INCRBY u1 11 -2 | UNTIL :1 EXISTS b', []],
])

writes(t, 'bits that were set already', [
  ['SETBIT b 0 1', 'SETBIT b 0 1'],
  ['SETBIT b 0 1', [], '7.2'],
])

writes(t, 'GETEX', [
  ['SET k v', 'SET k v'],
  ['GETEX k | GETEX none EX 100', []],
  ['GETEX k EX 100', 'PEXPIREAT k <ms>'],
  ['GETEX k PX 100000', 'PEXPIREAT k <ms>'],
  ['GETEX k EXAT 9999999999', 'PEXPIREAT k 9999999999000'],
  [`GETEX k PXAT ${FUTURE}`, `PEXPIREAT k ${FUTURE}`],
  ['GETEX k PERSIST', 'PERSIST k'],
  ['GETEX k PERSIST', []],
  [`GETEX k PXAT ${PAST}`, 'DEL k'],
])

writes(t, 'times of keys', [
  ['SET k v', 'SET k v'],
  ['EXPIRE k 100', 'PEXPIREAT k <ms>'],
  ['pexpire k 100000', 'PEXPIREAT k <ms>'],
  ['EXPIREAT k 9999999999', 'PEXPIREAT k 9999999999000'],
  [`pexpireat k ${FUTURE}`, `pexpireat k ${FUTURE}`],
  ['EXPIRE k 100 NX | EXPIRE k 200 GT', []],
  ['EXPIRE k 200 lt', 'PEXPIREAT k <ms> lt'],
  ['EXPIRE none 100', []],
  ['PERSIST k | PERSIST k', 'PERSIST k'],
  ['EXPIRE k -1', 'DEL k'],
  ['SET k v | PEXPIREAT k 1', ['SET k v', 'DEL k']],
  ['CONFIG SET lazyfree-lazy-expire yes | SET k v | EXPIREAT k 1', ['SET k v', 'UNLINK k']],
  ['CONFIG SET lazyfree-lazy-expire no', []],
])

writes(t, 'keys', [
  ['MSET a 1 b 2 c 3', 'MSET a 1 b 2 c 3'],
  ['DEL a none | UNLINK b | DEL none', ['DEL a none', 'UNLINK b']],
  ['RENAME c d | RENAME d d | RENAMENX d e', ['RENAME c d', 'RENAMENX d e']],
  ['SET f 1 | RENAMENX e f', 'SET f 1'],
  ['COPY e g | COPY e g | COPY e g REPLACE', ['COPY e g', 'COPY e g REPLACE']],
  ['COPY e h DB 1', 'COPY e h DB 1'],
  ['MOVE e 1 | MOVE none 1', 'MOVE e 1'],
  ['SELECT 1 | SET e 1 | SET i 1', ['SELECT 1', 'SET e 1', 'SET i 1']],
  ['SELECT 0 | SET i 1', 'SET i 1'],
  ['SWAPDB 0 1 | SWAPDB 0 0', ['SWAPDB 0 1', 'SWAPDB 0 0']],
  ['SELECT 1 | FLUSHDB', ['SELECT 1', 'FLUSHDB']],
  ['FLUSHDB ASYNC | SELECT 0', ['SELECT 1', 'FLUSHDB ASYNC']],
  ['FLUSHALL', 'FLUSHALL'],
  ['FLUSHALL SYNC | flushall', ['FLUSHALL SYNC', 'flushall']],
  ['MULTI | FLUSHALL | FLUSHDB | EXEC', ['MULTI', 'FLUSHALL', 'FLUSHDB', 'EXEC']],
  ['TOUCH a | OBJECT ENCODING a | DBSIZE | KEYS * | RANDOMKEY | SCAN 0', []],
])

writes(t, 'RESTORE', [
  ['SET k v | RESTORE a 0 <dump k>', ['SET k v', 'RESTORE a 0 <bytes>']],
  ['RESTORE b 100000 <dump k>', 'RESTORE b <ms> <bytes> ABSTTL'],
  ['RESTORE b 100000 <dump k> REPLACE', 'RESTORE b <ms> <bytes> REPLACE ABSTTL'],
  [`RESTORE c ${FUTURE} <dump k> absttl`, `RESTORE c ${FUTURE} <bytes> absttl`],
  ['RESTORE c 1 <dump k> ABSTTL REPLACE', 'DEL c'],
  ['RESTORE d 1 <dump k> ABSTTL', []],
  ['RESTORE a 0 <dump k>', []],
  ['CONFIG SET lazyfree-lazy-server-del yes', []],
  ['RESTORE a 1 <dump k> ABSTTL REPLACE', 'UNLINK a', '7.2'],
  ['CONFIG SET lazyfree-lazy-server-del no', []],
])

writes(t, 'MIGRATE', [
  ['MSET a 1 b 2 c 3', 'MSET a 1 b 2 c 3'],
  ['MIGRATE 127.0.0.1 <target> a 0 5000 COPY', []],
  ['MIGRATE 127.0.0.1 <target> a 0 5000', []],
  ['MIGRATE 127.0.0.1 <target> a 0 5000 REPLACE', 'DEL a'],
  ['MIGRATE 127.0.0.1 <target> "" 0 5000 KEYS b none c', 'DEL b c'],
  ['MIGRATE 127.0.0.1 <target> b 0 5000', []],
])

writes(t, 'hashes', [
  ['HSET h f 1 g 2', 'HSET h f 1 g 2'],
  ['HSETNX h f 1 | HSETNX h e 1', 'HSETNX h e 1'],
  ['HMSET h f 1', 'HMSET h f 1'],
  ['HINCRBY h f 0', 'HINCRBY h f 0'],
  ['hincrbyfloat h f 0.5', 'HSET h f 1.5'],
  ['HDEL h none | HDEL h f none', 'HDEL h f none'],
  ['HDEL h e g', 'HDEL h e g'],
  ['HGETALL h | HLEN h', []],
])

writes(t, 'times of fields', [
  ['HSET h a 1 b 2 c 3 d 4', 'HSET h a 1 b 2 c 3 d 4', '7.4'],
  ['HEXPIRE h 100 FIELDS 2 a none', 'HPEXPIREAT h <ms> FIELDS 1 a', '7.4'],
  ['HPEXPIRE h 100000 XX fields 2 a b', 'HPEXPIREAT h <ms> XX fields 1 a', '7.4'],
  ['HEXPIREAT h 9999999999 FIELDS 2 a b', 'HPEXPIREAT h 9999999999000 FIELDS 2 a b', '7.4'],
  [`hpexpireat h ${FUTURE} FIELDS 1 c`, `hpexpireat h ${FUTURE} FIELDS 1 c`, '7.4'],
  ['HEXPIRE h 100 NX FIELDS 1 a | HEXPIRE h 100 FIELDS 1 none', [], '7.4'],
  ['HPERSIST h FIELDS 2 a d | HPERSIST h FIELDS 1 d', 'HPERSIST h FIELDS 2 a d', '7.4'],
  ['HPEXPIREAT h 1 FIELDS 2 c none', 'HDEL h c', '7.4'],
  ['HEXPIRE h 0 FIELDS 3 a b d', ['MULTI', 'HDEL h a', 'HDEL h b', 'HDEL h d', 'EXEC'], '7.4'],
  ['HSET h a 1 b 2 | HPEXPIREAT h 1 FIELDS 1 a', ['HSET h a 1 b 2', 'HDEL h a'], '7.4'],
])

writes(t, 'fields whose time is over', [
  ['HSET h a 1 b 2 c 3', 'HSET h a 1 b 2 c 3', '7.4'],
  ['HPEXPIRE h 1 FIELDS 2 a b | BLPOP none 0.02', 'HPEXPIREAT h <ms> FIELDS 2 a b', '7.4'],
  ['HGETALL h | HLEN h', [], '7.4'],
  ['HGET h a', 'HDEL h a', '7.4'],
  ['HINCRBY h b 1', ['MULTI', 'HDEL h b', 'HINCRBY h b 1', 'EXEC'], '7.4'],
  ['HPEXPIRE h 1 FIELDS 2 b c | BLPOP none 0.02', 'HPEXPIREAT h <ms> FIELDS 2 b c', '7.4'],
  ['HMGET h b c', ['MULTI', 'HDEL h b', 'HDEL h c', 'EXEC'], '7.4'],
  [
    'HSET h a 1 | HPEXPIRE h 1 FIELDS 1 a | DEBUG SET-ACTIVE-EXPIRE 1 | UNTIL :0 EXISTS h',
    ['HSET h a 1', 'HPEXPIREAT h <ms> FIELDS 1 a', 'HDEL h a'],
    '7.4',
  ],
])

writes(t, 'lists', [
  ['RPUSH l a b c d e f', 'RPUSH l a b c d e f'],
  ['LPUSHX l x | LPUSHX none x', 'LPUSHX l x'],
  ['LTRIM l 0 -1 | LREM l 0 none | LPOP l 0', []],
  ['LTRIM l 1 -1 | LREM l 0 f', ['LTRIM l 1 -1', 'LREM l 0 f']],
  ['LPOP l | RPOP l 1', ['LPOP l', 'RPOP l 1']],
  ['LMPOP 2 none l RIGHT', 'RPOP l 1'],
  ['LMPOP 1 l LEFT COUNT 99', 'LPOP l 2'],
  ['RPUSH l a b c d | BLPOP none l 0', ['RPUSH l a b c d', 'LPOP l']],
  ['BRPOP l 0', 'RPOP l'],
  ['BLMPOP 0 2 none l LEFT COUNT 9', 'LPOP l 2'],
  ['LMPOP 1 l LEFT', []],
  ['RPUSH l a b c', 'RPUSH l a b c'],
  [
    'LMOVE l m LEFT RIGHT | blmove l m left Right 0',
    ['LMOVE l m LEFT RIGHT', 'LMOVE l m left Right'],
  ],
  ['RPOPLPUSH l m | BRPOPLPUSH m n 0', ['RPOPLPUSH l m', 'RPOPLPUSH m n']],
  ['LSET n 0 x | LINSERT n BEFORE x y', ['LSET n 0 x', 'LINSERT n BEFORE x y']],
  ['LINSERT n BEFORE none y | LSET n 9 y', []],
])

writes(t, 'who waits is served in a unit of its own', [
  ['b: BLPOP k 0 &', []],
  ['RPUSH k a b', ['RPUSH k a b', 'LPOP k']],
  ['DEL k', 'DEL k'],
  [
    'b: BRPOP k 0 & | MULTI | RPUSH k a b | SET x y | EXEC',
    ['MULTI', 'RPUSH k a b', 'SET x y', 'EXEC', 'RPOP k'],
  ],
  ['DEL k', 'DEL k'],
  [
    'b: BLMOVE k d LEFT RIGHT 0 & | c: BLMPOP 0 1 d LEFT COUNT 3 & | RPUSH k a',
    ['RPUSH k a', 'LMOVE k d LEFT RIGHT', 'LPOP d 1'],
    '7.2',
  ],
  ['b: BRPOPLPUSH k d 0 & | RPUSH k a', ['RPUSH k a', 'RPOPLPUSH k d']],
  ['b: BZPOPMIN z 0 & | ZADD z 1 m', ['ZADD z 1 m', 'ZPOPMIN z']],
  ['b: BZMPOP 0 1 z MAX COUNT 5 & | ZADD z 1 m 2 n', ['ZADD z 1 m 2 n', 'ZPOPMAX z 2']],
  [
    "b: BLPOP k 0 & | EVAL \"redis.call('rpush','k',1) redis.call('set','x',1)\" 0",
    ['MULTI', 'rpush k 1', 'set x 1', 'EXEC', 'LPOP k'],
  ],
  ['b: BLPOP k 0.01', []],
  ['MULTI | BLPOP k 0 | BLPOP d 0 | EXEC', 'LPOP d'],
  ['SELECT 1 | b: SELECT 1 | b: BLPOP k 0 & | RPUSH k a', ['SELECT 1', 'RPUSH k a', 'LPOP k']],
])

writes(t, 'sets', [
  ['SADD s a b c | SADD s a', 'SADD s a b c'],
  ['SREM s none | SREM s a', 'SREM s a'],
  ['SMOVE s t none | SMOVE s t b | SMOVE t t b', 'SMOVE s t b'],
  ['SPOP s', 'SREM s c'],
  ['SADD s r0 r1 r2 r3 r4 r5 r6 | SPOP s', ['SADD s r? r? r? r? r? r? r?', 'SREM s r?']],
  ['SPOP s 2', 'SREM s r? r?', '7.2'],
  ['SPOP s 3', 'SREM s r? r? r?', '7.2'],
  ['SPOP s 0', []],
  ['SPOP s 9', 'DEL s'],
  [
    'CONFIG SET lazyfree-lazy-server-del yes | SADD s a | SPOP s 9',
    ['SADD s a', 'UNLINK s'],
    '7.2',
  ],
  ['CONFIG SET lazyfree-lazy-server-del no | SPOP s 9', []],
  [`SADD s ${Array.from({ length: 3000 }, (_, i) => `m${i}`).join(' ')}`, 'SADD s ... 3002 words'],
  ['SPOP s 1500', ['MULTI', 'SREM s ... 1026 words', 'SREM s ... 478 words', 'EXEC'], '7.2'],
  ['SPOP s 1024', 'SREM s ... 1026 words', '7.2'],
  ['SADD a 1 2 3 | SADD b 2', ['SADD a 1 2 3', 'SADD b 2']],
  ['SINTERSTORE d a b | SINTERSTORE d a none', ['SINTERSTORE d a b', 'SINTERSTORE d a none']],
  ['SDIFFSTORE d none none | SUNIONSTORE d a b', 'SUNIONSTORE d a b'],
])

writes(t, 'sorted sets', [
  ['ZADD z 1 a 2 b 3 c | ZADD z 1 a | ZADD z XX 1 none', 'ZADD z 1 a 2 b 3 c'],
  ['ZADD z INCR 0 a | ZINCRBY z 1 a', 'ZINCRBY z 1 a'],
  ['ZADD z GT 0 a | ZADD z LT CH 0 a', 'ZADD z LT CH 0 a'],
  ['ZREM z none | ZREM z a', 'ZREM z a'],
  ['ZPOPMIN z | ZPOPMAX none', 'ZPOPMIN z'],
  ['ZADD z 1 a 2 b | ZMPOP 2 none z MAX', ['ZADD z 1 a 2 b', 'ZPOPMAX z 1']],
  ['ZMPOP 1 z MIN COUNT 9', 'ZPOPMIN z 2'],
  ['ZADD z 1 a 2 b 3 c 4 d | BZPOPMAX none z 0', ['ZADD z 1 a 2 b 3 c 4 d', 'ZPOPMAX z']],
  ['BZMPOP 0 1 z MIN', 'ZPOPMIN z 1'],
  ['ZRANGESTORE d z 0 -1 | ZRANGESTORE d z 9 9', ['ZRANGESTORE d z 0 -1', 'ZRANGESTORE d z 9 9']],
  ['ZUNIONSTORE d 1 z | ZINTERSTORE d 2 z none', ['ZUNIONSTORE d 1 z', 'ZINTERSTORE d 2 z none']],
  ['ZREMRANGEBYSCORE z 9 9 | ZREMRANGEBYRANK z 0 0', 'ZREMRANGEBYRANK z 0 0'],
])

writes(t, 'places, and sorting', [
  [
    'GEOADD g 13.361389 38.115556 a 15.087269 37.502669 b',
    ['zadd g 3479099956230698 a 3479447370796909 b'],
  ],
  ['GEOADD g nx CH 1 1 a', []],
  ['geoadd g xx ch 1 1 a', 'zadd g xx ch 3377822707026402 a'],
  [
    'GEORADIUS g 15 37 500 km | GEORADIUS g 15 37 500 km STORE d',
    'GEORADIUS g 15 37 500 km STORE d',
  ],
  [
    'GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 500 km',
    ['GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 500 km'],
  ],
  [
    'GEOSEARCHSTORE d g FROMLONLAT 99 9 BYRADIUS 1 km',
    ['GEOSEARCHSTORE d g FROMLONLAT 99 9 BYRADIUS 1 km'],
  ],
  ['GEOSEARCHSTORE d g FROMLONLAT 99 9 BYRADIUS 1 km', []],
  ['RPUSH l 3 1 2 | SORT l | SORT l STORE d', ['RPUSH l 3 1 2', 'SORT l STORE d']],
  ['SORT none STORE d | SORT none STORE d', 'SORT none STORE d'],
])

writes(t, 'HyperLogLogs', [
  ['PFADD p a b c | PFADD p a', 'PFADD p a b c'],
  ['PFCOUNT p', 'PFCOUNT p'],
  ['PFCOUNT p | PFCOUNT p none | PFCOUNT none', []],
  ['PFMERGE q p', 'PFMERGE q p'],
  ['PFADD p d | PFCOUNT p q', 'PFADD p d'],
])

writes(t, 'streams', [
  ['XADD s 5-* f v | XADD s 6-1 f v', ['XADD s 5-0 f v', 'XADD s 6-1 f v']],
  ['xadd s * f v', 'xadd s <ms>-0 f v'],
  ['XADD none NOMKSTREAM * f v', []],
  ['DEL s | XADD s MAXLEN 10 1-1 f v', ['DEL s', 'XADD s MAXLEN 10 1-1 f v']],
  ['XADD s MAXLEN ~ 10 2-1 f v', 'XADD s MAXLEN = 2 2-1 f v'],
  ['XADD s MAXLEN ~ 1 LIMIT 100 3-* f v', 'XADD s MAXLEN = 3 LIMIT 100 3-0 f v'],
  ['XADD s MINID ~ 2 4-1 f v', 'XADD s MINID = 1-1 4-1 f v'],
  ['XADD s maxlen = 3 5-1 f v', 'XADD s maxlen = 3 5-1 f v'],
  [
    'XADD s MINID ~ 2 6-1 f v | XDEL s 9-9',
    /* the deleted one is still kept */ ['XADD s MINID = 1-1 6-1 f v'],
  ],
  ['XTRIM s MAXLEN ~ 1 | XTRIM s MAXLEN 99', []],
  ['XTRIM s MAXLEN 3', 'XTRIM s MAXLEN 3'],
  ['CONFIG SET stream-node-max-entries 2 | DEL s', 'DEL s'],
  [
    'XADD s 1-1 f v | XADD s 2-1 f v | XADD s 3-1 f v | XADD s 4-1 f v | XADD s 5-1 f v',
    [...[1, 2, 3, 4, 5].map(n => `XADD s ${n}-1 f v`)],
  ],
  ['XTRIM s MAXLEN ~ 2', 'XTRIM s MAXLEN = 3'],
  ['XTRIM s MINID ~ 5-1 LIMIT 10', 'XTRIM s MINID = 5-1 LIMIT 10'],
  ['XADD s MINID ~ 99 6-1 f v', 'XADD s MINID = 18446744073709551615-18446744073709551615 6-1 f v'],
  ['CONFIG SET stream-node-max-entries 100', []],
  ['XADD s 7-1 f v | XDEL s 7-1 8-1 | XDEL s 7-1', ['XADD s 7-1 f v', 'XDEL s 7-1 8-1']],
  ['XSETID s 9-1', 'XSETID s 9-1'],
  ['XRANGE s - + | XREAD STREAMS s 0 | XLEN s', []],
])

const CLAIM = 'TIME <ms> RETRYCOUNT'

writes(t, 'consumer groups', [
  ['XGROUP CREATE s g $ MKSTREAM', 'XGROUP CREATE s g $ MKSTREAM'],
  ['XGROUP CREATE s g 0', []],
  ['XGROUP CREATECONSUMER s g c | XGROUP CREATECONSUMER s g c', 'XGROUP CREATECONSUMER s g c'],
  [
    'XADD s 1-1 f v | XADD s 2-1 f v | XADD s 3-1 f v',
    [...[1, 2, 3].map(n => `XADD s ${n}-1 f v`)],
  ],
  [
    'XREADGROUP GROUP g c COUNT 2 STREAMS s >',
    [
      'MULTI',
      `XCLAIM s g c 0 1-1 ${CLAIM} 1 FORCE JUSTID LASTID 1-1`,
      `XCLAIM s g c 0 2-1 ${CLAIM} 1 FORCE JUSTID LASTID 2-1`,
      'XGROUP SETID s g 2-1 ENTRIESREAD 2',
      'EXEC',
    ],
    '7.2',
  ],
  ['XREADGROUP GROUP g c STREAMS s 0', []],
  [
    'XREADGROUP GROUP g d NOACK STREAMS s >',
    ['MULTI', 'XGROUP CREATECONSUMER s g d', 'XGROUP SETID s g 3-1 ENTRIESREAD 3', 'EXEC'],
    '7.2',
  ],
  ['XREADGROUP GROUP g e STREAMS s >', []],
  ['XREADGROUP GROUP g f NOACK STREAMS s >', 'XGROUP CREATECONSUMER s g f', '7.2'],
  ['XREADGROUP GROUP g h STREAMS s 0', []],
  ['XREADGROUP GROUP g q NOACK BLOCK 10 STREAMS s >', 'XGROUP CREATECONSUMER s g q', '7.2'],
  ['XACK s g 9-9 | XACK s g 1-1', 'XACK s g 1-1'],
  ['XCLAIM s g d 0 2-1', [`XCLAIM s g d 0 2-1 ${CLAIM} 3 FORCE JUSTID LASTID 3-1`], '7.2'],
  [
    'XCLAIM s g c 0 2-1 JUSTID RETRYCOUNT 7',
    [`XCLAIM s g c 0 2-1 ${CLAIM} 7 FORCE JUSTID LASTID 3-1`],
    '7.2',
  ],
  ['XCLAIM s g c 0 3-1', []],
  [
    'XCLAIM s g c 0 1-1 3-1 FORCE',
    [
      'MULTI',
      `XCLAIM s g c 0 1-1 ${CLAIM} 2 FORCE JUSTID LASTID 3-1`,
      `XCLAIM s g c 0 3-1 ${CLAIM} 2 FORCE JUSTID LASTID 3-1`,
      'EXEC',
    ],
    '7.2',
  ],
  ['XCLAIM s g c 0 9-9 LASTID 4-1', 'XGROUP SETID s g 4-1 ENTRIESREAD 3', '7.2'],
  [
    'XDEL s 1-1 | XCLAIM s g d 0 1-1',
    ['XDEL s 1-1', `XCLAIM s g c 0 1-1 ${CLAIM} 2 FORCE JUSTID LASTID 4-1`],
    '7.2',
  ],
  ['XCLAIM s g d 0 1-1', [], '7.2'],
  ['XCLAIM s g c 99999999 2-1', []],
  [
    'XAUTOCLAIM s g d 0 0 COUNT 1',
    [`XCLAIM s g d 0 2-1 ${CLAIM} 8 FORCE JUSTID LASTID 4-1`],
    '7.2',
  ],
  ['XAUTOCLAIM s g d 0 9', [], '7.2'],
  [
    'XDEL s 2-1 | XAUTOCLAIM s g i 0 0',
    [
      'XDEL s 2-1',
      'MULTI',
      `XCLAIM s g d 0 2-1 ${CLAIM} 8 FORCE JUSTID LASTID 4-1`,
      `XCLAIM s g i 0 3-1 ${CLAIM} 3 FORCE JUSTID LASTID 4-1`,
      'EXEC',
    ],
    '7.2',
  ],
  [
    'XGROUP SETID s g $ | XGROUP DELCONSUMER s g i',
    ['XGROUP SETID s g $', 'XGROUP DELCONSUMER s g i'],
    '7.2',
  ],
  [
    'b: XREADGROUP GROUP g c BLOCK 0 STREAMS s > & | XADD s 5-1 f v',
    [
      'XADD s 5-1 f v',
      'MULTI',
      `XCLAIM s g c 0 5-1 ${CLAIM} 1 FORCE JUSTID LASTID 5-1`,
      'XGROUP SETID s g 5-1 ENTRIESREAD 4',
      'EXEC',
    ],
    '7.2',
  ],
  [
    'XADD s 7 f v | XREADGROUP GROUP g c COUNT 1 STREAMS s > | XCLAIM s g d 0 7',
    [
      'XADD s 7 f v',
      'MULTI',
      `XCLAIM s g c 0 7-0 ${CLAIM} 1 FORCE JUSTID LASTID 7-0`,
      'XGROUP SETID s g 7-0 ENTRIESREAD 5',
      'EXEC',
      `XCLAIM s g d 0 7 ${CLAIM} 2 FORCE JUSTID LASTID 7-0`,
    ],
    '7.2',
  ],
  ['XGROUP DESTROY s none | XGROUP DESTROY s g', 'XGROUP DESTROY s g'],
])

writes(t, 'transactions', [
  ['MULTI | EXEC', []],
  ['MULTI | GET a | EXEC', []],
  ['MULTI | SET a 1 | GET a | EXEC', 'SET a 1'],
  ['MULTI | SET a 1 | INCR a | EXEC', ['MULTI', 'SET a 1', 'INCR a', 'EXEC']],
  ['MULTI | SET a 1 EX 100 | SPOP none | INCR a | DISCARD', []],
  ['MULTI | SET a x | INCR a | SET a 2 | EXEC', ['MULTI', 'SET a x', 'SET a 2', 'EXEC']],
  ['MULTI | SET a 1 | NOSUCH | EXEC', []],
  [
    'MULTI | SET a 1 | SELECT 1 | SET a 2 | EXEC | SELECT 0',
    ['MULTI', 'SET a 1', 'SELECT 1', 'SET a 2', 'EXEC'],
  ],
  [
    'SELECT 1 | MULTI | SET a 1 | SET b 2 | EXEC | SELECT 0',
    ['MULTI', 'SELECT 1', 'SET a 1', 'SET b 2', 'EXEC'],
    '7.2',
  ],
  ['WATCH a | b: SET a 5 | MULTI | SET b 1 | EXEC', 'SET a 5'],
  ['MULTI | PUBLISH ch hi | SET a 1 | EXEC', ['MULTI', 'PUBLISH ch hi', 'SET a 1', 'EXEC']],
  [`SET k v PXAT ${PAST} | MULTI | GET k | EXEC`, [`SET k v PXAT ${PAST}`, 'DEL k']],
  [
    `SET k v PXAT ${PAST} | MULTI | SCAN 0 | SET c 1 | EXEC`,
    [`SET k v PXAT ${PAST}`, 'MULTI', 'DEL k', 'SET c 1', 'EXEC'],
  ],
  [
    'MULTI | LPUSH l a | RPOP l | SADD s a b | SPOP s 2 | EXEC',
    ['MULTI', 'LPUSH l a', 'RPOP l', 'SADD s a b', 'DEL s', 'EXEC'],
  ],
])

const DEAD = `SET k v PXAT ${PAST}`

writes(t, 'keys whose time is over', [
  [`${DEAD} | GET k | GET k`, [DEAD, 'DEL k']],
  [`${DEAD} | INCR k`, [DEAD, 'MULTI', 'DEL k', 'INCR k', 'EXEC']],
  [`${DEAD} | SET k w`, [DEAD, 'MULTI', 'DEL k', 'SET k w', 'EXEC']],
  [`${DEAD} | SET k w EX 100`, [DEAD, 'MULTI', 'DEL k', 'SET k w PXAT <ms>', 'EXEC']],
  [`${DEAD} | DEL k`, [DEAD, 'DEL k']],
  [`${DEAD} | LPUSH k a`, [DEAD, 'MULTI', 'DEL k', 'LPUSH k a', 'EXEC']],
  [`DEL k | ${DEAD} | EXISTS k`, ['DEL k', DEAD, 'DEL k']],
  [
    `${DEAD} | SET j v PXAT ${PAST} | MGET j k`,
    [DEAD, `SET j v PXAT ${PAST}`, 'MULTI', 'DEL j', 'DEL k', 'EXEC'],
  ],
  [
    `${DEAD} | SET j v PXAT ${PAST} | SORT none BY x GET y | SINTERSTORE d j k`,
    [DEAD, `SET j v PXAT ${PAST}`, 'MULTI', 'DEL j', 'DEL k', 'EXEC'],
  ],
  [`${DEAD} | RENAME k j`, [DEAD, 'DEL k']],
  [`${DEAD} | SCAN 0`, [DEAD, 'DEL k']],
  [
    `SET r0 v PXAT ${PAST} | SET r1 v PXAT ${PAST} | SCAN 0 COUNT 100 TYPE string`,
    [`SET r? v PXAT ${PAST}`, `SET r? v PXAT ${PAST}`, 'DEL r?', 'DEL r?'],
  ],
  [
    `SET r1 v PXAT ${PAST} | SET r2 v PXAT ${PAST} | SCAN 0 COUNT 100`,
    [`SET r? v PXAT ${PAST}`, `SET r? v PXAT ${PAST}`, 'DEL r?', 'DEL r?'],
  ],
  [
    `SET r1 v PXAT ${PAST} | SET r2 v PXAT ${PAST} | RANDOMKEY`,
    [`SET r? v PXAT ${PAST}`, `SET r? v PXAT ${PAST}`, 'DEL r?', 'DEL r?'],
  ],
  [`CONFIG SET lazyfree-lazy-expire yes | ${DEAD} | GET k`, [DEAD, 'UNLINK k']],
  ['CONFIG SET lazyfree-lazy-expire no', []],
  [`b: BLPOP k 0 & | ${DEAD}`, DEAD],
  ['GET k', 'DEL k'],
  [
    `SET r1 v PXAT ${PAST} | SET r2 v PXAT ${PAST} | DEBUG SET-ACTIVE-EXPIRE 1 | UNTIL :0 DBSIZE`,
    [`SET r? v PXAT ${PAST}`, `SET r? v PXAT ${PAST}`, 'DEL r?', 'DEL r?'],
  ],
])

const UNTOLD = 'redis.set_repl(redis.REPL_NONE)'
const TOLD = 'redis.set_repl(redis.REPL_ALL)'
const CODE =
  "redis.register_function('f', function() redis.call('set','a',1) redis.call('set','b',2) end)"

const DEAD_TARGET = `SET d v PXAT ${PAST}`

/** A command, and what is told if its target was there, dead. */
function overDead(command: string, ...told: readonly string[]): WriteRow {
  return [`${DEAD_TARGET} | ${command}`, [DEAD_TARGET, ...told]]
}

function afterDeath(command: string): WriteRow {
  return overDead(command, 'MULTI', 'DEL d', command, 'EXEC')
}

/** What is removed without being looked at has not expired. */
function justDone(command: string): WriteRow {
  return overDead(command, command)
}

writes(t, 'targets whose time is over', [
  [
    'SADD s a b | ZADD z 1 a 2 b | RPUSH l 2 1 | SET k v | GEOADD g 1 1 a',
    ['SADD s a b', 'ZADD z 1 a 2 b', 'RPUSH l 2 1', 'SET k v', 'zadd g 3377822707026402 a'],
  ],
  afterDeath('SINTERSTORE d s'),
  justDone('SINTERSTORE d none'),
  afterDeath('ZUNIONSTORE d 1 z'),
  justDone('ZUNIONSTORE d 1 none'),
  afterDeath('ZRANGESTORE d z 0 -1'),
  justDone('ZRANGESTORE d z 9 9'),
  afterDeath('SORT l STORE d'),
  justDone('SORT none STORE d'),
  afterDeath('GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 9 km'),
  justDone('GEOSEARCHSTORE d g FROMLONLAT 9 9 BYRADIUS 9 km'),
  afterDeath('BITOP NOT d k'),
  justDone('BITOP NOT d none'),
  afterDeath('PFMERGE d none'),
  afterDeath('COPY k d'),
  afterDeath('COPY k d REPLACE'),
  afterDeath('SETNX d v'),
  afterDeath('MSETNX d v'),
  afterDeath('MSET d v'),
  afterDeath('APPEND d v'),
  afterDeath('SETRANGE d 1 v'),
  afterDeath('SETBIT d 1 1'),
  afterDeath('LPUSH d v'),
  afterDeath('LMOVE l d LEFT LEFT'),
  afterDeath('SADD d v'),
  afterDeath('SMOVE s d a'),
  afterDeath('ZADD d 1 v'),
  afterDeath('HSET d f v'),
  afterDeath('XADD d 1-1 f v'),
  afterDeath('XGROUP CREATE d g 0 MKSTREAM'),
  afterDeath('RENAME k d'),
  overDead('GETSET d v', 'MULTI', 'DEL d', 'SET d v', 'EXEC'),
  overDead('GETEX d PERSIST', 'DEL d'),
  overDead('EXPIRE d 100', 'DEL d'),
  overDead('PERSIST d', 'DEL d'),
  overDead('RESTORE d 0 <dump z> REPLACE', 'RESTORE d 0 <bytes> REPLACE'),
  overDead('RESTORE d 1 <dump z> REPLACE ABSTTL', 'DEL d'),
  overDead('RESTORE d 0 <dump z>', 'MULTI', 'DEL d', 'RESTORE d 0 <bytes>', 'EXEC'),
  overDead('SWAPDB 0 1', 'SWAPDB 0 1'),
  ['MOVE none 1 | SELECT 1 | SET m v | MOVE m 0', ['SELECT 1', 'SET m v', 'MOVE m 0']],
])

writes(t, 'scripts and functions', [
  ['EVAL "return 1" 0 | SCRIPT LOAD "return 2" | SCRIPT FLUSH', []],
  ["EVAL \"redis.call('set',KEYS[1],'x')\" 1 k", 'set k x'],
  [
    `EVAL "redis.call('set','k',1,'EX',100) redis.call('Incr','k') redis.call('GET','k')" 0`,
    ['MULTI', 'SET k 1 PXAT <ms>', 'Incr k', 'EXEC'],
  ],
  ["EVAL \"redis.call('set','k',1) redis.call('lpush','k',1)\" 0", 'set k 1'],
  [
    "EVAL \"redis.call('set','k',1) redis.call('set','j',1) error('x')\" 0",
    ['MULTI', 'set k 1', 'set j 1', 'EXEC'],
  ],
  [
    "EVAL \"redis.call('select',1) redis.call('set','k',1)\" 0 | SET k 2",
    ['SELECT 1', 'set k 1', 'SELECT 0', 'SET k 2'],
  ],
  ["MULTI | EVAL \"redis.call('set','k',1)\" 0 | EXEC", 'set k 1'],
  [
    "MULTI | EVAL \"redis.call('set','k',1)\" 0 | SET j 1 | EXEC",
    ['MULTI', 'set k 1', 'SET j 1', 'EXEC'],
  ],
  [`EVAL "${UNTOLD} redis.call('set','k',1) ${TOLD} redis.call('set','k',2)" 0`, 'set k 2'],
  ["EVAL \"redis.set_repl(redis.REPL_AOF) redis.call('set','k',1) redis.call('set','k',2)\" 0", []],
  ["EVAL \"redis.set_repl(redis.REPL_REPLICA) redis.call('set','k',1)\" 0", 'set k 1'],
  ["EVAL \"redis.call('set','k',1)\" 0", 'set k 1'],
  [
    `SET e v PXAT ${PAST} | EVAL "redis.set_repl(redis.REPL_NONE) return redis.call('get','e')" 0`,
    [`SET e v PXAT ${PAST}`, 'DEL e'],
  ],
  [
    `SET e v PXAT ${PAST} | EVAL "return redis.call('scan',0)" 0`,
    [`SET e v PXAT ${PAST}`, 'DEL e'],
  ],
  [
    "EVAL \"redis.call('publish','c',1) redis.call('set','k',1)\" 0",
    ['MULTI', 'publish c 1', 'set k 1', 'EXEC'],
  ],
  [`FUNCTION LOAD "#!lua name=lib\\n${CODE}"`, [`FUNCTION LOAD #!lua name=lib\n${CODE}`]],
  ['FCALL f 0', ['MULTI', 'set a 1', 'set b 2', 'EXEC']],
  ['FCALL none 0 | FUNCTION LIST', []],
  ['FUNCTION DELETE lib', 'FUNCTION DELETE lib'],
])

writes(t, 'messages, and what is never told', [
  ['PUBLISH c hello | SPUBLISH c hi', ['PUBLISH c hello', 'SPUBLISH c hi']],
  ['MULTI | PUBLISH c 1 | PUBLISH c 2 | EXEC', ['MULTI', 'PUBLISH c 1', 'PUBLISH c 2', 'EXEC']],
  ['PING | ECHO x | CLIENT SETNAME x | CONFIG SET maxmemory-samples 5 | INFO', []],
  ['ACL SETUSER x on | ACL DELUSER x | DEBUG SLEEP 0 | DEBUG POPULATE 2 | SELECT 0', []],
  ['CONFIG SET notify-keyspace-events KEA | SET k v', 'SET k v'],
])

const EVICTED: readonly WriteRow[] = [
  ['SET r1 v', 'SET r? v'],
  ['CONFIG SET maxmemory-policy allkeys-random | CONFIG SET maxmemory 1 | SET a v', 'DEL r?'],
  ['CONFIG SET maxmemory 0 | MSET r1 v r2 v', 'MSET r? v r? v'],
  ['CONFIG SET maxmemory 1 | GET a', ['DEL r?', 'DEL r?']],
  ['CONFIG SET maxmemory 0 | SET r1 v | CONFIG SET lazyfree-lazy-eviction yes', 'SET r? v'],
  ['CONFIG SET maxmemory 1 | GET a', 'UNLINK r?'],
  ['CONFIG SET maxmemory 0', []],
]

writes(t, 'keys for which there is no room', EVICTED)
