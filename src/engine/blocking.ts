// Clients that wait: for keys (BLPOP, XREAD ...), for acknowledgements (WAIT), or for an answer
// (MIGRATE). Those whom CLIENT PAUSE holds back are in pause.ts.
//
// A blocking command that finds nothing calls client.waitFor(); its words are kept. When one of its
// keys changes, the key becomes ready; after the running command, and never inside it, each ready
// key serves its waiting clients in the order in which they came, by running the very same handler
// again. If that still finds nothing it calls waitFor() again, and the client goes to the end of
// every queue, where Redis puts it, too; its time-out goes on.
// When adding a blocking command: name the value type it waits for, write nothing to the reply
// before the value was found, and give the reply of a time-out.

import type { Args } from '../resp3/args.ts'
import { replyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { invariant } from '../util/assert.ts'
import type { Clock } from '../util/clock.ts'
import { obtain } from '../util/lazy.ts'
import type { Session } from './session.ts'
import { awaitedKeys, type Blocked, keyWaitOf, type Wait } from './wait.ts'

const UNBLOCKED = replyError('UNBLOCKED client unblocked via CLIENT UNBLOCK')

/** A key that anybody waits for, beside its text and what is counted for each client. */
const KEY_BYTES = 176

export class Blocking<C extends Session> {
  readonly #clock: Clock
  readonly #queues = new Map<Database, Map<string, Set<C>>>()
  #ready: { db: Database; key: string }[] = []
  /** The same keys, to see at once whether one is there already. */
  readonly #readyKeys = new Map<Database, Set<string>>()
  #isServing = false
  readonly #rerun: (client: C, blocked: Blocked) => void
  readonly #finish: (client: C, givenUp?: Blocked, withError?: boolean) => void
  /** Clients that wait for keys. */
  count = 0
  /** Nobody is served: a script goes on (busy.ts). */
  isHeld = false
  /** Keys have changed that somebody waits for: serve() is to be called. */
  hasReady = false
  /** What the keys take that are waited for, whoever does it. */
  bytes = 0

  /**
   * @param rerun runs the client's command again
   * @param finish goes on reading a client that no longer waits, and sends its reply; told what
   *   the client waited for if it was not served, and whether it got an error
   */
  constructor(
    clock: Clock,
    rerun: (client: C, blocked: Blocked) => void,
    finish: (client: C, givenUp?: Blocked, withError?: boolean) => void,
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
          if (keyWaitOf(client.blocked)?.whenDeleted) {
            count++
            break
          }
        }
      }
    }
    return count
  }

  block(client: C, args: Args, wait: Wait): void {
    client.blocked = client.resumed ?? this.#newWait(client, args, wait)
    this.count++
    const queues = obtain(this.#queues, client.db, () => new Map<string, Set<C>>())
    for (const key of awaitedKeys(client.blocked)) {
      const queue = obtain(queues, key, () => {
        this.bytes += KEY_BYTES + key.length
        return new Set()
      })
      queue.add(client)
    }
  }

  #newWait(client: C, args: Args, wait: Wait): Blocked {
    const command = client.server.table.find(args)
    invariant(command !== undefined, 'the command that waits')
    const timer =
      wait.timeoutMs > 0
        ? this.#clock.after(wait.timeoutMs, () => this.#timeOut(client))
        : undefined
    const words = (wait.for === 'keys' ? wait.args : undefined) ?? args.own()
    return { command, args: words, db: client.db, wait, timer }
  }

  /** Ends the wait without running the command again: the caller has written the reply. */
  unblock(client: C, withError = false): void {
    const { blocked } = client
    if (blocked === undefined) return
    this.#leave(client, blocked)
    blocked.timer?.cancel()
    this.#finish(client, blocked, withError)
  }

  /** Ends the wait of a client whose command went on by itself, and has been answered. */
  ended(client: C): void {
    const { blocked } = client
    if (blocked === undefined) return
    this.#leave(client, blocked)
    this.#finish(client)
  }

  /** CLIENT UNBLOCK: as if the time were over, or with an error. */
  release(client: C, withError: boolean): void {
    const { blocked, reply } = client
    if (blocked === undefined) return
    const mark = reply.size
    if (withError) {
      client.server.stats.countError(UNBLOCKED.code)
      reply.error(UNBLOCKED.message)
    } else {
      blocked.wait.onTimeout(reply)
    }
    if (client.replyMode !== 'on') reply.rewind(mark)
    this.unblock(client, withError)
  }

  /** Forgets a client that goes away. */
  forget(client: C): void {
    const { blocked } = client
    if (blocked === undefined) return
    this.#leave(client, blocked)
    blocked.timer?.cancel()
  }

  /** Every change of a key comes through here, so the usual case must cost nothing. */
  keyChanged(db: Database, key: string): void {
    if (this.count === 0 || !this.#queues.get(db)?.has(key)) return
    const keys = obtain(this.#readyKeys, db, () => new Set())
    if (keys.has(key)) return
    keys.add(key)
    this.#ready.push({ db, key })
    this.hasReady = true
  }

  /** All keys of a database changed at once (SWAPDB, FLUSHALL). */
  databaseChanged(db: Database): void {
    for (const key of this.#queues.get(db)?.keys() ?? []) this.keyChanged(db, key)
  }

  get isServing(): boolean {
    return this.#isServing
  }

  /** Serves waiting clients until no key is ready: a served BLMOVE may make the next one ready. */
  serve(): void {
    if (this.#isServing || this.isHeld) return
    this.#isServing = true
    try {
      while (this.#ready.length > 0) {
        const ready = this.#ready
        this.#ready = []
        this.hasReady = false
        for (const { db, key } of ready) {
          this.#readyKeys.get(db)?.delete(key)
          this.#serveKey(db, key)
        }
      }
    } finally {
      this.#isServing = false
    }
  }

  #serveKey(db: Database, key: string): void {
    const queue = this.#queues.get(db)?.get(key) ?? []
    // Those who are here now, each once: who waits again goes to the end and must not be met twice.
    const waiting = Array.from(queue, client => ({ client, blocked: client.blocked }))
    for (const { client, blocked } of waiting) {
      const wait = keyWaitOf(blocked)
      if (blocked === undefined || wait === undefined || client.blocked !== blocked) continue
      if (db.glance(key)?.type !== wait.type && !wait.whenDeleted) continue
      this.#retry(client, blocked)
    }
  }

  #retry(client: C, blocked: Blocked): void {
    this.#leave(client, blocked)
    client.resumed = blocked
    this.#rerun(client, blocked)
    client.resumed = undefined
    if (client.blocked !== undefined) return
    blocked.timer?.cancel()
    this.#finish(client)
  }

  #timeOut(client: C): void {
    this.release(client, false)
  }

  /** Takes the client out of its queues. */
  #leave(client: C, blocked: Blocked): void {
    client.blocked = undefined
    this.count--
    const queues = this.#queues.get(blocked.db)
    for (const key of awaitedKeys(blocked)) {
      const queue = queues?.get(key)
      queue?.delete(client)
      if (queue?.size !== 0) continue
      queues?.delete(key)
      this.bytes -= KEY_BYTES + key.length
    }
  }
}
