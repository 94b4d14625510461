// Waiting for a call, of a server in this thread or in another.

import { printable } from '../util/printable.ts'
import { type Call, type CallFilter, fits, NO_FILTER } from './calls.ts'
import type { CommandName } from './command-name.ts'
import type { WaitOptions } from './control.ts'
import { type Duration, milliseconds } from './duration.ts'
import { lineOf } from './recorded-call.ts'
import * as shapes from './shapes.ts'

/** Where calls are seen. */
interface CallSource {
  callsOf(filter: CallFilter): Call[] | Promise<Call[]>
  on(event: 'command', listener: (call: Call) => void): unknown
  off(event: 'command', listener: (call: Call) => void): unknown
}

/**
 * What waitFor() was asked for.
 * @throws TypeError for what is no key or no option
 */
export function waitedFor(
  command: CommandName | CallFilter,
  key: string | undefined,
  options: WaitOptions,
): CallFilter {
  shapes.checkWait(key, options)
  const base = typeof command === 'string' ? { command } : command
  return key === undefined ? base : { ...base, key }
}

const SHOWN_CALLS = 20
/** A server that hangs does not say what it has seen. */
const SEEN_MS = 500

/** The first call that fits, of those that were made and those to come. */
export async function waitForCall(
  source: CallSource,
  filter: CallFilter,
  timeout: Duration,
): Promise<Call> {
  const timeoutMs = milliseconds(timeout)
  const found = await new Promise<Call | undefined>((resolve, reject) => {
    const timer = setTimeout(() => stop(undefined), timeoutMs)
    const end = (): void => {
      clearTimeout(timer)
      source.off('command', listener)
    }
    const stop = (call: Call | undefined): void => {
      end()
      resolve(call)
    }
    const fail = (error: unknown): void => {
      end()
      reject(error)
    }
    const listener = (call: Call): void => {
      if (fits(call, filter)) stop(call)
    }
    const seen = (async () => source.callsOf(filter))()
    Promise.resolve(source.on('command', listener)).catch(fail)
    seen.then(([first]) => first && stop(first), fail)
  })
  if (found !== undefined) return found
  const seen = (await seenBy(source)).slice(-SHOWN_CALLS).map(call => `\n  ${lineOf(call)}`)
  const wanted = printable(JSON.stringify(filter))
  throw new Error(`No call of ${wanted} in ${timeoutMs} ms. Seen:${seen.join('') || ' none'}`)
}

async function seenBy(source: CallSource): Promise<Call[]> {
  let timer: NodeJS.Timeout | undefined
  const nothing = new Promise<Call[]>(resolve => {
    timer = setTimeout(() => resolve([]), SEEN_MS)
  })
  try {
    return await Promise.race([source.callsOf(NO_FILTER), nothing])
  } finally {
    clearTimeout(timer)
  }
}
