// The snapshot that a master sends, while it comes: one of which the size is known, or one that
// ends in a mark. It is read bit by bit, beside the data that is there, and takes its place as a
// whole when all of it has come and is sound.

import type { RedisServer } from '../engine/server.ts'
import { Loading } from '../persistence/loading.ts'

/** Of an announced mark. */
const MARK_SIZE = 40
const LOAD = { flushes: true, merges: false, keepsExpired: true }

/** A master that sends something else than it has announced. */
export class BrokenTransfer extends Error {}

export class Transfer {
  readonly loading: Loading
  /** Of the snapshot; undefined if that is not known. */
  readonly size: number | undefined
  received = 0
  readonly #mark: string | undefined
  /** What has come of the mark that ends it. */
  #end: Buffer = Buffer.alloc(0)
  #isRead = false

  /**
   * @param announcement the line that goes before it: `$<bytes>` or `$EOF:<mark>`
   * @throws BrokenTransfer
   */
  constructor(server: RedisServer, announcement: string) {
    const marked = /^\$EOF:(.{40})$/.exec(announcement)
    const sized = /^\$(\d{1,15})$/.exec(announcement)
    if (marked === null && sized === null) {
      throw new BrokenTransfer(
        `Bad protocol from MASTER, the first byte is not '$' (we received '${announcement}'), ` +
          'are you sure the host and port are right?',
      )
    }
    this.#mark = marked?.[1]
    this.size = sized === null ? undefined : Number(sized[1])
    this.loading = new Loading(server, LOAD, this.size)
  }

  /** True if it ends in a mark: the master waits until it has been loaded. */
  get isMarked(): boolean {
    return this.#mark !== undefined
  }

  /**
   * Takes bytes; once it is whole, returns what stood behind it, and undefined until then.
   *
   * @throws BrokenTransfer, CorruptRdb
   */
  push(bytes: Buffer): Buffer | undefined {
    return this.size === undefined ? this.#pushMarked(bytes) : this.#pushSized(bytes, this.size)
  }

  #pushSized(bytes: Buffer, size: number): Buffer | undefined {
    const own = bytes.subarray(0, size - this.received)
    this.received += own.length
    if (!this.#isRead) this.#isRead = this.loading.push(own)
    // What stands behind the end is not looked at, as in a file.
    return this.received < size ? undefined : bytes.subarray(own.length)
  }

  #pushMarked(bytes: Buffer): Buffer | undefined {
    this.received += bytes.length
    let rest = bytes
    if (!this.#isRead) {
      this.#isRead = this.loading.push(bytes)
      if (!this.#isRead) return undefined
      rest = this.loading.rest ?? rest
    }
    const missing = MARK_SIZE - this.#end.length
    this.#end = Buffer.concat([this.#end, rest.subarray(0, missing)])
    if (this.#end.length < MARK_SIZE) return undefined
    if (this.#end.toString('latin1') !== this.#mark) {
      throw new BrokenTransfer('Replication stream EOF marker is broken')
    }
    return rest.subarray(missing)
  }
}
