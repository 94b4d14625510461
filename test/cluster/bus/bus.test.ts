// The links of the bus: who may connect, what is dialled, what they carry and how they end.

import net from 'node:net'
import t, { type Test } from 'tap'
import { encodePacket as encode } from '../../../src/cluster/bus/encode.ts'
import type { BusLink, BusMessage } from '../../../src/cluster/bus/message.ts'
import { StartError } from '../../../src/host/config/directives.ts'
import {
  headerOf,
  idOf,
  openBus,
  pingOf,
  recordedPackets,
  type TestBus,
} from '../../helpers/bus.ts'
import { frozenClock } from '../../helpers/clock.ts'
import { until } from '../../helpers/nodes.ts'

const HOST = '127.0.0.1'
const PING = pingOf()
const PONG: BusMessage = { ...PING, type: 'pong', header: headerOf({ sender: idOf('c') }) }

function open(t: Test, ...options: Parameters<typeof openBus>): TestBus {
  const bus = openBus(...options)
  t.teardown(() => bus.close())
  return bus
}

/** Answers each ping where it came. */
const ANSWERING = {
  events: {
    packet: (link: BusLink, message: BusMessage) => {
      if (message.type === 'ping') link.send(PONG)
    },
  },
}

/** A peer without a bus of its own: bytes go out, and what comes in is kept. */
async function connect(t: Test, port: number): Promise<net.Socket> {
  const socket = net.connect(port, HOST)
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await new Promise(resolve => socket.once('connect', resolve))
  return socket
}

function logged({ log }: TestBus, line: RegExp): boolean {
  return log.some(one => line.test(one))
}

t.test('a link that was dialled carries messages both ways', async t => {
  const near = open(t, { clock: frozenClock(5000) })
  const far = open(t, { ...ANSWERING, clock: frozenClock(9000) })
  const link = near.bus.dial({ host: HOST, port: far.port }, idOf('c'))
  t.match(link, {
    isInbound: false,
    isOpen: false,
    isClosed: false,
    createdAt: 5000,
    lastDataAt: 0,
  })
  t.equal(link.local, undefined)
  await until('the link stands', () => near.opened.length === 1)
  t.equal(near.opened[0], link)
  t.match(link, { isOpen: true, node: idOf('c'), peer: { host: HOST, port: far.port } })
  t.match(link.local, { host: HOST, port: Number })
  link.send(PING)
  await until('an answer', () => near.packets.length === 1)
  t.match(near.packets[0], { link, message: { type: 'pong', header: { sender: idOf('c') } } })
  t.equal(link.lastDataAt, 5000)
  t.equal(link.queuedBytes, 48)
  const [other] = far.bus.links
  t.match(other, { isInbound: true, isOpen: true, createdAt: 9000, lastDataAt: 9000, node: '' })
  t.strictSame(other?.peer, link.local)
  t.strictSame(other?.local, { host: HOST, port: far.port })
  t.match(
    [near.bus.sent, near.bus.received],
    [
      { ping: 1, pong: 0 },
      { ping: 0, pong: 1 },
    ],
  )
  t.match(
    [far.bus.sent, far.bus.received],
    [
      { ping: 0, pong: 1 },
      { ping: 1, pong: 0 },
    ],
  )
  t.ok(logged(far, /- Accepting cluster node connection from 127\.0\.0\.1:\d+$/))
  t.ok(logged(near, /\. Connecting with Node c{40} at 127\.0\.0\.1:\d+$/))
})

t.test('what is said before a link stands goes out as soon as it does', async t => {
  const near = open(t)
  const far = open(t)
  near.bus.dial({ host: HOST, port: far.port }, '').send(PING)
  await until('a ping', () => far.packets.length === 1)
  t.equal(far.packets[0]?.message.type, 'ping')
})

t.test('the end of a link is told once on each side, whoever ends it', async t => {
  const near = open(t)
  const far = open(t)
  const link = near.bus.dial({ host: HOST, port: far.port }, '')
  await until('the link stands', () => far.bus.links.size === 1 && link.isOpen)
  link.close()
  t.strictSame(near.closed, [link], 'before close() returns')
  t.match(link, { isOpen: false, isClosed: true })
  t.equal(near.bus.links.size, 0)
  link.close()
  link.send(PING)
  await until('its end on the other side', () => far.closed.length === 1)
  t.equal(near.closed.length, 1)
  t.equal(near.bus.sent.ping, 0)
  t.ok(logged(far, /\. I\/O error reading from node link: connection closed$/))
})

t.test('whom nobody answers is told of, and nothing else', async t => {
  const near = open(t)
  const far = openBus()
  far.close()
  const link = near.bus.dial({ host: HOST, port: far.port }, idOf('c'))
  await until('its end', () => near.closed.length === 1)
  t.strictSame([near.closed, near.opened], [[link], []])
  t.ok(logged(near, /- Connection with Node c{40} at 127\.0\.0\.1:\d+ failed: Connection refused$/))
})

t.test('what is no address is a link that fails', async t => {
  const near = open(t)
  near.bus.dial({ host: HOST, port: 70_000 }, '')
  near.bus.dial({ host: '::::', port: 7000 }, '')
  t.equal(near.closed.length, 0, 'later')
  await until('their end', () => near.closed.length === 2)
})

t.test('what is no packet ends the link', async t => {
  const far = open(t)
  const socket = await connect(t, far.port)
  socket.write('GET / HTTP/1.1\r\n\r\n')
  await until('its end', () => far.closed.length === 1)
  t.ok(
    logged(
      far,
      /# Bad message length or signature received on the Cluster bus from 127\.0\.0\.1:\d+$/,
    ),
  )
})

t.test('a packet that is wrong is dropped and counted, and the link goes on', async t => {
  const far = open(t)
  const socket = await connect(t, far.port)
  const wrong = encode(PING)
  wrong.writeUInt16BE(2, 8)
  const unknown = encode(PING)
  unknown.writeUInt16BE(99, 12)
  const short = encode({ type: 'fail', header: headerOf(), node: idOf('f') }).subarray(0, 2290)
  short.writeUInt32BE(short.length, 4)
  socket.write(Buffer.concat([wrong, unknown, short, encode(PING)]))
  await until('the last one', () => far.packets.length === 1)
  t.equal(far.bus.dropped, 3)
  t.match(far.bus.received, { ping: 2, fail: 1 })
  t.ok(logged(far, /# Received invalid fail packet of length 2290 but expected length 2296$/))
  t.equal(far.closed.length, 0)
})

t.test('a type can be dropped on arrival', async t => {
  const far = open(t)
  const socket = await connect(t, far.port)
  far.bus.dropFilter = 0
  socket.write(Buffer.concat([encode(PING), encode(PONG)]))
  await until('the other one', () => far.packets.length === 1)
  t.equal(far.packets[0]?.message.type, 'pong')
  t.ok(logged(far, /# Dropping packet that matches debug drop filter$/))
})

t.test('packets of a real node arrive, byte by byte as well', async t => {
  const far = open(t)
  const recorded = [...recordedPackets().values()]
  const socket = await connect(t, far.port)
  socket.setNoDelay()
  socket.write(Buffer.concat(recorded))
  for (const byte of recorded[0] ?? []) socket.write(Buffer.of(byte))
  await until('all', () => far.packets.length === recorded.length + 1)
  t.equal(far.bus.dropped, 0)
})

t.test('the same message on many links is written once', async t => {
  const near = open(t)
  const fars = [open(t), open(t), open(t)]
  const links = fars.map(({ port }) => near.bus.dial({ host: HOST, port }, ''))
  links[2]?.close()
  near.bus.broadcast(links, { type: 'fail', header: headerOf(), node: idOf('f') })
  await until('two of them', () => fars.slice(0, 2).every(({ packets }) => packets.length === 1))
  t.equal(near.bus.sent.fail, 2)
  t.match(fars[1]?.packets[0]?.message, { type: 'fail', node: idOf('f') })
})

t.test('a link with too much waiting is closed, if there is a limit', async t => {
  const near = open(t)
  const far = open(t)
  const link = near.bus.dial({ host: HOST, port: far.port }, idOf('c'))
  await until('the link stands', () => link.isOpen)
  const message = 'x'.repeat(30_000_000)
  link.send({ type: 'publish', header: headerOf(), channel: 'c', message })
  t.ok(link.queuedBytes > message.length / 2)
  near.bus.enforceSendLimit()
  t.notOk(link.isClosed, 'there is none by default')
  near.server.config.put('cluster-link-sendbuf-limit', '1mb')
  near.bus.enforceSendLimit()
  t.ok(link.isClosed)
  t.equal(near.bus.limitExceeded, 1)
  t.ok(
    logged(
      near,
      /# Freeing cluster link\(to node c{40}, used memory: \d+\) due to exceeding send buffer memory limit\.$/,
    ),
  )
})

t.test('whoever leaves answers unread is not read either', async t => {
  const far = open(t, ANSWERING)
  const socket = await connect(t, far.port)
  socket.pause()
  const pings = Buffer.concat(Array.from({ length: 100 }, () => encode(PING)))
  let isFull = false
  for (let i = 0; i < 200; i++) {
    if (!socket.write(pings)) isFull = true
  }
  const [link] = far.bus.links
  // Both ends of the system's buffers are full: whatever is written from now on stays here.
  let before = -1
  await until('nothing moves', () => {
    const isStill = socket.writableLength > 0 && far.packets.length === before
    before = far.packets.length
    return isStill && (link?.queuedBytes ?? 0) > 2 ** 20
  })
  t.ok(isFull)
  t.ok(far.packets.length < 20_000, `${far.packets.length}`)
  t.ok((link?.queuedBytes ?? 0) < 2 ** 20 * 2, `${link?.queuedBytes}`)
  socket.resume()
  await until('all answers', () => far.packets.length === 20_000)
})

t.test('a bug above ends its link alone', async t => {
  const far = openBus({
    events: {
      packet: ({ peer }) => {
        throw new Error(`no good: ${peer.host}`)
      },
    },
  })
  const socket = await connect(t, far.port)
  const other = await connect(t, far.port)
  await until('both', () => far.bus.links.size === 2)
  socket.write(Buffer.concat([encode(PING), encode(PING)]))
  await until('its end', () => far.closed.length === 1)
  t.match([far.packets.length, far.bus.links.size, other.destroyed], [1, 1, false])
  t.match(far.server.bugs, [{ message: 'no good: 127.0.0.1' }])
  t.throws(() => far.close(), { message: 'no good: 127.0.0.1' })
})

t.test('a bus that closes tells nobody, and nobody is let in', async t => {
  const near = openBus()
  const far = openBus()
  const link = near.bus.dial({ host: HOST, port: far.port }, '')
  await until('the link stands', () => link.isOpen && far.bus.links.size === 1)
  far.close()
  await until('its end here', () => near.closed.length === 1)
  t.strictSame([far.closed, far.bus.links.size], [[], 0])
  near.bus.dial({ host: HOST, port: far.port }, '')
  await until('that end as well', () => near.closed.length === 2)
  near.close()
  t.match(near.bus.dial({ host: HOST, port: far.port }, ''), { isClosed: true })
  t.equal(near.bus.links.size, 0)
})

t.test('who comes too early is let in later', async t => {
  let accepts = false
  const far = open(t, { events: { accepts: () => accepts } })
  const near = open(t)
  near.bus.dial({ host: HOST, port: far.port }, '')
  await until('its end', () => near.closed.length === 1)
  t.equal(far.bus.links.size, 0)
  accepts = true
  near.bus.dial({ host: HOST, port: far.port }, '').send(PING)
  await until('a ping', () => far.packets.length === 1)
})

t.test('without an address there is no bus', async t => {
  const { bus, server } = open(t, { listens: false })
  server.config.put('bind')
  t.throws(() => bus.listen(0), {
    name: 'StartError',
    message: 'No bind address is configured, but it is required for the Cluster bus.',
  })
})

t.test('a port that is taken is no start', async t => {
  const one = open(t)
  const other = openBus()
  t.throws(() => other.bus.listen(one.port), StartError)
  t.throws(() => other.bus.listen(one.port), {
    message: `Failed listening on port ${one.port} (cluster), aborting.`,
    code: 'EADDRINUSE',
  })
  other.close()
})
