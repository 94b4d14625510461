// Client-side caching: which messages CLIENT TRACKING sends, to whom, and when, on both servers.

import t from 'tap'
import { ANY, CLOSED, type Step, scene } from '../helpers/scene.ts'

const gone = (...keys: readonly string[]) => ['$invalidate', keys.map(key => `$${key}`)] as const
const VOID = ['$invalidate', '(nil)'] as const
const CHANNEL = '$__redis__:invalidate'
const message = (...keys: readonly string[]) =>
  ['$message', CHANNEL, keys.map(key => `$${key}`)] as const

/** Client a speaks RESP3 and tracks what it reads. */
function tracking(options = ''): readonly Step[] {
  return [
    ['a', 'HELLO 3', { a: [ANY] }],
    ['a', `CLIENT TRACKING ON ${options}`, { a: ['+OK'] }],
  ]
}

scene(t, 'the first change of a key that was read is told, no other', [
  ...tracking(),
  ['a', 'GET k | MGET l m', { a: ['(nil)', ['(nil)', '(nil)']] }],
  ['b', 'SET k v', { b: ['+OK'], a: [gone('k')] }],
  ['b', 'SET k w', { b: ['+OK'] }],
  ['b', 'SET other v', { b: ['+OK'] }],
  ['b', 'MSET m 1 l 2', { b: ['+OK'], a: [gone('m'), gone('l')] }],
  ['a', 'GET k', { a: ['$w'] }],
  ['b', 'DEL k', { b: [':1'], a: [gone('k')] }],
])

scene(t, 'what changes nothing is told to nobody', [
  ['b', 'SET k v | SADD s a', { b: ['+OK', ':1'] }],
  ...tracking(),
  ['a', 'GET k | SMEMBERS s | EXISTS none', { a: ['$v', ['$a'], ':0'] }],
  ['b', 'SETNX k w | SADD s a | SREM s b | DEL none', { b: [':0', ':0', ':0', ':0'] }],
  ['b', 'GET k | TOUCH k | PERSIST k', { b: ['$v', ':1', ':0'] }],
  ['b', 'EXPIRE k 1000', { b: [':1'], a: [gone('k')] }],
])

scene(t, 'what any command reads is tracked, also by scripts and in transactions', [
  ...tracking(),
  [
    'a',
    `EVAL "return redis.call('GET', KEYS[1])" 1 scripted | MULTI | STRLEN queued | EXEC`,
    { a: ['(nil)', '+OK', '+QUEUED', [':0']] },
  ],
  ['a', 'SINTERSTORE d read1 read2 | SINTER read3 read4', { a: [':0', []] }],
  ['b', 'SADD read1 x | SADD read2 y', { b: [':1', ':1'] }],
  ['b', 'SADD read4 x', { b: [':1'], a: [gone('read4')] }],
  ['b', 'SET scripted x', { b: ['+OK'], a: [gone('scripted')] }],
  ['b', 'APPEND queued x', { b: [':1'], a: [gone('queued')] }],
])

scene(t, "a client hears of its own changes after the command's reply", [
  ...tracking(),
  ['a', 'GET k | SET k v | PING', { a: ['(nil)', '+OK', gone('k'), '+PONG'] }],
  [
    'a',
    'GET k | MULTI | SET k w | INCR n | EXEC | PING',
    { a: ['$v', '+OK', '+QUEUED', '+QUEUED', ['+OK', ':1'], gone('k'), '+PONG'] },
  ],
])

scene(t, 'NOLOOP: a client does not hear of its own changes', [
  ...tracking('NOLOOP'),
  ['a', 'GET k | SET k v', { a: ['(nil)', '+OK'] }],
  ['b', 'SET k w', { b: ['+OK'] }],
  ['a', 'GET k', { a: ['$w'] }],
  ['b', 'SET k x', { b: ['+OK'], a: [gone('k')] }],
])

scene(t, 'several readers hear of one change', [
  ...tracking(),
  ['c', 'HELLO 3 | CLIENT TRACKING ON', { c: [ANY, '+OK'] }],
  ['a', 'GET k', { a: ['(nil)'] }],
  ['c', 'GET k', { c: ['(nil)'] }],
  ['b', 'INCR k', { b: [':1'], a: [gone('k')], c: [gone('k')] }],
])

scene(t, 'databases are not told apart', [
  ...tracking(),
  ['a', 'GET k', { a: ['(nil)'] }],
  ['b', 'SELECT 1 | SET k v', { b: ['+OK', '+OK'], a: [gone('k')] }],
])

scene(t, 'who has turned tracking off hears nothing, and in turning it on again has read before', [
  ...tracking(),
  ['a', 'GET k | CLIENT TRACKING OFF', { a: ['(nil)', '+OK'] }],
  ['b', 'SET k v', { b: ['+OK'] }],
  ['a', 'CLIENT TRACKING ON | GET k | CLIENT TRACKING OFF', { a: ['+OK', '$v', '+OK'] }],
  ['a', 'CLIENT TRACKING ON', { a: ['+OK'] }],
  ['b', 'SET k w', { b: ['+OK'], a: [gone('k')] }],
  ['a', 'RESET | HELLO 3', { a: ['+RESET', ANY] }],
  ['a', 'GET k', { a: ['$w'] }],
  ['b', 'SET k x', { b: ['+OK'] }],
])

scene(t, 'a client that tracks and has left is forgotten', [
  ...tracking(),
  ['a', 'GET k | QUIT', { a: ['(nil)', '+OK', CLOSED] }],
  ['b', 'SET k v', { b: ['+OK'] }],
  ['b', 'INFO clients', { b: [/tracking_clients:0\r/] }],
  ['b', 'INFO stats', { b: [/tracking_total_keys:0\r\ntracking_total_items:0\r/] }],
])

// ---- Redirected --------------------------------------------------------------------------------

scene(t, 'RESP2: messages go to a subscriber of the one channel', [
  ['r', 'SUBSCRIBE __redis__:invalidate', { r: [['$subscribe', CHANNEL, ':1']] }],
  ['a', 'CLIENT TRACKING ON REDIRECT @r | CLIENT GETREDIR', { a: ['+OK', ':@r'] }],
  ['a', 'GET k | GET l', { a: ['(nil)', '(nil)'] }],
  ['b', 'SET k v', { b: ['+OK'], r: [message('k')] }],
  ['a', 'SET l v', { a: ['+OK'], r: [message('l')] }],
  ['b', 'FLUSHALL', { b: ['+OK'], r: [['$message', CHANNEL, '(nil)']] }],
])

scene(t, 'RESP2: who does not listen hears nothing, whoever tracks', [
  ['a', 'CLIENT TRACKING ON', { a: ['+OK'] }],
  ['a', 'GET k', { a: ['(nil)'] }],
  ['b', 'SET k v', { b: ['+OK'] }],
  ['a', 'CLIENT TRACKING OFF', { a: ['+OK'] }],
  ['r', 'PING', { r: ['+PONG'] }],
  ['a', 'CLIENT TRACKING ON REDIRECT @r | GET k', { a: ['+OK', '$v'] }],
  ['b', 'SET k w', { b: ['+OK'] }],
  ['b', 'FLUSHALL', { b: ['+OK'] }],
])

scene(t, 'RESP3: the other client gets a push, subscribed or not', [
  ['r', 'HELLO 3', { r: [ANY] }],
  ['a', 'CLIENT TRACKING ON REDIRECT @r BCAST PREFIX p | PING', { a: ['+OK', '+PONG'] }],
  ['b', 'SET p1 v', { b: ['+OK'], r: [gone('p1')] }],
  ['r', 'SUBSCRIBE news', { r: [['$subscribe', '$news', ':1']] }],
  ['b', 'SET p1 v', { b: ['+OK'], r: [gone('p1')] }],
])

scene(t, 'a redirection whose target has left is told in RESP3, once a change', [
  ['r', 'HELLO 3', { r: [ANY] }],
  ...tracking('REDIRECT @r'),
  ['a', 'MGET k l', { a: [['(nil)', '(nil)']] }],
  ['r', 'QUIT', { r: ['+OK', CLOSED] }],
  ['b', 'SET k v', { b: ['+OK'], a: [['$tracking-redir-broken', ':@r']] }],
  [
    'a',
    'CLIENT TRACKINGINFO',
    { a: [['$flags', ['$on', '$broken_redirect'], '$redirect', ':@r', '$prefixes', []]] },
  ],
  ['b', 'SET l v', { b: ['+OK'], a: [['$tracking-redir-broken', ':@r']] }],
  ['a', 'CLIENT TRACKING ON | CLIENT GETREDIR', { a: ['+OK', ':0'] }],
  ['a', 'GET k', { a: ['$v'] }],
  ['b', 'SET k w', { b: ['+OK'], a: [gone('k')] }],
])

scene(t, 'a redirection whose target has left is silent in RESP2, but can be asked for', [
  ['r', 'SUBSCRIBE __redis__:invalidate', { r: [ANY] }],
  ['a', 'CLIENT TRACKING ON REDIRECT @r | GET k', { a: ['+OK', '(nil)'] }],
  ['r', 'QUIT', { r: ['+OK', CLOSED] }],
  ['b', 'SET k v', { b: ['+OK'] }],
  [
    'a',
    'CLIENT TRACKINGINFO',
    { a: [['$flags', ['$on', '$broken_redirect'], '$redirect', ':@r', '$prefixes', []]] },
  ],
])

// ---- Broadcast ---------------------------------------------------------------------------------

scene(t, 'BCAST tells every change, once a turn, in the order of the names', [
  ...tracking('BCAST'),
  ['b', 'SET k v', { b: ['+OK'], a: [gone('k')] }],
  ['b', 'SET k w', { b: ['+OK'], a: [gone('k')] }],
  ['b', 'MSET b 1 a 2 c 3 a 4', { b: ['+OK'], a: [gone('a', 'b', 'c')] }],
  [
    'b',
    'MULTI | SET z 1 | SET y 1 | EXEC',
    { b: ['+OK', '+QUEUED', '+QUEUED', ['+OK', '+OK']], a: [gone('y', 'z')] },
  ],
  ['b', `EVAL "redis.call('SET', 'q', 1) redis.call('DEL', 'k')" 0`, { b: ['(nil)'], a: [ANY] }],
  ['b', 'GET k | DEL none', { b: ['(nil)', ':0'] }],
])

scene(t, 'BCAST with prefixes tells what begins so, each prefix by itself', [
  ...tracking('BCAST PREFIX user: PREFIX post:'),
  ['b', 'SET other v | SET use v', { b: ['+OK', '+OK'] }],
  ['b', 'SET user:1 v', { b: ['+OK'], a: [gone('user:1')] }],
  [
    'b',
    'MSET user:2 a post:1 b user:1 c',
    { b: ['+OK'], a: [gone('post:1'), gone('user:1', 'user:2')] },
  ],
  ['c', 'HELLO 3 | CLIENT TRACKING ON BCAST PREFIX us', { c: [ANY, '+OK'] }],
  ['b', 'SET user:1 v', { b: ['+OK'], a: [gone('user:1')], c: [gone('user:1')] }],
  ['b', 'INFO stats', { b: [/tracking_total_prefixes:3\r/] }],
  ['a', 'CLIENT TRACKING OFF', { a: ['+OK'] }],
  ['b', 'SET user:1 v', { b: ['+OK'], c: [gone('user:1')] }],
  ['b', 'INFO stats', { b: [/tracking_total_prefixes:1\r/] }],
])

scene(t, 'BCAST NOLOOP leaves out what the client has changed itself', [
  ...tracking('BCAST NOLOOP'),
  ['a', 'SET k v', { a: ['+OK'] }],
  ['b', 'SET k w', { b: ['+OK'], a: [gone('k')] }],
  ['c', 'HELLO 3 | CLIENT TRACKING ON BCAST', { c: [ANY, '+OK'] }],
  ['a', 'MSET k 1 l 2', { a: ['+OK'], c: [gone('k', 'l')] }],
])

scene(t, 'BCAST: a client that changes a key gets its reply first', [
  ...tracking('BCAST'),
  ['a', 'SET k v', { a: ['+OK', gone('k')] }],
])

scene(t, 'BCAST remembers nothing of what is read', [
  ...tracking('BCAST PREFIX x'),
  ['a', 'GET k', { a: ['(nil)'] }],
  ['b', 'SET k v', { b: ['+OK'] }],
  ['b', 'INFO stats', { b: [/tracking_total_keys:0\r\ntracking_total_items:0\r/] }],
])

// ---- OPTIN and OPTOUT ----------------------------------------------------------------------------

scene(t, 'OPTIN tracks only what follows CLIENT CACHING YES: one command', [
  ...tracking('OPTIN'),
  ['a', 'GET k', { a: ['(nil)'] }],
  ['b', 'SET k v', { b: ['+OK'] }],
  ['a', 'CLIENT CACHING YES | MGET k l | GET m', { a: ['+OK', ['$v', '(nil)'], '(nil)'] }],
  ['b', 'MSET k 1 l 2 m 3', { b: ['+OK'], a: [gone('k'), gone('l')] }],
  ['a', 'CLIENT CACHING YES | PING | GET k', { a: ['+OK', '+PONG', '$1'] }],
  ['b', 'SET k v', { b: ['+OK'] }],
])

scene(t, 'or one transaction', [
  ...tracking('OPTIN'),
  [
    'a',
    'CLIENT CACHING YES | MULTI | GET k | GET l | EXEC | GET m',
    { a: ['+OK', '+OK', '+QUEUED', '+QUEUED', ['(nil)', '(nil)'], '(nil)'] },
  ],
  ['b', 'MSET m 1 l 2 k 3', { b: ['+OK'], a: [gone('l'), gone('k')] }],
])

scene(t, 'OPTOUT tracks all but what follows CLIENT CACHING NO', [
  ...tracking('OPTOUT'),
  ['a', 'GET k | CLIENT CACHING NO | GET l | GET m', { a: ['(nil)', '+OK', '(nil)', '(nil)'] }],
  ['b', 'MSET k 1 l 2 m 3', { b: ['+OK'], a: [gone('k'), gone('m')] }],
])

// ---- Keys that go in other ways ------------------------------------------------------------------

scene(t, 'FLUSHALL and FLUSHDB make every cache void', [
  ...tracking(),
  ['c', 'HELLO 3 | CLIENT TRACKING ON BCAST PREFIX x', { c: [ANY, '+OK'] }],
  ['a', 'GET k', { a: ['(nil)'] }],
  ['b', 'FLUSHALL', { b: ['+OK'], a: [VOID], c: [VOID] }],
  ['b', 'INFO stats', { b: [/tracking_total_keys:0\r/] }],
  ['b', 'FLUSHDB', { b: ['+OK'], a: [VOID], c: [VOID] }],
  ['a', 'FLUSHDB ASYNC | PING', { a: ['+OK', VOID, '+PONG'], c: [VOID] }],
  ['b', 'SELECT 1 | FLUSHDB', { b: ['+OK', '+OK'], a: [VOID], c: [VOID] }],
  ['b', 'SWAPDB 0 1', { b: ['+OK'] }],
])

scene(t, 'an expired key is told', [
  ...tracking(),
  [
    'a',
    'MULTI | SET k v PX 20 | GET k | EXEC',
    { a: ['+OK', '+QUEUED', '+QUEUED', ['+OK', '$v']] },
  ],
  ['b', 'DEBUG SLEEP 0.04 | EXISTS k', { b: ['+OK', ':0'], a: [gone('k')] }],
])

scene(t, 'a key that is evicted is told', [
  ['b', 'SET k v', { b: ['+OK'] }],
  ...tracking(),
  ['a', 'GET k', { a: ['$v'] }],
  [
    'b',
    'CONFIG SET maxmemory 1 maxmemory-policy allkeys-random | EXISTS k',
    { b: ['+OK', ':0'], a: [gone('k')] },
  ],
])

scene(t, 'a key that goes from place to place is told by both names', [
  ['b', 'SET k v', { b: ['+OK'] }],
  ...tracking(),
  ['a', 'MGET k l', { a: [['$v', '(nil)']] }],
  ['b', 'RENAME k l', { b: ['+OK'], a: [gone('k'), gone('l')] }],
  ['a', 'MGET k l', { a: [['(nil)', '$v']] }],
  ['b', 'COPY l k', { b: [':1'], a: [gone('k')] }],
  ['b', 'MOVE l 1', { b: [':1'], a: [gone('l')] }],
])

scene(t, 'who is served by a push is no exception', [
  ...tracking(),
  ['a', 'LRANGE l 0 -1', { a: [[]] }],
  ['b', 'BLPOP l 0'],
  ['c', 'RPUSH l x', { c: [':1'], b: [['$l', '$x']], a: [gone('l')] }],
])

// ---- Limits ---------------------------------------------------------------------------------------

scene(t, 'beyond tracking-table-max-keys keys are told and forgotten', [
  ['b', 'CONFIG SET tracking-table-max-keys 1', { b: ['+OK'] }],
  ...tracking(),
  ['a', 'MGET k l m | PING', { a: [['(nil)', '(nil)', '(nil)'], ANY, ANY, '+PONG'] }],
  ['b', 'INFO stats', { b: [/tracking_total_keys:1\r\ntracking_total_items:1\r/] }],
  ['b', 'MSET k 1 l 2 m 3', { b: ['+OK'], a: [ANY] }],
])

scene(t, 'INFO counts who tracks and what', [
  ...tracking(),
  ['c', 'CLIENT TRACKING ON BCAST PREFIX x PREFIX y', { c: ['+OK'] }],
  ['a', 'MGET k l', { a: [['(nil)', '(nil)']] }],
  ['b', 'INFO clients', { b: [/tracking_clients:2\r/] }],
  [
    'b',
    'INFO stats',
    { b: [/tracking_total_keys:2\r\ntracking_total_items:2\r\ntracking_total_prefixes:2\r/] },
  ],
  ['a', 'CLIENT LIST ID @a', { a: [/ flags=t .* redir=0 /] }],
  ['a', 'CLIENT LIST ID @c', { a: [/ flags=tB .* redir=0 /] }],
  ['a', 'CLIENT TRACKING OFF', { a: ['+OK'] }],
  ['b', 'INFO clients', { b: [/tracking_clients:1\r/] }],
  ['a', 'CLIENT LIST ID @a', { a: [/ flags=N .* redir=-1 /] }],
])
