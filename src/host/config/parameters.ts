// Every configuration parameter of Redis 7.4, by name. Many have nothing to work on here; they are
// accepted, checked and shown all the same, since clients and configuration files name them. `bind`
// alone has a default of its own: this server listens on the loopback interface unless it is asked
// to do otherwise.
//
// What acts on nothing is one of these:
//
// - Replies are the same, but something beside them is not done: it is `warned` of.
// - It tunes how something is done, or works in a mode alone that is warned of already:
//   nothing is said. Such are those of repl-*, replica-* and master*, of aof-*
//   and append*, tls-replication, active-defrag-*, and what trades memory for time.

import {
  addresses,
  eventClasses,
  type OutputLimits,
  oomScores,
  outputLimits,
  percentiles,
  primary,
  type SavePoint,
  savePoints,
  workingDirectory,
} from './list-parameter.ts'
import {
  ConfigError,
  clamped,
  INT_MAX,
  INT_MIN,
  integer,
  LONG_MAX,
  memory,
  memoryOrPercent,
  never,
  type OfTls,
  octal,
  ofTls,
  oneOf,
  optionalText,
  type Parameter,
  someOf,
  text,
  UINT_MAX,
  ULONG_MAX,
  yesNo,
} from './parameter.ts'
import { checkTitleTemplate } from './process-title.ts'

const MB = 1024 * 1024

const SAVE_POINTS: readonly SavePoint[] = [
  { seconds: 3600, changes: 1 },
  { seconds: 300, changes: 100 },
  { seconds: 60, changes: 10000 },
]

const OUTPUT_LIMITS: OutputLimits = {
  normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
  slave: { hardBytes: 256 * MB, softBytes: 64 * MB, softSeconds: 60 },
  pubsub: { hardBytes: 32 * MB, softBytes: 8 * MB, softSeconds: 60 },
}

const HOST_NAME_MAX = 256
const SHUTDOWN_WORDS = ['save', 'nosave', 'now', 'force']

const NO_DEFRAGMENTATION =
  'Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified ' +
  'Jemalloc like the one shipped by default with the Redis source distribution'

const NO_AOF =
  'no append-only file is written or read as long as no `dir` is set, and INFO says aof_enabled:0'
const NO_SUPERVISOR = 'the supervisor is not told that the server is ready'
const NO_SYSLOG = 'the log goes to the logfile or to standard output alone'
const NOT_PINNED = 'nothing is bound to processors'

export const PARAMETERS = {
  'acl-pubsub-default': oneOf(['allchannels', 'resetchannels'], 'resetchannels'),
  aclfile: text('', { immutable: true }),
  'acllog-max-len': integer(0, LONG_MAX, 128),
  'active-defrag-cycle-max': integer(1, 99, 25),
  'active-defrag-cycle-min': integer(1, 99, 1),
  'active-defrag-ignore-bytes': memory(1, LONG_MAX, 100 * MB),
  'active-defrag-max-scan-fields': integer(1, LONG_MAX, 1000),
  'active-defrag-threshold-lower': integer(0, 1000, 10),
  'active-defrag-threshold-upper': integer(0, 1000, 100),
  'active-expire-effort': integer(1, 10, 1),
  activedefrag: never(yesNo(false), NO_DEFRAGMENTATION),
  activerehashing: yesNo(true),
  'always-show-logo': yesNo(false, { immutable: true }),
  'aof-disable-auto-gc': yesNo(false, { hidden: true }),
  'aof-load-truncated': yesNo(true),
  'aof-rewrite-cpulist': optionalText({
    immutable: true,
    alias: 'aof_rewrite_cpulist',
    warned: NOT_PINNED,
  }),
  'aof-rewrite-incremental-fsync': yesNo(true),
  'aof-timestamp-enabled': yesNo(false),
  'aof-use-rdb-preamble': yesNo(true),
  appenddirname: text(
    'appendonlydir',
    { immutable: true },
    { check: checkFileName('appenddirname', 'dirname') },
  ),
  appendfilename: text(
    'appendonly.aof',
    { immutable: true },
    { check: checkFileName('appendfilename', 'filename') },
  ),
  appendfsync: oneOf(['everysec', 'always', 'no'], 'everysec'),
  appendonly: yesNo(false, { deniedWhileLoading: true, warned: NO_AOF, unlessGiven: 'dir' }),
  'auto-aof-rewrite-min-size': memory(0, LONG_MAX, 64 * MB),
  'auto-aof-rewrite-percentage': integer(0, INT_MAX, 100),
  'bgsave-cpulist': optionalText({ immutable: true, alias: 'bgsave_cpulist', warned: NOT_PINNED }),
  bind: addresses(['127.0.0.1', '-::1']),
  'bind-source-addr': optionalText(),
  'bio-cpulist': optionalText({ immutable: true, alias: 'bio_cpulist', warned: NOT_PINNED }),
  'busy-reply-threshold': integer(0, LONG_MAX, 5000, { alias: 'lua-time-limit' }),
  'client-output-buffer-limit': outputLimits(OUTPUT_LIMITS),
  'client-query-buffer-limit': memory(MB, LONG_MAX, 1024 * MB),
  'cluster-allow-pubsubshard-when-down': yesNo(true),
  'cluster-allow-reads-when-down': yesNo(false),
  'cluster-allow-replica-migration': yesNo(true),
  'cluster-announce-bus-port': integer(0, 65535, 0),
  'cluster-announce-hostname': optionalText({}, { check: checkHostName }),
  'cluster-announce-human-nodename': optionalText({}, { isBinary: true, check: checkNodeName }),
  'cluster-announce-ip': optionalText(),
  'cluster-announce-port': integer(0, 65535, 0),
  'cluster-announce-tls-port': integer(0, 65535, 0),
  'cluster-config-file': text('nodes.conf', { immutable: true }),
  'cluster-enabled': yesNo(false, { immutable: true }),
  'cluster-link-sendbuf-limit': memory(0, ULONG_MAX, 0),
  'cluster-migration-barrier': integer(0, INT_MAX, 1),
  'cluster-node-timeout': integer(0, LONG_MAX, 15000),
  'cluster-ping-interval': integer(0, LONG_MAX, 0, { hidden: true }),
  'cluster-port': integer(0, 65535, 0, { immutable: true }),
  'cluster-preferred-endpoint-type': oneOf(['ip', 'hostname', 'unknown-endpoint'], 'ip'),
  'cluster-replica-no-failover': yesNo(false, { alias: 'cluster-slave-no-failover' }),
  'cluster-replica-validity-factor': integer(0, INT_MAX, 10, {
    alias: 'cluster-slave-validity-factor',
  }),
  'cluster-require-full-coverage': yesNo(true),
  'crash-log-enabled': yesNo(true),
  'crash-memcheck-enabled': yesNo(true),
  daemonize: yesNo(false, { immutable: true }),
  databases: integer(1, INT_MAX, 16, { immutable: true }),
  dbfilename: text('dump.rdb', { protected: true }, { check: checkDbFileName }),
  dir: workingDirectory({ protected: true, deniedWhileLoading: true }),
  'disable-thp': yesNo(true, { immutable: true }),
  'dynamic-hz': yesNo(true),
  'enable-debug-command': oneOf(['no', 'yes', 'local'], 'no', { immutable: true }),
  'enable-module-command': oneOf(['no', 'yes', 'local'], 'no', { immutable: true }),
  'enable-protected-configs': oneOf(['no', 'yes', 'local'], 'no', { immutable: true }),
  'hash-max-listpack-entries': integer(0, LONG_MAX, 512, { alias: 'hash-max-ziplist-entries' }),
  'hash-max-listpack-value': memory(0, LONG_MAX, 64, { alias: 'hash-max-ziplist-value' }),
  'hide-user-data-from-log': yesNo(false),
  'hll-sparse-max-bytes': memory(0, LONG_MAX, 3000),
  hz: clamped(integer(0, INT_MAX, 10), 1, 500),
  'ignore-warnings': text(''),
  'io-threads': integer(1, 128, 1, { immutable: true, warned: 'one thread serves all clients' }),
  'io-threads-do-reads': yesNo(false, { immutable: true }),
  'jemalloc-bg-thread': yesNo(true),
  'key-load-delay': integer(INT_MIN, INT_MAX, 0, { hidden: true }),
  'latency-monitor-threshold': integer(0, LONG_MAX, 0),
  'latency-tracking': yesNo(true),
  'latency-tracking-info-percentiles': percentiles([50, 99, 99.9]),
  'lazyfree-lazy-eviction': yesNo(false),
  'lazyfree-lazy-expire': yesNo(false),
  'lazyfree-lazy-server-del': yesNo(false),
  'lazyfree-lazy-user-del': yesNo(false),
  'lazyfree-lazy-user-flush': yesNo(false),
  'lfu-decay-time': integer(0, INT_MAX, 1),
  'lfu-log-factor': integer(0, INT_MAX, 10),
  'list-compress-depth': integer(0, INT_MAX, 0),
  'list-max-listpack-size': integer(INT_MIN, INT_MAX, -2, { alias: 'list-max-ziplist-size' }),
  'loading-process-events-interval-bytes': integer(1024, INT_MAX, 2 * MB, { hidden: true }),
  'locale-collate': text('', {}, { check: checkLocale }),
  logfile: text('', { immutable: true }),
  loglevel: oneOf(['debug', 'verbose', 'notice', 'warning', 'nothing'], 'notice'),
  masterauth: optionalText({ sensitive: true }, { isBinary: true }),
  masteruser: optionalText({ sensitive: true }),
  'max-new-connections-per-cycle': integer(1, 1000, 10),
  'max-new-tls-connections-per-cycle': integer(1, 1000, 1),
  maxclients: integer(1, UINT_MAX, 10000),
  maxmemory: memory(0, ULONG_MAX, 0),
  'maxmemory-clients': memoryOrPercent(0),
  'maxmemory-eviction-tenacity': integer(0, 100, 10),
  'maxmemory-policy': oneOf(
    [
      'volatile-lru',
      'volatile-lfu',
      'volatile-random',
      'volatile-ttl',
      'allkeys-lru',
      'allkeys-lfu',
      'allkeys-random',
      'noeviction',
    ],
    'noeviction',
  ),
  'maxmemory-samples': integer(1, 64, 5),
  'min-replicas-max-lag': integer(0, INT_MAX, 10, { alias: 'min-slaves-max-lag' }),
  'min-replicas-to-write': integer(0, INT_MAX, 0, { alias: 'min-slaves-to-write' }),
  'no-appendfsync-on-rewrite': yesNo(false),
  'notify-keyspace-events': eventClasses(),
  'oom-score-adj': oneOf(
    ['no', 'yes', 'relative', 'absolute'],
    'no',
    { warned: 'the kernel is not told which process to end first' },
    { relative: 'yes' },
  ),
  'oom-score-adj-values': oomScores([0, 200, 800]),
  pidfile: optionalText({ immutable: true }),
  port: integer(0, 65535, 6379),
  'proc-title-template': text(
    '{title} {listen-addr} {server-mode}',
    {},
    { check: checkTitleTemplate },
  ),
  'propagation-error-behavior': oneOf(['ignore', 'panic', 'panic-on-replicas'], 'ignore'),
  'protected-mode': yesNo(true),
  'proto-max-bulk-len': memory(MB, LONG_MAX, 512 * MB),
  'rdb-del-sync-files': yesNo(false),
  'rdb-key-save-delay': integer(INT_MIN, INT_MAX, 0, { hidden: true }),
  'rdb-save-incremental-fsync': yesNo(true),
  rdbchecksum: yesNo(true, { immutable: true }),
  rdbcompression: yesNo(true),
  'repl-backlog-size': clamped(memory(1, LONG_MAX, MB), 16 * 1024, Infinity),
  'repl-backlog-ttl': integer(0, LONG_MAX, 3600),
  'repl-disable-tcp-nodelay': yesNo(false),
  'repl-diskless-load': oneOf(['disabled', 'on-empty-db', 'swapdb'], 'disabled', {
    deniedWhileLoading: true,
  }),
  'repl-diskless-sync': yesNo(true),
  'repl-diskless-sync-delay': integer(0, INT_MAX, 5),
  'repl-diskless-sync-max-replicas': integer(0, INT_MAX, 0),
  'repl-ping-replica-period': integer(1, INT_MAX, 10, { alias: 'repl-ping-slave-period' }),
  'repl-timeout': integer(1, INT_MAX, 60),
  'replica-announce-ip': optionalText({ alias: 'slave-announce-ip' }),
  'replica-announce-port': integer(0, 65535, 0, { alias: 'slave-announce-port' }),
  'replica-announced': yesNo(true),
  'replica-ignore-disk-write-errors': yesNo(false),
  'replica-ignore-maxmemory': yesNo(true, { alias: 'slave-ignore-maxmemory' }),
  'replica-lazy-flush': yesNo(false, { alias: 'slave-lazy-flush' }),
  'replica-priority': integer(0, INT_MAX, 100, { alias: 'slave-priority' }),
  'replica-read-only': yesNo(true, { alias: 'slave-read-only' }),
  'replica-serve-stale-data': yesNo(true, { alias: 'slave-serve-stale-data' }),
  replicaof: primary({ immutable: true, alias: 'slaveof' }),
  requirepass: optionalText({ sensitive: true }, { isBinary: true }),
  'sanitize-dump-payload': oneOf(['no', 'yes', 'clients'], 'no'),
  save: savePoints(SAVE_POINTS),
  'server-cpulist': optionalText({ immutable: true, alias: 'server_cpulist', warned: NOT_PINNED }),
  'set-max-intset-entries': integer(0, LONG_MAX, 512),
  'set-max-listpack-entries': integer(0, LONG_MAX, 128),
  'set-max-listpack-value': integer(0, LONG_MAX, 64),
  'set-proc-title': yesNo(true, { immutable: true }),
  'shutdown-on-sigint': someOf('default', SHUTDOWN_WORDS, checkShutdownWords),
  'shutdown-on-sigterm': someOf('default', SHUTDOWN_WORDS, checkShutdownWords),
  'shutdown-timeout': integer(0, INT_MAX, 10),
  'slowlog-log-slower-than': integer(-1, LONG_MAX, 10000),
  'slowlog-max-len': integer(0, LONG_MAX, 128),
  'socket-mark-id': integer(0, UINT_MAX, 0, { immutable: true, warned: 'sockets are not marked' }),
  'stop-writes-on-bgsave-error': yesNo(true),
  'stream-node-max-bytes': memory(0, LONG_MAX, 4096),
  'stream-node-max-entries': integer(0, LONG_MAX, 100),
  supervised: oneOf(['upstart', 'systemd', 'auto', 'no'], 'no', {
    immutable: true,
    warned: NO_SUPERVISOR,
  }),
  'syslog-enabled': yesNo(false, { immutable: true, warned: NO_SYSLOG }),
  'syslog-facility': oneOf(
    ['user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
    'local0',
    { immutable: true },
  ),
  'syslog-ident': text('redis', { immutable: true }),
  'tcp-backlog': integer(0, INT_MAX, 511, { immutable: true }),
  'tcp-keepalive': integer(0, INT_MAX, 300),
  timeout: integer(0, INT_MAX, 0),
  'tls-auth-clients': oneOf(['no', 'yes', 'optional'], 'yes'),
  // Ahead of 7.4, where a certificate cannot log its user in; hence off and hidden.
  'tls-auth-clients-user': oneOf(['off', 'CN', 'URI'], 'off', { hidden: true }),
  'tls-ca-cert-dir': ofTls(optionalText({ volatile: true })),
  'tls-ca-cert-file': ofTls(optionalText({ volatile: true })),
  'tls-cert-file': ofTls(optionalText({ volatile: true })),
  'tls-ciphers': ofTls(optionalText()),
  'tls-ciphersuites': ofTls(optionalText()),
  'tls-client-cert-file': ofTls(optionalText({ volatile: true })),
  'tls-client-key-file': ofTls(optionalText({ volatile: true })),
  'tls-client-key-file-pass': ofTls(optionalText({ sensitive: true })),
  'tls-cluster': ofTls(yesNo(false)),
  'tls-dh-params-file': ofTls(optionalText({ volatile: true })),
  'tls-key-file': ofTls(optionalText({ volatile: true })),
  'tls-key-file-pass': ofTls(optionalText({ sensitive: true })),
  'tls-port': integer(0, 65535, 0),
  'tls-prefer-server-ciphers': ofTls(yesNo(false)),
  'tls-protocols': ofTls(optionalText()),
  'tls-replication': ofTls(yesNo(false)),
  'tls-session-cache-size': ofTls(integer(0, INT_MAX, 20480)),
  'tls-session-cache-timeout': ofTls(integer(0, INT_MAX, 300)),
  'tls-session-caching': ofTls(yesNo(true)),
  'tracking-table-max-keys': integer(0, LONG_MAX, 1000000),
  unixsocket: optionalText({ immutable: true }),
  unixsocketperm: octal(0o777, 0, { immutable: true }),
  'use-exit-on-panic': yesNo(false, { hidden: true }),
  'watchdog-period': integer(0, INT_MAX, 0, { hidden: true, warned: 'there is no watchdog' }),
  'zset-max-listpack-entries': integer(0, LONG_MAX, 128, { alias: 'zset-max-ziplist-entries' }),
  'zset-max-listpack-value': memory(0, LONG_MAX, 64, { alias: 'zset-max-ziplist-value' }),
} as const satisfies Readonly<Record<string, Parameter<unknown>>>

export type ParameterName = keyof typeof PARAMETERS

type ValueOf<P> = P extends Parameter<infer T> ? T : never

/** The values that the server works with, by the names of their parameters. */
export type Settings = { -readonly [N in ParameterName]: ValueOf<(typeof PARAMETERS)[N]> }

/** The parameters of which the TLS context is made. */
export type TlsParameterName = {
  [N in ParameterName]: (typeof PARAMETERS)[N] extends OfTls<unknown> ? N : never
}[ParameterName]

export const TLS_PARAMETERS: readonly TlsParameterName[] = Object.entries(PARAMETERS)
  .filter(([, parameter]) => 'isOfTls' in parameter)
  .map(([name]) => name as TlsParameterName)

/** Directives that old configuration files may have and that mean nothing any more. */
export const DEPRECATED: ReadonlySet<string> = new Set([
  'list-max-ziplist-entries',
  'list-max-ziplist-value',
  'lua-replicate-commands',
])

function checkShutdownWords(words: ReadonlySet<string>): void {
  if (words.has('save') && words.has('nosave')) {
    throw new ConfigError("shutdown options SAVE and NOSAVE can't be used simultaneously")
  }
}

function checkDbFileName(name: string): void {
  if (/[/\\]/.test(name)) throw new ConfigError("dbfilename can't be a path, just a filename")
}

function checkFileName(parameter: string, kind: string): (name: string) => void {
  return name => {
    if (name === '') throw new ConfigError(`${parameter} can't be empty`)
    if (/[/\\]/.test(name)) throw new ConfigError(`${parameter} can't be a path, just a ${kind}`)
  }
}

function checkHostName(name: string): void {
  if (name.length >= HOST_NAME_MAX) {
    throw new ConfigError(`Hostnames must be less than ${HOST_NAME_MAX} characters`)
  }
  if (!/^[A-Za-z0-9.-]*$/.test(name)) {
    throw new ConfigError('Hostnames may only contain alphanumeric characters, hyphens or dots')
  }
}

function checkNodeName(name: string): void {
  if (/[\0!#$%&()*+:;<>?@[\]^{|}~]/.test(name)) {
    throw new ConfigError('Announced human node name contained invalid character')
  }
}

// SORT ALPHA compares bytes, so only locales in which that is the order can be honoured.
function checkLocale(name: string): void {
  if (!['', 'C', 'POSIX', 'C.UTF-8', 'C.utf8'].includes(name)) {
    throw new ConfigError('Invalid locale name')
  }
}
