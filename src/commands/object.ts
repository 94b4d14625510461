// OBJECT: what is behind a key. Nothing here counts as an access to it.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import { help } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { StringValue } from '../store/string.ts'
import type { Value } from '../store/value.ts'
import { OBJECT } from '../table/families/generic.ts'

export const object = handlers(OBJECT, {
  'object|encoding': objectEncoding,
  'object|freq': objectFreq,
  'object|help': objectHelp,
  'object|idletime': objectIdletime,
  'object|refcount': objectRefcount,
})

function objectEncoding({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.bulkOrNull(db.inspect(args.text(2), false)?.encoding)
}

function objectFreq({ db }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.inspect(args.text(2), false)
  if (value === undefined) {
    reply.null()
    return
  }
  if (!db.keyspace.countsFrequency) {
    throw err(`An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING}`)
  }
  reply.integer(db.keyspace.decayedFrequency(value))
}

function objectHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'ENCODING <key>',
    '    Tell how the value of a <key> is represented inside the server.',
    'FREQ <key>',
    '    Tell how often a <key> was used lately, as a logarithmic counter. It is kept',
    '    only under an LFU maxmemory policy.',
    'IDLETIME <key>',
    '    Tell for how many seconds a <key> has been neither read nor written. It is',
    '    kept under every maxmemory policy but LFU.',
    'REFCOUNT <key>',
    '    Tell how many references there are to the value of a <key>.',
  ])
}

function objectIdletime({ db }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.inspect(args.text(2), false)
  if (value === undefined) {
    reply.null()
    return
  }
  if (db.keyspace.countsFrequency) {
    throw err(`An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING}`)
  }
  // Redis keeps the time of an access in whole seconds.
  reply.integer(db.keyspace.nowSeconds - value.usedAt)
}

function objectRefcount({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.inspect(args.text(2), false)
  if (value === undefined) reply.null()
  else reply.integer(isShared(server, value) ? SHARED_REFERENCES : 1)
}

const SWITCHING =
  'Please note that when switching between policies at runtime LRU and LFU data will take some ' +
  'time to adjust.'

const SHARED_REFERENCES = 2 ** 31 - 1

/** Small integers are shared by all keys, unless each key needs access statistics of its own. */
function isShared({ settings }: RedisServer, value: Value): boolean {
  const policy = settings['maxmemory-policy']
  const needsOwn = settings.maxmemory > 0 && (policy.endsWith('lru') || policy.endsWith('lfu'))
  return !needsOwn && value instanceof StringValue && value.isShared
}
