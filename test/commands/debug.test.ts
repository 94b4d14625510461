// DEBUG: replies of every type, fingerprints of data, and looks into values.

import t from 'tap'
import { onBoth } from '../helpers/both.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

transcript(t, 'DEBUG PROTOCOL shows a reply of every type', [
  ['DEBUG PROTOCOL string', '$Hello World'],
  ['DEBUG PROTOCOL integer', ':12345'],
  ['DEBUG PROTOCOL double', '$3.141'],
  ['DEBUG PROTOCOL null', '(nil)'],
  ['DEBUG PROTOCOL array', [':0', ':1', ':2']],
  ['DEBUG PROTOCOL set', [':0', ':1', ':2']],
  ['DEBUG PROTOCOL map', [':0', ':0', ':1', ':1', ':2', ':0']],
  ['DEBUG PROTOCOL bignum', '$1234567999999999999999999999999999999'],
  ['DEBUG PROTOCOL true', ':1'],
  ['DEBUG PROTOCOL false', ':0'],
  ['DEBUG PROTOCOL verbatim', '$This is a verbatim\nstring'],
  [
    'DEBUG PROTOCOL nosuch',
    '-ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
  ],
  [
    'DEBUG PROTOCOL',
    "-ERR unknown subcommand or wrong number of arguments for 'PROTOCOL'. Try DEBUG HELP.",
  ],
])

transcript(t, "DEBUG's words, and what they take", [
  ['DEBUG', "-ERR wrong number of arguments for 'debug' command"],
  [
    'DEBUG NOSUCH',
    "-ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.",
  ],
  [
    'DEBUG ERROR',
    "-ERR unknown subcommand or wrong number of arguments for 'ERROR'. Try DEBUG HELP.",
  ],
  ['DEBUG ERROR "CODE text"', '-CODE text'],
  ['DEBUG ERROR "-CODE text"', '--CODE text'],
  ['DEBUG ERROR "two\\nlines"', '-two lines'],
  ['DEBUG LOG hello', '+OK'],
  ['DEBUG LOG', "-ERR unknown subcommand or wrong number of arguments for 'LOG'. Try DEBUG HELP."],
  ['DEBUG SLEEP 0', '+OK'],
  ['DEBUG SLEEP x', '+OK'],
  [
    'DEBUG SLEEP',
    "-ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP.",
  ],
  ['DEBUG SET-ACTIVE-EXPIRE 0', '+OK'],
  ['DEBUG SET-ACTIVE-EXPIRE 1', '+OK'],
  [
    'DEBUG SET-ACTIVE-EXPIRE',
    "-ERR unknown subcommand or wrong number of arguments for 'SET-ACTIVE-EXPIRE'. Try DEBUG HELP.",
  ],
  ['DEBUG QUICKLIST-PACKED-THRESHOLD 100b', '+OK'],
  ['DEBUG CHANGE-REPL-ID', '+OK'],
  [
    'DEBUG STRINGMATCH-LEN 10 a*',
    "-ERR unknown subcommand or wrong number of arguments for 'STRINGMATCH-LEN'. Try DEBUG HELP.",
  ],
  [
    'DEBUG STRINGMATCH-LEN',
    "-ERR unknown subcommand or wrong number of arguments for 'STRINGMATCH-LEN'. Try DEBUG HELP.",
  ],
  ['DEBUG SET-DISABLE-DENY-SCRIPTS 0', '+OK'],
  ['DEBUG DICT-RESIZING 1', '+OK', '7.2'],
  [
    'DEBUG DICT-RESIZING',
    "-ERR unknown subcommand or wrong number of arguments for 'DICT-RESIZING'. Try DEBUG HELP.",
    '7.2',
  ],
  ['DEBUG REPLYBUFFER RESIZING 1', '+OK', '7.2'],
  [
    'DEBUG REPLYBUFFER NOSUCH 1',
    "-ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG HELP.",
    '7.2',
  ],
  ['DEBUG REPLYBUFFER PEAK-RESET-TIME reset', '+OK', '7.2'],
  [
    'DEBUG REPLYBUFFER',
    "-ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG HELP.",
    '7.2',
  ],
  ['DEBUG PAUSE-CRON 0', '+OK', '7.2'],
  [
    'DEBUG PAUSE-CRON',
    "-ERR unknown subcommand or wrong number of arguments for 'PAUSE-CRON'. Try DEBUG HELP.",
    '7.2',
  ],
  ['DEBUG HELP', ANY, 'shape'],
])

transcript(t, 'DEBUG DIGEST is the same for the same data', [
  ['DEBUG DIGEST', '+0000000000000000000000000000000000000000'],
  ['DEBUG DIGEST-VALUE none', ['+0000000000000000000000000000000000000000']],
  ['SET k v', '+OK'],
  ['DEBUG DIGEST', '+264ccf65edec66bccfa7cc659414ccca432057d2'],
  [
    'DEBUG DIGEST-VALUE k none k',
    [
      '+d79ee9fe5d5ad902d7f6620efc3b07b75ddd742f',
      '+0000000000000000000000000000000000000000',
      '+d79ee9fe5d5ad902d7f6620efc3b07b75ddd742f',
    ],
  ],
  ['SELECT 1', '+OK'],
  ['SET k v', '+OK'],
  ['DEBUG DIGEST', '+794cf907ddc694cc1d15645a71582e3d0a57d2a0'],
  ['DEL k', ':1'],
  ['SELECT 0', '+OK'],
  ['DEBUG DIGEST', '+264ccf65edec66bccfa7cc659414ccca432057d2'],
  ['HSET h a 1 b 2', ':2'],
  ['RPUSH l a b c', ':3'],
  ['SADD s a b c', ':3'],
  ['ZADD z 1 a 2.5 b', ':2'],
  [
    'DEBUG DIGEST-VALUE h l s z',
    [
      '+6c8f22b3bf510fdcfd6122dd0f908a80e88243bf',
      '+8bf72d812571eea9b927f3c11beb0c4165a6ff89',
      '+593c2414786d75446e97f4ea5d4b731f3313da72',
      '+c45c5b051acd64070e5ed1a949939d5145f806c5',
    ],
  ],
  ['DEBUG DIGEST', '+e06e5a9596054e78d1d81bb0a0ae20b845ab31ff'],
  ['DEBUG RELOAD', '+OK'],
  ['DEBUG DIGEST', '+e06e5a9596054e78d1d81bb0a0ae20b845ab31ff'],
  ['DEBUG RELOAD WHAT', '-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.'],
  [
    'DEBUG DIGEST x',
    "-ERR unknown subcommand or wrong number of arguments for 'DIGEST'. Try DEBUG HELP.",
  ],
])

transcript(t, 'DEBUG looks into values', [
  ['SET k v', '+OK'],
  ['RPUSH l a b', ':2'],
  ['HSET h f v', ':1'],
  ['SADD i 1 2', ':2'],
  ['ZADD z 1 a', ':1'],
  ['DEBUG OBJECT k', ANY, 'shape'],
  ['DEBUG OBJECT none', '-ERR no such key'],
  [
    'DEBUG OBJECT',
    "-ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.",
  ],
  [
    'DEBUG OBJECT k x',
    "-ERR unknown subcommand or wrong number of arguments for 'OBJECT'. Try DEBUG HELP.",
  ],
  ['DEBUG LISTPACK none', '-ERR no such key'],
  ['DEBUG LISTPACK k', '-ERR Not a listpack encoded object.'],
  ['DEBUG LISTPACK i', '-ERR Not a listpack encoded object.'],
  ['DEBUG LISTPACK l', '+Listpack structure printed on stdout', '7.2'],
  ['DEBUG LISTPACK h', '+Listpack structure printed on stdout'],
  ['DEBUG LISTPACK z', '+Listpack structure printed on stdout'],
  ['DEBUG QUICKLIST none', '-ERR no such key'],
  ['DEBUG QUICKLIST k', '-ERR Not a quicklist encoded object.'],
  ['DEBUG QUICKLIST l', '-ERR Not a quicklist encoded object.', '7.2'],
  ['DEBUG HTSTATS 0', ANY, 'shape'],
  ['DEBUG HTSTATS 99', '-ERR Out of range database'],
  ['DEBUG HTSTATS x', '-ERR value is not an integer or out of range'],
  ['DEBUG HTSTATS-KEY none', '-ERR no such key'],
  [
    'DEBUG HTSTATS-KEY h',
    '-ERR The value stored at the specified key is not represented using an hash table',
  ],
  [
    'DEBUG HTSTATS-KEY k',
    '-ERR The value stored at the specified key is not represented using an hash table',
  ],
])

transcript(t, 'DEBUG POPULATE makes keys', [
  ['DEBUG POPULATE 3', '+OK'],
  ['GET key:0', '$value:0'],
  ['GET key:2', '$value:2'],
  ['EXISTS key:3', ':0'],
  ['DEBUG POPULATE 2 user', '+OK'],
  ['GET user:1', '$value:1'],
  ['DEBUG POPULATE 2 big 12', '+OK'],
  ['GET big:0', '$value:0\u0000\u0000\u0000\u0000\u0000'],
  ['STRLEN big:1', ':12'],
  ['DEBUG POPULATE 2 cut 3', '+OK'],
  ['GET cut:0', '$val'],
  ['SET key:0 mine', '+OK'],
  ['DEBUG POPULATE 4', '+OK'],
  ['GET key:0', '$mine'],
  ['GET key:3', '$value:3'],
  ['DBSIZE', ':10'],
  ['DEBUG POPULATE x', '-ERR value is out of range, must be positive'],
  ['DEBUG POPULATE 1 a b', '-ERR value is out of range, must be positive'],
  [
    'DEBUG POPULATE 1 a 1 b',
    "-ERR unknown subcommand or wrong number of arguments for 'POPULATE'. Try DEBUG HELP.",
  ],
])

transcript(t, 'DEBUG in transactions and scripts', [
  ['MULTI', '+OK'],
  ['DEBUG DIGEST', '+QUEUED'],
  ['DEBUG NOSUCH', '+QUEUED'],
  ['DEBUG ERROR "CODE text"', '+QUEUED'],
  [
    'EXEC',
    [
      '+0000000000000000000000000000000000000000',
      "-ERR unknown subcommand or wrong number of arguments for 'NOSUCH'. Try DEBUG HELP.",
      '-CODE text',
    ],
  ],
  [
    "EVAL \"return redis.call('DEBUG', 'DIGEST')\" 0",
    '-ERR This Redis command is not allowed from script script: 45f5f1ed4e00150c320cf96fdd8750d8cadc4609, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.pcall('DEBUG', 'SLEEP', '0')\" 0",
    '-ERR This Redis command is not allowed from script',
  ],
])

transcript(
  t,
  'DEBUG is off unless enable-debug-command says otherwise',
  [
    [
      'DEBUG SLEEP 0',
      '-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
    ],
    [
      'DEBUG HELP',
      '-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
    ],
    ['DEBUG', "-ERR wrong number of arguments for 'debug' command"],
    [
      'DEBUG NOSUCH',
      '-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
    ],
    ['MULTI', '+OK'],
    [
      'DEBUG DIGEST',
      '-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
    ],
    ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
    [
      'CONFIG SET enable-debug-command yes',
      "-ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set immutable config",
    ],
  ],
  { config: [['enable-debug-command', 'no']] },
)

onBoth(
  t,
  'in RESP3 a reply may have attributes, and a push beside it',
  async (t, server) => {
    const wire = await server.connect()
    t.equal(
      await wire.ask('DEBUG', 'PROTOCOL', 'attrib'),
      '$Some real reply following the attribute',
    )
    t.equal(
      await wire.ask('DEBUG', 'PROTOCOL', 'push'),
      '-ERR RESP2 is not supported by this command',
    )
    await wire.call('HELLO', '3')
    const { reply, bytes } = await wire.call('DEBUG', 'PROTOCOL', 'attrib')
    t.equal(show(reply), '$Some real reply following the attribute')
    const attribute = '|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n'
    t.ok(bytes.toString('latin1').startsWith(attribute), bytes.toString('latin1'))
    t.equal(
      await wire.ask('DEBUG', 'PROTOCOL', 'push'),
      '$Some real reply following the push reply',
    )
    const push = (await wire.next()).reply
    t.equal(push.type, 'push')
    t.strictSame(show(push), ['$server-cpu-usage', ':42'])
  },
  { since: [7, 2] },
)
