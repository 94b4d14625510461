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

export class Pause<C extends Session> {
  /** Whether anybody may have to wait. */
  isActive = false
  readonly #server: PausedServer<C>
  #mode: PauseMode | undefined
  #endsAt = 0
  #timer: Timer | undefined
  #waiting = new Set<C>()
  /** How many features want everybody to stand still. */
  #standstills = 0

  constructor(server: PausedServer<C>) {
    this.#server = server
  }

  get mode(): PauseMode | undefined {
    return this.#mode
  }

  get endsAt(): number {
    return this.#endsAt
  }

  get waitingCount(): number {
    return this.#waiting.size
  }

  /** A longer or stricter pause replaces an earlier one; a shorter one never cuts it. */
  start(mode: PauseMode, endsAt: number): void {
    if (this.#mode === undefined) this.#server.keyspace.suspendExpiry()
    if (this.#mode === undefined || mode === 'all') this.#mode = mode
    this.isActive = true
    this.#endsAt = Math.max(this.#endsAt, endsAt)
    this.#timer?.cancel()
    const wait = Math.max(0, this.#endsAt - this.#server.clock.now())
    this.#timer = this.#server.clock.after(wait, () => this.end())
  }

  /** Whether a request with these flags must wait. */
  holds(client: C, flags: number): boolean {
    if (client.connection === undefined) return false
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
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#mode !== undefined) this.#server.keyspace.resumeExpiry()
    this.#mode = undefined
    this.isActive = this.#standstills > 0
    this.#endsAt = 0
    if (this.#standstills === 0) this.#release()
  }

  /** Nobody is served until the matching resume(). */
  standStill(): void {
    this.#standstills++
    this.isActive = true
  }

  resume(): void {
    this.#standstills--
    this.isActive = this.#mode !== undefined || this.#standstills > 0
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
