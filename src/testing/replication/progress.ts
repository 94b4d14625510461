// How far nodes of a set are, and waiting for that.

import type { RedisServer } from '../../engine/server.ts'
import { Replication } from '../../replication/replication.ts'
import { REAL } from '../clock.ts'

/** Real time; on a machine that is busy a sync takes a while. */
export const PATIENCE_MS = 10_000

export function replicationOf({ server }: { readonly server: RedisServer }): Replication {
  return server.feature(Replication)
}

/** Whether it sends the stream to the replica that listens at a port. */
export function feeds({ online }: Replication, port: number): boolean {
  return online.some(one => one.listeningPort === port && !one.awaitsLoading)
}

/** Real time passes until nothing is lacking any more, or what is lacking is told. */
export async function untilNothingLacks(
  lacking: () => string | undefined,
  timeoutMs = PATIENCE_MS,
): Promise<string | undefined> {
  const end = REAL.monotonic() + timeoutMs
  for (let what = lacking(); what !== undefined; what = lacking()) {
    if (REAL.monotonic() > end) return what
    await new Promise<void>(resolve => REAL.setTimeout(resolve, 1))
  }
  return undefined
}
