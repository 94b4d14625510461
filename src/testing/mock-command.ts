// MOCK: what RedisControl gives to tests in the same process, for tests in any language through
// their own client. There is no such command in Redis, so a server knows it only where it was asked
// for; ACL counts it as @admin and @dangerous.

import { HANDLERS } from '../commands/index.ts'
import type { Client } from '../engine/client.ts'
import { Commands, handlers } from '../engine/handlers.ts'
import type { RedisServer } from '../engine/server.ts'
import { help } from '../host/help.ts'
import type { Args } from '../resp3/args.ts'
import { err, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { CommandCatalogue } from '../table/catalogue.ts'
import { FAMILIES } from '../table/redis.ts'
import { family } from '../table/row.ts'
import { fromText, toText } from '../util/bytes.ts'
import type { RedisControl } from './control.ts'
import type { FaultEffect, FaultOptions } from './faults.ts'
import { lineOf } from './recorded-call.ts'
import type { ReplicationLink } from './replication/replicated.ts'
import type { ServerState } from './state.ts'

const ROW = { flags: 'admin noscript loading stale', since: '7.4.0' } as const

const MOCK = family('server', '', {
  mock: {
    arity: -2,
    flags: '',
    since: '7.4.0',
    subcommands: {
      advance: { ...ROW, arity: 3 },
      calls: { ...ROW, arity: -2 },
      dump: { ...ROW, arity: 2 },
      fault: { ...ROW, arity: -4 },
      freeze: { ...ROW, arity: -2 },
      help: { ...ROW, arity: 2 },
      link: { ...ROW, arity: -4 },
      promote: { ...ROW, arity: 3 },
      'clear-calls': { ...ROW, arity: 2 },
      'clear-faults': { ...ROW, arity: 2 },
      reset: { ...ROW, arity: 2 },
      restore: { ...ROW, arity: 3 },
      resume: { ...ROW, arity: 2 },
      snapshot: { ...ROW, arity: 3 },
      time: { ...ROW, arity: 2 },
    },
  },
})

const MOCK_HANDLERS = handlers(MOCK, {
  'mock|advance': advance,
  'mock|calls': calls,
  'mock|dump': dump,
  'mock|fault': fault,
  'mock|freeze': freeze,
  'mock|help': mockHelp,
  'mock|link': link,
  'mock|promote': promote,
  'mock|clear-calls': clearCalls,
  'mock|clear-faults': clearFaults,
  'mock|reset': reset,
  'mock|restore': restore,
  'mock|resume': resume,
  'mock|snapshot': snapshot,
  'mock|time': time,
})

/** Redis's commands and MOCK. */
export function mockCommands(): Commands {
  return new Commands(new CommandCatalogue([...FAMILIES, MOCK]), [...HANDLERS, MOCK_HANDLERS])
}

/** What is asked of a set of nodes. */
interface SteeredNodes {
  readonly links: readonly ReplicationLink[]
  readonly all: readonly { readonly server: RedisServer }[]
  lead(replica: number): void
}

/** Who steers a server, and the states that were named. */
class Steering {
  control: RedisControl | undefined
  /** The nodes that it is one of, if there are others. */
  nodes: SteeredNodes | undefined
  readonly states = new Map<string, ServerState>()
  readonly #server: RedisServer

  constructor(server: RedisServer) {
    this.#server = server
  }

  get required(): RedisControl {
    if (this.control === undefined) throw err('MOCK is not enabled on this server')
    this.#server.keyspace.tick()
    return this.control
  }
}

/** Lets MOCK steer a server whose table has it. */
export function enableMock(server: RedisServer, control: RedisControl): void {
  server.feature(Steering).control = control
}

/** Lets MOCK steer the set as well that a server belongs to. */
export function steerSet(server: RedisServer, nodes: SteeredNodes): void {
  server.feature(Steering).nodes = nodes
}

function nodesOf({ server }: Client): SteeredNodes {
  const { nodes } = server.feature(Steering)
  if (nodes === undefined) throw err('this server has no replicas of its own')
  return nodes
}

function controlOf({ server }: Client): RedisControl {
  return server.feature(Steering).required
}

function advance(client: Client, args: Args, reply: ReplyWriter): void {
  attempt(() => controlOf(client).clock.advance(durationAt(args, 2)))
  reply.integer(Math.floor(controlOf(client).clock.now()))
}

function freeze(client: Client, args: Args, reply: ReplyWriter): void {
  const { clock } = controlOf(client)
  attempt(() => clock.freeze(args.count > 2 ? momentAt(args, 2) : undefined))
  reply.integer(Math.floor(clock.now()))
}

function resume(client: Client, _args: Args, reply: ReplyWriter): void {
  controlOf(client).clock.resume()
  reply.ok()
}

function time(client: Client, _args: Args, reply: ReplyWriter): void {
  reply.integer(Math.floor(controlOf(client).clock.now()))
}

function dump(client: Client, _args: Args, reply: ReplyWriter): void {
  reply.bulk(fromText(controlOf(client).dump()))
}

function reset(client: Client, _args: Args, reply: ReplyWriter): void {
  controlOf(client).reset()
  reply.ok()
}

function snapshot(client: Client, args: Args, reply: ReplyWriter): void {
  const state = controlOf(client).snapshot()
  client.server.feature(Steering).states.set(args.text(2), state)
  reply.ok()
}

function restore(client: Client, args: Args, reply: ReplyWriter): void {
  const control = controlOf(client)
  const state = client.server.feature(Steering).states.get(args.text(2))
  if (state === undefined) throw err('no such snapshot')
  control.restore(state)
  reply.ok()
}

/** MOCK CALLS [COMMAND name] [KEY glob] [USER name]: a line a call, without those of MOCK. */
function calls(client: Client, args: Args, reply: ReplyWriter): void {
  const filter = optionsFrom(args, 2, ['command', 'key', 'user'])
  const found = attempt(() => controlOf(client).callsOf(filter)).filter(
    ({ command }) => !command.startsWith('mock'),
  )
  reply.array(found.length)
  for (const call of found) reply.bulk(fromText(lineOf(call)))
}

function clearCalls(client: Client, _args: Args, reply: ReplyWriter): void {
  controlOf(client).clearCalls()
  reply.ok()
}

function clearFaults(client: Client, _args: Args, reply: ReplyWriter): void {
  controlOf(client).clearFaults()
  reply.ok()
}

const FAULT_OPTIONS = [
  'command',
  'key',
  'user',
  'times',
  'skip',
  'error',
  'reply',
  'delay',
  'hang',
  'drop',
  'reset',
  'slice',
] as const

/** MOCK FAULT [COMMAND name] [KEY glob] [USER name] [TIMES n] [SKIP n] effect value. */
function fault(client: Client, args: Args, reply: ReplyWriter): void {
  const given = optionsFrom(args, 2, FAULT_OPTIONS)
  const options: Record<string, unknown> = { ...given }
  for (const name of ['times', 'skip', 'slice'] as const) {
    if (given[name] !== undefined) options[name] = wholeNumber(given[name])
  }
  if (given.delay !== undefined) options['delay'] = duration(given.delay)
  for (const name of ['hang', 'reset'] as const) if (given[name] !== undefined) options[name] = true
  attempt(() => controlOf(client).fault(options as unknown as FaultOptions & FaultEffect))
  reply.ok()
}

/** MOCK LINK replica CUT|HOLD|RESUME|DELAY duration: the way from a replica to its master. */
function link(client: Client, args: Args, reply: ReplyWriter): void {
  const found = nodesOf(client).links[wholeNumber(args.text(2))]
  if (found === undefined) throw err('there is no such replica')
  const word = args.option(3)
  if (args.count !== (word === 'DELAY' ? 5 : 4)) throw SYNTAX
  if (word === 'CUT') void found.cut()
  else if (word === 'HOLD') found.hold()
  else if (word === 'RESUME') found.resume()
  else if (word === 'DELAY') attempt(() => found.delay(durationAt(args, 4)))
  else throw SYNTAX
  reply.ok()
}

function promote(client: Client, args: Args, reply: ReplyWriter): void {
  const nodes = nodesOf(client)
  const replica = wholeNumber(args.text(2))
  if (replica >= nodes.links.length) throw err('there is no such replica')
  nodes.lead(replica)
  // The turn of this one is not over.
  for (const { server } of nodes.all) if (server !== client.server) server.endTurn()
  reply.ok()
}

function mockHelp(_client: Client, args: Args, reply: ReplyWriter): void {
  help(reply, args, [
    'FREEZE [<iso date or milliseconds>]',
    '    Stop the clock, now or at a moment.',
    'ADVANCE <duration>',
    '    Move the clock on, by milliseconds or e.g. 5m.',
    'RESUME',
    '    Let the clock run again.',
    'LINK <replica> CUT|HOLD|DELAY <duration>|RESUME',
    '    Break, hold up or mend the way from a replica, 0 or more, to its master.',
    'PROMOTE <replica>',
    '    Make a replica the master, which the others then follow.',
    'TIME',
    '    The time in milliseconds since 1970.',
    'DUMP',
    '    All data as text.',
    'SNAPSHOT <name>',
    '    Keep the whole state under a name.',
    'RESTORE <name>',
    '    Go back to a state.',
    'RESET',
    '    Go back to the state at the start.',
    'CALLS [COMMAND <name>] [KEY <glob>] [USER <name>]',
    '    What clients did, a line a call.',
    'CLEAR-CALLS',
    '    Forget what clients did.',
    'FAULT [COMMAND <name>] [KEY <glob>] [USER <name>] [TIMES <n>] [SKIP <n>] <effect> <value>',
    '    Effects: ERROR text, REPLY text, DELAY duration, HANG yes, DROP before|after|replied,',
    '    RESET yes, SLICE bytes.',
    'CLEAR-FAULTS',
    '    Remove all faults.',
  ])
}

type Given<N extends string> = { [Name in N]?: string }

function optionsFrom<N extends string>(args: Args, from: number, known: readonly N[]): Given<N> {
  const given: Given<N> = {}
  for (let i = from; i < args.count; i += 2) {
    const name = known.find(candidate => candidate === args.lower(i))
    if (name === undefined || i + 1 >= args.count) throw SYNTAX
    given[name] = toText(args.text(i + 1))
  }
  return given
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw err('value is not an integer or out of range')
  return Number(text)
}

function durationAt(args: Args, i: number): number | string {
  return duration(toText(args.text(i)))
}

/** Digits alone are milliseconds. */
function duration(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text
}

function momentAt(args: Args, i: number): number | string {
  return duration(toText(args.text(i)))
}

/** What the library throws at a programmer is an error for the client here. */
function attempt<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof TypeError) throw err(fromText(error.message))
    throw error
  }
}
