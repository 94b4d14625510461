// The stream of a master, as a client that is obeyed: its commands run like anybody's, but nobody
// refuses or answers them. How far it is counts in bytes, those of whole commands and of whole
// transactions; and the very bytes are handed on to replicas of this replica.

import { Client } from '../engine/client.ts'
import { dispatch } from '../engine/dispatch.ts'
import type { RedisServer } from '../engine/server.ts'
import { ProtocolError } from '../resp3/errors.ts'
import { RequestParser } from '../resp3/parser.ts'
import type { Connection } from '../transport/connection.ts'
import { BLOCK_MAX } from '../util/limits.ts'

/** What it tells the link that it belongs to. */
export interface StreamEvents {
  /** These bytes of the stream were run. */
  applied(bytes: Buffer): void
  /** What came is no stream of commands. */
  broken(reason: string): void
}

export class MasterClient extends Client {
  readonly #stream: RequestParser
  readonly #events: StreamEvents
  /** What has come and was not handed on. */
  #held: Buffer[] = []
  #received = 0
  #applied = 0
  #isRunning = false
  /** What follows a stream that broke off has no meaning any more. */
  isBroken = false

  constructor(server: RedisServer, id: number, connection: Connection, events: StreamEvents) {
    super(server, id, connection)
    this.#events = events
    // What clients here may not send, those of the master may have.
    this.#stream = new RequestParser({ bulkMax: BLOCK_MAX })
    this.authenticated = true
    this.isObeyed = true
    this.isMaster = true
    this.mayNotBlock = true
  }

  /** Bytes of the stream that were run, of those that came here. */
  get applied(): number {
    return this.#applied
  }

  /** Bytes that have come, be they run or not. */
  get received(): number {
    return this.#received
  }

  override receive(chunk: Buffer): void {
    if (this.closed) return
    this.lastActiveAt = this.server.beginTurn()
    this.bytesIn += chunk.length
    this.#received += chunk.length
    this.#held.push(chunk)
    this.#stream.append(chunk, this.args)
    this.process()
    this.server.endTurn()
  }

  override process(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#advance()
    try {
      while (this.#mayRun() && this.#stream.next(this.args, true)) {
        dispatch(this, this.args)
        this.#advance()
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.isBroken = true
      this.#events.broken(error.message)
    } finally {
      this.#isRunning = false
      this.#handOn()
    }
  }

  /** What was read has been run, unless it waits, or belongs to what is not whole yet. */
  #advance(): void {
    if (this.isWaiting || this.transaction !== undefined) return
    this.#applied = this.#received - this.#stream.pending
  }

  #mayRun(): boolean {
    return !this.closed && !this.isWaiting && this.server.busy === undefined
  }

  /** Whole commands go on; what is not whole yet may never be. */
  #handOn(): void {
    const held = this.#held
    let count = this.#applied - this.#handed
    this.#handed = this.#applied
    while (count > 0) {
      const [first] = held
      if (first === undefined) return
      if (first.length > count) {
        this.#events.applied(first.subarray(0, count))
        held[0] = first.subarray(count)
        return
      }
      held.shift()
      count -= first.length
      this.#events.applied(first)
    }
  }

  #handed = 0

  /** Nobody reads what its commands answer. */
  override flush(): void {
    this.reply.rewind(0)
  }

  /** What it is told goes past the replies that are dropped. */
  send(bytes: Buffer): void {
    if (!this.closed) this.connection?.socket.write(bytes)
  }
}
