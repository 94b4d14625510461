// The buffers that a real server would hold for a connection, as a model. Ours come from Node and
// go with each turn; those of Redis are kept, grow with what passes through them, and are cut down
// by the cron. CLIENT LIST and maxmemory-clients go by them.

import type { Link } from './link.ts'

/** A query buffer is at least this large while its client is not idle. */
const QUERY_BYTES = 20_474
/** Free bytes of a query buffer that are not worth the work. */
const QUERY_WASTE = 4 * 1024
/** A query buffer that is in use shrinks only from here on. */
const QUERY_SHRINKS_FROM = 32 * 1024
const IDLE_SECONDS = 2

const REPLY_MAX = 16 * 1024
const REPLY_MIN = 1024

/** DEBUG REPLYBUFFER: how reply buffers follow what is written. */
export interface ReplyBufferPolicy {
  resizing: boolean
  /** After how many milliseconds the peak is forgotten; -1 is never. */
  peakResetMs: number
}

export const REPLY_PEAK_RESET_MS = 5000

export class LinkBuffers {
  queryBytes = 0
  replyBytes = REPLY_MAX
  #queryPeak = 0
  #replyPeak = REPLY_MAX
  #replyPeakResetAt: number

  constructor(now: number) {
    this.#replyPeakResetAt = now
  }

  /** `used` bytes are in the query buffer, and `awaited` are announced to come. */
  received(used: number, awaited: number): void {
    const needed = Math.max(used, awaited)
    if (needed > this.queryBytes) this.queryBytes = Math.max(needed, QUERY_BYTES)
    if (needed > this.#queryPeak) this.#queryPeak = needed
  }

  replied(bytes: number): void {
    const used = Math.min(bytes, this.replyBytes)
    if (used > this.#replyPeak) this.#replyPeak = used
  }

  /** What the cron does to the buffers of a link, of whose requests `used` bytes are there. */
  resize(link: Link, policy: ReplyBufferPolicy, now: number): void {
    this.#resizeQuery(link.unread, link.awaited, now - link.lastActiveAt)
    if (policy.resizing) this.#resizeReply(link.unsent, policy.peakResetMs, now)
  }

  #resizeQuery(used: number, awaited: number, idleMs: number): void {
    if (this.queryBytes - used > QUERY_WASTE) {
      if (Math.floor(idleMs / 1000) > IDLE_SECONDS) {
        this.queryBytes = used
      } else if (this.queryBytes > QUERY_SHRINKS_FROM && this.queryBytes / 2 > this.#queryPeak) {
        this.queryBytes = Math.max(used, this.#queryPeak, awaited)
      }
    }
    this.#queryPeak = Math.max(used, awaited)
  }

  #resizeReply(unsent: number, peakResetMs: number, now: number): void {
    const half = Math.floor(this.replyBytes / 2)
    const peak = this.#replyPeak
    let resized = this.replyBytes
    if (half >= REPLY_MIN && peak < half) resized = Math.max(REPLY_MIN, peak + 1)
    else if (peak === this.replyBytes) resized = Math.min(REPLY_MAX, this.replyBytes * 2)
    if (peakResetMs >= 0 && now - this.#replyPeakResetAt >= peakResetMs) {
      this.#replyPeak = Math.min(unsent, this.replyBytes)
      this.#replyPeakResetAt = now
    }
    this.replyBytes = resized
  }
}
