// Our packets beside a real node: it takes us for a neighbour, answers, and passes on what clients
// publish; over plain TCP and over TLS.

import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Bus } from '../../../src/cluster/bus/bus.ts'
import type { Header, PingMessage } from '../../../src/cluster/bus/message.ts'
import { createAuthority } from '../../../src/testing/tls/authority.ts'
import { headerOf, idOf, openBus, pingOf, type TestBus } from '../../helpers/bus.ts'
import { until } from '../../helpers/nodes.ts'
import { freePort, NO_REAL_SERVER, type RealServer, startReal } from '../../helpers/real.ts'

const HOST = '127.0.0.1'

/** A node that answers pings and knows nobody. */
class Neighbour {
  readonly sender: string
  readonly test: TestBus

  constructor(t: Test, sender: string, options: Parameters<typeof openBus>[0]) {
    this.sender = sender
    this.test = openBus({
      ...options,
      events: {
        packet: (link, { type }) => {
          if (type === 'ping' || type === 'meet') link.send(this.ping('pong'))
        },
      },
    })
    t.teardown(() => this.test.close())
  }

  get bus(): Bus {
    return this.test.bus
  }

  get header(): Header {
    const { sender, bus } = this
    return headerOf({ sender, currentEpoch: 0, configEpoch: 0, offset: 0, busPort: bus.port })
  }

  ping(type: PingMessage['type']): PingMessage {
    return pingOf({ type, header: this.header })
  }

  /** Messages of a type that have come. */
  got(type: string): boolean {
    return this.test.packets.some(({ message }) => message.type === type)
  }
}

interface RealNode extends RealServer {
  readonly busPort: number
}

async function startNode(t: Test, ...args: readonly string[]): Promise<RealNode> {
  const busPort = await freePort()
  const real = await startReal(
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-require-full-coverage', 'no', ...args],
  )
  t.teardown(() => real.close())
  return { ...real, busPort }
}

async function getToKnow(t: Test, real: RealNode, us: Neighbour): Promise<void> {
  const wire = await real.connect()
  const subscriber = await real.connect()
  t.teardown(() => {
    wire.close()
    subscriber.close()
  })
  const id = String(await wire.ask('CLUSTER', 'MYID')).slice(1)
  const link = us.bus.dial({ host: HOST, port: real.busPort }, id)
  link.send(us.ping('meet'))
  await until('a pong', () => us.got('pong'))
  const [first] = us.test.packets
  t.match(first, { link, message: { header: { sender: id, busPort: real.busPort, flags: 17 } } })
  await until('the real node dials', () => us.got('ping'))
  const nodes = async () => String(await wire.ask('CLUSTER', 'NODES'))
  await until('it knows us', async () => (await nodes()).includes(`${us.sender} `))
  t.match(
    await nodes(),
    new RegExp(`${us.sender} 127\\.0\\.0\\.1:\\d+@${us.bus.port},?[^ ]* master`),
  )
  const before = us.bus.received.pong
  link.send(us.ping('ping'))
  await until('another pong', () => us.bus.received.pong > before)

  t.strictSame(await subscriber.ask('SUBSCRIBE', 'news'), ['$subscribe', '$news', ':1'])
  link.send({ type: 'publish', header: us.header, channel: 'news', message: 'from us' })
  const { bytes } = await subscriber.next()
  t.match(bytes.toString(), /message\r\n\$4\r\nnews\r\n\$7\r\nfrom us\r\n$/)
  await wire.ask('PUBLISH', 'other', 'from there')
  await until('what was published', () => us.got('publish'))
  const published = us.test.packets.find(({ message }) => message.type === 'publish')
  t.match(published?.message, { channel: 'other', message: 'from there', header: { sender: id } })
  t.match(published?.link, { isInbound: true })
  t.equal(us.bus.dropped, 0)
}

t.test('a real node is met', { skip: NO_REAL_SERVER }, async t => {
  await getToKnow(t, await startNode(t), new Neighbour(t, idOf('b'), {}))
})

t.test('a real node is met over TLS', { skip: NO_REAL_SERVER }, async t => {
  const authority = await createAuthority({ name: 'CA' })
  const purposes = ['server', 'client'] as const
  const { cert, key } = await authority.server(['nobody.asks'], { purposes })
  const files = { 'node.crt': cert, 'node.key': key, 'ca.crt': authority.cert }
  const folder = t.testdir(files)
  const settings = ['tls-cert-file node.crt', 'tls-key-file node.key', 'tls-ca-cert-file ca.crt']
  const args = settings.flatMap(line => {
    const [name = '', file = ''] = line.split(' ')
    return [`--${name}`, path.join(folder, file)]
  })
  t.ok(fs.existsSync(path.join(folder, 'node.key')))
  const tlsPort = String(await freePort())
  const real = await startNode(t, ...args, '--tls-port', tlsPort, '--tls-cluster', 'yes')
  const us = new Neighbour(t, idOf('b'), {
    memoryFiles: new Map(Object.entries(files)),
    config: ['tls-cluster yes', ...settings],
  })
  await getToKnow(t, real, us)
})
