// A map from stream ids that is walked in their order: the pending entries of a consumer group.
// Ids mostly come at the end and go from the start, so they are kept in sorted blocks: a binary
// search over the blocks and one inside a block find an id, and a change moves one block only.

import type { StreamId } from './stream-id.ts'

const BLOCK_MAX = 256

interface Block<V> {
  readonly ids: StreamId[]
  readonly values: V[]
}

export class IdMap<V> {
  readonly #blocks: Block<V>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): StreamId | undefined {
    return this.#blocks[0]?.ids[0]
  }

  get last(): StreamId | undefined {
    return this.#blocks.at(-1)?.ids.at(-1)
  }

  get(id: StreamId): V | undefined {
    const block = this.#blocks[this.#blockAt(id)]
    if (block === undefined) return undefined
    const at = place(block.ids, id)
    return block.ids[at] === id ? block.values[at] : undefined
  }

  set(id: StreamId, value: V): void {
    if (this.#blocks.length === 0) this.#blocks.push({ ids: [], values: [] })
    const index = Math.min(this.#blockAt(id), this.#blocks.length - 1)
    const block = this.#blocks[index] as Block<V>
    const at = place(block.ids, id)
    if (block.ids[at] === id) {
      block.values[at] = value
      return
    }
    block.ids.splice(at, 0, id)
    block.values.splice(at, 0, value)
    this.#size++
    if (block.ids.length > BLOCK_MAX) this.#split(index, block, at)
  }

  delete(id: StreamId): boolean {
    const index = this.#blockAt(id)
    const block = this.#blocks[index]
    if (block === undefined) return false
    const at = place(block.ids, id)
    if (block.ids[at] !== id) return false
    block.ids.splice(at, 1)
    block.values.splice(at, 1)
    this.#size--
    if (block.ids.length === 0) this.#blocks.splice(index, 1)
    return true
  }

  /** Pairs from an id on, in order. Do not change the map while walking. */
  *from(start: StreamId): IterableIterator<readonly [StreamId, V]> {
    let index = this.#blockAt(start)
    let at = place(this.#blocks[index]?.ids ?? [], start)
    for (; index < this.#blocks.length; index++) {
      const { ids, values } = this.#blocks[index] as Block<V>
      for (; at < ids.length; at++) yield [ids[at] as StreamId, values[at] as V]
      at = 0
    }
  }

  /** The first block whose last id is not below `id`: where it is, if it is anywhere. */
  #blockAt(id: StreamId): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const { ids } = this.#blocks[middle] as Block<V>
      if ((ids[ids.length - 1] as StreamId) < id) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Ids that come in order leave full blocks behind. */
  #split(index: number, block: Block<V>, insertedAt: number): void {
    const cut = insertedAt === BLOCK_MAX ? BLOCK_MAX : BLOCK_MAX / 2
    const rest = { ids: block.ids.splice(cut), values: block.values.splice(cut) }
    this.#blocks.splice(index + 1, 0, rest)
  }
}

/** The position of the first id that is not below the given one. */
function place(ids: readonly StreamId[], id: StreamId): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as StreamId) < id) low = middle + 1
    else high = middle
  }
  return low
}
