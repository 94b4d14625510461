// Which hashes of a database have fields that will die, so that the active cycle finds them
// without looking at all the others. One bound says when the next field may die; before that there
// is nothing to do, and after it one walk over these hashes finds what is due and the next bound.
// A hash may stay listed a little after its last mortal field: the walk drops it.

import type { HashValue } from './hash.ts'

export class FieldExpiry {
  readonly #hashes = new Map<string, HashValue>()
  #earliest = Infinity

  /** How many hashes are listed. */
  get size(): number {
    return this.#hashes.size
  }

  /** Lists the hash of a key if it has mortal fields, and forgets whatever had the key before. */
  track(key: string, hash: HashValue): void {
    const { earliestExpiry } = hash
    if (earliestExpiry === Infinity) {
      this.#hashes.delete(key)
      return
    }
    this.#hashes.set(key, hash)
    this.#earliest = Math.min(this.#earliest, earliestExpiry)
  }

  forget(key: string): void {
    if (this.#hashes.size > 0) this.#hashes.delete(key)
  }

  /** The hashes in which fields may be dead. They must be looked after before the next call. */
  due(now: number): (readonly [key: string, hash: HashValue])[] {
    if (this.#earliest > now) return []
    const due: (readonly [string, HashValue])[] = []
    this.#earliest = Infinity
    for (const [key, hash] of this.#hashes) {
      const { earliestExpiry } = hash
      if (earliestExpiry <= now) due.push([key, hash])
      else if (earliestExpiry === Infinity) this.#hashes.delete(key)
      else this.#earliest = Math.min(this.#earliest, earliestExpiry)
    }
    return due
  }
}
