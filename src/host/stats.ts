// The counters that INFO shows and CONFIG RESETSTAT clears.

import { compareBytes } from '../util/bytes.ts'
import type { Log } from './log.ts'

/** More different error codes than this can only come from a script that makes them up. */
const ERROR_CODES_MAX = 128
const TOO_MANY_CODES =
  'Errorstats stopped adding new errors because the number of errors reached the limit, may be ' +
  'misuse of lua error_reply, please check INFO ERRORSTATS, this can be re-enabled via CONFIG ' +
  'RESETSTAT.'

/** Redis cuts its lines there. */
const LOG_LINE_MAX = 1023
const UNSAFE = /[#:\r\n]/g

/** A name from outside, fit for a line of INFO. */
function infoName(name: string): string {
  return name.replace(UNSAFE, '_')
}

export class Stats {
  /** Calls, time and failures of each command, by command id. */
  readonly calls: Float64Array
  readonly microseconds: Float64Array
  readonly rejected: Float64Array
  readonly failed: Float64Array
  readonly errors = new Map<string, number>()
  errorCodesDisabled = false
  connections = 0
  rejectedConnections = 0
  commands = 0
  errorReplies = 0
  bytesIn = 0
  bytesOut = 0
  queryBufferDisconnections = 0
  outputBufferDisconnections = 0
  evictedKeys = 0
  evictedClients = 0
  expireCycles = 0
  activeExpireMs = 0
  expiredFields = 0
  /** Whole snapshots for replicas, those that could go on, and those that could not. */
  fullSyncs = 0
  partialSyncs = 0
  partialSyncsRefused = 0
  evictedScripts = 0
  lazyFreed = 0
  reads = 0
  writes = 0
  commandMicroseconds = 0
  cronMicroseconds = 0
  /** Turns: what came in together, its commands and their replies. */
  cycles = 0
  cycleCommandsMax = 0
  cycleMicrosecondsMax = 0
  #commandsBefore = 0
  #microsecondsBefore = 0

  readonly #log: Log

  constructor(commandCount: number, log: Log) {
    this.#log = log
    // One piece of memory, which is asked of the system only once.
    const counters = new Float64Array(commandCount * 4)
    const part = (i: number): Float64Array =>
      counters.subarray(i * commandCount, (i + 1) * commandCount)
    this.calls = part(0)
    this.microseconds = part(1)
    this.rejected = part(2)
    this.failed = part(3)
  }

  /** A command ran. */
  called(id: number, microseconds: number, failed: boolean): void {
    this.calls[id]!++
    this.microseconds[id] = (this.microseconds[id] ?? 0) + microseconds
    if (failed) this.failed[id]!++
    this.commands++
    this.commandMicroseconds += microseconds
  }

  /** By code, in the order of their bytes; what could forge a line or a field is replaced. */
  errorCounts(): [code: string, count: number][] {
    return [...this.errors]
      .sort(([a], [b]) => compareBytes(a, b))
      .map(([code, count]) => [infoName(code), count])
  }

  countError(code: string): void {
    this.errorReplies++
    if (this.errorCodesDisabled) return
    if (!this.errors.has(code) && this.errors.size >= ERROR_CODES_MAX) {
      this.#stopCountingCodes()
      return
    }
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
  }

  #stopCountingCodes(): void {
    this.#log.warning(TOO_MANY_CODES)
    const codes = this.errorCounts().map(([code]) => code)
    this.#log.warning(`Current errors code list: ${codes.join(', ')}`.slice(0, LOG_LINE_MAX))
    this.errorCodesDisabled = true
    this.lazyFreed += this.errors.size
    this.errors.clear()
    this.errors.set('ERRORSTATS_DISABLED', 1)
  }

  reset(): void {
    for (const perCommand of [this.calls, this.microseconds, this.rejected, this.failed]) {
      perCommand.fill(0)
    }
    this.errors.clear()
    this.errorCodesDisabled = false
    this.connections = 0
    this.rejectedConnections = 0
    this.commands = 0
    this.errorReplies = 0
    this.bytesIn = 0
    this.bytesOut = 0
    this.queryBufferDisconnections = 0
    this.outputBufferDisconnections = 0
    this.evictedKeys = 0
    this.evictedClients = 0
    this.expireCycles = 0
    this.activeExpireMs = 0
    this.expiredFields = 0
    this.fullSyncs = 0
    this.partialSyncs = 0
    this.partialSyncsRefused = 0
    this.evictedScripts = 0
    this.lazyFreed = 0
    this.reads = 0
    this.writes = 0
    this.commandMicroseconds = 0
    this.cronMicroseconds = 0
    this.cycles = 0
    this.cycleCommandsMax = 0
    this.cycleMicrosecondsMax = 0
    this.#commandsBefore = 0
    this.#microsecondsBefore = 0
  }

  /** Microseconds in which the server was at work. */
  get busyMicroseconds(): number {
    return this.commandMicroseconds + this.cronMicroseconds
  }

  endCycle(): void {
    this.cycles++
    const commands = this.commands - this.#commandsBefore
    const microseconds = this.busyMicroseconds - this.#microsecondsBefore
    this.#commandsBefore = this.commands
    this.#microsecondsBefore = this.busyMicroseconds
    if (commands > this.cycleCommandsMax) this.cycleCommandsMax = commands
    if (microseconds > this.cycleMicrosecondsMax) this.cycleMicrosecondsMax = microseconds
  }
}
