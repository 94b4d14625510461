// The index against the plain way: every pattern tried on every name, in turn.

import t from 'tap'
import { type IndexedPattern, PatternIndex } from '../../src/acl/pattern-index.ts'
import { toBuffer } from '../../src/util/bytes.ts'
import { compile } from '../../src/util/glob.ts'
import { SeededRandom } from '../../src/util/random.ts'

const random = new SeededRandom(7)

function patternsOf(texts: readonly string[], rights = 3): IndexedPattern[] {
  return texts.map(pattern => ({ pattern, rights, matches: compile(pattern) }))
}

function asks(index: PatternIndex, name: string, needs: number): boolean {
  const bytes = toBuffer(`<${name}>`)
  return index.allows(bytes, 1, bytes.length - 1, needs)
}

function word(letters: string, longest: number): string {
  const length = random.below(longest + 1)
  return Array.from({ length }, () => letters[random.below(letters.length)]).join('')
}

t.test('says what its patterns say, one by one', async t => {
  let allowed = 0
  for (let round = 0; round < 200; round++) {
    const letters = round % 2 === 0 ? 'ab*' : 'ab:\xff\0*?[]\\'
    const patterns = Array.from({ length: random.below(12) }, () => ({
      ...patternsOf([word(letters, 6)])[0]!,
      rights: 1 + random.below(3),
    }))
    const index = new PatternIndex(patterns)
    for (let i = 0; i < 40; i++) {
      const name = word(letters, 7)
      const needs = random.below(4)
      const expected = patterns.some(p => (p.rights & needs) === needs && p.matches(name))
      if (expected) allowed++
      const texts = patterns.map(({ pattern, rights }) => `${rights}~${pattern}`)
      if (asks(index, name, needs) !== expected) {
        t.fail(JSON.stringify({ name, needs, expected, texts }))
      }
    }
  }
  t.ok(allowed > 500, `${allowed} names were allowed`)
})

t.test('without patterns nothing is allowed, not even the empty name', async t => {
  t.equal(asks(new PatternIndex([]), '', 0), false)
  t.equal(asks(new PatternIndex(patternsOf([''])), '', 3), true)
  t.equal(asks(new PatternIndex(patternsOf(['*'])), '', 0), false)
  t.equal(asks(new PatternIndex(patternsOf(['*'])), 'a', 3), true)
})

t.test('of many patterns, those with another beginning are not tried', async t => {
  let tried = 0
  const counted = Array.from({ length: 1000 }, (_, i) => ({
    pattern: `app${i}:*:end`,
    rights: 3,
    matches: () => {
      tried++
      return false
    },
  }))
  const index = new PatternIndex([...counted, ...patternsOf(['key:*', 'app7*'])])
  t.equal(asks(index, 'key:1', 3), true)
  t.equal(tried, 0)
  t.equal(asks(index, 'app55:x', 3), false)
  t.equal(tried, 1)
})

t.test('beginnings of any length, one within the other', async t => {
  const texts = Array.from({ length: 3000 }, (_, i) => 'a'.repeat(i + 1))
  const index = new PatternIndex(patternsOf([...texts, `${'b'.repeat(1_000_000)}*`]))
  t.equal(asks(index, 'a'.repeat(3000), 3), true)
  t.equal(asks(index, 'a'.repeat(3001), 3), false)
  t.equal(asks(index, 'b'.repeat(1_000_001), 3), true)
  t.equal(asks(index, 'b'.repeat(999_999), 3), false)
})
