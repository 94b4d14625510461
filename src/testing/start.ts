// startRedis(): a fresh server for a test, over TLS, on a free loopback port, in a few
// milliseconds.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createServer } from '../create-server.ts'
import { Listeners } from '../server/listeners.ts'
import type { RedisServer } from '../server/server.ts'
import { fromText } from '../util/bytes.ts'
import {
  type ClientName,
  type ConnectOptions,
  connectOptions,
  type Login,
} from './connect-options.ts'
import { KIT } from './kit.ts'

/** A setting as redis.conf would give it: `yes`/`no` for booleans, a list for several words. */
export type SettingValue = string | number | boolean | readonly (string | number)[]

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
}

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
  /** Hears each line of the server's log. Default: nobody. */
  readonly log?: (line: string) => void
}

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
export interface RunningRedis {
  readonly host: string
  readonly port: number
  /** `rediss://127.0.0.1:port`, or `redis://…` without TLS. */
  readonly url: string
  readonly unixsocket: string | undefined
  /** Undefined with `tls: false`. */
  readonly tls: ClientTls | undefined
  /** The server itself: settings, users, keyspace. */
  readonly server: RedisServer
  /** What a client library or redis-cli has to be given to connect. */
  connectOptions<C extends ClientName>(client: C, login?: Login): ConnectOptions[C]
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
export async function startRedis(options: StartOptions = {}): Promise<RunningRedis> {
  const usesTls = options.tls !== false
  const material = options.tls === false ? {} : (options.tls ?? {})
  const server = createServer({
    config: directivesOf(options, material),
    ...(options.log && { log: options.log }),
  })
  const port = options.port ?? 0
  const listeners = new Listeners(server, {
    anyPort: port === 0 ? [usesTls ? 'tls' : 'tcp'] : [],
    memoryFiles: new Map([
      [MEMORY.cert, material.cert ?? KIT.serverCert],
      [MEMORY.key, material.key ?? KIT.serverKey],
      [MEMORY.ca, material.ca ?? KIT.ca],
    ]),
  })
  try {
    listeners.open()
  } catch (error) {
    server.close()
    throw error
  }
  return new Running(server, listeners, usesTls ? new Files(material) : undefined)
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

function splitRules(rules: string): string[] {
  return rules.split(' ').filter(rule => rule !== '')
}

function wordsOf(value: SettingValue): string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no']
  return typeof value === 'object' ? value.map(String) : [String(value)]
}

class Running implements RunningRedis {
  readonly host = HOST
  readonly port: number
  readonly url: string
  readonly unixsocket: string | undefined
  readonly server: RedisServer
  readonly #listeners: Listeners
  readonly #files: Files | undefined
  #closing: Promise<void> | undefined

  constructor(server: RedisServer, listeners: Listeners, files: Files | undefined) {
    const { settings } = server
    this.server = server
    this.#listeners = listeners
    this.#files = files
    this.port = files === undefined ? settings.port : settings['tls-port']
    this.url = `${files === undefined ? 'redis' : 'rediss'}://${this.host}:${this.port}`
    this.unixsocket = settings.unixsocket === '' ? undefined : settings.unixsocket
  }

  get tls(): ClientTls | undefined {
    return this.#files
  }

  connectOptions<C extends ClientName>(client: C, login: Login = {}): ConnectOptions[C] {
    return connectOptions(client, { host: this.host, port: this.port, tls: this.tls }, login)
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
    await Promise.all(closed)
    this.#files?.remove()
    const [bug] = this.server.bugs
    if (bug !== undefined) throw bug
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The client's side of TLS; files are written when somebody asks for a path. */
class Files implements ClientTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
  #folder: string | undefined

  constructor(material: TlsMaterial) {
    this.ca = material.serverCa ?? material.ca ?? KIT.ca
    this.cert = material.clientCert ?? KIT.clientCert
    this.key = material.clientKey ?? KIT.clientKey
  }

  get caFile(): string {
    return this.#file('ca.crt', this.ca)
  }

  get certFile(): string {
    return this.#file('client.crt', this.cert)
  }

  get keyFile(): string {
    return this.#file('client.key', this.key)
  }

  #file(name: string, content: string): string {
    this.#folder ??= fs.mkdtempSync(path.join(os.tmpdir(), 'redis-tls-mock-'))
    const file = path.join(this.#folder, name)
    if (!fs.existsSync(file)) fs.writeFileSync(file, content, { mode: 0o600 })
    return file
  }

  remove(): void {
    if (this.#folder !== undefined) fs.rmSync(this.#folder, { recursive: true, force: true })
  }
}
