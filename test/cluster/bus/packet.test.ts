// Packets of the bus: those of a real node mean what they meant there, and are written as it wrote
// them; what is wrong with one is found out.

import t from 'tap'
import { decodePacket as decode } from '../../../src/cluster/bus/decode.ts'
import { encodePacket as encode } from '../../../src/cluster/bus/encode.ts'
import type { BusMessage, PingMessage } from '../../../src/cluster/bus/message.ts'
import { SeededRandom } from '../../../src/util/random.ts'
import { anyMessage, gossipOf, headerOf, idOf, pingOf, recordedPackets } from '../../helpers/bus.ts'

const recorded = recordedPackets()

function packetOf(name: string): Buffer {
  const packet = recorded.get(name)
  if (packet === undefined) throw new Error(name)
  return Buffer.from(packet)
}

function read(packet: Buffer): BusMessage {
  const message = decode(packet)
  if (typeof message === 'string') throw new Error(message)
  return message
}

function readPing(packet: Buffer): PingMessage {
  const message = read(packet)
  if (!('gossip' in message)) throw new Error(message.type)
  return message
}

function slotsIn(map: Uint8Array): number[] {
  return Array.from({ length: 16_384 }, (_, slot) => slot).filter(
    slot => ((map[slot >> 3] ?? 0) >> (slot & 7)) & 1,
  )
}

// ---- A real node's ------------------------------------------------------------------------------

const FIRST = '54fdcb8000af9358737485700be3929bd831a276'
const SECOND = '82cf5ca617a2b8ac77ba992cdbb729ed9bbb95b7'
const THIRD = 'd2dcb82b80cf2676f151e62854549764c2acda11'
const REPLICA = '7b60b3c8e71bcb5ac069e919ac5bc583fa9b7837'
const OTHER_REPLICA = 'a9d8ea73b6c76548c8e13ceaeccd3f591321c198'
const FORGOTTEN = '26b6c052b98c45e8e55becb2bdea440e4a4de17a'
const SHARD = '362e2438f684eb825ecc3639c6cc082028f3d83c'

t.test('what a real node has written is written the same again', async t => {
  t.ok(recorded.size >= 14)
  for (const [name, packet] of recorded) t.ok(encode(read(packet)).equals(packet), name)
})

t.test('the header of a real node', async t => {
  const { type, header, gossip, extensions } = readPing(packetOf('meet of a node with names'))
  const { slots, ...fields } = header
  t.equal(type, 'meet')
  t.strictSame(fields, {
    sender: FIRST,
    master: '',
    currentEpoch: 0,
    configEpoch: 0,
    offset: 0,
    ip: '127.0.0.1',
    port: 23_700,
    otherPort: 0,
    busPort: 23_800,
    flags: 17,
    isDown: true,
    isPaused: false,
    forcesVote: false,
  })
  t.strictSame([slotsIn(slots).length, slotsIn(slots)[0], slotsIn(slots).at(-1)], [5001, 0, 5000])
  t.strictSame(gossip, [])
  t.strictSame(extensions, { hostname: 'one.example.org', humanName: 'first', shardId: SHARD })
})

t.test('the gossip of a real node', async t => {
  const message = readPing(packetOf('ping without an address'))
  t.equal(message.header.ip, '')
  t.strictSame(slotsIn(message.header.slots)[0], 10_001)
  t.strictSame(
    message.gossip.map(({ id, pongReceivedAt }) => [id, pongReceivedAt]),
    [
      [REPLICA, 1_795_883_060],
      [FORGOTTEN, 0],
      [SECOND, 1_795_883_060],
    ],
  )
  t.strictSame(message.gossip[0], {
    id: REPLICA,
    pingSentAt: 0,
    pongReceivedAt: 1_795_883_060,
    ip: '127.0.0.1',
    port: 23_703,
    otherPort: 0,
    busPort: 23_803,
    flags: 1,
  })
})

t.test('what else a real node tells of itself', async t => {
  const replica = readPing(packetOf('pong of a replica'))
  t.match(replica.header, { sender: OTHER_REPLICA, master: SECOND, configEpoch: 3, flags: 18 })
  t.equal(slotsIn(replica.header.slots)[0], 5001, "its master's slots")
  t.strictSame(readPing(packetOf('pong that tells of a forgotten node')).extensions, {
    hostname: 'one.example.org',
    humanName: 'first',
    forgotten: [{ id: FORGOTTEN, seconds: 60 }],
    shardId: SHARD,
  })
  t.match(read(packetOf('ping of a paused master')).header, { isPaused: true, offset: 14 })
  t.match(read(packetOf('pong while the cluster is down')).header, { isDown: true, flags: 17 })
})

t.test('the other messages of real nodes', async t => {
  const { header: _, ...fail } = read(packetOf('fail'))
  t.strictSame(fail, { type: 'fail', node: SECOND })
  t.match(read(packetOf('publish')), { type: 'publish', channel: 'news', message: 'hello' })
  t.match(read(packetOf('publishshard')), {
    type: 'publishshard',
    channel: '{06S}ch',
    message: 'shard message',
  })
  t.match(read(packetOf('auth-req of a manual failover')), {
    type: 'auth-req',
    header: { sender: REPLICA, master: FIRST, currentEpoch: 6, forcesVote: true },
  })
  t.match(read(packetOf('auth-req')), { type: 'auth-req', header: { forcesVote: false } })
  t.match(read(packetOf('auth-ack')), { type: 'auth-ack', header: { sender: THIRD } })
  t.match(read(packetOf('mfstart')), { type: 'mfstart', header: { sender: REPLICA } })
  const update = read(packetOf('update'))
  t.match(update, { type: 'update', node: REPLICA, configEpoch: 6 })
  t.equal(update.type === 'update' && slotsIn(update.slots).length, 5001)
})

// ---- Ours ---------------------------------------------------------------------------------------

t.test('whatever can be said is understood', async t => {
  const random = new SeededRandom(7)
  const kinds = new Set<string>()
  for (let i = 0; i < 400; i++) {
    const message = anyMessage(random)
    const packet = encode(message)
    const again = read(packet)
    kinds.add(message.type)
    if (!encode(again).equals(packet)) t.fail(`number ${i}, ${message.type}`)
    const { header, ...body } = again
    const { slots, ...fields } = header
    t.match(fields, { ...message.header, slots: undefined })
    t.ok(Buffer.from(slots).equals(message.header.slots))
    if ('gossip' in body && 'gossip' in message) {
      t.strictSame(body.gossip, message.gossip)
      t.match(body.extensions, message.extensions)
    }
  }
  t.equal(kinds.size, 11)
})

t.test('numbers up to 2^53 are exact, and larger ones are no numbers', async t => {
  const most = Number.MAX_SAFE_INTEGER
  const header = headerOf({ currentEpoch: most, configEpoch: 2 ** 32, offset: most - 1 })
  t.match(read(encode(pingOf({ header }))).header, {
    currentEpoch: most,
    configEpoch: 2 ** 32,
    offset: most - 1,
  })
  for (const at of [16, 24, 32]) {
    const packet = encode(pingOf())
    packet.writeBigUInt64BE(2n ** 53n, at)
    t.equal(decode(packet), 'Received a packet with a malformed header')
  }
})

t.test('what does not fit is a bug of ours', async t => {
  t.throws(() => encode({ type: 'fail', header: headerOf(), node: 'short' }), RangeError)
  t.throws(() => encode(pingOf({ header: headerOf({ slots: new Uint8Array(2) }) })), RangeError)
  t.throws(() => encode(pingOf({ header: headerOf({ offset: -1 }) })), RangeError)
})

// ---- What is wrong ------------------------------------------------------------------------------

/** A packet, and what happens to it before it is read. */
type Row = readonly [fault: string, message: BusMessage, change: (packet: Buffer) => Buffer]

function put(at: number, value: number, size: 1 | 2 | 4 = 2): (packet: Buffer) => Buffer {
  return packet => {
    packet.writeUIntBE(value, at, size)
    return packet
  }
}

/** With its length as it is then. */
function cut(bytes: number): (packet: Buffer) => Buffer {
  return packet => put(4, packet.length - bytes, 4)(packet.subarray(0, packet.length - bytes))
}

const HEADER = 'Received a packet with a malformed header'
const GOSSIP = 'Received a ping packet with malformed gossip'
const EXTENSION = 'Received a ping packet with a malformed extension'
const gossiping = pingOf({ gossip: [gossipOf()] })
const named = pingOf({ extensions: { hostname: 'h', humanName: 'n', shardId: idOf('s') } })
const forgetting = pingOf({ extensions: { forgotten: [{ id: idOf('f'), seconds: 9 }] } })
const header = headerOf()

const FAULTS: readonly Row[] = [
  ['Received a packet of another version', pingOf(), put(8, 2)],
  ['Received unknown packet type: 11', pingOf(), put(12, 11)],
  ['Received unknown packet type: 32772', pingOf(), put(12, 0x8004)],
  [HEADER, pingOf(), put(40, 0, 1)],
  [HEADER, pingOf(), put(79, '\n'.charCodeAt(0), 1)],
  [HEADER, pingOf(), put(2128, 'm'.charCodeAt(0), 1)],
  [HEADER, pingOf(), put(2168, '\n'.charCodeAt(0), 1)],
  [GOSSIP, gossiping, put(2256, 'A'.charCodeAt(0), 1)],
  [GOSSIP, gossiping, put(2256 + 48, ' '.charCodeAt(0), 1)],
  ['Received invalid ping packet of length 2408 but expected length 2464', gossiping, put(14, 2)],
  [
    'Received invalid ping packet of length 2408 but expected length 6817896',
    gossiping,
    put(14, 65_535),
  ],
  [
    'Received invalid ping packet of length 2304 but expected length 2256',
    pingOf(),
    put(2253, 0, 1),
  ],
  ['Received invalid ping packet of length 2304 but expected length 2256', pingOf(), put(2214, 0)],
  [
    'Received invalid ping packet with extension data that exceeds total packet length (2304)',
    pingOf(),
    put(2214, 2),
  ],
  [
    'Received invalid ping packet with extension data that exceeds total packet length (2304)',
    pingOf(),
    put(2256, 56, 4),
  ],
  [
    'Received invalid ping packet with extension data that exceeds total packet length (2304)',
    pingOf(),
    put(2256, 0, 4),
  ],
  [
    'Received invalid ping packet with extension data that exceeds total packet length (2304)',
    pingOf(),
    put(2256, 65_536 + 48, 4),
  ],
  ['Received a ping packet without proper padding (47 bytes)', pingOf(), put(2256, 47, 4)],
  [EXTENSION, pingOf(), put(2264, '\n'.charCodeAt(0), 1)],
  [EXTENSION, named, put(2264, ','.charCodeAt(0), 1)],
  [EXTENSION, named, put(2264 + 16, '\n'.charCodeAt(0), 1)],
  [EXTENSION, forgetting, put(2264, '?'.charCodeAt(0), 1)],
  [EXTENSION, forgetting, put(2304, 0xff, 1)],
  [EXTENSION, pingOf({ extensions: { hostname: 'h' } }), put(2260, 2)],
  [EXTENSION, pingOf({ extensions: { hostname: 'h' } }), put(2260, 3)],
  [
    'Received invalid fail packet of length 2295 but expected length 2296',
    { type: 'fail', header, node: idOf('f') },
    cut(1),
  ],
  ['Received a malformed fail packet', { type: 'fail', header, node: idOf('f') }, put(2256, 0, 1)],
  [
    'Received invalid publish packet of length 2258 but expected length 2264',
    { type: 'publish', header, channel: '', message: '' },
    cut(6),
  ],
  [
    'Received invalid publish packet of length 2266 but expected length 4294969560',
    { type: 'publish', header, channel: 'c', message: 'm' },
    put(2256, 2 ** 32 - 1, 4),
  ],
  [
    'Received invalid auth-req packet of length 2296 but expected length 2256',
    { type: 'fail', header, node: idOf('f') },
    put(12, 5),
  ],
  [
    'Received invalid update packet of length 4351 but expected length 4352',
    { type: 'update', header, node: idOf('u'), configEpoch: 1, slots: header.slots },
    cut(1),
  ],
  [
    'Received a malformed update packet',
    { type: 'update', header, node: idOf('u'), configEpoch: 1, slots: header.slots },
    put(2256, 2 ** 31, 4),
  ],
  [
    'Received invalid module packet of length 2268 but expected length 2269',
    { type: 'module', header, moduleId: 1n, kind: 1, payload: Buffer.alloc(0) },
    cut(1),
  ],
  [
    'Received invalid module packet of length 2270 but expected length 2271',
    { type: 'module', header, moduleId: 1n, kind: 1, payload: Buffer.alloc(1) },
    put(2264, 2, 4),
  ],
]

t.test('what is wrong with a packet is found out', async t => {
  for (const [fault, message, change] of FAULTS) t.equal(decode(change(encode(message))), fault)
})

t.test('an extension that nobody knows is passed over', async t => {
  const packet = encode(named)
  packet.writeUInt16BE(4, 2260)
  t.strictSame(readPing(packet).extensions, { humanName: 'n', shardId: idOf('s') })
  packet.writeUInt16BE(0xffff, 2260)
  t.strictSame(readPing(packet).extensions, { humanName: 'n', shardId: idOf('s') })
})
