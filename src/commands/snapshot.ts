// Saving and loading all data, functions included: SAVE, SHUTDOWN, DEBUG RELOAD and the start of
// the command line. A server whose `dir` was configured keeps its snapshot there; any other one
// keeps that of DEBUG RELOAD in memory, and none else, so that a library never touches a disk.

import path from 'node:path'
import type { RedisServer } from '../engine/server.ts'
import { resolveFile } from '../host/config/directives.ts'
import { REDIS_VERSION } from '../host/version.ts'
import { CorruptRdb, ForeignFile, TooLarge, WrongChecksum } from '../persistence/format.ts'
import { roomOf } from '../persistence/room.ts'
import {
  type AccessStatistics,
  readSnapshot,
  type Snapshot,
  type SnapshotOptions,
  writeSnapshot,
} from '../persistence/snapshot.ts'
import { ReplyError } from '../resp3/errors.ts'
import { Libraries } from '../scripting/libraries.ts'
import { quoted, toText } from '../util/bytes.ts'
import { fileSize, readBytes, replaceFile } from '../util/files.ts'
import { BLOCK_MAX, blockRoom } from '../util/limits.ts'
import { isSystemError, systemReason } from '../util/system-error.ts'

const EMPTY_KEYS_LOGGED = 10

/** How a snapshot is put among the data that is there. */
export interface LoadOptions {
  /** Removes everything first. */
  readonly flushes: boolean
  /** A key or library that is there already is replaced; otherwise it is an error. */
  readonly merges: boolean
}

export interface Loaded {
  readonly keys: number
  readonly expired: number
}

/** Writes the file, if there is one to write; what fails is logged. */
export function save(server: RedisServer): boolean {
  const { persistence, log } = server
  if (persistence.onDisk && !writeFile(server)) return false
  if (persistence.onDisk) log.notice('DB saved on disk')
  persistence.lastSaveFailed = false
  persistence.lastSaveSeconds = Math.floor(server.clock.now() / 1000)
  server.keyspace.dirty = 0
  return true
}

/** BGSAVE and the save points. Nothing here takes so long that it needs a process of its own. */
export function saveInBackground(server: RedisServer): void {
  const { log, persistence } = server
  persistence.saves++
  log.notice(`Background saving started by pid ${process.pid}`)
  persistence.lastSaveFailed = !save(server)
  if (persistence.lastSaveFailed) log.warning('Background saving error')
  else log.notice('Background saving terminated with success')
}

/** For DEBUG RELOAD, which reads back what it has saved. */
export function saveForReload(server: RedisServer): boolean {
  if (!server.persistence.onDisk) server.feature(LastSnapshot).bytes = snapshotOf(server)
  return save(server)
}

/** Writes and reads a snapshot that nobody else sees. */
export function reloadFromMemory(server: RedisServer): void {
  take(server, read(server, snapshotOf(server)), { flushes: true, merges: false })
}

/** Loads the last snapshot. Throws CorruptRdb and changes nothing if it cannot be. */
export function load(server: RedisServer, options: LoadOptions): Loaded | undefined {
  const bytes = server.persistence.onDisk ? readFile(server) : server.feature(LastSnapshot).bytes
  if (bytes === undefined) return undefined
  server.keyspace.tick()
  const snapshot = read(server, bytes)
  if (!options.flushes && !options.merges) requireNew(server, snapshot)
  return take(server, snapshot, options)
}

function read(server: RedisServer, bytes: Buffer): Snapshot {
  const { keyspace, settings, switches } = server
  return readSnapshot(bytes, keyspace.limits, {
    databases: keyspace.databases.length,
    skipsChecksum: switches.skipsChecksums || !settings.rdbchecksum,
    room: roomOf(server),
  })
}

/** The snapshot of a server without a disk. */
class LastSnapshot {
  bytes: Buffer | undefined
}

function snapshotOf(server: RedisServer): Buffer {
  const blocks: Buffer[] = []
  write(server, block => blocks.push(Buffer.from(block)))
  return Buffer.concat(blocks)
}

function write(server: RedisServer, out: (block: Uint8Array) => void): void {
  const { settings, keyspace, clock } = server
  keyspace.tick()
  const options: SnapshotOptions = {
    compresses: settings.rdbcompression,
    hasChecksum: settings.rdbchecksum,
    statistics: statisticsFor(settings['maxmemory-policy']),
    remarks: new Map([
      ['redis-ver', REDIS_VERSION],
      ['redis-bits', '64'],
      ['ctime', String(Math.floor(clock.now() / 1000))],
      ['used-mem', String(server.memory.usedBytes())],
      ['repl-stream-db', '0'],
      ['repl-id', server.replicationId],
      ['repl-offset', '0'],
      ['aof-base', '0'],
    ]),
    libraries: Array.from(server.feature(Libraries).all, ({ code }) => code),
  }
  writeSnapshot(keyspace, options, out)
}

function statisticsFor(policy: string): AccessStatistics {
  if (policy.endsWith('lfu')) return 'frequency'
  return policy.endsWith('lru') ? 'idle' : 'none'
}

/** What the command line starts with; false if there is a file that cannot be loaded. */
export function loadAtStart(server: RedisServer): boolean {
  const { log, clock } = server
  const startedAt = clock.monotonic()
  try {
    if (load(server, { flushes: true, merges: false }) === undefined) return true
  } catch (error) {
    if (!(error instanceof CorruptRdb || error instanceof ReplyError)) throw error
    logFailure(server, error)
    return false
  }
  server.keyspace.dirty = 0
  const seconds = (clock.monotonic() - startedAt) / 1000
  log.notice(`DB loaded from disk: ${seconds.toFixed(3)} seconds`)
  return true
}

/** Why the server cannot start, in Redis's words. */
function logFailure({ log }: RedisServer, error: Error): void {
  if (error instanceof ForeignFile) {
    log.warning(error.message)
    log.warning('Fatal error loading the DB, check server logs. Exiting.')
    return
  }
  const isChecksum = error instanceof WrongChecksum
  if (isChecksum) log.warning(error.message)
  const reason = isChecksum ? 'RDB CRC error' : error.message
  log.warning(`Internal error in RDB reading -> ${reason}`)
  log.warning('Terminating server after rdb file reading failure.')
}

/** The save points: so many changes in so many seconds. */
export function saveWhenDue(server: RedisServer): void {
  const { persistence, settings, keyspace, clock, log } = server
  if (!persistence.onDisk || keyspace.dirty === 0) return
  const seconds = Math.floor(clock.now() / 1000) - persistence.lastSaveSeconds
  const due = settings.save.find(
    point => keyspace.dirty >= point.changes && seconds > point.seconds,
  )
  if (due === undefined) return
  log.notice(`${due.changes} changes in ${due.seconds} seconds. Saving...`)
  saveInBackground(server)
}

// ---- The file ----------------------------------------------------------------------------------

export function snapshotFile({ settings }: RedisServer): string {
  return resolveFile(settings, settings.dbfilename)
}

/**
 * False if there is no new file. Then a save has failed whatever the reason, and writes are refused
 * until one succeeds, if the settings say so: what cannot be saved would be lost. Redis does the
 * same when the process that saves has crashed. But a fault of ours is not blamed on the disk.
 */
function writeFile(server: RedisServer): boolean {
  const file = snapshotFile(server)
  const temporary = path.join(path.dirname(file), `temp-${process.pid}.rdb`)
  try {
    replaceFile(file, temporary, out => write(server, out))
    return true
  } catch (error) {
    if (!isSystemError(error)) {
      server.recordBug(error, { name: 'saving' })
      return false
    }
    const reason = systemReason(error)
    server.log.warning(`Failed opening the temp RDB file ${temporary} for saving: ${reason}`)
    return false
  }
}

function readFile(server: RedisServer): Buffer | undefined {
  const file = snapshotFile(server)
  const size = fileSize(file)
  if (size === undefined) return undefined
  if (size > Math.min(BLOCK_MAX, blockRoom())) throw new TooLarge()
  return readBytes(file, size)
}

// ---- Taking a snapshot over --------------------------------------------------------------------

function requireNew(server: RedisServer, { keys, libraries }: Snapshot): void {
  for (const { database, key } of keys) {
    if (server.keyspace.get(database)?.has(key)) {
      throw new CorruptRdb(`RDB has duplicated key ${quoted(key)} in DB ${database}`)
    }
  }
  if (libraries.length > 0 && server.feature(Libraries).count > 0) {
    throw new CorruptRdb('Failed creating the library: it already exists')
  }
}

function take(server: RedisServer, snapshot: Snapshot, options: LoadOptions): Loaded {
  const { keyspace, persistence, log } = server
  const libraries = server.feature(Libraries)
  if (snapshot.libraries.length > 0 || options.flushes) {
    libraries.restore(snapshot.libraries, options.flushes ? 'flush' : 'replace')
  }
  if (options.flushes) server.flush(keyspace.databases)
  logOrigin(server, snapshot)
  for (const key of snapshot.emptyKeys.slice(0, EMPTY_KEYS_LOGGED)) {
    log.notice(`rdbLoadObject skipping empty key: ${key}`)
  }
  const { now } = keyspace
  let expired = 0
  for (const { database, key, value, expireAt, idleSeconds, frequency } of snapshot.keys) {
    const db = keyspace.databases[database]
    if (db === undefined) continue
    if (expireAt !== undefined && expireAt !== -1n && expireAt < now) {
      expired++
      continue
    }
    keyspace.initialize(value)
    if (idleSeconds !== undefined && !keyspace.countsFrequency) {
      value.usedAt = Math.max(1, keyspace.nowSeconds - idleSeconds)
    }
    if (frequency !== undefined && keyspace.countsFrequency) value.frequency = frequency
    db.put(key, value)
    if (expireAt !== undefined && expireAt !== -1n) db.setExpiry(key, value, expireAt)
  }
  server.memory.databasesChanged(keyspace.databases)
  const keys = snapshot.keys.length - expired
  persistence.keysLoaded = keys
  persistence.keysExpiredAtLoad = expired
  const empty = snapshot.emptyKeys.length
  log.notice(
    `Done loading RDB, keys loaded: ${keys}, keys expired: ${expired}` +
      (empty === 0 ? '.' : `, empty keys skipped: ${empty}.`),
  )
  return { keys, expired }
}

function logOrigin({ log, clock }: RedisServer, { remarks }: Snapshot): void {
  const version = remarks.get('redis-ver')
  if (version !== undefined) log.notice(`Loading RDB produced by version ${toText(version)}`)
  const createdAt = Number(remarks.get('ctime') ?? Number.NaN)
  if (Number.isFinite(createdAt)) {
    log.notice(`RDB age ${Math.max(0, Math.floor(clock.now() / 1000) - createdAt)} seconds`)
  }
  const bytes = Number(remarks.get('used-mem') ?? Number.NaN)
  if (Number.isFinite(bytes)) {
    log.notice(`RDB memory usage when created ${(bytes / 1024 / 1024).toFixed(2)} Mb`)
  }
}
