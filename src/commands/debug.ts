// DEBUG: what tests of servers and clients ask for. Off unless enable-debug-command says otherwise.

import type { Client } from '../engine/client.ts'
import { TARGET } from '../engine/effect.ts'
import { type Handler, handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import { StartError } from '../host/config/directives.ts'
import { rewriteConfigFile } from '../host/config/rewrite.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import { REPLY_PEAK_RESET_MS } from '../host/link-buffers.ts'
import * as aof from '../persistence/aof/append-only-files.ts'
import { digestOfKeyspace, digestOfValue } from '../persistence/digest.ts'
import { load, logFailure, reloadFromMemory } from '../persistence/loading.ts'
import { serializedLength } from '../persistence/save-value.ts'
import { saveForReload } from '../persistence/saving.ts'
import type { LoadOptions } from '../persistence/staged-snapshot.ts'
import type { Args } from '../resp3/args.ts'
import { err, MUST_BE_POSITIVE, NO_SUCH_KEY, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { ListValue } from '../store/list.ts'
import { StringValue } from '../store/string.ts'
import type { EncodingLimits } from '../store/value.ts'
import { DEBUG } from '../table/families/server.ts'
import { toText } from '../util/bytes.ts'
import { standStill } from '../util/clock.ts'
import * as inCluster from './debug-cluster.ts'

export const debug = handlers(DEBUG, {
  debug: runDebug,
})

interface Subcommand {
  /** Redis's convention, counted from DEBUG. */
  readonly arity: number
  readonly run: Handler
}

// DEBUG's subcommands are no commands of their own in Redis's table either: ACL sees one command.
const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map(
  Object.entries({
    'AOF-FLUSH-SLEEP': { arity: 3, run: aofFlushSleep },
    'CHANGE-REPL-ID': { arity: 2, run: changeReplId },
    'CONFIG-REWRITE-FORCE-ALL': { arity: 2, run: configRewriteForceAll },
    CLUSTERLINK: { arity: 5, run: (...call) => inCluster.killLink(...call) },
    DIGEST: { arity: 2, run: digest },
    'DIGEST-VALUE': { arity: -2, run: digestValue },
    'DICT-RESIZING': { arity: 3, run: done },
    'DROP-CLUSTER-PACKET-FILTER': { arity: 3, run: (...call) => inCluster.dropPackets(...call) },
    ERROR: { arity: 3, run: debugError },
    HELP: { arity: 2, run: debugHelp },
    HTSTATS: { arity: -3, run: htstats },
    'HTSTATS-KEY': { arity: -3, run: htstatsKey },
    JMAP: { arity: -2, run: done },
    LISTPACK: { arity: 3, run: debugListpack },
    LOADAOF: { arity: 2, run: loadAof },
    LOG: { arity: 3, run: debugLog },
    OBJECT: { arity: -3, run: debugObject },
    'PAUSE-CRON': { arity: 3, run: pauseCron },
    POPULATE: { arity: -3, run: populate },
    PROTOCOL: { arity: 3, run: protocol },
    QUICKLIST: { arity: -3, run: debugQuicklist },
    'QUICKLIST-PACKED-THRESHOLD': { arity: 3, run: done },
    RELOAD: { arity: -2, run: reload },
    REPLICATE: { arity: -3, run: replicate },
    REPLYBUFFER: { arity: 4, run: replyBuffer },
    'SET-ACTIVE-EXPIRE': { arity: 3, run: setActiveExpire },
    'SET-DISABLE-DENY-SCRIPTS': { arity: 3, run: setDisableDenyScripts },
    'SET-SKIP-CHECKSUM-VALIDATION': { arity: 3, run: setSkipChecksumValidation },
    SLEEP: { arity: 3, run: sleep },
    'STRINGMATCH-TEST': { arity: 2, run: done },
  } satisfies Record<string, Subcommand>),
)

function runDebug(client: Client, args: Args, reply: ReplyWriter): void {
  const subcommand = SUBCOMMANDS.get(args.option(1))
  if (subcommand === undefined) throw subcommandSyntax(args)
  const { arity, run } = subcommand
  if (arity >= 0 ? args.count !== arity : args.count < -arity) throw subcommandSyntax(args)
  run(client, args, reply)
}

/** Says any words to replicas, as if they had been done here. */
function replicate({ server }: Client, args: Args, reply: ReplyWriter): void {
  const words: Buffer[] = []
  for (let i = 2; i < args.count; i++) words.push(args.slice(i))
  server.effects.instead(words)
  server.effects.force(TARGET.replicas)
  reply.ok()
}

function changeReplId({ server }: Client, _args: Args, reply: ReplyWriter): void {
  server.log.notice('Changing replication IDs after receiving DEBUG change-repl-id')
  server.replication.changeId()
  reply.ok()
}

/** Things that only make sense inside Redis's C code: accepted, so that tests can go on. */
function done(_client: Client, _args: Args, reply: ReplyWriter): void {
  reply.ok()
}

function debugError(_client: Client, args: Args, _reply: ReplyWriter): void {
  throw replyError(args.text(2))
}

function debugLog({ server }: Client, args: Args, reply: ReplyWriter): void {
  server.log.warning(`DEBUG LOG: ${toText(args.text(2)).replace(/[\r\n]/g, ' ')}`)
  reply.ok()
}

// The whole process stands still, as Redis does: other servers in it as well.
function sleep(_client: Client, args: Args, reply: ReplyWriter): void {
  // As strtod() does: a text that is no number is none at all.
  const seconds = Number.parseFloat(args.text(2))
  if (seconds > 0) standStill(seconds * 1000)
  reply.ok()
}

function aofFlushSleep({ server }: Client, args: Args, reply: ReplyWriter): void {
  server.switches.aofFlushSleepMs = args.integer(2) / 1000
  reply.ok()
}

function setActiveExpire({ server }: Client, args: Args, reply: ReplyWriter): void {
  server.switches.activeExpiry = args.text(2) !== '0'
  reply.ok()
}

function pauseCron({ server }: Client, args: Args, reply: ReplyWriter): void {
  server.switches.cronPaused = args.text(2) !== '0'
  reply.ok()
}

function replyBuffer({ server }: Client, args: Args, reply: ReplyWriter): void {
  const { replyBuffers } = server
  if (args.is(2, 'RESIZING')) replyBuffers.resizing = args.integer(3) !== 0
  else if (!args.is(2, 'PEAK-RESET-TIME')) throw subcommandSyntax(args)
  else if (args.is(3, 'NEVER')) replyBuffers.peakResetMs = -1
  else if (args.is(3, 'RESET')) replyBuffers.peakResetMs = REPLY_PEAK_RESET_MS
  else replyBuffers.peakResetMs = args.integer(3)
  reply.ok()
}

function setDisableDenyScripts({ server }: Client, args: Args, reply: ReplyWriter): void {
  server.switches.ignoresNoscript = args.text(2) !== '0'
  reply.ok()
}

function setSkipChecksumValidation({ server }: Client, args: Args, reply: ReplyWriter): void {
  server.switches.skipsChecksums = args.text(2) !== '0'
  reply.ok()
}

function configRewriteForceAll({ server }: Client, _args: Args, reply: ReplyWriter): void {
  const { file } = server.config
  if (file === undefined) throw err('CONFIG-REWRITE-FORCE-ALL failed')
  rewriteConfigFile(server, file, true)
  reply.ok()
}

function populate({ db }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 5) throw subcommandSyntax(args)
  const positive = (i: number): number =>
    args.integerBetween(i, 0, Number.MAX_SAFE_INTEGER, MUST_BE_POSITIVE)
  const count = positive(2)
  const prefix = args.count > 3 ? args.text(3) : 'key'
  const size = args.count > 4 ? positive(4) : 0
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`
    if (db.has(key)) continue
    const text = `value:${i}`
    const value = size === 0 ? text : text.slice(0, size).padEnd(size, '\0')
    db.put(key, new StringValue(value))
    db.changed(key, undefined, 0)
  }
  reply.ok()
}

function digest({ server }: Client, _args: Args, reply: ReplyWriter): void {
  reply.simple(digestOfKeyspace(server.keyspace))
}

function digestValue({ db }: Client, args: Args, reply: ReplyWriter): void {
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) reply.simple(digestOfValue(db.stored(args.text(i))))
}

/** Saves everything and loads it again: what is left is what a restart would leave. */
function reload({ server }: Client, args: Args, reply: ReplyWriter): void {
  let merges = false
  let flushes = true
  let saves = true
  for (let i = 2; i < args.count; i++) {
    if (args.is(i, 'MERGE')) merges = true
    else if (args.is(i, 'NOFLUSH')) flushes = false
    else if (args.is(i, 'NOSAVE')) saves = false
    else throw err('DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.')
  }
  if (saves && !saveForReload(server)) throw replyError('ERR')
  if (!loads(server, { flushes, merges })) {
    throw err('Error trying to load the RDB dump, check server logs.')
  }
  server.log.notice('DB reloaded by DEBUG RELOAD')
  reply.ok()
}

function loads(server: RedisServer, options: LoadOptions): boolean {
  try {
    return load(server, options)
  } catch (error) {
    if (!logFailure(server, error)) throw error
    return false
  }
}

/** Where nothing is kept, a file would leave what RELOAD leaves. */
function loadAof({ server }: Client, _args: Args, reply: ReplyWriter): void {
  if (server.mayAppend) reloadAppendOnly(server)
  else reloadFromMemory(server)
  server.keyspace.saved()
  server.log.notice('Append Only File loaded by DEBUG LOADAOF')
  reply.ok()
}

function reloadAppendOnly(server: RedisServer): void {
  server.effects.drop()
  try {
    server.feature(aof.AppendOnlyFiles).reload()
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    for (const line of error.lines) server.log.warning(line)
    throw err('Error trying to load the AOF files, check server logs.')
  }
}

function debugObject({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  const value = db.stored(args.text(2))
  if (value === undefined) throw NO_SUCH_KEY
  const { limits } = server.keyspace
  const idle = server.keyspace.nowSeconds - value.usedAt
  const size = serializedLength(value, server.settings.rdbcompression)
  const isQuicklist = value instanceof ListValue && value.encoding === 'quicklist'
  reply.simple(
    `Value at:0x7f0000000000 refcount:1 encoding:${value.encoding} serializedlength:${size} ` +
      `lru:${value.usedAt & 0xffffff} lru_seconds_idle:${idle}` +
      (isQuicklist ? quicklistFields(value, limits) : ''),
  )
}

function quicklistFields(list: ListValue, limits: EncodingLimits): string {
  const { listMaxListpackSize: fill, listCompressDepth: depth } = limits
  let bytes = 0
  for (const node of list.nodes()) bytes += node.bytes
  return (
    ` ql_nodes:${list.nodeCount} ql_avg_node:${(list.size / list.nodeCount).toFixed(2)}` +
    ` ql_listpack_max:${fill} ql_compressed:${depth === 0 ? 0 : 1} ql_uncompressed_size:${bytes}`
  )
}

// Redis prints these to its standard output, where nobody reads them; here they go to the log.

function debugListpack({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.peek(args.text(2))
  if (value === undefined) throw NO_SUCH_KEY
  if (value.encoding !== 'listpack' && value.encoding !== 'listpackex') {
    throw err('Not a listpack encoded object.')
  }
  server.log.debug(`DEBUG LISTPACK: ${value.size} elements of a ${value.type}`)
  reply.simple('Listpack structure printed on stdout')
}

function debugQuicklist({ db, server }: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 4) throw subcommandSyntax(args)
  const value = db.peek(args.text(2))
  if (value === undefined) throw NO_SUCH_KEY
  if (!(value instanceof ListValue) || value.encoding !== 'quicklist') {
    throw err('Not a quicklist encoded object.')
  }
  server.log.debug(`DEBUG QUICKLIST: ${value.size} elements`)
  reply.simple('Quicklist structure printed on stdout')
}

function htstats({ server }: Client, args: Args, reply: ReplyWriter): void {
  const index = args.integer(2)
  const db = server.keyspace.get(index)
  if (db === undefined) throw err('Out of range database')
  const table = (title: string, size: number): string =>
    `[${title}]\nHash table 0 stats (main hash table):\n table size: ${tableSize(size)}\n` +
    ` number of elements: ${size}\n`
  reply.verbatim(table('Dictionary HT', db.size) + table('Expires HT', db.volatileCount))
}

function htstatsKey({ db }: Client, args: Args, reply: ReplyWriter): void {
  const value = db.peek(args.text(2))
  if (value === undefined) throw NO_SUCH_KEY
  if (value.encoding !== 'hashtable' && value.encoding !== 'skiplist') {
    throw err('The value stored at the specified key is not represented using an hash table')
  }
  reply.verbatim(
    `Hash table 0 stats (main hash table):\n table size: ${tableSize(value.size)}\n` +
      ` number of elements: ${value.size}\n`,
  )
}

function tableSize(elements: number): number {
  let size = 4
  while (size < elements) size *= 2
  return size
}

const PROTOCOL_SAMPLES: ReadonlyMap<string, (reply: ReplyWriter) => void> = new Map(
  Object.entries({
    string: (reply: ReplyWriter) => reply.bulk('Hello World'),
    integer: (reply: ReplyWriter) => reply.integer(12345),
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: Redis sends this number.
    double: (reply: ReplyWriter) => reply.double(3.141),
    null: (reply: ReplyWriter) => reply.null(),
    array(reply: ReplyWriter) {
      reply.array(3)
      for (let i = 0; i < 3; i++) reply.integer(i)
    },
    set(reply: ReplyWriter) {
      reply.set(3)
      for (let i = 0; i < 3; i++) reply.integer(i)
    },
    map(reply: ReplyWriter) {
      reply.map(3)
      for (let i = 0; i < 3; i++) {
        reply.integer(i)
        reply.boolean(i === 1)
      }
    },
    attrib(reply: ReplyWriter) {
      if (reply.resp === 3) {
        reply.attribute(1)
        reply.bulk('key-popularity')
        reply.array(2)
        reply.bulk('key:123')
        reply.integer(90)
      }
      reply.bulk('Some real reply following the attribute')
    },
    push(reply: ReplyWriter) {
      if (reply.resp === 2) throw err('RESP2 is not supported by this command')
      reply.bulk('Some real reply following the push reply')
    },
    true: (reply: ReplyWriter) => reply.boolean(true),
    false: (reply: ReplyWriter) => reply.boolean(false),
    verbatim: (reply: ReplyWriter) => reply.verbatim('This is a verbatim\nstring'),
    bignum: (reply: ReplyWriter) => reply.bigNumber('1234567999999999999999999999999999999'),
  }),
)

function protocol(client: Client, args: Args, reply: ReplyWriter): void {
  const sample = PROTOCOL_SAMPLES.get(args.lower(2))
  if (sample === undefined) {
    throw err(
      'Wrong protocol type name. Please use one of the following: ' +
        'string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
    )
  }
  sample(reply)
  // A push is no reply, so it comes beside one.
  if (args.is(2, 'PUSH')) {
    client.push(late => {
      late.push(2)
      late.bulk('server-cpu-usage')
      late.integer(42)
    })
  }
}

function debugHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'ERROR <string>',
    '    Answer with an error.',
    'HTSTATS <dbid> [full]',
    '    Show the size of a database.',
    'HTSTATS-KEY <key> [full]',
    '    Show the size of a value.',
    'LOG <message>',
    '    Write a line to the log.',
    'DROP-CLUSTER-PACKET-FILTER <packet-type>',
    '    Lose all packets of a type on the bus of a cluster; -1 for none.',
    'OBJECT <key>',
    '    Show how a value is kept.',
    'POPULATE <count> [<prefix>] [<size>]',
    '    Create string keys.',
    'PROTOCOL <type>',
    '    Answer with a sample of a reply type.',
    'DIGEST',
    '    Show a fingerprint of all data.',
    'DIGEST-VALUE <key> [<key> ...]',
    '    Show the fingerprints of values.',
    'LISTPACK <key>',
    '    Log how a small collection is kept.',
    'LOADAOF',
    '    Load all data again.',
    'QUICKLIST <key> [<0|1>]',
    '    Log how a long list is kept.',
    'RELOAD [option ...]',
    '    Save all data and load it again. Options: MERGE, NOFLUSH, NOSAVE.',
    'SET-SKIP-CHECKSUM-VALIDATION <0|1>',
    '    Take payloads and files whatever their checksum.',
    'SET-ACTIVE-EXPIRE <0|1>',
    '    Turn the active expiry of keys off or on.',
    'SLEEP <seconds>',
    '    Stop the server for a time.',
  ])
}
