// A string value: text as a binary string, or bytes once a command has changed single bytes of it
// (SETBIT, SETRANGE), so that a bitmap is not copied at every bit. Either form is made from the
// other when asked for.

import { parseInt64 } from '../util/number.ts'
import { type EncodingLimits, Value } from './value.ts'

const EMBSTR_MAX = 44
/** Longer texts are left to bytes: the runtime has no strings of more than 2^29 - 24 characters. */
const TEXT_MAX = 256 * 1024 * 1024
const GROWTH_MAX = 1024 * 1024

/**
 * What became of the text when it was stored: tried as an integer first, kept as characters
 * (INCRBYFLOAT), or changed in place, which leaves it raw however short it is.
 */
type Form = 'encoded' | 'characters' | 'raw'

export class StringValue extends Value {
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
      this.#bytes = source
      this.#form = 'raw'
    } else {
      this.#text = ''
    }
  }

  get text(): string {
    this.#text ??= this.#bytes!.toString('latin1')
    return this.#text
  }

  /** The value's bytes. Not to be written to; see edit(). */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.#text!, 'latin1')
    return this.#bytes
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

  /** Replaces the whole value by bytes, which now are its own and which stay raw. */
  setBytes(bytes: Buffer): void {
    this.#text = undefined
    this.#bytes = bytes
    this.#grown = false
    this.#form = 'raw'
    this.#copied = false
  }

  /** Whatever comes to change single bytes makes the value raw first, even if nothing changes. */
  becomeRaw(): void {
    this.#form = 'raw'
  }

  append(text: string): void {
    const { size } = this
    if (this.#text === undefined || size + text.length > TEXT_MAX) {
      this.edit(size + text.length).write(text, size, 'latin1')
    } else {
      this.#text += text
      this.#bytes = undefined
      this.#grown = false
      this.#form = 'raw'
    }
  }

  /** The bytes to write into, zero-padded to at least `length`. */
  edit(length = 0): Buffer {
    let { bytes } = this
    if (bytes.length < length) {
      const capacity = bytes.buffer.byteLength - bytes.byteOffset
      if (this.#grown && capacity >= length) {
        bytes = Buffer.from(bytes.buffer, bytes.byteOffset, length)
      } else {
        const room = Buffer.alloc(length + Math.min(length, GROWTH_MAX))
        bytes.copy(room)
        bytes = room.subarray(0, length)
        this.#grown = true
      }
      this.#bytes = bytes
    }
    this.#text = undefined
    this.#form = 'raw'
    return bytes
  }

  copy(): StringValue {
    const copy = new StringValue(this.#text ?? Buffer.from(this.#bytes!))
    copy.#form = this.#form
    copy.#copied = true
    return copy
  }

  #isInteger(): boolean {
    return this.size <= 20 && parseInt64(this.text) !== undefined
  }
}
