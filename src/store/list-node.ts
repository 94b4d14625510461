// The nodes of a list: how large they may be, and what they take, byte for byte as in Redis's
// quicklist.

import { LISTPACK_OVERHEAD, listpackEntrySize } from './listpack.ts'

export type End = 'left' | 'right'

/** Bytes of a quicklist node for list-max-listpack-size -1 to -5. */
export const NODE_BYTES: readonly number[] = [4096, 8192, 16384, 32768, 65536]

/** With a limit of entries a node still has this limit of bytes. */
export const SAFETY_BYTES = 8192

/** One node of the chain, as DUMP writes it. */
export interface ListNode {
  readonly items: readonly string[]
  /** Holds one element that is too large for a listpack. */
  readonly plain: boolean
  /** What a listpack of the items takes; the length of the element in a plain node. */
  readonly bytes: number
}

export interface Node extends ListNode {
  readonly items: string[]
  bytes: number
  previous: Node | undefined
  next: Node | undefined
}

interface NodeLimit {
  readonly bytes: number
  readonly count: number
}

export function nodeLimit(fill: number): NodeLimit {
  if (fill >= 0) return { bytes: Number.POSITIVE_INFINITY, count: Math.max(1, fill) }
  const bytes = NODE_BYTES[Math.min(-fill, NODE_BYTES.length) - 1] as number
  return { bytes, count: Number.POSITIVE_INFINITY }
}

export function exceeds(limit: NodeLimit, bytes: number, count: number): boolean {
  if (limit.bytes !== Number.POSITIVE_INFINITY) return bytes > limit.bytes
  return bytes > SAFETY_BYTES || count > limit.count
}

export function newNode(items: string[], plain: boolean, bytes = bytesOf(items, plain)): Node {
  return { items, bytes, plain, previous: undefined, next: undefined }
}

function bytesOf(items: readonly string[], plain: boolean): number {
  if (plain) return (items[0] as string).length
  let bytes = LISTPACK_OVERHEAD
  for (const item of items) bytes += listpackEntrySize(item)
  return bytes
}

export function addAtEdge(node: Node, element: string, end: End): void {
  if (end === 'left') node.items.unshift(element)
  else node.items.push(element)
  node.bytes += listpackEntrySize(element)
}
