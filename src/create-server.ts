// The composition root: puts the command table and the server together.

import { FAMILIES } from './commands/index.ts'
import { RedisServer, type ServerOptions } from './server/server.ts'
import { CommandCatalogue, CommandTable } from './server/table.ts'

/** Definitions are immutable, so that every server of the process can share them. */
export const CATALOGUE = new CommandCatalogue(FAMILIES)

/** @param options a table of its own only where there are more commands than Redis has */
export function createServer(options: Partial<ServerOptions> = {}): RedisServer {
  return new RedisServer({ ...options, table: options.table ?? new CommandTable(CATALOGUE) })
}
