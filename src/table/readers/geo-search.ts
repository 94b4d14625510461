// The words of the searches of GEORADIUS, GEORADIUSBYMEMBER, GEOSEARCH and their kin: for their
// handlers, and for the list of their keys.

import type { KeyPlace } from '../../acl/command-facts.ts'
import type { Args } from '../../resp3/args.ts'
import { err, ReplyError, SYNTAX } from '../../resp3/errors.ts'
import type { Shape } from '../../util/geohash.ts'
import { formatFixed } from '../../util/number.ts'
import { isOnMap, type Point } from '../../util/place.ts'
import { READ, WRITE } from '../command.ts'

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

/** Finds the place of a member, which must be there. */
export type PlaceOf = (member: string) => Point

/** Stands for the place of a member while there is no set to look in. */
const NOWHERE: Point = { longitude: 0, latitude: 0 }

function centers(placeOf: PlaceOf | undefined): Readonly<Record<string, Option>> {
  let given: 'member' | 'place' | undefined
  return {
    FROMMEMBER: {
      words: 1,
      read(search, args, at) {
        if (given === 'place') throw SYNTAX
        search.center = placeOf?.(args.text(at)) ?? NOWHERE
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
 * before an error is there.
 * @param placeOf where there is a set: it may have to tell where the center is
 */
export function readSearchOptions(
  search: Search,
  args: Args,
  first: number,
  style: { readonly form: SearchStyle; readonly store: StoreStyle },
  placeOf: PlaceOf | undefined,
): void {
  const places = style.form === 'search' ? { ...centers(placeOf), ...SHAPES } : {}
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

/** The key that is read, and the one that the last STORE or STOREDIST names. */
export function radiusKeys(args: Args, firstOption: number): readonly KeyPlace[] {
  const search = newSearch()
  try {
    const style = { form: 'radius', store: 'option' } as const
    readSearchOptions(search, args, firstOption, style, undefined)
  } catch (error) {
    // The command will find the same error, and touch nothing.
    if (!(error instanceof ReplyError)) throw error
  }
  const { storeAt } = search
  const source = { position: 1, needs: READ, flags: ['RO', 'access'] }
  if (storeAt === undefined) return [source]
  const flags = ['OW', 'update']
  return [source, { position: storeAt, needs: WRITE, flags }]
}
