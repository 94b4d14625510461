// Who serves which slot, and which slots are on their way from one node to another.

import { SLOT_COUNT } from '../util/crc.ts'
import { type ClusterNode, clearBit, setBit } from './node.ts'

export interface SlotListener {
  /** A slot is going to be without its owner. */
  leaves(slot: number): void
  /** A node serves one, and had none. */
  hasFirst(node: ClusterNode): void
}

export class Slots {
  readonly #owners = new Array<ClusterNode | undefined>(SLOT_COUNT).fill(undefined)
  /** Slots of mine that are going to be others', and others' that are going to be mine. */
  readonly migratingTo = new Map<number, ClusterNode>()
  readonly importingFrom = new Map<number, ClusterNode>()
  /** Slots whose owner has said of late that it does not serve them. */
  readonly unclaimed = new Set<number>()
  readonly #told: SlotListener

  constructor(told: SlotListener) {
    this.#told = told
  }

  owner(slot: number): ClusterNode | undefined {
    return this.#owners[slot]
  }

  /** False if it has an owner. */
  add(node: ClusterNode, slot: number): boolean {
    if (this.#owners[slot] !== undefined) return false
    this.#owners[slot] = node
    setBit(node.slots, slot)
    if (++node.slotCount === 1) this.#told.hasFirst(node)
    return true
  }

  remove(slot: number): void {
    const owner = this.#owners[slot]
    if (owner === undefined) return
    this.#told.leaves(slot)
    clearBit(owner.slots, slot)
    owner.slotCount--
    this.#owners[slot] = undefined
    this.unclaimed.delete(slot)
  }

  /** Gives a slot to a node, whoever had it. */
  give(node: ClusterNode, slot: number): void {
    this.remove(slot)
    this.add(node, slot)
  }

  /** Gives all slots of a node to another one, or to nobody. */
  giveAllOf(node: ClusterNode, to: ClusterNode | undefined): void {
    for (const [start, end] of node.slotRanges()) {
      for (let slot = start; slot <= end; slot++) {
        if (to === undefined) this.remove(slot)
        else this.give(to, slot)
      }
    }
  }

  /** No slot is on its way any more. */
  close(): void {
    this.migratingTo.clear()
    this.importingFrom.clear()
  }

  /** A node that is going to be forgotten. */
  forget(node: ClusterNode): void {
    for (const open of [this.migratingTo, this.importingFrom]) {
      for (const [slot, other] of open) if (other === node) open.delete(slot)
    }
    this.giveAllOf(node, undefined)
  }

  /** Ranges of slots with the same owner, in order. */
  *ranges(): Generator<readonly [start: number, end: number, owner: ClusterNode]> {
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const owner = this.#owners[slot]
      if (owner === undefined) continue
      const start = slot
      while (this.#owners[slot + 1] === owner) slot++
      yield [start, slot, owner]
    }
  }
}
