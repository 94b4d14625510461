// Folders for files that live as long as the process at most. Whoever makes one removes it; what is
// left when the process ends goes with it, also where a signal ends it that nobody else hears.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const folders = new Set<string>()
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** A new folder that only its owner can read; `prefix` begins its name. */
export function temporaryFolder(prefix: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), prefix))
  if (folders.size === 0) listen()
  folders.add(folder)
  return folder
}

export function removeTemporaryFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
  if (folders.size === 0) forget()
}

function listen(): void {
  process.once('exit', removeAll)
  for (const signal of SIGNALS) process.on(signal, end)
}

function forget(): void {
  process.off('exit', removeAll)
  for (const signal of SIGNALS) process.off(signal, end)
}

function removeAll(): void {
  for (const folder of folders) removeTemporaryFolder(folder)
}

/** There may be several copies of this file in a process, which know each other by this. */
const OURS = Symbol.for('redis-tls-mock: temporary folders')

/** Who else hears the signal decides what comes of it; if nobody does, it ends us as it would. */
const end = Object.assign(
  (signal: NodeJS.Signals): void => {
    if (process.listeners(signal).some(listener => !(OURS in listener))) return
    removeAll()
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  },
  { [OURS]: true },
)
