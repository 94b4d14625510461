// Where chance comes from. Everything that picks at random takes a Random, so that a test can
// replay a run from its seed. Nothing that guards anything may come from here: who sees what was
// picked, or knows the seed, knows what comes next. Passwords and ids are crypto's randomBytes().

export interface Random {
  /** A number from 0 up to, but not including, 1. */
  next(): number
  /** An integer from 0 up to, but not including, the limit. */
  below(limit: number): number
}

export class SystemRandom implements Random {
  next(): number {
    return Math.random()
  }

  below(limit: number): number {
    return Math.floor(Math.random() * limit)
  }
}

/** Small Fast Counter (sfc32): the same seed gives the same sequence on every machine. */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c = 0
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    // Near seeds start out alike; a few rounds drive them apart.
    for (let i = 0; i < 12; i++) this.#word()
  }

  next(): number {
    const high = this.#word() >>> 5
    const low = this.#word() >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum
  }
}

/** Different integers below the limit, in random order: a shuffle that stops after `count`. */
export function distinctBelow(random: Random, limit: number, count: number): number[] {
  // Where an exchange has put another number than the position's own.
  const moved = new Map<number, number>()
  const picked: number[] = []
  for (let i = 0; i < count; i++) {
    const j = i + random.below(limit - i)
    picked.push(moved.get(j) ?? j)
    moved.set(j, moved.get(i) ?? i)
  }
  return picked
}
