// LZF, the compression of strings in dumps: runs of literal bytes, and references to what stands up
// to 8 kB before. Its format leaves open which matches are found; this compressor looks for them as
// liblzf does in Redis's build, so that dumps are equal byte for byte.
//
//   000nnnnn                     n + 1 literal bytes follow
//   nnnooooo oooooooo            n + 2 bytes from o + 1 bytes back
//   111ooooo nnnnnnnn oooooooo   n + 9 bytes from o + 1 bytes back

const HASH_BITS = 16
const LITERALS_MAX = 32
const OFFSET_MAX = 8192
const MATCH_MAX = 264
/** No byte can stand for more than the longest match. */
export const LZF_RATIO_MAX: number = MATCH_MAX
/** A match is found by its first bytes. */
const MATCH_MIN = 3
const POSITION_MAX = 2 ** 31 - 1
/** While this much is left, so many bytes of a match are compared without asking for its limit. */
const UNROLLED = 16

/** The bytes compressed to at most `limit` bytes, or undefined if they do not fit. */
export function compress(input: Uint8Array, limit: number): Uint8Array | undefined {
  return new Compressor().compress(input, limit)
}

/** Compresses many inputs with one table, which is as large as thousands of short strings. */
export class Compressor {
  /** Where three bytes were seen last, by their hash, counted from the first input on. */
  readonly #positions = new Int32Array(1 << HASH_BITS)
  /** Where the input begins in that count: what lies before it is as good as nothing. */
  #base = 0

  compress(input: Uint8Array, limit: number): Uint8Array | undefined {
    if (input.length === 0 || limit <= 0) return undefined
    if (this.#base + input.length > POSITION_MAX) {
      this.#positions.fill(0)
      this.#base = 0
    }
    const output = this.#compress(input, new Output(limit))
    this.#base += input.length
    return output
  }

  #compress(input: Uint8Array, output: Output): Uint8Array | undefined {
    const positions = this.#positions
    const base = this.#base
    const last = input.length - 2
    let at = 0
    while (at < last) {
      const slot = slotOf(input, at)
      const found = (positions[slot] as number) - base
      positions[slot] = base + at
      if (!isMatch(input, found, at)) {
        if (!output.literal(input[at] as number)) return undefined
        at++
        continue
      }
      const length = matchLength(input, found, at)
      if (!output.match(at - found - 1, length)) return undefined
      at += length
      if (at >= last) break
      for (let i = at - 2; i < at; i++) positions[slotOf(input, i)] = base + i
    }
    return output.end(input.subarray(at))
  }
}

function slotOf(input: Uint8Array, at: number): number {
  const three =
    ((input[at] as number) << 16) | ((input[at + 1] as number) << 8) | (input[at + 2] as number)
  return ((three >>> (24 - HASH_BITS)) - three * 5) & ((1 << HASH_BITS) - 1)
}

// The very first byte is never referred to: its position is the table's empty mark.
function isMatch(input: Uint8Array, found: number, at: number): boolean {
  return (
    found > 0 &&
    at - found - 1 < OFFSET_MAX &&
    input[found] === input[at] &&
    input[found + 1] === input[at + 1] &&
    input[found + 2] === input[at + 2]
  )
}

function matchLength(input: Uint8Array, found: number, at: number): number {
  const left = Math.min(input.length - at - 2, MATCH_MAX)
  const limit = left > UNROLLED ? Math.max(left, UNROLLED + MATCH_MIN) : left
  let length = MATCH_MIN
  while (length < limit && input[found + length] === input[at + length]) length++
  return length
}

class Output {
  readonly #bytes: Uint8Array
  readonly #limit: number
  /** A run of literals starts with its length, for which a byte is kept free. */
  #at = 1
  #literals = 0

  constructor(limit: number) {
    this.#limit = limit
    this.#bytes = new Uint8Array(limit + MATCH_MIN)
  }

  literal(byte: number): boolean {
    if (this.#at >= this.#limit) return false
    this.#write(byte)
    return true
  }

  match(offset: number, length: number): boolean {
    const start = this.#literals === 0 ? this.#at - 1 : this.#at
    if (start + 4 >= this.#limit) return false
    this.#endRun()
    const rest = length - 2
    this.#bytes[this.#at++] = (offset >> 8) + (Math.min(rest, 7) << 5)
    if (rest >= 7) this.#bytes[this.#at++] = rest - 7
    this.#bytes[this.#at++] = offset
    this.#at++
    return true
  }

  end(tail: Uint8Array): Uint8Array | undefined {
    if (this.#at + 3 > this.#limit) return undefined
    for (const byte of tail) this.#write(byte)
    this.#endRun()
    return this.#bytes.subarray(0, this.#at)
  }

  #write(byte: number): void {
    this.#bytes[this.#at++] = byte
    if (++this.#literals < LITERALS_MAX) return
    this.#endRun()
    this.#at++
  }

  #endRun(): void {
    if (this.#literals === 0) this.#at--
    else this.#bytes[this.#at - this.#literals - 1] = this.#literals - 1
    this.#literals = 0
  }
}

/** The bytes that were compressed, or undefined if they are not `length` well-formed ones. */
export function decompress(input: Uint8Array, length: number): Buffer | undefined {
  if (length > input.length * LZF_RATIO_MAX) return undefined
  const output = Buffer.allocUnsafe(length)
  let at = 0
  let to = 0
  while (at < input.length) {
    const control = input[at++] as number
    if (control < LITERALS_MAX) {
      const end = at + control + 1
      if (end > input.length || to + control + 1 > length) return undefined
      output.set(input.subarray(at, end), to)
      to += control + 1
      at = end
      continue
    }
    let count = (control >> 5) + 2
    if (count === 9) count += input[at++] ?? 0
    const from = to - ((control & 31) << 8) - (input[at++] ?? 0) - 1
    if (at > input.length || from < 0 || to + count > length) return undefined
    const end = to + count
    if (from === to - 1 && count > LITERALS_MAX) output.fill(output[from] as number, to, end)
    // Byte by byte, since a match may overlap what it makes.
    else for (let i = to; i < end; i++) output[i] = output[i - to + from] as number
    to = end
  }
  return to === length ? output : undefined
}
