// Servers in this process that keep append-only files, and what they find in a folder.

import fs from 'node:fs'
import path from 'node:path'
import type { ServerOptions } from '../../src/engine/server.ts'
import { digestOfKeyspace } from '../../src/persistence/digest.ts'
import { openAppendOnly } from '../../src/redis.ts'
import { startServer, type TestServer } from './server.ts'
import type { Wire } from './wire.ts'

type Settings = Readonly<Record<string, string>>

/** A server with `appendonly yes` in a folder. */
export async function startInFolder(
  dir: string,
  settings: Settings = {},
  options: Partial<Omit<ServerOptions, 'dispatcher' | 'config'>> = {},
): Promise<TestServer> {
  const config = Object.entries({
    dir,
    appendonly: 'yes',
    'enable-debug-command': 'yes',
    'auto-aof-rewrite-percentage': '0',
    ...settings,
  })
  const started = await startServer({ ...options, config })
  try {
    openAppendOnly(started.server)
    return started
  } catch (error) {
    await started.close()
    throw error
  }
}

/** What another server would find in the folder of this one, which goes on. */
export async function digestOfFolder(dir: string, settings: Settings = {}): Promise<string> {
  const copy = `${dir}-copy`
  fs.cpSync(dir, copy, { recursive: true })
  try {
    const other = await startInFolder(copy, settings)
    const digest = digestOfKeyspace(other.server.keyspace)
    await other.close()
    return digest
  } finally {
    fs.rmSync(copy, { recursive: true })
  }
}

const FOLDER = 'appendonlydir'

/** Names and texts of the files in the append-only folder. */
export function filesIn(dir: string): Record<string, string> {
  const folder = path.join(dir, FOLDER)
  if (!fs.existsSync(folder)) return {}
  const names = fs.readdirSync(folder).sort()
  return Object.fromEntries(
    names.map(name => [name, fs.readFileSync(path.join(folder, name), 'latin1')]),
  )
}

/** Writes the append-only folder of a server that is still to start. */
export function writeFolder(dir: string, files: Readonly<Record<string, string>>): void {
  fs.mkdirSync(path.join(dir, FOLDER), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(dir, FOLDER, name), text, 'latin1')
  }
}

/** As appended to a file, of requests as people write them. */
export function appended(...requests: readonly string[]): string {
  const bulk = (word: string): string => `$${word.length}\r\n${word}\r\n`
  return requests
    .map(request => request.split(' '))
    .map(words => `*${words.length}\r\n${words.map(bulk).join('')}`)
    .join('')
}

/** BGREWRITEAOF, and until it has ended. */
export async function rewrite(wire: Wire): Promise<void> {
  await wire.call('BGREWRITEAOF')
  await rewritten(wire)
}

/** Until no rewrite goes on or is to come. */
export async function rewritten(wire: Wire): Promise<void> {
  while (await isRewriting(wire));
}

export async function isRewriting(wire: Wire): Promise<boolean> {
  const isOver = /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/
  return !isOver.test(String(await wire.ask('INFO', 'persistence')))
}
