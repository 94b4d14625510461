// The exercises, from the first key pattern to selectors and passwords.

import type { Exercise } from './exercise.ts'

export const EXERCISES: readonly Exercise[] = [
  {
    id: 'reader',
    title: 'A reader',
    task:
      'Make a user `reader` who may run GET and MGET on keys that begin with `cache:`, and do ' +
      'nothing else at all.',
    hints: [
      'A new user may do nothing: only what is allowed has to be written.',
      'A rule for commands begins with +, a rule for keys with ~ or %R~.',
      'ACL SETUSER reader %R~cache:* +get and one command more.',
    ],
    start: [],
    users: [
      {
        name: 'reader',
        allow: ['GET cache:1', 'MGET cache:1 cache:b'],
        deny: ['GET other', 'MGET cache:1 other', 'SET cache:1 x', 'KEYS *'],
        rights: '~cache:* +get +mget',
      },
    ],
  },
  {
    id: 'no-sessions',
    title: 'Not the sessions',
    task:
      'The user `web` may GET every key, and reads sessions that are none of its business. Let it ' +
      'GET keys that begin with `cache:` or with `page:`, and no others (sessions begin with ' +
      '`session:`).',
    hints: [
      'There is no rule that takes one pattern away from a wider one.',
      '`resetkeys` forgets all key patterns.',
      'ACL SETUSER web resetkeys ~cache:* and one pattern more.',
    ],
    start: [
      'user web on #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ~* +get',
    ],
    users: [
      {
        name: 'web',
        allow: ['GET cache:1', 'GET page:home'],
        deny: ['GET session:1', 'GET cachesession', 'SET cache:1 x'],
        rights: '~cache:* ~page:* +get',
      },
    ],
  },
  {
    id: 'copy',
    title: 'One way',
    task:
      'Make a user `archiver` who may COPY from keys that begin with `live:` to keys that begin ' +
      'with `archive:`, but never the other way, nor onto a `live:` key. COPY is all it may run.',
    hints: [
      'COPY reads its first key and writes its second.',
      '%R~ gives the right to read, %W~ the right to write.',
    ],
    start: [],
    users: [
      {
        name: 'archiver',
        allow: ['COPY live:1 archive:1'],
        deny: ['COPY archive:1 live:1', 'COPY live:1 live:2', 'COPY archive:1 archive:2'],
        rights: '%R~live:* %W~archive:* +copy',
      },
    ],
  },
  {
    id: 'categories',
    title: 'Reading, but not everything',
    task:
      'Make a user `analyst` who may run every command of the category @read on keys that begin ' +
      'with `stats:`, except those that are also in the category @dangerous (KEYS is one).',
    hints: [
      'Rules for commands stand in order: what comes later changes what came before.',
      'A category is taken away with -@ and its name.',
    ],
    start: [],
    users: [
      {
        name: 'analyst',
        allow: ['GET stats:1', 'HGETALL stats:h', 'ZRANGE stats:z 0 -1', 'SCAN 0'],
        deny: ['KEYS *', 'SORT_RO stats:l', 'GET other', 'SET stats:1 x', 'CONFIG GET maxmemory'],
        rights: '~stats:* +@read -@dangerous',
      },
    ],
  },
  {
    id: 'subcommands',
    title: 'Parts of a command',
    task:
      'Make a user `probe` for monitoring: it may run PING, INFO, CLIENT LIST and CONFIG GET. It ' +
      'may run no other part of CLIENT and CONFIG, and no other command.',
    hints: [
      'A subcommand is written after a bar: +command|count.',
      '+client would allow all of it.',
    ],
    start: [],
    users: [
      {
        name: 'probe',
        allow: ['PING', 'INFO', 'CLIENT LIST', 'CONFIG GET maxmemory'],
        deny: ['CLIENT KILL 1.2.3.4:5', 'CONFIG SET maxmemory 1', 'CLIENT ID', 'GET x'],
        rights: '~* &* +ping +info +client|list +config|get',
      },
    ],
  },
  {
    id: 'all-but',
    title: 'Everything but',
    task:
      'Make a user `app` who may run every command on every key and every channel, except the ' +
      'commands of the categories @admin and @dangerous.',
    hints: [
      '+@all, ~* and &* give everything.',
      'What is to be taken away must come after +@all.',
      'Two categories are taken away by two rules.',
    ],
    start: [],
    users: [
      {
        name: 'app',
        allow: ['SET x 1', 'EVAL "" 0', 'PUBLISH c m', 'SUBSCRIBE c', 'PSUBSCRIBE c*', 'HGETALL h'],
        deny: ['FLUSHALL', 'CONFIG GET maxmemory', 'KEYS *', 'ACL LIST', 'SHUTDOWN', 'INFO'],
        rights: '~* &* +@all -@admin -@dangerous',
      },
    ],
  },
  {
    id: 'channels',
    title: 'Speaking and listening',
    task:
      'Make two users. `listener` may SUBSCRIBE to channels that begin with `news.`; `speaker` may ' +
      'PUBLISH to the channel `news.sport`, and to no other. Neither may do anything else.',
    hints: [
      'A rule for channels begins with &.',
      'Channels are not keys: ~news.* says nothing of them.',
    ],
    start: [],
    users: [
      {
        name: 'listener',
        allow: ['SUBSCRIBE news.sport', 'SUBSCRIBE news.a news.b'],
        deny: ['SUBSCRIBE other', 'PUBLISH news.sport x', 'PSUBSCRIBE *', 'GET x'],
        rights: '~* &news.* +subscribe',
      },
      {
        name: 'speaker',
        allow: ['PUBLISH news.sport x'],
        deny: ['PUBLISH news.art x', 'SUBSCRIBE news.sport', 'GET x'],
        rights: '~* &news.sport +publish',
      },
    ],
  },
  {
    id: 'pattern-subscribe',
    title: 'A pattern, to the letter',
    task:
      'Make a user `feed` who may run PSUBSCRIBE with the pattern `log.*`, and PUNSUBSCRIBE. It ' +
      'may do nothing else; also no narrower or wider pattern.',
    hints: [
      'Patterns of PSUBSCRIBE are compared with the rules letter by letter.',
      'PUNSUBSCRIBE asks for no channel, but is a command like others.',
    ],
    start: [],
    users: [
      {
        name: 'feed',
        allow: ['PSUBSCRIBE log.*', 'PUNSUBSCRIBE', 'PUNSUBSCRIBE log.*'],
        deny: ['PSUBSCRIBE *', 'PSUBSCRIBE log.a*', 'PSUBSCRIBE log*', 'SUBSCRIBE log.a'],
        rights: '~* &log.* +psubscribe +punsubscribe',
      },
    ],
  },
  {
    id: 'selectors',
    title: 'Alternatives',
    task:
      'Make a user `counter` who may INCR keys that begin with `hits:` and GET keys that begin ' +
      'with `conf:`. It may not GET `hits:` keys, not INCR `conf:` keys, and do nothing else.',
    hints: [
      'All commands and all keys of one set of rules belong together.',
      'Rules in parentheses, a selector, are a set of their own.',
      'ACL SETUSER counter ~hits:* +incr and (...) with the other half.',
    ],
    start: [],
    users: [
      {
        name: 'counter',
        allow: ['INCR hits:1', 'GET conf:a'],
        deny: ['GET hits:1', 'INCR conf:a', 'SET hits:1 x', 'GET other'],
        rights: '~hits:* +incr (~conf:* +get)',
      },
    ],
  },
  {
    id: 'escape',
    title: 'Brackets that are brackets',
    task:
      'Make a user `prices` who may GET and SET the one key whose name is exactly `price[eur]`, ' +
      'brackets included, and no other key.',
    hints: [
      '~price[eur] fits the keys pricee, priceu and pricer.',
      'A backslash takes away the meaning of the character after it.',
    ],
    start: [],
    users: [
      {
        name: 'prices',
        allow: ['GET price[eur]', 'SET price[eur] 3'],
        deny: ['GET pricee', 'GET price', 'SET price[usd] 3', 'DEL price[eur]'],
        rights: '~price\\[eur\\] +get +set',
      },
    ],
  },
  {
    id: 'script',
    title: 'What a script does',
    task:
      'Make a user `limiter` for a rate limit. It loads its script by EVAL and runs it by EVALSHA, ' +
      'with one key that begins with `rate:`. The script calls INCR and EXPIRE on that key. The ' +
      'user may run these four commands on these keys, and nothing else.',
    hints: [
      'Every command of a script is checked as if the user had sent it.',
      'EVAL reads and writes the keys that are named to it.',
    ],
    start: [],
    users: [
      {
        name: 'limiter',
        allow: ['EVAL x 1 rate:a', 'EVALSHA x 1 rate:a', 'INCR rate:a', 'EXPIRE rate:a 60'],
        deny: ['EVAL x 1 other', 'INCR other', 'GET rate:a', 'SCRIPT FLUSH', 'SET rate:a 1'],
        rights: '~rate:* +eval +evalsha +incr +expire',
      },
    ],
  },
  {
    id: 'rotate',
    title: 'A new password',
    task:
      'The user `svc` logs in with the password `spring`. From now on its password is `autumn`, ' +
      'and `spring` must no longer do. It keeps its rights: GET on keys that begin with `svc:`.',
    hints: [
      '>word adds a password and leaves the others.',
      '<word removes one; resetpass removes all, and then none is left.',
    ],
    start: ['user svc on >spring ~svc:* +get'],
    users: [
      {
        name: 'svc',
        allow: ['GET svc:1'],
        deny: ['SET svc:1 x', 'GET other'],
        rights: '~svc:* +get',
        canLogIn: true,
        passwords: { right: ['autumn'], wrong: ['spring', 'winter'] },
      },
    ],
  },
  {
    id: 'default-off',
    title: 'Nobody without a name',
    task:
      'Everybody may do everything: the default user needs no password. Make a user `admin` with ' +
      'the password `castle` who can log in and may do everything with every key and channel, and ' +
      'switch the default user off.',
    hints: [
      'A new user is off until a rule says on.',
      'The default user is changed like any other: ACL SETUSER default ...',
    ],
    start: [],
    users: [
      {
        name: 'admin',
        allow: ['SET x 1', 'FLUSHALL', 'CONFIG GET maxmemory', 'PUBLISH c m', 'PSUBSCRIBE *'],
        rights: '~* &* +@all',
        canLogIn: true,
        passwords: { right: ['castle'], wrong: ['other'] },
      },
      { name: 'default', canLogIn: false },
    ],
  },
]
