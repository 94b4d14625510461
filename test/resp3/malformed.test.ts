// Malformed requests over a socket: the bytes that come back, and whether the connection is closed,
// must be those of a real server.
//
// Every stream ends with QUIT: a connection that was still in order answers it with +OK and closes,
// so each row ends by itself on either server.

import net from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { Args } from '../../src/resp3/args.ts'
import { ProtocolError } from '../../src/resp3/errors.ts'
import { RequestParser } from '../../src/resp3/parser.ts'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'

const PASSWORD = 'open'
const AUTH = `AUTH ${PASSWORD}\r\n`
const QUIT = 'QUIT\r\n'
const RUNS = process.env['TEST_LONG'] ? 3000 : 150
const INLINE_MAX = 64 * 1024

/** Everything the server says until it closes. */
function conversation(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request, 'latin1'))
    let reply = ''
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      reply += chunk
    })
    socket.on('end', () => resolve(reply))
    socket.on('error', reject)
  })
}

const protocolError = (text: string): string => `-ERR Protocol error: ${text}\r\n`
const NOAUTH = '-NOAUTH Authentication required.\r\n'
const OK = '+OK\r\n'
const PONG = '+PONG\r\n'

/** Streams, and the replies before the end. */
const AUTHENTICATED: readonly (readonly [string, string])[] = [
  ['', OK],
  ['\r\n', OK],
  ['*0\r\n*-10\r\nPING\r\n', PONG + OK],
  ['*1\r\n$4\r\nPING\r\nPING\n', PONG + PONG + OK],
  ['PING "a b"\r\n', '$3\r\na b\r\n+OK\r\n'],
  ['*3000000000\r\n', protocolError('invalid multibulk length')],
  ['*-9223372036854775809\r\n', protocolError('invalid multibulk length')],
  ['*x\r\n', protocolError('invalid multibulk length')],
  ['PING\r\n*1\r\nfoo\r\n', PONG + protocolError("expected '$', got 'f'")],
  ['*1\r\n\r\n', protocolError("expected '$', got ' '")],
  ['*1\r\n:4\r\nPING\r\n', protocolError("expected '$', got ':'")],
  ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$-10\r\n', protocolError('invalid bulk length')],
  ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$2000000000\r\n', protocolError('invalid bulk length')],
  ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$blabla\r\n', protocolError('invalid bulk length')],
  ['set """test-key""" test-value\r\nping\r\n', protocolError('unbalanced quotes in request')],
  ['MULTI\r\nPING\r\n*x\r\n', `${OK}+QUEUED\r\n${protocolError('invalid multibulk length')}`],
  [
    '*1\r\n$4\r\n\r\n\r\n\r\n',
    "-ERR unknown command '    ', with args beginning with: \r\n+OK\r\n",
  ],
  ['*1\r\n$0\r\n\r\n', "-ERR unknown command '', with args beginning with: \r\n+OK\r\n"],
  ['CLIENT REPLY SKIP\r\nPING\r\nPING\r\n', PONG + OK],
  ['CLIENT REPLY SKIP\r\nPING\r\n*x\r\n', protocolError('invalid multibulk length')],
  ['GET / HTTP/1.1\r\n', "-ERR wrong number of arguments for 'get' command\r\n+OK\r\n"],
]

const UNAUTHENTICATED: readonly (readonly [string, string])[] = [
  ['PING\r\n', NOAUTH + OK],
  ['*11\r\n', protocolError('unauthenticated multibulk length')],
  [
    '*10\r\n'.concat('$1\r\na\r\n'.repeat(10)),
    "-ERR unknown command 'a', with args beginning with: 'a' 'a' 'a' 'a' 'a' 'a' 'a' 'a' 'a' \r\n+OK\r\n",
  ],
  ['*2\r\n$4\r\nPING\r\n$16385\r\n', protocolError('unauthenticated bulk length')],
  [`*2\r\n$4\r\nPING\r\n$16384\r\n${'x'.repeat(16384)}\r\n`, NOAUTH + OK],
  ['*2147483648\r\n', protocolError('invalid multibulk length')],
  ['*1\r\n$536870913\r\n', protocolError('invalid bulk length')],
]

/** Whoever seems to speak HTTP is cut off, and gets not even the replies that were due. */
const CUT_OFF: readonly string[] = [
  'POST / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  `${AUTH}POST / HTTP/1.1\r\n\r\n`,
  `${AUTH}SET k v\r\nHost: localhost\r\n`,
  `${AUTH}*1\r\n$4\r\npost\r\n`,
]

/** Without QUIT: each of these is one byte more than a line may have. */
const TOO_LONG: readonly (readonly [string, string])[] = [
  ['a'.repeat(INLINE_MAX + 1), protocolError('too big inline request')],
  [`*${'1'.repeat(INLINE_MAX)}`, protocolError('too big mbulk count string')],
  [`\0${'payload\n'.repeat(INLINE_MAX / 8)}`, protocolError('too big inline request')],
  [
    `*\0${'payload\r\n'.repeat(9000)}`.slice(0, INLINE_MAX + 1),
    protocolError('too big mbulk count string'),
  ],
]

const ROWS: readonly (readonly [string, string])[] = [
  ...AUTHENTICATED.map(([stream, reply]) => [AUTH + stream + QUIT, OK + reply] as const),
  ...UNAUTHENTICATED.map(([stream, reply]) => [stream + QUIT, reply] as const),
  ...CUT_OFF.map(stream => [stream + QUIT, ''] as const),
  ...TOO_LONG,
]

/** A real server says nothing here either, but never closes. */
const SILENCED: readonly string[] = ['CLIENT REPLY OFF\r\n*x\r\n', 'CLIENT REPLY SKIP\r\n*x\r\n']

const label = (stream: string): string => JSON.stringify(stream.slice(0, 60))

t.test('malformed requests', async t => {
  const ours = await startServer({ config: [['requirepass', PASSWORD]] })
  t.teardown(() => ours.close())
  for (const [stream, reply] of ROWS) {
    t.equal(await conversation(ours.port, stream), reply, label(stream))
  }

  for (const stream of SILENCED) t.equal(await conversation(ours.port, AUTH + stream), OK, stream)

  await t.test('as a real server answers them', { skip: NO_REAL_SERVER }, async t => {
    const real = await startReal('--requirepass', PASSWORD)
    t.teardown(() => real.close())
    for (const [stream, reply] of ROWS) {
      t.equal(await conversation(real.port, stream), reply, label(stream))
    }
  })

  await t.test('garbage, as a real server answers it', { skip: NO_REAL_SERVER }, async t => {
    const real = await startReal('--requirepass', PASSWORD)
    t.teardown(() => real.close())
    let compared = 0
    for (const pieces of fc.sample(garbage, { numRuns: RUNS, seed: 20240 })) {
      const stream = AUTH + pieces.join('') + QUIT
      if (!endsByItself(stream)) continue
      compared++
      const [mine, theirs] = await Promise.all([
        conversation(ours.port, stream),
        conversation(real.port, stream),
      ])
      t.equal(mine, theirs, JSON.stringify(stream))
    }
    t.ok(compared > RUNS / 10, `${compared} streams compared`)
  })
})

const garbage = fc.array(
  fc.constantFrom(
    '*1\r\n$4\r\nPING\r\n',
    '*1\r\n',
    '*2\r\n',
    '*-1\r\n',
    '*0\r\n',
    '$4\r\n',
    '$0\r\n\r\n',
    '$-1\r\n',
    'ECHO',
    'PING\r\n',
    'PING',
    '\r\n',
    '\n',
    '\r',
    ' ',
    '"',
    "'",
    '*',
    '$',
    '1',
    '\\x41',
    '\xff',
  ),
  { maxLength: 12 },
)

// Whether the last request of a stream is complete, or one of them malformed. The one deviation is
// left out: a bulk string without its line end, which 7.4 does not notice.
function endsByItself(stream: string): boolean {
  const parser = new RequestParser({ bulkMax: 512 * 1024 * 1024 })
  const args = new Args()
  parser.append(Buffer.from(stream, 'latin1'), args)
  let last = ''
  try {
    while (parser.next(args, true)) last = args.text(0)
  } catch (error) {
    return error instanceof ProtocolError && !error.reason.includes('line end')
  }
  return last === 'QUIT' && parser.pending === 0
}
