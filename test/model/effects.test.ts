// A random stream of commands to one server, and what it tells of its writes to another: in the end
// both hold the same. A difference is printed with its seed and the shortest stream that shows it.
//
// SEED=n starts at another seed; COMMANDS=n sends more or fewer.

import t from 'tap'
import { Effect, EffectStream, TARGET } from '../../src/engine/effect.ts'
import type { EffectListener } from '../../src/engine/effects.ts'
import type { RedisServer } from '../../src/engine/server.ts'
import { digestOfKeyspace } from '../../src/persistence/digest.ts'
import { dumpLibraries } from '../../src/persistence/library-payload.ts'
import { Libraries } from '../../src/scripting/libraries.ts'
import { type Random, SeededRandom } from '../../src/util/random.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encode, type Wire } from '../helpers/wire.ts'
import { linesOf, shrink } from './compare.ts'
import { detailsOf } from './details.ts'
import { PREPARATION, Requests, type Unit } from './requests.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COMMANDS = Number(process.env['COMMANDS'] ?? (process.env['TEST_LONG'] ? 1_000_000 : 10_000))
const STREAM_COMMANDS = 500
const COMPARED_EVERY = 25

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

function drawStream(seed: number): Unit[] {
  const random = new SeededRandom(seed)
  const requests = new Requests(random, () => true)
  const units: Unit[] = []
  for (let count = 0; count < STREAM_COMMANDS; count++) units.push(drawUnit(requests, random))
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

/** Two servers, of which one does what the other tells it. */
class Pair {
  readonly #leader: TestServer
  readonly #follower: TestServer
  readonly #stream = new EffectStream(TARGET.replicas)
  readonly #wires: readonly Wire[]
  readonly #link: Wire
  #replies = 0

  private constructor(servers: readonly [TestServer, TestServer], wires: readonly Wire[]) {
    const [leader, follower] = servers
    const [link, ...others] = wires
    if (link === undefined) throw new Error('There is no link')
    this.#leader = leader
    this.#follower = follower
    this.#link = link
    this.#wires = others
  }

  static async open(seed: number): Promise<Pair> {
    const config = [
      ['proto-max-bulk-len', '1mb'],
      ['enable-debug-command', 'yes'],
      ...(seed % 2 === 0 ? SMALL : []),
    ]
    const leader = await startServer({ config, random: new SeededRandom(seed) })
    const follower = await startServer({ config })
    const wires = [await follower.connect(), await leader.connect(), await leader.connect()]
    for (const { server } of [leader, follower]) server.switches.activeExpiry = false
    return new Pair([leader, follower], wires)
  }

  /** Undefined if both are the same afterwards, and now and then in between. */
  async play(units: readonly Unit[]): Promise<string | undefined> {
    this.#follow()
    await this.#send({ connection: 0, commands: PREPARATION })
    for (const [i, unit] of units.entries()) {
      await this.#send(unit)
      if (i % COMPARED_EVERY !== 0 && i < units.length - 1) continue
      const found = await this.#compare()
      if (found !== undefined) return found
    }
    return undefined
  }

  #follow(): void {
    const listener: EffectListener = {
      unit: (effects, atomic) => {
        for (const block of this.#stream.blocksOf(effects, atomic)) {
          this.#link.write(withoutLimit(block))
          this.#replies++
        }
      },
      lost: () => {
        throw new Error('Nothing here is lost')
      },
    }
    this.#leader.server.effects.listen(listener, TARGET.replicas)
  }

  async #send({ connection, commands }: Unit): Promise<void> {
    const wire = this.#wires[connection]
    if (wire === undefined) return
    wire.write(encode(...commands))
    for (const _ of commands) await wire.next()
  }

  async #compare(): Promise<string | undefined> {
    for (; this.#replies > 0; this.#replies--) {
      const { reply } = await this.#link.next()
      if (reply.type === 'error') return reply.text
    }
    return difference(this.#leader.server, this.#follower.server)
  }

  async close(): Promise<void> {
    await Promise.all([this.#leader.close(), this.#follower.close()])
  }
}

/** XADD and XTRIM keep their LIMIT beside `=`, which no ordinary client may say. */
function withoutLimit(block: Buffer): Buffer {
  const { words } = new Effect(0, block, 'command', TARGET.all)
  const at = words.texts().findIndex((_, i) => words.is(i, 'LIMIT'))
  if (!(words.is(0, 'XADD') || words.is(0, 'XTRIM')) || at < 0) return block
  return encode(words.texts().toSpliced(at, 2))
}

const SMALL = [
  'hash-max-listpack-entries',
  'set-max-intset-entries',
  'set-max-listpack-entries',
  'zset-max-listpack-entries',
  'stream-node-max-entries',
].map(name => [name, '8'])

function difference(leader: RedisServer, follower: RedisServer): string | undefined {
  for (const [i, db] of leader.keyspace.databases.entries()) {
    const keys = [...db.keys()].sort().join(' ')
    const others = [...(follower.keyspace.get(i)?.keys() ?? [])].sort().join(' ')
    if (keys !== others) return `keys of ${i}: ${keys} | ${others}`
  }
  const [details, others] = [leader, follower].map(detailsOf)
  if (details !== others) return `${details} | ${others}`
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

async function playOnce(seed: number, units: readonly Unit[]): Promise<string | undefined> {
  const pair = await Pair.open(seed)
  try {
    return await pair.play(units)
  } finally {
    await pair.close()
  }
}

// The long run takes its time.
t.setTimeout(COMMANDS > 10_000 ? 3_600_000 : 110_000)

t.test('who does what is told holds the same', async t => {
  let sent = 0
  for (let seed = SEED; sent < COMMANDS; seed++) {
    const units = drawStream(seed)
    sent += units.reduce((sum, { commands }) => sum + commands.length, 0)
    const found = await playOnce(seed, units)
    if (found === undefined) continue
    const shortest = await shrink(units, async some => (await playOnce(seed, some)) !== undefined)
    const last = (await playOnce(seed, shortest)) ?? found
    t.fail(`SEED=${seed}: ${last}`, { stream: linesOf(shortest) })
    return
  }
  t.pass(`${sent} commands`)
})
