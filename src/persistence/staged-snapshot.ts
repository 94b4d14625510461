// What was read of a snapshot so far: databases that nobody sees yet, and the code of functions.
// All of it takes the place of what is there, or is added to that, at once.

import type { LoadedStream } from '../engine/replication.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Log } from '../host/log.ts'
import { Database } from '../store/database.ts'
import type { Keyspace } from '../store/keyspace.ts'
import type { PairPlace } from '../store/packed-table.ts'
import { lowerCase } from '../util/bytes.ts'
import { UnsuitableFile } from './format.ts'
import type { SnapshotKey, SnapshotLoader } from './snapshot-reader.ts'

const EMPTY_KEYS_LOGGED = 10

/** How a snapshot is put among the data that is there. */
export interface LoadOptions {
  /** Removes everything first. */
  readonly flushes: boolean
  /** A key or library that is there already is replaced; otherwise it is an error. */
  readonly merges: boolean
  /** Keys whose time is over are kept: what removes them comes later, as a command. */
  readonly keepsExpired?: boolean
}

export class StagedSnapshot implements SnapshotLoader {
  /** Of what the head says, for those who go on from there. */
  readonly remarks = new Map<string, string>()
  /** What the data took where it was saved, as the head says. */
  usedMemory = 0
  readonly #keyspace: Keyspace
  readonly #log: Log
  readonly #now: number
  readonly #options: LoadOptions
  readonly #keepsExpired: boolean
  readonly #databases = new Map<number, Database>()
  readonly #libraries: string[] = []
  #keys = 0
  #expired = 0
  readonly #expiredKeys: { database: number; key: string }[] = []
  #empty = 0

  constructor({ keyspace, log, clock, settings }: RedisServer, options: LoadOptions) {
    // To a replica its master will say what is to go.
    this.#keepsExpired = options.keepsExpired ?? settings.replicaof !== undefined
    this.#keyspace = keyspace
    this.#log = log
    this.#now = clock.now()
    this.#options = options
  }

  // ---- While it is read ------------------------------------------------------------------------

  remark(name: string, text: string): void {
    const known = lowerCase(name)
    if (known === 'used-mem') this.usedMemory = leadingInteger(text)
    if (REPLICATION.has(known)) this.remarks.set(known, text)
    else if (name.startsWith('%')) this.#log.notice(`RDB '${name}': ${text}`)
    else if (!SILENT.has(known)) this.#logRemark(known, name, text)
  }

  #logRemark(known: string, name: string, text: string): void {
    const say = SAID.get(known)
    if (say === undefined) {
      this.#log.debug(`Unrecognized RDB AUX field: '${name}'`)
      return
    }
    const line = say(text, this.#now)
    if (line !== undefined) this.#log.notice(line)
  }

  library(code: string): void {
    this.#libraries.push(code)
  }

  key({ database, key, value, expireAt, idleSeconds, frequency }: SnapshotKey): void {
    const keyspace = this.#keyspace
    const deadline = expireAt === -1n ? undefined : expireAt
    if (deadline !== undefined && deadline < keyspace.now && !this.#keepsExpired) {
      this.#expired++
      if (this.remarks.has('repl-id')) this.#expiredKeys.push({ database, key })
      return
    }
    if (idleSeconds !== undefined && !keyspace.countsFrequency) {
      value.usedAt = Math.max(1, keyspace.nowSeconds - idleSeconds)
    }
    keyspace.initialize(value)
    if (frequency !== undefined && keyspace.countsFrequency) value.frequency = frequency
    const db = this.#database(database)
    this.#keys++
    if (db.load(key, value, deadline)) return
    if (!this.#options.merges) throw duplicate(key, database)
    db.discard(key)
    db.load(key, value, deadline)
  }

  short(database: number, bytes: Buffer, place: Readonly<PairPlace>): boolean {
    const { packs, nowSeconds } = this.#keyspace
    if (!packs) return false
    const { table } = this.#database(database)
    const { keyStart, keyEnd, textStart, textEnd } = place
    const { size } = table
    table.pack(bytes, keyStart, keyEnd, bytes, textStart, textEnd, nowSeconds, false)
    // Not if there is such a key, or no room for it.
    if (table.size === size) return false
    this.#keys++
    return true
  }

  emptyKey(key: string): void {
    if (this.#empty++ < EMPTY_KEYS_LOGGED) {
      this.#log.notice(`rdbLoadObject skipping empty key: ${key}`)
    }
  }

  unchecked(): void {
    this.#log.notice('RDB file was saved with checksum disabled: no check performed.')
  }

  #database(index: number): Database {
    let db = this.#databases.get(index)
    if (db === undefined) {
      db = new Database(index, this.#keyspace)
      this.#databases.set(index, db)
    }
    return db
  }

  get keysRead(): number {
    return this.#keys + this.#expired + this.#empty
  }

  /** Where a stream was, if the head says so, and if what was read goes on from there. */
  get stream(): LoadedStream | undefined {
    const id = this.remarks.get('repl-id')
    const offset = Number(this.remarks.get('repl-offset') ?? -1)
    if (id?.length !== 40 || !Number.isSafeInteger(offset) || offset < 0) return undefined
    const database = Number(this.remarks.get('repl-stream-db') ?? 0)
    return { id, offset, database, expired: this.#expiredKeys }
  }

  // ---- When all was read -----------------------------------------------------------------------

  /** Throws ReplyError or UnsuitableFile, and then nothing was changed. */
  install(server: RedisServer): void {
    const { flushes, merges } = this.#options
    if (!flushes && !merges) this.#requireNew(server)
    if (this.#libraries.length > 0 || flushes) {
      server.persistence.functions.restore(this.#libraries, flushes ? 'flush' : 'replace')
    }
    if (flushes) server.keyspace.flush(server.keyspace.databases)
    for (const [index, staged] of this.#databases) {
      const db = server.keyspace.get(index)
      if (db?.size === 0) db.swap(staged)
      else if (db !== undefined) merge(staged, db)
    }
    server.memory.databasesChanged(server.keyspace.databases)
    server.persistence.keysLoaded = this.#keys
    server.persistence.keysExpiredAtLoad = this.#expired
    this.#log.notice(
      `Done loading RDB, keys loaded: ${this.#keys}, keys expired: ${this.#expired}` +
        (this.#empty === 0 ? '.' : `, empty keys skipped: ${this.#empty}.`),
    )
  }

  #requireNew(server: RedisServer): void {
    for (const [index, staged] of this.#databases) {
      const db = server.keyspace.get(index)
      for (const key of staged.keys()) if (db?.has(key)) throw duplicate(key, index)
    }
    if (this.#libraries.length > 0 && server.persistence.functions.count > 0) {
      throw new UnsuitableFile('Failed creating the library: it already exists')
    }
  }
}

function duplicate(key: string, database: number): UnsuitableFile {
  return new UnsuitableFile(`RDB has duplicated key '${key}' in DB ${database}`)
}

function merge(from: Database, to: Database): void {
  for (const [key, value] of from.entries()) to.put(key, value)
}

const REPLICATION: ReadonlySet<string> = new Set(['repl-stream-db', 'repl-id', 'repl-offset'])
/** Of no use, and known. */
const SILENT: ReadonlySet<string> = new Set(['redis-bits', 'lua'])

type SayRemark = (text: string, now: number) => string | undefined

/** What is logged of the head, given the text of a remark and the time. */
const SAID: ReadonlyMap<string, SayRemark> = new Map<string, SayRemark>([
  ['redis-ver', text => `Loading RDB produced by version ${text}`],
  [
    'ctime',
    (text, now) => `RDB age ${Math.max(0, Math.floor(now / 1000) - leadingInteger(text))} seconds`,
  ],
  [
    'used-mem',
    text => `RDB memory usage when created ${(leadingInteger(text) / 1024 / 1024).toFixed(2)} Mb`,
  ],
  ['aof-preamble', text => (leadingInteger(text) === 0 ? undefined : 'RDB has an AOF tail')],
  ['aof-base', text => (leadingInteger(text) === 0 ? undefined : 'RDB is base AOF')],
])

function leadingInteger(text: string): number {
  return Number.parseInt(text, 10) || 0
}
