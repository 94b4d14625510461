// One command that runs for so long that others are served meanwhile: a script beyond
// busy-reply-threshold. The data belongs to it until it ends: time stands still for keys, nobody
// who waits is served, nothing happens by itself, and of other clients' requests only those run that
// touch nothing (allow_busy). What it has done is still one unit for whoever hears of it.

import type { LongRun } from './long-run.ts'
import type { RedisServer } from './server.ts'

/** From now on the server is busy with it, until release(). */
export function hold(server: RedisServer, run: LongRun): void {
  server.busy = run
  server.turn.isHeld = true
  server.blocking.isHeld = true
  server.effects.hold()
}

export function release(server: RedisServer): void {
  server.busy = undefined
  server.turn.isHeld = false
  server.blocking.isHeld = false
  server.effects.release()
}
