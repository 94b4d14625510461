// MIGRATE's links to other servers. A link is kept open for a while after its use, with the database
// that it has selected, as in Redis; one that turns out to be closed is opened anew, once. Answers
// come by callback, each within the time-out.

import type net from 'node:net'
import type { Feature, Report } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import { destinationOf } from '../host/destination.ts'
import { LineReader } from '../resp3/exchange.ts'
import { type Destination, openSocket } from '../transport/outgoing.ts'
import type { Timer } from '../util/clock.ts'

const LINKS_MAX = 64
const PORT_MAX = 65535
const KEPT_MS = 10_000
/** Of a reply no more is read than this: a status or an error, on one line. */
const LINE_MAX = 1023
/** So much is written at a time, and the time-out is for each of these. */
const PIECE_SIZE = 64 * 1024

export type Failure = 'connecting' | 'writing' | 'reading'

/** Makes the bytes of one command when it is its turn: all of them together may be too many. */
export type Message = () => readonly Buffer[]

export interface Exchange {
  /** The commands, given what database the link has selected. Each gets one line as its reply. */
  readonly messages: (selected: number | undefined) => readonly Message[]
  readonly timeoutMs: number
  /** Gets the replies that came, and why not all of them did. */
  readonly done: (
    link: MigrationLink,
    replies: readonly string[],
    failure: Failure | undefined,
  ) => void
}

export class MigrationLinks implements Feature {
  readonly #server: RedisServer
  readonly #links = new Map<string, MigrationLink>()

  constructor(server: RedisServer) {
    this.#server = server
    server.features.use(this)
  }

  report(): Partial<Report> {
    return { migrationLinks: this.#links.size }
  }

  closed(): void {
    for (const link of [...this.#links.values()]) this.close(link)
  }

  /** Undefined if there can be no connection at all. */
  destination(host: string, port: number): Destination | undefined {
    if (!(port > 0 && port <= PORT_MAX)) return undefined
    return destinationOf(this.#server, host, port, 'tls-cluster')
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
        const mayRetry = failure !== undefined && replies.length === 0 && link.mayRetry
        if (mayRetry) this.#open(destination, exchange)
        else exchange.done(link, replies, failure)
      },
    })
  }

  close(link: MigrationLink): void {
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
    const link = new MigrationLink(this.#server, destination, () => this.close(link))
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

export class MigrationLink {
  readonly name: string
  readonly socket: net.Socket
  /** The database that was selected last, if that is sure. */
  selected: number | undefined
  /** Whether a new link may fare better: not after a time-out, and not after a fault of ours. */
  mayRetry = true
  readonly #server: RedisServer
  readonly #expire: () => void
  #isReady = false
  #isClosed = false
  #exchange: Exchange | undefined
  #expected = 0
  #replies: string[] = []
  #reader = new LineReader(LINE_MAX)
  /** What is still to be written; undefined once all is. */
  #unsent: Iterator<Buffer> | undefined
  #timer: Timer | undefined

  constructor(server: RedisServer, destination: Destination, expire: () => void) {
    this.name = nameOf(destination)
    this.#server = server
    this.#expire = expire
    this.socket = openSocket(destination, () => this.#guard(() => this.#connected()))
    this.socket.on('data', (chunk: Buffer) => this.#guard(() => this.#receive(chunk)))
    this.socket.on('drain', () => this.#guard(() => this.#write()))
    this.socket.on('error', () => this.#guard(() => this.#fail()))
    this.socket.on('close', () => this.#guard(() => this.#fail()))
  }

  run(exchange: Exchange): void {
    this.#exchange = exchange
    this.#replies = []
    this.#reader = new LineReader(LINE_MAX)
    // It must be able to end: a link at rest does not keep the process alive, one at work does.
    this.socket.ref()
    this.#restartTimer()
    if (this.#isClosed) this.#fail()
    else if (this.#isReady) this.#guard(() => this.#send())
  }

  /**
   * Nobody else catches what is thrown in a callback of a socket or a timer. It is a fault of
   * ours, and the other side has got we do not know what: the link is over, and the client hears
   * of it as of any other that broke.
   */
  #guard(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#server.recordBug(error, { name: 'the link of MIGRATE' })
      this.mayRetry = false
      this.socket.destroy()
      this.#fail()
    }
  }

  #connected(): void {
    this.#isReady = true
    if (this.#exchange !== undefined) this.#send()
  }

  #send(): void {
    const messages = this.#exchange?.messages(this.selected) ?? []
    this.#expected = messages.length
    this.#unsent = piecesOf(messages)
    this.#write()
  }

  /** Writes until the other side has to take some of it first. */
  #write(): void {
    if (this.#unsent === undefined) return
    this.socket.cork()
    for (;;) {
      const { value: piece, done } = this.#unsent.next()
      if (done === true) {
        this.#unsent = undefined
        break
      }
      if (!this.socket.write(piece)) break
    }
    this.socket.uncork()
    // Making the pieces may have taken longer than the time-out.
    this.#restartTimer()
    this.#finishIfComplete()
  }

  #receive(chunk: Buffer): void {
    if (this.#exchange === undefined) {
      // Nobody has asked for anything: what is said now would be taken for the next reply.
      this.socket.destroy()
      this.#fail()
      return
    }
    this.#reader.read(chunk, line => {
      if (this.#replies.length >= this.#expected) return false
      this.#restartTimer()
      // Not a server that speaks our protocol: as good as one that hangs up.
      if (!/^[+-]/.test(line)) {
        this.socket.destroy()
        this.#fail()
        return false
      }
      this.#replies.push(line)
      return true
    })
    this.#finishIfComplete()
  }

  #finishIfComplete(): void {
    if (this.#exchange === undefined || this.#unsent !== undefined) return
    if (this.#replies.length >= this.#expected) this.#finish(undefined)
  }

  #restartTimer(): void {
    this.#timer?.cancel()
    const { timeoutMs } = this.#exchange ?? { timeoutMs: KEPT_MS }
    this.#timer = this.#server.clock.after(timeoutMs, () => {
      this.mayRetry = false
      this.#guard(() => this.#fail())
    })
  }

  #fail(): void {
    this.#isClosed = true
    const begun = this.#unsent === undefined ? 'reading' : 'writing'
    this.#unsent = undefined
    this.#finish(this.#isReady ? begun : 'connecting')
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

function* piecesOf(messages: readonly Message[]): Generator<Buffer, undefined> {
  for (const message of messages) {
    for (const block of message()) {
      for (let at = 0; at < block.length; at += PIECE_SIZE) {
        yield block.subarray(at, at + PIECE_SIZE)
      }
    }
  }
  return undefined
}
