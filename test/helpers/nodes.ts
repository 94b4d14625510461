// Several servers of ours in this process, and waiting for what their links bring about.

import type { ServerOptions } from '../../src/engine/server.ts'
import { startServer, type TestServer } from './server.ts'
import type { Wire } from './wire.ts'

export interface Node extends TestServer {
  readonly wire: Wire
  /** What its log has said. */
  readonly lines: string[]
  info(field: string): Promise<string | undefined>
}

/** @param config lines of redis.conf */
export async function startNode(
  options: Partial<Omit<ServerOptions, 'dispatcher' | 'config'>> = {},
  ...config: readonly string[]
): Promise<Node> {
  const lines: string[] = []
  const defaults = ['repl-diskless-sync-delay 0', 'enable-debug-command yes']
  const server = await startServer({
    log: line => lines.push(line),
    config: [...defaults, ...config].map(line => line.split(' ')),
    ...options,
  })
  const wire = await server.connect()
  return {
    ...server,
    wire,
    lines,
    async info(field) {
      const text = String(await wire.ask('INFO', 'everything'))
      return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(text)?.[1]
    },
  }
}

const PATIENCE_MS = 20_000

/** Asks again and again, with everything else in between, until the answer is true. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Makes a node the replica of another, and waits until it is in step. */
export async function follow(replica: Node, master: { readonly port: number }): Promise<void> {
  await replica.wire.ask('REPLICAOF', '127.0.0.1', String(master.port))
  await isUp(replica)
}

export function isUp(replica: Node): Promise<void> {
  return until('the link is up', async () => (await replica.info('master_link_status')) === 'up')
}

/** Until both have the same data; throws if they never have. */
export function inStep(a: Node, b: Node): Promise<void> {
  return until('the same data', async () => {
    const [one, other] = [await a.wire.ask('DEBUG', 'DIGEST'), await b.wire.ask('DEBUG', 'DIGEST')]
    // What is refused says nothing of the data.
    return one === other && /^\+[0-9a-f]{40}$/.test(String(one))
  })
}
