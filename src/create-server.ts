// The composition root: puts the commands and the server together.

import { HANDLERS } from './commands/index.ts'
import { Commands } from './server/handlers.ts'
import { RedisServer, type ServerOptions } from './server/server.ts'
import { CATALOGUE } from './table/redis.ts'

const COMMANDS = new Commands(CATALOGUE, HANDLERS)

/** @param options commands of its own only where there are more than Redis has */
export function createServer(options: Partial<ServerOptions> = {}): RedisServer {
  return new RedisServer({ ...options, commands: options.commands ?? COMMANDS })
}
