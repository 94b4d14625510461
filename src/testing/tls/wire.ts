// The raw side of a TLS connection with hands on it: everything that the server sends passes here
// as records, still to be held back, cut, spoilt or slowed down. TLS is spoken on this stream as on
// a socket, at some cost, so that only the profiles that need it use it.

import type net from 'node:net'
import { Duplex } from 'node:stream'

type Done = (error?: Error | null) => void

/** What happens to the bytes that the server sends. */
export type Passing =
  | { readonly kind: 'all' }
  /** Nothing goes out any more, and nothing ends, as with the peer of a dead machine. */
  | { readonly kind: 'none' }
  /** So many bytes still go out, and then none. */
  | { readonly kind: 'first'; left: number }
  /** So many bytes at a time, with pauses. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly pauseMs: number }
  /** The next bytes go out, or others in their place; and then all, none, or the end of TCP. */
  | {
      readonly kind: 'once'
      readonly alter?: (bytes: Buffer) => Buffer
      readonly after: 'all' | 'silence' | 'end'
    }

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
    // Else it would end by itself, in the middle of what still drips.
    raw.allowHalfOpen = true
    raw.once('end', () => {
      this.push(null)
      if (this.passing.kind === 'none') raw.end()
    })
    raw.once('close', () => this.destroy())
    raw.resume()
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
    this.#pass(chunk, done)
  }

  #pass(chunk: Buffer, done: Done): void {
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
      case 'once':
        this.passing = { kind: passing.after === 'all' ? 'all' : 'none' }
        this.#send(passing.alter?.(chunk) ?? chunk, () => {
          if (passing.after === 'end') this.raw.end()
          done()
        })
    }
  }

  /** What TLS hands over at once may be one record in several blocks. */
  override _writev(blocks: readonly { readonly chunk: Buffer }[], done: Done): void {
    this.#pass(Buffer.concat(blocks.map(({ chunk }) => chunk)), done)
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
