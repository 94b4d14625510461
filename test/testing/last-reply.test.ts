// Whoever is hung up on has had every byte of what was answered before: under each profile that
// works, with each fault, with TLS and without, also where the server has a thread of its own.

import net from 'node:net'
import tls from 'node:tls'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import {
  type FaultEffect,
  type RunningRedis,
  startRedis,
  type ThreadedRedis,
} from '../../src/index.ts'

t.setTimeout(58_000)

interface Asked {
  readonly port: number
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string } | undefined
}

interface Heard {
  readonly text: string
  readonly pieces: readonly number[]
}

/** What comes until the server hangs up. */
function lastWords(
  { port, tls: kit }: Asked,
  request: string,
  { endsItself = false } = {},
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const own = { port, host: '127.0.0.1', allowHalfOpen: true }
    const socket: net.Socket = kit
      ? tls.connect({ ...own, servername: 'localhost', ca: kit.ca, cert: kit.cert, key: kit.key })
      : net.connect(own)
    const chunks: Buffer[] = []
    socket.once(kit ? 'secureConnect' : 'connect', () => {
      if (endsItself) socket.end(request)
      else socket.write(request)
    })
    socket.on('data', chunk => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('end', () => {
      socket.destroy()
      const text = Buffer.concat(chunks).toString('latin1')
      resolve({ text, pieces: chunks.map(({ length }) => length) })
    })
  })
}

const PROTOCOL_ERROR = '-ERR Protocol error: invalid bulk length\r\n'
/** Each ends the connection; and what is answered until then. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['PING\r\nQUIT\r\n', '+PONG\r\n+OK\r\n'],
  ['PING\r\nCLIENT KILL SKIPME no TYPE normal\r\n', '+PONG\r\n:1\r\n'],
  ['PING\r\n*1\r\n$x\r\n', `+PONG\r\n${PROTOCOL_ERROR}`],
]

const SLOW = ['valid', 'slow-drip', 'one-byte-records', 'tls12-only', 'huge-certificate'] as const

t.test('profiles', async t => {
  for (const profile of SLOW) {
    const redis = await startRedis({ tls: { profile } })
    t.teardown(() => redis.close())
    redis.seed({ long: 'x'.repeat(3000) })
    for (const [request, answer] of ENDINGS) {
      t.equal((await lastWords(redis, request)).text, answer, `${profile}: ${request}`)
    }
    const { text } = await lastWords(redis, 'GET long\r\n', { endsItself: true })
    t.equal(text.length, 3009, `${profile}: the client has nothing more to say`)
    const client = new Redis({ ...redis.connectOptions('ioredis'), retryStrategy: () => null })
    t.equal(await client.quit(), 'OK', profile)
  }
})

const PONG = '+PONG\r\n'
/** What befalls QUIT, KILL or the one before a protocol error, and what is heard. */
const FAULTS: readonly (readonly [string, FaultEffect, string, string])[] = [
  ['quit', { slice: 1 }, 'PING\r\nQUIT\r\n', `${PONG}+OK\r\n`],
  ['quit', { delay: 1 }, 'PING\r\nQUIT\r\n', `${PONG}+OK\r\n`],
  ['quit', { drop: 'replied' }, 'PING\r\nQUIT\r\n', `${PONG}+OK\r\n`],
  ['quit', { drop: 'after' }, 'PING\r\nQUIT\r\n', PONG],
  ['quit', { drop: 'before' }, 'PING\r\nQUIT\r\n', PONG],
  ['echo', { drop: 'before' }, 'PING\r\nECHO a\r\n', PONG],
  ['echo', { drop: 'after' }, 'PING\r\nECHO a\r\nPING\r\n', PONG],
  ['echo', { slice: 2 }, 'PING\r\nECHO abc\r\nQUIT\r\n', `${PONG}$3\r\nabc\r\n+OK\r\n`],
  ['client|kill', { slice: 1 }, 'PING\r\nCLIENT KILL SKIPME no TYPE normal\r\n', `${PONG}:1\r\n`],
  ['client|kill', { delay: 1 }, 'PING\r\nCLIENT KILL SKIPME no TYPE normal\r\n', `${PONG}:1\r\n`],
  ['ping', { slice: 3 }, 'PING\r\n*1\r\n$x\r\n', PONG + PROTOCOL_ERROR],
]

async function everyFault(t: Test, redis: RunningRedis | ThreadedRedis): Promise<void> {
  t.teardown(() => redis.close())
  for (const [command, effect, request, answer] of FAULTS) {
    const fault = await redis.fault({ command, ...effect })
    const { text } = await lastWords(redis, request)
    t.equal(text, answer, `${JSON.stringify(effect)} of ${command}`)
    t.equal(await fault.fired, 1)
    await fault.remove()
  }
}

t.test('faults over TLS', async t => everyFault(t, await startRedis()))
t.test('faults without TLS', async t => everyFault(t, await startRedis({ tls: false })))
t.test('faults from a thread', async t => everyFault(t, await startRedis({ thread: true })))

t.test('slices are pieces, and what is around them is none', async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  redis.fault({ command: 'quit', slice: 1 })
  t.strictSame((await lastWords(redis, 'PING\r\nQUIT\r\n')).pieces, [7, 1, 1, 1, 1, 1])
  redis.fault({ command: 'echo', slice: 4 })
  const { pieces } = await lastWords(redis, 'PING\r\nECHO abc\r\nPING\r\nECHO b\r\nQUIT\r\n')
  t.strictSame(pieces, [7, 4, 4, 1, 7, 4, 3, 1, 1, 1, 1, 1])
})

t.test('a client that goes in the middle of the pieces is forgotten', async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  redis.seed({ long: 'x'.repeat(100_000) })
  redis.fault({ command: 'get', slice: 1 })
  const left = new Promise(resolve => redis.on('disconnect', resolve))
  const { ca = '', cert = '', key = '' } = redis.tls ?? {}
  const socket = tls.connect({ port: redis.port, host: 'localhost', ca, cert, key })
  socket.once('data', () => socket.destroy())
  socket.once('secureConnect', () => socket.write('GET long\r\n'))
  await left
  t.match(await redis.close(), undefined, 'nothing is left that close() would wait for')
})

t.test('who takes nothing does not keep the server from closing', async t => {
  for (const options of [{}, { tls: false }] as const) {
    const redis = await startRedis(options)
    redis.seed({ long: 'x'.repeat(20_000_000) })
    redis.fault({ command: 'get', slice: 1_000_000 })
    const { ca = '', cert = '', key = '' } = redis.tls ?? {}
    const at = { port: redis.port, host: '127.0.0.1' }
    const socket = redis.tls
      ? tls.connect({ ...at, servername: 'localhost', ca, cert, key })
      : net.connect(at)
    socket.on('error', () => {})
    socket.once(redis.tls ? 'secureConnect' : 'connect', () => socket.write('GET long\r\n'))
    await redis.waitFor('get')
    t.match(await redis.close(), undefined)
    socket.destroy()
  }
})
