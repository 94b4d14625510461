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
  // First of all, so that those who hear it only once are still there to be counted.
  for (const signal of SIGNALS) process.prependListener(signal, end)
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
    const others = process.listeners(signal).filter(listener => !(OURS in listener))
    if (others.length > politeListeners()) return
    removeAll()
    // Those that are left end the process now that nobody else hears it.
    if (process.listenerCount(signal) <= politeListeners()) process.kill(process.pid, signal)
  },
  { [OURS]: true },
)

/**
 * How many listeners of the package signal-exit, which many programs have without knowing it, hear
 * each signal. They end the process unless somebody else listens, as we do: each would wait for the
 * other. Its version 4 keeps their number by a symbol, its version 3 by a name.
 */
function politeListeners(): number {
  const emitters: readonly unknown[] = [
    Reflect.get(globalThis, Symbol.for('signal-exit emitter')),
    Reflect.get(process, '__signal_exit_emitter__'),
  ]
  return emitters.reduce<number>((sum, emitter) => {
    const count: unknown = emitter instanceof Object ? Reflect.get(emitter, 'count') : 0
    return sum + (typeof count === 'number' ? count : 0)
  }, 0)
}
