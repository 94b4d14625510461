// Client-side caching: which keys which client has read, and who must hear of their change.
//
// In the default mode a key that a tracking client reads is remembered with the client's id; its
// first change is told to those clients and forgotten. In broadcasting mode nothing is remembered:
// changed keys are collected by prefix and told once a turn. Databases are not told apart, as in
// Redis. A message goes after the reply of the command that is running for the same client.

import type { Settings } from '../host/config/config.ts'
import type { Args } from '../resp3/args.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Command } from '../table/command.ts'
import { keysOf } from '../table/keys.ts'
import { obtain } from '../util/lazy.ts'
import type { Session, TrackingOptions } from './session.ts'
import type { Turn } from './turn.ts'

const INVALIDATION_CHANNEL = '__redis__:invalidate'

/** What it asks of the server. */
interface TrackedServer {
  readonly clients: ReadonlyMap<number, Session>
  readonly settings: Settings
  readonly turn: Turn
}

interface PrefixState {
  readonly clients: Set<Session>
  /** Changed keys, each with the client that changed it. */
  keys: Map<string, Session | undefined> | undefined
}

/** A prefix or a key that was read, beside its text, and one of the clients that read a key. */
const PREFIX_BYTES = 240
const KEY_BYTES = 192
const READER_BYTES = 12

/** Keys that are forgotten at once when there are too many. */
const LIMIT_EFFORT = 100

export class TrackingTable {
  readonly #server: TrackedServer
  readonly #readers = new Map<string, Set<number>>()
  readonly #prefixes = new Map<string, PrefixState>()
  clientCount = 0
  /** No change of a key needs to be known: keys outlive the clients that have read them. */
  isIdle = true
  /** Somebody is told of all keys with a prefix, at the end of the turn. */
  broadcasts = false
  /** Of all prefixes and of all keys. */
  #textBytes = 0
  itemCount = 0

  constructor(server: TrackedServer) {
    this.#server = server
  }

  get keyCount(): number {
    return this.#readers.size
  }

  get prefixCount(): number {
    return this.#prefixes.size
  }

  /** What prefixes and keys take, whoever is to hear of them. */
  get bytes(): number {
    return (
      this.#textBytes +
      this.#prefixes.size * PREFIX_BYTES +
      this.#readers.size * KEY_BYTES +
      this.itemCount * READER_BYTES
    )
  }

  enable(client: Session, options: TrackingOptions, prefixes: readonly string[]): void {
    if (client.tracking === undefined) this.clientCount++
    const kept = client.tracking?.prefixes ?? new Set<string>()
    client.tracking = {
      ...options,
      prefixes: kept,
      caching: client.tracking?.caching ?? false,
      redirectIsBroken: false,
    }
    this.isIdle = false
    if (!options.broadcast) return
    this.broadcasts = true
    for (const prefix of prefixes.length > 0 ? prefixes : ['']) {
      kept.add(prefix)
      const state = obtain(this.#prefixes, prefix, (): PrefixState => {
        this.#textBytes += prefix.length
        return { clients: new Set(), keys: undefined }
      })
      state.clients.add(client)
    }
  }

  disable(client: Session): void {
    if (client.tracking === undefined) return
    this.clientCount--
    for (const prefix of client.tracking.prefixes) {
      const state = this.#prefixes.get(prefix)
      state?.clients.delete(client)
      if (state?.clients.size !== 0) continue
      this.#prefixes.delete(prefix)
      this.#textBytes -= prefix.length
    }
    client.tracking = undefined
    this.broadcasts = this.#prefixes.size > 0
    this.#settle()
  }

  /** After a read-only command: remembers its keys for the client that will cache them. */
  remember(client: Session, command: Command, args: Args): void {
    const { tracking } = client
    if (tracking === undefined || tracking.broadcast) return
    if (tracking.optIn && !tracking.caching) return
    if (tracking.optOut && tracking.caching) return
    for (const { name } of keysOf(command, args)) {
      const readers = obtain(this.#readers, name, () => {
        this.#textBytes += name.length
        return new Set<number>()
      })
      if (!readers.has(client.id)) {
        readers.add(client.id)
        this.itemCount++
      }
    }
  }

  keyChanged(key: string): void {
    const current = this.#server.turn.requester
    for (const [prefix, state] of this.#prefixes) {
      if (!key.startsWith(prefix)) continue
      state.keys ??= new Map()
      state.keys.set(key, current)
    }
    this.#tellReaders(key, current)
  }

  /** FLUSHDB and FLUSHALL: every cache is void. */
  flushed(): void {
    if (this.clientCount > 0) {
      for (const client of this.#server.clients.values()) {
        if (client.tracking !== undefined) this.#send(client, reply => reply.null())
      }
    }
    for (const key of this.#readers.keys()) this.#textBytes -= key.length
    this.#readers.clear()
    this.itemCount = 0
    this.#settle()
  }

  /**
   * At the end of a turn: tells the collected keys to the broadcasting clients, prefixes and keys
   * in the order of their bytes.
   */
  broadcast(): void {
    const changed: string[] = []
    for (const [prefix, { keys }] of this.#prefixes) if (keys !== undefined) changed.push(prefix)
    for (const prefix of changed.sort()) {
      const state = this.#prefixes.get(prefix)
      if (state?.keys === undefined) continue
      const keys = [...state.keys].sort(([a], [b]) => (a < b ? -1 : 1))
      state.keys = undefined
      for (const client of state.clients) {
        const told = client.tracking?.noLoop
          ? keys.filter(([, changer]) => changer !== client).map(([key]) => key)
          : keys.map(([key]) => key)
        if (told.length > 0) this.#send(client, reply => reply.bulks(told))
      }
    }
  }

  /**
   * tracking-table-max-keys: forgets the oldest keys, telling their readers, while there are more
   * than may be, but not too many at once.
   */
  limit(): void {
    const maxKeys = this.#server.settings['tracking-table-max-keys']
    if (maxKeys === 0) return
    let effort = LIMIT_EFFORT
    for (const key of this.#readers.keys()) {
      if (this.#readers.size <= maxKeys || effort-- === 0) return
      this.#tellReaders(key, undefined)
    }
  }

  #tellReaders(key: string, changer: Session | undefined): void {
    const readers = this.#readers.get(key)
    if (readers === undefined) return
    this.#readers.delete(key)
    this.#textBytes -= key.length
    this.itemCount -= readers.size
    this.#settle()
    for (const id of readers) {
      const client = this.#server.clients.get(id)
      if (client?.tracking === undefined || client.tracking.broadcast) continue
      if (client.tracking.noLoop && client === changer) continue
      this.#send(client, reply => reply.bulks([key]))
    }
  }

  #settle(): void {
    this.isIdle = this.clientCount === 0 && this.#readers.size === 0
  }

  #send(client: Session, writeKeys: (reply: ReplyWriter) => void): void {
    const tracking = client.tracking!
    const target = tracking.redirect === 0 ? client : this.#server.clients.get(tracking.redirect)
    if (target === undefined) {
      tracking.redirectIsBroken = true
      if (client.reply.resp === 3) {
        client.push(reply => {
          reply.push(2)
          reply.bulk('tracking-redir-broken')
          reply.integer(tracking.redirect)
        })
      }
      return
    }
    target.push(reply => {
      if (reply.resp === 3) {
        reply.push(2)
        reply.bulk('invalidate')
      } else if (target !== client && target.subscriptionCount > 0) {
        reply.push(3)
        reply.bulk('message')
        reply.bulk(INVALIDATION_CHANNEL)
      } else {
        return
      }
      writeKeys(reply)
    })
  }
}
