// From a request to its reply: find the command, admit it, then queue it or call it.
//
// refusal() is the list of every reason to refuse a command, in Redis's order, because clients can
// see the order: an unknown command is unknown also to those who have not logged in. Handlers
// check none of it.

import { check, type Denial, isUnrestricted } from '../acl/check.ts'
import { noPermission } from '../acl/explain.ts'
import type { LogContext } from '../acl/log.ts'
import type { User } from '../acl/user.ts'
import type { Args } from '../resp3/args.ts'
import {
  err,
  NOAUTH,
  NOT_IN_MULTI,
  OOM,
  ReplyError,
  replyError,
  WRONG_ARITY,
  wrongArity,
} from '../resp3/errors.ts'
import { upToNul } from '../util/bytes.ts'
import { isTooLarge } from '../util/limits.ts'
import type { Client } from './client.ts'
import { type Command, FLAG } from './command.ts'
import { keysOf, SentRequest } from './keys.ts'

/**
 * Runs or refuses one request. Exactly one reply follows: now or, if the command blocks, later.
 * Never throws: what cannot be answered any more ends the client.
 */
export function dispatch(client: Client, args: Args): void {
  const mark = client.reply.size
  try {
    serve(client, args, mark)
  } catch (error) {
    failed(client, error, mark)
  }
}

function serve(client: Client, args: Args, mark: number): void {
  const { server } = client
  if (isCrossProtocol(args)) {
    server.log.warning(
      'Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: ' +
        'commands to Redis. This is likely due to an attacker attempting to use Cross Protocol ' +
        `Scripting to compromise your Redis instance. Connection from ${client.peer} aborted.`,
    )
    server.disconnect(client)
    return
  }
  const command = findCommand(client, args)
  if (command !== undefined) client.lastCommand = command
  const { replyMode } = client
  if (replyMode === 'skip') client.replyMode = 'skipping'
  else if (replyMode === 'skipping') client.replyMode = 'on'
  if (server.clientEviction.isLimited) {
    server.clientEviction.measure(client)
    server.clientEviction.enforce()
    if (client.closed) return
  }
  const error = refusal(client, command, args)
  if (error !== undefined) reject(client, command, args, error)
  else if (isHeld(client, command!, args)) server.pause.postpone(client, args)
  else admit(client, command!, args)
  if (client.postponed === undefined) answered(client, command, mark)
  else client.replyMode = replyMode
  client.deliverPushes()
  if (server.blocking.hasReady) server.blocking.serve()
}

/** Queues or calls a request that nothing speaks against. */
function admit(client: Client, command: Command, args: Args): void {
  const struck = client.server.hooks.intercept?.(client, command, args) ?? false
  if (struck instanceof ReplyError) {
    reject(client, command, args, struck)
  } else if (struck) {
    // It is held back, or its connection is gone.
  } else if (client.transaction !== undefined && !runsInTransaction(command)) {
    // A transaction that is lost already needs no more words.
    if (!client.transaction.refused && !client.watchTouched) {
      client.transaction.push(command, args, flagsOf(client, command, args))
    }
    client.reply.simple('QUEUED')
  } else {
    call(client, command, args)
  }
}

/** After a request that was not postponed: its reply begins at the mark. */
function answered(client: Client, command: Command | undefined, mark: number): void {
  silence(client, command, mark)
  client.server.hooks.answered?.(client, mark)
  // CLIENT CACHING holds for the one command or transaction that follows it.
  if (client.tracking?.caching && client.transaction === undefined) {
    if (command?.name !== 'client|caching') client.tracking.caching = false
  }
}

/** Runs a blocked client's command again. Never throws. */
export function resume(client: Client, command: Command, args: Args): void {
  const mark = client.reply.size
  try {
    // Rights or memory may have gone in the meantime.
    const error = refusal(client, command, args)
    if (error !== undefined) reject(client, command, args, error)
    else if (isHeld(client, command, args)) client.server.pause.postpone(client, args)
    else call(client, command, args)
    silence(client, command, mark)
    client.server.hooks.answered?.(client, mark)
    client.deliverPushes()
  } catch (error) {
    failed(client, error, mark)
  }
}

/**
 * Something beside the handler has thrown. If that was no fault of ours, as with a word of a size
 * that nothing can be made of, it is the reply.
 */
function failed(client: Client, error: unknown, mark: number): void {
  if (!(error instanceof ReplyError) || client.reply.size !== mark) {
    client.server.broke(error, 'dispatch', client)
    return
  }
  if (client.transaction !== undefined) client.transaction.refused = true
  writeError(client, error)
  silence(client, undefined, mark)
}

function isHeld(client: Client, command: Command, args: Args): boolean {
  const { pause } = client.server
  return pause.isActive && pause.holds(client, flagsOf(client, command, args))
}

/** CLIENT REPLY OFF and SKIP. Subscriptions answer by messages, which are not silenced. */
function silence(client: Client, command: Command | undefined, mark: number): void {
  if (client.replyMode === 'on' || SUBSCRIBING.has(command?.name ?? '')) return
  client.reply.rewind(Math.min(mark, client.reply.size))
}

const SUBSCRIBING: ReadonlySet<string> = new Set([
  'subscribe',
  'ssubscribe',
  'unsubscribe',
  'sunsubscribe',
  'psubscribe',
  'punsubscribe',
])

function findCommand({ server }: Client, args: Args): Command | undefined {
  const command = server.table.find(args)
  if (command?.subcommands === undefined || args.count < 2) return command
  return command.subcommands.get(args.lower(1)) ?? command
}

// A browser that is made to talk to Redis sends these; the connection is cut, not answered.
function isCrossProtocol(args: Args): boolean {
  const first = args.bytes[args.marks[0]!]! | 32
  return (first === 112 && args.is(0, 'POST')) || (first === 104 && args.is(0, 'HOST:'))
}

const IN_TRANSACTION: ReadonlySet<string> = new Set([
  'exec',
  'discard',
  'multi',
  'watch',
  'quit',
  'reset',
])

function runsInTransaction(command: Command): boolean {
  return IN_TRANSACTION.has(command.name)
}

/** Why this request is refused, or undefined. The order is Redis's. */
function refusal(client: Client, command: Command | undefined, args: Args): ReplyError | undefined {
  const { server } = client
  if (command === undefined) return unknownCommand(args)
  if (command.subcommands !== undefined && args.count > 1) return unknownSubcommand(command, args)
  if (!hasArity(command, args)) return wrongArity(command.name)
  if ((command.flags & FLAG.protected) !== 0 && !server.allowsProtected(command, client)) {
    return protectedCommand(command)
  }
  if (!client.authenticated && server.needsAuth(client) && !command.needsNoAuth) return NOAUTH
  if (client.transaction !== undefined && (command.flags & FLAG.no_multi) !== 0) return NOT_IN_MULTI
  const denial = deniedBy(client.user, command, args)
  if (denial !== undefined) {
    logDenial(client, denial, client.transaction === undefined ? 'toplevel' : 'multi')
    return replyError(noPermission(client.user!.name, denial))
  }
  const routed = server.hooks.route?.(client, command, args)
  if (routed !== undefined) return routed
  const flags = flagsOf(client, command, args)
  if (server.memory.isLimited && !server.memory.makeRoom() && (flags & FLAG.denyoom) !== 0) {
    return OOM
  }
  if (overfillsHeap(client, command, args, flags)) return OOM
  if (server.tracking.clientCount > 0) server.tracking.limit()
  if (
    client.reply.resp === 2 &&
    client.hasSubscriptions &&
    !ALLOWED_WHILE_SUBSCRIBED.has(command.name)
  ) {
    return inSubscribedContext(command)
  }
  return server.stateRefusal(flags)
}

/**
 * Whether the runtime's heap has no room for what a request may make. Asked of each command, also
 * in a transaction or a script: there it is no matter of the order of reasons, but of surviving.
 */
export function overfillsHeap(
  client: Client,
  command: Command,
  args: Args,
  flags: number,
): boolean {
  if (grows(client, command, flags) && client.server.heap.refuses(args)) return true
  return command.collects && collectsTooMuch(client, command, args)
}

/** Whether data will be added, or words kept until EXEC. */
function grows({ transaction }: Client, command: Command, flags: number): boolean {
  if ((flags & FLAG.denyoom) !== 0) return true
  return transaction !== undefined && !runsInTransaction(command)
}

const FEW_ELEMENTS = 10_000
/** Of an element that is taken out; of one of a sorted set with its entry in a Map. */
const COLLECTED_BYTES = 60
const RANKED_BYTES = 200

/** Whether what is to be made of other values, or of several, has no room. */
function collectsTooMuch({ db, server }: Client, command: Command, args: Args): boolean {
  const elements = server.memory.elementsOf(db, keysOf(command, args))
  const bytes = command.group === 'sorted-set' ? RANKED_BYTES : COLLECTED_BYTES
  return elements > FEW_ELEMENTS && !server.heap.hasRoomFor(elements * bytes)
}

/** EXEC is all that it will run; a script may have declared what it does. */
function flagsOf({ server, transaction }: Client, command: Command, args: Args): number {
  if (command.name === 'exec') return (transaction?.flags ?? 0) | command.flags
  return command.findFlags?.(server, args) ?? command.flags
}

const ALLOWED_WHILE_SUBSCRIBED: ReadonlySet<string> = new Set([
  ...SUBSCRIBING,
  'ping',
  'quit',
  'reset',
])

function inSubscribedContext(command: Command): ReplyError {
  return err(
    `Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / ` +
      'RESET are allowed in this context',
  )
}

export function hasArity({ arity }: Command, args: Args): boolean {
  return arity >= 0 ? args.count === arity : args.count >= -arity
}

const ECHOED_MAX = 128

export function unknownCommand(args: Args): ReplyError {
  let echoed = ''
  for (let i = 1; i < args.count && echoed.length < ECHOED_MAX; i++) {
    echoed += `'${upToNul(args.textUpTo(i, ECHOED_MAX - echoed.length))}' `
  }
  const name = upToNul(args.textUpTo(0, ECHOED_MAX))
  return err(`unknown command '${name}', with args beginning with: ${echoed}`)
}

export function unknownSubcommand(command: Command, args: Args): ReplyError {
  const name = args.textUpTo(1, ECHOED_MAX)
  return err(`unknown subcommand '${name}'. Try ${command.name.toUpperCase()} HELP.`)
}

function protectedCommand(command: Command): ReplyError {
  const option = command.name === 'debug' ? 'enable-debug-command' : 'enable-module-command'
  return err(
    `${command.name.toUpperCase()} command not allowed. If the ${option} option is set to ` +
      '"local", you can run it from a local connection, otherwise you need to set this option ' +
      'in the configuration file, and then restart the server.',
  )
}

/** What the user's rules have against this request. */
export function deniedBy(user: User | undefined, command: Command, args: Args): Denial | undefined {
  if (user === undefined || isUnrestricted(user)) return undefined
  return check(user, new SentRequest(command, args))
}

export function logDenial(client: Client, denial: Denial, context: LogContext): void {
  const { server } = client
  server.aclLog.add(
    {
      reason: denial.reason,
      context,
      object: denial.object,
      username: client.user?.name ?? '',
      clientInfo: server.describeClient(client.scriptCaller ?? client),
    },
    server.clock.now(),
  )
}

/** Answers a refusal; while queueing, the transaction is lost. */
function reject(client: Client, command: Command | undefined, args: Args, error: ReplyError): void {
  const { server } = client
  server.hooks.refused?.(client, command, args, error)
  if (command !== undefined) server.stats.rejected[command.id]!++
  if (client.transaction !== undefined) client.transaction.refused = true
  if (command?.name === 'exec') server.abortTransaction(client, error)
  else writeError(client, error)
}

export function writeError(client: Client, error: ReplyError): void {
  client.server.stats.countError(error.code)
  client.reply.error(error.message)
}

/** Runs a command that was admitted. What its handler throws is its reply. */
export function call(client: Client, command: Command, args: Args): void {
  const { server, reply } = client
  const { runningClient, runningArgs } = server
  const startedAt = server.enter(client, args)
  const mark = reply.size
  let failed = false
  try {
    try {
      const run = server.hooks.instead?.(client, command, args) ?? command.run
      if (run === undefined) throw notWritten(command)
      run(client, args, reply)
    } catch (error) {
      failed = true
      reply.rewind(mark)
      writeError(client, asReplyError(error, client, command))
    }
    const durationMs = server.stop(startedAt)
    const isShown = (command.flags & (FLAG.skip_monitor | FLAG.admin)) === 0
    if (isShown && client.resumed === undefined) server.feedMonitors(client, args)
    if (client.blocked === undefined) server.called(client, command, args, durationMs, failed, mark)
  } finally {
    server.leave(runningClient, runningArgs)
  }
}

function notWritten(command: Command): ReplyError {
  return err(`command '${command.name}' is known to this server but not written yet`)
}

// Whatever is not meant for the client is a bug of ours: it is kept for close(), and the client
// gets one error for its one request, so that its replies stay in step.
function asReplyError(error: unknown, client: Client, command: Command): ReplyError {
  if (error === WRONG_ARITY) return wrongArity(command.name)
  if (error instanceof ReplyError) return error
  if (isTooLarge(error)) return OOM
  client.server.recordBug(error, command)
  return err('internal error')
}
