// What all commands of Redis 7.4 do. What every client needs is there from the start, the other
// families are loaded when one of their commands first runs.

import { type HandlerSet, type LateHandlers, late } from '../engine/handlers.ts'
import { CLUSTER } from '../table/families/cluster.ts'
import { PUBSUB } from '../table/families/connection.ts'
import { DUMP, OBJECT, SORT } from '../table/families/generic.ts'
import { HASH } from '../table/families/hash.ts'
import { LIST } from '../table/families/list.ts'
import { SCRIPTING, TRANSACTION } from '../table/families/scripting.ts'
import {
  ACL,
  COMMAND,
  CONFIG,
  DEBUG,
  MEMORY,
  MODULE,
  OBSERVE,
  PERSISTENCE,
  REPLICATION,
  SERVER,
} from '../table/families/server.ts'
import { SET } from '../table/families/set.ts'
import { GEO, SORTED_SET } from '../table/families/sorted-set.ts'
import { STREAM } from '../table/families/stream.ts'
import { BITMAP, HYPERLOGLOG } from '../table/families/string.ts'
import * as acl from './acl.ts'
import * as bitmap from './bitmap.ts'
import { client } from './client.ts'
import * as cluster from './cluster.ts'
import * as command from './command.ts'
import * as config from './config.ts'
import { connection } from './connection.ts'
import * as debug from './debug.ts'
import * as dump from './dump.ts'
import { generic } from './generic.ts'
import * as geo from './geo.ts'
import * as hash from './hash.ts'
import * as hyperloglog from './hyperloglog.ts'
import * as list from './list.ts'
import * as memory from './memory.ts'
import * as modules from './module.ts'
import * as object from './object.ts'
import * as observe from './observe.ts'
import * as persistence from './persistence.ts'
import * as pubsub from './pubsub.ts'
import * as replication from './replication.ts'
import * as scripting from './scripting.ts'
import * as server from './server.ts'
import * as set from './set.ts'
import * as sort from './sort.ts'
import * as sortedSet from './sorted-set.ts'
import * as stream from './stream.ts'
import { string } from './string.ts'
import * as transaction from './transaction.ts'

export const HANDLERS: readonly (HandlerSet | LateHandlers)[] = [
  late(ACL, () => acl.acl),
  late(BITMAP, () => bitmap.bitmap),
  client,
  late(CLUSTER, () => cluster.cluster),
  late(COMMAND, () => command.command),
  late(CONFIG, () => config.config),
  connection,
  late(DEBUG, () => debug.debug),
  late(DUMP, () => dump.dump),
  generic,
  late(GEO, () => geo.geo),
  late(HASH, () => hash.hash),
  late(HYPERLOGLOG, () => hyperloglog.hyperloglog),
  late(LIST, () => list.list),
  late(MEMORY, () => memory.memory),
  late(MODULE, () => modules.modules),
  late(OBJECT, () => object.object),
  late(OBSERVE, () => observe.observe),
  late(PERSISTENCE, () => persistence.persistence),
  late(PUBSUB, () => pubsub.pubsub),
  late(REPLICATION, () => replication.replication),
  late(SCRIPTING, () => scripting.scripting),
  late(SERVER, () => server.server),
  late(SET, () => set.set),
  late(SORT, () => sort.sort),
  late(SORTED_SET, () => sortedSet.sortedSet),
  late(STREAM, () => stream.stream),
  string,
  late(TRANSACTION, () => transaction.transaction),
]
