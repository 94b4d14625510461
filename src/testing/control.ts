// What a test can do with a server besides connecting to it: move its clock, look at and write its
// data, go back to a state, hear what clients did, and break things. The MOCK command gives the
// same to tests in other languages.

import { Cron } from '../engine/cron.ts'
import type { RedisServer } from '../engine/server.ts'
import { toText } from '../util/bytes.ts'
import { Assertions } from './assertions.ts'
import {
  type Call,
  type CallFilter,
  type ConnectedClient,
  Recorder,
  type RedisEvents,
} from './calls.ts'
import type { TestClock } from './clock.ts'
import type { CommandName } from './command-name.ts'
import type { TestDatabase } from './data.ts'
import * as testData from './data.ts'
import type { Duration } from './duration.ts'
import { type Fault, type FaultEffect, type FaultOptions, Faults } from './faults.ts'
import type { SeedValue } from './seed.ts'
import * as shapes from './shapes.ts'
import type { StrictOptions } from './start-options.ts'
import { ServerState } from './state.ts'
import type { Strict } from './strict.ts'
import * as strictness from './strict.ts'
import { waitedFor, waitForCall } from './wait.ts'

/** How long waitFor() waits. */
export interface WaitOptions {
  /** Real time after which the promise is rejected. Default: 5 seconds. */
  readonly timeout?: Duration
}

/** Who listens to what. Counts are subscriptions, by the name of the channel or pattern. */
export interface PubSubState {
  /** By SUBSCRIBE. */
  readonly channels: ReadonlyMap<string, number>
  /** By PSUBSCRIBE. */
  readonly patterns: ReadonlyMap<string, number>
  /** By SSUBSCRIBE. */
  readonly shardChannels: ReadonlyMap<string, number>
}

/** What a test can do with a running server: see, write, move, break, wait. */
export class RedisControl {
  /** The server itself: settings, users, keyspace. */
  readonly server: RedisServer
  /** The server's time: real until it is frozen. */
  readonly clock: TestClock
  /** Claims about what clients did, which throw where they are wrong. */
  readonly expect: Assertions
  /** The seed of what is picked at random, if it was given one. */
  readonly randomSeed: number | undefined
  readonly #recorder: Recorder
  readonly #faults: Faults
  readonly #start: ServerState
  readonly #unfollow: () => void
  #strict: Strict | undefined

  constructor(
    server: RedisServer,
    clock: TestClock,
    randomSeed: number | undefined,
    isLink?: (peer: string) => boolean,
  ) {
    this.server = server
    this.clock = clock
    this.randomSeed = randomSeed
    this.#recorder = new Recorder(server, isLink)
    this.#faults = new Faults(server)
    this.expect = new Assertions(this.#recorder, () => this.#strict?.unexpected)
    this.#start = new ServerState(server)
    this.#unfollow = clock.onMoved(() => {
      // A replica's keys expire when its master says so.
      if (!server.keyspace.expirySuspended) server.feature(Cron).expireKeys()
      server.endTurn()
    })
  }

  // ---- Data ------------------------------------------------------------------------------------

  /** A database to look into and to write to. @throws RangeError if there is none */
  db(index = 0): TestDatabase {
    return new testData.TestDatabase(this.server, index)
  }

  /** Writes data into database 0 in one call, without a command. */
  seed(data: Readonly<Record<string, SeedValue>>): void {
    this.db().seed(data)
  }

  /** All data as text, database after database, the same for the same data. */
  dump(): string {
    return this.server.keyspace.databases
      .filter(({ size }) => size > 0)
      .map(({ index }) => `# database ${index}\n${this.db(index).dump()}\n`)
      .join('')
  }

  // ---- State -----------------------------------------------------------------------------------

  /** The whole state: data, users, functions, settings. It stays as it is. */
  snapshot(): ServerState {
    return new ServerState(this.server)
  }

  /** Goes back to a state; connections stay. */
  restore(state: ServerState): void {
    state.applyTo(this.server)
  }

  /**
   * As it was at its start: no data, the users and settings it was started with, no faults, no
   * calls, an empty ACL LOG and SLOWLOG, the real time. Connections stay.
   */
  reset(): void {
    this.#faults.clear()
    this.#start.applyTo(this.server)
    this.server.aclLog.reset()
    this.server.slowlog.entries = []
    this.clock.reset()
    this.#recorder.clear()
    this.#strict?.clear()
  }

  // ---- What clients did ------------------------------------------------------------------------

  /** The commands that clients sent, in their order: the last ten thousand at least. */
  get calls(): readonly Call[] {
    return this.#recorder.calls
  }

  /**
   * The calls that fit, in their order: `callsOf({ command: 'set', key: 'app:*' })`.
   * @throws TypeError for a command that neither Redis nor a client knows
   */
  callsOf(filter: CallFilter): Call[] {
    return this.#recorder.find(filter, 'callsOf()')
  }

  /** Forgets the calls, and the clients that are gone. */
  clearCalls(): void {
    this.#recorder.clear()
  }

  /** The clients that are connected now, each with its TLS session. */
  get connections(): readonly ConnectedClient[] {
    return this.#recorder.connections
  }

  /**
   * The clients that connected since the start or the last clearCalls(), gone or not: the last ten
   * thousand at least.
   */
  get clientsSeen(): readonly ConnectedClient[] {
    return this.#recorder.clientsSeen
  }

  /** Who listens to channels and patterns now. */
  get pubsub(): PubSubState {
    const { channels, patterns, shardChannels } = this.server.pubsub
    return {
      channels: counts(channels, clients => clients.size),
      patterns: counts(patterns, clients => clients.size),
      shardChannels: counts(shardChannels, clients => clients.size),
    }
  }

  /**
   * Listens to what clients do: `on('denied', call => console.log(String(call)))`.
   * @throws TypeError for an event that there is not
   */
  on<E extends keyof RedisEvents>(event: E, listener: (...args: RedisEvents[E]) => void): this {
    shapes.checkEvent(event)
    this.#recorder.events.on(event, listener as never)
    return this
  }

  /** Ends what on() began. @throws TypeError for an event that there is not */
  off<E extends keyof RedisEvents>(event: E, listener: (...args: RedisEvents[E]) => void): this {
    shapes.checkEvent(event)
    this.#recorder.events.off(event, listener as never)
    return this
  }

  /**
   * The first call of a command, also one that was made before: since the start or clearCalls().
   * @param key a glob that one of the call's keys has to fit
   * @throws Error if none comes in time, with the calls that did
   * @throws TypeError for a command that neither Redis nor a client knows
   */
  async waitFor(
    command: CommandName | CallFilter,
    key?: string,
    options: WaitOptions = {},
  ): Promise<Call> {
    const filter = waitedFor(command, key, options)
    this.#recorder.checkFilter(filter, 'waitFor()')
    return waitForCall(this, filter, options.timeout ?? '5s')
  }

  // ---- Breaking things -------------------------------------------------------------------------

  /**
   * Answers fitting requests by a fault: `fault({ command: 'get', error: 'LOADING busy', times: 2 })`.
   * @throws TypeError for a fault without an effect, or with several, and for unknown names
   */
  fault(options: FaultOptions & FaultEffect): Fault {
    return this.#faults.add(options)
  }

  /** Removes every fault; what they held back goes on. */
  clearFaults(): void {
    this.#faults.clear()
  }

  /** For the start of a strict server. */
  protected watch(options: StrictOptions, usesTls: boolean): void {
    this.#strict = new strictness.Strict(this.server, this.#recorder, usesTls, options)
  }

  /** For close(). */
  protected endControl(): void {
    this.#unfollow()
    this.#faults.close()
    this.#recorder.events.removeAllListeners()
  }
}

function counts<T>(subscribers: ReadonlyMap<string, T>, count: (of: T) => number) {
  return new Map([...subscribers].map(([name, of]) => [toText(name), count(of)]))
}
