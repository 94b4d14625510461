// The bytes of an intset: the width of its integers, their number, then the integers in order.

import { textBytes } from '../util/limits.ts'
import { CorruptRdb } from './format.ts'
import { type Room, SLOT } from './room.ts'

const HEADER_SIZE = 8
const INTEGER_LENGTH_MAX = 20

/** The integers must be in ascending order. */
export function writeIntset(integers: readonly string[]): Buffer {
  const values = integers.map(BigInt)
  const width = Math.max(widthOf(values[0] ?? 0n), widthOf(values.at(-1) ?? 0n))
  const bytes = Buffer.alloc(HEADER_SIZE + values.length * width)
  bytes.writeUInt32LE(width, 0)
  bytes.writeUInt32LE(values.length, 4)
  for (const [i, value] of values.entries()) {
    const at = HEADER_SIZE + i * width
    if (width === 8) bytes.writeBigInt64LE(value, at)
    else bytes.writeIntLE(Number(value), at, width)
  }
  return bytes
}

export function readIntset(bytes: Buffer, room: Room): string[] {
  const wrong = new CorruptRdb('Intset integrity check failed.')
  if (bytes.length < HEADER_SIZE) throw wrong
  const width = bytes.readUInt32LE(0)
  const count = bytes.readUInt32LE(4)
  if (width !== 2 && width !== 4 && width !== 8) throw wrong
  if (count === 0 || HEADER_SIZE + count * width !== bytes.length) throw wrong
  room.elements(count, SLOT + textBytes(INTEGER_LENGTH_MAX))
  const integers: string[] = []
  let previous: bigint | undefined
  for (let at = HEADER_SIZE; at < bytes.length; at += width) {
    const value = width === 8 ? bytes.readBigInt64LE(at) : BigInt(bytes.readIntLE(at, width))
    if (previous !== undefined && value <= previous) throw wrong
    previous = value
    integers.push(String(value))
  }
  return integers
}

function widthOf(value: bigint): number {
  const magnitude = value < 0n ? -value - 1n : value
  if (magnitude < 1n << 15n) return 2
  return magnitude < 1n << 31n ? 4 : 8
}
