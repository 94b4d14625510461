// A command's reply, in the encoding that the Lua engine turns into Lua values: a type byte, a
// length or count of four bytes, then the payload or the elements.

import { randomBytes } from 'node:crypto'
import type { Reply } from '../resp3/decoder.ts'

const NULL = 0
const INTEGER = 1
const BULK = 2
const ARRAY = 3
const STATUS = 4
const ERROR = 5
const BOOLEAN = 7
const DOUBLE = 8
const MAP = 9
const SET = 10
const BIG_NUMBER = 11
const VERBATIM = 12

/** Stands for a nil inside a value until the value is built. */
export const NIL_MARK = randomBytes(20).toString('latin1')

export interface PushedValue {
  readonly bytes: Buffer
  /** How many tables lie in one another. */
  readonly depth: number
  readonly hasNil: boolean
}

export const EMPTY_TABLE: PushedValue = {
  bytes: Buffer.from([ARRAY, 0, 0, 0, 0]),
  depth: 0,
  hasNil: false,
}

export function encodeText(text: string): Buffer {
  const out = Buffer.allocUnsafe(5 + text.length)
  out[0] = BULK
  out.writeUInt32LE(text.length, 1)
  out.write(text, 5, 'latin1')
  return out
}

/** An error as a table. The outer map is only there to carry it. */
export function encodeError(message: string, isCounted: boolean): PushedValue {
  const encoder = new Encoder()
  encoder.header(MAP, isCounted ? 2 : 1)
  encoder.bulk('err')
  encoder.bulk(message)
  if (isCounted) {
    encoder.bulk('ignore_error_stats_update')
    encoder.boolean(true)
  }
  return encoder.finish()
}

export function encodeStatus(text: string): PushedValue {
  const encoder = new Encoder()
  encoder.text(STATUS, text)
  return encoder.finish()
}

export function encodeReply(reply: Reply, resp: number): PushedValue {
  const encoder = new Encoder()
  encoder.reply(reply, resp, 1)
  return encoder.finish()
}

class Encoder {
  #buffer = Buffer.allocUnsafe(256)
  #at = 0
  #depth = 1
  #hasNil = false

  finish(): PushedValue {
    return {
      bytes: this.#buffer.subarray(0, this.#at),
      depth: this.#depth,
      hasNil: this.#hasNil,
    }
  }

  header(type: number, count: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = type
    this.#word(count)
  }

  text(type: number, text: string): void {
    this.header(type, text.length)
    this.#write(text)
  }

  bulk(text: string): void {
    this.text(BULK, text)
  }

  boolean(value: boolean): void {
    this.header(BOOLEAN, 1)
    this.#write(value ? '\x01' : '\0')
  }

  reply(reply: Reply, resp: number, depth: number): void {
    this.#depth = Math.max(this.#depth, depth)
    switch (reply.type) {
      case 'simple':
        this.text(STATUS, reply.text)
        break
      case 'error':
        this.text(ERROR, reply.text)
        break
      case 'bulk':
        this.bulk(reply.text)
        break
      case 'big':
        this.text(BIG_NUMBER, reply.text)
        break
      case 'verbatim':
        this.header(VERBATIM, 4 + reply.format.length + reply.text.length)
        this.#word(reply.format.length)
        this.#write(reply.format + reply.text)
        break
      case 'integer':
        this.header(INTEGER, 8)
        this.#reserve(8)
        this.#at = this.#buffer.writeBigInt64LE(reply.value, this.#at)
        break
      case 'double':
        this.header(DOUBLE, 8)
        this.#reserve(8)
        this.#at = this.#buffer.writeDoubleLE(reply.value, this.#at)
        break
      case 'boolean':
        this.boolean(reply.value)
        break
      case 'null':
      case 'nullArray':
        this.#null(resp)
        break
      case 'map':
      case 'attribute':
        this.header(MAP, reply.pairs.length)
        for (const pair of reply.pairs) for (const each of pair) this.reply(each, resp, depth + 1)
        break
      default:
        this.header(reply.type === 'set' ? SET : ARRAY, reply.items.length)
        for (const item of reply.items) this.reply(item, resp, depth + 1)
    }
  }

  // False in RESP2, nil in RESP3.
  #null(resp: number): void {
    if (resp === 2) {
      this.header(NULL, 0)
      return
    }
    this.#hasNil = true
    this.bulk(NIL_MARK)
  }

  #word(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  #write(text: string): void {
    this.#reserve(text.length)
    this.#at += this.#buffer.write(text, this.#at, 'latin1')
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}
