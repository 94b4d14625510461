// What clients did: each command with its arguments, its user, its keys and its reply, and each
// connection with its TLS session. Recording is always on and keeps the last ten thousand of each.

import { EventEmitter } from 'node:events'
import type { Client } from '../engine/client.ts'
import type { Feature } from '../engine/features.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import type { ReplyError } from '../resp3/errors.ts'
import type { Command } from '../table/command.ts'
import type { HandshakeError } from '../transport/handshake-sentence.ts'
import { fromText } from '../util/bytes.ts'
import { compile } from '../util/glob.ts'
import { type CommandName, names } from './command-name.ts'
import { describeClient } from './connected-client.ts'
import type { Connections, LibraryCall } from './library-calls.ts'
import * as libraries from './library-calls.ts'
import { RecordedCall } from './recorded-call.ts'
import * as shapes from './shapes.ts'

/** One command that a client sent, or that a script or a transaction of it ran. */
export interface Call {
  /** In lower case, a subcommand after a bar: `'get'`, `'acl|setuser'`. */
  readonly command: string
  /** What followed the command's name; secrets are `(redacted)`. */
  readonly args: readonly string[]
  /** Who was logged in. */
  readonly user: string
  /** Of the words, those that name keys. */
  readonly keys: readonly string[]
  /** Of the words, those that name channels. */
  readonly channels: readonly string[]
  /** The number of the database that was selected. */
  readonly database: number
  /** Who sent it, as it was then. */
  readonly client: ConnectedClient
  /** What was answered: text, numbers, arrays, Maps, null. `undefined` while there is none, and for commands that blocked. */
  readonly reply: unknown
  /** The text of an error that was answered. */
  readonly error: string | undefined
  /** Refused before it ran: by ACL, for its arity, for the state of the server. */
  readonly refused: boolean
  /** By a script. */
  readonly fromScript: boolean
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number
  /** How long it ran. */
  readonly durationMs: number
  /** All of it as JSON has it: a map of a reply is an object, a bigint a string. */
  toJSON(): Readonly<Record<string, unknown>>
  /** One line: user, command, words, and the error if it was one. */
  toString(): string
}

/** A connection, and its TLS session if it has one. */
export interface ConnectedClient {
  /** As CLIENT ID answers. */
  readonly id: number
  /** `'127.0.0.1:49152'`. */
  readonly address: string
  /** How it is connected; `'internal'` for the server's own. */
  readonly kind: 'tls' | 'tcp' | 'unix' | 'internal'
  /** The name of CLIENT SETNAME. */
  readonly name: string
  /** Who is logged in. */
  readonly user: string
  /** What CLIENT SETINFO said: `'ioredis 5.4.1'`. */
  readonly library: string
  /** How many channels and patterns it listens to. */
  readonly subscriptions: number
  /** Undefined without TLS. */
  readonly tls: TlsSession | undefined
}

/** A connection's TLS session, as both ends agreed on it. */
export interface TlsSession {
  /** `'TLSv1.3'`. */
  readonly protocol: string
  /** By OpenSSL's name: `'TLS_AES_256_GCM_SHA384'`. */
  readonly cipher: string
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined
  /** The subject of the client's certificate, or undefined if it presented none. */
  readonly peerSubject: Readonly<Record<string, string | readonly string[]>> | undefined
  /** It goes on with the session of an earlier connection. */
  readonly resumed: boolean
}

/** Which calls: those that all of what is given here is true of. */
export interface CallFilter {
  /** This command, or one of these. */
  readonly command?: CommandName | readonly CommandName[]
  /** One of the keys fits this glob. */
  readonly key?: string
  /** By this user. */
  readonly user?: string
  /** Whatever a test asks of a call. */
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
  /** A client's TLS handshake failed. */
  handshakeError: [error: HandshakeError]
  /** A client's connection has ended. */
  disconnect: [client: ConnectedClient]
}

/** Every call. */
export const NO_FILTER: CallFilter = {}

const CALLS_MAX = 10_000
const CLIENTS_MAX = 10_000
const BYTES_MAX = 64 * 1024 * 1024

export class Recorder implements Feature {
  readonly events = new EventEmitter<RedisEvents>()
  /** How many calls were forgotten because there were too many. */
  dropped = 0
  #calls: RecordedCall[] = []
  #bytes = 0
  /** What forgotten calls have told of the connections that stand. */
  #connections: Connections = new Map()
  /** Clients that have sent or been told secrets since their last MULTI, if there was one. */
  readonly #secretive = new Set<Client>()
  readonly #seen = new Map<number, ConnectedClient>()
  readonly #server: RedisServer
  readonly #isLink: ((peer: string) => boolean) | undefined

  /** @param isLink whether it is no client that stands at an address, but a replica */
  constructor(server: RedisServer, isLink?: (peer: string) => boolean) {
    this.#server = server
    this.#isLink = isLink
    server.features.use(this)
  }

  /** What masters and replicas say to each other is nobody's call. */
  isOfLink(client: Client): boolean {
    return client.isMaster || client.isReplica || this.#isLink?.(client.peer) === true
  }

  ran(client: Client, command: Command, args: Args, durationMs: number, mark?: number): void {
    if (this.isOfLink(client)) return
    const reply = mark === undefined ? undefined : Buffer.from(client.reply.since(mark))
    const isSecretReply = this.#isSecretReply(client, command)
    this.add(new RecordedCall(client, command, args, { reply, durationMs, isSecretReply }))
  }

  refused(client: Client, command: Command | undefined, args: Args, error: ReplyError): void {
    if (this.isOfLink(client)) return
    const call = new RecordedCall(client, command, args, { refusal: error.message })
    this.add(call)
    if (error.code === 'NOPERM' || error.code === 'NOAUTH') this.events.emit('denied', call)
  }

  accepted(client: Client): void {
    const seen = describeClient(client)
    this.#see(client.id, seen)
    this.events.emit('client', seen)
    if (seen.tls !== undefined) this.events.emit('handshake', seen)
  }

  released(client: Client): void {
    this.#secretive.delete(client)
    this.events.emit('disconnect', describeClient(client))
  }

  handshakeFailed(error: HandshakeError): void {
    this.events.emit('handshakeError', error)
  }

  get calls(): readonly Call[] {
    return this.#calls
  }

  /** The clients that have connected since the start or the last clear(): the last of them. */
  get clientsSeen(): readonly ConnectedClient[] {
    return [...this.#seen.values()]
  }

  get connections(): ConnectedClient[] {
    return this.#connected.map(describeClient)
  }

  /** @param who asks, for the error about names that nobody knows */
  find(filter: CallFilter, who: string): Call[] {
    this.checkFilter(filter, who)
    return this.#calls.filter(call => fits(call, filter))
  }

  /** Of the calls those that client libraries made by themselves. */
  get libraryCalls(): ReadonlyMap<Call, LibraryCall> {
    return new libraries.LibraryCalls(this.#connections).of(this.#calls)
  }

  /** @throws TypeError for names that nobody knows, with what was meant */
  checkFilter(filter: CallFilter, who: string): void {
    if (filter === NO_FILTER) return
    shapes.checkFilter(who, filter, this.#server.table.catalogue, name => this.#wasSent(name))
  }

  /** The same for a list of commands. */
  checkCommands(commands: readonly string[], who: string): void {
    shapes.checkCommands(who, commands, this.#server.table.catalogue, name => this.#wasSent(name))
  }

  /** Commands that Redis lacks are calls as well. */
  #wasSent(name: string): boolean {
    return this.#calls.some(({ command }) => command === name)
  }

  clear(): void {
    this.#pass(this.#calls)
    this.#calls = []
    this.#bytes = 0
    this.dropped = 0
    this.#seen.clear()
    for (const client of this.#connected) this.#seen.set(client.id, describeClient(client))
  }

  /** Those that are still shaking hands are clients to Redis, but have no session to tell of. */
  get #connected(): Client[] {
    return [...this.#server.clients.values()].filter(client => !client.isShakingHands)
  }

  add(call: RecordedCall): void {
    this.#calls.push(call)
    this.#bytes += call.bytes
    if (this.#calls.length > CALLS_MAX * 2 || this.#bytes > BYTES_MAX * 2) this.#forget()
    this.events.emit('command', call)
  }

  // EXEC tells again what the commands of its transaction were answered.
  #isSecretReply(client: Client, command: Command): boolean {
    const { name, secrets, secretReply } = command
    if (secrets !== undefined || secretReply !== undefined) this.#secretive.add(client)
    else if (this.#secretive.size > 0 && name === 'multi') this.#secretive.delete(client)
    return command.has('runs_queue') && this.#secretive.has(client)
  }

  #see(id: number, client: ConnectedClient): void {
    this.#seen.set(id, client)
    if (this.#seen.size <= CLIENTS_MAX * 2) return
    for (const old of [...this.#seen.keys()].slice(0, -CLIENTS_MAX)) this.#seen.delete(old)
  }

  /** Keeps of calls that are forgotten how far their connections have come. */
  #pass(calls: readonly RecordedCall[]): void {
    if (calls.length === 0) return
    const judge = new libraries.LibraryCalls(this.#connections)
    judge.of(calls)
    const standing = [...judge.connections].filter(([id]) => this.#server.clients.has(id))
    this.#connections = new Map(standing)
  }

  // In large portions, because shortening an array costs its length.
  #forget(): void {
    let from = Math.max(0, this.#calls.length - CALLS_MAX)
    for (let i = 0; i < from; i++) this.#bytes -= this.#calls[i]!.bytes
    while (from < this.#calls.length && this.#bytes > BYTES_MAX) {
      this.#bytes -= this.#calls[from++]!.bytes
    }
    this.dropped += from
    this.#pass(this.#calls.slice(0, from))
    this.#calls = this.#calls.slice(from)
  }
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
