// The command categories, in the order of ACL CAT. A set of categories is a number: bit i stands
// for CATEGORIES[i].

import { lowerCase } from '../util/bytes.ts'

export const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const

export type Category = (typeof CATEGORIES)[number]

const BITS: ReadonlyMap<string, number> = new Map(CATEGORIES.map((name, i) => [name, 1 << i]))

/** The bit of a category named in any case, without its '@'; 0 if there is none. */
export function categoryBit(name: string): number {
  return BITS.get(lowerCase(name)) ?? 0
}

export function categoryNames(bits: number): Category[] {
  return CATEGORIES.filter(name => (bits & categoryBit(name)) !== 0)
}
