// The commands of hashes that name their fields as FIELDS numfields field [field ...], which ends
// the command: those about the expiry of fields, since 7.4, and those of 8.0 that read or write
// fields as well. Their words are read in Redis's order: whether the key holds a hash, then the
// time, then FIELDS; HSETEX reads all of its words before it looks at the key.

import type { Client } from '../engine/client.ts'
import type { RedisServer } from '../engine/server.ts'
import type { Args } from '../resp3/args.ts'
import { err, invalidExpire, type ReplyError, WRONG_ARITY } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { HashValue } from '../store/hash.ts'
import { NEVER } from '../store/value.ts'
import { TIMES, type TimeScale } from '../table/readers/string-options.ts'
import { nowOf } from './expiry.ts'

// What is answered for each field.
const NO_FIELD = -2
const NO_EXPIRY = -1
const CONDITION_NOT_MET = 0
const EXPIRY_SET = 1
const DELETED = 2

/** Redis keeps two bits of its 48-bit times to itself. */
const LATEST_EXPIRY = 2 ** 46 - 1

const EXPIRE_NEGATIVE = err('invalid expire time, must be >= 0')
const FIELDS_MISSING = err('Mandatory argument FIELDS is missing or not at the right position')
const FIELD_COUNT_INVALID = err('Number of fields must be a positive integer')
const FIELD_COUNT_TOO_SMALL = err('Parameter `numFields` should be greater than 0')
const FIELD_COUNT_MISMATCH = err('The `numfields` parameter must match the number of arguments')
const PAIR_COUNT_INVALID = err('invalid number of fields')
const ONE_CONDITION = err('Only one of FXX or FNX arguments can be specified')
const ONE_TIME = err('Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified')

const PAIR_COUNT_MAX = 2 ** 31 - 1

type Condition = 'NX' | 'XX' | 'GT' | 'LT'

const CONDITIONS: readonly Condition[] = ['NX', 'XX', 'GT', 'LT']

const TIME_OPTIONS: readonly (keyof typeof TIMES)[] = ['EX', 'PX', 'EXAT', 'PXAT']

export function hexpire(client: Client, args: Args, reply: ReplyWriter): void {
  expireFields(client, args, reply, 'hexpire', TIMES.EX)
}

export function hexpireat(client: Client, args: Args, reply: ReplyWriter): void {
  expireFields(client, args, reply, 'hexpireat', TIMES.EXAT)
}

export function hexpiretime(client: Client, args: Args, reply: ReplyWriter): void {
  writeExpiry(client, args, reply, TIMES.EXAT)
}

export function hgetdel({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const hash = db.edit(key, HashValue)
  const fields = readFields(args, 2, FIELD_COUNT_INVALID)
  let deleted = 0
  writeValues(db, key, hash, fields, reply, (found, field) => {
    if (found.remove(field)) deleted++
  })
  if (hash === undefined || deleted === 0) return
  db.changed(key, 'hdel', deleted)
  db.removeIfEmpty(key, hash)
  // As Redis says it: with those that were not there.
  if (server.effects.isHeard) server.effects.instead(['HDEL', key, ...fields])
}

export function hgetex(client: Client, args: Args, reply: ReplyWriter): void {
  const { db, server } = client
  const key = args.text(1)
  const hash = db.edit(key, HashValue)
  const scale = scaleAt(args, 2)
  const death = scale && readDeath(db, args, 3, scale, 'hgetex')
  const persists = args.is(2, 'PERSIST')
  const fieldsAt = scale ? 4 : persists ? 3 : 2
  const fields = readFields(args, fieldsAt, FIELD_COUNT_INVALID)
  if (death !== undefined || persists) hash?.allowExpiry()
  const changed: string[] = []
  writeValues(db, key, hash, fields, reply, (found, field) => {
    if (death !== undefined) doom(found, field, death)
    if (death !== undefined || (persists && found.persist(field))) changed.push(field)
  })
  if (hash === undefined || changed.length === 0) return
  if (death === undefined) db.changed(key, 'hpersist', changed.length)
  else tellDoomed(client, key, hash, changed, death)
  if (death?.isPast || !server.effects.isHeard) return
  // As Redis says it: with those that were not changed.
  const words = death === undefined ? ['HPERSIST', key] : ['HPEXPIREAT', key, String(death.at)]
  server.effects.instead([...words, args.slice(fieldsAt), String(fields.length), ...fields])
}

export function hpersist({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const hash = db.edit(key, HashValue)
  const fields = readFields(args, 2, FIELD_COUNT_INVALID)
  const { deadUntil } = db.keyspace
  let changed = false
  reply.array(fields.length)
  for (const field of fields) {
    const isThere = hash?.has(field) && !hash.isDead(field, deadUntil)
    const persisted = isThere && hash?.persist(field)
    if (persisted) changed = true
    reply.integer(persisted ? 1 : isThere ? NO_EXPIRY : NO_FIELD)
  }
  if (changed) db.changed(key, 'hpersist')
}

export function hpexpire(client: Client, args: Args, reply: ReplyWriter): void {
  expireFields(client, args, reply, 'hpexpire', TIMES.PX)
}

export function hpexpireat(client: Client, args: Args, reply: ReplyWriter): void {
  expireFields(client, args, reply, 'hpexpireat', TIMES.PXAT)
}

export function hpexpiretime(client: Client, args: Args, reply: ReplyWriter): void {
  writeExpiry(client, args, reply, TIMES.PXAT)
}

export function hpttl(client: Client, args: Args, reply: ReplyWriter): void {
  writeExpiry(client, args, reply, TIMES.PX)
}

export function hsetex(client: Client, args: Args, reply: ReplyWriter): void {
  const { db, server } = client
  const { condition, keepsTtl, time, first } = readSetexOptions(db, args)
  const key = args.text(1)
  const old = db.edit(key, HashValue)
  const fields = args.texts(first).filter((_, i) => i % 2 === 0)
  if (condition !== undefined && !mayBeSet(db, key, old, fields, condition)) {
    reply.integer(0)
    return
  }
  const hash = db.open(key, HashValue)
  expectPairs(hash, args, first)
  if (time !== undefined) hash.allowExpiry()
  for (const [i, field] of fields.entries()) {
    hash.set(field, args.text(first + i * 2 + 1), keepsTtl || time !== undefined)
    if (time !== undefined) doom(hash, field, time.death)
  }
  if (time === undefined) {
    db.changed(key, 'hset', fields.length)
  } else {
    // What is told next counts the fields.
    db.changed(key, 'hset', 0)
    tellDoomed(client, key, hash, fields, time.death)
    if (!time.death.isPast) saySetUntil(server, args, time)
  }
  reply.integer(1)
}

export function httl(client: Client, args: Args, reply: ReplyWriter): void {
  writeExpiry(client, args, reply, TIMES.EX)
}

function readFields(args: Args, at: number, countError: ReplyError): string[] {
  if (!args.is(at, 'FIELDS')) throw FIELDS_MISSING
  // A time before FIELDS may use up all the words that the command must have.
  if (at === args.count - 1) throw WRONG_ARITY
  const count = args.integerBetween(at + 1, 1, Infinity, countError)
  if (count !== args.count - at - 2) throw FIELD_COUNT_MISMATCH
  return args.texts(at + 2)
}

/** Replies with the values of fields, and visits each that is alive once its value is written. */
function writeValues(
  db: Database,
  key: string,
  hash: HashValue | undefined,
  fields: readonly string[],
  reply: ReplyWriter,
  visit: (hash: HashValue, field: string) => void,
): void {
  const { deadUntil } = db.keyspace
  // The dead go first, so that what is told of them precedes what is told of the others.
  if (hash !== undefined) db.expireFields(key, hash, fields)
  reply.array(fields.length)
  for (const field of fields) {
    const value = hash?.isDead(field, deadUntil) ? undefined : hash?.get(field)
    reply.bulkOrNull(value)
    if (hash !== undefined && value !== undefined) visit(hash, field)
  }
}

function writeExpiry(
  { db }: Client,
  args: Args,
  reply: ReplyWriter,
  { fromNow, unitMs }: TimeScale,
): void {
  const hash = db.read(args.text(1), HashValue)
  const fields = readFields(args, 2, FIELD_COUNT_INVALID)
  const now = nowOf(db)
  const { deadUntil } = db.keyspace
  reply.array(fields.length)
  for (const field of fields) {
    const expireAt = hash?.expiryOf(field) ?? NEVER
    if (!hash?.has(field) || hash.isDead(field, deadUntil)) reply.integer(NO_FIELD)
    else if (expireAt === NEVER) reply.integer(NO_EXPIRY)
    else reply.integer(Math.ceil((expireAt - (fromNow ? now : 0)) / unitMs))
  }
}

/** When fields are to die. */
interface Death {
  /** In milliseconds since 1970. */
  readonly at: number
  /** They go at once. */
  readonly isPast: boolean
}

/** How the time counts that word i announces, if it does. */
function scaleAt(args: Args, i: number): TimeScale | undefined {
  const option = TIME_OPTIONS.find(name => args.is(i, name))
  return option && TIMES[option]
}

/** The time that word i means. */
function readDeath(
  db: Database,
  args: Args,
  i: number,
  { fromNow, unitMs }: TimeScale,
  command: string,
): Death {
  const now = nowOf(db)
  const time = args.integer(i)
  if (time < 0) throw EXPIRE_NEGATIVE
  const at = time * unitMs + (fromNow ? now : 0)
  if (at > LATEST_EXPIRY) throw invalidExpire(command)
  return { at, isPast: at <= db.keyspace.deadUntil }
}

/** A time of HSETEX, and where it stands among the words. */
interface PlacedDeath {
  readonly at: number
  readonly death: Death
}

interface SetexOptions {
  condition: 'FNX' | 'FXX' | undefined
  keepsTtl: boolean
  time: PlacedDeath | undefined
  /** Where the first field stands. */
  first: number
}

function readSetexOptions(db: Database, args: Args): SetexOptions {
  const options: SetexOptions = {
    condition: undefined,
    keepsTtl: false,
    time: undefined,
    first: 0,
  }
  for (let i = 2; i < args.count; i++) {
    const word = args.option(i)
    const scale = scaleAt(args, i)
    if (word === 'FIELDS') {
      options.first = firstPair(args, i)
      return options
    }
    if (word === 'FNX' || word === 'FXX') {
      if (options.condition !== undefined) throw ONE_CONDITION
      options.condition = word
      continue
    }
    if (scale === undefined && word !== 'KEEPTTL') throw err(`unknown argument: ${args.text(i)}`)
    if (options.keepsTtl || options.time !== undefined) throw ONE_TIME
    if (scale === undefined) {
      options.keepsTtl = true
    } else {
      i++
      options.time = { at: i, death: readDeath(db, args, i, scale, 'hsetex') }
    }
  }
  // The options that may stand together are fewer words than the command must have.
  throw WRONG_ARITY
}

/** Where the pairs begin that follow FIELDS, which is word i. */
function firstPair(args: Args, i: number): number {
  if (i >= args.count - 3) throw WRONG_ARITY
  const count = args.integerBetween(i + 1, 1, PAIR_COUNT_MAX, PAIR_COUNT_INVALID)
  if (args.count - i - 2 !== count * 2) throw WRONG_ARITY
  return i + 2
}

/** Whether FNX or FXX lets fields be set. Those that it finds dead, as far as it looks, go. */
function mayBeSet(
  db: Database,
  key: string,
  hash: HashValue | undefined,
  fields: readonly string[],
  condition: 'FNX' | 'FXX',
): boolean {
  if (hash === undefined) return condition === 'FNX'
  const { deadUntil } = db.keyspace
  const isOther = (field: string): boolean =>
    (hash.has(field) && !hash.isDead(field, deadUntil)) !== (condition === 'FXX')
  const other = fields.findIndex(isOther)
  db.expireFields(key, hash, other < 0 ? fields : fields.slice(0, other + 1))
  return other < 0
}

/** Tells a hash of the pairs from word `first` on, before they are set. */
export function expectPairs(hash: HashValue, args: Args, first: number): void {
  let longest = 0
  for (let i = first; i < args.count; i++) longest = Math.max(longest, args.length(i))
  hash.expect((args.count - first) / 2, longest)
}

function isMet(condition: Condition | undefined, old: number, expireAt: number): boolean {
  switch (condition) {
    case 'NX':
      return old === NEVER
    case 'XX':
      return old !== NEVER
    case 'GT':
      return old !== NEVER && expireAt > old
    case 'LT':
      return old === NEVER || expireAt < old
    case undefined:
      return true
  }
}

function expireFields(
  client: Client,
  args: Args,
  reply: ReplyWriter,
  command: string,
  scale: TimeScale,
): void {
  const { db, server } = client
  const key = args.text(1)
  const hash = db.edit(key, HashValue)
  const death = readDeath(db, args, 2, scale, command)
  const condition = CONDITIONS.find(name => args.is(3, name))
  const fields = readFields(args, condition === undefined ? 3 : 4, FIELD_COUNT_TOO_SMALL)
  reply.array(fields.length)
  hash?.allowExpiry()
  const doomed: string[] = []
  for (const field of fields) {
    if (!hash?.has(field)) {
      reply.integer(NO_FIELD)
    } else if (!isMet(condition, hash.expiryOf(field), death.at)) {
      reply.integer(CONDITION_NOT_MET)
    } else {
      doom(hash, field, death)
      doomed.push(field)
      reply.integer(death.isPast ? DELETED : EXPIRY_SET)
    }
  }
  if (hash === undefined || doomed.length === 0) return
  tellDoomed(client, key, hash, doomed, death)
  if (!death.isPast && server.effects.isHeard) {
    sayExpiry(server, args, death.at, condition !== undefined, doomed)
  }
}

function doom(hash: HashValue, field: string, { at, isPast }: Death): void {
  if (isPast) hash.remove(field)
  else hash.setExpiry(field, at)
}

/** To be called once for all fields of a hash that were doomed. */
function tellDoomed(
  { db, server }: Client,
  key: string,
  hash: HashValue,
  fields: readonly string[],
  { isPast }: Death,
): void {
  if (isPast) server.fieldsExpired(db, key, fields)
  db.trackFieldExpiry(key, hash)
  db.changed(key, isPast ? 'hdel' : 'hexpire', fields.length)
  db.removeIfEmpty(key, hash)
  // Each of those that are gone was told of.
  if (isPast) server.effects.drop()
}

/** The same words with the moment. */
function saySetUntil({ effects }: RedisServer, args: Args, { at, death }: PlacedDeath): void {
  if (args.is(at - 1, 'PXAT') || !effects.isHeard) return
  effects.rewrite(args, { [at - 1]: 'PXAT', [at]: String(death.at) })
}

/** The moment, and only the fields that got it. */
function sayExpiry(
  { effects }: RedisServer,
  args: Args,
  expireAt: number,
  hasCondition: boolean,
  fields: readonly string[],
): void {
  const name = args.is(0, 'HPEXPIREAT') ? args.slice(0) : 'HPEXPIREAT'
  const condition = hasCondition ? [args.slice(3)] : []
  const words = args.slice(hasCondition ? 4 : 3)
  const count = String(fields.length)
  effects.instead([name, args.slice(1), String(expireAt), ...condition, words, count, ...fields])
}
