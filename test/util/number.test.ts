// Tables of what Redis 7.4.1 accepts and prints; test/model/number.test.ts asks a live one.

import t from 'tap'
import {
  formatDouble,
  formatDouble17,
  formatFixed,
  formatHumanDouble,
  parseDouble,
  parseInt64,
  parseInteger,
  parseScoreBound,
  parseUint64,
  writeInteger,
} from '../../src/util/number.ts'

t.test('digits of integers', async t => {
  const out = Buffer.alloc(16)
  const write = (value: number): string => out.toString('latin1', 0, writeInteger(out, 0, value))
  const wrong: number[] = []
  for (let power = 1; power <= 1e15; power *= 10) {
    for (const value of [power - 1, power, power + 1, power * 9]) {
      if (write(value) !== String(value)) wrong.push(value)
    }
  }
  for (let i = 0; i < 1000; i++) {
    const value = Number.MAX_SAFE_INTEGER - i
    if (write(value) !== String(value)) wrong.push(value)
  }
  t.strictSame(wrong, [])
})

t.test('integers', async t => {
  const rows: [string, bigint | undefined][] = [
    ['0', 0n],
    ['-1', -1n],
    ['123', 123n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', undefined],
    ['-9223372036854775809', undefined],
    ['99999999999999999999', undefined],
    ['', undefined],
    ['-', undefined],
    ['-0', undefined],
    ['01', undefined],
    ['+1', undefined],
    [' 1', undefined],
    ['1 ', undefined],
    ['1\0', undefined],
    ['1.0', undefined],
    ['0x1', undefined],
    ['1e3', undefined],
  ]
  for (const [text, value] of rows) {
    t.equal(parseInt64(text), value, JSON.stringify(text))
    t.equal(parseInteger(text), value === undefined ? undefined : Number(value))
  }
})

t.test('unsigned integers, as strtoull reads them', async t => {
  const rows: [string, bigint | undefined][] = [
    ['0', 0n],
    ['007', 7n],
    [' 5', 5n],
    ['+5', 5n],
    ['5\0rest', 5n],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['18446744073709551616', undefined],
    ['-1', undefined],
    ['-01', 2n ** 64n - 1n],
    ['-18446744073709551615', 1n],
    ['', undefined],
    ['-', undefined],
    ['5 ', undefined],
    ['x', undefined],
  ]
  for (const [text, value] of rows) t.equal(parseUint64(text), value, JSON.stringify(text))
})

t.test('doubles', async t => {
  const rows: [string, number | undefined, number | undefined][] = [
    // text, as a score, as a bound of a range of scores
    ['1', 1, 1],
    ['-0', -0, -0],
    ['+3', 3, 3],
    ['.5', 0.5, 0.5],
    ['5.', 5, 5],
    ['1e3', 1000, 1000],
    ['0x1p3', 8, 8],
    ['-0X.8', -0.5, -0.5],
    ['0x1.fffffffffffff8p0', 2, 2],
    ['0x0.8p-1074', undefined, 0],
    ['0x1p-1074', 5e-324, 5e-324],
    ['0x1p1024', undefined, Infinity],
    ['inf', Infinity, Infinity],
    ['-InFiNiTy', -Infinity, -Infinity],
    ['infinit', undefined, undefined],
    ['nan', undefined, undefined],
    ['-nan(1)', undefined, undefined],
    ['1e400', undefined, Infinity],
    ['1e-400', undefined, 0],
    ['0e-400', 0, 0],
    ['5e-324', 5e-324, 5e-324],
    ['', undefined, 0],
    [' 1', undefined, 1],
    ['1 ', undefined, undefined],
    ['1\0', undefined, 1],
    ['1e', undefined, undefined],
    ['0x', undefined, undefined],
    ['e5', undefined, undefined],
    ['1_000', undefined, undefined],
    ['--1', undefined, undefined],
  ]
  for (const [text, score, bound] of rows) {
    t.equal(parseDouble(text), score, JSON.stringify(text))
    t.equal(parseScoreBound(text), bound, `${JSON.stringify(text)} as a bound`)
  }
})

t.test('printing doubles', async t => {
  const rows: [number, string, string, string][] = [
    // value, as a score, in 17 digits, in full
    [3, '3', '3', '3'],
    [0.1, '0.1', '0.10000000000000001', '0.10000000000000001'],
    [-1.5, '-1.5', '-1.5', '-1.5'],
    [0, '0', '0', '0'],
    [-0, '-0', '-0', '0'],
    [Infinity, 'inf', 'inf', 'inf'],
    [-Infinity, '-inf', '-inf', '-inf'],
    [NaN, 'nan', 'nan', 'nan'],
    [1e21, '1e+21', '1e+21', '1000000000000000000000'],
    [1e-7, '1e-7', '9.9999999999999995e-08', '0.0000001'],
    [0.00001234, '1.234e-5', '1.234e-05', '0.00001234'],
    [12345.12345678, '1.234512345678e+4', '12345.12345678', '12345.12345678000019689'],
    [5e-324, '5e-324', '4.9406564584124654e-324', '0'],
    [2 ** 62, '4611686018427387904', '4.6116860184273879e+18', '4611686018427387904'],
    [2 ** 63, '9223372036854776000', '9.2233720368547758e+18', '9223372036854775808'],
    // Not the shortest form: Grisu2 at work.
    [61.30480584950487, '61.304805849504874', '61.304805849504874', '61.30480584950487355'],
    // Ties: 17 digits and 17 decimals round to the nearest even digit, JavaScript would round up.
    [2 ** 50 + 0.25, '1125899906842624.3', '1125899906842624.2', '1125899906842624.25'],
    [2 ** -18, '3.814697265625e-6', '3.814697265625e-06', '0.00000381469726562'],
  ]
  for (const [value, score, digits, full] of rows) {
    t.equal(formatDouble(value), score)
    t.equal(formatDouble17(value), digits)
    t.equal(formatHumanDouble(value), full)
  }
})

t.test('scores whose shortest form lies at the very edge, as Redis 7.4.1 prints them', async t => {
  t.equal(formatDouble(445.7317642617177), '445.73176426171767')
  t.equal(formatDouble(365.0145597080963), '365.01455970809627')
  t.equal(formatDouble(340.3678711394451), '340.36787113944513')
  t.equal(formatDouble(530.857324320798), '530.8573243207981')
})

t.test('printing a fixed number of decimals', async t => {
  t.equal(formatFixed(166274.15156960033, 4), '166274.1516')
  t.equal(formatFixed(0.00004, 4), '0.0000')
  t.equal(formatFixed(0.03125, 4), '0.0312')
  t.equal(formatFixed(-1.5, 4), '-1.5000')
  t.equal(formatFixed(0, 4), '0.0000')
})
