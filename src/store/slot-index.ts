// Which entries of a table belong to which hash slot of a cluster. Those of a slot are chained, by
// their positions. It is made when somebody first asks, and then follows what comes and goes.

import { keySlot, SLOT_COUNT } from '../util/crc.ts'

const NONE = -1

export class SlotIndex {
  readonly #first = new Int32Array(SLOT_COUNT).fill(NONE)
  readonly #counts = new Int32Array(SLOT_COUNT)
  /** By position: the slot, and who stands before and behind in its chain. */
  #slots = new Uint16Array(64)
  #next = new Int32Array(64)
  #previous = new Int32Array(64)

  count(slot: number): number {
    return this.#counts[slot] ?? 0
  }

  /** The positions of a slot's entries, the last that came first. */
  *positions(slot: number): Generator<number> {
    for (let at = this.#first[slot] ?? NONE; at !== NONE; at = this.#next[at] ?? NONE) yield at
  }

  add(position: number, key: string): void {
    const slot = keySlot(key)
    if (position >= this.#slots.length) this.#grow(position)
    const first = this.#first[slot] ?? NONE
    this.#slots[position] = slot
    this.#next[position] = first
    this.#previous[position] = NONE
    if (first !== NONE) this.#previous[first] = position
    this.#first[slot] = position
    this.#counts[slot] = this.count(slot) + 1
  }

  /** Removes an entry; the last one of the table takes its position. */
  remove(position: number, last: number): void {
    const slot = this.#slots[position] ?? 0
    this.#link(slot, this.#previous[position] ?? NONE, this.#next[position] ?? NONE)
    this.#counts[slot] = this.count(slot) - 1
    if (position === last) return
    const moved = this.#slots[last] ?? 0
    const previous = this.#previous[last] ?? NONE
    const next = this.#next[last] ?? NONE
    this.#slots[position] = moved
    this.#link(moved, previous, position)
    this.#link(moved, position, next)
  }

  /** Puts two positions of a slot's chain, or its ends, behind each other. */
  #link(slot: number, previous: number, next: number): void {
    if (previous === NONE) this.#first[slot] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
  }

  #grow(position: number): void {
    const size = Math.max(position + 1, this.#slots.length * 2)
    this.#slots = grown(this.#slots, new Uint16Array(size))
    this.#next = grown(this.#next, new Int32Array(size))
    this.#previous = grown(this.#previous, new Int32Array(size))
  }
}

function grown<A extends Uint16Array | Int32Array>(from: A, to: A): A {
  to.set(from)
  return to
}
