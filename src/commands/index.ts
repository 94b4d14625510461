// What all commands of Redis 7.4 do.

import type { HandlerSet } from '../engine/handlers.ts'
import { acl } from './acl.ts'
import { bitmap } from './bitmap.ts'
import { client } from './client.ts'
import { cluster } from './cluster.ts'
import { command } from './command.ts'
import { config } from './config.ts'
import { connection } from './connection.ts'
import { debug } from './debug.ts'
import { dump } from './dump.ts'
import { generic } from './generic.ts'
import { geo } from './geo.ts'
import { hash } from './hash.ts'
import { hyperloglog } from './hyperloglog.ts'
import { list } from './list.ts'
import { memory } from './memory.ts'
import { module } from './module.ts'
import { object } from './object.ts'
import { observe } from './observe.ts'
import { persistence } from './persistence.ts'
import { pubsub } from './pubsub.ts'
import { replication } from './replication.ts'
import { scripting } from './scripting.ts'
import { server } from './server.ts'
import { set } from './set.ts'
import { sort } from './sort.ts'
import { sortedSet } from './sorted-set.ts'
import { stream } from './stream.ts'
import { string } from './string.ts'
import { transaction } from './transaction.ts'

export const HANDLERS: readonly HandlerSet[] = [
  acl,
  bitmap,
  client,
  cluster,
  command,
  config,
  connection,
  debug,
  dump,
  generic,
  geo,
  hash,
  hyperloglog,
  list,
  memory,
  module,
  object,
  observe,
  persistence,
  pubsub,
  replication,
  scripting,
  server,
  set,
  sort,
  sortedSet,
  stream,
  string,
  transaction,
]
