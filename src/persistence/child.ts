// What goes on beside commands, one at a time, and what all of it is: a snapshot that somebody
// takes in the background, at their own pace. BGSAVE's goes to a file, a replica's to its socket,
// that of an append-only file becomes its base. Where Redis forks a process, this takes a few
// milliseconds between the turns of others.

import type { Feature, Outcome } from '../engine/features.ts'
import type { Child, RedisServer } from '../engine/server.ts'
import { invariant } from '../util/assert.ts'
import { nextTurn, Pace, STEP_MS } from './pace.ts'
import { type Contents, Snapshot } from './snapshot.ts'

/** Who takes a snapshot. What any of it throws fails the snapshot. */
export interface Taker {
  /** Takes blocks, which are its own now; resolves when it can take more. */
  write(blocks: readonly Buffer[]): Promise<void>
  /** All was written; resolves when it counts. */
  finish(): Promise<void>
  /** Nothing more comes: leaves no trace of what came, at once. */
  discard(): void
}

export interface ChildOptions {
  readonly kind: Child['kind']
  readonly taker: Taker
  readonly contents?: Contents
  /** Before others hear of it. */
  ended(outcome: Outcome, error: unknown): void
}

export class SnapshotChild implements Child, Feature {
  readonly kind: Child['kind']
  readonly startedAt: number
  readonly #server: RedisServer
  readonly #snapshot: Snapshot
  readonly #options: ChildOptions
  readonly #pace: Pace
  #isOver = false

  /** Begins; nothing else may go on. */
  constructor(server: RedisServer, options: ChildOptions) {
    const { persistence, clock } = server
    invariant(persistence.child === undefined, 'one child at a time')
    this.kind = options.kind
    this.startedAt = clock.now()
    this.#server = server
    this.#options = options
    this.#snapshot = new Snapshot(server, options.contents)
    this.#pace = new Pace(clock, () => server.settings['rdb-key-save-delay'])
    persistence.child = this
    persistence.children++
    server.features.use(this)
    this.#run().catch((error: unknown) => server.broke(error, 'a snapshot'))
  }

  get keysDone(): number {
    return this.#snapshot.keysDone
  }

  get keysTotal(): number {
    return this.#snapshot.keysTotal
  }

  get changedBytes(): number {
    return this.#snapshot.changedBytes
  }

  kill(): void {
    this.#end('killed')
  }

  closed(): void {
    this.kill()
  }

  async #run(): Promise<void> {
    await nextTurn()
    try {
      await this.#take()
    } catch (error) {
      this.#end('failed', error)
    }
    this.#end('done')
  }

  async #take(): Promise<void> {
    const { taker } = this.#options
    for (let isDone = false; !isDone && !this.#isOver; ) {
      const keys = this.#pace.keysDue(this.keysDone)
      if (keys === 0 && this.keysDone < this.keysTotal) {
        await this.#pace.nap(this.keysDone + 1)
        continue
      }
      const blocks: Buffer[] = []
      isDone = this.#snapshot.advance(block => blocks.push(Buffer.from(block)), {
        ms: STEP_MS,
        keys,
      })
      if (blocks.length > 0) await taker.write(blocks)
      if (!isDone) await nextTurn()
    }
    // What was written early, for a change, takes its time all the same.
    while (this.#pace.keysDue(this.keysTotal - 1) === 0 && !this.#isOver) {
      await this.#pace.nap(this.keysTotal)
    }
    if (!this.#isOver) await taker.finish()
  }

  #end(outcome: Outcome, error?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const { persistence, features, clock } = this.#server
    this.#snapshot.end()
    features.remove(this)
    persistence.child = undefined
    if (this.kind !== 'aof rewrite') {
      persistence.lastTookSeconds = Math.floor((clock.now() - this.startedAt) / 1000)
      persistence.lastChangedBytes = this.changedBytes
    }
    if (outcome !== 'done') this.#options.taker.discard()
    this.#options.ended(outcome, error)
    for (const feature of features.at.childEnded) feature.childEnded(this, outcome)
  }
}
