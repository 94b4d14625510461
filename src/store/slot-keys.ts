// The keys of a database by the hash slots of a cluster.

import type { Database } from './database.ts'

/** Keys that are stored, be their time over or not. */
export function countInSlot({ table }: Database, slot: number): number {
  return table.slots.count(slot)
}

export function keysInSlot({ table }: Database, slot: number, most = Infinity): string[] {
  const keys: string[] = []
  for (const position of table.slots.positions(slot)) {
    if (keys.length >= most) break
    keys.push(table.keyAt(position))
  }
  return keys
}
