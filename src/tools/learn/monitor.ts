// Calls from the lines of MONITOR: `1700000000.123456 [0 127.0.0.1:50000] "GET" "user:1"`.
//
// The lines do not name the user, so that all calls are one user's. They leave out AUTH and the
// commands that Redis counts as administrative (CONFIG, ACL, most of CLIENT), show nothing of what
// was refused, and hide some words.

import { splitWords } from '../../resp3/words.ts'
import type { RedisConnection } from '../connection.ts'
import type { Learner } from '../learn.ts'
import type { ObservedCall } from './deeds.ts'

/** What a recording from MONITOR cannot know. */
export const MONITOR_NOTES: readonly string[] = [
  'MONITOR does not say who called: all calls are taken for those of one user.',
  'MONITOR hides administrative commands (CONFIG, ACL, CLIENT KILL and others): add what is used.',
]

const LINE = /^\+?\d+\.\d+ \[\d+ (.*?)\] (".*)$/s

/** The call that a line shows; undefined if it is no line of MONITOR. */
function readMonitorLine(line: string, user: string): ObservedCall | undefined {
  const [, source, rest = ''] = LINE.exec(line.replace(/\r?\n?$/, '')) ?? []
  if (source === undefined) return undefined
  const words = splitWords(rest)
  return words && { user, words, fromScript: source === 'lua' }
}

/**
 * Learns from text that MONITOR wrote, a binary string.
 * @returns how many lines could not be read; `OK` and empty ones do not count
 */
export function learnFromMonitor(learner: Learner, text: string, user: string): number {
  let unread = 0
  for (const line of text.split('\n')) {
    const call = readMonitorLine(line, user)
    if (call !== undefined) learner.add(call)
    else if (!/^\+?(?:OK)?\s*$/.test(line)) unread++
  }
  return unread
}

/** Learns from a running server until the promise is resolved, or the server ends. */
export async function monitor(
  learner: Learner,
  connection: RedisConnection,
  user: string,
  until: Promise<unknown>,
): Promise<void> {
  connection.listen(reply => {
    const call = 'text' in reply ? readMonitorLine(reply.text, user) : undefined
    if (call !== undefined) learner.add(call)
  })
  await connection.call('MONITOR')
  const failure = await Promise.race([until.then(() => undefined), connection.ended])
  connection.close()
  if (failure !== undefined) throw failure
}
