// Memory for small entries: one block of bytes, cut into runs of units. Whoever gets a run keeps
// its number and its length; runs that come back are handed out again by length.
//
// Hot file. Invariants: `bytes` and `words` are the same memory; the run n begins at bytes[16 n]
// and words[4 n]; 0 is no run. Both are replaced when there is more to hold, so nobody keeps them
// over an allocation. A run that is free holds the next one of its length in its first word.

export const UNIT_BITS = 4
export const WORD_BITS = 2
/** Bytes of a unit. */
export const UNIT = 1 << UNIT_BITS
/** The longest run, in units. */
export const RUN_MAX = 33
const FIRST_UNITS = 64
/** 1 GB: what does not fit is kept elsewhere. */
const UNITS_MAX = 2 ** 26

const NO_BYTES = Buffer.alloc(0)
const NO_WORDS = new Int32Array(0)

export class Slab {
  bytes: Buffer = NO_BYTES
  words: Int32Array = NO_WORDS
  #end = 1
  #capacity = 0
  /** By length, the first run that came back. Undefined as long as none did. */
  #free: Int32Array | undefined
  #freeUnits = 0

  /** Half of it or more is free: worth to be copied to another one. */
  get isWasteful(): boolean {
    return this.#freeUnits * 2 > this.#end
  }

  /** Units in use. */
  get used(): number {
    return this.#end - this.#freeUnits
  }

  /** Whether the next run of this length needs a larger block. */
  isFull(units: number): boolean {
    return this.#end + units > this.#capacity && !this.#free?.[units]
  }

  /** A run of so many units, with anything in it; 0 if there is no room. */
  allocate(units: number): number {
    const free = this.#free
    const reused = free === undefined ? 0 : free[units]!
    if (reused !== 0) {
      free![units] = this.words[reused << WORD_BITS]!
      this.#freeUnits -= units
      return reused
    }
    if (this.#end + units > this.#capacity && !this.reserve(this.#end + units)) return 0
    const run = this.#end
    this.#end += units
    return run
  }

  release(run: number, units: number): void {
    this.#free ??= new Int32Array(RUN_MAX + 1)
    this.words[run << WORD_BITS] = this.#free[units]!
    this.#free[units] = run
    this.#freeUnits += units
  }

  /** Makes room for so many units in all; false if that is too many. */
  reserve(units: number): boolean {
    let capacity = Math.max(this.#capacity, FIRST_UNITS)
    while (capacity < units) capacity *= 2
    if (capacity > UNITS_MAX) return false
    const memory = new ArrayBuffer(capacity * UNIT)
    const bytes = Buffer.from(memory)
    bytes.set(this.bytes)
    this.bytes = bytes
    this.words = new Int32Array(memory)
    this.#capacity = capacity
    return true
  }
}
