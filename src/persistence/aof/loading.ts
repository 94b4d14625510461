// Loads append-only files, one after the other: a snapshot first, if that is how they begin, and
// then command by command, each run by a client that nobody sees. A file is read in pieces; after
// each of them somebody else may have a turn.
//
// The last file may end in the middle of a command, as it does when its writer was killed. That was
// answered to nobody, so the file is cut off there, if the settings allow it.

import fs from 'node:fs'
import type { Client } from '../../engine/client.ts'
import type { RedisServer } from '../../engine/server.ts'
import { StartError } from '../../host/config/directives.ts'
import type { Command } from '../../table/command.ts'
import { type OpenBlocks, openBlocks } from '../../util/files.ts'
import { codeOf, isSystemError, systemReason } from '../../util/system-error.ts'
import { MAGIC } from '../format.ts'
import { Loading, logFailure } from '../loading.ts'
import { nextTurn, type Pace, STEP_MS } from '../pace.ts'
import type { AofFolder } from './folder.ts'
import type { AofFile } from './manifest.ts'
import { BadFormat, CommandReader } from './reader.ts'

/** How far it is. */
export interface LoadingState {
  totalBytes: number
  bytes: number
  /** What the data of the snapshot took where it was saved. */
  usedMemory: number
}

export function newLoadingState(): LoadingState {
  return { totalBytes: 0, bytes: 0, usedMemory: 0 }
}

/** After a piece: how many commands have run so far. */
export type LoadingSteps<T> = Generator<number, T>

/** Loads while nobody else has a turn. */
export function atOnce<T>(steps: LoadingSteps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Loads in turns with everybody else. */
export async function inTurns<T>(steps: LoadingSteps<T>, pace: Pace): Promise<T> {
  let turnEndsAt = performance.now() + STEP_MS
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    while (pace.keysDue(step.value - 1) === 0) await pace.nap(step.value)
    if (performance.now() < turnEndsAt) continue
    await nextTurn()
    turnEndsAt = performance.now() + STEP_MS
  }
}

/** What was loaded. */
export interface LoadedFiles {
  /** Of the base, in bytes; 0 if there was none. */
  readonly baseSize: number
}

/**
 * Loads what the manifest names; undefined if that is nothing.
 * @throws StartError with the lines that the log is to have, AofFault
 */
export function* loadFiles(
  server: RedisServer,
  folder: AofFolder,
  state: LoadingState,
): LoadingSteps<LoadedFiles | undefined> {
  const { base, files } = folder.manifest
  if (files.length === 0) return undefined
  state.totalBytes = folder.totalSize
  const baseSize = base === undefined ? 0 : folder.sizeOf(base.name)
  if (state.totalBytes === 0) return { baseSize }
  const { log, clock } = server
  for (const file of files) {
    const startedAt = clock.monotonic()
    yield* new FileLoading(server, folder, file, file === files.at(-1)).run(state)
    const seconds = (clock.monotonic() - startedAt) / 1000
    const kind = file === base ? 'base' : 'incr'
    log.notice(`DB loaded from ${kind} file ${file.name}: ${seconds.toFixed(3)} seconds`)
  }
  return { baseSize }
}

const BASE = { flushes: true, merges: false, keepsExpired: true } as const

class FileLoading {
  readonly #server: RedisServer
  readonly #file: AofFile
  readonly #path: string
  /** A version that knew no folder has written it: commands may follow a snapshot. */
  readonly #isOld: boolean
  readonly #isLast: boolean
  readonly #client: Client
  #size = 0
  #commands = 0
  #snapshot: Loading | undefined
  #reader: CommandReader | undefined
  /** Up to here the file has run; and up to there before the transaction that is open. */
  #validUpTo = 0
  #beforeMulti = 0

  constructor(server: RedisServer, folder: AofFolder, file: AofFile, isLast: boolean) {
    this.#server = server
    this.#file = file
    this.#path = folder.pathOf(file.name)
    this.#isOld = file.name === folder.prefix
    this.#isLast = isLast
    this.#client = server.internalClient()
    this.#client.isObeyed = true
    this.#client.mayNotBlock = true
  }

  /** @throws StartError */
  *run(state: LoadingState): LoadingSteps<void> {
    let opened: OpenBlocks | undefined
    try {
      opened = openBlocks(this.#path)
      this.#size = opened?.size ?? 0
      if (!(yield* this.#runAll(opened?.blocks ?? [], state))) this.#cutOff()
    } catch (error) {
      throw this.#failure(error)
    } finally {
      opened?.close()
      this.#client.endTransaction()
    }
  }

  /** False if the file ends in the middle of something. */
  *#runAll(pieces: Iterable<Buffer>, state: LoadingState): LoadingSteps<boolean> {
    let taken = 0
    for (const piece of pieces) {
      if (taken === 0 && isSnapshot(piece)) this.#beginSnapshot()
      taken += piece.length
      state.bytes += piece.length
      const commands = this.#snapshot === undefined ? piece : this.#readSnapshot(piece)
      state.usedMemory = this.#snapshot?.usedMemory ?? state.usedMemory
      if (commands === undefined) {
        yield this.#commands
        continue
      }
      if (this.#reader === undefined) {
        this.#validUpTo = taken - commands.length
        this.#reader = new CommandReader(this.#validUpTo, this.#size)
      }
      this.#reader.push(commands)
      while (this.#reader.next()) this.#runCommand(this.#reader)
      if (this.#reader.isCutOff) return false
      yield this.#commands
    }
    // It throws that there is no end.
    this.#snapshot?.finish()
    return this.#client.transaction === undefined && this.#reader?.isInMidCommand !== true
  }

  // ---- The snapshot ----------------------------------------------------------------------------

  #beginSnapshot(): void {
    this.#server.log.notice(
      this.#isOld
        ? 'Reading RDB preamble from AOF file...'
        : 'Reading RDB base file on AOF loading...',
    )
    this.#snapshot = new Loading(this.#server, BASE, this.#size)
  }

  /** What follows the snapshot in this piece; undefined if that has not ended yet. */
  #readSnapshot(piece: Buffer): Buffer | undefined {
    const snapshot = this.#snapshot
    if (snapshot?.push(piece) !== true) return undefined
    snapshot.finish()
    this.#snapshot = undefined
    if (this.#isOld) this.#server.log.notice('Reading the remaining AOF tail...')
    return snapshot.rest
  }

  // ---- Commands --------------------------------------------------------------------------------

  #runCommand(reader: CommandReader): void {
    const server = this.#server
    const client = this.#client
    const { args } = reader
    const command = server.table.findWhole(args)
    if (command === undefined) {
      const name = args.textUpTo(0, NAME_SHOWN)
      throw new StartError(
        `Unknown command '${name}' reading the append only file ${this.#file.name}`,
      )
    }
    if (client.transaction === undefined) this.#beforeMulti = this.#validUpTo
    server.serve(client, args)
    this.#commands++
    this.#checkReply(command)
    this.#validUpTo = reader.offset
  }

  /** Nobody reads the reply. But one that is an error says that the data is not what it was. */
  #checkReply({ name }: Command): void {
    const { reply } = this.#client
    const bytes = reply.since(0)
    if (bytes[0] === MINUS) {
      const text = bytes.toString('latin1', 1, Math.min(bytes.length - 2, ERROR_SHOWN))
      this.#server.log.warning(
        '== CRITICAL == This server is sending an error to its AOF-loading-client: ' +
          `'${text}' after processing the command '${name}'`,
      )
    }
    reply.rewind(0)
  }

  // ---- The end ---------------------------------------------------------------------------------

  /** Cuts off what is not whole, a transaction as well, if that is allowed. */
  #cutOff(): void {
    const { log, settings } = this.#server
    const { name } = this.#file
    if (this.#client.transaction !== undefined) {
      log.warning(`Revert incomplete MULTI/EXEC transaction in AOF file ${name}`)
      this.#validUpTo = this.#beforeMulti
    }
    if (!settings['aof-load-truncated']) throw new StartError(unexpectedEnd(name))
    log.warning(`!!! Warning: short read while loading the AOF file ${name}!!!`)
    if (!this.#isLast) {
      throw new StartError('Fatal error: the truncated file is not the last file')
    }
    log.warning(`!!! Truncating the AOF ${name} at offset ${this.#validUpTo} !!!`)
    try {
      truncate(this.#path, this.#validUpTo)
    } catch (error) {
      if (!isSystemError(error)) throw error
      const reason = systemReason(error)
      throw new StartError(
        [`Error truncating the AOF file ${name}: ${reason}`, unexpectedEnd(name)],
        { code: codeOf(error), cause: error },
      )
    }
    log.warning(`AOF ${name} loaded anyway because aof-load-truncated is enabled`)
  }

  /** What ends a start, in Redis's words; faults of ours as they are. */
  #failure(error: unknown): unknown {
    const { name } = this.#file
    if (error instanceof BadFormat) {
      return new StartError(
        `Bad file format reading the append only file ${name}: make a backup of your AOF file, ` +
          'then use ./redis-check-aof --fix <filename.manifest>',
        { cause: error },
      )
    }
    if (isSystemError(error)) {
      const reason = systemReason(error)
      const line =
        error.syscall === 'open'
          ? `Fatal error: can't open the append log file ${name} for reading: ${reason}`
          : `Unrecoverable error reading the append only file ${name}: ${reason}`
      return new StartError(line, { code: codeOf(error), cause: error })
    }
    if (error instanceof StartError || this.#snapshot === undefined) return error
    if (!logFailure(this.#server, error)) return error
    const what = this.#isOld ? `RDB preamble of the AOF file ${name}` : `RDB base file ${name}`
    return new StartError(`Error reading the ${what}, AOF loading aborted`, { cause: error })
  }
}

const MINUS = 45
const NAME_SHOWN = 128
const ERROR_SHOWN = 4096

function isSnapshot(piece: Buffer): boolean {
  return piece.toString('latin1', 0, MAGIC.length) === MAGIC
}

function unexpectedEnd(name: string): string {
  return (
    `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of ` +
    'your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you ' +
    "can set the 'aof-load-truncated' configuration option to yes and restart the server."
  )
}

function truncate(file: string, size: number): void {
  const descriptor = fs.openSync(file, 'r+')
  try {
    fs.ftruncateSync(descriptor, size)
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}
