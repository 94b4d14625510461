// Saving all data while commands go on: BGSAVE, and the save points. Where no file is written, all
// is as if one were, so that whoever watches a save in INFO sees one.

import type { Feature, Outcome } from '../engine/features.ts'
import type { Child, RedisServer } from '../engine/server.ts'
import { type ChildOptions, SnapshotChild, type Taker } from './child.ts'
import { FileTaker } from './file-taker.ts'
import { draftOf, logSaveFailure, snapshotFile } from './saving.ts'

/** After a failure the save points and what was scheduled wait so long. */
const RETRY_SECONDS = 5
/** What Redis kills its own child with, which is told of in the log. */
const SIGUSR1 = 10

export class BackgroundSaves implements Feature {
  readonly #server: RedisServer
  #isScheduled = false

  constructor(server: RedisServer) {
    this.#server = server
    server.features.use(this)
  }

  /**
   * Begins; nothing else may go on.
   *
   * @param then what else is to be done when it has ended
   */
  start(then: ChildOptions['ended'] = () => {}): Child {
    const server = this.#server
    const { persistence, keyspace, log } = server
    const { changes } = keyspace
    persistence.saves++
    persistence.lastTrySeconds = this.#seconds
    const file = snapshotFile(server)
    const draft = draftOf(file, 'bg-')
    const taker = persistence.onDisk ? new FileTaker(file, draft) : NOBODY
    log.notice(`Background saving started by pid ${process.pid}`)
    return new SnapshotChild(server, {
      kind: 'rdb to disk',
      taker,
      ended: (outcome, error) => {
        if (outcome === 'failed') log.inChild(() => logSaveFailure(server, draft, error))
        if (outcome === 'done' && persistence.onDisk)
          log.inChild(() => log.notice('DB saved on disk'))
        this.#ended(outcome, changes)
        then(outcome, error)
      },
    })
  }

  /** Begins as soon as nothing else goes on. */
  schedule(): void {
    this.#isScheduled = true
  }

  tick(): void {
    if (!this.#isScheduled || !this.#mayTry()) return
    this.#isScheduled = false
    this.start()
  }

  /** The save points: so many changes in so many seconds. */
  startWhenDue(): void {
    const { persistence, settings, keyspace, log } = this.#server
    const changes = keyspace.unsavedChanges
    if (!persistence.onDisk || changes === 0 || !this.#mayTry()) return
    const seconds = this.#seconds - persistence.lastSaveSeconds
    const due = settings.save.find(point => changes >= point.changes && seconds > point.seconds)
    if (due === undefined) return
    log.notice(`${due.changes} changes in ${due.seconds} seconds. Saving...`)
    this.start()
  }

  #mayTry(): boolean {
    const { child, lastSaveFailed, lastTrySeconds } = this.#server.persistence
    if (child !== undefined) return false
    return !lastSaveFailed || this.#seconds - lastTrySeconds > RETRY_SECONDS
  }

  #ended(outcome: Outcome, changes: number): void {
    const { persistence, keyspace, log } = this.#server
    if (outcome === 'killed') {
      log.warning(`Background saving terminated by signal ${SIGUSR1}`)
    } else if (outcome === 'failed') {
      persistence.lastSaveFailed = true
      log.warning('Background saving error')
    } else {
      persistence.lastSaveFailed = false
      persistence.lastSaveSeconds = this.#seconds
      keyspace.saved(changes)
      log.notice('Background saving terminated with success')
    }
  }

  get #seconds(): number {
    return Math.floor(this.#server.clock.now() / 1000)
  }
}

/** Ends a save in the background, wherever it goes. */
export function killSave({ persistence: { child } }: RedisServer): void {
  if (child !== undefined && child.kind !== 'aof rewrite') child.kill()
}

const NOBODY: Taker = {
  write: () => Promise.resolve(),
  finish: () => Promise.resolve(),
  discard() {},
}
