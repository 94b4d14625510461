// The composition root: puts the commands and the server together.

import { HANDLERS } from './commands/index.ts'
import { dataNode } from './engine/data-node.ts'
import { Commands } from './engine/handlers.ts'
import type { RedisServer, ServerOptions } from './engine/server.ts'
import { Libraries } from './scripting/libraries.ts'
import { CATALOGUE } from './table/redis.ts'

const COMMANDS = new Commands(CATALOGUE, HANDLERS)

/** @param options commands of its own only where there are more than Redis has */
export function createServer(
  options: Partial<Omit<ServerOptions, 'dispatcher'>> = {},
): RedisServer {
  const server = dataNode({ ...options, commands: options.commands ?? COMMANDS })
  server.persistence.functions = () => server.feature(Libraries)
  return server
}
