// A map that can also be walked by position: a hash table for finding, a dense array for SCAN and
// for picking at random.
//
// Hot file. Invariant: #records holds each entry as four places side by side, hash, key, value and
// position, so that finding a key among many costs few accesses to memory, which is all that it
// costs. Up to FEW entries stand there one after the other, in order of position. More are spread
// over a power of two of records, at most three quarters in use: an entry is the first free record
// from its hash on, between the two none is free, and #dense has the place of each by position. Map
// does the same work in twice the time: it asks V8 for the hash of each new string, and looks at
// the other strings of a chain before it comes to the right one.
//
// SCAN promises that an entry present from the first call to the last is returned, whatever happens
// in between, without state in the server. It goes by the order of scan-order.ts.

import { hashText } from '../util/hash.ts'
import { TABLE_MAX } from '../util/limits.ts'
import { scanHomes, scanPlace, validCursor } from './scan-order.ts'

/** So few entries are found sooner by looking at each of them. */
const FEW = 8
const RECORDS_MIN = 32
/** In the place of a hash: the record is not in use. */
const FREE = 0
/** V8 makes longer arrays dictionaries, unless they grow to that length. */
const NEW_ARRAY_MAX = 2 ** 25

// The places of a record.
const SIZE = 4
const SIZE_BITS = 2
const KEY = 1
const VALUE = 2
const POSITION = 3

export class Table<V> {
  #records: (number | string | V | undefined)[] = []
  /** Undefined as long as there are few. */
  #dense: number[] | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    const at = this.#find(key)
    return at < 0 ? undefined : (this.#records[at + VALUE] as V)
  }

  has(key: string): boolean {
    return this.#find(key) >= 0
  }

  /** True if the key is new. */
  set(key: string, value: V): boolean {
    const at = this.#find(key)
    if (at < 0) this.#add(key, value)
    else this.#records[at + VALUE] = value
    return at < 0
  }

  /** Adds a new entry at a position, in linear time: for small, ordered encodings. */
  insert(index: number, key: string, value: V): void {
    this.#add(key, value)
    if (this.#dense === undefined) {
      this.#records.splice(index * SIZE, 0, ...this.#records.splice(-SIZE))
    } else {
      this.#dense.splice(index, 0, this.#dense.pop()!)
      this.#renumber(index)
    }
  }

  /** Removes by moving the last entry into the hole: positions of the others do not change. */
  delete(key: string): boolean {
    const at = this.#find(key)
    if (at < 0) return false
    this.#remove(at)
    return true
  }

  /** Removes and keeps the order of the rest, in linear time: for small, ordered encodings. */
  deleteOrdered(key: string): boolean {
    const at = this.#find(key)
    if (at < 0) return false
    this.#size--
    if (this.#dense === undefined) {
      this.#records.splice(at, SIZE)
    } else {
      const position = this.#records[at + POSITION] as number
      this.#free(at)
      this.#dense.splice(position, 1)
      this.#renumber(position)
    }
    return true
  }

  clear(): void {
    this.#records = []
    this.#dense = undefined
    this.#size = 0
  }

  /** The key at a position from 0 to size - 1. */
  keyAt(index: number): string {
    return this.#keyIn(this.#placeOf(index))
  }

  valueAt(index: number): V {
    return this.#valueIn(this.#placeOf(index))
  }

  /** In order of position. */
  keys(): string[] {
    const keys: string[] = []
    for (let i = 0; i < this.#size; i++) keys.push(this.keyAt(i))
    return keys
  }

  *[Symbol.iterator](): IterableIterator<readonly [key: string, value: V]> {
    for (let i = 0; i < this.#size; i++) yield [this.keyAt(i), this.valueAt(i)]
  }

  /**
   * Visits about `count` entries and returns the cursor of the next call, 0 at the end. An entry that
   * stays from the first call to the last is visited once. `visit` must not change the table.
   */
  scan(cursor: number, count: number, visit: (key: string, value: V) => void): number {
    const from = validCursor(cursor)
    const records = this.#records
    const look = (at: number): number => {
      const key = this.#keyIn(at)
      if (scanPlace(hashText(key)) < from) return 0
      visit(key, this.#valueIn(at))
      return 1
    }
    if (this.#dense === undefined) {
      for (let at = 0; at < records.length; at += SIZE) look(at)
      return 0
    }
    const mask = records.length - 1
    return scanHomes(records.length / SIZE, from, count, home => {
      let visited = 0
      const start = home << SIZE_BITS
      for (let at = start; records[at] !== FREE; at = (at + SIZE) & mask) {
        if (this.#homeOf(at, mask) === start) visited += look(at)
      }
      return visited
    })
  }

  // ---- Records ---------------------------------------------------------------------------------

  /** Where the record of a key begins, or -1. */
  #find(key: string): number {
    const records = this.#records
    if (this.#dense === undefined) {
      for (let at = 0; at < records.length; at += SIZE) if (records[at + KEY] === key) return at
      return -1
    }
    const mask = records.length - 1
    const hash = hashText(key)
    for (let at = (hash << SIZE_BITS) & mask; ; at = (at + SIZE) & mask) {
      const found = records[at]
      if (found === FREE) return -1
      if (found === hash && records[at + KEY] === key) return at
    }
  }

  #keyIn(at: number): string {
    return this.#records[at + KEY] as string
  }

  #valueIn(at: number): V {
    return this.#records[at + VALUE] as V
  }

  /** Where an entry would stand if nothing else were there. */
  #homeOf(at: number, mask: number): number {
    return ((this.#records[at] as number) << SIZE_BITS) & mask
  }

  #placeOf(index: number): number {
    return this.#dense === undefined ? index * SIZE : this.#dense[index]!
  }

  /** After entries from a position on have moved. */
  #renumber(from: number): void {
    const dense = this.#dense!
    for (let i = from; i < dense.length; i++) this.#records[dense[i]! + POSITION] = i
  }

  /** Adds a new entry at the end. */
  #add(key: string, value: V): void {
    const count = this.#size + 1
    if (this.#dense === undefined && count <= FEW) {
      this.#records.push(FREE, key, value, FREE)
    } else {
      const room = this.#dense === undefined ? 0 : this.#records.length / SIZE
      if (count > TABLE_MAX) throw new RangeError('Map maximum size exceeded')
      if (count * 4 > room * 3) this.#resize(Math.max(RECORDS_MIN, room * 2))
      this.#place(hashText(key), key, value, this.#size)
    }
    this.#size = count
  }

  /** Gives an entry the record that is its own, in a table with enough room. */
  #place(hash: number, key: string, value: V, position: number): void {
    const records = this.#records
    const mask = records.length - 1
    let at = (hash << SIZE_BITS) & mask
    while (records[at] !== FREE) at = (at + SIZE) & mask
    records[at] = hash
    records[at + KEY] = key
    records[at + VALUE] = value
    records[at + POSITION] = position
    this.#dense![position] = at
  }

  #remove(at: number): void {
    const records = this.#records
    const last = --this.#size
    if (this.#dense === undefined) {
      this.#copy(last * SIZE, at)
      records.length = last * SIZE
      return
    }
    const position = records[at + POSITION] as number
    this.#free(at)
    const moved = this.#dense.pop()!
    if (position !== last) {
      this.#dense[position] = moved
      records[moved + POSITION] = position
    }
    const room = records.length / SIZE
    if (last * 8 < room && room > RECORDS_MIN) this.#resize(room / 4)
  }

  /** Frees a record, and moves up those behind it that would no longer be found. */
  #free(removed: number): void {
    const records = this.#records
    const mask = records.length - 1
    let free = removed
    for (let at = (free + SIZE) & mask; records[at] !== FREE; at = (at + SIZE) & mask) {
      const home = this.#homeOf(at, mask)
      if (((at - home) & mask) < ((at - free) & mask)) continue
      this.#copy(at, free)
      this.#dense![records[free + POSITION] as number] = free
      free = at
    }
    records[free] = FREE
    records[free + KEY] = undefined
    records[free + VALUE] = undefined
  }

  #copy(from: number, to: number): void {
    for (let i = 0; i < SIZE; i++) this.#records[to + i] = this.#records[from + i]
  }

  /** Moves all entries to other records. */
  #resize(room: number): void {
    const before = this.#records
    const places = this.#dense
    this.#records = freeRecords(room)
    this.#dense = []
    for (let i = 0; i < this.#size; i++) {
      const at = places === undefined ? i * SIZE : places[i]!
      const key = before[at + KEY] as string
      const hash = places === undefined ? hashText(key) : (before[at] as number)
      this.#place(hash, key, before[at + VALUE] as V, i)
    }
  }
}

function freeRecords(room: number): (number | undefined)[] {
  const length = room * SIZE
  if (length <= NEW_ARRAY_MAX) return new Array(length).fill(FREE)
  const records: (number | undefined)[] = []
  while (records.length < length) records.push(FREE, undefined, undefined, FREE)
  return records
}
