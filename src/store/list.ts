// Lists: elements in a chain of nodes, cut and joined exactly where Redis's quicklist does it, down
// to the bytes that its listpacks would take. The elements do not depend on that; but OBJECT
// ENCODING does, since a quicklist becomes a listpack again only once a single small node is left,
// and so do DUMP and DEBUG. In the listpack encoding a list is one node without a limit of its own.
//
// Both ends are reached at once, and the middle by walking from the nearer end, node by node.

import {
  addAtEdge,
  type End,
  exceeds,
  type ListNode,
  NODE_BYTES,
  type Node,
  newNode,
  nodeLimit,
  SAFETY_BYTES,
} from './list-node.ts'
import { LISTPACK_OVERHEAD, listpackEntrySize } from './listpack.ts'
import { type EncodingLimits, Value } from './value.ts'

/** What Redis adds to an element's length when it asks whether a node has room for it. */
const ENTRY_OVERHEAD = 8
const FILL_MAX = 32767

/** An element's place. */
interface Position {
  readonly node: Node
  readonly at: number
}

export class ListValue extends Value {
  readonly #limits: EncodingLimits
  #head: Node | undefined
  #tail: Node | undefined
  #size = 0
  #nodeCount = 0
  /** The node size of a quicklist, from the time when it was made; undefined for a listpack. */
  #fill: number | undefined

  constructor(limits: EncodingLimits) {
    super()
    this.#limits = limits
  }

  get type(): 'list' {
    return 'list'
  }

  get size(): number {
    return this.#size
  }

  get encoding(): 'listpack' | 'quicklist' {
    return this.#fill === undefined ? 'listpack' : 'quicklist'
  }

  override get parts(): number {
    return this.#fill === undefined ? 1 : this.#nodeCount
  }

  get nodeCount(): number {
    return this.#nodeCount
  }

  override get meanElementBytes(): number {
    const node = this.#head
    return node === undefined ? 0 : node.bytes / node.items.length
  }

  copy(): ListValue {
    const copy = new ListValue(this.#limits)
    copy.#fill = this.#fill
    for (let node = this.#head; node !== undefined; node = node.next) {
      copy.#link({ ...node, items: [...node.items] }, copy.#tail, 'right')
      copy.#size += node.items.length
    }
    return copy
  }

  // ---- Reading ---------------------------------------------------------------------------------

  /** Negative indexes count from the right end, here and in set(). */
  at(index: number): string | undefined {
    const position = this.#find(index)
    return position?.node.items[position.at]
  }

  /** Elements from start to end, both included and within the list. */
  range(start: number, end: number): string[] {
    const found: string[] = []
    let left = end - start + 1
    let { node, at } = this.#from(start, left)
    for (; node !== undefined && left > 0; node = node.next) {
      const stop = Math.min(node.items.length, at + left)
      left -= stop - at
      for (; at < stop; at++) found.push(node.items[at] as string)
      at = 0
    }
    return found
  }

  *[Symbol.iterator](): IterableIterator<string> {
    for (let node = this.#head; node !== undefined; node = node.next) yield* node.items
  }

  *nodes(): IterableIterator<ListNode> {
    for (let node = this.#head; node !== undefined; node = node.next) yield node
  }

  /** Visits the elements from one end on, with their distance from it, until `visit` says false. */
  walk(from: End, visit: (element: string, distance: number) => boolean): void {
    let distance = 0
    let node = from === 'left' ? this.#head : this.#tail
    while (node !== undefined) {
      const { items } = node
      for (let i = 0; i < items.length; i++) {
        const element = items[from === 'left' ? i : items.length - 1 - i] as string
        if (!visit(element, distance++)) return
      }
      node = from === 'left' ? node.next : node.previous
    }
  }

  // ---- Changing --------------------------------------------------------------------------------

  /**
   * To be called before elements are added, all of them at once: they may turn the encoding. Redis
   * estimates with their bare lengths.
   */
  expect(elements: readonly string[]): void {
    if (this.#fill !== undefined) return
    const limit = nodeLimit(this.#limits.listMaxListpackSize)
    let bytes = this.#head?.bytes ?? LISTPACK_OVERHEAD
    for (const { length } of elements) bytes += length
    if (exceeds(limit, bytes, this.#size + elements.length)) this.#becomeQuicklist()
  }

  push(element: string, end: End): void {
    const node = end === 'left' ? this.#head : this.#tail
    if (node !== undefined && this.#hasRoom(node, element)) {
      addAtEdge(node, element, end)
    } else {
      this.#link(newNode([element], this.#isLarge(element)), node, end)
    }
    this.#size++
  }

  /** The list must not be empty. The caller goes on with shrink(). */
  pop(end: End): string {
    const node = (end === 'left' ? this.#head : this.#tail) as Node
    const element = (end === 'left' ? node.items.shift() : node.items.pop()) as string
    node.bytes -= listpackEntrySize(element)
    if (node.items.length === 0) this.#unlink(node)
    this.#size--
    return element
  }

  /** Pops up to `count` elements, in the order in which they leave. */
  popMany(end: End, count: number): string[] {
    const taken = Math.min(count, this.#size)
    const start = end === 'left' ? 0 : this.#size - taken
    const elements = this.range(start, start + taken - 1)
    this.#removeRange(start, taken)
    this.shrink()
    return end === 'left' ? elements : elements.reverse()
  }

  /** False if there is no such index. */
  set(index: number, element: string): boolean {
    this.expect([element])
    const position = this.#find(index)
    if (position === undefined) return false
    this.#replace(position, element)
    this.shrink()
    return true
  }

  /** Inserts before or after the first element that equals the pivot; false if none does. */
  insert(pivot: string, element: string, after: boolean): boolean {
    this.expect([element])
    for (let node = this.#head; node !== undefined; node = node.next) {
      const at = node.items.indexOf(pivot)
      if (at === -1) continue
      this.#insert({ node, at }, element, after)
      return true
    }
    return false
  }

  /** Keeps the elements from start to end, both included; returns how many went. */
  trim(start: number, end: number): number {
    const before = this.#size
    const kept = Math.max(0, end - start + 1)
    const leftOfIt = kept === 0 ? before : start
    this.#removeRange(leftOfIt + kept, before - leftOfIt - kept)
    this.#removeRange(0, leftOfIt)
    this.shrink()
    return before - kept
  }

  /** Removes up to `count` (0: all) elements that equal the given one, from an end on. */
  remove(element: string, count: number, from: End): number {
    const max = count === 0 ? Number.POSITIVE_INFINITY : count
    let removed = 0
    let node = from === 'left' ? this.#head : this.#tail
    while (node !== undefined && removed < max) {
      const following: Node | undefined = from === 'left' ? node.next : node.previous
      removed += this.#removeFromNode(node, element, max - removed, from)
      node = following
    }
    if (removed > 0) this.shrink()
    return removed
  }

  /** After elements have gone: a quicklist waits until half of the limit before it goes back. */
  shrink(): void {
    this.#becomeListpack(2)
  }

  // ---- Loading ---------------------------------------------------------------------------------

  /** Adds a node at the right end, as a dump has it; the items are the list's from now on. */
  appendNode(items: string[], plain: boolean, bytes?: number): void {
    if (this.#fill === undefined) this.#becomeQuicklist()
    this.#link(newNode(items, plain, bytes), this.#tail, 'right')
    this.#size += items.length
  }

  /**
   * Chooses the encoding of a list that is complete: a listpack if it is a single node that fits.
   * Elements that were pushed without expect() are first cut into nodes.
   */
  settle(mayBeListpack: boolean): void {
    if (this.#fill === undefined) {
      const elements = [...this]
      this.#head = undefined
      this.#tail = undefined
      this.#size = 0
      this.#nodeCount = 0
      this.#becomeQuicklist()
      for (const element of elements) this.push(element, 'right')
    }
    if (mayBeListpack) this.#becomeListpack(1)
  }

  // ---- Encodings -------------------------------------------------------------------------------

  #becomeQuicklist(): void {
    this.#fill = Math.min(FILL_MAX, Math.max(-NODE_BYTES.length, this.#limits.listMaxListpackSize))
  }

  #becomeListpack(divisor: number): void {
    const node = this.#head
    if (this.#fill === undefined || node === undefined || node.next !== undefined) return
    const { bytes, count } = nodeLimit(this.#limits.listMaxListpackSize)
    if (node.plain || node.bytes > Math.floor(bytes / divisor)) return
    if (this.#size > Math.floor(count / divisor)) return
    this.#fill = undefined
  }

  /** Whether the element needs a node of its own. */
  #isLarge(element: string): boolean {
    if (this.#fill === undefined) return false
    return element.length > (this.#fill >= 0 ? SAFETY_BYTES : nodeLimit(this.#fill).bytes)
  }

  #hasRoom(node: Node, element: string): boolean {
    if (this.#fill === undefined) return true
    if (node.plain || this.#isLarge(element)) return false
    const bytes = node.bytes + element.length + ENTRY_OVERHEAD
    return !exceeds(nodeLimit(this.#fill), bytes, node.items.length + 1)
  }

  // ---- Elements in nodes -----------------------------------------------------------------------

  #find(index: number): Position | undefined {
    const fromLeft = index < 0 ? this.#size + index : index
    if (!(fromLeft >= 0 && fromLeft < this.#size)) return undefined
    if (fromLeft < this.#size / 2) {
      let at = fromLeft
      let node = this.#head as Node
      while (at >= node.items.length) {
        at -= node.items.length
        node = node.next as Node
      }
      return { node, at }
    }
    let fromRight = this.#size - 1 - fromLeft
    let node = this.#tail as Node
    while (fromRight >= node.items.length) {
      fromRight -= node.items.length
      node = node.previous as Node
    }
    return { node, at: node.items.length - 1 - fromRight }
  }

  /** Where to begin with `count` elements: nowhere, if there are none. */
  #from(start: number, count: number): { node: Node | undefined; at: number } {
    return (count > 0 ? this.#find(start) : undefined) ?? { node: undefined, at: 0 }
  }

  #removeRange(start: number, count: number): void {
    let left = count
    let { node, at } = this.#from(start, count)
    while (node !== undefined && left > 0) {
      const { next } = node
      const removed = Math.min(left, node.items.length - at)
      if (removed === node.items.length) {
        this.#unlink(node)
      } else {
        for (const element of node.items.splice(at, removed)) {
          node.bytes -= listpackEntrySize(element)
        }
      }
      this.#size -= removed
      left -= removed
      at = 0
      node = next
    }
  }

  #removeFromNode(node: Node, element: string, max: number, from: End): number {
    const { items } = node
    if (!items.includes(element)) return 0
    let left = max
    const kept: string[] = []
    for (let i = 0; i < items.length; i++) {
      const item = items[from === 'left' ? i : items.length - 1 - i] as string
      if (item === element && left > 0) left--
      else kept.push(item)
    }
    if (from === 'right') kept.reverse()
    const removed = items.length - kept.length
    this.#size -= removed
    if (kept.length === 0) {
      this.#unlink(node)
    } else {
      items.length = 0
      for (const item of kept) items.push(item)
      node.bytes -= removed * listpackEntrySize(element)
    }
    return removed
  }

  #replace({ node, at }: Position, element: string): void {
    const large = this.#isLarge(element)
    if (!node.plain && !large) {
      node.bytes += listpackEntrySize(element) - listpackEntrySize(node.items[at] as string)
      node.items[at] = element
    } else if (node.plain && large) {
      node.items[0] = element
      node.bytes = element.length
    } else if (node.plain) {
      this.#insert({ node, at }, element, true)
      this.#size--
      this.#unlink(node)
    } else {
      this.#replaceByPlain(node, at, element)
    }
  }

  /** A large element takes the place of one in the midst of a node. */
  #replaceByPlain(node: Node, at: number, element: string): void {
    const rest = at < node.items.length - 1 ? this.#split(node, at, true) : undefined
    const plain = newNode([element], true)
    this.#link(plain, node, 'right')
    if (rest !== undefined) this.#link(rest, plain, 'right')
    if (node.items.length === 1) {
      this.#unlink(node)
    } else {
      node.bytes -= listpackEntrySize(node.items.pop() as string)
      this.#mergeAround(plain)
    }
  }

  #insert({ node, at }: Position, element: string, after: boolean): void {
    const side: End = after ? 'right' : 'left'
    const neighbour = after ? node.next : node.previous
    const atEdge = after ? at === node.items.length - 1 : at === 0
    this.#size++
    if (this.#isLarge(element)) {
      const plain = newNode([element], true)
      const rest = node.plain || atEdge ? undefined : this.#split(node, at, after)
      this.#link(plain, node, side)
      if (rest !== undefined) this.#link(rest, plain, side)
    } else if (this.#hasRoom(node, element)) {
      node.items.splice(after ? at + 1 : at, 0, element)
      node.bytes += listpackEntrySize(element)
    } else if (atEdge && neighbour !== undefined && this.#hasRoom(neighbour, element)) {
      addAtEdge(neighbour, element, after ? 'left' : 'right')
    } else if (atEdge) {
      this.#link(newNode([element], false), node, side)
    } else {
      const rest = this.#split(node, at, after)
      addAtEdge(rest, element, after ? 'left' : 'right')
      this.#link(rest, node, side)
      this.#mergeAround(node)
    }
  }

  // ---- The chain -------------------------------------------------------------------------------

  /** Puts a node beside another one, or as the only one. */
  #link(node: Node, beside: Node | undefined, side: End): void {
    node.previous = side === 'right' ? beside : beside?.previous
    node.next = side === 'right' ? beside?.next : beside
    if (node.previous === undefined) this.#head = node
    else node.previous.next = node
    if (node.next === undefined) this.#tail = node
    else node.next.previous = node
    this.#nodeCount++
  }

  #unlink(node: Node): void {
    if (node.previous === undefined) this.#head = node.next
    else node.previous.next = node.next
    if (node.next === undefined) this.#tail = node.previous
    else node.next.previous = node.previous
    this.#nodeCount--
  }

  /** Cuts off what lies behind position `at`, or what lies before it, as a node of its own. */
  #split(node: Node, at: number, after: boolean): Node {
    const rest = newNode(after ? node.items.splice(at + 1) : node.items.splice(0, at), false)
    node.bytes -= rest.bytes - LISTPACK_OVERHEAD
    return rest
  }

  /** Joins small neighbours on both sides of a node, then the node itself with them. */
  #mergeAround(center: Node): void {
    const { previous, next } = center
    this.#merge(previous?.previous, previous)
    this.#merge(next, next?.next)
    const joined = this.#merge(center.previous, center) ?? center
    this.#merge(joined, joined.next)
  }

  /** Joins two neighbours into the left one, if that would not be too large. */
  #merge(left: Node | undefined, right: Node | undefined): Node | undefined {
    if (left === undefined || right === undefined || left.plain || right.plain) return undefined
    const bytes = left.bytes + right.bytes - LISTPACK_OVERHEAD
    const count = left.items.length + right.items.length
    if (exceeds(nodeLimit(this.#fill ?? 0), bytes, count)) return undefined
    for (const item of right.items) left.items.push(item)
    left.bytes = bytes
    this.#unlink(right)
    return left
  }
}
