// Where the snapshot that a master sends ends: it says how many bytes there will be, or which mark
// will follow them.

/** Of an announced mark. */
const MARK_SIZE = 40
const NOTHING = Buffer.alloc(0)

/** A master that sends something else than it has announced. */
export class BrokenTransfer extends Error {}

/** What is in some of the bytes that come. */
interface Framed {
  /** Of the snapshot. */
  readonly own: Buffer
  /** What stands behind the end; undefined if that is not there yet. */
  readonly rest: Buffer | undefined
}

export class Framing {
  /** Of the snapshot; undefined if that is not known. */
  readonly size: number | undefined
  readonly #mark: Buffer | undefined
  #missing: number
  /** What might be the beginning of the mark. */
  #held: Buffer = NOTHING

  /**
   * @param announcement the line that goes before it: `$<bytes>` or `$EOF:<mark>`
   * @throws BrokenTransfer
   */
  constructor(announcement: string) {
    const marked = /^\$EOF:(.{40})$/.exec(announcement)
    const sized = /^\$(\d{1,15})$/.exec(announcement)
    if (marked === null && sized === null) {
      throw new BrokenTransfer(
        `Bad protocol from MASTER, the first byte is not '$' (we received '${announcement}'), ` +
          'are you sure the host and port are right?',
      )
    }
    this.#mark = marked?.[1] === undefined ? undefined : Buffer.from(marked[1], 'latin1')
    this.size = sized === null ? undefined : Number(sized[1])
    this.#missing = this.size ?? 0
  }

  /** True if it ends in a mark: the master waits until it has been loaded. */
  get isMarked(): boolean {
    return this.#mark !== undefined
  }

  take(bytes: Buffer): Framed {
    return this.#mark === undefined ? this.#takeSized(bytes) : this.#takeMarked(bytes, this.#mark)
  }

  #takeSized(bytes: Buffer): Framed {
    const own = bytes.subarray(0, this.#missing)
    this.#missing -= own.length
    return { own, rest: this.#missing > 0 ? undefined : bytes.subarray(own.length) }
  }

  #takeMarked(bytes: Buffer, mark: Buffer): Framed {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const end = all.indexOf(mark)
    if (end >= 0) return { own: all.subarray(0, end), rest: all.subarray(end + MARK_SIZE) }
    const own = all.subarray(0, Math.max(0, all.length - MARK_SIZE + 1))
    this.#held = all.subarray(own.length)
    return { own, rest: undefined }
  }
}
