// Time as the server sees it. Everything that reads or waits for time takes a Clock, so that a
// test can freeze it and move it by hand.

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall-clock time, in milliseconds since 1970 (may have a fraction). */
  now(): number
  /** Monotonic time for durations, in milliseconds with a fraction. */
  monotonic(): number
  /** Calls back once after the delay. The timer never keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls back again and again; a clock that leaps over many turns may leave some out. */
  every(intervalMs: number, callback: () => void): Timer
  /** now(), where a test has made it another time than the machine's; else undefined. */
  readonly otherTime?: number | undefined
}

/** The whole process stands still: other servers in it as well. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

export class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  }

  every(intervalMs: number, callback: () => void): Timer {
    const timer = setInterval(callback, intervalMs)
    timer.unref()
    return { cancel: () => clearInterval(timer) }
  }
}

/** A clock whose timers can throw at nobody: what leaves a callback goes to `caught`. */
export class GuardedClock implements Clock {
  readonly #clock: Clock
  readonly #caught: (error: unknown) => void

  constructor(clock: Clock, caught: (error: unknown) => void) {
    this.#clock = clock
    this.#caught = caught
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  get otherTime(): number | undefined {
    return this.#clock.otherTime
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#clock.after(delayMs, () => this.#run(callback))
  }

  every(intervalMs: number, callback: () => void): Timer {
    return this.#clock.every(intervalMs, () => this.#run(callback))
  }

  #run(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#caught(error)
    }
  }
}
