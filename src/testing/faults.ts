// Faults on purpose: requests that would have run are answered with an error, late, never, in
// single bytes, or lose their connection. A fault says which requests it is for and how often, and
// counts how often it struck, so that a test can assert that its fault did happen.

import type { Args } from '../resp3/args.ts'
import { replyError } from '../resp3/errors.ts'
import type { Client } from '../server/client.ts'
import type { Command } from '../server/command.ts'
import { call, writeError } from '../server/dispatch.ts'
import type { RedisServer } from '../server/server.ts'
import { fromText } from '../util/bytes.ts'
import type { Timer } from '../util/clock.ts'
import { type CallFilter, fits } from './calls.ts'
import { type Duration, milliseconds } from './duration.ts'
import { RecordedCall } from './recorded-call.ts'

/**
 * What happens to a request:
 * - `error`: it does not run, and this error is its reply (`'LOADING Redis is loading'`)
 * - `reply`: it does not run, and this text is its reply, as a bulk string
 * - `delay`: it runs later, by the server's clock; what the connection sends after it waits
 * - `hang`: it never runs and is never answered
 * - `drop`: the connection is closed: `'before'` it runs, `'after'` it ran and before its reply, or
 *   `'replied'`, after its reply
 * - `reset`: as `drop: 'before'`, but the peer sees ECONNRESET
 * - `slice`: it runs, and its reply arrives in pieces of so many bytes
 */
export type FaultEffect =
  | { readonly error: string }
  | { readonly reply: string }
  | { readonly delay: Duration }
  | { readonly hang: true }
  | { readonly drop: 'before' | 'after' | 'replied' }
  | { readonly reset: true }
  | { readonly slice: number }

/** Which requests a fault is for, and how often it strikes. */
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
  remove(): void
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

  /** Whether it strikes this request, which counts. */
  strikes(client: Client, request: RecordedCall): boolean {
    const { clientId, skip = 0, times = Number.POSITIVE_INFINITY } = this.options
    if (clientId !== undefined && clientId !== client.id) return false
    if (this.fired >= times || !fits(request, this.options)) return false
    if (this.passed < skip) {
      this.passed++
      return false
    }
    this.fired++
    return true
  }
}

const EFFECTS = ['error', 'reply', 'delay', 'hang', 'drop', 'reset', 'slice'] as const

export class Faults {
  readonly #server: RedisServer
  readonly #active = new Set<ActiveFault>()
  readonly #timers = new Set<Timer>()
  readonly #hanging = new Set<Client>()

  constructor(server: RedisServer) {
    this.#server = server
  }

  /** @throws TypeError for a fault without an effect, or with several */
  add(options: FaultOptions & FaultEffect): Fault {
    const effects = EFFECTS.filter(effect => effect in options)
    if (effects.length !== 1) {
      throw new TypeError(`A fault has one effect of ${EFFECTS.join(', ')}`)
    }
    if ('delay' in options) milliseconds(options.delay)
    if ('error' in options && options.error.trim() === '')
      throw new TypeError('An error has a text')
    const fault = new ActiveFault(options, this.#active)
    this.#active.add(fault)
    this.#server.hooks.intercept ??= (client, command, args) =>
      this.#intercept(client, command, args)
    return fault
  }

  /** Removes every fault. Delayed requests run now; what hangs is let go as well. */
  clear(): void {
    this.#active.clear()
    delete this.#server.hooks.intercept
    for (const client of [...this.#hanging]) this.#letGo(client)
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
  }

  #intercept(client: Client, command: Command, args: Args): boolean {
    if (client.connection === undefined) return false
    const request = new RecordedCall(client, command, args, {})
    for (const fault of this.#active) {
      if (!fault.strikes(client, request)) continue
      this.#apply(fault.options, client, command, args)
      return true
    }
    return false
  }

  #apply(effect: FaultEffect, client: Client, command: Command, args: Args): void {
    if ('error' in effect) this.#refuse(client, command, args, effect.error)
    else if ('reply' in effect) client.reply.bulk(fromText(effect.reply))
    else if ('delay' in effect) this.#hold(client, args, milliseconds(effect.delay))
    else if ('hang' in effect) this.#hold(client, args, undefined)
    else if ('reset' in effect) resetConnection(client)
    else if ('slice' in effect) this.#slice(client, command, args, effect.slice)
    else this.#drop(effect.drop, client, command, args)
  }

  #refuse(client: Client, command: Command, args: Args, text: string): void {
    const error = replyError(fromText(text.replace(/[\r\n]+/g, ' ')))
    this.#server.hooks.refused?.(client, command, args, error)
    if (client.transaction !== undefined) client.transaction.refused = true
    writeError(client, error)
  }

  #drop(when: 'before' | 'after' | 'replied', client: Client, command: Command, args: Args): void {
    const mark = client.reply.size
    if (when !== 'before') call(client, command, args)
    if (when === 'replied') client.closeAfterReply = true
    else {
      client.reply.rewind(mark)
      this.#server.disconnect(client)
    }
  }

  // Like a client that CLIENT PAUSE holds back: nothing more is read from it until it goes on.
  #hold(client: Client, args: Args, delayMs: number | undefined): void {
    client.postponed = args.own()
    this.#hanging.add(client)
    if (delayMs === undefined) return
    const timer = this.#server.clock.after(delayMs, () => {
      this.#timers.delete(timer)
      this.#letGo(client)
    })
    this.#timers.add(timer)
  }

  #letGo(client: Client): void {
    const args = client.postponed
    if (!this.#hanging.delete(client) || args === undefined || client.closed) return
    client.postponed = undefined
    const { table } = this.#server
    const found = table.find(args)
    const command = args.count > 1 ? (found?.subcommands?.get(args.lower(1)) ?? found) : found
    if (command !== undefined) call(client, command, args)
    client.process()
    this.#server.endTurn()
  }

  #slice(client: Client, command: Command, args: Args, size: number): void {
    const mark = client.reply.size
    call(client, command, args)
    const bytes = Buffer.from(client.reply.since(mark))
    client.reply.rewind(mark)
    client.flush()
    const socket = client.connection?.socket
    socket?.setNoDelay(true)
    for (let at = 0; at < bytes.length; at += Math.max(1, size)) {
      socket?.write(bytes.subarray(at, at + Math.max(1, size)))
    }
  }
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
