// `--mock-command`: a server that also knows MOCK, so that tests in other languages can move its
// clock, break it and look into it. Whoever may run admin commands may do that.

import type { RedisServer, ServerOptions } from '../engine/server.ts'
import { TestClock } from '../testing/clock.ts'
import { RedisControl } from '../testing/control.ts'
import { enableMock, mockCommands } from '../testing/mock-command.ts'

/** What such a server is made with, and what has to be done before it listens. */
export function withMock(
  clock = new TestClock(),
  isLink?: (peer: string) => boolean,
): {
  readonly options: Partial<ServerOptions>
  readonly prepare: (server: RedisServer) => void
} {
  return {
    options: { clock, commands: mockCommands() },
    prepare: server => enableMock(server, new RedisControl(server, clock, undefined, isLink)),
  }
}
