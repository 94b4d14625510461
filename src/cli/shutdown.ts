// The end of the process: by SHUTDOWN at once, by a signal a moment later, as by Redis's cron, so
// that SHUTDOWN ABORT can still come between. Data that should be saved and cannot be keeps the
// process alive. A signal comes from the real world: it does not wait for a clock that is frozen.

import { CRON_EVERY_MS } from '../engine/cron.ts'
import type { ShutdownOptions } from '../engine/features.ts'
import type { ReplicationStatus } from '../engine/replication.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Listeners } from '../host/listeners.ts'
import { save } from '../persistence/saving.ts'
import { CANNOT_SHUT_DOWN } from '../resp3/errors.ts'
import { removePidFile } from './process.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
type Signal = (typeof SIGNALS)[number]

export class Shutdown {
  readonly #server: RedisServer
  readonly #listeners: Listeners
  #asked: Signal | undefined
  #timer: NodeJS.Timeout | undefined
  /** What was asked for, while replicas are waited for. */
  #waiting: ShutdownOptions | undefined

  constructor(server: RedisServer, listeners: Listeners) {
    this.#server = server
    this.#listeners = listeners
    server.features.use({
      shutdown: options => this.#end(options),
      abortShutdown: () => this.#abort(),
      tick: () => this.#tick(),
      cannotGoOn: () => process.exit(1),
    })
    for (const signal of SIGNALS) process.on(signal, () => this.#signalled(signal))
    // A file that must not grow any more (ulimit) is a disk that is full, and not the end.
    process.on('SIGXFSZ', () => {})
  }

  #obey(): void {
    const signal = this.#asked
    if (this.#server.switches.cronPaused || this.#server.busy !== undefined) return
    this.#forget()
    if (signal !== undefined) this.#end(optionsOf(this.#server, signal))
  }

  #forget(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#asked = undefined
  }

  #signalled(signal: Signal): void {
    // Whoever interrupts twice does not want to wait.
    if (this.#asked === 'SIGINT' && signal === 'SIGINT') process.exit(1)
    this.#asked = signal
    this.#timer ??= setInterval(() => this.#obey(), CRON_EVERY_MS)
    const { log } = this.#server
    const seconds = Math.floor(Date.now() / 1000)
    const prefix = `${process.pid}:signal-handler (${seconds})`
    if (log.level !== 'nothing') log.raw(`${prefix} Received ${signal} scheduling shutdown...`)
  }

  #abort(): boolean {
    if (this.#asked === undefined && this.#waiting === undefined) return false
    this.#forget()
    this.#stopWaiting()
    this.#server.log.notice('Shutdown manually aborted.')
    return true
  }

  /** False if the process must go on. */
  #end(options: ShutdownOptions): boolean | 'waiting' {
    const server = this.#server
    const { log, settings, replication, clock, pause } = server
    if (this.#waiting !== undefined && !options.now) return 'waiting'
    log.notice('User requested shutdown...')
    const seconds = settings['shutdown-timeout']
    const mayWait = !options.now && seconds > 0 && server.loading === undefined
    if (mayWait && replication.lagging.length > 0) {
      pause.start('shutdown', 'write')
      log.notice('Waiting for replicas before shutting down.')
      server.endsAt = clock.now() + seconds * 1000
      this.#waiting = options
      return 'waiting'
    }
    return this.#finish(options)
  }

  /** Ten times a second: ends when no replica lacks anything, or when they have had their time. */
  #tick(): void {
    const { endsAt, replication, clock } = this.#server
    const options = this.#waiting
    if (options === undefined || endsAt === undefined) return
    if (clock.now() < endsAt && replication.lagging.length > 0) return
    if (!this.#finish(options)) this.#stopWaiting()
  }

  /** Goes on as if nobody had asked; whoever did, and waits, hears of it. */
  #stopWaiting(): void {
    const server = this.#server
    if (this.#waiting === undefined) return
    this.#waiting = undefined
    server.endsAt = undefined
    for (const client of [...server.clients.values()]) {
      if (client.blocked?.wait.for !== 'shutdown') continue
      server.stats.countError(CANNOT_SHUT_DOWN.code)
      client.reply.error(CANNOT_SHUT_DOWN.message)
      server.blocking.unblock(client, true)
    }
    server.pause.end('shutdown')
  }

  #finish(options: ShutdownOptions): boolean {
    const { log, replication } = this.#server
    this.#logReplicas(replication)
    this.#killSave()
    const { appendOnly } = this.#server.persistence
    if (appendOnly?.mayEnd(options.force) === false || !this.#maySave(options)) {
      log.warning('Errors trying to shut down the server. Check the logs for more information.')
      return false
    }
    removePidFile(this.#server)
    this.#listeners.close()
    log.warning('Redis is now ready to exit, bye bye...')
    process.exit(0)
  }

  #logReplicas({ lagging, replicaCount }: ReplicationStatus): void {
    const { log } = this.#server
    for (const { name, behind, lagSeconds, stage } of lagging) {
      log.notice(
        `Lagging replica ${name} reported offset ${behind} behind master, lag=${lagSeconds}, ` +
          `state=${stage}.`,
      )
    }
    if (replicaCount === 0) return
    const inSync = replicaCount - lagging.length
    log.notice(`${inSync} of ${replicaCount} replicas are in sync when shutting down.`)
  }

  /** It could take the place of what is saved now. */
  #killSave(): void {
    const { log, persistence } = this.#server
    const { child } = persistence
    if (child === undefined || child.kind === 'aof rewrite') return
    log.warning('There is a child saving an .rdb. Killing it!')
    child.kill()
  }

  /** Saves where Redis does: it was asked for, or there are save points. */
  #maySave({ save: saves, force }: ShutdownOptions): boolean {
    const { settings, log, persistence, loading } = this.#server
    // What is there is not all.
    if (loading !== undefined) return true
    if (!persistence.onDisk || !(saves ?? settings.save.length > 0)) return true
    log.notice('Saving the final RDB snapshot before exiting.')
    if (save(this.#server)) return true
    log.warning(`Error trying to save the DB${force ? '. Exit anyway.' : ", can't exit."}`)
    return force
  }
}

/** shutdown-on-sigterm, shutdown-on-sigint: what the signal asks for. */
function optionsOf({ settings }: RedisServer, signal: Signal): ShutdownOptions {
  const words = settings[signal === 'SIGTERM' ? 'shutdown-on-sigterm' : 'shutdown-on-sigint']
  return {
    save: words.has('save') ? true : words.has('nosave') ? false : undefined,
    now: words.has('now'),
    force: words.has('force'),
  }
}
