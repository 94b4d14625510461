// MurmurHash2 in its 64-bit variant for 64-bit machines (MurmurHash64A), the hash of HyperLogLog.
// Numbers of 64 bits are pairs of 32-bit halves here: BigInt would be ten times slower.

/** One 64-bit number, reused as accumulator: no allocation inside the loop. */
class Word {
  high = 0
  low = 0

  xor(high: number, low: number): void {
    this.high ^= high
    this.low ^= low
  }

  /** Multiplies by the constant of the algorithm, modulo 2^64. */
  mix(): void {
    const { high, low } = this
    const [a, b] = [low & 0xffff, low >>> 16]
    // The high half of low * MIX_LOW, from products of 16 bits each.
    const middle = b * MIX_LOW_0 + (((a * MIX_LOW_0) >>> 16) >>> 0)
    const upper = a * MIX_LOW_1 + (middle % 2 ** 16)
    const carry = b * MIX_LOW_1 + Math.floor(middle / 2 ** 16) + Math.floor(upper / 2 ** 16)
    this.high = (carry + Math.imul(high, MIX_LOW) + Math.imul(low, MIX_HIGH)) | 0
    this.low = Math.imul(low, MIX_LOW)
  }

  /** h ^= h >> 47 */
  fold(): void {
    this.low ^= this.high >>> 15
  }
}

const MIX_HIGH = 0xc6a4a793 | 0
const MIX_LOW = 0x5bd1e995
const MIX_LOW_0 = MIX_LOW & 0xffff
const MIX_LOW_1 = MIX_LOW >>> 16

export interface Hash {
  /** Both as unsigned 32-bit integers. */
  readonly high: number
  readonly low: number
}

export function murmurHash64(text: string, seed: number): Hash {
  const { length } = text
  const hash = new Word()
  hash.low = length | 0
  hash.mix()
  hash.xor(0, seed | 0)
  const block = new Word()
  const whole = length - (length % 8)
  for (let at = 0; at < whole; at += 8) {
    block.low = bytesAt(text, at, 4)
    block.high = bytesAt(text, at + 4, 4)
    block.mix()
    block.fold()
    block.mix()
    hash.xor(block.high, block.low)
    hash.mix()
  }
  if (length > whole) {
    const rest = length - whole
    hash.xor(bytesAt(text, whole + 4, rest - 4), bytesAt(text, whole, Math.min(4, rest)))
    hash.mix()
  }
  hash.fold()
  hash.mix()
  hash.fold()
  return { high: hash.high >>> 0, low: hash.low >>> 0 }
}

/** Up to four bytes, the first one the lowest. */
function bytesAt(text: string, at: number, count: number): number {
  let word = 0
  for (let i = 0; i < count; i++) word |= text.charCodeAt(at + i) << (8 * i)
  return word
}
