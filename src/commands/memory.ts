// MEMORY: an honest estimate; V8's heap is not Redis's.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { help } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { MEMORY } from '../table/families/server.ts'

export const memory = handlers(MEMORY, {
  'memory|doctor': memoryDoctor,
  'memory|help': memoryHelp,
  'memory|malloc-stats': memoryMallocStats,
  'memory|purge': memoryPurge,
  'memory|stats': memoryStats,
  'memory|usage': memoryUsage,
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
  const startup = memory.overheadBytes
  const scripts = server.features.report()
  const tables = keyspace.databases.filter(db => db.size > 0).map(tablesOf)
  const slots = tables.reduce((sum, table) => sum + table.slotBytes, 0)
  const overhead = startup + memory.clientBytes() + slots
  const keys = keyspace.databases.reduce((sum, { size }) => sum + size, 0)
  const { rss } = process.memoryUsage()
  const fields: readonly Field[] = [
    ['peak.allocated', memory.peakBytes],
    ['total.allocated', used],
    ['startup.allocated', startup],
    ['replication.backlog', 0],
    ['clients.slaves', 0],
    ['clients.normal', memory.clientBytes()],
    ['cluster.links', server.cluster?.linkBytes ?? 0],
    ['aof.buffer', 0],
    ['lua.caches', scripts.scriptBytes],
    ['functions.caches', scripts.functionBytes],
    ...tables.map(({ index, main, expires }): Field => {
      return [
        `db.${index}`,
        { 'overhead.hashtable.main': main, 'overhead.hashtable.expires': expires },
      ]
    }),
    ['overhead.db.hashtable.lut', slots],
    ['overhead.db.hashtable.rehashing', 0],
    ['overhead.total', overhead],
    ['db.dict.rehashing.count', 0],
    ['keys.count', keys],
    ['keys.bytes-per-key', keys === 0 ? 0 : Math.floor((used - startup) / keys)],
    ['dataset.bytes', Math.max(0, used - overhead)],
    ['dataset.percentage', share(Math.max(0, used - overhead), used - startup)],
    ['peak.percentage', share(used, memory.peakBytes)],
    ['allocator.allocated', used],
    ['allocator.active', rss],
    ['allocator.resident', rss],
    ['allocator.muzzy', 0],
    ['allocator-fragmentation.ratio', { double: 1 }],
    ['allocator-fragmentation.bytes', 0],
    ['allocator-rss.ratio', { double: 1 }],
    ['allocator-rss.bytes', 0],
    ['rss-overhead.ratio', { double: 1 }],
    ['rss-overhead.bytes', 0],
    ['fragmentation', { double: rss / used }],
    ['fragmentation.bytes', rss - used],
  ]
  writeFields(reply, fields)
}

type Field = readonly [
  string,
  number | { readonly double: number } | Readonly<Record<string, number>>,
]

function writeFields(reply: ReplyWriter, fields: readonly Field[]): void {
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    if (typeof value === 'number') reply.integer(value)
    else if (typeof value.double === 'number') reply.double(value.double)
    else writeFields(reply, Object.entries(value))
  }
}

function share(part: number, whole: number): { readonly double: number } {
  return { double: whole === 0 ? 0 : (part * 100) / whole }
}

const SLOT_BYTES = 8
const ENTRY_BYTES = 24
const SLOTS_MIN = 4

/** What the tables of a database would take in Redis: an entry a key, in 2^n slots. */
function tablesOf({ index, size, volatileCount }: Database): {
  readonly index: number
  readonly main: number
  readonly expires: number
  readonly slotBytes: number
} {
  const mainSlots = slotsFor(size) * SLOT_BYTES
  const expirySlots = volatileCount === 0 ? 0 : slotsFor(volatileCount) * SLOT_BYTES
  return {
    index,
    main: size * ENTRY_BYTES + mainSlots,
    expires: volatileCount * ENTRY_BYTES + expirySlots,
    slotBytes: mainSlots + expirySlots,
  }
}

function slotsFor(entries: number): number {
  return Math.max(SLOTS_MIN, 2 ** Math.ceil(Math.log2(entries)))
}

function memoryUsage({ server, db }: Client, args: Args, reply: ReplyWriter): void {
  for (let i = 3; i < args.count; i += 2) {
    if (!args.is(i, 'SAMPLES') || i + 1 >= args.count) throw SYNTAX
    if (args.integer(i + 1) < 0) throw SYNTAX
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
