// How what stands in a file is laid out, in lengths and strings: enough to know where an item ends
// without reading it. Bytes that come in pieces are walked over as they come, each of them once,
// and are read only when the item is whole, however large it is and however small the pieces are.

import {
  CHECKSUM_SIZE,
  ENCODED_INT8,
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_LZF,
  FIRST_WITH_CHECKSUM,
  HEAD_SIZE,
  LENGTH_14_BITS,
  LENGTH_32_BITS,
  LENGTH_64_BITS,
  LENGTH_ENCODED,
  OPCODE,
  RDB_TYPE,
} from './format.ts'
import { wrongStart } from './reader.ts'

/**
 * A number is so many bytes; a list stands for a length and so many times what it has. A score is
 * what sorted sets had before their scores were binary: text behind one byte. A compressed string
 * is two lengths, its own and that of the text, and its bytes.
 */
type Part = 'length' | 'string' | 'compressed' | 'score' | number | readonly Part[]

const ID = ['length', 'length'] as const
const RAW_ID = 16
const TIME = 8
/** Lengths of a score from here on stand for what is no number. */
const SCORE_SPECIAL = 253

function streamLayout(countsReads: boolean, knowsActivity: boolean): readonly Part[] {
  const consumer = ['string', TIME, ...(knowsActivity ? [TIME] : []), [RAW_ID]] as const
  const read = countsReads ? (['length'] as const) : []
  const group = ['string', ...ID, ...read, [RAW_ID, TIME, 'length'], consumer] as const
  const ends = countsReads ? ([...ID, ...ID, 'length'] as const) : []
  return [['string', 'string'], 'length', ...ID, ...ends, group]
}

/** What follows the type of a value and its key. */
const VALUES: ReadonlyMap<number, readonly Part[]> = new Map<number, readonly Part[]>([
  [RDB_TYPE.string, ['string']],
  [RDB_TYPE.list, [['string']]],
  [RDB_TYPE.set, [['string']]],
  [RDB_TYPE.zset, [['string', 'score']]],
  [RDB_TYPE.hash, [['string', 'string']]],
  [RDB_TYPE.zset2, [['string', 8]]],
  [RDB_TYPE.module2, ['length']],
  [RDB_TYPE.hashZipmap, ['string']],
  [RDB_TYPE.listZiplist, ['string']],
  [RDB_TYPE.setIntset, ['string']],
  [RDB_TYPE.zsetZiplist, ['string']],
  [RDB_TYPE.hashZiplist, ['string']],
  [RDB_TYPE.listQuicklist, [['string']]],
  [RDB_TYPE.streamListpacks, streamLayout(false, false)],
  [RDB_TYPE.hashListpack, ['string']],
  [RDB_TYPE.zsetListpack, ['string']],
  [RDB_TYPE.listQuicklist2, [['length', 'string']]],
  [RDB_TYPE.streamListpacks2, streamLayout(true, false)],
  [RDB_TYPE.setListpack, ['string']],
  [RDB_TYPE.streamListpacks3, streamLayout(true, true)],
  [RDB_TYPE.hashMetadataPreGa, [['length', 'string', 'string']]],
  [RDB_TYPE.hashListpackExPreGa, ['string']],
  [RDB_TYPE.hashMetadata, [TIME, ['length', 'string', 'string']]],
  [RDB_TYPE.hashListpackEx, [TIME, 'string']],
])

/** What follows an opcode. */
const OPCODES: ReadonlyMap<number, readonly Part[]> = new Map<number, readonly Part[]>([
  [OPCODE.slotInfo, ['length', 'length', 'length']],
  [OPCODE.function2, ['string']],
  [OPCODE.functionPreGa, []],
  [OPCODE.moduleAux, ['length', 'length', 'length']],
  [OPCODE.idle, ['length']],
  [OPCODE.frequency, [1]],
  [OPCODE.aux, ['string', 'string']],
  [OPCODE.resizeDb, ['length', 'length']],
  [OPCODE.expireTimeMs, [8]],
  [OPCODE.expireTime, [4]],
  [OPCODE.selectDb, ['length']],
])

/** Parts that are gone through so many times. */
interface Round {
  readonly parts: readonly Part[]
  times: number
  at: number
}

export class ItemWalker {
  readonly #rounds: Round[]
  /** The part that has begun. */
  #part: Part | undefined
  /** Bytes to pass over. */
  #skip = 0
  /** Of a number: its bytes still to come, and what they have been so far. */
  #digits = 0
  #number = 0

  /** Over the item that begins with this byte; without a version, over the head of the file. */
  constructor(first: number, version: number | undefined) {
    this.#rounds = [{ parts: layoutOf(first, version), times: 1, at: 0 }]
  }

  /** How many bytes must come at least. */
  get missing(): number {
    return this.#skip
  }

  /**
   * Where the item ends in these bytes, which follow those of the last call; -1 if later. Throws
   * CorruptRdb where there is no going on.
   */
  walk(bytes: Buffer, from = 0): number {
    let at = from
    for (;;) {
      const step = Math.min(this.#skip, bytes.length - at)
      at += step
      this.#skip -= step
      if (this.#skip > 0) return -1
      this.#part ??= this.#next()
      if (this.#part === undefined) return at
      if (typeof this.#part === 'number') {
        this.#pass(this.#part)
        continue
      }
      if (at === bytes.length) return -1
      this.#take(bytes[at++] as number, this.#part)
    }
  }

  #next(): Part | undefined {
    for (;;) {
      const round = this.#rounds.at(-1)
      if (round === undefined) return undefined
      if (round.times > 0 && round.at < round.parts.length) return round.parts[round.at++]
      if (--round.times > 0) round.at = 0
      else this.#rounds.pop()
    }
  }

  /** The part is over but for so many bytes. */
  #pass(bytes: number): void {
    this.#part = undefined
    this.#skip = bytes
  }

  #take(byte: number, part: Exclude<Part, number>): void {
    if (this.#digits > 0) {
      this.#number = this.#number * 256 + byte
      if (--this.#digits === 0) this.#measured(this.#number, part)
    } else if (part === 'score') {
      this.#pass(byte < SCORE_SPECIAL ? byte : 0)
    } else if (byte < LENGTH_14_BITS) {
      this.#measured(byte, part)
    } else if (byte < LENGTH_32_BITS) {
      this.#begin(1, byte & 0x3f)
    } else if (byte === LENGTH_32_BITS) {
      this.#begin(4, 0)
    } else if (byte === LENGTH_64_BITS) {
      this.#begin(8, 0)
    } else if (byte === (LENGTH_ENCODED | ENCODED_LZF) && part === 'string') {
      this.#part = 'compressed'
    } else {
      this.#encoded(byte, part)
    }
  }

  #begin(digits: number, number: number): void {
    this.#digits = digits
    this.#number = number
  }

  /** A length is known. */
  #measured(length: number, part: Exclude<Part, number>): void {
    this.#pass(part === 'string' ? length : 0)
    if (typeof part === 'object') this.#rounds.push({ parts: part, times: length, at: 0 })
    if (part === 'compressed') this.#rounds.push({ parts: ['length', length], times: 1, at: 0 })
  }

  /** A string that is an integer. */
  #encoded(byte: number, part: Part): void {
    const isString = part === 'string'
    const size = isString ? INTEGER_SIZES.get(byte & 0x3f) : undefined
    if (byte < LENGTH_ENCODED || size === undefined) throw wrongStart(byte, isString)
    this.#pass(size)
  }
}

const INTEGER_SIZES: ReadonlyMap<number, number> = new Map([
  [ENCODED_INT8, 1],
  [ENCODED_INT16, 2],
  [ENCODED_INT32, 4],
])

function layoutOf(first: number, version: number | undefined): readonly Part[] {
  if (version === undefined) return [HEAD_SIZE]
  if (first === OPCODE.end) return [1, version >= FIRST_WITH_CHECKSUM ? CHECKSUM_SIZE : 0]
  const operands = OPCODES.get(first)
  return operands === undefined ? [1, 'string', ...(VALUES.get(first) ?? [])] : [1, ...operands]
}
