// The table of keys, packed and boxed, beside a Map that does the same by simpler means.

import t from 'tap'
import { HashValue } from '../../src/store/hash.ts'
import { PackedTable } from '../../src/store/packed-table.ts'
import { StringValue } from '../../src/store/string.ts'
import { defaultEncodingLimits, type Value } from '../../src/store/value.ts'
import { SeededRandom } from '../../src/util/random.ts'

const limits = defaultEncodingLimits()

function newTable(): PackedTable<Value> {
  return new PackedTable<Value>((packed, entry) => {
    const value = new StringValue(packed.text(entry))
    value.usedAt = packed.usedAt(entry)
    return value
  })
}

function pack(
  table: PackedTable<Value>,
  key: string,
  text: string,
  replacesBox = true,
): number | undefined {
  const bytes = Buffer.from(`..${key}.${text}.`, 'latin1')
  const end = 2 + key.length
  return table.pack(bytes, 2, end, bytes, end + 1, end + 1 + text.length, 7, replacesBox)
}

function find(table: PackedTable<Value>, key: string): number {
  return table.findPacked(Buffer.from(`<${key}>`, 'latin1'), 1, 1 + key.length)
}

/** What a value says of itself, a packed text being the same as a string. */
function shown(value: Value | undefined): unknown {
  return value instanceof StringValue ? value.text : value
}

t.test('it finds, keeps and forgets what a Map does, however it is kept', async t => {
  const random = new SeededRandom(21)
  const table = newTable()
  const model = new Map<string, string | Value>()
  for (let i = 0; i < 60000; i++) {
    const key = 'k\xff\0'.repeat(random.below(4)) + random.below(3000)
    const grows = Math.floor(i / 15000) % 2 === 0
    const kind = random.next()
    if (kind < (grows ? 0.5 : 0.2)) {
      const text = 't'.repeat(random.below(random.next() < 0.1 ? 256 : 20))
      const was = model.get(key)
      const expected = was === undefined ? 0 : find(table, key) < 0 ? -1 : 1
      if (Math.sign(pack(table, key, text) ?? NaN) !== expected) t.fail(`pack ${key}`)
      model.set(key, text)
    } else if (kind < (grows ? 0.6 : 0.25)) {
      const value = new HashValue(limits)
      if (table.set(key, value) === model.has(key)) t.fail(`set ${key}`)
      model.set(key, value)
    } else if (kind < 0.65) {
      if (shown(table.hold(key)) !== model.get(key)) t.fail(`get ${key}`)
      if (find(table, key) > 0) t.fail(`still packed: ${key}`)
    } else if (kind < (grows ? 0.7 : 0.95)) {
      if (table.delete(key) !== model.delete(key)) t.fail(`delete ${key}`)
    }
    if (table.size !== model.size || shown(table.get(key)) !== model.get(key)) {
      t.fail(`after ${i}`)
    }
    if (table.has(key) !== model.has(key)) t.fail(`has ${key}`)
  }
  t.ok(model.size > 300)
  t.strictSame(new Map(Array.from(table, ([key, value]) => [key, shown(value)])), model)
  for (const key of [...model.keys()]) table.delete(key)
  t.equal(table.size, 0)
})

t.test('a boxed value is replaced only if that is said', async t => {
  const table = newTable()
  const value = new HashValue(limits)
  table.set('key', value)
  t.equal(pack(table, 'key', 'text', false), -1)
  t.equal(table.get('key'), value)
  t.equal(pack(table, 'key', 'text', true), -1)
  t.equal(shown(table.get('key')), 'text')
})

t.test('a value that somebody got is the one that is stored', async t => {
  const table = newTable()
  pack(table, 'key', 'text')
  const value = table.hold('key')
  t.type(value, StringValue)
  t.equal(value?.usedAt, 7)
  if (value instanceof StringValue) value.set('other')
  t.equal(shown(table.get('key')), 'other')
  t.equal(table.hold('key'), value)
})

t.test('memory that comes back is used again, also by other lengths', async t => {
  const table = newTable()
  for (let i = 0; i < 4000; i++) pack(table, `key:${i}`, 'x'.repeat(200))
  const { length } = table.packed.bytes
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 4000; i++) pack(table, `key:${i}`, 'y'.repeat(round * 40))
  }
  t.ok(table.packed.bytes.length <= length * 2, `${table.packed.bytes.length} of ${length}`)
  for (let i = 0; i < 4000; i++) {
    if (shown(table.get(`key:${i}`)) !== 'y'.repeat(160)) t.fail(`lost ${i}`)
  }
  for (let i = 0; i < 4000; i++) if (table.keyAt(i) !== `key:${i}`) t.fail(`moved ${i}`)
})

t.test('a walk meets whatever stays, though others come, go and are packed meanwhile', async t => {
  const random = new SeededRandom(23)
  const table = newTable()
  for (let i = 0; i < 1000; i++) pack(table, `stays${i}`, '')
  for (let i = 0; i < 1000; i++) pack(table, `goes${i}`, '')
  const seen = new Set<string>()
  let cursor = 0
  do {
    cursor = table.scan(cursor, 10, position => seen.add(table.keyAt(position)))
    for (let i = 0; i < 5; i++) table.delete(`goes${random.below(1000)}`)
    for (let i = 0; i < 5; i++) pack(table, `comes${random.below(1000)}`, 'x'.repeat(i * 20))
    for (let i = 0; i < 5; i++) table.hold(`stays${random.below(1000)}`)
    for (let i = 0; i < 5; i++) pack(table, `stays${random.below(1000)}`, 'x'.repeat(i * 20))
  } while (cursor !== 0)
  for (let i = 0; i < 1000; i++) if (!seen.has(`stays${i}`)) t.fail(`missed stays${i}`)
})

t.test('texts: what is too long to be packed is kept all the same', async t => {
  const random = new SeededRandom(24)
  const table = new PackedTable<string>((packed, entry) => packed.text(entry))
  const model = new Map<string, string>()
  for (let i = 0; i < 5000; i++) {
    const key = 'k'.repeat(random.below(4) * 100) + random.below(50)
    const value = 'v'.repeat(random.below(4) * 100) + i
    if (table.setText(key, value) === model.has(key)) t.fail(`set ${key}`)
    model.set(key, value)
    if (random.next() > 0.3) continue
    const position = random.below(table.size)
    model.delete(table.keyAt(position))
    table.deleteAt(position)
    if (table.size !== model.size) t.fail(`deleted ${position}`)
  }
  t.strictSame(new Map(table), model)
})
