// `--mock-command`: a server like any other that also knows MOCK, so that tests in other languages
// can move its clock, break it and look into it. Whoever may run admin commands may do that.

import { TestClock } from '../testing/clock.ts'
import { RedisControl } from '../testing/control.ts'
import { enableMock, mockCommands } from '../testing/mock-command.ts'
import { run } from './run.ts'

/** Starts the server; the words are redis-server's and `--mock-command`. */
export function serveMock(words: readonly string[]): number {
  const clock = new TestClock()
  run(
    words.filter(word => word !== '--mock-command'),
    {
      options: { clock, commands: mockCommands() },
      prepare: server => enableMock(server, new RedisControl(server, clock, undefined)),
    },
  )
  return 0
}
