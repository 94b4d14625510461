// The raw side of a TLS connection with hands on it: everything that the server sends passes here
// as records, still to be held back, cut, spoilt or slowed down. TLS is spoken on this stream as on
// a socket, at some cost, so that only the profiles that need it use it.

import type net from 'node:net'
import { Duplex } from 'node:stream'

type Done = (error?: Error | null) => void

/** What happens to the bytes that the server sends. */
export type Passing =
  | { readonly kind: 'all' }
  /** Nothing goes out any more; the connection stays open. */
  | { readonly kind: 'none' }
  /** So many bytes still go out, and then none. */
  | { readonly kind: 'first'; left: number }
  /** So many bytes at a time, with pauses. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly pauseMs: number }
  /** One bit of the next record is turned over. */
  | { readonly kind: 'spoilt' }
  /** Half of the next bytes, then the end. */
  | { readonly kind: 'half' }

const HEADER = 5

export class Wire extends Duplex {
  readonly raw: net.Socket
  passing: Passing = { kind: 'all' }
  #timer: NodeJS.Timeout | undefined

  constructor(raw: net.Socket) {
    super({ autoDestroy: true, allowHalfOpen: true })
    this.raw = raw
    raw.on('data', chunk => {
      if (!this.push(chunk)) raw.pause()
    })
    raw.once('end', () => this.push(null))
    raw.once('close', () => this.destroy())
    raw.resume()
  }

  /** As the peer of a dead machine sees it: nothing comes, nothing ends. */
  goSilent(): void {
    this.passing = { kind: 'none' }
  }

  /** The end of TCP, without that of TLS. */
  cutOff(): void {
    this.passing = { kind: 'none' }
    this.raw.end()
  }

  reset(): void {
    this.passing = { kind: 'none' }
    this.raw.resetAndDestroy()
  }

  override _read(): void {
    this.raw.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const { passing } = this
    switch (passing.kind) {
      case 'all':
        this.#send(chunk, done)
        return
      case 'none':
        done()
        return
      case 'first': {
        const part = chunk.subarray(0, passing.left)
        passing.left -= part.length
        this.#send(part, done)
        return
      }
      case 'drip':
        this.#drip(chunk, passing.bytes, passing.pauseMs, done)
        return
      case 'spoilt':
        this.passing = { kind: 'all' }
        this.#send(withOneBitTurned(chunk), done)
        return
      case 'half':
        this.#send(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => {
          this.cutOff()
          done()
        })
    }
  }

  override _final(done: Done): void {
    if (this.passing.kind !== 'none') this.raw.end()
    done()
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#timer)
    // A peer that is to wait for ever must not see the end, which comes with the listener's.
    if (this.passing.kind !== 'none') this.raw.destroy()
    done(error)
  }

  #send(bytes: Buffer, done: Done): void {
    if (bytes.length === 0 || this.raw.destroyed) done()
    else this.raw.write(bytes, () => done())
  }

  #drip(chunk: Buffer, bytes: number, pauseMs: number, done: Done): void {
    this.raw.write(chunk.subarray(0, bytes))
    const rest = chunk.subarray(bytes)
    if (rest.length === 0) {
      done()
      return
    }
    this.#timer = setTimeout(() => this.#drip(rest, bytes, pauseMs, done), pauseMs)
  }
}

/** In the sealed part, so that the header is still understood. */
function withOneBitTurned(record: Buffer): Buffer {
  const copy = Buffer.from(record)
  const at = Math.min(HEADER, copy.length - 1)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
