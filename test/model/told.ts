// Random commands for those who look at what a server tells of its writes: also such as leave their
// outcome to chance, and none of which something is not told.

import type { Test } from 'tap'
import type { RedisServer } from '../../src/engine/server.ts'
import { digestOfKeyspace } from '../../src/persistence/digest.ts'
import { dumpLibraries } from '../../src/persistence/library-payload.ts'
import { Libraries } from '../../src/scripting/libraries.ts'
import { type Random, SeededRandom } from '../../src/util/random.ts'
import { linesOf, shrink } from './compare.ts'
import { detailsOf } from './details.ts'
import { Requests, type Unit } from './requests.ts'

const STREAM_COMMANDS = 500

/** What the other streams leave out, because it is left to chance. */
const CHANCE: readonly (readonly string[])[] = [
  ['SPOP', 't1'],
  ['SPOP', 't2', '2'],
  ['SPOP', 't3', '3'],
  ['SADD', 't1', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'],
  ['XADD', 'x1', '*', 'f', 'v'],
  ['XADD', 'x2', 'MAXLEN', '~', '3', '*', 'f', 'v'],
  ['XTRIM', 'x2', 'MAXLEN', '~', '2'],
  ['XREADGROUP', 'GROUP', 'g1', 'c9', 'NOACK', 'STREAMS', 'x1', '>'],
  ['XGROUP', 'CREATE', 'x1', 'g1', '0', 'MKSTREAM'],
  ['XREADGROUP', 'GROUP', 'g1', 'c1', 'COUNT', '3', 'STREAMS', 'x1', '>'],
  ['XAUTOCLAIM', 'x1', 'g1', 'c2', '0', '-', 'COUNT', '2'],
  ['XAUTOCLAIM', 'x1', 'g1', 'c3', '0', '-', 'JUSTID'],
  ['HSET', 'h1', 'a', '1', 'b', '2', 'c', '3'],
  ['HEXPIRE', 'h1', '10000', 'FIELDS', '3', 'a', 'none', 'b'],
  ['SET', 's1', 'v', 'PXAT', '1000'],
  ['SET', 'i1', '7', 'PXAT', '1000'],
  ['RESTORE', 't1', '0', 'x', 'REPLACE'],
  ['EVAL', "redis.call('SPOP', 't1') redis.call('SPOP', 't2', 2) redis.call('NOSUCH')", '0'],
  ['FLUSHALL'],
]

/** A stream of commands whose effects are all told to those who have to do the same. */
export function drawTold(seed: number, length = STREAM_COMMANDS): Unit[] {
  const random = new SeededRandom(seed)
  const requests = new Requests(random, () => true)
  const units: Unit[] = []
  for (let count = 0; count < length; count++) units.push(drawUnit(requests, random))
  return units
}

function drawUnit(requests: Requests, random: Random): Unit {
  const unit = requests.next()
  if (random.below(8) > 0) return withoutUntold(unit)
  // FLUSHALL is the last, and seldom enough that something is there to be flushed.
  const at = random.below(CHANCE.length * 3) % (CHANCE.length - (random.below(20) === 0 ? 0 : 1))
  return { connection: unit.connection, commands: [CHANCE[at] ?? []] }
}

/**
 * What Redis does not tell either: SORT makes a small sorted set a large one, though it is no write,
 * and what LIMIT and a zero with a sign mean depends on that; a BITFIELD that fails may make a key;
 * who reads the history of a consumer again counts as another delivery; and HINCRBYFLOAT is told as
 * HSET, which makes a mortal field immortal.
 */
function withoutUntold({ connection, commands }: Unit): Unit {
  const told = commands.map(words => {
    const idsAt = words.length - (words.length - 1 - words.indexOf('STREAMS')) / 2
    return words.map((word, i) => {
      if (words.includes('SORT') || words.includes('SORT_RO')) return word.replace(/^z(\d)$/, 'l$1')
      if (words.includes('XREADGROUP')) return i >= idsAt ? '>' : word
      return OTHER_WORDS.get(word) ?? word
    })
  })
  return { connection, commands: told }
}

const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['FAIL', 'SAT'],
  ['HINCRBYFLOAT', 'HINCRBY'],
])

/** What a stream brings to light: undefined if there is no difference. */
type Play = (seed: number, units: readonly Unit[]) => Promise<string | undefined>

/** Plays one stream after the other; one that shows a difference fails, in its shortest form. */
export async function playUntilDifferent(
  t: Test,
  { seed: first, commands }: { readonly seed: number; readonly commands: number },
  play: Play,
): Promise<void> {
  let sent = 0
  for (let seed = first; sent < commands; seed++) {
    const units = drawTold(seed)
    sent += units.reduce((sum, { commands }) => sum + commands.length, 0)
    const found = await play(seed, units)
    if (found === undefined) continue
    const shortest = await shrink(units, async some => (await play(seed, some)) !== undefined)
    const last = (await play(seed, shortest)) ?? found
    t.fail(`SEED=${seed}: ${last}`, { stream: linesOf(shortest) })
    return
  }
  t.pass(`${sent} commands`)
}

/** Limits that small values exceed. */
export const SMALL_LIMITS = [
  'hash-max-listpack-entries',
  'set-max-intset-entries',
  'set-max-listpack-entries',
  'zset-max-listpack-entries',
  'stream-node-max-entries',
].map(name => [name, '8'])

/** In what two servers differ that should hold the same. */
export function difference(leader: RedisServer, follower: RedisServer): string | undefined {
  for (const [i, db] of leader.keyspace.databases.entries()) {
    const keys = [...db.keys()].sort().join(' ')
    const others = [...(follower.keyspace.get(i)?.keys() ?? [])].sort().join(' ')
    if (keys !== others) return `keys of ${i}: ${keys} | ${others}`
  }
  const [details = '', others = ''] = [leader, follower].map(detailsOf)
  if (details !== others) return differentLine(details, others)
  const [libraries, copies] = [leader, follower].map(server =>
    dumpLibraries(
      Array.from(server.feature(Libraries).all, ({ code }) => code),
      false,
    ).toString('latin1'),
  )
  if (libraries !== copies) return 'libraries'
  const [digest, other] = [leader, follower].map(({ keyspace }) => digestOfKeyspace(keyspace))
  return digest === other ? undefined : `digests: ${digest} | ${other}`
}

function differentLine(text: string, other: string): string {
  const [lines, others] = [text.split('\n'), other.split('\n')]
  const at = lines.findIndex((line, i) => line !== others[i])
  return `line ${at} of all details: ${lines[at]} | ${others[at]}`
}
