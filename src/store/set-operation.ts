// Intersection, union and difference. What comes out is the same whichever way it is computed, but
// its order and its encoding are not, so the ways are Redis's.

import { least } from '../util/extremes.ts'
import { SetValue } from './set.ts'
import type { EncodingLimits } from './value.ts'

type Sets = readonly (SetValue | undefined)[]

/** The members that all sets have, in the order of the smallest set. */
export function* intersect(sets: Sets): IterableIterator<string> {
  const present = sets.filter(set => set !== undefined)
  if (present.length < sets.length) return
  const [smallest, ...others] = present.sort((a, b) => a.size - b.size)
  if (smallest === undefined) return
  for (const member of smallest.members()) {
    if (others.every(set => set === smallest || set.has(member))) yield member
  }
}

export function intersection(limits: EncodingLimits, sets: Sets): SetValue {
  const result = new SetValue(limits, isLedByIntset(sets) ? 'intset' : 'listpack')
  for (const member of intersect(sets)) result.add(member)
  result.compactIntegers()
  return result
}

function isLedByIntset(sets: Sets): boolean {
  const sizes = sets.map(set => set?.size ?? 0)
  return sets[sizes.indexOf(least(sizes))]?.encoding === 'intset'
}

export function union(limits: EncodingLimits, sets: Sets): SetValue {
  const result = new SetValue(limits)
  for (const set of sets) for (const member of set?.members() ?? []) result.add(member)
  return result
}

/** The members of the first set that no other set has. */
export function difference(limits: EncodingLimits, [first, ...others]: Sets): SetValue {
  const result = new SetValue(limits)
  if (first === undefined || others.includes(first)) return result
  const present = others.filter(set => set !== undefined)
  const all = present.reduce((sum, set) => sum + set.size, first.size)
  // Asking every other set about every member costs half of what removing their members does.
  if (Math.floor((first.size * (present.length + 1)) / 2) <= all) {
    for (const member of first.members()) {
      if (!present.some(set => set.has(member))) result.add(member)
    }
    return result
  }
  for (const member of first.members()) result.add(member)
  for (const set of present) {
    for (const member of set.members()) result.remove(member)
    if (result.size === 0) break
  }
  return result
}
