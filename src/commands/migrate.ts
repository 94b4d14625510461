// MIGRATE: sends keys to another server by RESTORE, and removes here what the other one has taken.
// Redis does nothing else until the answer is there; here, too, all other clients are held back, so
// that nobody can see or change a key that is on its way.

import type { Client } from '../engine/client.ts'
import { writeError } from '../engine/dispatch.ts'
import {
  type Exchange,
  type Failure,
  type Message,
  type MigrationLink,
  MigrationLinks,
} from '../persistence/migration.ts'
import { dumpPayload, requireForm } from '../persistence/payload.ts'
import type { Args } from '../resp3/args.ts'
import { err, type ReplyError, replyError } from '../resp3/errors.ts'
import { requestBlocks } from '../resp3/exchange.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { NEVER, type Value } from '../store/value.ts'
import { type MigrateRequest, readMigrate } from '../table/readers/migrate.ts'
import { upToNul } from '../util/bytes.ts'

export function migrate(client: Client, args: Args, reply: ReplyWriter): void {
  const request = readMigrate(args)
  const { db, server } = client
  const keys = request.keys.filter(key => db.readAny(key) !== undefined)
  if (keys.length === 0) {
    reply.simple('NOKEY')
    return
  }
  // In a transaction or a script the answer would have to be there at once.
  if (client.mayNotBlock) throw err('MIGRATE is not allowed in transactions and scripts')
  const links = server.feature(MigrationLinks)
  const destination = links.destination(request.host, request.port)
  if (destination === undefined) throw failureError('connecting')
  const restores = keys.map(key => restoreOf(client, key, request))
  client.waitFor(args, { for: 'answer', timeoutMs: 0, onTimeout: () => {} })
  server.pause.standStill()
  let isOver = false
  // Whatever happens, the client gets its answer, and everybody else may go on.
  const finish = (failure: Failure, conclusion: () => ReplyError | undefined): void => {
    if (isOver) return
    isOver = true
    let error: ReplyError | undefined = failureError(failure)
    try {
      error = conclusion()
    } catch (bug) {
      server.recordBug(bug, { name: 'the end of MIGRATE' })
    }
    server.pause.resume()
    if (server.blocking.hasReady) server.blocking.serve()
    if (client.closed) return
    if (error === undefined) client.reply.ok()
    else writeError(client, error)
    server.blocking.unblock(client)
  }
  const { timeoutMs } = request
  const messages = (selected: number | undefined): readonly Message[] =>
    preparation(request, selected).concat(restores)
  const done: Exchange['done'] = (link, replies, failure) =>
    finish('reading', () => conclude(client, keys, request, link, replies, failure))
  try {
    links.run(destination, { timeoutMs, messages, done })
  } catch (bug) {
    finish('connecting', () => {
      throw bug
    })
  }
}

/** The payload is made when it is its turn: those of all keys may be more than memory holds. */
function restoreOf(
  { db, server: { settings, persistence, cluster } }: Client,
  key: string,
  { replaces }: MigrateRequest,
): Message {
  const { now } = db.keyspace
  const { rdbVersion } = persistence
  const { rdbcompression } = settings
  const value = db.peek(key) as Value
  requireForm(value, rdbVersion)
  const ttl = value.expireAt === NEVER ? 0 : Math.max(1, value.expireAt - now)
  const name = cluster === undefined ? 'RESTORE' : 'RESTORE-ASKING'
  return () => {
    const words = [name, key, String(ttl), dumpPayload(value, rdbcompression, rdbVersion)]
    return requestBlocks(replaces ? [...words, 'REPLACE'] : words)
  }
}

/** What goes before the keys, each with one reply. */
function preparation(
  { credentials, database }: MigrateRequest,
  selected: number | undefined,
): readonly Message[] {
  const messages: Message[] = []
  if (credentials !== undefined) messages.push(() => requestBlocks(['AUTH', ...credentials]))
  if (selected !== database) messages.push(() => requestBlocks(['SELECT', String(database)]))
  return messages
}

/** Removes what has arrived, and tells the first thing that went wrong. */
function conclude(
  client: Client,
  keys: readonly string[],
  request: MigrateRequest,
  link: MigrationLink,
  replies: readonly string[],
  failure: Failure | undefined,
): ReplyError | undefined {
  const prepared = preparation(request, link.selected).length
  const refused = replies.slice(0, prepared).find(isError)
  const answers = replies.slice(prepared)
  if (refused === undefined && !request.copies) {
    const arrived = keys.filter((_, i) => answers[i] !== undefined && !isError(answers[i]))
    remove(client, arrived)
  }
  // With an answer to none of the keys there is nothing to blame but the connection.
  const error = answers.length === 0 ? undefined : (refused ?? answers.find(isError))
  if (error !== undefined) {
    link.selected = undefined
    return err(`Target instance replied with error: ${upToNul(error.slice(1))}`)
  }
  if (failure !== undefined) return failureError(failure)
  link.selected = request.database
  return undefined
}

/** One command would have removed them all. */
function remove({ db, server }: Client, keys: readonly string[]): void {
  const { effects, keyspace } = server
  keyspace.tick()
  effects.together(() => {
    const removed = keys.filter(key => db.take(key) !== undefined)
    for (const key of removed) db.changed(key, 'del')
    if (removed.length > 0) effects.add(db, ['DEL', ...removed])
  })
}

function isError(reply: string): boolean {
  return reply.startsWith('-')
}

function failureError(failure: Failure): ReplyError {
  const what =
    failure === 'connecting' ? 'connecting to the client' : `${failure} to target instance`
  return replyError(`IOERR error or timeout ${what}`)
}
