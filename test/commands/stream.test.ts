import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { ANY, transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'
const NOT_INTEGER = '-ERR value is not an integer or out of range'
const SYNTAX = '-ERR syntax error'
const INVALID_ID = '-ERR Invalid stream ID specified as stream command argument'
const TOO_SMALL =
  '-ERR The ID specified in XADD is equal or smaller than the target stream top item'
const TOP = '18446744073709551615'

transcript(t, 'XADD gives ids that only grow', [
  ['XADD s 1-1 f v g w', '$1-1'],
  ['XADD s 1-1 f v', TOO_SMALL],
  ['XADD s 1 f v', TOO_SMALL],
  ['XADD s 1-* f v', '$1-2'],
  ['XADD s 0-* f v', TOO_SMALL],
  ['XADD s 2-* f v', '$2-0'],
  ['XADD s 3 f v', '$3-0'],
  ['XADD s 0-0 f v', '-ERR The ID specified in XADD must be greater than 0-0'],
  ['XADD new 0-* f v', '$0-1'],
  ['XADD s x f v', INVALID_ID],
  ['XADD s - f v', INVALID_ID],
  ['XADD s + f v', INVALID_ID],
  ['XADD s 1-2-3 f v', INVALID_ID],
  ['XADD s 1-2-* f v', INVALID_ID],
  ['XADD s -1-* f v', INVALID_ID],
  ['XADD s 18446744073709551616-1 f v', INVALID_ID],
  ['XADD s 9 f', "-ERR wrong number of arguments for 'xadd' command"],
  ['XADD s 9 f v g', "-ERR wrong number of arguments for 'xadd' command"],
  ['XADD s * f v', ANY, 'shape'],
  [`XADD s ${TOP}-${TOP} f v`, `$${TOP}-${TOP}`],
  ['XADD s * f v', '-ERR The stream has exhausted the last possible ID, unable to add more items'],
  [`XADD t 5-${TOP} f v`, `$5-${TOP}`],
  ['XADD t 5-* f v', TOO_SMALL, '7.4'],
  ['XADD none NOMKSTREAM 1 f v', '(nil)'],
  ['EXISTS none', ':0'],
  ['SET str v', '+OK'],
  ['XADD str 1 f v', WRONGTYPE],
  ['XADD str x f v', INVALID_ID],
  ['OBJECT ENCODING s', '$stream'],
  ['TYPE s', '+stream'],
])

transcript(t, 'ranges', [
  ['XADD s 1-1 f 1', '$1-1'],
  ['XADD s 1-2 f 2', '$1-2'],
  ['XADD s 2-0 g 3 h 4', '$2-0'],
  ['XLEN s', ':3'],
  ['XLEN none', ':0'],
  [
    'XRANGE s - +',
    [
      ['$1-1', ['$f', '$1']],
      ['$1-2', ['$f', '$2']],
      ['$2-0', ['$g', '$3', '$h', '$4']],
    ],
  ],
  [
    'XRANGE s 1 1',
    [
      ['$1-1', ['$f', '$1']],
      ['$1-2', ['$f', '$2']],
    ],
  ],
  ['XRANGE s (1-1 (2-0', [['$1-2', ['$f', '$2']]]],
  ['XRANGE s - + COUNT 1', [['$1-1', ['$f', '$1']]]],
  ['XREVRANGE s + - COUNT 1', [['$2-0', ['$g', '$3', '$h', '$4']]]],
  ['XREVRANGE s (2-0 1-2', [['$1-2', ['$f', '$2']]]],
  ['XRANGE s 2-1 1', []],
  ['XRANGE s - + COUNT 0', '(nil array)'],
  ['XRANGE s - + COUNT -5', '(nil array)'],
  ['XRANGE none - + COUNT 0', []],
  ['XRANGE s - + COUNT', SYNTAX],
  ['XRANGE s - + LIMIT 1', SYNTAX],
  ['XRANGE s x +', INVALID_ID],
  ['XRANGE s (- +', INVALID_ID],
  ['XRANGE s - (', INVALID_ID],
  [`XRANGE s (${TOP}-${TOP} +`, '-ERR invalid start ID for the interval'],
  ['XRANGE s - (0-0', '-ERR invalid end ID for the interval'],
  ['XDEL s 1-1 1-1 7', ':1'],
  ['XDEL none 1', ':0'],
  ['XDEL s 1-2 x', INVALID_ID],
  ['XLEN s', ':2'],
  [
    'XRANGE s - +',
    [
      ['$1-2', ['$f', '$2']],
      ['$2-0', ['$g', '$3', '$h', '$4']],
    ],
  ],
  ['XDEL s 1-2 2-0', ':2'],
  ['EXISTS s', ':1'],
  ['XRANGE s - +', []],
  ['XREVRANGE s + -', []],
  ['XADD s 2-0 f v', TOO_SMALL],
])

transcript(t, 'trimming', [
  ['XADD s 1 f v', '$1-0'],
  ['XADD s 2 f v', '$2-0'],
  ['XADD s MAXLEN 2 3 f v', '$3-0'],
  [
    'XRANGE s - +',
    [
      ['$2-0', ['$f', '$v']],
      ['$3-0', ['$f', '$v']],
    ],
  ],
  ['XADD s MINID = 3 4 f v', '$4-0'],
  ['XLEN s', ':2'],
  ['XTRIM s MAXLEN ~ 1', ':0'],
  ['XTRIM s MAXLEN = 1', ':1'],
  ['XTRIM s MINID 9', ':1'],
  ['XLEN s', ':0'],
  ['XTRIM none MAXLEN 1', ':0'],
  ['XTRIM s MAXLEN -1', '-ERR The MAXLEN argument must be >= 0.'],
  ['XTRIM s MAXLEN x', NOT_INTEGER],
  ['XTRIM s MINID x', INVALID_ID],
  [
    'XTRIM s MAXLEN 1 LIMIT 1',
    '-ERR syntax error, LIMIT cannot be used without the special ~ option',
  ],
  ['XTRIM s MAXLEN ~ 1 LIMIT -1', '-ERR The LIMIT argument must be >= 0.'],
  ['XTRIM s LIMIT 1 x', '-ERR syntax error'],
  [
    'XTRIM s LIMIT 5',
    '-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy',
  ],
  ['XTRIM s LIMIT 0', '-ERR syntax error, XTRIM must be called with a trimming strategy'],
  [
    'XADD s MAXLEN 1 MINID 1 9 f v',
    '-ERR syntax error, MAXLEN and MINID options at the same time are not compatible',
  ],
  [
    'XADD s LIMIT 5 9 f v',
    '-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy',
  ],
])

transcript(t, 'approximate trimming removes whole nodes', [
  ['CONFIG SET stream-node-max-entries 3', '+OK'],
  ...Array.from({ length: 10 }, (_, i) => [`XADD s ${i + 1} f v`, `$${i + 1}-0`] as const),
  ['XTRIM s MAXLEN ~ 5', ':3'],
  ['XLEN s', ':7'],
  ['XTRIM s MINID ~ 7', ':3'],
  ['XTRIM s MINID ~ 9', ':0'],
  ['XTRIM s MAXLEN ~ 0 LIMIT 3', ':3'],
  ['XRANGE s - +', [['$10-0', ['$f', '$v']]]],
  ['CONFIG SET stream-node-max-entries 100', '+OK'],
])

transcript(t, 'XREAD', [
  ['XADD s 1 f v', '$1-0'],
  ['XADD s 2 f v', '$2-0'],
  ['XADD t 5 f v', '$5-0'],
  ['XREAD STREAMS s t 1 5', ANY],
  ['XREAD COUNT 1 STREAMS s t 0 0', ANY],
  ['XREAD STREAMS s 2', '(nil array)'],
  ['XREAD STREAMS s $', '(nil array)'],
  ['XREAD STREAMS s none + +', ANY, '7.4'],
  ['XREAD STREAMS none 0', '(nil array)'],
  ['XREAD BLOCK 1 STREAMS none 0', '(nil array)'],
  [
    'XREAD STREAMS s >',
    '-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
  ],
  [
    'XREAD STREAMS s t 0',
    "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
    '7.2',
  ],
  ['XREAD COUNT x STREAMS s 0', NOT_INTEGER],
  ['XREAD BLOCK -1 STREAMS s 0', '-ERR timeout is negative'],
  ['XREAD BLOCK x STREAMS s 0', '-ERR timeout is not an integer or out of range'],
  ['XREAD COUNT 1 s 0', SYNTAX],
  [
    'XREAD GROUP g c STREAMS s 0',
    '-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.',
  ],
  [
    'XREAD NOACK STREAMS s 0',
    '-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.',
  ],
  ['SET str v', '+OK'],
  ['XREAD STREAMS s str 0 0', WRONGTYPE],
  ['XREAD STREAMS s str x 0', INVALID_ID],
])

const NO_READ_GROUP =
  "-NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option"

transcript(t, 'a consumer group delivers, remembers and forgets', [
  [
    'XGROUP CREATE s g 0',
    '-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
  ],
  ['XGROUP CREATE s g $ MKSTREAM', '+OK'],
  ['XGROUP CREATE s g $', '-BUSYGROUP Consumer Group name already exists'],
  ['XGROUP CREATE s h x', INVALID_ID],
  ['XGROUP CREATE s h 0 ENTRIESREAD -2', '-ERR value for ENTRIESREAD must be positive or -1'],
  [
    'XGROUP CREATE s h 0 BOGUS',
    "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.",
  ],
  ['XADD s 1 f 1', '$1-0'],
  ['XADD s 2 f 2', '$2-0'],
  ['XADD s 3 f 3', '$3-0'],
  [
    'XREADGROUP GROUP g alice COUNT 2 STREAMS s >',
    [
      [
        '$s',
        [
          ['$1-0', ['$f', '$1']],
          ['$2-0', ['$f', '$2']],
        ],
      ],
    ],
  ],
  ['XREADGROUP GROUP g bob STREAMS s >', [['$s', [['$3-0', ['$f', '$3']]]]]],
  ['XREADGROUP GROUP g bob STREAMS s >', '(nil array)'],
  ['XREADGROUP GROUP g bob STREAMS s 0', [['$s', [['$3-0', ['$f', '$3']]]]]],
  ['XREADGROUP GROUP g carol STREAMS s 0', [['$s', []]]],
  [
    'XPENDING s g',
    [
      ':3',
      '$1-0',
      '$3-0',
      [
        ['$alice', '$2'],
        ['$bob', '$1'],
      ],
    ],
  ],
  ['XACK s g 1 7', ':1'],
  ['XACK s none 1', ':0'],
  ['XACK none g 1', ':0'],
  ['XACK s none x', ':0'],
  ['XACK s g x', INVALID_ID],
  ['XDEL s 2', ':1'],
  ['XREADGROUP GROUP g alice STREAMS s 0', [['$s', [['$2-0', '(nil array)']]]]],
  ['XREADGROUP GROUP none a STREAMS s >', NO_READ_GROUP],
  ['XREADGROUP GROUP g a STREAMS s $', ANY],
  ['XREADGROUP GROUP g a NOACK NOACK STREAMS', SYNTAX],
  ['XREADGROUP COUNT 1 BLOCK 5 NOACK STREAMS s >', '-ERR Missing GROUP option for XREADGROUP'],
  ['XGROUP CREATECONSUMER s g alice', ':0'],
  ['XGROUP CREATECONSUMER s g dave', ':1'],
  ['XGROUP CREATECONSUMER s none dave', "-NOGROUP No such consumer group 'none' for key name 's'"],
  ['XGROUP DELCONSUMER s g alice', ':1'],
  ['XGROUP DELCONSUMER s g alice', ':0'],
  ['XPENDING s g', [':1', '$3-0', '$3-0', [['$bob', '$1']]]],
  ['XGROUP SETID s g 1', '+OK'],
  ['XREADGROUP GROUP g eve NOACK STREAMS s >', [['$s', [['$3-0', ['$f', '$3']]]]]],
  ['XPENDING s g', [':1', '$3-0', '$3-0', [['$bob', '$1']]]],
  [
    'XGROUP SETID s g 1 ENTRIESREAD 5 x',
    "-ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.",
  ],
  ['XGROUP DESTROY s g', ':1'],
  ['XGROUP DESTROY s g', ':0'],
  ['XPENDING s g', "-NOGROUP No such key 's' or consumer group 'g'"],
])

transcript(t, 'claiming', [
  ['XADD s 1 f 1', '$1-0'],
  ['XADD s 2 f 2', '$2-0'],
  ['XADD s 3 f 3', '$3-0'],
  ['XGROUP CREATE s g 0', '+OK'],
  ['XREADGROUP GROUP g alice STREAMS s >', ANY],
  ['XCLAIM s g bob 0 1 9', [['$1-0', ['$f', '$1']]]],
  ['XCLAIM s g bob 3600000 2', []],
  ['XCLAIM s g bob 0 2 JUSTID', ['$2-0']],
  ['XCLAIM s g bob 0 2 RETRYCOUNT 7 IDLE 5000 JUSTID', ['$2-0']],
  ['XPENDING s g IDLE 4000 - + 9', ANY, 'shape'],
  ['XPENDING s g - + 9 carol', []],
  ['XPENDING s g - + 0', []],
  ['XCLAIM s none bob 0 1', "-NOGROUP No such key 's' or consumer group 'none'"],
  ['XCLAIM s g bob x 1', '-ERR Invalid min-idle-time argument for XCLAIM'],
  ['XCLAIM s g bob 0 1 IDLE x', '-ERR Invalid IDLE option argument for XCLAIM'],
  ['XCLAIM s g bob 0 1 RETRYCOUNT x', '-ERR Invalid RETRYCOUNT option argument for XCLAIM'],
  ['XCLAIM s g bob 0 1 BOGUS', "-ERR Unrecognized XCLAIM option 'BOGUS'"],
  ['XACK s g 3', ':1'],
  ['XCLAIM s g bob 0 3', []],
  ['XCLAIM s g bob 0 3 FORCE', [['$3-0', ['$f', '$3']]]],
  ['XDEL s 2', ':1'],
  ['XAUTOCLAIM s g carol 0 - COUNT 2', ['$3-0', [['$1-0', ['$f', '$1']]], ['$2-0']]],
  ['XAUTOCLAIM s g carol 0 3 JUSTID', ['$0-0', ['$3-0'], []]],
  ['XAUTOCLAIM s g carol 3600000 -', ['$0-0', [], []]],
  ['XAUTOCLAIM s g carol 0 - COUNT 0', '-ERR COUNT must be > 0'],
  ['XAUTOCLAIM s g carol x -', '-ERR Invalid min-idle-time argument for XAUTOCLAIM'],
  ['XAUTOCLAIM s g carol 0 x', INVALID_ID],
  ['XAUTOCLAIM s none carol 0 -', "-NOGROUP No such key 's' or consumer group 'none'"],
  ['XPENDING s g - +', SYNTAX],
  ['XPENDING s g IDLE 1 - +', SYNTAX],
  ['XPENDING s g - + x', NOT_INTEGER],
])

transcript(t, 'XSETID and what XINFO says of a stream', [
  ['XADD s 1 f v', '$1-0'],
  ['XADD s 2 f v', '$2-0'],
  ['XADD s 3 f v', '$3-0'],
  ['XDEL s 1', ':1'],
  ['XGROUP CREATE s g 0', '+OK'],
  [
    'XINFO GROUPS s',
    [
      [
        '$name',
        '$g',
        '$consumers',
        ':0',
        '$pending',
        ':0',
        '$last-delivered-id',
        '$0-0',
        '$entries-read',
        '(nil)',
        '$lag',
        ':2',
      ],
    ],
  ],
  [
    'XINFO STREAM s',
    [
      '$length',
      ':2',
      '$radix-tree-keys',
      ':1',
      '$radix-tree-nodes',
      ':2',
      '$last-generated-id',
      '$3-0',
      '$max-deleted-entry-id',
      '$1-0',
      '$entries-added',
      ':3',
      '$recorded-first-entry-id',
      '$2-0',
      '$groups',
      ':1',
      '$first-entry',
      ['$2-0', ['$f', '$v']],
      '$last-entry',
      ['$3-0', ['$f', '$v']],
    ],
  ],
  ['XREADGROUP GROUP g c COUNT 1 STREAMS s >', ANY],
  [
    'XINFO GROUPS s',
    [
      [
        '$name',
        '$g',
        '$consumers',
        ':1',
        '$pending',
        ':1',
        '$last-delivered-id',
        '$2-0',
        '$entries-read',
        ':2',
        '$lag',
        ':1',
      ],
    ],
  ],
  ['XINFO CONSUMERS s g', ANY, 'shape'],
  ['XINFO CONSUMERS s none', "-NOGROUP No such consumer group 'none' for key name 's'"],
  ['XINFO STREAM s FULL COUNT 1', ANY, 'shape'],
  ['XINFO STREAM none', '-ERR no such key'],
  [
    'XINFO STREAM s BOGUS',
    "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.",
  ],
  ['XSETID s 2', '-ERR The ID specified in XSETID is smaller than the target stream top item'],
  [
    'XSETID s 9 ENTRIESADDED 1',
    '-ERR The entries_added specified in XSETID is smaller than the target stream length',
  ],
  ['XSETID s 9 ENTRIESADDED -1', '-ERR entries_added must be positive'],
  [
    'XSETID s 9 MAXDELETEDID 10',
    '-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id',
  ],
  ['XSETID s 9 BOGUS', SYNTAX],
  ['XSETID none 9', '-ERR no such key'],
  ['XSETID s 9 ENTRIESADDED 100 MAXDELETEDID 8', '+OK'],
  ['XADD s 9 f v', TOO_SMALL],
  [
    'XSETID s 7',
    '-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id',
    '7.4',
  ],
  [
    'XINFO GROUPS s',
    [
      [
        '$name',
        '$g',
        '$consumers',
        ':1',
        '$pending',
        ':1',
        '$last-delivered-id',
        '$2-0',
        '$entries-read',
        ':2',
        '$lag',
        '(nil)',
      ],
    ],
  ],
])

t.test('ids follow the clock, and never go back with it', async t => {
  const clock = frozenClock(1000)
  const ours = await startServer({ clock })
  t.teardown(() => ours.close())
  const wire = await ours.connect()
  t.equal(await wire.ask('XADD', 's', '*', 'f', 'v'), '$1000-0')
  t.equal(await wire.ask('XADD', 's', '*', 'f', 'v'), '$1000-1')
  clock.advance(5)
  t.equal(await wire.ask('XADD', 's', '*', 'f', 'v'), '$1005-0')
  t.equal(await wire.ask('XADD', 's', '2000-5', 'f', 'v'), '$2000-5')
  t.equal(await wire.ask('XADD', 's', '*', 'f', 'v'), '$2000-6')
})

t.test('idle times count from the last delivery', async t => {
  const clock = frozenClock(1000)
  const ours = await startServer({ clock })
  t.teardown(() => ours.close())
  const wire = await ours.connect()
  await wire.call('XADD', 's', '1', 'f', 'v')
  await wire.call('XGROUP', 'CREATE', 's', 'g', '0')
  await wire.call('XREADGROUP', 'GROUP', 'g', 'alice', 'STREAMS', 's', '>')
  clock.advance(100)
  t.strictSame(await wire.ask('XPENDING', 's', 'g', '-', '+', '9'), [
    ['$1-0', '$alice', ':100', ':1'],
  ])
  t.strictSame(await wire.ask('XCLAIM', 's', 'g', 'bob', '101', '1', 'JUSTID'), [])
  t.strictSame(await wire.ask('XCLAIM', 's', 'g', 'bob', '100', '1'), [['$1-0', ['$f', '$v']]])
  t.strictSame(await wire.ask('XPENDING', 's', 'g', 'IDLE', '0', '-', '+', '9'), [
    ['$1-0', '$bob', ':0', ':2'],
  ])
  clock.advance(7)
  t.strictSame(await wire.ask('XINFO', 'CONSUMERS', 's', 'g'), [
    ['$name', '$alice', '$pending', ':0', '$idle', ':107', '$inactive', ':107'],
    ['$name', '$bob', '$pending', ':1', '$idle', ':7', '$inactive', ':7'],
  ])
})

t.test('what a group does is no change of the key to WATCH', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const wire = await ours.connect()
  const other = await ours.connect()
  await wire.call('XADD', 's', '1', 'f', 'v')
  const survives = async (...words: readonly string[]): Promise<boolean> => {
    await wire.call('WATCH', 's')
    await other.call(...words)
    await wire.call('MULTI')
    return show((await wire.call('EXEC')).reply) !== '(nil array)'
  }
  t.equal(await survives('XGROUP', 'CREATE', 's', 'g', '0'), true)
  t.equal(await survives('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'), true)
  t.equal(await survives('XACK', 's', 'g', '1'), true)
  t.equal(await survives('XADD', 's', '2', 'f', 'v'), false)
  t.equal(await survives('XDEL', 's', '2'), false)
  t.equal(await survives('XTRIM', 's', 'MAXLEN', '0'), false)
})

t.test('the keys of XREAD are those that it reads, whatever a group is called', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const wire = await ours.connect()
  t.strictSame(
    await wire.ask('COMMAND', 'GETKEYS', 'XREAD', 'COUNT', '1', 'STREAMS', 'a', 'b', '0', '0'),
    ['$a', '$b'],
  )
  t.strictSame(
    await wire.ask(
      'COMMAND',
      'GETKEYS',
      ...'XREADGROUP COUNT 1 GROUP STREAMS c STREAMS k >'.split(' '),
    ),
    ['$k'],
  )
  await wire.call('ACL', 'SETUSER', 'u', 'on', 'nopass', '+@all', '~c', '~STREAMS')
  await wire.call('XADD', 'k', '1', 'f', 'v')
  await wire.call('XGROUP', 'CREATE', 'k', 'STREAMS', '0')
  await wire.call('AUTH', 'u', 'x')
  t.match(
    await wire.ask(...'XREADGROUP COUNT 1 GROUP STREAMS c STREAMS k >'.split(' ')),
    /^-NOPERM/,
  )
})

t.test('a copy of a stream has groups of its own', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const wire = await ours.connect()
  await wire.call('XADD', 's', '1', 'f', 'v')
  await wire.call('XGROUP', 'CREATE', 's', 'g', '0')
  await wire.call('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>')
  await wire.call('COPY', 's', 't')
  await wire.call('XACK', 's', 'g', '1')
  await wire.call('XDEL', 's', '1')
  t.strictSame(await wire.ask('XPENDING', 't', 'g'), [':1', '$1-0', '$1-0', [['$c', '$1']]])
  t.equal(await wire.ask('XLEN', 't'), ':1')
})
