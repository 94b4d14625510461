// Keys as serialized payloads: DUMP, RESTORE, MIGRATE.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import { CorruptRdb, TooLarge } from '../persistence/format.ts'
import { dumpPayload, isSound, loadPayload } from '../persistence/payload.ts'
import { roomOf } from '../persistence/room.ts'
import type { Args } from '../resp3/args.ts'
import { BUSYKEY, err, OOM, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import type { Value } from '../store/value.ts'
import { DUMP } from '../table/families/generic.ts'
import { migrate } from './migrate.ts'

export const dump = handlers(DUMP, {
  dump: dumpKey,
  migrate,
  restore,
  'restore-asking': restore,
})

function dumpKey({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.readAny(args.text(1))
  if (value === undefined) {
    reply.null()
    return
  }
  const { settings, persistence } = server
  const payload = dumpPayload(value, settings.rdbcompression, persistence.rdbVersion)
  reply.bulkBytes(payload)
}

function restore({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const options = readRestoreOptions(args)
  const key = args.text(1)
  if (!options.replace && db.editAny(key) !== undefined) throw BUSYKEY
  const ttl = args.int64(2)
  if (ttl < 0n) throw err('Invalid TTL value, must be >= 0')
  const payload = args.slice(3)
  if (!isSound(payload, server.switches.skipsChecksums)) {
    throw err('DUMP payload version or checksum are wrong')
  }
  const value = decode(server, payload)
  const hasReplaced = options.replace && db.discard(key)
  const expireAt = ttl === 0n || options.isAbsolute ? ttl : ttl + BigInt(db.keyspace.now)
  reply.ok()
  if (expireAt !== 0n && expireAt <= db.keyspace.deadUntil) {
    if (!hasReplaced) return
    server.effects.instead([server.effects.deletion('lazyfree-lazy-server-del'), key])
    db.changed(key, 'del')
    return
  }
  setAccess(db, value, options)
  db.put(key, value)
  if (expireAt !== 0n) db.setExpiry(key, value, expireAt)
  db.changed(key, 'restore')
  const isSpan = expireAt !== 0n && !options.isAbsolute
  if (isSpan) server.effects.rewrite(args, { 2: String(expireAt) }, 'ABSTTL')
}

function decode(server: RedisServer, payload: Buffer): Value {
  try {
    return loadPayload(payload, server.keyspace.limits, roomOf(server))
  } catch (error) {
    // It may be sound, and other servers might take it: so this is not 'Bad data format'.
    if (error instanceof TooLarge) throw OOM
    if (!(error instanceof CorruptRdb)) throw error
    server.log.verbose(`Internal error in RDB reading -> ${error.message}`)
    throw err('Bad data format')
  }
}

interface RestoreOptions {
  readonly replace: boolean
  /** The time to live is a moment, not a span. */
  readonly isAbsolute: boolean
  /** -1 where it was not given. */
  readonly idleSeconds: number
  readonly frequency: number
}

function readRestoreOptions(args: Args): RestoreOptions {
  let replace = false
  let isAbsolute = false
  let idleSeconds = -1
  let frequency = -1
  for (let i = 4; i < args.count; i++) {
    const hasMore = i + 1 < args.count
    if (args.is(i, 'REPLACE')) replace = true
    else if (args.is(i, 'ABSTTL')) isAbsolute = true
    else if (args.is(i, 'IDLETIME') && hasMore && frequency === -1) {
      idleSeconds = args.integer(++i)
      if (idleSeconds < 0) throw err('Invalid IDLETIME value, must be >= 0')
    } else if (args.is(i, 'FREQ') && hasMore && idleSeconds === -1) {
      frequency = args.integer(++i)
      if (frequency < 0 || frequency > 255) {
        throw err('Invalid FREQ value, must be >= 0 and <= 255')
      }
    } else throw SYNTAX
  }
  return { replace, isAbsolute, idleSeconds, frequency }
}

/** What OBJECT IDLETIME and OBJECT FREQ will say, as far as the policy keeps such a thing. */
function setAccess(db: Database, value: Value, options: RestoreOptions): void {
  const { keyspace } = db
  keyspace.initialize(value)
  if (keyspace.countsFrequency) {
    if (options.frequency >= 0) value.frequency = options.frequency
  } else if (options.idleSeconds >= 0) {
    value.usedAt = Math.max(1, keyspace.nowSeconds - options.idleSeconds)
  }
}
