// The clock of a test server: the real time, until a test freezes it and moves it by hand. All of
// the server reads this one clock, so that expiry, time-outs, stream ids, ages of log entries and
// the dates of client certificates move together. Timers belong to the clock as well: while it is
// frozen only advance() and set() fire them, in their order, each at its own moment.

import type { Clock, Timer } from '../util/clock.ts'
import { type Duration, milliseconds } from './duration.ts'

const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** In one leap of a frozen clock a periodic timer fires this often at most. */
const TURNS_MAX = 100

interface Waiting extends Timer {
  /** On the scale of monotonic(). */
  dueAt: number
  /** Undefined for a timer that fires once. */
  readonly intervalMs: number | undefined
  readonly callback: () => void
  timeout: NodeJS.Timeout | undefined
}

/** The time of one server, which a test can stop and move. */
export class TestClock implements Clock {
  /** Undefined while time runs. */
  #frozenAt: { now: number; monotonic: number } | undefined
  /** What is added to real time while it runs. */
  #nowOffset = 0
  #monotonicOffset = 0
  readonly #waiting = new Set<Waiting>()
  /** Is told after time was moved by hand: replies that this caused have to be sent. */
  moved: () => void = () => {}

  /** Milliseconds since 1970. */
  now(): number {
    return this.#frozenAt === undefined ? Date.now() + this.#nowOffset : this.#frozenAt.now
  }

  /** now() while it is not the machine's time: certificates are then judged by this one. */
  get otherTime(): number | undefined {
    return this.#frozenAt === undefined && this.#nowOffset === 0 ? undefined : this.now()
  }

  monotonic(): number {
    return this.#frozenAt === undefined
      ? performance.now() + this.#monotonicOffset
      : this.#frozenAt.monotonic
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#start(delayMs, undefined, callback)
  }

  every(intervalMs: number, callback: () => void): Timer {
    return this.#start(intervalMs, intervalMs, callback)
  }

  #start(delayMs: number, intervalMs: number | undefined, callback: () => void): Timer {
    const timer: Waiting = {
      dueAt: this.monotonic() + delayMs,
      intervalMs,
      callback,
      timeout: undefined,
      cancel: () => {
        clearTimeout(timer.timeout)
        this.#waiting.delete(timer)
      },
    }
    this.#waiting.add(timer)
    if (!this.isFrozen) this.#arm(timer)
    return timer
  }

  get isFrozen(): boolean {
    return this.#frozenAt !== undefined
  }

  /** The time as a Date. */
  get date(): Date {
    return new Date(this.now())
  }

  /** Stops time: at the present moment, or at another one. */
  freeze(at?: Date | number | string): void {
    if (this.#frozenAt === undefined) {
      // Whole milliseconds, so that several leaps come to the same as one of their sum.
      this.#frozenAt = { now: this.now(), monotonic: Math.ceil(this.monotonic()) }
      for (const timer of this.#waiting) clearTimeout(timer.timeout)
    }
    if (at !== undefined) this.set(at)
  }

  /**
   * Freezes the clock at a moment: a Date, milliseconds since 1970, or an ISO date. Forwards,
   * timers fire on the way; backwards, wall-clock time alone is set.
   * @throws TypeError for what is not a date
   */
  set(at: Date | number | string): void {
    const target = new Date(at).getTime()
    if (Number.isNaN(target)) throw new TypeError(`Not a date: ${JSON.stringify(at)}`)
    this.freeze()
    const frozen = this.#frozenAt!
    // Sums of fractions are not exact: the moment is set as well.
    if (target > frozen.now) this.#pass(target - frozen.now)
    frozen.now = target
    this.moved()
  }

  /**
   * Freezes the clock and moves it on; whatever comes due happens before this returns. Replies that
   * it causes are on their way to their clients then.
   */
  advance(duration: Duration): void {
    this.freeze()
    this.#pass(milliseconds(duration))
    this.moved()
  }

  #pass(leap: number): void {
    const frozen = this.#frozenAt!
    const end = frozen.monotonic + leap
    for (let next = this.#firstUntil(end); next !== undefined; next = this.#firstUntil(end)) {
      this.#moveTo(Math.max(next.dueAt, frozen.monotonic))
      if (next.intervalMs === undefined) this.#waiting.delete(next)
      else next.dueAt = this.#nextTurn(next.intervalMs, leap, end)
      next.callback()
    }
    this.#moveTo(end)
  }

  /** Lets time run again, from where it stands. */
  resume(): void {
    const frozen = this.#frozenAt
    if (frozen === undefined) return
    this.#nowOffset = frozen.now - Date.now()
    this.#monotonicOffset = frozen.monotonic - performance.now()
    this.#frozenAt = undefined
    for (const timer of this.#waiting) this.#arm(timer)
  }

  /** Back to the real time, which runs. */
  reset(): void {
    this.resume()
    this.#nowOffset = 0
  }

  #arm(timer: Waiting): void {
    const delay = Math.min(timer.dueAt - this.monotonic(), TIMEOUT_MAX_MS)
    timer.timeout = setTimeout(() => {
      if (timer.intervalMs === undefined) this.#waiting.delete(timer)
      else {
        timer.dueAt = this.monotonic() + timer.intervalMs
        this.#arm(timer)
      }
      timer.callback()
    }, delay)
    timer.timeout.unref()
  }

  // Evenly over the leap, and for the last time at its end: a leap of a week has six million turns
  // of the server's cron.
  #nextTurn(intervalMs: number, leap: number, end: number): number {
    const now = this.monotonic()
    const next = now + Math.max(intervalMs, leap / TURNS_MAX)
    return next > end && now < end && leap > intervalMs ? end : next
  }

  #moveTo(monotonic: number): void {
    const frozen = this.#frozenAt!
    frozen.now += monotonic - frozen.monotonic
    frozen.monotonic = monotonic
  }

  #firstUntil(end: number): Waiting | undefined {
    let first: Waiting | undefined
    for (const timer of this.#waiting) {
      if (timer.dueAt <= end && (first === undefined || timer.dueAt < first.dueAt)) first = timer
    }
    return first
  }
}
