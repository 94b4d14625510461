// What masters claim: who serves which slot, by the later of two claims. Whoever loses slots by
// that loses their keys too, or, with the last of them, becomes a replica of the new owner.

import type { RedisServer } from '../engine/server.ts'
import { keysInSlot } from '../store/slot-keys.ts'
import { SLOT_COUNT } from '../util/crc.ts'
import { type ClusterNode, hasBit, titleOf } from './node.ts'
import type { Roles } from './roles.ts'
import type { Speech } from './speech.ts'
import type { ClusterState } from './state.ts'

export class Claims {
  readonly #server: RedisServer
  readonly #state: ClusterState
  readonly #roles: Roles
  readonly #speech: Speech

  constructor(server: RedisServer, state: ClusterState, roles: Roles, speech: Speech) {
    this.#server = server
    this.#state = state
    this.#roles = roles
    this.#speech = speech
  }

  /** A node, itself or by another's word, claims these slots by an epoch. */
  claim(claimant: ClusterNode, epoch: number, claimed: Uint8Array): void {
    const { slots, myself, todo } = this.#state
    const { log, settings } = this.#server
    if (claimant === myself) {
      log.notice('Discarding UPDATE message about myself.')
      return
    }
    const former = myself.isMaster ? myself : myself.master
    const emptied: number[] = []
    let count = 0
    let lost = 0
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const owner = slots.owner(slot)
      if (!hasBit(claimed, slot)) {
        // It stays the owner as long as no other one comes.
        if (owner === claimant) slots.unclaimed.add(slot)
        continue
      }
      count++
      if (owner === claimant) {
        slots.unclaimed.delete(slot)
        continue
      }
      if (slots.importingFrom.has(slot)) continue
      if (owner !== undefined && !slots.unclaimed.has(slot) && owner.configEpoch >= epoch) continue
      if (owner === myself) emptied.push(slot)
      if (owner !== undefined && owner === former) lost++
      slots.give(claimant, slot)
      todo.saveAndSync()
      todo.update()
    }
    const isLast = lost > 0 && former?.slotCount === 0
    if (isLast && (settings['cluster-allow-replica-migration'] || count === lost)) {
      this.#roles.followWinner(claimant)
    } else if (!this.#leaveSubMaster()) {
      for (const slot of emptied) this.#empty(slot)
    }
  }

  /** A replica of a replica has to go to where the stream comes from. */
  #leaveSubMaster(): boolean {
    const { myself, todo } = this.#state
    const grandmaster = myself.master?.master
    if (grandmaster === undefined || grandmaster === myself) return false
    this.#server.log.notice(
      `I'm a sub-replica! Reconfiguring myself as a replica of ` +
        `grandmaster ${titleOf(grandmaster)}`,
    )
    this.#roles.follow(grandmaster)
    todo.saveAndSync()
    todo.update()
    return true
  }

  /** Deletes the keys of a slot that is another node's from now on. */
  #empty(slot: number): void {
    const [db] = this.#server.keyspace.databases
    if (db === undefined) return
    const { effects } = this.#server
    for (const key of keysInSlot(db, slot)) {
      db.discard(key)
      effects.add(db, [effects.deletion('lazyfree-lazy-server-del'), key])
      db.changed(key, undefined)
    }
  }

  /** Whoever claims what is another's by a later claim is told so. */
  correct(claimant: ClusterNode, epoch: number, claimed: Uint8Array): void {
    const { slots } = this.#state
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (!hasBit(claimed, slot)) continue
      const owner = slots.owner(slot)
      if (owner === undefined || owner === claimant || slots.unclaimed.has(slot)) continue
      if (owner.configEpoch <= epoch) continue
      this.#server.log.verbose(
        `Node ${claimant.id} has old slots configuration, sending an UPDATE message about ${owner.id}`,
      )
      this.#speech.update(claimant, owner)
      return
    }
  }

  /** Two masters of one epoch: the one with the smaller id takes a new one. */
  resolveCollision(other: ClusterNode): void {
    const { myself } = this.#state
    if (!other.isMaster || !myself.isMaster || other.configEpoch !== myself.configEpoch) return
    if (other.id <= myself.id) return
    this.#state.currentEpoch++
    myself.configEpoch = this.#state.currentEpoch
    this.#state.todo.saveAndSync()
    this.#server.log.verbose(
      `WARNING: configEpoch collision with node ${titleOf(other)}. configEpoch set to ` +
        myself.configEpoch,
    )
  }
}
