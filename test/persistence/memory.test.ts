// A file of very many small keys is loaded in a heap that is a fraction of it. TEST_LONG makes the
// file ten times as large.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { Crc64 } from '../../src/util/crc.ts'
import { SmallHeap } from '../helpers/small-heap.ts'

const MB = 1024 * 1024
const SIZE = (process.env['TEST_LONG'] ? 300 : 30) * MB
const HEAP_MB = 96

t.setTimeout(600_000)

/** Writes a file of so many bytes at least; returns how many keys are in it. */
function writeMany(file: string, size: number): number {
  const descriptor = fs.openSync(file, 'w')
  const checksum = new Crc64()
  let written = 0
  let keys = 0
  const write = (bytes: Buffer): void => {
    checksum.add(bytes)
    written += fs.writeSync(descriptor, bytes)
  }
  write(Buffer.from('REDIS0012\xfe\x00', 'latin1'))
  const block = Buffer.allocUnsafe(MB)
  while (written < size) {
    let at = 0
    while (at < MB - 100) {
      const name = `key:${keys++}`
      at += block.write(`\x00${String.fromCharCode(name.length)}${name}\x08value of`, at, 'latin1')
    }
    write(block.subarray(0, at))
  }
  write(Buffer.of(0xff))
  const footer = Buffer.alloc(8)
  footer.writeBigUInt64LE(checksum.value)
  fs.writeSync(descriptor, footer)
  fs.closeSync(descriptor)
  return keys
}

t.test('many small keys', async t => {
  const dir = t.testdir()
  const child = await SmallHeap.start({ config: { dir, 'enable-debug-command': 'yes' } }, HEAP_MB)
  t.teardown(() => child.close())
  const keys = writeMany(path.join(dir, 'dump.rdb'), SIZE)
  const wire = await child.connect()
  t.equal(await wire.ask('DEBUG', 'RELOAD', 'NOSAVE'), '+OK')
  t.equal(await wire.ask('DBSIZE'), `:${keys}`)
  t.equal(await wire.ask('GET', `key:${keys - 1}`), '$value of')
  t.match(await wire.ask('INFO', 'persistence'), new RegExp(`rdb_last_load_keys_loaded:${keys}`))
  t.ok(await child.lives())
})
