import t from 'tap'
import { partialSort } from '../../src/util/partial-sort.ts'
import { SeededRandom } from '../../src/util/random.ts'

const ascending = (a: number, b: number): number => a - b

t.test('the range holds what a full sort would put there', async t => {
  const random = new SeededRandom(1)
  for (let round = 0; round < 300; round++) {
    const size = random.below(120)
    const items = Array.from({ length: size }, () => random.below(round % 2 === 0 ? 1000 : 8))
    const sorted = [...items].sort(ascending)
    const first = random.below(size + 1)
    const last = first + random.below(10)
    partialSort(items, ascending, first, last)
    const expected = sorted.slice(first, last + 1)
    t.strictSame(items.slice(first, last + 1), expected, `${size} items, ${first} to ${last}`)
    t.strictSame([...items].sort(ascending), sorted, 'nothing is lost')
  }
})

t.test('a part outside the range is left alone', async t => {
  const items = Array.from({ length: 1000 }, (_, i) => (i * 7919) % 1000)
  partialSort(items, ascending, 0, 9)
  t.strictSame(items.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.notSame(items, [...items].sort(ascending))
})

// McIlroy's adversary answers comparisons so that every pivot turns out to be nearly the lowest.
t.test('an input made against it does not exhaust the stack', async t => {
  const size = 20_000
  const gas = size
  const values = new Array<number>(size).fill(gas)
  let solid = 0
  let candidate = 0
  const indexes = Array.from({ length: size }, (_, i) => i)
  partialSort(
    indexes,
    (a, b) => {
      if (values[a] === gas && values[b] === gas) values[a === candidate ? a : b] = solid++
      if (values[a] === gas) candidate = a
      else if (values[b] === gas) candidate = b
      return (values[a] as number) - (values[b] as number)
    },
    0,
    size - 1,
  )
  const killer = [...values]
  const sorted = [...killer].sort(ascending)
  partialSort(killer, ascending, 0, size - 1)
  t.strictSame(killer, sorted)
})
