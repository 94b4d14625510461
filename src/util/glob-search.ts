// Patterns that take much going back, prepared: between two stars stands a segment of a fixed
// length, and to take each segment at the first place where it fits is always right.
//
// Every position is a table of the bytes that fit it, so that a step is one look, whatever the
// pattern says there. A segment is compared from its front to its back, as Redis does it, after one
// look at its end: searches that begin elsewhere are faster for most pairs, but there are pairs for
// which they take far longer than Redis, and clients choose the pairs.

import { type Atom, type ByteSet, readAtoms, STAR } from './glob-atoms.ts'
import { obtain } from './lazy.ts'

/** Longer patterns would take too much memory to prepare. */
const PATTERN_MAX = 2 ** 17

interface Segment {
  readonly from: number
  readonly length: number
}

export function isSearchable(pattern: string): boolean {
  return pattern.length <= PATTERN_MAX
}

interface Prepared {
  readonly segments: readonly Segment[]
  /** For each position, where its table begins in `tables`. */
  readonly positions: Uint32Array
  readonly tables: Uint8Array
}

export class PatternSearch {
  /** Undefined if nothing matches. */
  readonly #prepared: Prepared | undefined

  constructor(pattern: string, ignoreCase: boolean) {
    const atoms = readAtoms(pattern, ignoreCase)
    this.#prepared = atoms && prepare(atoms)
  }

  /** Whether a subject that is not empty matches. */
  matches(subject: string): boolean {
    const prepared = this.#prepared
    if (prepared === undefined) return false
    const { segments } = prepared
    const bytes = toBytes(subject)
    const last = segments.length - 1
    let at = 0
    for (const [i, segment] of segments.entries()) {
      const { length } = segment
      // The first segment is tied to the beginning, and the last one to the end.
      const room = subject.length - length
      const latest = i === 0 ? Math.min(0, room) : room
      let place = i === last ? room : at
      if (place < at) return false
      while (place <= latest && !fits(prepared, segment, bytes, place)) place++
      if (place > latest) return false
      at = place + length
    }
    return true
  }
}

function prepare(atoms: readonly Atom[]): Prepared {
  const segments: Segment[] = []
  const positions: number[] = []
  const starts = new Map<ByteSet, number>()
  let from = 0
  const close = (): void => {
    segments.push({ from, length: positions.length - from })
    from = positions.length
  }
  for (const atom of atoms) {
    if (atom === STAR) close()
    else positions.push(obtain(starts, atom, () => starts.size * 256))
  }
  close()
  const tables = new Uint8Array(starts.size * 256)
  for (const [set, start] of starts) tables.set(set, start)
  return { segments, positions: Uint32Array.from(positions), tables }
}

/** Bytes of a short subject are put here, which is faster than to make a block for each. */
const scratch = Buffer.alloc(1024)

/** The bytes of a subject, which hold until the next one is asked for. */
function toBytes(subject: string): Uint8Array {
  if (subject.length > scratch.length) return Buffer.from(subject, 'latin1')
  scratch.write(subject, 'latin1')
  return scratch
}

function fits(
  { positions, tables }: Prepared,
  { from, length }: Segment,
  bytes: Uint8Array,
  place: number,
): boolean {
  const last = length - 1
  // Where segments nearly fit again and again, the end tells, and one look costs nothing.
  if (last >= 0 && tables[(positions[from + last] ?? 0) + (bytes[place + last] ?? 0)] === 0)
    return false
  for (let i = 0; i < last; i++) {
    if (tables[(positions[from + i] ?? 0) + (bytes[place + i] ?? 0)] === 0) return false
  }
  return true
}
