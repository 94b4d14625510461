// What attaches to a server without the server knowing of it: faults, recorded calls, scripts'
// report to INFO, whoever ends the process. Each says which points it wants to be at. Several may
// be at the same one, in the order in which they came, and removing one leaves the others.
//
// The commands' path looks here for each request: where nobody is, a list is empty.

import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import type { Command } from '../table/command.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { Client } from './client.ts'
import type { Handler } from './handlers.ts'
import type { Child } from './server.ts'

export interface Feature {
  // ---- Requests, in this order -----------------------------------------------------------------

  /**
   * May keep an admitted request from going on: 'held' if it did, or an error to refuse it with. It
   * never runs the request itself: what was held back is dispatched again.
   */
  arrived?(client: Client, command: Command, args: Args): ReplyError | 'held' | undefined
  /** May run in the place of a command, where that would run: at once, or when EXEC comes to it. */
  instead?(client: Client, command: Command, args: Args): Handler | undefined
  /** A command ran, for so many milliseconds; its reply begins at the mark if it was written. */
  ran?(client: Client, command: Command, args: Args, durationMs: number, mark?: number): void
  /** A request was refused. */
  refused?(client: Client, command: Command | undefined, args: Args, error: ReplyError): void
  /** The reply to a request, if there is one yet, was written from the mark on. */
  answered?(client: Client, mark: number): void
  /** All requests of a turn have run; their replies are about to be sent. */
  turnEnds?(): void

  // ---- Clients and keys ------------------------------------------------------------------------

  accepted?(client: Client): void
  handshakeFailed?(error: HandshakeError): void
  /** A client is gone. */
  released?(client: Client): void
  /** Hears of every change of a key. */
  keyChanged?(db: Database, key: string): void

  // ---- The server ------------------------------------------------------------------------------

  /** What went on beside commands has ended: another may begin. */
  childEnded?(child: Child, outcome: Outcome): void

  /** What INFO and MEMORY STATS tell of it. */
  report?(): Partial<Report>
  /** Ten times a second. */
  tick?(): void
  /**
   * SHUTDOWN was asked for: whoever runs the process ends it. False if it must go on; or it waits
   * for replicas first, and so does whoever asked.
   */
  shutdown?(options: ShutdownOptions): boolean | 'waiting'
  /** What was answered cannot be kept: whoever runs the process ends it at once. */
  cannotGoOn?(): void
  /** SHUTDOWN ABORT: false if no shutdown was under way. */
  abortShutdown?(): boolean
  closed?(): void
}

export type Outcome = 'done' | 'failed' | 'killed'

export interface ShutdownOptions {
  /** Undefined if the save points decide. */
  readonly save: boolean | undefined
  readonly now: boolean
  readonly force: boolean
}

/** Numbers of which INFO shows the sums over all features. */
export interface Report {
  /** What the two Lua engines take, if they were needed. */
  readonly scriptEngineBytes: number
  readonly functionEngineBytes: number
  readonly scriptBytes: number
  readonly functionBytes: number
  readonly scripts: number
  readonly functions: number
  readonly libraries: number
  /** How many links MIGRATE keeps open. */
  readonly migrationLinks: number
  /** Of links between master and replica, beside those of clients. */
  readonly replicationBytesIn: number
  readonly replicationBytesOut: number
  /** What the last bytes of the stream take, and beside that what replicas have not read. */
  readonly backlogBytes: number
  readonly replicaBytes: number
  /** Keys with an expiry that a replica has made itself. */
  readonly localKeys: number
}

const NOTHING: Report = {
  scriptEngineBytes: 0,
  functionEngineBytes: 0,
  scriptBytes: 0,
  functionBytes: 0,
  scripts: 0,
  functions: 0,
  libraries: 0,
  migrationLinks: 0,
  replicationBytesIn: 0,
  replicationBytesOut: 0,
  backlogBytes: 0,
  replicaBytes: 0,
  localKeys: 0,
}

type Point = keyof Feature

type At<P extends Point> = Feature & Required<Pick<Feature, P>>
type Attached = { readonly [P in Point]: readonly At<P>[] }

const POINTS: readonly Point[] = [
  'arrived',
  'instead',
  'ran',
  'refused',
  'answered',
  'turnEnds',
  'accepted',
  'handshakeFailed',
  'released',
  'keyChanged',
  'childEnded',
  'report',
  'tick',
  'shutdown',
  'cannotGoOn',
  'abortShutdown',
  'closed',
]

export class Features {
  /** Who is at which point. A list never changes: one that is being gone through stays whole. */
  at: Attached = attached([])
  #all: readonly Feature[] = []

  /** Attaches a feature; returns how to remove it. */
  use(feature: Feature): () => void {
    this.#set([...this.#all, feature])
    return () => this.remove(feature)
  }

  remove(feature: Feature): void {
    this.#set(this.#all.filter(one => one !== feature))
  }

  /** The sums of what all of them report. */
  report(): Report {
    const sums: Record<keyof Report, number> = { ...NOTHING }
    for (const feature of this.at.report) {
      for (const [name, value] of Object.entries(feature.report())) {
        sums[name as keyof Report] += value
      }
    }
    return sums
  }

  #set(all: readonly Feature[]): void {
    this.#all = all
    this.at = attached(all)
  }
}

function attached(all: readonly Feature[]): Attached {
  const lists = POINTS.map(point => [point, all.filter(feature => feature[point] !== undefined)])
  return Object.fromEntries(lists) as Attached
}
