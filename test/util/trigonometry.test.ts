import t from 'tap'
import { asin, cos, sin } from '../../src/util/trigonometry.ts'

// The expected values were calculated with 60 digits and rounded once.
t.test('values are rounded correctly', async t => {
  t.equal(sin(0.5), 0.479425538604203)
  t.equal(sin(1), 0.8414709848078965)
  t.equal(sin(3), 0.1411200080598672)
  t.equal(sin(Math.PI), 1.2246467991473532e-16)
  t.equal(cos(1), 0.5403023058681398)
  t.equal(cos(Math.PI / 2), 6.123233995736766e-17)
  t.equal(asin(0.5), 0.5235987755982989)
  t.equal(asin(0.1), 0.1001674211615598)
})

t.test('the ends', async t => {
  t.equal(sin(0), 0)
  t.equal(cos(0), 1)
  t.equal(asin(0), 0)
  t.equal(asin(1), Math.PI / 2)
  t.equal(sin(1e-310), 1e-310)
})

t.test('never further from the runtime than one in the last place', async t => {
  const far: number[] = []
  for (let i = 0; i < 2000; i++) {
    const x = (i / 2000) * Math.PI
    const isNear =
      Math.abs(sin(-x) - Math.sin(-x)) <= 2 ** -53 &&
      Math.abs(cos(x) - Math.cos(x)) <= 2 ** -53 &&
      Math.abs(asin(i / 2000) - Math.asin(i / 2000)) <= 2 ** -52
    if (!isNear) far.push(x)
  }
  t.strictSame(far, [])
})
