// What the searches of GEORADIUS, GEORADIUSBYMEMBER, GEOSEARCH and their kin have in common:
// finding what their words describe.

import { err } from '../resp3/errors.ts'
import type { SortedSetValue } from '../store/sorted-set.ts'
import type { PlaceOf, Search } from '../table/readers/geo-search.ts'
import { decode, distanceWithin, spansAround } from '../util/geohash.ts'
import { partialSort } from '../util/partial-sort.ts'
import type { Point } from '../util/place.ts'

export interface Found {
  readonly member: string
  readonly score: number
  readonly point: Point
  /** In meters. */
  readonly meters: number
}

const UNKNOWN_MEMBER = err('could not decode requested zset member')

/** Looks into a set, if there is one. */
export function placesIn(set: SortedSetValue | undefined): PlaceOf | undefined {
  return set && (member => placeOf(set, member))
}

/** The place of a member, which must be there. */
export function placeOf(set: SortedSetValue, member: string): Point {
  const score = set.score(member)
  if (score === undefined) throw UNKNOWN_MEMBER
  return decode(score)
}

/** The elements within the shape, in the order and number that the search asks for. */
export function find(search: Search, set: SortedSetValue): Found[] {
  const { shape, center, any, count } = search
  if (shape === undefined || center === undefined) return []
  const found: Found[] = []
  const enough = any ? count : Infinity
  for (const { min, max } of spansAround(shape, center)) {
    if (found.length >= enough) break
    const range = { min, max, minExclusive: false, maxExclusive: true }
    for (const { member, score } of set.rangeByScore(range)) {
      const point = decode(score)
      const meters = distanceWithin(shape, center, point)
      if (meters !== undefined) found.push({ member, score, point, meters })
      if (found.length >= enough) break
    }
  }
  return inOrder(search, found)
}

function inOrder({ order, count, any }: Search, found: Found[]): Found[] {
  // A number of elements makes sense only with an order, unless any will do.
  const isSorted = order !== 'none' || (count !== Infinity && !any)
  if (!isSorted) return found.slice(0, count)
  const direction = order === 'farthest' ? -1 : 1
  const compare = (a: Found, b: Found): number => direction * (a.meters - b.meters)
  if (found.length <= count) return found.sort(compare)
  partialSort(found, compare, 0, count - 1)
  return found.slice(0, count)
}
