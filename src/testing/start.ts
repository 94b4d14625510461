// startRedis(): a fresh server for a test, over TLS, on a free loopback port, in a few
// milliseconds.

import path from 'node:path'
import { inspect } from 'node:util'
import { splitRules } from '../acl/rules.ts'
import type { MakeBus } from '../cluster/cluster.ts'
import type { RedisServer } from '../engine/server.ts'
import { StartError } from '../host/config/directives.ts'
import { Listeners } from '../host/listeners.ts'
import { clusterOf, createServer, openAppendOnly } from '../redis.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import type { Detour } from '../transport/outgoing.ts'
import { fromText } from '../util/bytes.ts'
import { SeededRandom } from '../util/random.ts'
import {
  type ClientFiles,
  clientFilesOf,
  MEMORY_FILES,
  materialOf,
  memoryFiles,
} from './client-files.ts'
import type { ClientTls } from './client-tls.ts'
import { TestClock } from './clock.ts'
import {
  type ClientName,
  type ConnectionVariables,
  type ConnectOptions,
  connectOptions,
  type EnvOptions,
  type Login,
  serverVariables,
  urlOf,
} from './connect-options.ts'
import { RedisControl } from './control.ts'
import * as mock from './mock-command.ts'
import type { RunningRedis } from './running.ts'
import * as shapes from './shapes.ts'
import type { OptionDirective } from './start-failure.ts'
import * as failures from './start-failure.ts'
import type { ForkOptions, SettingValue, StartOptions, ThreadOptions } from './start-options.ts'
import type { ThreadedRedis } from './thread/threaded.ts'
import type { Lab, Sighting } from './tls/lab.ts'
import type { TlsProfileName } from './tls/profiles.ts'
import * as material from './tls-material.ts'

const HOST = '127.0.0.1'

const NO_OPTIONS: StartOptions = {}

/**
 * Starts a server of its own: nothing is shared with other servers in the process.
 * @throws StartError for what it cannot start with; its `code`, `option` and `cause` say why
 */
export function startRedis(options: ThreadOptions): Promise<ThreadedRedis>
export function startRedis(options?: StartOptions): Promise<RunningRedis>
export async function startRedis(
  options: StartOptions | ThreadOptions = NO_OPTIONS,
): Promise<RunningRedis | ThreadedRedis> {
  checkOptions(options)
  const unref = options.unref ?? isTestRun()
  if (options.thread) {
    return (await import('./thread/threaded.ts')).startThread({ ...options, unref })
  }
  const { profile, hosts = [] } = typeof options.tls === 'object' ? options.tls : {}
  return startHere(
    { ...options, unref },
    profile === undefined ? undefined : await openLab(profile, hosts),
  )
}

// The environment does not tell, since what a test starts inherits it.
function isTestRun(): boolean {
  return ['describe', 'beforeEach'].every(
    name => typeof Reflect.get(globalThis, name) === 'function',
  )
}

function checkOptions(options: StartOptions | ThreadOptions): void {
  if (options === NO_OPTIONS) return
  try {
    shapes.checkStart(options)
  } catch (error) {
    throw failures.startFailure(error, { options: NO_OPTIONS })
  }
}

/**
 * Starts a server whose TLS is played by a lab that is there already.
 * @param bind where it listens; others may then reach it from there. Default: 127.0.0.1
 */
export function startInLab(lab: Lab, bind?: string): Promise<RunningRedis> {
  const open = { config: { bind: bind ?? HOST, 'protected-mode': 'no' } }
  return startHere(bind === undefined ? NO_OPTIONS : open, lab)
}

/** What one of several servers has that belong together. */
export interface Membership {
  readonly clock: TestClock
  /** Users beside those of the options, whom nobody logs in as unawares. */
  readonly users?: Readonly<Record<string, string>>
  /** Behind those of the options. */
  readonly directives?: readonly (readonly string[])[]
  readonly detour: Detour
  /** Whether no client stands at an address, but another member. */
  readonly isLink: (peer: string) => boolean
  /** What carries the words of nodes of a cluster to each other, if not sockets. */
  readonly clusterBus?: MakeBus
}

/** Starts a server that belongs to others. The options are looked at by whoever starts them all. */
export function startMember(options: StartOptions, membership: Membership): Promise<RunningRedis> {
  return startHere({ ...options, unref: options.unref ?? isTestRun() }, undefined, membership)
}

async function startHere(
  options: StartOptions,
  lab: Lab | undefined,
  membership?: Membership,
): Promise<RunningRedis> {
  const usesTls = options.tls !== false
  const given = typeof options.tls === 'object' ? material.readMaterial(options.tls) : {}
  const texts = lab === undefined ? given : materialOf(lab)
  const clock = membership?.clock ?? new TestClock()
  const { log, randomSeed, rdbVersion } = options
  const port = options.port ?? 0
  const more = (membership?.directives ?? []).map(words => ({ option: 'config', words }))
  const directives = new Directives([
    ...directivesOf(options),
    ...usersOf(membership?.users),
    ...more,
  ])
  let server: RedisServer | undefined
  let listeners: Listeners | undefined
  try {
    const settings = {
      clock,
      config: directives,
      rdbVersion,
      ...(randomSeed !== undefined && { random: new SeededRandom(randomSeed) }),
      ...(options.mockCommand && { commands: mock.mockCommands() }),
      ...(log && { log }),
    }
    server = createServer(settings, membership?.clusterBus)
    openAppendOnly(server)
    const cluster = clusterOf(server)
    listeners = new Listeners(server, {
      anyPort: port === 0 ? [usesTls ? 'tls' : 'tcp'] : [],
      memoryFiles: memoryFiles(texts),
      ...(lab && { tlsFront: lab }),
      ...(membership && { detour: membership.detour }),
      unref: options.unref ?? false,
    })
    listeners.open()
    cluster?.loaded()
    cluster?.listen(port === 0)
    await lab?.prepare()
    const parts = { server, clock, listeners, lab, options, isLink: membership?.isLink }
    return new Running(parts, usesTls ? clientFilesOf(texts) : undefined)
  } catch (error) {
    listeners?.close()
    server?.close()
    const memory = Object.values(MEMORY_FILES)
    throw failures.startFailure(error, {
      options,
      directive: directives.current,
      memoryFiles: memory,
    })
  }
}

async function openLab(profile: string, hosts: readonly string[]): Promise<Lab> {
  const { Lab } = await import('./tls/lab.ts')
  try {
    return await Lab.open({ profile, hosts })
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new StartError(cause.message, { code: 'ERR_OPTION_VALUE', option: 'tls.profile', cause })
  }
}

/** The directives of a start as they are read, so that an error can say which it was. */
class Directives implements Iterable<readonly string[]> {
  current: OptionDirective | undefined
  readonly #list: readonly OptionDirective[]

  constructor(list: readonly OptionDirective[]) {
    this.#list = list
  }

  *[Symbol.iterator](): Generator<readonly string[]> {
    for (const directive of this.#list) {
      this.current = directive
      yield directive.words.map(fromText)
    }
    this.current = undefined
  }
}

function directivesOf(options: StartOptions): OptionDirective[] {
  const port = String(options.port ?? 0)
  const { tls, unixsocket, aclfile, requirepass, users, config = {} } = options
  const directives: OptionDirective[] = []
  const add = (option: string, ...words: readonly string[]): void => {
    directives.push({ option, words })
  }
  add('config.bind', 'bind', HOST)
  add('port', 'port', tls === false ? port : '0')
  if (tls !== false) {
    add('port', 'tls-port', port)
    add('tls.cert', 'tls-cert-file', MEMORY_FILES.cert)
    add('tls.key', 'tls-key-file', MEMORY_FILES.key)
    add('tls.ca', 'tls-ca-cert-file', MEMORY_FILES.ca)
    const authClients = (typeof tls === 'object' ? tls.authClients : undefined) ?? true
    add('tls.authClients', 'tls-auth-clients', ...wordsOf(authClients))
  }
  if (unixsocket !== undefined) add('unixsocket', 'unixsocket', unixsocket)
  if (aclfile !== undefined) add('aclfile', 'aclfile', path.resolve(aclfile))
  if (requirepass !== undefined) add('requirepass', 'requirepass', requirepass)
  if (users !== undefined && !keepsDefault(options)) add('users', 'user', 'default', 'off')
  directives.push(...usersOf(users))
  for (const [name, value] of Object.entries(config)) {
    if (value !== undefined) add(`config.${name}`, name, ...wordsOf(value))
  }
  return directives
}

function usersOf(users: StartOptions['users'] = {}): OptionDirective[] {
  return Object.entries(users).flatMap(([name, rules]) => {
    if (rules === undefined) return []
    const words = typeof rules === 'string' ? splitRules(rules) : rules
    return [{ option: `users.${name}`, words: ['user', name, ...words] }]
  })
}

/** Whether the default user is named, or has a password. Else nobody is to be it unawares. */
function keepsDefault({ users = {}, requirepass, config = {} }: StartOptions): boolean {
  if (users['default'] !== undefined || requirepass !== undefined) return true
  return config.requirepass !== undefined || config.user !== undefined
}

function wordsOf(value: SettingValue): string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no']
  return typeof value === 'object' ? value.map(String) : [String(value)]
}

/** Where clients on this machine reach an address that is listened at. */
const REACHED_AT: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', HOST],
  ['::', '::1'],
])

interface Parts {
  readonly server: RedisServer
  readonly clock: TestClock
  readonly listeners: Listeners
  readonly lab: Lab | undefined
  readonly options: StartOptions
  readonly isLink: ((peer: string) => boolean) | undefined
}

class Running extends RedisControl implements RunningRedis {
  readonly host: string
  readonly port: number
  readonly url: string
  readonly unixsocket: string | undefined
  readonly #options: StartOptions
  readonly #listeners: Listeners
  readonly #files: ClientFiles | undefined
  readonly #lab: Lab | undefined
  #closing: Promise<void> | undefined

  constructor(
    { server, clock, listeners, lab, options, isLink }: Parts,
    files: ClientFiles | undefined,
  ) {
    super(server, clock, options.randomSeed, isLink)
    if (options.mockCommand) mock.enableMock(server, this)
    const { settings } = server
    const { strict = false } = options
    if (strict !== false) this.watch(strict === true ? {} : strict, files !== undefined)
    this.#options = options
    this.#listeners = listeners
    this.#files = files
    this.#lab = lab
    this.port = files === undefined ? settings.port : settings['tls-port']
    const address = listeners.address ?? HOST
    this.host = REACHED_AT.get(address) ?? address
    this.url = urlOf(this)
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

  async tlsProfile(name: TlsProfileName): Promise<void> {
    if (this.#lab === undefined) throw new Error('Start the server with tls: { profile } first')
    await this.#lab.switchTo(name)
  }

  connectOptions<C extends ClientName>(client: C, login: Login | false = {}): ConnectOptions[C] {
    return connectOptions(client, this, login, this.#options)
  }

  env(login: Login | false = {}, options: EnvOptions = {}): ConnectionVariables {
    return serverVariables(this, this.#options, login, options)
  }

  async fork(options: ForkOptions = {}): Promise<RunningRedis> {
    const { port: _, unixsocket: __, config, ...own } = this.#options
    // Two servers cannot keep their data in the same files.
    const alone = config?.appendonly === undefined ? config : { ...config, appendonly: 'no' }
    const copy = await startRedis({ ...own, ...(alone && { config: alone }), ...options })
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
    if (this.#options.strict) this.expect.nothingUnexpected()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
  override toString(): string {
    return this.url
  }

  /** One line, where all that there is of a server would be hundreds. */
  [inspect.custom](): string {
    const { databases } = this.server.keyspace
    const facts = {
      clients: this.server.clients.size,
      keys: databases.reduce((sum, { size }) => sum + size, 0),
      calls: this.calls.length,
    }
    return `RunningRedis <${this.url}> ${inspect(facts)}`
  }
}
