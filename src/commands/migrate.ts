// MIGRATE: sends keys to another server by RESTORE, and removes here what the other one has taken.
// Redis does nothing else until the answer is there; here, too, all other clients are held back, so
// that nobody can see or change a key that is on its way.

import { type Failure, type Link, MigrationLinks } from '../persistence/migration.ts'
import { dumpPayload } from '../persistence/payload.ts'
import type { Args } from '../resp3/args.ts'
import type { Reply } from '../resp3/decoder.ts'
import { err, type ReplyError, replyError, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { writeError } from '../server/dispatch.ts'
import type { Database } from '../store/database.ts'
import { NEVER, type Value } from '../store/value.ts'
import { toText } from '../util/bytes.ts'

const DEFAULT_TIMEOUT_MS = 1000

interface Request {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly timeoutMs: number
  readonly copies: boolean
  readonly replaces: boolean
  /** The words of AUTH on the other side, if it is asked for. */
  readonly credentials: readonly string[] | undefined
  readonly keys: readonly string[]
}

export function migrate(client: Client, args: Args, reply: ReplyWriter): void {
  const request = readRequest(client, args)
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
  const restores = keys.map(key => restoreOf(db, key, request))
  client.waitFor({ keys: [], type: 'string', timeoutMs: 0, onTimeout: () => {} })
  server.pause.standStill()
  const finish = (error: ReplyError | undefined): void => {
    server.pause.resume()
    if (server.blocking.hasReady) server.blocking.serve()
    if (client.closed) return
    if (error === undefined) client.reply.ok()
    else writeError(client, error)
    server.blocking.unblock(client)
  }
  links.run(destination, {
    timeoutMs: request.timeoutMs,
    commands: selected => [...preparation(request, selected), ...restores],
    done: (link, replies, failure) => finish(conclude(db, keys, request, link, replies, failure)),
  })
}

function readRequest(client: Client, args: Args): Request {
  let copies = false
  let replaces = false
  let credentials: readonly string[] | undefined
  let keys = [args.text(3)]
  for (let i = 6; i < args.count; i++) {
    const more = args.count - 1 - i
    if (args.is(i, 'COPY')) copies = true
    else if (args.is(i, 'REPLACE')) replaces = true
    else if (args.is(i, 'AUTH') && more >= 1) {
      credentials = [args.text(++i)]
      client.redact(i)
    } else if (args.is(i, 'AUTH2') && more >= 2) {
      credentials = [args.text(++i), args.text(++i)]
      client.redact(i - 1, i)
    } else if (args.is(i, 'KEYS')) {
      if (args.length(3) > 0) throw KEY_AND_KEYS
      keys = args.texts(i + 1)
      break
    } else throw SYNTAX
  }
  const timeoutMs = args.integer(5)
  return {
    host: toText(args.text(1)),
    port: Number.parseInt(args.text(2), 10),
    database: args.integer(4),
    timeoutMs: timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS,
    copies,
    replaces,
    credentials,
    keys,
  }
}

const KEY_AND_KEYS = err(
  'When using MIGRATE KEYS option, the key argument must be set to the empty string',
)

function restoreOf(db: Database, key: string, { replaces }: Request): readonly string[] {
  const { now } = db.keyspace
  const value = db.peek(key) as Value
  const ttl = value.expireAt === NEVER ? 0 : Math.max(1, value.expireAt - now)
  const payload = dumpPayload(value, true).toString('latin1')
  return ['RESTORE', key, String(ttl), payload, ...(replaces ? ['REPLACE'] : [])]
}

/** What goes before the keys, each with one reply. */
function preparation(
  { credentials, database }: Request,
  selected: number | undefined,
): (readonly string[])[] {
  const commands: (readonly string[])[] = []
  if (credentials !== undefined) commands.push(['AUTH', ...credentials])
  if (selected !== database) commands.push(['SELECT', String(database)])
  return commands
}

/** Removes what has arrived, and tells the first thing that went wrong. */
function conclude(
  db: Database,
  keys: readonly string[],
  request: Request,
  link: Link,
  replies: readonly Reply[],
  failure: Failure | undefined,
): ReplyError | undefined {
  const prepared = preparation(request, link.selected).length
  const refused = replies.slice(0, prepared).find(isError)
  const answers = replies.slice(prepared)
  if (refused === undefined && !request.copies) {
    db.keyspace.tick()
    for (const [i, key] of keys.entries()) {
      const answer = answers[i]
      if (answer === undefined || isError(answer) || db.take(key) === undefined) continue
      db.changed(key, 'del')
    }
  }
  // With an answer to none of the keys there is nothing to blame but the connection.
  const error = answers.length === 0 ? undefined : (refused ?? answers.find(isError))
  if (error !== undefined) {
    link.selected = undefined
    return err(`Target instance replied with error: ${textOf(error)}`)
  }
  if (failure !== undefined) return failureError(failure)
  link.selected = request.database
  return undefined
}

function isError(reply: Reply): boolean {
  return reply.type === 'error'
}

function textOf(reply: Reply): string {
  return 'text' in reply ? reply.text : ''
}

function failureError(failure: Failure): ReplyError {
  return replyError(
    failure === 'connecting'
      ? 'IOERR error or timeout connecting to the client'
      : 'IOERR error or timeout reading to target instance',
  )
}
