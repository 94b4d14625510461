// How soon a rewrite that keeps failing is tried again.

import type { RedisServer } from '../../engine/server.ts'

const FAILURES_MAX = 3
const MINUTES_MAX = 60

/** After three failures in a row it is tried again after 1, 2, 4 ... minutes. */
export class RewriteLimit {
  #minutes = 0
  #until: number | undefined

  /** Whether it is too early for another one. */
  holds(failures: number, { clock, log }: Pick<RedisServer, 'clock' | 'log'>): boolean {
    const now = clock.now()
    if (failures < FAILURES_MAX) {
      this.#minutes = 0
      this.#until = undefined
      return false
    }
    if (this.#until !== undefined) {
      if (now < this.#until) return true
      this.#until = undefined
      return false
    }
    this.#minutes = this.#minutes === 0 ? 1 : Math.min(this.#minutes * 2, MINUTES_MAX)
    this.#until = now + this.#minutes * 60_000
    log.warning(
      'Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ' +
        `${this.#minutes} minutes`,
    )
    return true
  }
}
