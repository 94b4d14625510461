// Saving and stopping. What a save does is in persistence/saving.ts.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { save, saveInBackground } from '../persistence/saving.ts'
import type { Args } from '../resp3/args.ts'
import { err, replyError, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { PERSISTENCE } from '../table/families/server.ts'

export const persistence = handlers(PERSISTENCE, {
  bgrewriteaof,
  bgsave,
  lastsave,
  save: saveNow,
  shutdown,
})

function bgrewriteaof(client: Client, _args: Args, reply: ReplyWriter): void {
  const state = client.mayNotBlock ? 'scheduled' : 'started'
  reply.simple(`Background append only file rewriting ${state}`)
}

function bgsave(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 2 || (args.count === 2 && !args.is(1, 'SCHEDULE'))) throw SYNTAX
  saveInBackground(client.server)
  reply.simple('Background saving started')
}

function lastsave({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(server.persistence.lastSaveSeconds)
}

function saveNow({ server }: Client, _args: Args, reply: ReplyWriter): void {
  if (!save(server)) throw replyError('ERR')
  server.persistence.saves++
  reply.ok()
}

function shutdown(client: Client, args: Args, reply: ReplyWriter): void {
  let saves: boolean | undefined
  let now = false
  let force = false
  let abort = false
  for (let i = 1; i < args.count; i++) {
    if (args.is(i, 'NOSAVE') && saves === undefined) saves = false
    else if (args.is(i, 'SAVE') && saves === undefined) saves = true
    else if (args.is(i, 'NOW')) now = true
    else if (args.is(i, 'FORCE')) force = true
    else if (args.is(i, 'ABORT')) abort = true
    else throw SYNTAX
  }
  if (abort && args.count > 2) throw SYNTAX
  const { at } = client.server.features
  if (abort) {
    if (!at.abortShutdown.some(feature => feature.abortShutdown()))
      throw err('No shutdown in progress.')
    reply.ok()
    return
  }
  if (client.mayNotBlock)
    throw err('SHUTDOWN without NOW or ABORT is not allowed for DENY BLOCKING client')
  if (client.server.busy !== undefined && saves !== false) throw client.server.busy.answer
  if (!at.shutdown.some(feature => feature.shutdown({ save: saves, now, force }))) {
    throw err('Errors trying to SHUTDOWN. Check logs.')
  }
  client.closeAfterReply = true
  reply.rewind(reply.size)
}
