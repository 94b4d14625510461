// Random patterns and subjects, judged by compile() and by a real server: a keyspace of subjects
// is asked KEYS for each pattern. Case folding has no such door; CONFIG GET has (names fold).

import t, { type Test } from 'tap'
import { compile } from '../../src/util/glob.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { pipeline } from '../helpers/pipeline.ts'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'
import type { Wire } from '../helpers/wire.ts'

const SEED = Number(process.env['SEED'] ?? 20240)
const SUBJECTS = 400
const PATTERNS = 400
const skip = NO_REAL_SERVER

const HARD = [...'abcAZz019', ...'[]^-\\{}()!+@/.,*?|#$ ', '\0', '\xff', '\x80', '\x7f', '\n']
const SYNTAX = [...'*?[]^-\\', '[^', '[a-', 'a-c', 'c-a', '\\]', '**', '*?', '[]', '[^]', '-]']

async function connected(t: Test): Promise<Wire> {
  const real = await startReal()
  t.teardown(() => real.close())
  const wire = await real.connect()
  t.teardown(() => wire.close())
  return wire
}

function word(random: SeededRandom, pieces: readonly string[], longest: number): string {
  let out = ''
  for (let n = random.below(longest + 1); n > 0; n--) out += pieces[random.below(pieces.length)]
  return out
}

/** Few letters, so that many pairs match. */
function alphabet(random: SeededRandom): string[] {
  return Array.from({ length: 4 }, () => HARD[random.below(HARD.length)] as string)
}

function patternFor(random: SeededRandom, subjects: readonly string[]): string {
  const style = random.below(3)
  if (style === 0) return word(random, [...SYNTAX, ...alphabet(random)], 8)
  if (style === 1) return word(random, [...SYNTAX, ...HARD], 6)
  // A subject with some of its bytes replaced by syntax.
  const subject = subjects[random.below(subjects.length)] as string
  return [...subject].map(c => (random.below(3) === 0 ? word(random, SYNTAX, 2) : c)).join('')
}

t.test('compile decides as KEYS of a real server does', { skip }, async t => {
  const random = new SeededRandom(SEED)
  const wire = await connected(t)
  const subjects = new Set<string>([''])
  while (subjects.size < SUBJECTS) subjects.add(word(random, [...alphabet(random), 'a', 'b'], 6))
  const all = [...subjects]
  const patterns = Array.from({ length: PATTERNS }, () => patternFor(random, all))
  await pipeline(
    wire,
    all.map(key => ['SET', key, '1']),
  )
  const replies = await pipeline(
    wire,
    patterns.map(pattern => ['KEYS', pattern]),
  )
  let matched = 0
  for (const [i, pattern] of patterns.entries()) {
    const reply = replies[i]
    if (reply?.type !== 'array') throw new Error(`KEYS answered ${JSON.stringify(reply)}`)
    const keys = reply.items.flatMap(item => (item.type === 'bulk' ? [item.text] : []))
    matched += keys.length
    // KEYS does not ask about a lone star, which alone finds the empty key.
    const decide = pattern === '*' ? () => true : compile(pattern)
    const ours = all.filter(decide).sort()
    if (String(ours) === String(keys.sort())) continue
    t.same(ours, keys, `KEYS ${JSON.stringify(pattern)}, SEED=${SEED}`)
    if (t.counts.fail > 5) break
  }
  t.ok(matched > PATTERNS, `${all.length * patterns.length} verdicts, ${matched} matches`)
})

t.test('case is ignored as CONFIG GET of a real server does', { skip }, async t => {
  const random = new SeededRandom(SEED + 1)
  const wire = await connected(t)
  const namesOf = async (patterns: readonly string[]): Promise<string[][]> => {
    const replies = await pipeline(
      wire,
      patterns.map(pattern => ['CONFIG', 'GET', pattern]),
    )
    return replies.map(reply => {
      if (reply.type !== 'array') throw new Error(`CONFIG GET answered ${JSON.stringify(reply)}`)
      return reply.items.flatMap((item, i) =>
        i % 2 === 0 && item.type === 'bulk' ? [item.text] : [],
      )
    })
  }
  const names = (await namesOf(['*']))[0] as string[]
  const pieces = [
    '*',
    '*',
    '?',
    '?',
    '[A-N]',
    '[n-A]',
    '[Z-a]',
    '[^A-N]',
    '[\\S-]',
    '[Sa]',
    'S',
    's-',
  ]
  // A star in front makes CONFIG GET match a pattern instead of looking up a name.
  const patterns = Array.from({ length: 200 }, () => {
    const name = names[random.below(names.length)] as string
    const mixed = [...name].map(c =>
      random.below(8) === 0 ? pieces[random.below(pieces.length)] : c.toUpperCase(),
    )
    return `*${mixed.slice(random.below(3)).join('')}`
  })
  const answers = await namesOf(patterns)
  let matched = 0
  for (const [i, pattern] of patterns.entries()) {
    const theirs = (answers[i] as string[]).sort()
    matched += theirs.length
    const ours = names.filter(compile(pattern, true)).sort()
    if (String(ours) !== String(theirs)) t.same(ours, theirs, `CONFIG GET ${pattern}`)
  }
  t.ok(matched > 30, `${names.length * patterns.length} verdicts, ${matched} matches`)
})

t.test('patterns that break other glob languages', async t => {
  const verdicts: [string, string, boolean][] = [
    ['', '', true],
    ['*', '', false],
    ['**', '', false],
    ['*', 'a/b', true],
    ['*', '.hidden', true],
    ['!a', '!a', true],
    ['#a', '#a', true],
    ['{a,b}', 'a', false],
    ['{a,b}', '{a,b}', true],
    ['+(a)', 'aa', false],
    ['[', '[', false],
    ['[^', 'x', true],
    ['[abc', 'b', true],
    ['[]a', 'a', false],
    ['[^]x', 'yx', true],
    ['[c-a]', 'b', true],
    ['[a-\xff]', '\x90', false],
    ['[a-\xff]', 'A', true],
    ['a\\', 'a\\', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['[\\]]', ']', true],
    ['h?llo', 'h\0llo', true],
  ]
  for (const [pattern, subject, expected] of verdicts) {
    t.equal(compile(pattern)(subject), expected, JSON.stringify([pattern, subject]))
  }
})

t.test('letters are folded before they meet a range', async t => {
  t.ok(compile('[9-b]', true)('B'))
  t.notOk(compile('[9-b]', true)('Z'), 'Z is in the range, z is not')
  t.notOk(compile('[Z-a]', true)('a'), 'the ends are folded too, which empties the range')
  t.ok(compile('[A-C]', true)('b'))
  t.notOk(compile('[\\A]', true)('a'), 'an escaped letter stays as it is')
  t.ok(compile('\\A', true)('a'), 'but not outside a class')
})

t.test('patterns beyond the length that minimatch takes', async t => {
  const long = '[ab]'.repeat(20_000)
  const subject = 'ab'.repeat(10_000)
  t.ok(compile(long)(subject))
  t.notOk(compile(long)(`${subject}a`))
  t.ok(compile(`${long}*`)(`${subject}a`))
  t.ok(compile(`*${long}`)(`xx${subject}`))
  t.ok(compile(`x*${long}*[yz]`)(`xx${subject}--z`))
  t.notOk(compile(`x*${long}*[yz]`)(`xx${subject}--x`))
})

t.test('a thousand stars are matched, one more is not', async t => {
  t.ok(compile(`${'*a'.repeat(1000)}*`)('a'.repeat(1000)))
  t.notOk(compile(`${'*a'.repeat(1001)}*`)('a'.repeat(1001)))
})

t.test('stars do not multiply the work', async t => {
  const startedAt = performance.now()
  t.notOk(compile(`${'a*'.repeat(50)}b`)('a'.repeat(5000)))
  t.ok(performance.now() - startedAt < 1000)
})
