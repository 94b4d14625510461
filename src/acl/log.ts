// ACL LOG: refused commands, keys, channels and logins, newest first. Alike refusals within a
// minute are one entry with a count, looked for among the ten newest only. Times come from the
// caller, in milliseconds.

import { ROPE_MAX } from '../util/limits.ts'
import type { Denial } from './check.ts'

export type LogReason = Denial['reason'] | 'auth' | 'tls-cert'
export type LogContext = 'toplevel' | 'multi' | 'lua' | 'module'

export interface LogEvent {
  readonly reason: LogReason
  readonly context: LogContext
  /** The command's full name, the key, the channel, or for 'auth' the command as typed. */
  readonly object: string
  readonly username: string
  /** The client as CLIENT LIST describes it. */
  readonly clientInfo: string
}

/** The fields of one entry in the order and by the names of the reply. */
export interface LogRow {
  readonly count: number
  readonly reason: LogReason
  readonly context: LogContext
  readonly object: string
  readonly username: string
  readonly 'age-seconds': number
  readonly 'client-info': string
  readonly 'entry-id': number
  readonly 'timestamp-created': number
  readonly 'timestamp-last-updated': number
}

interface Entry {
  readonly event: LogEvent
  readonly count: number
  readonly id: number
  readonly createdAt: number
  readonly updatedAt: number
}

const SEARCHED = 10
const MAX_GAP_MS = 60_000

export const ACL_LOG_DEFAULT_COUNT = 10

function noDenials(): Record<LogReason, number> {
  return { auth: 0, command: 0, key: 0, channel: 0, 'tls-cert': 0 }
}

/** A key or a name of any length may be refused: no more of it is kept than somebody can read. */
function shortened(event: LogEvent): LogEvent {
  const { object, username } = event
  if (object.length <= ROPE_MAX && username.length <= ROPE_MAX) return event
  return { ...event, object: firstOf(object), username: firstOf(username) }
}

/** The beginning, in memory of its own: a slice of a text keeps all of it. */
function firstOf(text: string): string {
  return Buffer.from(text.slice(0, ROPE_MAX), 'latin1').toString('latin1')
}

export class AclLog {
  /** acllog-max-len; 0 keeps nothing but still counts. Takes effect with the next event. */
  maxLength = 128
  readonly #denied: Record<LogReason, number> = noDenials()
  /** The newest last. */
  #entries: Entry[] = []
  #nextId = 0

  /** How often each reason was met: INFO's acl_access_denied_* counters. */
  get denied(): Readonly<Record<LogReason, number>> {
    return this.#denied
  }

  add(event: LogEvent, nowMs: number): void {
    this.#denied[event.reason]++
    if (this.maxLength > 0) this.#record(shortened(event), Math.floor(nowMs))
    if (this.#entries.length > this.maxLength) {
      this.#entries.splice(0, this.#entries.length - this.maxLength)
    }
  }

  #latest(count: number): Entry[] {
    return this.#entries.slice(Math.max(0, this.#entries.length - count))
  }

  #record(event: LogEvent, now: number): void {
    const latest = this.#latest(SEARCHED)
    const index = latest.findLastIndex(entry => isAlike(entry, event, now))
    const [known] = index < 0 ? [] : this.#entries.splice(index - latest.length, 1)
    this.#entries.push({
      event,
      count: (known?.count ?? 0) + 1,
      id: known?.id ?? this.#nextId++,
      createdAt: known?.createdAt ?? now,
      updatedAt: now,
    })
  }

  /** ACL LOG RESET. Entry ids go on counting. */
  reset(): void {
    this.#entries = []
  }

  rows(nowMs: number, count = ACL_LOG_DEFAULT_COUNT): LogRow[] {
    const now = Math.floor(nowMs)
    return this.#latest(Math.max(0, count))
      .toReversed()
      .map(({ event, count, id, createdAt, updatedAt }) => ({
        count,
        reason: event.reason,
        context: event.context,
        object: event.object,
        username: event.username,
        'age-seconds': (now - updatedAt) / 1000,
        'client-info': event.clientInfo,
        'entry-id': id,
        'timestamp-created': createdAt,
        'timestamp-last-updated': updatedAt,
      }))
  }
}

function isAlike({ event, updatedAt }: Entry, other: LogEvent, now: number): boolean {
  return (
    event.reason === other.reason &&
    event.context === other.context &&
    event.object === other.object &&
    event.username === other.username &&
    Math.abs(updatedAt - now) <= MAX_GAP_MS
  )
}
