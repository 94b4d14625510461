// What runs for so long that others are served meanwhile: a script beyond busy-reply-threshold. See
// busy.ts.

import { type ReplyError, replyError } from '../resp3/errors.ts'

const ANSWER = 'BUSY Redis is busy running a script. You can only call'

export const BUSY_SCRIPT = replyError(`${ANSWER} SCRIPT KILL or SHUTDOWN NOSAVE.`)
export const BUSY_FUNCTION = replyError(`${ANSWER} FUNCTION KILL or SHUTDOWN NOSAVE.`)

/** What runs. */
export interface LongRun {
  /** What others are answered. */
  readonly answer: ReplyError
  /** Ends it now, whatever it has done. */
  readonly end: () => void
}
