// What is running at this moment. A turn begins when something comes in, serves every request that
// is in it, and ends when all replies have been sent. Within it, commands may run within commands:
// those of EXEC and of scripts. The time is read once a turn, and again after what takes long.
//
// Commands have a time of their own: it stands still while something is loaded at its first use.

import type { Args } from '../resp3/args.ts'
import type { Keyspace } from '../store/keyspace.ts'
import type { Clock } from '../util/clock.ts'
import { warmUpMs } from '../util/lazy.ts'
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
  /** When the clock was last looked at in this turn: where the next command begins. */
  #moment = 0
  /** What of it is not the commands' time. */
  #warmUpMs = 0
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
    this.#look()
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
    if (client.isObeyed) this.#keyspace.isObeying = true
    return this.#moment
  }

  /**
   * Milliseconds since the moment of enter(), but for warming up. Inside another command time
   * stands still.
   */
  stop(startedAt: number): number {
    const warmUpBefore = this.#warmUpMs
    this.#look()
    // A clock that a test has stopped does not know of warming up.
    const durationMs = Math.max(0, this.#moment - startedAt)
    const tookLong = durationMs >= 1 || this.#warmUpMs !== warmUpBefore
    if (tookLong && this.depth === 1 && !this.isHeld) this.#keyspace.tick()
    return durationMs
  }

  #look(): void {
    this.#warmUpMs = warmUpMs()
    this.#moment = this.#clock.monotonic() - this.#warmUpMs
  }

  leave(outerClient: Session | undefined, outerArgs: Args | undefined): void {
    this.client = outerClient
    this.args = outerArgs
    if (--this.depth === 0 && this.#keyspace.isObeying) this.#keyspace.isObeying = false
  }
}
