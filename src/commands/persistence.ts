// Saving and stopping. Nothing is kept on disk: a save answers as if it had been done.

import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family } from '../server/command.ts'

export const persistence = family('server', '', {
  bgrewriteaof: {
    arity: 1,
    flags: 'admin noscript no_async_loading',
    since: '1.0.0',
    run: bgrewriteaof,
  },
  bgsave: { arity: -1, flags: 'admin noscript no_async_loading', since: '1.0.0', run: bgsave },
  lastsave: {
    arity: 1,
    flags: 'loading stale fast',
    acl: 'admin dangerous',
    tips: 'nondeterministic_output',
    since: '1.0.0',
    run: lastsave,
  },
  save: { arity: 1, flags: 'admin noscript no_async_loading no_multi', since: '1.0.0', run: save },
  shutdown: {
    arity: -1,
    flags: 'admin noscript loading stale no_multi allow_busy',
    since: '1.0.0',
    run: shutdown,
  },
})

function bgrewriteaof(client: Client, _args: Args, reply: ReplyWriter): void {
  const state = client.mayNotBlock ? 'scheduled' : 'started'
  reply.simple(`Background append only file rewriting ${state}`)
}

function bgsave(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 2 || (args.count === 2 && !args.is(1, 'SCHEDULE'))) throw SYNTAX
  markSaved(client)
  reply.simple('Background saving started')
}

function lastsave({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(server.persistence.lastSaveSeconds)
}

function save(client: Client, _args: Args, reply: ReplyWriter): void {
  markSaved(client)
  reply.ok()
}

function markSaved({ server }: Client): void {
  server.persistence.lastSaveSeconds = Math.floor(server.clock.now() / 1000)
  server.persistence.saves++
  server.keyspace.dirty = 0
}

function shutdown(client: Client, args: Args, reply: ReplyWriter): void {
  let save: boolean | undefined
  let now = false
  let force = false
  let abort = false
  for (let i = 1; i < args.count; i++) {
    if (args.is(i, 'NOSAVE') && save === undefined) save = false
    else if (args.is(i, 'SAVE') && save === undefined) save = true
    else if (args.is(i, 'NOW')) now = true
    else if (args.is(i, 'FORCE')) force = true
    else if (args.is(i, 'ABORT')) abort = true
    else throw SYNTAX
  }
  if (abort && args.count > 2) throw SYNTAX
  if (abort) throw err('No shutdown in progress.')
  if (client.mayNotBlock)
    throw err('SHUTDOWN without NOW or ABORT is not allowed for DENY BLOCKING client')
  const { hooks } = client.server
  if (hooks.shutdown === undefined) throw err('Errors trying to SHUTDOWN. Check logs.')
  hooks.shutdown({ save: save ?? false, now, force })
  client.closeAfterReply = true
  reply.rewind(reply.size)
}
