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
import type { ClientTls } from './client-tls.ts'
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
import * as mock from './mock-command.ts'
import type { RunningRedis } from './running.ts'
import type {
  ForkOptions,
  SettingValue,
  StartOptions,
  ThreadOptions,
  TlsMaterial,
} from './start-options.ts'
import type { ThreadedRedis } from './thread/threaded.ts'
import type { Lab, Sighting } from './tls/lab.ts'

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
  const unref = options.unref ?? isTestRun()
  if (options.thread) {
    return (await import('./thread/threaded.ts')).startThread({ ...options, unref })
  }
  const profile = options.tls === false ? undefined : options.tls?.profile
  return startHere(
    { ...options, unref },
    profile === undefined ? undefined : await openLab(profile),
  )
}

// The environment does not tell, since what a test starts inherits it.
function isTestRun(): boolean {
  return ['describe', 'beforeEach'].every(
    name => typeof Reflect.get(globalThis, name) === 'function',
  )
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
    ...(options.mockCommand && { commands: mock.mockCommands() }),
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
    unref: options.unref ?? false,
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
    if (options.mockCommand) mock.enableMock(server, this)
    const { settings } = server
    const { strict = false } = options
    if (strict !== false) this.watch(strict === true ? {} : strict, files !== undefined)
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
    if (this.#options.strict) this.expect.nothingUnexpected()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
