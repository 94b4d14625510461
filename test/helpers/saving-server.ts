// A server that keeps its snapshot in a folder, as the program does, on a clock that stands still.

import type { TestClock } from '../../src/testing/clock.ts'
import { frozenClock } from './clock.ts'
import { startServer, type TestServer } from './server.ts'
import type { Wire } from './wire.ts'

export interface SavingServer {
  readonly redis: TestServer
  readonly clock: TestClock
  readonly wire: Wire
  /** What it has logged. */
  readonly log: string[]
}

/** @param config settings beside `dir` */
export async function openSaving(dir: string, ...config: string[][]): Promise<SavingServer> {
  const clock = frozenClock()
  const log: string[] = []
  const redis = await startServer({
    clock,
    config: [['dir', dir], ['enable-debug-command', 'yes'], ...config],
    log: line => log.push(line),
  })
  redis.server.persistence.onDisk = true
  return { redis, clock, log, wire: await redis.connect() }
}
