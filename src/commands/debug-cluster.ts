// What DEBUG does to the bus of a cluster.

import * as member from '../cluster/cluster.ts'
import type { Client } from '../engine/client.ts'
import { subcommandSyntax } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { upToNul } from '../util/bytes.ts'
import { nodeAt } from './cluster-member.ts'

const NO_CLUSTER = err('Debug option only available for cluster mode enabled setup!')

/** DEBUG CLUSTERLINK KILL to|from|all <node-id> */
export function killLink({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (!args.is(2, 'KILL')) throw subcommandSyntax(args)
  if (server.cluster === undefined) throw NO_CLUSTER
  const { link, inboundLink } = nodeAt(server.feature(member.Cluster).state, args, 4)
  const direction = args.lower(3)
  if (!DIRECTIONS.has(direction)) throw err(`Unknown direction ${upToNul(args.text(3))}`)
  if (direction !== 'to') inboundLink?.close()
  if (direction !== 'from') link?.close()
  reply.ok()
}

const DIRECTIONS: ReadonlySet<string> = new Set(['to', 'from', 'all'])

export function dropPackets({ server }: Client, args: Args, reply: ReplyWriter): void {
  const type = args.integer(2)
  if (server.cluster !== undefined) server.feature(member.Cluster).dropPackets(type)
  reply.ok()
}
