// Sorted sets whose first or last elements are taken: at once, or when there are some.

import type { Client } from '../engine/client.ts'
import type { Args } from '../resp3/args.ts'
import { MUST_BE_POSITIVE, SYNTAX } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { type Element, SortedSetValue } from '../store/sorted-set.ts'
import { readTimeoutSeconds } from '../table/readers/timeout.ts'
import { type MultiPop, readMultiPop } from './multi-pop.ts'
import { writeElements } from './sorted-set-reply.ts'

type Side = 'min' | 'max'

export function zpopmin(client: Client, args: Args, reply: ReplyWriter): void {
  pop(client, args, reply, 'min')
}

export function zpopmax(client: Client, args: Args, reply: ReplyWriter): void {
  pop(client, args, reply, 'max')
}

function pop({ db }: Client, args: Args, reply: ReplyWriter, side: Side): void {
  if (args.count > 3) throw SYNTAX
  const count =
    args.count === 3
      ? args.integerBetween(2, 0, Number.POSITIVE_INFINITY, MUST_BE_POSITIVE)
      : undefined
  const key = args.text(1)
  const set = db.edit(key, SortedSetValue)
  const elements = set === undefined ? [] : take(db, key, set, side, count ?? 1)
  // One element without a count is answered flat in RESP3 as well.
  if (count === undefined) writeFlat(reply, elements)
  else writeElements(reply, elements, true)
}

function writeFlat(reply: ReplyWriter, elements: readonly Element[]): void {
  reply.array(elements.length * 2)
  for (const { member, score } of elements) {
    reply.bulk(member)
    reply.double(score)
  }
}

function take(
  db: Database,
  key: string,
  set: SortedSetValue,
  side: Side,
  count: number,
): Element[] {
  const elements = side === 'min' ? set.popMin(count) : set.popMax(count)
  if (elements.length > 0) tell(db, key, set, `zpop${side}`, elements.length)
  return elements
}

function readSide(args: Args, i: number): Side {
  if (args.is(i, 'MIN')) return 'min'
  if (args.is(i, 'MAX')) return 'max'
  throw SYNTAX
}

export function zmpop(client: Client, args: Args, reply: ReplyWriter): void {
  if (!popFirst(client, readMultiPop(args, 1, readSide), reply)) reply.nullArray()
}

export function bzmpop(client: Client, args: Args, reply: ReplyWriter): void {
  const pop = readMultiPop(args, 2, readSide)
  const timeoutMs = readTimeoutSeconds(args, 1)
  if (popFirst(client, pop, reply)) return
  client.waitFor(args, {
    for: 'keys',
    keys: pop.keys,
    type: 'zset',
    timeoutMs,
    onTimeout: answerNullArray,
  })
}

/** Pops from the first set that is there: its key, and pairs that are nested in RESP2 too. */
function popFirst(
  { db, server }: Client,
  { keys, end: side, count }: MultiPop<Side>,
  reply: ReplyWriter,
): boolean {
  for (const key of keys) {
    const set = db.edit(key, SortedSetValue)
    if (set === undefined) continue
    const elements = take(db, key, set, side, count)
    server.effects.instead([popOf(side), key, String(elements.length)])
    reply.array(2)
    reply.bulk(key)
    reply.array(elements.length)
    for (const { member, score } of elements) {
      reply.array(2)
      reply.bulk(member)
      reply.double(score)
    }
    return true
  }
  return false
}

export function bzpopmin(client: Client, args: Args, reply: ReplyWriter): void {
  blockingPop(client, args, reply, 'min')
}

export function bzpopmax(client: Client, args: Args, reply: ReplyWriter): void {
  blockingPop(client, args, reply, 'max')
}

function blockingPop(client: Client, args: Args, reply: ReplyWriter, side: Side): void {
  const timeoutMs = readTimeoutSeconds(args, args.count - 1)
  const keys = args.texts(1, args.count - 1)
  for (const key of keys) {
    const set = client.db.edit(key, SortedSetValue)
    if (set === undefined) continue
    const [element] = take(client.db, key, set, side, 1)
    client.server.effects.instead([popOf(side), key])
    reply.array(3)
    reply.bulk(key)
    reply.bulk(element?.member ?? '')
    reply.double(element?.score ?? 0)
    return
  }
  client.waitFor(args, { for: 'keys', keys, type: 'zset', timeoutMs, onTimeout: answerNullArray })
}

/** The command that pops without waiting. */
function popOf(side: Side): 'ZPOPMIN' | 'ZPOPMAX' {
  return side === 'min' ? 'ZPOPMIN' : 'ZPOPMAX'
}

function answerNullArray(late: ReplyWriter): void {
  late.nullArray()
}

/** After elements were removed. */
export function tell(
  db: Database,
  key: string,
  set: SortedSetValue,
  event: string,
  count: number,
): void {
  db.changed(key, event, count)
  db.removeIfEmpty(key, set)
}
