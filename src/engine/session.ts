// What a client is to a data node, apart from what the node is to the client: the state that
// commands can see and change. The node's parts (pub/sub, tracking, blocking ...) work on sessions.

import { Link } from '../host/link.ts'
import type { Args } from '../resp3/args.ts'
import type { Database } from '../store/database.ts'
import type { Command } from '../table/command.ts'
import type { Transaction } from './transaction.ts'
import type { Blocked } from './wait.ts'

/** CLIENT REPLY: 'skip' silences the command that follows, 'skipping' is that command. */
export type ReplyMode = 'on' | 'off' | 'skip' | 'skipping'

/** What CLIENT TRACKING ON was given. */
export interface TrackingOptions {
  /** The client that gets the messages; 0 is the client itself. */
  readonly redirect: number
  readonly broadcast: boolean
  readonly optIn: boolean
  readonly optOut: boolean
  readonly noLoop: boolean
}

export interface Tracking extends TrackingOptions {
  readonly prefixes: Set<string>
  /** CLIENT CACHING was given for the next command. */
  caching: boolean
  redirectIsBroken: boolean
}

/** What one client listens to. */
export class Subscriptions {
  readonly channels = new Set<string>()
  readonly patterns = new Set<string>()
  readonly shardChannels = new Set<string>()

  /** As SUBSCRIBE and PSUBSCRIBE count. */
  get count(): number {
    return this.channels.size + this.patterns.size
  }
}

/** As CLIENT KILL and CLIENT LIST tell clients apart. */
export type ClientType = 'normal' | 'pubsub' | 'master' | 'replica'

/** What is written to a client beside its replies: the stream, to a replica. */
export interface Outlet {
  /** Bytes that are not in the socket yet. */
  readonly pending: number
  /** Writes what the socket takes. */
  pump(): void
  /** It has sent a command that has a reply, which is dropped. */
  answered(): void
}

export abstract class Session extends Link {
  abstract db: Database
  name = ''
  libraryName = ''
  libraryVersion = ''
  /**
   * What it sends was done elsewhere, or here once, and is to be done again: by the stream of the
   * master, or by a file that is loaded. Nothing speaks against it, and nobody reads its replies.
   */
  isObeyed = false
  /** It has asked for the stream of what writes do (PSYNC), and gets nothing else. */
  isReplica = false
  /** It is the stream that this server follows. */
  isMaster = false
  outlet: Outlet | undefined
  /** Where the stream was after its last write: what WAIT waits for. */
  streamOffset = 0
  /** The same of the append-only file. */
  fileOffset = 0
  /** The last command that was read, also if it was refused. */
  lastCommand: Command | undefined
  commandsRun = 0
  replyMode: ReplyMode = 'on'
  noEvict = false
  noTouch = false
  isMonitor = false
  tracking: Tracking | undefined
  transaction: Transaction | undefined
  /** How many keys it watches. */
  watchCount = 0
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
  abstract scriptCaller: Session | undefined
  /** In a cluster: ASKING was sent, for the request or the transaction that follows. */
  isAsking = false
  /** In a cluster: READONLY was sent, so that a replica answers what its master could. */
  readsReplica = false
  /** Channels, patterns and shard channels. */
  subscriptionCount = 0
  #subscriptions: Subscriptions | undefined

  get type(): ClientType {
    if (this.isMaster) return 'master'
    if (this.isReplica) return 'replica'
    return this.subscriptionCount > 0 ? 'pubsub' : 'normal'
  }

  override get unsent(): number {
    return super.unsent + (this.outlet?.pending ?? 0)
  }

  override flush(): void {
    const { outlet, reply } = this
    if (outlet === undefined) {
      super.flush()
      return
    }
    // It would get among what is sent to it.
    if (reply.size > 0) {
      reply.rewind(0)
      outlet.answered()
    }
    super.flush()
    outlet.pump()
  }

  protected override get isWaiting(): boolean {
    return this.blocked !== undefined || this.postponed !== undefined
  }

  protected override get isSilent(): boolean {
    return this.replyMode === 'off' || this.replyMode === 'skip'
  }

  protected override get queuedBytes(): number {
    return this.transaction?.bytes ?? 0
  }

  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new Subscriptions()
    return this.#subscriptions
  }

  /** The request that waits, of which the client has its own copy. */
  get waitingRequest(): Args | undefined {
    return this.postponed ?? this.blocked?.args
  }
}
