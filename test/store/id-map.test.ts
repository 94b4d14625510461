import t from 'tap'
import { IdMap } from '../../src/store/id-map.ts'
import { SeededRandom } from '../../src/util/random.ts'

t.test('it is a map, in order of the ids, whatever comes and goes', async t => {
  const random = new SeededRandom(7)
  const map = new IdMap<number>()
  const model = new Map<bigint, number>()
  for (let i = 0; i < 20000; i++) {
    // It grows in the first half and shrinks in the second, over several blocks.
    const id = BigInt(random.below(3000))
    if (random.next() < (i < 10000 ? 0.7 : 0.3)) {
      map.set(id, i)
      model.set(id, i)
    } else if (map.delete(id) !== model.delete(id)) {
      t.fail(`delete ${id}`)
    }
    if (map.size !== model.size || map.get(id) !== model.get(id)) t.fail(`after ${i}`)
  }
  const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
  t.ok(sorted.length > 500)
  t.strictSame([...map.from(0n)], sorted)
  t.strictSame(
    [...map.from(1500n)],
    sorted.filter(([id]) => id >= 1500n),
  )
  t.strictSame([map.first, map.last], [sorted[0]?.[0], sorted.at(-1)?.[0]])
})

t.test('an empty map has nothing to walk', async t => {
  const map = new IdMap<number>()
  t.strictSame([...map.from(0n)], [])
  t.equal(map.first, undefined)
  t.equal(map.delete(1n), false)
  map.set(1n, 1)
  t.equal(map.delete(1n), true)
  t.equal(map.last, undefined)
})
