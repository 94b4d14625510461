// The longest common subsequence of two strings, for LCS: the textbook table, in which cell (i, j)
// is the length for the first i bytes of one and the first j bytes of the other. Which of several
// equally long subsequences comes out follows from the way back through the table, and is Redis's.

import { err } from '../resp3/errors.ts'

/** A run of bytes that both strings have: where it starts in each. */
export interface Match {
  readonly a: number
  readonly b: number
  readonly length: number
}

/** Redis's cell, by which its limit of memory counts. */
const CELL_BYTES = 4

export class SubsequenceTable {
  readonly #a: Uint8Array
  readonly #b: Uint8Array
  readonly #width: number
  readonly #cells: Uint16Array | Uint32Array

  constructor(a: Uint8Array, b: Uint8Array, maxBytes: number) {
    this.#a = a
    this.#b = b
    this.#width = b.length + 1
    const count = (a.length + 1) * this.#width
    if (count * CELL_BYTES > maxBytes) {
      throw err('Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')
    }
    this.#cells =
      Math.min(a.length, b.length) < 2 ** 16 ? new Uint16Array(count) : new Uint32Array(count)
    this.#fill()
  }

  get length(): number {
    return this.#cells[this.#cells.length - 1] ?? 0
  }

  text(): Buffer {
    const text = Buffer.alloc(this.length)
    let end = text.length
    for (const { a, length } of this.matches()) {
      end -= length
      text.set(this.#a.subarray(a, a + length), end)
    }
    return text
  }

  /** The runs of the subsequence, the last one first. */
  matches(): Match[] {
    const [a, b, cells, width] = [this.#a, this.#b, this.#cells, this.#width]
    const matches: Match[] = []
    let i = a.length
    let j = b.length
    let length = 0
    while (i > 0 && j > 0) {
      if (a[i - 1] === b[j - 1]) {
        i--
        j--
        length++
        continue
      }
      if (length > 0) matches.push({ a: i, b: j, length })
      length = 0
      if ((cells[(i - 1) * width + j] ?? 0) > (cells[i * width + j - 1] ?? 0)) i--
      else j--
    }
    if (length > 0) matches.push({ a: i, b: j, length })
    return matches
  }

  #fill(): void {
    const [a, b, cells, width] = [this.#a, this.#b, this.#cells, this.#width]
    for (let i = 1; i <= a.length; i++) {
      const byte = a[i - 1]
      let at = i * width + 1
      for (let j = 0; j < b.length; j++, at++) {
        if (byte === b[j]) {
          cells[at] = (cells[at - width - 1] ?? 0) + 1
        } else {
          cells[at] = Math.max(cells[at - width] ?? 0, cells[at - 1] ?? 0)
        }
      }
    }
  }
}
