// What CLUSTER SLOTS, SHARDS and INFO answer.

import type { Client } from '../engine/client.ts'
import type { Settings } from '../host/config/config.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { endpointOf, portOf, showsTls } from './endpoint.ts'
import type { ClusterNode } from './node.ts'
import type { ClusterState } from './state.ts'

/** How far a node is in the stream of its shard. */
type OffsetOf = (node: ClusterNode) => number

export function writeSlots(
  client: Client,
  reply: ReplyWriter,
  state: ClusterState,
  offsetOf: OffsetOf,
): void {
  const { settings } = client.server
  const isTls = showsTls(client)
  const ranges = [...state.slots.ranges()]
  reply.array(ranges.length)
  for (const [start, end, owner] of ranges) {
    const replicas = owner.replicas.filter(node => !node.fails && offsetOf(node) !== 0)
    reply.array(3 + replicas.length)
    reply.integer(start)
    reply.integer(end)
    for (const node of [owner, ...replicas]) writeAddress(reply, node, settings, isTls)
  }
}

function writeAddress(
  reply: ReplyWriter,
  node: ClusterNode,
  settings: Settings,
  isTls: boolean,
): void {
  const type = settings['cluster-preferred-endpoint-type']
  reply.array(4)
  if (type === 'unknown-endpoint') reply.null()
  else reply.bulk(endpointOf(node, settings))
  reply.integer(portOf(node, isTls))
  reply.bulk(node.id)
  const more: string[] = []
  if (type !== 'ip') more.push('ip', node.ip)
  if (type !== 'hostname' && node.hostname !== '') more.push('hostname', node.hostname)
  reply.map(more.length / 2)
  for (const word of more) reply.bulk(word)
}

export function writeShards(
  { server }: Client,
  reply: ReplyWriter,
  state: ClusterState,
  offsetOf: OffsetOf,
): void {
  const shards = state.shards()
  reply.array(shards.length)
  for (const nodes of shards) {
    const [first] = nodes
    const ranges = (first?.master ?? first)?.slotRanges() ?? []
    reply.map(2)
    reply.bulk('slots')
    reply.array(ranges.length * 2)
    for (const slot of ranges.flat()) reply.integer(slot)
    reply.bulk('nodes')
    reply.array(nodes.length)
    for (const node of nodes) writeShardNode(reply, node, server.settings, offsetOf(node))
  }
}

function writeShardNode(
  reply: ReplyWriter,
  node: ClusterNode,
  settings: Settings,
  offset: number,
): void {
  const { isReplica } = node
  const isLoading = isReplica && offset === 0
  const fields: (readonly [string, string | number])[] = [
    ['id', node.id],
    ...(node.tcpPort === 0 ? [] : [['port', node.tcpPort] as const]),
    ...(node.tlsPort === 0 ? [] : [['tls-port', node.tlsPort] as const]),
    ['ip', node.ip],
    ['endpoint', endpointOf(node, settings)],
    ...(node.hostname === '' ? [] : [['hostname', node.hostname] as const]),
    ['role', isReplica ? 'replica' : 'master'],
    ['replication-offset', offset],
    ['health', node.fails ? 'fail' : isLoading ? 'loading' : 'online'],
  ]
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    if (typeof value === 'number') reply.integer(value)
    else reply.bulk(value)
  }
}

/** How many packets of each type went by, by the types' names, in the order of their numbers. */
export interface BusCounts {
  readonly sent: readonly (readonly [string, number])[]
  readonly received: readonly (readonly [string, number])[]
  readonly limitExceeded: number
}

export function clusterInfo(state: ClusterState, counts: BusCounts): string {
  let assigned = 0
  let suspected = 0
  let failed = 0
  for (const [start, end, owner] of state.slots.ranges()) {
    const count = end - start + 1
    assigned += count
    if (owner.fails) failed += count
    else if (owner.isSuspect) suspected += count
  }
  const fields: (readonly [string, string | number])[] = [
    ['cluster_state', state.isOk ? 'ok' : 'fail'],
    ['cluster_slots_assigned', assigned],
    ['cluster_slots_ok', assigned - suspected - failed],
    ['cluster_slots_pfail', suspected],
    ['cluster_slots_fail', failed],
    ['cluster_known_nodes', state.nodes.size],
    ['cluster_size', state.size],
    ['cluster_current_epoch', state.currentEpoch],
    ['cluster_my_epoch', state.myEpoch],
    ...countFields('sent', counts.sent),
    ...countFields('received', counts.received),
    ['total_cluster_links_buffer_limit_exceeded', counts.limitExceeded],
  ]
  return fields.map(([name, value]) => `${name}:${value}\r\n`).join('')
}

function countFields(
  direction: string,
  counts: readonly (readonly [string, number])[],
): (readonly [string, number])[] {
  const some = counts.filter(([, count]) => count > 0)
  const sum = some.reduce((total, [, count]) => total + count, 0)
  return [
    ...some.map(([type, count]) => [`cluster_stats_messages_${type}_${direction}`, count] as const),
    [`cluster_stats_messages_${direction}`, sum],
  ]
}
