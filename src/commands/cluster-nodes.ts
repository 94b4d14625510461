// CLUSTER MEET and its like: which nodes there are, what they are to each other, and epochs.

import type { Cluster } from '../cluster/cluster.ts'
import { BUS_PORT_OFFSET } from '../cluster/myself.ts'
import type { Client } from '../engine/client.ts'
import { subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { upToNul } from '../util/bytes.ts'
import { parseInteger } from '../util/number.ts'
import { systemReason } from '../util/system-error.ts'
import { nodeAt } from './cluster-member.ts'

export function meet(cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 5) throw subcommandSyntax(args)
  const port = parseInteger(args.text(3))
  if (port === undefined) throw err(`Invalid base port specified: ${upToNul(args.text(3))}`)
  const busPort = args.count === 5 ? parseInteger(args.text(4)) : port + BUS_PORT_OFFSET
  if (busPort === undefined) throw err(`Invalid bus port specified: ${upToNul(args.text(4))}`)
  if (!cluster.meet(args.text(2), port, busPort)) {
    const [ip, given] = [upToNul(args.text(2)), upToNul(args.text(3))]
    throw err(`Invalid node address specified: ${ip}:${given}`)
  }
  reply.ok()
}

export function forget({ state }: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  const { myself, todo } = state
  // Others may have said so already.
  if (state.find(args.text(2)) === undefined && state.isBlacklisted(args.text(2))) {
    reply.ok()
    return
  }
  const node = nodeAt(state, args, 2)
  if (node === myself) throw err("I tried hard but I can't forget myself...")
  if (myself.isReplica && myself.master === node) throw err("Can't forget my master!")
  state.blacklistNode(node.id)
  state.remove(node)
  todo.update()
  todo.save()
  reply.ok()
}

export function replicate(
  { state, db, roles }: Cluster,
  _client: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  const { myself, todo } = state
  const node = nodeAt(state, args, 2)
  if (node === myself) throw err("Can't replicate myself")
  if (node.isReplica) throw err('I can only replicate a master, not a replica.')
  if (myself.isMaster && (myself.slotCount > 0 || db.size > 0)) {
    throw err('To set a master the node must be empty and without assigned slots.')
  }
  roles.follow(node)
  todo.update()
  todo.save()
  reply.ok()
}

export function failover(cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  const { myself } = cluster.state
  if (args.count > 3) throw subcommandSyntax(args)
  const mode = args.count > 2 ? args.option(2) : undefined
  if (mode !== undefined && mode !== 'FORCE' && mode !== 'TAKEOVER') throw SYNTAX
  if (myself.isMaster) throw err('You should send CLUSTER FAILOVER to a replica')
  const { master } = myself
  if (master === undefined) throw err("I'm a replica but my master is unknown to me")
  if (mode === undefined && (master.fails || master.link === undefined)) {
    throw err('Master is down or failed, please use CLUSTER FAILOVER FORCE')
  }
  cluster.failover(master, mode)
  reply.ok()
}

export function reset(cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  const mode = args.count > 2 ? args.option(2) : 'SOFT'
  if (mode !== 'SOFT' && mode !== 'HARD') throw SYNTAX
  if (cluster.state.myself.isMaster && cluster.db.size > 0) {
    throw err("CLUSTER RESET can't be called with master nodes containing keys")
  }
  cluster.reset(mode === 'HARD')
  reply.ok()
}

export function saveConfig(
  cluster: Cluster,
  _client: Client,
  _args: Args,
  reply: ReplyWriter,
): void {
  try {
    cluster.saveNow()
  } catch (error) {
    throw err(`error saving the cluster node config: ${systemReason(error)}`)
  }
  reply.ok()
}

export function countFailureReports(
  cluster: Cluster,
  _client: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  reply.integer(cluster.failureReportsOf(nodeAt(cluster.state, args, 2)))
}

// ---- Epochs ------------------------------------------------------------------------------------

export function bumpEpoch(
  cluster: Cluster,
  _client: Client,
  _args: Args,
  reply: ReplyWriter,
): void {
  const word = cluster.bumpEpoch() ? 'BUMPED' : 'STILL'
  reply.simple(`${word} ${cluster.state.myself.configEpoch}`)
}

export function setConfigEpoch(
  cluster: Cluster,
  { server }: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  const { state } = cluster
  const { myself, todo } = state
  const epoch = args.integer(2)
  if (epoch < 0) throw err(`Invalid config epoch specified: ${epoch}`)
  if (state.nodes.size > 1) {
    throw err('The user can assign a config epoch only when the node does not know any other node.')
  }
  if (myself.configEpoch !== 0) throw err('Node config epoch is already non-zero')
  myself.configEpoch = epoch
  server.log.notice(`configEpoch set to ${epoch} via CLUSTER SET-CONFIG-EPOCH`)
  state.currentEpoch = Math.max(state.currentEpoch, epoch)
  todo.update()
  todo.save()
  reply.ok()
}
