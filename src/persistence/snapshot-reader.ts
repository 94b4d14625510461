// A snapshot that comes in pieces, from a file or a socket: what is whole is read at once and given
// to whoever loads it, key by key; of what is not, the bytes are kept until it is. So the memory it
// takes is that of the longest value, not of the file. It knows where it ends, and what follows
// there it leaves to others: the tail of an append-only file, the mark behind a primary's stream.

import type { PairPlace } from '../store/packed-table.ts'
import type { EncodingLimits, Value } from '../store/value.ts'
import { Crc64 } from '../util/crc.ts'
import { BLOCK_MAX } from '../util/limits.ts'
import {
  CHECKSUM_SIZE,
  CorruptRdb,
  EmptyKey,
  FIRST_WITH_CHECKSUM,
  ForeignFile,
  HEAD_SIZE,
  MAGIC,
  OPCODE,
  RDB_TYPE,
  RDB_VERSION,
  ShortRead,
  UnknownItem,
  UnsuitableFile,
  WrongChecksum,
} from './format.ts'
import { ItemWalker } from './layout.ts'
import { loadBody, moduleName } from './load-value.ts'
import { RdbReader } from './reader.ts'
import { Room } from './room.ts'

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

/** Takes what is in a snapshot, in its order. Whatever it throws ends the reading. */
export interface SnapshotLoader {
  remark(name: string, text: string): void
  library(code: string): void
  key(key: SnapshotKey): void
  /** The same of a short string without an expiry; false if it is wanted as the others are. */
  short?(database: number, bytes: Buffer, place: Readonly<PairPlace>): boolean
  /** A collection without elements, which is left out. */
  emptyKey(key: string): void
  /** The file was written without a checksum. */
  unchecked(): void
}

export interface SnapshotOptions {
  /** How many databases there are. */
  readonly databases: number
  readonly skipsChecksum: boolean
  readonly room?: Room
  /** How many bytes will come, if that is known: then what claims to be longer is refused early. */
  readonly size?: number | undefined
}

const NOTHING = Buffer.alloc(0)

export class SnapshotReader {
  readonly #loader: SnapshotLoader
  readonly #limits: EncodingLimits
  readonly #options: SnapshotOptions
  readonly #room: Room
  readonly #gathered = new Gathered()
  /** Where the item that is being gathered will end. */
  #walker: ItemWalker | undefined
  #version: number | undefined
  #offset = 0
  #received = 0
  readonly #checksum = new Crc64()
  #rest: Buffer | undefined
  #database = 0
  // What is said of the key that follows.
  #expireAt: bigint | undefined
  #idleSeconds: number | undefined
  #frequency: number | undefined

  constructor(loader: SnapshotLoader, limits: EncodingLimits, options: SnapshotOptions) {
    this.#loader = loader
    this.#limits = limits
    this.#options = options
    this.#room = options.room ?? new Room()
  }

  /** How many bytes were read whole. */
  get offset(): number {
    return this.#offset
  }

  /** What stood behind the end in the last piece; undefined as long as there is no end. */
  get rest(): Buffer | undefined {
    return this.#rest
  }

  /**
   * Takes the bytes that follow, which may be used again afterwards. True once the snapshot has
   * ended. Throws CorruptRdb if they are not one.
   */
  push(bytes: Buffer): boolean {
    this.#received += bytes.length
    try {
      const at = this.#walker === undefined ? 0 : this.#gather(this.#walker, bytes)
      if (at >= 0 && this.#rest === undefined) this.#readItems(bytes, at)
    } catch (error) {
      throw this.#placed(error)
    }
    return this.#rest !== undefined
  }

  /** Nothing more comes. Throws ShortRead if there is no end. */
  end(): void {
    if (this.#rest === undefined) throw this.#placed(new ShortRead())
  }

  #placed(error: unknown): unknown {
    if (error instanceof CorruptRdb) error.offset = this.#offset
    return error
  }

  /** Reads what is whole from a position on, and keeps what is not. */
  #readItems(bytes: Buffer, from: number): void {
    const reader = new RdbReader(bytes, this.#room, from)
    let start = from
    try {
      while (this.#rest === undefined && reader.remaining > 0) {
        start = reader.position
        this.#readItem(reader, bytes, start)
      }
    } catch (error) {
      if (!(error instanceof ShortRead)) throw error
      const walker = new ItemWalker(bytes[start] as number, this.#version)
      this.#walker = walker
      this.#gather(walker, bytes.subarray(start))
    }
  }

  /** Adds to the item that is not whole; if it is whole now, reads it, and returns its end. */
  #gather(walker: ItemWalker, bytes: Buffer): number {
    const end = walker.walk(bytes)
    const { size } = this.#options
    if (end < 0 && size !== undefined && this.#received + walker.missing > size) {
      throw new ShortRead()
    }
    const gathered = this.#gathered
    this.#room.block(gathered.length + bytes.length + walker.missing)
    gathered.add(end < 0 ? bytes : bytes.subarray(0, end))
    if (end < 0) {
      if (size !== undefined) gathered.reserve(walker.missing)
      return end
    }
    this.#walker = undefined
    const item = gathered.take()
    this.#readItem(new RdbReader(item, this.#room), item, 0)
    if (this.#rest !== undefined) this.#rest = bytes.subarray(end)
    return end
  }

  // ---- Items -----------------------------------------------------------------------------------

  #readItem(reader: RdbReader, bytes: Buffer, start: number): void {
    if (this.#version === undefined) {
      this.#version = versionOf(reader.text(HEAD_SIZE))
    } else {
      const type = reader.byte()
      if (type === OPCODE.end) {
        this.#finish(reader, bytes, start)
        return
      }
      const isRead = this.#instruction(reader, type) || this.#short(reader, bytes, type)
      if (!isRead) this.#key(reader, type)
    }
    if (!this.#options.skipsChecksum) this.#checksum.add(bytes, start, reader.position)
    this.#offset += reader.position - start
  }

  /** False if the byte is the type of a value. */
  #instruction(reader: RdbReader, opcode: number): boolean {
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
      // How many keys there will be, in a database or in a slot of a cluster, is not needed.
      case OPCODE.resizeDb:
        skipLengths(reader, 2)
        return true
      case OPCODE.slotInfo:
        skipLengths(reader, 3)
        return true
      case OPCODE.aux: {
        const name = reader.string()
        this.#loader.remark(name, reader.string())
        return true
      }
      case OPCODE.function2:
        this.#loader.library(reader.string())
        return true
      case OPCODE.functionPreGa:
        throw new UnknownItem('Pre-release function format not supported.')
      case OPCODE.moduleAux:
        return refuseModuleAux(reader)
      default:
        return false
    }
  }

  #select(database: number): void {
    if (database >= this.#options.databases) {
      throw new UnsuitableFile(
        'FATAL: Data file was created with a Redis server configured to handle more than ' +
          `${this.#options.databases} databases. Exiting`,
      )
    }
    this.#database = database
  }

  readonly #place: PairPlace = { keyStart: 0, keyEnd: 0, textStart: 0, textEnd: 0 }

  /** As most keys of most files are: nothing is made of them. False if it is another one. */
  #short(reader: RdbReader, bytes: Buffer, type: number): boolean {
    if (type !== RDB_TYPE.string || this.#hasRemarks) return false
    const start = reader.position
    const place = this.#place
    const keyLength = reader.passShort()
    place.keyEnd = reader.position
    const textLength = keyLength < 0 ? -1 : reader.passShort()
    if (textLength >= 0) {
      place.keyStart = place.keyEnd - keyLength
      place.textEnd = reader.position
      place.textStart = place.textEnd - textLength
      this.#room.claim(KEY)
      if (this.#loader.short?.(this.#database, bytes, place)) return true
    }
    reader.back(start)
    return false
  }

  /** Whether something was said of the key that follows. */
  get #hasRemarks(): boolean {
    return (
      this.#expireAt !== undefined ||
      this.#idleSeconds !== undefined ||
      this.#frequency !== undefined
    )
  }

  #key(reader: RdbReader, type: number): void {
    const key = reader.string()
    this.#room.claim(KEY)
    const value = loadUnlessEmpty(reader, type, this.#limits)
    if (value === undefined) {
      this.#loader.emptyKey(key)
    } else {
      this.#loader.key({
        database: this.#database,
        key,
        value,
        expireAt: this.#expireAt,
        idleSeconds: this.#idleSeconds,
        frequency: this.#frequency,
      })
    }
    this.#expireAt = undefined
    this.#idleSeconds = undefined
    this.#frequency = undefined
  }

  #finish(reader: RdbReader, bytes: Buffer, start: number): void {
    if ((this.#version ?? 0) >= FIRST_WITH_CHECKSUM) {
      const expected = reader.raw(CHECKSUM_SIZE).readBigUInt64LE()
      this.#checksum.add(bytes, start, start + 1)
      if (!this.#options.skipsChecksum) this.#verify(expected)
    }
    this.#offset += reader.position - start
    this.#rest = bytes.subarray(reader.position)
  }

  #verify(stored: bigint): void {
    const { value } = this.#checksum
    if (stored === 0n) this.#loader.unchecked()
    else if (stored !== value) throw new WrongChecksum(value, stored)
  }
}

function versionOf(head: string): number {
  if (!head.startsWith(MAGIC)) throw new ForeignFile('Wrong signature trying to load DB from file')
  const version = Number.parseInt(head.slice(MAGIC.length), 10)
  if (version >= 1 && version <= RDB_VERSION) return version
  throw new ForeignFile(`Can't handle RDB format version ${version || 0}`)
}

function skipLengths(reader: RdbReader, count: number): void {
  for (let i = 0; i < count; i++) reader.length()
}

/** Says that an integer follows, which says when the data was written. */
const MODULE_UINT = 2

function refuseModuleAux(reader: RdbReader): never {
  const name = moduleName(reader.length64())
  const kind = reader.length()
  reader.length()
  if (kind !== MODULE_UINT) throw new UnknownItem('bad when_opcode')
  throw new UnsuitableFile(
    `The RDB file contains AUX module data I can't load: no matching module '${name}'`,
  )
}

function loadUnlessEmpty(
  reader: RdbReader,
  type: number,
  limits: EncodingLimits,
): Value | undefined {
  try {
    return loadBody(reader, type, limits)
  } catch (error) {
    if (error instanceof EmptyKey) return undefined
    throw error
  }
}

/** Bytes that come piece by piece, in one block that grows. */
class Gathered {
  #bytes = NOTHING
  #length = 0

  get length(): number {
    return this.#length
  }

  add(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) {
      this.#grow(Math.max(length, Math.min(this.#bytes.length * 2, BLOCK_MAX)))
    }
    bytes.copy(this.#bytes, this.#length)
    this.#length = length
  }

  /** So many more will come. */
  reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#grow(this.#length + count)
  }

  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length)
    this.#bytes = NOTHING
    this.#length = 0
    return bytes
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
  }
}
