// Words as the handlers ask for them.

import fc from 'fast-check'
import t from 'tap'
import { Args } from '../../src/resp3/args.ts'
import { err, NOT_FLOAT, NOT_INTEGER } from '../../src/resp3/errors.ts'

t.test('words keep their bytes', async t => {
  const words = ['', 'a', '\0\r\n', '\xff\xfe', 'Ab']
  const args = Args.of(words)
  t.equal(args.count, 5)
  t.strictSame(args.texts(), words)
  t.strictSame(args.texts(3), ['\xff\xfe', 'Ab'])
  t.strictSame(args.own().texts(), words)
  t.strictSame(
    words.map((_, i) => args.length(i)),
    [0, 1, 3, 2, 2],
  )
})

t.test('options are compared in ASCII, whatever their case', async t => {
  const args = Args.of(['Limit', 'limi\xec', 'LIMITS', '@', '`'])
  t.ok(args.is(0, 'LIMIT'))
  t.notOk(args.is(1, 'LIMIT'))
  t.notOk(args.is(2, 'LIMIT'))
  t.notOk(args.is(4, '@'), 'a backtick is not the lower case of @')
  t.equal(args.option(1), 'LIMI\xec')
  t.equal(args.lower(0), 'limit')
})

t.test('integers are strict', async t => {
  const good = [
    ['0', 0],
    ['-1', -1],
    ['999999999', 999999999],
    ['9007199254740991', 9007199254740991],
  ] as const
  for (const [text, value] of good) t.equal(Args.of([text]).integer(0), value, text)
  t.equal(Args.of(['9223372036854775807']).int64(0), 9223372036854775807n)
  t.equal(Args.of(['-9223372036854775808']).int64(0), -9223372036854775808n)
  const bad = ['', '-', '+1', '01', '00', '-0', ' 1', '1 ', '1.0', '0x1', '1e3', '1\0']
  for (const text of [...bad, '9223372036854775808', '-9223372036854775809', '1'.repeat(30)]) {
    t.throws(() => Args.of([text]).integer(0), NOT_INTEGER, text)
    t.throws(() => Args.of([text]).int64(0), NOT_INTEGER, text)
  }
  const mine = err('mine')
  t.throws(() => Args.of(['x']).integer(0, mine), mine)
  t.throws(() => Args.of(['5']).integerBetween(0, 0, 4, mine), mine)
  t.equal(Args.of(['4']).integerBetween(0, 0, 4, mine), 4)
})

t.test('the short way to an integer agrees with the long one', async () => {
  fc.assert(
    fc.property(fc.integer(), value => Args.of([String(value)]).integer(0) === value),
    { numRuns: 300 },
  )
})

t.test('doubles', async t => {
  t.equal(Args.of(['1.5']).double(0), 1.5)
  t.equal(Args.of(['-inf']).double(0), -Infinity)
  for (const text of ['', 'nan', '1.5x', ' 1', '1\0']) {
    t.throws(() => Args.of([text]).double(0), NOT_FLOAT, JSON.stringify(text))
  }
})

t.test('more words than the marks have room for', async t => {
  const words = Array.from({ length: 1000 }, (_, i) => `w${i}`)
  t.strictSame(Args.of(words).texts(), words)
})
