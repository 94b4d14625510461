// MULTI and WATCH: what a client has queued, and which keys it watches.

import { Args } from '../resp3/args.ts'
import type { Database } from '../store/database.ts'
import type { Command } from '../table/command.ts'
import { obtain } from '../util/maps.ts'
import type { Client } from './client.ts'

/** Bytes of the first page of a transaction; later ones are larger, up to the most. */
const PAGE_MIN = 128
const PAGE_MAX = 64 * 1024
const MARKS_MAX = 32 * 1024
/** What a queued command takes beside its words and their marks. */
const QUEUED_BYTES = 24

/** Requests one after the other: their bytes, where their words are, and how many each has. */
class Page {
  #bytes: Buffer
  #marks: number[] = []
  /** The marks, once the page is full. */
  #packedMarks: Uint32Array | undefined
  readonly #commands: Command[] = []
  readonly #counts: number[] = []
  #used = 0

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafe(bytes)
  }

  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#bytes.length && this.#marks.length < MARKS_MAX
  }

  add(command: Command, { bytes, marks, count }: Args): void {
    const start = marks[0]!
    const end = marks[count * 2 - 1]!
    bytes.copy(this.#bytes, this.#used, start, end)
    for (let i = 0; i < count * 2; i++) this.#marks.push(marks[i]! - start + this.#used)
    this.#used += end - start
    this.#commands.push(command)
    this.#counts.push(count)
  }

  /** Gives back what stayed empty; nothing can be added any more. */
  close(): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(0, this.#used))
    this.#packedMarks = Uint32Array.from(this.#marks)
    this.#marks = []
  }

  /** Each command with its words, which are valid until the next one. */
  replay(each: (command: Command, args: Args) => void): void {
    const args = new Args()
    args.bytes = this.#bytes
    const marks = this.#packedMarks ?? this.#marks
    let at = 0
    for (let i = 0; i < this.#commands.length; i++) {
      args.count = 0
      for (let left = this.#counts[i]!; left > 0; left--) args.mark(marks[at++]!, marks[at++]!)
      each(this.#commands[i]!, args)
    }
  }
}

/** Between MULTI and EXEC. */
export class Transaction {
  /** How many commands are queued. */
  count = 0
  /** A command was refused while queueing: EXEC will abort. */
  refused = false
  /** Flags of all queued commands, OR-ed: EXEC is admitted as if it were all of them. */
  flags = 0
  /** Flags that every queued command has. */
  commonFlags = -1
  /** What the queue takes. */
  bytes = 0
  readonly #pages: Page[] = []
  #pageBytes = PAGE_MIN

  push(command: Command, args: Args, flags: number): void {
    const { count, marks } = args
    const size = marks[count * 2 - 1]! - marks[0]!
    let page = this.#pages.at(-1)
    if (!page?.hasRoom(size)) {
      page?.close()
      page = new Page(Math.max(size, this.#pageBytes))
      this.#pages.push(page)
      this.#pageBytes = Math.min(PAGE_MAX, this.#pageBytes * 2)
    }
    page.add(command, args)
    this.count++
    this.flags |= flags
    this.commonFlags &= flags
    this.bytes += size + count * 2 * Uint32Array.BYTES_PER_ELEMENT + QUEUED_BYTES
  }

  /** What was queued, in its order. */
  replay(each: (command: Command, args: Args) => void): void {
    for (const page of this.#pages) page.replay(each)
  }
}

interface Watched {
  readonly db: Database
  readonly key: string
  /** The key was there when WATCH was called and had already expired: to lose it is no change. */
  wasExpired: boolean
}

/** A key that anybody watches, beside its text and what is counted for each client. */
const KEY_BYTES = 192

/** Who watches what. A watch is touched by any change of the key, whoever makes it. */
export class Watches {
  readonly #watchers = new Map<Database, Map<string, Map<Client, Watched>>>()
  readonly #watched = new Map<Client, Watched[]>()
  /** What the keys take that are watched, whoever does it. */
  bytes = 0

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
    const watchers = obtain(keys, key, () => {
      this.bytes += KEY_BYTES + key.length
      return new Map<Client, Watched>()
    })
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
      if (watchers?.size !== 0) continue
      keys?.delete(key)
      this.bytes -= KEY_BYTES + key.length
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
      for (const [client, watched] of watchers) {
        // Once is enough, and most watchers of many keys lose the first of them.
        if (client.watchTouched) continue
        if (!db.stores(key) && !successor?.stores(key)) break
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
