// Which values a real server would free in a thread of its own, rather than at once: those of many
// parts. Here the garbage collector frees everything; what shows is INFO's lazyfreed_objects.

import { ListValue } from '../store/list.ts'
import { StreamValue } from '../store/stream.ts'
import type { Value } from '../store/value.ts'

/** Allocations that are done with faster at once. */
const PARTS_MAX = 64

export function isFreedLater(value: Value): boolean {
  return partsOf(value) > PARTS_MAX
}

function partsOf(value: Value): number {
  if (value instanceof StreamValue) return value.nodeCount + pendingParts(value)
  if (value instanceof ListValue) return value.encoding === 'quicklist' ? value.nodeCount : 1
  return value.encoding === 'hashtable' || value.encoding === 'skiplist' ? value.size : 1
}

/** The first group stands for all. */
function pendingParts({ groups }: StreamValue): number {
  const [first] = groups
  return first === undefined ? 0 : groups.length * (1 + first.pending.size)
}
