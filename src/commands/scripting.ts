// Scripts and functions: EVAL and its like, SCRIPT, FUNCTION, FCALL. The engine is made by the
// first of them that needs one; see scripting/.

import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import { help, subcommandSyntax } from '../host/help.ts'
import { dumpLibraries, readLibraries } from '../persistence/library-payload.ts'
import { roomOf } from '../persistence/room.ts'
import type { Args } from '../resp3/args.ts'
import { err, replyError } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { Libraries, type Library, type LibraryFunction } from '../scripting/libraries.ts'
import { Runner, type RunningFunction } from '../scripting/runner.ts'
import type { ScriptArguments, ScriptRequest } from '../scripting/script-request.ts'
import { Scripts } from '../scripting/scripts.ts'
import { commandFlags, declaredBy, flagNames } from '../scripting/shebang.ts'
import type { Command } from '../table/command.ts'
import { SCRIPTING } from '../table/families/scripting.ts'
import { invariant } from '../util/assert.ts'
import { lowerCase } from '../util/bytes.ts'
import { compile } from '../util/glob.ts'
import { parseInteger } from '../util/number.ts'

export const scripting = handlers(
  SCRIPTING,
  {
    eval: evalScript,
    eval_ro: evalRo,
    evalsha,
    evalsha_ro: evalshaRo,
    fcall,
    fcall_ro: fcallRo,
    'function|delete': functionDelete,
    'function|dump': functionDump,
    'function|flush': functionFlush,
    'function|help': functionHelp,
    'function|kill': functionKill,
    'function|list': functionList,
    'function|load': functionLoad,
    'function|restore': functionRestore,
    'function|stats': functionStats,
    'script|debug': scriptDebug,
    'script|exists': scriptExists,
    'script|flush': scriptFlush,
    'script|help': scriptHelp,
    'script|kill': scriptKill,
    'script|load': scriptLoad,
  },
  {
    eval: evalFlags,
    eval_ro: evalFlags,
    evalsha: evalshaFlags,
    evalsha_ro: evalshaFlags,
    fcall: fcallFlags,
    fcall_ro: fcallFlags,
  },
)

const NOSCRIPT = replyError('NOSCRIPT No matching script. Please use EVAL.')
const SHA_LENGTH = 40
const SHEBANG = 35

// ---- EVAL --------------------------------------------------------------------------------------

function evalScript(client: Client, args: Args, reply: ReplyWriter): void {
  client.server.monitors.show(client, args)
  const given = scriptArguments(args, args.integer(2))
  const scripts = client.server.feature(Scripts)
  scripts.run(requestOf(client, args), scripts.load(args.text(1), true), given, reply)
}

function evalRo(client: Client, args: Args, reply: ReplyWriter): void {
  evalScript(client, args, reply)
}

function evalsha(client: Client, args: Args, reply: ReplyWriter): void {
  client.server.monitors.show(client, args)
  if (args.length(1) !== SHA_LENGTH) throw NOSCRIPT
  const given = scriptArguments(args, args.integer(2))
  const scripts = client.server.feature(Scripts)
  scripts.run(requestOf(client, args), scripts.find(args.lower(1)), given, reply)
}

function evalshaRo(client: Client, args: Args, reply: ReplyWriter): void {
  evalsha(client, args, reply)
}

// ---- FCALL -------------------------------------------------------------------------------------

function fcall(client: Client, args: Args, reply: ReplyWriter): void {
  client.server.monitors.show(client, args)
  const libraries = client.server.feature(Libraries)
  const found = libraries.find(args.text(1))
  if (found === undefined) throw err('Function not found')
  const keyCount = parseInteger(args.text(2))
  if (keyCount === undefined) throw err('Bad number of keys provided')
  libraries.run(requestOf(client, args), found, scriptArguments(args, keyCount), reply)
}

function fcallRo(client: Client, args: Args, reply: ReplyWriter): void {
  fcall(client, args, reply)
}

// ---- FUNCTION ----------------------------------------------------------------------------------

function functionDelete(client: Client, args: Args, reply: ReplyWriter): void {
  client.server.feature(Libraries).delete(args.text(2))
  client.server.keyspace.changed()
  reply.ok()
}

function functionDump(client: Client, _args: Args, reply: ReplyWriter): void {
  const codes = [...client.server.feature(Libraries).all].map(({ code }) => code)
  const { settings, persistence } = client.server
  reply.bulkBytes(dumpLibraries(codes, settings.rdbcompression, persistence.rdbVersion))
}

function functionFlush(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 3) throw subcommandSyntax(args)
  const isAsync = flushMode(client, args, 'FUNCTION FLUSH only supports SYNC|ASYNC option')
  client.server.feature(Libraries).flush(isAsync)
  client.server.keyspace.changed()
  reply.ok()
}

function functionHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'LOAD [REPLACE] <FUNCTION CODE>',
    '    Load a library from its code.',
    'DELETE <LIBRARY NAME>',
    '    Delete a library and its functions.',
    'LIST [LIBRARYNAME PATTERN] [WITHCODE]',
    '    List the libraries with their functions, and with their code on request.',
    'STATS',
    '    Tell which function is running, and count libraries and functions.',
    'KILL',
    '    End the function that is running.',
    'FLUSH [ASYNC|SYNC]',
    '    Delete all libraries, at once or in the background.',
    'DUMP',
    '    Return all libraries as one payload for FUNCTION RESTORE.',
    'RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]',
    '    Load the libraries of a payload: instead of all others, beside them (the default), or',
    '    beside them but instead of those with the same names.',
  ])
}

function functionKill({ server }: Client, _args: Args, reply: ReplyWriter): void {
  server.feature(Runner).kill('function')
  reply.ok()
}

function functionList(client: Client, args: Args, reply: ReplyWriter): void {
  let withCode = false
  let pattern: string | undefined
  for (let i = 2; i < args.count; i++) {
    if (!withCode && args.is(i, 'WITHCODE')) withCode = true
    else if (pattern === undefined && args.is(i, 'LIBRARYNAME')) {
      if (++i >= args.count) throw err('library name argument was not given')
      pattern = args.text(i)
    } else throw err(`Unknown argument ${args.text(i)}`)
  }
  const matches = pattern === undefined ? () => true : compile(pattern, true)
  const libraries = [...client.server.feature(Libraries).all].filter(({ name }) => matches(name))
  reply.array(libraries.length)
  for (const library of libraries) describeLibrary(library, withCode, reply)
}

function describeLibrary(library: Library, withCode: boolean, reply: ReplyWriter): void {
  reply.map(withCode ? 4 : 3)
  reply.bulk('library_name')
  reply.bulk(library.name)
  reply.bulk('engine')
  reply.bulk('LUA')
  reply.bulk('functions')
  reply.array(library.functions.size)
  for (const each of library.functions.values()) describeFunction(each, reply)
  if (!withCode) return
  reply.bulk('library_code')
  reply.bulk(library.code)
}

function describeFunction(found: LibraryFunction, reply: ReplyWriter): void {
  reply.map(3)
  reply.bulk('name')
  reply.bulk(found.name)
  reply.bulk('description')
  reply.bulkOrNull(found.description)
  reply.bulk('flags')
  const flags = flagNames(found.flags)
  reply.set(flags.length)
  for (const flag of flags) reply.simple(flag)
}

function functionLoad(client: Client, args: Args, reply: ReplyWriter): void {
  let replace = false
  for (let i = 2; i < args.count - 1; i++) {
    if (!args.is(i, 'REPLACE')) throw err(`Unknown option given: ${args.text(i)}`)
    replace = true
  }
  const name = client.server.feature(Libraries).load(args.text(args.count - 1), replace)
  client.server.keyspace.changed()
  reply.bulk(name)
}

function functionRestore(client: Client, args: Args, reply: ReplyWriter): void {
  if (args.count > 4) throw subcommandSyntax(args)
  const policy = args.count === 4 ? lowerCase(args.text(3)) : 'append'
  if (policy !== 'append' && policy !== 'replace' && policy !== 'flush') {
    throw err('Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.')
  }
  const codes = readLibraries(
    args.slice(2),
    client.server.switches.skipsChecksums,
    roomOf(client.server),
  )
  client.server.feature(Libraries).restore(codes, policy)
  client.server.keyspace.changed()
  reply.ok()
}

function functionStats(client: Client, _args: Args, reply: ReplyWriter): void {
  const libraries = client.server.feature(Libraries)
  const running = client.server.feature(Runner).runningFunction
  reply.map(2)
  reply.bulk('running_script')
  if (running === undefined) reply.null()
  else describeRunning(running, reply)
  reply.bulk('engines')
  reply.map(1)
  reply.bulk('LUA')
  reply.map(2)
  reply.bulk('libraries_count')
  reply.integer(libraries.count)
  reply.bulk('functions_count')
  reply.integer(libraries.functionCount)
}

function describeRunning({ name, args, durationMs }: RunningFunction, reply: ReplyWriter): void {
  reply.map(3)
  reply.bulk('name')
  reply.bulk(name)
  reply.bulk('command')
  reply.array(args.count)
  for (const word of args.texts(0)) reply.bulk(word)
  reply.bulk('duration_ms')
  reply.integer(Math.floor(durationMs))
}

// ---- SCRIPT ------------------------------------------------------------------------------------

// There is no debugger: scripts run as they do without it.
function scriptDebug(_client: Client, args: Args, reply: ReplyWriter): void {
  if (!args.is(2, 'NO') && !args.is(2, 'YES') && !args.is(2, 'SYNC')) {
    throw err('Use SCRIPT DEBUG YES/SYNC/NO')
  }
  reply.ok()
}

function scriptExists(client: Client, args: Args, reply: ReplyWriter): void {
  const scripts = client.server.feature(Scripts)
  reply.array(args.count - 2)
  for (let i = 2; i < args.count; i++) reply.integer(scripts.has(args.text(i)) ? 1 : 0)
}

function scriptFlush(client: Client, args: Args, reply: ReplyWriter): void {
  const isAsync = flushMode(client, args, 'SCRIPT FLUSH only support SYNC|ASYNC option')
  client.server.feature(Scripts).flush(isAsync)
  reply.ok()
}

function scriptHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'DEBUG (YES|SYNC|NO)',
    '    Turn the debugger on or off for the scripts that follow.',
    'EXISTS <sha1> [<sha1> ...]',
    '    Tell which of these scripts are in the cache.',
    'FLUSH [ASYNC|SYNC]',
    '    Empty the cache of scripts, at once or in the background.',
    'KILL',
    '    End the script that is running.',
    'LOAD <script>',
    '    Put a script into the cache without running it.',
  ])
}

function scriptKill({ server }: Client, _args: Args, reply: ReplyWriter): void {
  server.feature(Runner).kill('script')
  reply.ok()
}

function scriptLoad(client: Client, args: Args, reply: ReplyWriter): void {
  reply.bulk(client.server.feature(Scripts).load(args.text(2), false).sha)
}

// ---- Helpers -----------------------------------------------------------------------------------

function scriptArguments(args: Args, keyCount: number): ScriptArguments {
  if (keyCount > args.count - 3) throw err("Number of keys can't be greater than number of args")
  if (keyCount < 0) throw err("Number of keys can't be negative")
  const words = args.texts(3)
  return { keys: words.slice(0, keyCount), args: words.slice(keyCount) }
}

/** In a transaction, the client's last command is EXEC. */
function requestOf(caller: Client, args: Args): ScriptRequest {
  const command = caller.server.table.find(args)
  invariant(command !== undefined, 'the command that is running')
  return { caller, command, args }
}

// The declared flags of a script decide whether it is a write and may run when memory is short.

function evalFlags(_client: Client, command: Command, args: Args): number | undefined {
  // Most scripts have no shebang: then nothing is declared, and the script need not be read.
  if (args.bytes[args.marks[2] ?? 0] !== SHEBANG) return undefined
  return flagsOf(command, declaredBy(args.text(1)))
}

function evalshaFlags({ server }: Client, command: Command, args: Args): number | undefined {
  return flagsOf(command, server.feature(Scripts).declaredBySha(args.lower(1)))
}

function fcallFlags({ server }: Client, command: Command, args: Args): number | undefined {
  return flagsOf(command, server.feature(Libraries).find(args.text(1))?.flags)
}

function flagsOf({ flags }: Command, declared: number | undefined): number | undefined {
  return declared === undefined ? undefined : commandFlags(flags, declared)
}

/** Whether a flush may take its time. */
function flushMode({ server }: Client, args: Args, message: string): boolean {
  if (args.count === 2) return server.settings['lazyfree-lazy-user-flush']
  if (args.count > 3 || (!args.is(2, 'SYNC') && !args.is(2, 'ASYNC'))) throw err(message)
  return args.is(2, 'ASYNC')
}
