// So many at a time, in the order of asking.

export class Places {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = Math.max(1, count)
  }

  /** Resolves when there is a place, to what gives it back; giving it back twice does no harm. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    let isTaken = true
    return () => {
      if (isTaken) this.#give()
      isTaken = false
    }
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
