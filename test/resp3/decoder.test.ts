// The decoder is the judge of other tests: it must take nothing that is not a reply.

import t from 'tap'
import { decodeReply, type Reply } from '../../src/resp3/decoder.ts'

function decode(text: string): Reply | undefined {
  return decodeReply(Buffer.from(text, 'latin1'))?.reply
}

const GOOD: readonly (readonly [string, Reply])[] = [
  ['+OK\r\n', { type: 'simple', text: 'OK' }],
  ['+\r\n', { type: 'simple', text: '' }],
  ['-ERR no\r\n', { type: 'error', text: 'ERR no' }],
  [':-9223372036854775808\r\n', { type: 'integer', value: -9223372036854775808n }],
  ['$0\r\n\r\n', { type: 'bulk', text: '' }],
  ['$4\r\n\r\n\0\xff\r\n', { type: 'bulk', text: '\r\n\0\xff' }],
  ['$-1\r\n', { type: 'null' }],
  ['*-1\r\n', { type: 'nullArray' }],
  ['_\r\n', { type: 'null' }],
  ['#t\r\n', { type: 'boolean', value: true }],
  ['#f\r\n', { type: 'boolean', value: false }],
  [',1.5e+300\r\n', { type: 'double', value: 1.5e300 }],
  [',-inf\r\n', { type: 'double', value: -Infinity }],
  ['(123456789012345678901234567890\r\n', { type: 'big', text: '123456789012345678901234567890' }],
  ['=5\r\ntxt:a\r\n', { type: 'verbatim', format: 'txt', text: 'a' }],
  [
    '*2\r\n:1\r\n*0\r\n',
    {
      type: 'array',
      items: [
        { type: 'integer', value: 1n },
        { type: 'array', items: [] },
      ],
    },
  ],
  ['~1\r\n+a\r\n', { type: 'set', items: [{ type: 'simple', text: 'a' }] }],
  ['>1\r\n+a\r\n', { type: 'push', items: [{ type: 'simple', text: 'a' }] }],
  [
    '%1\r\n+a\r\n:1\r\n',
    {
      type: 'map',
      pairs: [
        [
          { type: 'simple', text: 'a' },
          { type: 'integer', value: 1n },
        ],
      ],
    },
  ],
  ['|0\r\n', { type: 'attribute', pairs: [] }],
]

t.test('every type', async t => {
  for (const [text, reply] of GOOD) t.strictSame(decode(text), reply, JSON.stringify(text))
})

t.test('a reply that is not complete is none yet', async t => {
  for (const [text] of GOOD) {
    const early: number[] = []
    for (let at = 0; at < text.length; at++) {
      if (decode(text.slice(0, at)) !== undefined) early.push(at)
    }
    t.strictSame(early, [], JSON.stringify(text))
  }
})

t.test('the end is where the next reply starts', async t => {
  const bytes = Buffer.from(GOOD.map(([text]) => text).join(''), 'latin1')
  let at = 0
  for (const [text] of GOOD) {
    const end: number | undefined = decodeReply(bytes, at)?.end
    t.equal(end, at + text.length, JSON.stringify(text))
    at = end ?? bytes.length
  }
  t.equal(at, bytes.length)
})

const BAD: readonly string[] = [
  '\r\n',
  '\n',
  'OK\r\n',
  '+OK\n',
  '+a\rb\r\n',
  '-a\nb\r\n',
  ':\r\n',
  ': 1\r\n',
  ':1.0\r\n',
  ':0x10\r\n',
  ':+1\r\n',
  '$\r\n',
  '$-2\r\n',
  '$1 \r\na\r\n',
  '$1\r\nab\r\n',
  '$1\r\na\n\n',
  '*a\r\n',
  '*-2\r\n',
  '~-1\r\n',
  '%-1\r\n',
  '>-1\r\n',
  '=-1\r\n',
  '=3\r\ntxt\r\n',
  '=4\r\ntxt \r\n',
  '_x\r\n',
  '#\r\n',
  '#true\r\n',
  ',\r\n',
  ',1.\r\n',
  ',1,5\r\n',
  ',+inf\r\n',
  '(\r\n',
  '(1.5\r\n',
  '*1\r\nx\r\n',
]

t.test('nothing else is a reply', async t => {
  for (const text of BAD) t.throws(() => decode(text), Error, JSON.stringify(text))
})
