// Saving all data at once, functions included: SAVE, SHUTDOWN, FLUSHALL and DEBUG RELOAD. What is
// saved while commands go on is in background-save.ts. A server whose `dir` was configured keeps its
// snapshot there; any other one keeps that of DEBUG RELOAD in memory, and none else, so that a
// library never touches a disk.

import fs from 'node:fs'
import path from 'node:path'
import type { RedisServer } from '../engine/server.ts'
import { resolveFile } from '../host/config/directives.ts'
import { fromText } from '../util/bytes.ts'
import { replaceFile } from '../util/files.ts'
import { isSystemError, systemReason } from '../util/system-error.ts'
import { snapshotBlocks, writeSnapshot } from './snapshot.ts'

/** Writes the file, if there is one to write; what fails is logged. */
export function save(server: RedisServer): boolean {
  const { persistence, log } = server
  if (persistence.onDisk && !writeFile(server)) return false
  if (persistence.onDisk) log.notice('DB saved on disk')
  persistence.lastSaveFailed = false
  persistence.lastSaveSeconds = Math.floor(server.clock.now() / 1000)
  server.keyspace.saved()
  return true
}

/** For DEBUG RELOAD, which reads back what it has saved. */
export function saveForReload(server: RedisServer): boolean {
  if (!server.persistence.onDisk) server.feature(LastSnapshot).blocks = snapshotBlocks(server)
  return save(server)
}

/** The snapshot of a server without a disk. */
export class LastSnapshot {
  blocks: readonly Buffer[] | undefined
}

// ---- The file ----------------------------------------------------------------------------------

/** rdb-del-sync-files: a file that was there for a sync alone is not kept by who keeps no files. */
export function removeSyncFile({ settings, log }: RedisServer, file: string, line: string): void {
  const keepsFiles = settings.save.length > 0 || settings.appendonly
  if (!settings['rdb-del-sync-files'] || keepsFiles) return
  log.notice(line)
  fs.rmSync(file, { force: true })
}

export function snapshotFile({ settings }: RedisServer): string {
  return resolveFile(settings, settings.dbfilename)
}

/**
 * False if there is no new file. Then a save has failed whatever the reason, and writes are refused
 * until one succeeds, if the settings say so: what cannot be saved would be lost. Redis does the
 * same when the process that saves has crashed. But a fault of ours is not blamed on the disk.
 */
function writeFile(server: RedisServer): boolean {
  const file = snapshotFile(server)
  const draft = draftOf(file)
  try {
    replaceFile(file, draft, out => writeSnapshot(server, out))
    return true
  } catch (error) {
    logSaveFailure(server, draft, error)
    return false
  }
}

/** What a snapshot is called until it is complete; `name` tells several of one process apart. */
export function draftOf(file: string, name = ''): string {
  return path.join(path.dirname(file), `temp-${name}${process.pid}.rdb`)
}

/** Says what failed: the disk, or we. */
export function logSaveFailure(server: RedisServer, draft: string, error: unknown): void {
  if (isSystemError(error)) server.log.warning(failureText(server, draft, error))
  else server.recordBug(error, { name: 'saving' })
}

/** The functions of Redis that make these system calls. */
const WRITING_STEPS: ReadonlyMap<string, string> = new Map([
  ['write', 'rdbSaveRio'],
  ['close', 'fclose'],
])

/** What failed, in Redis's words, by the system call that did. */
function failureText(
  { settings }: RedisServer,
  draft: string,
  error: NodeJS.ErrnoException,
): string {
  const reason = systemReason(error)
  const name = fromText(path.basename(draft))
  const place = `(in server root dir ${fromText(path.dirname(draft))})`
  if (error.path === draft && (error.syscall === 'open' || error.syscall === 'rm')) {
    return `Failed opening the temp RDB file ${name} ${place} for saving: ${reason}`
  }
  if (error.syscall === 'rename') {
    return (
      `Error moving temp DB file ${name} on the final destination ` +
      `${settings.dbfilename} ${place}: ${reason}`
    )
  }
  if (error.syscall === 'open') return `Failed to fsync directory while saving DB: ${reason}`
  const step = WRITING_STEPS.get(error.syscall ?? '') ?? error.syscall
  return `Write error while saving DB to the disk(${step}): ${reason}`
}
