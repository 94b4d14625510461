// The console: one real connection a user, over TLS as every client's, so that it stands in CLIENT
// LIST, may subscribe and may wait. It is put into its user's place from within, because nobody
// can log in as a user whose password only its hash is known of.

import tls from 'node:tls'
import type { Client } from '../engine/client.ts'
import type { Reply } from '../resp3/decoder.ts'
import { ReplyReader, requestBlocks, TOOL_LIMITS } from '../resp3/exchange.ts'
import type { RunningRedis } from '../testing/running.ts'

const NAME = 'lab-console'
/** How long a command may take before the page is told that it waits. */
const PATIENCE_MS = 1000

export type LateReply = (reply: Reply) => void

export class ConsoleSession {
  readonly client: Client
  readonly #socket: tls.TLSSocket
  readonly #late: LateReply
  readonly #reader = new ReplyReader(TOOL_LIMITS)
  #waiting: ((reply: Reply) => void) | undefined
  #last: Promise<Reply | undefined> = Promise.resolve(undefined)

  private constructor(socket: tls.TLSSocket, client: Client, late: LateReply) {
    this.#socket = socket
    this.client = client
    this.#late = late
    socket.on('data', chunk => this.#hear(chunk))
  }

  /** @param userName as bytes; there must be such a user */
  static async open(
    redis: RunningRedis,
    userName: string,
    late: LateReply,
  ): Promise<ConsoleSession> {
    const socket = await connect(redis)
    const peer = `${socket.localAddress}:${socket.localPort}`
    const client = await clientAt(redis, peer)
    client.user = redis.server.users.get(userName)
    client.authenticated = true
    client.name = NAME
    return new ConsoleSession(socket, client, late)
  }

  get isOpen(): boolean {
    return !this.client.closed && !this.#socket.destroyed
  }

  /** The reply, or undefined if there is none yet: it comes late, if at all. */
  run(words: readonly string[]): Promise<Reply | undefined> {
    this.#last = this.#last.then(() => this.#ask(words))
    return this.#last
  }

  #ask(words: readonly string[]): Promise<Reply | undefined> {
    if (!this.isOpen) return Promise.resolve(undefined)
    return new Promise(resolve => {
      const settle = (reply: Reply | undefined): void => {
        clearTimeout(patience)
        this.#waiting = undefined
        this.#socket.off('close', giveUp)
        resolve(reply)
      }
      const giveUp = (): void => settle(undefined)
      const patience = setTimeout(giveUp, PATIENCE_MS)
      this.#waiting = settle
      this.#socket.once('close', giveUp)
      for (const block of requestBlocks(words)) this.#socket.write(block)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #hear(chunk: Buffer): void {
    if (this.#socket.destroyed) return
    try {
      this.#reader.read(chunk, reply => this.#take(reply))
    } catch (error) {
      // More than a page can show. The connection is of no use then; the next command opens one.
      const reason = error instanceof Error ? error.message : String(error)
      this.#take({ type: 'error', text: `ERR ${reason}: the console has closed its connection` })
      this.close()
    }
  }

  #take(reply: Reply): void {
    if (this.#waiting === undefined || reply.type === 'push') this.#late(reply)
    else this.#waiting(reply)
  }
}

function connect({ host, port, tls: files }: RunningRedis): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, ca: files?.ca, cert: files?.cert, key: files?.key })
    socket.once('secureConnect', () => {
      socket.off('error', reject)
      // A connection that breaks is closed, and that is all there is to it.
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

/** The server may take notice of the handshake a moment later than the client. */
function clientAt(redis: RunningRedis, peer: string): Promise<Client> {
  const find = (): Client | undefined =>
    [...redis.server.clients.values()].find(client => client.peer === peer)
  const found = find()
  if (found !== undefined) return Promise.resolve(found)
  return new Promise(resolve => {
    const listener = (): void => {
      const client = find()
      if (client === undefined) return
      redis.off('client', listener)
      resolve(client)
    }
    redis.on('client', listener)
  })
}
