// Replication, as a server without replicas and without a master answers.

import type { Client } from '../engine/client.ts'
import { handlers, notWritten } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err, MUST_BE_POSITIVE, replyError, SYNTAX } from '../resp3/errors.ts'
import { splitWords } from '../resp3/words.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { REPLICATION } from '../table/families/server.ts'
import { readTimeoutMs } from '../table/readers/timeout.ts'

export const replication = handlers(REPLICATION, {
  failover,
  psync: notWritten,
  replconf,
  replicaof,
  role,
  slaveof: replicaof,
  sync: notWritten,
  wait,
  waitaof,
})

function failover(_client: Client, args: Args, _reply: ReplyWriter): void {
  if (args.count === 2 && args.is(1, 'ABORT')) throw err('No failover in progress.')
  const given = new Set<string>()
  for (let i = 1; i < args.count; i++) {
    const word = args.option(i)
    const more = args.count - 1 - i
    if (given.has(word)) throw SYNTAX
    given.add(word)
    if (word === 'TIMEOUT' && more >= 1) {
      if (args.integer(++i) <= 0) throw err('FAILOVER timeout must be greater than 0')
    } else if (word === 'TO' && more >= 2) {
      args.integer(i + 2)
      i += 2
    } else if (word !== 'FORCE') {
      throw SYNTAX
    }
  }
  throw err('FAILOVER requires connected replicas.')
}

/** What a replica may say of itself; nothing is remembered. */
const REPLICA_OPTIONS: ReadonlyMap<string, (args: Args, i: number) => void> = new Map(
  Object.entries({
    'LISTENING-PORT': (args: Args, i: number) => void args.integer(i),
    'IP-ADDRESS': () => {},
    CAPA: () => {},
    ACK: () => {},
    FACK: () => {},
    GETACK: () => {},
    'RDB-ONLY': (args: Args, i: number) => void zeroOrOne(args, i),
    'RDB-FILTER-ONLY': checkFilter,
  }),
)

function replconf(_client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count % 2 === 0) throw SYNTAX
  for (let i = 1; i < args.count; i += 2) {
    const check = REPLICA_OPTIONS.get(args.option(i))
    if (check === undefined) throw err(`Unrecognized REPLCONF option: ${args.text(i)}`)
    check(args, i + 1)
  }
  reply.ok()
}

const INVALID_PORT = err('Invalid master port')
function checkFilter(args: Args, i: number): void {
  const words = splitWords(args.text(i))
  if (words === undefined) throw err('Missing rdb-filter-only values')
  const other = words.find(word => word.toLowerCase() !== 'functions')
  if (other !== undefined) throw err(`Unsupported rdb-filter-only option: ${other}`)
}

function zeroOrOne(args: Args, i: number): number {
  const value = args.integer(i)
  if (value !== 0 && value !== 1) throw err('value is out of range, value must between 0 and 1')
  return value
}

function replicaof({ server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.is(1, 'NO') && args.is(2, 'ONE')) {
    reply.ok()
    return
  }
  args.integerBetween(2, 0, 65535, INVALID_PORT)
  server.log.warning('REPLICAOF was refused: this server does not replicate.')
  throw err('REPLICAOF is not supported by this server')
}

function role(_client: Client, _args: Args, reply: ReplyWriter): void {
  reply.array(3)
  reply.bulk('master')
  reply.integer(0)
  reply.array(0)
}

function wait(client: Client, args: Args, reply: ReplyWriter): void {
  const replicas = args.integer(1)
  const timeoutMs = readTimeoutMs(args, 2, 1)
  if (replicas <= 0 || client.mayNotBlock) {
    reply.integer(0)
    return
  }
  client.waitFor(args, { for: 'acknowledgements', timeoutMs, onTimeout: late => late.integer(0) })
}

function waitaof(client: Client, args: Args, reply: ReplyWriter): void {
  const local = zeroOrOne(args, 1)
  const replicas = args.integerBetween(2, 0, Number.MAX_SAFE_INTEGER, MUST_BE_POSITIVE)
  const timeoutMs = readTimeoutMs(args, 3, 1)
  if (local > 0) {
    throw replyError('ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.')
  }
  const none = (late: ReplyWriter): void => {
    late.array(2)
    late.integer(0)
    late.integer(0)
  }
  if (replicas === 0 || client.mayNotBlock) none(reply)
  else client.waitFor(args, { for: 'acknowledgements', timeoutMs, onTimeout: none })
}
