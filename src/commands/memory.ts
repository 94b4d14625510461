// MEMORY: an honest estimate; V8's heap is not Redis's.

import type { Args } from '../resp3/args.ts'
import { SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family } from '../server/command.ts'
import { help } from '../server/help.ts'

export const memory = family('server', '', {
  memory: {
    arity: -2,
    since: '4.0.0',
    subcommands: {
      doctor: {
        arity: 2,
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '4.0.0',
        run: memoryDoctor,
      },
      help: { arity: 2, flags: 'loading stale', since: '4.0.0', run: memoryHelp },
      'malloc-stats': {
        arity: 2,
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '4.0.0',
        run: memoryMallocStats,
      },
      purge: {
        arity: 2,
        tips: 'request_policy:all_shards response_policy:all_succeeded',
        since: '4.0.0',
        run: memoryPurge,
      },
      stats: {
        arity: 2,
        tips: 'nondeterministic_output request_policy:all_shards response_policy:special',
        since: '4.0.0',
        run: memoryStats,
      },
      usage: { arity: -3, flags: 'readonly', keys: 'RO 2', since: '4.0.0', run: memoryUsage },
    },
  },
})

function memoryDoctor(_client: Client, _args: Args, reply: ReplyWriter): void {
  reply.verbatim('Memory is estimated here, so there is nothing to diagnose.\n')
}

function memoryMallocStats(_client: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulk('Stats not supported for the current allocator')
}

function memoryPurge(_client: Client, _args: Args, reply: ReplyWriter): void {
  reply.ok()
}

function memoryStats({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { memory, keyspace } = server
  const used = memory.usedBytes()
  const keys = keyspace.databases.reduce((sum, { size }) => sum + size, 0)
  const fields: readonly (readonly [string, number])[] = [
    ['peak.allocated', memory.peakBytes],
    ['total.allocated', used],
    ['startup.allocated', memory.overheadBytes],
    ['replication.backlog', 0],
    ['clients.slaves', 0],
    ['clients.normal', memory.clientBytes()],
    ['cluster.links', 0],
    ['aof.buffer', 0],
    ['lua.caches', 0],
    ['functions.caches', 0],
    ['overhead.total', memory.overheadBytes],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.floor((used - memory.overheadBytes) / keys)],
    ['dataset.bytes', used - memory.overheadBytes],
  ]
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    reply.integer(value)
  }
}

function memoryUsage({ server, db }: Client, args: Args, reply: ReplyWriter): void {
  for (let i = 3; i < args.count; i += 2) {
    if (!args.is(i, 'SAMPLES') || i + 1 >= args.count) throw SYNTAX
    args.integerBetween(i + 1, 0, Number.MAX_SAFE_INTEGER, SYNTAX)
  }
  const key = args.text(2)
  const value = db.peek(key)
  if (value === undefined) reply.null()
  else reply.integer(server.memory.usageOf(key, value))
}

function memoryHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'DOCTOR',
    '    Report on memory problems.',
    'MALLOC-STATS',
    '    Show statistics of the allocator.',
    'PURGE',
    '    Ask the allocator to give memory back.',
    'STATS',
    '    Show how much memory is used for what.',
    'USAGE <key> [SAMPLES <count>]',
    '    Estimate the bytes of a key and its value.',
  ])
}
