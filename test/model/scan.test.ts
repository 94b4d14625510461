// SCAN, SSCAN, HSCAN and ZSCAN while others add, delete and let things expire between the calls:
// what stays from the first call to the last is met, and nothing is met twice. Redis itself may
// bring an element twice where the table grows or shrinks meanwhile.

import t from 'tap'
import type { Reply } from '../../src/resp3/decoder.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { frozenClock } from '../helpers/clock.ts'
import { pipeline } from '../helpers/pipeline.ts'
import { startServer } from '../helpers/server.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const WALKS = process.env['TEST_LONG'] ? 100_000 : 600

/** What is walked: how names are added and taken away, and how the walk goes on. */
interface Walked {
  readonly name: string
  readonly scan: (cursor: string, count: number) => readonly string[]
  readonly add: (name: string) => readonly string[]
  readonly remove: (name: string) => readonly string[]
  /** Lets a name go a millisecond later. */
  readonly expire?: (name: string) => readonly string[]
  /** Names in a reply. */
  readonly every: number
}

const WALKED: readonly Walked[] = [
  {
    name: 'SCAN',
    scan: (cursor, count) => ['SCAN', cursor, 'COUNT', String(count)],
    add: name => ['SET', name, 'x'],
    remove: name => ['DEL', name],
    expire: name => ['PEXPIRE', name, '1'],
    every: 1,
  },
  {
    name: 'SCAN of values with an expiry, and of others',
    scan: (cursor, count) => ['SCAN', cursor, 'COUNT', String(count)],
    add: name => (name.endsWith('3') ? ['RPUSH', name, 'x'] : ['SET', name, 'x', 'EX', '1000']),
    remove: name => ['UNLINK', name],
    expire: name => ['PEXPIRE', name, '1'],
    every: 1,
  },
  {
    name: 'SSCAN',
    scan: (cursor, count) => ['SSCAN', 'k', cursor, 'COUNT', String(count)],
    add: name => ['SADD', 'k', name],
    remove: name => ['SREM', 'k', name],
    every: 1,
  },
  {
    name: 'HSCAN',
    scan: (cursor, count) => ['HSCAN', 'k', cursor, 'COUNT', String(count)],
    add: name => ['HSET', 'k', name, 'x'],
    remove: name => ['HDEL', 'k', name],
    expire: name => ['HPEXPIRE', 'k', '1', 'FIELDS', '1', name],
    every: 2,
  },
  {
    name: 'HSCAN of long values',
    scan: (cursor, count) => ['HSCAN', 'k', cursor, 'COUNT', String(count)],
    add: name => ['HSET', 'k', name, name.repeat(30)],
    remove: name => ['HDEL', 'k', name],
    every: 2,
  },
  {
    name: 'ZSCAN',
    scan: (cursor, count) => ['ZSCAN', 'k', cursor, 'COUNT', String(count)],
    add: name => ['ZADD', 'k', String(name.length), name],
    remove: name => ['ZREM', 'k', name],
    every: 2,
  },
]

/** Names, by how they are to be: integers make sets of their own. */
const NAMES: readonly ((i: number) => string)[] = [
  i => `name:${i}`,
  i => String(i),
  i => `${i}${'-'.repeat(i % 80)}`,
]

/** @throws if the reply is none of SCAN's */
function readScan(reply: Reply | undefined): { cursor: string; found: readonly string[] } {
  const [cursor, names] = reply?.type === 'array' ? reply.items : []
  if (cursor?.type !== 'bulk' || names?.type !== 'array') throw new Error(`${reply?.type}`)
  return { cursor: cursor.text, found: names.items.map(name => ('text' in name ? name.text : '')) }
}

t.setTimeout(WALKS > 1000 ? 3_600_000 : 110_000)

t.test(`${WALKS} walks, seed ${SEED}`, { timeout: 3_600_000 }, async t => {
  const clock = frozenClock()
  const { close, connect } = await startServer({ clock })
  t.teardown(close)
  const wire = await connect()
  const random = new SeededRandom(SEED)
  const pick = <T>(of: readonly T[]): T => of[random.below(of.length)] as T
  const faults: string[] = []

  const walk = async (walked: Walked, nameOf: (i: number) => string): Promise<void> => {
    const size = 1 + random.below(pick([20, 200, 700]))
    const first = Array.from({ length: size }, (_, i) => nameOf(i))
    await pipeline(wire, [['FLUSHALL'], ...first.map(walked.add)])
    const present = [...first]
    const stays = new Set(first)
    const met = new Map<string, number>()
    let [cursor, next, calls] = ['0', size, 0]
    do {
      const count = 1 + random.below(pick([3, 30]))
      const [reply] = await pipeline(wire, [walked.scan(cursor, count)])
      const { cursor: after, found } = readScan(reply)
      for (let i = 0; i < found.length; i += walked.every) {
        const name = found[i] ?? ''
        met.set(name, (met.get(name) ?? 0) + 1)
      }
      cursor = after
      const changes: (readonly string[])[] = []
      // Who adds more than is walked walks for ever, as in Redis.
      const most = calls++ < 40 ? random.below(pick([2, 8, 40])) : 0
      for (let left = most; left > 0; left--) {
        if (present.length === 0 || random.below(5) < 2) {
          changes.push(walked.add(nameOf(next)))
          present.push(nameOf(next++))
        } else {
          const [name = ''] = present.splice(random.below(present.length), 1)
          stays.delete(name)
          const expires = walked.expire !== undefined && random.below(2) === 0
          changes.push((expires && walked.expire?.(name)) || walked.remove(name))
        }
      }
      if (changes.length > 0) await pipeline(wire, changes)
      clock.advance(2)
    } while (cursor !== '0')
    const missed = [...stays].filter(name => !met.has(name))
    const twice = [...met].filter(([, times]) => times > 1).map(([name]) => name)
    if (missed.length > 0) faults.push(`${walked.name} misses ${missed.slice(0, 5)}`)
    if (twice.length > 0) faults.push(`${walked.name} meets ${twice.slice(0, 5)} twice`)
  }

  for (let i = 0; i < WALKS; i++) await walk(pick(WALKED), pick(NAMES))
  t.strictSame(faults.slice(0, 10), [])
})

t.test('a cursor may be any number', async t => {
  const { close, connect } = await startServer()
  t.teardown(close)
  const wire = await connect()
  const names = Array.from({ length: 300 }, (_, i) => `k${i}`)
  await pipeline(wire, [
    ['MSET', ...names.flatMap(name => [name, 'x'])],
    ['SADD', 's', ...names],
  ])
  const cursors = ['1', '1073741823', '1073741824', '18446744073709551615']
  const replies = await pipeline(
    wire,
    cursors.flatMap(cursor => [
      ['SCAN', cursor],
      ['SSCAN', 's', cursor],
    ]),
  )
  for (const reply of replies) t.match(readScan(reply).cursor, /^\d+$/)
})
