// What there is to say of commands for clusters.

import type { CommandDocs } from './doc.ts'

export const CLUSTER_DOCS: CommandDocs = {
  asking: {
    summary: 'Lets the next command reach a slot that is being imported.',
    complexity: 'O(1)',
  },
  cluster: {
    summary: 'Shows and changes a cluster and its slots.',
    complexity: 'That of the subcommand',
  },
  'cluster|addslots': {
    summary: 'Gives slots to this node.',
    complexity: 'O(N) for N slots',
    arguments: 'slot:integer*',
  },
  'cluster|addslotsrange': {
    summary: 'Gives ranges of slots to this node.',
    complexity: 'O(N) for N slots',
    arguments: 'range(start-slot:integer end-slot:integer)*',
  },
  'cluster|bumpepoch': {
    summary: 'Raises the epoch of this node.',
    complexity: 'O(1)',
  },
  'cluster|count-failure-reports': {
    summary: 'Counts the nodes that report another node as failed.',
    complexity: 'O(N) for N reports',
    arguments: 'node-id',
  },
  'cluster|countkeysinslot': {
    summary: 'Counts the keys in a slot.',
    complexity: 'O(1)',
    arguments: 'slot:integer',
  },
  'cluster|delslots': {
    summary: 'Takes slots from this node.',
    complexity: 'O(N) for N slots',
    arguments: 'slot:integer*',
  },
  'cluster|delslotsrange': {
    summary: 'Takes ranges of slots from this node.',
    complexity: 'O(N) for N slots',
    arguments: 'range(start-slot:integer end-slot:integer)*',
  },
  'cluster|failover': {
    summary: 'Makes this replica the primary.',
    complexity: 'O(1)',
    arguments: '[options(FORCE | TAKEOVER)]',
  },
  'cluster|flushslots': {
    summary: 'Takes all slots from this node.',
    complexity: 'O(1)',
  },
  'cluster|forget': {
    summary: 'Makes this node forget another one.',
    complexity: 'O(1)',
    arguments: 'node-id',
  },
  'cluster|getkeysinslot': {
    summary: 'Lists keys in a slot.',
    complexity: 'O(N) for N keys',
    arguments: 'slot:integer count:integer',
  },
  'cluster|help': {
    summary: 'Lists the subcommands of CLUSTER.',
    complexity: 'O(1)',
  },
  'cluster|info': {
    summary: 'Describes the state of the cluster.',
    complexity: 'O(1)',
  },
  'cluster|keyslot': {
    summary: 'Tells the slot of a key.',
    complexity: 'O(N) for a key of N bytes',
    arguments: 'key',
  },
  'cluster|links': {
    summary: 'Lists the connections between this node and the others.',
    complexity: 'O(N) for N nodes',
  },
  'cluster|meet': {
    summary: 'Makes this node join another one.',
    complexity: 'O(1)',
    arguments: 'ip port:integer [cluster-bus-port:integer@4.0.0]',
    history: ['4.0.0 Takes the port of the cluster bus.'],
  },
  'cluster|myid': {
    summary: 'Gives the ID of this node.',
    complexity: 'O(1)',
  },
  'cluster|myshardid': {
    summary: 'Gives the ID of the shard that this node is in.',
    complexity: 'O(1)',
  },
  'cluster|nodes': {
    summary: 'Lists the nodes and their slots, one a line.',
    complexity: 'O(N) for N nodes',
  },
  'cluster|replicas': {
    summary: 'Lists the replicas of a primary.',
    complexity: 'O(N) for N replicas',
    arguments: 'node-id',
  },
  'cluster|replicate': {
    summary: 'Makes this node a replica of another.',
    complexity: 'O(1)',
    arguments: 'node-id',
  },
  'cluster|reset': {
    summary: 'Makes this node as it was before it joined a cluster.',
    complexity: 'O(N) for N nodes; a replica is emptied',
    arguments: '[reset-type(HARD | SOFT)]',
  },
  'cluster|saveconfig': {
    summary: 'Writes the state of the cluster to the file of this node.',
    complexity: 'O(1)',
  },
  'cluster|set-config-epoch': {
    summary: 'Sets the epoch of a new node.',
    complexity: 'O(1)',
    arguments: 'config-epoch:integer',
  },
  'cluster|setslot': {
    summary: 'Says which node has a slot, or that it moves.',
    complexity: 'O(1)',
    arguments:
      'slot:integer subcommand(IMPORTING importing<node-id> | MIGRATING migrating<node-id> | NODE node<node-id> | STABLE)',
  },
  'cluster|shards': {
    summary: 'Lists the shards with their nodes and slots.',
    complexity: 'O(N) for N nodes',
  },
  'cluster|slaves': {
    summary: 'Lists the replicas of a primary.',
    complexity: 'O(N) for N replicas',
    arguments: 'node-id',
    deprecated: '5.0.0 CLUSTER REPLICAS',
  },
  'cluster|slots': {
    summary: 'Lists the ranges of slots with their nodes.',
    complexity: 'O(N) for N nodes',
    deprecated: '7.0.0 CLUSTER SHARDS',
    history: ['4.0.0 Shows the IDs of nodes.', '7.0.0 Shows more of the network.'],
  },
  readonly: {
    summary: 'Lets this connection read from a replica of a cluster.',
    complexity: 'O(1)',
  },
  readwrite: {
    summary: 'Takes READONLY back.',
    complexity: 'O(1)',
  },
}
