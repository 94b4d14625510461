// Which words of a request are keys or channels, and what is done to them: the one answer for ACL,
// COMMAND GETKEYS, tracking and, where there is a cluster, which node a request belongs to.
//
// Most commands say it in key specs. Where a spec cannot (SORT ... STORE, SET ... GET), the row's
// findKeys reads the words with the same function that the handler uses, so that what is checked
// is what is touched. A request whose keys cannot be read has none; the command itself then fails
// with a syntax error.

import type { ChannelUse, KeyPlace, KeyUse } from '../acl/command-facts.ts'
import type { Request, Rights } from '../acl/request.ts'
import type { Args } from '../resp3/args.ts'
import { parseInteger } from '../util/number.ts'
import type { Command, KeySpec } from './command.ts'

const NONE: readonly never[] = []

export function keysOf(command: Command, args: Args): readonly KeyUse[] {
  return placesOf(command, args).map(place => ({ name: args.text(place.position), ...place }))
}

/** As keysOf, without their names: a request may name half a million. */
export function placesOf(
  { findKeys, onlyKey, keySpecs }: Command,
  args: Args,
): readonly KeyPlace[] {
  if (findKeys !== undefined) return findKeys(args)
  if (onlyKey !== undefined) return onlyKey[0]!.position < args.count ? onlyKey : NONE
  return placesBySpecs(keySpecs, args)
}

/** The positions of all that has a slot: keys, and channels of sharded pub/sub. */
export function* slotPlaces(command: Command, args: Args): Generator<number> {
  const { keySpecs, findKeys } = command
  if (findKeys !== undefined || keySpecs.length === 0 || keySpecs[0]?.isKey) {
    for (const { position } of placesOf(command, args)) yield position
    return
  }
  for (const spec of keySpecs) {
    const range = findRange(spec, args, findFirst(spec, args) ?? args.count)
    if (range === undefined) continue
    for (let i = range.first; i <= range.last; i += range.step) yield i
  }
}

/** The keys that the specs name: none if one of them does not fit the request. */
function placesBySpecs(specs: readonly KeySpec[], args: Args): readonly KeyPlace[] {
  const places: KeyPlace[] = []
  for (const spec of specs) {
    if (!spec.isKey || spec.begin.type === 'unknown') continue
    const first = findFirst(spec, args)
    if (first === undefined) continue
    const range = findRange(spec, args, first)
    if (range === undefined) return NONE
    const { needs, flags } = spec
    for (let i = range.first; i <= range.last; i += range.step) {
      places.push({ position: i, needs, flags })
    }
  }
  return places
}

function findFirst({ begin }: KeySpec, args: Args): number | undefined {
  if (begin.type === 'index') return begin.index
  if (begin.type === 'unknown') return undefined
  const backwards = begin.startFrom < 0
  const start = backwards ? args.count + begin.startFrom : begin.startFrom
  const end = backwards ? 0 : args.count - 1
  for (let i = start; backwards ? i > end : i < end; i += backwards ? -1 : 1) {
    if (args.is(i, begin.keyword)) return i + 1
  }
  return undefined
}

interface Range {
  readonly first: number
  readonly last: number
  readonly step: number
}

function findRange({ find }: KeySpec, args: Args, first: number): Range | undefined {
  if (find.type === 'unknown') return undefined
  if (find.type === 'keynum') {
    const at = first + find.keyNumIndex
    if (at >= args.count) return undefined
    const count = parseInteger(args.text(at))
    if (count === undefined || count < 0) return undefined
    const from = first + find.firstKey
    return bounded({ first: from, last: from + (count - 1) * find.step, step: find.step }, args)
  }
  let last: number
  if (find.last >= 0) last = first + find.last
  else if (find.limit === 0) last = args.count + find.last
  else last = first + (args.count - first) / find.limit + find.last
  return bounded({ first, last: Math.floor(last), step: find.step }, args)
}

function bounded(range: Range, args: Args): Range | undefined {
  const { first, last } = range
  return first >= args.count || last >= args.count || last < first ? undefined : range
}

export function channelsOf(command: Command, args: Args): readonly ChannelUse[] {
  const spec = command.channels
  if (spec === undefined) return NONE
  const last = spec.toEnd ? args.count - 1 : spec.first
  const channels: ChannelUse[] = []
  for (let i = spec.first; i <= last && i < args.count; i++) {
    channels.push({ name: args.text(i), position: i, isPattern: spec.isPattern })
  }
  return channels
}

/** The request that these words are. Their bytes must stay as long as it is asked. */
export class SentRequest implements Request {
  readonly command: Command
  readonly #args: Args
  #places: readonly KeyPlace[] | undefined

  constructor(command: Command, args: Args) {
    this.command = command
    this.#args = args
  }

  firstArg(): string | undefined {
    return this.#args.count > 1 ? this.#args.text(1) : undefined
  }

  keys(): readonly KeyUse[] {
    return keysOf(this.command, this.#args)
  }

  channels(): readonly ChannelUse[] {
    return channelsOf(this.command, this.#args)
  }

  refusedKey(rights: Rights): number {
    const { bytes, marks } = this.#args
    this.#places ??= placesOf(this.command, this.#args)
    for (const { position, needs } of this.#places) {
      const start = marks[position * 2] ?? 0
      if (!rights.mayAccessKeyIn(bytes, start, marks[position * 2 + 1] ?? 0, needs)) return position
    }
    return 0
  }
}
