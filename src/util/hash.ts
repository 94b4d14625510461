// The hash of binary strings for tables that are kept by hand. Not for files or the wire: its seed
// is another one in every process, so that no client can prepare keys that collide.

import { randomBytes } from 'node:crypto'

const SEED = randomBytes(4).readUInt32LE()
const FACTOR = 0x01000193

/**
 * 30 bits, never 0: a small integer also where V8 has 31 bits for those. Two characters a step:
 * both fit below the next factor.
 */
export function hashText(text: string): number {
  const { length } = text
  const even = length & ~1
  let hash = SEED ^ length
  for (let i = 0; i < even; i += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8)), FACTOR)
    hash ^= hash >>> 15
  }
  if (even !== length) hash = Math.imul(hash ^ text.charCodeAt(even), FACTOR)
  return finish(hash)
}

/** The same of bytes from one place to another: equal texts have equal hashes. */
export function hashBytes(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  const even = start + (length & ~1)
  let hash = SEED ^ length
  for (let i = start; i < even; i += 2) {
    hash = Math.imul(hash ^ ((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8)), FACTOR)
    hash ^= hash >>> 15
  }
  if (even !== end) hash = Math.imul(hash ^ (bytes[even] ?? 0), FACTOR)
  return finish(hash)
}

function finish(mixed: number): number {
  let hash = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  hash = (hash ^ (hash >>> 13)) & 0x3fffffff
  return hash === 0 ? 1 : hash
}
