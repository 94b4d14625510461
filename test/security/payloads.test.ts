// Payloads that somebody made up: a few megabytes that stand for more than the runtime can hold, and
// numbers that only claim to be. The server has a small heap; it refuses and lives.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { RDB_TYPE } from '../../src/persistence/format.ts'
import { requestBlocks } from '../../src/resp3/exchange.ts'
import {
  claimed,
  compressed,
  length,
  listpack,
  ONE,
  sealed,
  snapshot,
  string,
  ziplist,
} from '../helpers/bombs.ts'
import { cli } from '../helpers/cli.ts'
import { freePort } from '../helpers/real.ts'
import { SmallHeap } from '../helpers/small-heap.ts'
import { show, type Wire } from '../helpers/wire.ts'

const MB = 1024 * 1024
const OOM = "-OOM command not allowed when used memory > 'maxmemory'."
const BAD = '-ERR Bad data format'
const NOTHING = Buffer.alloc(0)

async function ask(wire: Wire, ...words: readonly (string | Buffer)[]): Promise<unknown> {
  for (const block of requestBlocks(words)) wire.write(block)
  return show((await wire.next()).reply)
}

function letters(size: number): Buffer {
  return compressed(NOTHING, Buffer.from('a'), size, NOTHING)
}

const PACKED = length(2)
const PLAIN = length(1)
const ID = Buffer.alloc(16, 1)
const NO_ID = Buffer.alloc(2)

/** What it is, the payload, and the reply of RESTORE. */
const BOMBS: readonly (readonly [string, () => Buffer, string])[] = [
  [
    'a list of 115 million elements',
    () => sealed(RDB_TYPE.listQuicklist2, length(1), PACKED, listpack(ONE, 115_000_000)),
    OOM,
  ],
  [
    'a list of ten nodes of 20 million elements',
    () => {
      const node = Buffer.concat([PACKED, listpack(ONE, 20_000_000)])
      return sealed(RDB_TYPE.listQuicklist2, length(10), ...Array(10).fill(node))
    },
    OOM,
  ],
  [
    'a list of short texts',
    () => {
      const entry = Buffer.of(0x81, 97, 2)
      return sealed(RDB_TYPE.listQuicklist2, length(1), PACKED, listpack(entry, 20_000_000))
    },
    OOM,
  ],
  ['a ziplist', () => sealed(RDB_TYPE.listZiplist, ziplist(115_000_000)), OOM],
  [
    'a list of one element that is too long to be one',
    () => sealed(RDB_TYPE.listQuicklist2, length(1), PLAIN, letters(500 * MB)),
    OOM,
  ],
  [
    'a plain list of empty texts',
    () => sealed(RDB_TYPE.list, length(30_000_000), Buffer.alloc(30_000_000)),
    OOM,
  ],
  ['a hash', () => sealed(RDB_TYPE.hashListpack, listpack(ONE, 100_000_000)), OOM],
  ['a hash that has a field twice', () => sealed(RDB_TYPE.hashListpack, listpack(ONE, 400)), BAD],
  [
    'a hash with times',
    () => sealed(RDB_TYPE.hashListpackEx, Buffer.alloc(8), listpack(ONE, 99_000_000)),
    OOM,
  ],
  ['a set', () => sealed(RDB_TYPE.setListpack, listpack(ONE, 100_000_000)), OOM],
  ['a set of one long member', () => sealed(RDB_TYPE.set, length(1), letters(400 * MB)), OOM],
  ['a sorted set', () => sealed(RDB_TYPE.zsetListpack, listpack(ONE, 100_000_000)), OOM],
  [
    'a stream',
    () =>
      sealed(RDB_TYPE.streamListpacks3, length(1), string(ID), listpack(ONE, 50_000_000), NO_ID),
    OOM,
  ],
  ['a billion members', () => sealed(RDB_TYPE.set, length(1_000_000_000), string('a')), BAD],
  ['more than 2^63 fields', () => sealed(RDB_TYPE.hash, length(2n ** 64n - 1n), string('a')), BAD],
  ['a string of 2^63 bytes', () => sealed(RDB_TYPE.string, length(2n ** 63n)), BAD],
  [
    'a compressed string of 2^63 bytes',
    () => sealed(RDB_TYPE.string, claimed(Buffer.of(0, 97), 2n ** 63n)),
    BAD,
  ],
  [
    'one that says to be longer than LZF can make it',
    () => sealed(RDB_TYPE.string, claimed(Buffer.of(0, 97, 0xe0, 255, 0), 5 * 264 + 1)),
    BAD,
  ],
  [
    'one that is shorter than it says',
    () => sealed(RDB_TYPE.string, claimed(Buffer.of(0, 97, 0xe0, 255, 0), 5 * 264)),
    BAD,
  ],
  ['a module', () => sealed(7, length(1), length(2), length(3)), BAD],
  [
    'a billion groups',
    () =>
      sealed(
        RDB_TYPE.streamListpacks3,
        length(0),
        length(0),
        ...Array(7).fill(Buffer.of(0)),
        length(1_000_000_000),
      ),
    BAD,
  ],
]

t.test('RESTORE of what is more than memory', async t => {
  const child = await SmallHeap.start()
  t.teardown(() => child.close())
  const wire = await child.connect()
  for (const [name, make, reply] of BOMBS) {
    const payload = make()
    t.ok(payload.length < 40 * MB, name)
    t.equal(await ask(wire, 'RESTORE', 'k', '0', payload), reply, name)
    t.ok(await child.lives(), `${name}: the process lives`)
  }
  t.equal(await ask(wire, 'EXISTS', 'k'), ':0')
})

t.test('what memory can hold comes in', async t => {
  const child = await SmallHeap.start()
  t.teardown(() => child.close())
  const wire = await child.connect()
  const before = await child.residentMB()
  const list = sealed(RDB_TYPE.listQuicklist2, length(1), PACKED, listpack(ONE, 20_000_000))
  t.equal(await ask(wire, 'RESTORE', 'list', '0', list), '+OK')
  t.equal(await ask(wire, 'LLEN', 'list'), ':20000000')
  t.equal(await ask(wire, 'LINDEX', 'list', '-1'), '$1')
  const grown = (await child.residentMB()) - before
  t.ok(grown < 400, `${grown} MB for 20 million elements`)
  t.equal(await ask(wire, 'DEL', 'list'), ':1')
  const few = sealed(RDB_TYPE.listQuicklist2, length(1), PACKED, listpack(ONE, 1_000_000))
  t.equal(await ask(wire, 'RESTORE', 'list', '0', few), '+OK')
  const dumped = String(await ask(wire, 'DUMP', 'list')).slice(1)
  t.equal(await ask(wire, 'RESTORE', 'copy', '0', Buffer.from(dumped, 'latin1')), '+OK')
  t.equal(await ask(wire, 'LLEN', 'copy'), ':1000000')
  t.equal(await ask(wire, 'RESTORE', 's', '0', sealed(0, letters(512 * MB))), '+OK')
  t.equal(await ask(wire, 'STRLEN', 's'), `:${512 * MB}`)
  const small = String(await ask(wire, 'DUMP', 's')).slice(1)
  t.ok(small.length < 10 * MB, `${small.length} bytes`)
  t.equal(await ask(wire, 'RESTORE', 't', '0', Buffer.from(small, 'latin1')), '+OK')
  t.equal(await ask(wire, 'GETRANGE', 't', '-3', '-1'), '$aaa')
  t.ok(await child.lives())
})

t.test('FUNCTION RESTORE of a library that is longer than any text', async t => {
  const child = await SmallHeap.start()
  t.teardown(() => child.close())
  const wire = await child.connect()
  const bomb = sealed(245, letters(500 * MB))
  t.equal(await ask(wire, 'FUNCTION', 'RESTORE', bomb), OOM)
  const broken = sealed(245, claimed(Buffer.of(0, 97), 2n ** 62n))
  t.equal(await ask(wire, 'FUNCTION', 'RESTORE', broken), '-ERR Failed loading library payload')
  t.ok(await child.lives())
})

t.test('a dump.rdb that is more than memory ends the start, with a word', async t => {
  const dir = t.testdir()
  fs.writeFileSync(
    path.join(dir, 'dump.rdb'),
    snapshot('bomb', RDB_TYPE.listQuicklist2, length(1), PACKED, listpack(ONE, 115_000_000)),
  )
  const end = await cli(['--port', String(await freePort()), '--dir', dir], {
    env: { NODE_OPTIONS: '--max-old-space-size=512' },
  })
  t.equal(end.status, 1, end.stdout + end.stderr)
  t.match(end.stdout + end.stderr, /larger than the memory of this process/)
})

t.test('one that is larger than any block is read as far as it is sound', async t => {
  const dir = t.testdir()
  const file = path.join(dir, 'dump.rdb')
  fs.writeFileSync(file, 'REDIS0011')
  try {
    // Four terabytes of nothing, which take no room on most disks.
    fs.truncateSync(file, 2 ** 42)
  } catch (error) {
    t.pass(`the disk takes no such file: ${error}`)
    return
  }
  const end = await cli(['--port', String(await freePort()), '--dir', dir])
  fs.rmSync(file)
  t.equal(end.status, 1)
  // What is nothing there is a string without a name, again and again.
  t.match(end.stdout + end.stderr, /RDB has duplicated key '' in DB 0/)
})
