// Places on earth as one number: the bits of longitude and latitude interleaved, 26 of each, so
// that near places mostly have near numbers. A cell is a rectangle of the grid that the first
// `step` bits of each make. A search looks through the cell around its center and the eight cells
// next to it. The arithmetic follows Redis's step by step, because clients see every digit of it.

import { MAX_LATITUDE, MAX_LONGITUDE, type Point } from './place.ts'
import { asin, cos, sin } from './trigonometry.ts'

export type Shape =
  | { readonly type: 'circle'; readonly radius: number; readonly toMeters: number }
  | {
      readonly type: 'box'
      readonly width: number
      readonly height: number
      readonly toMeters: number
    }

/** Scores from min up to, but not including, max. */
export interface ScoreSpan {
  readonly min: number
  readonly max: number
}

interface Cell {
  readonly x: number
  readonly y: number
}

interface Grid {
  readonly minLatitude: number
  readonly maxLatitude: number
}

const FULL_STEP = 26
const MERCATOR: Grid = { minLatitude: -MAX_LATITUDE, maxLatitude: MAX_LATITUDE }
const STANDARD: Grid = { minLatitude: -90, maxLatitude: 90 }
const DEGREE = Math.PI / 180
const EARTH_RADIUS = 6372797.560856
const MERCATOR_MAX = 20037726.37
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'

/** The score of a place in a sorted set. */
export function encode(point: Point): number {
  return Number(interleave(cellAt(point, FULL_STEP, MERCATOR)))
}

/** The middle of the cell that a score stands for. */
export function decode(score: number): Point {
  const { high, low } = toWords(score)
  const x = deinterleave(low >>> 1) + deinterleave(high >>> 1) * 2 ** 16
  const y = deinterleave(low) + deinterleave(high) * 2 ** 16
  const size = 2 ** FULL_STEP
  // The next index wraps around in 32 bits, as it does in Redis for scores that are no places.
  const right = (x + 1) % 2 ** 32
  const top = (y + 1) % 2 ** 32
  const height = MERCATOR.maxLatitude - MERCATOR.minLatitude
  const longitude = (-180 + (x / size) * 360 + (-180 + (right / size) * 360)) / 2
  const latitude =
    (MERCATOR.minLatitude + (y / size) * height + (MERCATOR.minLatitude + (top / size) * height)) /
    2
  return {
    longitude: clamp(longitude, MAX_LONGITUDE),
    latitude: clamp(latitude, MAX_LATITUDE),
  }
}

/** The usual text form, of 11 letters. The last one stands for bits that a score does not have. */
export function geohashText(point: Point): string {
  const { x, y } = cellAt(point, FULL_STEP, STANDARD)
  let text = ''
  for (let letter = 0; letter < 10; letter++) {
    let index = 0
    for (let bit = 51 - letter * 5; bit > 46 - letter * 5; bit--) {
      const source = bit % 2 === 1 ? x : y
      index = index * 2 + ((source >>> (bit >> 1)) & 1)
    }
    text += ALPHABET[index]
  }
  return `${text}0`
}

/** In meters, along a great circle (haversine). */
export function distance(a: Point, b: Point): number {
  const v = sin((b.longitude * DEGREE - a.longitude * DEGREE) / 2)
  if (v === 0) return latitudeDistance(a, b)
  const latitudeA = a.latitude * DEGREE
  const latitudeB = b.latitude * DEGREE
  const u = sin((latitudeB - latitudeA) / 2)
  const square = u * u + cos(latitudeA) * cos(latitudeB) * v * v
  return 2 * EARTH_RADIUS * asin(Math.sqrt(square))
}

function latitudeDistance(a: Point, b: Point): number {
  return EARTH_RADIUS * Math.abs(b.latitude * DEGREE - a.latitude * DEGREE)
}

/** The distance of a point from the center in meters, or undefined if it lies outside the shape. */
export function distanceWithin(shape: Shape, center: Point, point: Point): number | undefined {
  if (shape.type === 'circle') {
    const meters = distance(center, point)
    return meters > shape.radius * shape.toMeters ? undefined : meters
  }
  if (latitudeDistance(point, center) > (shape.height * shape.toMeters) / 2) return undefined
  const abreast = distance(point, { longitude: center.longitude, latitude: point.latitude })
  if (abreast > (shape.width * shape.toMeters) / 2) return undefined
  return distance(center, point)
}

/** The spans of scores that together hold every point of the shape, in Redis's order. */
export function spansAround(shape: Shape, center: Point): ScoreSpan[] {
  const bounds = boundsOf(shape, center)
  let step = stepFor(shape, center.latitude)
  let cell = cellAt(center, step, MERCATOR)
  if (step > 1 && !neighborsCover(cell, step, bounds)) {
    step--
    cell = cellAt(center, step, MERCATOR)
  }
  const area = areaOf(cell, step)
  // Cells beyond an edge that the shape does not reach are left out, unless cells are huge.
  const mayOmit = step >= 2
  const omits = {
    south: mayOmit && area.south < bounds.south,
    north: mayOmit && area.north > bounds.north,
    west: mayOmit && area.west < bounds.west,
    east: mayOmit && area.east > bounds.east,
  }
  const spans: ScoreSpan[] = []
  let previous: bigint | undefined
  for (const [dx, dy] of NEIGHBORS) {
    if ((dy < 0 && omits.south) || (dy > 0 && omits.north)) continue
    if ((dx < 0 && omits.west) || (dx > 0 && omits.east)) continue
    const bits = interleave(dx === 0 && dy === 0 ? cell : move(cell, step, dx, dy))
    // Around the globe, neighbors on both sides may be one cell.
    if (bits === previous) continue
    spans.push(spanOf(bits, step))
    if (dx !== 0 || dy !== 0) previous = bits
  }
  return spans
}

/** The cell itself, then north, south, east, west, and the corners. */
const NEIGHBORS = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const

interface Bounds {
  readonly south: number
  readonly north: number
  readonly west: number
  readonly east: number
}

function boundsOf(shape: Shape, { longitude, latitude }: Point): Bounds {
  const isCircle = shape.type === 'circle'
  const height = shape.toMeters * (isCircle ? shape.radius : shape.height / 2)
  const width = shape.toMeters * (isCircle ? shape.radius : shape.width / 2)
  const up = height / EARTH_RADIUS / DEGREE
  // Meridians come nearer towards the poles; the edge that is nearer to the pole decides.
  const edge = latitude < 0 ? latitude - up : latitude + up
  const aside = width / EARTH_RADIUS / Math.cos(edge * DEGREE) / DEGREE
  return {
    south: latitude - up,
    north: latitude + up,
    west: longitude - aside,
    east: longitude + aside,
  }
}

/** How many bits a cell may have so that nine of them cover the shape. */
function stepFor(shape: Shape, latitude: number): number {
  const reach =
    shape.type === 'circle'
      ? shape.radius
      : Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2))
  let meters = reach * shape.toMeters
  if (meters === 0) return FULL_STEP
  let step = 1
  for (; meters < MERCATOR_MAX; meters *= 2) step++
  step -= 2
  if (Math.abs(latitude) > 66) step--
  if (Math.abs(latitude) > 80) step--
  return Math.min(FULL_STEP, Math.max(1, step))
}

function neighborsCover(cell: Cell, step: number, bounds: Bounds): boolean {
  return (
    areaOf(move(cell, step, 0, 1), step).north >= bounds.north &&
    areaOf(move(cell, step, 0, -1), step).south <= bounds.south &&
    areaOf(move(cell, step, 1, 0), step).east >= bounds.east &&
    areaOf(move(cell, step, -1, 0), step).west <= bounds.west
  )
}

function areaOf({ x, y }: Cell, step: number): Bounds {
  const size = 2 ** step
  const height = MERCATOR.maxLatitude - MERCATOR.minLatitude
  return {
    south: MERCATOR.minLatitude + (y / size) * height,
    north: MERCATOR.minLatitude + ((y + 1) / size) * height,
    west: -180 + (x / size) * 360,
    east: -180 + ((x + 1) / size) * 360,
  }
}

/** The cell next to it; beyond the map it is the one on the other side. */
function move({ x, y }: Cell, step: number, dx: number, dy: number): Cell {
  const size = 2 ** step
  return { x: dx === 0 ? x : (x + dx + size) % size, y: dy === 0 ? y : (y + dy + size) % size }
}

/** On the eastern and on the northern edge of the map the index is one too high, as in Redis. */
function cellAt({ longitude, latitude }: Point, step: number, grid: Grid): Cell {
  const size = 2 ** step
  const { minLatitude, maxLatitude } = grid
  return {
    x: Math.floor(((longitude + 180) / 360) * size),
    y: Math.floor(((latitude - minLatitude) / (maxLatitude - minLatitude)) * size),
  }
}

function spanOf(bits: bigint, step: number): ScoreSpan {
  const shift = BigInt(2 * (FULL_STEP - step))
  return { min: Number(bits << shift), max: Number((bits + 1n) << shift) }
}

const HALF_BITS = 13
const HALF_MASK = 2 ** HALF_BITS - 1

/** Bits of y on even places, of x on odd ones; of up to 27 bits each. */
function interleave({ x, y }: Cell): bigint {
  const low = spread(y & HALF_MASK) | (spread(x & HALF_MASK) << 1)
  const high = spread(y >>> HALF_BITS) | (spread(x >>> HALF_BITS) << 1)
  return (BigInt(high) << BigInt(2 * HALF_BITS)) | BigInt(low)
}

/** Puts a zero before each of 14 bits. */
function spread(bits: number): number {
  let n = bits
  n = (n | (n << 8)) & 0x00ff00ff
  n = (n | (n << 4)) & 0x0f0f0f0f
  n = (n | (n << 2)) & 0x33333333
  return (n | (n << 1)) & 0x55555555
}

/** The 16 bits on even places. */
function deinterleave(bits: number): number {
  let n = bits & 0x55555555
  n = (n | (n >>> 1)) & 0x33333333
  n = (n | (n >>> 2)) & 0x0f0f0f0f
  n = (n | (n >>> 4)) & 0x00ff00ff
  return (n | (n >>> 8)) & 0x0000ffff
}

const INDEFINITE = 2n ** 63n

/** A double as an unsigned 64-bit integer, also where C leaves that to the processor (x86-64). */
function toWords(score: number): { high: number; low: number } {
  if (score >= 0 && score < 2 ** 64) {
    const whole = Math.floor(score)
    const high = Math.floor(whole / 2 ** 32)
    return { high, low: whole - high * 2 ** 32 }
  }
  if (score >= 2 ** 64) return { high: 0, low: 0 }
  const bits = score >= -(2 ** 63) ? BigInt.asUintN(64, BigInt(Math.trunc(score))) : INDEFINITE
  return { high: Number(bits >> 32n), low: Number(bits & 0xffffffffn) }
}

function clamp(degrees: number, max: number): number {
  return Math.max(-max, Math.min(max, degrees))
}
