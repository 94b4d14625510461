// Faults on purpose: requests that would have run are answered with an error, late, never, in
// single bytes, or lose their connection. A fault says which requests it is for and how often, and
// counts how often it struck, so that a test can assert that its fault did happen.

import type { Client } from '../engine/client.ts'
import { dispatch } from '../engine/dispatch.ts'
import type { Feature } from '../engine/features.ts'
import type { Handler } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { type ReplyError, replyError } from '../resp3/errors.ts'
import type { Command } from '../table/command.ts'
import { fromText } from '../util/bytes.ts'
import type { Timer } from '../util/clock.ts'
import { type CallFilter, fits } from './calls.ts'
import { type Duration, milliseconds } from './duration.ts'
import { RecordedCall } from './recorded-call.ts'
import * as shapes from './shapes.ts'
import * as slices from './slices.ts'

/**
 * What happens to a request that nothing else speaks against:
 * - `error`: it is refused with this error (`'LOADING Redis is loading'`); in a transaction while it
 *   is being queued, so that EXEC will answer EXECABORT
 * - `reply`: it does not run, and this text is its reply, as a bulk string
 * - `delay`: it arrives later, by the server's clock; what the connection sends after it waits. By
 *   then its user may have lost the right to it.
 * - `hang`: it never arrives and is never answered
 * - `drop`: the connection is closed: `'before'` it runs, `'after'` it ran and before its reply, or
 *   `'replied'`, after its reply. Replies to earlier requests still arrive.
 * - `reset`: as `drop: 'before'`, but the peer sees ECONNRESET
 * - `slice`: it runs, and its reply arrives in pieces of so many bytes
 *
 * In a transaction `reply`, `slice`, `drop: 'after'` and `drop: 'replied'` strike where EXEC runs
 * the command: its reply is a part of EXEC's, which is sliced or lost as a whole.
 */
export type FaultEffect =
  | { readonly error: string }
  | { readonly reply: string }
  | { readonly delay: Duration }
  | { readonly hang: true }
  | { readonly drop: 'before' | 'after' | 'replied' }
  | { readonly reset: true }
  | { readonly slice: number }

/**
 * Which requests a fault is for, and how often it strikes. MOCK is never struck, and AUTH and HELLO
 * only where `command` names them, so that a fault for everything can be taken back.
 */
export interface FaultOptions extends CallFilter {
  /** Only this connection. */
  readonly clientId?: number
  /** Lets so many fitting requests pass first. Default: 0. */
  readonly skip?: number
  /** Strikes so often at most. Default: until it is removed. */
  readonly times?: number
}

/** A fault in force. */
export interface Fault {
  /** How often it struck. */
  readonly fired: number
  /** It strikes no more; what it holds back stays held back until clearFaults(). */
  remove(): void
  /** For `using`: remove(). */
  [Symbol.dispose](): void
}

class ActiveFault implements Fault {
  fired = 0
  passed = 0
  readonly options: FaultOptions & FaultEffect
  readonly #set: Set<ActiveFault>

  constructor(options: FaultOptions & FaultEffect, set: Set<ActiveFault>) {
    this.options = options
    this.#set = set
  }

  remove(): void {
    this.#set.delete(this)
  }

  [Symbol.dispose](): void {
    this.remove()
  }

  /** Whether the request is one of its own, and there are any left to strike. */
  isFor(client: Client, request: RecordedCall): boolean {
    const { clientId, command, times = Number.POSITIVE_INFINITY } = this.options
    if (clientId !== undefined && clientId !== client.id) return false
    if (command === undefined && LOGINS.has(request.command)) return false
    return this.fired < times && fits(request, this.options)
  }

  /** Whether it strikes a request of its own that comes now. */
  get isReady(): boolean {
    return this.passed >= (this.options.skip ?? 0)
  }

  /** Strikes, unless this is one of the requests to let pass; which counts. */
  strike(): boolean {
    const { isReady } = this
    if (isReady) this.fired++
    else this.passed++
    return isReady
  }
}

const EFFECTS = ['error', 'reply', 'delay', 'hang', 'drop', 'reset', 'slice'] as const
const LOGINS: ReadonlySet<string> = new Set(['auth', 'hello'])

/** What becomes of a reply once it is written. */
type ReplyEffect = { readonly slice: number } | { readonly drop: 'after' | 'replied' }
/** The effects that strike a command where it runs. All others strike its request on arrival. */
type EffectOnRun = { readonly reply: string } | ReplyEffect

function isOnRun(effect: FaultEffect): effect is EffectOnRun {
  if ('drop' in effect) return effect.drop !== 'before'
  return 'reply' in effect || 'slice' in effect
}

export class Faults implements Feature {
  readonly #server: RedisServer
  /** Without a fault nobody looks at requests here. */
  #detach: (() => void) | undefined
  readonly #active = new Set<ActiveFault>()
  /** Requests that wait to be dispatched again, at a time or until the faults are removed. */
  readonly #held = new Map<Client, Timer | undefined>()
  readonly #onReply = new Map<Client, ReplyEffect>()
  /** Whose request is being let go. */
  #letGoing: Client | undefined

  constructor(server: RedisServer) {
    this.#server = server
  }

  /** @throws TypeError for a fault without an effect, or with several, and for unknown names */
  add(given: FaultOptions & FaultEffect): Fault {
    shapes.checkFault(given, this.#server.table.catalogue)
    const options = withoutUndefined(given)
    const effects = EFFECTS.filter(effect => effect in options)
    if (effects.length !== 1) {
      const found = effects.length === 0 ? 'none is given' : `${effects.join(' and ')} are given`
      throw new TypeError(`A fault has one effect of ${EFFECTS.join(', ')}: ${found}`)
    }
    const fault = new ActiveFault(options, this.#active)
    this.#active.add(fault)
    this.#detach ??= this.#server.features.use(this)
    return fault
  }

  /** Removes every fault. Delayed requests go on now; what hangs is let go as well. */
  clear(): void {
    this.#active.clear()
    this.#onReply.clear()
    this.#detach?.()
    this.#detach = undefined
    for (const client of [...this.#held.keys()]) this.#letGo(client)
  }

  close(): void {
    for (const timer of this.#held.values()) timer?.cancel()
  }

  /** The fault that strikes a request now; one that strikes when it runs goes before later ones. */
  #find(client: Client, command: Command, args: Args, onRun: boolean): ActiveFault | undefined {
    if (client.connection === undefined || isSteering(command)) return undefined
    const request = new RecordedCall(client, command, args, {})
    for (const fault of this.#active) {
      if (!fault.isFor(client, request)) continue
      if (isOnRun(fault.options) === onRun) {
        if (fault.strike()) return fault
      } else if (!onRun && fault.isReady) {
        return undefined
      }
    }
    return undefined
  }

  arrived(client: Client, command: Command, args: Args): ReplyError | 'held' | undefined {
    this.#onReply.delete(client)
    // What was held back is not held back again.
    if (client === this.#letGoing) return undefined
    const effect = this.#find(client, command, args, false)?.options
    if (effect === undefined) return undefined
    if ('error' in effect) return replyError(fromText(effect.error.replace(/[\r\n]+/g, ' ')))
    if ('delay' in effect) this.#hold(client, args, milliseconds(effect.delay))
    else if ('hang' in effect) this.#hold(client, args, undefined)
    else if ('reset' in effect) resetConnection(client)
    else client.closeAfterReply = true
    return 'held'
  }

  instead(client: Client, command: Command, args: Args): Handler | undefined {
    // A blocked command that runs again was struck when it ran first.
    if (client.resumed !== undefined) return undefined
    const effect = this.#find(client, command, args, true)?.options
    if (effect === undefined || !isOnRun(effect)) return undefined
    if ('reply' in effect) return (_client, _args, reply) => reply.bulk(fromText(effect.reply))
    this.#onReply.set(client, effect)
    return undefined
  }

  answered(client: Client, mark: number): void {
    const effect = this.#onReply.get(client)
    if (effect === undefined || client.blocked !== undefined) return
    this.#onReply.delete(client)
    if ('slice' in effect) {
      slices.slice(client, mark, Math.max(1, effect.slice))
    } else {
      // Replies to earlier requests were sent, whatever befalls this one.
      if (effect.drop === 'after') client.reply.rewind(Math.min(mark, client.reply.size))
      client.closeAfterReply = true
      this.#server.wantsFlush(client)
    }
  }

  // Like a client that CLIENT PAUSE holds back: nothing more is read from it until it goes on.
  #hold(client: Client, args: Args, delayMs: number | undefined): void {
    client.postponed = args.own()
    for (const held of this.#held.keys()) if (held.closed) this.#forget(held)
    const timer =
      delayMs === undefined
        ? undefined
        : this.#server.clock.after(delayMs, () => this.#letGo(client))
    this.#held.set(client, timer)
  }

  #forget(client: Client): void {
    this.#held.get(client)?.cancel()
    this.#held.delete(client)
  }

  /** Dispatches a request again: rights, transactions and pauses count as they are by now. */
  #letGo(client: Client): void {
    const args = client.postponed
    this.#forget(client)
    if (args === undefined || client.closed) return
    client.postponed = undefined
    this.#letGoing = client
    try {
      dispatch(client, args)
    } finally {
      this.#letGoing = undefined
    }
    client.process()
    this.#server.endTurn()
  }
}

function withoutUndefined<T extends object>(given: T): T {
  const left = { ...given }
  for (const [name, value] of Object.entries(left)) {
    if (value === undefined) Reflect.deleteProperty(left, name)
  }
  return left
}

/** MOCK, with which faults are taken back. */
function isSteering({ name }: Command): boolean {
  return name === 'mock' || name.startsWith('mock|')
}

function resetConnection(client: Client): void {
  const { connection, server } = client
  server.release(client)
  const socket = connection?.socket as (NodeJS.EventEmitter & Resettable) | undefined
  const raw = socket?._parent ?? socket
  raw?.resetAndDestroy?.()
  socket?.destroy()
}

interface Resettable {
  readonly _parent?: Resettable | null
  resetAndDestroy?(): void
  destroy(): void
}
