// The server as a process: its pid file, its title, and how it goes into the background.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import type { RedisServer } from '../engine/server.ts'
import { processTitle } from '../host/config/process-title.ts'
import { toText } from '../util/bytes.ts'
import { systemReason } from '../util/system-error.ts'

const DEFAULT_PID_FILE = '/var/run/redis.pid'
/** Tells the process in the background that it is the one. */
const DAEMON = 'REDIS_TLS_MOCK_DAEMON'

export function isDaemon(): boolean {
  return process.env[DAEMON] === '1'
}

/** Node cannot fork, so the same command line is started again, without a terminal. */
export function runInBackground(): void {
  const [, script = '', ...words] = process.argv
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, [DAEMON]: '1' },
  })
  child.unref()
}

function pidFile({ settings }: RedisServer): string {
  return settings.pidfile === '' ? DEFAULT_PID_FILE : toText(settings.pidfile)
}

export function writePidFile(server: RedisServer): void {
  try {
    fs.writeFileSync(pidFile(server), `${process.pid}\n`)
  } catch (error) {
    server.log.warning(`Failed to write PID file: ${systemReason(error)}`)
  }
}

export function removePidFile(server: RedisServer): void {
  if (!server.settings.daemonize && server.settings.pidfile === '') return
  server.log.notice('Removing the pid file.')
  fs.rmSync(pidFile(server), { force: true })
}

export function showTitle({ settings, config }: RedisServer): void {
  if (!settings['set-proc-title']) return
  const title = processTitle(settings['proc-title-template'], {
    program: 'redis-tls-mock',
    configFile: config.file ?? '',
    isCluster: settings['cluster-enabled'],
    addresses: settings.bind,
    port: settings.port,
    tlsPort: settings['tls-port'],
    unixsocket: settings.unixsocket,
  })
  process.title = toText(title)
}
