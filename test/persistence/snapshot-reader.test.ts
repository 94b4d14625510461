// A snapshot is the same in whatever pieces it comes, and what is cut off or made up is an error.
//
// SEED=n damages in other ways.

import t from 'tap'
import { digestOfValue } from '../../src/persistence/digest.ts'
import {
  CorruptRdb,
  ForeignFile,
  ShortRead,
  TooLarge,
  UnsuitableFile,
  WrongChecksum,
} from '../../src/persistence/format.ts'
import { dumpPayload } from '../../src/persistence/payload.ts'
import { HashValue } from '../../src/store/hash.ts'
import { ListValue } from '../../src/store/list.ts'
import { SetValue } from '../../src/store/set.ts'
import { SortedSetValue } from '../../src/store/sorted-set.ts'
import { StreamValue } from '../../src/store/stream.ts'
import { streamId } from '../../src/store/stream-id.ts'
import { StringValue } from '../../src/store/string.ts'
import { defaultEncodingLimits, type Value } from '../../src/store/value.ts'
import { SeededRandom } from '../../src/util/random.ts'
import { length, string } from '../helpers/bombs.ts'
import { pick } from '../model/syntax.ts'
import { fileOf, hex, keyOf, Notes, read, readerFor, valuesOfAllTypes } from './snapshots.ts'

const ALL = Number.POSITIVE_INFINITY
const SEED = Number(process.env['SEED'] ?? 1)
const DAMAGED = process.env['TEST_LONG'] ? 20_000 : 500
const FOOTER_SIZE = 10
const BLOCK = 64 * 1024

/** Everything that can stand in a file: all types, all opcodes. */
function everything(): Buffer {
  const keys = valuesOfAllTypes().map((value, i) => keyOf(`key${i}`, value))
  return fileOf([
    hex('fa 09 72656469732d766572 05 372e342e31'), // redis-ver 7.4.1
    hex('fa 05 6374696d65 c2 00000001'), // ctime, as an integer
    Buffer.concat([hex('f5'), string('#!lua name=a\nreturn 1')]),
    hex('fe 00'),
    hex('fb 40ff 01'),
    hex('f4 80 00003fff 7fff 00'), // a slot with its sizes
    ...keys,
    hex('fe 0f'),
    hex('fc 0010a5d4e8000000'), // milliseconds
    hex('f8 7fff'), // idle
    keyOf('idle', hex('00 01 61')),
    hex('fd ffffff7f'), // seconds
    hex('f9 c8'), // frequency
    keyOf('frequent', hex('00 c3 05 18 00 61 e0 0e 00')),
    keyOf('empty', hex('02 00')),
    keyOf('last', hex('00 00')),
  ])
}

/** What a call throws. */
function failureOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}

function digestOf(text: string): string {
  return digestOfValue(new StringValue(text))
}

t.test('in whatever pieces it comes', async t => {
  const bytes = everything()
  const whole = read(bytes, () => ALL)
  t.ok(whole.lines.length > 30)
  t.strictSame(
    whole.lines.filter(line => !/^0 key\d+ /.test(line)),
    [
      'remark redis-ver 7.4.1',
      'remark ctime 16777216',
      'library #!lua name=a\nreturn 1',
      `15 idle embstr ${digestOf('a')} expires 1000000000000 idle 16383`,
      `15 frequent embstr ${digestOf('a'.repeat(24))} expires 2147483647000 frequency 200`,
      'empty empty',
      `15 last embstr ${digestOf('')}`,
    ],
  )
  t.strictSame(
    read(bytes, () => 1),
    whole,
    'byte by byte',
  )
  for (let seed = 1; seed <= 100; seed++) {
    const random = new SeededRandom(seed)
    const largest = 1 + random.below(200)
    t.strictSame(
      read(bytes, () => 1 + random.below(largest)),
      whole,
      `seed ${seed}`,
    )
  }
})

t.test('what is cut off anywhere is an error', async t => {
  const bytes = everything()
  let failed = 0
  for (let end = 0; end < bytes.length; end++) {
    const cut = bytes.subarray(0, end)
    const random = new SeededRandom(end)
    for (const [name, call] of Object.entries({
      'at once': () => read(cut, () => ALL),
      'in pieces': () => read(cut, () => 1 + random.below(100), { size: end }),
    })) {
      const error = failureOf(call)
      if (error instanceof ShortRead) failed++
      else t.fail(`cut at ${end}, ${name}: ${error}`)
    }
  }
  t.equal(failed, 2 * bytes.length)
})

t.test('what follows is given back', async t => {
  const bytes = Buffer.concat([everything(), Buffer.from('*1\r\n$4\r\nPING\r\n')])
  for (const size of [ALL, 1, 7, 100, BLOCK]) {
    t.equal(read(bytes, () => size).rest, '*1\r\n$4\r\nPING\r\n', `in pieces of ${size}`)
  }
  const { rest } = read(Buffer.concat([fileOf([], '0004'), Buffer.from('rest')]), () => ALL)
  t.equal(rest, 'rest', 'without a checksum')
})

/** Values that are larger than a block, and have parts that are. */
function largeValues(): readonly (readonly [string, Value])[] {
  const limits = defaultEncodingLimits()
  const random = new SeededRandom(1)
  const noise = Buffer.from(Uint8Array.from({ length: 5 * BLOCK }, () => random.below(256)))
  const list = new ListValue(limits)
  const set = new SetValue(limits)
  const sorted = new SortedSetValue(limits)
  const hash = new HashValue(limits)
  const mortal = new HashValue(limits)
  const stream = new StreamValue(limits)
  for (let i = 0; i < 8_000; i++) {
    list.push(`element ${i}`, 'right')
    set.add(`member ${i}`)
    sorted.set(`member ${i}`, i / 3)
    hash.set(`field ${i}`, `value ${i}`)
    mortal.set(`field ${i}`, `value ${i}`)
    stream.append(streamId(BigInt(i + 1), 0n), ['a', `${i}`])
  }
  list.push(noise.toString('latin1'), 'right')
  list.settle(true)
  hash.set('noise', noise.toString('latin1'))
  for (let i = 0; i < 8_000; i += 2) mortal.setExpiry(`field ${i}`, 3_000_000_000_000 + i)
  const group = stream.addGroup('group', streamId(5000n, 0n), undefined)
  const consumer = group.addConsumer('consumer', 1)
  for (let i = 1; i <= 4000; i++) group.assign(streamId(BigInt(i), 0n), consumer, 1, 1n)
  return Object.entries({ string: new StringValue(noise), list, set, sorted, hash, mortal, stream })
}

t.test('values that are larger than a piece', async t => {
  const values = largeValues()
  const keys = values.map(([name, value]) =>
    keyOf(name, dumpPayload(value, true).subarray(0, -FOOTER_SIZE)),
  )
  const bytes = fileOf(keys)
  const expected = values.map(
    ([name, value]) => `0 ${name} ${value.encoding} ${digestOfValue(value)}`,
  )
  t.strictSame(read(bytes, () => 1000).lines, expected)
  t.strictSame(read(bytes, () => BLOCK, { size: bytes.length }).lines, expected)
})

/** Bytes that mean something somewhere: ends, lengths, encodings, opcodes. */
const MEANINGFUL = [0, 1, 2, 3, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0x82, 0xc0, 0xc2, 0xc3, 0xf7, 0xff]

t.test(
  'what is damaged is an error in the same place, or the same data, in any pieces',
  async t => {
    const sound = everything()
    const outcomes = new Map<string, number>()
    const outcomeOf = (bytes: Buffer, sizeOf: () => number): string => {
      try {
        const { lines, rest } = read(bytes, sizeOf, { skipsChecksum: true })
        return JSON.stringify([lines, rest])
      } catch (error) {
        if (!(error instanceof CorruptRdb)) throw error
        return `${error.message} at ${error.offset}`
      }
    }
    for (let seed = SEED; seed < SEED + DAMAGED; seed++) {
      const random = new SeededRandom(seed)
      const bytes = Buffer.from(sound)
      for (let times = random.below(3); times >= 0; times--) {
        const at = 9 + random.below(bytes.length - 9)
        bytes[at] = random.below(2) === 0 ? random.below(256) : pick(MEANINGFUL, random)
      }
      const whole = outcomeOf(bytes, () => ALL)
      const largest = 1 + random.below(20)
      const pieces = outcomeOf(bytes, () => 1 + random.below(largest))
      // Of several faults in one item another may be met first.
      const placeOf = (outcome: string): string => outcome.replace(/^[^[].* at /, 'a fault at ')
      if (placeOf(pieces) !== placeOf(whole)) t.equal(pieces, whole, `seed ${seed}`)
      const kind = whole.startsWith('[') ? 'read' : whole.replace(/ at \d+$/, '')
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
    }
    t.ok(outcomes.size > 10, [...outcomes].join('; '))
  },
)

t.test('what is only claimed takes no memory', async t => {
  const before = process.memoryUsage().arrayBuffers
  const claims = {
    'a string': [hex('00 0161'), length(2n ** 40n)],
    'a compressed string': [hex('00 0161 c3'), length(2n ** 40n), length(2n ** 41n)],
    'a string in a list': [hex('01 0161 02'), length(2n ** 40n)],
    'the name of a key': [hex('00'), length(2n ** 50n)],
    'a string of 2^64 bytes': [hex('00 0161'), length(2n ** 64n - 1n)],
  }
  for (const [name, parts] of Object.entries(claims)) {
    const bytes = Buffer.concat([Buffer.from('REDIS0012'), ...parts])
    const error = failureOf(() => readerFor(new Notes()).push(bytes))
    t.ok(error instanceof TooLarge, `${name}: ${error}`)
    const early = failureOf(() => readerFor(new Notes(), { size: 1000 }).push(bytes))
    t.ok(early instanceof ShortRead, `${name}: ${early}`)
  }
  // A list of so many elements may be true, as long as they come.
  const endless = readerFor(new Notes())
  endless.push(Buffer.concat([Buffer.from('REDIS0012'), hex('01 0161'), length(1_000_000)]))
  t.notOk(endless.push(Buffer.alloc(1000)))
  t.ok(failureOf(() => endless.end()) instanceof ShortRead)
  t.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
})

t.test('what is no snapshot', async t => {
  const item = (text: string): Buffer => fileOf([hex(text)])
  const files = [
    ['another file', Buffer.from('WRONG0011'), ForeignFile, /^Wrong signature/],
    [
      'a later version',
      Buffer.from('REDIS0099'),
      ForeignFile,
      /^Can't handle RDB format version 99$/,
    ],
    ['no version', Buffer.from('REDISabcd'), ForeignFile, /^Can't handle RDB format version 0$/],
    ['a database too many', item('fe 10'), UnsuitableFile, /^FATAL: .* more than 16 databases/],
    [
      'data of a module',
      Buffer.concat([
        Buffer.from('REDIS0012'),
        hex('f7'),
        length(0x123456789abcdef0n),
        hex('02 02'),
      ]),
      UnsuitableFile,
      /^The RDB file contains AUX module data I can't load: no matching module 'EjRWeJq83'$/,
    ],
    ['data of a module, but how', item('f7 01 01 02'), CorruptRdb, /^bad when_opcode$/],
    [
      'a value of a module',
      Buffer.concat([Buffer.from('REDIS0012'), hex('07 016b'), length(0x123456789abcdef0n)]),
      CorruptRdb,
      /^The RDB file contains module data I can't load: no matching module type 'EjRWeJq83'$/,
    ],
    ['a value of an old module', item('06 016b'), CorruptRdb, /^Pre-release module format/],
    ['an old function', item('f6'), CorruptRdb, /^Pre-release function format not supported\.$/],
    ['an unknown type', item('1a 016b'), CorruptRdb, /^Unknown RDB encoding type 26$/],
    ['a string of an unknown form', item('00 016b c4'), CorruptRdb, /encoding/],
    ['a length of an unknown form', item('00 85'), CorruptRdb, /encoding/],
    ['a length that is a string', item('fe c0'), CorruptRdb, /./],
    ['a listpack that is none', item('10 016b 02 6162'), CorruptRdb, /listpack integrity/],
  ] as const
  for (const [name, bytes, type, message] of files) {
    for (const size of [ALL, 1, 3]) {
      const error = failureOf(() => read(bytes, () => size))
      t.ok(error instanceof type, `${name}: ${error}`)
      t.match((error as Error).message, message, name)
    }
  }
})

t.test('the checksum', async t => {
  const bytes = everything()
  const broken = Buffer.from(bytes)
  const at = bytes.indexOf('ctime')
  broken[at] = 0x43
  for (const size of [ALL, 1, 50]) {
    t.ok(failureOf(() => read(broken, () => size)) instanceof WrongChecksum)
    t.match(read(broken, () => size, { skipsChecksum: true }).lines[1], /^remark Ctime/)
  }
  broken.fill(0, broken.length - 8)
  t.equal(read(broken, () => ALL).lines.at(-1), 'unchecked', 'none was made')
  broken[broken.length - 1] = 1
  t.match(
    String(failureOf(() => read(broken, () => ALL))),
    /Wrong RDB checksum expected: \([0-9a-f]{10,16}\) but got \(100000000000000\)\. Aborting now\.$/,
  )
})

t.test('an error says how many bytes were sound', async t => {
  const bytes = fileOf([hex('fe 00'), keyOf('k', hex('00 01 61')), keyOf('l', hex('10 02 6162'))])
  for (const size of [ALL, 1]) {
    const error = failureOf(() => read(bytes, () => size))
    t.equal(error instanceof CorruptRdb ? error.offset : undefined, 9 + 2 + 1 + 6 + 2)
  }
})
