// A list: a ring of elements, so that both ends and every index are one step away. Redis keeps a
// listpack and then a linked list of them (quicklist); which of the two it would be is counted here
// in the bytes that a listpack would take.

import { LISTPACK_OVERHEAD, listpackEntrySize } from './listpack.ts'
import { type EncodingLimits, Value } from './value.ts'

const FIRST_CAPACITY = 8
/** Bytes of a quicklist node for list-max-listpack-size -1 to -5. */
const NODE_BYTES = [4096, 8192, 16384, 32768, 65536]
/** With a limit of entries a node still has this limit of bytes. */
const SAFETY_BYTES = 8192

export type End = 'left' | 'right'

export class ListValue extends Value {
  readonly type = 'list'
  #encoding: 'listpack' | 'quicklist' = 'listpack'
  #ring: (string | undefined)[] = new Array(FIRST_CAPACITY)
  #head = 0
  #size = 0
  /** What the elements would take in one listpack. */
  #bytes = LISTPACK_OVERHEAD
  readonly #limits: EncodingLimits

  constructor(limits: EncodingLimits) {
    super()
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  override get meanElementBytes(): number {
    return this.#size === 0 ? 0 : this.#bytes / this.#size
  }

  get encoding(): 'listpack' | 'quicklist' {
    return this.#encoding
  }

  /** To be called before elements are added, all of them at once: they may turn the encoding. */
  expect(elements: readonly string[]): void {
    if (this.#encoding === 'quicklist') return
    const bytes = elements.reduce((sum, { length }) => sum + length, this.#bytes)
    if (this.#exceeds(bytes, this.#size + elements.length, 1)) this.#encoding = 'quicklist'
  }

  at(index: number): string | undefined {
    const i = index < 0 ? this.#size + index : index
    return i >= 0 && i < this.#size ? this.#ring[this.#slot(i)] : undefined
  }

  push(element: string, end: End): void {
    if (this.#size === this.#ring.length) this.#grow()
    if (end === 'left') this.#head = (this.#head - 1) & (this.#ring.length - 1)
    this.#size++
    this.#ring[this.#slot(end === 'left' ? 0 : this.#size - 1)] = element
    this.#bytes += listpackEntrySize(element)
  }

  /** The list must not be empty. */
  pop(end: End): string {
    const slot = this.#slot(end === 'left' ? 0 : this.#size - 1)
    const element = this.#ring[slot] as string
    this.#ring[slot] = undefined
    if (end === 'left') this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#size--
    this.#bytes -= listpackEntrySize(element)
    this.#mayShrink()
    return element
  }

  /** False if there is no such index. */
  set(index: number, element: string): boolean {
    const i = index < 0 ? this.#size + index : index
    if (i < 0 || i >= this.#size) return false
    const slot = this.#slot(i)
    this.#bytes += listpackEntrySize(element) - listpackEntrySize(this.#ring[slot] as string)
    this.#ring[slot] = element
    this.#mayShrink()
    return true
  }

  insert(index: number, element: string): void {
    const elements = this.#toArray()
    elements.splice(index, 0, element)
    this.#fill(elements)
    this.#bytes += listpackEntrySize(element)
  }

  /** Keeps the elements from start to end, both included; returns how many went. */
  trim(start: number, end: number): number {
    const before = this.#size
    this.#replace(this.range(start, end))
    return before - this.#size
  }

  /**
   * Removes up to `count` elements (0: all) that equal the given one, from the left, or from the
   * right if `count` is negative.
   */
  remove(element: string, count: number): number {
    const limit = count === 0 ? Number.POSITIVE_INFINITY : Math.abs(count)
    const elements = this.#toArray()
    if (count < 0) elements.reverse()
    let removed = 0
    const kept = elements.filter(one => {
      if (one !== element || removed >= limit) return true
      removed++
      return false
    })
    if (removed > 0) this.#replace(count < 0 ? kept.reverse() : kept)
    return removed
  }

  /** Elements from start to end, both included and within the list. */
  range(start: number, end: number): string[] {
    const elements: string[] = []
    for (let i = start; i <= end; i++) elements.push(this.#ring[this.#slot(i)] as string)
    return elements
  }

  *[Symbol.iterator](): IterableIterator<string> {
    for (let i = 0; i < this.#size; i++) yield this.#ring[this.#slot(i)] as string
  }

  copy(): ListValue {
    const copy = new ListValue(this.#limits)
    copy.#fill(this.#toArray())
    copy.#bytes = this.#bytes
    copy.#encoding = this.#encoding
    return copy
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#ring.length - 1)
  }

  #toArray(): string[] {
    return this.range(0, this.#size - 1)
  }

  #grow(): void {
    const elements = this.#toArray()
    elements.length = this.#ring.length * 2
    this.#ring = elements
    this.#head = 0
  }

  #fill(elements: string[]): void {
    this.#size = elements.length
    let capacity = FIRST_CAPACITY
    while (capacity < elements.length) capacity *= 2
    elements.length = capacity
    this.#ring = elements
    this.#head = 0
  }

  #replace(elements: string[]): void {
    this.#bytes = elements.reduce((sum, one) => sum + listpackEntrySize(one), LISTPACK_OVERHEAD)
    this.#fill(elements)
    this.#mayShrink()
  }

  // A quicklist goes back to a listpack at half of the limit only, so that a list around the limit
  // does not turn to and fro.
  #mayShrink(): void {
    if (this.#encoding === 'quicklist' && !this.#exceeds(this.#bytes, this.#size, 2)) {
      this.#encoding = 'listpack'
    }
  }

  #exceeds(bytes: number, count: number, divisor: number): boolean {
    const { listMaxListpackSize: limit } = this.#limits
    if (limit < 0) {
      const node = NODE_BYTES[Math.min(-limit, NODE_BYTES.length) - 1] as number
      return bytes > node / divisor
    }
    return bytes > SAFETY_BYTES || count > Math.max(1, limit) / divisor
  }
}
