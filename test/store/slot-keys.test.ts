// The keys of a database by slots: the same as if each were looked at, whatever comes and goes.

import t from 'tap'
import { countInSlot, keysInSlot } from '../../src/store/slot-keys.ts'
import { keySlot, patternSlot } from '../../src/util/crc.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { startServer } from '../helpers/server.ts'

t.test('what comes, goes and changes its form', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const random = new SeededRandom(7)
  const [db] = redis.server.keyspace.databases
  if (db === undefined) return
  const check = (): void => {
    const bySlot = new Map<number, string[]>()
    for (const key of db.keys()) {
      bySlot.set(keySlot(key), [...(bySlot.get(keySlot(key)) ?? []), key])
    }
    for (const [slot, keys] of bySlot) {
      t.strictSame(keysInSlot(db, slot).sort(), keys.sort())
      t.equal(countInSlot(db, slot), keys.length)
    }
    let count = 0
    for (let slot = 0; slot < 16384; slot++) count += countInSlot(db, slot)
    t.equal(count, db.size)
  }
  const step = async (): Promise<void> => {
    const key = random.below(3) === 0 ? `{tag}${random.below(40)}` : `k${random.below(200)}`
    const kind = random.below(6)
    if (kind < 2) await wire.ask('SET', key, String(random.below(1000)))
    else if (kind === 2) await wire.ask('DEL', key)
    else if (kind === 3) await wire.ask('RPUSH', key, 'v')
    else if (kind === 4) await wire.ask('RENAME', key, `{tag}${random.below(40)}`)
    else await wire.ask('SET', key, 'v'.repeat(300))
  }
  for (let i = 0; i < 300; i++) await step()
  check()
  for (let i = 0; i < 600; i++) await step()
  check()
  t.equal(keysInSlot(db, keySlot('tag'), 3).length, 3, 'no more than are wanted')
  await wire.ask('FLUSHALL')
  check()
  t.equal(countInSlot(db, keySlot('tag')), 0)
  await step()
  check()
})

t.test('the slot of a pattern, where it says one', async t => {
  t.equal(patternSlot('{tag}*'), keySlot('tag'))
  t.equal(patternSlot('a{tag}b?'), keySlot('tag'))
  t.equal(patternSlot('plain'), keySlot('plain'))
  t.equal(patternSlot('{}x'), keySlot('{}x'))
  for (const pattern of ['*', '{t*g}', 'a*{tag}', '{tag\\}', '[a]{tag}', '{}*']) {
    t.equal(patternSlot(pattern), undefined, pattern)
  }
})
