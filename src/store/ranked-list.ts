// The order of a sorted set: elements sorted by score, then by member, every one reachable by its
// rank. Redis uses a skip list with spans; this is a sorted array cut into blocks of a few hundred
// elements, with a Fenwick tree over the block sizes. Finding is a binary search over the blocks
// and one inside a block; inserting moves part of a block, which is one memmove; a rank is a sum
// in the tree. In JavaScript that is faster than a skip list, because it follows hardly any
// pointers, and it is less code. For the same reason the scores also lie in arrays of their own.
// Blocks are split when full and dropped when empty.

/** Shared between the order and the table by member; only SortedSetValue writes the score. */
export interface Element {
  readonly member: string
  score: number
}

/** True if an element lies before the place that is searched for. */
export type IsBefore = (element: Element) => boolean

const BLOCK_LIMIT = 512

class Block {
  readonly elements: Element[]
  /** The score of each element. */
  readonly scores: number[]

  constructor(elements: Element[], scores: number[]) {
    this.elements = elements
    this.scores = scores
  }

  get size(): number {
    return this.elements.length
  }

  get last(): Element {
    return this.elements[this.elements.length - 1] as Element
  }

  push(element: Element): void {
    this.elements.push(element)
    this.scores.push(element.score)
  }

  insert(element: Element): void {
    const at = this.place(element.score, element.member)
    this.elements.splice(at, 0, element)
    this.scores.splice(at, 0, element.score)
  }

  remove(at: number, count: number): number {
    if (at === 0 && count === 1) {
      // ZPOPMIN: the engine takes off the first item without moving the others.
      this.scores.shift()
      return this.elements.shift() === undefined ? 0 : 1
    }
    this.scores.splice(at, count)
    return this.elements.splice(at, count).length
  }

  /** Keeps the lower half and returns the upper one. */
  split(): Block {
    const half = this.size >>> 1
    return new Block(this.elements.splice(half), this.scores.splice(half))
  }

  /** The first position that is not before the score and member. */
  place(score: number, member: string): number {
    let low = 0
    let high = this.scores.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.scores[middle] as number
      const before =
        other === score ? (this.elements[middle] as Element).member < member : other < score
      if (before) low = middle + 1
      else high = middle
    }
    return low
  }

  countBefore(isBefore: IsBefore): number {
    return lowerBound(this.size, i => isBefore(this.elements[i] as Element))
  }
}

export class RankedList {
  readonly #blocks: Block[] = []
  /** The highest score of each block. */
  readonly #tops: number[] = []
  /** A Fenwick tree: entry i counts the elements of the blocks that i covers, from 1 up. */
  readonly #sums: number[] = [0]
  #size = 0

  get size(): number {
    return this.#size
  }

  insert(element: Element): void {
    const blocks = this.#blocks
    const found = this.#findBlock(element.score, element.member)
    this.#size++
    if (found === blocks.length) {
      this.#append(element)
      return
    }
    const block = blocks[found] as Block
    if (block.size < BLOCK_LIMIT) {
      block.insert(element)
      this.#adjust(found, 1)
      return
    }
    const upper = block.split()
    blocks.splice(found + 1, 0, upper)
    const { last } = block
    const isAbove =
      last.score < element.score || (last.score === element.score && last.member < element.member)
    const half = isAbove ? upper : block
    half.insert(element)
    this.#rebuild()
  }

  /** Behind the last element: a full block stays full, which keeps ascending input dense. */
  #append(element: Element): void {
    const index = this.#blocks.length - 1
    const block = this.#blocks[index]
    if (block === undefined || block.size >= BLOCK_LIMIT) {
      this.#blocks.push(new Block([element], [element.score]))
      this.#rebuild()
    } else {
      block.push(element)
      this.#tops[index] = element.score
      this.#adjust(index, 1)
    }
  }

  /** Removes the element with exactly this score and member, which must be there. */
  remove(score: number, member: string): void {
    const index = this.#findBlock(score, member)
    const block = this.#blocks[index] as Block
    this.#removeFrom(index, block.place(score, member), 1)
    if (block.size === 0) this.#rebuild()
  }

  /** The rank of an element that is there, from 0. */
  rank(score: number, member: string): number {
    const index = this.#findBlock(score, member)
    return this.#sumBefore(index) + (this.#blocks[index]?.place(score, member) ?? 0)
  }

  /** How many elements lie before a place; `isBefore` holds for them and for no other. */
  countBefore(isBefore: IsBefore): number {
    const blocks = this.#blocks
    const index = lowerBound(blocks.length, i => isBefore((blocks[i] as Block).last))
    return this.#sumBefore(index) + (blocks[index]?.countBefore(isBefore) ?? 0)
  }

  at(rank: number): Element | undefined {
    if (rank < 0 || rank >= this.#size) return undefined
    const { index, offset } = this.#locate(rank)
    return this.#blocks[index]?.elements[offset]
  }

  /** The elements with ranks from `from` up to, but not including, `to`, ascending. */
  slice(from: number, to: number): Element[] {
    if (from >= to) return []
    let { index, offset } = this.#locate(from)
    let missing = to - from
    const first = (this.#blocks[index] as Block).elements
    if (offset + missing <= first.length) return first.slice(offset, offset + missing)
    const out: Element[] = []
    while (missing > 0) {
      const { elements } = this.#blocks[index++] as Block
      const end = Math.min(elements.length, offset + missing)
      for (let i = offset; i < end; i++) out.push(elements[i] as Element)
      missing -= end - offset
      offset = 0
    }
    return out
  }

  /** Removes what slice() would return, and returns it. */
  removeSlice(from: number, to: number): Element[] {
    const removed = this.slice(from, to)
    if (removed.length === 0) return removed
    let { index, offset } = this.#locate(from)
    let emptied = false
    for (let missing = removed.length; missing > 0; index++) {
      missing -= this.#removeFrom(index, offset, missing)
      emptied ||= this.#blocks[index]?.size === 0
      offset = 0
    }
    if (emptied) this.#rebuild()
    return removed
  }

  *[Symbol.iterator](): Generator<Element, void> {
    for (const { elements } of this.#blocks) yield* elements
  }

  /** A block that becomes empty stays until the next rebuild(). */
  #removeFrom(index: number, offset: number, count: number): number {
    const block = this.#blocks[index] as Block
    const removed = block.remove(offset, count)
    this.#size -= removed
    this.#adjust(index, -removed)
    if (block.size > 0) this.#tops[index] = block.last.score
    return removed
  }

  /** The first block whose last element is not before the place; the block count if none. */
  #findBlock(score: number, member: string): number {
    let low = 0
    let high = this.#tops.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const top = this.#tops[middle] as number
      const before =
        top === score ? (this.#blocks[middle] as Block).last.member < member : top < score
      if (before) low = middle + 1
      else high = middle
    }
    return low
  }

  #locate(rank: number): { index: number; offset: number } {
    const sums = this.#sums
    let index = 0
    let offset = rank
    // Descends the tree: takes every power of two whose blocks all lie before the rank.
    for (let step = 2 ** Math.floor(Math.log2(sums.length)); step >= 1; step /= 2) {
      const sum = sums[index + step]
      if (sum !== undefined && sum <= offset) {
        index += step
        offset -= sum
      }
    }
    return { index, offset }
  }

  #sumBefore(index: number): number {
    let sum = 0
    for (let i = index; i > 0; i -= i & -i) sum += this.#sums[i] as number
    return sum
  }

  #adjust(index: number, by: number): void {
    const sums = this.#sums
    for (let i = index + 1; i < sums.length; i += i & -i) sums[i] = (sums[i] as number) + by
  }

  /** After blocks were added or emptied. The only work that grows with the number of blocks. */
  #rebuild(): void {
    const tops = this.#tops
    const sums = this.#sums
    const blocks = this.#blocks
    let count = 0
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i] as Block
      if (block.size === 0) continue
      blocks[count] = block
      tops[count] = block.last.score
      sums[++count] = block.size
    }
    blocks.length = count
    tops.length = count
    sums.length = count + 1
    for (let i = 1; i <= count; i++) {
      const parent = i + (i & -i)
      if (parent <= count) sums[parent] = (sums[parent] as number) + (sums[i] as number)
    }
  }
}

function lowerBound(size: number, isBefore: (index: number) => boolean): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}
