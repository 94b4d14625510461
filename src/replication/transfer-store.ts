// Where the snapshot that a master sends is kept until all of it is there: in memory, or in the
// file of this server's own snapshots, where there is a folder for one.

import type { RedisServer } from '../engine/server.ts'
import { FileTaker } from '../persistence/file-taker.ts'
import { draftOf, removeSyncFile, snapshotFile } from '../persistence/saving.ts'
import { openBlocks } from '../util/files.ts'

/** Where a snapshot is kept until it is whole. */
export interface Store {
  readonly size: number
  write(bytes: Buffer): Promise<void> | undefined
  /** All is there, for good. */
  finish(): Promise<Iterable<Buffer>>
  /** Nobody reads it any more. */
  close(): void
  discard(): void
}

export class MemoryStore implements Store {
  size = 0
  #blocks: Buffer[] = []

  write(bytes: Buffer): undefined {
    this.size += bytes.length
    this.#blocks.push(bytes)
  }

  async finish(): Promise<Iterable<Buffer>> {
    return this.#given()
  }

  /** What was read goes. */
  *#given(): Generator<Buffer> {
    const blocks = this.#blocks.reverse()
    for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) yield block
  }

  close(): void {
    this.#blocks = []
  }

  discard(): void {
    this.close()
  }
}

/** It becomes the server's own file. */
export class FileStore implements Store {
  size = 0
  readonly #server: RedisServer
  readonly #file: string
  readonly #taker: FileTaker
  #opened: { close(): void } | undefined

  constructor(server: RedisServer) {
    this.#server = server
    this.#file = snapshotFile(server)
    const seconds = Math.floor(server.clock.now() / 1000)
    this.#taker = new FileTaker(this.#file, draftOf(this.#file, `${seconds}.`))
  }

  write(bytes: Buffer): Promise<void> {
    this.size += bytes.length
    return this.#taker.write([bytes])
  }

  async finish(): Promise<Iterable<Buffer>> {
    await this.#taker.finish()
    const file = openBlocks(this.#file)
    this.#opened = file
    return file?.blocks ?? []
  }

  close(): void {
    this.#opened?.close()
    this.#opened = undefined
    removeSyncFile(
      this.#server,
      this.#file,
      'Removing the RDB file obtained from the master. This replica has persistence disabled',
    )
  }

  discard(): void {
    this.#taker.discard()
  }
}
