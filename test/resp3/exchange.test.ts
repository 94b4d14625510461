// The client's side of the protocol: whatever the other side says and in whatever pieces, it is
// read once, and no further than the limits.

import t from 'tap'
import type { Reply, ReplyLimits } from '../../src/resp3/decoder.ts'
import { LineReader, ReplyReader, requestBlocks, requestBytes } from '../../src/resp3/exchange.ts'
import { show } from '../helpers/wire.ts'

const LIMITS: ReplyLimits = { bytes: 10_000, elements: 100, depth: 10 }

function readAll(chunks: Iterable<Buffer>, limits = LIMITS): Reply[] {
  const reader = new ReplyReader(limits)
  const replies: Reply[] = []
  for (const chunk of chunks) reader.read(chunk, reply => replies.push(reply))
  return replies
}

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const STREAM = Buffer.from(
  '+OK\r\n$3\r\na\r\n\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n%1\r\n+a\r\n~1\r\n_\r\n' +
    '|1\r\n+ttl\r\n:1\r\n$1\r\nx\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n>1\r\n+p\r\n-ERR no\r\n',
)
const SHOWN = [
  '+OK',
  '$a\r\n',
  [':1', ['$']],
  ['+a', ['(nil)']],
  '$x',
  [':1', ':2'],
  ['+p'],
  '-ERR no',
]

t.test('replies come whole, however they were cut; attributes are left out', async t => {
  for (let size = 1; size <= STREAM.length; size++) {
    t.strictSame(readAll(cut(STREAM, size)).map(show), SHOWN, `pieces of ${size}`)
  }
})

t.test('every reply is told where it ends, since the beginning of the connection', async t => {
  for (const size of [1, 7, STREAM.length]) {
    const reader = new ReplyReader(LIMITS)
    const ends: number[] = []
    for (const chunk of cut(STREAM, size)) reader.read(chunk, (_, end) => ends.push(end))
    t.strictSame(ends, [5, 14, 32, 47, 68, 92, 100, 109], `pieces of ${size}`)
  }
})

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['many elements', '*1000000000\r\n', /more than 100 elements/],
  ['many elements, one by one', `*99\r\n${'*2\r\n'.repeat(10)}`, /more than 100 elements/],
  ['many pairs', '%51\r\n', /more than 100 elements/],
  ['a long string', '$600000000\r\n', /too long/],
  ['a string beyond the limit', '$10000\r\n', /more than 10000 bytes/],
  [
    'strings that are too long together',
    '*2\r\n$6000\r\n'.concat('x'.repeat(6000), '\r\n$6000\r\n'),
    /10000 bytes/,
  ],
  ['a line without an end', `+${'x'.repeat(20_000)}`, /without an end/],
  ['a long line', `+${'x'.repeat(20_000)}\r\n`, /10000 bytes|without an end/],
  ['deep nesting', '*1\r\n'.repeat(11), /nested more than 10 deep/],
  ['deep attributes', '|1\r\n'.repeat(11), /nested more than 10 deep/],
  ['another protocol', 'HTTP/1.1 400', /Not a reply: "H/],
  ['an integer of many digits', `:${'9'.repeat(5000)}\r\n`, /Not a reply/],
]

t.test('what is beyond the limits is refused as soon as it is announced', async t => {
  for (const [name, text, message] of REFUSED) {
    for (const size of [1, 7, text.length]) {
      const chunks = cut(Buffer.from(text), size)
      t.throws(() => readAll(chunks), { message }, `${name}, pieces of ${size}`)
    }
  }
})

t.test('limits are those of one reply', async t => {
  const reply = `$6000\r\n${'x'.repeat(6000)}\r\n`
  t.equal(readAll([Buffer.from(reply.repeat(5))]).length, 5)
  t.equal(readAll([Buffer.from('*60\r\n'.concat(':1\r\n'.repeat(60)).repeat(5))]).length, 5)
})

t.test('every byte is copied a few times at most, however small the pieces', async t => {
  const { copy } = Buffer.prototype
  const { concat } = Buffer
  let copied = 0
  Buffer.prototype.copy = function (...words: Parameters<Buffer['copy']>) {
    const count = copy.apply(this, words)
    copied += count
    return count
  }
  Buffer.concat = (list, length) => {
    const joined = concat(list, length)
    copied += joined.length
    return joined
  }
  t.teardown(() => {
    Buffer.prototype.copy = copy
    Buffer.concat = concat
  })
  const limits = { bytes: 1e6, elements: 1e6, depth: 10 }
  for (const bytes of [
    Buffer.from(`$500000\r\n${'x'.repeat(500_000)}\r\n`),
    Buffer.from(`+${'x'.repeat(500_000)}\r\n`),
    Buffer.from(`*100000\r\n${':1\r\n'.repeat(100_000)}`),
  ]) {
    copied = 0
    t.equal(readAll(cut(bytes, 10), limits).length, 1)
    t.ok(copied <= 6 * bytes.length, `${copied} bytes copied of ${bytes.length}`)
  }
})

t.test('lines: the first of each reply, cut where they are too long', async t => {
  const text = '+OK\r\n-ERR no\n\r\n123456789\r\n'
  for (let size = 1; size <= text.length; size++) {
    const reader = new LineReader(8)
    const lines: string[] = []
    for (const chunk of cut(Buffer.from(text), size))
      reader.read(chunk, line => lines.push(line) > 0)
    t.strictSame(lines, ['+OK', '-ERR no', '', '12345678', '9'], `pieces of ${size}`)
  }
  const reader = new LineReader(100)
  const lines: string[] = []
  reader.read(Buffer.from('a\nb\nc\n'), line => lines.push(line) < 2)
  t.strictSame(lines, ['a', 'b'], 'no more than were wanted')
})

t.test('requests are blocks, and long words are not copied', async t => {
  t.equal(
    requestBytes('SET', 'k\xff', '').toString('latin1'),
    '*3\r\n$3\r\nSET\r\n$2\r\nk\xff\r\n$0\r\n\r\n',
  )
  const long = Buffer.alloc(100_000, 'x')
  const blocks = requestBlocks(['SET', 'k', long, 'y'.repeat(20_000), 'KEEPTTL'])
  t.ok(blocks.includes(long))
  t.equal(
    Buffer.concat(blocks).toString(),
    `*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n${'x'.repeat(100_000)}\r\n` +
      `$20000\r\n${'y'.repeat(20_000)}\r\n$7\r\nKEEPTTL\r\n`,
  )
})
