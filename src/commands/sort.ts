// SORT: by the elements themselves or by keys whose names they complete.
//
// What BY and GET read is known only when the elements are, so no key check can see it: they need a
// user who may read every key. The words are read once, by readSort(), for the handler and for the
// list of keys that ACL checks; of several STOREs the last one counts, for both.

import { mayReadEveryKey } from '../acl/check.ts'
import type { Client } from '../engine/client.ts'
import { handlers } from '../engine/handlers.ts'
import type { Args } from '../resp3/args.ts'
import { err, WRONGTYPE } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Database } from '../store/database.ts'
import { HashValue } from '../store/hash.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StringValue } from '../store/string.ts'
import { SORT } from '../table/families/generic.ts'
import { SentRequest } from '../table/keys.ts'
import { newSort, readSort, type SortWords } from '../table/readers/sort.ts'
import { compareBytes, upToNul } from '../util/bytes.ts'
import { keySlot, patternSlot } from '../util/crc.ts'
import { parseDouble } from '../util/number.ts'
import { orderOf } from '../util/number-order.ts'
import { partialSort } from '../util/partial-sort.ts'

export const sort = handlers(SORT, {
  sort: sortAndStore,
  sort_ro: sortReadOnly,
})

function sortAndStore(client: Client, args: Args, reply: ReplyWriter): void {
  const words = newSort()
  readSort(words, args, { mayStore: true, ...rightsOf(client, args, 'sort') })
  const output = sortedOutput(client, args, words)
  if (words.storeAt === undefined) write(reply, output)
  else store(client, args.text(words.storeAt), output, reply)
}

function sortReadOnly(client: Client, args: Args, reply: ReplyWriter): void {
  const words = newSort()
  readSort(words, args, { mayStore: false, ...rightsOf(client, args, 'sort_ro') })
  write(reply, sortedOutput(client, args, words))
}

function rightsOf({ server, user }: Client, args: Args, name: string) {
  return {
    isAtHand(pattern: string, key: string) {
      return server.cluster === undefined || patternSlot(pattern) === keySlot(key)
    },
    mayReadEveryKey() {
      const command = server.table.catalogue.find(name)
      if (user === undefined || command === undefined) return true
      return mayReadEveryKey(user, new SentRequest(command, args))
    },
  }
}

function write(reply: ReplyWriter, output: readonly (string | undefined)[]): void {
  reply.array(output.length)
  for (const text of output) reply.bulkOrNull(text)
}

function store(
  { db, server }: Client,
  key: string,
  output: readonly (string | undefined)[],
  reply: ReplyWriter,
): void {
  if (output.length > 0) {
    const list = new ListValue(server.keyspace.limits)
    for (const text of output) {
      list.expect([text ?? ''])
      list.push(text ?? '', 'right')
    }
    db.replace(key, list)
    db.changed(key, 'sortstore', output.length)
  } else if (db.discard(key)) {
    db.changed(key, 'del')
  }
  reply.integer(output.length)
}

// ---- Sorting -----------------------------------------------------------------------------------

type Sortable = ListValue | SetValue | SortedSetValue

function sortedOutput(client: Client, args: Args, words: SortWords): (string | undefined)[] {
  const { db } = client
  const key = args.text(1)
  const value = db.readAny(key)
  if (value === undefined) return []
  const isSortable =
    value instanceof ListValue || value instanceof SetValue || value instanceof SortedSetValue
  if (!isSortable) throw WRONGTYPE
  // As in Redis, a sorted set never is a listpack again after that.
  if (value instanceof SortedSetValue) {
    db.beforeChange(key)
    value.becomeSkiplist()
  }
  const range = rangeOf(value.size, words)
  const elements = inOrder(client, value, words, range)
  if (words.gets.length === 0) return elements
  return elements.flatMap(element => words.gets.map(pattern => lookUp(db, pattern, element)))
}

/** The positions that LIMIT leaves, up to but not including the end. */
interface Range {
  readonly start: number
  readonly end: number
}

function rangeOf(size: number, { offset, count }: SortWords): Range {
  const start = Math.min(Math.max(offset, 0), size)
  return { start, end: count < 0 ? size : Math.min(start + count, size) }
}

/** What the range leaves of the elements in their order. */
function inOrder(client: Client, value: Sortable, words: SortWords, range: Range): string[] {
  const elements = elementsOf(value)
  // A set has no order that would be the same everywhere: where that matters, in scripts and in
  // what is stored, it is sorted by its bytes instead of kept.
  const mustBeSorted = words.storeAt !== undefined || client.scriptCaller !== undefined
  if (words.keepsOrder && value instanceof SetValue && mustBeSorted) {
    return sortElements(client.db, elements, { ...words, by: undefined, alpha: true }, range)
  }
  if (!words.keepsOrder) return sortElements(client.db, elements, words, range)
  if (words.descending && !(value instanceof SetValue)) elements.reverse()
  return elements.slice(range.start, range.end)
}

function elementsOf(value: Sortable): string[] {
  if (value instanceof SetValue) return [...value.members()]
  if (value instanceof ListValue) {
    const elements = new Array<string>(value.size)
    let at = 0
    for (const { items } of value.nodes()) for (const item of items) elements[at++] = item
    return elements
  }
  return Array.from(value, ({ member }) => member)
}

const NOT_A_DOUBLE = err("One or more scores can't be converted into double")

function sortElements(
  db: Database,
  elements: readonly string[],
  words: SortWords,
  range: Range,
): string[] {
  const { by, alpha } = words
  const weights = by === undefined ? elements : elements.map(element => lookUp(db, by, element))
  const order = alpha ? sortByText(weights, words, range) : sortByNumber(weights, elements, words)
  const sorted = new Array<string>(range.end - range.start)
  for (let i = 0; i < sorted.length; i++) sorted[i] = elements[order[range.start + i] ?? 0]!
  return sorted
}

function sortByNumber(
  weights: readonly (string | undefined)[],
  elements: readonly string[],
  { descending }: SortWords,
): Uint32Array {
  const numbers = new Float64Array(weights.length)
  for (let i = 0; i < numbers.length; i++) {
    const weight = weights[i]
    numbers[i] = weight === undefined ? 0 : readWeight(weight)
  }
  const order = orderOf(numbers, (a, b) => compareBytes(elements[a]!, elements[b]!))
  return descending ? order.reverse() : order
}

function sortByText(
  weights: readonly (string | undefined)[],
  words: SortWords,
  range: Range,
): number[] {
  const { by, descending } = words
  const direction = descending ? -1 : 1
  const order = textOrder(weights, words)
  const compare = (a: number, b: number): number => direction * order(a, b)
  const indexes = Array.from(weights.keys())
  const isPartial = range.start > 0 || range.end < weights.length
  if (by !== undefined && isPartial) partialSort(indexes, compare, range.start, range.end - 1)
  else indexes.sort(compare)
  return indexes
}

type Order = (a: number, b: number) => number

function textOrder(weights: readonly (string | undefined)[], { storeAt }: SortWords): Order {
  // What is answered is collated by the C library, for which a NUL ends a text.
  const texts =
    storeAt === undefined
      ? weights.map(text => (text === undefined ? undefined : upToNul(text)))
      : weights
  return (i, j) => {
    const [a, b] = [texts[i], texts[j]]
    if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
    return compareBytes(a, b)
  }
}

/** As strtod reads it: blanks before are fine, a NUL ends the text, no text is 0. */
function readWeight(weight: string): number {
  const text = upToNul(weight)
  if (text === '') return 0
  const value = parseDouble(text) ?? parseDouble(text.replace(/^[\t-\r ]+/, ''))
  if (value === undefined) throw NOT_A_DOUBLE
  return value
}

// ---- Patterns ----------------------------------------------------------------------------------

/** The text that a pattern of BY or GET leads to: '#' itself, 'key_*', or 'key_*->field'. */
function lookUp(db: Database, pattern: string, element: string): string | undefined {
  // Redis looks no further than a NUL for star and arrow, though what follows is part of the name.
  const visible = upToNul(pattern)
  if (visible === '#') return element
  const star = visible.indexOf('*')
  if (star < 0) return undefined
  const arrow = visible.indexOf('->', star + 1)
  const hasField = arrow >= 0 && arrow + 2 < visible.length
  const keyPattern = hasField ? pattern.slice(0, arrow) : pattern
  const key = keyPattern.slice(0, star) + element + keyPattern.slice(star + 1)
  const value = db.readAny(key)
  if (hasField) {
    const field = pattern.slice(arrow + 2)
    return value instanceof HashValue ? db.liveField(key, value, field) : undefined
  }
  return value instanceof StringValue ? value.text : undefined
}
