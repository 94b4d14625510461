// What is to be appended, and when it is on the disk: the policies of `appendfsync`. What a turn
// has brought is written before its replies go out. If that fails it is kept, and written as soon
// as it can be; meanwhile nothing more may be written (MISCONF).

import type { RedisServer } from '../../engine/server.ts'
import { standStill } from '../../util/clock.ts'
import { isSystemError, systemReason } from '../../util/system-error.ts'
import { AppendedFile } from './appended-file.ts'

const SYNC_EVERY_MS = 1000
/** Seconds between two lines of the log that say the same. */
const LOG_EVERY = 30

export interface WriterEvents {
  /** More is on the disk. */
  synced(): void
  /** It is not to be kept what replies of this turn promise. */
  cannotKeep(): void
}

export class AofWriter {
  /** Bytes of effects so far: that were taken, and that are on the disk. */
  takenOffset = 0
  syncedOffset = 0
  /** Why the last write failed, or the last fsync in the background. */
  writeError: NodeJS.ErrnoException | undefined
  syncError: NodeJS.ErrnoException | undefined
  readonly #server: RedisServer
  readonly #events: WriterEvents
  #file: AppendedFile | undefined
  #blocks: Buffer[] = []
  #bytes = 0
  #syncedAt = 0
  #loggedAt = -Infinity

  constructor(server: RedisServer, events: WriterEvents) {
    this.#server = server
    this.#events = events
  }

  get size(): number {
    return this.#file?.size ?? 0
  }

  get bufferedBytes(): number {
    return this.#bytes
  }

  get isSyncing(): boolean {
    return this.#file?.isSyncing ?? false
  }

  /** Why nothing can be kept, in the words of the system. */
  get failure(): string | undefined {
    const error = this.writeError ?? this.syncError
    return error && systemReason(error)
  }

  // ---- Files -----------------------------------------------------------------------------------

  /** Appends to this file from now on, and to the one before no more. */
  open(descriptor: number): void {
    this.close()
    this.#file = new AppendedFile(descriptor)
    this.#syncedAt = this.#server.clock.monotonic()
  }

  /** Puts on the disk what there is of the file, and closes it. */
  close(): void {
    const file = this.#file
    if (file === undefined) return
    this.syncNow()
    file.close()
    this.#file = undefined
  }

  // ---- Writing ---------------------------------------------------------------------------------

  add(block: Buffer): void {
    this.#blocks.push(block)
    this.#bytes += block.length
    this.takenOffset += block.length
  }

  /** What was taken and not written is of no use any more. */
  drop(): void {
    this.#blocks = []
    this.#bytes = 0
  }

  /** A base that is on the disk has what was taken up to an offset. */
  covered(offset: number): void {
    this.#synced(offset)
  }

  /** It has all of it, and nothing counts that has happened to files before. */
  begunAnew(): void {
    this.drop()
    this.writeError = undefined
    this.syncError = undefined
    this.#synced(this.takenOffset)
  }

  /** Past errors are over: the file is another one. */
  forgive(): void {
    if (this.syncError !== undefined) {
      this.#server.log.warning('AOF reopen, just ignore the AOF fsync error in bio job')
    }
    if (this.writeError !== undefined) {
      this.#server.log.warning('AOF reopen, just ignore the last error.')
    }
    this.syncError = undefined
    this.writeError = undefined
  }

  /** Writes what there is, and puts it on the disk if it is time for that. */
  flush(maySync = true): void {
    const file = this.#file
    if (file === undefined || (this.#bytes > 0 && !this.#write(file))) return
    if (!file.isSynced && maySync) this.#sync(file)
  }

  /** Somebody waits: the second of `everysec` is over. */
  hurry(): void {
    this.#syncedAt = -Infinity
  }

  /** The same at once, whatever the policy; false if that is not all of it. */
  flushAll(): boolean {
    const file = this.#file
    if (file === undefined) return true
    if (this.#bytes > 0 && !this.#write(file)) return false
    return this.syncNow()
  }

  #write(file: AppendedFile): boolean {
    const { aofFlushSleepMs } = this.#server.switches
    if (aofFlushSleepMs > 0) standStill(aofFlushSleepMs)
    const { bytes, failure } = file.append(this.#blocks)
    if (failure === undefined) {
      this.drop()
      if (this.writeError !== undefined) {
        this.#server.log.notice('AOF write error looks solved, Redis can write again.')
        this.writeError = undefined
      }
      return true
    }
    const { error, reached } = failure
    if (!isSystemError(error)) throw error
    this.#logWriteError(error, reached, bytes)
    this.writeError = error
    if (bytes > 0) this.#keepFrom(bytes)
    if (this.#policy === 'always') {
      this.#server.log.warning(
        "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
      )
      this.#events.cannotKeep()
    }
    return false
  }

  /** Part of what there is was written, and could not be undone. */
  #keepFrom(written: number): void {
    const rest = Buffer.concat(this.#blocks).subarray(written)
    this.#blocks = [rest]
    this.#bytes = rest.length
  }

  #logWriteError(error: unknown, reached: number, left: number): void {
    const { clock, log } = this.#server
    const now = clock.now() / 1000
    if (now - this.#loggedAt <= LOG_EVERY) return
    this.#loggedAt = now
    log.warning(
      reached === 0
        ? `Error writing to the AOF file: ${systemReason(error)}`
        : 'Short write while writing to the AOF file: ' +
            `(nwritten=${reached}, expected=${this.#bytes})`,
    )
    if (left > 0) {
      log.warning(
        'Could not remove short write from the append-only file.  Redis may refuse to load the ' +
          'AOF the next time it starts.',
      )
    }
  }

  // ---- Onto the disk ---------------------------------------------------------------------------

  get #policy(): 'everysec' | 'always' | 'no' {
    return this.#server.settings.appendfsync
  }

  #sync(file: AppendedFile): void {
    if (this.#policy === 'always') {
      if (this.syncNow()) return
      this.#server.log.warning(
        "Can't persist AOF for fsync error when the AOF fsync policy is 'always': " +
          `${this.failure}. Exiting...`,
      )
      this.#events.cannotKeep()
    } else if (this.#policy === 'everysec' && !file.isSyncing) {
      const now = this.#server.clock.monotonic()
      if (now - this.#syncedAt < SYNC_EVERY_MS) return
      this.#syncedAt = now
      this.#syncLater(file)
    }
  }

  /** False if it fails, which `failure` then says. */
  syncNow(): boolean {
    const file = this.#file
    if (file === undefined) return true
    const offset = this.takenOffset - this.#bytes
    try {
      if (!file.isSynced) file.sync()
    } catch (error) {
      if (!isSystemError(error)) throw error
      this.#syncFailed(error)
      return false
    }
    this.syncError = undefined
    this.#synced(offset)
    return true
  }

  #syncLater(file: AppendedFile): void {
    const offset = this.takenOffset - this.#bytes
    file.syncLater(error => {
      if (error === null) {
        this.syncError = undefined
        this.#synced(offset)
      } else {
        this.#syncFailed(error)
      }
    })
  }

  #syncFailed(error: NodeJS.ErrnoException): void {
    if (this.syncError === undefined) {
      this.#server.log.warning(`Fail to fsync the AOF file: ${systemReason(error)}`)
    }
    this.syncError = error
  }

  #synced(offset: number): void {
    if (offset <= this.syncedOffset) return
    this.syncedOffset = offset
    this.#events.synced()
  }
}
