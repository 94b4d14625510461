// The snapshot that a master sends, while it comes. Either it is kept as it comes, in a file if the
// server has a folder for such, and read when all of it is there, while clients are told to wait.
// Or (repl-diskless-load) it is read at once, bit by bit. In both ways what is read takes the place
// of what was there as a whole, once all of it is there and is sound.

import type { RedisServer } from '../engine/server.ts'
import type { Log } from '../host/log.ts'
import { CorruptRdb } from '../persistence/format.ts'
import {
  emptyData,
  internalLine,
  Loading,
  readInTurns,
  SnapshotLoadProgress,
} from '../persistence/loading.ts'
import { ReplyError } from '../resp3/errors.ts'
import { isSystemError, systemReason } from '../util/system-error.ts'
import { BrokenTransfer, SnapshotFraming } from './framing.ts'
import { FileStore, MemoryStore, type Store } from './transfer-store.ts'

const LOAD = { flushes: true, merges: false, keepsExpired: true }

/** What is asked of whose transfer it is. */
export interface TransferEvents {
  /** Whether more may come now. */
  flow(flows: boolean): void
  /** All that was there is going to go: nobody can go on from that. */
  replacing(): void
  /** What was read is the data; this stood behind its end. */
  loaded(loading: Loading, rest: Buffer): void
  /** It is over. What was thrown is the master's fault, the disk's, or ours. */
  failed(error: unknown): void
}

/** What becomes of the bytes. What any of it throws ends the transfer. */
interface Way {
  /** For the log. */
  readonly target: 'disk' | 'parser'
  /** Resolves when more may come; undefined if it may at once. */
  take(bytes: Buffer): Promise<void> | undefined
  /** What is thrown if nothing more comes. */
  readonly lacking: Error
  /** All has come; resolves to what was read of it, which is not the data yet. */
  finish(): Promise<Loading>
  /** Nobody wants it any more. */
  discard(): void
}

export class Transfer {
  received = 0
  readonly #framing: SnapshotFraming
  readonly #way: Way
  readonly #server: RedisServer
  readonly #events: TransferEvents
  readonly #queue: Buffer[] = []
  #isBusy = false
  #isOver = false

  /**
   * @param announcement the line that goes before it
   * @param isSameStream whether what this server has is an older state of the same
   * @throws BrokenTransfer
   */
  constructor(
    server: RedisServer,
    announcement: string,
    isSameStream: boolean,
    events: TransferEvents,
  ) {
    this.#server = server
    this.#framing = new SnapshotFraming(announcement)
    this.#events = events
    const replacing = (): void => this.#replacing()
    const isOver = (): boolean => this.#isOver
    const { size } = this.#framing
    this.#way = readsAtOnce(server)
      ? new ReadAtOnce(server, { size, isSameStream, replacing, isOver })
      : new KeptFirst(server, { replacing, isOver })
  }

  /** Of the snapshot; undefined if that is not known. */
  get size(): number | undefined {
    return this.#framing.size
  }

  get target(): Way['target'] {
    return this.#way.target
  }

  /** True if it ends in a mark: the master waits until it has been loaded. */
  get isMarked(): boolean {
    return this.#framing.isMarked
  }

  /** Whether it has something to do with what has come, and nothing more is expected. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  push(bytes: Buffer): void {
    this.#queue.push(bytes)
    if (!this.#isBusy) void this.#advance()
  }

  /** Nothing more comes. */
  cut(): void {
    if (this.#isOver) return
    const error = this.#way.lacking
    this.abort()
    this.#events.failed(error)
  }

  /** Nobody wants it any more. */
  abort(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#way.discard()
    this.#server.loading = undefined
  }

  async #advance(): Promise<void> {
    this.#isBusy = true
    try {
      let isHeld = false
      for (let bytes = this.#queue.shift(); bytes !== undefined; bytes = this.#queue.shift()) {
        const { own, rest } = this.#framing.take(bytes)
        this.received += own.length
        const taken = own.length === 0 ? undefined : this.#way.take(own)
        if (taken !== undefined || rest !== undefined) {
          isHeld = true
          this.#events.flow(false)
          await taken
        }
        if (rest !== undefined && !this.#isOver) await this.#finish(rest)
        if (this.#isOver) return
      }
      if (isHeld) this.#events.flow(true)
    } catch (error) {
      if (this.#isOver) return
      this.abort()
      this.#events.failed(error)
    } finally {
      this.#isBusy = false
    }
  }

  async #finish(rest: Buffer): Promise<void> {
    const loading = await this.#way.finish()
    if (this.#isOver) return
    loading.finish()
    this.#isOver = true
    this.#server.loading = undefined
    this.#events.flow(true)
    this.#events.loaded(loading, Buffer.concat([rest, ...this.#queue]))
  }

  #replacing(): void {
    endSave(this.#server)
    this.#events.replacing()
  }
}

/** As repl-diskless-load says. */
function readsAtOnce({ settings, keyspace }: RedisServer): boolean {
  const way = settings['repl-diskless-load']
  if (way === 'on-empty-db') return keyspace.databases.every(({ size }) => size === 0)
  return way === 'swapdb'
}

/** What is saved is not to take the place of what comes. */
function endSave({ persistence, log }: RedisServer): void {
  const { child } = persistence
  if (child === undefined || child.kind === 'aof rewrite') return
  if (child.kind === 'rdb to disk') {
    log.notice(
      'Replica is about to load the RDB file received from the master, but there is a pending ' +
        `RDB child running. Killing process ${process.pid} and removing its temp file to avoid ` +
        'any race',
    )
  }
  child.kill()
}

interface Owner {
  /** What was there goes: each way says so once, before it does. */
  replacing(): void
  isOver(): boolean
}

const LOADING = 'MASTER <-> REPLICA sync: Loading DB in memory'

function emptyNode(server: RedisServer, owner: Owner): void {
  owner.replacing()
  server.log.notice('MASTER <-> REPLICA sync: Flushing old data')
  emptyData(server)
}

class ReadAtOnce implements Way {
  readonly target = 'parser'
  readonly #loading: Loading
  readonly #state: SnapshotLoadProgress
  readonly #isMarked: boolean
  readonly #owner: Owner
  readonly #isSwapped: boolean
  readonly #log: Log
  #isWhole = false

  constructor(
    server: RedisServer,
    options: Owner & { readonly size: number | undefined; readonly isSameStream: boolean },
  ) {
    const { settings } = server
    const { size, isSameStream } = options
    const isSwapped = settings['repl-diskless-load'] === 'swapdb'
    this.#owner = options
    this.#isMarked = size === undefined
    this.#isSwapped = isSwapped
    this.#log = server.log
    if (!isSwapped) emptyNode(server, options)
    server.log.notice(LOADING)
    this.#loading = new Loading(server, LOAD, size)
    this.#state = new SnapshotLoadProgress(server, size, isSwapped && isSameStream)
    server.loading = this.#state
  }

  take(bytes: Buffer): Promise<void> | undefined {
    if (this.#isWhole) {
      // What stands behind the end of one of a known size is not looked at, as in a file.
      if (!this.#isMarked) return undefined
      throw new BrokenTransfer('Replication stream EOF marker is broken')
    }
    this.#isWhole = this.#loading.push(bytes)
    this.#state.noteRead(this.#loading, bytes.length)
    if (this.#isWhole && this.#isMarked && this.#loading.rest?.length !== 0) {
      throw new BrokenTransfer('Replication stream EOF marker is broken')
    }
    return this.#state.isAhead ? this.#nap() : undefined
  }

  async #nap(): Promise<void> {
    while (this.#state.isAhead && !this.#owner.isOver()) await this.#state.nap()
  }

  get lacking(): Error {
    return this.#loading.lacking
  }

  async finish(): Promise<Loading> {
    this.#loading.end()
    if (this.#isSwapped) {
      this.#owner.replacing()
      this.#log.notice('MASTER <-> REPLICA sync: Swapping active DB with loaded DB')
    }
    return this.#loading
  }

  discard(): void {
    if (!this.#isSwapped) return
    this.#log.notice('MASTER <-> REPLICA sync: Discarding temporary DB in background')
  }
}

class KeptFirst implements Way {
  readonly target = 'disk'
  readonly #server: RedisServer
  readonly #owner: Owner
  readonly #store: Store

  constructor(server: RedisServer, owner: Owner) {
    this.#server = server
    this.#owner = owner
    this.#store = server.persistence.onDisk ? new FileStore(server) : new MemoryStore()
  }

  take(bytes: Buffer): Promise<void> | undefined {
    return this.#store.write(bytes)
  }

  get lacking(): Error {
    return new BrokenTransfer('I/O error trying to sync with MASTER: connection lost')
  }

  async finish(): Promise<Loading> {
    const server = this.#server
    const owner = this.#owner
    const blocks = await this.#store.finish()
    const { size } = this.#store
    const loading = new Loading(server, LOAD, size)
    try {
      if (owner.isOver()) return loading
      emptyNode(server, owner)
      server.log.notice(LOADING)
      const state = new SnapshotLoadProgress(server, size)
      await readInTurns(server, loading, { blocks }, state, () => owner.isOver())
      return loading
    } finally {
      this.#store.close()
    }
  }

  discard(): void {
    this.#store.discard()
  }
}

/** Why there is no loading what came; undefined if it is a fault of ours. */
export function failureLines(error: unknown, target: Way['target'] = 'disk'): string[] | undefined {
  if (error instanceof BrokenTransfer) return [error.message]
  if (isSystemError(error)) {
    return [
      'Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA ' +
        `synchronization: ${systemReason(error)}`,
    ]
  }
  const isOfMaster = error instanceof CorruptRdb || error instanceof ReplyError
  if (!isOfMaster) return undefined
  const from = target === 'parser' ? 'socket' : 'disk'
  return [
    error instanceof CorruptRdb ? internalLine(error) : error.message,
    `Failed trying to load the MASTER synchronization DB from ${from}, check server logs.`,
  ]
}
