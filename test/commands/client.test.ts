// CLIENT: what connections say of themselves and of each other, and how they are treated.

import t from 'tap'
import { onBoth } from '../helpers/both.ts'
import { CLOSED, scene } from '../helpers/scene.ts'
import { ANY, transcript } from '../helpers/transcript.ts'

transcript(t, 'a connection has an id, a name and a library', [
  ['CLIENT ID', ANY, 'shape'],
  ['CLIENT GETNAME', '(nil)'],
  ['CLIENT SETNAME worker-1', '+OK'],
  ['CLIENT GETNAME', '$worker-1'],
  [
    'CLIENT SETNAME "two words"',
    '-ERR Client names cannot contain spaces, newlines or special characters.',
  ],
  [
    'CLIENT SETNAME "line\\n"',
    '-ERR Client names cannot contain spaces, newlines or special characters.',
  ],
  ['CLIENT GETNAME', '$worker-1'],
  ['CLIENT SETNAME ""', '+OK'],
  ['CLIENT GETNAME', '(nil)'],
  ['CLIENT SETINFO LIB-NAME redis-lib', '+OK', '7.2'],
  ['CLIENT SETINFO lib-ver 1.2.3', '+OK', '7.2'],
  [
    'CLIENT SETINFO LIB-NAME "two words"',
    '-ERR LIB-NAME cannot contain spaces, newlines or special characters.',
    '7.2',
  ],
  [
    'CLIENT SETINFO LIB-VER "1\\n2"',
    '-ERR LIB-VER cannot contain spaces, newlines or special characters.',
    '7.2',
  ],
  ['CLIENT SETINFO lib-nothing x', "-ERR Unrecognized option 'lib-nothing'", '7.2'],
  ['CLIENT SETINFO LIB-NAME ""', '+OK', '7.2'],
  ['CLIENT INFO', ANY, 'shape'],
  ['CLIENT LIST', ANY, 'shape'],
  ['CLIENT', "-ERR wrong number of arguments for 'client' command"],
  ['CLIENT NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."],
  ['CLIENT ID now', "-ERR wrong number of arguments for 'client|id' command"],
  ['CLIENT GETNAME x', "-ERR wrong number of arguments for 'client|getname' command"],
  ['CLIENT SETNAME', "-ERR wrong number of arguments for 'client|setname' command"],
  ['CLIENT SETINFO LIB-NAME', "-ERR wrong number of arguments for 'client|setinfo' command", '7.2'],
  ['CLIENT INFO x', "-ERR wrong number of arguments for 'client|info' command"],
  ['CLIENT HELP', ANY, 'shape'],
  ['CLIENT HELP x', "-ERR wrong number of arguments for 'client|help' command"],
])

transcript(t, 'CLIENT LIST and CLIENT KILL read their filters', [
  ['CLIENT LIST TYPE master', '$'],
  ['CLIENT LIST TYPE replica', '$'],
  ['CLIENT LIST TYPE SLAVE', '$'],
  ['CLIENT LIST TYPE pubsub', '$'],
  ['CLIENT LIST TYPE normal', ANY, 'shape'],
  ['CLIENT LIST TYPE nobody', "-ERR Unknown client type 'nobody'"],
  ['CLIENT LIST TYPE', '-ERR syntax error'],
  ['CLIENT LIST TYPE normal pubsub', '-ERR syntax error'],
  ['CLIENT LIST ID', '-ERR syntax error'],
  ['CLIENT LIST ID 123456789', '$'],
  ['CLIENT LIST ID 123456789 x', '-ERR Invalid client ID'],
  ['CLIENT LIST ID -1', '$'],
  ['CLIENT LIST WHAT EVER', '-ERR syntax error'],
  ['CLIENT LIST WHAT', '-ERR syntax error'],
  ['CLIENT KILL', "-ERR wrong number of arguments for 'client|kill' command"],
  ['CLIENT KILL 192.0.2.1:99', '-ERR No such client'],
  ['CLIENT KILL ID', '-ERR No such client'],
  ['CLIENT KILL ID 123456789', ':0'],
  ['CLIENT KILL ID 0', '-ERR client-id should be greater than 0'],
  ['CLIENT KILL ID x', '-ERR client-id should be greater than 0'],
  ['CLIENT KILL ADDR 192.0.2.1:99', ':0'],
  ['CLIENT KILL LADDR 192.0.2.1:99', ':0'],
  ['CLIENT KILL TYPE pubsub', ':0'],
  ['CLIENT KILL TYPE master', ':0'],
  ['CLIENT KILL TYPE nobody', "-ERR Unknown client type 'nobody'"],
  ['CLIENT KILL USER nobody', "-ERR No such user 'nobody'"],
  ['CLIENT KILL ID 123456789 SKIPME maybe', '-ERR syntax error'],
  ['CLIENT KILL ID 123456789 SKIPME no', ':0'],
  ['CLIENT KILL ID 123456789 TYPE', '-ERR syntax error'],
  ['CLIENT KILL ID 123456789 WHAT ever', '-ERR syntax error'],
  ['CLIENT KILL ID 123456789 ADDR 192.0.2.1:99 TYPE normal USER default SKIPME yes', ':0'],
  ['CLIENT KILL MAXAGE 100000', ':0', '7.4'],
  ['CLIENT KILL MAXAGE 0', '-ERR maxage should be greater than 0', '7.4'],
  ['CLIENT KILL MAXAGE x', '-ERR maxage is not an integer or out of range', '7.4'],
  ['CLIENT KILL MAXAGE -5', '-ERR maxage should be greater than 0', '7.4'],
])

transcript(t, 'switches of a connection', [
  ['CLIENT REPLY on', '+OK'],
  ['CLIENT REPLY MAYBE', '-ERR syntax error'],
  ['CLIENT REPLY', "-ERR wrong number of arguments for 'client|reply' command"],
  ['CLIENT NO-EVICT on', '+OK'],
  ['CLIENT NO-EVICT off', '+OK'],
  ['CLIENT NO-EVICT maybe', '-ERR syntax error'],
  ['CLIENT NO-EVICT', "-ERR wrong number of arguments for 'client|no-evict' command"],
  ['CLIENT NO-TOUCH ON', '+OK', '7.2'],
  ['CLIENT NO-TOUCH OFF', '+OK', '7.2'],
  ['CLIENT NO-TOUCH 1', '-ERR syntax error', '7.2'],
  ['CLIENT UNPAUSE', '+OK'],
  ['CLIENT UNPAUSE now', "-ERR wrong number of arguments for 'client|unpause' command"],
  ['CLIENT PAUSE', "-ERR wrong number of arguments for 'client|pause' command"],
  ['CLIENT PAUSE 0', '+OK'],
  ['CLIENT PAUSE x', '-ERR timeout is not an integer or out of range'],
  ['CLIENT PAUSE -1', '-ERR timeout is negative'],
  ['CLIENT PAUSE 1.5', '-ERR timeout is not an integer or out of range'],
  ['CLIENT PAUSE 1 SOME', '-ERR CLIENT PAUSE mode must be WRITE or ALL'],
  [
    'CLIENT PAUSE 1 WRITE now',
    "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.",
  ],
  ['CLIENT PAUSE 9223372036854775807', '-ERR timeout is out of range', '7.4'],
  ['CLIENT UNPAUSE', '+OK'],
  ['CLIENT UNBLOCK', "-ERR wrong number of arguments for 'client|unblock' command"],
  ['CLIENT UNBLOCK 123456789', ':0'],
  ['CLIENT UNBLOCK x', '-ERR value is not an integer or out of range'],
  ['CLIENT UNBLOCK 123456789 TIMEOUT', ':0'],
  ['CLIENT UNBLOCK 123456789 LATER', '-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR'],
  [
    'CLIENT UNBLOCK 123456789 ERROR now',
    "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.",
  ],
])

transcript(t, 'CLIENT TRACKING reads its options', [
  ['CLIENT TRACKINGINFO', ['$flags', ['$off'], '$redirect', ':-1', '$prefixes', []]],
  ['CLIENT GETREDIR', ':-1'],
  [
    'CLIENT CACHING YES',
    '-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
  ],
  ['CLIENT TRACKING MAYBE', '-ERR syntax error'],
  ['CLIENT TRACKING', "-ERR wrong number of arguments for 'client|tracking' command"],
  ['CLIENT TRACKING ON WHAT', '-ERR syntax error'],
  ['CLIENT TRACKING ON REDIRECT', '-ERR syntax error'],
  ['CLIENT TRACKING ON REDIRECT x', '-ERR value is not an integer or out of range'],
  [
    'CLIENT TRACKING ON REDIRECT 123456789',
    '-ERR The client ID you want redirect to does not exist',
  ],
  ['CLIENT TRACKING ON PREFIX a', '-ERR PREFIX option requires BCAST mode to be enabled'],
  ['CLIENT TRACKING ON PREFIX', '-ERR syntax error'],
  ['CLIENT TRACKING ON BCAST OPTIN', '-ERR OPTIN and OPTOUT are not compatible with BCAST'],
  ['CLIENT TRACKING ON BCAST OPTOUT', '-ERR OPTIN and OPTOUT are not compatible with BCAST'],
  ['CLIENT TRACKING ON OPTIN OPTOUT', "-ERR You can't specify both OPTIN mode and OPTOUT mode"],
  ['CLIENT TRACKING ON', '+OK'],
  ['CLIENT GETREDIR', ':0'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$on'], '$redirect', ':0', '$prefixes', []]],
  [
    'CLIENT CACHING YES',
    '-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.',
  ],
  [
    'CLIENT CACHING NO',
    '-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.',
  ],
  ['CLIENT CACHING MAYBE', '-ERR syntax error'],
  ['CLIENT CACHING', "-ERR wrong number of arguments for 'client|caching' command"],
  [
    'CLIENT TRACKING ON BCAST',
    "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
  ],
  ['CLIENT TRACKING ON NOLOOP', '+OK'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$on', '$noloop'], '$redirect', ':0', '$prefixes', []]],
  ['CLIENT TRACKING ON', '+OK'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$on'], '$redirect', ':0', '$prefixes', []]],
  ['CLIENT TRACKING OFF', '+OK'],
  ['CLIENT TRACKING OFF', '+OK'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$off'], '$redirect', ':-1', '$prefixes', []]],
])

transcript(t, "CLIENT TRACKING's modes do not mix", [
  ['CLIENT TRACKING ON OPTIN', '+OK'],
  [
    'CLIENT CACHING NO',
    '-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.',
  ],
  ['CLIENT CACHING YES', '+OK'],
  [
    'CLIENT TRACKINGINFO',
    ['$flags', ['$on', '$optin', '$caching-yes'], '$redirect', ':0', '$prefixes', []],
  ],
  [
    'CLIENT TRACKINGINFO',
    ['$flags', ['$on', '$optin', '$caching-yes'], '$redirect', ':0', '$prefixes', []],
  ],
  [
    'CLIENT TRACKING ON OPTOUT',
    "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
  ],
  ['CLIENT TRACKING ON', '+OK'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$on'], '$redirect', ':0', '$prefixes', []]],
  ['CLIENT TRACKING ON OPTOUT', '+OK'],
  [
    'CLIENT CACHING YES',
    '-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.',
  ],
  ['CLIENT CACHING NO', '+OK'],
  [
    'CLIENT TRACKINGINFO',
    ['$flags', ['$on', '$optout', '$caching-no'], '$redirect', ':0', '$prefixes', []],
  ],
  ['CLIENT TRACKING OFF', '+OK'],
  ['CLIENT TRACKING ON BCAST', '+OK'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$on', '$bcast'], '$redirect', ':0', '$prefixes', ['$']]],
  [
    'CLIENT TRACKING ON BCAST PREFIX a',
    "-ERR Prefix 'a' overlaps with an existing prefix ''. Prefixes for a single client must not overlap.",
  ],
  [
    'CLIENT TRACKING ON',
    "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
  ],
  ['CLIENT TRACKING OFF', '+OK'],
  ['CLIENT TRACKING ON BCAST PREFIX user: PREFIX post:', '+OK'],
  [
    'CLIENT TRACKINGINFO',
    ['$flags', ['$on', '$bcast'], '$redirect', ':0', '$prefixes', ['$post:', '$user:']],
  ],
  [
    'CLIENT TRACKING ON BCAST PREFIX user:1',
    "-ERR Prefix 'user:1' overlaps with an existing prefix 'user:'. Prefixes for a single client must not overlap.",
  ],
  [
    'CLIENT TRACKING ON BCAST PREFIX use',
    "-ERR Prefix 'use' overlaps with an existing prefix 'user:'. Prefixes for a single client must not overlap.",
  ],
  [
    'CLIENT TRACKING ON BCAST PREFIX x PREFIX xy',
    "-ERR Prefix 'x' overlaps with another provided prefix 'xy'. Prefixes for a single client must not overlap.",
  ],
  [
    'CLIENT TRACKING ON BCAST PREFIX x PREFIX x',
    "-ERR Prefix 'x' overlaps with another provided prefix 'x'. Prefixes for a single client must not overlap.",
  ],
  ['CLIENT TRACKING ON BCAST PREFIX comment: NOLOOP', '+OK'],
  [
    'CLIENT TRACKINGINFO',
    [
      '$flags',
      ['$on', '$bcast', '$noloop'],
      '$redirect',
      ':0',
      '$prefixes',
      ['$comment:', '$post:', '$user:'],
    ],
  ],
  ['CLIENT TRACKING ON BCAST OPTIN', '-ERR OPTIN and OPTOUT are not compatible with BCAST'],
  ['CLIENT TRACKING OFF', '+OK'],
  ['CLIENT TRACKING OFF WHAT', '-ERR syntax error'],
  ['CLIENT TRACKING OFF BCAST', '+OK'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$off'], '$redirect', ':-1', '$prefixes', []]],
])

transcript(t, "of CLIENT's words in a transaction and in a script", [
  ['MULTI', '+OK'],
  ['CLIENT SETNAME queued', '+QUEUED'],
  ['CLIENT GETNAME', '+QUEUED'],
  ['CLIENT TRACKING ON OPTIN', '+QUEUED'],
  ['CLIENT CACHING YES', '+QUEUED'],
  ['CLIENT GETREDIR', '+QUEUED'],
  ['CLIENT TRACKING OFF', '+QUEUED'],
  ['CLIENT NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['CLIENT GETNAME', '(nil)'],
  ['MULTI', '+OK'],
  ['CLIENT SETNAME queued', '+QUEUED'],
  ['CLIENT GETNAME', '+QUEUED'],
  ['CLIENT TRACKING ON OPTIN', '+QUEUED'],
  ['CLIENT CACHING YES', '+QUEUED'],
  ['CLIENT GETREDIR', '+QUEUED'],
  ['CLIENT TRACKING OFF', '+QUEUED'],
  ['EXEC', ['+OK', '$queued', '+OK', '+OK', ':0', '+OK']],
  [
    "EVAL \"return redis.call('CLIENT', 'ID')\" 0",
    '-ERR This Redis command is not allowed from script script: 233f7441432f0547699dda06f84256b93e1c9189, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.call('CLIENT', 'LIST')\" 0",
    '-ERR This Redis command is not allowed from script script: bf22247ab5e7daf29835dab8c077254ea69c8e9d, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.call('CLIENT', 'NOSUCH')\" 0",
    '-ERR Unknown Redis command called from script script: 2b5ee2447a74b0c38b6f9462bd7babe50c4090e2, on @user_script:1.',
  ],
])

scene(t, 'CLIENT REPLY SKIP leaves out one reply, OFF all that follow', [
  ['a', 'CLIENT REPLY SKIP | PING a | PING b', { a: ['$b'] }],
  ['a', 'CLIENT REPLY SKIP | CLIENT REPLY SKIP | PING a | PING b', { a: ['$b'] }],
  [
    'a',
    'CLIENT REPLY OFF | PING a | SET k v | NOSUCH | CLIENT REPLY ON | GET k',
    { a: ['+OK', '$v'] },
  ],
  [
    'a',
    'CLIENT REPLY OFF | CLIENT REPLY SKIP | PING a | CLIENT REPLY ON | PING b',
    { a: ['+OK', '$b'] },
  ],
  ['a', 'CLIENT REPLY OFF | RESET | PING', { a: ['+RESET', '+PONG'] }],
  [
    'a',
    'MULTI | INCR n | CLIENT REPLY ON | EXEC',
    { a: ['+OK', '+QUEUED', '+QUEUED', [':1', '+OK']] },
  ],
])

scene(t, 'messages come through CLIENT REPLY OFF', [
  ['a', 'CLIENT REPLY OFF | SUBSCRIBE news | PING', { a: [['$subscribe', '$news', ':1']] }],
  ['b', 'PUBLISH news hello', { b: [':1'], a: [['$message', '$news', '$hello']] }],
])

scene(t, 'CLIENT KILL closes who matches, and says how many', [
  ['a', 'PING', { a: ['+PONG'] }],
  ['p', 'CLIENT KILL ID @a', { p: [':1'], a: [CLOSED] }],
  ['p', 'CLIENT KILL ID @a', { p: [':0'] }],
  ['p', 'ACL SETUSER ann on nopass +@all', { p: ['+OK'] }],
  ['b', 'AUTH ann x', { b: ['+OK'] }],
  ['c', 'AUTH ann x', { c: ['+OK'] }],
  ['p', 'CLIENT KILL USER ann TYPE normal', { p: [':2'], b: [CLOSED], c: [CLOSED] }],
  ['d', 'SUBSCRIBE news', { d: [['$subscribe', '$news', ':1']] }],
  ['p', 'CLIENT KILL TYPE pubsub', { p: [':1'], d: [CLOSED] }],
  ['p', 'PUBLISH news x', { p: [':0'] }],
  ['p', 'CLIENT KILL ID @p', { p: [':0'] }],
  ['p', 'CLIENT KILL ID @p SKIPME no | PING', { p: [':1', CLOSED] }],
])

scene(t, 'who is killed while it waits is closed, and served nothing', [
  ['a', 'BLPOP k 0'],
  ['p', 'CLIENT KILL ID @a', { p: [':1'], a: [CLOSED] }],
  ['p', 'RPUSH k x | LLEN k', { p: [':1', ':1'] }],
])

scene(t, 'who kills itself in a transaction gets the whole reply', [
  [
    'p',
    'MULTI | INCR n | CLIENT KILL ID @p SKIPME no | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', [':1', ':1'], CLOSED] },
  ],
  ['b', 'GET n', { b: ['$1'] }],
])

scene(t, 'CLIENT PAUSE WRITE holds what writes until CLIENT UNPAUSE', [
  ['p', 'CLIENT PAUSE 1000000 WRITE', { p: ['+OK'] }],
  ['a', 'GET k | SET k v | GET k', { a: ['(nil)'] }],
  ['b', 'PUBLISH c m', { b: [] }],
  [
    'c',
    'MULTI | GET k | EXEC | MULTI | INCR n | EXEC',
    { c: ['+OK', '+QUEUED', ['(nil)'], '+OK'] },
  ],
  ['d', `EVAL "return 1" 0`, { d: [] }],
  ['e', `EVAL_RO "return 1" 0`, { e: [':1'] }],
  ['p', 'EXISTS k n', { p: [':0'] }],
  [
    'p',
    'CLIENT UNPAUSE',
    { p: ['+OK'], a: ['+OK', '$v'], b: [':0'], c: ['+QUEUED', [':1']], d: [':1'] },
  ],
])

scene(t, 'CLIENT PAUSE holds all, and who is killed meanwhile runs nothing', [
  ['a', 'PING', { a: ['+PONG'] }],
  ['b', 'CLIENT NO-EVICT on', { b: ['+OK'] }],
  [
    'p',
    'MULTI | CLIENT PAUSE 1000000 | SET p 1 | CLIENT UNPAUSE | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', '+QUEUED', ['+OK', '+OK', '+OK']] },
  ],
  ['a', 'SET k v', { a: ['+OK'] }],
])

const FIELDS =
  'id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem ' +
  'multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver'

onBoth(
  t,
  'CLIENT LIST shows the state of each connection',
  async (t, server) => {
    const [a, b] = [await server.connect(), await server.connect()]
    const fieldsOf = async (words: readonly string[]): Promise<Map<string, string>> => {
      const text = String(await b.ask(...words)).slice(1)
      return new Map(
        text
          .trim()
          .split(' ')
          .map(field => field.split('=', 2) as [string, string]),
      )
    }
    const id = String(await a.ask('CLIENT', 'ID')).slice(1)
    const shown = async (names: string): Promise<string> => {
      const fields = await fieldsOf(['CLIENT', 'LIST', 'ID', id])
      return names
        .split(' ')
        .map(name => fields.get(name))
        .join(' ')
    }
    t.equal([...(await fieldsOf(['CLIENT', 'INFO'])).keys()].join(' '), FIELDS)
    t.equal(
      await shown('flags db multi watch name user resp redir cmd'),
      'N 0 -1 0  default 2 -1 client|id',
    )
    await a.call('HELLO', '3', 'SETNAME', 'me')
    await a.call('SELECT', '2')
    t.equal(await shown('flags db name resp cmd'), 'N 2 me 3 select')
    await a.call('WATCH', 'k', 'l')
    t.equal(await shown('flags multi watch cmd'), 'N -1 2 watch')
    await a.call('MULTI')
    await a.call('GET', 'k')
    t.equal(await shown('flags multi watch cmd'), 'x 1 2 get')
    await b.call('SELECT', '2')
    await b.call('SET', 'k', 'v')
    t.equal(await shown('flags multi watch'), 'xd 1 0')
    await a.call('DISCARD')
    await a.call('SUBSCRIBE', 'x', 'y')
    await a.next()
    await a.call('PSUBSCRIBE', 'z*')
    await a.call('SSUBSCRIBE', 's')
    t.equal(await shown('flags sub psub ssub watch cmd'), 'P 2 1 1 0 ssubscribe')
    await a.call('UNSUBSCRIBE', 'x')
    await a.call('CLIENT', 'NO-EVICT', 'on')
    await a.call('CLIENT', 'NO-TOUCH', 'on')
    await a.call('CLIENT', 'SETINFO', 'LIB-NAME', 'lib')
    await a.call('CLIENT', 'SETINFO', 'LIB-VER', '1.2')
    t.equal(await shown('flags sub lib-name lib-ver cmd'), 'PeT 1 lib 1.2 client|setinfo')
    await a.call('RESET')
    t.equal(await shown('flags db sub psub ssub name resp cmd'), 'N 0 0 0 0  2 reset')
    await a.call('NOSUCH')
    t.equal(await shown('cmd'), 'NULL')
    const unix = await fieldsOf(['CLIENT', 'INFO'])
    t.match(unix.get('addr'), /^127\.0\.0\.1:\d+$/)
    t.match(unix.get('laddr'), /^127\.0\.0\.1:\d+$/)
  },
  { since: [7, 4] },
)
