// Saving and stopping. What a save does is in persistence/saving.ts.

import type { Client } from '../engine/client.ts'
import type { Feature, ShutdownOptions } from '../engine/features.ts'
import { handlers } from '../engine/handlers.ts'
import * as aof from '../persistence/aof/append-only-files.ts'
import { BackgroundSaves } from '../persistence/background-save.ts'
import { save } from '../persistence/saving.ts'
import type { Args } from '../resp3/args.ts'
import { CANNOT_SHUT_DOWN, err, replyError, SYNTAX } from '../resp3/errors.ts'
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
  const { server, mayNotBlock } = client
  const state = server.mayAppend
    ? server.feature(aof.AppendOnlyFiles).rewriteSoon(mayNotBlock)
    : mayNotBlock
      ? 'scheduled'
      : 'started'
  reply.simple(`Background append only file rewriting ${state}`)
}

function bgsave(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 2 || (args.count === 2 && !args.is(1, 'SCHEDULE'))) throw SYNTAX
  const { server, mayNotBlock } = client
  const { child } = server.persistence
  const saves = server.feature(BackgroundSaves)
  if (child !== undefined && child.kind !== 'aof rewrite') throw ALREADY_SAVING
  const isInTransaction = mayNotBlock && client.scriptCaller === undefined
  if (child === undefined && !isInTransaction) {
    saves.start()
    reply.simple('Background saving started')
  } else if (isInTransaction || args.count === 2) {
    saves.schedule()
    reply.simple('Background saving scheduled')
  } else {
    throw OTHER_CHILD
  }
}

const ALREADY_SAVING = err('Background save already in progress')
const OTHER_CHILD = err(
  "Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order " +
    'to schedule a BGSAVE whenever possible.',
)

function lastsave({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(server.persistence.lastSaveSeconds)
}

function saveNow({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { persistence } = server
  const { child } = persistence
  if (child !== undefined && child.kind !== 'aof rewrite') throw ALREADY_SAVING
  persistence.saves++
  if (!save(server)) throw replyError('ERR')
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
  if (client.mayNotBlock && !now)
    throw err("SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client")
  if (client.server.busy !== undefined && saves !== false) throw client.server.busy.answer
  const outcome = askToEnd(at.shutdown, { save: saves, now, force })
  if (outcome === false) throw CANNOT_SHUT_DOWN
  if (outcome === 'waiting') {
    client.waitFor(args, { for: 'shutdown', timeoutMs: 0, onTimeout: () => {} })
    return
  }
  client.closeAfterReply = true
  reply.rewind(reply.size)
}

/** Of those who may end the process the first one does that can. */
function askToEnd(
  features: readonly Required<Pick<Feature, 'shutdown'>>[],
  options: ShutdownOptions,
): boolean | 'waiting' {
  for (const feature of features) {
    const outcome = feature.shutdown(options)
    if (outcome !== false) return outcome
  }
  return false
}
