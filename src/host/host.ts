// A process that listens as Redis does: its settings, log, users and connections, whatever it then
// does with requests. A data node (engine/server.ts) is one.

import { randomBytes } from 'node:crypto'
import type tls from 'node:tls'
import { AclLog } from '../acl/log.ts'
import { Users } from '../acl/users.ts'
import type { Args } from '../resp3/args.ts'
import { type CommandCatalogue, CommandTable } from '../table/catalogue.ts'
import type { Command } from '../table/command.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { Connection, ListenerEvents, SocketTaker } from '../transport/listener.ts'
import type { Detour } from '../transport/outgoing.ts'
import { type Clock, GuardedClock, SystemClock } from '../util/clock.ts'
import { type Random, SystemRandom } from '../util/random.ts'
import { Config } from './config/config.ts'
import {
  DIRECTIVES,
  type Directive,
  type DirectiveKinds,
  DirectiveReading,
} from './config/directives.ts'
import { HeapGuard } from './heap-guard.ts'
import type { Link } from './link.ts'
import { Log } from './log.ts'
import { Stats } from './stats.ts'

export interface HostOptions {
  readonly catalogue: CommandCatalogue
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  readonly log?: ((line: string) => void) | undefined
  /** What redis.conf would say, each directive as its words. */
  readonly config?: Iterable<Directive> | undefined
  /** Directives beside those of every server, by their names. */
  readonly directives?: DirectiveKinds | undefined
  /** The file that CONFIG REWRITE writes. */
  readonly configFile?: string | undefined
}

/** What others ask of the open listeners. */
export interface OpenListeners {
  /**
   * With what this server's own connections speak TLS.
   * @throws TlsSetupError
   */
  readonly clientTls: tls.ConnectionOptions
  /** What connections of this server's own do as well. */
  readonly unref: boolean
  readonly detour: Detour | undefined
  /**
   * Listens for the other nodes of a cluster, at every address of `bind`, until all is closed. What
   * is accepted is plain yet: whether it is to be TLS is a setting of the moment.
   * @param port 0 takes any
   * @returns the port
   * @throws StartError
   */
  openBus(port: number, events: ListenerEvents): number
  /** Makes it TLS: always with a client certificate. Undefined if the settings give no TLS. */
  readonly busTls: SocketTaker | undefined
  /** INFO's lines, one a listener. */
  infoLines(): readonly (readonly [string, string])[]
}

const NO_BYTES = Buffer.alloc(0)

export abstract class Host<L extends Link = Link> {
  readonly table: CommandTable
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly config: Config
  readonly directives: DirectiveKinds
  readonly users: Users
  readonly aclLog = new AclLog()
  readonly stats: Stats
  readonly heap = new HeapGuard()
  readonly parserLimits = { bulkMax: 512 * 1024 * 1024 }
  readonly clients = new Map<number, L>()
  /** Set by whoever opened listeners. */
  listeners: OpenListeners | undefined
  readonly startedAt: number
  readonly runId: string
  /** Bugs of ours that were met while running commands; close() throws the first. */
  readonly bugs: unknown[] = []
  peakClients = 0

  #nextClientId = 1
  /** Clients with something to send; each is marked, so that it is in here once. */
  readonly #toFlush: L[] = []
  readonly #toClose = new Set<L>()

  constructor(options: HostOptions) {
    const { catalogue, clock, random, log, config, configFile } = options
    this.table = new CommandTable(catalogue)
    this.clock = new GuardedClock(clock ?? new SystemClock(), error => this.broke(error, 'a timer'))
    this.random = random ?? new SystemRandom()
    this.log = new Log(this.clock, log)
    this.config = new Config(this.log, configFile)
    this.users = new Users(catalogue)
    this.stats = new Stats(catalogue.all.length, this.log)
    this.startedAt = this.clock.now()
    this.runId = randomBytes(20).toString('hex')
    this.directives = new Map([...DIRECTIVES, ...(options.directives ?? [])])
    const reading = new DirectiveReading(this, this.directives)
    for (const words of config ?? []) reading.take(words)
    this.finishConfiguration = () => reading.finish(this)
  }

  /** To be called once everything follows the settings: takes users, refuses modules. */
  readonly finishConfiguration: () => void

  get settings(): Config['settings'] {
    return this.config.settings
  }

  // ---- For the heir ----------------------------------------------------------------------------

  /** Answers one request of a client, now or later. */
  abstract serve(client: L, args: Args): void

  protected abstract newClient(id: number, connection: Connection | undefined): L

  /** One line that says who a client is, for the logs. */
  abstract describeClient(client: L): string

  /** Whether its request is being served: it is not to be written to out of turn. */
  abstract isRunning(client: L): boolean

  /** Something has come in; returns the time. */
  abstract beginTurn(): number

  /** Whether requests are being served: the turn is not over. */
  abstract get isExecuting(): boolean

  /** Before the replies of a turn are sent. */
  protected abstract concludeTurn(): void

  /** Whether a client's unread replies exceed what it may leave. */
  protected abstract exceedsOutputLimit(client: L): boolean

  /** Between the last reply and its flush: whoever takes too much may be closed. */
  protected abstract measure(clients: readonly L[]): void

  protected abstract accepted(client: L): void

  /** A client is gone, and to be forgotten everywhere. */
  protected abstract forget(client: L): void

  abstract handshakeFailed(error: HandshakeError): void

  // ---- Clients ---------------------------------------------------------------------------------

  /** A connection is a client before its handshake: it counts, and may idle out or be killed. */
  expect(connection: Connection): L {
    const client = this.newClient(this.#nextClientId++, connection)
    client.isShakingHands = true
    this.resetAuthentication(client)
    this.clients.set(client.id, client)
    this.peakClients = Math.max(this.peakClients, this.clients.size)
    return client
  }

  /** A connection that stands. Its socket already has an error listener. */
  accept(connection: Connection, client: L = this.expect(connection)): L {
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
    this.guard(client, () => this.accepted(client))
    // A peer that ends its side has nothing more to say: Redis closes at once, like here.
    socket.on('end', () => this.guard(client, () => this.disconnect(client)))
    socket.on('close', () => this.guard(client, () => this.release(client)))
    return client
  }

  /** Takes in a connection that this server has opened itself, as a client. */
  adopt<C extends L>(make: (id: number) => C): C {
    const client = make(this.#nextClientId++)
    this.clients.set(client.id, client)
    return client
  }

  /** A client without a connection: for scripts and for the server's own commands. */
  internalClient(): L {
    return this.newClient(0, undefined)
  }

  /** As a connection starts: the default user, logged in if that needs no password. */
  resetAuthentication(client: L): void {
    client.user = this.users.default
    client.authenticated = this.users.default.nopass && this.users.default.enabled
  }

  /** Whether the client must log in before it may run ordinary commands. */
  needsAuth(client: L): boolean {
    if (client.authenticated || client.connection === undefined) return false
    const { default: user } = this.users
    return !user.nopass || !user.enabled
  }

  allowsProtected({ allowedBy }: Command, client: L): boolean {
    const setting = allowedBy && this.settings[allowedBy]
    return setting === 'yes' || (setting === 'local' && (client.connection?.isLoopback ?? true))
  }

  /** Closes a connection at once; if its command is running, after the reply. */
  disconnect(client: L): void {
    if (client.closed || client.connection === undefined) return
    if (this.isRunning(client)) {
      client.closeAfterReply = true
      return
    }
    this.release(client)
    client.connection.socket.destroy()
  }

  /** Forgets a client everywhere; its socket is somebody else's business. */
  release(client: L): void {
    if (client.closed) return
    client.closed = true
    client.discardInput()
    this.clients.delete(client.id)
    this.forget(client)
  }

  // ---- What goes wrong -------------------------------------------------------------------------

  /**
   * Does what a socket calls for. Whatever that throws ends this client alone: what a command
   * throws is answered, so that this is the net under everything around it.
   */
  guard(client: L, act: (chunk: Buffer) => void, chunk = NO_BYTES): void {
    try {
      act(chunk)
    } catch (error) {
      this.broke(error, 'a connection', client)
      // Whoever has a reply to get gets it all the same.
      this.endTurn()
    }
  }

  /** A bug of ours, where no reply can tell of it. */
  broke(error: unknown, place: string, client?: L): void {
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

  // ---- The end of a turn -----------------------------------------------------------------------

  wantsFlush(client: L): void {
    if (client.awaitsFlush) return
    client.awaitsFlush = true
    this.#toFlush.push(client)
  }

  /**
   * Closes a client whose unread replies exceed its class's limit, but not in mid-command. True if
   * it is going to be closed.
   */
  checkOutput(client: L): boolean {
    if (!this.exceedsOutputLimit(client)) return false
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
    if (this.isExecuting) return
    this.concludeTurn()
    const clients = this.#toFlush
    for (const client of clients) if (client.mayOwe) this.checkOutput(client)
    if (this.#toClose.size > 0) this.#closeClients()
    this.measure(clients)
    for (let i = 0; i < clients.length; i++) this.#flush(clients[i]!)
    clients.length = 0
    this.stats.endCycle()
  }

  #flush(client: L): void {
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

  // ---- The end ---------------------------------------------------------------------------------

  /** The port that INFO shows: the plain one, or that of TLS where there is no plain one. */
  get shownPort(): number {
    return this.settings.port || this.settings['tls-port']
  }

  protected disconnectAll(): void {
    for (const client of [...this.clients.values()]) this.disconnect(client)
  }
}
