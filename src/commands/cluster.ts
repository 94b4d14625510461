// Cluster commands, as a server answers whose cluster support is off: all alike.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { CLUSTER } from '../table/families/cluster.ts'

export const cluster = handlers(CLUSTER, {
  asking: clusterDisabled,
  'cluster|addslots': clusterDisabled,
  'cluster|addslotsrange': clusterDisabled,
  'cluster|bumpepoch': clusterDisabled,
  'cluster|count-failure-reports': clusterDisabled,
  'cluster|countkeysinslot': clusterDisabled,
  'cluster|delslots': clusterDisabled,
  'cluster|delslotsrange': clusterDisabled,
  'cluster|failover': clusterDisabled,
  'cluster|flushslots': clusterDisabled,
  'cluster|forget': clusterDisabled,
  'cluster|getkeysinslot': clusterDisabled,
  'cluster|help': clusterDisabled,
  'cluster|info': clusterDisabled,
  'cluster|keyslot': clusterDisabled,
  'cluster|links': clusterDisabled,
  'cluster|meet': clusterDisabled,
  'cluster|myid': clusterDisabled,
  'cluster|myshardid': clusterDisabled,
  'cluster|nodes': clusterDisabled,
  'cluster|replicas': clusterDisabled,
  'cluster|replicate': clusterDisabled,
  'cluster|reset': clusterDisabled,
  'cluster|saveconfig': clusterDisabled,
  'cluster|set-config-epoch': clusterDisabled,
  'cluster|setslot': clusterDisabled,
  'cluster|shards': clusterDisabled,
  'cluster|slaves': clusterDisabled,
  'cluster|slots': clusterDisabled,
  readonly: clusterDisabled,
  readwrite: clusterDisabled,
})

function clusterDisabled(_client: Client, _args: Args, _reply: ReplyWriter): void {
  throw err('This instance has cluster support disabled')
}
