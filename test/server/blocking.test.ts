// Clients that wait for keys: who is served, when, and with what.

import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { type Step, scene as sceneOnBoth } from '../helpers/scene.ts'
import { startServer } from '../helpers/server.ts'
import { show } from '../helpers/wire.ts'

/** Before 7.2 a waiting client did not run its command again, but was handed what had come. */
function scene(parent: typeof t, name: string, steps: readonly Step[]): void {
  sceneOnBoth(parent, name, steps, { since: [7, 2] })
}

scene(t, 'who waits first is served first, whatever the command', [
  ['a', 'BLPOP k 0'],
  ['b', 'BRPOP k 0'],
  ['c', 'BLMPOP 0 1 k LEFT COUNT 5'],
  [
    'p',
    'RPUSH k 1 2 3 4',
    { p: [':4'], a: [['$k', '$1']], b: [['$k', '$4']], c: [['$k', ['$2', '$3']]] },
  ],
  ['p', 'EXISTS k', { p: [':0'] }],
])

scene(t, 'of several keys the first in the command counts, not the first that changed', [
  ['a', 'BLPOP k1 k2 k3 0'],
  [
    'p',
    'MULTI | RPUSH k3 z | RPUSH k2 y | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', [':1', ':1']], a: [['$k2', '$y']] },
  ],
])

scene(t, 'nobody is served inside a transaction, only after it', [
  ['a', 'BLPOP k 0'],
  [
    'p',
    'MULTI | RPUSH k x | DEL k | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', [':1', ':1']], a: [] },
  ],
  [
    'p',
    'MULTI | RPUSH k x | SET k y | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', [':1', '+OK']], a: [] },
  ],
  [
    'p',
    'MULTI | DEL k | RPUSH k a | LPUSH k b | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', '+QUEUED', [':1', ':1', ':2']], a: [['$k', '$b']] },
  ],
  ['p', 'LRANGE k 0 -1', { p: [['$a']] }],
])

scene(t, 'a script is served after it has ended, too', [
  ['a', 'BLPOP k 0'],
  [
    'p',
    `EVAL "redis.call('rpush', 'k', 'x'); return redis.call('llen', 'k')" 0`,
    { p: [':1'], a: [['$k', '$x']] },
  ],
])

scene(t, 'a moved element wakes the next one in the chain', [
  ['a', 'BLMOVE k1 k2 LEFT RIGHT 0'],
  ['b', 'BRPOPLPUSH k2 k3 0'],
  ['c', 'BLPOP k3 0'],
  ['p', 'RPUSH k1 x', { p: [':1'], a: ['$x'], b: ['$x'], c: [['$k3', '$x']] }],
  ['p', 'EXISTS k1 k2 k3', { p: [':0'] }],
])

scene(t, 'a circle of moves ends', [
  ['a', 'BRPOPLPUSH k1 k2 0'],
  ['b', 'BRPOPLPUSH k2 k1 0'],
  ['p', 'RPUSH k1 x', { p: [':1'], a: ['$x'], b: ['$x'] }],
  ['p', 'LRANGE k1 0 -1', { p: [['$x']] }],
  ['p', 'EXISTS k2', { p: [':0'] }],
])

const WRONGTYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value'

scene(t, 'a move that cannot be made answers an error, and the next one is served', [
  ['p', 'SET target s', { p: ['+OK'] }],
  ['a', 'BLMOVE k target LEFT RIGHT 0'],
  ['b', 'BLPOP k 0'],
  ['p', 'RPUSH k x', { p: [':1'], a: [WRONGTYPE], b: [['$k', '$x']] }],
])

scene(t, 'a key of another type serves nobody', [
  ['a', 'BLPOP k 0'],
  ['b', 'BZPOPMIN k 0'],
  ['p', 'SET k s', { p: ['+OK'] }],
  ['p', 'DEL k', { p: [':1'] }],
  ['p', 'ZADD k 1 m', { p: [':1'], b: [['$k', '$m', '$1']] }],
  ['p', 'RPUSH k x', { p: [':1'], a: [['$k', '$x']] }],
])

scene(t, 'a list may come by any way', [
  ['p', 'RPUSH l 3 1 2', { p: [':3'] }],
  ['a', 'BLPOP k 0'],
  ['p', 'RENAME l k', { p: ['+OK'], a: [['$k', '$3']] }],
  ['a', 'BLPOP j 0'],
  ['p', 'COPY k j', { p: [':1'], a: [['$j', '$1']] }],
  ['a', 'BLPOP s 0'],
  ['p', 'SORT k STORE s', { p: [':2'], a: [['$s', '$1']] }],
  ['a', 'SELECT 1', { a: ['+OK'] }],
  ['a', 'BLPOP k 0'],
  ['p', 'MOVE k 1', { p: [':1'], a: [['$k', '$1']] }],
  ['a', 'BLPOP s 0'],
  ['p', 'SWAPDB 0 1', { p: ['+OK'], a: [['$s', '$2']] }],
])

scene(t, 'what a served client has sent meanwhile waits until the others are served', [
  ['a', 'BLPOP k 0 | RPUSH order a | LRANGE k 0 -1'],
  ['b', 'BLPOP k 0 | RPUSH order b'],
  [
    'p',
    'RPUSH k 1 2 3 | LLEN order',
    { p: [':3', ':0'], a: [['$k', '$1'], ':1', ['$3']], b: [['$k', '$2'], ':2'] },
  ],
  ['p', 'LRANGE order 0 -1', { p: [['$a', '$b']] }],
])

scene(t, 'where a client may not wait it is answered at once', [
  [
    'a',
    'MULTI | BLPOP k 0 | BLMOVE k l LEFT LEFT 0 | BRPOPLPUSH k l 0 | BLMPOP 0 1 k LEFT | XREAD BLOCK 0 STREAMS s $ | EXEC',
    {
      a: [
        '+OK',
        ...['+QUEUED', '+QUEUED', '+QUEUED', '+QUEUED', '+QUEUED'],
        ['(nil array)', '(nil)', '(nil)', '(nil array)', '(nil array)'],
      ],
    },
  ],
])

scene(t, 'CLIENT UNBLOCK ends a wait, as if by time or with an error', [
  ['a', 'BLMOVE k l LEFT RIGHT 0'],
  ['p', 'CLIENT UNBLOCK @a', { p: [':1'], a: ['(nil array)'] }],
  ['a', 'BLPOP k 0'],
  [
    'p',
    'CLIENT UNBLOCK @a ERROR',
    { p: [':1'], a: ['-UNBLOCKED client unblocked via CLIENT UNBLOCK'] },
  ],
  ['p', 'CLIENT UNBLOCK @a', { p: [':0'] }],
  ['a', 'BLPOP k 0'],
  [
    'p',
    'MULTI | CLIENT UNBLOCK @a | RPUSH k x | EXEC',
    { p: ['+OK', '+QUEUED', '+QUEUED', [':1', ':1']], a: ['(nil array)'] },
  ],
])

scene(t, 'rights that are gone when the key comes do not serve', [
  ['p', 'ACL SETUSER u on nopass ~* +@all', { p: ['+OK'] }],
  ['a', 'AUTH u x', { a: ['+OK'] }],
  ['a', 'BLPOP k 0'],
  ['p', 'ACL SETUSER u resetkeys ~other', { p: ['+OK'] }],
  ['p', 'RPUSH k x', { p: [':1'], a: ['-NOPERM No permissions to access a key'] }],
  ['p', 'LLEN k', { p: [':1'] }],
])

// ---- Streams -------------------------------------------------------------------------------------

scene(t, 'readers of a stream are all served, from the moment when they began to wait', [
  ['p', 'XADD s 1-1 f old', { p: ['$1-1'] }],
  ['a', 'XREAD BLOCK 0 STREAMS s $'],
  ['b', 'XREAD COUNT 1 BLOCK 0 STREAMS none s 0 1-1'],
  ['c', 'XREAD BLOCK 0 STREAMS none +'],
  ['p', 'XDEL s 1-1', { p: [':1'] }],
  [
    'p',
    'MULTI | XADD s 2-1 f x | XADD s 2-2 f y | EXEC',
    {
      p: ['+OK', '+QUEUED', '+QUEUED', ['$2-1', '$2-2']],
      a: [
        [
          [
            '$s',
            [
              ['$2-1', ['$f', '$x']],
              ['$2-2', ['$f', '$y']],
            ],
          ],
        ],
      ],
      b: [[['$s', [['$2-1', ['$f', '$x']]]]]],
    },
  ],
  ['p', 'XADD none 1-1 f x', { p: ['$1-1'], c: [[['$none', [['$1-1', ['$f', '$x']]]]]] }],
])

scene(t, 'an entry goes to one consumer of a group', [
  ['p', 'XGROUP CREATE s g $ MKSTREAM', { p: ['+OK'] }],
  ['a', 'XREADGROUP GROUP g a BLOCK 0 STREAMS s >'],
  ['b', 'XREADGROUP GROUP g b BLOCK 0 STREAMS s >'],
  ['p', 'XADD s 1-1 f x', { p: ['$1-1'], a: [[['$s', [['$1-1', ['$f', '$x']]]]]] }],
  ['p', 'XADD s 1-2 f x', { p: ['$1-2'], b: [[['$s', [['$1-2', ['$f', '$x']]]]]] }],
])

scene(t, 'who is looked at in vain goes to the end of its other queues', [
  ['p', 'XGROUP CREATE s1 g $ MKSTREAM', { p: ['+OK'] }],
  ['p', 'XGROUP CREATE s2 g $ MKSTREAM', { p: ['+OK'] }],
  ['a', 'XREADGROUP GROUP g a BLOCK 0 STREAMS s1 >'],
  ['b', 'XREADGROUP GROUP g b BLOCK 0 STREAMS s1 s2 > >'],
  ['c', 'XREADGROUP GROUP g c BLOCK 0 STREAMS s2 >'],
  ['p', 'XADD s1 1-1 f x', { p: ['$1-1'], a: [[['$s1', [['$1-1', ['$f', '$x']]]]]] }],
  ['p', 'XADD s2 1-1 f x', { p: ['$1-1'], c: [[['$s2', [['$1-1', ['$f', '$x']]]]]] }],
  ['p', 'XADD s2 1-2 f x', { p: ['$1-2'], b: [[['$s2', [['$1-2', ['$f', '$x']]]]]] }],
])

const NOGROUP = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"

for (const [way, command, reply, answer] of [
  ['destroyed', 'XGROUP DESTROY s g', ':1', NOGROUP],
  ['deleted with its stream', 'DEL s', ':1', NOGROUP],
  ['flushed', 'FLUSHALL', '+OK', NOGROUP],
  ['swapped away', 'SWAPDB 0 1', '+OK', NOGROUP],
  ['overwritten', 'SET s x', '+OK', WRONGTYPE],
  ['renamed away', 'RENAME s t', '+OK', NOGROUP],
] as const) {
  scene(t, `who waits for a group that is ${way} gets an error`, [
    ['p', 'XGROUP CREATE s g $ MKSTREAM', { p: ['+OK'] }],
    ['a', 'XREADGROUP GROUP g a BLOCK 0 STREAMS s >'],
    ['p', command, { p: [reply], a: [answer] }],
  ])
}

// ---- Time and the other counters -----------------------------------------------------------------

t.test('a wait ends when its time is over, not before', async t => {
  const clock = frozenClock()
  const ours = await startServer({ clock })
  t.teardown(() => ours.close())
  const waiting = await ours.connect()
  const control = await ours.connect()
  for (const command of [
    'BLPOP k 1.5',
    'BLMOVE k l LEFT LEFT 1.4999',
    'XREAD BLOCK 1500 STREAMS s $',
  ]) {
    waiting.write(`${command}\r\n`)
    await waits(1)
    clock.advance(1499)
    await control.call('PING')
    t.equal(waiting.unread, 0, command)
    clock.advance(1)
    t.equal(show((await waiting.next()).reply), '(nil array)', command)
    await waits(0)
  }
  async function waits(count: number): Promise<void> {
    while (ours.server.blocking.count !== count) await control.call('PING')
  }
})

t.test('a wait that is looked at in vain ends at its own time', async t => {
  const clock = frozenClock()
  const ours = await startServer({ clock })
  t.teardown(() => ours.close())
  const waiting = await ours.connect()
  const control = await ours.connect()
  await control.call('XADD', 's', '1-1', 'f', 'v')
  waiting.write('XREAD BLOCK 1000 STREAMS s 5\r\n')
  while (ours.server.blocking.count !== 1) await control.call('PING')
  clock.advance(600)
  await control.call('XADD', 's', '2-1', 'f', 'v')
  clock.advance(399)
  await control.call('PING')
  t.equal(waiting.unread, 0)
  clock.advance(1)
  t.equal(show((await waiting.next()).reply), '(nil array)')
})

t.test('a list that expires before the end of a transaction serves nobody', async t => {
  const clock = frozenClock()
  const ours = await startServer({ clock })
  t.teardown(() => ours.close())
  const waiting = await ours.connect()
  const control = await ours.connect()
  waiting.write('BLPOP k 0\r\n')
  while (ours.server.blocking.count !== 1) await control.call('PING')
  await control.call('MULTI')
  await control.call('RPUSH', 'k', 'x')
  await control.call('PEXPIREAT', 'k', '1')
  await control.call('EXEC')
  await control.call('PING')
  t.equal(waiting.unread, 0)
})

t.test('a client that goes away leaves its queues', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const leaving = await ours.connect()
  const staying = await ours.connect()
  const control = await ours.connect()
  leaving.write('BLPOP k 100\r\n')
  await waiting(1)
  staying.write('BLPOP k 100\r\n')
  await waiting(2)
  leaving.close()
  await waiting(1)
  await control.call('RPUSH', 'k', 'x')
  t.strictSame(show((await staying.next()).reply), ['$k', '$x'])
  t.equal(ours.server.blocking.keyCount, 0)
  async function waiting(count: number): Promise<void> {
    while (ours.server.blocking.count !== count) await control.call('PING')
  }
})

t.test(
  'a blocking command counts once, when it ends, and MONITOR shows it when it begins',
  async t => {
    const ours = await startServer()
    t.teardown(() => ours.close())
    const waiting = await ours.connect()
    const control = await ours.connect()
    const monitor = await ours.connect()
    await monitor.call('MONITOR')
    waiting.write('BLPOP k 0\r\n')
    t.match(show((await monitor.next()).reply), /"BLPOP" "k" "0"$/)
    t.notMatch(await control.ask('INFO', 'commandstats'), /cmdstat_blpop/)
    await control.call('RPUSH', 'k', 'x')
    await waiting.next()
    t.match(await control.ask('INFO', 'commandstats'), /cmdstat_blpop:calls=1,/)
    t.match(show((await monitor.next()).reply), /"INFO"/)
    t.match(show((await monitor.next()).reply), /"RPUSH"/)
    t.match(show((await monitor.next()).reply), /"INFO"/)
  },
)
