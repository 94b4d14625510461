// The commands of Redis 7.4, out of a table that may know later ones. Definitions are immutable, so
// that everybody in the process can share them.

import { CommandCatalogue } from './catalogue.ts'
import { CLUSTER } from './families/cluster.ts'
import { CLIENT, CONNECTION, PUBSUB } from './families/connection.ts'
import { DUMP, GENERIC, OBJECT, SORT } from './families/generic.ts'
import { HASH } from './families/hash.ts'
import { LIST } from './families/list.ts'
import { SCRIPTING, TRANSACTION } from './families/scripting.ts'
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
} from './families/server.ts'
import { SET } from './families/set.ts'
import { GEO, SORTED_SET } from './families/sorted-set.ts'
import { STREAM } from './families/stream.ts'
import { BITMAP, HYPERLOGLOG, STRING } from './families/string.ts'
import type { Family, NameOf } from './row.ts'

/** All families, also of later versions. */
export const FAMILIES = [
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
] as const satisfies readonly Family[]

/** The names of all commands that can be run: `'get'`, `'acl|setuser'`. */
export type KnownCommand = NameOf<(typeof FAMILIES)[number]>

export const CATALOGUE = new CommandCatalogue(FAMILIES)
