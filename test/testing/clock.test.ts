// The clock that tests move, by itself.

import t from 'tap'
import { TestClock } from '../../src/testing/clock.ts'

t.test('several leaps come to the same as one of their sum', async t => {
  // In floating point this, 300 and 700 are less than this and 1000.
  t.intercept(performance, 'now', { value: () => 224.684719 })
  const clock = new TestClock()
  clock.freeze()
  let fired = 0
  clock.after(1000, () => fired++)
  clock.advance(300)
  clock.advance(699)
  t.equal(fired, 0)
  clock.advance(1)
  t.equal(fired, 1)
})
