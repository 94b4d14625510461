// The order of numbers against the engine's sort with a comparison.

import t from 'tap'
import { orderOf } from '../../src/util/number-order.ts'
import { SeededRandom } from '../../src/util/random.ts'

const VALUES = [0, -0, 1, -1, 0.5, 1e300, -1e300, 5e-324, Infinity, -Infinity, 2 ** 53]

t.test('any number of numbers, with and without equals', async t => {
  const random = new SeededRandom(11)
  for (let length = 0; length < 300; length++) {
    const numbers = Float64Array.from({ length }, () =>
      random.below(3) === 0 ? VALUES[random.below(VALUES.length)]! : random.below(length),
    )
    // Equal numbers the other way round, so that neither order comes by itself.
    const expected = Array.from(numbers.keys()).sort((a, b) =>
      numbers[a] === numbers[b] ? b - a : numbers[a]! < numbers[b]! ? -1 : 1,
    )
    const given = [...numbers]
    t.strictSame([...orderOf(numbers, (a, b) => b - a)], expected, `${length} numbers`)
    if (!given.every((number, i) => Object.is(number, numbers[i]))) t.fail('the numbers stay')
  }
})

t.test('only equal numbers are compared', async t => {
  const numbers = Float64Array.from({ length: 1000 }, (_, i) => (i * 7919) % 1000)
  const order = orderOf(numbers, () => {
    throw new Error('No two are equal')
  })
  t.strictSame(
    Array.from(order, index => numbers[index]),
    Array.from(numbers.keys()),
  )
})
