// The bus over TLS: both sides show a certificate that the other's authority vouches for, whatever
// clients must do, and nobody looks at names.

import tls from 'node:tls'
import t, { type Test } from 'tap'
import { encodePacket as encode } from '../../../src/cluster/bus/encode.ts'
import type { BusLink, BusMessage } from '../../../src/cluster/bus/message.ts'
import {
  type Authority,
  createAuthority,
  type PemPair,
} from '../../../src/testing/tls/authority.ts'
import { openBus, pingOf, type TestBus } from '../../helpers/bus.ts'
import { until } from '../../helpers/nodes.ts'

const HOST = '127.0.0.1'
const PING = pingOf()

const authority = await createAuthority({ name: 'CA' })
const node = await authority.server(['nobody.asks'], { purposes: ['server', 'client'] })
const serverOnly = await authority.server(['nobody.asks'])
const clientOnly = await authority.client('node')
const otherAuthority = await createAuthority({ name: 'other' })
const stranger = await otherAuthority.server(['nobody.asks'], { purposes: ['server', 'client'] })

interface Own {
  readonly identity?: PemPair
  /** What is shown to those who are dialled, if that is another. */
  readonly client?: PemPair
  readonly trusts?: Authority
  readonly config?: readonly string[]
}

function open(t: Test, own: Own = {}): TestBus {
  const { identity = node, client, trusts = authority, config = [] } = own
  const files = new Map([
    ['node.crt', identity.cert],
    ['node.key', identity.key],
    ['client.crt', client?.cert ?? ''],
    ['client.key', client?.key ?? ''],
    ['stranger.crt', stranger.cert],
    ['stranger.key', stranger.key],
    ['ca.crt', trusts.cert],
  ])
  const bus = openBus({
    memoryFiles: files,
    config: [
      'tls-cluster yes',
      'tls-auth-clients no',
      'tls-cert-file node.crt',
      'tls-key-file node.key',
      'tls-ca-cert-file ca.crt',
      ...(client ? ['tls-client-cert-file client.crt', 'tls-client-key-file client.key'] : []),
      ...config,
    ],
    events: {
      packet: (link: BusLink, message: BusMessage) => {
        if (message.type === 'ping') link.send({ ...PING, type: 'pong' })
      },
    },
  })
  t.teardown(() => bus.close())
  return bus
}

/** Dials, says a ping, and waits for the pong or the end. */
async function greet(near: TestBus, far: TestBus): Promise<'answered' | 'ended'> {
  const link = near.bus.dial({ host: HOST, port: far.port }, 'n')
  link.send(PING)
  await until('an answer or the end', () => near.packets.length > 0 || link.isClosed)
  return link.isClosed ? 'ended' : 'answered'
}

function logged({ log }: TestBus, line: RegExp): boolean {
  return log.some(one => line.test(one))
}

t.test('nodes with certificates of one authority talk, whatever their names', async t => {
  const near = open(t)
  const far = open(t)
  t.equal(await greet(near, far), 'answered')
  t.strictSame(near.opened.length, 1)
  const [link] = far.bus.links
  t.match(link, { isInbound: true, peer: { host: HOST } })
  t.strictSame(link?.peer, near.opened[0]?.local)
})

t.test('a node may have one certificate to be dialled by and one to dial with', async t => {
  const split = { identity: serverOnly, client: clientOnly }
  t.equal(await greet(open(t, split), open(t, split)), 'answered')
})

t.test('one that is for servers alone does not dial', async t => {
  const near = open(t, { identity: serverOnly })
  const far = open(t)
  t.equal(await greet(near, far), 'ended')
  await until('a line', () => logged(far, /- Error accepting cluster node connection: error:/))
  t.equal(far.packets.length, 0)
})

t.test('whoever shows no certificate is refused, though clients need none', async t => {
  const far = open(t)
  const socket = tls.connect({
    host: HOST,
    port: far.port,
    ca: authority.cert,
    checkServerIdentity: () => undefined,
  })
  t.teardown(() => socket.destroy())
  socket.write(encode(PING))
  const error = await new Promise<Error & { code?: string }>(resolve => {
    socket.on('error', resolve)
  })
  t.equal(error.code, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
  await until('a line', () =>
    logged(
      far,
      /- Error accepting cluster node connection: error:0A0000C7:SSL routines::peer did not return a certificate$/,
    ),
  )
  t.strictSame([far.packets.length, far.bus.links.size], [0, 0])
})

t.test('a stranger is refused on either side', async t => {
  const far = open(t)
  const near = open(t, { identity: stranger })
  t.equal(await greet(near, far), 'ended')
  await until('a line', () =>
    logged(far, /Error accepting cluster node connection: .*certificate verify failed/),
  )
  const other = open(t, { identity: stranger, trusts: otherAuthority })
  t.equal(await greet(far, other), 'ended')
  t.ok(logged(far, /- Connection with Node n at .* failed: .*certificate/))
  t.strictSame([far.packets.length, other.packets.length], [0, 0])
})

t.test('whoever speaks no TLS is refused, and so is TLS where there is none', async t => {
  const far = open(t)
  const plain = openBus()
  t.teardown(() => plain.close())
  t.equal(await greet(plain, far), 'ended')
  await until('a line', () => logged(far, /Error accepting cluster node connection: /))
  const near = open(t)
  t.equal(await greet(near, plain), 'ended')
  t.ok(logged(plain, /Bad message length or signature received on the Cluster bus/))
})

t.test('settings that change hold for the next link', async t => {
  const far = open(t)
  const near = open(t)
  t.equal(await greet(near, far), 'answered')
  far.server.config.put('tls-cluster', 'no')
  t.equal(await greet(open(t), far), 'ended')
  const plain = openBus()
  t.teardown(() => plain.close())
  plain.bus.dial({ host: HOST, port: far.port }, '').send(PING)
  await until('a plain answer', () => plain.packets.length === 1)
  t.notOk(
    [...near.bus.links].some(({ isClosed }) => isClosed),
    'those that stand live on',
  )
  far.server.config.put('tls-cluster', 'yes')
  t.equal(await greet(open(t), far), 'answered')
  const link = near.bus.dial({ host: HOST, port: far.port }, 'n')
  await until('another link', () => link.isOpen)
  near.server.config.set(
    [
      ['tls-client-cert-file', 'stranger.crt'],
      ['tls-client-key-file', 'stranger.key'],
    ],
    { allowsProtected: false, isLoading: false },
  )
  const next = near.bus.dial({ host: HOST, port: far.port }, 'n')
  await until('its end', () => next.isClosed)
  t.match([link.isClosed, next.isOpen], [false, false])
})
