// A map that can also be walked by position: a hash table for finding, a dense array for SCAN and
// for picking at random.
//
// Hot file. Invariant: #dense holds every entry, each knowing its own position. Tables of more than
// FEW entries also have slots (a power of two, at most three quarters in use): an entry stands in
// the first free slot from its hash on, and between the two no slot is free. A slot is two places
// of one array, the hash and the entry, so that both come with one access to memory, which is what
// finding a key among many costs. Map does the same work in twice the time: it asks V8 for the hash
// of each new string, and looks at the other strings of a chain before it comes to the right one.
//
// SCAN promises that an element present from the first call to the last is returned at least once,
// whatever happens in between, without state in the server. A cursor here is "the positions below
// me are still to be visited", and the walk goes downwards. New entries go to the end, above every
// cursor; a deleted entry is replaced by the last one, which either was visited already (then it
// may be visited twice, as SCAN allows) or stays below the cursor. So nothing is ever missed.
// Redis gets the same promise from reversed-bit cursors over its hash table.

import { hashText } from '../util/hash.ts'

export interface Entry<V> {
  readonly key: string
  value: V
  index: number
}

/** So few entries are found sooner by looking at each of them. */
const FEW = 8
const SLOTS_MIN = 32
const FREE = 0

export class Table<V> {
  readonly #dense: Entry<V>[] = []
  /** A hash and its entry, a hash and its entry, and so on; FREE and undefined where none is. */
  #slots: (number | Entry<V> | undefined)[] = []

  get size(): number {
    return this.#dense.length
  }

  get(key: string): V | undefined {
    return this.entry(key)?.value
  }

  entry(key: string): Entry<V> | undefined {
    const slots = this.#slots
    if (slots.length === 0) return this.#search(key)
    const mask = slots.length - 1
    const hash = hashText(key)
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const found = slots[at]
      if (found === FREE) return undefined
      if (found !== hash) continue
      const entry = slots[at + 1] as Entry<V>
      if (entry.key === key) return entry
    }
  }

  has(key: string): boolean {
    return this.entry(key) !== undefined
  }

  /** True if the key is new. */
  set(key: string, value: V): boolean {
    const entry = this.entry(key)
    if (entry !== undefined) {
      entry.value = value
      return false
    }
    const added = { key, value, index: this.#dense.length }
    this.#occupy(added)
    this.#dense.push(added)
    return true
  }

  /** Adds a new entry at a position, in linear time: for small, ordered encodings. */
  insert(index: number, key: string, value: V): void {
    const added = { key, value, index }
    this.#occupy(added)
    this.#dense.splice(index, 0, added)
    for (let i = index + 1; i < this.#dense.length; i++) this.#dense[i]!.index = i
  }

  /** Removes by moving the last entry into the hole: positions of the others do not change. */
  delete(key: string): boolean {
    const entry = this.entry(key)
    if (entry === undefined) return false
    this.#vacate(entry)
    const last = this.#dense.pop()!
    if (last !== entry) {
      this.#dense[entry.index] = last
      last.index = entry.index
    }
    return true
  }

  /** Removes and keeps the order of the rest, in linear time: for small, ordered encodings. */
  deleteOrdered(key: string): boolean {
    const entry = this.entry(key)
    if (entry === undefined) return false
    this.#vacate(entry)
    this.#dense.splice(entry.index, 1)
    for (let i = entry.index; i < this.#dense.length; i++) this.#dense[i]!.index = i
    return true
  }

  clear(): void {
    this.#dense.length = 0
    this.#slots = []
  }

  /** The entry at a position from 0 to size - 1. */
  at(index: number): Entry<V> {
    return this.#dense[index]!
  }

  entries(): readonly Entry<V>[] {
    return this.#dense
  }

  /**
   * Visits up to `count` entries and returns the cursor of the next call, 0 at the end.
   * `visit` must not change the table.
   */
  scan(cursor: number, count: number, visit: (entry: Entry<V>) => void): number {
    const from = cursor === 0 ? this.#dense.length : Math.min(cursor, this.#dense.length)
    const to = Math.max(0, from - count)
    for (let i = from - 1; i >= to; i--) visit(this.#dense[i]!)
    return to
  }

  // ---- Slots -----------------------------------------------------------------------------------

  #search(key: string): Entry<V> | undefined {
    for (const entry of this.#dense) if (entry.key === key) return entry
    return undefined
  }

  /** Gives an entry that is about to be added its slot, if there are any or are to be any. */
  #occupy(entry: Entry<V>): void {
    const count = this.#dense.length + 1
    const room = this.#slots.length / 2
    if (count > FEW && count * 4 > room * 3) this.#resize(Math.max(SLOTS_MIN, room * 2))
    if (this.#slots.length > 0) this.#place(entry, hashText(entry.key))
  }

  #place(entry: Entry<V>, hash: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = (hash << 1) & mask
    while (slots[at] !== FREE) at = (at + 2) & mask
    slots[at] = hash
    slots[at + 1] = entry
  }

  /** Frees the slot of an entry, and moves up those behind it that would no longer be found. */
  #vacate(entry: Entry<V>): void {
    const slots = this.#slots
    if (slots.length === 0) return
    const mask = slots.length - 1
    let free = (hashText(entry.key) << 1) & mask
    while (slots[free + 1] !== entry) free = (free + 2) & mask
    for (let at = (free + 2) & mask; slots[at] !== FREE; at = (at + 2) & mask) {
      const home = ((slots[at] as number) << 1) & mask
      if (((at - home) & mask) < ((at - free) & mask)) continue
      slots[free] = slots[at]
      slots[free + 1] = slots[at + 1]
      free = at
    }
    slots[free] = FREE
    slots[free + 1] = undefined
    const room = slots.length / 2
    if (this.#dense.length * 8 < room && room > SLOTS_MIN) this.#resize(room / 4)
  }

  /** Moves everything that has a slot, or all entries if there were no slots, to new ones. */
  #resize(room: number): void {
    const slots = this.#slots
    this.#slots = []
    for (let i = 0; i < room; i++) this.#slots.push(FREE, undefined)
    if (slots.length === 0) {
      for (const entry of this.#dense) this.#place(entry, hashText(entry.key))
    }
    for (let at = 0; at < slots.length; at += 2) {
      if (slots[at] !== FREE) this.#place(slots[at + 1] as Entry<V>, slots[at] as number)
    }
  }
}
