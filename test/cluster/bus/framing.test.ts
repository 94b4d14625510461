// Packets in whatever chunks they come.

import t from 'tap'
import { PacketFraming } from '../../../src/cluster/bus/framing.ts'
import { recordedPackets } from '../../helpers/bus.ts'

const MB = 2 ** 20
const packets = [...recordedPackets().values()]
const stream = Buffer.concat(packets)

interface Seen {
  readonly packets: Buffer[]
  readonly faults: string[]
  readonly framing: PacketFraming
}

function framing(goesOn: () => boolean = () => true): Seen {
  const seen = { packets: [] as Buffer[], faults: [] as string[] }
  return {
    ...seen,
    framing: new PacketFraming({
      packet: packet => {
        seen.packets.push(packet)
        return goesOn()
      },
      fault: (_, fault) => {
        seen.faults.push(fault)
        return goesOn()
      },
    }),
  }
}

/** One with another length, and as much of it as there is. */
function announcing(packet: Buffer, length: number): Buffer {
  const changed = Buffer.from(packet)
  changed.writeUInt32BE(length, 4)
  return changed
}

t.test('the same packets come out, however the bytes come in', async t => {
  for (const size of [1, 7, 8, 9, 1000, 2255, 2256, 2257, 2269, 2270, 16_384, stream.length]) {
    const { framing: it, packets: out } = framing()
    for (let at = 0; at < stream.length; at += size) it.push(stream.subarray(at, at + size))
    t.ok(out.length === packets.length && Buffer.concat(out).equals(stream), `by ${size}`)
    t.equal(it.keptBytes, 0)
  }
})

t.test('a packet that came whole is not copied', async t => {
  const { framing: it, packets: out } = framing()
  it.push(stream)
  t.ok(out.every(({ buffer }) => buffer === stream.buffer))
})

t.test('what is no packet ends it, at its first eight bytes', async t => {
  const [packet = stream] = packets
  const wrong = Buffer.from(packet)
  wrong[3] = 'x'.charCodeAt(0)
  for (const bad of [wrong, announcing(packet, 2255), announcing(packet, 0)]) {
    t.equal(framing().framing.push(bad), false)
    t.equal(framing().framing.push(bad.subarray(0, 8)), false)
    const { framing: it } = framing()
    t.equal(it.push(bad.subarray(0, 7)), true)
    t.equal(it.push(bad.subarray(7)), false)
  }
})

t.test('of a packet that will be dropped nothing is kept but its head', async t => {
  const fail = recordedPackets().get('fail') ?? stream
  const { framing: it, packets: out, faults } = framing()
  const zeros = Buffer.alloc(MB)
  it.push(announcing(fail, fail.length + 64 * MB))
  t.strictSame(faults, [
    `Received invalid fail packet of length ${fail.length + 64 * MB} but expected length 2296`,
  ])
  for (let i = 0; i < 64; i++) it.push(zeros)
  t.equal(it.keptBytes, 0)
  it.push(fail)
  t.equal(out.length, 1, 'what follows is read')
})

t.test('what is announced takes no memory before it comes', async t => {
  const publish = Buffer.from(recordedPackets().get('publish') ?? stream)
  publish.writeUInt32BE(200 * MB, 2260)
  const { framing: it, faults } = framing()
  it.push(announcing(publish, 2264 + 4 + 200 * MB))
  t.strictSame(faults, [])
  t.ok(it.keptBytes <= 2 * publish.length, `${it.keptBytes}`)
})

t.test('a large packet comes out whole', async t => {
  const publish = recordedPackets().get('publish') ?? stream
  const text = Buffer.alloc(5 * MB, 'z')
  const head = announcing(publish.subarray(0, 2268), 2264 + 4 + text.length)
  head.writeUInt32BE(text.length, 2260)
  const { framing: it, packets: out } = framing()
  it.push(head)
  for (let at = 0; at < text.length; at += 65_536) it.push(text.subarray(at, at + 65_536))
  t.equal(out.length, 1)
  t.ok(out[0]?.subarray(2268).equals(text))
})

t.test('whoever ends the link is told of nothing more', async t => {
  const { framing: it, packets: out } = framing(() => false)
  it.push(stream)
  t.equal(out.length, 1)
})
