// A clock that stands still until the test moves it.

import { TestClock } from '../../src/testing/clock.ts'

export function frozenClock(at: number = Date.UTC(2024, 0, 1)): TestClock {
  const clock = new TestClock()
  clock.freeze(at)
  return clock
}
