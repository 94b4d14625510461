// A real redis-server beside ours, where the machine has one: REDIS_SERVER names it, or it is on
// the PATH. Tests that need it skip by name elsewhere.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { Since } from './server.ts'
import { Wire } from './wire.ts'

export const REAL_BINARY = process.env['REDIS_SERVER'] ?? 'redis-server'

/** [7, 4] for 7.4.1, or undefined if there is no real server. */
export const REAL_VERSION: readonly number[] | undefined = readVersion()

/** For tap's skip option: false if there is a real server, else the reason. */
export const NO_REAL_SERVER: string | false =
  REAL_VERSION === undefined ? 'no redis-server on the PATH' : false

function readVersion(): readonly number[] | undefined {
  const { stdout } = spawnSync(REAL_BINARY, ['--version'], { encoding: 'utf8' })
  const match = /v=(\d+)\.(\d+)\.(\d+)/.exec(stdout ?? '')
  return match?.slice(1).map(Number)
}

export function realIsAtLeast(major: number, minor: number): boolean {
  const [realMajor = 0, realMinor = 0] = REAL_VERSION ?? []
  return realMajor > major || (realMajor === major && realMinor >= minor)
}

/** The same for what came with a version: false if there is a real server of it or a later one. */
export function notSince(since: Since = [7, 0]): string | false {
  return NO_REAL_SERVER || (realIsAtLeast(...since) ? false : `before Redis ${since.join('.')}`)
}

/** What failed beside the real server here: asked again beside one of its version or later. */
export const SINCE_REAL: Since = [REAL_VERSION?.[0] ?? 0, REAL_VERSION?.[1] ?? 0]

export interface RealServer {
  readonly port: number
  readonly process: ChildProcess
  connect(): Promise<Wire>
  close(): Promise<void>
}

export async function startReal(...args: readonly string[]): Promise<RealServer> {
  const port = await freePort()
  // What a test saves is nobody else's: a file that is left would be the next server's data.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-'))
  const child = spawn(
    REAL_BINARY,
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      folder,
      '--enable-debug-command',
      'yes',
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await ready(child)
  return {
    port,
    process: child,
    connect: () => Wire.connect(port),
    async close() {
      await stop(child)
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', chunk => {
      output += chunk
      if (output.includes('Ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)))
  })
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.removeAllListeners('exit')
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

export function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
