// COMMAND: what clients are told of commands, and of the keys in theirs.

import fs from 'node:fs'
import t from 'tap'
import { onBoth } from '../helpers/both.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import type { Shown } from '../helpers/wire.ts'

const GET: Shown = [
  '$get',
  ':2',
  ['+readonly', '+fast'],
  ':1',
  ':1',
  ':1',
  ['+@read', '+@string', '+@fast'],
  [],
  [
    [
      '$flags',
      ['+RO', '+access'],
      '$begin_search',
      ['$type', '$index', '$spec', ['$index', ':1']],
      '$find_keys',
      ['$type', '$range', '$spec', ['$lastkey', ':0', '$keystep', ':1', '$limit', ':0']],
    ],
  ],
  [],
]
const CONFIG_GET: Shown = [
  '$config|get',
  ':-3',
  ['+admin', '+noscript', '+loading', '+stale'],
  ':0',
  ':0',
  ':0',
  ['+@admin', '+@slow', '+@dangerous'],
  [],
  [],
  [],
]

transcript(t, 'COMMAND INFO tells of commands and subcommands', [
  ['COMMAND', ANY, 'shape'],
  ['COMMAND COUNT', ANY, 'shape'],
  ['COMMAND INFO', ANY, 'shape'],
  ['COMMAND INFO get', [GET], '7.4'],
  [
    'COMMAND INFO GET nosuch mset',
    [
      GET,
      '(nil)',
      [
        '$mset',
        ':-3',
        ['+write', '+denyoom'],
        ':1',
        ':-1',
        ':2',
        ['+@write', '+@string', '+@slow'],
        ['$request_policy:multi_shard', '$response_policy:all_succeeded'],
        [
          [
            '$flags',
            ['+OW', '+update'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':1']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':-1', '$keystep', ':2', '$limit', ':0']],
          ],
        ],
        [],
      ],
    ],
    '7.4',
  ],
  ['COMMAND INFO config|get', [CONFIG_GET], '7.4'],
  ['COMMAND INFO CONFIG|GET config|nosuch get|x', [CONFIG_GET, '(nil)', '(nil)'], '7.4'],
  [
    'COMMAND INFO zunionstore eval bitfield xread',
    [
      [
        '$zunionstore',
        ':-4',
        ['+write', '+denyoom', '+movablekeys'],
        ':1',
        ':1',
        ':1',
        ['+@write', '+@sortedset', '+@slow'],
        [],
        [
          [
            '$flags',
            ['+OW', '+update'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':1']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':0', '$keystep', ':1', '$limit', ':0']],
          ],
          [
            '$flags',
            ['+RO', '+access'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':2']],
            '$find_keys',
            [
              '$type',
              '$keynum',
              '$spec',
              ['$keynumidx', ':0', '$firstkey', ':1', '$keystep', ':1'],
            ],
          ],
        ],
        [],
      ],
      [
        '$eval',
        ':-3',
        ['+noscript', '+stale', '+skip_monitor', '+no_mandatory_keys', '+movablekeys'],
        ':0',
        ':0',
        ':0',
        ['+@slow', '+@scripting'],
        [],
        [
          [
            '$notes',
            '$We cannot tell how the keys will be used so we assume the worst, RW and UPDATE',
            '$flags',
            ['+RW', '+access', '+update'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':2']],
            '$find_keys',
            [
              '$type',
              '$keynum',
              '$spec',
              ['$keynumidx', ':0', '$firstkey', ':1', '$keystep', ':1'],
            ],
          ],
        ],
        [],
      ],
      [
        '$bitfield',
        ':-2',
        ['+write', '+denyoom'],
        ':1',
        ':1',
        ':1',
        ['+@write', '+@bitmap', '+@slow'],
        [],
        [
          [
            '$notes',
            '$This command allows both access and modification of the key',
            '$flags',
            ['+RW', '+access', '+update', '+variable_flags'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':1']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':0', '$keystep', ':1', '$limit', ':0']],
          ],
        ],
        [],
      ],
      [
        '$xread',
        ':-4',
        ['+readonly', '+blocking', '+movablekeys'],
        ':0',
        ':0',
        ':0',
        ['+@read', '+@stream', '+@slow', '+@blocking'],
        [],
        [
          [
            '$flags',
            ['+RO', '+access'],
            '$begin_search',
            ['$type', '$keyword', '$spec', ['$keyword', '$STREAMS', '$startfrom', ':1']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':-1', '$keystep', ':1', '$limit', ':2']],
          ],
        ],
        [],
      ],
    ],
    '7.4',
  ],
  [
    'COMMAND INFO sort migrate memory|usage subscribe',
    [
      [
        '$sort',
        ':-2',
        ['+write', '+denyoom', '+movablekeys'],
        ':1',
        ':1',
        ':1',
        ['+@write', '+@set', '+@sortedset', '+@list', '+@slow', '+@dangerous'],
        [],
        [
          [
            '$flags',
            ['+RO', '+access'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':1']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':0', '$keystep', ':1', '$limit', ':0']],
          ],
          [
            '$notes',
            "$For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
            '$flags',
            ['+RO', '+access'],
            '$begin_search',
            ['$type', '$unknown', '$spec', []],
            '$find_keys',
            ['$type', '$unknown', '$spec', []],
          ],
          [
            '$notes',
            "$For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
            '$flags',
            ['+OW', '+update'],
            '$begin_search',
            ['$type', '$unknown', '$spec', []],
            '$find_keys',
            ['$type', '$unknown', '$spec', []],
          ],
        ],
        [],
      ],
      [
        '$migrate',
        ':-6',
        ['+write', '+movablekeys'],
        ':3',
        ':3',
        ':1',
        ['+@keyspace', '+@write', '+@slow', '+@dangerous'],
        ['$nondeterministic_output'],
        [
          [
            '$flags',
            ['+RW', '+access', '+delete'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':3']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':0', '$keystep', ':1', '$limit', ':0']],
          ],
          [
            '$flags',
            ['+RW', '+access', '+delete', '+incomplete'],
            '$begin_search',
            ['$type', '$keyword', '$spec', ['$keyword', '$KEYS', '$startfrom', ':-2']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':-1', '$keystep', ':1', '$limit', ':0']],
          ],
        ],
        [],
      ],
      [
        '$memory|usage',
        ':-3',
        ['+readonly'],
        ':2',
        ':2',
        ':1',
        ['+@read', '+@slow'],
        [],
        [
          [
            '$flags',
            ['+RO'],
            '$begin_search',
            ['$type', '$index', '$spec', ['$index', ':2']],
            '$find_keys',
            ['$type', '$range', '$spec', ['$lastkey', ':0', '$keystep', ':1', '$limit', ':0']],
          ],
        ],
        [],
      ],
      [
        '$subscribe',
        ':-2',
        ['+pubsub', '+noscript', '+loading', '+stale'],
        ':0',
        ':0',
        ':0',
        ['+@pubsub', '+@slow'],
        [],
        [],
        [],
      ],
    ],
    '7.4',
  ],
  [
    'COMMAND INFO multi auth',
    [
      [
        '$multi',
        ':1',
        ['+noscript', '+loading', '+stale', '+fast', '+allow_busy'],
        ':0',
        ':0',
        ':0',
        ['+@fast', '+@transaction'],
        [],
        [],
        [],
      ],
      [
        '$auth',
        ':-2',
        ['+noscript', '+loading', '+stale', '+fast', '+no_auth', '+allow_busy'],
        ':0',
        ':0',
        ':0',
        ['+@fast', '+@connection'],
        [],
        [],
        [],
      ],
    ],
    '7.4',
  ],
  ['COMMAND INFO nosuch', ['(nil)']],
  ['COMMAND INFO ""', ['(nil)']],
  ['COMMAND DOCS', ANY, 'shape'],
  ['COMMAND DOCS get', ANY, 'shape'],
  ['COMMAND DOCS nosuch', []],
  ['COMMAND COUNT x', "-ERR wrong number of arguments for 'command|count' command"],
  ['COMMAND NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP."],
  ['COMMAND HELP', ANY, 'shape'],
  ['COMMAND HELP x', "-ERR wrong number of arguments for 'command|help' command"],
])

transcript(t, 'COMMAND LIST filters', [
  ['COMMAND LIST', ANY, 'shape'],
  ['COMMAND LIST FILTERBY MODULE nosuch', []],
  [
    'COMMAND LIST FILTERBY PATTERN x*group*',
    [
      '$xinfo|groups',
      '$xgroup',
      '$xgroup|destroy',
      '$xgroup|createconsumer',
      '$xgroup|create',
      '$xgroup|help',
      '$xgroup|delconsumer',
      '$xgroup|setid',
      '$xreadgroup',
    ],
    'sorted',
  ],
  ['COMMAND LIST FILTERBY PATTERN HSCAN', ['$hscan'], 'sorted'],
  ['COMMAND LIST FILTERBY PATTERN nosuch', [], 'sorted'],
  [
    'COMMAND LIST FILTERBY ACLCAT transaction',
    ['$discard', '$watch', '$multi', '$unwatch', '$exec'],
    'sorted',
  ],
  [
    'COMMAND LIST FILTERBY ACLCAT hyperloglog',
    ['$pfdebug', '$pfselftest', '$pfmerge', '$pfadd', '$pfcount'],
    'sorted',
  ],
  ['COMMAND LIST FILTERBY ACLCAT nosuch', []],
  ['COMMAND LIST FILTERBY', '-ERR syntax error'],
  ['COMMAND LIST FILTERBY PATTERN', '-ERR syntax error'],
  ['COMMAND LIST FILTERBY PATTERN a b', '-ERR syntax error'],
  ['COMMAND LIST FILTERBY COLOUR red', '-ERR syntax error'],
  ['COMMAND LIST SORTBY PATTERN a', '-ERR syntax error'],
])

transcript(t, 'COMMAND GETKEYS finds keys by place, by number, by word and by name', [
  ['COMMAND GETKEYS GET k', ['$k']],
  ['COMMAND GETKEYS get k', ['$k']],
  ['COMMAND GETKEYS MSET a 1 b 2 a 3', ['$a', '$b', '$a']],
  ['COMMAND GETKEYS DEL a b c', ['$a', '$b', '$c']],
  ['COMMAND GETKEYS BITOP AND d a b', ['$d', '$a', '$b']],
  ['COMMAND GETKEYS ZUNIONSTORE d 2 a b WEIGHTS 1 2', ['$d', '$a', '$b']],
  ['COMMAND GETKEYS SINTERCARD 2 a b LIMIT 1', ['$a', '$b']],
  ['COMMAND GETKEYS EVAL "return 1" 2 a b c', ['$a', '$b']],
  ['COMMAND GETKEYS EVAL "return 1" 0 a', []],
  ['COMMAND GETKEYS XREAD COUNT 1 STREAMS a b 0 0', ['$a', '$b']],
  ['COMMAND GETKEYS XREADGROUP GROUP g STREAMS STREAMS a >', ['$a']],
  ['COMMAND GETKEYS SORT l BY w_* GET o_* STORE d', ['$l', '$d']],
  ['COMMAND GETKEYS GEORADIUS g 1 1 1 km STORE d', ['$g', '$d']],
  ['COMMAND GETKEYS MIGRATE h 1 "" 0 1 KEYS a b', ['$a', '$b']],
  ['COMMAND GETKEYS MIGRATE h 1 k 0 1', ['$k']],
  ['COMMAND GETKEYS LMPOP 2 a b LEFT', ['$a', '$b']],
  ['COMMAND GETKEYS BLMPOP 0 2 a b LEFT', ['$a', '$b']],
  ['COMMAND GETKEYS OBJECT ENCODING k', ['$k']],
  ['COMMAND GETKEYS MEMORY USAGE k', ['$k']],
  ['COMMAND GETKEYS XGROUP CREATE s g $', ['$s']],
  ['COMMAND GETKEYS SET k v GET', ['$k']],
  ['COMMAND GETKEYS WATCH a b', ['$a', '$b']],
  ['COMMAND GETKEYS PFCOUNT a b', ['$a', '$b']],
  ['COMMAND GETKEYS SUBSCRIBE ch', '-ERR The command has no key arguments'],
  ['COMMAND GETKEYS PING', '-ERR The command has no key arguments', '7.4'],
  ['COMMAND GETKEYS NOSUCH k', '-ERR Invalid command specified'],
  ['COMMAND GETKEYS OBJECT NOSUCH k', '-ERR Invalid command specified'],
  ['COMMAND GETKEYS OBJECT', '-ERR The command has no key arguments', '7.4'],
  ['COMMAND GETKEYS GET', '-ERR Invalid number of arguments specified for command', '7.4'],
  ['COMMAND GETKEYS GET a b', '-ERR Invalid number of arguments specified for command'],
  ['COMMAND GETKEYS ZUNIONSTORE d x a', '-ERR Invalid arguments specified for command'],
  ['COMMAND GETKEYS ZUNIONSTORE d 5 a', '-ERR Invalid arguments specified for command'],
  ['COMMAND GETKEYS EVAL "return 1" -1 a', []],
  ['COMMAND GETKEYS SINTERCARD 0 a', '-ERR Invalid arguments specified for command'],
  ['COMMAND GETKEYS XREAD COUNT 1 a 0', '-ERR Invalid arguments specified for command'],
  ['COMMAND GETKEYS', "-ERR wrong number of arguments for 'command|getkeys' command"],
])

transcript(t, 'COMMAND GETKEYSANDFLAGS tells what is done to keys', [
  ['COMMAND GETKEYSANDFLAGS GET k', [['$k', ['+RO', '+access']]]],
  ['COMMAND GETKEYSANDFLAGS SET k v', [['$k', ['+OW', '+update']]]],
  ['COMMAND GETKEYSANDFLAGS SET k v GET', [['$k', ['+RW', '+access', '+update']]]],
  ['COMMAND GETKEYSANDFLAGS SET k v EX 1', [['$k', ['+OW', '+update']]]],
  [
    'COMMAND GETKEYSANDFLAGS DEL a b',
    [
      ['$a', ['+RM', '+delete']],
      ['$b', ['+RM', '+delete']],
    ],
  ],
  ['COMMAND GETKEYSANDFLAGS APPEND k v', [['$k', ['+RW', '+insert']]]],
  ['COMMAND GETKEYSANDFLAGS STRLEN k', [['$k', ['+RO']]]],
  [
    'COMMAND GETKEYSANDFLAGS LMOVE a b LEFT LEFT',
    [
      ['$a', ['+RW', '+access', '+delete']],
      ['$b', ['+RW', '+insert']],
    ],
  ],
  [
    'COMMAND GETKEYSANDFLAGS RENAME a b',
    [
      ['$a', ['+RW', '+access', '+delete']],
      ['$b', ['+OW', '+update']],
    ],
  ],
  [
    'COMMAND GETKEYSANDFLAGS COPY a b',
    [
      ['$a', ['+RO', '+access']],
      ['$b', ['+OW', '+update']],
    ],
  ],
  ['COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0', [['$k', ['+RO', '+access']]]],
  ['COMMAND GETKEYSANDFLAGS BITFIELD k SET u8 0 1', [['$k', ['+RW', '+access', '+update']]]],
  [
    'COMMAND GETKEYSANDFLAGS SORT l STORE d',
    [
      ['$l', ['+RO', '+access']],
      ['$d', ['+OW', '+update']],
    ],
  ],
  [
    'COMMAND GETKEYSANDFLAGS ZUNIONSTORE d 2 a b',
    [
      ['$d', ['+OW', '+update']],
      ['$a', ['+RO', '+access']],
      ['$b', ['+RO', '+access']],
    ],
  ],
  ['COMMAND GETKEYSANDFLAGS EVAL "return 1" 1 k', [['$k', ['+RW', '+access', '+update']]]],
  ['COMMAND GETKEYSANDFLAGS EVAL_RO "return 1" 1 k', [['$k', ['+RO', '+access']]]],
  ['COMMAND GETKEYSANDFLAGS XREADGROUP GROUP g c STREAMS s >', [['$s', ['+RO', '+access']]]],
  [
    'COMMAND GETKEYSANDFLAGS GEORADIUS g 1 1 1 km STORE d',
    [
      ['$g', ['+RO', '+access']],
      ['$d', ['+OW', '+update']],
    ],
  ],
  ['COMMAND GETKEYSANDFLAGS MIGRATE h 1 k 0 1', [['$k', ['+RW', '+access', '+delete']]]],
  ['COMMAND GETKEYSANDFLAGS WATCH k', [['$k', ['+RO']]]],
  ['COMMAND GETKEYSANDFLAGS EXISTS k', [['$k', ['+RO']]]],
  ['COMMAND GETKEYSANDFLAGS PING', '-ERR The command has no key arguments', '7.4'],
  ['COMMAND GETKEYSANDFLAGS GET', '-ERR Invalid number of arguments specified for command', '7.4'],
  ['COMMAND GETKEYSANDFLAGS NOSUCH x', '-ERR Invalid command specified'],
  [
    'COMMAND GETKEYSANDFLAGS',
    "-ERR wrong number of arguments for 'command|getkeysandflags' command",
  ],
])

transcript(t, 'containers describe their subcommands', [
  ['CONFIG HELP', ANY, 'shape'],
  ['FUNCTION HELP', ANY, 'shape'],
  ['OBJECT HELP', ANY, 'shape'],
  ['SCRIPT HELP', ANY, 'shape'],
  ['XGROUP HELP', ANY, 'shape'],
  ['XINFO HELP', ANY, 'shape'],
  ['CONFIG HELP x', "-ERR wrong number of arguments for 'config|help' command"],
  ['OBJECT HELP x', "-ERR wrong number of arguments for 'object|help' command"],
])

interface Recorded {
  readonly name: string
  readonly arity: number
  readonly since: string
}

onBoth(t, 'every command refuses a word too few and a word too many', async (t, server) => {
  const file = new URL('../recorded/commands-7.4.json', import.meta.url)
  const recorded = JSON.parse(fs.readFileSync(file, 'utf8')) as readonly Recorded[]
  const wire = await server.connect()
  const version = /redis_version:(\S+)/.exec(String(await wire.ask('INFO', 'server')))?.[1] ?? ''
  for (const { name, arity, since } of recorded) {
    if (since.localeCompare(version, 'en', { numeric: true }) > 0) continue
    const words = name.split('|')
    const few = Math.abs(arity) - 1
    const counts = [...(few >= words.length ? [few] : []), ...(arity > 0 ? [arity + 1] : [])]
    for (const count of counts) {
      const request = [...words, ...new Array<string>(count - words.length).fill('x')]
      const isContainer = recorded.some(other => other.name.startsWith(`${name}|`))
      if (isContainer && request.length > 1) continue
      // What is wrong with EXEC ends a transaction, be there one or not.
      const code = name === 'exec' ? 'EXECABORT Transaction discarded because of:' : 'ERR'
      const error = `-${code} wrong number of arguments for '${name}' command`
      t.equal(await wire.ask(...request), error, request.join(' '))
    }
  }
})
