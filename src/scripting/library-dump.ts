// FUNCTION DUMP's payload: each library's code as a string of an RDB file after the opcode of a
// function, then the version of the format and a checksum.

import { err } from '../resp3/errors.ts'
import { crc64 } from '../util/crc.ts'

const FUNCTION = 245
const FUNCTION_BEFORE_RELEASE = 246
const RDB_VERSION = 12
const FOOTER = 10

// The first two bits of a length say how it is written; with both set, what follows is encoded.
const LENGTH_14_BIT = 1
const LENGTH_32_BIT = 0x80
const LENGTH_64_BIT = 0x81
const INT8 = 0xc0
const INT16 = 0xc1
const INT32 = 0xc2
const COMPRESSED = 0xc3

export function dumpLibraries(codes: readonly string[]): Buffer {
  const parts: Buffer[] = []
  for (const code of codes) {
    parts.push(Buffer.from([FUNCTION]), lengthBytes(code.length), Buffer.from(code, 'latin1'))
  }
  const version = Buffer.alloc(2)
  version.writeUInt16LE(RDB_VERSION)
  const body = Buffer.concat([...parts, version])
  const checksum = Buffer.alloc(8)
  checksum.writeBigUInt64LE(crc64(body))
  return Buffer.concat([body, checksum])
}

function lengthBytes(length: number): Buffer {
  if (length < 64) return Buffer.from([length])
  if (length < 16384) return Buffer.from([(LENGTH_14_BIT << 6) | (length >> 8), length & 0xff])
  const bytes = Buffer.alloc(5)
  bytes[0] = LENGTH_32_BIT
  bytes.writeUInt32BE(length, 1)
  return bytes
}

/** The codes of the libraries in a payload. */
export function readLibraries(payload: string): string[] {
  const bytes = Buffer.from(payload, 'latin1')
  if (!isIntact(bytes)) throw err('DUMP payload version or checksum are wrong')
  const reader = new Reader(bytes.subarray(0, -FOOTER))
  const codes: string[] = []
  while (!reader.atEnd) {
    const type = reader.byte()
    if (type === FUNCTION_BEFORE_RELEASE) throw err('Pre-GA function format not supported')
    if (type !== FUNCTION) throw err('given type is not a function')
    codes.push(reader.string())
  }
  return codes
}

function isIntact(bytes: Buffer): boolean {
  if (bytes.length < FOOTER) return false
  if (bytes.readUInt16LE(bytes.length - FOOTER) > RDB_VERSION) return false
  const checksum = bytes.readBigUInt64LE(bytes.length - 8)
  // A checksum of zero says that there is none.
  return checksum === 0n || checksum === crc64(bytes.subarray(0, -8))
}

const FAILED = err('Failed loading library data')

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const [byte] = this.#take(1)
    return byte as number
  }

  string(): string {
    const first = this.byte()
    switch (first) {
      case INT8:
        return String(this.#take(1).readInt8())
      case INT16:
        return String(this.#take(2).readInt16LE())
      case INT32:
        return String(this.#take(4).readInt32LE())
      case COMPRESSED:
        return this.#compressed()
      default:
        return this.#take(this.#length(first)).toString('latin1')
    }
  }

  #compressed(): string {
    const size = this.#length(this.byte())
    const length = this.#length(this.byte())
    return decompress(this.#take(size), length).toString('latin1')
  }

  #length(first: number): number {
    if (first >> 6 === 0) return first
    if (first >> 6 === LENGTH_14_BIT) return ((first & 0x3f) << 8) | this.byte()
    if (first === LENGTH_32_BIT) return this.#take(4).readUInt32BE()
    if (first === LENGTH_64_BIT) return Number(this.#take(8).readBigUInt64BE())
    throw FAILED
  }

  #take(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) throw FAILED
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }
}

// LZF: a control byte below 32 is followed by that many bytes and one more; any other is a
// reference
// back into the output.
function decompress(input: Buffer, length: number): Buffer {
  if (length > input.length * 264) throw FAILED
  const out = Buffer.alloc(length)
  let from = 0
  let to = 0
  while (from < input.length) {
    const control = input[from++] as number
    if (control < 32) {
      to += input.copy(out, to, from, from + control + 1)
      from += control + 1
      continue
    }
    let count = control >> 5
    if (count === 7) count += input[from++] ?? 0
    const back = ((control & 0x1f) << 8) + (input[from++] ?? 0) + 1
    if (back > to || to + count + 2 > length) throw FAILED
    for (let i = 0; i < count + 2; i++, to++) out[to] = out[to - back] as number
  }
  if (to !== length) throw FAILED
  return out
}
