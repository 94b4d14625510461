// The limit of memory that nobody sets: the runtime's heap. Where it is full the process ends, and
// with it every other server in it; so a request that would add data is refused before that, in
// the words of maxmemory. What is in use is asked for once in a while only, and of large requests.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Args } from '../resp3/args.ts'
import { OOM } from '../resp3/errors.ts'
import { lazy } from '../util/lazy.ts'
import { HEAP_MAX, heapRoom, textBytes } from '../util/limits.ts'

/** Bytes that come in, and commands that run, between two looks. */
const BYTES = 1024 * 1024
const COMMANDS = 4096
/** A request from this size on is measured before it runs. */
const LARGE = 1024 * 1024
/** What the heap pays for a word, beside its text: its place in a list, and that list's growth. */
const PLACE_BYTES = 16
/** And for one that was packed, once it is taken out. */
const ELEMENT_BYTES = 64
/** To collect what is garbage is worth its time only so often: a tenth of the time at the most. */
const COLLECT_EVERY_MS = 1000
const COLLECT_SHARE = 10

export class HeapGuard {
  #isFull = false
  #bytes = 0
  #commands = 0
  #collectsFrom = 0

  /** So many bytes have come in. */
  received(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes >= BYTES) this.#look()
  }

  /** A command has run: a script's run by the thousand, and nothing comes in for them. */
  ran(): void {
    if (++this.#commands >= COMMANDS) this.#look()
  }

  /** Whether what a request is to add may be too much. */
  refuses(args: Args): boolean {
    if (this.#isFull) return !this.hasRoomFor(0)
    const { count, marks } = args
    if (marks[count * 2 - 1]! - marks[0]! < LARGE) return false
    return !this.hasRoomFor(heapBytes(args))
  }

  /** Much has become garbage at once: it is worth its time to collect it. */
  freed(): void {
    this.#collectsFrom = 0
  }

  hasRoomFor(bytes: number): boolean {
    if (bytes < this.#measure()) return true
    // What counts as in use may be garbage: the runtime is in no hurry as long as nobody needs it.
    const startedAt = performance.now()
    if (bytes > HEAP_MAX || startedAt < this.#collectsFrom) return false
    collectGarbage()()
    const endedAt = performance.now()
    const pause = Math.max(COLLECT_EVERY_MS, (endedAt - startedAt) * COLLECT_SHARE)
    this.#collectsFrom = endedAt + pause
    return bytes < this.#measure()
  }

  /**
   * Before so many elements of a value are taken out into a list.
   * @throws ReplyError if the heap has no room for them
   */
  demand(elements: number): void {
    const bytes = elements * ELEMENT_BYTES
    if (bytes > LARGE && !this.hasRoomFor(bytes)) throw OOM
  }

  #look(): void {
    this.#bytes = 0
    this.#commands = 0
    this.#measure()
  }

  #measure(): number {
    const room = heapRoom()
    this.#isFull = room <= 0
    return room
  }
}

function heapBytes(args: Args): number {
  let bytes = args.count * PLACE_BYTES
  for (let i = 0; i < args.count; i++) bytes += textBytes(args.length(i))
  return bytes
}

/** Node has the function only where a flag asks for it, at its start or later. */
const collectGarbage = lazy((): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})
