// One run of the command line: from the arguments to a server that listens, and to its end.

import type { RedisServer, ServerOptions } from '../engine/server.ts'
import { StartError } from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import { Listeners } from '../host/listeners.ts'
import { Log } from '../host/log.ts'
import { loadAtStart } from '../persistence/loading.ts'
import { saveWhenDue } from '../persistence/saving.ts'
import { createServer } from '../redis.ts'
import { fromText, toText } from '../util/bytes.ts'
import { SystemClock } from '../util/clock.ts'
import { printableByteLines } from '../util/printable.ts'
import { banner, fatalConfigError, smallMemoryWarning, startingLines } from './announce.ts'
import { answerAtOnce, type CommandLine, readCommandLine } from './arguments.ts'
import { absolutePath, ConfigReader, readConfigText } from './conf-file.ts'
import { LogFile } from './log-file.ts'
import { print, sayLines } from './out.ts'
import { isDaemon, runInBackground, showTitle, writePidFile } from './process.ts'
import { Shutdown } from './shutdown.ts'

/** What a server gets that redis-server has not. */
export interface Extras {
  readonly options: Partial<ServerOptions>
  /** Has the server before it listens. */
  readonly prepare: (server: RedisServer) => void
}

/** Runs redis-server's command line; `words` are the arguments without the program. */
export function run(words: readonly string[], extras?: Extras): void {
  const answer = answerAtOnce(words)
  if (answer !== undefined) {
    if (answer.isError) sayLines(answer.text)
    else print(answer.text)
    process.exitCode = answer.exitCode
    return
  }
  const logFile = new LogFile()
  const line = readCommandLine(words.map(fromText))
  const server = configure(line, logFile, words.length === 0, extras?.options)
  extras?.prepare(server)
  if (server.settings.daemonize && !isDaemon()) {
    runInBackground()
    process.exit(0)
  }
  start(server, logFile, words.length === 0)
}

function configure(
  { file, readsStdin, options }: CommandLine,
  logFile: LogFile,
  isDefault: boolean,
  more: Partial<ServerOptions> = {},
): RedisServer {
  const reader = new ConfigReader(name => {
    logFile.file = name
  })
  const log = new Log(new SystemClock(), logFile.write)
  log.role = 'C'
  if (readsStdin) log.notice('Reading config from stdin')
  try {
    return createServer({
      ...more,
      log: logFile.write,
      config: reader.read(() => readConfigText(file, readsStdin, options)),
      ...(file !== undefined && { configFile: absolutePath(file) }),
    })
  } catch (error) {
    if (error instanceof ConfigError) {
      sayLines(printableByteLines(fatalConfigError(reader.place, error.message)))
      process.exit(1)
    }
    if (!(error instanceof StartError)) throw error
    if (reader.isFinished) announce(log, isDefault)
    abort(log, error)
  }
}

function start(server: RedisServer, logFile: LogFile, isDefault: boolean): void {
  const { settings, log, config } = server
  process.chdir(toText(settings.dir))
  // From here on it follows `dir`.
  logFile.file = settings.logfile
  config.watch(['dir'], () => process.chdir(toText(settings.dir)))
  announce(log, isDefault)
  if (settings.daemonize || settings.pidfile !== '') writePidFile(server)
  const listeners = new Listeners(server)
  showBanner(server)
  try {
    listeners.open()
  } catch (error) {
    if (error instanceof StartError) abort(log, error)
    throw error
  }
  showTitle(server)
  config.watch(['proc-title-template', 'bind', 'port', 'tls-port'], () => showTitle(server))
  new Shutdown(server, listeners)
  log.notice('Server initialized')
  keepOnDisk(server)
  server.features.use({ tick: () => saveWhenDue(server) })
  for (const kind of listeners.kinds) log.notice(`Ready to accept connections ${kind}`)
  if (settings.maxmemory > 0 && settings.maxmemory < 1024 * 1024) {
    log.warning(smallMemoryWarning(settings.maxmemory))
  }
}

function announce(log: Log, isDefault: boolean): void {
  const [starting, version, configuration] = startingLines(isDefault)
  log.role = 'C'
  log.notice(starting)
  log.notice(version)
  if (isDefault) log.warning(configuration)
  else log.notice(configuration)
  log.role = 'M'
}

function abort(log: Log, { lines }: StartError): never {
  for (const line of lines) log.warning(line)
  process.exit(1)
}

function showBanner({ settings, log }: RedisServer): void {
  const port = settings.port || settings['tls-port']
  log.notice('monotonic clock: POSIX clock_gettime')
  const isOnTerminal = settings.logfile === '' && process.stdout.isTTY
  if (settings['always-show-logo'] || isOnTerminal) log.raw(banner(port))
  else log.notice(`Running mode=standalone, port=${port}.`)
}

/** Who gives one of these wants files. */
const SNAPSHOTS = ['save', 'dbfilename'] as const
const NO_SNAPSHOTS =
  'No snapshot is written to a file, or read from one, as long as no `dir` is set.'

/** Snapshots are files if a folder for them was named. */
function keepOnDisk(server: RedisServer): void {
  const { config, persistence, settings, log } = server
  persistence.onDisk = config.isGiven('dir')
  config.watch(['dir'], () => {
    persistence.onDisk = true
  })
  if (persistence.onDisk && !loadAtStart(server)) process.exit(1)
  if (persistence.onDisk || !SNAPSHOTS.some(name => config.isGiven(name))) return
  if (settings.save.length > 0) log.warning(NO_SNAPSHOTS)
}
