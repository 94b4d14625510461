// A sorted set against the simplest thing that could work: an array, sorted after every change.

import t from 'tap'
import { type LexBound, type ScoreRange, SortedSetValue } from '../../src/store/sorted-set.ts'
import { defaultEncodingLimits } from '../../src/store/value.ts'
import { SeededRandom } from '../../src/util/random.ts'

const SEED = Number(process.env['SEED'] ?? 7)

interface Plain {
  member: string
  score: number
}

class Model {
  all: Plain[] = []

  set(member: string, score: number): void {
    this.all = this.all.filter(e => e.member !== member)
    this.all.push({ member, score })
    this.all.sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1))
  }

  remove(gone: readonly Plain[]): void {
    const members = new Set(gone.map(e => e.member))
    this.all = this.all.filter(e => !members.has(e.member))
  }

  byScore(r: ScoreRange): Plain[] {
    return this.all.filter(
      ({ score }) =>
        (r.minExclusive ? score > r.min : score >= r.min) &&
        (r.maxExclusive ? score < r.max : score <= r.max),
    )
  }
}

const plain = (elements: Iterable<Plain>): Plain[] =>
  [...elements].map(({ member, score }) => ({ member, score }))

const filled = (...members: [string, number][]): SortedSetValue => {
  const set = new SortedSetValue(defaultEncodingLimits())
  for (const [member, score] of members) set.set(member, score)
  return set
}

function randomRange(random: SeededRandom): ScoreRange {
  const min = random.below(60) - 5
  const max = min + random.below(20) - 2
  return { min, max, minExclusive: random.below(2) === 0, maxExclusive: random.below(2) === 0 }
}

for (const [name, members, steps] of [
  ['small', 60, 1500],
  ['large', 3000, 4000],
] as const) {
  t.test(`random operations on a ${name} set`, async t => {
    const random = new SeededRandom(SEED)
    const set = new SortedSetValue(defaultEncodingLimits())
    const model = new Model()
    // Many ties; bulk loading lets the large one have several blocks.
    const score = (): number => random.below(50) + (random.below(4) === 0 ? 0.5 : 0)
    for (let i = 0; i < members; i++) {
      const member = `m${i}`
      const value = score()
      set.set(member, value)
      model.all.push({ member, score: value })
    }
    model.set('m0', 1)
    set.set('m0', 1)
    const compare = (step: number): void => {
      if (String(plain(set).map(e => e.member)) === String(model.all.map(e => e.member))) return
      t.same(plain(set), model.all, `step ${step}, SEED=${SEED}`)
      t.bailout('The order is lost.')
    }
    for (let step = 0; step < steps; step++) {
      const member = `m${random.below(members)}`
      const known = model.all.find(e => e.member === member)
      const choice = random.below(12)
      if (choice < 4) {
        const value = score()
        const expected = known === undefined ? 'added' : known.score === value ? 'same' : 'updated'
        if (set.set(member, value) !== expected) t.fail(`set is not ${expected}`)
        model.set(member, value)
      } else if (choice < 6) {
        if (set.remove(member) !== (known !== undefined)) t.fail('remove')
        if (known !== undefined) model.remove([known])
      } else if (choice === 6) {
        const index = model.all.findIndex(e => e.member === member)
        if (set.rank(member) !== (index === -1 ? undefined : index)) t.fail(`rank at ${step}`)
        if (set.score(member) !== known?.score) t.fail(`score at ${step}`)
      } else if (choice === 7) {
        const start = random.below(members * 2) - members
        const stop = start + random.below(40) - 5
        const at = (i: number): number => (i < 0 ? i + model.all.length : i)
        const from = Math.max(0, at(start))
        const to = Math.max(from, at(stop) + 1)
        if (random.below(20) > 0) {
          t.same(plain(set.range(start, stop)), model.all.slice(from, to))
          const down = [...model.all].reverse().slice(from, to)
          t.same(plain(set.range(start, stop, true)), down)
        } else {
          const removed = model.all.slice(from, to)
          t.same(plain(set.removeRange(start, stop)), removed)
          model.remove(removed)
        }
      } else if (choice === 8) {
        const range = randomRange(random)
        const expected = model.byScore(range)
        const offset = random.below(5)
        const count = random.below(6) - 1
        const cut = (all: Plain[]): Plain[] =>
          all.slice(offset, count < 0 ? undefined : offset + count)
        t.equal(set.countByScore(range), expected.length)
        t.same(plain(set.rangeByScore(range)), expected)
        t.same(plain(set.rangeByScore(range, false, { offset, count })), cut(expected))
        const down = [...expected].reverse()
        t.same(plain(set.rangeByScore(range, true, { offset, count })), cut(down))
      } else if (choice === 9 && random.below(30) === 0) {
        const range = randomRange(random)
        const expected = model.byScore(range)
        t.same(plain(set.removeRangeByScore(range)), expected)
        model.remove(expected)
      } else if (choice === 10) {
        const count = random.below(3)
        const low = set.popMin(count)
        t.same(plain(low), model.all.slice(0, count))
        model.remove(low)
        const high = set.popMax(count)
        t.same(plain(high), model.all.slice(-count || model.all.length).reverse())
        model.remove(high)
      }
      if (members < 100 || step % 100 === 0) compare(step)
    }
    compare(steps)
    t.equal(set.size, model.all.length)
    t.same(plain(set.copy()), model.all)
  })
}

t.test('a big set emptied from both ends and the middle', async t => {
  const set = new SortedSetValue(defaultEncodingLimits())
  const count = 20_000
  for (let i = 0; i < count; i++) set.set(`m${i}`, (i * 7919) % count)
  t.same([set.rank('m0'), set.rank('m1')], [0, 7919])
  t.same(
    set.range(12_345, 12_346).map(e => e.score),
    [12_345, 12_346],
  )
  t.equal(set.removeRange(2000, 17_999).length, 16_000)
  t.same(
    set.range(1999, 2000).map(e => e.score),
    [1999, 18_000],
  )
  t.equal(set.popMax()[0]?.score, 19_999)
  while (set.size > 1) set.popMin(3)
  t.equal(set.size, 0)
  t.equal(set.set('again', 1), 'added')
  t.same(plain(set), [{ member: 'again', score: 1 }])
})

t.test('equal scores over many blocks keep the order of members', async t => {
  const random = new SeededRandom(SEED)
  const set = new SortedSetValue(defaultEncodingLimits())
  const key = (member: string, score: number): string => `${score} ${member}`
  const sorted: string[] = []
  const place = (text: string): number => {
    const found = sorted.findIndex(other => other >= text)
    return found === -1 ? sorted.length : found
  }
  const names = Array.from({ length: 3000 }, () => String(random.below(1e9)).padStart(9, '0'))
  let wrong = 0
  for (let round = 0; round < 9000; round++) {
    const member = names[random.below(names.length)] as string
    const score = set.score(member)
    if (score !== undefined) {
      const rank = place(key(member, score))
      if (set.rank(member) !== rank) wrong++
      sorted.splice(rank, 1)
    }
    if (round > 6000 || random.below(5) === 0) {
      set.remove(member)
    } else {
      const next = random.below(3)
      set.set(member, next)
      sorted.splice(place(key(member, next)), 0, key(member, next))
    }
  }
  t.equal(wrong, 0)
  t.same(
    [...set].map(e => key(e.member, e.score)),
    sorted,
  )
})

t.test('pairs of equal scores that lie across two blocks', async t => {
  const set = filled(['first', -1])
  const name = (kind: string, i: number): string => `${kind}${9999 - i}`
  for (let i = 0; i < 2000; i++) {
    set.set(name('m', i), i)
    set.set(name('n', i), i)
  }
  for (let i = 0; i < 2000; i++) set.remove(name('m', i))
  for (let i = 1999; i >= 0; i--) set.remove(name('n', i))
  t.same(plain(set), [{ member: 'first', score: -1 }])
})

t.test('ranges by member', async t => {
  const names = (set: SortedSetValue, min: LexBound, max: LexBound, reverse = false): string =>
    set
      .rangeByLex({ min, max }, reverse)
      .map(e => e.member)
      .join('')
  const incl = (member: string): LexBound => ({ member, exclusive: false })
  const excl = (member: string): LexBound => ({ member, exclusive: true })
  for (const encoding of ['listpack', 'skiplist']) {
    const set = new SortedSetValue(defaultEncodingLimits())
    if (encoding === 'skiplist') set.expect(1000)
    for (const member of 'gfedcba') set.set(member, 0)
    t.equal(set.encoding, encoding)
    t.equal(names(set, '-', '+'), 'abcdefg')
    t.equal(names(set, '-', '+', true), 'gfedcba')
    t.equal(names(set, incl('b'), incl('d')), 'bcd')
    t.equal(names(set, excl('b'), excl('d')), 'c')
    t.equal(names(set, excl('b'), incl('d'), true), 'dc')
    t.equal(names(set, incl('aa'), '+'), 'bcdefg')
    t.equal(names(set, '+', '-'), '')
    t.equal(names(set, incl('d'), incl('b')), '')
    t.equal(names(set, excl('c'), excl('c')), '')
    t.equal(set.countByLex({ min: incl('c'), max: '+' }), 5)
    t.same(set.rangeByLex({ min: '-', max: '+' }, true, { offset: 1, count: 2 }).length, 2)
    t.equal(set.removeRangeByLex({ min: '-', max: excl('c') }).length, 2)
    t.equal(names(set, '-', '+'), 'cdefg')
  }
})

t.test('encodings', async t => {
  const limits = { ...defaultEncodingLimits(), zsetMaxListpackEntries: 3, zsetMaxListpackValue: 4 }
  const byCount = new SortedSetValue(limits)
  for (const member of 'abc') byCount.set(member, 1)
  t.equal(byCount.encoding, 'listpack')
  byCount.set('c', 2)
  t.equal(byCount.encoding, 'listpack')
  byCount.set('d', 1)
  t.equal(byCount.encoding, 'skiplist')
  byCount.popMin(3)
  t.equal(byCount.encoding, 'skiplist', 'never back by itself')
  t.equal(byCount.copy().encoding, 'skiplist')
  byCount.chooseEncoding()
  t.equal(byCount.encoding, 'listpack')

  const byLength = new SortedSetValue(limits)
  byLength.set('four', 1)
  t.equal(byLength.encoding, 'listpack')
  byLength.set('fives', 1)
  t.equal(byLength.encoding, 'skiplist')
  byLength.chooseEncoding()
  t.equal(byLength.encoding, 'skiplist')

  const none = new SortedSetValue({ ...limits, zsetMaxListpackEntries: 0 })
  t.equal(none.encoding, 'skiplist')
})

t.test('a listpack forgets the sign of zero, a skiplist keeps it', async t => {
  const set = filled(['a', -0])
  t.equal(Object.is(set.score('a'), 0), true)
  set.expect(1000)
  set.set('b', -0)
  t.equal(Object.is(set.score('b'), -0), true)
  t.equal(set.set('b', 0), 'same')
})

t.test('a negative offset counts from the end in a skiplist only, as in Redis 7.4', async t => {
  const set = filled(['a', 1], ['b', 2], ['c', 3], ['d', 4], ['e', 5])
  const names = (offset: number, reverse: boolean): string =>
    set
      .rangeByScore(range, reverse, { offset, count: 10 })
      .map(e => e.member)
      .join('')
  const range = { min: 2, max: 4, minExclusive: false, maxExclusive: false }
  t.same([names(-1, false), names(-1, true)], ['', ''])
  set.expect(1000)
  t.same(
    [-1, -2, -3, -4].map(offset => names(offset, false)),
    ['d', 'cd', 'bcd', ''],
  )
  t.same(
    [-1, -2, -3, -4].map(offset => names(offset, true)),
    ['b', 'cb', 'dcb', ''],
  )
})

t.test('infinite scores', async t => {
  const set = filled(['a', Infinity], ['b', -Infinity], ['c', 0])
  t.same(
    plain(set).map(e => e.member),
    ['b', 'c', 'a'],
  )
  const all = { min: -Infinity, max: Infinity, minExclusive: false, maxExclusive: false }
  t.equal(set.countByScore(all), 3)
  t.equal(set.countByScore({ ...all, minExclusive: true, maxExclusive: true }), 1)
})

t.test('scan finds every member that stays, whatever else changes', async t => {
  const random = new SeededRandom(SEED)
  const set = new SortedSetValue(defaultEncodingLimits())
  for (let i = 0; i < 500; i++) set.set(`stay${i}`, random.next())
  for (let i = 0; i < 500; i++) set.set(`go${i}`, random.next())
  const seen = new Set<string>()
  let cursor = 0
  do {
    cursor = set.scan(cursor, 10, ({ member }) => seen.add(member))
    for (let i = 0; i < 5; i++) set.remove(`go${random.below(500)}`)
    set.set(`new${random.below(1000)}`, random.next())
  } while (cursor !== 0)
  t.equal([...seen].filter(member => member.startsWith('stay')).length, 500)
})

t.test('scan gives a listpack whole and in order', async t => {
  const set = filled(['b', 2], ['c', 3], ['a', 1])
  let seen = ''
  t.equal(
    set.scan(0, 1, ({ member }) => {
      seen += member
    }),
    0,
  )
  t.equal(seen, 'abc')
})

t.test('every index gives another element', async t => {
  for (const count of [100, 300]) {
    const set = new SortedSetValue(defaultEncodingLimits())
    for (let i = 0; i < count; i++) set.set(`m${i}`, -i)
    const seen = new Set(Array.from({ length: count }, (_, i) => set.at(i).member))
    t.equal(seen.size, count)
  }
})
