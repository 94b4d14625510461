// startRedis({ thread: true }): the ordinary server in a thread of its own. A test that is busy
// cannot stall it, and a server that hangs cannot stall the test.

import { inspect } from 'node:util'
import { type Call, type CallFilter, fits, type RedisEvents } from '../calls.ts'
import { ClientFiles } from '../client-files.ts'
import type { ClientTls } from '../client-tls.ts'
import type { CommandName } from '../command-name.ts'
import {
  type ClientName,
  type ConnectionVariables,
  type ConnectOptions,
  connectOptions,
  type EnvOptions,
  type Login,
  serverVariables,
} from '../connect-options.ts'
import type { WaitOptions } from '../control.ts'
import * as shapes from '../shapes.ts'
import type { ForkOptions, StartOptions, ThreadOptions } from '../start-options.ts'
import { waitedFor, waitForCall } from '../wait.ts'
import { KeptState, remote, ThreadLink, type Unpack } from './link.ts'
import type { RemoteRedis, ThreadedAssertions, ThreadedClock, ThreadedDatabase } from './members.ts'
import type { Address, Packed } from './messages.ts'

/**
 * A server that listens in a thread of its own: as `RunningRedis`, but that what is read or done
 * there is a promise. Calls are done in the order in which they were made.
 */
export interface ThreadedRedis extends RemoteRedis {
  readonly host: string
  readonly port: number
  /** `rediss://127.0.0.1:port`, or `redis://…` without TLS. */
  readonly url: string
  readonly unixsocket: string | undefined
  /** Undefined with `tls: false`. */
  readonly tls: ClientTls | undefined
  /** The seed of what is picked at random, if it was given one. */
  readonly randomSeed: number | undefined
  /** The server's time: real until it is frozen. */
  readonly clock: ThreadedClock
  /** Claims about what clients did; the promise is rejected where they are wrong. */
  readonly expect: ThreadedAssertions
  /** A database to look into and to write to; one that is not there rejects what it is asked. */
  db(index?: number): ThreadedDatabase
  /**
   * What a client library or redis-cli has to be given to connect: `connectOptions('ioredis')`.
   * @param login who logs in; `false`: nobody
   * @throws TypeError for an unknown client, or one that cannot connect to this server
   */
  connectOptions<C extends ClientName>(client: C, login?: Login | false): ConnectOptions[C]
  /**
   * What child processes need to connect, by the names of environment variables.
   * @param login who logs in; `false`: nobody
   * @throws Error with `p12` if the client's key cannot be read
   */
  env(login?: Login | false, options?: EnvOptions): ConnectionVariables
  /** The calls that fit. `where` is asked on this side. */
  callsOf(filter: CallFilter): Promise<Call[]>
  /**
   * The first call of a command, also one that was made before: since the start or clearCalls().
   * @throws Error if none comes in time, with the calls that did
   */
  waitFor(command: CommandName | CallFilter, key?: string, options?: WaitOptions): Promise<Call>
  /** Listens; once the promise is resolved, no event is missed. */
  on<E extends keyof RedisEvents>(
    event: E,
    listener: (...args: RedisEvents[E]) => void,
  ): Promise<void>
  /** Ends what on() began. */
  off<E extends keyof RedisEvents>(event: E, listener: (...args: RedisEvents[E]) => void): void
  /** Starts another server like this one, in the same thread and without a log. */
  fork(options?: Omit<ForkOptions, 'log'>): Promise<ThreadedRedis>
  /**
   * Closes listeners and connections and removes files; the last server of a thread ends it. One
   * that does not answer within two seconds is ended as it is.
   * @throws the first bug of the server itself that a command met, if any did
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** @throws what startRedis() throws */
export async function startThread(options: ThreadOptions): Promise<ThreadedRedis> {
  const { log, thread: _, ...own } = options
  const crew: Crew = { open: 0, options: own }
  const data = { options: { ...own, unref: false }, wantsLog: log !== undefined }
  const link = new ThreadLink(data, made => unpackerOf(made, crew), options.unref ?? false)
  if (log !== undefined) link.on(0, 'log', log)
  try {
    return (await link.started()) as ThreadedRedis
  } catch (error) {
    await link.end()
    throw error
  }
}

/** The servers of one thread. */
interface Crew {
  open: number
  /** What the first was started with. */
  readonly options: StartOptions
}

function unpackerOf(link: ThreadLink, crew: Crew): Unpack {
  return packed => {
    if ('redis' in packed) return makeRedis(link, crew, packed.redis)
    if ('state' in packed) return link.holds(new KeptState(packed.state), packed.state)
    const fault = remote(link, packed.fault, [], 'fault', {})
    const dispose = { [Symbol.asyncDispose]: () => fault.remove() }
    return link.holds(Object.assign(fault, dispose), packed.fault)
  }
}

function makeRedis(link: ThreadLink, crew: Crew, address: Address): ThreadedRedis {
  return remote(link, address.reference, [], 'redis', new Threaded(link, crew, address))
}

class Threaded implements Omit<ThreadedRedis, keyof RemoteRedis> {
  readonly host: string
  readonly port: number
  readonly url: string
  readonly unixsocket: string | undefined
  readonly randomSeed: number | undefined
  readonly clock: ThreadedClock
  readonly expect: ThreadedAssertions
  readonly #link: ThreadLink
  readonly #crew: Crew
  readonly #reference: number
  readonly #files: ClientFiles | undefined
  #closing: Promise<void> | undefined

  constructor(
    link: ThreadLink,
    crew: Crew,
    { reference, host, port, url, unixsocket, tls }: Address,
  ) {
    this.host = host
    this.port = port
    this.url = url
    this.unixsocket = unixsocket
    this.randomSeed = crew.options.randomSeed
    this.clock = remote(link, reference, [['clock']], 'clock', { follow: cannotFollow })
    this.expect = remote(link, reference, [['expect']], 'expect', {})
    this.#link = link
    this.#crew = crew
    this.#reference = reference
    this.#files = tls && new ClientFiles(tls)
    crew.open++
  }

  get tls(): ClientTls | undefined {
    return this.#files
  }

  db(index = 0): ThreadedDatabase {
    const path = [['db', [{ plain: index }] satisfies Packed[]]] as const
    return remote(this.#link, this.#reference, path, 'database', {})
  }

  connectOptions<C extends ClientName>(client: C, login: Login | false = {}): ConnectOptions[C] {
    return connectOptions(client, this, login, this.#crew.options)
  }

  env(login: Login | false = {}, options: EnvOptions = {}): ConnectionVariables {
    return serverVariables(this, this.#crew.options, login, options)
  }

  async callsOf({ where, ...filter }: CallFilter): Promise<Call[]> {
    const calls = await this.#ask('callsOf', filter)
    return (calls as Call[]).filter(call => where === undefined || fits(call, { where }))
  }

  async waitFor(
    command: CommandName | CallFilter,
    key?: string,
    options: WaitOptions = {},
  ): Promise<Call> {
    return waitForCall(this, waitedFor(command, key, options), options.timeout ?? '5s')
  }

  async on<E extends keyof RedisEvents>(
    event: E,
    listener: (...args: RedisEvents[E]) => void,
  ): Promise<void> {
    shapes.checkEvent(event)
    this.#link.on(this.#reference, event, listener as (value: never) => void)
    // What is said after the answer to this was said after the subscription.
    await this.#link.ask(this.#reference, [['port']])
  }

  off<E extends keyof RedisEvents>(event: E, listener: (...args: RedisEvents[E]) => void): void {
    shapes.checkEvent(event)
    this.#link.off(this.#reference, event, listener as (value: never) => void)
  }

  async fork(options: Omit<ForkOptions, 'log'> = {}): Promise<ThreadedRedis> {
    return (await this.#ask('fork', options)) as ThreadedRedis
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      await this.#link.close(this.#reference)
    } finally {
      this.#files?.remove()
      if (--this.#crew.open === 0) await this.#link.end()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  toString(): string {
    return this.url
  }

  [inspect.custom](): string {
    return `ThreadedRedis <${this.url}>`
  }

  #ask(method: string, argument: unknown): Promise<unknown> {
    return this.#link.ask(this.#reference, [[method, [{ plain: argument }]]])
  }
}

function cannotFollow(): never {
  throw new Error('A server in a thread cannot follow the timers of this one: start it without')
}
