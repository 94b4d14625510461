// Packets that somebody has changed: bits, lengths, cuts, pieces of others. Whatever comes, reading
// it throws nothing and ends, keeps no more than has come, and what it takes for a message can be
// said and understood again. With TEST_LONG there are a million.

import t from 'tap'
import { decodePacket as decode } from '../../../src/cluster/bus/decode.ts'
import { encodePacket as encode } from '../../../src/cluster/bus/encode.ts'
import { PacketFraming } from '../../../src/cluster/bus/framing.ts'
import { type Random, SeededRandom } from '../../../src/util/random.ts'
import { anyMessage, recordedPackets } from '../../helpers/bus.ts'

const COUNT = process.env['TEST_LONG'] ? 1_000_000 : 20_000
const SEED = Number(process.env['SEED'] ?? 1)
/** What a link holds at first. */
const FIRST_BYTES = 4096

/** Where lengths, counts, types and flags are. */
const TELLING: readonly (readonly [at: number, size: 1 | 2 | 4])[] = [
  [4, 4],
  [8, 2],
  [12, 2],
  [14, 2],
  [16, 4],
  [40, 1],
  [2128, 1],
  [2168, 1],
  [2214, 2],
  [2253, 1],
  [2256, 4],
  [2260, 4],
  [2264, 4],
  [2360, 4],
  [2364, 2],
]
const TELLING_VALUES = [0, 1, 2, 3, 4, 7, 8, 9, 47, 48, 56, 255, 2256, 2304, 65_535, 65_536]
const LARGE_VALUES = [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1]

function oneOf<T>(random: Random, list: readonly [T, ...T[]] | readonly T[]): T {
  const one = list[random.below(list.length)]
  if (one === undefined) throw new Error('an empty list')
  return one
}

type Change = (random: Random, packet: Buffer, other: Buffer) => Buffer

const CHANGES: readonly Change[] = [
  function bits(random, packet) {
    for (let i = random.below(8); i >= 0; i--) {
      const at = random.below(packet.length)
      packet[at] = (packet[at] ?? 0) ^ (1 << random.below(8))
    }
    return packet
  },
  function numbers(random, packet) {
    const [at, size] = oneOf(random, TELLING)
    const values = size === 4 ? [...TELLING_VALUES, ...LARGE_VALUES] : TELLING_VALUES
    const value = oneOf(random, values) % 2 ** (8 * size)
    if (at + size <= packet.length) packet.writeUIntBE(value, at, size)
    return packet
  },
  function nearLength(random, packet) {
    packet.writeUInt32BE(Math.max(0, packet.length + random.below(33) - 16), 4)
    return packet
  },
  function cut(random, packet) {
    return packet.subarray(0, random.below(packet.length))
  },
  function cutAndSaySo(random, packet) {
    const rest = packet.subarray(0, 2256 + random.below(packet.length - 2255))
    rest.writeUInt32BE(rest.length, 4)
    return rest
  },
  function splice(random, packet, other) {
    const end = random.below(other.length)
    return Buffer.concat([packet.subarray(0, random.below(packet.length)), other.subarray(end)])
  },
  function spliceAndSaySo(random, packet, other) {
    const body = other.subarray(2256 + random.below(other.length - 2255))
    const joined = Buffer.concat([packet.subarray(0, 2256 + random.below(400)), body])
    joined.writeUInt32BE(joined.length, 4)
    return joined
  },
]

/** Packets as they were, and as they are after a few changes. */
class Mutator {
  readonly #random: Random
  readonly #packets: readonly Buffer[]

  constructor(random: Random) {
    this.#random = random
    const made = Array.from({ length: 200 }, () => encode(anyMessage(random)))
    this.#packets = [...recordedPackets().values(), ...made]
  }

  next(): Buffer {
    const random = this.#random
    let packet: Buffer = Buffer.from(oneOf(random, this.#packets))
    for (let i = random.below(3); i >= 0 && packet.length >= 2256; i--) {
      packet = oneOf(random, CHANGES)(random, packet, oneOf(random, this.#packets))
    }
    return packet
  }
}

/** What is understood can be said, and is understood as the same. */
function check(packet: Buffer): 'message' | 'fault' {
  const message = decode(packet)
  if (typeof message === 'string') return 'fault'
  const said = encode(message)
  const again = decode(said)
  if (typeof again === 'string') throw new Error(`said, and not understood: ${again}`)
  if (!encode(again).equals(said)) throw new Error('said again, it is something else')
  return 'message'
}

/** Pushes bytes in random chunks; throws if more is kept than has come. */
function push(random: Random, framing: PacketFraming, bytes: Buffer, before: number): boolean {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(oneOf(random, [16, 3000, 100_000]))
    if (!framing.push(bytes.subarray(at, at + size))) return false
    at += size
    const most = Math.max(FIRST_BYTES, 2 * (before + at))
    if (framing.keptBytes > most) throw new Error(`keeps ${framing.keptBytes}`)
  }
  return true
}

t.test('whatever comes, nothing breaks', async t => {
  const random = new SeededRandom(SEED)
  const mutator = new Mutator(random)
  const seen = { message: 0, fault: 0, passed: 0, ended: 0 }
  const taker = {
    packet: (packet: Buffer) => {
      seen[check(packet)]++
      return true
    },
    fault: () => {
      seen.passed++
      return true
    },
  }
  let framing = new PacketFraming(taker)
  let came = 0
  for (let i = 0; i < COUNT; i++) {
    const packet = mutator.next()
    try {
      const isSound = push(random, framing, packet, came)
      came += packet.length
      // A link does not go on for ever: what was announced long ago may swallow all that follows.
      if (isSound && random.below(6) > 0) continue
      if (!isSound) seen.ended++
      framing = new PacketFraming(taker)
      came = 0
    } catch (error) {
      t.fail(`seed ${SEED}, number ${i}: ${(error as Error).stack}`)
      return
    }
  }
  t.comment(JSON.stringify(seen))
  for (const [what, count] of Object.entries(seen)) t.ok(count > COUNT / 100, `${what}: ${count}`)
})

t.test('whatever is taken for a packet, reading it breaks nothing', async t => {
  const random = new SeededRandom(SEED + 1)
  const mutator = new Mutator(random)
  const seen = { message: 0, fault: 0 }
  for (let i = 0; i < COUNT; i++) {
    const packet = mutator.next()
    if (packet.length < 2256) continue
    // As it comes from what has found out where it ends.
    packet.write('RCmb', 'latin1')
    packet.writeUInt32BE(packet.length, 4)
    try {
      seen[check(packet)]++
    } catch (error) {
      t.fail(`seed ${SEED + 1}, number ${i}: ${(error as Error).stack}`)
      return
    }
  }
  for (const [what, count] of Object.entries(seen)) t.ok(count > COUNT / 100, `${what}: ${count}`)
})
