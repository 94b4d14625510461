// What is running at this moment. A turn begins when something comes in, serves every request that
// is in it, and ends when all replies have been sent. Within it, commands may run within commands:
// those of EXEC and of scripts. The time is read once a turn, and again after what takes long.

import type { Args } from '../resp3/args.ts'
import type { Keyspace } from '../store/keyspace.ts'
import type { Clock } from '../util/clock.ts'
import type { Session } from './session.ts'

export class Turn {
  /** The client whose command is running: a script's own one inside a script. */
  client: Session | undefined
  /** The words of the command that is running. */
  args: Args | undefined
  /** How many commands are running, each within the one before. */
  depth = 0
  /** For keys, time stands still: a script goes on beyond this turn (busy.ts). */
  isHeld = false
  readonly #clock: Clock
  readonly #keyspace: Keyspace
  /** Monotonic time of the last look at the clock in this turn: where the next command begins. */
  #moment = 0
  /** No turn is under way: the time must be read before anything happens. */
  #timeIsOld = true

  constructor(clock: Clock, keyspace: Keyspace) {
    this.#clock = clock
    this.#keyspace = keyspace
  }

  /** The connection whose request is being served, also from within a script. */
  get requester(): Session | undefined {
    return this.client?.scriptCaller ?? this.client
  }

  begin(): void {
    if (!this.isHeld) this.#keyspace.tick()
    this.#moment = this.#clock.monotonic()
    this.#timeIsOld = false
  }

  end(): void {
    this.#timeIsOld = true
  }

  /**
   * Marks the start of a command, and returns its moment for stop(); leave() restores the outer
   * command, if there is one.
   */
  enter(client: Session, args: Args): number {
    this.client = client
    this.args = args
    if (this.depth++ === 0 && (this.#timeIsOld || client.connection === undefined)) this.begin()
    this.#keyspace.touches = !client.noTouch
    return this.#moment
  }

  /** Milliseconds since the moment of enter(). Inside another command time stands still. */
  stop(startedAt: number): number {
    this.#moment = this.#clock.monotonic()
    const durationMs = this.#moment - startedAt
    if (durationMs >= 1 && this.depth === 1 && !this.isHeld) this.#keyspace.tick()
    return durationMs
  }

  leave(outerClient: Session | undefined, outerArgs: Args | undefined): void {
    this.client = outerClient
    this.args = outerArgs
    this.depth--
  }
}
