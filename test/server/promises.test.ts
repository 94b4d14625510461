// Settings that ask for what is not there: the server does not start, or says so in its log.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { ConfigError, type ParameterFlags } from '../../src/host/config/parameter.ts'
import { PARAMETERS, TLS_PARAMETERS } from '../../src/host/config/parameters.ts'
import { createServer } from '../../src/redis.ts'
import { cli } from '../helpers/cli.ts'
import { startServer } from '../helpers/server.ts'

const LACKS = "This server does not do what '"

const WARNED: readonly (readonly string[])[] = [
  ['aof-rewrite-cpulist', '1'],
  ['appendonly', 'yes'],
  ['bgsave-cpulist', '1'],
  ['bio_cpulist', '1'],
  ['io-threads', '4'],
  ['oom-score-adj', 'absolute'],
  ['server-cpulist', '0-3'],
  ['socket-mark-id', '7'],
  ['supervised', 'systemd'],
  ['syslog-enabled', 'yes'],
  ['watchdog-period', '500'],
]

/** What every server has, and what modes need that nobody can have: neither asks for anything. */
const SILENT: readonly (readonly string[])[] = [
  ['cluster-enabled', 'no'],
  ['replicaof', 'no', 'one'],
  ['appendonly', 'no'],
  ['io-threads', '1'],
  ['supervised', 'no'],
  ['cluster-node-timeout', '1'],
  ['repl-timeout', '5'],
  ['appendfsync', 'always'],
  ['hz', '100'],
]

function logOf(config: readonly (readonly string[])[]): string[] {
  const lines: string[] = []
  createServer({ config, log: line => void lines.push(line) }).close()
  return lines
}

t.test('where answers are the same, the log tells', async t => {
  for (const words of WARNED) {
    const lines = logOf([words])
    t.equal(lines.length, 1, words.join(' '))
    t.match(lines[0], new RegExp(` # ${LACKS}[\\w-]+ ${words.at(-1)}' asks for: .+\\.$`))
  }
  for (const words of SILENT) t.strictSame(logOf([words]), [], words.join(' '))
})

t.test('CONFIG SET tells as well, each time that something changes', async t => {
  const lines: string[] = []
  const redis = await startServer({ log: line => void lines.push(line) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const said = async (...words: readonly string[]): Promise<number> => {
    const before = lines.length
    t.equal(await wire.ask('CONFIG', 'SET', ...words), '+OK')
    return lines.slice(before).filter(line => line.includes(LACKS)).length
  }
  t.equal(await said('appendonly', 'yes'), 1)
  t.equal(await said('appendonly', 'yes'), 0)
  t.equal(await said('appendonly', 'no'), 0)
  t.equal(await said('hz', '50', 'oom-score-adj', 'absolute', 'appendonly', 'yes'), 2)
  t.match(
    await wire.ask('CONFIG', 'SET', 'cluster-enabled', 'yes'),
    "-ERR CONFIG SET failed (possibly related to argument 'cluster-enabled')",
  )
})

t.test('the program', async t => {
  const sentinel = await cli(['--port', '0', '--sentinel'])
  t.match(sentinel, { status: 1, stderr: /^--sentinel: / })
  const folder = t.testdir({ 'redis.conf': 'sentinel monitor m 127.0.0.1 1 1\n' })
  const file = await cli([path.join(folder, 'redis.conf'), '--sentinel'])
  t.match(file, { status: 1, stderr: /^--sentinel: / })
  const log = path.join(folder, 'log')
  // It cannot listen there, and ends.
  const unsaved = ['--save', '60 1', '--port', '1', '--bind', '192.0.2.1', '--logfile', log]
  t.equal((await cli([...unsaved, '--appendonly', 'yes'])).status, 1)
  t.match(fs.readFileSync(log, 'utf8'), `${LACKS}appendonly yes' asks for`)
})

// ---- Every parameter ---------------------------------------------------------------------------

/** Parameters that nothing here looks at, and that ask for nothing. */
const TUNING: readonly RegExp[] = [
  // How something is done that is done all the same, or has no counterpart in this runtime.
  /^active-defrag-|^activerehashing$|^active-expire-effort$|^dynamic-hz$|^jemalloc-bg-thread$/,
  /^disable-thp$|^io-threads-do-reads$|^loading-process-events-interval-bytes$|^crash-/,
  /^max-new-(tls-)?connections-per-cycle$|^maxmemory-eviction-tenacity$|^use-exit-on-panic$/,
  /^rdb-(del-sync-files|save-incremental-fsync)$|^ignore-warnings$|^hide-user-data-from-log$/,
  /^sanitize-dump-payload$|^propagation-error-behavior$/,
  // Of an append-only file, which is warned of.
  /^aof-|^append(dirname|filename|fsync)$|^auto-aof-|^no-appendfsync-on-rewrite$/,
  // Of clusters and replicas.
  /^^repl-|^replica-|^master(auth|user)$|^bind-source-addr$|^shutdown-timeout$/,
  // Of what else is warned of.
  /^oom-score-adj-values$|^syslog-(facility|ident)$/,
]

t.test('every parameter is used, or known not to be', async t => {
  const src = path.join(import.meta.dirname, '..', '..', 'src')
  const files = fs.readdirSync(src, { recursive: true, encoding: 'utf8' })
  const texts = files
    .filter(file => /\.tsx?$/.test(file) && !file.endsWith(path.join('config', 'parameters.ts')))
    .map(file => fs.readFileSync(path.join(src, file), 'utf8'))
    .join('\n')
  const isSilent = (name: string, flags: ParameterFlags): boolean => {
    if (flags.warned !== undefined) return false
    if (TLS_PARAMETERS.some(one => one === name)) return false
    return !new RegExp(`'${name}'|settings[.\\w{} :]*\\b${name}\\b`).test(texts)
  }
  const silent = Object.entries(PARAMETERS)
    .filter(([name, { flags }]) => isSilent(name, flags))
    .map(([name]) => name)
  t.strictSame(
    silent.filter(name => !TUNING.some(pattern => pattern.test(name))),
    [],
  )
  t.ok(silent.length > 30, 'the sources were read')
  t.throws(() => logOf([['activedefrag', 'yes']]), ConfigError)
})
