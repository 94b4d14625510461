// What goes wrong in the folder of append-only files, and how that is told.

import { StartError } from '../../host/config/directives.ts'
import type { Log } from '../../host/log.ts'
import { codeOf, isSystemError, systemReason } from '../../util/system-error.ts'
import { ManifestError } from './manifest.ts'

/** What cannot be done in the folder, in Redis's words. */
export class AofFault extends Error {
  override readonly name = 'AofFault'
  /** Of the system, and what that says. */
  readonly code: string
  readonly reason: string

  constructor(message: string, cause?: NodeJS.ErrnoException) {
    super(message, cause && { cause })
    this.code = cause === undefined ? 'ERR_START' : codeOf(cause)
    this.reason = cause === undefined ? message : systemReason(cause)
  }
}

/** @param message of the fault that a system error becomes */
export function orFault<T>(
  act: () => T,
  message: (reason: string, error: NodeJS.ErrnoException) => string,
): T {
  try {
    return act()
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new AofFault(message(systemReason(error), error), error)
  }
}

/** What the log is told; undefined of a fault of ours. */
function linesOf(error: unknown): readonly string[] | undefined {
  if (error instanceof ManifestError) return error.lines
  return error instanceof AofFault ? [error.message] : undefined
}

/** What ends a start. */
export function startError(error: unknown): unknown {
  const lines = linesOf(error)
  if (lines === undefined) return error
  const code = error instanceof AofFault ? error.code : 'ERR_START'
  return new StartError(lines, { code, cause: error })
}

/** False if the folder is in the way, which is logged. */
export function attempt(log: Log, act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    logFault(log, error)
    return false
  }
}

export function logFault(log: Log, error: unknown): void {
  const lines = linesOf(error)
  if (lines === undefined) throw error
  for (const line of lines) log.warning(line)
}
