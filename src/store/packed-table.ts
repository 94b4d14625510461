// Names with values: found by their text or by the bytes of a request, and walked by position. The
// keys of a database are in one, and so are the fields of a large hash and the members of a large
// set.
//
// Hot file. A value is kept in one of two ways. Packed: a short text stands beside its name (see
// packed-entries.ts). Boxed: any value, as an object or string of its own. Values that can change
// are asked for with hold(): it boxes what it returns, which thereby may be kept and changed.
//
// Invariants: the index has a reference for each name: that of a packed entry if positive, the
// complement of a box if negative. #references has the reference of each position, and each entry
// knows its position. SCAN goes by the order of scan-order.ts.

import { hashBytes, hashText } from '../util/hash.ts'
import { Boxes } from './boxes.ts'
import { HashIndex } from './hash-index.ts'
import { PACKED_MAX, PackedEntries } from './packed-entries.ts'
import { scanHomes, scanPlace, validCursor } from './scan-order.ts'
import * as slots from './slot-index.ts'

const NONE = new Int32Array(0)

/** Where a key and its text stand in bytes. */
export interface PairPlace {
  keyStart: number
  keyEnd: number
  textStart: number
  textEnd: number
}

export class PackedTable<V> {
  readonly #index = new HashIndex()
  #references = NONE
  #size = 0
  readonly packed = new PackedEntries()
  readonly #boxes = new Boxes<V>()
  #slots: slots.SlotIndex | undefined

  readonly #unpack: (packed: PackedEntries, entry: number) => V

  /** Takes what makes a value of a packed entry. */
  constructor(unpack: (packed: PackedEntries, entry: number) => V) {
    this.#unpack = unpack
  }

  get size(): number {
    return this.#size
  }

  has(key: string): boolean {
    return this.#find(key) >= 0
  }

  /** A value that can change is to be looked at only: changes may be lost. */
  get(key: string): V | undefined {
    const place = this.#find(key)
    return place < 0 ? undefined : this.#valueOf(this.#index.pairs[place + 1]!)
  }

  /** The value of a key; from now on it is boxed. */
  hold(key: string): V | undefined {
    const place = this.#find(key)
    if (place < 0) return undefined
    const reference = this.#index.pairs[place + 1]!
    const value = this.#valueOf(reference)
    if (reference > 0) this.#replace(place, ~this.#boxes.add(key, value))
    return value
  }

  /** Boxes a value. True if the key is new. */
  set(key: string, value: V): boolean {
    const place = this.#find(key)
    const reference = place < 0 ? 0 : this.#index.pairs[place + 1]!
    if (reference < 0) this.#boxes.setValue(~reference, value)
    else if (reference > 0) this.#replace(place, ~this.#boxes.add(key, value))
    else this.#add(hashText(key), ~this.#boxes.add(key, value))
    return reference === 0
  }

  /** Removes by moving the last entry into the hole: positions of the others do not change. */
  delete(key: string): boolean {
    const place = this.#find(key)
    if (place >= 0) this.#remove(place)
    return place >= 0
  }

  deleteAt(position: number): void {
    const reference = this.#references[position]!
    const { packed } = this
    const place =
      reference < 0
        ? this.#find(this.#boxes.name(~reference))
        : this.#findBytes(packed.bytes, packed.keyStart(reference), packed.textStart(reference))
    this.#remove(place)
  }

  /**
   * The packed entry of a key, which is given as a place in `bytes`; 0 if there is no such key, or
   * -1 if its value is boxed.
   */
  findPacked(bytes: Buffer, start: number, end: number): number {
    const place = this.#findBytes(bytes, start, end)
    return place < 0 ? 0 : Math.max(-1, this.#index.pairs[place + 1]!)
  }

  /**
   * Stores a text packed, under a key. A boxed value is replaced only if that is said. Returns what
   * findPacked would have found; undefined if one of the two is too long or there is no room, and
   * nothing is done.
   */
  pack(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    textBytes: Buffer,
    textStart: number,
    textEnd: number,
    seconds: number,
    replacesBox: boolean,
  ): number | undefined {
    const { packed } = this
    if (keyEnd - keyStart > PACKED_MAX || textEnd - textStart > PACKED_MAX) return undefined
    const place = this.#findBytes(keyBytes, keyStart, keyEnd)
    const before = place < 0 ? 0 : this.#index.pairs[place + 1]!
    if (before < 0 && !replacesBox) return -1
    const units = packed.unitsFor(keyEnd - keyStart, textEnd - textStart)
    let run = before
    if (before <= 0 || packed.units(before) !== units) {
      if (packed.wantsRepack(units)) packed.repack(this.#index.pairs, this.#references)
      run = packed.add(units, keyBytes, keyStart, keyEnd)
      if (run === 0) return undefined
      if (place < 0) this.#add(hashBytes(keyBytes, keyStart, keyEnd), run)
      else this.#replace(place, run)
    }
    packed.use(run, seconds)
    packed.write(run, textBytes, textStart, textEnd)
    return Math.max(-1, before)
  }

  /**
   * The same with words: the text of `value` is packed if it is short enough, or else `value` is
   * boxed. True if the key is new.
   */
  setText(this: PackedTable<string>, key: string, value: string): boolean {
    const before = this.packText(key, value, 0)
    return before === undefined ? this.set(key, value) : before === 0
  }

  /** Stores a text packed, whatever was there; undefined, and nothing is done, as with pack(). */
  packText(key: string, text: string, seconds: number): number | undefined {
    if (key.length > PACKED_MAX || text.length > PACKED_MAX) return undefined
    const bytes = this.packed.scratch
    const end = key.length + text.length
    for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i)
    for (let i = 0; i < text.length; i++) bytes[key.length + i] = text.charCodeAt(i)
    return this.pack(bytes, 0, key.length, bytes, key.length, end, seconds, true)
  }

  // ---- By position -----------------------------------------------------------------------------

  keyAt(position: number): string {
    const reference = this.#references[position]!
    return reference < 0 ? this.#boxes.name(~reference) : this.packed.key(reference)
  }

  /** To look at: changes of it may be lost. */
  valueAt(position: number): V {
    return this.#valueOf(this.#references[position]!)
  }

  /** Whether the value at a position is packed: then it is a string without an expiry. */
  isPackedAt(position: number): boolean {
    return this.#references[position]! > 0
  }

  /** The packed entry at a position, or 0. */
  packedAt(position: number): number {
    return Math.max(0, this.#references[position] ?? 0)
  }

  /** Where a key stands, or -1. */
  positionOf(key: string): number {
    const place = this.#find(key)
    return place < 0 ? -1 : this.#positionOf(this.#index.pairs[place + 1] ?? 0)
  }

  /** Which positions belong to which slot of a cluster. */
  get slots(): slots.SlotIndex {
    if (this.#slots === undefined) {
      this.#slots = new slots.SlotIndex()
      for (let i = 0; i < this.#size; i++) this.#slots.add(i, this.keyAt(i))
    }
    return this.#slots
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
   * Visits the positions of about `count` entries and returns the cursor of the next call, 0 at the
   * end. An entry that stays from the first call to the last is visited once. `visit` must not add
   * or remove keys.
   */
  scan(cursor: number, count: number, visit: (position: number) => void): number {
    const { pairs } = this.#index
    if (pairs.length === 0) return 0
    const mask = pairs.length - 1
    return scanHomes(pairs.length / 2, validCursor(cursor), count, (home, from) => {
      let visited = 0
      const start = home << 1
      for (let at = start; ; at = (at + 2) & mask) {
        const reference = pairs[at + 1] ?? 0
        if (reference === 0) return visited
        const hash = pairs[at] ?? 0
        if (((hash << 1) & mask) !== start || scanPlace(hash) < from) continue
        visit(this.#positionOf(reference))
        visited++
      }
    })
  }

  // ---- References ------------------------------------------------------------------------------

  /** Where the pair of a key begins in the index, or -1. */
  #find(key: string): number {
    const { pairs } = this.#index
    if (pairs.length === 0) return -1
    const mask = pairs.length - 1
    const hash = hashText(key)
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const reference = pairs[at + 1]!
      if (reference === 0) return -1
      if (pairs[at] === hash && this.#holds(reference, key)) return at
    }
  }

  #holds(reference: number, key: string): boolean {
    return reference < 0 ? this.#boxes.name(~reference) === key : this.packed.hasKey(reference, key)
  }

  #findBytes(bytes: Buffer, start: number, end: number): number {
    const { pairs } = this.#index
    if (pairs.length === 0) return -1
    const mask = pairs.length - 1
    const hash = hashBytes(bytes, start, end)
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const reference = pairs[at + 1]!
      if (reference === 0) return -1
      if (pairs[at] === hash && this.#holdsBytes(reference, bytes, start, end)) return at
    }
  }

  #holdsBytes(reference: number, bytes: Buffer, start: number, end: number): boolean {
    if (reference > 0) return this.packed.hasKeyBytes(reference, bytes, start, end)
    return this.#boxes.hasBytes(~reference, bytes, start, end)
  }

  #valueOf(reference: number): V {
    if (reference > 0) return this.#unpack(this.packed, reference)
    return this.#boxes.value(~reference)
  }

  #positionOf(reference: number): number {
    if (reference > 0) return this.packed.position(reference)
    return this.#boxes.position(~reference)
  }

  /** Gives an entry its position. */
  #stand(reference: number, position: number): void {
    this.#references[position] = reference
    if (reference > 0) this.packed.setPosition(reference, position)
    else this.#boxes.setPosition(~reference, position)
  }

  /** Another entry takes the position of the one at a place, which is freed. */
  #replace(place: number, reference: number): void {
    const before = this.#index.pairs[place + 1]!
    this.#index.pairs[place + 1] = reference
    this.#stand(reference, this.#positionOf(before))
    this.#free(before)
  }

  #free(reference: number): void {
    if (reference > 0) this.packed.release(reference)
    else this.#boxes.remove(~reference)
  }

  /** Removes the entry at a place of the index. */
  #remove(place: number): void {
    const reference = this.#index.pairs[place + 1]!
    const position = this.#positionOf(reference)
    const last = --this.#size
    this.#slots?.remove(position, last)
    if (position !== last) this.#stand(this.#references[last]!, position)
    this.#free(reference)
    this.#index.remove(place)
    if (this.#index.isSparse(last)) this.#resize(1 / 4)
  }

  /** Adds a new entry at the end. */
  #add(hash: number, reference: number): void {
    const last = this.#size++
    if (this.#index.isFull(this.#size)) this.#resize(2)
    this.#index.add(hash, reference)
    this.#stand(reference, last)
    this.#slots?.add(last, this.keyAt(last))
  }

  #resize(factor: number): void {
    const before = this.#references
    this.#references = new Int32Array(this.#index.resize(factor))
    this.#references.set(before.subarray(0, Math.min(before.length, this.#references.length)))
  }
}

/** A table of texts. */
export function packedTexts(entries: Iterable<readonly [string, string]>): PackedTable<string> {
  const table = new PackedTable<string>((packed, entry) => packed.text(entry))
  for (const [key, text] of entries) table.setText(key, text)
  return table
}
