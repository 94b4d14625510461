// A pattern read once, the way Redis reads it: each position as the bytes that fit it. For those
// who prepare a pattern; glob.ts, which walks it instead, goes by the same rules.

import { obtain } from './lazy.ts'

/** Redis gives up below this many nested stars and calls it no match. */
export const MAX_STARS = 1000

export const STAR = 'star'
/** An entry for each byte, 1 if it fits. */
export type ByteSet = Uint8Array
export type Atom = typeof STAR | ByteSet

/** The pattern as Redis reads it, or undefined if it has too many stars to match anything. */
export function readAtoms(pattern: string, ignoreCase: boolean): Atom[] | undefined {
  const atoms: Atom[] = []
  const known = new Map<string, ByteSet>()
  const add = (source: string, make: () => ByteSet): void => {
    atoms.push(obtain(known, source, make))
  }
  let stars = 0
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern[at]!
    if (c === '*') {
      if (atoms.at(-1) === STAR) continue
      stars++
      atoms.push(STAR)
    } else if (c === '?') {
      add(c, () => new Uint8Array(256).fill(1))
    } else if (c === '[') {
      const end = classEnd(pattern, at + 1)
      const source = pattern.slice(at, end + 1)
      add(source, () => readClass(source, ignoreCase))
      at = end
    } else {
      // A backslash at the very end stands for itself.
      if (c === '\\' && at + 1 < pattern.length) at++
      const byte = pattern.charCodeAt(at)
      add(`\\${pattern[at]}`, () => setOf(byte, ignoreCase))
    }
  }
  // A star at the end is free: Redis descends only where more pattern follows.
  if (atoms.at(-1) === STAR) stars--
  return stars > MAX_STARS ? undefined : atoms
}

function setOf(byte: number, ignoreCase: boolean): ByteSet {
  const set = new Uint8Array(256)
  set[byte] = 1
  const lower = lowered(byte)
  if (ignoreCase && lower >= 97 && lower <= 122) {
    set[lower] = 1
    set[lower - 32] = 1
  }
  return set
}

/**
 * The place of the last byte of a class whose `[` stands before `start`: `]` ends it even as its
 * first byte, and it may end with the pattern.
 */
function classEnd(pattern: string, start: number): number {
  const end = pattern.length
  let at = pattern[start] === '^' ? start + 1 : start
  for (; at < end && pattern[at] !== ']'; at++) {
    if (pattern[at] === '\\' && at + 1 < end) at++
    else if (pattern[at + 1] === '-' && at + 2 < end) at += 2
  }
  return Math.min(at, end - 1)
}

/** The bytes that fit a class. Its `]` may be missing, if the pattern ends with it. */
function readClass(source: string, ignoreCase: boolean): ByteSet {
  const end = source.length
  const set = new Uint8Array(256)
  const isNegated = source[1] === '^'
  for (let at = isNegated ? 2 : 1; at < end && source[at] !== ']'; at++) {
    if (source[at] === '\\' && at + 1 < end) {
      at++
      // An escaped byte in a class is compared as it is, even when case is ignored.
      set[source.charCodeAt(at)] = 1
    } else if (source[at + 1] === '-' && at + 2 < end) {
      addRange(set, source.charCodeAt(at), source.charCodeAt(at + 2), ignoreCase)
      at += 2
    } else {
      const byte = source.charCodeAt(at)
      addRange(set, byte, byte, ignoreCase)
    }
  }
  if (isNegated) for (let byte = 0; byte < 256; byte++) set[byte] = set[byte] === 0 ? 1 : 0
  return set
}

/** Redis swaps the ends of a reversed range first and lowers their case then, as here. */
function addRange(set: ByteSet, from: number, to: number, ignoreCase: boolean): void {
  const fold = ignoreCase ? lowered : (byte: number) => byte
  const low = signed(fold(signed(from) <= signed(to) ? from : to))
  const high = signed(fold(signed(from) <= signed(to) ? to : from))
  for (let value = low; value <= high; value++) {
    const byte = value & 0xff
    // Lowered bytes are compared with the range, so a capital fits through its small letter only.
    if (!ignoreCase || fold(byte) === byte) set[byte] = 1
    if (ignoreCase && byte >= 97 && byte <= 122) set[byte - 32] = 1
  }
}

export function lowered(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte
}

/** Bytes from 0x80 up are negative in C's char, and so come before the others in a range. */
export function signed(byte: number): number {
  return byte < 128 ? byte : byte - 256
}
