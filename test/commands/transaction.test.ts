// MULTI, EXEC, DISCARD, WATCH and UNWATCH.

import t from 'tap'
import { CLOSED, scene } from '../helpers/scene.ts'
import { transcript } from '../helpers/transcript.ts'

transcript(t, 'a transaction answers for all at the end', [
  ['MULTI', '+OK'],
  ['SET k 1', '+QUEUED'],
  ['INCR k', '+QUEUED'],
  ['LPUSH k x', '+QUEUED'],
  ['GET k', '+QUEUED'],
  [
    'EXEC',
    ['+OK', ':2', '-WRONGTYPE Operation against a key holding the wrong kind of value', '$2'],
  ],
  ['GET k', '$2'],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['DISCARD', '-ERR DISCARD without MULTI'],
  ['MULTI', '+OK'],
  ['EXEC', []],
])

transcript(t, 'MULTI, EXEC, DISCARD and WATCH have their places', [
  ['MULTI', '+OK'],
  ['MULTI', '-ERR MULTI calls can not be nested'],
  ['WATCH k', '-ERR WATCH inside MULTI is not allowed'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
  ['MULTI x', "-ERR wrong number of arguments for 'multi' command"],
  [
    'EXEC x',
    "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
  ],
  ['DISCARD x', "-ERR wrong number of arguments for 'discard' command"],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['MULTI', '+OK'],
  ['DISCARD', '+OK'],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['MULTI', '+OK'],
  [
    'EXEC x',
    "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
  ],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['WATCH', "-ERR wrong number of arguments for 'watch' command"],
  ['UNWATCH', '+OK'],
  ['UNWATCH x', "-ERR wrong number of arguments for 'unwatch' command"],
  ['MULTI', '+OK'],
  ['UNWATCH', '+QUEUED'],
  ['EXEC', ['+OK']],
])

transcript(t, 'what cannot be queued ends the transaction', [
  ['MULTI', '+OK'],
  ['SET k', "-ERR wrong number of arguments for 'set' command"],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['EXISTS k', ':0'],
  ['MULTI', '+OK'],
  ['NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
  ['SET k v', '+QUEUED'],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['EXISTS k', ':0'],
  ['MULTI', '+OK'],
  ['CONFIG NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP."],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['MULTI', '+OK'],
  ['SET k v', '+QUEUED'],
  ['SUBSCRIBE news', '+QUEUED'],
  ['EXEC', ['+OK', ['$subscribe', '$news', ':1']]],
  ['UNSUBSCRIBE', ['$unsubscribe', '$news', ':0']],
  ['MULTI', '+OK'],
  ['GET', "-ERR wrong number of arguments for 'get' command"],
  ['DISCARD', '+OK'],
  ['GET k', '$v'],
])

transcript(t, 'an error of a command does not undo the others', [
  ['SET k text', '+OK'],
  ['MULTI', '+OK'],
  ['INCR k', '+QUEUED'],
  ['SET l v', '+QUEUED'],
  ['HSET k f v', '+QUEUED'],
  ['GET l', '+QUEUED'],
  [
    'EXEC',
    [
      '-ERR value is not an integer or out of range',
      '+OK',
      '-WRONGTYPE Operation against a key holding the wrong kind of value',
      '$v',
    ],
  ],
])

transcript(t, 'what may not wait answers at once', [
  ['MULTI', '+OK'],
  ['BLPOP none 0', '+QUEUED'],
  ['BRPOPLPUSH none other 0', '+QUEUED'],
  ['BLMPOP 0 1 none LEFT', '+QUEUED'],
  ['BZPOPMIN none 0', '+QUEUED'],
  ['XREAD BLOCK 0 STREAMS none $', '+QUEUED'],
  ['WAIT 1 0', '+QUEUED'],
  ['EXEC', ['(nil array)', '(nil)', '(nil array)', '(nil array)', '(nil array)', ':0']],
])

transcript(t, 'a watched key that is touched empties the transaction', [
  ['SET k 1', '+OK'],
  ['WATCH k', '+OK'],
  ['SET k 1', '+OK'],
  ['MULTI', '+OK'],
  ['SET k 2', '+QUEUED'],
  ['EXEC', '(nil array)'],
  ['GET k', '$1'],
  ['MULTI', '+OK'],
  ['SET k 3', '+QUEUED'],
  ['EXEC', ['+OK']],
  ['WATCH k', '+OK'],
  ['DEL none', ':0'],
  ['GET k', '$3'],
  ['EXPIRE none 10', ':0'],
  ['MULTI', '+OK'],
  ['GET k', '+QUEUED'],
  ['EXEC', ['$3']],
  ['WATCH k', '+OK'],
  ['EXPIRE k 1000', ':1'],
  ['MULTI', '+OK'],
  ['GET k', '+QUEUED'],
  ['EXEC', '(nil array)'],
  ['WATCH k', '+OK'],
  ['SET k 4', '+OK'],
  ['UNWATCH', '+OK'],
  ['MULTI', '+OK'],
  ['GET k', '+QUEUED'],
  ['EXEC', ['$4']],
  ['WATCH k', '+OK'],
  ['SET k 5', '+OK'],
  ['MULTI', '+OK'],
  ['DISCARD', '+OK'],
  ['MULTI', '+OK'],
  ['GET k', '+QUEUED'],
  ['EXEC', ['$5']],
  ['WATCH k k none', '+OK'],
  ['SET none x', '+OK'],
  ['DEL none', ':1'],
  ['MULTI', '+OK'],
  ['EXEC', '(nil array)'],
])

transcript(t, 'WATCH sees a database and not a name', [
  ['SELECT 1', '+OK'],
  ['SET k one', '+OK'],
  ['SELECT 0', '+OK'],
  ['WATCH k', '+OK'],
  ['SELECT 1', '+OK'],
  ['SET k other', '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', []],
  ['SELECT 0', '+OK'],
  ['WATCH k', '+OK'],
  ['SWAPDB 0 1', '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', '(nil array)'],
  ['SWAPDB 0 1', '+OK'],
  ['DEL k', ':0'],
  ['WATCH k', '+OK'],
  ['FLUSHDB', '+OK'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
  ['SET k v', '+OK'],
  ['WATCH k', '+OK'],
  ['FLUSHALL', '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', '(nil array)'],
  ['WATCH k', '+OK'],
  ['SWAPDB 0 2', '+OK'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
])

transcript(t, 'WATCH sees commands that change nothing as no change', [
  ['SET k v', '+OK'],
  ['SADD s a', ':1'],
  ['WATCH k s', '+OK'],
  ['SADD s a', ':0'],
  ['SREM s b', ':0'],
  ['SETNX k w', ':0'],
  ['GET k', '$v'],
  ['TOUCH k', ':1'],
  ['PERSIST k', ':0'],
  ['TYPE s', '+set'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
  ['RPUSH l a', ':1'],
  ['WATCH l', '+OK'],
  ['LTRIM l 0 -1', '+OK'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', '(nil array)'],
  ['WATCH l', '+OK'],
  ['LREM l 0 nosuch', ':0'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
  ['WATCH l', '+OK'],
  ['RENAME l l', '+OK'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
])

transcript(t, 'an expired key is no change for who watched it dead', [
  ['SET k v PX 1', '+OK'],
  ['DEBUG SLEEP 0.01', '+OK'],
  ['DEBUG SET-ACTIVE-EXPIRE 0', '+OK'],
  ['WATCH k', '+OK'],
  ['GET k', '(nil)'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', ['+PONG']],
  ['MULTI', '+OK'],
  ['SET d v PX 1', '+QUEUED'],
  ['EXEC', ['+OK']],
  ['DEBUG SET-ACTIVE-EXPIRE 1', '+OK'],
])

transcript(t, 'a script that writes touches what is watched, and calls no transaction', [
  ['SET k 1', '+OK'],
  ['WATCH k', '+OK'],
  ["EVAL \"return redis.call('SET', KEYS[1], '2')\" 1 k", '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', '(nil array)'],
  [
    'EVAL "return redis.call(\'MULTI\')" 0',
    '-ERR This Redis command is not allowed from script script: ba922d924f6e7808414359ed93c37767dd0532ce, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.call('WATCH', 'k')\" 0",
    '-ERR This Redis command is not allowed from script script: 150b8c6339f6d1cfaaa9e3b78b8a2a3d82d425a0, on @user_script:1.',
  ],
  [
    'EVAL "return redis.call(\'EXEC\')" 0',
    '-ERR This Redis command is not allowed from script script: 98ab355fc5479ee6bb8ca837f6b7cc2d4e14fd91, on @user_script:1.',
  ],
  ['MULTI', '+OK'],
  ['EVAL "return redis.call(\'GET\', KEYS[1])" 1 k', '+QUEUED'],
  ['EVAL "return redis.nosuch()" 0', '+QUEUED'],
  [
    'EXEC',
    [
      '$2',
      "-ERR user_script:1: attempt to call field 'nosuch' (a nil value) script: 064c0d38ec6d45fb37cd950fd37e609359986738, on @user_script:1.",
    ],
  ],
])

scene(t, 'nobody comes between the commands of a transaction', [
  ['a', 'MULTI | INCR n | GET n', { a: ['+OK', '+QUEUED', '+QUEUED'] }],
  ['b', 'SET n 41', { b: ['+OK'] }],
  ['a', 'EXEC', { a: [[':42', '$42']] }],
])

scene(t, 'a watched key that another client changes empties the transaction', [
  ['a', 'WATCH k l', { a: ['+OK'] }],
  ['b', 'WATCH k', { b: ['+OK'] }],
  ['c', 'SET l v', { c: ['+OK'] }],
  ['b', 'MULTI | SET k b | EXEC', { b: ['+OK', '+QUEUED', ['+OK']] }],
  ['a', 'MULTI | SET k a | EXEC', { a: ['+OK', '+QUEUED', '(nil array)'] }],
  ['a', 'GET k | MULTI | SET k a | EXEC', { a: ['$b', '+OK', '+QUEUED', ['+OK']] }],
])

scene(t, 'a key that comes and goes has changed, one that was never there has not', [
  ['a', 'WATCH k', { a: ['+OK'] }],
  ['b', 'SET k v | DEL k', { b: ['+OK', ':1'] }],
  ['a', 'MULTI | EXEC', { a: ['+OK', '(nil array)'] }],
  ['a', 'WATCH k', { a: ['+OK'] }],
  ['b', 'DEL k | FLUSHALL', { b: [':0', '+OK'] }],
  ['a', 'MULTI | EXEC', { a: ['+OK', []] }],
])

scene(t, 'a key that expires between WATCH and EXEC has changed', [
  ['a', 'DEBUG SET-ACTIVE-EXPIRE 0 | SET k v PX 20 | WATCH k', { a: ['+OK', '+OK', '+OK'] }],
  ['b', 'DEBUG SLEEP 0.04', { b: ['+OK'] }],
  ['a', 'MULTI | PING | EXEC', { a: ['+OK', '+QUEUED', '(nil array)'] }],
  ['a', 'DEBUG SET-ACTIVE-EXPIRE 1', { a: ['+OK'] }],
])

scene(t, 'a client that leaves takes its transaction and its watches with it', [
  ['a', 'WATCH k | MULTI | SET k v | QUIT', { a: ['+OK', '+OK', '+QUEUED', '+OK', CLOSED] }],
  ['b', 'EXISTS k | SET k w', { b: [':0', '+OK'] }],
])

scene(t, 'a RESP2 subscriber begins no transaction; in a transaction it subscribes at the end', [
  ['a', 'SUBSCRIBE x | MULTI', { a: [['$subscribe', '$x', ':1'], /^-ERR Can't execute 'multi'/] }],
  [
    'b',
    'MULTI | SUBSCRIBE y | PING | EXEC',
    {
      b: [
        '+OK',
        '+QUEUED',
        '+QUEUED',
        [
          ['$subscribe', '$y', ':1'],
          ['$pong', '$'],
        ],
      ],
    },
  ],
])

scene(
  t,
  'rights are asked for when a command is queued, and again at EXEC',
  [
    ['p', 'ACL SETUSER ann on nopass ~a* +@all -flushall', { p: ['+OK'] }],
    ['a', 'AUTH ann x | MULTI', { a: ['+OK', '+OK'] }],
    ['a', 'SET b 1', { a: ['-NOPERM No permissions to access a key'] }],
    ['a', 'EXEC', { a: ['-EXECABORT Transaction discarded because of previous errors.'] }],
    ['a', 'MULTI | SET a 1 | PING', { a: ['+OK', '+QUEUED', '+QUEUED'] }],
    ['p', 'ACL SETUSER ann -set', { p: ['+OK'] }],
    [
      'a',
      'EXEC',
      {
        a: [
          [
            '-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to execute the command or subcommand',
            '+PONG',
          ],
        ],
      },
    ],
  ],
  { since: [7, 2] },
)
