// What listeners get of effects: the words, the bytes for each of the two streams, and what is done
// without any command.

import t from 'tap'
import { type Effect, EffectStream, TARGET } from '../../src/engine/effect.ts'
import type { Effects } from '../../src/engine/effects.ts'
import { startRedis } from '../../src/index.ts'
import { frozenClock } from '../helpers/clock.ts'
import { startServer } from '../helpers/server.ts'
import { encode } from '../helpers/wire.ts'

interface Unit {
  readonly effects: readonly Effect[]
  readonly atomic: boolean
  readonly client: { readonly name: string } | undefined
}

function hear(effects: Effects, targets: number = TARGET.all) {
  const units: Unit[] = []
  const heard = { units, losses: 0, end: () => {} }
  heard.end = effects.listen(
    {
      unit: (effects, atomic, client) => void units.push({ effects, atomic, client }),
      lost: () => void heard.losses++,
    },
    targets,
  )
  return heard
}

function wordsOf(units: readonly Unit[]): string[][] {
  return units.flatMap(({ effects }) => effects.map(({ words }) => words.texts()))
}

t.test('an effect holds the words as they were sent, whatever bytes are in them', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const { units } = hear(ours.server.effects)
  const wire = await ours.connect()
  const words = ['sEt', 'k\r\n', '\x00\xff$3\r\n*2', '']
  await wire.call(...words.slice(0, 3))
  await wire.call('APPEND', 'k', '')
  wire.write('set inline "a b"\r\n')
  await wire.next()
  await wire.call('RPUSH', 'list', ...Array.from({ length: 1234 }, (_, i) => 'x'.repeat(i)))
  t.strictSame(wordsOf(units).slice(0, 3), [
    words.slice(0, 3),
    ['APPEND', 'k', ''],
    ['set', 'inline', 'a b'],
  ])
  t.equal(wordsOf(units)[3]?.length, 1236)
  for (const { effects } of units) {
    for (const { bytes, words, cause, targets, database } of effects) {
      t.strictSame(bytes, encode(words.texts()))
      t.strictSame([cause, targets, database], ['command', TARGET.all, 0])
    }
  }
})

t.test('causes', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const { units } = hear(ours.server.effects)
  const wire = await ours.connect()
  await wire.call('SET', 'k', 'v', 'PXAT', '1000')
  await wire.call('INCR', 'k')
  await wire.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '1')
  await wire.call('GET', 'k')
  t.strictSame(
    units.map(({ effects, atomic }) => [atomic, ...effects.map(({ cause }) => cause)]),
    [
      [false, 'command'],
      [true, 'expiry', 'command'],
      [false, 'eviction'],
    ],
  )
})

t.test('what nobody heard to its end is not told to the next who listens', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const first = hear(ours.server.effects)
  ours.server.features.use({ ran: (_client, { name }) => void (name === 'touch' && first.end()) })
  const wire = await ours.connect()
  for (const words of ['MULTI', 'SET k old', 'TOUCH k', 'EXEC'])
    await wire.call(...words.split(' '))
  t.strictSame(first.units, [])
  await wire.call('SET', 'k', 'new')
  const { units } = hear(ours.server.effects)
  await wire.call('SET', 'other', 'v')
  t.strictSame(wordsOf(units), [['SET', 'other', 'v']])
})

t.test('a unit is of who caused it: a client, or the server', async t => {
  const clock = frozenClock()
  const ours = await startServer({ clock })
  t.teardown(() => ours.close())
  const { units } = hear(ours.server.effects)
  const [ann, bob] = [await ours.connect(), await ours.connect()]
  await ann.call('CLIENT', 'SETNAME', 'ann')
  await bob.call('CLIENT', 'SETNAME', 'bob')
  await ann.call('EVAL', "redis.call('SET', 'k', 'v', 'PX', 100) redis.call('SET', 'j', 'v')", '0')
  bob.write(encode(['BLPOP', 'l', '0']))
  await ann.call('RPUSH', 'l', 'a')
  await bob.next()
  clock.advance(1000)
  t.strictSame(
    units.map(({ effects, client }) => [
      client?.name,
      ...effects.map(({ words }) => words.text(0)),
    ]),
    [
      ['ann', 'SET', 'SET'],
      ['ann', 'RPUSH'],
      ['bob', 'LPOP'],
      [undefined, 'DEL'],
    ],
  )
})

t.test('each stream has its own share, and its own database', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const { units } = hear(ours.server.effects)
  const wire = await ours.connect()
  const file = new EffectStream(TARGET.file)
  const replicas = new EffectStream(TARGET.replicas)
  const blocks = () => {
    const taken = units.splice(0)
    return [file, replicas].map(stream =>
      taken.flatMap(({ effects, atomic }) => stream.blocksOf(effects, atomic)).map(String),
    )
  }
  const text = (...words: string[]) => String(encode(words))
  await wire.call('PUBLISH', 'c', 'm')
  t.strictSame(blocks(), [[], [text('SELECT', '0'), text('PUBLISH', 'c', 'm')]])
  await wire.call('SET', 'a', '1')
  t.strictSame(blocks(), [[text('SELECT', '0'), text('SET', 'a', '1')], [text('SET', 'a', '1')]])
  await wire.call('SELECT', '3')
  for (const words of [['MULTI'], ['SET', 'a', '1'], ['PUBLISH', 'c', 'm'], ['EXEC']]) {
    await wire.call(...words)
  }
  t.strictSame(blocks(), [
    [text('MULTI'), text('SELECT', '3'), text('SET', 'a', '1'), text('EXEC')],
    [
      text('MULTI'),
      text('SELECT', '3'),
      text('SET', 'a', '1'),
      text('PUBLISH', 'c', 'm'),
      text('EXEC'),
    ],
  ])
  replicas.forget()
  await wire.call('SET', 'a', '1')
  t.strictSame(blocks(), [[text('SET', 'a', '1')], [text('SELECT', '3'), text('SET', 'a', '1')]])
})

t.test('what is for others is no entry, and after the end nothing is', async t => {
  const ours = await startServer()
  t.teardown(() => ours.close())
  const heard = hear(ours.server.effects, TARGET.file)
  const wire = await ours.connect()
  for (const words of [['MULTI'], ['SET', 'a', '1'], ['PUBLISH', 'c', 'm'], ['EXEC']]) {
    await wire.call(...words)
  }
  t.strictSame(
    heard.units.map(({ atomic }) => atomic),
    [false],
  )
  heard.end()
  await wire.call('SET', 'a', '2')
  t.equal(heard.units.length, 1)
  t.equal(ours.server.effects.isHeard, false)
})

t.test('what a test does with the data is told as well', async t => {
  const redis = await startRedis({ tls: false })
  t.teardown(() => redis.close())
  const heard = hear(redis.server.effects)
  redis.seed({ name: 'x', list: { $list: ['a'], $expires: '5m' } })
  t.strictSame(
    heard.units.map(({ atomic }) => atomic),
    [true],
  )
  t.match(wordsOf(heard.units), [
    ['RESTORE', 'name', '0', String, 'REPLACE', 'ABSTTL'],
    ['RESTORE', 'list', /^\d{13}$/, String, 'REPLACE', 'ABSTTL'],
  ])
  redis.restore(redis.snapshot())
  t.equal(heard.losses, 1)
  t.equal(heard.units.length, 1)
})
