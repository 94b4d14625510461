// CLIENT PAUSE: commands are held back, with their clients, until the time is over. And the shorter
// standstill of MIGRATE, during which Redis serves nobody.

import type { Args } from '../resp3/args.ts'
import type { Keyspace } from '../store/keyspace.ts'
import { FLAG } from '../table/command.ts'
import type { Clock, Timer } from '../util/clock.ts'
import type { Session } from './session.ts'

export type PauseMode = 'all' | 'write'

/** What it asks of the server. */
interface PausedServer<C> {
  readonly clock: Clock
  readonly keyspace: Keyspace
  readonly serve: (client: C, args: Args) => void
  endTurn(): void
}

/** Who holds clients back: CLIENT PAUSE, a failover, a server that waits for its replicas. */
export type PauseReason = 'command' | 'failover' | 'shutdown'

interface Stop {
  readonly mode: PauseMode
  readonly endsAt: number
  readonly timer: Timer | undefined
}

export class Pause<C extends Session> {
  /** Whether anybody may have to wait. */
  isActive = false
  readonly #server: PausedServer<C>
  readonly #stops = new Map<PauseReason, Stop>()
  #mode: PauseMode | undefined
  #waiting = new Set<C>()
  /** How many features want everybody to stand still. */
  #standstills = 0

  constructor(server: PausedServer<C>) {
    this.#server = server
  }

  /** Undefined if nobody is held back. */
  get mode(): PauseMode | undefined {
    return this.#mode
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  /**
   * A longer or stricter pause for the same reason replaces an earlier one; a shorter one never
   * cuts it. Without an end it lasts until end() is called.
   */
  start(reason: PauseReason, mode: PauseMode, end = Infinity): void {
    const { clock, keyspace } = this.#server
    const former = this.#stops.get(reason)
    former?.timer?.cancel()
    const endsAt = Math.max(former?.endsAt ?? 0, end)
    const wait = Math.max(0, endsAt - clock.now())
    const timer = endsAt === Infinity ? undefined : clock.after(wait, () => this.end(reason))
    if (this.#stops.size === 0) keyspace.suspendExpiry()
    this.#stops.set(reason, { mode: former?.mode === 'all' ? 'all' : mode, endsAt, timer })
    this.#update()
  }

  #update(): void {
    const modes = Array.from(this.#stops.values(), ({ mode }) => mode)
    this.#mode = modes.includes('all') ? 'all' : modes[0]
    this.isActive = this.#mode !== undefined || this.#standstills > 0
  }

  /** Whether a request with these flags must wait. */
  holds(client: C, flags: number): boolean {
    if (client.connection === undefined || client.isReplica) return false
    if (this.#standstills > 0) return true
    if (this.#mode === undefined) return false
    return this.#mode === 'all' || (flags & (FLAG.write | FLAG.may_replicate)) !== 0
  }

  postpone(client: C, args: Args): void {
    client.postponed = args.own()
    this.#waiting.add(client)
  }

  forget(client: C): void {
    if (client.postponed === undefined) return
    client.postponed = undefined
    this.#waiting.delete(client)
  }

  /** Lets everybody go on, in the order in which they were stopped. */
  end(reason: PauseReason): void {
    const stop = this.#stops.get(reason)
    if (stop === undefined) return
    stop.timer?.cancel()
    this.#stops.delete(reason)
    if (this.#stops.size === 0) this.#server.keyspace.resumeExpiry()
    this.#update()
    if (this.#standstills === 0) this.#release()
  }

  /** The server ends: nothing is to wake anybody. */
  stop(): void {
    for (const { timer } of this.#stops.values()) timer?.cancel()
    this.#stops.clear()
    this.#update()
  }

  /** Nobody is served until the matching resume(). */
  standStill(): void {
    this.#standstills++
    this.#update()
  }

  resume(): void {
    this.#standstills--
    this.#update()
    if (this.#standstills === 0) this.#release()
  }

  /** Who is still to wait is postponed again, in the same order. */
  #release(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const client of waiting) {
      const args = client.postponed
      if (args === undefined || client.closed) continue
      client.postponed = undefined
      this.#server.serve(client, args)
      client.process()
    }
    this.#server.endTurn()
  }
}
