// A new base on its way: a draft beside the folder, which takes its place when it is complete. And
// how soon a rewrite that keeps failing is tried again.

import fs from 'node:fs'
import path from 'node:path'
import type { RedisServer } from '../../engine/server.ts'
import { PUBLIC_FILE, writeAll } from '../../util/files.ts'
import { isSystemError, systemReason } from '../../util/system-error.ts'
import { baseFormat, writeBase } from './base.ts'
import { AofFault } from './folder.ts'
import type { BaseFormat } from './manifest.ts'

export class Rewrite {
  readonly format: BaseFormat
  readonly offset: number
  /** In milliseconds since 1970. */
  readonly startedAt: number
  readonly draft: string
  readonly #server: RedisServer

  /**
   * @param draft where it is written
   * @param offset of the effects that it has
   */
  constructor(server: RedisServer, draft: string, offset = 0) {
    this.offset = offset
    this.format = baseFormat(server)
    this.startedAt = server.clock.now()
    this.draft = draft
    this.#server = server
  }

  get draftName(): string {
    return path.basename(this.draft)
  }

  /** Writes all of it, down to the disk. @throws AofFault */
  run(): void {
    try {
      fs.rmSync(this.draft, { force: true })
      const descriptor = fs.openSync(this.draft, 'wx', PUBLIC_FILE)
      try {
        writeBase(this.#server, this.format, block => writeAll(descriptor, block))
        fs.fsyncSync(descriptor)
      } finally {
        fs.closeSync(descriptor)
      }
    } catch (error) {
      this.end()
      if (!isSystemError(error)) throw error
      const reason = systemReason(error)
      throw new AofFault(
        error.syscall === 'open'
          ? `Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): ${reason}`
          : `Write error writing append only file on disk: ${reason}`,
        error,
      )
    }
  }

  /** Gives up what there is of it. */
  end(): void {
    try {
      fs.rmSync(this.draft, { force: true })
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }
}

const FAILURES_MAX = 3
const MINUTES_MAX = 60

/** After three failures in a row it is tried again after 1, 2, 4 ... minutes. */
export class RewriteLimit {
  #minutes = 0
  #until: number | undefined

  /** Whether it is too early for another one. */
  holds(failures: number, { clock, log }: Pick<RedisServer, 'clock' | 'log'>): boolean {
    const now = clock.now()
    if (failures < FAILURES_MAX) {
      this.#minutes = 0
      this.#until = undefined
      return false
    }
    if (this.#until !== undefined) {
      if (now < this.#until) return true
      this.#until = undefined
      return false
    }
    this.#minutes = this.#minutes === 0 ? 1 : Math.min(this.#minutes * 2, MINUTES_MAX)
    this.#until = now + this.#minutes * 60_000
    log.warning(
      'Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ' +
        `${this.#minutes} minutes`,
    )
    return true
  }
}
