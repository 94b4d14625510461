// A failover by hand: the replica asks its master to hold back writes, waits until it has all that
// there was before, and then is elected, though the master is up.

import type { RedisServer } from '../engine/server.ts'
import type { BusLink } from './bus/message.ts'
import { type ClusterNode, titleOf } from './node.ts'
import type { Speech } from './speech.ts'
import type { ClusterState } from './state.ts'

const LASTS_MS = 5000
/** Writes are held back for longer, so that none comes between the end and the news of it. */
const PAUSE_MS = 2 * LASTS_MS

export class HandOver {
  readonly #server: RedisServer
  readonly #state: ClusterState
  readonly #speech: () => Speech
  #endsAt: number | undefined
  /** Of a master: who wants to take over. */
  #replica: ClusterNode | undefined
  /** Of a replica: up to where it must have the stream of its master, once that is known. */
  #offset: number | undefined
  /** Of a replica: it may be elected. */
  mayStart = false

  constructor(server: RedisServer, state: ClusterState, speech: () => Speech) {
    this.#server = server
    this.#state = state
    this.#speech = speech
  }

  get isUnderWay(): boolean {
    return this.#endsAt !== undefined
  }

  /** CLUSTER FAILOVER, at the replica. */
  start(isForced: boolean): void {
    this.reset()
    this.#endsAt = this.#state.now() + LASTS_MS
    this.mayStart = isForced
  }

  /** At the master. */
  requested(by: ClusterNode, link: BusLink): void {
    const { myself } = this.#state
    if (by.master !== myself) return
    this.reset()
    const now = this.#state.now()
    this.#endsAt = now + LASTS_MS
    this.#replica = by
    this.#server.pause.start('failover', 'write', now + PAUSE_MS)
    this.#server.log.notice(`Manual failover requested by replica ${titleOf(by)}.`)
    this.#speech().ping('ping', link, by)
  }

  /** Whether a node is to be pinged all the time, to learn the offset. */
  concerns(node: ClusterNode): boolean {
    return this.#replica === node
  }

  /** The master holds back writes, and is so far. */
  heardOffset(sender: ClusterNode): void {
    const { myself, todo } = this.#state
    if (!this.isUnderWay || myself.master !== sender || this.#offset !== undefined) return
    this.#offset = sender.replicationOffset
    todo.handsOver = true
    this.#server.log.notice(
      `Received replication offset for paused master manual failover: ${this.#offset}`,
    )
  }

  /** Of a replica: looks whether it has got all. */
  advance(): void {
    if (!this.isUnderWay || this.mayStart || this.#offset === undefined) return
    const { todo } = this.#state
    if (this.#server.replication.reached !== this.#offset) {
      todo.handsOver = true
      return
    }
    this.mayStart = true
    todo.elects = true
    this.#server.log.notice('All master replication stream processed, manual failover can start.')
  }

  expire(): void {
    if (this.#endsAt === undefined || this.#endsAt >= this.#state.now()) return
    this.#server.log.warning('Manual failover timed out.')
    this.reset()
  }

  reset(): void {
    if (this.#replica !== undefined) this.#server.pause.end('failover')
    this.#endsAt = undefined
    this.#replica = undefined
    this.#offset = undefined
    this.mayStart = false
  }
}
