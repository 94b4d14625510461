// The list of families: the whole of Redis 7.4's command table.

import type { Family } from '../row.ts'
import { CLUSTER } from './cluster.ts'
import { CLIENT, CONNECTION, PUBSUB } from './connection.ts'
import { DUMP, GENERIC, OBJECT, SORT } from './generic.ts'
import { HASH } from './hash.ts'
import { LIST } from './list.ts'
import { SCRIPTING, TRANSACTION } from './scripting.ts'
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
} from './server.ts'
import { SET } from './set.ts'
import { GEO, SORTED_SET } from './sorted-set.ts'
import { STREAM } from './stream.ts'
import { BITMAP, HYPERLOGLOG, STRING } from './string.ts'

export const FAMILIES: readonly Family[] = [
  ACL,
  BITMAP,
  CLIENT,
  CLUSTER,
  COMMAND,
  CONFIG,
  CONNECTION,
  DEBUG,
  DUMP,
  GENERIC,
  GEO,
  HASH,
  HYPERLOGLOG,
  LIST,
  MEMORY,
  MODULE,
  OBJECT,
  OBSERVE,
  PERSISTENCE,
  PUBSUB,
  REPLICATION,
  SCRIPTING,
  SERVER,
  SET,
  SORT,
  SORTED_SET,
  STREAM,
  STRING,
  TRANSACTION,
]
