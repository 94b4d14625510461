// What a server's start comes to with a redis.conf: its users, or why it does not start. Ours starts
// in this process and opens no socket; a real one listens on a socket of its own.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { ConfigReader, readConfigText } from '../../src/cli/conf-file.ts'
import { type Directive, StartError } from '../../src/host/config/directives.ts'
import { ConfigError } from '../../src/host/config/parameter.ts'
import { createServer } from '../../src/redis.ts'
import { freePort, REAL_BINARY } from './real.ts'
import { Wire } from './wire.ts'

/** What a start came to: the lines of ACL LIST, or what was said. */
export type Start = { readonly users: readonly string[] } | { readonly said: string }

/** What asks for a mode that is not there here would keep a real server from nothing. */
function* withoutModes(given: Iterable<Directive>): Generator<Directive> {
  yield* given
  yield ['replicaof', 'no', 'one']
  yield ['cluster-enabled', 'no']
}

export function startOurs(file: string): Start {
  const reader = new ConfigReader(() => {})
  try {
    const given = reader.read(() => readConfigText(file, false, ''))
    const server = createServer({ config: withoutModes(given) })
    const users = server.users.list().map(user => server.users.describe(user))
    server.close()
    return { users }
  } catch (error) {
    if (error instanceof ConfigError) return { said: `${reader.place}${error.message}` }
    if (error instanceof StartError) return { said: error.message }
    throw error
  }
}

/** Whatever the file says, it is reached by TCP, says when it is ready, and asks nothing of others. */
const ALONE = (
  '--bind 127.0.0.1 --tls-port 0 --logfile "" --loglevel notice --daemonize no --supervised no ' +
  '--appendonly no --cluster-enabled no --io-threads 1'
)
  .split(' ')
  .map(word => (word === '""' ? '' : word))

export async function startTheirs(
  file: string,
  login: readonly [string, string] | undefined,
): Promise<Start> {
  const port = await freePort()
  const child = spawn(REAL_BINARY, [file, '--port', `${port}`, ...ALONE])
  let said = ''
  const isReady = await new Promise<boolean>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        said += chunk
        if (said.includes('Ready to accept connections')) resolve(true)
      })
    }
    child.once('error', reject)
    child.once('close', () => resolve(false))
  })
  if (!isReady) return { said }
  const wire = await Wire.connect(port)
  if (login !== undefined) await wire.ask('AUTH', ...login)
  const users = await wire.ask('ACL', 'LIST')
  const ended = new Promise(resolve => child.once('close', resolve))
  child.kill('SIGKILL')
  await ended
  return { users: Array.isArray(users) ? users.map(line => String(line).slice(1)) : [] }
}

/** Puts files into a folder, which `<dir>` stands for in their texts; returns its redis.conf. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    fs.writeFileSync(path.join(folder, name), text.replaceAll('<dir>', folder), 'latin1')
  }
  return path.join(folder, 'redis.conf')
}
