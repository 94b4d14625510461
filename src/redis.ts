// The composition root: puts the commands and the server together.

import { HANDLERS } from './commands/index.ts'
import { dataNode } from './engine/data-node.ts'
import { NO_FUNCTIONS } from './engine/function-store.ts'
import { Commands } from './engine/handlers.ts'
import type { RedisServer, ServerOptions } from './engine/server.ts'
import * as nodes from './replication/replication.ts'
import * as libraries from './scripting/libraries.ts'
import { CATALOGUE } from './table/redis.ts'

const COMMANDS = new Commands(CATALOGUE, HANDLERS)

/** @param options commands of its own only where there are more than Redis has */
export function createServer(
  options: Partial<Omit<ServerOptions, 'dispatcher'>> = {},
): RedisServer {
  const server = dataNode({ ...options, commands: options.commands ?? COMMANDS })
  // None yet: whoever brings some loads what keeps them, which takes this place.
  server.persistence.functions = {
    ...NO_FUNCTIONS,
    restore(codes, policy) {
      if (codes.length > 0) server.feature(libraries.Libraries).restore(codes, policy)
    },
  }
  const { replicaof } = server.settings
  if (replicaof !== undefined) {
    server.feature(nodes.Replication).follow(replicaof.host, replicaof.port)
  }
  return server
}
