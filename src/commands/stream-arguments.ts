// The words of stream commands: ids, bounds of ranges, and how to trim. Each is
// read in one place, in Redis's order of errors, before anything is changed.

import type { Args } from '../resp3/args.ts'
import { err, NOT_INTEGER, type ReplyError, replyError, SYNTAX } from '../resp3/errors.ts'
import type { Trim } from '../store/stream.ts'
import { MAX_ID, MAX_SEQUENCE, MIN_ID, parseId, type StreamId } from '../store/stream-id.ts'
import type { EncodingLimits } from '../store/value.ts'

const INVALID_ID = err('Invalid stream ID specified as stream command argument')
const INVALID_START = err('invalid start ID for the interval')
const INVALID_END = err('invalid end ID for the interval')
const BOTH_STRATEGIES = err(
  'syntax error, MAXLEN and MINID options at the same time are not compatible',
)
const NEGATIVE_LENGTH = err('The MAXLEN argument must be >= 0.')
const NEGATIVE_LIMIT = err('The LIMIT argument must be >= 0.')
const LIMIT_ALONE = err('syntax error, LIMIT cannot be used without specifying a trimming strategy')
const LIMIT_EXACT = err('syntax error, LIMIT cannot be used without the special ~ option')
const NO_STRATEGY = err('syntax error, XTRIM must be called with a trimming strategy')
// ---- Ids ---------------------------------------------------------------------------------------

/** `ms-seq`, or `ms` alone, which then stands for the lowest id of that millisecond. */
export function readId(args: Args, i: number): StreamId {
  return idOf(args.text(i), 0n)
}

/** The same, or `-` and `+` for the lowest and the highest of all. */
export function readIdOrEdge(args: Args, i: number): StreamId {
  return idOrEdge(args.text(i), 0n)
}

/** The start of a range; `(` before it excludes the id itself. */
export function readStart(args: Args, i: number): StreamId {
  const text = args.text(i)
  if (text.length < 2 || text[0] !== '(') return idOrEdge(text, 0n)
  const id = idOf(text.slice(1), 0n)
  if (id === MAX_ID) throw INVALID_START
  return id + 1n
}

/** The end of a range; `ms` alone stands for the highest id of that millisecond. */
export function readEnd(args: Args, i: number): StreamId {
  const text = args.text(i)
  if (text.length < 2 || text[0] !== '(') return idOrEdge(text, MAX_SEQUENCE)
  const id = idOf(text.slice(1), MAX_SEQUENCE)
  if (id === MIN_ID) throw INVALID_END
  return id - 1n
}

function idOrEdge(text: string, missingSequence: bigint): StreamId {
  if (text === '-') return MIN_ID
  if (text === '+') return MAX_ID
  return idOf(text, missingSequence)
}

function idOf(text: string, missingSequence: bigint): StreamId {
  const id = parseId(text, missingSequence)
  if (id === undefined) throw INVALID_ID
  return id
}

/** A group or a stream that is missing; names end at a NUL in Redis's messages. */
export function noGroup(text: string): ReplyError {
  return replyError(`NOGROUP ${text}`)
}

export function shownName(name: string): string {
  const nul = name.indexOf('\0')
  return nul === -1 ? name : name.slice(0, nul)
}

// ---- XADD and XTRIM ----------------------------------------------------------------------------

/** How to trim, and where among the words it stands to which length or id. */
export interface TrimRequest extends Trim {
  readonly at: number
}

export interface AddRequest {
  readonly trim: TrimRequest | undefined
  readonly createsStream: boolean
  /** Undefined for `*`. */
  readonly id: StreamId | undefined
  /** False for `ms-*`: the sequence number is to be found. */
  readonly hasSequence: boolean
  readonly fieldsAt: number
}

/** Trimming as it is being read. */
interface TrimWords {
  to?: Trim['to']
  at: number
  approximate: boolean
  limit?: number
}

export function readAdd(args: Args, limits: EncodingLimits, isObeyed: boolean): AddRequest {
  const words: TrimWords = { at: 0, approximate: false }
  let createsStream = true
  let id: StreamId | undefined
  let hasSequence = true
  let i = 2
  for (; i < args.count; i++) {
    if (args.is(i, '*')) break
    const next = readTrimOption(args, i, words)
    if (next !== undefined) {
      i = next
    } else if (args.is(i, 'NOMKSTREAM')) {
      createsStream = false
    } else {
      const text = args.text(i)
      hasSequence = !text.endsWith('-*') || text.length > 127
      id = idOf(hasSequence ? text : text.slice(0, -2), 0n)
      // What stands before the star is the milliseconds alone.
      if (!hasSequence && text.indexOf('-') !== text.length - 2) throw INVALID_ID
      break
    }
  }
  if (!isObeyed) checkLimit(words)
  return { trim: finishTrim(words, limits), createsStream, id, hasSequence, fieldsAt: i + 1 }
}

export function readTrim(args: Args, limits: EncodingLimits, isObeyed: boolean): TrimRequest {
  const words: TrimWords = { at: 0, approximate: false }
  for (let i = 2; i < args.count; i++) {
    const next = readTrimOption(args, i, words)
    if (next === undefined) throw SYNTAX
    i = next
  }
  if (words.to === undefined && !words.limit) throw NO_STRATEGY
  if (!isObeyed) checkLimit(words)
  const request = finishTrim(words, limits)
  if (request === undefined) throw NO_STRATEGY
  return request
}

/** The index of the option's last word, or undefined if it is none of these options. */
function readTrimOption(args: Args, i: number, words: TrimWords): number | undefined {
  if (i + 1 === args.count) return undefined
  if (args.is(i, 'LIMIT')) {
    words.limit = args.integer(i + 1)
    if (words.limit < 0) throw NEGATIVE_LIMIT
    return i + 1
  }
  const byLength = args.is(i, 'MAXLEN')
  if (!byLength && !args.is(i, 'MINID')) return undefined
  if (words.to !== undefined) throw BOTH_STRATEGIES
  const hasMark = i + 2 < args.count && (args.is(i + 1, '~') || args.is(i + 1, '='))
  words.approximate = hasMark && args.is(i + 1, '~')
  const at = hasMark ? i + 2 : i + 1
  if (byLength) {
    const length = args.integer(at)
    if (length < 0) throw NEGATIVE_LENGTH
    words.to = { length }
  } else {
    words.to = { minId: readId(args, at) }
  }
  words.at = at
  return at
}

/**
 * A limit has no use without `~`. But where one is obeyed, `~` has become `=`, and the limit beside
 * it stayed: it has done its work.
 */
function checkLimit({ to, approximate, limit }: TrimWords): void {
  if (to === undefined && limit !== undefined && limit > 0) throw LIMIT_ALONE
  if (limit !== undefined && !approximate) throw LIMIT_EXACT
}

function finishTrim(
  { to, at, approximate, limit }: TrimWords,
  limits: EncodingLimits,
): TrimRequest | undefined {
  if (to === undefined) return undefined
  return { to, at, approximate, limit: approximate ? (limit ?? defaultLimit(limits)) : 0 }
}

/** A hundred nodes, within bounds. */
function defaultLimit({ streamNodeMaxEntries }: EncodingLimits): number {
  const limit = 100 * streamNodeMaxEntries
  return limit <= 0 ? 10000 : Math.min(limit, 1000000)
}

// ---- XREAD and XREADGROUP ----------------------------------------------------------------------

// ---- XCLAIM ------------------------------------------------------------------------------------

export interface ClaimOptions {
  readonly ids: readonly StreamId[]
  readonly deliveredAt: number
  readonly deliveries: bigint | undefined
  readonly force: boolean
  readonly justId: boolean
  readonly lastId: StreamId
}

export function readClaim(args: Args, now: number): ClaimOptions {
  const ids: StreamId[] = []
  let i = 5
  for (; i < args.count; i++) {
    const id = parseId(args.text(i), 0n)
    if (id === undefined) break
    ids.push(id)
  }
  let deliveredAt = now
  let deliveries: bigint | undefined
  let force = false
  let justId = false
  let lastId = MIN_ID
  for (; i < args.count; i++) {
    const hasMore = i + 1 < args.count
    if (args.is(i, 'FORCE')) force = true
    else if (args.is(i, 'JUSTID')) justId = true
    else if (args.is(i, 'IDLE') && hasMore)
      deliveredAt = now - args.integer(++i, INVALID_CLAIM.IDLE)
    else if (args.is(i, 'TIME') && hasMore) deliveredAt = args.integer(++i, INVALID_CLAIM.TIME)
    else if (args.is(i, 'RETRYCOUNT') && hasMore) {
      deliveries = args.int64(++i, INVALID_CLAIM.RETRYCOUNT)
    } else if (args.is(i, 'LASTID') && hasMore) lastId = readId(args, ++i)
    else throw err(`Unrecognized XCLAIM option '${shownName(args.text(i))}'`)
  }
  // A time that makes no sense is no error: the client's clock may be ahead of ours.
  if (deliveredAt < 0 || deliveredAt > now) deliveredAt = now
  if (deliveries !== undefined && deliveries < 0n) deliveries = undefined
  return { ids, deliveredAt, deliveries, force, justId, lastId }
}

const INVALID_CLAIM = {
  IDLE: err('Invalid IDLE option argument for XCLAIM'),
  TIME: err('Invalid TIME option argument for XCLAIM'),
  RETRYCOUNT: err('Invalid RETRYCOUNT option argument for XCLAIM'),
} as const

/** Both claims: how long an entry must have been idle. */
export function readMinIdle(args: Args, command: keyof typeof INVALID_MIN_IDLE): number {
  return Math.max(0, args.integer(4, INVALID_MIN_IDLE[command]))
}

const INVALID_MIN_IDLE = {
  XCLAIM: err('Invalid min-idle-time argument for XCLAIM'),
  XAUTOCLAIM: err('Invalid min-idle-time argument for XAUTOCLAIM'),
} as const

/** ENTRIESREAD: a counter, or -1 (undefined here) for an unknown one. */
export function readEntriesRead(args: Args, i: number): bigint | undefined {
  const count = args.int64(i, NOT_INTEGER)
  if (count < -1n) throw err('value for ENTRIESREAD must be positive or -1')
  return count === -1n ? undefined : count
}
