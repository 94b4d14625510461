// One data node: a host with a keyspace, and everything that serves its clients. Nothing is shared
// with another. It knows no command and no feature by name: those come with the commands that it is
// given, and as features.

import { ConfigError } from '../host/config/parameter.ts'
import { Host, type HostOptions } from '../host/host.ts'
import { REPLY_PEAK_RESET_MS, type ReplyBufferPolicy } from '../host/link-buffers.ts'
import type { Args } from '../resp3/args.ts'
import type { Database } from '../store/database.ts'
import { Keyspace, type Removal } from '../store/keyspace.ts'
import { defaultEncodingLimits } from '../store/value.ts'
import { type Command, FLAG } from '../table/command.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { Connection } from '../transport/listener.ts'
import type { AppendOnly } from './append-only.ts'
import { Blocking } from './blocking.ts'
import { Client } from './client.ts'
import { ClientEviction } from './client-eviction.ts'
import { clientInfo } from './client-info.ts'
import type { ClusterMember } from './cluster.ts'
import { Effects } from './effects.ts'
import { Features } from './features.ts'
import { type FunctionStore, NO_FUNCTIONS } from './function-store.ts'
import type { Commands, Handler } from './handlers.ts'
import { Latency } from './latency.ts'
import type { LongRun } from './long-run.ts'
import { Memory } from './memory.ts'
import { Monitors } from './monitors.ts'
import { Notifications } from './notify.ts'
import { OutputLimit } from './output-limit.ts'
import { Pause } from './pause.ts'
import { PubSub } from './pubsub.ts'
import { Rates } from './rates.ts'
import {
  type LoadedStream,
  LoneNode,
  type ReplicationStatus,
  type Standing,
} from './replication.ts'
import { Slowlog } from './slowlog.ts'
import { TrackingTable } from './tracking.ts'
import { Turn } from './turn.ts'
import type { Blocked } from './wait.ts'
import { Watches } from './watches.ts'

export interface ServerOptions extends Omit<HostOptions, 'catalogue'> {
  readonly commands: Commands
  /** How requests are answered, and those that had to wait: see dispatch.ts. */
  readonly dispatcher: Dispatcher
  /** Default: 12. */
  readonly rdbVersion?: RdbVersion | undefined
}

export interface Dispatcher {
  serve(client: Client, args: Args): void
  resume(client: Client, command: Command, args: Args): void
}

/** Of the files and payloads that are written: what Redis 7.0 reads, 7.2, or 7.4. */
export type RdbVersion = 10 | 11 | 12

/** What goes on beside commands, where Redis forks a process of its own. */
export interface Child {
  readonly kind: 'rdb to disk' | 'rdb to sockets' | 'aof rewrite'
  /** In milliseconds since 1970. */
  readonly startedAt: number
  readonly keysDone: number
  readonly keysTotal: number
  /** About how large what has changed in the meantime was: what copy-on-write would copy. */
  readonly changedBytes: number
  /** Ends it at once: nothing that it has begun is left. */
  kill(): void
}

/** How far loading is. */
export interface LoadProgress {
  /** In milliseconds since 1970. */
  readonly startedAt: number
  /** Of the file; 0 if that cannot be known. */
  readonly totalBytes: number
  readonly bytes: number
  /** What the data took where it was saved. */
  readonly usedMemory: number
  /** What was there before is served until all of it is loaded. */
  readonly isAsync: boolean
}

/** What the save commands have done, and do. */
export interface Persistence {
  /** Whether snapshots are files. A library never writes any. */
  onDisk: boolean
  readonly rdbVersion: RdbVersion
  lastSaveSeconds: number
  /** The last save in the background has failed, and none has succeeded since. */
  lastSaveFailed: boolean
  saves: number
  /** When the last save in the background began; how long it took, -1 if none has ended. */
  lastTrySeconds: number
  lastTookSeconds: number
  /** How much changed during it. */
  lastChangedBytes: number
  /** There is one at a time: see persistence/child.ts. */
  child: Child | undefined
  /** How many there were. */
  children: number
  keysLoaded: number
  keysExpiredAtLoad: number
  /** Undefined as long as nobody has asked for any. */
  appendOnly: AppendOnly | undefined
  /** Where functions are kept, which are saved and loaded with the keys. */
  functions: FunctionStore
  /** The server has started with a snapshot that says where a stream was. */
  streamLoaded: (stream: LoadedStream) => void
}

/** What DEBUG turns on and off. */
export interface Switches {
  activeExpiry: boolean
  /** Nothing happens by itself. */
  cronPaused: boolean
  /** Payloads and files are loaded whatever their checksum. */
  skipsChecksums: boolean
  /** Scripts may call what they must not. */
  ignoresNoscript: boolean
  /** The process stands still so long before it writes to an append-only file. */
  aofFlushSleepMs: number
}

export class RedisServer extends Host<Client> {
  readonly commands: Commands
  /** What each command does, by its id. */
  readonly handlers: readonly Handler[]
  readonly serve: Dispatcher['serve']
  readonly features = new Features()
  readonly keyspace: Keyspace
  readonly turn: Turn
  readonly rates = new Rates()
  readonly pubsub = new PubSub()
  readonly notifications: Notifications
  readonly monitors = new Monitors(this)
  readonly watches = new Watches()
  readonly effects = new Effects(this)
  readonly blocking: Blocking<Client>
  readonly pause: Pause<Client>
  readonly slowlog = new Slowlog()
  readonly memory: Memory
  readonly latency: Latency
  readonly tracking: TrackingTable
  readonly outputLimit: OutputLimit
  readonly clientEviction: ClientEviction
  readonly replyBuffers: ReplyBufferPolicy = { resizing: true, peakResetMs: REPLY_PEAK_RESET_MS }
  readonly persistence: Persistence
  readonly switches: Switches = {
    activeExpiry: true,
    cronPaused: false,
    skipsChecksums: false,
    ignoresNoscript: false,
    aofFlushSleepMs: 0,
  }
  replication: ReplicationStatus = new LoneNode(this)
  /** Undefined if this is no node of a cluster. */
  cluster: ClusterMember | undefined
  /** Data is being loaded: hardly any command is served. */
  loading: LoadProgress | undefined
  /** What runs for so long that others are served meanwhile. */
  busy: LongRun | undefined
  /** When the process ends at the latest, while it waits for replicas. */
  endsAt: number | undefined
  readonly standing: Standing = {
    lacksReplicas: false,
    isReadOnly: false,
    isStale: false,
    keepsAll: false,
  }

  readonly #toContinue: Client[] = []
  readonly #instances = new Map<unknown, unknown>()
  #closed = false

  constructor({ commands, dispatcher, rdbVersion = 12, ...options }: ServerOptions) {
    super({ ...options, catalogue: commands.catalogue })
    this.commands = commands
    this.handlers = commands.run
    this.serve = dispatcher.serve
    if (this.settings['cluster-enabled']) restrictToCluster(this)
    this.keyspace = new Keyspace({
      databases: this.settings.databases,
      limits: defaultEncodingLimits(),
      clock: this.clock,
      random: this.random,
      observer: this,
    })
    this.turn = new Turn(this.clock, this.keyspace)
    this.notifications = new Notifications(this.keyspace, this.pubsub)
    this.blocking = new Blocking(
      this.clock,
      (client, { command, args }) => dispatcher.resume(client, command, args),
      (client, givenUp, withError) => this.#unblocked(client, givenUp, withError),
    )
    this.pause = new Pause(this)
    this.memory = new Memory(this)
    this.latency = new Latency(this.clock)
    this.tracking = new TrackingTable(this)
    this.outputLimit = new OutputLimit(this.settings, this.clock)
    this.clientEviction = new ClientEviction(this)
    this.persistence = {
      onDisk: false,
      rdbVersion,
      lastSaveSeconds: Math.floor(this.startedAt / 1000),
      lastSaveFailed: false,
      saves: 0,
      lastTrySeconds: 0,
      lastTookSeconds: -1,
      lastChangedBytes: 0,
      child: undefined,
      children: 0,
      keysLoaded: 0,
      keysExpiredAtLoad: 0,
      appendOnly: undefined,
      functions: NO_FUNCTIONS,
      streamLoaded: () => {},
    }
  }

  /** The one instance of a part that is made on first use, by its class. */
  feature<F>(type: new (server: RedisServer) => F, make = () => new type(this)): F {
    let instance = this.#instances.get(type) as F | undefined
    if (instance === undefined) {
      instance = make()
      this.#instances.set(type, instance)
    }
    return instance
  }

  /** Whether there may be append-only files: a library makes them if it is asked for them alone. */
  get mayAppend(): boolean {
    const { persistence, config, settings } = this
    return persistence.onDisk || (settings.appendonly && config.isGiven('dir'))
  }

  /** Stops timers and drops every client; the listeners are closed by whoever opened them. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.pause.stop()
    this.disconnectAll()
    for (const feature of this.features.at.closed) feature.closed()
  }

  // ---- Clients ---------------------------------------------------------------------------------

  protected override newClient(id: number, connection: Connection | undefined): Client {
    return new Client(this, id, connection)
  }

  override describeClient(client: Client): string {
    return clientInfo(client)
  }

  protected override accepted(client: Client): void {
    for (const feature of this.features.at.accepted) feature.accepted(client)
  }

  protected override forget(client: Client): void {
    this.monitors.remove(client)
    this.pubsub.leaveAll(client)
    this.watches.unwatch(client)
    this.blocking.forget(client)
    this.tracking.disable(client)
    this.pause.forget(client)
    this.clientEviction.forget(client)
    client.transaction = undefined
    if (client.isShakingHands) return
    for (const feature of this.features.at.released) feature.released(client)
  }

  override handshakeFailed(error: HandshakeError): void {
    for (const feature of this.features.at.handshakeFailed) feature.handshakeFailed(error)
  }

  // ---- Turns -----------------------------------------------------------------------------------

  override get isExecuting(): boolean {
    return this.turn.depth > 0
  }

  override isRunning(client: Client): boolean {
    return this.turn.depth > 0 && this.turn.requester === client
  }

  override beginTurn(): number {
    this.turn.begin()
    return this.keyspace.now
  }

  protected override concludeTurn(): void {
    if (this.tracking.broadcasts) this.tracking.broadcast()
    while (this.#toContinue.length > 0) this.#toContinue.shift()!.process()
    for (const feature of this.features.at.turnEnds) feature.turnEnds()
    this.turn.end()
  }

  protected override exceedsOutputLimit(client: Client): boolean {
    return this.outputLimit.isExceededBy(client)
  }

  protected override measure(clients: readonly Client[]): void {
    const { clientEviction } = this
    if (!clientEviction.isLimited) return
    for (let i = 0; i < clients.length; i++) clientEviction.measure(clients[i]!)
    clientEviction.enforce()
  }

  /** What the client has sent in the meantime waits until everybody who can be served is. */
  #unblocked(client: Client, givenUp?: Blocked, withError = false): void {
    if (givenUp !== undefined) this.called(client, givenUp.command, givenUp.args, 0, withError)
    this.wantsFlush(client)
    this.#toContinue.push(client)
    if (!this.isExecuting && !this.blocking.isServing) this.endTurn()
  }

  /** After a command ran: statistics, SLOWLOG, and who else wants to know. */
  called(
    client: Client,
    command: Command,
    args: Args,
    durationMs: number,
    failed: boolean,
    mark?: number,
  ): void {
    const microseconds = durationMs * 1000
    this.stats.called(command.id, microseconds, failed)
    this.heap.ran()
    this.latency.called(command, durationMs)
    client.commandsRun++
    const { slowlog } = this
    if (
      slowlog.slowerThanMicroseconds >= 0 &&
      microseconds >= slowlog.slowerThanMicroseconds &&
      (command.flags & FLAG.skip_slowlog) === 0
    ) {
      slowlog.add(client, args, microseconds, this.clock.now())
    }
    if (this.tracking.clientCount > 0 && (command.flags & FLAG.readonly) !== 0) {
      const reader = client.scriptCaller ?? client
      if ((command.flags & FLAG.runs_script) === 0) this.tracking.remember(reader, command, args)
    }
    for (const feature of this.features.at.ran) {
      feature.ran(client, command, args, durationMs, mark)
    }
  }

  // ---- What happens to keys --------------------------------------------------------------------

  keyChanged(db: Database, key: string): void {
    if (!this.watches.isEmpty) this.watches.touch(db, key)
    this.blocking.keyChanged(db, key)
    this.memory.keyChanged(db, key)
    if (!this.tracking.isIdle) this.tracking.keyChanged(key)
    for (const feature of this.features.at.keyChanged) feature.keyChanged(db, key)
  }

  /** Whether keyChanged has anybody to tell. */
  get followsKeys(): boolean {
    return (
      !this.watches.isEmpty ||
      this.blocking.count > 0 ||
      this.memory.isLimited ||
      !this.tracking.isIdle ||
      this.features.at.keyChanged.length > 0
    )
  }

  keyRemoved(db: Database, key: string, why: Removal): void {
    if (this.effects.isHeard) this.effects.removed(db, key, why)
  }

  fieldsExpired(db: Database, key: string, fields: readonly string[]): void {
    this.stats.expiredFields += fields.length
    if (this.effects.isHeard) this.effects.fieldsExpired(db, key, fields)
  }

  keyEvent(db: Database, event: string, key: string): void {
    this.notifications.send(db, event, key)
  }

  flushing(databases: readonly Database[]): void {
    for (const db of databases) this.watches.touchAll(db)
  }

  flushed(databases: readonly Database[]): void {
    for (const db of databases) this.blocking.databaseChanged(db)
    this.memory.databasesChanged(databases)
    this.heap.freed()
    this.tracking.flushed()
  }

  swapping(a: Database, b: Database): void {
    this.watches.touchAll(a, b)
    this.watches.touchAll(b, a)
  }

  swapped(a: Database, b: Database): void {
    this.memory.databasesChanged([a, b])
    this.blocking.databaseChanged(a)
    this.blocking.databaseChanged(b)
  }
}

/** What a node of a cluster cannot have: several databases, or a master of its own choice. */
function restrictToCluster({ settings, config, log }: Host): void {
  if (settings.replicaof !== undefined) {
    throw new ConfigError('replicaof directive not allowed in cluster mode')
  }
  if (settings.databases <= 1) return
  log.warning(
    `WARNING: Changing databases number from ${settings.databases} to 1 since we are in cluster mode`,
  )
  config.put('databases', '1')
}
