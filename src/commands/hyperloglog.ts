// HyperLogLogs: strings that count different elements. Their bytes are in store/hyperloglog.ts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { countOf, HyperLogLog, NOT_HYPERLOGLOG, REGISTERS } from '../store/hyperloglog.ts'
import { StringValue } from '../store/string.ts'
import { HYPERLOGLOG } from '../table/families/string.ts'

export const hyperloglog = handlers(HYPERLOGLOG, {
  pfadd,
  pfcount,
  pfdebug,
  pfmerge,
  pfselftest,
})

/** The HyperLogLog in a string; where it is made or grows, keep() stores it again. */
function parse(value: StringValue, { keyspace }: Database): HyperLogLog {
  if (value.encoding === 'int') throw NOT_HYPERLOGLOG
  return new HyperLogLog(value.bytes, keyspace.limits.hllSparseMaxBytes)
}

/** The same with bytes of its own, to be changed and perhaps thrown away. */
function parseCopy(value: StringValue | undefined, { keyspace }: Database): HyperLogLog {
  const { hllSparseMaxBytes } = keyspace.limits
  if (value === undefined) return HyperLogLog.empty(hllSparseMaxBytes)
  if (value.encoding === 'int') throw NOT_HYPERLOGLOG
  return new HyperLogLog(Buffer.from(value.bytes), hllSparseMaxBytes)
}

function keep(db: Database, key: string, value: StringValue | undefined, log: HyperLogLog): void {
  if (value === undefined) db.put(key, new StringValue(log.bytes))
  else value.setBytes(log.bytes)
}

function pfadd({ db }: Client, args: Args, reply: ReplyWriter): void {
  const key = args.text(1)
  const value = db.edit(key, StringValue)
  const log = parseCopy(value, db)
  value?.becomeRaw()
  let changes = value === undefined ? 1 : 0
  for (let i = 2; i < args.count; i++) if (log.add(args.text(i))) changes++
  if (changes > 0) {
    log.invalidateCache()
    keep(db, key, value, log)
    db.changed(key, 'pfadd', changes)
  }
  reply.integer(changes > 0 ? 1 : 0)
}

function pfcount({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count === 2) {
    reply.integer(countOne(db, args.text(1)))
    return
  }
  reply.integer(countOf(union(db, args)))
}

/**
 * The count of one is kept in its bytes, which is a change of the key, though one without event.
 */
function countOne(db: Database, key: string): bigint | number {
  const value = db.read(key, StringValue)
  if (value === undefined) return 0
  const known = parse(value, db).cached
  db.beforeChange(key)
  value.becomeRaw()
  if (known !== undefined) return known
  const log = parseCopy(value, db)
  const count = log.count()
  log.cache(count)
  value.setBytes(log.bytes)
  db.changed(key, undefined)
  return count
}

/** The registers of all keys that the words name. */
function union(db: Database, args: Args): Uint8Array {
  const registers = new Uint8Array(REGISTERS)
  for (let i = 1; i < args.count; i++) {
    const value = db.read(args.text(i), StringValue)
    if (value !== undefined) parse(value, db).mergeInto(registers)
  }
  return registers
}

function pfmerge({ db }: Client, args: Args, reply: ReplyWriter): void {
  const registers = union(db, args)
  const key = args.text(1)
  const value = db.edit(key, StringValue)
  const log = parseCopy(value, db)
  value?.becomeRaw()
  if (hasDense(db, args)) log.toDense()
  for (let i = 0; i < REGISTERS; i++) if ((registers[i] ?? 0) > 0) log.raise(i, registers[i] ?? 0)
  log.invalidateCache()
  keep(db, key, value, log)
  db.changed(key, 'pfadd')
  reply.ok()
}

function hasDense(db: Database, args: Args): boolean {
  return args.texts(1).some(key => {
    const value = db.peek(key)
    return value instanceof StringValue && parse(value, db).encoding === 'dense'
  })
}

const NO_KEY = err('The specified key does not exist')
const NOT_SPARSE = err('HLL encoding is not sparse')

function pfdebug({ db }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.edit(args.text(2), StringValue)
  if (value === undefined) throw NO_KEY
  const log = parseCopy(value, db)
  value.becomeRaw()
  switch (args.option(1)) {
    case 'GETREG': {
      makeDense(db, value, log)
      const registers = log.toRegisters()
      reply.array(REGISTERS)
      for (const register of registers) reply.integer(register)
      break
    }
    case 'DECODE':
      if (log.encoding !== 'sparse') throw NOT_SPARSE
      reply.bulk(log.describe())
      break
    case 'ENCODING':
      reply.simple(log.encoding)
      break
    case 'TODENSE':
      reply.integer(makeDense(db, value, log) ? 1 : 0)
      break
    default:
      throw err(`Unknown PFDEBUG subcommand '${args.text(1)}'`)
  }
}

/** Counted as a change, but nobody is told of it. */
function makeDense({ keyspace }: Database, value: StringValue, log: HyperLogLog): boolean {
  if (!log.toDense()) return false
  value.setBytes(log.bytes)
  keyspace.changed()
  return true
}

const SELF_TEST_MAX = 100_000

/** That both forms agree, and that the error of the count is as small as theory says. */
function pfselftest({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const seed = server.random.below(2 ** 32)
  const { hllSparseMaxBytes } = server.keyspace.limits
  const sparse = HyperLogLog.empty(hllSparseMaxBytes)
  const dense = HyperLogLog.empty(hllSparseMaxBytes)
  dense.toDense()
  const standardError = 1.04 / Math.sqrt(REGISTERS)
  let checkpoint = 1
  for (let i = 1; i <= SELF_TEST_MAX; i++) {
    sparse.add(`${seed}:${i}`)
    dense.add(`${seed}:${i}`)
    if (i !== checkpoint) continue
    const count = dense.count()
    if (count !== sparse.count()) throw err('TESTFAILED dense/sparse disagree')
    const error = Math.abs(i - count)
    if (error > (i === 10 ? 1 : Math.ceil(standardError * 6 * i))) {
      throw err(`TESTFAILED Too big error. card:${i} abserr:${error}`)
    }
    checkpoint *= 10
  }
  reply.ok()
}
