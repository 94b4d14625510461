// The open hash table beneath PackedTable, which does the finding itself, in a loop without calls.
//
// Hot file. Invariants: `pairs` holds (hash, reference) for each name in the first free place from
// its hash on; a place is free if its reference is 0; between the two none is; at most three
// quarters of the places are in use. Places are counted in numbers, two a pair.

const PAIRS_MIN = 16
const NONE = new Int32Array(0)

export class HashIndex {
  pairs = NONE

  /** Whether so many names need more room; then resize() comes before add(). */
  isFull(count: number): boolean {
    return count * 8 > this.pairs.length * 3
  }

  /** Whether so few names stand in too much room. */
  isSparse(count: number): boolean {
    return count * 16 < this.pairs.length && this.pairs.length > PAIRS_MIN * 2
  }

  add(hash: number, reference: number): void {
    const { pairs } = this
    const mask = pairs.length - 1
    let at = (hash << 1) & mask
    while (pairs[at + 1] !== 0) at = (at + 2) & mask
    pairs[at] = hash
    pairs[at + 1] = reference
  }

  /** Frees a place, and moves up those behind it that would no longer be found. */
  remove(removed: number): void {
    const { pairs } = this
    const mask = pairs.length - 1
    let free = removed
    for (let at = (free + 2) & mask; pairs[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (pairs[at]! << 1) & mask
      if (((at - home) & mask) < ((at - free) & mask)) continue
      pairs[free] = pairs[at]!
      pairs[free + 1] = pairs[at + 1]!
      free = at
    }
    pairs[free + 1] = 0
  }

  /** Takes so many times the room; returns for how many names. */
  resize(factor: number): number {
    const before = this.pairs
    const room = Math.max(PAIRS_MIN, (before.length / 2) * factor)
    this.pairs = new Int32Array(room * 2)
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] !== 0) this.add(before[at]!, before[at + 1]!)
    }
    return room
  }
}
