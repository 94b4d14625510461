// Keys as serialized payloads: DUMP, RESTORE, MIGRATE.

import type { KeyPlace } from '../acl/command-facts.ts'
import { CorruptRdb, TooLarge } from '../persistence/format.ts'
import { dumpPayload, isSound, loadPayload } from '../persistence/payload.ts'
import { roomOf } from '../persistence/room.ts'
import type { Args } from '../resp3/args.ts'
import { BUSYKEY, err, OOM, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family, READ, WRITE } from '../server/command.ts'
import type { RedisServer } from '../server/server.ts'
import type { Database } from '../store/database.ts'
import type { Value } from '../store/value.ts'
import { migrate } from './migrate.ts'

export const dump = family('generic', 'keyspace', {
  dump: {
    arity: 2,
    flags: 'readonly',
    keys: 'RO access 1',
    tips: 'nondeterministic_output',
    since: '2.6.0',
    run: dumpKey,
  },
  migrate: {
    arity: -6,
    flags: 'write',
    keys: ['RW access delete 3', 'RW access delete incomplete KEYS@-2..-1'],
    findKeys: migrateKeys,
    acl: 'dangerous keyspace',
    tips: 'nondeterministic_output',
    since: '2.6.0',
    secrets: '6 COPY REPLACE AUTH *password AUTH2 *user *password KEYS ...',
    run: migrate,
  },
  restore: {
    arity: -4,
    flags: 'write denyoom',
    keys: 'OW update 1',
    acl: 'dangerous keyspace',
    since: '2.6.0',
    run: restore,
  },
  'restore-asking': {
    arity: -4,
    flags: 'write denyoom asking',
    keys: 'OW update 1',
    acl: 'dangerous keyspace',
    since: '3.0.0',
    group: 'server',
    run: restore,
  },
})

function dumpKey({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.readAny(args.text(1))
  if (value === undefined) {
    reply.null()
    return
  }
  const payload = dumpPayload(value, server.settings.rdbcompression)
  reply.bulkBytes(payload)
}

function restore({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const options = readRestoreOptions(args)
  const key = args.text(1)
  if (!options.replace && db.editAny(key) !== undefined) throw BUSYKEY
  const ttl = args.int64(2)
  if (ttl < 0n) throw err('Invalid TTL value, must be >= 0')
  const payload = args.slice(3)
  if (!isSound(payload, server.skipsChecksums)) {
    throw err('DUMP payload version or checksum are wrong')
  }
  const value = decode(server, payload)
  const replaced = options.replace ? db.take(key) : undefined
  const expireAt = ttl === 0n || options.isAbsolute ? ttl : ttl + BigInt(db.keyspace.now)
  reply.ok()
  if (expireAt !== 0n && expireAt <= db.keyspace.now && !server.loading) {
    if (replaced !== undefined) db.changed(key, 'del')
    return
  }
  setAccess(db, value, options)
  db.put(key, value)
  if (expireAt !== 0n) db.setExpiry(key, value, expireAt)
  db.changed(key, 'restore')
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
      const invalid = err('Invalid IDLETIME value, must be >= 0')
      idleSeconds = args.integer(++i)
      if (idleSeconds < 0) throw invalid
    } else if (args.is(i, 'FREQ') && hasMore && idleSeconds === -1) {
      const invalid = err('Invalid FREQ value, must be >= 0 and <= 255')
      frequency = args.integer(++i)
      if (frequency < 0 || frequency > 255) throw invalid
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

const MIGRATE_FLAGS = ['RW', 'access', 'delete']

/** The one key, or those after KEYS; a KEYS that belongs to AUTH is a password. */
function migrateKeys(args: Args): readonly KeyPlace[] {
  let first = 3
  let last = 3
  for (let i = 6; i < args.count; i++) {
    if (args.is(i, 'KEYS')) {
      // With a key before it this is a syntax error, which touches nothing.
      if (args.length(3) > 0) return []
      first = i + 1
      last = args.count - 1
      break
    }
    if (args.is(i, 'AUTH')) i += 1
    else if (args.is(i, 'AUTH2')) i += 2
  }
  const keys: KeyPlace[] = []
  for (let i = first; i <= last; i++) {
    keys.push({ position: i, needs: READ | WRITE, flags: MIGRATE_FLAGS })
  }
  return keys
}
