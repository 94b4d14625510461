// From a request to its reply: find the command, ask the gate, then queue it or call it.

import type { Args } from '../resp3/args.ts'
import { err, OOM, ReplyError, WRONG_ARITY, wrongArity } from '../resp3/errors.ts'
import { type Command, FLAG } from '../table/command.ts'
import { isTooLarge } from '../util/limits.ts'
import { traceOf } from '../util/trace.ts'
import type { Client } from './client.ts'
import { flagsOf, logRefusal, type Refusal, refusalOf, unknownCommand } from './gate.ts'
import type { Handler } from './handlers.ts'

const turns = traceOf('turn')
const isTraced = turns.isOn
const gate = traceOf('gate')

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

// Hot: what hardly ever happens is called from here and stands below.
function serve(client: Client, args: Args, mark: number): void {
  const { server } = client
  if (isCrossProtocol(args)) {
    cutCrossProtocol(client)
    return
  }
  const command = server.table.find(args)
  client.lastCommand = command
  const { replyMode } = client
  if (replyMode === 'skip') client.replyMode = 'skipping'
  else if (replyMode === 'skipping') client.replyMode = 'on'
  if (server.clientEviction.isLimited) {
    server.clientEviction.measure(client)
    server.clientEviction.enforce()
    if (client.closed) return
  }
  if (command === undefined) {
    reject(client, command, args, unknownCommand(args))
  } else {
    const refusal = refusalOf(client, command, args)
    if (refusal !== undefined) reject(client, command, args, refusal)
    else if (!server.pause.isActive || !postpones(client, command, args)) {
      queueOrCall(client, command, args)
    }
  }
  if (client.postponed === undefined) answered(client, command, mark)
  else client.replyMode = replyMode
  client.deliverPushes()
  if (server.blocking.hasReady) server.blocking.serve()
}

/** Whether the pause that is on holds a request back, which runs when that is over. */
function postpones(client: Client, command: Command, args: Args): boolean {
  const { pause } = client.server
  if (!pause.holds(client, flagsOf(client, command, args))) return false
  pause.postpone(client, args)
  return true
}

/** Queues or calls a request that nothing speaks against. */
function queueOrCall(client: Client, command: Command, args: Args): void {
  if (client.server.features.at.arrived.length > 0 && strikes(client, command, args)) return
  if (client.transaction !== undefined && (command.flags & FLAG.in_multi) === 0) {
    // A transaction that is lost already needs no more words.
    if (!client.transaction.refused && !client.watchTouched) {
      client.transaction.push(command, args, flagsOf(client, command, args))
    }
    client.reply.simple('QUEUED')
  } else {
    call(client, command, args)
  }
}

/** Whether a feature keeps an admitted request from going on. */
function strikes(client: Client, command: Command, args: Args): boolean {
  for (const feature of client.server.features.at.arrived) {
    const struck = feature.arrived(client, command, args)
    if (struck === undefined) continue
    if (struck !== 'held') reject(client, command, args, { error: struck })
    return true
  }
  return false
}

/** After a request that was not postponed: its reply begins at the mark. */
function answered(client: Client, command: Command | undefined, mark: number): void {
  if (client.replyMode !== 'on') silence(client, command, mark)
  if (client.server.features.at.answered.length > 0) tellAnswered(client, mark)
  // CLIENT CACHING holds for the one command or transaction that follows it; CLIENT is none.
  if (client.tracking?.caching && client.transaction === undefined) {
    if (command?.parent?.name !== 'client') client.tracking.caching = false
  }
}

/** Runs a blocked client's command again. Never throws. */
export function resume(client: Client, command: Command, args: Args): void {
  const mark = client.reply.size
  try {
    // Rights or memory may have gone in the meantime.
    const refusal = refusalOf(client, command, args)
    if (refusal !== undefined) reject(client, command, args, refusal)
    else if (!client.server.pause.isActive || !postpones(client, command, args)) {
      call(client, command, args)
    }
    answered(client, command, mark)
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

function tellAnswered(client: Client, mark: number): void {
  for (const feature of client.server.features.at.answered) feature.answered(client, mark)
}

/** CLIENT REPLY OFF and SKIP. Subscriptions answer by messages, which are not silenced. */
function silence(client: Client, command: Command | undefined, mark: number): void {
  if (client.replyMode === 'on' || command?.has('subscribes')) return
  client.reply.rewind(Math.min(mark, client.reply.size))
}

// A browser that is made to talk to Redis sends these; the connection is cut, not answered.
function isCrossProtocol(args: Args): boolean {
  const first = args.bytes[args.marks[0]!]! | 32
  return (first === 112 && args.is(0, 'POST')) || (first === 104 && args.is(0, 'HOST:'))
}

function cutCrossProtocol(client: Client): void {
  client.server.log.warning(
    'Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: ' +
      'commands to Redis. This is likely due to an attacker attempting to use Cross Protocol ' +
      `Scripting to compromise your Redis instance. Connection from ${client.peer} aborted.`,
  )
  client.server.disconnect(client)
}

/** Answers a refusal; while queueing, the transaction is lost. */
function reject(client: Client, command: Command | undefined, args: Args, refusal: Refusal): void {
  const { server } = client
  const { error } = refusal
  if (gate.isOn) gate.say(`#${client.id} ${command?.name ?? 'unknown'}: ${error.code}`)
  logRefusal(client, refusal)
  for (const feature of server.features.at.refused) feature.refused(client, command, args, error)
  if (command !== undefined) server.stats.rejected[command.id]!++
  if (client.transaction !== undefined) client.transaction.refused = true
  if (command === undefined || (command.flags & FLAG.runs_queue) === 0) {
    writeError(client, error)
  } else if (refusal.isElsewhere) {
    client.endTransaction()
    writeError(client, error)
  } else {
    abortTransaction(client, error)
  }
}

/** EXEC itself was refused: the transaction is gone, and the reply says why. */
function abortTransaction(client: Client, error: ReplyError): void {
  client.endTransaction()
  const reason = error.message.startsWith('ERR ') ? error.message.slice(4) : error.message
  client.server.stats.countError('EXECABORT')
  client.reply.error(`EXECABORT Transaction discarded because of: ${reason}`)
}

export function writeError(client: Client, error: ReplyError): void {
  if (client.isMaster || client.isReplica) logDivergence(client, error)
  client.server.stats.countError(error.code)
  client.reply.error(error.message)
}

/** What one of two nodes could do, and the other cannot: they may not have the same data. */
function logDivergence({ server, lastCommand, isMaster }: Client, error: ReplyError): void {
  const [own, peer] = isMaster ? ['replica', 'master'] : ['master', 'replica']
  server.log.warning(
    `== CRITICAL == This ${own} is sending an error to its ${peer}: '${error.message}' after ` +
      `processing the command '${lastCommand?.name ?? '<unknown>'}'`,
  )
}

/** Runs a command that was admitted. What its handler throws is its reply. */
export function call(client: Client, command: Command, args: Args): void {
  const { server, reply } = client
  const { turn } = server
  const { client: outerClient, args: outerArgs } = turn
  const { changes } = server.keyspace
  const startedAt = turn.enter(client, args)
  const mark = reply.size
  let failed = false
  try {
    try {
      let handler = server.handlers[command.id]!
      if (server.features.at.instead.length > 0) handler = instead(client, command, args) ?? handler
      handler(client, args, reply)
    } catch (error) {
      failed = true
      answerThrown(client, command, mark, error)
    }
    const durationMs = turn.stop(startedAt)
    if (isTraced) turns.say(`#${client.id} ${command.name}: ${durationMs.toFixed(3)} ms`)
    const isShown = (command.flags & (FLAG.skip_monitor | FLAG.admin)) === 0
    if (isShown && server.monitors.areOn && client.resumed === undefined)
      server.monitors.show(client, args)
    if (client.blocked === undefined) server.called(client, command, args, durationMs, failed, mark)
  } finally {
    turn.leave(outerClient, outerArgs)
    if (server.effects.isHeard) server.effects.called(client, args, changes)
  }
}

/**
 * Goes on with a command that runs in pieces, while its client waits. A step says whether it was
 * the last, or throws the reply. Then the command is done, after so many milliseconds in all.
 */
export function goOn(
  client: Client,
  command: Command,
  args: Args,
  step: () => boolean,
  duration: () => number,
): void {
  const { server, reply } = client
  const { changes } = server.keyspace
  const mark = reply.size
  let isDone = true
  let failed = false
  server.turn.enter(client, args)
  try {
    isDone = step()
  } catch (error) {
    failed = true
    answerThrown(client, command, mark, error)
  } finally {
    server.turn.leave(undefined, undefined)
  }
  if (isDone) {
    if (server.effects.isHeard) server.effects.called(client, args, changes)
    server.called(client, command, args, duration(), failed, mark)
    answered(client, command, mark)
    client.deliverPushes()
    server.blocking.ended(client)
    if (server.blocking.hasReady) server.blocking.serve()
  }
  server.endTurn()
}

/** What a handler has thrown is its reply, and nothing else is. */
function answerThrown(client: Client, command: Command, mark: number, error: unknown): void {
  client.reply.rewind(mark)
  writeError(client, asReplyError(error, client, command))
}

/** What a feature has in the place of a command. */
function instead(client: Client, command: Command, args: Args): Handler | undefined {
  for (const feature of client.server.features.at.instead) {
    const handler = feature.instead(client, command, args)
    if (handler !== undefined) return handler
  }
  return undefined
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
