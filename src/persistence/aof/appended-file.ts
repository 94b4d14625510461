// One open file that is appended to: whole blocks or none, and what of it is on the disk.

import fs from 'node:fs'
import { isSystemError } from '../../util/system-error.ts'

/** What became of a write. */
export interface Written {
  /** How much of it is in the file. */
  readonly bytes: number
  /** Why that is not all of it, and how much had been written then. */
  readonly failure?: { readonly error: unknown; readonly reached: number }
}

/** A failure has left open what is on the disk. */
const UNKNOWN = -1
/** No system call takes more. */
const PART_MAX = 2 ** 30
/** Blocks up to so many bytes together are put into one first. */
const JOINED_MAX = 256 * 1024

export class AppendedFile {
  readonly #descriptor: number
  #size: number
  #syncedSize: number
  #isSyncing = false
  #isClosed = false

  /** @param descriptor open to append; it is closed with this */
  constructor(descriptor: number) {
    this.#descriptor = descriptor
    this.#size = fs.fstatSync(descriptor).size
    this.#syncedSize = this.#size
  }

  get size(): number {
    return this.#size
  }

  get isSynced(): boolean {
    return this.#syncedSize === this.#size
  }

  get isSyncing(): boolean {
    return this.#isSyncing
  }

  /**
   * Appends blocks. What went wrong is undone: if it can be, no byte was written, and else as many
   * as the result says.
   */
  append(blocks: readonly Buffer[]): Written {
    let written = 0
    try {
      for (const part of partsOf(blocks)) {
        for (let at = 0; at < part.length; ) {
          const length = Math.min(part.length - at, PART_MAX)
          const taken = fs.writeSync(this.#descriptor, part, at, length)
          at += taken
          written += taken
        }
      }
      this.#size += written
      return { bytes: written }
    } catch (error) {
      return { bytes: this.#undo(written), failure: { error, reached: written } }
    }
  }

  /** How many of so many bytes are still there. */
  #undo(written: number): number {
    if (written === 0) return 0
    try {
      fs.ftruncateSync(this.#descriptor, this.#size)
      return 0
    } catch {
      this.#size += written
      return written
    }
  }

  /** Everything is on the disk. May throw a system error. */
  sync(): void {
    const size = this.#size
    this.#syncedSize = UNKNOWN
    fs.fdatasyncSync(this.#descriptor)
    this.#syncedSize = size
  }

  /** The same in the background. */
  syncLater(done: (error: NodeJS.ErrnoException | null) => void): void {
    const size = this.#size
    this.#isSyncing = true
    fs.fdatasync(this.#descriptor, error => {
      this.#isSyncing = false
      this.#syncedSize = error === null ? Math.max(this.#syncedSize, size) : UNKNOWN
      if (this.#isClosed) closeAnyhow(this.#descriptor)
      else done(error)
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // A descriptor that is in use must not become another file's.
    if (!this.#isSyncing) closeAnyhow(this.#descriptor)
  }
}

/** The blocks, put together where they are small. */
function* partsOf(blocks: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = []
  let size = 0
  for (const block of blocks) {
    if (size > 0 && size + block.length > JOINED_MAX) {
      yield joined(small, size)
      small = []
      size = 0
    }
    small.push(block)
    size += block.length
  }
  if (size > 0) yield joined(small, size)
}

function joined(blocks: readonly Buffer[], size: number): Buffer {
  const [first] = blocks
  return first !== undefined && blocks.length === 1 ? first : Buffer.concat(blocks, size)
}

/** Closes a file of which all is on the disk, or none counts: no failure means anything then. */
export function closeAnyhow(descriptor: number): void {
  try {
    fs.closeSync(descriptor)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}
