// Load on a server: redis-benchmark, over TLS with a client certificate or plain, and the rate that
// it says.

import { spawn } from 'node:child_process'
import { FILES, type Peer } from './peers.ts'
import type { Run } from './run.ts'

export const REDIS_BENCHMARK = process.env['REDIS_BENCHMARK'] ?? 'redis-benchmark'

export interface Load {
  /** One of redis-benchmark's tests, or the words of a command. */
  readonly test: string | readonly string[]
  readonly pipeline: number
  /** Default: 50. */
  readonly connections?: number
  /** How many random keys. Default: 100,000. */
  readonly keys?: number
  /** Bytes of a value. Default: 3. */
  readonly bytes?: number
  /** Default: over TLS. */
  readonly isPlain?: boolean
  /** A user and a password, for AUTH. */
  readonly login?: readonly [user: string, password: string]
  /** A connection for each request. */
  readonly reconnects?: boolean
}

/** Sends so many requests; resolves to the rate, in requests a second. */
export async function rate(peer: Peer, load: Load, requests: number): Promise<number> {
  const port = load.isPlain ? peer.port : (peer.tlsPort ?? peer.port)
  const args = ['-p', String(port), '-n', String(Math.ceil(requests)), '-P', String(load.pipeline)]
  args.push('-c', String(load.connections ?? 50), '-r', String(load.keys ?? 100_000), '--csv')
  if (!load.isPlain) {
    args.push('--tls', '--cacert', FILES.ca, '--cert', FILES.cert, '--key', FILES.key)
  }
  if (load.bytes !== undefined) args.push('-d', String(load.bytes))
  if (load.login !== undefined) args.push('--user', load.login[0], '-a', load.login[1])
  if (load.reconnects) args.push('-k', '0')
  if (typeof load.test === 'string') args.push('-t', load.test)
  else args.push(...load.test)
  const lines = (await output(args)).split('\n').filter(line => line.startsWith('"'))
  // The last row: LRANGE tests write their list first, in a row of its own.
  const figure = Number(lines.at(-1)?.split('","')[1])
  if (!(figure > 0)) throw new Error(`No rate of ${peer.name} for ${load.test}`)
  return figure
}

/**
 * So many requests that a measure takes about as long as it should, and the handshakes before them
 * count for little; warms the server up, too.
 */
export async function requestsFor(run: Run, peer: Peer, load: Load): Promise<number> {
  const isDeep = load.pipeline > 1
  if (run.isShort) return isDeep ? 5000 : 500
  return (await rate(peer, load, isDeep ? 200_000 : 20_000)) * run.seconds
}

function output(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(REDIS_BENCHMARK, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
    })
    child.once('error', reject)
    child.once('close', () => resolve(text))
  })
}
