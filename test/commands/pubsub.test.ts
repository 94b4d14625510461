// Messages: who subscribes to what, who is told, and who counts them.

import t from 'tap'
import { ANY, CLOSED, scene } from '../helpers/scene.ts'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

t.test('a message reaches channels and matching patterns', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const listener = await redis.connect()
  const sender = await redis.connect()
  t.strictSame(await listener.ask('SUBSCRIBE', 'news'), ['$subscribe', '$news', ':1'])
  t.strictSame(await listener.ask('PSUBSCRIBE', 'n*'), ['$psubscribe', '$n*', ':2'])
  t.equal(await sender.ask('PUBLISH', 'news', 'hello'), ':2')
  t.strictSame(show((await listener.next()).reply), ['$message', '$news', '$hello'])
  t.strictSame(show((await listener.next()).reply), ['$pmessage', '$n*', '$news', '$hello'])
})

transcript(t, 'unsubscribing from nothing answers once', [
  ['UNSUBSCRIBE', ['$unsubscribe', '(nil)', ':0']],
  ['PUNSUBSCRIBE', ['$punsubscribe', '(nil)', ':0']],
  ['PUBSUB NUMSUB a b', ['$a', ':0', '$b', ':0']],
  ['PUBSUB NUMPAT', ':0'],
  ['PUBSUB CHANNELS', []],
])

transcript(t, 'PUBSUB counts and lists who listens', [
  ['PUBSUB CHANNELS', []],
  ['PUBSUB CHANNELS n*', []],
  [
    'PUBSUB CHANNELS a b',
    "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.",
  ],
  ['PUBSUB NUMSUB', []],
  ['PUBSUB NUMSUB news', ['$news', ':0']],
  ['PUBSUB NUMPAT', ':0'],
  ['PUBSUB NUMPAT x', "-ERR wrong number of arguments for 'pubsub|numpat' command"],
  ['PUBSUB SHARDCHANNELS', []],
  ['PUBSUB SHARDCHANNELS n*', []],
  [
    'PUBSUB SHARDCHANNELS a b',
    "-ERR unknown subcommand or wrong number of arguments for 'SHARDCHANNELS'. Try PUBSUB HELP.",
  ],
  ['PUBSUB SHARDNUMSUB', []],
  ['PUBSUB SHARDNUMSUB a b', ['$a', ':0', '$b', ':0']],
  ['PUBSUB', "-ERR wrong number of arguments for 'pubsub' command"],
  ['PUBSUB NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try PUBSUB HELP."],
  ['PUBSUB HELP', ANY, 'shape'],
  ['PUBLISH', "-ERR wrong number of arguments for 'publish' command"],
  ['PUBLISH news', "-ERR wrong number of arguments for 'publish' command"],
  ['PUBLISH news a b', "-ERR wrong number of arguments for 'publish' command"],
  ['PUBLISH nobody x', ':0'],
  ['SPUBLISH nobody x', ':0'],
  ['SPUBLISH news', "-ERR wrong number of arguments for 'spublish' command"],
  ['SUBSCRIBE', "-ERR wrong number of arguments for 'subscribe' command"],
  ['PSUBSCRIBE', "-ERR wrong number of arguments for 'psubscribe' command"],
  ['SSUBSCRIBE', "-ERR wrong number of arguments for 'ssubscribe' command"],
  ['UNSUBSCRIBE nothing', ['$unsubscribe', '$nothing', ':0']],
  ['PUNSUBSCRIBE nothing', ['$punsubscribe', '$nothing', ':0']],
  ['SUNSUBSCRIBE nothing', ['$sunsubscribe', '$nothing', ':0']],
  ['SUNSUBSCRIBE', ['$sunsubscribe', '(nil)', ':0']],
])

transcript(t, 'in scripts and transactions', [
  ["EVAL \"return redis.call('PUBLISH', 'news', 'x')\" 0", ':0'],
  ["EVAL \"return redis.call('SPUBLISH', 'news', 'x')\" 0", ':0'],
  [
    "EVAL \"return redis.call('SUBSCRIBE', 'news')\" 0",
    '-ERR This Redis command is not allowed from script script: 307f9790889abff933f0fb6f8dcfb621add8fe28, on @user_script:1.',
  ],
  [
    "EVAL \"return redis.call('SSUBSCRIBE', 'news')\" 0",
    '-ERR This Redis command is not allowed from script script: 4816ace3b10c2a8a0f33a38828a51e85c395c69f, on @user_script:1.',
  ],
  ['MULTI', '+OK'],
  ['PUBLISH news x', '+QUEUED'],
  ['PUBSUB NUMSUB news', '+QUEUED'],
  ['EXEC', [':0', ['$news', ':0']]],
])

const message = (channel: string, text: string) => ['$message', `$${channel}`, `$${text}`] as const

scene(t, 'each channel and pattern is confirmed, with how many there are now', [
  [
    'a',
    'SUBSCRIBE x y | PSUBSCRIBE z* | SUBSCRIBE x',
    {
      a: [
        ['$subscribe', '$x', ':1'],
        ['$subscribe', '$y', ':2'],
        ['$psubscribe', '$z*', ':3'],
        ['$subscribe', '$x', ':3'],
      ],
    },
  ],
  ['b', 'PUBSUB NUMSUB x y z none', { b: [['$x', ':1', '$y', ':1', '$z', ':0', '$none', ':0']] }],
  ['b', 'PUBSUB NUMPAT | PUBSUB CHANNELS [xw]', { b: [':1', ['$x']] }],
  [
    'a',
    'UNSUBSCRIBE none y',
    {
      a: [
        ['$unsubscribe', '$none', ':3'],
        ['$unsubscribe', '$y', ':2'],
      ],
    },
  ],
  ['a', 'UNSUBSCRIBE', { a: [['$unsubscribe', '$x', ':1']] }],
  ['a', 'UNSUBSCRIBE', { a: [['$unsubscribe', '(nil)', ':1']] }],
  ['a', 'GET k', { a: [/^-ERR Can't execute 'get'/] }],
  ['a', 'PUNSUBSCRIBE | GET k', { a: [['$punsubscribe', '$z*', ':0'], '(nil)'] }],
  ['b', 'PUBSUB NUMPAT | PUBSUB CHANNELS', { b: [':0', []] }],
])

scene(
  t,
  'a message comes once for the channel, and once for each pattern',
  [
    ['a', 'SUBSCRIBE news | PSUBSCRIBE n* *s x*', { a: [ANY, ANY, ANY, ANY] }],
    ['b', 'PSUBSCRIBE n*', { b: [ANY] }],
    [
      'c',
      'PUBLISH news hi',
      {
        c: [':4'],
        a: [
          message('news', 'hi'),
          ['$pmessage', '$n*', '$news', '$hi'],
          ['$pmessage', '$*s', '$news', '$hi'],
        ],
        b: [['$pmessage', '$n*', '$news', '$hi']],
      },
    ],
    ['b', 'QUIT', { b: ['+OK', CLOSED] }],
    [
      'c',
      'PUBLISH news hi | PUBLISH n "" | PUBLISH other x',
      { c: [':3', ':1', ':0'], a: [ANY, ANY, ANY, ['$pmessage', '$n*', '$n', '$']] },
    ],
  ],
  { since: [7, 2] },
)

scene(t, 'shard channels are a world of their own', [
  [
    'a',
    'SSUBSCRIBE s t',
    {
      a: [
        ['$ssubscribe', '$s', ':1'],
        ['$ssubscribe', '$t', ':2'],
      ],
    },
  ],
  ['a', 'SUBSCRIBE s', { a: [['$subscribe', '$s', ':1']] }],
  ['b', 'SPUBLISH s hi', { b: [':1'], a: [['$smessage', '$s', '$hi']] }],
  ['b', 'PUBLISH s hi | PUBLISH t hi', { b: [':1', ':0'], a: [message('s', 'hi')] }],
  ['b', 'PUBSUB SHARDNUMSUB s none', { b: [['$s', ':1', '$none', ':0']] }],
  ['b', 'PUBSUB SHARDCHANNELS t* | PUBSUB CHANNELS', { b: [['$t'], ['$s']] }],
  ['a', 'SUNSUBSCRIBE s', { a: [['$sunsubscribe', '$s', ':1']] }],
  ['a', 'UNSUBSCRIBE', { a: [['$unsubscribe', '$s', ':0']] }],
  ['a', 'GET k', { a: [/^-ERR Can't execute 'get'/] }],
  ['a', 'SUNSUBSCRIBE | GET k', { a: [['$sunsubscribe', '$t', ':0'], '(nil)'] }],
])

scene(
  t,
  'who may hear which channel, and who may speak',
  [
    ['p', 'ACL SETUSER ann on nopass +@all resetchannels &news &sport:*', { p: ['+OK'] }],
    ['a', 'AUTH ann x', { a: ['+OK'] }],
    ['a', 'SUBSCRIBE news other', { a: ['-NOPERM No permissions to access a channel'] }],
    [
      'a',
      'PUBLISH other x | SPUBLISH other x',
      {
        a: [
          '-NOPERM No permissions to access a channel',
          '-NOPERM No permissions to access a channel',
        ],
      },
    ],
    ['a', 'PSUBSCRIBE sport:a*', { a: ['-NOPERM No permissions to access a channel'] }],
    ['a', 'PUBLISH sport:ski x', { a: [':0'] }],
    ['a', 'PSUBSCRIBE sport:*', { a: [['$psubscribe', '$sport:*', ':1']] }],
    ['p', 'PUBLISH sport:ski x', { p: [':1'], a: [['$pmessage', '$sport:*', '$sport:ski', '$x']] }],
    ['p', 'ACL SETUSER ann resetchannels &news', { p: ['+OK'], a: [CLOSED] }],
  ],
  { since: [7, 2] },
)
