// One command that runs for so long that others are served meanwhile: a script beyond
// busy-reply-threshold. The data belongs to it until it ends: time stands still for keys, nobody
// who waits is served, nothing happens by itself, and of other clients' requests only those run that
// touch nothing (allow_busy). What it has done is still one unit for whoever hears of it.

import { replyError } from '../resp3/errors.ts'
import type { RedisServer } from './server.ts'

const ANSWER = 'BUSY Redis is busy running a script. You can only call'

export const BUSY_SCRIPT = replyError(`${ANSWER} SCRIPT KILL or SHUTDOWN NOSAVE.`)
export const BUSY_FUNCTION = replyError(`${ANSWER} FUNCTION KILL or SHUTDOWN NOSAVE.`)

/** What runs. */
export interface LongRun {
  /** What others are answered. */
  readonly answer: typeof BUSY_SCRIPT
  /** Ends it now, whatever it has done. */
  readonly end: () => void
}

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
