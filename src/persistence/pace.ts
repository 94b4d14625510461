// How saving and loading take turns with everybody else, and how they are slowed down for those who
// want to look at them: rdb-key-save-delay, key-load-delay.

import type { Clock } from '../util/clock.ts'

/** How long the others wait at most, but for a single large value. */
export const STEP_MS = 2
/** While something is slowed down, somebody may want to know how far it is. */
const NAP_MS = 100

/** So many microseconds a key, as the setting is now. */
export class Pace {
  readonly #clock: Clock
  readonly #delay: () => number
  /** The delay in milliseconds, and since when and which key on it counts. */
  #delayMs: number
  #since: number
  #from = 0

  constructor(clock: Clock, delayMicroseconds: () => number) {
    this.#clock = clock
    this.#delay = delayMicroseconds
    this.#delayMs = this.#delayNow
    this.#since = clock.monotonic()
  }

  get #delayNow(): number {
    return Math.max(0, this.#delay()) / 1000
  }

  /** How many more keys may be done now, if so many are. */
  keysDue(keysDone: number): number {
    const delayMs = this.#delayNow
    if (delayMs !== this.#delayMs) {
      this.#delayMs = delayMs
      this.#since = this.#clock.monotonic()
      this.#from = keysDone
    }
    if (delayMs === 0) return Infinity
    const elapsedMs = this.#clock.monotonic() - this.#since
    return Math.max(0, Math.floor(elapsedMs / delayMs) - (keysDone - this.#from))
  }

  /** Until this key is due, or for a while. */
  async nap(key: number): Promise<void> {
    const dueMs = this.#since + (key - this.#from) * this.#delayMs - this.#clock.monotonic()
    const napMs = Math.min(NAP_MS, Math.max(1, dueMs))
    return new Promise(resolve => void this.#clock.after(napMs, resolve))
  }
}

/** Everybody else comes first. */
export async function nextTurn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
