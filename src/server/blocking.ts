// Clients that wait: for keys (BLPOP, XREAD ...), for the end of a pause, or for acknowledgements.
//
// A blocking command that finds nothing calls client.waitFor(); its words are kept. When one of its
// keys changes, the key becomes ready; after the running command, and never inside it, each ready
// key serves its waiting clients in the order in which they came, by running the very same handler
// again. If that still finds nothing it calls waitFor() again and keeps its place in every queue.
// When adding a blocking command: name the value type it waits for, write nothing to the reply
// before the value was found, and give the reply of a time-out.

import type { Args } from '../resp3/args.ts'
import { replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import type { TypeName } from '../store/value.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { obtain } from '../util/maps.ts'
import type { Client } from './client.ts'
import type { Command } from './command.ts'

export interface Wait {
  readonly keys: readonly string[]
  /** The type of value that can serve this client. */
  readonly type: TypeName
  /** 0 means for ever. */
  readonly timeoutMs: number
  /** What the client gets when the time is over. */
  readonly onTimeout: (reply: ReplyWriter) => void
  /** Run again also when a key is deleted or changes type (XREADGROUP answers an error then). */
  readonly whenDeleted?: boolean
}

export interface Blocked {
  readonly command: Command
  readonly args: Args
  readonly db: Database
  readonly wait: Wait
  readonly timer: Timer | undefined
  readonly since: number
}

export const UNBLOCKED = replyError('UNBLOCKED client unblocked via CLIENT UNBLOCK')

export class Blocking {
  readonly #clock: Clock
  readonly #queues = new Map<Database, Map<string, Set<Client>>>()
  #ready: { db: Database; key: string }[] = []
  #serving = false
  readonly #rerun: (client: Client, blocked: Blocked) => void
  readonly #finish: (client: Client, givenUp?: Blocked) => void
  /** Clients that wait for keys. */
  count = 0

  /**
   * @param rerun runs the client's command again
   * @param finish goes on reading a client that no longer waits, and sends its reply; told what
   *   the client waited for if it was not served
   */
  constructor(
    clock: Clock,
    rerun: (client: Client, blocked: Blocked) => void,
    finish: (client: Client, givenUp?: Blocked) => void,
  ) {
    this.#clock = clock
    this.#rerun = rerun
    this.#finish = finish
  }

  get keyCount(): number {
    let count = 0
    for (const keys of this.#queues.values()) count += keys.size
    return count
  }

  get keyCountWhenDeleted(): number {
    let count = 0
    for (const keys of this.#queues.values()) {
      for (const clients of keys.values()) {
        for (const client of clients) {
          if (client.blocked?.wait.whenDeleted) {
            count++
            break
          }
        }
      }
    }
    return count
  }

  block(client: Client, command: Command, args: Args, wait: Wait): void {
    const previous = client.resumed
    if (previous !== undefined) {
      // The same command, run again in vain: it keeps its time-out and its place.
      client.blocked = previous
      return
    }
    const timer =
      wait.timeoutMs > 0
        ? this.#clock.after(wait.timeoutMs, () => this.#timeOut(client))
        : undefined
    const since = this.#clock.now()
    client.blocked = { command, args: args.own(), db: client.db, wait, timer, since }
    this.count++
    const queues = obtain(this.#queues, client.db, () => new Map<string, Set<Client>>())
    for (const key of wait.keys) obtain(queues, key, () => new Set()).add(client)
  }

  /** Ends the wait without running the command again: the caller has written the reply. */
  unblock(client: Client): void {
    const { blocked } = client
    if (blocked === undefined) return
    this.#leave(client, blocked)
    this.#finish(client, blocked)
  }

  /** CLIENT UNBLOCK: as if the time were over, or with an error. */
  release(client: Client, withError: boolean): void {
    const { blocked } = client
    if (blocked === undefined) return
    if (withError) client.reply.error(UNBLOCKED.message)
    else blocked.wait.onTimeout(client.reply)
    this.unblock(client)
  }

  /** Forgets a client that goes away. */
  forget(client: Client): void {
    if (client.blocked !== undefined) this.#leave(client, client.blocked)
  }

  /** Every change of a key comes through here, so the usual case must cost nothing. */
  keyChanged(db: Database, key: string): void {
    if (this.count === 0) return
    if (this.#queues.get(db)?.has(key)) this.#ready.push({ db, key })
  }

  /** All keys of a database changed at once (SWAPDB, FLUSHALL). */
  databaseChanged(db: Database): void {
    for (const key of this.#queues.get(db)?.keys() ?? []) this.#ready.push({ db, key })
  }

  get hasReady(): boolean {
    return this.#ready.length > 0
  }

  /** Serves waiting clients until no key is ready: a served BLMOVE may make the next one ready. */
  serve(): void {
    if (this.#serving) return
    this.#serving = true
    while (this.#ready.length > 0) {
      const ready = this.#ready
      this.#ready = []
      const seen = new Map<Database, Set<string>>()
      for (const { db, key } of ready) {
        const keys = seen.get(db) ?? new Set()
        if (keys.has(key)) continue
        seen.set(db, keys.add(key))
        this.#serveKey(db, key)
      }
    }
    this.#serving = false
  }

  #serveKey(db: Database, key: string): void {
    const queue = this.#queues.get(db)?.get(key)
    if (queue === undefined) return
    for (const client of [...queue]) {
      const { blocked } = client
      if (blocked === undefined || !queue.has(client)) continue
      const type = db.peek(key)?.type
      if (type !== blocked.wait.type && !blocked.wait.whenDeleted) continue
      this.#retry(client, blocked)
    }
  }

  #retry(client: Client, blocked: Blocked): void {
    client.blocked = undefined
    client.resumed = blocked
    this.#rerun(client, blocked)
    client.resumed = undefined
    if (client.blocked !== undefined) return
    this.#leave(client, blocked)
    this.#finish(client)
  }

  #timeOut(client: Client): void {
    if (client.blocked === undefined) return
    client.blocked.wait.onTimeout(client.reply)
    this.unblock(client)
  }

  #leave(client: Client, blocked: Blocked): void {
    client.blocked = undefined
    this.count--
    blocked.timer?.cancel()
    const queues = this.#queues.get(blocked.db)
    for (const key of blocked.wait.keys) {
      const queue = queues?.get(key)
      queue?.delete(client)
      if (queue?.size === 0) queues?.delete(key)
    }
  }
}
