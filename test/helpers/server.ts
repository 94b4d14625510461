// Our server for tests of commands: in this process, on a free loopback port, with a clock that the
// test may move.

import net from 'node:net'
import { HANDLERS } from '../../src/commands/index.ts'
import { Commands } from '../../src/engine/handlers.ts'
import type { RedisServer, ServerOptions } from '../../src/engine/server.ts'
import { createServer } from '../../src/redis.ts'
import { CommandCatalogue } from '../../src/table/catalogue.ts'
import { FAMILIES } from '../../src/table/redis.ts'
import { isLater, REDIS_7_4 } from '../../src/table/row.ts'
import { Wire } from './wire.ts'

export interface TestServer {
  readonly server: RedisServer
  readonly port: number
  connect(): Promise<Wire>
  close(): Promise<void>
}

/** A version of Redis: [8, 0]. */
export type Since = readonly [major: number, minor: number]

/** What a server needs to know the commands of a version later than its own. */
export function withCommandsOf(since: Since = [0, 0]): Pick<ServerOptions, 'commands'> | undefined {
  const version = since.join('.')
  if (!isLater(version, REDIS_7_4.version)) return undefined
  const catalogue = new CommandCatalogue(FAMILIES, { product: 'redis', version })
  return { commands: new Commands(catalogue, HANDLERS) }
}

export async function startServer(
  options: Partial<Omit<ServerOptions, 'dispatcher'>> = {},
): Promise<TestServer> {
  const server = createServer(options)
  const wires: Wire[] = []
  const listener = net.createServer(socket => {
    socket.setNoDelay()
    socket.on('error', () => {})
    server.accept({
      kind: 'tcp',
      socket,
      peer: `127.0.0.1:${socket.remotePort}`,
      local: `127.0.0.1:${socket.localPort}`,
      isLoopback: true,
      certificateNames: undefined,
    })
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as net.AddressInfo
  return {
    server,
    port,
    async connect() {
      const wire = await Wire.connect(port)
      wires.push(wire)
      return wire
    },
    async close() {
      for (const wire of wires) wire.close()
      server.close()
      await new Promise(resolve => listener.close(resolve))
      if (server.bugs.length > 0) throw server.bugs[0]
    },
  }
}
