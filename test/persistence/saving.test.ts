// Every value that a client can make can be saved and comes back; and whatever happens while it is
// written, the file is the old one or the new.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { requestBlocks } from '../../src/resp3/exchange.ts'
import { startServer } from '../helpers/server.ts'
import { SmallHeap } from '../helpers/small-heap.ts'
import { show, type Wire } from '../helpers/wire.ts'

const MB = 1024 * 1024
/** The largest string that Redis has; a smaller one takes the same ways, and less time. */
const LARGEST = (process.env['TEST_LONG'] ? 512 : 64) * MB
const LAST_BIT = String(LARGEST * 8 - 1)

async function ask(wire: Wire, ...words: readonly (string | Buffer)[]): Promise<unknown> {
  return askAll(wire, words)
}

async function askAll(wire: Wire, words: readonly (string | Buffer)[]): Promise<unknown> {
  for (const block of requestBlocks(words)) wire.write(block)
  return show((await wire.next()).reply)
}

t.test('values of the largest sizes are saved, loaded and dumped', async t => {
  const dir = t.testdir()
  const child = await SmallHeap.start({ config: { dir, 'enable-debug-command': 'yes' } })
  t.teardown(() => child.close())
  const wire = await child.connect()
  t.equal(await ask(wire, 'SETBIT', 'bits', LAST_BIT, '1'), ':0')
  const fields = Array.from({ length: 150_000 }, (_, i) => [`field${i}`, `value${i}`]).flat()
  t.equal(await askAll(wire, ['XADD', 'stream', '1-1', ...fields]), '$1-1')
  t.equal(await askAll(wire, ['XADD', 'stream', '1-2', ...fields.slice(2)]), '$1-2')
  t.equal(await ask(wire, 'RPUSH', 'list', 'x'.repeat(20 * MB), 'y'), ':2')
  t.equal(await ask(wire, 'SET', 'none', ''), '+OK')
  const before = await ask(wire, 'DEBUG', 'DIGEST-VALUE', 'stream', 'list', 'none')
  t.equal(await ask(wire, 'DEBUG', 'RELOAD'), '+OK')
  t.strictSame(fs.readdirSync(dir), ['dump.rdb'])
  t.strictSame(await ask(wire, 'DEBUG', 'DIGEST-VALUE', 'stream', 'list', 'none'), before)
  t.equal(await ask(wire, 'STRLEN', 'bits'), `:${LARGEST}`)
  t.equal(await ask(wire, 'GETBIT', 'bits', LAST_BIT), ':1')
  for (const key of ['bits', 'stream', 'list']) {
    const payload = String(await ask(wire, 'DUMP', key)).slice(1)
    t.equal(await ask(wire, 'RESTORE', `${key}2`, '0', Buffer.from(payload, 'latin1')), '+OK')
  }
  t.equal(await ask(wire, 'STRLEN', 'bits2'), `:${LARGEST}`)
  t.equal(await ask(wire, 'XLEN', 'stream2'), ':2')
  t.match(await ask(wire, 'INFO', 'persistence'), /rdb_last_bgsave_status:ok/)
  t.ok(await child.lives())
})

t.test('the payload of a value that cannot be compressed is given out as it is', async t => {
  const child = await SmallHeap.start({ config: { rdbcompression: 'no' } })
  t.teardown(() => child.close())
  const wire = await child.connect()
  t.equal(await ask(wire, 'SETBIT', 'bits', LAST_BIT, '1'), ':0')
  let length = 0
  const end = new Promise<void>(resolve => {
    wire.socket.removeAllListeners('data')
    wire.socket.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length >= LARGEST + 29) resolve()
    })
  })
  wire.write(Buffer.from('DUMP bits\r\n'))
  await end
  // Type, length, value and footer; around them the head of the reply and its end.
  const payload = 1 + 5 + LARGEST + 10
  t.equal(length, 1 + String(payload).length + 2 + payload + 2)
  t.ok(await child.lives())
})

t.test('a fault of ours while saving', async t => {
  const dir = t.testdir()
  const redis = await startServer({
    config: [
      ['dir', dir],
      ['save', '3600', '1'],
    ],
  })
  redis.server.persistence.onDisk = true
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  t.equal(await wire.ask('SAVE'), '+OK')
  const file = path.join(dir, 'dump.rdb')
  const before = fs.readFileSync(file)
  await wire.call('RPUSH', 'list', 'a')
  const value = redis.server.keyspace.get(0)?.readAny('list')
  if (value === undefined) throw new Error('no list')
  Object.defineProperty(value, 'nodes', {
    configurable: true,
    value: () => {
      throw new Error('planted')
    },
  })
  t.match(await wire.ask('SAVE'), /^-ERR/)
  t.ok(fs.readFileSync(file).equals(before), 'the old file is there')
  t.strictSame(fs.readdirSync(dir), ['dump.rdb'], 'and nothing else')
  t.equal(redis.server.bugs.length, 1, 'it is no fault of the disk')
  t.equal(await wire.ask('SET', 'k', 'w'), '+OK', 'who asked has heard of it')
  // A save point or BGSAVE that fails leaves data at risk, whatever the reason.
  await wire.ask('BGSAVE')
  while (redis.server.persistence.child !== undefined) await wire.ask('ECHO', 'wait')
  t.match(await wire.ask('SET', 'k', 'x'), /^-MISCONF/)
  Reflect.deleteProperty(value, 'nodes')
  t.equal(await wire.ask('SAVE'), '+OK')
  t.equal(await wire.ask('SET', 'k', 'x'), '+OK')
  redis.server.bugs.length = 0
})

t.test('what lies in the way of the new file', async t => {
  const dir = t.testdir({ other: 'precious' })
  const redis = await startServer({ config: [['dir', dir]] })
  redis.server.persistence.onDisk = true
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SET', 'k', 'v')
  fs.symlinkSync(path.join(dir, 'other'), path.join(dir, `temp-${process.pid}.rdb`))
  t.equal(await wire.ask('SAVE'), '+OK')
  t.equal(fs.readFileSync(path.join(dir, 'other'), 'utf8'), 'precious')
  t.ok(fs.lstatSync(path.join(dir, 'dump.rdb')).isFile())
  fs.rmSync(path.join(dir, 'dump.rdb'))
  fs.mkdirSync(path.join(dir, 'dump.rdb'))
  t.match(await wire.ask('SAVE'), /^-ERR/)
  t.strictSame(redis.server.bugs, [])
})

t.test('commands of very many words', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.call('SADD', 's', 'a', 'b')
  const many = Array<string>(200_000).fill('s')
  t.strictSame(await askAll(wire, ['SINTER', ...many]), ['$a', '$b'])
  t.equal(await askAll(wire, ['SINTERCARD', '200000', ...many]), ':2')
})
