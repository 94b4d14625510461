// How saving and loading take turns with everybody else, and how they are slowed down for those who
// want to look at them: rdb-key-save-delay, key-load-delay.

import type { Clock } from '../util/clock.ts'

/** How long the others wait at most, but for a single large value. */
export const STEP_MS = 2
/** While something is slowed down, somebody may want to know how far it is. */
const NAP_MS = 100

/** So many microseconds a key. */
export class Pace {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #startedAt: number

  constructor(clock: Clock, delayMicroseconds: number) {
    this.#clock = clock
    this.#delayMs = Math.max(0, delayMicroseconds) / 1000
    this.#startedAt = clock.monotonic()
  }

  /** How many more keys may be done now, if so many are. */
  keysDue(keysDone: number): number {
    if (this.#delayMs === 0) return Infinity
    const elapsedMs = this.#clock.monotonic() - this.#startedAt
    return Math.max(0, Math.floor(elapsedMs / this.#delayMs) - keysDone)
  }

  /** Until this key is due, or for a while. */
  async nap(key: number): Promise<void> {
    const dueMs = this.#startedAt + key * this.#delayMs - this.#clock.monotonic()
    const napMs = Math.min(NAP_MS, Math.max(1, dueMs))
    return new Promise(resolve => void this.#clock.after(napMs, resolve))
  }
}

/** Everybody else comes first. */
export async function nextTurn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
