// One connection, from chunk to flush, and who sits at its other end. What its requests mean is the
// business of its heirs: the clients of a data node (engine/client.ts).

import type { User } from '../acl/user.ts'
import { Args } from '../resp3/args.ts'
import { ProtocolError } from '../resp3/errors.ts'
import { REQUEST_MAX, RequestParser } from '../resp3/parser.ts'
import { ReplyWriter } from '../resp3/writer.ts'
import type { Connection } from '../transport/listener.ts'
import type { Host } from './host.ts'
import { LinkBuffers } from './link-buffers.ts'

/** Unsent bytes from which on a client's requests wait until it has taken its replies. */
const UNSENT_PAUSE = 64 * 1024 * 1024
/** What a client may leave unread, and may send without completing it, before it has logged in. */
const UNAUTHENTICATED_MAX = 1024 * 1024

/** What fits into the reply buffer that every client of Redis has anyway is no output to limit. */
export const UNCOUNTED_BYTES = 16 * 1024

/** From then on a client counts as idle. */
const IDLE_MS = 2000

export abstract class Link {
  readonly id: number
  readonly server: Host
  /** Of one that has yet to shake hands: the one below TLS. Undefined for the server's own. */
  connection: Connection | undefined
  /** TLS: nothing is read from it yet. */
  isShakingHands = false
  readonly reply = new ReplyWriter()
  readonly args = new Args()
  readonly createdAt: number

  /** Undefined for the server's own clients, which may do everything. */
  user: User | undefined
  authenticated = false
  lastActiveAt: number
  /** Closes the connection once the reply has been sent. */
  closeAfterReply = false
  closed = false
  /** Bytes in and out since the connection was made. */
  bytesIn = 0
  bytesOut = 0
  readonly buffers: LinkBuffers
  /** Is among those that the server flushes at the end of the turn. */
  awaitsFlush = false
  /** client-output-buffer-limit: since when too much has been unread, but not much too much. */
  aboveSoftLimitSince: number | undefined

  readonly #parser: RequestParser
  #pendingPushes: ((reply: ReplyWriter) => void)[] = []
  #processing = false
  #readingPaused = false

  constructor(server: Host, id: number, connection: Connection | undefined) {
    this.server = server
    this.id = id
    this.connection = connection
    this.createdAt = server.clock.now()
    this.lastActiveAt = this.createdAt
    this.buffers = new LinkBuffers(this.createdAt)
    this.#parser = new RequestParser(server.parserLimits)
  }

  /** Whether no further request may run yet. */
  protected get isWaiting(): boolean {
    return false
  }

  /** Whether its replies are not wanted. */
  protected get isSilent(): boolean {
    return false
  }

  /** Bytes of requests that are kept until others follow, which count as unread. */
  protected get queuedBytes(): number {
    return 0
  }

  // ---- What it takes ---------------------------------------------------------------------------

  /** The peer's address, as CLIENT LIST shows it. */
  get peer(): string {
    return this.connection?.peer ?? ''
  }

  /** Bytes in the query buffer: those of the running request are still there. */
  get queryBufferSize(): number {
    return this.server.isRunning(this) ? this.#parser.buffered : this.#parser.unread
  }

  /** Bytes that have arrived and are no word of a request yet. */
  get unread(): number {
    return this.#parser.unread
  }

  /** Bytes that the client has announced: of a large word whose rest is still to come. */
  get awaited(): number {
    return this.#parser.awaited
  }

  /** The request that is being run, or of which a part has arrived. */
  get currentRequest(): Args | undefined {
    return this.#processing || this.#parser.isInMidRequest ? this.args : undefined
  }

  /** Bytes of replies that the peer has not taken yet. */
  get unsent(): number {
    return this.reply.size + (this.connection?.socket.writableLength ?? 0)
  }

  /** Whether client-output-buffer-limit may have something against it. */
  get mayOwe(): boolean {
    return this.unsent > UNCOUNTED_BYTES || this.aboveSoftLimitSince !== undefined
  }

  // ---- In --------------------------------------------------------------------------------------

  /** A chunk from the socket: runs every complete request in it. */
  receive(chunk: Buffer): void {
    if (this.closed || this.closeAfterReply) return
    this.lastActiveAt = this.server.beginTurn()
    this.bytesIn += chunk.length
    if (this.#parser.pending + chunk.length > REQUEST_MAX) {
      this.#endForQueryBuffer()
      return
    }
    this.#parser.append(chunk, this.args)
    this.buffers.received(this.#parser.buffered, 0)
    this.#checkQueryBuffer()
    this.process()
    if (this.#parser.isInMidRequest) this.buffers.received(this.#parser.unread, this.awaited)
    this.server.endTurn()
  }

  /** Runs requests until there is none, or until the client has to wait. */
  process(): void {
    if (this.#processing) return
    this.#processing = true
    try {
      while (this.#mayContinue() && this.#parser.next(this.args, !this.server.needsAuth(this))) {
        this.server.serve(this, this.args)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#refuse(error)
    } finally {
      this.#processing = false
      this.server.wantsFlush(this)
    }
  }

  #mayContinue(): boolean {
    return (
      !this.isWaiting &&
      !this.closeAfterReply &&
      !this.closed &&
      !this.#readingPaused &&
      this.reply.size < UNSENT_PAUSE
    )
  }

  #refuse(error: ProtocolError): void {
    this.server.stats.countError('ERR')
    if (!this.isSilent) this.reply.error(`ERR Protocol error: ${error.message}`)
    this.server.log.verbose(
      `Protocol error (${error.reason}) from client: ${this.server.describeClient(this)}`,
    )
    this.closeAfterReply = true
    this.#parser.clear()
  }

  #checkQueryBuffer(): void {
    const max = this.server.needsAuth(this)
      ? UNAUTHENTICATED_MAX
      : this.server.settings['client-query-buffer-limit']
    if (this.#parser.unread + this.queuedBytes > max) this.#endForQueryBuffer()
  }

  #endForQueryBuffer(): void {
    this.server.log.warning(
      `Closing client that reached max query buffer length: ${this.server.describeClient(this)}`,
    )
    this.server.stats.queryBufferDisconnections++
    this.server.disconnect(this)
  }

  /** A client that has been idle for a while needs no room for what it may send next. */
  trimInput(now: number): void {
    if (this.#processing || now - this.lastActiveAt <= IDLE_MS) return
    if (this.#parser.trim()) this.args.clear()
  }

  /** Drops what has arrived but did not run yet: nothing of a closed client may run. */
  discardInput(): void {
    this.#parser.clear()
    this.#pendingPushes = []
  }

  // ---- Out -------------------------------------------------------------------------------------

  /**
   * Sends an out-of-band message: after the reply of the command that is running, if it is ours.
   */
  push(write: (reply: ReplyWriter) => void): void {
    if (this.closed || this.closeAfterReply) return
    if (this.server.isRunning(this)) {
      this.#pendingPushes.push(write)
      return
    }
    write(this.reply)
    this.server.wantsFlush(this)
    this.server.checkOutput(this)
  }

  /** Messages that came up while a command was running. */
  deliverPushes(): void {
    if (this.#pendingPushes.length === 0) return
    const pushes = this.#pendingPushes
    this.#pendingPushes = []
    for (const write of pushes) write(this.reply)
  }

  /** Sends what was written since the last time: one write a turn. */
  flush(): void {
    const { connection } = this
    if (connection === undefined || this.closed) return
    const { socket } = connection
    let written = 0
    if (this.reply.size > 0) {
      const bytes = this.reply.take()
      written = bytes.length
      this.buffers.replied(written)
      this.bytesOut += bytes.length
      this.server.stats.bytesOut += bytes.length
      this.server.stats.writes++
      socket.write(bytes)
    }
    if (this.closeAfterReply) {
      this.server.release(this)
      socket.end(() => socket.destroySoon())
      return
    }
    this.#checkUnsent(connection, written)
  }

  // So much was written at once that requests had to wait: they go on when it is sent, as after
  // any write that the socket could not take.
  #checkUnsent({ socket }: Connection, written: number): void {
    const unsent = socket.writableLength
    if (unsent > UNAUTHENTICATED_MAX && this.server.needsAuth(this)) {
      this.server.disconnect(this)
    } else if (Math.max(unsent, written) >= UNSENT_PAUSE && !this.#readingPaused) {
      this.#readingPaused = true
      socket.pause()
      socket.once('drain', () => this.server.guard(this, () => this.#readOn(socket)))
    }
  }

  #readOn(socket: Connection['socket']): void {
    this.#readingPaused = false
    socket.resume()
    this.process()
    this.server.endTurn()
  }
}
