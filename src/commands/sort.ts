// SORT: by the elements themselves or by keys whose names they complete.
//
// What BY and GET read is known only when the elements are, so no key check can see it: they need a
// user who may read every key. The words are read once, by readSort(), for the handler and for the
// list of keys that ACL checks; of several STOREs the last one counts, for both.

import { mayReadEveryKey } from '../acl/check.ts'
import type { KeyUse } from '../acl/command-facts.ts'
import type { Args } from '../resp3/args.ts'
import { err, NOT_INTEGER, SYNTAX, WRONGTYPE } from '../resp3/errors.ts'
import type { ReplyWriter } from '../resp3/writer.ts'
import type { Client } from '../server/client.ts'
import { family, READ, WRITE } from '../server/command.ts'
import { requestOf } from '../server/dispatch.ts'
import type { Database } from '../store/database.ts'
import { HashValue } from '../store/hash.ts'
import { ListValue } from '../store/list.ts'
import { SetValue } from '../store/set.ts'
import { SortedSetValue } from '../store/sorted-set.ts'
import { StringValue } from '../store/string.ts'
import { compareBytes } from '../util/bytes.ts'
import { parseInteger, parseScoreBound } from '../util/number.ts'

const UNKNOWN_NOTE =
  "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"

export const sort = family('generic', 'keyspace', {
  sort: {
    arity: -2,
    flags: 'write denyoom',
    keys: ['RO access 1', 'RO access ?', 'OW update ?'],
    findKeys: sortKeys,
    acl: 'dangerous list set sortedset',
    notes: [
      undefined,
      UNKNOWN_NOTE,
      "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
    ],
    since: '1.0.0',
    run: sortAndStore,
  },
  sort_ro: {
    arity: -2,
    flags: 'readonly',
    keys: ['RO access 1', 'RO access ?'],
    findKeys: sortKeys,
    acl: 'dangerous list set sortedset',
    notes: [undefined, UNKNOWN_NOTE],
    since: '7.0.0',
    run: sortReadOnly,
  },
})

interface SortWords {
  by: string | undefined
  readonly gets: string[]
  descending: boolean
  alpha: boolean
  offset: number
  count: number
  /** Where the key of STORE stands. */
  storeAt: number | undefined
  /** What is wrong with the words, found at the end of what could be read. */
  problem: Error | undefined
}

function readSort(args: Args, mayStore: boolean): SortWords {
  const words: SortWords = {
    by: undefined,
    gets: [],
    descending: false,
    alpha: false,
    offset: 0,
    count: -1,
    storeAt: undefined,
    problem: undefined,
  }
  for (let i = 2; i < args.count; i++) {
    const left = args.count - 1 - i
    if (args.is(i, 'ASC')) words.descending = false
    else if (args.is(i, 'DESC')) words.descending = true
    else if (args.is(i, 'ALPHA')) words.alpha = true
    else if (args.is(i, 'LIMIT') && left >= 2) {
      const [offset, count] = [parseInteger(args.text(i + 1)), parseInteger(args.text(i + 2))]
      if (offset === undefined || count === undefined) words.problem = NOT_INTEGER
      words.offset = offset ?? 0
      words.count = count ?? -1
      i += 2
    } else if (mayStore && args.is(i, 'STORE') && left >= 1) words.storeAt = ++i
    else if (args.is(i, 'BY') && left >= 1) words.by = args.text(++i)
    else if (args.is(i, 'GET') && left >= 1) words.gets.push(args.text(++i))
    else words.problem = SYNTAX
    if (words.problem !== undefined) return words
  }
  return words
}

function sortKeys(args: Args): readonly KeyUse[] {
  const keys: KeyUse[] = []
  if (args.count > 1) {
    keys.push({ name: args.text(1), position: 1, needs: READ, flags: ['RO', 'access'] })
  }
  const { storeAt } = readSort(args, args.is(0, 'SORT'))
  if (storeAt !== undefined) {
    keys.push({
      name: args.text(storeAt),
      position: storeAt,
      needs: WRITE,
      flags: ['OW', 'update'],
    })
  }
  return keys
}

function sortAndStore(client: Client, args: Args, reply: ReplyWriter): void {
  const words = readSort(args, true)
  const output = sortedOutput(client, args, words)
  if (words.storeAt === undefined) write(reply, output)
  else store(client, args.text(words.storeAt), output, reply)
}

function sortReadOnly(client: Client, args: Args, reply: ReplyWriter): void {
  write(reply, sortedOutput(client, args, readSort(args, false)))
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
    db.put(key, list)
    db.changed(key, 'sortstore', output.length)
  } else if (db.take(key) !== undefined) {
    db.changed(key, 'del')
  }
  reply.integer(output.length)
}

// ---- Sorting ------------------------------------------------------------------------------------

type Sortable = ListValue | SetValue | SortedSetValue

function sortedOutput(client: Client, args: Args, words: SortWords): (string | undefined)[] {
  checkRights(client, args, words)
  const { db } = client
  const value = db.readAny(args.text(1))
  if (value === undefined) return []
  const isSortable =
    value instanceof ListValue || value instanceof SetValue || value instanceof SortedSetValue
  if (!isSortable) throw WRONGTYPE
  const elements = slice(inOrder(client, value, words), words)
  if (words.gets.length === 0) return elements
  return elements.flatMap(element => words.gets.map(pattern => lookUp(db, pattern, element)))
}

const BY_DENIED = err('BY option of SORT denied due to insufficient ACL permissions.')
const GET_DENIED = err('GET option of SORT denied due to insufficient ACL permissions.')

/** In the order of the words: what comes first is reported. */
function checkRights(client: Client, args: Args, words: SortWords): void {
  const { user } = client
  const readsKeys = words.by?.includes('*') || words.gets.length > 0
  if (readsKeys && user !== undefined) {
    const command = client.server.table.byName(args.text(0)) ?? client.lastCommand!
    if (!mayReadEveryKey(user, requestOf(command, args))) {
      throw words.by?.includes('*') ? BY_DENIED : GET_DENIED
    }
  }
  if (words.problem !== undefined) throw words.problem
}

function inOrder(client: Client, value: Sortable, words: SortWords): string[] {
  const elements = elementsOf(value)
  const isUnordered = value instanceof SetValue
  // BY a name without a star means: as they are. A set has no such order where it matters, in
  // scripts and in what is stored, and is sorted by its bytes there.
  const keepsOrder = words.by !== undefined && !words.by.includes('*')
  const mustBeOrdered = words.storeAt !== undefined || client.scriptCaller !== undefined
  if (keepsOrder && isUnordered && mustBeOrdered)
    return sortBy(elements, undefined, { ...words, alpha: true })
  if (keepsOrder) {
    const isReversed = words.descending && value instanceof SortedSetValue
    return isReversed ? elements.reverse() : elements
  }
  const { by } = words
  const weigh = by === undefined ? undefined : (one: string) => lookUp(client.db, by, one)
  return sortBy(elements, weigh, words)
}

function elementsOf(value: Sortable): string[] {
  if (value instanceof SetValue) return [...value.members()]
  if (value instanceof ListValue) return [...value]
  return Array.from(value, ({ member }) => member)
}

const NOT_A_DOUBLE = err("One or more scores can't be converted into double")

function sortBy(
  elements: readonly string[],
  weigh: ((element: string) => string | undefined) | undefined,
  { alpha, descending }: SortWords,
): string[] {
  const direction = descending ? -1 : 1
  if (alpha) {
    const weighed = elements.map(element => ({
      element,
      weight: weigh === undefined ? element : weigh(element),
    }))
    weighed.sort((a, b) => direction * compareTexts(a.weight, b.weight))
    return weighed.map(({ element }) => element)
  }
  const weighed = elements.map(element => ({
    element,
    weight: numberOf(weigh === undefined ? element : weigh(element)),
  }))
  weighed.sort((a, b) => direction * (a.weight - b.weight || compareBytes(a.element, b.element)))
  return weighed.map(({ element }) => element)
}

function compareTexts(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  return compareBytes(a, b)
}

/** A missing weight counts as 0. */
function numberOf(text: string | undefined): number {
  if (text === undefined) return 0
  const value = parseScoreBound(text)
  if (value === undefined) throw NOT_A_DOUBLE
  return value
}

function slice(elements: readonly string[], { offset, count }: SortWords): string[] {
  const start = Math.max(0, offset)
  return count < 0 ? elements.slice(start) : elements.slice(start, start + count)
}

// ---- Patterns -----------------------------------------------------------------------------------

/** The text that a pattern of BY or GET leads to: '#' itself, 'key_*', or 'key_*->field'. */
function lookUp(db: Database, pattern: string, element: string): string | undefined {
  if (pattern === '#') return element
  const star = pattern.indexOf('*')
  if (star < 0) return undefined
  const arrow = pattern.indexOf('->', star + 1)
  const hasField = arrow >= 0 && arrow + 2 < pattern.length
  const keyPattern = hasField ? pattern.slice(0, arrow) : pattern
  const key = keyPattern.slice(0, star) + element + keyPattern.slice(star + 1)
  const value = db.readAny(key)
  if (hasField) {
    const field = pattern.slice(arrow + 2)
    if (!(value instanceof HashValue) || value.isDead(field, db.keyspace.now)) return undefined
    return value.get(field)
  }
  return value instanceof StringValue ? value.text : undefined
}
