// A string value: a short one is text (a binary string), a long one bytes, outside of the heap.
// Bytes are also what a command has appended to or changed in single places, so that a bitmap is
// not copied at every bit, nor a text that grows kept as a rope of all its parts.

import type { Args } from '../resp3/args.ts'
import { STRING_TOO_LONG } from '../resp3/errors.ts'
import { copyBytes } from '../util/bytes.ts'
import { TEXT_MAX } from '../util/limits.ts'
import { parseInt64 } from '../util/number.ts'
import { type EncodingLimits, Value } from './value.ts'

const EMBSTR_MAX = 44
/** From this length on, to take bytes in and to give them out costs less than text does. */
const LONG = 64 * 1024
/** Up to this length either form is made anew from the other whenever somebody asks for it. */
const SHORT = 1024
const GROWTH_MAX = 1024 * 1024
/** A long value grows by an eighth: it is copied a few times only, whatever the steps. */
const LONG_GROWTH = 8

/**
 * What became of the text when it was stored: tried as an integer first, kept as characters
 * (INCRBYFLOAT), or changed in place, which leaves it raw however short it is.
 */
type Form = 'encoded' | 'characters' | 'raw'

export class StringValue extends Value {
  /** Either this or #bytes is set. */
  #text: string | undefined
  #bytes: Buffer | undefined
  #form: Form = 'encoded'
  #copied = false
  /** #bytes is the start of a zero-filled buffer of its own, which may have room behind it. */
  #grown = false

  /** Text as SET stores it; or bytes, which now are this value's own and which stay raw. */
  constructor(source: EncodingLimits | string | Buffer = '') {
    super()
    if (typeof source === 'string') {
      this.#text = source
    } else if (Buffer.isBuffer(source)) {
      this.#bytes = alone(source)
      this.#form = 'raw'
    } else {
      this.#text = ''
    }
  }

  /** Word i as SET stores it. */
  static of(args: Args, i: number): StringValue {
    const value = new StringValue('')
    value.setWord(args, i)
    return value
  }

  /** @throws ReplyError if it is too long to be text; its bytes are there however long it is */
  get text(): string {
    if (this.#text !== undefined) return this.#text
    const bytes = this.#bytes!
    if (bytes.length > TEXT_MAX) throw STRING_TOO_LONG
    return bytes.toString('latin1')
  }

  /** The value's bytes. Not to be written to, see edit(); nor to be kept. */
  get bytes(): Buffer {
    if (this.#bytes !== undefined) return this.#bytes
    const text = this.#text!
    if (text.length <= SHORT) return Buffer.from(text, 'latin1')
    this.#toBytes()
    return this.#bytes!
  }

  /** Whether bytes are there and no text, so that a reply had better be made of them. */
  get isBytes(): boolean {
    return this.#text === undefined
  }

  get type(): 'string' {
    return 'string'
  }

  get size(): number {
    return this.#text === undefined ? this.#bytes!.length : this.#text.length
  }

  get encoding(): 'int' | 'embstr' | 'raw' {
    if (this.#form === 'raw') return 'raw'
    if (this.#form === 'encoded' && this.#isInteger()) return 'int'
    return this.size <= EMBSTR_MAX ? 'embstr' : 'raw'
  }

  /** Whether this is one of the small integers of which Redis keeps one object for all keys. */
  get isShared(): boolean {
    return !this.#copied && this.size <= 4 && this.encoding === 'int' && Number(this.text) >= 0
  }

  /** Replaces the whole text. */
  set(text: string, form: 'encoded' | 'characters' = 'encoded'): void {
    this.#text = text
    this.#bytes = undefined
    this.#grown = false
    this.#form = form
    this.#copied = false
  }

  /** Replaces the whole value by word i. */
  setWord(args: Args, i: number): void {
    if (args.length(i) < LONG) this.set(args.text(i))
    else this.setBytes(ownBytes(args.slice(i)))
  }

  /** Replaces the whole value by bytes, which now are its own and which stay raw. */
  setBytes(bytes: Buffer): void {
    this.#text = undefined
    this.#bytes = alone(bytes)
    this.#grown = false
    this.#form = 'raw'
    this.#copied = false
  }

  /** Whatever comes to change single bytes makes the value raw first, even if nothing changes. */
  becomeRaw(): void {
    this.#form = 'raw'
  }

  /** Adds word i at the end. */
  append(args: Args, i: number): void {
    const { size } = this
    const length = args.length(i)
    if (this.#text !== undefined && size + length <= SHORT) {
      this.#text = flat(this.#text + args.text(i))
      this.#form = 'raw'
    } else {
      const start = args.marks[i * 2] ?? 0
      copyBytes(args.bytes, start, start + length, this.edit(size + length), size)
    }
  }

  /** The bytes to write into, zero-padded to at least `length`. */
  edit(length = 0): Buffer {
    if (this.#bytes === undefined) this.#toBytes(length)
    let bytes = this.#bytes!
    if (bytes.length < length) {
      const capacity = bytes.buffer.byteLength - bytes.byteOffset
      if (this.#grown && capacity >= length) {
        bytes = Buffer.from(bytes.buffer, bytes.byteOffset, length)
      } else {
        const room = roomFor(length)
        bytes.copy(room)
        bytes = room.subarray(0, length)
        this.#grown = true
      }
      this.#bytes = bytes
    }
    this.#form = 'raw'
    return bytes
  }

  copy(): StringValue {
    const copy = new StringValue(this.#text ?? ownBytes(this.#bytes!))
    copy.#form = this.#form
    copy.#copied = true
    return copy
  }

  /** Bytes in the place of the text, with room for so many if that is more. */
  #toBytes(length = 0): void {
    const text = this.#text!
    const room = length > text.length ? roomFor(length) : Buffer.allocUnsafeSlow(text.length)
    room.write(text, 'latin1')
    this.#grown = length > text.length
    this.#bytes = room.subarray(0, Math.max(text.length, length))
    this.#text = undefined
  }

  #isInteger(): boolean {
    return this.size <= 20 && parseInt64(this.text) !== undefined
  }
}

/** A zero-filled buffer for so many bytes, and for some that may follow. */
function roomFor(length: number): Buffer {
  const more = Math.min(length, Math.max(GROWTH_MAX, Math.floor(length / LONG_GROWTH)))
  return Buffer.alloc(length + more)
}

/** A copy in memory of its own: a part of Node's pool would keep all of it. */
function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

/** Bytes that keep nothing much larger in memory than they are. */
function alone(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength > bytes.length * 2 ? ownBytes(bytes) : bytes
}

/** The same text in one piece: what + makes is a rope until somebody looks at its characters. */
function flat(text: string): string {
  Number(text)
  return text
}
