// MULTI, EXEC, DISCARD, WATCH, UNWATCH. Queueing itself is the dispatcher's.

import type { Client } from '../engine/client.ts'
import { call, writeError } from '../engine/dispatch.ts'
import { logRefusal, refusalInExec } from '../engine/gate.ts'
import { handlers } from '../engine/handlers.ts'
import { Transaction } from '../engine/transaction.ts'
import type { Args } from '../resp3/args.ts'
import { EXECABORT, err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { type Command, FLAG } from '../table/command.ts'
import { TRANSACTION } from '../table/families/scripting.ts'

export const transaction = handlers(
  TRANSACTION,
  {
    discard,
    exec,
    multi,
    unwatch,
    watch,
  },
  { exec: flagsOfAll },
)

/** What a transaction may do: all that its commands may. */
/** What is allowed only where all of it is. */
const PERMITS = FLAG.stale | FLAG.loading

function flagsOfAll({ transaction }: Client, { flags }: Command): number {
  if (transaction === undefined) return flags
  return (transaction.flags | flags) & ~(PERMITS & ~transaction.commonFlags)
}

function multi(client: Client, _args: Args, reply: ReplyWriter): void {
  if (client.transaction !== undefined) throw err('MULTI calls can not be nested')
  client.transaction = new Transaction()
  reply.ok()
}

function discard(client: Client, _args: Args, reply: ReplyWriter): void {
  if (client.transaction === undefined) throw err('DISCARD without MULTI')
  client.endTransaction()
  reply.ok()
}

function exec(client: Client, _args: Args, reply: ReplyWriter): void {
  const { server, transaction } = client
  if (transaction === undefined) throw err('EXEC without MULTI')
  const touched = client.watchTouched || server.watches.hasExpired(client)
  client.endTransaction()
  if (transaction.refused) throw EXECABORT
  if (touched) {
    reply.nullArray()
    return
  }
  reply.array(transaction.count)
  const { mayNotBlock } = client
  client.mayNotBlock = true
  try {
    transaction.replay((command, args) => execute(client, command, args))
  } finally {
    client.mayNotBlock = mayNotBlock
    // Each command has said what it did.
    server.effects.drop()
  }
}

function execute(client: Client, command: Command, args: Args): void {
  const refusal = refusalInExec(client, command, args)
  if (refusal === undefined) {
    call(client, command, args)
    return
  }
  logRefusal(client, refusal)
  writeError(client, refusal.error)
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
