import t from 'tap'
import { distinctBelow, SeededRandom, SystemRandom } from '../../src/util/random.ts'

t.test('a seed decides everything', async t => {
  const draw = (seed: number): unknown => {
    const random = new SeededRandom(seed)
    return [random.next(), random.below(1000), random.below(2 ** 32)]
  }
  t.same(draw(1), draw(1))
  t.notSame(draw(1), draw(2))
  t.notSame(draw(1), draw(1 + 2 ** 32), 'more than 32 bits of seed count')
})

for (const random of [new SeededRandom(3), new SystemRandom()]) {
  t.test(`${random.constructor.name} is in bounds and roughly even`, async t => {
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) {
      const n = random.below(10)
      if (counts[n] === undefined) t.fail(`below(10) gave ${n}`)
      else counts[n]++
      const fraction = random.next()
      if (!(fraction >= 0 && fraction < 1)) t.fail(`next() gave ${fraction}`)
    }
    t.ok(Math.min(...counts) > 800, String(counts))
    t.ok(Math.max(...counts) < 1200, String(counts))
  })
}

t.test('distinctBelow gives every choice a chance', async t => {
  const random = new SeededRandom(5)
  const seen = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const picked = distinctBelow(random, 3, 3)
    if (new Set(picked).size !== 3) t.fail('not distinct')
    seen.set(picked.join(), (seen.get(picked.join()) ?? 0) + 1)
  }
  t.equal(seen.size, 6)
  for (const [order, count] of seen) t.ok(count > 850 && count < 1150, `${order}: ${count}`)
  t.strictSame(distinctBelow(random, 5, 0), [])
  t.ok(distinctBelow(random, 1e9, 3).every(n => n >= 0 && n < 1e9))
})
