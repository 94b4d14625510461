// Every failure that a client can see. A ReplyError is thrown by whoever finds it and written by
// the dispatcher; a ProtocolError also ends the connection. Shared ones are constants named as the
// client sees them, built ones are functions in camel case.

import { trimLineEnds } from '../util/bytes.ts'

/** The text of an error reply without the leading '-': a code word, a space, a sentence. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'

  /** The first word, by which INFO errorstats counts. */
  get code(): string {
    return errorCode(this.message)
  }
}

/** Redis looks for the blank behind the code this far, the '-' included. */
const CODE_MAX = 31
const BLANK = /[ \r\n]/

/** The first word of an error as it is sent: there, line ends are blanks. */
function errorCode(message: string): string {
  const start = trimLineEnds(message.slice(0, CODE_MAX + 1))
  const end = start.slice(0, CODE_MAX).search(BLANK)
  return end < 0 ? 'ERR' : start.slice(0, end)
}

/** The first word of an error that a script raised: Redis counts it before it cares for lines. */
export function raisedErrorCode(message: string): string {
  const start = message.slice(0, CODE_MAX)
  const end = start.indexOf(' ')
  return end < 0 ? 'ERR' : start.slice(0, end)
}

/** Answered like an error, then the connection is closed. `reason` goes to the log. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly reason: string

  constructor(message: string, reason = message) {
    super(message)
    this.reason = reason
  }
}

// An error object records its stack when it is made, which costs far more than throwing it. Errors
// for clients need none.
function withoutStack(message: string): ReplyError {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new ReplyError(message)
  Error.stackTraceLimit = limit
  return error
}

/** An error with a code word of its own. */
export function replyError(message: string): ReplyError {
  return withoutStack(message)
}

/** An error with the general code ERR. */
export function err(message: string): ReplyError {
  return withoutStack(`ERR ${message}`)
}

export const WRONGTYPE = replyError(
  'WRONGTYPE Operation against a key holding the wrong kind of value',
)
/** A marker: the dispatcher knows the command and writes the text with its name. */
export const WRONG_ARITY = err('wrong number of arguments')
export const SYNTAX = err('syntax error')
export const NOT_INTEGER = err('value is not an integer or out of range')
export const NOT_FLOAT = err('value is not a valid float')
export const OUT_OF_RANGE = err('value is out of range')
export const MUST_BE_POSITIVE = err('value is out of range, must be positive')
export const INDEX_OUT_OF_RANGE = err('index out of range')
export const NO_SUCH_KEY = err('no such key')
export const STRING_TOO_LONG = err('string exceeds maximum allowed size (proto-max-bulk-len)')
export const NOAUTH = replyError('NOAUTH Authentication required.')
export const WRONGPASS = replyError('WRONGPASS invalid username-password pair or user is disabled.')
export const OOM = replyError("OOM command not allowed when used memory > 'maxmemory'.")
export const LOADING = replyError('LOADING Redis is loading the dataset in memory')
export const BUSYKEY = replyError('BUSYKEY Target key name already exists.')
export const EXECABORT = replyError('EXECABORT Transaction discarded because of previous errors.')
export const MISCONF = replyError(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
    'disk. Commands that may modify the data set are disabled, because this instance is ' +
    'configured to report errors during writes if RDB snapshotting fails ' +
    '(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB ' +
    'error.',
)
export const CANNOT_SHUT_DOWN = err('Errors trying to SHUTDOWN. Check logs.')
export const NOREPLICAS = replyError('NOREPLICAS Not enough good replicas to write.')
export const READONLY = replyError("READONLY You can't write against a read only replica.")
export const MASTERDOWN = replyError(
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
)
export const NOTBUSY = replyError('NOTBUSY No scripts in execution right now.')
export const UNKILLABLE = replyError(
  'UNKILLABLE Sorry the script already executed write commands against the dataset. You can ' +
    'either wait the script termination or kill the server in a hard way using the SHUTDOWN ' +
    'NOSAVE command.',
)
/** Of scripts that say by flags what they may do. */
export const MASTERDOWN_SCRIPT = replyError(
  "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and " +
    "'allow-stale' flag is not set on the script.",
)
export const READONLY_SCRIPT = replyError(
  'READONLY Can not run script with write flag on readonly replica',
)
export const NOT_IN_MULTI = err('Command not allowed inside a transaction')
export const DB_INDEX_OUT_OF_RANGE = err('DB index is out of range')
export const INVALID_CURSOR = err('invalid cursor')
export const TIMEOUT_NOT_FLOAT = err('timeout is not a float or out of range')
export const TIMEOUT_NEGATIVE = err('timeout is negative')

export function wrongArity(command: string): ReplyError {
  return err(`wrong number of arguments for '${command}' command`)
}

export function invalidExpire(command: string): ReplyError {
  return err(`invalid expire time in '${command}' command`)
}
