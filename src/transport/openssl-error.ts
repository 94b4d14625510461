// OpenSSL's errors as it prints them in one line, made from what node keeps of them.

import { systemReason } from '../util/system-error.ts'

/** 'error:0480006C:PEM routines::no start line'. */
export function opensslReason(error: unknown): string {
  const { message, library, reason } = error as {
    message: string
    library?: string
    reason?: string
  }
  const short = /error:([0-9A-F]{8}):([^:]*):[^:]*:([^:\n]*)/.exec(message)
  if (short !== null) return `error:${short[1]}:${short[2]}::${short[3]}`
  return library === undefined ? message : `error:00000000:${library}::${reason ?? message}`
}

/** OpenSSL's number for an error of the system holds the system's own: 2 is a missing file. */
const SYSTEM = 0x8000_0000

/** 'error:80000002:system library::No such file or directory'. */
export function opensslSystemReason(error: unknown): string {
  const { errno = 0 } = error as NodeJS.ErrnoException
  const number = (SYSTEM + Math.abs(errno)).toString(16).toUpperCase().padStart(8, '0')
  return `error:${number}:system library::${systemReason(error)}`
}

/** Why a handshake failed, where node finds its own words for a connection that broke off too. */
export function handshakeReason(error: Error): string {
  if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') return opensslReason(error)
  return error.message === 'socket hang up'
    ? 'error:0A000126:SSL routines::unexpected eof while reading'
    : 'Connection reset by peer'
}

/** What came was no TLS at all, so that OpenSSL sends no alert. */
export const NO_ALERT_REASONS: ReadonlySet<string> = new Set([
  'error:0A00010B:SSL routines::wrong version number',
  'error:0A00009C:SSL routines::http request',
  'error:0A00009B:SSL routines::https proxy request',
])
