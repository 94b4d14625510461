// What a data node says of itself as a copy of another one, or as one that others copy. A lone node
// is neither; whatever makes it either (replication/) takes this place.

import { randomBytes } from 'node:crypto'
import type { Settings } from '../host/config/config.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { InfoFields } from './info-fields.ts'

export interface ReplicationStatus {
  /** INFO's section. */
  fields(): InfoFields
  /** The reply of ROLE. */
  writeRole(reply: ReplyWriter): void
  /** What a snapshot says of the stream, for whoever goes on from there; none without a stream. */
  remarks(): Remarks
  /** Replicas that lack something, as long as there are any. */
  readonly lagging: readonly LaggingReplica[]
  readonly replicaCount: number
  /** Of what byte of the stream the data is: 0 as long as a replica waits for other data. */
  readonly reached: number
  /** The stream is another one from now on, for whoever wants to go on with it. */
  changeId(): void
  /** min-replicas-to-write or the like is another: says what follows for `server.standing`. */
  settingsChanged(): void
}

export type Remarks = readonly (readonly [name: string, text: string])[]

/** One that is behind, as the log tells of it when the server ends. */
export interface LaggingReplica {
  readonly name: string
  /** How many bytes of the stream it has not said to have. */
  readonly behind: number
  readonly lagSeconds: number
  readonly stage: string
}

/** Where a stream was when the snapshot was taken that a server has started with. */
export interface LoadedStream {
  readonly id: string
  readonly offset: number
  readonly database: number
  /** Keys that were not loaded since their time was over. */
  readonly expired: readonly { readonly database: number; readonly key: string }[]
}

/** Why data cannot be written, or read, whoever asks: see gate.ts. */
export interface Standing {
  /** min-replicas-to-write: too few replicas keep up. */
  lacksReplicas: boolean
  /** A replica that takes writes from its master alone. */
  isReadOnly: boolean
  /** A replica that may not answer from data that might be old. */
  isStale: boolean
  /** A replica that leaves it to its master what goes where memory is short. */
  keepsAll: boolean
}

/** The server whose status it is. */
interface ReplicatingServer {
  readonly settings: Settings
  readonly standing: Standing
}

export class LoneNode implements ReplicationStatus {
  readonly #server: ReplicatingServer
  #id = randomId()

  constructor(server: ReplicatingServer) {
    this.#server = server
  }

  fields(): InfoFields {
    return [
      ['role', 'master'],
      ['connected_slaves', 0],
      ...minReplicasFields(this.#server, 0),
      ...streamFields(this.#server, { id: this.#id, offset: 0, failover: 'no-failover' }),
    ]
  }

  writeRole(reply: ReplyWriter): void {
    reply.array(3)
    reply.bulk('master')
    reply.integer(0)
    reply.array(0)
  }

  readonly lagging: readonly LaggingReplica[] = []
  readonly replicaCount = 0
  readonly reached = 0

  changeId(): void {
    this.#id = randomId()
  }

  remarks(): Remarks {
    return []
  }

  settingsChanged(): void {
    this.#server.standing.lacksReplicas = wantsReplicas(this.#server.settings)
  }
}

/** A name for a stream of writes: 40 hexadecimal digits. */
export function randomId(): string {
  return randomBytes(20).toString('hex')
}

export const NO_ID = '0'.repeat(40)

/** What the end of INFO's section says of the stream. */
export interface StreamFacts {
  readonly id: string
  /** The last byte. */
  readonly offset: number
  readonly failover: string
  /** What it was called before, and the first byte that was not called so. */
  readonly formerId?: string
  readonly formerEnd?: number
  readonly backlog?: { readonly first: number; readonly length: number } | undefined
}

export function streamFields({ settings }: ReplicatingServer, facts: StreamFacts): InfoFields {
  const { id, offset, failover, formerId = NO_ID, formerEnd = -1, backlog } = facts
  return [
    ['master_failover_state', failover],
    ['master_replid', id],
    ['master_replid2', formerId],
    ['master_repl_offset', offset],
    ['second_repl_offset', formerEnd],
    ['repl_backlog_active', backlog === undefined ? 0 : 1],
    ['repl_backlog_size', settings['repl-backlog-size']],
    ['repl_backlog_first_byte_offset', backlog?.first ?? 0],
    ['repl_backlog_histlen', backlog?.length ?? 0],
  ]
}

/** How many replicas keep up, where anybody wants to know. */
export function minReplicasFields({ settings }: ReplicatingServer, good: number): InfoFields {
  return wantsReplicas(settings) ? [['min_slaves_good_slaves', good]] : []
}

export function wantsReplicas(settings: Settings): boolean {
  return settings['min-replicas-to-write'] > 0 && settings['min-replicas-max-lag'] > 0
}
