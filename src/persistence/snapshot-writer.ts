// All data as one RDB file: a head with a few remarks, the function libraries, then each database
// with its keys, and a checksum. It is made in slices of keys and given out in blocks, so that
// neither the file nor a part of it has to be in memory at once.
//
// Between two slices nothing may change: the slices are of one moment. Today nothing comes between,
// since whoever saves takes one slice after the other. To let commands in, a save needs a barrier
// that they meet before they change a key which is not written yet:
//
// - Where: the verbs of store/database.ts that lead to a change, each before it does anything:
//   editAny (and with it edit, open), put, take, discard, removeIfEmpty, setExpiry, the expiry of
//   keys and fields, clear and swap. Packed strings are changed elsewhere, but not while somebody
//   follows keys: as long as a save is under way, KeyspaceObserver.followsKeys has to be true. So
//   SET and GET pay nothing for it, and the verbs one look at a field of Keyspace.
// - What: it writes the key as it is now, if it was there when the save began and is not written.
//   A walk by position tells which those are if it goes downwards, like SCAN (see store/table.ts):
//   what is new comes to stand above it, and only what a deletion moves from above to below has to
//   be remembered by name. FLUSHALL aborts the save, as in Redis; SWAPDB swaps the walks.
// - A value that the barrier writes is whole before the command goes on: its blocks are kept until
//   whoever takes them can.

import type { Database, Stored } from '../store/database.ts'
import type { Keyspace } from '../store/keyspace.ts'
import { NEVER, type Value } from '../store/value.ts'
import { Crc64 } from '../util/crc.ts'
import { CHECKSUM_SIZE, HEAD_SIZE, MAGIC, OPCODE, RDB_VERSION } from './format.ts'
import { saveBody, saveType } from './save-value.ts'
import { RdbWriter } from './writer.ts'

/** What is kept of the accesses to a key: the policy of maxmemory decides. */
export type AccessStatistics = 'none' | 'idle' | 'frequency'

/** Gets what is written, in blocks that are valid, and as they are, until it returns. */
export type Sink = (block: Uint8Array) => void

export interface SnapshotOptions {
  readonly compresses: boolean
  readonly hasChecksum: boolean
  readonly statistics: AccessStatistics
  /** Remarks in the head, such as the version of the server. */
  readonly remarks: Iterable<readonly [name: string, text: string]>
  /** The code of every function library. */
  readonly libraries: Iterable<string>
  /** Whether the keys are wanted, and not only the functions. */
  readonly hasKeys: boolean
}

/** So many keys at a time: to look at a packed one makes an object of it. */
const SLICE = 1000

/** Writes the next slice at each step, and with the last one the end. */
export function* snapshotSlices(
  keyspace: Keyspace,
  options: SnapshotOptions,
  out: Sink,
): Generator<undefined, undefined> {
  const checksum = new Crc64()
  const writer = new RdbWriter(options.compresses, block => {
    if (options.hasChecksum) checksum.add(block)
    out(block)
  })
  writeHead(writer, options)
  for (const db of options.hasKeys ? keyspace.databases : []) {
    if (db.size === 0) continue
    writer.byte(OPCODE.selectDb)
    writer.length(db.index)
    writer.byte(OPCODE.resizeDb)
    writer.length(db.size)
    writer.length(db.volatileCount)
    for (let from = 0; from < db.size; from += SLICE) {
      for (const { key, value } of storedEntries(db, from)) {
        writeStatistics(writer, keyspace, value, options.statistics)
        saveType(writer, value)
        writer.string(key)
        saveBody(writer, value)
      }
      yield
    }
  }
  writer.byte(OPCODE.end)
  writer.flush()
  const footer = Buffer.alloc(CHECKSUM_SIZE)
  footer.writeBigUInt64LE(checksum.value)
  out(footer)
}

function writeHead(writer: RdbWriter, { remarks, libraries }: SnapshotOptions): void {
  writer.text(MAGIC + String(RDB_VERSION).padStart(HEAD_SIZE - MAGIC.length, '0'))
  for (const [name, text] of remarks) {
    writer.byte(OPCODE.aux)
    writer.string(name)
    writer.string(text)
  }
  for (const code of libraries) {
    writer.byte(OPCODE.function2)
    writer.string(code)
  }
}

/** What is stored from a position on, in its order: a dead key as well, if nobody has met it. */
function storedEntries(db: Database, from: number): Stored[] {
  const to = Math.min(from + SLICE, db.size)
  const entries: Stored[] = []
  db.each((key, value) => entries.push({ key, value }), from, to)
  return entries
}

function writeStatistics(
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
