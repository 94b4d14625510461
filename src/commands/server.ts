// The server as a whole: INFO, emptying and swapping databases, the time.

import type { Client } from '../engine/client.ts'
import { TARGET } from '../engine/effect.ts'
import { handlers } from '../engine/handlers.ts'
import { infoText } from '../engine/info.ts'
import { REDIS_VERSION } from '../host/version.ts'
import { killSave } from '../persistence/background-save.ts'
import { save } from '../persistence/saving.ts'
import type { Args } from '../resp3/args.ts'
import { DB_INDEX_OUT_OF_RANGE, err, type ReplyError, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { SERVER } from '../table/families/server.ts'

export const server = handlers(SERVER, {
  dbsize,
  flushall,
  flushdb,
  info,
  lolwut,
  swapdb,
  time,
})

function dbsize({ db }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(db.size)
}

function flushall(client: Client, args: Args, reply: ReplyWriter): void {
  const isLater = isFlushedLater(client, args)
  const { server } = client
  flush(client, server.keyspace.databases, isLater)
  // Neither what is being saved nor, with save points, the old snapshot may outlive the data.
  killSave(server)
  if (server.settings.save.length > 0) save(server)
  reply.ok()
}

function flushdb(client: Client, args: Args, reply: ReplyWriter): void {
  const isLater = isFlushedLater(client, args)
  flush(client, [client.db], isLater)
  reply.ok()
}

function flush({ server }: Client, databases: readonly Database[], isLater: boolean): void {
  const removed = server.keyspace.flush(databases)
  if (isLater) server.stats.lazyFreed += removed
  server.keyspace.changed(removed)
  // Said also where nothing was: whoever follows may hold something.
  server.effects.force(TARGET.all)
}

/** Redis frees in a thread also for SYNC, and keeps the client waiting, where a client can wait. */
function isFlushedLater(client: Client, args: Args): boolean {
  return readFlushMode(client, args) || !client.mayNotBlock
}

/** ASYNC and SYNC are the same here, but for the counter of objects freed later. */
function readFlushMode({ server }: Client, args: Args): boolean {
  if (args.count === 1) return server.settings['lazyfree-lazy-user-flush']
  if (args.count === 2 && args.is(1, 'SYNC')) return false
  if (args.count === 2 && args.is(1, 'ASYNC')) return true
  throw SYNTAX
}

function info({ server }: Client, args: Args, reply: ReplyWriter): void {
  reply.verbatim(infoText(server, args.texts(1)))
}

const LOLWUT_MEASURES: ReadonlyMap<number, number> = new Map([
  [5, 3],
  [6, 2],
])

function lolwut(_client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 2 && args.is(1, 'VERSION')) {
    // What is drawn is not, but its measures are read.
    const measures = LOLWUT_MEASURES.get(args.integer(2)) ?? 0
    for (let i = 3; i < Math.min(args.count, 3 + measures); i++) args.integer(i)
  }
  reply.verbatim(`Redis ver. ${REDIS_VERSION}\n`)
}

const INVALID_FIRST = err('invalid first DB index')
const INVALID_SECOND = err('invalid second DB index')

function swapdb({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (server.cluster !== undefined) throw err('SWAPDB is not allowed in cluster mode')
  const first = readDatabase(args, 1, INVALID_FIRST, server.keyspace.databases)
  const second = readDatabase(args, 2, INVALID_SECOND, server.keyspace.databases)
  const [a, b] = [first(), second()]
  if (a === undefined || b === undefined) throw DB_INDEX_OUT_OF_RANGE
  if (a !== b) server.keyspace.swap(a, b)
  server.keyspace.changed()
  reply.ok()
}

// Both indexes are read before either is looked up: the first bad number is reported.
function readDatabase(
  args: Args,
  at: number,
  otherwise: ReplyError,
  databases: readonly Database[],
): () => Database | undefined {
  const index = args.integerBetween(at, -2147483648, 2147483647, otherwise)
  return () => databases[index]
}

function time({ server, scriptCaller }: Client, _args: Args, reply: ReplyWriter): void {
  // While a script runs, time stands still.
  const now = scriptCaller === undefined ? server.clock.now() : server.keyspace.now
  const micros = Math.floor(now * 1000)
  reply.bulks([String(Math.floor(micros / 1e6)), String(micros % 1e6)])
}
