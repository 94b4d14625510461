// Replication, as a server without replicas and without a master answers.

import type { Client } from '../engine/client.ts'
import { handlers, notWritten } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err, MUST_BE_POSITIVE, replyError, SYNTAX } from '../resp3/errors.ts'
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

function failover(_client: Client, _args: Args, _reply: ReplyWriter): void {
  throw err('FAILOVER requires connected replicas.')
}

function replconf(_client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count % 2 === 0) throw SYNTAX
  reply.ok()
}

const INVALID_PORT = err('Invalid master port')

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

const NOT_0_OR_1 = err('value is out of range, must be between 0 and 1')

function waitaof(client: Client, args: Args, reply: ReplyWriter): void {
  const local = args.integerBetween(1, 0, 1, NOT_0_OR_1)
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
