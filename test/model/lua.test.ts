// Random calls of those functions of Lua that are not the engine's own alone, on ours and on a real
// redis-server: the same results and the same errors come back, with the same positions.
//
// SEED=n starts at another seed; CALLS=n makes more or fewer.

import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const CALLS = Number(process.env['CALLS'] ?? 6000)
/** Calls of one script. */
const TOGETHER = 20

type Random = SeededRandom

function pick<T>(random: Random, of: readonly T[]): T {
  return of[random.below(of.length)] as T
}

function text(random: Random, length: number): string {
  const bytes = Array.from({ length }, () => `\\${String(random.below(256)).padStart(3, '0')}`)
  return `'${bytes.join('')}'`
}

const ODD = ['nil', 'true', '{}', 'print', "'ten'", "''", "' '"] as const
const NUMERIC = [
  "'3'",
  "' 12 '",
  "'0x10'",
  "'1e1'",
  "'-2'",
  "'2.9'",
  "'99 x'",
  "'Infinity'",
] as const
/** Around the limits of integers of 32 and 64 bits. */
const LIMITS = ['2^31', '-2^31', '2^32', '-2^32', '2^53', '2^63', '-2^63', '2^64', '1e300'] as const
const NO_NUMBERS = ['0/0', '1/0', '-1/0', '-0'] as const

function number(random: Random): string {
  const kind = random.below(6)
  if (kind === 0) return String(random.below(300) - 20)
  if (kind === 1) return (random.next() * 200 - 20).toFixed(3)
  if (kind === 2) return pick(random, NO_NUMBERS)
  if (kind === 3) return pick(random, NUMERIC)
  if (kind === 4) return `${pick(random, LIMITS)} + ${random.below(200) - 100}`
  return pick(random, ODD)
}

/** How often, such that nobody has to make millions of bytes. */
function times(random: Random): string {
  const kind = random.below(5)
  if (kind === 0) return `2^32 * ${random.below(9) - 4} + ${random.below(300) - 20}`
  if (kind === 1) return pick(random, ['0/0', '1/0', '-1/0', '-2^31', '2^31', '1e300', '-1e300'])
  if (kind === 2) return pick(random, [...NUMERIC, ...ODD])
  return random.below(2) === 0
    ? String(random.below(400) - 20)
    : (random.next() * 400 - 20).toFixed(random.below(4))
}

function repeat(random: Random): string {
  const what =
    random.below(4) === 0
      ? pick(random, ['12', '-1.5', '1e20', ...ODD, '1/3'])
      : text(random, pick(random, [0, 1, 2, 3, 31, 32, 33, 64, 100]))
  const args = [what, times(random), text(random, 3)]
  const list = args.slice(0, random.below(8) === 0 ? random.below(4) : 2).join(', ')
  const kind = random.below(4)
  if (kind === 0) return `local f = string.rep return f(${list})`
  if (kind === 1) return `return (${what}):rep(${args[1]})`
  if (kind === 2) return `local r = string.rep(${list}) return #r, r:sub(-5)`
  return `return string.rep(${list})`
}

function format(random: Random): string {
  const directives = Array.from({ length: 1 + random.below(3) }, () => {
    const flags = pick(random, ['', '', '', '-', '+', '0', '#', ' '])
    const width = pick(random, ['', '', '5', '20', '.3', '8.2'])
    return `${pick(random, ['', 'a', '%%'])}%${flags}${width}${pick(random, [...'diouxXsqge'])}`
  })
  const values = Array.from({ length: directives.length - (random.below(9) === 0 ? 1 : 0) }, () =>
    random.below(4) === 0 ? text(random, random.below(6)) : number(random),
  )
  return `return string.format(${[`'${directives.join(' ')}'`, ...values].join(', ')})`
}

function convert(random: Random): string {
  const digits = Array.from({ length: random.below(12) }, () => pick(random, [...'0179afzZ']))
  const word = pick(random, ['', '', '', ' ', '-', '0x1', '+']) + digits.join('')
  const base = pick(random, ['', ', 10', ', 16', ', 2', ', 36', ', 8', ', 37', ", '16'", ', nil'])
  const behind = pick(random, ['', '', ' ', '!'])
  const given = random.below(6) === 0 ? number(random) : `'${word}${behind}'${base}`
  return `local n = tonumber(${given}) return n and string.format('%.17g', n)`
}

const OPTIONS = [...'bBhHlLTfdx<>! ', 'i2', 'I4', 'i8', 'I8', 'I12', '!4', 's', 'c3'] as const

function packed(random: Random): string {
  const options = Array.from({ length: 1 + random.below(5) }, () => pick(random, OPTIONS))
  const values = options
    .filter(option => !'x<>! !4'.includes(option))
    .map(option =>
      option === 's' || option === 'c3'
        ? text(random, random.below(40))
        : random.below(2) === 0
          ? String(random.below(2 ** 31) - 2 ** 30)
          : number(random),
    )
  const format = `'${options.join('')}'`
  const pack = `struct.pack(${[format, ...values].join(', ')})`
  const unpack = `struct.unpack(${format}, ${pack})`
  return random.below(2) === 0
    ? `return ${pack}`
    : `local r = {${unpack}} for i, value in ipairs(r) do
        if type(value) == 'number' then r[i] = string.format('%.17g', value) end
      end return table.concat(r, ' ')`
}

/** What redis.call makes of numbers, and of texts of any length. */
function called(random: Random): string {
  const what =
    random.below(2) === 0 ? number(random) : text(random, pick(random, [0, 1, 31, 32, 33, 500]))
  return pick(random, [
    `return redis.call('ECHO', ${what})`,
    `return redis.call('SET', 'k', ${what}).ok`,
    `return redis.call('APPEND', 'a', ${what})`,
    `redis.call('DEL', 'h', 'a') redis.call('HSET', 'h', ${what}, 1, 'x', ${what}) ` +
      `return redis.call('HGET', 'h', 'x'), redis.call('HLEN', 'h')`,
    `return redis.call('GET', ${what})`,
    `return redis.pcall('INCRBY', 'n', ${what})`,
  ])
}

const KINDS = { 'string.rep': repeat, 'string.format': format, tonumber: convert, packed, called }

/** Every call in a function of its own, which shows what it returns or raises. */
function script(calls: readonly string[]): string {
  const functions = calls.map(call => `function() ${call} end`)
  return `local shown = {}
local function show(value)
  if type(value) == 'table' then return 'table ' .. tostring(value.err) end
  return type(value) .. ' ' .. (type(value) == 'function' and '' or tostring(value))
end
for i, call in ipairs({${functions.join(',\n')}}) do
  local ok, first, second = pcall(call)
  shown[i] = tostring(ok) .. ' ' .. show(first) .. ' ' .. show(second)
end
return shown`
}

t.test('the same calls give the same', { skip: NO_REAL_SERVER }, async t => {
  const [ours, real] = [await startServer(), await startReal()]
  t.teardown(() => Promise.all([ours.close(), real.close()]))
  const wires = [await ours.connect(), await real.connect()] as const
  for (const [name, make] of Object.entries(KINDS)) {
    // Servers before 7.2 write other digits.
    if (make === called && !realIsAtLeast(7, 2)) continue
    const random = new SeededRandom(SEED)
    for (let made = 0; made < CALLS; made += TOGETHER) {
      const calls = Array.from({ length: TOGETHER }, () => make(random))
      const words = ['EVAL', script(calls), '0']
      const [mine, theirs] = await Promise.all(wires.map(wire => wire.ask(...words)))
      if (JSON.stringify(mine) === JSON.stringify(theirs)) continue
      const i = Array.isArray(mine) && Array.isArray(theirs) ? differs(mine, theirs) : 0
      t.fail(`seed ${SEED}, ${name}: ${calls[i]}`, {
        mine: Array.isArray(mine) ? mine[i] : mine,
        theirs: Array.isArray(theirs) ? theirs[i] : theirs,
      })
      return
    }
    t.pass(`${CALLS} of ${name}`)
  }
  // An error that nobody catches.
  const random = new SeededRandom(SEED + 1)
  for (let i = 0; i < 200; i++) {
    const words = ['EVAL', repeat(random), '0']
    const [mine, theirs] = await Promise.all(wires.map(wire => wire.ask(...words)))
    t.strictSame(mine, theirs, String(words[1]).slice(0, 80))
  }
})

function differs(mine: readonly unknown[], theirs: readonly unknown[]): number {
  return mine.findIndex((each, i) => each !== theirs[i])
}
