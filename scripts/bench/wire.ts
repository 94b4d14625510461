// The least that a client can be: it writes requests and waits for the ends of replies, which it
// does not decode, so that its own time is as small as it can be.

import net from 'node:net'
import tls from 'node:tls'
import { requestBlocks } from '../../src/resp3/exchange.ts'

const PONG = Buffer.from('+PONG\r\n')

export class Wire {
  readonly #socket: net.Socket
  #heard: (chunk: Buffer) => void = () => {}
  #failed: (error: Error) => void = () => {}

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#heard(chunk))
    socket.on('error', error => this.#failed(error))
    socket.on('close', () => this.#failed(new Error('The server closed the connection')))
  }

  static connect(port: number, material?: tls.ConnectionOptions): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const connected = (): void => {
        socket.off('error', reject)
        resolve(new Wire(socket))
      }
      const socket =
        material === undefined
          ? net.connect({ port, host: '127.0.0.1', noDelay: true }, connected)
          : tls.connect({ port, host: '127.0.0.1', ...material }, connected)
      socket.once('error', reject)
      if (material !== undefined) socket.setNoDelay(true)
    })
  }

  /**
   * Sends requests; resolves to the first chunk of the replies when the last has come whole. Replies
   * of any size are seen to their end by the PONG that follows them.
   */
  ask(...requests: readonly (readonly string[])[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let first: Buffer | undefined
      let tail: Buffer = Buffer.alloc(0)
      this.#failed = reject
      this.#heard = chunk => {
        first ??= chunk
        tail = chunk.length >= PONG.length ? chunk : Buffer.concat([tail, chunk])
        if (tail.subarray(-PONG.length).equals(PONG)) resolve(first)
      }
      const blocks = [...requests, ['PING']].flatMap(words => requestBlocks(words))
      this.#socket.write(Buffer.concat(blocks))
    })
  }

  /** Milliseconds until a PING is answered. */
  async ping(): Promise<number> {
    const startedAt = performance.now()
    await this.ask()
    return performance.now() - startedAt
  }

  close(): void {
    this.#failed = () => {}
    this.#socket.destroy()
  }
}

/** Writes many keys, in batches of MSET: `key:0` to `key:<count - 1>`, small values. */
export async function fillKeys(wire: Wire, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1000) {
    const words = ['MSET']
    for (let i = at; i < Math.min(count, at + 1000); i++) {
      words.push(`key:${String(i).padStart(12, '0')}`, `value:${i}`)
    }
    await wire.ask(words)
  }
}
