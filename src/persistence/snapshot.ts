// All data, as it was when the snapshot began, taken piece by piece while commands go on: the
// function libraries, then the keys. It is an RDB file, with a head and a checksum, unless it is
// wanted in another form.
//
// Whoever takes it sets the pace: advance() gives out as much as it may, in blocks, so that neither
// the file nor a part of it has to be in memory at once. What a command is about to change is
// written just before (store/walk.ts), and its blocks are kept until the next advance(): so what is
// kept is as much as has changed. A key of one database may so come to stand between those of
// another; each time the file says which one follows. Several snapshots may be under way at once.
//
// A fault while a command is held up is none of that command's: it is thrown by the next advance().

import type { Memory } from '../engine/memory.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Log } from '../host/log.ts'
import { REDIS_VERSION } from '../host/version.ts'
import type { Database } from '../store/database.ts'
import type { Keyspace } from '../store/keyspace.ts'
import { NEVER, type Value } from '../store/value.ts'
import type { Walk } from '../store/walk.ts'
import { Crc64 } from '../util/crc.ts'
import { CHECKSUM_SIZE, HEAD_SIZE, MAGIC, OPCODE, RDB_TYPE } from './format.ts'
import { losesExpiry, saveBody, saveType } from './save-value.ts'
import { RdbWriter } from './writer.ts'

/** What a snapshot has that is not for the file of SAVE: one for a replica, or for an AOF. */
export interface Contents {
  /** The commands of an append-only file follow it. */
  readonly isAofBase?: boolean
  readonly withoutKeys?: boolean
  readonly withoutFunctions?: boolean
  readonly form?: (server: RedisServer, out: Sink) => SnapshotForm
}

/** How data is written. */
export interface SnapshotForm {
  head(libraries: Iterable<{ readonly code: string }>): void
  /** The keys that follow are of this database. */
  select(index: number): void
  /** Of the database that is selected for the first time. */
  sizes(keys: number, volatile: number): void
  key(key: string, value: Value): void
  /** The same of a short string without an expiry, by its bytes; false if it is wanted as that. */
  packed?(bytes: Buffer, key: number, text: number, end: number): boolean
  end(): void
}

/** Gets what is written, in blocks that are valid, and as they are, until it returns. */
export type Sink = (block: Uint8Array) => void

/** How much advance() does, whichever comes first: at least one key, where any are left. */
export interface Budget {
  readonly ms?: number
  readonly keys?: number
}

/** What is kept of the accesses to a key: the policy of maxmemory decides. */
type AccessStatistics = 'none' | 'idle' | 'frequency'

/** So many keys between two looks at the time. */
const KEYS_PER_LOOK = 32

export class Snapshot {
  /** How many keys there were when it began. */
  readonly keysTotal: number
  readonly #form: SnapshotForm
  /** Those of the databases that had keys; the first one is gone through. */
  readonly #walks: Walk[]
  readonly #kept: Buffer[] = []
  #sink: Sink | undefined
  #keysDone = 0
  #changedBytes = 0
  readonly #memory: Memory
  /** The database of the last key that was written. */
  #selected = -1
  #state: 'under way' | 'complete' | 'given up' = 'under way'
  #fault: unknown

  /** Begins: from now on it is the data of this moment, until it is complete or given up. */
  constructor(server: RedisServer, contents: Contents = {}) {
    const { keyspace, persistence, memory } = server
    keyspace.tick()
    this.#memory = memory
    const take: Sink = block => this.#take(block)
    this.#form = contents.form?.(server, take) ?? new RdbForm(server, contents, take)
    this.#form.head(contents.withoutFunctions ? [] : persistence.functions.all)
    const databases = contents.withoutKeys ? [] : keyspace.databases.filter(db => db.size > 0)
    this.keysTotal = databases.reduce((sum, db) => sum + db.size, 0)
    this.#walks = databases.map(db => this.#walk(db))
  }

  get keysDone(): number {
    return this.#keysDone
  }

  /** About how large the keys and values were that changed in the meantime. */
  get changedBytes(): number {
    return this.#changedBytes
  }

  /** Bytes that wait for the next advance(). */
  get keptBytes(): number {
    return this.#kept.reduce((sum, { length }) => sum + length, 0)
  }

  /**
   * Gives out what is kept and goes on, until there is no more or the budget is spent. True once
   * all was given out. Throws what has gone wrong, the sink's errors as well: then it is given up.
   */
  advance(sink: Sink, { ms = Infinity, keys = Infinity }: Budget = {}): boolean {
    if (this.#state === 'complete') return true
    this.#sink = sink
    try {
      if (this.#state === 'given up') throw this.#fault ?? new Error('The snapshot was given up')
      for (const block of this.#kept.splice(0)) sink(block)
      if (!this.#goOn(ms, keys)) return false
      this.#form.end()
      this.#state = 'complete'
      return true
    } catch (error) {
      this.#giveUp(error)
      throw error
    } finally {
      this.#sink = undefined
    }
  }

  /** Gives up what is left: nothing is kept any more, and no command held up. */
  end(): void {
    if (this.#state === 'under way') this.#giveUp(undefined)
  }

  #giveUp(fault: unknown): void {
    this.#state = 'given up'
    this.#fault = fault
    for (const walk of this.#walks.splice(0)) walk.end()
    this.#kept.length = 0
  }

  /** True if no keys are left. */
  #goOn(ms: number, keys: number): boolean {
    const until = ms === Infinity ? Infinity : performance.now() + ms
    for (let steps = 0; ; ) {
      while (this.#walks[0]?.isOver) this.#walks.shift()
      const [walk] = this.#walks
      if (walk === undefined) return true
      if (steps > 0 && steps >= keys) return false
      walk.step()
      const isTimeToLook = ++steps % KEYS_PER_LOOK === 0 && until !== Infinity
      if (isTimeToLook && performance.now() >= until) return false
    }
  }

  /** A block of the writer, which is its own until this returns. */
  #take(block: Uint8Array): void {
    if (this.#sink === undefined) this.#kept.push(Buffer.from(block))
    else this.#sink(block)
  }

  // ---- What is written -------------------------------------------------------------------------

  /** Of one database, which is named as it is now, whatever it becomes. */
  #walk(db: Database): Walk {
    const { index, size, volatileCount } = db
    const form = this.#form
    let isNew = true
    const begin = (): void => {
      if (this.#selected !== index) this.#select(index)
      if (isNew) form.sizes(size, volatileCount)
      isNew = false
    }
    return db.walk(
      (key, value) => {
        if (this.#state !== 'under way') return
        try {
          begin()
          form.key(key, value)
          this.#keysDone++
          if (this.#sink === undefined) this.#changedBytes += this.#memory.usageOf(key, value)
        } catch (error) {
          if (this.#sink !== undefined) throw error
          this.#giveUp(error)
        }
      },
      // In steps alone, which are none of a command.
      form.packed &&
        ((bytes, key, text, end) => {
          begin()
          if (form.packed?.(bytes, key, text, end) !== true) return false
          this.#keysDone++
          return true
        }),
    )
  }

  #select(index: number): void {
    this.#selected = index
    this.#form.select(index)
  }
}

class RdbForm implements SnapshotForm {
  readonly #keyspace: Keyspace
  readonly #statistics: AccessStatistics
  readonly #remarks: Iterable<readonly [string, string]>
  readonly #out: Sink
  readonly #writer: RdbWriter
  readonly #checksum: Crc64 | undefined
  readonly #log: Log
  /** Something that the version of the format has no form for, which is said once. */
  #hasLost = false

  constructor(server: RedisServer, contents: Contents, out: Sink) {
    const { keyspace, settings, persistence, log } = server
    const { rdbVersion } = persistence
    this.#keyspace = keyspace
    this.#log = log
    this.#statistics = statisticsFor(settings['maxmemory-policy'])
    this.#remarks = remarksOf(server, contents)
    this.#out = out
    this.#checksum = settings.rdbchecksum ? new Crc64() : undefined
    this.#writer = new RdbWriter(settings.rdbcompression, rdbVersion, block => {
      this.#checksum?.add(block)
      out(block)
    })
  }

  head(libraries: Iterable<{ readonly code: string }>): void {
    const writer = this.#writer
    writer.text(MAGIC + String(writer.version).padStart(HEAD_SIZE - MAGIC.length, '0'))
    for (const [name, text] of this.#remarks) {
      writer.byte(OPCODE.aux)
      writer.string(name)
      writer.string(text)
    }
    for (const { code } of libraries) {
      writer.byte(OPCODE.function2)
      writer.string(code)
    }
  }

  select(index: number): void {
    this.#writer.byte(OPCODE.selectDb)
    this.#writer.length(index)
  }

  sizes(keys: number, volatile: number): void {
    this.#writer.byte(OPCODE.resizeDb)
    this.#writer.length(keys)
    this.#writer.length(volatile)
  }

  key(key: string, value: Value): void {
    const writer = this.#writer
    if (value.expireAt !== NEVER) {
      writer.byte(OPCODE.expireTimeMs)
      writer.int64(value.exactExpireAt)
    }
    if (this.#statistics === 'idle') {
      writer.byte(OPCODE.idle)
      writer.length(Math.max(0, this.#keyspace.nowSeconds - value.usedAt))
    } else if (this.#statistics === 'frequency') {
      writer.byte(OPCODE.frequency)
      writer.byte(this.#keyspace.decayedFrequency(value))
    }
    if (losesExpiry(value, writer.version)) this.#sayLoss()
    saveType(writer, value)
    writer.string(key)
    saveBody(writer, value)
  }

  packed(bytes: Buffer, key: number, text: number, end: number): boolean {
    if (this.#statistics !== 'none') return false
    const writer = this.#writer
    writer.byte(RDB_TYPE.string)
    writer.part(bytes, key, text)
    writer.part(bytes, text, end)
    return true
  }

  #sayLoss(): void {
    if (this.#hasLost) return
    this.#hasLost = true
    this.#log.warning(
      `RDB version ${this.#writer.version} has no form for fields with an expiry: they are written ` +
        'without it',
    )
  }

  end(): void {
    this.#writer.byte(OPCODE.end)
    this.#writer.flush()
    const footer = Buffer.alloc(CHECKSUM_SIZE)
    footer.writeBigUInt64LE(this.#checksum?.value ?? 0n)
    this.#out(footer)
  }
}

/** A snapshot at once. */
export function writeSnapshot(server: RedisServer, sink: Sink, contents?: Contents): void {
  new Snapshot(server, contents).advance(sink)
}

/** The same, in memory. */
export function snapshotBlocks(server: RedisServer): readonly Buffer[] {
  const blocks: Buffer[] = []
  writeSnapshot(server, block => blocks.push(Buffer.from(block)))
  return blocks
}

/** In Redis's order. */
function remarksOf(
  { clock, memory, replication }: RedisServer,
  { isAofBase = false }: Contents,
): (readonly [string, string])[] {
  return [
    ['redis-ver', REDIS_VERSION],
    ['redis-bits', '64'],
    ['ctime', String(Math.floor(clock.now() / 1000))],
    ['used-mem', String(memory.usedBytes())],
    ...(isAofBase ? [] : replication.remarks()),
    ['aof-base', isAofBase ? '1' : '0'],
  ]
}

function statisticsFor(policy: string): AccessStatistics {
  if (policy.endsWith('lfu')) return 'frequency'
  return policy.endsWith('lru') ? 'idle' : 'none'
}
