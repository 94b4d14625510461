// WATCH: which keys a client watches. A watch is touched by any change of the key, whoever makes
// it.

import type { Database } from '../store/database.ts'
import { obtain } from '../util/lazy.ts'
import type { Session } from './session.ts'

interface Watched {
  readonly db: Database
  readonly key: string
  /** The key was there when WATCH was called and had already expired: to lose it is no change. */
  wasExpired: boolean
}

/** A key that anybody watches, beside its text and what is counted for each client. */
const KEY_BYTES = 192

export class Watches {
  readonly #watchers = new Map<Database, Map<string, Map<Session, Watched>>>()
  readonly #watched = new Map<Session, Watched[]>()
  /** What the keys take that are watched, whoever does it. */
  bytes = 0
  /** Nobody watches anything. */
  isEmpty = true

  get clientCount(): number {
    return this.#watched.size
  }

  get keyCount(): number {
    let count = 0
    for (const keys of this.#watchers.values()) count += keys.size
    return count
  }

  watch(client: Session, db: Database, key: string): void {
    const keys = obtain(this.#watchers, db, () => new Map<string, Map<Session, Watched>>())
    const watchers = obtain(keys, key, () => {
      this.bytes += KEY_BYTES + key.length
      return new Map<Session, Watched>()
    })
    if (watchers.has(client)) return
    const watched = { db, key, wasExpired: db.isExpired(key) }
    watchers.set(client, watched)
    obtain(this.#watched, client, (): Watched[] => []).push(watched)
    client.watchCount++
    this.isEmpty = false
  }

  unwatch(client: Session): void {
    client.watchTouched = false
    this.#forget(client)
  }

  /** A transaction that is lost needs no more watching. */
  #lose(client: Session): void {
    client.watchTouched = true
    this.#forget(client)
  }

  #forget(client: Session): void {
    client.watchCount = 0
    for (const { db, key } of this.#watched.get(client) ?? []) {
      const keys = this.#watchers.get(db)
      const watchers = keys?.get(key)
      watchers?.delete(client)
      if (watchers?.size !== 0) continue
      keys?.delete(key)
      this.bytes -= KEY_BYTES + key.length
    }
    this.#watched.delete(client)
    this.isEmpty = this.#watched.size === 0
  }

  touch(db: Database, key: string): void {
    for (const [client, watched] of this.#watchers.get(db)?.get(key) ?? []) {
      if (watched.wasExpired && !db.stores(key)) watched.wasExpired = false
      else this.#lose(client)
    }
  }

  /**
   * FLUSHDB, FLUSHALL, SWAPDB: touches watchers of keys that are there before or after. To be
   * called before it happens; `successor` is the database whose contents come instead.
   */
  touchAll(db: Database, successor?: Database): void {
    for (const [key, watchers] of this.#watchers.get(db) ?? []) {
      for (const [client, watched] of watchers) {
        // Once is enough, and most watchers of many keys lose the first of them.
        if (client.watchTouched) continue
        if (!db.stores(key) && !successor?.stores(key)) break
        if (this.#isReplaced(watched, successor)) this.#lose(client)
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
  hasExpired(client: Session): boolean {
    for (const { db, key, wasExpired } of this.#watched.get(client) ?? []) {
      if (!wasExpired && db.isExpired(key)) return true
    }
    return false
  }
}
