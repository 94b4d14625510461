// A file that is written anew while others are served, as replaceFile() of util/files.ts does at
// once: what is new is written beside the old, is on the disk, and then takes its place.

import fs from 'node:fs'
import path from 'node:path'
import { PUBLIC_FILE } from '../util/files.ts'
import type { Taker } from './child.ts'

export class FileTaker implements Taker {
  readonly #file: string
  readonly #draft: string
  #descriptor: number | undefined
  /** The system has the descriptor: it must not be closed. */
  #isBusy = false
  #isDiscarded = false

  /** `draft` is the name until it is complete, in the same folder. */
  constructor(file: string, draft: string) {
    this.#file = file
    this.#draft = draft
  }

  async write(blocks: readonly Buffer[]): Promise<void> {
    const descriptor = this.#open()
    for (const block of blocks) {
      for (let at = 0; at < block.length && !this.#isDiscarded; ) {
        at += await this.#use<number>(done => fs.write(descriptor, block, at, done))
      }
    }
  }

  async finish(): Promise<void> {
    const descriptor = this.#open()
    await this.#use(done => fs.fsync(descriptor, done))
    if (this.#isDiscarded) return
    this.#close()
    fs.renameSync(this.#draft, this.#file)
    this.#descriptor = fs.openSync(path.dirname(this.#file), 'r')
    const folder = this.#descriptor
    await this.#use(done => fs.fsync(folder, done))
    this.#close()
  }

  discard(): void {
    this.#isDiscarded = true
    fs.rmSync(this.#draft, { force: true })
    if (!this.#isBusy) this.#close()
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor
    // One of a process that died is in the way; it might even be a link to somewhere else.
    fs.rmSync(this.#draft, { force: true })
    this.#descriptor = fs.openSync(this.#draft, 'wx', PUBLIC_FILE)
    return this.#descriptor
  }

  #close(): void {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor !== undefined) fs.closeSync(descriptor)
  }

  /** Has the system do something with the descriptor. */
  async #use<T = void>(act: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
    this.#isBusy = true
    try {
      return await new Promise<T>((resolve, reject) => {
        act((error, result) => (error === null ? resolve(result as T) : reject(error)))
      })
    } finally {
      this.#isBusy = false
      if (this.#isDiscarded) this.#close()
    }
  }
}
