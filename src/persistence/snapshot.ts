// All data as one RDB file: a head with a few remarks, the function libraries, then each database
// with its keys, and a checksum. Reading decodes everything before anything is given out, so that a
// file which is broken at its end changes nothing.

import type { Database, Stored } from '../store/database.ts'
import type { Keyspace } from '../store/keyspace.ts'
import { type EncodingLimits, NEVER, type Value } from '../store/value.ts'
import { crc64 } from '../util/crc.ts'
import { ARRAY_MAX } from '../util/limits.ts'
import {
  CorruptRdb,
  EmptyKey,
  ForeignFile,
  OPCODE,
  RDB_VERSION,
  TooLarge,
  WrongChecksum,
} from './format.ts'
import { loadBody } from './load-value.ts'
import { RdbReader } from './reader.ts'
import type { Room } from './room.ts'
import { saveBody, saveType } from './save-value.ts'
import { RdbWriter } from './writer.ts'

const MAGIC = 'REDIS'
const HEAD_SIZE = 9
const CHECKSUM_SIZE = 8
/** Files of older versions end without a checksum. */
const FIRST_WITH_CHECKSUM = 5

/** What is kept of the accesses to a key: the policy of maxmemory decides. */
export type AccessStatistics = 'none' | 'idle' | 'frequency'

export interface SnapshotOptions {
  readonly compresses: boolean
  readonly hasChecksum: boolean
  readonly statistics: AccessStatistics
  /** Remarks in the head, such as the version of the server. */
  readonly remarks: ReadonlyMap<string, string>
  /** The code of every function library. */
  readonly libraries: readonly string[]
}

/** Gives out the snapshot in blocks, which are valid until `out` returns. */
export function writeSnapshot(
  keyspace: Keyspace,
  options: SnapshotOptions,
  out: (block: Uint8Array) => void,
): void {
  let checksum = 0n
  const writer = new RdbWriter(options.compresses, block => {
    if (options.hasChecksum) checksum = crc64(block, checksum)
    out(block)
  })
  writer.text(MAGIC + String(RDB_VERSION).padStart(HEAD_SIZE - MAGIC.length, '0'))
  for (const [name, text] of options.remarks) {
    writer.byte(OPCODE.aux)
    writer.string(name)
    writer.string(text)
  }
  for (const code of options.libraries) {
    writer.byte(OPCODE.function2)
    writer.string(code)
  }
  for (const db of keyspace.databases) {
    if (db.size === 0) continue
    writer.byte(OPCODE.selectDb)
    writer.length(db.index)
    writer.byte(OPCODE.resizeDb)
    writer.length(db.size)
    writer.length(db.volatileCount)
    for (const { key, value } of storedEntries(db)) {
      saveStatistics(writer, keyspace, value, options.statistics)
      saveType(writer, value)
      writer.string(key)
      saveBody(writer, value)
    }
  }
  writer.byte(OPCODE.end)
  writer.flush()
  const footer = Buffer.alloc(CHECKSUM_SIZE)
  footer.writeBigUInt64LE(checksum)
  out(footer)
}

/** So many keys at a time: to look at a packed one makes an object of it. */
const SCANNED = 1000

/** What is stored, in its order: an expired key as well, as long as nobody has met it. */
function* storedEntries(db: Database): Generator<Stored> {
  for (let from = 0; from < db.size; from += SCANNED) {
    const to = Math.min(from + SCANNED, db.size)
    const entries: Stored[] = []
    db.scan(to, to - from, (key, value) => entries.push({ key, value }))
    yield* entries.reverse()
  }
}

function saveStatistics(
  writer: RdbWriter,
  keyspace: Keyspace,
  value: Value,
  statistics: AccessStatistics,
): void {
  if (value.expireAt !== NEVER) {
    writer.byte(OPCODE.expireTimeMs)
    writer.int64(value.exactExpireAt)
  }
  if (statistics === 'idle') {
    writer.byte(OPCODE.idle)
    writer.length(Math.max(0, keyspace.nowSeconds - value.usedAt))
  } else if (statistics === 'frequency') {
    writer.byte(OPCODE.frequency)
    writer.byte(keyspace.decayedFrequency(value))
  }
}

/** What a key takes of the heap, beside its name and what is in its value. */
const KEY = 400

export interface SnapshotKey {
  readonly database: number
  readonly key: string
  readonly value: Value
  readonly expireAt: bigint | undefined
  readonly idleSeconds: number | undefined
  readonly frequency: number | undefined
}

export interface Snapshot {
  readonly remarks: ReadonlyMap<string, string>
  readonly libraries: readonly string[]
  readonly keys: readonly SnapshotKey[]
  /** Collections without elements, which are left out. */
  readonly emptyKeys: readonly string[]
}

export interface ReadOptions {
  readonly databases: number
  readonly skipsChecksum: boolean
  readonly room?: Room
}

/** Throws CorruptRdb if the bytes are not a whole snapshot. */
export function readSnapshot(
  bytes: Buffer,
  limits: EncodingLimits,
  options: ReadOptions,
): Snapshot {
  const version = readVersion(bytes)
  const hasChecksum = version >= FIRST_WITH_CHECKSUM
  const end = hasChecksum ? bytes.length - CHECKSUM_SIZE : bytes.length
  const reader = new RdbReader(bytes, options.room, HEAD_SIZE, end)
  const loader = new Loader(reader, limits, options.databases)
  const snapshot = loader.load()
  if (hasChecksum && !options.skipsChecksum) verify(bytes.subarray(0, loader.end + CHECKSUM_SIZE))
  return snapshot
}

function readVersion(bytes: Buffer): number {
  if (bytes.length < HEAD_SIZE) throw new CorruptRdb('Unexpected end')
  const head = bytes.toString('latin1', 0, HEAD_SIZE)
  if (!head.startsWith(MAGIC)) throw new ForeignFile('Wrong signature trying to load DB from file')
  const version = Number.parseInt(head.slice(MAGIC.length), 10)
  if (version >= 1 && version <= RDB_VERSION) return version
  throw new ForeignFile(`Can't handle RDB format version ${version || 0}`)
}

function verify(bytes: Buffer): void {
  const end = bytes.length - CHECKSUM_SIZE
  const expected = bytes.readBigUInt64LE(end)
  if (expected === 0n) return
  const actual = crc64(bytes.subarray(0, end))
  if (actual === expected) return
  throw new WrongChecksum(
    `Wrong RDB checksum expected: (${expected.toString(16)}) but got (${actual.toString(16)}). ` +
      'Aborting now.',
  )
}

class Loader {
  readonly #reader: RdbReader
  readonly #limits: EncodingLimits
  readonly #databases: number
  readonly #remarks = new Map<string, string>()
  readonly #libraries: string[] = []
  readonly #keys: SnapshotKey[] = []
  readonly #emptyKeys: string[] = []
  #database = 0
  // What is said of the key that follows.
  #expireAt: bigint | undefined
  #idleSeconds: number | undefined
  #frequency: number | undefined

  constructor(reader: RdbReader, limits: EncodingLimits, databases: number) {
    this.#reader = reader
    this.#limits = limits
    this.#databases = databases
  }

  /** Where the end mark stood, once all is loaded. */
  get end(): number {
    return this.#reader.position
  }

  load(): Snapshot {
    for (;;) {
      const type = this.#reader.byte()
      if (type === OPCODE.end) break
      if (!this.#instruction(type)) this.#key(type)
    }
    return {
      remarks: this.#remarks,
      libraries: this.#libraries,
      keys: this.#keys,
      emptyKeys: this.#emptyKeys,
    }
  }

  /** False if the byte is the type of a value. */
  #instruction(opcode: number): boolean {
    const reader = this.#reader
    switch (opcode) {
      case OPCODE.expireTime:
        this.#expireAt = BigInt(reader.uint32() | 0) * 1000n
        return true
      case OPCODE.expireTimeMs:
        this.#expireAt = reader.int64()
        return true
      case OPCODE.frequency:
        this.#frequency = reader.byte()
        return true
      case OPCODE.idle:
        this.#idleSeconds = reader.length()
        return true
      case OPCODE.selectDb:
        this.#select(reader.length())
        return true
      case OPCODE.resizeDb:
        this.#skipLengths(2)
        return true
      case OPCODE.slotInfo:
        this.#skipLengths(3)
        return true
      case OPCODE.aux: {
        const name = reader.string()
        this.#remarks.set(name, reader.string())
        return true
      }
      case OPCODE.function2:
        this.#libraries.push(reader.string())
        return true
      case OPCODE.functionPreGa:
        throw new CorruptRdb('Pre-release function format not supported.')
      case OPCODE.moduleAux:
        throw new CorruptRdb("The RDB file contains AUX module data I can't load")
      default:
        return false
    }
  }

  #select(database: number): void {
    if (database >= this.#databases) {
      throw new CorruptRdb(
        'FATAL: Data file was created with a Redis server configured to handle more than ' +
          `${this.#databases} databases. Exiting`,
      )
    }
    this.#database = database
  }

  #skipLengths(count: number): void {
    for (let i = 0; i < count; i++) this.#reader.length()
  }

  #key(type: number): void {
    const key = this.#reader.string()
    if (this.#keys.length === ARRAY_MAX) throw new TooLarge()
    this.#reader.room.claim(KEY)
    try {
      this.#keys.push({
        database: this.#database,
        key,
        value: loadBody(this.#reader, type, this.#limits),
        expireAt: this.#expireAt,
        idleSeconds: this.#idleSeconds,
        frequency: this.#frequency,
      })
    } catch (error) {
      if (!(error instanceof EmptyKey)) throw error
      this.#emptyKeys.push(key)
    }
    this.#expireAt = undefined
    this.#idleSeconds = undefined
    this.#frequency = undefined
  }
}
