// One running server: owns everything below it, and nothing is shared with another. It knows no
// command and no feature by name beyond what dispatch needs; those come with the command table and
// as features.

import { randomBytes } from 'node:crypto'
import { AclLog } from '../acl/log.ts'
import { Users } from '../acl/user.ts'
import type { Args } from '../resp3/args.ts'
import { LOADING, MISCONF, NOREPLICAS, type ReplyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { Keyspace } from '../store/keyspace.ts'
import { defaultEncodingLimits } from '../store/value.ts'
import { CommandTable } from '../table/catalogue.ts'
import { type Command, FLAG } from '../table/command.ts'
import type { Connection } from '../transport/listener.ts'
import { type Clock, GuardedClock, SystemClock, type Timer } from '../util/clock.ts'
import { isTooLarge } from '../util/limits.ts'
import { type Random, SystemRandom } from '../util/random.ts'
import { type Blocked, Blocking } from './blocking.ts'
import { Client } from './client.ts'
import { ClientEviction } from './client-eviction.ts'
import { clientInfo } from './client-info.ts'
import { REPLY_PEAK_RESET_MS, type ReplyBufferPolicy } from './client-memory.ts'
import { Config } from './config.ts'
import { type Directive, takeDirectives } from './directives.ts'
import { resume } from './dispatch.ts'
import { Features } from './features.ts'
import { followSettings } from './follow-settings.ts'
import type { Commands } from './handlers.ts'
import { HeapGuard } from './heap-guard.ts'
import { closeIdleClients } from './idle.ts'
import { Latency } from './latency.ts'
import { Log } from './log.ts'
import { Memory } from './memory.ts'
import { Notifications } from './notify.ts'
import { monitorLine, Slowlog } from './observe.ts'
import { OutputLimit } from './output-limit.ts'
import { Pause } from './pause.ts'
import { PubSub } from './pubsub.ts'
import { Rates } from './rates.ts'
import { Stats } from './stats.ts'
import { TrackingTable } from './tracking.ts'
import { Watches } from './transaction.ts'

export interface ServerOptions {
  readonly commands: Commands
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: (line: string) => void
  /** What redis.conf would say, each directive as its words. */
  readonly config?: Iterable<Directive>
  /** The file that CONFIG REWRITE writes. */
  readonly configFile?: string
}

/** What the save commands have done. */
export interface Persistence {
  /** Whether snapshots are files. A library never writes any. */
  onDisk: boolean
  lastSaveSeconds: number
  lastSaveFailed: boolean
  saves: number
  keysLoaded: number
  keysExpiredAtLoad: number
}

/** What others ask of the open listeners. */
export interface OpenListeners {
  /** Files of the TLS settings that exist in memory only, by their names. */
  readonly memoryFiles: ReadonlyMap<string, string>
  /** INFO's lines, one a listener. */
  infoLines(): readonly (readonly [string, string])[]
}

export const CRON_EVERY_MS = 100
const ACTIVE_EXPIRE_KEYS = 200
const NO_BYTES = Buffer.alloc(0)

export class RedisServer {
  readonly commands: Commands
  readonly table: CommandTable
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly config: Config
  readonly keyspace: Keyspace
  readonly users: Users
  readonly aclLog = new AclLog()
  readonly stats: Stats
  readonly rates = new Rates()
  readonly pubsub = new PubSub()
  readonly notifications: Notifications
  readonly watches = new Watches()
  readonly blocking: Blocking
  readonly pause: Pause
  readonly slowlog = new Slowlog()
  readonly memory: Memory
  readonly heap = new HeapGuard()
  readonly latency: Latency
  readonly tracking: TrackingTable
  readonly outputLimit: OutputLimit
  readonly clientEviction: ClientEviction
  readonly replyBuffers: ReplyBufferPolicy = { resizing: true, peakResetMs: REPLY_PEAK_RESET_MS }
  readonly persistence: Persistence = {
    onDisk: false,
    lastSaveSeconds: 0,
    lastSaveFailed: false,
    saves: 0,
    keysLoaded: 0,
    keysExpiredAtLoad: 0,
  }
  readonly features = new Features()
  /** Set by whoever opened listeners. */
  listeners: OpenListeners | undefined
  readonly parserLimits = { bulkMax: 512 * 1024 * 1024 }
  readonly clients = new Map<number, Client>()
  readonly monitors = new Set<Client>()
  readonly startedAt: number
  readonly runId: string
  readonly replicationId: string
  /** Bugs of ours that were met while running commands; close() throws the first. */
  readonly bugs: unknown[] = []
  loading = false
  activeExpiry = true
  /** DEBUG PAUSE-CRON: nothing happens by itself. */
  cronPaused = false
  /** DEBUG SET-SKIP-CHECKSUM-VALIDATION: payloads and files are loaded whatever their checksum. */
  skipsChecksums = false
  /** DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may call what they must not. */
  ignoresNoscript = false
  peakClients = 0
  /** min-replicas-to-write: nothing may be written as long as nobody replicates. */
  wantsReplicas = false

  #nextClientId = 1
  #depth = 0
  #runningClient: Client | undefined
  #runningArgs: Args | undefined
  /** Monotonic time of the last look at the clock in this turn: where the next command begins. */
  #moment = 0
  /** No turn is under way: the time must be read before anything happens. */
  #timeIsOld = true
  /** Clients with something to send; each is marked, so that it is in here once. */
  readonly #toFlush: Client[] = []
  readonly #toClose = new Set<Client>()
  readonly #toContinue: Client[] = []
  readonly #features = new Map<unknown, unknown>()
  readonly #cronTimer: Timer
  readonly #expireCursors: number[]
  #closed = false

  constructor(options: ServerOptions) {
    this.commands = options.commands
    this.table = new CommandTable(options.commands.catalogue)
    this.clock = new GuardedClock(options.clock ?? new SystemClock(), error =>
      this.broke(error, 'a timer'),
    )
    this.random = options.random ?? new SystemRandom()
    this.log = new Log(this.clock, options.log)
    this.config = new Config(this.log, options.configFile)
    const finishConfiguration = takeDirectives(this, options.config ?? [])
    this.keyspace = new Keyspace({
      databases: this.settings.databases,
      limits: defaultEncodingLimits(),
      clock: this.clock,
      random: this.random,
      observer: this,
    })
    this.notifications = new Notifications(this.keyspace, this.pubsub)
    this.users = new Users(this.table.catalogue)
    this.stats = new Stats(this.table.catalogue.all.length, this.log)
    this.blocking = new Blocking(
      this.clock,
      (client, blocked) => this.#rerun(client, blocked),
      (client, givenUp, withError) => this.#unblocked(client, givenUp, withError),
    )
    this.pause = new Pause(this)
    this.memory = new Memory(this)
    this.latency = new Latency(this.clock)
    this.tracking = new TrackingTable(this)
    this.outputLimit = new OutputLimit(this)
    this.clientEviction = new ClientEviction(this)
    this.startedAt = this.clock.now()
    this.persistence.lastSaveSeconds = Math.floor(this.startedAt / 1000)
    const ids = randomBytes(40).toString('hex')
    this.runId = ids.slice(0, 40)
    this.replicationId = ids.slice(40)
    this.#expireCursors = this.keyspace.databases.map(() => 0)
    followSettings(this)
    finishConfiguration()
    this.#cronTimer = this.clock.every(CRON_EVERY_MS, () => this.#cron())
  }

  get settings(): Config['settings'] {
    return this.config.settings
  }

  // ---- Clients ---------------------------------------------------------------------------------

  /** A connection is a client before its handshake: it counts, and may idle out or be killed. */
  expect(connection: Connection): Client {
    const client = new Client(this, this.#nextClientId++, connection)
    client.isShakingHands = true
    this.resetAuthentication(client)
    this.clients.set(client.id, client)
    this.peakClients = Math.max(this.peakClients, this.clients.size)
    return client
  }

  /** A connection that stands. Its socket already has an error listener. */
  accept(connection: Connection, client: Client = this.expect(connection)): Client {
    client.connection = connection
    client.isShakingHands = false
    this.stats.connections++
    const { socket } = connection
    const receive = (chunk: Buffer): void => client.receive(chunk)
    socket.on('data', chunk => {
      this.stats.bytesIn += chunk.length
      this.stats.reads++
      this.heap.received(chunk.length)
      this.guard(client, receive, chunk)
    })
    this.guard(client, () => {
      for (const feature of this.features.at.accepted) feature.accepted(client)
    })
    // A peer that ends its side has nothing more to say: Redis closes at once, like here.
    socket.on('end', () => this.guard(client, () => this.disconnect(client)))
    socket.on('close', () => this.guard(client, () => this.release(client)))
    return client
  }

  /** A client without a connection: for scripts and for the server's own commands. */
  internalClient(): Client {
    return new Client(this, 0, undefined)
  }

  /** As a connection starts: the default user, logged in if that needs no password. */
  resetAuthentication(client: Client): void {
    client.user = this.users.default
    client.authenticated = this.users.default.nopass && this.users.default.enabled
  }

  /** Whether the client must log in before it may run ordinary commands. */
  needsAuth(client: Client): boolean {
    if (client.authenticated || client.connection === undefined) return false
    const { default: user } = this.users
    return !user.nopass || !user.enabled
  }

  allowsProtected(command: Command, client: Client): boolean {
    const setting = command.allowedBy && this.settings[command.allowedBy]
    return setting === 'yes' || (setting === 'local' && (client.connection?.isLoopback ?? true))
  }

  describeClient(client: Client): string {
    return clientInfo(client)
  }

  /** Closes a connection at once; if its command is running, after the reply. */
  disconnect(client: Client): void {
    if (client.closed || client.connection === undefined) return
    if (this.isRunning(client)) {
      client.closeAfterReply = true
      return
    }
    this.release(client)
    client.connection.socket.destroy()
  }

  /** Forgets a client everywhere; its socket is somebody else's business. */
  release(client: Client): void {
    if (client.closed) return
    client.closed = true
    client.discardInput()
    this.clients.delete(client.id)
    this.monitors.delete(client)
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

  // ---- What goes wrong -------------------------------------------------------------------------

  /**
   * Does what a socket calls for. Whatever that throws ends this client alone: dispatch() answers
   * what a command throws, so that this is the net under everything around it.
   */
  guard(client: Client, act: (chunk: Buffer) => void, chunk = NO_BYTES): void {
    try {
      act(chunk)
    } catch (error) {
      this.broke(error, 'a connection', client)
      // Whoever has a reply to get gets it all the same.
      this.endTurn()
    }
  }

  /** A bug of ours, where no reply can tell of it. */
  broke(error: unknown, place: string, client?: Client): void {
    this.recordBug(error, { name: place })
    if (client?.connection === undefined) return
    try {
      this.release(client)
    } catch (error) {
      this.recordBug(error, { name: 'the end of a connection' })
    }
    client.connection.socket.destroy()
  }

  /** Keeps what close() is to throw. */
  recordBug(error: unknown, { name }: { readonly name: string }): void {
    this.bugs.push(error)
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.log.warning(`Internal error in '${name}': ${text.replace(/\n\s*/g, ' | ')}`)
  }

  // ---- Running commands ------------------------------------------------------------------------

  /** The client whose command is running is not to be written to out of turn. */
  isRunning(client: Client): boolean {
    return this.#depth > 0 && this.currentClient === client
  }

  /** The connection whose request is being served, also from within a script. */
  get currentClient(): Client | undefined {
    const client = this.#runningClient
    return client?.scriptCaller ?? client
  }

  get isExecuting(): boolean {
    return this.#depth > 0
  }

  /** The client whose command is running: a script's own one inside a script. */
  get runningClient(): Client | undefined {
    return this.#runningClient
  }

  /** The words of the command that is running. */
  get runningArgs(): Args | undefined {
    return this.#runningArgs
  }

  /** Something has come in. The time is read once a turn, and again after what takes long. */
  beginTurn(): void {
    this.keyspace.tick()
    this.#moment = this.clock.monotonic()
    this.#timeIsOld = false
  }

  /**
   * Marks the start of a command, and returns its moment for stop(); leave() restores the outer
   * command, if there is one.
   */
  enter(client: Client, args: Args): number {
    this.#runningClient = client
    this.#runningArgs = args
    if (this.#depth++ === 0 && (this.#timeIsOld || client.connection === undefined)) {
      this.beginTurn()
    }
    this.keyspace.touches = !client.noTouch
    return this.#moment
  }

  /** Milliseconds since the moment of enter(). Inside another command time stands still. */
  stop(startedAt: number): number {
    this.#moment = this.clock.monotonic()
    const durationMs = this.#moment - startedAt
    if (durationMs >= 1 && this.#depth === 1) this.keyspace.tick()
    return durationMs
  }

  leave(outerClient: Client | undefined, outerArgs: Args | undefined): void {
    this.#runningClient = outerClient
    this.#runningArgs = outerArgs
    this.#depth--
  }

  /** After a command ran: statistics, SLOWLOG. */
  called(
    client: Client,
    command: Command,
    args: Args,
    durationMs: number,
    failed: boolean,
    mark?: number,
  ): void {
    const microseconds = durationMs * 1000
    this.stats.calls[command.id]!++
    this.stats.microseconds[command.id]! += microseconds
    if (failed) this.stats.failed[command.id]!++
    this.stats.commands++
    this.heap.ran()
    this.stats.commandMicroseconds += microseconds
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

  /** MONITOR. Scripts are shown before they run, so that their commands follow them. */
  feedMonitors(client: Client, args: Args): void {
    if (this.monitors.size === 0) return
    let line: Buffer
    try {
      line = monitorLine(client, args, this.clock.now())
    } catch (error) {
      if (!isTooLarge(error)) throw error
      this.log.warning('A request is too large to be shown: clients in MONITOR are disconnected.')
      for (const monitor of [...this.monitors]) this.disconnect(monitor)
      return
    }
    for (const monitor of this.monitors) monitor.push(reply => reply.simpleBytes(line))
  }

  /** Reasons to refuse a command that lie in the server's state. */
  stateRefusal(flags: number): ReplyError | undefined {
    if ((flags & FLAG.write) !== 0) {
      if (this.wantsReplicas) return NOREPLICAS
      if (this.persistence.lastSaveFailed && this.#stopsWritesThen) return MISCONF
    }
    if (this.loading && (flags & FLAG.loading) === 0) return LOADING
    return undefined
  }

  get #stopsWritesThen(): boolean {
    return this.settings['stop-writes-on-bgsave-error'] && this.settings.save.length > 0
  }

  /** EXEC itself was refused: the transaction is gone, and the reply says why. */
  abortTransaction(client: Client, error: ReplyError): void {
    this.endTransaction(client)
    const reason = error.message.startsWith('ERR ') ? error.message.slice(4) : error.message
    this.stats.countError('EXECABORT')
    client.reply.error(`EXECABORT Transaction discarded because of: ${reason}`)
  }

  endTransaction(client: Client): void {
    client.transaction = undefined
    this.watches.unwatch(client)
  }

  #rerun(client: Client, blocked: Blocked): void {
    resume(client, blocked.command, blocked.args)
  }

  /** What the client has sent in the meantime waits until everybody who can be served is. */
  #unblocked(client: Client, givenUp?: Blocked, withError = false): void {
    if (givenUp !== undefined) this.called(client, givenUp.command, givenUp.args, 0, withError)
    this.wantsFlush(client)
    this.#toContinue.push(client)
    if (this.#depth === 0 && !this.blocking.isServing) this.endTurn()
  }

  // ---- The end of a turn -----------------------------------------------------------------------

  wantsFlush(client: Client): void {
    if (client.awaitsFlush) return
    client.awaitsFlush = true
    this.#toFlush.push(client)
  }

  /**
   * Closes a client whose unread replies exceed its class's limit, but not in mid-command. True if
   * it is going to be closed.
   */
  checkOutput(client: Client): boolean {
    if (!this.outputLimit.isExceededBy(client)) return false
    if (this.#toClose.has(client)) return true
    this.log.warning(
      `Client ${this.describeClient(client)} scheduled to be closed ASAP for overcoming of output buffer limits.`,
    )
    this.stats.outputBufferDisconnections++
    this.#toClose.add(client)
    return true
  }

  /** Sends every reply that was written since the last turn. */
  endTurn(): void {
    if (this.#depth > 0) return
    if (this.tracking.prefixCount > 0) this.tracking.broadcast()
    while (this.#toContinue.length > 0) this.#toContinue.shift()!.process()
    const clients = this.#toFlush
    for (let i = 0; i < clients.length; i++) this.checkOutput(clients[i]!)
    if (this.#toClose.size > 0) this.#closeClients()
    if (this.clientEviction.isLimited) {
      for (let i = 0; i < clients.length; i++) this.clientEviction.measure(clients[i]!)
      this.clientEviction.enforce()
    }
    for (let i = 0; i < clients.length; i++) this.#flush(clients[i]!)
    clients.length = 0
    this.stats.endCycle()
    this.#timeIsOld = true
  }

  #flush(client: Client): void {
    client.awaitsFlush = false
    try {
      client.flush()
    } catch (error) {
      this.broke(error, 'a flush', client)
    }
  }

  #closeClients(): void {
    for (const client of this.#toClose) this.disconnect(client)
    this.#toClose.clear()
  }

  // ---- What happens to keys --------------------------------------------------------------------

  keyChanged(db: Database, key: string): void {
    if (!this.watches.isEmpty) this.watches.touch(db, key)
    this.blocking.keyChanged(db, key)
    this.memory.keyChanged(db, key)
    if (this.tracking.clientCount > 0) this.tracking.keyChanged(key)
    for (const feature of this.features.at.keyChanged) feature.keyChanged(db, key)
  }

  /** Whether keyChanged has anybody to tell. */
  get followsKeys(): boolean {
    return (
      !this.watches.isEmpty ||
      !this.blocking.isIdle ||
      this.memory.isLimited ||
      this.tracking.clientCount > 0 ||
      this.features.at.keyChanged.length > 0
    )
  }

  keyExpired(_db: Database, _key: string): void {}

  fieldsExpired(count: number): void {
    this.stats.expiredFields += count
  }

  keyEvent(db: Database, event: string, key: string): void {
    this.notifications.send(db, event, key)
  }

  /** Empties databases without events; returns how many keys there were. */
  flush(databases: readonly Database[]): number {
    let removed = 0
    for (const db of databases) {
      this.watches.touchAll(db)
      this.blocking.databaseChanged(db)
      removed += db.clear()
    }
    this.memory.databasesChanged(databases)
    this.heap.freed()
    this.tracking.flushed()
    return removed
  }

  swapDatabases(a: Database, b: Database): void {
    this.watches.touchAll(a, b)
    this.watches.touchAll(b, a)
    a.swap(b)
    this.memory.databasesChanged([a, b])
    this.blocking.databaseChanged(a)
    this.blocking.databaseChanged(b)
  }

  #cron(): void {
    if (this.cronPaused) return
    const startedAt = this.clock.monotonic()
    if (this.activeExpiry && !this.keyspace.expirySuspended) this.expireKeys()
    closeIdleClients(this)
    const now = this.clock.now()
    for (const client of this.clients.values()) {
      client.buffers.resize(client, this.replyBuffers, now)
      client.trimInput(now)
      // Soft limits run out also where nothing more is written.
      if (client.unsent > 0) this.checkOutput(client)
    }
    this.clientEviction.measureAll()
    if (this.tracking.clientCount > 0) this.tracking.limit()
    this.endTurn()
    for (const feature of this.features.at.tick) feature.tick()
    const endedAt = this.clock.monotonic()
    this.stats.cronMicroseconds += (endedAt - startedAt) * 1000
    this.rates.sample(this.stats, endedAt)
  }

  /** One round of active expiry: goes on in a database as long as much of what it meets is dead. */
  expireKeys(): void {
    if (!this.keyspace.hasVolatile) return
    this.keyspace.tick()
    this.keyspace.databases.forEach((db, i) => {
      db.expireDueFields()
      for (let round = 0; round < 50 && db.volatileCount > 0; round++) {
        const { cursor, expired } = db.expireSome(this.#expireCursors[i]!, ACTIVE_EXPIRE_KEYS)
        this.#expireCursors[i] = cursor
        if (expired * 10 < ACTIVE_EXPIRE_KEYS) break
      }
    })
    if (this.blocking.hasReady) this.blocking.serve()
    this.endTurn()
  }

  // ---- What INFO asks --------------------------------------------------------------------------

  /** The port that INFO shows: the plain one, or that of TLS where there is no plain one. */
  get shownPort(): number {
    return this.settings.port || this.settings['tls-port']
  }

  // ---- Features and end ------------------------------------------------------------------------

  /** The one instance of a feature's class in this server, made on first use. */
  feature<F>(type: new (server: RedisServer) => F): F {
    let feature = this.#features.get(type) as F | undefined
    if (feature === undefined) {
      feature = new type(this)
      this.#features.set(type, feature)
    }
    return feature
  }

  /** Stops timers and drops every client; the listeners are closed by whoever opened them. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cronTimer.cancel()
    this.pause.end()
    for (const client of [...this.clients.values()]) this.disconnect(client)
    for (const feature of this.features.at.closed) feature.closed()
  }
}
