// Counting, finding and combining the bits of strings, and integers of any width inside them. Bit 0
// is the highest of the first byte. Strings may have half a gigabyte, so the loops go by words.

const WORD = 4

/** The whole words from a position on, which must be aligned, up to `end`. */
function wordsFrom(bytes: Uint8Array, start: number, end: number): Uint32Array {
  const count = Math.max(0, Math.floor((end - start) / WORD))
  return count === 0 ? NO_WORDS : new Uint32Array(bytes.buffer, bytes.byteOffset + start, count)
}

const NO_WORDS = new Uint32Array(0)

/** The first position from `start` on at which a word of the buffer begins. */
function aligned(bytes: Uint8Array, start: number): number {
  const misaligned = (bytes.byteOffset + start) % WORD
  return misaligned === 0 ? start : start + WORD - misaligned
}

/** How many bits are 1 from bit `first` to bit `last`, both included. */
export function countBits(bytes: Uint8Array, first: number, last: number): number {
  let start = Math.floor(first / 8)
  const end = Math.floor(last / 8)
  const headMask = 0xff >> (first % 8)
  const tailMask = (0xff << (7 - (last % 8))) & 0xff
  if (start === end) return ones((bytes[start] ?? 0) & headMask & tailMask)
  let count = ones((bytes[start] ?? 0) & headMask) + ones((bytes[end] ?? 0) & tailMask)
  start++
  const middle = Math.min(aligned(bytes, start), end)
  for (; start < middle; start++) count += ones(bytes[start] ?? 0)
  const words = wordsFrom(bytes, start, end)
  for (let i = 0; i < words.length; i++) count += ones(words[i] ?? 0)
  for (start += words.length * WORD; start < end; start++) count += ones(bytes[start] ?? 0)
  return count
}

function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** The position of the first bit with this value from bit `first` to bit `last`, or -1. */
export function findBit(bytes: Uint8Array, bit: 0 | 1, first: number, last: number): number {
  const dull = bit === 1 ? 0 : 0xff
  const end = Math.floor(last / 8)
  let at = Math.floor(first / 8)
  const position = findInByte(bytes[at] ?? 0, bit, first % 8)
  if (position !== -1) return within(at * 8 + position, last)
  at = skip(bytes, dull, at + 1, end + 1)
  return at > end ? -1 : within(at * 8 + findInByte(bytes[at] ?? 0, bit, 0), last)
}

function within(position: number, last: number): number {
  return position <= last ? position : -1
}

function findInByte(byte: number, bit: 0 | 1, from: number): number {
  for (let i = from; i < 8; i++) if (((byte >> (7 - i)) & 1) === bit) return i
  return -1
}

/** The first position from `start` on where another byte stands, or `end`. */
function skip(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start
  const middle = Math.min(aligned(bytes, start), end)
  while (at < middle && bytes[at] === byte) at++
  if (at < middle) return at
  const words = wordsFrom(bytes, at, end)
  const word = byte === 0 ? 0 : 0xffffffff
  let i = 0
  while (i < words.length && words[i] === word) i++
  at += i * WORD
  while (at < end && bytes[at] === byte) at++
  return at
}

export type BitOperation = 'AND' | 'OR' | 'XOR' | 'NOT'

/** A string as long as the longest source; shorter ones count as if zeros followed. */
export function combineBits(operation: BitOperation, sources: readonly Uint8Array[]): Buffer {
  const length = sources.reduce((longest, source) => Math.max(longest, source.length), 0)
  // Rounded up, so that every byte is in some word.
  const room = new ArrayBuffer(Math.ceil(length / WORD) * WORD)
  const result = Buffer.from(room, 0, length)
  const [first, ...others] = sources
  if (first !== undefined) result.set(first)
  if (operation === 'NOT') {
    const words = new Uint32Array(room)
    for (let i = 0; i < words.length; i++) words[i] = ~(words[i] ?? 0)
  }
  for (const source of others) combineTwo(operation, result, source)
  return result
}

function combineTwo(operation: BitOperation, result: Buffer, source: Uint8Array): void {
  const words = wordsFrom(result, 0, result.length)
  // Only short strings share a buffer with others, and so may begin between two words.
  const isAligned = source.byteOffset % WORD === 0
  const operand = wordsFrom(isAligned ? source : new Uint8Array(source), 0, source.length)
  const done = operand.length * WORD
  if (operation === 'AND') {
    for (let i = 0; i < operand.length; i++) words[i] = (words[i] ?? 0) & (operand[i] ?? 0)
    for (let i = done; i < source.length; i++) result[i] = (result[i] ?? 0) & (source[i] ?? 0)
    result.fill(0, source.length)
  } else if (operation === 'OR') {
    for (let i = 0; i < operand.length; i++) words[i] = (words[i] ?? 0) | (operand[i] ?? 0)
    for (let i = done; i < source.length; i++) result[i] = (result[i] ?? 0) | (source[i] ?? 0)
  } else {
    for (let i = 0; i < operand.length; i++) words[i] = (words[i] ?? 0) ^ (operand[i] ?? 0)
    for (let i = done; i < source.length; i++) result[i] = (result[i] ?? 0) ^ (source[i] ?? 0)
  }
}

// ---- Integers of 1 to 64 bits ------------------------------------------------------------------

/** The unsigned integer at a bit offset. What lies behind the end counts as zeros. */
export function readUnsigned(bytes: Uint8Array, offset: number, width: number): bigint {
  const last = offset + width - 1
  const end = Math.floor(last / 8)
  let value = 0n
  for (let i = Math.floor(offset / 8); i <= end; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return BigInt.asUintN(width, value >> BigInt(7 - (last % 8)))
}

/** Writes the low bits of a value at a bit offset; the bytes must be there. */
export function writeBits(bytes: Uint8Array, offset: number, width: number, value: bigint): void {
  const last = offset + width - 1
  const start = Math.floor(offset / 8)
  const shift = BigInt(7 - (last % 8))
  let mask = BigInt.asUintN(width, -1n) << shift
  let bits = BigInt.asUintN(width, value) << shift
  for (let i = Math.floor(last / 8); i >= start; i--) {
    bytes[i] = ((bytes[i] ?? 0) & ~Number(mask & 0xffn)) | Number(bits & 0xffn)
    mask >>= 8n
    bits >>= 8n
  }
}
