// startRedis(): a fresh server for a test, over TLS, on a free loopback port, in a few
// milliseconds.

import path from 'node:path'
import { splitRules } from '../acl/rules.ts'
import type { RedisServer } from '../engine/server.ts'
import { Listeners } from '../host/listeners.ts'
import { createServer } from '../redis.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import { fromText } from '../util/bytes.ts'
import { SeededRandom } from '../util/random.ts'
import { ClientFiles } from './client-files.ts'
import { TestClock } from './clock.ts'
import {
  type ClientName,
  type ConnectionVariables,
  type ConnectOptions,
  connectionVariables,
  connectOptions,
  type Login,
} from './connect-options.ts'
import { RedisControl } from './control.ts'
import { KIT } from './kit.ts'
import { enableMock, mockCommands } from './mock-command.ts'
import type { ThreadedRedis } from './thread/threaded.ts'
import type { Lab, Sighting } from './tls/lab.ts'

/** A setting as redis.conf would give it: `yes`/`no` for booleans, a list for several words. */
export type SettingValue = string | number | boolean | readonly (string | number)[]

/** The certificates and keys of both sides. */
export interface TlsMaterial {
  /** The server's certificate chain and key, PEM. Default: the demo kit's, for localhost. */
  readonly cert?: string
  readonly key?: string
  /** The authority that client certificates must come from, PEM. Default: the demo kit's. */
  readonly ca?: string
  /** The certificate and key that connect options give to clients, PEM. */
  readonly clientCert?: string
  readonly clientKey?: string
  /** The authority that clients are to trust, PEM. Default: `ca`. */
  readonly serverCa?: string
  /** tls-auth-clients. Default: `yes`, a client certificate is required. */
  readonly authClients?: 'yes' | 'no' | 'optional'
  /**
   * Plays a TLS fault, or none: `valid`. The server then has certificates of its own, and `cert`,
   * `key`, `ca` and what is given to clients may not be named beside it.
   */
  readonly profile?: string
}

/** What startRedis() takes; all of it may be left out. */
export interface StartOptions {
  /** False: no TLS at all, but a plain port. Default: TLS only, with the demo kit. */
  readonly tls?: false | TlsMaterial
  /** The port: of TLS, or the plain one with `tls: false`. Default: any free one. */
  readonly port?: number
  /** Also listen on this unix socket. */
  readonly unixsocket?: string
  /** ACL users by name, each with its rules: `{ alice: 'on >secret ~app:* +@read' }`. */
  readonly users?: Readonly<Record<string, string | readonly string[]>>
  /** Take the users from this ACL file instead. */
  readonly aclfile?: string
  /** The default user's password. */
  readonly requirepass?: string
  /** Any other setting of redis.conf by its name. */
  readonly config?: Readonly<Record<string, SettingValue>>
  /**
   * Seeds what is picked at random: by SPOP, RANDOMKEY, HRANDFIELD and the like. Passwords of ACL
   * GENPASS and run ids are others at each start all the same. Default: true randomness.
   */
  readonly randomSeed?: number
  /** Knows the MOCK command, by which any client can steer the server. Default: false. */
  readonly mockCommand?: boolean
  /** Hears each line of the server's log. Default: nobody. */
  readonly log?: (line: string) => void
  /** See ThreadOptions. */
  readonly thread?: false
}

/** Of a server in a thread of its own, which a test that is busy cannot stall. */
export interface ThreadOptions extends Omit<StartOptions, 'thread'> {
  /** Runs in a thread of its own. Default: false. */
  readonly thread: true
}

/** What a fork may be given: it runs in the thread of its original. */
export type ForkOptions = Omit<StartOptions, 'thread'>

/** What a client needs to know of TLS, as PEM and as paths of files that close() removes. */
export interface ClientTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** A server that is listening. */
export interface RunningRedis extends RedisControl {
  readonly host: string
  readonly port: number
  /** `rediss://127.0.0.1:port`, or `redis://…` without TLS. */
  readonly url: string
  readonly unixsocket: string | undefined
  /** Undefined with `tls: false`. */
  readonly tls: ClientTls | undefined
  /** The last handshake that failed: OpenSSL's reason, and a plain sentence with the cure. */
  readonly handshakeError: HandshakeError | undefined
  /** What was seen of each client that connected; empty without `tls.profile`. */
  readonly sightings: readonly Sighting[]
  /**
   * Switches to another TLS fault, from the next connection on.
   * @throws Error if there is no such profile, or the server was not started with `tls.profile`
   */
  tlsProfile(name: string): Promise<void>
  /** What a client library or redis-cli has to be given to connect. */
  connectOptions<C extends ClientName>(client: C, login?: Login): ConnectOptions[C]
  /** Starts another server like this one, with its data, users, functions and settings. */
  fork(options?: ForkOptions): Promise<RunningRedis>
  /** What child processes need to connect, by the names of environment variables. */
  env(login?: Login): ConnectionVariables
  /**
   * Closes listeners and connections and removes files.
   * @throws the first bug of the server itself that a command met, if any did
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const HOST = '127.0.0.1'

/** Names of files that exist in memory only; CONFIG GET shows them, and never a key. */
const MEMORY = { cert: '(memory) server.crt', key: '(memory) server.key', ca: '(memory) ca.crt' }

/**
 * Starts a server of its own: nothing is shared with other servers in the process.
 * @throws ConfigError or StartError, with redis-server's message, for what it cannot start with
 */
export function startRedis(options: ThreadOptions): Promise<ThreadedRedis>
export function startRedis(options?: StartOptions): Promise<RunningRedis>
export async function startRedis(
  options: StartOptions | ThreadOptions = {},
): Promise<RunningRedis | ThreadedRedis> {
  if (options.thread) return (await import('./thread/threaded.ts')).startThread(options)
  const profile = options.tls === false ? undefined : options.tls?.profile
  return startHere(options, profile === undefined ? undefined : await openLab(profile))
}

/** Starts a server whose TLS is played by a lab that is there already. */
export function startInLab(lab: Lab): Promise<RunningRedis> {
  return startHere({}, lab)
}

async function startHere(options: StartOptions, lab: Lab | undefined): Promise<RunningRedis> {
  const usesTls = options.tls !== false
  const given = options.tls === false ? {} : (options.tls ?? {})
  const material = lab === undefined ? given : { ...given, ...materialOf(lab) }
  const clock = new TestClock()
  const { log, randomSeed } = options
  const server = createServer({
    clock,
    config: directivesOf(options, material),
    ...(randomSeed !== undefined && { random: new SeededRandom(randomSeed) }),
    ...(options.mockCommand && { commands: mockCommands() }),
    ...(log && { log }),
  })
  const port = options.port ?? 0
  const listeners = new Listeners(server, {
    anyPort: port === 0 ? [usesTls ? 'tls' : 'tcp'] : [],
    memoryFiles: new Map([
      [MEMORY.cert, material.cert ?? KIT.serverCert],
      [MEMORY.key, material.key ?? KIT.serverKey],
      [MEMORY.ca, material.ca ?? KIT.ca],
    ]),
    ...(lab && { tlsFront: lab }),
  })
  try {
    listeners.open()
    await lab?.prepare()
  } catch (error) {
    server.close()
    throw error
  }
  const parts = { server, clock, listeners, lab, options }
  return new Running(parts, usesTls ? filesOf(material) : undefined)
}

async function openLab(profile: string): Promise<Lab> {
  const { Lab } = await import('./tls/lab.ts')
  return Lab.open({ profile })
}

function materialOf({ identities: { root, server, client } }: Lab): TlsMaterial {
  return {
    cert: server.cert,
    key: server.key,
    ca: root.cert,
    clientCert: client.cert,
    clientKey: client.key,
  }
}

function filesOf(material: TlsMaterial): ClientFiles {
  return new ClientFiles({
    ca: material.serverCa ?? material.ca ?? KIT.ca,
    cert: material.clientCert ?? KIT.clientCert,
    key: material.clientKey ?? KIT.clientKey,
  })
}

function directivesOf(options: StartOptions, tls: TlsMaterial): string[][] {
  const usesTls = options.tls !== false
  const port = options.port ?? 0
  const directives: string[][] = [
    ['bind', HOST],
    ['port', usesTls ? '0' : String(port)],
  ]
  if (usesTls) {
    directives.push(
      ['tls-port', String(port)],
      ['tls-cert-file', MEMORY.cert],
      ['tls-key-file', MEMORY.key],
      ['tls-ca-cert-file', MEMORY.ca],
      ['tls-auth-clients', tls.authClients ?? 'yes'],
    )
  }
  if (options.unixsocket !== undefined) directives.push(['unixsocket', options.unixsocket])
  if (options.aclfile !== undefined) directives.push(['aclfile', path.resolve(options.aclfile)])
  if (options.requirepass !== undefined) directives.push(['requirepass', options.requirepass])
  for (const [name, rules] of Object.entries(options.users ?? {})) {
    directives.push(['user', name, ...(typeof rules === 'string' ? splitRules(rules) : rules)])
  }
  for (const [name, value] of Object.entries(options.config ?? {})) {
    directives.push([name, ...wordsOf(value)])
  }
  return directives.map(words => words.map(fromText))
}

function wordsOf(value: SettingValue): string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no']
  return typeof value === 'object' ? value.map(String) : [String(value)]
}

interface Parts {
  readonly server: RedisServer
  readonly clock: TestClock
  readonly listeners: Listeners
  readonly lab: Lab | undefined
  readonly options: StartOptions
}

class Running extends RedisControl implements RunningRedis {
  readonly host = HOST
  readonly port: number
  readonly url: string
  readonly unixsocket: string | undefined
  readonly #options: StartOptions
  readonly #listeners: Listeners
  readonly #files: ClientFiles | undefined
  readonly #lab: Lab | undefined
  #closing: Promise<void> | undefined

  constructor({ server, clock, listeners, lab, options }: Parts, files: ClientFiles | undefined) {
    super(server, clock, options.randomSeed)
    if (options.mockCommand) enableMock(server, this)
    const { settings } = server
    this.#options = options
    this.#listeners = listeners
    this.#files = files
    this.#lab = lab
    this.port = files === undefined ? settings.port : settings['tls-port']
    this.url = `${files === undefined ? 'redis' : 'rediss'}://${this.host}:${this.port}`
    this.unixsocket = settings.unixsocket === '' ? undefined : settings.unixsocket
  }

  get tls(): ClientTls | undefined {
    return this.#files
  }

  get handshakeError(): HandshakeError | undefined {
    return this.#listeners.handshakeError
  }

  get sightings(): readonly Sighting[] {
    return this.#lab?.sightings ?? []
  }

  async tlsProfile(name: string): Promise<void> {
    if (this.#lab === undefined) throw new Error('Start the server with tls: { profile } first')
    await this.#lab.switchTo(name)
  }

  connectOptions<C extends ClientName>(client: C, login: Login = {}): ConnectOptions[C] {
    return connectOptions(client, this, login)
  }

  env(login: Login = {}): ConnectionVariables {
    return connectionVariables(this, login)
  }

  async fork(options: ForkOptions = {}): Promise<RunningRedis> {
    const { port: _, unixsocket: __, ...own } = this.#options
    const copy = await startRedis({ ...own, ...options })
    copy.restore(this.snapshot())
    return copy
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const sockets = [...this.server.clients.values()].map(({ connection }) => connection?.socket)
    const closed = sockets.map(
      socket => new Promise(resolve => socket?.once('close', resolve) ?? resolve(undefined)),
    )
    this.#listeners.close()
    this.server.close()
    this.endControl()
    await Promise.all(closed)
    this.#files?.remove()
    const [bug] = this.server.bugs
    if (bug !== undefined) throw bug
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
