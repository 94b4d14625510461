// What a client waits for.

import type { Args } from '../resp3/args.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import type { TypeName } from '../store/value.ts'
import type { Command } from '../table/command.ts'
import type { Timer } from '../util/clock.ts'

interface AnyWait {
  /** 0 means for ever. */
  readonly timeoutMs: number
  /** What the client gets when the time is over. */
  readonly onTimeout: (reply: ReplyWriter) => void
}

export interface KeyWait extends AnyWait {
  readonly for: 'keys'
  readonly keys: readonly string[]
  /** The type of value that can serve this client. */
  readonly type: TypeName
  /** Run again also when a key is deleted or changes type (XREADGROUP answers an error then). */
  readonly whenDeleted?: boolean
  /** The words to run again, if the request's own would mean something else by then (XREAD $). */
  readonly args?: Args
}

/** Until whoever knows of it writes the reply and calls unblock(). */
export interface OtherWait extends AnyWait {
  readonly for: 'acknowledgements' | 'answer' | 'script' | 'shutdown'
}

export type Wait = KeyWait | OtherWait

export interface Blocked {
  readonly command: Command
  readonly args: Args
  readonly db: Database
  readonly wait: Wait
  readonly timer: Timer | undefined
}

export function keyWaitOf(blocked: Blocked | undefined): KeyWait | undefined {
  return blocked?.wait.for === 'keys' ? blocked.wait : undefined
}

/** The keys that a client waits for. */
export function awaitedKeys(blocked: Blocked | undefined): readonly string[] {
  return keyWaitOf(blocked)?.keys ?? []
}
