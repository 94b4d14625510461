// What this runtime can hold, in one place. Redis's limits lie near those of a machine of 64 bits;
// V8's lie lower, and beyond them it throws at best: an array that grows too far, or a heap that is
// full, ends the process, and nothing can catch that. So whatever makes text, a block or a list out
// of bytes that a client, a file or a peer sent asks here first.
//
// Bytes (Buffer) and the texts that Buffer.toString() makes of more than a megabyte lie outside of
// the heap. Texts that are put together of parts (+, join, replace) lie in it, at first as a rope
// of 32 bytes for each part: large ones are written into a Buffer instead.

import { constants } from 'node:buffer'
import { getHeapStatistics } from 'node:v8'

/** Characters of the longest text: 2^29 - 24. */
export const TEXT_MAX: number = constants.MAX_STRING_LENGTH
/** Bytes of the longest block: 2^32 on Node 20, more on later ones. */
export const BLOCK_MAX: number = constants.MAX_LENGTH
/** Elements of one array that is filled one by one: at 2^27 its growth ends the process. */
export const ARRAY_MAX = 2 ** 26
/** Entries of one Map or Set. */
export const MAP_MAX = 2 ** 24
/** Parts of a call: f(...parts) puts every one of them on the stack. */
export const SPREAD_MAX = 2 ** 14
/** Longest text that may be put together of parts. */
export const ROPE_MAX = 2 ** 20

/** Bytes that the heap can still take before it is full. */
export function heapRoom(): number {
  const { heap_size_limit, used_heap_size } = getHeapStatistics()
  return heap_size_limit - used_heap_size
}
