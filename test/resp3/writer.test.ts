// Every kind of reply, to the byte, in both versions of the protocol.

import fc from 'fast-check'
import t from 'tap'
import { decodeReply } from '../../src/resp3/decoder.ts'
import { ReplyWriter } from '../../src/resp3/writer.ts'

const RUNS = process.env['TEST_LONG'] ? 10000 : 300

type Write = (reply: ReplyWriter) => void

function bytesOf(write: Write, resp: 2 | 3): string {
  const reply = new ReplyWriter()
  reply.resp = resp
  write(reply)
  return reply.take().toString('latin1')
}

const LONG = 'x'.repeat(5000)

/** What is written, its bytes in RESP2, and in RESP3 where they differ. */
const REPLIES: readonly (readonly [string, Write, string, string?])[] = [
  ['ok', r => r.ok(), '+OK\r\n'],
  ['simple', r => r.simple('QUEUED'), '+QUEUED\r\n'],
  ['long simple', r => r.simple(LONG), `+${LONG}\r\n`],
  ['error', r => r.error('ERR no'), '-ERR no\r\n'],
  ['integer 0', r => r.integer(0), ':0\r\n'],
  ['integer 9', r => r.integer(9), ':9\r\n'],
  ['integer 10', r => r.integer(10), ':10\r\n'],
  ['integer -1', r => r.integer(-1), ':-1\r\n'],
  ['integer 2^31-1', r => r.integer(2147483647), ':2147483647\r\n'],
  ['integer 2^31', r => r.integer(2147483648), ':2147483648\r\n'],
  ['integer 2^53-1', r => r.integer(9007199254740991), ':9007199254740991\r\n'],
  ['integer 2^63-1', r => r.integer(2n ** 63n - 1n), ':9223372036854775807\r\n'],
  ['integer -2^63', r => r.integer(-(2n ** 63n)), ':-9223372036854775808\r\n'],
  ['bulk', r => r.bulk('a\r\nb\0\xff'), '$6\r\na\r\nb\0\xff\r\n'],
  ['empty bulk', r => r.bulk(''), '$0\r\n\r\n'],
  ['long bulk', r => r.bulk(LONG), `$5000\r\n${LONG}\r\n`],
  ['bulk of bytes', r => r.bulkBytes(Buffer.of(0, 255)), '$2\r\n\0\xff\r\n'],
  ['bulk or null', r => r.bulkOrNull('a'), '$1\r\na\r\n'],
  ['bulk or null', r => r.bulkOrNull(undefined), '$-1\r\n', '_\r\n'],
  ['null', r => r.null(), '$-1\r\n', '_\r\n'],
  ['null array', r => r.nullArray(), '*-1\r\n', '_\r\n'],
  ['array', r => r.array(0), '*0\r\n'],
  ['array', r => r.array(1234567), '*1234567\r\n'],
  ['map', r => r.map(3), '*6\r\n', '%3\r\n'],
  ['set', r => r.set(12), '*12\r\n', '~12\r\n'],
  ['push', r => r.push(2), '*2\r\n', '>2\r\n'],
  ['double', r => r.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
  ['double', r => r.double(3), '$1\r\n3\r\n', ',3\r\n'],
  [
    'double',
    r => r.double(0.1 + 0.2),
    '$19\r\n0.30000000000000004\r\n',
    ',0.30000000000000004\r\n',
  ],
  ['double', r => r.double(Infinity), '$3\r\ninf\r\n', ',inf\r\n'],
  ['double', r => r.double(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n'],
  ['double', r => r.double(Number.NaN), '$3\r\nnan\r\n', ',nan\r\n'],
  ['human double', r => r.humanDouble(1e-7), '$9\r\n0.0000001\r\n', ',0.0000001\r\n'],
  ['true', r => r.boolean(true), ':1\r\n', '#t\r\n'],
  ['false', r => r.boolean(false), ':0\r\n', '#f\r\n'],
  [
    'big number',
    r => r.bigNumber('12345678901234567890'),
    '$20\r\n12345678901234567890\r\n',
    '(12345678901234567890\r\n',
  ],
  ['verbatim', r => r.verbatim('a\nb'), '$3\r\na\nb\r\n', '=7\r\ntxt:a\nb\r\n'],
  ['verbatim', r => r.verbatim('', 'mkd'), '$0\r\n\r\n', '=4\r\nmkd:\r\n'],
  ['bulks', r => r.bulks(['a', '']), '*2\r\n$1\r\na\r\n$0\r\n\r\n'],
  ['raw', r => r.raw(Buffer.from('+x\r\n')), '+x\r\n'],
]

t.test('every kind of reply', async t => {
  for (const [name, write, resp2, resp3 = resp2] of REPLIES) {
    t.equal(bytesOf(write, 2), resp2, `${name} in RESP2`)
    t.equal(bytesOf(write, 3), resp3, `${name} in RESP3`)
  }
  t.equal(
    bytesOf(r => r.attribute(1), 3),
    '|1\r\n',
  )
})

t.test('a simple string or an error is one line, whatever is put into it', async t => {
  const hostile = 'x\r\n$3\r\nfoo\r\n'
  t.equal(
    bytesOf(r => r.simple(hostile), 2),
    '+x  $3  foo  \r\n',
  )
  t.equal(
    bytesOf(r => r.error(hostile), 2),
    '-x  $3  foo\r\n',
  )
  t.equal(
    bytesOf(r => r.bigNumber('1\r\n+2'), 3),
    '(1  +2\r\n',
  )
  // Written as one byte each, these would be a CR and an LF.
  t.equal(
    bytesOf(r => r.error('x\u010d\u010ay'), 2),
    '-x  y\r\n',
  )
})

t.test('no text at all makes a line into two', async () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('\r', '\n', '\r\n', '\u2028', '\u010a', '\u010d', '\u0a0d'),
  )
  fc.assert(
    fc.property(fc.array(piece), pieces => {
      const text = pieces.join('')
      for (const write of [(r: ReplyWriter) => r.simple(text), (r: ReplyWriter) => r.error(text)]) {
        const reply = new ReplyWriter()
        write(reply)
        const bytes = reply.take()
        if (bytes.indexOf(13) !== bytes.length - 2) return false
        if (bytes.indexOf(10) !== bytes.length - 1) return false
      }
      return true
    }),
    { numRuns: RUNS },
  )
})

t.test('what is written is what is decoded', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      fc.double(),
      (text, integer, double) => {
        const latin1 = Buffer.from(text).toString('latin1')
        const reply = new ReplyWriter()
        reply.resp = 3
        reply.array(4)
        reply.bulk(latin1)
        reply.integer(integer)
        reply.double(double)
        reply.verbatim(latin1)
        const bytes = reply.take()
        const decoded = decodeReply(bytes)
        if (decoded?.reply.type !== 'array' || decoded.end !== bytes.length) return false
        const [first, second, third, fourth] = decoded.reply.items
        return (
          first?.type === 'bulk' &&
          first.text === latin1 &&
          second?.type === 'integer' &&
          second.value === integer &&
          third?.type === 'double' &&
          (Object.is(third.value, double) || third.value === double) &&
          fourth?.type === 'verbatim' &&
          fourth.text === latin1
        )
      },
    ),
    { numRuns: RUNS },
  )
})

t.test('rewind takes back what was written since a mark', async t => {
  const reply = new ReplyWriter()
  reply.ok()
  const mark = reply.size
  reply.array(3)
  reply.bulk(LONG)
  t.equal(reply.since(mark).length, reply.size - mark)
  reply.rewind(mark)
  reply.error('ERR no')
  t.equal(reply.take().toString(), '+OK\r\n-ERR no\r\n')
  t.equal(reply.size, 0)
})

t.test('what was taken or cut stays as it was', async t => {
  const reply = new ReplyWriter()
  reply.bulk('first')
  const taken = reply.take()
  reply.bulk('other')
  const cut = reply.cut(0)
  reply.bulk('third')
  t.equal(taken.toString(), '$5\r\nfirst\r\n')
  t.equal(cut.toString(), '$5\r\nother\r\n')
  t.equal(reply.take().toString(), '$5\r\nthird\r\n')
})

t.test('a reply may grow to any size', async t => {
  const reply = new ReplyWriter()
  const count = 50000
  reply.array(count)
  for (let i = 0; i < count; i++) reply.bulk(`element ${i}`)
  const bytes = reply.take()
  const decoded = decodeReply(bytes)
  t.equal(decoded?.end, bytes.length)
  t.equal(decoded?.reply.type === 'array' && decoded.reply.items.length, count)
})
