// What may still be made of bytes that somebody gives us. A few megabytes of a compressed listpack
// hold more elements than the runtime can, and what runs into its end takes the process with it. So
// whoever reads claims here what he is about to make, by a rough count, before he makes it.

import type { RedisServer } from '../engine/server.ts'
import { ARRAY_MAX, BLOCK_MAX, blockRoom, heapRoom } from '../util/limits.ts'
import { TooLarge } from './format.ts'

/** Claims are summed up to so many bytes before anybody looks at the heap. */
const STEP = 1024 * 1024
/** What is made of bytes is copied where it grows, and again by the first command that reads it. */
const COPIES = 2
/** Of an array. */
export const SLOT = 8

export class Room {
  readonly #has: (bytes: number) => boolean
  #claimed = 0

  /** @param has whether the heap has room for so many bytes */
  constructor(has: (bytes: number) => boolean = bytes => bytes < heapRoom()) {
    this.#has = has
  }

  /** @throws TooLarge */
  claim(bytes: number): void {
    this.#claimed += bytes
    if (this.#claimed < STEP) return
    if (!this.#has(this.#claimed * COPIES)) throw new TooLarge()
    this.#claimed = 0
  }

  /** So many elements in one array, of so many bytes each. @throws TooLarge */
  elements(count: number, each: number): void {
    if (count > ARRAY_MAX) throw new TooLarge()
    this.claim(count * each)
  }

  /** A block outside of the heap. @throws TooLarge */
  block(bytes: number): void {
    if (bytes >= STEP && bytes > Math.min(blockRoom() / COPIES, BLOCK_MAX)) throw new TooLarge()
  }
}

/** What a server's heap has, garbage not counted. */
export function roomOf({ heap }: RedisServer): Room {
  return new Room(bytes => heap.hasRoomFor(bytes))
}
