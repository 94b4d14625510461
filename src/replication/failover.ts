// FAILOVER: a master hands over to a replica without losing anything. Writes stop; when a replica
// has everything, this server becomes its replica, and asks it to be the master.

import type { RedisServer } from '../engine/server.ts'
import { err } from '../resp3/errors.ts'
import type { Replica } from './replica.ts'

export interface FailoverRequest {
  /** Ends one that is under way, and means nothing else. */
  readonly aborts: boolean
  /** The target takes over even if it lacks something when the time is over. */
  readonly isForced: boolean
  /** 0 for no limit. */
  readonly timeoutMs: number
  readonly target: FailoverTarget | undefined
}

export interface FailoverTarget {
  readonly host: string
  readonly port: number
}

/** As INFO names them. */
export type FailoverState = 'no-failover' | 'waiting-for-sync' | 'failover-in-progress'

/** What it asks of whoever knows the replicas. */
interface Replicating {
  readonly isReplica: boolean
  readonly replicas: Iterable<Replica>
  /** The last byte of the stream. */
  readonly offset: number
  follow(host: string, port: number): boolean
  lead(): boolean
}

export class Failover {
  state: FailoverState = 'no-failover'
  readonly #server: RedisServer
  readonly #node: Replicating
  #target: FailoverTarget | undefined
  #isForced = false
  #endsAt = Infinity

  constructor(server: RedisServer, node: Replicating) {
    this.#server = server
    this.#node = node
  }

  /** @throws ReplyError if there can be none */
  start({ aborts, isForced, timeoutMs, target }: FailoverRequest): void {
    const { log, clock, pause } = this.#server
    if (aborts) {
      if (this.state === 'no-failover') throw err('No failover in progress.')
      this.abort('Failover manually aborted')
      return
    }
    if (this.state !== 'no-failover') throw err('FAILOVER already in progress.')
    if (this.#node.isReplica) throw err('FAILOVER is not valid when server is a replica.')
    if ([...this.#node.replicas].length === 0) throw err('FAILOVER requires connected replicas.')
    if (isForced && (timeoutMs === 0 || target === undefined)) {
      throw err('FAILOVER with force option requires both a timeout and target HOST and IP.')
    }
    if (target !== undefined) {
      const replica = this.#replicaAt(target)
      if (replica === undefined) throw err('FAILOVER target HOST and PORT is not a replica.')
      if (replica.stage !== 'online') throw err('FAILOVER target replica is not online.')
    }
    log.notice(`FAILOVER requested to ${target ? placeOf(target) : 'any replica'}.`)
    this.#target = target
    this.#isForced = isForced
    this.#endsAt = timeoutMs === 0 ? Infinity : clock.now() + timeoutMs
    this.state = 'waiting-for-sync'
    pause.start('failover', 'write')
  }

  /** Ten times a second, and whenever a replica says how far it is. */
  update(): void {
    if (this.state !== 'waiting-for-sync') return
    const { log, clock } = this.#server
    if (clock.now() >= this.#endsAt) {
      if (!this.#isForced || this.#target === undefined) {
        this.abort('Replica never caught up before timeout')
        return
      }
      log.notice(`FAILOVER to ${placeOf(this.#target)} time out exceeded, failing over.`)
      this.#handOver(this.#target)
      return
    }
    const replica = this.#synced()
    if (replica === undefined) return
    const target = { host: replica.host, port: replica.listeningPort }
    log.notice(`Failover target ${placeOf(target)} is synced, failing over.`)
    this.#handOver(target)
  }

  /** Who has everything, of those who may take over. */
  #synced(): Replica | undefined {
    const has = (replica: Replica): boolean => replica.acknowledged === this.#node.offset
    if (this.#target === undefined) return [...this.#node.replicas].find(has)
    const replica = this.#replicaAt(this.#target)
    return replica !== undefined && has(replica) ? replica : undefined
  }

  #handOver(target: FailoverTarget): void {
    this.#target = target
    this.state = 'failover-in-progress'
    this.#node.follow(target.host, target.port)
  }

  /** The other one is the master now. */
  succeeded(): void {
    if (this.state === 'failover-in-progress') this.#clear()
  }

  abort(reason: string): void {
    if (this.state === 'no-failover') return
    const to = this.#target ? placeOf(this.#target) : 'any replica'
    this.#server.log.notice(`FAILOVER to ${to} aborted: ${reason}`)
    const wasInProgress = this.state === 'failover-in-progress'
    this.state = 'no-failover'
    if (wasInProgress) this.#node.lead()
    this.#clear()
  }

  #clear(): void {
    this.state = 'no-failover'
    this.#target = undefined
    this.#isForced = false
    this.#endsAt = Infinity
    this.#server.pause.end('failover')
  }

  #replicaAt({ host, port }: FailoverTarget): Replica | undefined {
    const name = host.toLowerCase()
    return [...this.#node.replicas].find(
      replica => replica.host.toLowerCase() === name && replica.listeningPort === port,
    )
  }
}

function placeOf({ host, port }: FailoverTarget): string {
  return `${host}:${port}`
}
