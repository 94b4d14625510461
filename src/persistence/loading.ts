// Loading all data: the start of the command line, and DEBUG RELOAD. What is read is staged beside
// the data that is there, key by key, and takes its place when all of it was read: a file which is
// broken at its end changes nothing.

import type { LoadedStream } from '../engine/replication.ts'
import type { LoadProgress, RedisServer } from '../engine/server.ts'
import { ReplyError } from '../resp3/errors.ts'
import { type OpenBlocks, openBlocks, readBlocks } from '../util/files.ts'
import { isSystemError, systemReason } from '../util/system-error.ts'
import {
  CorruptRdb,
  ForeignFile,
  ShortRead,
  UnknownItem,
  UnsuitableFile,
  WrongChecksum,
} from './format.ts'
import { nextTurn, Pace, STEP_MS } from './pace.ts'
import { roomOf } from './room.ts'
import { LastSnapshot, snapshotFile } from './saving.ts'
import { snapshotBlocks } from './snapshot.ts'
import { SnapshotReader } from './snapshot-reader.ts'
import { type LoadOptions, StagedSnapshot } from './staged-snapshot.ts'

const RELOAD: LoadOptions = { flushes: true, merges: false }

/** A snapshot that comes in pieces, from wherever. Until finish() nothing changes. */
export class Loading {
  readonly #server: RedisServer
  readonly #staged: StagedSnapshot
  readonly #reader: SnapshotReader

  /** @param size of all that will come, if that is known */
  constructor(server: RedisServer, options: LoadOptions, size?: number) {
    const { keyspace, settings, switches } = server
    keyspace.tick()
    this.#server = server
    this.#staged = new StagedSnapshot(server, options)
    this.#reader = new SnapshotReader(this.#staged, keyspace.limits, {
      databases: keyspace.databases.length,
      skipsChecksum: switches.skipsChecksums || !settings.rdbchecksum,
      room: roomOf(server),
      size,
    })
  }

  /** Reads the next piece; true once the snapshot has ended. Throws CorruptRdb. */
  push(bytes: Buffer): boolean {
    return this.#reader.push(bytes)
  }

  /** Of the remarks in the head, those that say where a replica goes on: repl-id and so on. */
  get remarks(): ReadonlyMap<string, string> {
    return this.#staged.remarks
  }

  /** What stood behind the end in the last piece. */
  get rest(): Buffer | undefined {
    return this.#reader.rest
  }

  get stream(): LoadedStream | undefined {
    return this.#staged.stream
  }

  get keysRead(): number {
    return this.#staged.keysRead
  }

  /** What the data took where it was saved, if the head has said so. */
  get usedMemory(): number {
    return this.#staged.usedMemory
  }

  /** Reads pieces up to the end. Throws CorruptRdb. */
  readAll(blocks: Iterable<Buffer>): this {
    for (const block of blocks) if (this.push(block)) return this
    this.#reader.end()
    return this
  }

  /** Nothing more comes. @throws ShortRead if something is missing */
  end(): void {
    this.#reader.end()
  }

  /** What there is to say if nothing more comes before the end. */
  get lacking(): ShortRead {
    return Object.assign(new ShortRead(), { offset: this.#reader.offset })
  }

  /** What was read is the data from now on. Throws ReplyError if it has functions that are none. */
  finish(): void {
    this.#reader.end()
    this.#staged.install(this.#server)
  }
}

/** Loads the last snapshot; false if there is none. Throws as Loading does, or a system error. */
export function load(server: RedisServer, options: LoadOptions): boolean {
  const loading = server.persistence.onDisk ? readFile(server, options) : readLast(server, options)
  loading?.finish()
  return loading !== undefined
}

function readFile(server: RedisServer, options: LoadOptions): Loading | undefined {
  return readBlocks(snapshotFile(server), (blocks, size) =>
    new Loading(server, options, size).readAll(blocks),
  )
}

function readLast(server: RedisServer, options: LoadOptions): Loading | undefined {
  const { blocks } = server.feature(LastSnapshot)
  return blocks === undefined ? undefined : new Loading(server, options).readAll(blocks)
}

/** Writes and reads a snapshot that nobody else sees. */
export function reloadFromMemory(server: RedisServer): void {
  new Loading(server, RELOAD).readAll(snapshotBlocks(server)).finish()
}

/**
 * Loads the file that a server starts with, in turns with clients: until all is there, they are
 * told to wait. False if there is a file that cannot be loaded.
 */
export async function loadWhileServing(server: RedisServer): Promise<boolean> {
  const startedAt = server.clock.monotonic()
  try {
    const file = openBlocks(snapshotFile(server))
    if (file === undefined) return true
    try {
      const loading = new Loading(server, RELOAD, file.size)
      await readInTurns(server, loading, file, new SnapshotLoadProgress(server, file.size))
      loading.finish()
      const { stream } = loading
      if (stream !== undefined) server.persistence.streamLoaded(stream)
    } finally {
      file.close()
      server.loading = undefined
    }
    server.keyspace.saved()
    const seconds = (server.clock.monotonic() - startedAt) / 1000
    server.log.notice(`DB loaded from disk: ${seconds.toFixed(3)} seconds`)
    return true
  } catch (error) {
    if (!logFailure(server, error)) throw error
    return false
  }
}

/** How far it is, as INFO and clients who are told to wait see it. */
export class SnapshotLoadProgress implements LoadProgress {
  readonly startedAt: number
  readonly totalBytes: number
  readonly isAsync: boolean
  bytes = 0
  usedMemory = 0
  readonly #pace: Pace
  #keysRead = 0

  /** @param size of all that will come, if that is known */
  constructor({ clock, settings }: RedisServer, size: number | undefined, isAsync = false) {
    this.startedAt = clock.now()
    this.totalBytes = size ?? 0
    this.isAsync = isAsync
    this.#pace = new Pace(clock, () => settings['key-load-delay'])
  }

  noteRead({ usedMemory, keysRead }: Loading, bytes: number): void {
    this.bytes += bytes
    this.usedMemory = usedMemory
    this.#keysRead = keysRead
  }

  /** Whether no more is to be read for a while. */
  get isAhead(): boolean {
    return this.#pace.keysDue(this.#keysRead - 1) === 0
  }

  nap(): Promise<void> {
    return this.#pace.nap(this.#keysRead)
  }
}

/**
 * Reads up to the end, in turns with others. Whoever asks for it ends `server.loading`.
 *
 * @param isOver whether nobody wants it any more
 * @throws CorruptRdb
 */
export async function readInTurns(
  server: RedisServer,
  loading: Loading,
  { blocks }: Pick<OpenBlocks, 'blocks'>,
  state: SnapshotLoadProgress,
  isOver: () => boolean = () => false,
): Promise<void> {
  server.loading = state
  let turnEndsAt = performance.now() + STEP_MS
  for (const block of blocks) {
    const isWhole = loading.push(block)
    state.noteRead(loading, block.length)
    while (state.isAhead && !isOver()) await state.nap()
    if (isWhole || isOver()) return
    if (performance.now() < turnEndsAt) continue
    await nextTurn()
    if (isOver()) return
    turnEndsAt = performance.now() + STEP_MS
  }
  loading.end()
}

/** All data goes, functions too. */
export function emptyData({ keyspace, persistence }: RedisServer): void {
  if (persistence.functions.count > 0) persistence.functions.restore([], 'flush')
  keyspace.flush(keyspace.databases)
}

/** Says why there is no loading the last snapshot; false if it is a fault of ours. */
export function logFailure(server: RedisServer, error: unknown): boolean {
  const lines = failureLines(server, error)
  for (const line of lines ?? []) server.log.warning(line)
  return lines !== undefined
}

const FATAL = 'Fatal error loading the DB, check server logs. Exiting.'
/** Follows where Redis, which checks the file once more, finds the same. */
const TERMINATING = 'Terminating server after rdb file reading failure.'

/** In Redis's words. */
function failureLines({ settings }: RedisServer, error: unknown): string[] | undefined {
  if (isSystemError(error)) {
    // A folder can be opened.
    if (error.syscall === 'read') return shortLines(0)
    const reason = systemReason(error)
    return [
      `Fatal error: can't open the RDB file ${settings.dbfilename} for reading: ${reason}`,
      FATAL,
    ]
  }
  if (error instanceof ReplyError) {
    return [`Failed loading library, ${error.message.replace(/^ERR /, '')}`, ...shortLines(0)]
  }
  if (!(error instanceof CorruptRdb)) return undefined
  if (error instanceof UnsuitableFile) return [error.message]
  if (error instanceof ForeignFile) return [error.message, FATAL]
  if (error instanceof ShortRead) return shortLines(error.offset)
  if (error instanceof WrongChecksum) {
    return [error.message, internalLine(error, 'RDB CRC error')]
  }
  const line = internalLine(error)
  return error instanceof UnknownItem ? [line] : [line, TERMINATING]
}

function shortLines(offset: number): string[] {
  return [
    'Short read or OOM loading DB. Unrecoverable error, aborting now.',
    internalLine({ offset, message: new ShortRead().message }),
  ]
}

/** Where something is wrong, and what. */
export function internalLine(
  { offset, message }: Pick<CorruptRdb, 'offset' | 'message'>,
  reason = message,
): string {
  return `Internal error in RDB reading offset ${offset} -> ${reason}`
}
