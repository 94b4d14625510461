// What this runtime can hold, in one place. Redis's limits lie near those of a machine of 64 bits;
// V8's lie lower, and beyond them it throws at best: an array that grows too far, or a heap that is
// full, ends the process, and nothing can catch that. So whatever makes text, a block or a list out
// of bytes that a client, a file or a peer sent asks here first.
//
// Bytes (Buffer) and the texts that Buffer.toString() makes of more than a megabyte lie outside of
// the heap. Texts that are put together of parts (+, join, replace) lie in it, at first as a rope
// of 32 bytes for each part: large ones are written into a Buffer instead.

import { constants } from 'node:buffer'
import { freemem, totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

/** Bytes of the heap: where it is full, the process ends. */
export const HEAP_MAX: number = getHeapStatistics().heap_size_limit

/**
 * Characters of the longest text: 2^29 - 24, or an eighth of a small heap, where a few such texts
 * would be its end.
 */
export const TEXT_MAX: number = Math.min(constants.MAX_STRING_LENGTH, Math.floor(HEAP_MAX / 8))
/** Bytes of the longest block: 2^32 on Node 20, more on later ones. */
export const BLOCK_MAX: number = constants.MAX_LENGTH
/** Elements of one array: it grows by half, and what would reach 2^27 ends the process. */
export const ARRAY_MAX = 2 ** 26
/** Entries of one Map or Set. */
export const MAP_MAX = 2 ** 24
/** Entries of a Table (store/table.ts), whose next array would have 2^27 places. */
export const TABLE_MAX = 3 * 2 ** 22
/** Longest text that may be put together of parts. */
export const ROPE_MAX = 2 ** 20
/** A text of so many bytes that comes from a Buffer lies outside of the heap. */
const OUTSIDE = 1024 * 1024
const TEXT_HEAD = 24
/** The share of the heap that may be in use before more data is refused. */
const HEAP_SHARE = 0.85

/** Bytes that the heap can take before more data is refused. */
export function heapRoom(): number {
  return HEAP_MAX * HEAP_SHARE - getHeapStatistics().used_heap_size
}

/** Bytes of the heap that a text takes which is made of so many. */
export function textBytes(length: number): number {
  return TEXT_HEAD + (length < OUTSIDE ? length : 0)
}

/**
 * Bytes that the machine, or the container, can still give outside of the heap. Some systems count
 * as free only what nobody has used yet, so a quarter of all is given whatever they say.
 */
export function blockRoom(): number {
  const all = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.max(freemem(), all / 4)
}

/** Whether the runtime, and no bug, is why this was thrown: something would be too large for it. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && TOO_LARGE.test(error.message)
}

const TOO_LARGE =
  /^(Invalid (string|array|typed array) length|Array buffer allocation failed|(Map|Set) maximum size|Cannot create a string longer|The value of "size" is out of range)/
