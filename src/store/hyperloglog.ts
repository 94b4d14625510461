// HyperLogLog: counts different elements in 16384 registers, each of which holds the longest run
// of zeroes that the hash of an element ended with. Clients can GET and SET the string that holds
// them, so it is Redis's own, byte for byte:
//
//   'HYLL', encoding (0 dense, 1 sparse), 3 unused bytes, 8 bytes of cached count (its highest bit
//   set: not valid), then dense: 6 bits a register; or sparse: opcodes, each a run of registers:
//   00xxxxxx  x+1 zeroes;  01xxxxxx yyyyyyyy  that many zeroes + 1;  1vvvvvxx  x+1 times v+1
//
// A sparse one may come from a client and be damaged; whatever reads it then says so.

import { replyError } from '../resp3/errors.ts'
import { murmurHash64 } from '../util/murmur-hash.ts'

export const REGISTERS = 16384
export type HyperLogLogEncoding = 'dense' | 'sparse'

const MAGIC = 'HYLL'
const ENCODING_AT = 4
const CACHE_AT = 8
const HEADER_SIZE = 16
const INDEX_BITS = 14
/** Bits of the hash behind those that choose the register. */
const RUN_BITS = 50
const REGISTER_BITS = 6
const REGISTER_MAX = 63
const DENSE_SIZE = HEADER_SIZE + (REGISTERS * REGISTER_BITS) / 8
const SEED = 0xadc83b19
const ALPHA = 0.7213475204444817

const ZERO_MAX = 64
const VALUE_MAX = 32
const VALUE_RUN_MAX = 4

export const NOT_HYPERLOGLOG = replyError('WRONGTYPE Key is not a valid HyperLogLog string value.')
const CORRUPTED = replyError('INVALIDOBJ Corrupted HLL object detected')

export class HyperLogLog {
  #bytes: Buffer
  readonly #sparseMax: number

  /** Takes the bytes as its own. Damage in the opcodes shows only when they are used. */
  constructor(bytes: Buffer, sparseMax: number) {
    const isValid =
      bytes.length >= HEADER_SIZE &&
      bytes.toString('latin1', 0, MAGIC.length) === MAGIC &&
      (bytes[ENCODING_AT] ?? 0) <= 1 &&
      (bytes[ENCODING_AT] === 1 || bytes.length === DENSE_SIZE)
    if (!isValid) throw NOT_HYPERLOGLOG
    this.#bytes = bytes
    this.#sparseMax = sparseMax
  }

  static empty(sparseMax: number): HyperLogLog {
    const bytes = Buffer.alloc(HEADER_SIZE + 2)
    bytes.write(MAGIC, 'latin1')
    bytes[ENCODING_AT] = 1
    bytes.set(zeroes(REGISTERS), HEADER_SIZE)
    return new HyperLogLog(bytes, sparseMax)
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  get encoding(): HyperLogLogEncoding {
    return this.#bytes[ENCODING_AT] === 1 ? 'sparse' : 'dense'
  }

  /** True if a register grew. */
  add(element: string): boolean {
    const { high, low } = murmurHash64(element, SEED)
    return this.raise(low & (REGISTERS - 1), runOfZeroes(high, low))
  }

  /** Sets a register if it is lower; true if it was. */
  raise(register: number, value: number): boolean {
    return this.encoding === 'dense'
      ? this.#raiseDense(register, value)
      : this.#raiseSparse(register, value)
  }

  /** Raises each register of the array to this one's. */
  mergeInto(registers: Uint8Array): void {
    if (this.encoding === 'dense') {
      for (let i = 0; i < REGISTERS; i++) {
        registers[i] = Math.max(registers[i] ?? 0, this.#denseRegister(i))
      }
      return
    }
    let register = 0
    for (let at = HEADER_SIZE; at < this.#bytes.length; at += this.#sizeAt(at)) {
      const value = this.#valueAt(at)
      const end = register + this.#lengthAt(at)
      if (end > REGISTERS) throw CORRUPTED
      for (; value > 0 && register < end; register++) {
        if ((registers[register] ?? 0) < value) registers[register] = value
      }
      register = end
    }
    if (register !== REGISTERS) throw CORRUPTED
  }

  toRegisters(): Uint8Array {
    const registers = new Uint8Array(REGISTERS)
    this.mergeInto(registers)
    return registers
  }

  /** True if it was sparse. */
  toDense(): boolean {
    if (this.encoding === 'dense') return false
    const registers = this.toRegisters()
    const dense = Buffer.alloc(DENSE_SIZE)
    this.#bytes.copy(dense, 0, 0, HEADER_SIZE)
    dense[ENCODING_AT] = 0
    this.#bytes = dense
    for (let i = 0; i < REGISTERS; i++)
      if ((registers[i] ?? 0) > 0) this.#setDense(i, registers[i] ?? 0)
    return true
  }

  /** The count that was kept, or undefined if registers have changed since. */
  get cached(): bigint | undefined {
    const value = this.#bytes.readBigUInt64LE(CACHE_AT)
    return value >= 2n ** 63n ? undefined : value
  }

  cache(count: number): void {
    this.#bytes.writeBigUInt64LE(BigInt(count), CACHE_AT)
  }

  invalidateCache(): void {
    this.#bytes[CACHE_AT + 7] = (this.#bytes[CACHE_AT + 7] ?? 0) | 0x80
  }

  count(): number {
    const histogram = new Array<number>(REGISTER_MAX + 1).fill(0)
    if (this.encoding === 'dense') {
      for (let i = 0; i < REGISTERS; i++) histogram[this.#denseRegister(i)]!++
      return estimate(histogram)
    }
    let registers = 0
    for (let at = HEADER_SIZE; at < this.#bytes.length; at += this.#sizeAt(at)) {
      const length = this.#lengthAt(at)
      registers += length
      histogram[this.#valueAt(at)] = (histogram[this.#valueAt(at)] ?? 0) + length
    }
    if (registers !== REGISTERS) throw CORRUPTED
    return estimate(histogram)
  }

  /** The opcodes in words: `Z:` and `z:` for zeroes, `v:value,length`. */
  describe(): string {
    const words: string[] = []
    for (let at = HEADER_SIZE; at < this.#bytes.length; at += this.#sizeAt(at)) {
      const value = this.#valueAt(at)
      const length = this.#lengthAt(at)
      if (value > 0) words.push(`v:${value},${length}`)
      else words.push(`${this.#sizeAt(at) === 2 ? 'Z' : 'z'}:${length}`)
    }
    return words.join(' ')
  }

  #denseRegister(register: number): number {
    const at = register * REGISTER_BITS
    const byte = HEADER_SIZE + (at >>> 3)
    const pair = (this.#bytes[byte] ?? 0) | ((this.#bytes[byte + 1] ?? 0) << 8)
    return (pair >>> (at & 7)) & REGISTER_MAX
  }

  #setDense(register: number, value: number): void {
    const at = register * REGISTER_BITS
    const byte = HEADER_SIZE + (at >>> 3)
    const shift = at & 7
    const pair = (this.#bytes[byte] ?? 0) | ((this.#bytes[byte + 1] ?? 0) << 8)
    const changed = (pair & ~(REGISTER_MAX << shift)) | (value << shift)
    this.#bytes[byte] = changed & 0xff
    if (byte + 1 < DENSE_SIZE) this.#bytes[byte + 1] = changed >>> 8
  }

  #raiseDense(register: number, value: number): boolean {
    if (this.#denseRegister(register) >= value) return false
    this.#setDense(register, value)
    return true
  }

  #raiseSparse(register: number, value: number): boolean {
    if (value > VALUE_MAX) return this.#raiseInDense(register, value)
    let first = 0
    let previous = HEADER_SIZE
    let at = HEADER_SIZE
    for (; at < this.#bytes.length; at += this.#sizeAt(at)) {
      const length = this.#lengthAt(at)
      if (register < first + length) break
      first += length
      previous = at
    }
    if (at >= this.#bytes.length) throw CORRUPTED
    const known = this.#valueAt(at)
    if (known >= value) return false
    const opcodes = [
      ...opcodesOf(known, register - first),
      ...opcodesOf(value, 1),
      ...opcodesOf(known, first + this.#lengthAt(at) - register - 1),
    ]
    const growth = opcodes.length - this.#sizeAt(at)
    if (growth > 0 && this.#bytes.length + growth > this.#sparseMax) {
      return this.#raiseInDense(register, value)
    }
    this.#replace(at, this.#sizeAt(at), opcodes)
    this.#joinRuns(previous)
    this.invalidateCache()
    return true
  }

  #raiseInDense(register: number, value: number): boolean {
    this.toDense()
    return this.#raiseDense(register, value)
  }

  #replace(at: number, size: number, opcodes: readonly number[]): void {
    this.#bytes = Buffer.concat([
      this.#bytes.subarray(0, at),
      Buffer.from(opcodes),
      this.#bytes.subarray(at + size),
    ])
  }

  /** Joins neighbors of one value around a change: no further than Redis looks, five opcodes. */
  #joinRuns(start: number): void {
    let at = start
    for (let looks = 5; looks > 0 && at < this.#bytes.length; looks--) {
      const value = this.#valueAt(at)
      const next = at + this.#sizeAt(at)
      const isFollowed = value > 0 && next < this.#bytes.length && this.#valueAt(next) === value
      const length = isFollowed ? this.#lengthAt(at) + this.#lengthAt(next) : VALUE_RUN_MAX + 1
      if (length <= VALUE_RUN_MAX) this.#replace(at, 2, opcodesOf(value, length))
      else at = next
    }
  }

  // The opcode at a position. What is cut off at the end reads as 0.

  #sizeAt(at: number): number {
    return (this.#bytes[at] ?? 0) >> 6 === 1 ? 2 : 1
  }

  #valueAt(at: number): number {
    const opcode = this.#bytes[at] ?? 0
    return opcode < 0x80 ? 0 : ((opcode >> 2) & 31) + 1
  }

  #lengthAt(at: number): number {
    const opcode = this.#bytes[at] ?? 0
    if (opcode >= 0x80) return (opcode & 3) + 1
    if (opcode < 0x40) return opcode + 1
    return ((opcode & 63) << 8) + (this.#bytes[at + 1] ?? 0) + 1
  }
}

/** How many zeroes the hash has behind the bits of the index, plus one. */
function runOfZeroes(high: number, low: number): number {
  const rest = low >>> INDEX_BITS
  if (rest !== 0) return trailingZeroes(rest) + 1
  if (high !== 0) return Math.min(32 - INDEX_BITS + trailingZeroes(high), RUN_BITS) + 1
  return RUN_BITS + 1
}

function trailingZeroes(n: number): number {
  return 31 - Math.clz32(n & -n)
}

/** A run that is no longer than an opcode can say: a part of one that was there, or of length 1. */
function opcodesOf(value: number, length: number): number[] {
  if (length === 0) return []
  return value === 0 ? zeroes(length) : [0x80 | ((value - 1) << 2) | (length - 1)]
}

function zeroes(length: number): number[] {
  if (length <= ZERO_MAX) return [length - 1]
  return [0x40 | ((length - 1) >> 8), (length - 1) & 0xff]
}

/** The count of the union whose registers these are. */
export function countOf(registers: Uint8Array): number {
  const histogram = new Array<number>(REGISTER_MAX + 1).fill(0)
  for (const value of registers) histogram[value]!++
  return estimate(histogram)
}

/** Otmar Ertl's estimator, from how many registers have each value (arXiv:1702.01284). */
function estimate(histogram: readonly number[]): number {
  let z = REGISTERS * tau((REGISTERS - (histogram[RUN_BITS + 1] ?? 0)) / REGISTERS)
  for (let value = RUN_BITS; value >= 1; value--) z = (z + (histogram[value] ?? 0)) * 0.5
  z += REGISTERS * sigma((histogram[0] ?? 0) / REGISTERS)
  return Math.round((ALPHA * REGISTERS * REGISTERS) / z)
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let power = x
  let factor = 1
  let sum = x
  for (let previous = NaN; previous !== sum; factor *= 2) {
    power *= power
    previous = sum
    sum += power * factor
  }
  return sum
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let root = x
  let factor = 1
  let sum = 1 - x
  for (let previous = NaN; previous !== sum; ) {
    root = Math.sqrt(root)
    previous = sum
    factor *= 0.5
    sum -= (1 - root) * (1 - root) * factor
  }
  return sum / 3
}
