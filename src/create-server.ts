// The composition root: puts the command table and the server together.

import { FAMILIES } from './commands/index.ts'
import { RedisServer, type ServerOptions } from './server/server.ts'
import { CommandCatalogue, CommandTable } from './server/table.ts'

// Definitions are immutable, so that every server of the process can share them.
const CATALOGUE = new CommandCatalogue(FAMILIES)

export function createServer(options: Omit<ServerOptions, 'table'> = {}): RedisServer {
  return new RedisServer({ ...options, table: new CommandTable(CATALOGUE) })
}
