// Random numbers and half-broken texts, read and printed here and by a real server of 7.4: scores
// through ZADD and ZSCORE, range bounds through ZCOUNT, integers through INCRBY, long doubles
// through INCRBYFLOAT, C's printf through Lua. What comes out differently is kept in the corpus.

import t, { type Test } from 'tap'
import {
  addLongDouble,
  formatLongDouble,
  isInfinite,
  parseLongDouble,
} from '../../src/util/long-double.ts'
import {
  formatDouble,
  formatDouble17,
  formatHumanDouble,
  parseDouble,
  parseInt64,
  parseScoreBound,
} from '../../src/util/number.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { pipeline } from '../helpers/pipeline.ts'
import { realIsAtLeast, startReal } from '../helpers/real.ts'
import type { Wire } from '../helpers/wire.ts'

const SEED = Number(process.env['SEED'] ?? 2024)
const COUNT = 4000
// Before 7.2, scores were printed with %.17g.
const skip = !realIsAtLeast(7, 2) && 'no redis-server 7.2 or later'

const random = new SeededRandom(SEED)

function anyDouble(): number {
  const view = new DataView(Uint8Array.from({ length: 8 }, () => random.below(256)).buffer)
  const n = view.getFloat64(0)
  return Number.isFinite(n) ? n : anyDouble()
}

const KINDS: readonly (() => number)[] = [
  anyDouble,
  () => random.next(),
  () => (random.next() - 0.5) * 10 ** (random.below(40) - 15),
  () => random.below(1e6) / 10 ** random.below(9),
  () => random.below(2 ** 40) / 2 ** random.below(30),
  () => 2 ** (random.below(2098) - 1074),
  () => Number((random.next() * 10 ** random.below(20)).toPrecision(1 + random.below(17))),
  () => 5e-324 * random.below(1e6),
]

function double(): number {
  return (KINDS[random.below(KINDS.length)] as () => number)()
}

const DIGITS = ['0', '1', '5', '9', '12', '.', 'e', 'E', '+', '-', 'e5', 'e-3', '400', '-400', '1.']
const OTHERS = ['x', '0x', 'p', 'P', 'a', 'f', 'inf', 'INFINITY', 'nan', ' ', '\t', '\0', 'e-320']
const PIECES = [...DIGITS, ...OTHERS]

function brokenText(): string {
  let out = ''
  for (let n = random.below(6); n >= 0; n--) out += PIECES[random.below(PIECES.length)]
  return out
}

async function texts(wire: Wire, commands: readonly (readonly string[])[]): Promise<string[]> {
  const replies = await pipeline(wire, commands)
  return replies.map(reply => {
    if (reply.type === 'bulk' || reply.type === 'error') return reply.text
    return reply.type === 'integer' ? String(reply.value) : reply.type
  })
}

/** A number to print, a text to read, or two texts to add. */
type Input = number | string | readonly [string, string]

/** Numbers are kept as the text that is sent. */
const corpus = new Corpus<
  | { readonly print: string }
  | { readonly read: string }
  | { readonly add: readonly [string, string] }
>('numbers')

const known = corpus.specimens().map(({ input }) => input)

function keep(input: Input): string {
  const why = 'a real server answers otherwise'
  if (typeof input === 'string') return corpus.keep(why, { read: input })
  if (typeof input !== 'number') return corpus.keep(why, { add: input })
  return corpus.keep(why, { print: String(input) })
}

/** Reports the first few differences only. */
function compare(t: Test, inputs: readonly Input[], theirs: string[], ours: string[]): void {
  const wrong = inputs.flatMap((input, i) =>
    theirs[i] === ours[i] ? [] : [{ input, theirs: theirs[i], ours: ours[i] }],
  )
  const shown = wrong.slice(0, 5).map(one => ({ ...one, corpus: keep(one.input) }))
  t.same(shown, [], `${inputs.length} compared, SEED=${SEED}`)
}

t.test('numbers', { skip }, async t => {
  // A listpack would lose the sign of zero.
  const real = await startReal('--zset-max-listpack-entries', '0')
  t.teardown(() => real.close())
  const wire = await real.connect()
  t.teardown(() => wire.close())
  const printed = known.flatMap(one => ('print' in one ? [Number(one.print)] : []))
  const doubles = [...printed, ...Array.from({ length: COUNT }, double)]
  const read = known.flatMap(one => ('read' in one ? [one.read] : []))
  const words = [...new Set([...read, ...Array.from({ length: COUNT }, brokenText)])]

  await t.test('scores are printed alike', async t => {
    await pipeline(
      wire,
      doubles.map((n, i) => ['ZADD', 'scores', String(n), `m${i}`]),
    )
    const theirs = await texts(
      wire,
      doubles.map((_, i) => ['ZSCORE', 'scores', `m${i}`]),
    )
    compare(t, doubles, theirs, doubles.map(formatDouble))
  })

  await t.test('C formats are printed alike', async t => {
    const some = doubles.slice(0, 1000)
    const lua = (format: string, n: number): string[] => [
      'EVAL',
      `return string.format('${format}', tonumber(ARGV[1]))`,
      '0',
      String(n),
    ]
    const digits = await texts(
      wire,
      some.map(n => lua('%.17g', n)),
    )
    compare(t, some, digits, some.map(formatDouble17))
    const small = some.filter(n => Math.abs(n) < 1e30)
    const full = await texts(
      wire,
      small.map(n => lua('%.17f', n)),
    )
    const trimmed = full.map(s => s.replace(/\.?0+$/, '')).map(s => (s === '-0' ? '0' : s))
    compare(t, small, trimmed, small.map(formatHumanDouble))
  })

  await t.test('texts are read as the same scores', async t => {
    await pipeline(
      wire,
      words.map(word => ['ZADD', 'read', word, `m${word}`]),
    )
    const theirs = await texts(
      wire,
      words.map(word => ['ZSCORE', 'read', `m${word}`]),
    )
    const ours = words.map(parseDouble)
    compare(
      t,
      words,
      theirs,
      ours.map(n => (n === undefined ? 'null' : formatDouble(n))),
    )
  })

  await t.test('texts are read as the same bounds', async t => {
    await pipeline(wire, [['ZADD', 'bounds', '-inf', 'low', '0', 'zero', '1', 'one', '9', 'nine']])
    const theirs = await texts(
      wire,
      words.map(word => ['ZCOUNT', 'bounds', word, '+inf']),
    )
    const ours = words.map(word => {
      const bound = parseScoreBound(word)
      if (bound === undefined) return 'ERR min or max is not a float'
      return String([-Infinity, 0, 1, 9].filter(n => n >= bound).length)
    })
    compare(t, words, theirs, ours)
  })

  await t.test('texts are read as the same integers', async t => {
    const edges = ['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-0', '01']
    const all = [...words, ...edges]
    const theirs = await texts(
      wire,
      all.map((word, i) => ['INCRBY', `i${i}`, word]),
    )
    const error = 'ERR value is not an integer or out of range'
    compare(
      t,
      all,
      theirs,
      all.map(word => String(parseInt64(word) ?? error)),
    )
  })

  await t.test('INCRBYFLOAT adds alike', async t => {
    const kinds: readonly (() => string)[] = [
      () => String(double()),
      () => (random.next() * 10 ** random.below(10)).toFixed(random.below(18)),
      () => `-${random.next().toFixed(17)}`,
      () => String(random.below(1e9)),
      () =>
        `${random.below(1e6)}.${random.below(1e9)}${random.below(1e9)}e${random.below(60) - 30}`,
      brokenText,
    ]
    const operand = (): string => (kinds[random.below(kinds.length)] as () => string)()
    const pairs = Array.from({ length: COUNT }, () => [operand(), operand()] as const)
    pairs.unshift(...known.flatMap(one => ('add' in one ? [one.add] : [])))
    await pipeline(
      wire,
      pairs.map(([a], i) => ['SET', `f${i}`, a]),
    )
    const theirs = await texts(
      wire,
      pairs.map(([, b], i) => ['INCRBYFLOAT', `f${i}`, b]),
    )
    compare(
      t,
      pairs,
      theirs,
      pairs.map(([a, b]) => added(a, b)),
    )
  })
})

function added(a: string, b: string): string {
  const x = parseLongDouble(a)
  const y = parseLongDouble(b)
  if (x === undefined || y === undefined) return 'ERR value is not a valid float'
  const sum = addLongDouble(x, y)
  if (sum === 'nan' || isInfinite(sum)) return 'ERR increment would produce NaN or Infinity'
  return formatLongDouble(sum)
}
