// Keys of any type: removing, renaming, moving and finding them, and their time to live.

import type { Client } from '../engine/client.ts'
import { databaseAt } from '../engine/database-index.ts'
import { handlers } from '../engine/handlers.ts'
import { isFreedLater } from '../engine/lazy-free.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { err, NO_SUCH_KEY, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { INITIAL_FREQUENCY, NEVER, type Value } from '../store/value.ts'
import { GENERIC } from '../table/families/generic.ts'
import type { TimeScale } from '../table/readers/string-options.ts'
import { invariant } from '../util/assert.ts'
import { compile } from '../util/glob.ts'
import { type Moment, momentAt, nowOf } from './expiry.ts'
import { readCursor, readScanOptions, writeScan } from './scan.ts'

export const generic = handlers(GENERIC, {
  copy,
  del,
  exists,
  expire,
  expireat,
  expiretime,
  keys,
  move,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  randomkey,
  rename,
  renamenx,
  scan,
  touch,
  ttl,
  type,
  unlink,
})

function copy({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const { target, replaces } = readCopyOptions(db, server, args)
  const key = args.text(1)
  const newKey = args.text(2)
  if (target === db && key === newKey) throw SAME_OBJECT
  const value = db.readAny(key)
  if (value === undefined || (target.editAny(newKey) !== undefined && !replaces)) {
    reply.integer(0)
    return
  }
  const copied = value.copy()
  copied.expireAt = value.expireAt
  copied.expireRest = value.expireRest
  target.take(newKey)
  target.put(newKey, copied)
  target.changed(newKey, 'copy_to')
  reply.integer(1)
}

function del(client: Client, args: Args, reply: ReplyWriter): void {
  remove(client, args, reply, client.server.settings['lazyfree-lazy-user-del'])
}

function remove({ db, server }: Client, args: Args, reply: ReplyWriter, isLazy: boolean): void {
  let count = 0
  for (let i = 1; i < args.count; i++) {
    const key = args.text(i)
    const value = db.take(key)
    if (value === undefined) continue
    if (isLazy && isFreedLater(value)) server.stats.lazyFreed++
    db.changed(key, 'del')
    count++
  }
  reply.integer(count)
}

function exists({ db }: Client, args: Args, reply: ReplyWriter): void {
  let count = 0
  for (let i = 1; i < args.count; i++) if (db.inspect(args.text(i)) !== undefined) count++
  reply.integer(count)
}

function expire(client: Client, args: Args, reply: ReplyWriter): void {
  setExpiry(client, args, { unitMs: 1000, fromNow: true }, 'expire', reply)
}

function expireat(client: Client, args: Args, reply: ReplyWriter): void {
  setExpiry(client, args, { unitMs: 1000, fromNow: false }, 'expireat', reply)
}

function expiretime({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(inSeconds(expiryOf(db, args.text(1))))
}

function keys({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const pattern = args.text(1)
  server.heap.demand(db.size)
  const all = db.keys()
  reply.bulks(pattern === '*' ? all : all.filter(compile(pattern)))
}

function move({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  if (server.cluster !== undefined) throw err('MOVE is not allowed in cluster mode')
  const target = databaseAt(server, args, 2)
  if (target === db) throw SAME_OBJECT
  const key = args.text(1)
  if (db.editAny(key) === undefined || target.editAny(key) !== undefined) {
    reply.integer(0)
    return
  }
  moveValue(db, key, target, key)
  db.changed(key, 'move_from', 0)
  target.changed(key, 'move_to')
  reply.integer(1)
}

function persist({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const value = db.editAny(key)
  if (value === undefined || value.expireAt === NEVER) {
    reply.integer(0)
    return
  }
  db.setExpiry(key, value, NEVER)
  db.changed(key, 'persist')
  reply.integer(1)
}

function pexpire(client: Client, args: Args, reply: ReplyWriter): void {
  setExpiry(client, args, { unitMs: 1, fromNow: true }, 'pexpire', reply)
}

function pexpireat(client: Client, args: Args, reply: ReplyWriter): void {
  setExpiry(client, args, { unitMs: 1, fromNow: false }, 'pexpireat', reply)
}

function pexpiretime({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(expiryOf(db, args.text(1)))
}

function pttl({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(timeLeft(db, args.text(1)))
}

function randomkey({ db, server }: Client, _args: Args, reply: ReplyWriter): void {
  server.effects.apart()
  reply.bulkOrNull(db.randomKey())
}

function rename({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const newKey = args.text(2)
  if (db.editAny(key) === undefined) throw NO_SUCH_KEY
  if (key !== newKey) renameKey(db, key, newKey)
  reply.ok()
}

function renamenx({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const newKey = args.text(2)
  if (db.editAny(key) === undefined) throw NO_SUCH_KEY
  const isFree = key !== newKey && db.editAny(newKey) === undefined
  if (isFree) renameKey(db, key, newKey)
  reply.integer(isFree ? 1 : 0)
}

function scan({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const cursor = readCursor(args, 1)
  const { count, matches, type } = readScanOptions(args, 2, 'keys')
  server.heap.demand(Math.min(count, db.size))
  server.effects.apart()
  const found: string[] = []
  const next = db.scanKeys(cursor, count, key => {
    if (matches(key)) found.push(key)
  })
  // Looking at a key removes it if its time is over, so this comes after the walk.
  const alive = found.filter(key =>
    type === undefined ? db.has(key) : db.inspect(key, false)?.type === type,
  )
  writeScan(reply, next, alive)
}

function touch({ db }: Client, args: Args, reply: ReplyWriter): void {
  const { keyspace } = db
  const { touches } = keyspace
  // This one records the access also for a client that has asked for CLIENT NO-TOUCH.
  keyspace.touches = true
  let count = 0
  for (let i = 1; i < args.count; i++) if (db.readAny(args.text(i)) !== undefined) count++
  keyspace.touches = touches
  reply.integer(count)
}

function ttl({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.integer(inSeconds(timeLeft(db, args.text(1))))
}

function type({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.simple(db.inspect(args.text(1))?.type ?? 'none')
}

function unlink(client: Client, args: Args, reply: ReplyWriter): void {
  remove(client, args, reply, true)
}

// ---- Keys that move ----------------------------------------------------------------------------

const SAME_OBJECT = err('source and destination objects are the same')

function readCopyOptions(
  db: Database,
  server: RedisServer,
  args: Args,
): { target: Database; replaces: boolean } {
  let target = db
  let replaces = false
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'REPLACE')) replaces = true
    else if (args.is(i, 'DB') && i + 1 < args.count) target = databaseAt(server, args, ++i)
    else throw SYNTAX
  }
  return { target, replaces }
}

function renameKey(db: Database, key: string, newKey: string): void {
  db.take(newKey)
  moveValue(db, key, db, newKey)
  db.changed(key, 'rename_from', 0)
  db.changed(newKey, 'rename_to')
}

/** The value keeps its expiry, but under its new key it counts as just used. */
function moveValue(from: Database, key: string, to: Database, newKey: string): void {
  const value = from.take(key)
  invariant(value !== undefined, 'a key to move')
  value.usedAt = 0
  value.frequency = INITIAL_FREQUENCY
  to.put(newKey, value)
}

// ---- Expiry ------------------------------------------------------------------------------------

type ExpireCondition = 'NX' | 'XX' | 'GT' | 'LT'

function setExpiry(
  { db, server: { effects } }: Client,
  args: Args,
  scale: TimeScale,
  command: string,
  reply: ReplyWriter,
): void {
  const conditions = readExpireConditions(args)
  const moment = momentAt(db, args, 2, scale, command)
  const key = args.text(1)
  const value = db.editAny(key)
  if (value === undefined || !conditions.every(one => isMet(one, moment, value))) {
    reply.integer(0)
    return
  }
  if (moment <= db.keyspace.deadUntil) {
    effects.instead([effects.deletion('lazyfree-lazy-expire'), key])
    db.take(key)
    db.changed(key, 'del')
  } else {
    if (effects.isHeard && command !== 'pexpireat') {
      effects.rewrite(args, { 0: 'PEXPIREAT', 2: String(moment) })
    }
    db.setExpiry(key, value, moment)
    db.changed(key, 'expire')
  }
  reply.integer(1)
}

function readExpireConditions(args: Args): readonly ExpireCondition[] {
  if (args.count === 3) return NO_CONDITIONS
  const given = new Set<ExpireCondition>()
  for (let i = 3; i < args.count; i++) {
    const word = args.option(i)
    if (word !== 'NX' && word !== 'XX' && word !== 'GT' && word !== 'LT') {
      throw err(`Unsupported option ${args.text(i)}`)
    }
    given.add(word)
  }
  if (given.has('NX') && given.size > 1) {
    throw err('NX and XX, GT or LT options at the same time are not compatible')
  }
  if (given.has('GT') && given.has('LT')) {
    throw err('GT and LT options at the same time are not compatible')
  }
  return [...given]
}

const NO_CONDITIONS: readonly ExpireCondition[] = []

/** A key without expiry lives for ever: no moment is later, and every moment is earlier. */
function isMet(condition: ExpireCondition, moment: Moment, value: Value): boolean {
  const isVolatile = value.expireAt !== NEVER
  switch (condition) {
    case 'NX':
      return !isVolatile
    case 'XX':
      return isVolatile
    case 'GT':
      return isVolatile && moment > value.exactExpireAt
    case 'LT':
      return !isVolatile || moment < value.exactExpireAt
  }
}

const NO_KEY = -2
const NO_EXPIRY = -1

/** When the key dies, NO_EXPIRY or NO_KEY. */
function expiryOf(db: Database, key: string): Moment {
  const value = db.inspect(key)
  if (value === undefined) return NO_KEY
  return value.expireAt === NEVER ? NO_EXPIRY : value.exactExpireAt
}

/** Milliseconds that the key still has, NO_EXPIRY or NO_KEY. */
function timeLeft(db: Database, key: string): Moment {
  const moment = expiryOf(db, key)
  if (moment < 0) return moment
  const now = nowOf(db)
  return typeof moment === 'bigint' ? moment - BigInt(now) : Math.max(0, moment - now)
}

/** Rounded to the nearest second; the two answers below zero stay as they are. */
function inSeconds(milliseconds: Moment): Moment {
  if (milliseconds < 0) return milliseconds
  return typeof milliseconds === 'bigint'
    ? (milliseconds + 500n) / 1000n
    : Math.floor((milliseconds + 500) / 1000)
}
