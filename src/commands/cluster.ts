// CLUSTER and its kin: what a node tells of its cluster. What changes its slots is in
// cluster-slots.ts, what changes its nodes in cluster-nodes.ts. The work is done by cluster/.

import { EMPTY_QUEUE_BYTES } from '../cluster/bus/message.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { describeNode, describeNodes } from '../cluster/describe.ts'
import { showsTls } from '../cluster/endpoint.ts'
import { clusterInfo, writeShards, writeSlots } from '../cluster/replies.ts'
import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { help } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { countInSlot, keysInSlot } from '../store/slot-keys.ts'
import { CLUSTER } from '../table/families/cluster.ts'
import { keySlot, SLOT_COUNT } from '../util/crc.ts'
import { inCluster, nodeAt } from './cluster-member.ts'
import * as nodes from './cluster-nodes.ts'
import * as slots from './cluster-slots.ts'

export const cluster = handlers(CLUSTER, {
  asking: inCluster(asking),
  'cluster|addslots': inCluster((...call) => slots.addSlots(...call)),
  'cluster|addslotsrange': inCluster((...call) => slots.addSlotRanges(...call)),
  'cluster|bumpepoch': inCluster((...call) => nodes.bumpEpoch(...call)),
  'cluster|count-failure-reports': inCluster((...call) => nodes.countFailureReports(...call)),
  'cluster|countkeysinslot': inCluster(countKeysInSlot),
  'cluster|delslots': inCluster((...call) => slots.deleteSlots(...call)),
  'cluster|delslotsrange': inCluster((...call) => slots.deleteSlotRanges(...call)),
  'cluster|failover': inCluster((...call) => nodes.failover(...call)),
  'cluster|flushslots': inCluster((...call) => slots.flushSlots(...call)),
  'cluster|forget': inCluster((...call) => nodes.forget(...call)),
  'cluster|getkeysinslot': inCluster(getKeysInSlot),
  'cluster|help': inCluster(clusterHelp),
  'cluster|info': inCluster(info),
  'cluster|keyslot': inCluster(keyslot),
  'cluster|links': inCluster(links),
  'cluster|meet': inCluster((...call) => nodes.meet(...call)),
  'cluster|myid': inCluster(myId),
  'cluster|myshardid': inCluster(myShardId),
  'cluster|nodes': inCluster(allNodes),
  'cluster|replicas': inCluster(replicas),
  'cluster|replicate': inCluster((...call) => nodes.replicate(...call)),
  'cluster|reset': inCluster((...call) => nodes.reset(...call)),
  'cluster|saveconfig': inCluster((...call) => nodes.saveConfig(...call)),
  'cluster|set-config-epoch': inCluster((...call) => nodes.setConfigEpoch(...call)),
  'cluster|setslot': inCluster((...call) => slots.setSlot(...call)),
  'cluster|shards': inCluster(shards),
  'cluster|slaves': inCluster(replicas),
  'cluster|slots': inCluster(allSlots),
  readonly: inCluster(readOnly),
  readwrite: inCluster(readWrite),
})

// ---- How this connection is served -------------------------------------------------------------

function asking(_cluster: Cluster, client: Client, _args: Args, reply: ReplyWriter): void {
  client.isAsking = true
  reply.ok()
}

function readOnly(_cluster: Cluster, client: Client, _args: Args, reply: ReplyWriter): void {
  client.readsReplica = true
  reply.ok()
}

function readWrite(_cluster: Cluster, client: Client, _args: Args, reply: ReplyWriter): void {
  client.readsReplica = false
  reply.ok()
}

// ---- Slots and their keys ----------------------------------------------------------------------

function keyslot(_cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(keySlot(args.text(2)))
}

function countKeysInSlot({ db }: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  const slot = args.integer(2)
  if (slot < 0 || slot >= SLOT_COUNT) throw err('Invalid slot')
  reply.integer(countInSlot(db, slot))
}

function getKeysInSlot({ db }: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  const slot = args.integer(2)
  const most = args.integer(3)
  if (slot < 0 || slot >= SLOT_COUNT || most < 0) throw err('Invalid slot or number of keys')
  reply.bulks(keysInSlot(db, slot, most))
}

function allSlots(cluster: Cluster, client: Client, _args: Args, reply: ReplyWriter): void {
  writeSlots(client, reply, cluster.state, node => cluster.offsetOf(node))
}

function shards(cluster: Cluster, client: Client, _args: Args, reply: ReplyWriter): void {
  writeShards(client, reply, cluster.state, node => cluster.offsetOf(node))
}

// ---- Nodes -------------------------------------------------------------------------------------

function info(cluster: Cluster, _client: Client, _args: Args, reply: ReplyWriter): void {
  reply.verbatim(clusterInfo(cluster.state, cluster.messageCounts))
}

function allNodes({ state }: Cluster, client: Client, _args: Args, reply: ReplyWriter): void {
  reply.verbatim(describeNodes(state, showsTls(client)))
}

function replicas({ state }: Cluster, client: Client, args: Args, reply: ReplyWriter): void {
  const node = nodeAt(state, args, 2)
  if (node.isReplica) throw err('The specified node is not a master')
  const isTls = showsTls(client)
  reply.bulks(node.replicas.map(replica => describeNode(state, replica, isTls)))
}

function myId({ state }: Cluster, _client: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulk(state.myself.id)
}

function myShardId({ state }: Cluster, _client: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulk(state.myself.shardId)
}

function links(cluster: Cluster, _client: Client, _args: Args, reply: ReplyWriter): void {
  const all = cluster.links
  reply.array(all.length)
  for (const link of all) {
    reply.map(6)
    reply.bulk('direction')
    reply.bulk(link.isInbound ? 'from' : 'to')
    reply.bulk('node')
    reply.bulk(link.node)
    reply.bulk('create-time')
    reply.integer(Math.floor(link.createdAt))
    reply.bulk('events')
    reply.bulk(link.queuedBytes > EMPTY_QUEUE_BYTES ? 'rw' : 'r')
    reply.bulk('send-buffer-allocated')
    reply.integer(link.queuedBytes)
    reply.bulk('send-buffer-used')
    reply.integer(link.queuedBytes)
  }
}

function clusterHelp(_cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'COUNTKEYSINSLOT <slot>',
    '    Count the keys that this node has in a slot.',
    'GETKEYSINSLOT <slot> <count>',
    '    List up to so many keys that this node has in a slot.',
    'INFO',
    '    Show the state of the cluster as this node sees it.',
    'KEYSLOT <key>',
    '    Compute the slot of a key.',
    'MYID',
    '    Show the id of this node.',
    'MYSHARDID',
    '    Show the id of the shard that this node belongs to.',
    'NODES',
    '    List the nodes that this one knows, a line each:',
    '    <id> <ip:port@bus-port[,hostname]> <flags> <master> <pings> <pongs> <epoch> <link> <slot> ...',
    'REPLICAS <node-id>',
    '    List the replicas of a master.',
    'SLOTS',
    '    List ranges of slots: start, end, then the master and its replicas,',
    '    each with address, port and id.',
    'SHARDS',
    '    List the shards with their slots and nodes.',
    'ADDSLOTS <slot> [<slot> ...]',
    '    Let this node serve slots.',
    'ADDSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]',
    '    Let this node serve all slots from a start to an end.',
    'BUMPEPOCH',
    '    Give this node the highest config epoch.',
    'COUNT-FAILURE-REPORTS <node-id>',
    '    Count who says that a node fails.',
    'DELSLOTS <slot> [<slot> ...]',
    '    Forget who serves slots.',
    'DELSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]',
    '    Forget who serves the slots from a start to an end.',
    'FAILOVER [FORCE|TAKEOVER]',
    '    Let this replica take the place of its master.',
    'FORGET <node-id>',
    '    Forget a node.',
    'FLUSHSLOTS',
    '    Forget which slots this node serves.',
    'MEET <ip> <port> [<bus-port>]',
    '    Join the cluster of another node.',
    'REPLICATE <node-id>',
    '    Make this node a replica of a master.',
    'RESET [HARD|SOFT]',
    '    Forget the cluster (default: soft).',
    'SET-CONFIG-EPOCH <epoch>',
    '    Set the config epoch of a fresh node.',
    'SETSLOT <slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)',
    '    Say what becomes of a slot.',
    'SAVECONFIG',
    '    Write nodes.conf to the disk.',
    'LINKS',
    '    List the links between this node and others, a map each.',
  ])
}
