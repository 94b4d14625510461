// Which node a request belongs to, by the slot of its keys; and what the client, or the script, is
// told if that is another one.

import type { SlotRun } from '../engine/cluster.ts'
import type { Session } from '../engine/session.ts'
import type { Args } from '../resp3/args.ts'
import { err, type ReplyError, replyError } from '../resp3/errors.ts'
import type { Database } from '../store/database.ts'
import { type Command, FLAG } from '../table/command.ts'
import { slotPlaces } from '../table/keys.ts'
import { keySlot } from '../util/crc.ts'
import { endpointOf, portOf, showsTls } from './endpoint.ts'
import type { ClusterNode } from './node.ts'
import type { ClusterState } from './state.ts'

const NOT_SERVED = replyError('CLUSTERDOWN Hash slot not served')
const CROSS_SLOT = replyError("CROSSSLOT Keys in request don't hash to the same slot")
const DOWN = replyError('CLUSTERDOWN The cluster is down')
const READS_ONLY = replyError('CLUSTERDOWN The cluster is down and only accepts read commands')
const TRY_AGAIN = replyError('TRYAGAIN Multiple keys request during rehashing of slot')

const NOT_LOCAL_IN_SCRIPT = err('Script attempted to access a non local key in a cluster node')
const OTHER_SLOT_IN_SCRIPT = err(
  'Script attempted to access keys that do not hash to the same slot',
)
const NOT_SERVED_IN_SCRIPT = err('Script attempted to access a slot not served')
const DOWN_IN_SCRIPT = err('Script attempted to execute a command while the cluster is down')
const READS_ONLY_IN_SCRIPT = err(
  'Script attempted to execute a write command while the cluster is down and readonly',
)

/** Where a request goes: a slot that this node serves, an error, or another node. */
type Route =
  | { readonly slot: number | undefined }
  | { readonly error: ReplyError }
  | { readonly to: ClusterNode; readonly slot: number; readonly asks: boolean }

const ANYWHERE: Route = { slot: undefined }

/** The slot of all keys of a request, and which of them are there. */
interface Named {
  /** Undefined if there are no keys. */
  slot: number | undefined
  crosses: boolean
  isServed: boolean
  /** Different names. */
  isSeveral: boolean
  missing: number
  existing: number
  /** Channels, as well or alone. */
  hasChannels: boolean
}

export class Redirects {
  readonly #state: ClusterState
  readonly #db: Database

  constructor(state: ClusterState, db: Database) {
    this.#state = state
    this.#db = db
  }

  /** What a client is told whose request belongs elsewhere. */
  refusal(client: Session, command: Command, args: Args, flags: number): ReplyError | undefined {
    const route = this.#route(client, command, args, flags)
    if ('error' in route) return route.error
    return 'to' in route ? this.#sendTo(client, route.to, route.slot, route.asks) : undefined
  }

  /** What a client is told that waits for keys of a slot which is not here any more. */
  refusalOfWaiting(client: Session, key: string, writes: boolean): ReplyError | undefined {
    const { slots, myself, isOk } = this.#state
    if (!isOk) return DOWN
    const slot = keySlot(key)
    const owner = slots.owner(slot)
    if (owner === myself || slots.importingFrom.has(slot)) return undefined
    if (owner === undefined) return NOT_SERVED
    const readsHere = client.readsReplica && !writes && myself.isReplica && myself.master === owner
    return readsHere ? undefined : this.#sendTo(client, owner, slot, false)
  }

  refusalInScript(run: SlotRun, command: Command, args: Args): ReplyError | undefined {
    const { flags } = command
    const route = this.#route(run.client, command, args, flags)
    if ('error' in route) return inScript(route.error, command)
    if ('to' in route) return NOT_LOCAL_IN_SCRIPT
    if (route.slot === undefined || run.mayCrossSlots) return undefined
    run.slot ??= this.#named(run.command, run.args).slot ?? route.slot
    return run.slot === route.slot ? undefined : OTHER_SLOT_IN_SCRIPT
  }

  #route(client: Session, command: Command, args: Args, flags: number): Route {
    const isExec = (command.flags & FLAG.runs_queue) !== 0
    if (isExec && client.transaction === undefined) return ANYWHERE
    const named = isExec ? this.#namedInQueue(client) : this.#named(command, args)
    const { slot, hasChannels } = named
    if (slot === undefined) return ANYWHERE
    if (!named.isServed) return { error: NOT_SERVED }
    if (named.crosses) return { error: CROSS_SLOT }
    const { slots, myself } = this.#state
    const owner = slots.owner(slot)
    if (owner === undefined) return { error: NOT_SERVED }
    const writes = (flags & FLAG.write) !== 0
    const down = this.#downError(client, hasChannels, writes && !isExec)
    if (down !== undefined) return { error: down }
    const target = owner === myself ? slots.migratingTo.get(slot) : undefined
    const isImporting = target === undefined && slots.importingFrom.has(slot)
    const isOpen = target !== undefined || isImporting
    if (isOpen && command.name === 'migrate') return { slot }
    if (target !== undefined && named.missing > 0) {
      return named.existing > 0 ? { error: TRY_AGAIN } : { to: target, slot, asks: true }
    }
    const asker = client.scriptCaller ?? client
    if (isImporting && (asker.isAsking || (flags & FLAG.asking) !== 0)) {
      return named.isSeveral && named.missing > 0 ? { error: TRY_AGAIN } : { slot }
    }
    const readsHere = (asker.readsReplica || hasChannels) && !writes
    if (readsHere && myself.isReplica && myself.master === owner) return { slot }
    return owner === myself ? { slot } : { to: owner, slot, asks: false }
  }

  #downError({ server }: Session, hasChannels: boolean, writes: boolean): ReplyError | undefined {
    if (this.#state.isOk) return undefined
    const { settings } = server
    if (hasChannels) {
      return settings['cluster-allow-pubsubshard-when-down'] ? undefined : DOWN
    }
    if (!settings['cluster-allow-reads-when-down']) return DOWN
    return writes ? READS_ONLY : undefined
  }

  #named(command: Command, args: Args): Named {
    const named = nothingNamed()
    this.#add(named, new Set(), command, args)
    return named
  }

  #namedInQueue({ transaction }: Session): Named {
    const named = nothingNamed()
    const names = new Set<string>()
    transaction?.replay((command, args) => this.#add(named, names, command, args))
    return named
  }

  #add(named: Named, names: Set<string>, command: Command, args: Args): void {
    // The first thing that is wrong is told.
    if (named.crosses || !named.isServed) return
    if (command.channels !== undefined) named.hasChannels = true
    const { slots } = this.#state
    for (const position of slotPlaces(command, args)) {
      const name = args.text(position)
      const slot = keySlot(name)
      if (named.slot === undefined) {
        named.slot = slot
        named.isServed = slots.owner(slot) !== undefined
      }
      if (named.slot !== slot) named.crosses = true
      if (named.crosses || !named.isServed) return
      names.add(name)
      named.isSeveral = names.size > 1
      if (named.hasChannels || !(slots.migratingTo.has(slot) || slots.importingFrom.has(slot))) {
        continue
      }
      if (this.#db.glance(name) === undefined) named.missing++
      else named.existing++
    }
  }

  #sendTo(client: Session, node: ClusterNode, slot: number, asks: boolean): ReplyError {
    const { settings } = client.server
    const place = `${endpointOf(node, settings)}:${portOf(node, showsTls(client))}`
    return replyError(`${asks ? 'ASK' : 'MOVED'} ${slot} ${place}`)
  }
}

function nothingNamed(): Named {
  return {
    slot: undefined,
    crosses: false,
    isServed: true,
    isSeveral: false,
    missing: 0,
    existing: 0,
    hasChannels: false,
  }
}

function inScript(error: ReplyError, { name }: Command): ReplyError {
  switch (error) {
    case READS_ONLY:
      return READS_ONLY_IN_SCRIPT
    case DOWN:
      return DOWN_IN_SCRIPT
    case NOT_SERVED:
      return NOT_SERVED_IN_SCRIPT
    case CROSS_SLOT:
      return err(
        `Command '${name}' in script attempted to access keys that don't hash to the same slot`,
      )
    default:
      return err(
        `Unable to execute command '${name}' in script because undeclared keys were accessed ` +
          'during rehashing of the slot',
      )
  }
}
