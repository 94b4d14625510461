// What writes did, in words, for those who have to do the same: replicas, and the append-only file.
//
// One list for each execution unit: a client's command, a whole transaction, script or function,
// or what the server does by itself between commands. Each command that changed something appends
// one entry when it has run: the words that its client sent, or those that its handler has put in
// their place, because they would do something else elsewhere or at another time (SPOP says SREM,
// SET k v EX 10 says when that is). A key that had to go on the way has appended its own entry
// before. At the end of the unit the list goes out, as a transaction if it has several entries.
//
// As long as nobody listens, a command costs one test (see call() in dispatch.ts), and a handler
// with words of its own asks isHeard before it makes them.

import type { Args } from '../resp3/args.ts'
import type { Database } from '../store/database.ts'
import type { Removal } from '../store/keyspace.ts'
import { isTooLarge } from '../util/limits.ts'
import type { Client } from './client.ts'
import {
  type Cause,
  Effect,
  requestOf,
  TARGET,
  type Targets,
  type Word,
  wordsToRequest,
} from './effect.ts'
import type { RedisServer } from './server.ts'

export interface EffectListener {
  /**
   * One unit, in order; `atomic` if it is to be seen as a whole: as MULTI ... EXEC. It is of a
   * client's command, transaction or script, or, without a client, of the server itself.
   */
  unit(effects: readonly Effect[], atomic: boolean, client: Client | undefined): void
  /** Something happened that no words say: only a copy of all data does. */
  lost(): void
}

interface Listening {
  readonly listener: EffectListener
  readonly targets: Targets
}

type LazySetting = 'lazyfree-lazy-eviction' | 'lazyfree-lazy-expire' | 'lazyfree-lazy-server-del'

export class Effects {
  /** Whether anybody listens. */
  isHeard = false
  /** redis.set_repl(): for whom the commands of a script are meant. */
  scriptTargets: Targets = TARGET.all
  readonly #server: RedisServer
  #listening: readonly Listening[] = []
  /** Those whom any listener stands for: what is meant for others is no entry at all. */
  #heardBy: Targets = TARGET.none
  #unit: Effect[] = []
  #isLost = false
  /** How many acts are under way that are one unit without being a command. */
  #acts = 0

  // Of the command that is running, until called().
  #request: Buffer | undefined
  #isDropped = false
  #isApart = false
  #forced: Targets = TARGET.none

  constructor(server: RedisServer) {
    this.#server = server
  }

  /** Tells a listener of every unit from now on; returns how to end that. */
  listen(listener: EffectListener, targets: Targets): () => void {
    const listening = { listener, targets }
    this.#setListening([...this.#listening, listening])
    return () => this.#setListening(this.#listening.filter(one => one !== listening))
  }

  #setListening(listening: readonly Listening[]): void {
    this.#listening = listening
    this.#heardBy = listening.reduce<Targets>((all, { targets }) => all | targets, TARGET.none)
    this.isHeard = listening.length > 0
    this.#forgetCommand()
    if (this.isHeard) return
    // Nobody is there to hear the end of what has begun, and whoever comes later is not meant.
    this.#unit = []
    this.#isLost = false
  }

  // ---- What a handler says ---------------------------------------------------------------------

  /** If this command changes anything, these words say what, and not its client's. */
  instead(words: readonly Word[]): void {
    if (this.isHeard) this.#guard(() => (this.#request = wordsToRequest(words)))
  }

  /** The same with the client's words, but for some, and with more behind them. */
  rewrite(args: Args, words: Readonly<Record<number, Word>>, ...more: readonly Word[]): void {
    if (!this.isHeard) return
    const all: Word[] = []
    for (let i = 0; i < args.count; i++) all.push(words[i] ?? args.slice(i))
    this.instead([...all, ...more])
  }

  /** This command's own words are not said: they did nothing, or what it has added says it all. */
  drop(): void {
    this.#isDropped = true
  }

  /** This command's words are said even though nothing has changed. */
  force(targets: Targets): void {
    this.#forced = targets
  }

  /** What this command meets belongs to nobody's unit: each entry goes alone. */
  apart(): void {
    this.#isApart = true
  }

  /** The command that removes a key, as a setting wants it. */
  deletion(setting: LazySetting): 'DEL' | 'UNLINK' {
    return this.#server.settings[setting] ? 'UNLINK' : 'DEL'
  }

  // ---- What the server says --------------------------------------------------------------------

  /** A command has run; `changesBefore` is how much had been changed before it. */
  called(client: Client, args: Args, changesBefore: number): void {
    const { db, scriptCaller } = client
    const hasChanged = this.#server.keyspace.changes !== changesBefore
    let targets = this.#forced | (hasChanged ? TARGET.all : TARGET.none)
    if (scriptCaller !== undefined) targets &= this.scriptTargets
    if (targets !== TARGET.none && !this.#isDropped) {
      this.#guard(() => this.#append(db, this.#request ?? requestOf(args), 'command', targets))
    }
    const isApart = this.#isApart
    this.#forgetCommand()
    this.#end(isApart, client)
  }

  /** Something was done, within a command or, as a unit of its own, by the server itself. */
  add(db: Database, words: readonly Word[], cause: Cause = 'command'): void {
    if (!this.isHeard) return
    this.#guard(() => this.#append(db, wordsToRequest(words), cause, TARGET.all))
    this.#end(false)
  }

  /** A key is gone by itself. */
  removed(db: Database, key: string, why: Removal): void {
    const setting = why === 'expiry' ? 'lazyfree-lazy-expire' : 'lazyfree-lazy-eviction'
    this.add(db, [this.deletion(setting), key], why)
  }

  /** Fields of a hash are gone by themselves: one entry each. */
  fieldsExpired(db: Database, key: string, fields: readonly string[]): void {
    for (const field of fields) this.add(db, ['HDEL', key, field], 'expiry')
  }

  /** Does something beside commands that is to be one unit. */
  together(act: () => void): void {
    this.#acts++
    try {
      act()
    } finally {
      this.#acts--
      this.#end(false)
    }
  }

  /** Does something that is told to nobody: the data becomes what it was when that was told. */
  untold(act: () => void): void {
    const { isHeard } = this
    this.isHeard = false
    try {
      act()
    } finally {
      this.isHeard = isHeard
    }
  }

  /** What happens from here on is one unit, across turns, until release(). */
  hold(): void {
    this.#acts++
  }

  /** The unit goes out with the command that ends it. */
  release(): void {
    this.#acts--
  }

  /** All data is another now, and nobody said how. */
  lose(): void {
    if (!this.isHeard) return
    this.#isLost = true
    this.#end(false)
  }

  // ---- The list --------------------------------------------------------------------------------

  #append(db: Database, request: Buffer, cause: Cause, targets: Targets): void {
    if ((targets & this.#heardBy) === TARGET.none) return
    this.#unit.push(new Effect(db.index, request, cause, targets))
  }

  /** Words may be too large to be put together, though what they say was done. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!isTooLarge(error)) throw error
      this.#isLost = true
    }
  }

  #forgetCommand(): void {
    this.#request = undefined
    this.#isDropped = false
    this.#isApart = false
    this.#forced = TARGET.none
  }

  /** Lets the unit go out, if it ends here. */
  #end(isApart: boolean, client?: Client): void {
    if (this.#acts > 0 || this.#server.isExecuting) return
    const effects = this.#unit
    const isLost = this.#isLost
    if (effects.length === 0 && !isLost) return
    this.#unit = []
    this.#isLost = false
    const atomic = effects.length > 1 && !isApart
    for (const { listener } of this.#listening) {
      if (isLost) listener.lost()
      else listener.unit(effects, atomic, client)
    }
  }
}
