// Payloads that are small and stand for very much, each sound in every byte: what LZF can do, which
// is 264 bytes for three.

import { crc64 } from '../../src/util/crc.ts'

const VERSION = 11
const LITERALS_MAX = 32
const MATCH_MAX = 264
const MATCH_MIN = 9

/** A length of RDB, in the form of 32 or 64 bits. */
export function length(value: number | bigint): Buffer {
  const isLong = value > 0xffffffff
  const bytes = Buffer.alloc(isLong ? 9 : 5)
  bytes[0] = isLong ? 0x81 : 0x80
  if (isLong) bytes.writeBigUInt64BE(BigInt(value), 1)
  else bytes.writeUInt32BE(Number(value), 1)
  return bytes
}

/** A string of RDB as it is. */
export function string(bytes: Buffer | string): Buffer {
  return Buffer.concat([length(bytes.length), Buffer.from(bytes as string, 'latin1')])
}

/** A compressed string of RDB: a head, a pattern again and again for so many bytes, and a tail. */
export function compressed(head: Buffer, pattern: Buffer, size: number, tail: Buffer): Buffer {
  let left = size - pattern.length
  const runs = Math.floor((left - MATCH_MIN) / MATCH_MAX)
  left -= runs * MATCH_MAX
  const rest: Buffer[] = []
  while (left > 0) {
    // What is left is cut so that no match becomes too short.
    const match = left > MATCH_MAX ? Math.floor(left / 2) : left
    rest.push(matchOf(match, pattern.length))
    left -= match
  }
  const body = Buffer.concat([
    ...literals(head),
    ...literals(pattern),
    Buffer.alloc(runs * 3, matchOf(MATCH_MAX, pattern.length)),
    ...rest,
    ...literals(tail),
  ])
  return claimed(body, head.length + size + tail.length)
}

/** A compressed string that says to be of some length. */
export function claimed(body: Buffer, size: number | bigint): Buffer {
  return Buffer.concat([Buffer.of(0xc3), length(body.length), length(size), body])
}

function matchOf(size: number, distance: number): Buffer {
  return Buffer.of(0xe0, size - MATCH_MIN, distance - 1)
}

function literals(bytes: Buffer): Buffer[] {
  const runs: Buffer[] = []
  for (let at = 0; at < bytes.length; at += LITERALS_MAX) {
    const run = bytes.subarray(at, at + LITERALS_MAX)
    runs.push(Buffer.of(run.length - 1), run)
  }
  return runs
}

/** A listpack of an entry again and again. */
export function listpack(entry: Buffer, count: number): Buffer {
  const head = Buffer.alloc(6)
  const size = count * entry.length
  head.writeUInt32LE(head.length + size + 1, 0)
  head.writeUInt16LE(Math.min(count, 0xffff), 4)
  return compressed(head, entry, size, Buffer.of(0xff))
}

/** The integer 1, with its own length behind it. */
export const ONE: Buffer = Buffer.of(1, 1)

/** A ziplist of the integer 0 again and again. */
export function ziplist(count: number): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(11 + count * 2, 0)
  head.writeUInt32LE(10 + (count - 1) * 2, 4)
  head.writeUInt16LE(Math.min(count, 0xffff), 8)
  head[11] = 0xf1
  return compressed(head, Buffer.of(2, 0xf1), (count - 1) * 2, Buffer.of(0xff))
}

/** A value as DUMP gives it: its type and body, and the right checksum. */
export function sealed(type: number, ...body: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat([Buffer.of(type), ...body, Buffer.of(VERSION, 0)])
  return withChecksum(bytes)
}

/** A file with one key. */
export function snapshot(key: string, type: number, ...body: readonly Buffer[]): Buffer {
  const head = Buffer.from('REDIS0011')
  return withChecksum(
    Buffer.concat([head, Buffer.of(0xfe, 0, type), string(key), ...body, Buffer.of(0xff)]),
  )
}

function withChecksum(bytes: Buffer): Buffer {
  const checksum = Buffer.alloc(8)
  checksum.writeBigUInt64LE(crc64(bytes))
  return Buffer.concat([bytes, checksum])
}
