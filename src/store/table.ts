// A map that can also be walked by position: Map for finding, a dense array for SCAN and for
// picking at random.
//
// SCAN promises that an element present from the first call to the last is returned at least once,
// whatever happens in between, without state in the server. A cursor here is "the positions below
// me are still to be visited", and the walk goes downwards. New entries go to the end, above every
// cursor; a deleted entry is replaced by the last one, which either was visited already (then it
// may be visited twice, as SCAN allows) or stays below the cursor. So nothing is ever missed.
// Redis gets the same promise from reversed-bit cursors over its hash table.

export interface Entry<V> {
  readonly key: string
  value: V
  index: number
}

export class Table<V> {
  readonly #byKey = new Map<string, Entry<V>>()
  readonly #dense: Entry<V>[] = []

  get size(): number {
    return this.#dense.length
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key)?.value
  }

  entry(key: string): Entry<V> | undefined {
    return this.#byKey.get(key)
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** True if the key is new. */
  set(key: string, value: V): boolean {
    const entry = this.#byKey.get(key)
    if (entry !== undefined) {
      entry.value = value
      return false
    }
    const added = { key, value, index: this.#dense.length }
    this.#dense.push(added)
    this.#byKey.set(key, added)
    return true
  }

  /** Adds a new entry at a position, in linear time: for small, ordered encodings. */
  insert(index: number, key: string, value: V): void {
    const added = { key, value, index }
    this.#byKey.set(key, added)
    this.#dense.splice(index, 0, added)
    for (let i = index + 1; i < this.#dense.length; i++) (this.#dense[i] as Entry<V>).index = i
  }

  /** Removes by moving the last entry into the hole: positions of the others do not change. */
  delete(key: string): boolean {
    const entry = this.#byKey.get(key)
    if (entry === undefined) return false
    this.#byKey.delete(key)
    const last = this.#dense.pop() as Entry<V>
    if (last !== entry) {
      this.#dense[entry.index] = last
      last.index = entry.index
    }
    return true
  }

  /** Removes and keeps the order of the rest, in linear time: for small, ordered encodings. */
  deleteOrdered(key: string): boolean {
    const entry = this.#byKey.get(key)
    if (entry === undefined) return false
    this.#byKey.delete(key)
    this.#dense.splice(entry.index, 1)
    for (let i = entry.index; i < this.#dense.length; i++) (this.#dense[i] as Entry<V>).index = i
    return true
  }

  clear(): void {
    this.#byKey.clear()
    this.#dense.length = 0
  }

  /** The entry at a position from 0 to size - 1. */
  at(index: number): Entry<V> {
    return this.#dense[index] as Entry<V>
  }

  keys(): IterableIterator<string> {
    return this.#byKey.keys()
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
    for (let i = from - 1; i >= to; i--) visit(this.#dense[i] as Entry<V>)
    return to
  }
}
