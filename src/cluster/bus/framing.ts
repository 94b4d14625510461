// Where one packet ends and the next begins, in whatever chunks they come. A packet that has come
// whole is a part of its chunk: nothing is copied. Of others what has come is kept, and never more
// than that twice over; of a packet that will be dropped anyway, its head alone: the rest is passed
// over as it comes, so that what a packet announces costs nothing by itself.

import { blockRoom } from '../../util/limits.ts'
import { announcedLength, type Fault, headFault } from './decode.ts'
import { HEAD_BYTES, PREFIX_BYTES } from './layout.ts'

/** Each says whether to go on: not if the link has ended. */
export interface PacketTaker {
  packet(packet: Buffer): boolean
  /** Of a packet that is wrong, with what there is of it: HEAD_BYTES, of which it is known. */
  fault(head: Buffer, fault: Fault): boolean
}

const EMPTY = Buffer.alloc(0)
/** What there is room for at first: most packets are shorter. */
const FIRST_BYTES = 4096
/** From here on it is asked whether the machine has so much memory. */
const LARGE_BYTES = 2 ** 20

export class PacketFraming {
  /** The beginning of a packet, #length bytes of it. */
  #kept = EMPTY
  #length = 0
  /** What the packet announces, once its prefix has come. */
  #total = 0
  /** Bytes of a packet still to come that nobody wants. */
  #passing = 0
  readonly #taker: PacketTaker

  constructor(taker: PacketTaker) {
    this.#taker = taker
  }

  /** Bytes that are kept. */
  get keptBytes(): number {
    return this.#kept.length
  }

  /** False if what has come is no packet: nothing behind it can be read. */
  push(chunk: Buffer): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#passing > 0) {
        const passed = Math.min(this.#passing, chunk.length - at)
        this.#passing -= passed
        at += passed
        continue
      }
      if (this.#length === 0 && chunk.length - at >= PREFIX_BYTES) {
        const total = announcedLength(chunk, at)
        if (total === undefined) return false
        if (total <= chunk.length - at) {
          if (!this.#taker.packet(chunk.subarray(at, at + total))) return true
          at += total
          continue
        }
        this.#total = total
      }
      at += this.#keep(chunk, at)
      if (this.#length === PREFIX_BYTES) {
        const total = announcedLength(this.#kept, 0)
        if (total === undefined) return false
        this.#total = total
      }
      if (!this.#advance()) return true
    }
    return true
  }

  /** The next point at which something can be said of what is kept. */
  get #target(): number {
    if (this.#length < PREFIX_BYTES) return PREFIX_BYTES
    return this.#length < HEAD_BYTES ? Math.min(HEAD_BYTES, this.#total) : this.#total
  }

  #keep(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#target - this.#length, chunk.length - at)
    const length = this.#length + taken
    if (length > this.#kept.length) this.#grow(length)
    chunk.copy(this.#kept, this.#length, at, at + taken)
    this.#length = length
    return taken
  }

  #grow(needed: number): void {
    const most = Math.max(this.#total, PREFIX_BYTES)
    const wanted = Math.max(needed, FIRST_BYTES, this.#kept.length * 2)
    const grown = Buffer.allocUnsafeSlow(Math.min(wanted, most))
    this.#kept.copy(grown, 0, 0, this.#length)
    this.#kept = grown
  }

  /** False if the link has ended. */
  #advance(): boolean {
    if (this.#length < PREFIX_BYTES) return true
    if (this.#length === this.#total) {
      const packet = this.#kept.subarray(0, this.#length)
      // Whoever took it may keep parts of it.
      this.#forget()
      return this.#taker.packet(packet)
    }
    if (this.#length < HEAD_BYTES) return true
    const head = this.#kept.subarray(0, HEAD_BYTES)
    const fault = this.#length === HEAD_BYTES ? headFault(head) : this.#shortage()
    if (fault === undefined) return true
    this.#passing = this.#total - this.#length
    this.#forget()
    return this.#taker.fault(head, fault)
  }

  /** Asked when what is kept is full. */
  #shortage(): Fault | undefined {
    if (this.#length < this.#kept.length || this.#length < LARGE_BYTES) return undefined
    return this.#length * 2 > blockRoom()
      ? `No room for a packet of ${this.#total} bytes`
      : undefined
  }

  #forget(): void {
    this.#kept = EMPTY
    this.#length = 0
    this.#total = 0
  }
}
