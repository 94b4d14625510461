// Snapshots that are taken piece by piece while random commands of all families go on: each holds
// what one made at once would have held when it began. A difference is printed with its seed and the
// shortest stream that shows it.
//
// SEED=n starts at another seed; COMMANDS=n sends more or fewer.

import t from 'tap'
import { Cron } from '../../src/engine/cron.ts'
import type { RedisServer } from '../../src/engine/server.ts'
import { Snapshot, snapshotBlocks } from '../../src/persistence/snapshot.ts'
import type { TestClock } from '../../src/testing/clock.ts'
import { type Random, SeededRandom } from '../../src/util/random.ts'
import { frozenClock } from '../helpers/clock.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encode, type Wire } from '../helpers/wire.ts'
import { linesOf, shrink } from './compare.ts'
import { difference } from './pictures.ts'
import { PREPARATION, Requests, type Unit } from './requests.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COMMANDS = Number(process.env['COMMANDS'] ?? (process.env['TEST_LONG'] ? 300_000 : 3_000))
const STREAM_COMMANDS = 400
/** Before the first snapshot, so that there is something in it. */
const HEAD_START = 60

/** What the other streams leave out: chance, times that come, and what changes all data. */
const OTHERS: readonly (readonly string[])[] = [
  ['SET', 's1', 'short-lived', 'PX', '50'],
  ['PEXPIRE', 'h1', '70'],
  ['PEXPIRE', 'x2', '40'],
  ['HSET', 'h2', 'a', '1', 'b', '2', 'f1', '3'],
  ['HPEXPIRE', 'h2', '30', 'FIELDS', '3', 'a', 'f1', 'f2'],
  ['HPEXPIRE', 'h3', '60', 'FIELDS', '2', 'f3', 'f4'],
  ['HRANDFIELD', 'h2'],
  ['SPOP', 't1'],
  ['SPOP', 't2', '2'],
  ['SRANDMEMBER', 't3', '2'],
  ['XADD', 'x1', '*', 'f', 'v'],
  ['XTRIM', 'x2', 'MAXLEN', '~', '2'],
  ['XGROUP', 'CREATE', 'x1', 'g1', '0', 'MKSTREAM'],
  ['XREADGROUP', 'GROUP', 'g1', 'c1', 'COUNT', '3', 'STREAMS', 'x1', '>'],
  ['XREADGROUP', 'GROUP', 'g1', 'c1', 'STREAMS', 'x1', '0'],
  ['XAUTOCLAIM', 'x1', 'g1', 'c2', '0', '-', 'COUNT', '2'],
  ['PFCOUNT', 'p1'],
  ['SORT', 'z1', 'ALPHA'],
  ['SWAPDB', '0', '1'],
  ['SWAPDB', '0', '2'],
  ['MOVE', 's1', '1'],
  ['RENAME', 'h1', 'h2'],
  ['COPY', 'z1', 'z2', 'REPLACE'],
  ['EVAL', "redis.call('SPOP', 't1') redis.call('SET', 's1', 'x') redis.call('NOSUCH')", '0'],
  ['FUNCTION', 'DELETE', 'lib'],
  ['FUNCTION', 'LOAD', 'REPLACE', "#!lua name=lib\nredis.register_function('f', function() end)"],
  ['DEBUG', 'RELOAD'],
  ['FLUSHALL'],
]

/** Those are drawn seldom, so that something is there for all the others. */
const SELDOM = 2

function drawStream(seed: number): Unit[] {
  const random = new SeededRandom(seed)
  const requests = new Requests(random, () => true)
  return Array.from({ length: STREAM_COMMANDS }, () => {
    const unit = requests.next()
    if (random.below(6) > 0) return unit
    const isSeldom = random.below(20) === 0
    const at = random.below(OTHERS.length - (isSeldom ? 0 : SELDOM))
    return { connection: unit.connection, commands: [OTHERS[at] ?? []] }
  })
}

/** A snapshot under way, and what it has to hold. */
interface Taken {
  readonly snapshot: Snapshot
  readonly blocks: Buffer[]
  readonly began: number
  readonly atOnce: readonly Buffer[]
}

class Subject {
  readonly #redis: TestServer
  readonly #clock: TestClock
  readonly #random: Random
  readonly #wires: readonly Wire[]
  readonly #taken = new Set<Taken>()
  compared = 0

  private constructor(redis: TestServer, clock: TestClock, random: Random, wires: readonly Wire[]) {
    this.#redis = redis
    this.#clock = clock
    this.#random = random
    this.#wires = wires
  }

  static async open(seed: number): Promise<Subject> {
    const clock = frozenClock()
    const random = new SeededRandom(seed)
    const config = [
      ['proto-max-bulk-len', '1mb'],
      ['enable-debug-command', 'yes'],
      ...(seed % 2 === 0 ? [['zset-max-listpack-entries', '4']] : []),
    ]
    const redis = await startServer({ config, random: new SeededRandom(seed), clock })
    redis.server.switches.cronPaused = true
    return new Subject(redis, clock, random, [await redis.connect(), await redis.connect()])
  }

  get #server(): RedisServer {
    return this.#redis.server
  }

  /** Undefined if all snapshots were right. */
  async play(units: readonly Unit[]): Promise<string | undefined> {
    await this.#send({ connection: 0, commands: PREPARATION })
    for (const [i, unit] of units.entries()) {
      if (i >= HEAD_START && this.#taken.size < 2 && this.#random.below(12) === 0) this.#begin()
      await this.#send(unit)
      this.#disturb()
      for (const taken of this.#taken) {
        const found = this.#advance(taken, { keys: 1 + this.#random.below(3) })
        if (found !== undefined) return found
      }
    }
    for (const taken of this.#taken) {
      const found = this.#advance(taken, {})
      if (found !== undefined) return found
    }
    return undefined
  }

  async #send({ connection, commands }: Unit): Promise<void> {
    const wire = this.#wires[connection]
    if (wire === undefined) return
    wire.write(encode(...commands))
    // Whoever waits has to be given up in a time that stands still.
    for (const _ of commands) {
      const reply = wire.next()
      while (!(await isThere(reply))) this.#clock.advance(2)
    }
  }

  /** What happens to data beside commands. */
  #disturb(): void {
    const { keyspace } = this.#server
    if (this.#random.below(6) === 0) this.#clock.advance(10)
    if (this.#random.below(6) === 0) this.#server.feature(Cron).expireKeys()
    if (this.#random.below(20) === 0) {
      keyspace.tick()
      const db = keyspace.get(this.#random.below(3))
      const [victim] = db?.sample(false, 1) ?? []
      if (victim !== undefined) db?.evict(victim.key)
    }
  }

  #begin(): void {
    const server = this.#server
    const atOnce = snapshotBlocks(server)
    const began = this.#clock.now()
    this.#taken.add({ snapshot: new Snapshot(server), blocks: [], began, atOnce })
  }

  #advance(taken: Taken, budget: { keys?: number }): string | undefined {
    const { snapshot, blocks } = taken
    // Some are given up.
    if (this.#random.below(60) === 0) {
      snapshot.end()
      this.#taken.delete(taken)
      return undefined
    }
    if (!snapshot.advance(block => blocks.push(Buffer.from(block)), budget)) return undefined
    this.#taken.delete(taken)
    this.compared++
    return differenceIn(taken)
  }

  async close(): Promise<void> {
    for (const { snapshot } of this.#taken) snapshot.end()
    await this.#redis.close()
  }
}

async function isThere(reply: Promise<unknown>): Promise<boolean> {
  const turns = (async () => {
    for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
    return false
  })()
  return Promise.race([reply.then(() => true), turns])
}

function differenceIn(taken: Taken): string | undefined {
  const { snapshot, blocks, began, atOnce } = taken
  const found = difference(blocks, atOnce, began)
  if (found !== undefined || snapshot.keysDone === snapshot.keysTotal) return found
  return `${snapshot.keysDone} of ${snapshot.keysTotal} keys`
}

async function playOnce(
  seed: number,
  units: readonly Unit[],
): Promise<{ found: string | undefined; compared: number }> {
  const subject = await Subject.open(seed)
  try {
    return { found: await subject.play(units), compared: subject.compared }
  } finally {
    await subject.close()
  }
}

// The long run takes its time.
t.setTimeout(COMMANDS > 10_000 ? 3_600_000 : 110_000)

t.test('a snapshot holds what was there when it began', async t => {
  let sent = 0
  let snapshots = 0
  for (let seed = SEED; sent < COMMANDS; seed++) {
    const units = drawStream(seed)
    sent += units.reduce((sum, { commands }) => sum + commands.length, 0)
    const { found, compared } = await playOnce(seed, units)
    snapshots += compared
    if (found === undefined) continue
    const differs = async (some: readonly Unit[]): Promise<boolean> =>
      (await playOnce(seed, some)).found !== undefined
    const shortest = await shrink(units, differs)
    const last = (await playOnce(seed, shortest)).found ?? found
    t.fail(`SEED=${seed}: ${last}`, { stream: linesOf(shortest) })
    return
  }
  t.ok(snapshots > sent / 100, `${snapshots} snapshots during ${sent} commands`)
})
