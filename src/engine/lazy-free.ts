// Which values a real server would free in a thread of its own, rather than at once: those of many
// parts. Here the garbage collector frees everything; what shows is INFO's lazyfreed_objects.

import type { Value } from '../store/value.ts'

/** Allocations that are done with faster at once. */
const PARTS_MAX = 64

export function isFreedLater(value: Value): boolean {
  return value.parts > PARTS_MAX
}
