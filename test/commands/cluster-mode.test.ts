// CLUSTER and its kin at one node of a cluster, which serves all slots or some of them.

import t from 'tap'
import { ANY, transcript } from '../helpers/transcript.ts'

const CLUSTER = { config: [['cluster-enabled', 'yes']], since: [7, 4] } as const
const OTHER = 'a'.repeat(40)

transcript(
  t,
  'a fresh node serves nothing that has a key',
  [
    ['GET k', '-CLUSTERDOWN Hash slot not served'],
    ['MGET a b', '-CLUSTERDOWN Hash slot not served'],
    ['DBSIZE', ':0'],
    ['KEYS *', []],
    ['PUBLISH c m', ':0'],
    ['SPUBLISH c m', '-CLUSTERDOWN Hash slot not served'],
    ['EVAL "return 1" 0', ':1'],
    ['EVAL "return 1" 1 k', '-CLUSTERDOWN Hash slot not served'],
    ["EVAL \"return redis.call('get', 'k')\" 0", ANY],
    ['CLUSTER SLOTS', []],
    ['CLUSTER LINKS', []],
    ['CLUSTER NODES', ANY, 'shape'],
    ['CLUSTER SHARDS', ANY, 'shape'],
    ['CLUSTER MYID', ANY, 'shape'],
    ['CLUSTER MYSHARDID', ANY, 'shape'],
    ['CLUSTER INFO', ANY],
    ['CLUSTER COUNTKEYSINSLOT 12', ':0'],
    ['READONLY', '+OK'],
    ['READWRITE', '+OK'],
    ['ASKING', '+OK'],
    ['INFO cluster', '$# Cluster\r\ncluster_enabled:1\r\n'],
  ],
  CLUSTER,
)

transcript(
  t,
  'slots are added and deleted all at once or not at all',
  [
    ['CLUSTER ADDSLOTS 1 2 x', '-ERR Invalid or out of range slot'],
    ['CLUSTER ADDSLOTS 16384', '-ERR Invalid or out of range slot'],
    ['CLUSTER ADDSLOTS -1', '-ERR Invalid or out of range slot'],
    ['CLUSTER ADDSLOTS 1 2 1', '-ERR Slot 1 specified multiple times'],
    ['CLUSTER DELSLOTS 1', '-ERR Slot 1 is already unassigned'],
    ['CLUSTER ADDSLOTS 1 2', '+OK'],
    ['CLUSTER ADDSLOTS 3 2', '-ERR Slot 2 is already busy'],
    [
      'CLUSTER ADDSLOTSRANGE 4 5 6',
      "-ERR wrong number of arguments for 'cluster|addslotsrange' command",
    ],
    ['CLUSTER ADDSLOTSRANGE 5 4', '-ERR start slot number 5 is greater than end slot number 4'],
    ['CLUSTER ADDSLOTSRANGE 4 6 5 7', '-ERR Slot 5 specified multiple times'],
    ['CLUSTER ADDSLOTSRANGE 4 6 x 7', '-ERR Invalid or out of range slot'],
    ['CLUSTER ADDSLOTSRANGE 4 6 10 20', '+OK'],
    ['CLUSTER DELSLOTSRANGE 4 7', '-ERR Slot 7 is already unassigned'],
    ['CLUSTER DELSLOTSRANGE 4 6', '+OK'],
    ['CLUSTER DELSLOTS 1 1', '-ERR Slot 1 specified multiple times'],
    ['CLUSTER DELSLOTS 1', '+OK'],
    ['CLUSTER SLOTS', ANY, 'shape'],
    ['CLUSTER FLUSHSLOTS', '+OK'],
    ['CLUSTER SLOTS', []],
    ['CLUSTER COUNTKEYSINSLOT 16384', '-ERR Invalid slot'],
    ['CLUSTER COUNTKEYSINSLOT x', '-ERR value is not an integer or out of range'],
    ['CLUSTER GETKEYSINSLOT 1 -1', '-ERR Invalid slot or number of keys'],
    ['CLUSTER GETKEYSINSLOT 1 x', '-ERR value is not an integer or out of range'],
    ['CLUSTER KEYSLOT foo{hash_tag}', ':2515'],
    ['CLUSTER KEYSLOT bar{hash_tag}', ':2515'],
    ['CLUSTER KEYSLOT {}x', ':10595'],
  ],
  CLUSTER,
)

transcript(
  t,
  'what needs another node',
  [
    [`CLUSTER FORGET ${OTHER}`, `-ERR Unknown node ${OTHER}`],
    [`CLUSTER REPLICATE ${OTHER}`, `-ERR Unknown node ${OTHER}`],
    [`CLUSTER REPLICAS ${OTHER}`, `-ERR Unknown node ${OTHER}`],
    [`CLUSTER SLAVES x`, `-ERR Unknown node x`],
    [`CLUSTER COUNT-FAILURE-REPORTS ${OTHER}`, `-ERR Unknown node ${OTHER}`],
    [`CLUSTER SETSLOT 1 NODE ${OTHER}`, `-ERR Unknown node ${OTHER}`],
    [`CLUSTER SETSLOT 1 MIGRATING ${OTHER}`, "-ERR I'm not the owner of hash slot 1"],
    [`CLUSTER SETSLOT 1 IMPORTING ${OTHER}`, `-ERR I don't know about node ${OTHER}`],
    ['CLUSTER ADDSLOTS 1', '+OK'],
    [`CLUSTER SETSLOT 1 MIGRATING ${OTHER}`, `-ERR I don't know about node ${OTHER}`],
    [`CLUSTER SETSLOT 1 IMPORTING ${OTHER}`, "-ERR I'm already the owner of hash slot 1"],
    ['CLUSTER SETSLOT 1 STABLE', '+OK'],
    ['CLUSTER SETSLOT x STABLE', '-ERR Invalid or out of range slot'],
    [
      'CLUSTER SETSLOT 1 STABLE x',
      '-ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP',
    ],
    [
      'CLUSTER SETSLOT 1 NODE',
      '-ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP',
    ],
    ['CLUSTER FAILOVER', '-ERR You should send CLUSTER FAILOVER to a replica'],
    ['CLUSTER FAILOVER WHAT', '-ERR syntax error'],
    [
      'CLUSTER FAILOVER FORCE x',
      "-ERR unknown subcommand or wrong number of arguments for 'FAILOVER'. Try CLUSTER HELP.",
    ],
    ['CLUSTER MEET x 1', '-ERR Invalid node address specified: x:1'],
    ['CLUSTER MEET 127.0.0.1 x', '-ERR Invalid base port specified: x'],
    ['CLUSTER MEET 127.0.0.1 1 x', '-ERR Invalid bus port specified: x'],
    ['CLUSTER MEET 127.0.0.1 0', '-ERR Invalid node address specified: 127.0.0.1:0'],
    ['CLUSTER MEET 127.0.0.1 60000', '-ERR Invalid node address specified: 127.0.0.1:60000'],
    [
      'CLUSTER MEET 127.0.0.1 1 2 3',
      "-ERR unknown subcommand or wrong number of arguments for 'MEET'. Try CLUSTER HELP.",
    ],
    ['CLUSTER RESET WHAT', '-ERR syntax error'],
    ['CLUSTER SAVECONFIG', '+OK'],
    ['CLUSTER SET-CONFIG-EPOCH x', '-ERR value is not an integer or out of range'],
    ['CLUSTER SET-CONFIG-EPOCH -1', '-ERR Invalid config epoch specified: -1'],
    ['CLUSTER RESET HARD', '+OK'],
    ['CLUSTER BUMPEPOCH', '+BUMPED 1'],
    ['CLUSTER BUMPEPOCH', '+STILL 1'],
    ['CLUSTER SET-CONFIG-EPOCH 3', '-ERR Node config epoch is already non-zero'],
    ['CLUSTER RESET HARD', '+OK'],
    ['CLUSTER SET-CONFIG-EPOCH 3', '+OK'],
    ['CLUSTER BUMPEPOCH', '+STILL 3'],
    ['CLUSTER RESET SOFT', '+OK'],
  ],
  CLUSTER,
)

transcript(
  t,
  'what there is not in a cluster',
  [
    ['SELECT 0', '+OK'],
    ['SELECT 1', '-ERR SELECT is not allowed in cluster mode'],
    ['SELECT x', '-ERR value is not an integer or out of range'],
    ['MOVE k 1', '-CLUSTERDOWN Hash slot not served'],
    ['SWAPDB 0 1', '-ERR SWAPDB is not allowed in cluster mode'],
    ['REPLICAOF NO ONE', '-ERR REPLICAOF not allowed in cluster mode.'],
    [
      'FAILOVER',
      '-ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.',
    ],
    ['CONFIG GET databases', ['$databases', '$1']],
    ['CONFIG GET cluster-enabled', ['$cluster-enabled', '$yes']],
    ['CONFIG SET cluster-enabled no', ANY],
    [
      'EVAL "#!lua flags=no-cluster\nreturn 1" 0',
      "-ERR Can not run script on cluster, 'no-cluster' flag is set.",
    ],
  ],
  CLUSTER,
)
