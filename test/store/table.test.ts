// The table behind databases, hashes, sets and sorted sets, beside a Map and an array that do the
// same by simpler means.

import t from 'tap'
import { Table } from '../../src/store/table.ts'
import { SeededRandom } from '../../src/util/random.ts'

t.test(
  'it finds, keeps and forgets what a Map does, from few entries to many and back',
  async t => {
    const random = new SeededRandom(11)
    const table = new Table<number>()
    const model = new Map<string, number>()
    for (let i = 0; i < 30000; i++) {
      const key = 'k'.repeat(random.below(4)) + random.below(2000)
      const grows = Math.floor(i / 10000) % 2 === 0
      if (random.next() < (grows ? 0.75 : 0.15)) {
        if (table.set(key, i) === model.has(key)) t.fail(`set ${key}`)
        model.set(key, i)
      } else {
        const isDeleted = i % 2 === 0 ? table.delete(key) : table.deleteOrdered(key)
        if (isDeleted !== model.delete(key)) t.fail(`delete ${key}`)
      }
      if (table.size !== model.size || table.get(key) !== model.get(key)) t.fail(`after ${i}`)
    }
    t.ok(model.size > 1000)
    for (const [key, value] of model) if (table.get(key) !== value) t.fail(`lost ${key}`)
    t.strictSame(new Map(table), model)
    t.equal(new Set(table.keys()).size, model.size)
    for (const key of [...model.keys()]) table.delete(key)
    t.equal(table.size, 0)
    t.notOk(table.has('1'))
  },
)

t.test(
  'entries that are put into the middle are found, and keep the order of the rest',
  async t => {
    const random = new SeededRandom(12)
    const table = new Table<number>()
    const model: string[] = []
    for (let i = 0; i < 600; i++) {
      const place = random.below(model.length + 1)
      table.insert(place, `f${i}`, i)
      model.splice(place, 0, `f${i}`)
      if (i % 5 !== 0) continue
      const [gone = ''] = model.splice(random.below(model.length), 1)
      t.ok(table.deleteOrdered(gone), gone, { diagnostic: false })
    }
    t.strictSame(table.keys(), model)
    t.ok(model.every((key, i) => table.keyAt(i) === key && table.valueAt(i) === table.get(key)))
    table.clear()
    t.notOk(table.has(model[0] ?? ''))
  },
)

t.test('a walk meets whatever stays, though others come and go meanwhile', async t => {
  const random = new SeededRandom(13)
  const table = new Table<number>()
  for (let i = 0; i < 1000; i++) table.set(`stays${i}`, i)
  for (let i = 0; i < 1000; i++) table.set(`goes${i}`, i)
  const seen = new Set<string>()
  let cursor = 0
  do {
    cursor = table.scan(cursor, 10, key => seen.add(key))
    for (let i = 0; i < 5; i++) table.delete(`goes${random.below(1000)}`)
    for (let i = 0; i < 5; i++) table.set(`comes${random.below(1000)}`, i)
  } while (cursor !== 0)
  for (let i = 0; i < 1000; i++) if (!seen.has(`stays${i}`)) t.fail(`missed stays${i}`)
})
