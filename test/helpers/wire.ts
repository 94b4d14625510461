// A raw client for tests: sends words or bytes, gives back replies with their exact types and bytes.

import net from 'node:net'
import type { Duplex } from 'node:stream'
import { OWN_REPLIES, type Reply } from '../../src/resp3/decoder.ts'
import { ReplyReader, requestBlocks } from '../../src/resp3/exchange.ts'

export class Answer {
  readonly reply: Reply
  readonly #parts: readonly Buffer[]

  /** @param parts the bytes of the reply, as they came */
  constructor(reply: Reply, parts: readonly Buffer[]) {
    this.reply = reply
    this.#parts = parts
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

export class Wire {
  readonly socket: Duplex
  readonly closed: Promise<void>
  readonly #reader = new ReplyReader(OWN_REPLIES)
  #received = 0
  /** Of a reply whose end has not come. */
  #begun: Buffer[] = []
  #answers: Answer[] = []
  #waiting: Waiting[] = []
  #ended = false

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => {})
    this.closed = new Promise(resolve =>
      socket.once('close', () => {
        this.#ended = true
        for (const waiting of this.#waiting) waiting.reject(new Error('Connection closed'))
        this.#waiting = []
        resolve()
      }),
    )
  }

  static connect(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.off('error', reject)
        resolve(new Wire(socket))
      })
      socket.once('error', reject)
      socket.setNoDelay()
    })
  }

  /** Sends one command as an array of bulk strings (binary strings) and waits for its reply. */
  call(...words: readonly string[]): Promise<Answer> {
    this.write(encode(words))
    return this.next()
  }

  /** The reply of a command in the notation of transcripts. */
  async ask(...words: readonly string[]): Promise<Shown> {
    return show((await this.call(...words)).reply)
  }

  write(bytes: Buffer | string): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** The next reply or push, in order of arrival. */
  next(): Promise<Answer> {
    const answer = this.#answers.shift()
    if (answer !== undefined) return Promise.resolve(answer)
    if (this.#ended) return Promise.reject(new Error('Connection closed'))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Replies that have arrived and were not asked for yet. */
  get unread(): number {
    return this.#answers.length
  }

  close(): void {
    this.socket.destroy()
  }

  #receive(chunk: Buffer): void {
    const before = this.#received
    this.#received += chunk.length
    let start = 0
    this.#reader.read(chunk, (reply, endOfReply) => {
      const end = endOfReply - before
      const answer = new Answer(reply, [...this.#begun, chunk.subarray(start, end)])
      this.#begun = []
      start = end
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#answers.push(answer)
      else waiting.resolve(answer)
    })
    if (start < chunk.length) this.#begun.push(chunk.subarray(start))
  }
}

/** Commands in one block. */
export function encode(...commands: readonly (readonly string[])[]): Buffer {
  return Buffer.concat(commands.flatMap(words => requestBlocks(words)))
}

/** A reply as tests write it down: '+OK', ':1', '$text', '-ERR ...', '(nil)', or a list of them. */
export type Shown = string | readonly Shown[]

export function show(reply: Reply): Shown {
  switch (reply.type) {
    case 'simple':
      return `+${reply.text}`
    case 'error':
      return `-${reply.text}`
    case 'bulk':
      return `$${reply.text}`
    case 'big':
      return `(${reply.text}`
    case 'verbatim':
      return `=${reply.text}`
    case 'integer':
      return `:${reply.value}`
    case 'double':
      return `,${reply.value}`
    case 'boolean':
      return reply.value ? '#t' : '#f'
    case 'null':
      return '(nil)'
    case 'nullArray':
      return '(nil array)'
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(show)
    case 'map':
    case 'attribute':
      return reply.pairs.flatMap(([key, value]) => [show(key), show(value)])
  }
}
