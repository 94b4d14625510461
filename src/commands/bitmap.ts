// Strings as arrays of bits, and as arrays of integers of any width.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import {
  type BitOperation,
  combineBits,
  countBits,
  findBit,
  readUnsigned,
  writeBits,
} from '../store/bits.ts'
import type { Database } from '../store/database.ts'
import { StringValue } from '../store/string.ts'
import { BITMAP } from '../table/families/string.ts'
import {
  type IntegerType,
  type Operation,
  type Overflow,
  readOffset,
  readOperations,
} from '../table/readers/bitfield.ts'

export const bitmap = handlers(BITMAP, {
  bitcount,
  bitfield,
  bitfield_ro: bitfieldRo,
  bitop,
  bitpos,
  getbit,
  setbit,
})

function bitcount({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count === 3 || args.count > 5) throw SYNTAX
  const hasRange = args.count > 3
  const start = hasRange ? args.integer(2) : 0
  const end = hasRange ? args.integer(3) : -1
  const unit = readUnit(args, 4)
  const value = db.read(args.text(1), StringValue)
  const range = value && bitRange(value.size, start, end, unit)
  const isBackwards = start < 0 && end < 0 && start > end
  reply.integer(range && !isBackwards ? countBits(value.bytes, range.first, range.last) : 0)
}

function bitfield({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const operations = readOperations(args, server.parserLimits.bulkMax)
  if (operations.some(({ name }) => name !== 'GET')) change(db, args.text(1), operations, reply)
  else query(db, args.text(1), operations, reply)
}

function bitfieldRo({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const operations = readOperations(args, server.parserLimits.bulkMax)
  if (operations.some(({ name }) => name !== 'GET')) {
    throw err('BITFIELD_RO only supports the GET subcommand')
  }
  query(db, args.text(1), operations, reply)
}

function bitop({ db }: Client, args: Args, reply: ReplyWriter): void {
  const operation = args.option(1)
  if (!isBitOperation(operation)) throw SYNTAX
  if (operation === 'NOT' && args.count !== 4) {
    throw err('BITOP NOT must be called with a single source key.')
  }
  const sources: Buffer[] = []
  for (let i = 3; i < args.count; i++) {
    sources.push(db.read(args.text(i), StringValue)?.bytes ?? NO_BYTES)
  }
  const result = combineBits(operation, sources)
  const target = args.text(2)
  if (result.length > 0) {
    db.replace(target, new StringValue(result))
    db.changed(target, 'set')
  } else if (db.discard(target)) {
    db.changed(target, 'del')
  }
  reply.integer(result.length)
}

function bitpos({ db }: Client, args: Args, reply: ReplyWriter): void {
  const bit = args.integer(2)
  if (bit !== 0 && bit !== 1) throw err('The bit argument must be 1 or 0.')
  if (args.count > 6) throw SYNTAX
  const start = args.count > 3 ? args.integer(3) : 0
  const unit = readUnit(args, 5)
  const end = args.count > 4 ? args.integer(4) : -1
  const value = db.read(args.text(1), StringValue)
  if (value === undefined) {
    reply.integer(bit === 1 ? -1 : 0)
    return
  }
  const range = bitRange(value.size, start, end, unit)
  const position = range ? findBit(value.bytes, bit, range.first, range.last) : -1
  // Without a given end, zeros follow the string.
  const isBehind = range !== undefined && position === -1 && bit === 0 && args.count < 5
  reply.integer(isBehind ? value.size * 8 : position)
}

function getbit({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const offset = readOffset(args, 2, server.parserLimits.bulkMax)
  const value = db.read(args.text(1), StringValue)
  reply.integer(value === undefined ? 0 : bitAt(value.bytes, offset))
}

function setbit({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const offset = readOffset(args, 2, server.parserLimits.bulkMax)
  const bit = args.integerBetween(3, 0, 1, NO_BIT)
  const key = args.text(1)
  const value = db.open(key, StringValue)
  const sizeBefore = value.size
  const index = Math.floor(offset / 8)
  const bytes = value.edit(index + 1)
  const before = bitAt(bytes, offset)
  if (bytes.length !== sizeBefore || before !== bit) {
    const mask = 0x80 >> (offset % 8)
    bytes[index] = bit === 1 ? (bytes[index] ?? 0) | mask : (bytes[index] ?? 0) & ~mask
    db.changed(key, 'setbit')
  }
  reply.integer(before)
}

const NO_BYTES = Buffer.alloc(0)
const NO_BIT = err('bit is not an integer or out of range')

function bitAt(bytes: Uint8Array, offset: number): number {
  return ((bytes[Math.floor(offset / 8)] ?? 0) >> (7 - (offset % 8))) & 1
}

function isBitOperation(word: string): word is BitOperation {
  return word === 'AND' || word === 'OR' || word === 'XOR' || word === 'NOT'
}

// ---- Ranges ------------------------------------------------------------------------------------

/** Whether word i, if it is there, says that a range counts bytes or bits. */
function readUnit(args: Args, i: number): 'BYTE' | 'BIT' {
  if (args.count <= i || args.is(i, 'BYTE')) return 'BYTE'
  if (!args.is(i, 'BIT')) throw SYNTAX
  return 'BIT'
}

/** The bits that a range covers, both ends included; undefined if there are none. */
function bitRange(
  size: number,
  start: number,
  end: number,
  unit: 'BYTE' | 'BIT',
): { first: number; last: number } | undefined {
  const length = unit === 'BIT' ? size * 8 : size
  const from = start < 0 ? Math.max(0, length + start) : start
  const to = Math.min(end < 0 ? Math.max(0, length + end) : end, length - 1)
  if (from > to) return undefined
  return unit === 'BIT' ? { first: from, last: to } : { first: from * 8, last: to * 8 + 7 }
}

// ---- BITFIELD ----------------------------------------------------------------------------------

function query(
  db: Database,
  key: string,
  operations: readonly Operation[],
  reply: ReplyWriter,
): void {
  const bytes = db.read(key, StringValue)?.bytes ?? NO_BYTES
  reply.array(operations.length)
  for (const { type, offset } of operations) reply.integer(readInteger(bytes, type, offset))
}

function change(
  db: Database,
  key: string,
  operations: readonly Operation[],
  reply: ReplyWriter,
): void {
  let end = 0
  for (const { name, type, offset } of operations) {
    if (name !== 'GET') end = Math.max(end, offset + type.width)
  }
  const value = db.open(key, StringValue)
  const sizeBefore = value.size
  const bytes = value.edit(Math.ceil(end / 8))
  const hasGrown = bytes.length !== sizeBefore
  let changes = 0
  reply.array(operations.length)
  for (const { name, type, offset, operand, overflow } of operations) {
    const before = readInteger(bytes, type, offset)
    if (name === 'GET') {
      reply.integer(before)
      continue
    }
    const after =
      name === 'SET' ? fit(operand, 0n, type, overflow) : fit(before, operand, type, overflow)
    if (after === undefined) {
      reply.null()
      continue
    }
    writeBits(bytes, offset, type.width, after)
    if (hasGrown || after !== before) changes++
    reply.integer(name === 'SET' ? before : after)
  }
  if (changes > 0) db.changed(key, 'setbit', changes)
}

function readInteger(bytes: Uint8Array, { isSigned, width }: IntegerType, offset: number): bigint {
  const value = readUnsigned(bytes, offset, width)
  return isSigned ? BigInt.asIntN(width, value) : value
}

/** The sum as the type can hold it; undefined if it cannot and that is to fail. */
function fit(
  value: bigint,
  increment: bigint,
  { isSigned, width }: IntegerType,
  overflow: Overflow,
): bigint | undefined {
  const start = isSigned ? value : BigInt.asUintN(64, value)
  const sum = start + increment
  const max = BigInt.asUintN(isSigned ? width - 1 : width, -1n)
  const min = isSigned ? -max - 1n : 0n
  // Redis takes its distance to the maximum in 64 bits, where that of a number far below wraps
  // around: to it, such a number is too large.
  const wraps = isSigned && width < 64 && increment > BigInt.asIntN(64, max - start)
  const isTooLarge = sum > max || wraps
  if (!isTooLarge && sum >= min) return sum
  if (overflow === 'FAIL') return undefined
  if (overflow === 'SAT') return isTooLarge ? max : min
  return isSigned ? BigInt.asIntN(width, sum) : BigInt.asUintN(width, sum)
}
