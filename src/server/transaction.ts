// MULTI and WATCH: what a client has queued, and which keys it watches.

import type { Args } from '../resp3/args.ts'
import type { Database } from '../store/database.ts'
import { obtain } from '../util/maps.ts'
import type { Client } from './client.ts'
import type { Command } from './command.ts'

export interface Queued {
  readonly command: Command
  readonly args: Args
}

/** Between MULTI and EXEC. */
export class Transaction {
  readonly queue: Queued[] = []
  /** A command was refused while queueing: EXEC will abort. */
  refused = false
  /** Flags of all queued commands, OR-ed: EXEC is admitted as if it were all of them. */
  flags = 0
  /** Flags that every queued command has. */
  commonFlags = -1
  bytes = 0

  push(command: Command, args: Args, flags: number): void {
    this.queue.push({ command, args })
    this.flags |= flags
    this.commonFlags &= flags
    this.bytes += args.bytes.length + args.marks.byteLength
  }
}

interface Watched {
  readonly db: Database
  readonly key: string
  /** The key was there when WATCH was called and had already expired: to lose it is no change. */
  wasExpired: boolean
}

/** Who watches what. A watch is touched by any change of the key, whoever makes it. */
export class Watches {
  readonly #watchers = new Map<Database, Map<string, Map<Client, Watched>>>()
  readonly #watched = new Map<Client, Watched[]>()

  get isEmpty(): boolean {
    return this.#watched.size === 0
  }

  get clientCount(): number {
    return this.#watched.size
  }

  get keyCount(): number {
    let count = 0
    for (const keys of this.#watchers.values()) count += keys.size
    return count
  }

  countOf(client: Client): number {
    return this.#watched.get(client)?.length ?? 0
  }

  watch(client: Client, db: Database, key: string): void {
    const keys = obtain(this.#watchers, db, () => new Map<string, Map<Client, Watched>>())
    const watchers = obtain(keys, key, () => new Map<Client, Watched>())
    if (watchers.has(client)) return
    const watched = { db, key, wasExpired: db.isExpired(key) }
    watchers.set(client, watched)
    obtain(this.#watched, client, (): Watched[] => []).push(watched)
  }

  unwatch(client: Client): void {
    client.watchTouched = false
    for (const { db, key } of this.#watched.get(client) ?? []) {
      const keys = this.#watchers.get(db)
      const watchers = keys?.get(key)
      watchers?.delete(client)
      if (watchers?.size === 0) keys?.delete(key)
    }
    this.#watched.delete(client)
  }

  touch(db: Database, key: string): void {
    for (const [client, watched] of this.#watchers.get(db)?.get(key) ?? []) {
      if (watched.wasExpired && !db.stores(key)) watched.wasExpired = false
      else client.watchTouched = true
    }
  }

  /**
   * FLUSHDB, FLUSHALL, SWAPDB: touches watchers of keys that are there before or after. To be
   * called before it happens; `successor` is the database whose contents come instead.
   */
  touchAll(db: Database, successor?: Database): void {
    for (const [key, watchers] of this.#watchers.get(db) ?? []) {
      if (!db.stores(key) && !successor?.stores(key)) continue
      for (const [client, watched] of watchers) {
        if (this.#isReplaced(watched, successor)) client.watchTouched = true
      }
    }
  }

  /** Whether the key is another than before; one that had expired may go, or expire elsewhere. */
  #isReplaced(watched: Watched, successor: Database | undefined): boolean {
    const { db, key, wasExpired } = watched
    if (wasExpired) {
      if (successor?.stores(key)) return !successor.isExpired(key)
      watched.wasExpired = false
      return false
    }
    if (db.stores(key) || !successor?.isExpired(key)) return true
    watched.wasExpired = true
    return false
  }

  /** A watched key that has expired since WATCH makes EXEC abort, even if nobody removed it. */
  hasExpired(client: Client): boolean {
    for (const { db, key, wasExpired } of this.#watched.get(client) ?? []) {
      if (!wasExpired && db.isExpired(key)) return true
    }
    return false
  }
}
