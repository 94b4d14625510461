// Short strings beside their keys in one block of memory: what SET and GET touch is one place, they
// make no object, and a million of these are nothing to the garbage collector.
//
// Hot file. Invariant: an entry is a run of a slab: three words (its position among the keys, when
// it was last used, and the lengths of key, text and run), then the bytes of the key, then those of
// the text. Whoever has an entry's run may ask for its parts until the next entry is added.

import { RUN_MAX, Slab, UNIT, UNIT_BITS, WORD_BITS } from './slab.ts'

const POSITION = 0
const USED_AT = 1
/** Length of the key and of the text, 8 bits each, and of the run. */
const LENGTHS = 2
const HEAD = 12
/** Longest key and longest text, in bytes. */
export const PACKED_MAX = 255

export class PackedEntries {
  #slab = new Slab()
  #scratch: Buffer | undefined

  /** The memory of all entries. */
  get bytes(): Buffer {
    return this.#slab.bytes
  }

  /** Room for a key and a text on their way in. */
  get scratch(): Buffer {
    this.#scratch ??= Buffer.allocUnsafe(2 * PACKED_MAX)
    return this.#scratch
  }

  /** How long the run of an entry is. */
  unitsFor(keyLength: number, textLength: number): number {
    return (HEAD + keyLength + textLength + UNIT - 1) >>> UNIT_BITS
  }

  /** Whether so long an entry should be added only after repack(). */
  wantsRepack(units: number): boolean {
    return this.#slab.isFull(units) && this.#slab.isWasteful
  }

  /** A new entry with a key and an empty text; 0 if there is no room. */
  add(units: number, bytes: Buffer, keyStart: number, keyEnd: number): number {
    const run = this.#slab.allocate(units)
    if (run === 0) return 0
    this.#slab.words[(run << WORD_BITS) + LENGTHS] = (keyEnd - keyStart) | (units << 16)
    copyBytes(bytes, keyStart, keyEnd, this.#slab.bytes, run * UNIT + HEAD)
    return run
  }

  /** Gives an entry another text; false, and nothing is done, if it is too short for that. */
  write(run: number, bytes: Buffer, start: number, end: number): boolean {
    const lengths = this.#lengths(run)
    const keyLength = lengths & 0xff
    if (HEAD + keyLength + end - start > (lengths >>> 16) * UNIT) return false
    this.#slab.words[(run << WORD_BITS) + LENGTHS] = (lengths & ~0xff00) | ((end - start) << 8)
    copyBytes(bytes, start, end, this.#slab.bytes, run * UNIT + HEAD + keyLength)
    return true
  }

  release(run: number): void {
    this.#slab.release(run, this.units(run))
  }

  units(run: number): number {
    return this.#lengths(run) >>> 16
  }

  key(run: number): string {
    return this.#slab.bytes.toString('latin1', this.keyStart(run), this.textStart(run))
  }

  keyStart(run: number): number {
    return run * UNIT + HEAD
  }

  text(run: number): string {
    return this.#slab.bytes.toString('latin1', this.textStart(run), this.textEnd(run))
  }

  textStart(run: number): number {
    return run * UNIT + HEAD + (this.#lengths(run) & 0xff)
  }

  textEnd(run: number): number {
    const lengths = this.#lengths(run)
    return run * UNIT + HEAD + (lengths & 0xff) + ((lengths >>> 8) & 0xff)
  }

  position(run: number): number {
    return this.#slab.words[(run << WORD_BITS) + POSITION]!
  }

  setPosition(run: number, position: number): void {
    this.#slab.words[(run << WORD_BITS) + POSITION] = position
  }

  /** When the entry was last used, in seconds since 1970. */
  usedAt(run: number): number {
    return this.#slab.words[(run << WORD_BITS) + USED_AT]!
  }

  use(run: number, seconds: number): void {
    this.#slab.words[(run << WORD_BITS) + USED_AT] = seconds
  }

  hasKey(run: number, key: string): boolean {
    if ((this.#lengths(run) & 0xff) !== key.length) return false
    const { bytes } = this.#slab
    const start = run * UNIT + HEAD
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.charCodeAt(i)) return false
    return true
  }

  hasKeyBytes(run: number, bytes: Buffer, start: number, end: number): boolean {
    if ((this.#lengths(run) & 0xff) !== end - start) return false
    const own = this.#slab.bytes
    let at = run * UNIT + HEAD
    for (let i = start; i < end; i++) if (own[at++] !== bytes[i]) return false
    return true
  }

  /**
   * Moves all entries together. Their references change, in pairs (hash, reference) and in the list
   * by position.
   */
  repack(pairs: Int32Array, byPosition: Int32Array): void {
    const before = this.#slab
    this.#slab = new Slab()
    this.#slab.reserve(before.used + RUN_MAX)
    for (let i = 1; i < pairs.length; i += 2) {
      const run = pairs[i]!
      if (run <= 0) continue
      const units = before.words[(run << WORD_BITS) + LENGTHS]! >>> 16
      const moved = this.#slab.allocate(units)
      copyBytes(before.bytes, run * UNIT, (run + units) * UNIT, this.#slab.bytes, moved * UNIT)
      pairs[i] = moved
      byPosition[this.position(moved)] = moved
    }
  }

  #lengths(run: number): number {
    return this.#slab.words[(run << WORD_BITS) + LENGTHS]!
  }
}

function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  for (let i = start; i < end; i++) to[at++] = from[i]!
}
