// What clients did: each command with its arguments, its user, its keys and its reply, and each
// connection with its TLS session. Recording is always on and keeps the last ten thousand calls.
// Passwords never get in: the words that SLOWLOG hides are hidden here as well.

import { EventEmitter } from 'node:events'
import type tls from 'node:tls'
import type { Args } from '../resp3/args.ts'
import { decodeReply, type Reply } from '../resp3/decoder.ts'
import type { Client } from '../server/client.ts'
import type { Command } from '../server/command.ts'
import { channelsOf, keysOf } from '../server/keys.ts'
import type { RedisServer } from '../server/server.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import { fromText, quoted, toText } from '../util/bytes.ts'
import { compile } from '../util/glob.ts'

/** One command that a client sent, or that a script or a transaction of it ran. */
export interface Call {
  /** In lower case, a subcommand after a bar: `'get'`, `'acl|setuser'`. */
  readonly command: string
  /** What followed the command's name; secrets are `(redacted)`. */
  readonly args: readonly string[]
  readonly user: string
  readonly keys: readonly string[]
  readonly channels: readonly string[]
  readonly database: number
  readonly client: ConnectedClient
  /** `undefined` while there is none, and for commands that blocked. */
  readonly reply: unknown
  /** The text of an error that was answered. */
  readonly error: string | undefined
  /** Refused before it ran: by ACL, for its arity, for the state of the server. */
  readonly refused: boolean
  /** By a script. */
  readonly fromScript: boolean
  /** Milliseconds since 1970. */
  readonly at: number
  readonly durationMs: number
}

/** A connection, and its TLS session if it has one. */
export interface ConnectedClient {
  readonly id: number
  /** `'127.0.0.1:49152'`. */
  readonly address: string
  readonly kind: 'tls' | 'tcp' | 'unix' | 'internal'
  /** The name of CLIENT SETNAME. */
  readonly name: string
  readonly user: string
  readonly library: string
  readonly subscriptions: number
  readonly tls: TlsSession | undefined
}

/** A connection's TLS session, as both ends agreed on it. */
export interface TlsSession {
  /** `'TLSv1.3'`. */
  readonly protocol: string
  readonly cipher: string
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined
  /** The subject of the client's certificate, or undefined if it presented none. */
  readonly peerSubject: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly resumed: boolean
}

/** Which calls: by the command's name, by a key (a glob), by a user, or by any of its own. */
export interface CallFilter {
  readonly command?: string | readonly string[]
  readonly key?: string
  readonly user?: string
  readonly where?: (call: Call) => boolean
}

/** The events of on() and what their listeners are given. */
export interface RedisEvents {
  /** After a command ran. */
  command: [call: Call]
  /** A request was refused by ACL, or for want of a login. */
  denied: [call: Call]
  /** A client is connected, over TLS after its handshake. */
  client: [client: ConnectedClient]
  /** A client's TLS handshake is done. */
  handshake: [client: ConnectedClient]
  handshakeError: [error: HandshakeError]
  disconnect: [client: ConnectedClient]
}

const CALLS_MAX = 10_000
const BYTES_MAX = 64 * 1024 * 1024

export class Recorder {
  readonly events = new EventEmitter<RedisEvents>()
  /** How many calls were forgotten because there were too many. */
  dropped = 0
  #calls: RecordedCall[] = []
  #bytes = 0
  readonly #seen = new Map<number, ConnectedClient>()
  readonly #server: RedisServer

  constructor(server: RedisServer) {
    this.#server = server
    const { hooks } = server
    hooks.called = (client, command, args, durationMs, mark) => {
      const reply = mark === undefined ? undefined : Buffer.from(client.reply.since(mark))
      this.add(new RecordedCall(client, command, args, { reply, durationMs }))
    }
    hooks.refused = (client, command, args, error) => {
      const call = new RecordedCall(client, command, args, { refusal: error.message })
      this.add(call)
      if (error.code === 'NOPERM' || error.code === 'NOAUTH') this.events.emit('denied', call)
    }
    hooks.accepted = client => {
      const seen = describeClient(client)
      this.#seen.set(client.id, seen)
      this.events.emit('client', seen)
      if (seen.tls !== undefined) this.events.emit('handshake', seen)
    }
    hooks.released = client => this.events.emit('disconnect', describeClient(client))
    hooks.handshakeFailed = error => this.events.emit('handshakeError', error)
  }

  get calls(): readonly Call[] {
    return this.#calls
  }

  /** Every client that has connected since the start or the last clear(). */
  get clientsSeen(): readonly ConnectedClient[] {
    return [...this.#seen.values()]
  }

  get connections(): ConnectedClient[] {
    return [...this.#server.clients.values()].map(describeClient)
  }

  find(filter: CallFilter): Call[] {
    return this.#calls.filter(call => fits(call, filter))
  }

  clear(): void {
    this.#calls = []
    this.#bytes = 0
    this.dropped = 0
    this.#seen.clear()
    for (const client of this.#server.clients.values()) {
      this.#seen.set(client.id, describeClient(client))
    }
  }

  add(call: RecordedCall): void {
    this.#calls.push(call)
    this.#bytes += call.bytes
    if (this.#calls.length > CALLS_MAX * 2 || this.#bytes > BYTES_MAX * 2) this.#forget()
    this.events.emit('command', call)
  }

  // In large portions, because shortening an array costs its length.
  #forget(): void {
    let from = Math.max(0, this.#calls.length - CALLS_MAX)
    for (let i = 0; i < from; i++) this.#bytes -= this.#calls[i]!.bytes
    while (from < this.#calls.length && this.#bytes > BYTES_MAX) {
      this.#bytes -= this.#calls[from++]!.bytes
    }
    this.dropped += from
    this.#calls = this.#calls.slice(from)
  }
}

const SECRET = '(redacted)'
/** What follows in the error of an unknown command is what the client sent. */
const ECHO = ', with args beginning with:'
/** Words of these are secret also where the command was refused before its handler could say so. */
const SECRET_COMMANDS: ReadonlySet<string> = new Set([
  'auth',
  'hello',
  'acl|setuser',
  'config|set',
  'migrate',
])

interface Outcome {
  readonly reply?: Buffer | undefined
  /** The text of the error, if the command did not run. */
  readonly refusal?: string
  readonly durationMs?: number
}

/** Keeps what was there; all else is worked out when somebody looks at it. */
export class RecordedCall implements Call {
  readonly user: string
  readonly database: number
  readonly refused: boolean
  readonly fromScript: boolean
  readonly at: number
  readonly durationMs: number
  readonly #client: Client
  readonly #command: Command | undefined
  readonly #args: Args
  readonly #hasRun: boolean
  readonly #redacted: ReadonlySet<number> | undefined
  readonly #reply: Buffer | undefined
  readonly #refusal: string | undefined

  constructor(client: Client, command: Command | undefined, args: Args, outcome: Outcome) {
    this.user = toText(client.user?.name ?? '')
    this.database = client.db.index
    this.refused = outcome.refusal !== undefined
    this.fromScript = client.scriptCaller !== undefined
    this.at = client.server.clock.now()
    this.durationMs = outcome.durationMs ?? 0
    this.#client = client.scriptCaller ?? client
    this.#command = command
    this.#args = args.own()
    this.#hasRun = outcome.durationMs !== undefined
    // What is hidden in a client's last command says nothing of one that did not run.
    this.#redacted = this.#hasRun ? client.redacted : undefined
    this.#reply = outcome.reply
    this.#refusal = outcome.refusal
  }

  get bytes(): number {
    return this.#args.bytes.length + (this.#reply?.length ?? 0)
  }

  get command(): string {
    return this.#command?.name ?? toText(this.#args.lower(0))
  }

  get args(): readonly string[] {
    const words = this.#args.texts().map((text, i) => (this.#isSecret(i) ? SECRET : toText(text)))
    return words.slice(this.#command?.parent === undefined ? 1 : 2)
  }

  get keys(): readonly string[] {
    if (this.#command === undefined) return []
    return keysOf(this.#command, this.#args).map(({ name }) => toText(name))
  }

  get channels(): readonly string[] {
    if (this.#command === undefined) return []
    return channelsOf(this.#command, this.#args).map(({ name }) => toText(name))
  }

  get client(): ConnectedClient {
    return describeClient(this.#client)
  }

  get reply(): unknown {
    const reply = this.#decoded
    if (reply === undefined) return undefined
    return reply.type === 'error' ? this.error : plain(reply)
  }

  get error(): string | undefined {
    const reply = this.#decoded
    const text = this.#refusal ?? (reply?.type === 'error' ? reply.text : undefined)
    return text === undefined ? undefined : toText(this.#withoutSecrets(text))
  }

  get #decoded(): Reply | undefined {
    return this.#reply?.length ? decodeReply(this.#reply)?.reply : undefined
  }

  // Errors quote what was sent: an unknown command's words, cut short, or a rule of ACL SETUSER.
  #withoutSecrets(error: string): string {
    if (this.#command === undefined) return error.split(ECHO)[0] ?? ''
    let text = error
    for (const [i, word] of this.#args.texts().entries()) {
      if (this.#isSecret(i)) text = text.replaceAll(`'${word}'`, `'${SECRET}'`)
    }
    return text
  }

  // The words of an unknown command may be anything, also a password after a mistyped AUTH.
  #isSecret(i: number): boolean {
    if (this.#redacted?.has(i)) return true
    if (this.#hasRun) return false
    const first = this.#command?.parent === undefined ? 1 : 2
    return i >= first && (this.#command === undefined || SECRET_COMMANDS.has(this.#command.name))
  }
}

/** A reply as plain values: text, numbers (or a bigint beyond 2^53), arrays, Maps, null. */
function plain(reply: Reply): unknown {
  switch (reply.type) {
    case 'integer':
      return Number.isSafeInteger(Number(reply.value)) ? Number(reply.value) : reply.value
    case 'double':
    case 'boolean':
      return reply.value
    case 'null':
    case 'nullArray':
      return null
    case 'array':
    case 'set':
    case 'push':
      return reply.items.map(plain)
    case 'map':
    case 'attribute':
      return new Map(reply.pairs.map(([key, value]) => [plain(key), plain(value)]))
    default:
      return toText(reply.text)
  }
}

function describeClient(client: Client): ConnectedClient {
  const { connection } = client
  return {
    id: client.id,
    address: client.peer,
    kind: connection?.kind ?? 'internal',
    name: toText(client.name),
    user: toText(client.user?.name ?? ''),
    library: toText([client.libraryName, client.libraryVersion].filter(Boolean).join(' ')),
    subscriptions: client.hasSubscriptions ? client.subscriptions.total : 0,
    tls: connection?.kind === 'tls' ? sessionOf(connection.socket as tls.TLSSocket) : undefined,
  }
}

const SESSIONS = Symbol('TLS session')

// Node forgets the session when the socket closes, and building it costs more than a command.
function sessionOf(socket: tls.TLSSocket): TlsSession {
  const holder = socket as tls.TLSSocket & { [SESSIONS]?: TlsSession }
  if (holder[SESSIONS] !== undefined) return holder[SESSIONS]
  const subject = socket.getPeerCertificate()?.subject
  holder[SESSIONS] = {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    serverName: servernameOf(socket),
    peerSubject: subject && ({ ...subject } as Record<string, string | string[]>),
    resumed: socket.isSessionReused(),
  }
  return holder[SESSIONS]
}

function servernameOf(socket: tls.TLSSocket): string | undefined {
  const { servername } = socket as { servername?: string | false }
  return servername || undefined
}

export function fits(call: Call, { command, key, user, where }: CallFilter): boolean {
  if (command !== undefined && !names(command).includes(call.command)) return false
  if (user !== undefined && call.user !== user) return false
  if (key !== undefined && !call.keys.some(matcherOf(key))) return false
  return where?.(call) ?? true
}

function matcherOf(pattern: string): (text: string) => boolean {
  const matches = compile(fromText(pattern), false)
  return text => matches(fromText(text))
}

/** Names as tests write them, `'ACL SETUSER'`, as calls have them. */
export function names(command: string | readonly string[]): string[] {
  return [command].flat().map(name => name.toLowerCase().trim().replace(/\s+/g, '|'))
}

/** One line a call, for messages. */
export function lineOf({ user, command, args, error }: Call): string {
  const words = [command.toUpperCase().replace('|', ' '), ...args.map(a => quoted(fromText(a)))]
  return `${user}: ${words.join(' ')}${error === undefined ? '' : ` -> ${error}`}`
}
