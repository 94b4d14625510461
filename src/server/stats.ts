// The counters that INFO shows and CONFIG RESETSTAT clears.

/** More different error codes than this can only come from a script that makes them up. */
const ERROR_CODES_MAX = 128

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
  evictedScripts = 0
  lazyFreed = 0
  reads = 0
  writes = 0
  commandMicroseconds = 0

  constructor(commandCount: number) {
    this.calls = new Float64Array(commandCount)
    this.microseconds = new Float64Array(commandCount)
    this.rejected = new Float64Array(commandCount)
    this.failed = new Float64Array(commandCount)
  }

  countError(code: string): void {
    this.errorReplies++
    if (this.errorCodesDisabled) return
    if (!this.errors.has(code) && this.errors.size >= ERROR_CODES_MAX) {
      this.errorCodesDisabled = true
      this.errors.clear()
      this.errors.set('ERRORSTATS_DISABLED', 1)
      return
    }
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
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
    this.evictedScripts = 0
    this.lazyFreed = 0
    this.reads = 0
    this.writes = 0
    this.commandMicroseconds = 0
  }
}
