// The listeners of one server, as its settings say: plain, TLS and unix sockets. They are opened at
// start, and opened again when CONFIG SET changes a port, the addresses or the TLS settings;
// connections that stand are never touched by that.

import fs from 'node:fs'
import type tls from 'node:tls'
import type { TcpAddress } from '../transport/bind.ts'
import type { Connection } from '../transport/connection.ts'
import { describeFailure, type HandshakeError } from '../transport/handshake-sentence.ts'
import {
  type HandshakeFailure,
  Listener,
  type ListenerEvents,
  type SocketTaker,
  TlsEndpoint,
} from '../transport/listener.ts'
import type { Detour } from '../transport/outgoing.ts'
import {
  loadClientOptions,
  loadTlsContext,
  type TlsContext,
  TlsSetupError,
} from '../transport/tls-settings.ts'
import { toText } from '../util/bytes.ts'
import { codeOf, systemReason } from '../util/system-error.ts'
import { traceOf } from '../util/trace.ts'
import { refusalOfConnection, refusalOfPeer } from './admission.ts'
import { logInByCertificate } from './certificate-login.ts'
import { resolveFile, StartError } from './config/directives.ts'
import { ConfigError } from './config/parameter.ts'
import { TLS_PARAMETERS } from './config/parameters.ts'
import { tlsSettings } from './config/tls.ts'
import type { Host } from './host.ts'
import type { Link } from './link.ts'

export type ListenerKind = 'tcp' | 'unix' | 'tls'

const CANNOT_LISTEN = 'Unable to listen on this port. Check server logs.'
const CANNOT_BIND = 'Failed to bind to specified addresses.'
const NO_ADDRESS_FOR_BUS = 'No bind address is configured, but it is required for the Cluster bus.'
const CANNOT_CONFIGURE_TLS = 'Unable to update TLS configuration. Check server logs.'

/** In the order in which Redis lists them. */
const KINDS: readonly ListenerKind[] = ['tcp', 'unix', 'tls']

export interface ListenersOptions {
  /** Certificates and keys that the settings name like files but that exist in memory only. */
  readonly memoryFiles?: ReadonlyMap<string, string>
  /** Kinds that take any free port; their settings then name the port that was found. */
  readonly anyPort?: readonly ('tcp' | 'tls')[]
  /** Takes the place of ordinary TLS where faults are played. */
  readonly tlsFront?: SocketTaker
  /** Neither listeners nor connections keep the process alive. */
  readonly unref?: boolean
  /** Where the link to a master really goes, if not there: tests stand between the two. */
  readonly detour?: Detour
}

const handshakes = traceOf('tls')

export class Listeners {
  /** The last handshake that failed. */
  handshakeError: HandshakeError | undefined
  readonly #server: Host
  readonly #anyPort: ReadonlySet<ListenerKind>
  /** Files of the TLS settings that exist in memory only, by their names. */
  readonly memoryFiles: ReadonlyMap<string, string>
  readonly #open = new Map<ListenerKind, Listener[]>()
  readonly #tlsFront: SocketTaker | undefined
  readonly unref: boolean
  readonly detour: Detour | undefined
  #tls: { context: TlsContext; readonly endpoint: SocketTaker } | undefined
  /** Where the other nodes of a cluster connect to. */
  #bus: Listener[] = []
  #busTls: TlsEndpoint | undefined
  #clientTls: tls.ConnectionOptions | undefined
  /** The last warning about something that could not be opened. */
  #complaint: Error | undefined

  constructor(server: Host, options: ListenersOptions = {}) {
    const { anyPort = [], memoryFiles, tlsFront, unref = false, detour } = options
    this.#server = server
    this.#tlsFront = tlsFront
    this.unref = unref
    this.detour = detour
    this.memoryFiles = memoryFiles ?? new Map()
    this.#anyPort = new Set(anyPort)
    server.listeners = this
    const { config } = server
    config.watch(['port'], () => this.#reopen('tcp', CANNOT_LISTEN))
    config.watch(['bind'], () => this.#rebind())
    config.watch(TLS_PARAMETERS, () => {
      this.#clientTls = undefined
      if (this.#needsTls && !this.#configureTls()) throw new ConfigError(CANNOT_CONFIGURE_TLS)
    })
    config.watch(['tls-port'], () => {
      if (this.#tls === undefined && !this.#configureTls()) {
        throw new ConfigError(CANNOT_CONFIGURE_TLS)
      }
      this.#reopen('tls', CANNOT_LISTEN)
    })
    // Redis does not ask here whether there is a CA.
    config.watch(['tls-auth-clients'], () => {
      this.#tls?.endpoint.use(this.#tls.context, server.settings['tls-auth-clients'])
    })
  }

  /** The kinds that are listened on. */
  get kinds(): ListenerKind[] {
    return KINDS.filter(kind => this.#open.has(kind))
  }

  /** The first address that is listened at over TCP, as `bind` names it. */
  get address(): string | undefined {
    const [first] = this.#open.get('tls') ?? this.#open.get('tcp') ?? []
    return first?.address
  }

  /** Opens everything that the settings name, or throws a StartError. */
  open(): void {
    try {
      if (this.#needsTls && !this.#configureTls()) {
        throw this.#startError('Failed to configure TLS. Check logs for more info.')
      }
      for (const kind of KINDS) {
        if (this.#openKind(kind)) continue
        throw this.#startError(`Failed listening on port ${this.#port(kind)} (${kind}), aborting.`)
      }
    } catch (error) {
      this.close()
      throw error
    }
    if (this.#open.size === 0) throw new StartError('Configured to not listen anywhere, exiting.')
  }

  /** Closes everything, also the connections that are still shaking hands. */
  close(): void {
    const all = [...this.#open.values(), this.#bus].flat()
    // Whoever sees a connection end finds nobody who accepts another.
    for (const kind of KINDS) this.#closeKind(kind)
    for (const listener of this.#bus) listener.close()
    this.#bus = []
    for (const listener of all) listener.destroyConnections()
  }

  /** What the log was told last is the cause. */
  #startError(line: string): StartError {
    const code = codeOf(this.#complaint) || 'ERR_START'
    return new StartError(line, { code, cause: this.#complaint })
  }

  #port(kind: ListenerKind): number {
    const { settings } = this.#server
    if (kind === 'unix') return 0
    return kind === 'tls' ? settings['tls-port'] : settings.port
  }

  #reopen(kind: ListenerKind, failure: string): void {
    this.#closeKind(kind)
    if (!this.#openKind(kind)) throw new ConfigError(failure)
  }

  #rebind(): void {
    try {
      this.#reopen('tcp', CANNOT_BIND)
      this.#reopen('tls', CANNOT_BIND)
    } catch (error) {
      this.#closeKind('tcp')
      this.#closeKind('tls')
      throw error
    }
  }

  #closeKind(kind: ListenerKind): void {
    for (const listener of this.#open.get(kind) ?? []) listener.close()
    if (kind === 'unix' && this.#open.has(kind)) {
      this.#server.log.notice('Removing the unix socket file.')
      fs.rmSync(this.#unixPath, { force: true })
    }
    this.#open.delete(kind)
  }

  // ---- TLS -------------------------------------------------------------------------------------

  get #needsTls(): boolean {
    const { settings } = this.#server
    const listens = settings['tls-port'] !== 0 || this.#anyPort.has('tls')
    return listens || settings['tls-replication'] || settings['tls-cluster']
  }

  /** Loads certificates and keys for the handshakes to come; false if that fails: see the log. */
  #configureTls(): boolean {
    const { settings, log } = this.#server
    try {
      const context: TlsContext = {
        ...loadTlsContext({ ...tlsSettings(settings), memoryFiles: this.memoryFiles }),
        otherTime: () => this.#server.clock.otherTime,
      }
      const authClients = settings['tls-auth-clients']
      this.#tls ??= {
        context,
        endpoint: this.#tlsFront ?? new TlsEndpoint(context, authClients),
      }
      this.#tls.context = context
      this.#tls.endpoint.use(context, authClients)
      this.#busTls?.use(context, 'yes')
      return true
    } catch (error) {
      if (!(error instanceof TlsSetupError)) throw error
      log.warning(error.message)
      this.#complaint = error
      return false
    }
  }

  /** Made once, for reading a key takes longer than a handshake. */
  get clientTls(): tls.ConnectionOptions {
    const { settings } = this.#server
    const load = (): tls.ConnectionOptions =>
      loadClientOptions({ ...tlsSettings(settings), memoryFiles: this.memoryFiles })
    // Authorities in a folder come and go: it is looked at each time.
    if (settings['tls-ca-cert-dir'] !== '') return load()
    this.#clientTls ??= load()
    return this.#clientTls
  }

  // ---- Opening ---------------------------------------------------------------------------------

  /** False if an address could not be listened at, which the log then explains. */
  #openKind(kind: ListenerKind): boolean {
    if (kind === 'unix') {
      if (this.#server.settings.unixsocket !== '') this.#openUnix()
      return true
    }
    const wanted = this.#port(kind)
    if (wanted === 0 && !this.#anyPort.has(kind)) return true
    const opened = this.#listenAt(wanted, place =>
      kind === 'tcp' || this.#tls === undefined
        ? Listener.tcp(place, this.#events)
        : Listener.tls(place, this.#tls.endpoint, this.#events),
    )
    const [first] = opened ?? []
    if (opened === undefined || first === undefined) return opened !== undefined
    this.#open.set(kind, opened)
    const name = kind === 'tls' ? 'tls-port' : 'port'
    const { port } = first
    if (port !== wanted) this.#server.config.put(name, String(port))
    return true
  }

  /** At all addresses or, undefined, at none. */
  #listenAt(port: number, open: (place: TcpAddress) => Listener): Listener[] | undefined {
    const opened: Listener[] = []
    for (const address of this.#server.settings.bind) {
      // Where any port will do, the first address finds it and the others take the same.
      const listener = this.#bind(address, opened[0]?.port ?? port, open)
      if (listener === 'skipped') continue
      if (listener === 'failed') {
        for (const other of opened) other.close()
        return undefined
      }
      opened.push(listener)
      if (this.unref) listener.unref()
    }
    return opened
  }

  /** Listens at one address; a leading dash says that the machine need not have it. */
  #bind(
    address: string,
    port: number,
    open: (place: TcpAddress) => Listener,
  ): Listener | 'failed' | 'skipped' {
    const isOptional = address.startsWith('-')
    const host = isOptional ? address.slice(1) : address
    try {
      return open({ host: toText(host), port, backlog: this.#server.settings['tcp-backlog'] })
    } catch (error) {
      const code = codeOf(error)
      const line =
        `Warning: Could not create server TCP listening socket ${host}:${port}: ` +
        (code === '' ? (error as Error).message : `bind: ${systemReason(error)}`)
      this.#server.log.warning(line)
      this.#complaint = Object.assign(new Error(line, { cause: error }), { code })
      const mayBeMissing = isOptional && code === 'EADDRNOTAVAIL'
      return mayBeMissing || NOT_SUPPORTED.has(code) ? 'skipped' : 'failed'
    }
  }

  // ---- The bus of a cluster --------------------------------------------------------------------

  openBus(port: number, events: ListenerEvents): number {
    if (this.#server.settings.bind.length === 0) throw new StartError(NO_ADDRESS_FOR_BUS)
    const opened = this.#listenAt(port, place => Listener.tcp(place, events))
    const [first] = opened ?? []
    if (opened === undefined || first === undefined) {
      throw this.#startError(`Failed listening on port ${port} (cluster), aborting.`)
    }
    this.#bus = opened
    return first.port
  }

  get busTls(): SocketTaker | undefined {
    if (this.#tls !== undefined) this.#busTls ??= new TlsEndpoint(this.#tls.context, 'yes')
    return this.#busTls
  }

  // ---- Unix sockets ----------------------------------------------------------------------------

  get #unixPath(): string {
    return resolveFile(this.#server.settings, this.#server.settings.unixsocket)
  }

  #openUnix(): void {
    const { settings } = this.#server
    const backlog = settings['tcp-backlog']
    try {
      const permissions = settings.unixsocketperm
      const listener = Listener.unix(this.#unixPath, permissions, backlog, this.#events)
      if (this.unref) listener.unref()
      this.#open.set('unix', [listener])
    } catch (error) {
      const facts = { code: codeOf(error), cause: error }
      throw new StartError(`Failed opening Unix socket: bind: ${systemReason(error)}`, facts)
    }
  }

  // ---- Accepting -------------------------------------------------------------------------------

  readonly #events = {
    admit: (kind: ListenerKind): string | undefined => {
      const refusal = refusalOfConnection(this.#server)
      if (refusal === undefined) return undefined
      this.#server.stats.rejectedConnections++
      // Before its handshake a TLS client could not read the reason.
      return kind === 'tls' ? '' : refusal
    },

    awaiting: (connection: Connection): ListenerEvents => {
      const server = this.#server
      const client = server.expect(connection)
      const forget = (): void => server.release(client)
      connection.socket.once('close', forget)
      return {
        ...this.#events,
        accepted: shaken => {
          this.#welcome(shaken, client)
          connection.socket.off('close', forget)
        },
        failed: failure => {
          forget()
          this.#events.failed(failure)
        },
      }
    },

    accepted: (connection: Connection): void => this.#welcome(connection),

    failed: (failure: HandshakeFailure): void => {
      const { log } = this.#server
      const { reason, peer, local } = failure
      log.warning(`Error accepting a client connection: ${reason} (addr=${peer} laddr=${local})`)
      this.handshakeError = describeFailure(failure)
      log.notice(this.handshakeError.sentence)
      if (handshakes.isOn) handshakes.say(this.handshakeError.sentence)
      this.#server.handshakeFailed(this.handshakeError)
    },

    broke: (error: unknown): void => this.#server.broke(error, 'a new connection'),
  }

  /** @param expected who it is, if it had to shake hands first */
  #welcome(connection: Connection, expected?: Link): void {
    const server = this.#server
    const { socket } = connection
    // Killed, or timed out, while the last bytes of its handshake were on their way.
    if (expected?.closed) {
      socket.destroy()
      return
    }
    const refusal = refusalOfPeer(server, connection)
    if (refusal !== undefined) {
      if (expected) server.release(expected)
      server.stats.rejectedConnections++
      socket.end(refusal, 'latin1', () => socket.destroySoon())
      return
    }
    const keepaliveSeconds = server.settings['tcp-keepalive']
    if (keepaliveSeconds > 0) socket.setKeepAlive(true, keepaliveSeconds * 1000)
    logInByCertificate(server.accept(connection, expected))
  }

  // ---- INFO ------------------------------------------------------------------------------------

  infoLines(): (readonly [string, string])[] {
    const { settings } = this.#server
    return this.kinds.map((kind, i) => {
      const addresses = kind === 'unix' ? [settings.unixsocket] : settings.bind
      const bound = addresses.map(address => `bind=${address}`)
      const port = kind === 'unix' ? [] : [`port=${this.#port(kind)}`]
      return [`listener${i}`, [`name=${kind}`, ...bound, ...port].join(',')]
    })
  }
}

const NOT_SUPPORTED: ReadonlySet<string> = new Set([
  'ENOPROTOOPT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EPFNOSUPPORT',
  'EAFNOSUPPORT',
])
