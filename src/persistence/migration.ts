// MIGRATE's links to other servers. A link is kept open for a while after its use, with the database
// that it has selected, as in Redis; one that turns out to be closed is opened anew, once. Answers
// come by callback, each within the time-out.

import type net from 'node:net'
import { decodeReply, type Reply } from '../resp3/decoder.ts'
import type { RedisServer } from '../server/server.ts'
import { tlsSettings } from '../server/tls.ts'
import { connectTo, type Destination } from '../transport/outgoing.ts'
import { loadClientOptions, TlsSetupError } from '../transport/tls-settings.ts'
import type { Timer } from '../util/clock.ts'

const LINKS_MAX = 64
const PORT_MAX = 65535
const KEPT_MS = 10_000

export type Failure = 'connecting' | 'reading'

export interface Exchange {
  /** The words of each command, given what database the link has selected. */
  readonly commands: (selected: number | undefined) => readonly (readonly string[])[]
  readonly timeoutMs: number
  /** Gets the replies that came, and why not all of them did. */
  readonly done: (link: Link, replies: readonly Reply[], failure: Failure | undefined) => void
}

export class MigrationLinks {
  readonly #server: RedisServer
  readonly #links = new Map<string, Link>()

  constructor(server: RedisServer) {
    this.#server = server
    const { closed } = server.hooks
    server.hooks.closed = () => {
      closed?.()
      for (const link of [...this.#links.values()]) this.close(link)
    }
    server.hooks.migrationLinks = () => this.#links.size
  }

  /** Undefined if there can be no connection at all. */
  destination(host: string, port: number): Destination | undefined {
    if (!(port > 0 && port <= PORT_MAX)) return undefined
    const { settings, hooks, log } = this.#server
    if (!settings['tls-cluster']) return { host, port, tls: undefined }
    const memoryFiles = hooks.memoryFiles?.() ?? new Map<string, string>()
    try {
      return { host, port, tls: loadClientOptions({ ...tlsSettings(settings), memoryFiles }) }
    } catch (error) {
      if (!(error instanceof TlsSetupError)) throw error
      log.warning(error.message)
      return undefined
    }
  }

  run(destination: Destination, exchange: Exchange): void {
    const cached = this.#links.get(nameOf(destination))
    if (cached === undefined) {
      this.#open(destination, exchange)
      return
    }
    cached.run({
      ...exchange,
      done: (link, replies, failure) => {
        if (failure !== undefined) this.close(link)
        const mayRetry = failure !== undefined && replies.length === 0 && !link.timedOut
        if (mayRetry) this.#open(destination, exchange)
        else exchange.done(link, replies, failure)
      },
    })
  }

  close(link: Link): void {
    link.socket.destroy()
    if (this.#links.get(link.name) === link) this.#links.delete(link.name)
  }

  #open(destination: Destination, exchange: Exchange): void {
    if (this.#links.size >= LINKS_MAX) {
      for (const oldest of this.#links.values()) {
        this.close(oldest)
        break
      }
    }
    const link = new Link(this.#server, destination, () => this.close(link))
    this.#links.set(link.name, link)
    link.run({
      ...exchange,
      done: (_link, replies, failure) => {
        if (failure !== undefined) this.close(link)
        exchange.done(link, replies, failure)
      },
    })
  }
}

function nameOf({ host, port }: Destination): string {
  return `${host}:${port}`
}

export class Link {
  readonly name: string
  readonly socket: net.Socket
  /** The database that was selected last, if that is sure. */
  selected: number | undefined
  timedOut = false
  readonly #server: RedisServer
  readonly #expire: () => void
  #isReady = false
  #isClosed = false
  #exchange: Exchange | undefined
  #expected = 0
  #replies: Reply[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #timer: Timer | undefined

  constructor(server: RedisServer, destination: Destination, expire: () => void) {
    this.name = nameOf(destination)
    this.#server = server
    this.#expire = expire
    this.socket = connectTo(destination, () => {
      this.#isReady = true
      this.#send()
    })
    this.socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.socket.on('error', () => this.#fail())
    this.socket.on('close', () => this.#fail())
  }

  run(exchange: Exchange): void {
    this.#exchange = exchange
    this.#replies = []
    // It must be able to end: a link at rest does not keep the process alive, one at work does.
    this.socket.ref()
    this.#restartTimer()
    if (this.#isClosed) this.#fail()
    else if (this.#isReady) this.#send()
  }

  #send(): void {
    const commands = this.#exchange?.commands(this.selected) ?? []
    this.#expected = commands.length
    this.#restartTimer()
    this.socket.write(Buffer.from(commands.map(encode).join(''), 'latin1'))
  }

  #receive(chunk: Buffer): void {
    if (this.#exchange === undefined) return
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    try {
      for (;;) {
        const decoded = decodeReply(this.#bytes)
        if (decoded === undefined) break
        this.#bytes = this.#bytes.subarray(decoded.end)
        this.#replies.push(decoded.reply)
        this.#restartTimer()
      }
    } catch {
      // Not a server that speaks our protocol: as good as one that hangs up.
      this.#fail()
      return
    }
    if (this.#replies.length >= this.#expected) this.#finish(undefined)
  }

  #restartTimer(): void {
    this.#timer?.cancel()
    const { timeoutMs } = this.#exchange ?? { timeoutMs: KEPT_MS }
    this.#timer = this.#server.clock.after(timeoutMs, () => {
      this.timedOut = true
      this.#fail()
    })
  }

  #fail(): void {
    this.#isClosed = true
    this.#finish(this.#isReady ? 'reading' : 'connecting')
  }

  #finish(failure: Failure | undefined): void {
    this.#timer?.cancel()
    const exchange = this.#exchange
    this.#exchange = undefined
    if (failure === undefined) {
      this.socket.unref()
      this.#timer = this.#server.clock.after(KEPT_MS, this.#expire)
    }
    if (exchange === undefined) this.#expire()
    else exchange.done(this, this.#replies, failure)
  }
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`
}
