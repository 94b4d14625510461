// What a connection is: its login, its protocol, its database, its end.

import t from 'tap'
import { ANY, CLOSED, scene } from '../helpers/scene.ts'
import { transcript } from '../helpers/transcript.ts'

transcript(t, 'PING, ECHO and SELECT', [
  ['PING', '+PONG'],
  ['PING hello', '$hello'],
  ['PING a b', "-ERR wrong number of arguments for 'ping' command"],
  ['PING ""', '$'],
  ['ECHO hello', '$hello'],
  ['ECHO "\\r\\n\\x00"', '$\r\n\u0000'],
  ['ECHO', "-ERR wrong number of arguments for 'echo' command"],
  ['ECHO a b', "-ERR wrong number of arguments for 'echo' command"],
  ['SELECT 1', '+OK'],
  ['SET k one', '+OK'],
  ['SELECT 0', '+OK'],
  ['GET k', '(nil)'],
  ['SELECT 15', '+OK'],
  ['SELECT 16', '-ERR DB index is out of range'],
  ['SELECT -1', '-ERR DB index is out of range'],
  ['SELECT x', '-ERR value is not an integer or out of range'],
  ['SELECT 1.5', '-ERR value is not an integer or out of range'],
  [
    'SELECT 99999999999',
    '-ERR value is out of range, value must between -2147483648 and 2147483647',
  ],
  ['SELECT', "-ERR wrong number of arguments for 'select' command"],
  ['SELECT 0 1', "-ERR wrong number of arguments for 'select' command"],
])

transcript(t, 'HELLO reads its options before it does anything', [
  ['HELLO', ANY, 'shape'],
  ['HELLO x', '-ERR Protocol version is not an integer or out of range'],
  ['HELLO 1', '-NOPROTO unsupported protocol version'],
  ['HELLO 4', '-NOPROTO unsupported protocol version'],
  ['HELLO 2 WHAT', "-ERR Syntax error in HELLO option 'WHAT'"],
  ['HELLO 2 AUTH default', "-ERR Syntax error in HELLO option 'AUTH'"],
  ['HELLO 2 SETNAME', "-ERR Syntax error in HELLO option 'SETNAME'"],
  [
    'HELLO 2 SETNAME "two words"',
    '-ERR Client names cannot contain spaces, newlines or special characters.',
  ],
  [
    'HELLO 2 SETNAME early AUTH nobody wrong',
    '-WRONGPASS invalid username-password pair or user is disabled.',
  ],
  ['CLIENT GETNAME', '(nil)', '7.4'],
  ['HELLO 2 SETNAME early WHAT', "-ERR Syntax error in HELLO option 'WHAT'"],
  ['CLIENT GETNAME', '(nil)', '7.4'],
  ['HELLO 99999999999999999999 AUTH', '-ERR Protocol version is not an integer or out of range'],
])

transcript(t, 'AUTH without and with users', [
  ['AUTH', "-ERR wrong number of arguments for 'auth' command"],
  [
    'AUTH anything',
    '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
  ],
  ['AUTH default anything', '+OK'],
  ['AUTH nobody anything', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['AUTH a b c', '-ERR syntax error'],
  ['ACL SETUSER ann on >secret +get ~a*', '+OK'],
  ['AUTH ann wrong', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['AUTH ann ""', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['ACL WHOAMI', '$default'],
  ['AUTH ann secret', '+OK'],
  ['GET a1', '(nil)'],
  ['GET b1', '-NOPERM No permissions to access a key', '7.4'],
  ['ACL WHOAMI', "-NOPERM User ann has no permissions to run the 'acl|whoami' command", '7.4'],
  ['SELECT 1', "-NOPERM User ann has no permissions to run the 'select' command", '7.4'],
  ['PING', "-NOPERM User ann has no permissions to run the 'ping' command", '7.4'],
  ['ECHO x', "-NOPERM User ann has no permissions to run the 'echo' command", '7.4'],
  ['AUTH ann wrong', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['GET a1', '(nil)'],
  ['AUTH default anything', '+OK'],
  ['ACL WHOAMI', '$default'],
  ['ACL SETUSER ann off', '+OK'],
  ['AUTH ann secret', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['ACL DELUSER ann', ':1'],
])

transcript(t, 'a RESP2 subscriber may do little else', [
  ['SUBSCRIBE news', ['$subscribe', '$news', ':1']],
  ['PING', ['$pong', '$']],
  ['PING hi', ['$pong', '$hi']],
  [
    'GET k',
    "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
  ],
  [
    'ECHO x',
    "-ERR Can't execute 'echo': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
  ],
  [
    'SELECT 1',
    "-ERR Can't execute 'select': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
  ],
  ['HELLO 2', ANY, 'shape'],
  [
    'AUTH x',
    "-ERR Can't execute 'auth': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
  ],
  [
    'MULTI',
    "-ERR Can't execute 'multi': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
  ],
  [
    'CLIENT ID',
    "-ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
  ],
  ['NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
  ['PING a b', "-ERR wrong number of arguments for 'ping' command"],
  ['RESET', '+RESET'],
  ['PING', '+PONG'],
  ['SUBSCRIBE news', ['$subscribe', '$news', ':1']],
  ['UNSUBSCRIBE news', ['$unsubscribe', '$news', ':0']],
  ['PING', '+PONG'],
])

transcript(t, 'RESET takes a connection back to its beginning', [
  ['SELECT 3', '+OK'],
  ['CLIENT SETNAME busy', '+OK'],
  ['CLIENT TRACKING ON', '+OK'],
  ['MULTI', '+OK'],
  ['SET k v', '+QUEUED'],
  ['RESET', '+RESET'],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['CLIENT GETNAME', '(nil)'],
  ['CLIENT TRACKINGINFO', ['$flags', ['$off'], '$redirect', ':-1', '$prefixes', []]],
  ['DBSIZE', ':0'],
  ['CLIENT NO-EVICT on', '+OK'],
  ['RESET x', "-ERR wrong number of arguments for 'reset' command"],
])

transcript(t, "of a connection's state in a transaction", [
  ['MULTI', '+OK'],
  ['SELECT 2', '+QUEUED'],
  ['SET k two', '+QUEUED'],
  ['PING', '+QUEUED'],
  ['ECHO x', '+QUEUED'],
  ['AUTH default x', '+QUEUED'],
  ['EXEC', ['+OK', '+OK', '+PONG', '$x', '+OK']],
  ['GET k', '$two'],
  ['SELECT 0', '+OK'],
  ['EXISTS k', ':0'],
  ['MULTI', '+OK'],
  ['SELECT x', '+QUEUED'],
  ['SELECT 99', '+QUEUED'],
  ['EXEC', ['-ERR value is not an integer or out of range', '-ERR DB index is out of range']],
  ['MULTI', '+OK'],
  ['HELLO 4', '+QUEUED'],
  ['EXEC', ['-NOPROTO unsupported protocol version']],
  ['MULTI', '+OK'],
  ['SELECT', "-ERR wrong number of arguments for 'select' command"],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
])

const NOAUTH = '-NOAUTH Authentication required.'
const WRONGPASS = '-WRONGPASS invalid username-password pair or user is disabled.'

scene(t, 'before a login only a login, RESET and QUIT are answered', [
  ['p', 'CONFIG SET requirepass secret', { p: ['+OK'] }],
  ['p', 'PING', { p: ['+PONG'] }],
  ['a', 'PING | GET k | MULTI | SUBSCRIBE c', { a: [NOAUTH, NOAUTH, NOAUTH, NOAUTH] }],
  ['a', 'NOSUCH', { a: [/^-ERR unknown command 'NOSUCH'/] }],
  ['a', 'GET', { a: ["-ERR wrong number of arguments for 'get' command"] }],
  ['a', 'CLIENT NOSUCH', { a: ["-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP."] }],
  ['a', 'AUTH', { a: ["-ERR wrong number of arguments for 'auth' command"] }],
  // One a step: after other replies that wait to be sent, a real server says nothing of a failure.
  ['a', 'AUTH wrong', { a: [WRONGPASS] }],
  ['a', 'AUTH default wrong', { a: [WRONGPASS] }],
  [
    'a',
    'HELLO | HELLO 3',
    { a: [/^-NOAUTH HELLO must be called/, /^-NOAUTH HELLO must be called/] },
  ],
  ['a', 'HELLO 3 AUTH default wrong', { a: [WRONGPASS] }],
  ['a', 'HELLO 9', { a: ['-NOPROTO unsupported protocol version'] }],
  ['a', 'RESET | PING', { a: ['+RESET', NOAUTH] }],
  ['a', 'AUTH secret | PING', { a: ['+OK', '+PONG'] }],
  ['a', 'AUTH wrong | PING', { a: [WRONGPASS, '+PONG'] }],
  ['a', 'RESET | PING', { a: ['+RESET', NOAUTH] }],
  ['b', 'HELLO 3 AUTH default secret SETNAME b | PING', { b: [ANY, '+PONG'] }],
  ['c', 'QUIT', { c: ['+OK', CLOSED] }],
  ['d', 'PING', { d: [NOAUTH] }],
  ['p', 'CONFIG SET requirepass ""', { p: ['+OK'] }],
  ['d', 'PING', { d: ['+PONG'] }],
])

scene(t, 'QUIT answers, and what follows it is not read', [
  ['a', 'SET k 1 | QUIT | SET k 2', { a: ['+OK', '+OK', CLOSED] }],
  ['b', 'GET k', { b: ['$1'] }],
  ['c', 'MULTI | SET k 3 | QUIT', { c: ['+OK', '+QUEUED', '+OK', CLOSED] }],
  ['d', 'SUBSCRIBE news | QUIT', { d: [ANY, '+OK', CLOSED] }],
  ['e', 'QUIT now', { e: ['+OK', CLOSED] }],
  ['b', 'GET k | PUBLISH news x', { b: ['$1', ':0'] }],
])

scene(
  t,
  'in RESP3 a subscriber may do anything, and its messages are pushes',
  [
    ['a', 'HELLO 3 | SUBSCRIBE news', { a: [ANY, ['$subscribe', '$news', ':1']] }],
    ['a', 'PING | SET k v | GET k', { a: ['+PONG', '+OK', '$v'] }],
    ['b', 'PUBLISH news hello', { b: [':1'], a: [['$message', '$news', '$hello']] }],
    ['a', 'PUBLISH news own', { a: [':1', ['$message', '$news', '$own']] }],
    [
      'a',
      'MULTI | PUBLISH news queued | PING | EXEC',
      { a: ['+OK', '+QUEUED', '+QUEUED', [':1', '+PONG'], ['$message', '$news', '$queued']] },
    ],
    ['a', 'HELLO 2', { a: [ANY] }],
    ['a', 'GET k | PING', { a: [/^-ERR Can't execute 'get'/, ['$pong', '$']] }],
  ],
  { since: [7, 2] },
)
