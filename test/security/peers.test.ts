// Servers that we talk to: MIGRATE's targets, and whatever the tools are pointed at. Any of them
// may answer anything, for ever or drop by drop. None gets more than a few megabytes or its time.

import net from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { ConsoleSession } from '../../src/lab/console.ts'
import type { Reply } from '../../src/resp3/decoder.ts'
import { startRedis } from '../../src/testing/start.ts'
import { createAuthority } from '../../src/testing/tls/authority.ts'
import { explainConnection } from '../../src/testing/tls/explain/connection.ts'
import { ConnectionError, connectTo } from '../../src/tools/connection.ts'
import { cli } from '../helpers/cli.ts'
import { startServer } from '../helpers/server.ts'

const MB = 1024 * 1024
/** What fills the buffers between two sockets of one machine, and more. */
const SENT_MAX = 64 * MB
const PATIENCE_MS = 400

type Behaviour = (socket: net.Socket) => void

/** Says something once, and something else again and again for as long as it is taken. */
function endless(first: string, again: string): Behaviour {
  return socket => {
    const block = again.repeat(Math.ceil(65_536 / again.length))
    const more = (): void => {
      while (!socket.destroyed && socket.write(block)) {}
    }
    socket.write(first)
    socket.on('drain', more)
    more()
  }
}

function dripping(socket: net.Socket): void {
  const timer = setInterval(() => socket.write('+'), PATIENCE_MS / 20)
  socket.once('close', () => clearInterval(timer))
}

/** With what is said of the reply by those who read all of it. */
const HOSTILE: readonly (readonly [string, Behaviour, RegExp])[] = [
  ['a billion elements', endless('*1000000000\r\n', ':1\r\n'), /more than \d+ elements/],
  ['a string of 600 MB', endless('$600000000\r\n', 'x'), /too long/],
  ['a string beyond what is wanted', endless('$500000000\r\n', 'x'), /more than \d+ bytes/],
  ['depth without end', endless('*1\r\n', '*1\r\n'), /nested more than/],
  ['attributes without end', endless('', '|1\r\n+a\r\n+b\r\n'), /in 400 ms/],
  ['silence', () => {}, /in 400 ms/],
  ['drops', dripping, /in 400 ms/],
  ['another protocol', socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /Not a reply/],
]

interface Peer {
  readonly port: number
  /** How much the connections were given to read. */
  sent(): number
  /** Resolves once none is left. */
  gone(): Promise<void>
}

async function startPeer(t: Test, behaviour: Behaviour): Promise<Peer> {
  return peerOf(t, net.createServer(), 'connection', behaviour)
}

async function peerOf(
  t: Test,
  server: net.Server,
  event: string,
  behaviour: Behaviour,
): Promise<Peer> {
  const sockets: net.Socket[] = []
  server.on(event, (socket: net.Socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('data', () => behaviour(socket))
    socket.resume()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as net.AddressInfo).port,
    sent: () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    gone: async () => {
      for (const socket of sockets) {
        if (!socket.closed) await new Promise(resolve => socket.once('close', resolve))
      }
    },
  }
}

t.test('MIGRATE to whoever answers anything', async t => {
  for (const [name, behaviour] of HOSTILE) {
    const peer = await startPeer(t, behaviour)
    const redis = await startServer()
    t.teardown(() => redis.close())
    const wire = await redis.connect()
    await wire.ask('SET', 'k', 'v')
    const words = ['MIGRATE', '127.0.0.1', String(peer.port), 'k', '0', String(PATIENCE_MS)]
    t.equal(await wire.ask(...words), '-IOERR error or timeout reading to target instance', name)
    t.equal(await wire.ask('GET', 'k'), '$v', `${name}: the key is where it was`)
    await peer.gone()
    t.ok(peer.sent() < SENT_MAX, `${name}: ${peer.sent()} bytes`)
  }
})

t.test('MIGRATE to one who answers more than was asked, or says odd things', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const migrate = (port: number) => wire.ask('MIGRATE', '127.0.0.1', String(port), 'k', '0', '2000')
  const generous = await startPeer(t, endless('', '+OK\r\n'))
  await wire.ask('SET', 'k', 'v')
  t.equal(await migrate(generous.port), '+OK')
  await generous.gone()
  t.ok(generous.sent() < SENT_MAX, `${generous.sent()} bytes`)
  await wire.ask('SET', 'k', 'v')
  const rude = await startPeer(t, socket => socket.write('+OK\r\n-ERR \x1b[31m no\0more\r\n'))
  t.equal(await migrate(rude.port), '-ERR Target instance replied with error: ERR \x1b[31m no')
  const verbose = await startPeer(t, socket => socket.write(`+OK\r\n-${'x'.repeat(5000)}\r\n`))
  t.equal(
    await migrate(verbose.port),
    `-ERR Target instance replied with error: ${'x'.repeat(1022)}`,
  )
  const deaf = net.createServer(socket => {
    socket.on('error', () => {})
    socket.pause()
  })
  await new Promise<void>(resolve => deaf.listen(0, '127.0.0.1', resolve))
  t.teardown(() => deaf.close())
  await wire.ask('SETRANGE', 'big', String(64 * MB), 'x')
  await wire.ask('CONFIG', 'SET', 'rdbcompression', 'no')
  const { port } = deaf.address() as net.AddressInfo
  const [large, other] = await Promise.all([
    wire.ask('MIGRATE', '127.0.0.1', String(port), '', '0', '300', 'KEYS', 'big', 'k'),
    redis.connect().then(second => second.ask('PING')),
  ])
  t.equal(large, '-IOERR error or timeout writing to target instance')
  t.equal(other, '+PONG')
  t.equal(await wire.ask('EXISTS', 'big', 'k'), ':2')
})

t.test('what MIGRATE sends is made while it is taken, key by key', async t => {
  const source = await startServer()
  const target = await startServer()
  t.teardown(() => Promise.all([source.close(), target.close()]))
  const here = await source.connect()
  const there = await target.connect()
  const values = ['a', 'b', 'c'].map(key => ({ key, value: `${key}\0\xff\r\n`.repeat(MB) }))
  for (const { key, value } of values) await here.ask('SET', key, value)
  t.equal(
    await here.ask('MIGRATE', '127.0.0.1', String(target.port), '', '0', '9000', 'KEYS', ...'abc'),
    '+OK',
  )
  for (const { key, value } of values) {
    t.ok((await there.ask('GET', key)) === `$${value}`, `${key} has arrived`)
  }
  t.equal(await here.ask('EXISTS', 'a', 'b', 'c'), ':0')
})

t.test('a fault of ours in the midst of MIGRATE ends the link, and nothing else', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const { server } = redis
  const wire = await redis.connect()
  const peer = await startPeer(t, socket => socket.write('+OK\r\n+OK\r\n'))
  const db = server.keyspace.get(0)
  if (db === undefined) throw new Error('no database')
  const plant = (): never => {
    throw new Error('planted')
  }
  const migrate = () => wire.ask('MIGRATE', '127.0.0.1', String(peer.port), 'k', '0', '2000')
  await wire.ask('SETRANGE', 'k', '1000', 'x')
  // At its end, and when its bytes are made.
  db.take = plant
  t.match(await migrate(), /^-IOERR /)
  const value = db.readAny('k')
  if (value === undefined) throw new Error('no value')
  Object.defineProperty(value, 'type', { get: plant })
  t.match(await migrate(), /^-IOERR /)
  t.equal(await (await redis.connect()).ask('PING'), '+PONG', 'others go on')
  t.strictSame(
    server.bugs.map(bug => (bug as Error).message),
    ['planted', 'planted'],
  )
  server.bugs.length = 0
})

t.test('the tools and servers that answer anything', async t => {
  for (const [name, behaviour, reason] of HOSTILE) {
    const peer = await startPeer(t, behaviour)
    const url = `redis://127.0.0.1:${peer.port}`
    const connection = await connectTo({ url, timeoutMs: PATIENCE_MS })
    await t.rejects(connection.call('ACL', 'LIST'), { message: reason }, name)
    t.ok((await connection.ended) instanceof ConnectionError)
    await peer.gone()
    t.ok(peer.sent() < SENT_MAX, `${name}: ${peer.sent()} bytes`)
  }
})

t.test('tls explain and servers that answer anything', async t => {
  const authority = await createAuthority({ name: 'CA' })
  const { cert, key } = await authority.server(['localhost'])
  for (const [name, behaviour] of HOSTILE) {
    const peer = await peerOf(t, tls.createServer({ cert, key }), 'secureConnection', behaviour)
    const steps = await explainConnection({
      host: '127.0.0.1',
      port: peer.port,
      ca: authority.cert,
      timeoutMs: PATIENCE_MS,
    })
    const login = steps.find(step => step.name === 'login')
    t.equal(login?.verdict, 'wrong', `${name}: ${login?.text}`)
    t.ok(peer.sent() < SENT_MAX, `${name}: ${peer.sent()} bytes`)
  }
})

t.test('the program says what was wrong, and ends with its code for it', async t => {
  const peer = await startPeer(t, endless('*1000000000\r\n', ':1\r\n'))
  const url = `redis://127.0.0.1:${peer.port}`
  for (const words of [
    ['acl', 'lint', '--url', url],
    ['acl', 'learn', '--monitor', url],
  ]) {
    const { status, stderr } = await cli(words)
    t.equal(status, 2, words.join(' '))
    t.match(stderr, /A reply of more than \d+ elements/)
  }
})

t.test('the console of the lab shows no more than a page can', async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const late: Reply[] = []
  const session = await ConsoleSession.open(redis, 'default', reply => late.push(reply))
  t.match(await session.run(['PING']), { text: 'PONG' })
  const nested = 'local t = {} for i = 1, 70 do t = {t} end return t'
  t.match(await session.run(['EVAL', nested, '0']), {
    type: 'error',
    text: /^ERR A reply nested more than 64 deep: the console has closed its connection$/,
  })
  t.notOk(session.isOpen)
  t.strictSame(late, [])
})
