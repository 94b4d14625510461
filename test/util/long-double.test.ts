// What INCRBYFLOAT of Redis 7.4.1 on x86-64 answers; test/model/number.test.ts asks a live one.

import t from 'tap'
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  parseLongDouble,
} from '../../src/util/long-double.ts'

function sum(a: string, b: string): string {
  const x = parseLongDouble(a)
  const y = parseLongDouble(b)
  if (x === undefined || y === undefined) return 'not a float'
  const result = addLongDouble(x, y)
  return result === 'nan' ? 'nan' : formatLongDouble(result)
}

t.test('sums', async t => {
  const rows: [string, string, string][] = [
    ['0.1', '0.2', '0.3'],
    ['10.50', '0.1', '10.6'],
    ['5.0e3', '2.0e2', '5200'],
    ['1', '-1.0000001', '-0.0000001'],
    ['1', '-1', '0'],
    ['-1e-30', '0', '0'],
    ['0x1p3', '0X.8', '8.5'],
    ['9007199254740993', '0', '9007199254740993'],
    ['18446744073709551617', '0', '18446744073709551616'],
    ['3', '1.23456789012345678', '4.23456789012345678'],
    ['inf', '1', 'inf'],
    ['1', '-inf', '-inf'],
    ['inf', '-inf', 'nan'],
    ['1.1e4932', '1.1e4932', 'inf'],
    ['1e4933', '1', 'not a float'],
    ['1e-4960', '1', 'not a float'],
    ['nan', '1', 'not a float'],
    [' 1', '1', 'not a float'],
    ['1 ', '1', 'not a float'],
    ['1\0', '1', 'not a float'],
    ['', '1', 'not a float'],
  ]
  for (const [a, b, expected] of rows) t.equal(sum(a, b), expected, JSON.stringify([a, b]))
})

t.test('the smallest number is not zero', async t => {
  const smallest = parseLongDouble('3.6451995318824746025e-4951')
  t.same(smallest, { mantissa: 1n, exponent: -16445 })
  t.notOk(smallest === undefined || isInfinite(smallest))
})

t.test('texts of 5 kB are refused', async t => {
  t.equal(sum(`0.${'0'.repeat(5117)}`, '1'), '1')
  t.equal(sum(`0.${'0'.repeat(5118)}`, '1'), 'not a float')
})
