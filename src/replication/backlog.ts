// The stream of what writes did, as bytes: as many of its last ones as whoever was away for a while
// may ask for, and those that a slow replica has not been sent. They are kept once, in blocks, for
// everybody who reads them. Places in the stream are offsets: its first byte has offset 1.

const BLOCK_MIN = 16 * 1024
/** A block is a part of the whole, so that what is let go is little at a time. */
const PARTS = 16

interface Block {
  /** The offset of its first byte. */
  readonly first: number
  readonly bytes: Buffer
  used: number
}

export class Backlog {
  #blocks: Block[] = []
  #end: number
  #size: number

  /**
   * @param size how many of the last bytes are kept, at the least
   * @param end the offset of the last byte before the first that will be added
   */
  constructor(size: number, end: number) {
    this.#size = size
    this.#end = end
  }

  /** The offset of the last byte. */
  get end(): number {
    return this.#end
  }

  /** The offset of the first byte that is kept, or would be. */
  get first(): number {
    return this.#blocks[0]?.first ?? this.#end + 1
  }

  get length(): number {
    return this.#end + 1 - this.first
  }

  /** Bytes that it takes. */
  get allocated(): number {
    let sum = 0
    for (const { bytes } of this.#blocks) sum += bytes.length
    return sum
  }

  resize(size: number): void {
    this.#size = size
  }

  append(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const block = this.#openBlock(bytes.length - at)
      const copied = bytes.copy(block.bytes, block.used, at)
      block.used += copied
      at += copied
    }
    this.#end += bytes.length
  }

  #openBlock(wanted: number): Block {
    const last = this.#blocks.at(-1)
    if (last !== undefined && last.used < last.bytes.length) return last
    const part = Math.max(BLOCK_MIN, Math.floor(this.#size / PARTS))
    const first = last === undefined ? this.#end + 1 : last.first + last.used
    const block = { first, bytes: Buffer.allocUnsafeSlow(Math.max(part, wanted)), used: 0 }
    this.#blocks.push(block)
    return block
  }

  /** Whether the stream can be read on behind a byte: nothing that follows was let go. */
  has(offset: number): boolean {
    return offset + 1 >= this.first && offset <= this.#end
  }

  /** Bytes that follow an offset, as many as stand together; none at the end. */
  after(offset: number): Buffer {
    const at = this.#blocks.findLastIndex(({ first }) => first <= offset + 1)
    const block = this.#blocks[at]
    if (block === undefined) return NOTHING
    return block.bytes.subarray(offset + 1 - block.first, block.used)
  }

  /** Lets go what is too old, but nothing behind an offset that somebody still has to read. */
  trim(oldestReader: number): void {
    for (;;) {
      const [oldest] = this.#blocks
      if (oldest === undefined || this.length - oldest.used < this.#size) return
      if (oldest.first + oldest.used - 1 > oldestReader) return
      this.#blocks.shift()
    }
  }
}

const NOTHING = Buffer.alloc(0)
