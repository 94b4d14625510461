// How a list that is a quicklist is cut into nodes: as Redis would fill them if the elements came
// one by one at the right end.

import { LISTPACK_OVERHEAD, listpackEntrySize } from '../store/listpack.ts'

const NODE_BYTES = [4096, 8192, 16384, 32768, 65536]
const SAFETY_BYTES = 8192
/** What Redis adds to an element's length before it knows how it will be encoded. */
const ENTRY_OVERHEAD = 8

export interface QuicklistNode {
  /** A single element too large for a listpack, kept as it is. */
  readonly isPlain: boolean
  readonly elements: string[]
}

/** Bytes of a node before it is compressed. */
export function nodeBytes({ isPlain, elements }: QuicklistNode): number {
  if (isPlain) return elements[0]?.length ?? 0
  return elements.reduce((sum, element) => sum + listpackEntrySize(element), LISTPACK_OVERHEAD)
}

/** `fill` is list-max-listpack-size. */
export function quicklistNodes(list: Iterable<string>, fill: number): QuicklistNode[] {
  const nodes: QuicklistNode[] = []
  const maxBytes = fill < 0 ? (NODE_BYTES[Math.min(-fill, 5) - 1] as number) : SAFETY_BYTES
  const maxCount = fill < 0 ? Number.POSITIVE_INFINITY : Math.max(1, fill)
  let node: QuicklistNode | undefined
  let bytes = 0
  for (const element of list) {
    const isPlain = element.length > maxBytes
    const fits =
      node !== undefined &&
      !node.isPlain &&
      !isPlain &&
      bytes + element.length + ENTRY_OVERHEAD <= maxBytes &&
      node.elements.length < maxCount
    if (node === undefined || !fits) {
      node = { isPlain, elements: [] }
      nodes.push(node)
      bytes = LISTPACK_OVERHEAD
    }
    node.elements.push(element)
    bytes += listpackEntrySize(element)
  }
  return nodes
}
