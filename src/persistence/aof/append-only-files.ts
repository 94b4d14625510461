// The append-only files of one server: what is kept of its writes, from its start on or from when
// `appendonly` was switched on. A rewrite puts a new base in the place of all that there is: when
// the files have grown, or when something has happened that no words say.
//
// Effects need the base that they follow. As long as that is not there, after `appendonly yes`,
// they go to a draft; and after a loss nowhere, as the base that is written then has them.

import type { AppendOnly, AppendOnlyFacts } from '../../engine/append-only.ts'
import type { Client } from '../../engine/client.ts'
import { type Effect, TARGET } from '../../engine/effect.ts'
import type { EffectListener } from '../../engine/effects.ts'
import type { Feature, Outcome } from '../../engine/features.ts'
import type { RedisServer } from '../../engine/server.ts'
import { StartError } from '../../host/config/directives.ts'
import { ConfigError } from '../../host/config/parameter.ts'
import { err, type ReplyError, replyError } from '../../resp3/errors.ts'
import { isSystemError, systemReason } from '../../util/system-error.ts'
import { SnapshotChild } from '../child.ts'
import { FileTaker } from '../file-taker.ts'
import { Pace } from '../pace.ts'
import { contentsOf } from './base.ts'
import { AofFault, attempt, logFault, startError } from './faults.ts'
import {
  atOnce,
  inTurns,
  type LoadingState,
  type LoadingSteps,
  newLoadingState,
} from './loading.ts'
import { OpenFiles, type Rewrite, writeFailure } from './open-files.ts'
import { RewriteLimit } from './rewrite-limit.ts'

/** Between two attempts to write what could not be written. */
const RETRY_MS = 1000

/** Where effects go, by the state. */
const EFFECTS_GO_TO = {
  off: 'nowhere',
  'until the first base': 'a draft',
  on: 'an increment',
} as const

export class AppendOnlyFiles implements AppendOnly, EffectListener, Feature {
  readonly #server: RedisServer
  readonly #files: OpenFiles
  readonly #fsyncListeners = new Set<() => void>()
  #state: keyof typeof EFFECTS_GO_TO = 'off'
  #stopListening: (() => void) | undefined

  // Something happened that no words say: the files are what was before.
  #isLost = false
  #lossReason: string | undefined
  #lossTriedAt = -Infinity

  #rewrite: Rewrite | undefined
  #isScheduled = false
  #rewrites = 0
  /** Of rewrites, in a row. */
  #failures = 0
  #lastRewriteFailed = false
  #lastRewriteSeconds = -1
  readonly #limit = new RewriteLimit()

  constructor(server: RedisServer) {
    this.#server = server
    this.#files = new OpenFiles(server, {
      synced: () => this.#tellFsync(),
      cannotKeep: () => this.#refuseReplies(),
    })
    server.persistence.appendOnly = this
    server.features.use(this)
    server.config.watch(['aof-disable-auto-gc'], () => {
      this.#attempt(() => this.#files.removeHistory())
    })
  }

  // ---- What others see -------------------------------------------------------------------------

  get isOn(): boolean {
    return this.#state !== 'off'
  }

  get failure(): ReplyError | undefined {
    if (this.#state === 'off') return undefined
    const reason = this.#lossReason ?? this.#files.writer.failure
    if (reason === undefined) return undefined
    return replyError(`MISCONF Errors writing to the AOF file: ${reason}`)
  }

  get takenOffset(): number {
    return this.#files.writer.takenOffset
  }

  get fsyncedOffset(): number {
    return this.#state === 'on' && !this.#isLost ? this.#files.writer.syncedOffset : 0
  }

  onFsync(listener: () => void): () => void {
    this.#fsyncListeners.add(listener)
    return () => this.#fsyncListeners.delete(listener)
  }

  hurry(): void {
    this.#files.writer.hurry()
  }

  #tellFsync(): void {
    if (this.#state !== 'on') return
    try {
      for (const listener of this.#fsyncListeners) listener()
    } catch (error) {
      this.#server.broke(error, 'an fsync')
    }
  }

  get facts(): AppendOnlyFacts {
    const { writer, size, sizeThen } = this.#files
    const rewrite = this.#rewrite
    return {
      isOn: this.isOn,
      isRewriting: rewrite !== undefined,
      isScheduled: this.#isScheduled,
      lastRewriteSeconds: this.#lastRewriteSeconds,
      currentRewriteSeconds: rewrite === undefined ? -1 : this.#secondsOf(rewrite),
      lastRewriteFailed: this.#lastRewriteFailed,
      rewrites: this.#rewrites,
      failuresInARow: this.#failures,
      lastWriteFailed: (this.#lossReason ?? writer.failure) !== undefined,
      currentSize: size,
      baseSize: sizeThen,
      bufferedBytes: writer.bufferedBytes,
      pendingFsyncs: writer.isSyncing ? 1 : 0,
    }
  }

  #secondsOf({ startedAt }: Rewrite): number {
    return Math.floor((this.#server.clock.now() - startedAt) / 1000)
  }

  resetCounters(): void {
    this.#rewrites = 0
    this.#failures = 0
  }

  // ---- On and off ------------------------------------------------------------------------------

  /** What a server with `appendonly yes` starts with. @throws StartError */
  start(): void {
    atOnce(this.#starting(newLoadingState()))
  }

  /** The same in turns with clients, who are told to wait meanwhile. @throws StartError */
  async startWhileServing(): Promise<void> {
    const server = this.#server
    const { clock, settings, keyspace } = server
    const state = { startedAt: clock.now(), isAsync: false, ...newLoadingState() }
    server.loading = state
    // What is dead is removed by commands that are still to come.
    keyspace.suspendExpiry()
    try {
      await inTurns(this.#starting(state), new Pace(clock, () => settings['key-load-delay']))
    } finally {
      keyspace.resumeExpiry()
      server.loading = undefined
    }
  }

  *#starting(state: LoadingState): LoadingSteps<void> {
    const { clock, log, stats, slowlog } = this.#server
    const startedAt = clock.monotonic()
    try {
      const loaded = yield* this.#files.load(state)
      if (loaded !== undefined) {
        const seconds = (clock.monotonic() - startedAt) / 1000
        log.notice(`DB loaded from append only file: ${seconds.toFixed(3)} seconds`)
        this.#files.sizeThen = loaded.baseSize
      }
      this.#files.open()
      this.#files.removeHistory()
    } catch (error) {
      throw startError(error)
    }
    // Nobody has sent what has run.
    stats.reset()
    slowlog.entries = []
    this.#state = 'on'
    this.#listen()
  }

  /** `appendonly yes`, while the server runs. @throws ConfigError */
  switchOn(): void {
    if (this.#state !== 'off') return
    const { log, turn, persistence } = this.#server
    this.#files.writer.forgive()
    if (this.#rewrite !== undefined) {
      log.notice(
        'AOF was enabled but there is already an AOF rewriting in background. Stopping ' +
          'background AOF and starting a rewrite now.',
      )
      this.#killRewrite()
    }
    this.#state = 'until the first base'
    this.#listen()
    if (persistence.child !== undefined) {
      this.#isScheduled = true
      log.notice(
        'AOF was enabled but there is already another background operation. An AOF background ' +
          'was scheduled to start when possible.',
      )
    } else if (turn.client?.mayNotBlock) {
      this.#isScheduled = true
      log.notice(
        'AOF was enabled during a transaction. An AOF background was scheduled to start when ' +
          'possible.',
      )
    } else if (!this.#beginRewrite()) {
      this.switchOff()
      log.warning(
        "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. " +
          'Check the above logs for more info about the error.',
      )
      throw new ConfigError('Unable to turn on AOF. Check server logs.')
    }
  }

  #listen(): void {
    this.#stopListening = this.#server.effects.listen(this, TARGET.file)
  }

  switchOff(): void {
    if (this.#state === 'off') return
    this.#files.writer.flushAll()
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#killRewrite()
    this.#files.close()
    this.#state = 'off'
    this.#isScheduled = false
    this.#isLost = false
    this.#lossReason = undefined
  }

  closed(): void {
    if (this.#isLost) this.#recover()
    this.switchOff()
  }

  mayEnd(isForced: boolean): boolean {
    const { log } = this.#server
    if (this.#state === 'until the first base') {
      log.warning(`Writing initial AOF${isForced ? '. Exit anyway.' : ", can't exit."}`)
      if (!isForced) return false
    }
    if (this.#rewrite !== undefined) {
      log.warning('There is a child rewriting the AOF. Killing it!')
      this.#killRewrite()
    }
    if (this.#state === 'off') return true
    log.notice('Calling fsync() on the AOF file.')
    this.#files.writer.flushAll()
    return true
  }

  // ---- Effects ---------------------------------------------------------------------------------

  unit(effects: readonly Effect[], atomic: boolean, client: Client | undefined): void {
    // A base that is still to come has them.
    if (this.#isLost || (this.#state !== 'on' && this.#rewrite === undefined)) return
    this.#files.append(effects, atomic)
    if (client !== undefined) client.fileOffset = this.takenOffset
  }

  lost(): void {
    this.#isLost = true
    this.#lossTriedAt = -Infinity
  }

  turnEnds(): void {
    if (this.#state === 'off') return
    if (this.#isLost) this.#recover()
    if (this.#isLost) return
    const { settings, persistence } = this.#server
    const isBusy = settings['no-appendfsync-on-rewrite'] && persistence.child !== undefined
    this.#files.writer.flush(!isBusy)
  }

  /** Writes what the data is now; nothing that was before counts any more. */
  #recover(): void {
    const now = this.#server.clock.monotonic()
    if (now - this.#lossTriedAt < RETRY_MS) return
    this.#lossTriedAt = now
    try {
      this.#killRewrite()
      this.#files.replaceAll()
    } catch (error) {
      logFault(this.#server.log, error)
      this.#lossReason = error instanceof AofFault ? error.reason : 'a manifest that is none'
      return
    }
    this.#lossReason = undefined
    this.#isLost = false
    this.#isScheduled = false
    this.#state = 'on'
    this.#attempt(() => this.#files.removeHistory())
  }

  /** It is not to be kept what the replies of this turn promise: nobody gets them. */
  #refuseReplies(): void {
    const { features, clients } = this.#server
    for (const feature of features.at.cannotGoOn) feature.cannotGoOn()
    for (const client of [...clients.values()]) this.#server.disconnect(client)
  }

  // ---- Rewriting -------------------------------------------------------------------------------

  /** BGREWRITEAOF. @throws ReplyError */
  rewriteSoon(isInTransaction: boolean): 'started' | 'scheduled' {
    if (this.#rewrite !== undefined) {
      throw err('Background append only file rewriting already in progress')
    }
    if (isInTransaction || this.#server.persistence.child !== undefined) {
      this.#isScheduled = true
      this.#failures = 0
      return 'scheduled'
    }
    if (this.#beginRewrite()) return 'started'
    throw err(
      "Can't execute an AOF background rewriting. Please check the server logs for more " +
        'information.',
    )
  }

  tick(): void {
    if (this.#server.persistence.child !== undefined) return
    if (this.#isScheduled) {
      if (!this.#isLimited) this.#beginRewrite()
    } else if (this.#state === 'on') {
      const growth = this.#growth
      if (growth === undefined || this.#isLimited) return
      this.#server.log.notice(`Starting automatic rewriting of AOF on ${growth}% growth`)
      this.#beginRewrite()
    }
  }

  get #isLimited(): boolean {
    return this.#limit.holds(this.#failures, this.#server)
  }

  /** By how many percent the files have grown, if that is too much. */
  get #growth(): number | undefined {
    const { settings } = this.#server
    const { size, sizeThen } = this.#files
    const most = settings['auto-aof-rewrite-percentage']
    if (most === 0 || size <= settings['auto-aof-rewrite-min-size']) return undefined
    const growth = Math.floor((size * 100) / (sizeThen || 1)) - 100
    return growth < most ? undefined : growth
  }

  /** False if it could not begin, which is logged. */
  #beginRewrite(): boolean {
    const { log } = this.#server
    this.#isScheduled = false
    let rewrite: Rewrite | undefined
    const isBegun = this.#attempt(() => {
      rewrite = this.#files.beginRewrite(EFFECTS_GO_TO[this.#state])
    })
    this.#lastRewriteFailed = !isBegun
    if (rewrite === undefined) return false
    this.#rewrites++
    log.notice(`Background append only file rewriting started by pid ${process.pid}`)
    this.#run(rewrite)
    return true
  }

  #run(rewrite: Rewrite): void {
    this.#rewrite = rewrite
    new SnapshotChild(this.#server, {
      kind: 'aof rewrite',
      taker: new FileTaker(rewrite.base, rewrite.draft),
      contents: contentsOf(rewrite.format),
      ended: (outcome, error) => this.#ended(rewrite, outcome, error),
    })
  }

  #ended(rewrite: Rewrite, outcome: Outcome, error: unknown): void {
    const { log } = this.#server
    this.#rewrite = undefined
    this.#lastRewriteSeconds = this.#secondsOf(rewrite)
    if (outcome === 'done') log.notice('Background AOF rewrite terminated with success')
    if (outcome === 'failed') {
      log.inChild(() => this.#logWriteFailure(error))
      log.warning('Background AOF rewrite terminated with error')
    }
    const isDone = outcome === 'done' && this.#attempt(() => this.#files.finishRewrite(rewrite))
    if (outcome !== 'killed') {
      this.#lastRewriteFailed = !isDone
      this.#failures = isDone ? 0 : this.#failures + 1
    }
    if (isDone) this.#rewritten()
    else if (this.#state === 'until the first base') {
      this.#files.dropDraft()
      this.#isScheduled = true
    }
  }

  #logWriteFailure(error: unknown): void {
    const server = this.#server
    if (isSystemError(error)) server.log.warning(writeFailure(systemReason(error)))
    else server.recordBug(error, { name: 'rewriting' })
  }

  #rewritten(): void {
    this.#attempt(() => this.#files.removeHistory())
    this.#server.log.notice('Background AOF rewrite finished successfully')
    if (this.#state !== 'until the first base') return
    this.#state = 'on'
    this.#tellFsync()
  }

  #killRewrite(): void {
    if (this.#rewrite === undefined) return
    this.#server.log.notice(`Killing running AOF rewrite child: ${process.pid}`)
    this.#server.persistence.child?.kill()
  }

  // ---- Reading again ---------------------------------------------------------------------------

  /** DEBUG LOADAOF: what is in the files is the data. @throws StartError */
  reload(): void {
    const { effects, keyspace } = this.#server
    if (this.#state !== 'off') this.#files.writer.flushAll()
    try {
      effects.untold(() => {
        keyspace.flush(keyspace.databases)
        if (atOnce(this.#files.load(newLoadingState())) === undefined)
          throw new StartError(NO_FILES)
      })
      if (this.#state === 'on') this.#files.reopen()
    } catch (error) {
      throw startError(error)
    }
    keyspace.saved()
  }

  #attempt(act: () => void): boolean {
    return attempt(this.#server.log, act)
  }
}

const NO_FILES = 'There is no append only file to load'
