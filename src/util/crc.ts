// The two checksums of Redis: CRC16 decides the hash slot of a key, CRC64 closes every dump.
// CRC64 is kept as two 32-bit halves, because BigInt arithmetic a byte would be far slower.

import { lazy } from './lazy.ts'

/** How many slots the keys of a cluster are spread over. */
export const SLOT_COUNT = 16384

const CRC16_POLYNOMIAL = 0x1021
// The Jones polynomial, bits reversed, as the reflected algorithm wants it.
const CRC64_HIGH = 0x95ac9329
const CRC64_LOW = 0xac4bc9b5

const crc16Of = lazy(crc16Table)
const crc64Of = lazy(crc64Tables)

/** CRC16 as XMODEM computes it, over a binary string. */
export function crc16(bytes: string): number {
  const table = crc16Of()
  let crc = 0
  for (let i = 0; i < bytes.length; i++) {
    crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ bytes.charCodeAt(i)] as number)
  }
  return crc
}

/** The cluster slot of a key. Only the text in the first {...}, if not empty, counts. */
export function keySlot(key: string): number {
  const open = key.indexOf('{')
  if (open !== -1) {
    const close = key.indexOf('}', open + 1)
    if (close > open + 1) return crc16(key.slice(open + 1, close)) % SLOT_COUNT
  }
  return crc16(key) % SLOT_COUNT
}

/** CRC64 (Jones) of the bytes. */
export function crc64(bytes: Uint8Array): bigint {
  const crc = new Crc64()
  crc.add(bytes)
  return crc.value
}

/** CRC64 (Jones) of bytes that come in pieces. */
export class Crc64 {
  #high = 0
  #low = 0

  get value(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)
  }

  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const [highs, lows] = crc64Of()
    let high = this.#high
    let low = this.#low
    for (let i = start; i < end; i++) {
      const index = (low ^ (bytes[i] ?? 0)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (lows[index] ?? 0)
      high = (high >>> 8) ^ (highs[index] ?? 0)
    }
    this.#high = high
    this.#low = low
  }
}

function crc16Table(): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ CRC16_POLYNOMIAL : crc << 1
    return crc
  })
}

function crc64Tables(): [Uint32Array, Uint32Array] {
  const highs = new Uint32Array(256)
  const lows = new Uint32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let high = 0
    let low = byte
    for (let bit = 0; bit < 8; bit++) {
      const carry = low & 1
      low = (low >>> 1) | (high << 31)
      high >>>= 1
      if (carry) {
        high ^= CRC64_HIGH
        low ^= CRC64_LOW
      }
    }
    highs[byte] = high
    lows[byte] = low
  }
  return [highs, lows]
}

/**
 * The slot of all keys that a glob pattern can match, if it says so: not where a wildcard stands
 * before the end of the first {...}. Then undefined.
 */
export function patternSlot(pattern: string): number | undefined {
  let open = -1
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? ''
    if ('*?[\\'.includes(char)) return undefined
    if (open === -1 && char === '{') open = i
    else if (open >= 0 && char === '}') {
      if (i > open + 1) return crc16(pattern.slice(open + 1, i)) % SLOT_COUNT
      open = -2
    }
  }
  return crc16(pattern) % SLOT_COUNT
}
