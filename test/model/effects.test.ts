// A random stream of commands to one server, and what it tells of its writes to another: in the end
// both hold the same. A difference is printed with its seed and the shortest stream that shows it.
//
// SEED=n starts at another seed; COMMANDS=n sends more or fewer.

import t from 'tap'
import { Effect, EffectStream, TARGET } from '../../src/engine/effect.ts'
import type { EffectListener } from '../../src/engine/effects.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encode, type Wire } from '../helpers/wire.ts'
import { PREPARATION, type Unit } from './requests.ts'
import { difference, playUntilDifferent, SMALL_LIMITS } from './told.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const COMMANDS = Number(process.env['COMMANDS'] ?? (process.env['TEST_LONG'] ? 1_000_000 : 10_000))
const COMPARED_EVERY = 25

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
      ...(seed % 2 === 0 ? SMALL_LIMITS : []),
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
  await playUntilDifferent(t, { seed: SEED, commands: COMMANDS }, playOnce)
})
