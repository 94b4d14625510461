// One run of the command line: from the arguments to a server that listens, and to its end.

import type { RedisServer, ServerOptions } from '../engine/server.ts'
import { type Directive, StartError } from '../host/config/directives.ts'
import { ConfigError } from '../host/config/parameter.ts'
import { Listeners, type ListenersOptions } from '../host/listeners.ts'
import { Log } from '../host/log.ts'
import { BackgroundSaves } from '../persistence/background-save.ts'
import { loadWhileServing } from '../persistence/loading.ts'
import { clusterOf, createServer, openAppendOnlyWhileServing } from '../redis.ts'
import { fromText, toText } from '../util/bytes.ts'
import { SystemClock } from '../util/clock.ts'
import { printableByteLines } from '../util/printable.ts'
import { banner, fatalConfigError, smallMemoryWarning, startingLines } from './announce.ts'
import { type CommandLine, readCommandLine } from './arguments.ts'
import { absolutePath, ConfigReader, readConfigText } from './conf-file.ts'
import { hintAt } from './hint.ts'
import { LogFile } from './log-file.ts'
import { sayLines } from './out.ts'
import { isDaemon, runInBackground, showTitle, writePidFile } from './process.ts'
import { Shutdown } from './shutdown.ts'

/** What a server gets that redis-server has not. */
export interface Extras {
  readonly options: Partial<ServerOptions>
  /** Puts its own directives before and behind those that were given; the last one counts. */
  readonly directives: (given: Iterable<Directive>) => Iterable<Directive>
  readonly listeners: ListenersOptions
  /** Takes the log, in place of standard output, while no logfile is named. */
  readonly logTo: ((line: string) => void) | undefined
  /** Has the server before it listens. */
  readonly prepare: (server: RedisServer) => void
  /** It listens; nobody has been told. Whoever connects is served when this has resolved. */
  readonly listening: (server: RedisServer) => Promise<void>
  /** It may be ended by signals and by SHUTDOWN. */
  readonly endsByItself: boolean
}

/** A server that listens. */
export interface Opened {
  readonly server: RedisServer
  readonly listeners: Listeners
}

const NO_SENTINEL = '--sentinel: this server cannot be a Sentinel, which watches other servers.\n'
const UNSUPPORTED: ReadonlySet<string> = new Set(['--test-memory', '--check-system'])

/**
 * Runs redis-server's command line; `words` are the arguments without the program. Resolves to the
 * exit code, which is 0 for a server that goes on.
 */
export async function run(words: readonly string[], extras?: Extras): Promise<number> {
  const [first = ''] = words
  if (UNSUPPORTED.has(first)) {
    sayLines(`${first} is not supported by this server.\n`)
    return 1
  }
  // Wherever it stands, as for redis-server.
  if (words.includes('--sentinel')) {
    sayLines(NO_SENTINEL)
    return 1
  }
  return (await open(words, extras)) === undefined ? 1 : 0
}

/** Resolves to undefined if the server cannot start, which has been said then. */
export async function open(words: readonly string[], extras?: Extras): Promise<Opened | undefined> {
  const logFile = new LogFile(extras?.logTo)
  const line = readCommandLine(words.map(fromText))
  const server = configure(line, logFile, words.length === 0, extras)
  if (server === undefined) return undefined
  extras?.prepare(server)
  if (server.settings.daemonize && !isDaemon()) {
    runInBackground()
    process.exit(0)
  }
  return start(server, logFile, words.length === 0, extras)
}

function configure(
  { file, readsStdin, options }: CommandLine,
  logFile: LogFile,
  isDefault: boolean,
  extras: Extras | undefined,
): RedisServer | undefined {
  const reader = new ConfigReader(name => {
    logFile.file = name
  })
  const log = new Log(new SystemClock(), logFile.write)
  log.role = 'C'
  if (readsStdin) log.notice('Reading config from stdin')
  const given = reader.read(() => readConfigText(file, readsStdin, options))
  try {
    return createServer({
      ...extras?.options,
      log: logFile.write,
      config: extras === undefined ? given : extras.directives(given),
      ...(file !== undefined && { configFile: absolutePath(file) }),
    })
  } catch (error) {
    if (error instanceof ConfigError) {
      sayLines(printableByteLines(fatalConfigError(reader.place, error.message)))
      hintAt(reader.name)
      return undefined
    }
    if (!(error instanceof StartError)) throw error
    if (reader.isFinished) announce(log, isDefault)
    tell(log, error)
    return undefined
  }
}

async function start(
  server: RedisServer,
  logFile: LogFile,
  isDefault: boolean,
  extras: Extras | undefined,
): Promise<Opened | undefined> {
  const { settings, log, config } = server
  process.chdir(toText(settings.dir))
  // From here on it follows `dir`.
  logFile.file = settings.logfile
  config.watch(['dir'], () => process.chdir(toText(settings.dir)))
  announce(log, isDefault)
  if (settings.daemonize || settings.pidfile !== '') writePidFile(server)
  const cluster = clusterOf(server)
  const listeners = new Listeners(server, extras?.listeners)
  // A port that is still to be found is told when it is.
  const takesAnyPort = (extras?.listeners.anyPort ?? []).length > 0
  if (!takesAnyPort) showBanner(server)
  try {
    if (config.isGiven('dir') || config.isGiven('cluster-config-file')) await cluster?.keepOnDisk()
    listeners.open()
    cluster?.listen()
    if (takesAnyPort) showBanner(server)
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    tell(log, error)
    listeners.close()
    server.close()
    return undefined
  }
  showTitle(server)
  config.watch(['proc-title-template', 'bind', 'port', 'tls-port'], () => showTitle(server))
  if (extras?.endsByItself !== false) new Shutdown(server, listeners)
  log.notice('Server initialized')
  await keepOnDisk(server)
  cluster?.loaded()
  await extras?.listening(server)
  const saves = server.feature(BackgroundSaves)
  server.features.use({ tick: () => saves.startWhenDue() })
  for (const kind of listeners.kinds) log.notice(`Ready to accept connections ${kind}`)
  if (settings.maxmemory > 0 && settings.maxmemory < 1024 * 1024) {
    log.warning(smallMemoryWarning(settings.maxmemory))
  }
  return { server, listeners }
}

function announce(log: Log, isDefault: boolean): void {
  const [starting, version, configuration] = startingLines(isDefault)
  // It may be a replica already, by its settings.
  const { role } = log
  log.role = 'C'
  log.notice(starting)
  log.notice(version)
  if (isDefault) log.warning(configuration)
  else log.notice(configuration)
  log.role = role
}

function tell(log: Log, { lines }: StartError): void {
  for (const line of lines) log.warning(line)
}

function showBanner({ settings, log, cluster }: RedisServer): void {
  const port = settings.port || settings['tls-port']
  log.notice('monotonic clock: POSIX clock_gettime')
  const isOnTerminal = settings.logfile === '' && process.stdout.isTTY
  if (settings['always-show-logo'] || isOnTerminal) log.raw(banner(port))
  else log.notice(`Running mode=${cluster === undefined ? 'standalone' : 'cluster'}, port=${port}.`)
}

/** False if what is kept cannot be loaded, which has been said then. */
async function load(server: RedisServer): Promise<boolean> {
  try {
    return (await openAppendOnlyWhileServing(server)) || (await loadWhileServing(server))
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    tell(server.log, error)
    return false
  }
}

/** Who gives one of these wants files. */
const SNAPSHOTS = ['save', 'dbfilename'] as const
const NO_SNAPSHOTS =
  'No snapshot is written to a file, or read from one, as long as no `dir` is set.'

/** Snapshots are files if a folder for them was named. */
async function keepOnDisk(server: RedisServer): Promise<void> {
  const { config, persistence, settings, log } = server
  persistence.onDisk = config.isGiven('dir')
  config.watch(['dir'], () => {
    persistence.onDisk = true
  })
  if (persistence.onDisk && !(await load(server))) process.exit(1)
  if (persistence.onDisk || !SNAPSHOTS.some(name => config.isGiven(name))) return
  if (settings.save.length > 0) log.warning(NO_SNAPSHOTS)
}
