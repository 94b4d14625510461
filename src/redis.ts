// The composition root: puts the commands and the server together.

import type { MakeBus } from './cluster/cluster.ts'
import * as cluster from './cluster/cluster.ts'
import { HANDLERS } from './commands/index.ts'
import { dataNode } from './engine/data-node.ts'
import { NO_FUNCTIONS } from './engine/function-store.ts'
import { Commands } from './engine/handlers.ts'
import type { RedisServer, ServerOptions } from './engine/server.ts'
import * as aof from './persistence/aof/append-only-files.ts'
import * as nodes from './replication/replication.ts'
import * as libraries from './scripting/libraries.ts'
import { CATALOGUE } from './table/redis.ts'

const COMMANDS = new Commands(CATALOGUE, HANDLERS)

/**
 * @param options commands of its own only where there are more than Redis has
 * @param clusterBus what carries a node's words to others, if not sockets
 */
export function createServer(
  options: Partial<Omit<ServerOptions, 'dispatcher'>> = {},
  clusterBus?: MakeBus,
): RedisServer {
  const server = dataNode({ ...options, commands: options.commands ?? COMMANDS })
  // None yet: whoever brings some loads what keeps them, which takes this place.
  server.persistence.functions = {
    ...NO_FUNCTIONS,
    restore(codes, policy) {
      if (codes.length > 0) server.feature(libraries.Libraries).restore(codes, policy)
    },
  }
  server.persistence.streamLoaded = stream => server.feature(nodes.Replication).resume(stream)
  server.config.watch(['appendonly'], () => followAppendOnly(server))
  if (server.settings['cluster-enabled']) {
    server.feature(cluster.Cluster, () => new cluster.Cluster(server, clusterBus))
  }
  const { replicaof } = server.settings
  if (replicaof !== undefined) {
    server.feature(nodes.Replication).follow(replicaof.host, replicaof.port, false)
  }
  return server
}

function followAppendOnly(server: RedisServer): void {
  const { settings, persistence } = server
  if (!settings.appendonly) persistence.appendOnly?.switchOff()
  else if (server.mayAppend) server.feature(aof.AppendOnlyFiles).switchOn()
}

/**
 * Loads what a server has kept in append-only files, and keeps on doing so; false if it is to keep
 * none. @throws StartError
 */
export function openAppendOnly(server: RedisServer): boolean {
  if (!server.settings.appendonly || !server.mayAppend) return false
  server.feature(aof.AppendOnlyFiles).start()
  return true
}

/** The same in turns with clients, who are told to wait meanwhile. @throws StartError */
export async function openAppendOnlyWhileServing(server: RedisServer): Promise<boolean> {
  if (!server.settings.appendonly || !server.mayAppend) return false
  await server.feature(aof.AppendOnlyFiles).startWhileServing()
  return true
}

/** The node of a cluster that a server is; undefined if it is none. */
export function clusterOf(server: RedisServer): cluster.Cluster | undefined {
  return server.cluster === undefined ? undefined : server.feature(cluster.Cluster)
}
