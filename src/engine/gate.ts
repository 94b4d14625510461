// Every reason to refuse a request, whoever asks: a client at the top level, EXEC for what was
// queued, a script for what it calls, ACL DRYRUN for what somebody might send. Each reason is said
// once; each of the four has a list of those that count for it, in Redis's order, because clients
// can see the order: an unknown command is unknown also to those who have not logged in. Handlers
// check none of it.
//
// To ask changes nothing (but for memory, which is freed where it is short): a refusal is written
// to ACL LOG by logRefusal(), when it is answered.

import { check, type Denial, isUnrestricted } from '../acl/check.ts'
import { dryrunText, execText, noPermission, scriptText } from '../acl/explain.ts'
import type { LogContext } from '../acl/log.ts'
import type { User } from '../acl/user.ts'
import type { Args } from '../resp3/args.ts'
import {
  err,
  LOADING,
  MASTERDOWN,
  MISCONF,
  NOAUTH,
  NOREPLICAS,
  NOT_IN_MULTI,
  OOM,
  READONLY,
  type ReplyError,
  replyError,
  wrongArity,
} from '../resp3/errors.ts'
import { lacksSubcommand } from '../table/catalogue.ts'
import { type Command, FLAG, hasArity } from '../table/command.ts'
import { placesOf, SentRequest } from '../table/keys.ts'
import { upToNul } from '../util/bytes.ts'
import type { Client } from './client.ts'
import type { SlotRun } from './cluster.ts'
import type { RedisServer } from './server.ts'

export interface Refusal {
  readonly error: ReplyError
  /** What the rules of its user have against it, and where it was met. */
  readonly denial?: Denial
  readonly context?: LogContext
  /** Another node of the cluster serves it, or none does. */
  readonly isElsewhere?: boolean
}

// ---- Who asks ----------------------------------------------------------------------------------

/** A request at the top level, also one that is going to be queued. */
export function refusalOf(client: Client, command: Command, args: Args): Refusal | undefined {
  const { server } = client
  if (command.subcommands !== undefined && lacksSubcommand(command, args)) {
    return unknownSubcommand(command, args)
  }
  if (!hasArity(command, args)) return { error: wrongArity(command.name) }
  if (client.isObeyed) return undefined
  if ((command.flags & FLAG.protected) !== 0 && !server.allowsProtected(command, client)) {
    return protectedCommand(command)
  }
  if (!client.authenticated && server.needsAuth(client) && !command.needsNoAuth) return NO_LOGIN
  const isQueueing = client.transaction !== undefined
  if (isQueueing && (command.flags & FLAG.no_multi) !== 0) return NO_MULTI
  const denial = deniedBy(client.user, command, args)
  if (denial !== undefined) {
    const error = replyError(noPermission(nameOf(client), denial))
    return { error, denial, context: isQueueing ? 'multi' : 'toplevel' }
  }
  const flags = flagsOf(client, command, args)
  if (server.cluster !== undefined) {
    const error = server.cluster.redirect(client, command, args, flags)
    if (error !== undefined) return { error, isElsewhere: true }
  }
  if (server.memory.isLimited && server.busy === undefined) {
    if (!server.memory.makeRoom() && (flags & FLAG.denyoom) !== 0) return NO_MEMORY
  }
  if (overfillsHeap(client, command, args, flags)) return NO_MEMORY
  if (server.tracking.clientCount > 0) server.tracking.limit()
  const refused = writeRefusal(server, flags, command)
  if (refused !== undefined) return refused
  if (
    client.reply.resp === 2 &&
    client.subscriptionCount > 0 &&
    (command.flags & FLAG.in_subscribe) === 0
  ) {
    return inSubscribedContext(command)
  }
  return (
    stateRefusal(server, flags) ?? busyRefusal(server, command) ?? replicaRefusal(client, flags)
  )
}

/** A request that was queued, when EXEC comes to it: rules may have changed since. */
export function refusalInExec(client: Client, command: Command, args: Args): Refusal | undefined {
  if (client.isObeyed) return undefined
  const denial = deniedBy(client.user, command, args)
  if (denial !== undefined) return { error: replyError(execText(denial)), denial, context: 'multi' }
  return overfillsHeap(client, command, args, command.flags) ? NO_MEMORY : undefined
}

/** What is known of a script that calls a command. */
export interface ScriptRun extends SlotRun {
  /** The client that it runs commands as. */
  readonly client: Client
  readonly isReadOnly: boolean
  readonly allowsOom: boolean
  /** There was no room for more when the script started. */
  readonly isOutOfMemory: boolean
  readonly hasWritten: boolean
}

/** A request of a script. */
export function refusalInScript(
  run: ScriptRun,
  command: Command | undefined,
  args: Args,
): Refusal | undefined {
  const { client, hasWritten } = run
  const { server } = client
  if (command === undefined) return UNKNOWN_IN_SCRIPT
  if (!hasArity(command, args)) return ARITY_IN_SCRIPT
  if ((command.flags & FLAG.noscript) !== 0 && !server.switches.ignoresNoscript) {
    return NOT_IN_SCRIPT
  }
  if (server.standing.isStale && (command.flags & FLAG.stale) === 0) return STALE_IN_SCRIPT
  const denial = deniedBy(client.user, command, args)
  if (denial !== undefined) {
    return { error: err(scriptText(nameOf(client), denial)), denial, context: 'lua' }
  }
  if (run.isReadOnly && (command.flags & (FLAG.write | FLAG.may_replicate)) !== 0) {
    return WRITE_IN_READ_ONLY_SCRIPT
  }
  if ((command.flags & FLAG.write) !== 0 && !hasWritten && !client.isObeyed) {
    const refusal = writeRefusal(server, command.flags)
    if (refusal !== undefined) return refusal
  }
  const isShort = run.isOutOfMemory && !run.allowsOom && !hasWritten
  if (isShort && (command.flags & FLAG.denyoom) !== 0) return NO_MEMORY
  if (overfillsHeap(client, command, args, command.flags)) return NO_MEMORY
  if (server.cluster === undefined || client.isObeyed) return undefined
  const error = server.cluster.redirectInScript(run, command, args)
  return error && { error }
}

/** What ACL DRYRUN is asked about: a sentence, as it is no error that the user may not. */
export function dryrunRefusal(user: User, command: Command, args: Args): string | undefined {
  if (!hasArity(command, args)) throw wrongArity(command.name)
  const denial = deniedBy(user, command, args)
  return denial && dryrunText(user.name, denial)
}

/** To be told when a refusal is answered. */
export function logRefusal(client: Client, { denial, context }: Refusal): void {
  if (denial === undefined || context === undefined) return
  const { server } = client
  server.aclLog.add(
    {
      reason: denial.reason,
      context,
      object: denial.object,
      username: nameOf(client),
      clientInfo: server.describeClient(client.scriptCaller ?? client),
    },
    server.clock.now(),
  )
}

// ---- The reasons -------------------------------------------------------------------------------

const NO_LOGIN: Refusal = { error: NOAUTH }
const NO_MULTI: Refusal = { error: NOT_IN_MULTI }
const NO_MEMORY: Refusal = { error: OOM }
const NO_REPLICAS: Refusal = { error: NOREPLICAS }
const LAST_SAVE_FAILED: Refusal = { error: MISCONF }
const IS_READ_ONLY: Refusal = { error: READONLY }
const MASTER_IS_DOWN: Refusal = { error: MASTERDOWN }
const REPLICA_ASKS: Refusal = { error: err("Replica can't interact with the keyspace") }
const IS_LOADING: Refusal = { error: LOADING }
const UNKNOWN_IN_SCRIPT: Refusal = { error: err('Unknown Redis command called from script') }
const ARITY_IN_SCRIPT: Refusal = {
  error: err('Wrong number of args calling Redis command from script'),
}
const NOT_IN_SCRIPT: Refusal = { error: err('This Redis command is not allowed from script') }
const STALE_IN_SCRIPT: Refusal = { error: err('Can not execute the command on a stale replica') }
const WRITE_IN_READ_ONLY_SCRIPT: Refusal = {
  error: err('Write commands are not allowed from read-only scripts.'),
}

/** Reasons that lie in the server's state, for which nothing may be written. */
export function writeRefusal(
  server: RedisServer,
  flags: number,
  command?: Command,
): Refusal | undefined {
  const writes = (flags & FLAG.write) !== 0
  const { persistence, standing } = server
  const { lastSaveFailed, appendOnly } = persistence
  // PING as well, so that whoever watches the server hears of it.
  if ((lastSaveFailed || appendOnly !== undefined) && (writes || command?.name === 'ping')) {
    const { settings } = server
    const stops = settings['stop-writes-on-bgsave-error'] && settings.save.length > 0
    if (lastSaveFailed && stops) return LAST_SAVE_FAILED
    const failure = appendOnly?.failure
    if (failure !== undefined) return { error: failure }
  }
  if (!writes) return undefined
  if (standing.lacksReplicas) return NO_REPLICAS
  return standing.isReadOnly ? IS_READ_ONLY : undefined
}

/** Those for which nothing may be done that does not say so. */
export function stateRefusal(server: RedisServer, flags: number): Refusal | undefined {
  if (server.standing.isStale && (flags & FLAG.stale) === 0) return MASTER_IS_DOWN
  const { loading } = server
  if (loading === undefined) return undefined
  const mayRun = loading.isAsync
    ? (flags & FLAG.no_async_loading) === 0
    : (flags & FLAG.loading) !== 0
  return mayRun ? undefined : IS_LOADING
}

const TOUCHES_KEYS = FLAG.write | FLAG.readonly | FLAG.may_replicate

/** Whoever follows the stream of all changes is not to make any, nor to ask for data. */
function replicaRefusal({ isReplica }: Client, flags: number): Refusal | undefined {
  return isReplica && (flags & TOUCHES_KEYS) !== 0 ? REPLICA_ASKS : undefined
}

/** Whether a script that runs for long leaves room for this command. */
function busyRefusal({ busy }: RedisServer, { flags }: Command): Refusal | undefined {
  if (busy === undefined || (flags & FLAG.allow_busy) !== 0) return undefined
  return { error: busy.answer }
}

/** What the user's rules have against a request. */
export function deniedBy(user: User | undefined, command: Command, args: Args): Denial | undefined {
  if (user === undefined || isUnrestricted(user)) return undefined
  return check(user, new SentRequest(command, args))
}

function nameOf({ user }: Client): string {
  return user?.name ?? ''
}

/** Commands with a FlagFinder. */
const VARYING = FLAG.runs_script | FLAG.runs_queue

/** What a request may do: EXEC is all that it will run; a script may have declared it. */
export function flagsOf(client: Client, command: Command, args: Args): number {
  const { flags } = command
  if ((flags & VARYING) === 0) return flags
  return client.server.commands.findFlags[command.id]?.(client, command, args) ?? flags
}

/**
 * Whether the runtime's heap has no room for what a request may make. Asked of each command, also
 * in a transaction or a script: there it is no matter of the order of reasons, but of surviving.
 */
function overfillsHeap(client: Client, command: Command, args: Args, flags: number): boolean {
  if (grows(client, command, flags) && client.server.heap.refuses(args)) return true
  return command.collects && collectsTooMuch(client, command, args)
}

/** Whether data will be added, or words kept until EXEC. */
function grows({ transaction }: Client, command: Command, flags: number): boolean {
  if ((flags & FLAG.denyoom) !== 0) return true
  return transaction !== undefined && (command.flags & FLAG.in_multi) === 0
}

const FEW_ELEMENTS = 10_000
/** Of an element that is taken out; of one of a sorted set with its entry in a Map. */
const COLLECTED_BYTES = 60
const RANKED_BYTES = 200

/** Whether what is to be made of other values, or of several, has no room. */
function collectsTooMuch({ db, server }: Client, command: Command, args: Args): boolean {
  const elements = server.memory.elementsOf(db, args, placesOf(command, args))
  const bytes = command.group === 'sorted-set' ? RANKED_BYTES : COLLECTED_BYTES
  return elements > FEW_ELEMENTS && !server.heap.hasRoomFor(elements * bytes)
}

function inSubscribedContext(command: Command): Refusal {
  return refusal(
    `Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / ` +
      'RESET are allowed in this context',
  )
}

const ECHOED_MAX = 128

export function unknownCommand(args: Args): Refusal {
  let echoed = ''
  for (let i = 1; i < args.count && echoed.length < ECHOED_MAX; i++) {
    echoed += `'${upToNul(args.textUpTo(i, ECHOED_MAX - echoed.length))}' `
  }
  const name = upToNul(args.textUpTo(0, ECHOED_MAX))
  return refusal(`unknown command '${name}', with args beginning with: ${echoed}`)
}

function unknownSubcommand(command: Command, args: Args): Refusal {
  const name = args.textUpTo(1, ECHOED_MAX)
  return refusal(`unknown subcommand '${name}'. Try ${command.name.toUpperCase()} HELP.`)
}

function protectedCommand({ name, parent, allowedBy }: Command): Refusal {
  const first = (parent?.name ?? name).toUpperCase()
  return refusal(
    `${first} command not allowed. If the ${allowedBy} option is set to ` +
      '"local", you can run it from a local connection, otherwise you need to set this option ' +
      'in the configuration file, and then restart the server.',
  )
}

function refusal(text: string): Refusal {
  return { error: err(text) }
}
