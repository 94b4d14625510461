// The clock of a test server: the real time, until a test freezes it and moves it by hand. All of
// the server reads this one clock, so that expiry, time-outs, stream ids, ages of log entries and
// the dates of client certificates move together. Timers belong to the clock as well: while it is
// frozen only advance() and set() fire them, in their order, each at its own moment.
//
// A runner that fakes timers and Date has a clock of its own: this one follows it when it is told
// to. Until then faked timers do not stop the server, which keeps the real ones from its start on.

import type { Clock, Timer } from '../util/clock.ts'
import { type Duration, milliseconds } from './duration.ts'

/** As they are before a test fakes them. */
export const REAL = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  monotonic: () => performance.now(),
}

const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** In one leap of a frozen clock a periodic timer fires this often at most. */
const TURNS_MAX = 100

/** Faked timers: `vi`, `jest`, or `mock.timers` of node:test. */
export type FakedTimers =
  | { advanceTimersByTime(milliseconds: number): unknown }
  | { tick(milliseconds: number): unknown }

/** What is followed, since when. */
interface Followed {
  readonly timers: FakedTimers
  readonly setTimeout: typeof globalThis.setTimeout
  readonly clearTimeout: typeof globalThis.clearTimeout
  /** monotonic() less the faked Date. */
  readonly offset: number
}

interface Waiting extends Timer {
  /** On the scale of monotonic(). */
  dueAt: number
  /** Undefined for a timer that fires once. */
  readonly intervalMs: number | undefined
  readonly callback: () => void
  /** Undefined while nothing will call it back. */
  disarm: (() => void) | undefined
}

/** The time of one server, which a test can stop and move. */
export class TestClock implements Clock {
  /** Undefined while time runs. */
  #frozenAt: { now: number; monotonic: number } | undefined
  /** What is added to real time while it runs. */
  #nowOffset = 0
  #monotonicOffset = 0
  readonly #waiting = new Set<Waiting>()
  #followed: Followed | undefined
  /** Are told after time was moved by hand: replies that this caused have to be sent. */
  readonly #followers = new Set<() => void>()

  /** Milliseconds since 1970. */
  now(): number {
    return this.#frozenAt === undefined ? Date.now() + this.#nowOffset : this.#frozenAt.now
  }

  /** now() while it is not the machine's time: certificates are then judged by this one. */
  get otherTime(): number | undefined {
    const isReal =
      this.#frozenAt === undefined && this.#nowOffset === 0 && this.#following === undefined
    return isReal ? undefined : this.now()
  }

  monotonic(): number {
    const followed = this.#following
    if (followed !== undefined) return Date.now() + followed.offset
    return this.#frozenAt === undefined
      ? REAL.monotonic() + this.#monotonicOffset
      : this.#frozenAt.monotonic
  }

  // ---- Faked timers ----------------------------------------------------------------------------

  /**
   * Follows a runner's faked timers and its faked Date, until they are real again or resume() or
   * reset() is called: when they are moved, what is due on the server happens as well, and
   * advance() moves them both.
   * @throws Error if timers or Date are not faked yet
   */
  follow(timers: FakedTimers): void {
    const { setTimeout, clearTimeout } = globalThis
    if (setTimeout === REAL.setTimeout || globalThis.Date === REAL.Date) {
      throw new Error('Fake setTimeout and Date first: there is nothing to follow yet')
    }
    this.reset()
    for (const timer of this.#waiting) timer.disarm?.()
    this.#followed = {
      timers,
      setTimeout,
      clearTimeout,
      offset: this.monotonic() - Date.now(),
    }
    for (const timer of this.#waiting) this.#arm(timer)
  }

  /** What is followed; nothing any more, once the runner has its real timers back. */
  get #following(): Followed | undefined {
    const followed = this.#followed
    if (followed !== undefined && globalThis.setTimeout !== followed.setTimeout) this.#unfollow()
    return this.#followed
  }

  #unfollow(): void {
    if (this.#followed === undefined) return
    for (const timer of this.#waiting) timer.disarm?.()
    this.#followed = undefined
    for (const timer of this.#waiting) this.#arm(timer)
  }

  /** Calls back whenever time was moved by hand, until what is returned is called. */
  onMoved(follower: () => void): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  #moved(): void {
    for (const follower of this.#followers) follower()
  }

  // ---- Timers ----------------------------------------------------------------------------------

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
      disarm: undefined,
      cancel: () => {
        timer.disarm?.()
        this.#waiting.delete(timer)
      },
    }
    this.#waiting.add(timer)
    if (this.#frozenAt === undefined) this.#arm(timer)
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
    // What is followed moves only when it is moved.
    if (this.#frozenAt === undefined && this.#following === undefined) {
      // Whole milliseconds, so that several leaps come to the same as one of their sum.
      this.#frozenAt = { now: this.now(), monotonic: Math.ceil(this.monotonic()) }
      for (const timer of this.#waiting) timer.disarm?.()
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
    const followed = this.#following
    if (followed !== undefined) {
      if (target < this.now()) throw new RangeError('Faked timers cannot go back')
      this.#move(followed, target - this.now())
      return
    }
    this.freeze()
    const frozen = this.#frozenAt!
    // Sums of fractions are not exact: the moment is set as well.
    if (target > frozen.now) this.#pass(target - frozen.now)
    frozen.now = target
    this.#moved()
  }

  /**
   * Freezes the clock and moves it on; whatever comes due happens before this returns. Replies that
   * it causes are on their way to their clients then.
   */
  advance(duration: Duration): void {
    const followed = this.#following
    if (followed !== undefined) {
      this.#move(followed, milliseconds(duration))
      return
    }
    this.freeze()
    this.#pass(milliseconds(duration))
    this.#moved()
  }

  #move({ timers }: Followed, leapMs: number): void {
    if ('tick' in timers) timers.tick(leapMs)
    else timers.advanceTimersByTime(leapMs)
    this.#moved()
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
    this.#unfollow()
    const frozen = this.#frozenAt
    if (frozen === undefined) return
    this.#nowOffset = frozen.now - Date.now()
    this.#monotonicOffset = frozen.monotonic - REAL.monotonic()
    this.#frozenAt = undefined
    for (const timer of this.#waiting) this.#arm(timer)
  }

  /** Back to the real time, which runs. */
  reset(): void {
    this.resume()
    this.#nowOffset = 0
  }

  // What comes again and again is housekeeping: it goes on in real time while a fake is followed,
  // so that a faked day need not have a million turns.
  #arm(timer: Waiting): void {
    const { intervalMs } = timer
    const isFaked = this.#followed !== undefined && intervalMs === undefined
    const { setTimeout, clearTimeout } = (isFaked && this.#followed) || REAL
    const delay =
      this.#followed === undefined || isFaked ? timer.dueAt - this.monotonic() : intervalMs
    const timeout = setTimeout(
      () => {
        if (intervalMs === undefined) this.#waiting.delete(timer)
        else {
          timer.dueAt = this.monotonic() + intervalMs
          this.#arm(timer)
        }
        timer.callback()
        if (isFaked) this.#moved()
      },
      Math.min(delay ?? 0, TIMEOUT_MAX_MS),
    )
    timeout.unref?.()
    timer.disarm = () => clearTimeout(timeout)
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
