// Random patterns and subjects, judged in every way that this package has, and by a real server: a
// keyspace of subjects is asked KEYS for each pattern. Case folding has no such door; CONFIG GET
// has (names fold). What is judged differently is kept in the corpus.

import t, { type Test } from 'tap'
import { compile, matches } from '../../src/util/glob.ts'
import { compileRule } from '../../src/util/glob-rule.ts'
import { PatternSearch } from '../../src/util/glob-search.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { Corpus } from '../helpers/corpus.ts'
import { pipeline } from '../helpers/pipeline.ts'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'
import type { Wire } from '../helpers/wire.ts'

const SEED = Number(process.env['SEED'] ?? 20240)
const SUBJECTS = 400
const PATTERNS = 400
const skip = NO_REAL_SERVER

const HARD = [...'abcAZz019', ...'[]^-\\{}()!+@/.,*?|#$ ', '\0', '\xff', '\x80', '\x7f', '\n']
const SYNTAX = [...'*?[]^-\\', '[^', '[a-', 'a-c', 'c-a', '\\]', '**', '*?', '[]', '[^]', '-]']

const corpus = new Corpus<{ readonly pattern: string; readonly subject: string }>('globs')

async function connected(t: Test): Promise<Wire> {
  const real = await startReal()
  t.teardown(() => real.close())
  const wire = await real.connect()
  t.teardown(() => wire.close())
  return wire
}

/** What all ways to decide say of these subjects, which must be the same. */
function matching(t: Test, pattern: string, subjects: readonly string[], ignoreCase = false) {
  const search = new PatternSearch(pattern, ignoreCase)
  const ways = {
    compile: compile(pattern, ignoreCase),
    compileRule: compileRule(pattern, ignoreCase),
    search: (subject: string) =>
      subject === '' ? matches(pattern, '', ignoreCase) : search.matches(subject),
  }
  const found = subjects.filter(subject => matches(pattern, subject, ignoreCase))
  for (const [name, way] of Object.entries(ways)) {
    const others = subjects.filter(way)
    if (String(others) !== String(found)) t.same(others, found, `${name}: ${pattern}`)
  }
  return found
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

t.test('a pattern decides as KEYS of a real server does', { skip }, async t => {
  const random = new SeededRandom(SEED)
  const wire = await connected(t)
  const known = corpus.specimens().map(({ input }) => input)
  const subjects = new Set<string>(['', ...known.map(({ subject }) => subject)])
  while (subjects.size < SUBJECTS) subjects.add(word(random, [...alphabet(random), 'a', 'b'], 6))
  const all = [...subjects]
  const drawn = Array.from({ length: PATTERNS }, () => patternFor(random, all))
  const patterns = [...known.map(({ pattern }) => pattern), ...drawn]
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
    const ours = (pattern === '*' ? [...all] : matching(t, pattern, all)).sort()
    if (String(ours) === String(keys.sort())) continue
    const [subject = ''] = [...ours, ...keys].filter(
      one => ours.includes(one) !== keys.includes(one),
    )
    const kept = corpus.keep('KEYS judges otherwise', { pattern, subject })
    t.same(ours, keys, `KEYS ${JSON.stringify(pattern)}, SEED=${SEED}, ${kept}`)
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
    const ours = matching(t, pattern, names, true).sort()
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
    const found = matching(t, pattern, [subject])
    t.equal(found.length === 1, expected, JSON.stringify([pattern, subject]))
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

t.test('subjects so long that the walk gives up', async t => {
  const random = new SeededRandom(SEED + 2)
  const pieces = ['*', '?', '[ab]', '[^b]', 'a', 'b', 'ab', 'ba']
  const subjects = Array.from({ length: 10 }, () => word(random, ['a', 'b', 'ab', 'aab'], 3000))
  let matched = 0
  for (let i = 0; i < 100; i++) {
    const middle = word(random, pieces.slice(random.below(3)), random.below(14) + 1)
    matched += matching(t, `*${middle}[ab]${random.below(2) === 0 ? '*' : ''}`, subjects).length
  }
  t.ok(matched > 100 && matched < 900, `${matched} of 1000 match`)
})

t.test('patterns of any length', async t => {
  const long = '[ab]'.repeat(20_000)
  const subject = 'ab'.repeat(10_000)
  for (const decide of [compile, (pattern: string) => (s: string) => matches(pattern, s)]) {
    t.ok(decide(long)(subject))
    t.notOk(decide(long)(`${subject}a`))
    t.ok(decide(`${long}*`)(`${subject}a`))
    t.ok(decide(`*${long}`)(`xx${subject}`))
    t.ok(decide(`x*${long}*[yz]`)(`xx${subject}--z`))
    t.notOk(decide(`x*${long}*[yz]`)(`xx${subject}--x`))
    t.ok(decide(`*${'a'.repeat(200_000)}b*`)(`${'a'.repeat(200_100)}b`), 'not to be prepared')
  }
})

t.test('a thousand stars are matched, one more is not', async t => {
  const subject = 'a'.repeat(1001)
  t.strictSame(matching(t, `${'*a'.repeat(1000)}*`, [subject]), [subject])
  t.strictSame(matching(t, `${'*a'.repeat(1001)}*`, [subject]), [])
  t.strictSame(matching(t, `${'*[a]'.repeat(1001)}*`, [subject]), [])
})

t.test('stars do not multiply the work', async t => {
  t.strictSame(matching(t, `${'a*'.repeat(50)}b`, ['a'.repeat(5000)]), [])
  t.strictSame(matching(t, `*${'[ab]*'.repeat(900)}c`, ['ab'.repeat(50_000)]), [])
})
