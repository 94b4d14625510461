// One connection, from chunk to flush. Also the client that a script runs its commands as: that
// one has no connection, and its replies are read by the script.

import type { User } from '../acl/user.ts'
import { Args } from '../resp3/args.ts'
import { ProtocolError } from '../resp3/errors.ts'
import { REQUEST_MAX, RequestParser } from '../resp3/parser.ts'
import { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import type { Command } from '../table/command.ts'
import type { Connection } from '../transport/listener.ts'
import type { Blocked, Wait } from './blocking.ts'
import { ClientBuffers } from './client-memory.ts'
import { dispatch } from './dispatch.ts'
import { Subscriptions } from './pubsub.ts'
import type { RedisServer } from './server.ts'
import type { Tracking } from './tracking.ts'
import type { Transaction } from './transaction.ts'

/** Unsent bytes from which on a client's requests wait until it has taken its replies. */
const UNSENT_PAUSE = 64 * 1024 * 1024
/** What a client may leave unread, and may send without completing it, before it has logged in. */
const UNAUTHENTICATED_MAX = 1024 * 1024

/** From then on a client counts as idle. */
const IDLE_MS = 2000

/** CLIENT REPLY: 'skip' silences the command that follows, 'skipping' is that command. */
export type ReplyMode = 'on' | 'off' | 'skip' | 'skipping'

export class Client {
  readonly id: number
  readonly server: RedisServer
  /** Of a client that has yet to shake hands: the one below TLS. */
  connection: Connection | undefined
  /** TLS: nothing is read from it yet. */
  isShakingHands = false
  readonly reply = new ReplyWriter()
  readonly args = new Args()
  readonly createdAt: number

  db: Database
  /** Undefined for the server's own clients, which may do everything. */
  user: User | undefined
  authenticated = false
  name = ''
  libraryName = ''
  libraryVersion = ''
  lastActiveAt: number
  /** The last command that was read, also if it was refused. */
  lastCommand: Command | undefined
  replyMode: ReplyMode = 'on'
  noEvict = false
  noTouch = false
  isMonitor = false
  tracking: Tracking | undefined
  transaction: Transaction | undefined
  /** A watched key has changed: EXEC will answer null. */
  watchTouched = false
  /** Waits for keys; nothing more is read until it is served. */
  blocked: Blocked | undefined
  /** Set while a blocked command runs again. */
  resumed: Blocked | undefined
  /** Held back by CLIENT PAUSE: these words run when the pause is over. */
  postponed: Args | undefined
  /** Set in scripts and transactions: a command that would block answers at once. */
  mayNotBlock = false
  /** The client that a script acts for. */
  scriptCaller: Client | undefined
  /** Closes the connection once the reply has been sent. */
  closeAfterReply = false
  closed = false
  /** Bytes in and out since the connection was made. */
  bytesIn = 0
  bytesOut = 0
  commandsRun = 0
  readonly buffers: ClientBuffers
  /** Is among those that the server flushes at the end of the turn. */
  awaitsFlush = false
  /** client-output-buffer-limit: since when too much has been unread, but not much too much. */
  aboveSoftLimitSince: number | undefined

  readonly #parser: RequestParser
  #subscriptions: Subscriptions | undefined
  #pendingPushes: ((reply: ReplyWriter) => void)[] = []
  #processing = false
  #readingPaused = false

  constructor(server: RedisServer, id: number, connection: Connection | undefined) {
    this.server = server
    this.id = id
    this.connection = connection
    this.db = server.keyspace.databases[0]!
    this.createdAt = server.clock.now()
    this.lastActiveAt = this.createdAt
    this.buffers = new ClientBuffers(this.createdAt)
    this.#parser = new RequestParser(server.parserLimits)
  }

  /** The peer's address, as CLIENT LIST shows it. */
  get peer(): string {
    return this.connection?.peer ?? ''
  }

  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new Subscriptions()
    return this.#subscriptions
  }

  get hasSubscriptions(): boolean {
    return this.#subscriptions !== undefined && this.#subscriptions.total > 0
  }

  get subscriptionCount(): number {
    return this.#subscriptions?.total ?? 0
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

  /** The request that waits, of which the client has its own copy. */
  get waitingRequest(): Args | undefined {
    return this.postponed ?? this.blocked?.args
  }

  /** The request that is being run, or of which a part has arrived. */
  get currentRequest(): Args | undefined {
    return this.#processing || this.#parser.isInMidRequest ? this.args : undefined
  }

  /** Bytes of replies that the peer has not taken yet. */
  get unsent(): number {
    return this.reply.size + (this.connection?.socket.writableLength ?? 0)
  }

  /** A chunk from the socket: runs every complete request in it. */
  receive(chunk: Buffer): void {
    if (this.closed || this.closeAfterReply) return
    this.server.beginTurn()
    this.bytesIn += chunk.length
    this.lastActiveAt = this.server.keyspace.now
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
        dispatch(this, this.args)
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
      this.blocked === undefined &&
      this.postponed === undefined &&
      !this.closeAfterReply &&
      !this.closed &&
      !this.#readingPaused &&
      this.reply.size < UNSENT_PAUSE
    )
  }

  #refuse(error: ProtocolError): void {
    this.server.stats.countError('ERR')
    if (this.replyMode === 'on' || this.replyMode === 'skipping') {
      this.reply.error(`ERR Protocol error: ${error.message}`)
    }
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
    if (this.#parser.unread + (this.transaction?.bytes ?? 0) > max) this.#endForQueryBuffer()
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

  /**
   * Called by a blocking command that found nothing to do. Writes nothing: when one of the keys
   * changes, the same handler runs again. Where blocking is not possible (in a transaction or a
   * script) the reply of the time-out is given at once.
   */
  waitFor(wait: Wait): void {
    if (this.mayNotBlock) wait.onTimeout(this.reply)
    else this.server.blocking.block(this, this.lastCommand!, this.server.runningArgs!, wait)
  }

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

  /** RESET: as the connection was at its start. */
  resetState(): void {
    const { server } = this
    server.endTransaction(this)
    server.pubsub.leaveAll(this)
    server.monitors.delete(this)
    this.isMonitor = false
    server.tracking.disable(this)
    this.db = server.keyspace.databases[0]!
    this.reply.resp = 2
    this.replyMode = 'on'
    this.noEvict = false
    this.noTouch = false
    this.name = ''
    server.resetAuthentication(this)
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
    this.#checkUnsent(socket.writableLength, written)
  }

  // So much was written at once that requests had to wait: they go on when it is sent, as after
  // any write that the socket could not take.
  #checkUnsent(unsent: number, written: number): void {
    if (unsent > UNAUTHENTICATED_MAX && this.server.needsAuth(this)) {
      this.server.disconnect(this)
    } else if (Math.max(unsent, written) >= UNSENT_PAUSE && !this.#readingPaused) {
      this.#readingPaused = true
      const socket = this.connection!.socket
      socket.pause()
      socket.once('drain', () => this.server.guard(this, () => this.#readOn()))
    }
  }

  #readOn(): void {
    this.#readingPaused = false
    this.connection!.socket.resume()
    this.process()
    this.server.endTurn()
  }

  /** Drops what has arrived but did not run yet: nothing of a closed client may run. */
  discardInput(): void {
    this.#parser.clear()
    this.#pendingPushes = []
  }
}
