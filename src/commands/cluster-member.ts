// What commands of a cluster have in common.

import type { Cluster } from '../cluster/cluster.ts'
import * as member from '../cluster/cluster.ts'
import type { ClusterNode } from '../cluster/node.ts'
import type { ClusterState } from '../cluster/state.ts'
import type { Client } from '../engine/client.ts'
import type { Handler } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { upToNul } from '../util/bytes.ts'

const DISABLED = err('This instance has cluster support disabled')

type ClusterHandler = (cluster: Cluster, client: Client, args: Args, reply: ReplyWriter) => void

/** What only a node of a cluster can do. */
export function inCluster(run: ClusterHandler): Handler {
  return (client, args, reply) => {
    const { server } = client
    if (server.cluster === undefined) throw DISABLED
    run(server.feature(member.Cluster), client, args, reply)
  }
}

export function nodeAt(state: ClusterState, args: Args, i: number): ClusterNode {
  const node = state.find(args.text(i))
  if (node === undefined) throw err(`Unknown node ${upToNul(args.text(i))}`)
  return node
}
