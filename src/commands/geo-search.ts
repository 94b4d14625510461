// What the searches of GEORADIUS, GEORADIUSBYMEMBER, GEOSEARCH and their kin have in common:
// reading the words, and finding what they describe.

import type { Args } from '../resp3/args.ts'
import { err, type ReplyError, SYNTAX } from '../resp3/errors.ts'
import type { SortedSetValue } from '../store/sorted-set.ts'
import {
  decode,
  distanceWithin,
  isOnMap,
  type Point,
  type Shape,
  spansAround,
} from '../util/geohash.ts'
import { formatFixed } from '../util/number.ts'
import { partialSort } from '../util/partial-sort.ts'

/** The older commands name center and radius first; GEOSEARCH takes all of it as options. */
export type SearchStyle = 'radius' | 'search'

/** Where STORE and STOREDIST are options, where a flag, and where neither is known. */
export type StoreStyle = 'option' | 'flag' | 'none'

export interface Search {
  center: Point | undefined
  shape: Shape | undefined
  withDistance: boolean
  withHash: boolean
  withCoordinates: boolean
  order: 'none' | 'nearest' | 'farthest'
  /** Infinity: all. */
  count: number
  /** Any `count` elements will do: the first that are found. */
  any: boolean
  storeAt: number | undefined
  storesDistance: boolean
}

export interface Found {
  readonly member: string
  readonly score: number
  readonly point: Point
  /** In meters. */
  readonly meters: number
}

const UNKNOWN_MEMBER = err('could not decode requested zset member')
const NO_RADIUS = err('need numeric radius')
const NO_WIDTH = err('need numeric width')
const NO_HEIGHT = err('need numeric height')
const NEGATIVE_RADIUS = err('radius cannot be negative')
const NEGATIVE_BOX = err('height or width cannot be negative')
const COUNT_NOT_POSITIVE = err('COUNT must be > 0')
const ANY_WITHOUT_COUNT = err('the ANY argument requires COUNT argument')
const UNKNOWN_UNIT = err('unsupported unit provided. please use M, KM, FT, MI')

const METERS: ReadonlyMap<string, number> = new Map([
  ['M', 1],
  ['KM', 1000],
  ['FT', 0.3048],
  ['MI', 1609.34],
])

export function newSearch(): Search {
  return {
    center: undefined,
    shape: undefined,
    withDistance: false,
    withHash: false,
    withCoordinates: false,
    order: 'none',
    count: Infinity,
    any: false,
    storeAt: undefined,
    storesDistance: false,
  }
}

/** Longitude and latitude from a position on. */
export function readPoint(args: Args, at: number): Point {
  const point = { longitude: args.double(at), latitude: args.double(at + 1) }
  if (!isOnMap(point)) throw offTheMap(point)
  return point
}

function offTheMap({ longitude, latitude }: Point): ReplyError {
  return err(`invalid longitude,latitude pair ${inFull(longitude)},${inFull(latitude)}`)
}

/** C's %f: six decimals and no exponent, however large; halves go to the even digit. */
function inFull(n: number): string {
  if (!Number.isFinite(n)) return n < 0 ? '-inf' : 'inf'
  if (Number.isInteger(n)) return `${Object.is(n, -0) ? '-' : ''}${BigInt(n)}.000000`
  return isHalf(n) ? formatFixed(n, 6) : n.toFixed(6)
}

/** Only multiples of 1/128 can lie just between two numbers of six decimals. */
function isHalf(n: number): boolean {
  return Number.isInteger(n * 128)
}

export function readUnit(args: Args, at: number): number {
  const meters = METERS.get(args.option(at))
  if (meters === undefined) throw UNKNOWN_UNIT
  return meters
}

/** Radius and unit from a position on. */
export function readCircle(args: Args, at: number): Shape {
  const radius = args.double(at, NO_RADIUS)
  if (radius < 0) throw NEGATIVE_RADIUS
  return { type: 'circle', radius, toMeters: readUnit(args, at + 1) }
}

function readBox(args: Args, at: number): Shape {
  const width = args.double(at, NO_WIDTH)
  const height = args.double(at + 1, NO_HEIGHT)
  if (height < 0 || width < 0) throw NEGATIVE_BOX
  return { type: 'box', width, height, toMeters: readUnit(args, at + 2) }
}

/** The place of a member, which must be there. */
export function placeOf(set: SortedSetValue, member: string): Point {
  const score = set.score(member)
  if (score === undefined) throw UNKNOWN_MEMBER
  return decode(score)
}

/** An option: how many words follow it, and what it does to the search. */
interface Option {
  readonly words: number
  read(search: Search, args: Args, at: number): void
}

const COMMON: Readonly<Record<string, Option>> = {
  WITHDIST: flag(search => {
    search.withDistance = true
  }),
  WITHHASH: flag(search => {
    search.withHash = true
  }),
  WITHCOORD: flag(search => {
    search.withCoordinates = true
  }),
  ANY: flag(search => {
    search.any = true
  }),
  ASC: flag(search => {
    search.order = 'nearest'
  }),
  DESC: flag(search => {
    search.order = 'farthest'
  }),
  COUNT: {
    words: 1,
    read(search, args, at) {
      search.count = args.integer(at)
      if (search.count <= 0) throw COUNT_NOT_POSITIVE
    },
  },
}

const STORING: Readonly<Record<StoreStyle, Readonly<Record<string, Option>>>> = {
  none: {},
  option: {
    STORE: {
      words: 1,
      read(search, _, at) {
        search.storeAt = at
        search.storesDistance = false
      },
    },
    STOREDIST: {
      words: 1,
      read(search, _, at) {
        search.storeAt = at
        search.storesDistance = true
      },
    },
  },
  flag: {
    STOREDIST: flag(search => {
      search.storesDistance = true
    }),
  },
}

function flag(set: (search: Search) => void): Option {
  return { words: 0, read: set }
}

const SHAPES: Readonly<Record<string, Option>> = {
  BYRADIUS: {
    words: 2,
    read(search, args, at) {
      if (search.shape?.type === 'box') throw SYNTAX
      search.shape = readCircle(args, at)
    },
  },
  BYBOX: {
    words: 3,
    read(search, args, at) {
      if (search.shape?.type === 'circle') throw SYNTAX
      search.shape = readBox(args, at)
    },
  },
}

/** Stands for the place of a member while there is no set to look in. */
const NOWHERE: Point = { longitude: 0, latitude: 0 }

function centers(set: SortedSetValue | undefined): Readonly<Record<string, Option>> {
  let given: 'member' | 'place' | undefined
  return {
    FROMMEMBER: {
      words: 1,
      read(search, args, at) {
        if (given === 'place') throw SYNTAX
        search.center = set === undefined ? NOWHERE : placeOf(set, args.text(at))
        given = 'member'
      },
    },
    FROMLONLAT: {
      words: 2,
      read(search, args, at) {
        if (given === 'member') throw SYNTAX
        search.center = readPoint(args, at)
        given = 'place'
      },
    },
  }
}

/**
 * Reads the options from a position on into the search, one after the other, so that what was read
 * before an error is there. The set is looked into for the member that is the center.
 */
export function readSearchOptions(
  search: Search,
  args: Args,
  first: number,
  style: { readonly form: SearchStyle; readonly store: StoreStyle },
  set: SortedSetValue | undefined,
): void {
  const places = style.form === 'search' ? { ...centers(set), ...SHAPES } : {}
  const options = new Map(Object.entries({ ...COMMON, ...STORING[style.store], ...places }))
  for (let i = first; i < args.count; i++) {
    const option = options.get(args.option(i))
    if (option === undefined || i + option.words >= args.count) throw SYNTAX
    option.read(search, args, i + 1)
    i += option.words
  }
}

/** What can be wrong with options that are each right. */
export function checkSearch(
  search: Search,
  form: SearchStyle,
  storing: string,
  name: string,
): void {
  const { withDistance, withHash, withCoordinates, storeAt } = search
  if (storeAt !== undefined && (withDistance || withHash || withCoordinates)) {
    throw err(`${storing} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`)
  }
  if (form === 'search' && search.center === undefined) {
    throw err(`exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`)
  }
  if (form === 'search' && search.shape === undefined) {
    throw err(`exactly one of BYRADIUS and BYBOX can be specified for ${name}`)
  }
  if (search.any && search.count === Infinity) throw ANY_WITHOUT_COUNT
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
