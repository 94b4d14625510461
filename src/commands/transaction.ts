// MULTI, EXEC, DISCARD, WATCH, UNWATCH. Queueing itself is the dispatcher's.

import { execText } from '../acl/explain.ts'
import type { Args } from '../resp3/args.ts'
import { EXECABORT, err, OOM, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family } from '../server/command.ts'
import { call, deniedBy, logDenial, overfillsHeap, writeError } from '../server/dispatch.ts'
import { Transaction } from '../server/transaction.ts'

export const transaction = family('transactions', 'transaction', {
  discard: {
    arity: 1,
    flags: 'noscript loading stale fast allow_busy',
    since: '2.0.0',
    run: discard,
  },
  exec: { arity: 1, flags: 'noscript loading stale skip_slowlog', since: '1.2.0', run: exec },
  multi: { arity: 1, flags: 'noscript loading stale fast allow_busy', since: '1.2.0', run: multi },
  unwatch: {
    arity: 1,
    flags: 'noscript loading stale fast allow_busy',
    since: '2.2.0',
    run: unwatch,
  },
  watch: {
    arity: -2,
    flags: 'noscript loading stale fast allow_busy',
    keys: 'RO 1..-1',
    since: '2.2.0',
    run: watch,
  },
})

function multi(client: Client, _args: Args, reply: ReplyWriter): void {
  if (client.transaction !== undefined) throw err('MULTI calls can not be nested')
  client.transaction = new Transaction()
  reply.ok()
}

function discard(client: Client, _args: Args, reply: ReplyWriter): void {
  if (client.transaction === undefined) throw err('DISCARD without MULTI')
  client.server.endTransaction(client)
  reply.ok()
}

function exec(client: Client, _args: Args, reply: ReplyWriter): void {
  const { server, transaction } = client
  if (transaction === undefined) throw err('EXEC without MULTI')
  const touched = client.watchTouched || server.watches.hasExpired(client)
  server.endTransaction(client)
  if (transaction.refused) throw EXECABORT
  if (touched) {
    reply.nullArray()
    return
  }
  reply.array(transaction.count)
  const { mayNotBlock } = client
  client.mayNotBlock = true
  transaction.replay((command, args) => {
    // Rules may have changed since the command was queued.
    const denial = deniedBy(client.user, command, args)
    if (denial !== undefined) {
      logDenial(client, denial, 'multi')
      writeError(client, replyError(execText(denial)))
    } else if (overfillsHeap(client, command, args, command.flags)) {
      writeError(client, OOM)
    } else {
      call(client, command, args)
    }
  })
  client.mayNotBlock = mayNotBlock
}

function watch(client: Client, args: Args, reply: ReplyWriter): void {
  if (client.transaction !== undefined) throw err('WATCH inside MULTI is not allowed')
  // A transaction that is lost already needs no more watching.
  if (!client.watchTouched) {
    for (let i = 1; i < args.count; i++)
      client.server.watches.watch(client, client.db, args.text(i))
  }
  reply.ok()
}

function unwatch(client: Client, _args: Args, reply: ReplyWriter): void {
  client.server.watches.unwatch(client)
  reply.ok()
}
