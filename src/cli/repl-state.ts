// What the REPL keeps from one time to the next: small files that only their owner can read.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { replacePrivateFile } from '../util/files.ts'

function folder(): string {
  const state = process.env['XDG_STATE_HOME'] || path.join(os.homedir(), '.local', 'state')
  return path.join(state, 'redis-tls-mock')
}

/** The file's text, or none if there is no such file. */
export function readState(name: string): string {
  try {
    return fs.readFileSync(path.join(folder(), name), 'utf8')
  } catch {
    return ''
  }
}

/** Where nothing can be written, nothing is kept. */
export function writeState(name: string, lines: readonly string[]): void {
  try {
    fs.mkdirSync(folder(), { recursive: true, mode: 0o700 })
    replacePrivateFile(path.join(folder(), name), lines.map(line => `${line}\n`).join(''))
  } catch {
    // A read-only home is no reason to stop.
  }
}
