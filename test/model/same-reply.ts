// Whether two replies say the same. Bytes decide; only where the commands speak of time, of chance
// or of tables without an order may they differ, and there only in that.

import type { Reply } from '../../src/resp3/decoder.ts'
import type { Answer } from '../helpers/wire.ts'

export interface Leniency {
  /** Points in time and times to live may differ by a little. */
  readonly hasTimes?: boolean
  /** As may the times since something happened, where replies name them. */
  readonly hasIdleTimes?: boolean
  readonly isUnordered?: boolean
  /** Only the form of the reply counts. */
  readonly isRandom?: boolean
  /** So many bytes at the end of strings do not count. */
  readonly footer?: number
}

const TIMES = /^H?P?(TTL|EXPIRETIME)$/i
const IDLE_TIMES = /^(XPENDING|XINFO)$/i
// Names of keys, channels and functions, skip lists, and what Lua made of maps and sets.
const NEVER_ORDERED = /^(KEYS|SCAN|PUBSUB|FUNCTION|ZSCAN|ZRANDMEMBER)$|setresp\(3\)/i
const UNORDERED =
  /^(SMEMBERS|SDIFF|SINTER|SUNION|SSCAN|SPOP|HGETALL|HKEYS|HVALS|HSCAN|SRANDMEMBER|HRANDFIELD)$/i
const SORT = /^SORT(_RO)?$/i
const isListToSort = (word: string): boolean => /^o\d$/.test(word)
const RANDOM = /^([SZ]RANDMEMBER|HRANDFIELD)$/i

/** What may differ in the replies to commands that belong together. */
export function leniencyOf(
  commands: readonly (readonly string[])[],
  keepsOrder: boolean,
): Leniency {
  const words = commands.flat()
  return {
    hasTimes: words.some(word => TIMES.test(word)),
    hasIdleTimes: words.some(word => IDLE_TIMES.test(word)),
    isUnordered: words.some(
      word => NEVER_ORDERED.test(word) || (!keepsOrder && UNORDERED.test(word)),
    ),
    isRandom: commands.some(
      each =>
        (each.some(word => RANDOM.test(word)) && !each.includes('100000')) ||
        // What weighs the same has an order in lists only.
        (each.some(word => SORT.test(word)) && each.includes('BY') && !each.some(isListToSort)),
    ),
  }
}

export function sameReply(a: Answer, b: Answer, leniency: Leniency): boolean {
  return a.bytes.equals(b.bytes) || similar(a.reply, b.reply, leniency, '')
}

const TOLERANCE_MS = 60_000
const IDLE_NAMES = new Set(['idle', 'inactive', 'seen-time', 'active-time'])

/** `before` is the text that stands before these two, which may be the name of a field. */
function similar(a: Reply, b: Reply, leniency: Leniency, before: string): boolean {
  if (a.type === 'integer' && b.type === 'integer') {
    if (a.value === b.value) return true
    const [x, y] = [Number(a.value), Number(b.value)]
    if (Math.abs(x - y) > TOLERANCE_MS) return false
    if (leniency.hasTimes && x > 1000) return true
    return leniency.hasIdleTimes === true && (IDLE_NAMES.has(before) || x > 1e12)
  }
  if (a.type === 'map' && b.type === 'map')
    return similarItems(a.pairs.flat(), b.pairs.flat(), leniency)
  if ('items' in a && 'items' in b && a.type === b.type) {
    return similarItems(a.items, b.items, leniency)
  }
  if (leniency.isRandom && isScalar(a) && isScalar(b)) return true
  if (leniency.footer !== undefined && a.type === 'bulk' && b.type === 'bulk') {
    return a.text.slice(0, -leniency.footer) === b.text.slice(0, -leniency.footer)
  }
  return keyOf(a) === keyOf(b)
}

function isScalar({ type }: Reply): boolean {
  return type === 'bulk' || type === 'double' || type === 'null'
}

function similarItems(a: readonly Reply[], b: readonly Reply[], leniency: Leniency): boolean {
  if (a.length !== b.length) return false
  const inOrder = a.every((item, i) => {
    const other = b[i]
    const name = a[i - 1]
    // A pending entry: id, consumer, milliseconds, deliveries.
    const before = a.length === 4 && i === 2 ? 'idle' : name && 'text' in name ? name.text : ''
    return other !== undefined && similar(item, other, leniency, before)
  })
  if (inOrder || !leniency.isUnordered) return inOrder
  const sorted = (items: readonly Reply[]): string => items.map(keyOf).sort().join()
  return sorted(a) === sorted(b)
}

function keyOf(reply: Reply): string {
  switch (reply.type) {
    case 'array':
    case 'set':
    case 'push':
      return `${reply.type}(${reply.items.map(keyOf).sort().join()})`
    case 'map':
    case 'attribute':
      return `${reply.type}(${reply.pairs
        .map(pair => pair.map(keyOf).join('='))
        .sort()
        .join()})`
    case 'integer':
      return `:${reply.value}`
    case 'double':
      return `,${reply.value}`
    default:
      return JSON.stringify(reply)
  }
}
