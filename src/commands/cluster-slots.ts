// CLUSTER ADDSLOTS and its like, and SETSLOT: who serves which slot.

import type { Cluster } from '../cluster/cluster.ts'
import type { ClusterNode } from '../cluster/node.ts'
import type { ClusterState } from '../cluster/state.ts'
import type { Client } from '../engine/client.ts'
import type { Args } from '../resp3/args.ts'
import { err, wrongArity } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import { countInSlot } from '../store/slot-keys.ts'
import { upToNul } from '../util/bytes.ts'
import { SLOT_COUNT } from '../util/crc.ts'
import { nodeAt } from './cluster-member.ts'

const INVALID_SLOT = err('Invalid or out of range slot')

function slotAt(args: Args, i: number): number {
  return args.integerBetween(i, 0, SLOT_COUNT - 1, INVALID_SLOT)
}

// ---- Adding and deleting -----------------------------------------------------------------------

type Change = (state: ClusterState, slot: number) => void

const ADD: Change = ({ slots, myself }, slot) => slots.add(myself, slot)
const DELETE: Change = ({ slots }, slot) => slots.remove(slot)

export function addSlots(cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  changeSlots(cluster, slotsOf(args), ADD, reply)
}

export function addSlotRanges(
  cluster: Cluster,
  _client: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  changeSlots(cluster, rangesOf(args, 'cluster|addslotsrange'), ADD, reply)
}

export function deleteSlots(
  cluster: Cluster,
  _client: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  changeSlots(cluster, slotsOf(args), DELETE, reply)
}

export function deleteSlotRanges(
  cluster: Cluster,
  _client: Client,
  args: Args,
  reply: ReplyWriter,
): void {
  changeSlots(cluster, rangesOf(args, 'cluster|delslotsrange'), DELETE, reply)
}

function slotsOf(args: Args): Iterable<number> {
  return Array.from({ length: args.count - 2 }, (_, i) => slotAt(args, i + 2))
}

/** What is wrong with a range is told when it is its turn. */
function* rangesOf(args: Args, name: string): Generator<number> {
  if (args.count % 2 === 1) throw wrongArity(name)
  for (let i = 2; i < args.count; i += 2) {
    const start = slotAt(args, i)
    const end = slotAt(args, i + 1)
    if (start > end) {
      throw err(`start slot number ${start} is greater than end slot number ${end}`)
    }
    for (let slot = start; slot <= end; slot++) yield slot
  }
}

/** Changes all of the slots, or none. */
function changeSlots(
  { state }: Cluster,
  given: Iterable<number>,
  change: Change,
  reply: ReplyWriter,
): void {
  const { slots, todo } = state
  const wanted = new Set<number>()
  for (const slot of given) {
    const isOwned = slots.owner(slot) !== undefined
    if (change === DELETE && !isOwned) throw err(`Slot ${slot} is already unassigned`)
    if (change === ADD && isOwned) throw err(`Slot ${slot} is already busy`)
    if (wanted.has(slot)) throw err(`Slot ${slot} specified multiple times`)
    wanted.add(slot)
  }
  for (const slot of wanted) {
    slots.importingFrom.delete(slot)
    change(state, slot)
  }
  todo.update()
  todo.save()
  reply.ok()
}

export function flushSlots(
  { state, db }: Cluster,
  _client: Client,
  _args: Args,
  reply: ReplyWriter,
): void {
  if (db.size > 0) throw err('DB must be empty to perform CLUSTER FLUSHSLOTS.')
  state.slots.giveAllOf(state.myself, undefined)
  state.todo.update()
  state.todo.save()
  reply.ok()
}

// ---- SETSLOT -----------------------------------------------------------------------------------

export function setSlot(cluster: Cluster, _client: Client, args: Args, reply: ReplyWriter): void {
  const { state } = cluster
  const { slots, todo } = state
  if (state.myself.isReplica) throw err('Please use SETSLOT only with masters.')
  const slot = slotAt(args, 2)
  const action = args.option(3)
  if (action === 'MIGRATING' && args.count === 5) setMigrating(state, slot, args)
  else if (action === 'IMPORTING' && args.count === 5) setImporting(state, slot, args)
  else if (action === 'STABLE' && args.count === 4) {
    slots.importingFrom.delete(slot)
    slots.migratingTo.delete(slot)
  } else if (action === 'NODE' && args.count === 5) {
    assign(cluster, slot, masterAt(nodeAt(state, args, 4)))
  } else {
    throw err('Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP')
  }
  todo.save()
  todo.update()
  reply.ok()
}

function setMigrating(state: ClusterState, slot: number, args: Args): void {
  if (state.slots.owner(slot) !== state.myself) {
    throw err(`I'm not the owner of hash slot ${slot}`)
  }
  state.slots.migratingTo.set(slot, peerAt(state, args))
}

function setImporting(state: ClusterState, slot: number, args: Args): void {
  if (state.slots.owner(slot) === state.myself) {
    throw err(`I'm already the owner of hash slot ${slot}`)
  }
  state.slots.importingFrom.set(slot, peerAt(state, args))
}

function peerAt(state: ClusterState, args: Args): ClusterNode {
  const node = state.find(args.text(4))
  if (node === undefined) throw err(`I don't know about node ${upToNul(args.text(4))}`)
  return masterAt(node)
}

function masterAt(node: ClusterNode): ClusterNode {
  if (node.isReplica) throw err('Target node is not a master')
  return node
}

/** Ends the way of a slot, on all nodes that it concerns. */
function assign(cluster: Cluster, slot: number, node: ClusterNode): void {
  const { state, db } = cluster
  const { slots, myself } = state
  const wasMine = slots.owner(slot) === myself
  const keys = countInSlot(db, slot)
  if (wasMine && node !== myself && keys > 0) {
    throw err(
      `Can't assign hashslot ${slot} to a different node while I still hold keys for this hash ` +
        'slot.',
    )
  }
  if (keys === 0) slots.migratingTo.delete(slot)
  slots.give(node, slot)
  if (wasMine && node !== myself && myself.slotCount === 0) cluster.lostLastSlot(node)
  if (node === myself && slots.importingFrom.has(slot)) cluster.imported(slot)
}
