// What append-only files begin with: all data, as a snapshot or as commands.

import { wordsToRequest } from '../../engine/effect.ts'
import type { RedisServer } from '../../engine/server.ts'
import { writeSnapshot } from '../saving.ts'
import type { Sink } from '../snapshot-writer.ts'
import type { BaseFormat } from './manifest.ts'
import { commandsOf } from './value-commands.ts'

/** As the settings want it. */
export function baseFormat({ settings }: RedisServer): BaseFormat {
  return settings['aof-use-rdb-preamble'] ? 'rdb' : 'aof'
}

export function writeBase(server: RedisServer, format: BaseFormat, out: Sink): void {
  if (format === 'rdb') writeSnapshot(server, out, { isAofBase: true })
  else writeCommands(server, out)
}

function writeCommands(server: RedisServer, out: Sink): void {
  const { settings, clock, keyspace, persistence } = server
  if (settings['aof-timestamp-enabled']) out(remarkOfTime(clock.now()))
  for (const { code } of persistence.functions.all) {
    out(wordsToRequest(['FUNCTION', 'LOAD', code]))
  }
  for (const db of keyspace.databases) {
    if (db.size === 0) continue
    out(wordsToRequest(['SELECT', String(db.index)]))
    db.each((key, value) => {
      for (const command of commandsOf(key, value)) out(command)
    })
  }
}

/** A line that says when what follows it was written: aof-timestamp-enabled. */
export function remarkOfTime(now: number): Buffer {
  return Buffer.from(`#TS:${Math.floor(now / 1000)}\r\n`)
}
