// What clients take, and what becomes of those that take too much.

import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { encode, show, type Wire } from '../helpers/wire.ts'

async function field(wire: Wire, name: string, key: string): Promise<number | undefined> {
  const list = String(await wire.ask('CLIENT', 'LIST'))
  const line = list.split('\n').find(one => one.includes(` name=${name} `))
  const value = line?.match(new RegExp(` ${key}=(-?\\d+)`))?.[1]
  return value === undefined ? undefined : Number(value)
}

async function named(at: TestServer, name: string): Promise<Wire> {
  const wire = await at.connect()
  await wire.ask('CLIENT', 'SETNAME', name)
  return wire
}

/** Sends the beginning of a request, and waits until the server has it. */
async function sendPart(wire: Wire, control: Wire, name: string, bytes: number): Promise<void> {
  wire.write(`*2\r\n$${bytes * 2}\r\n${'v'.repeat(bytes)}`)
  while (((await field(control, name, 'qbuf')) ?? bytes) < bytes);
}

t.test('a request beyond maxmemory-clients closes its client before it runs', async t => {
  const at = await startServer()
  t.teardown(() => at.close())
  const control = await at.connect()
  await control.ask('CONFIG', 'SET', 'maxmemory-clients', '1000000')
  const wire = await named(at, 'big')
  t.equal(await wire.ask('SET', 'k', 'v'.repeat(300_000)), '+OK')
  wire.write(encode(['SET', 'k', 'w'.repeat(1_000_000)]))
  await wire.closed
  t.equal(await field(control, 'big', 'id'), undefined)
  t.match(await control.ask('INFO', 'stats'), 'evicted_clients:1\r')
  t.equal(await control.ask('STRLEN', 'k'), ':300000', 'the request did not run')
})

t.test('the largest go first, only as many as will do, and none that may not', async t => {
  const at = await startServer()
  t.teardown(() => at.close())
  const control = await named(at, 'control')
  await control.ask('CLIENT', 'NO-EVICT', 'ON')
  const sizes = [100_000, 400_000, 1_600_000]
  for (const [i, size] of sizes.entries()) {
    for (const kept of [false, true]) {
      const name = `${kept ? 'kept' : 'c'}${i}`
      const wire = await named(at, name)
      if (kept) await wire.ask('CLIENT', 'NO-EVICT', 'ON')
      await sendPart(wire, control, name, size)
    }
  }
  const alive = async (): Promise<string> => {
    const list = String(await control.ask('CLIENT', 'LIST'))
    return [...list.matchAll(/ name=(\w+)/g)].map(found => found[1]).join(' ')
  }
  t.equal(await alive(), 'control c0 kept0 c1 kept1 c2 kept2')
  await control.ask('CONFIG', 'SET', 'maxmemory-clients', '2000000')
  t.equal(await alive(), 'control c0 kept0 c1 kept1 kept2')
  await control.ask('CONFIG', 'SET', 'maxmemory-clients', '500000')
  t.equal(await alive(), 'control c0 kept0 kept1 kept2')
  await control.ask('CONFIG', 'SET', 'maxmemory', '300mb', 'maxmemory-clients', '50%')
  t.equal(await alive(), 'control c0 kept0 kept1 kept2', 'a share of maxmemory')
})

t.test('buffers grow with what passes and shrink when the client is idle', async t => {
  const clock = frozenClock()
  const at = await startServer({ clock })
  t.teardown(() => at.close())
  const control = await named(at, 'control')
  const wire = await named(at, 'c')
  const query = async (): Promise<number> =>
    (await field(control, 'c', 'qbuf'))! + (await field(control, 'c', 'qbuf-free'))!
  t.equal(await query(), 20_474)
  t.equal(await field(control, 'c', 'rbs'), 16_384)
  await wire.ask('SET', 'k', 'v'.repeat(400_000))
  t.ok((await query()) > 400_000)
  clock.advance(100)
  clock.advance(100)
  t.ok((await query()) < 400_000, 'too large for what has come since')
  clock.advance(10_000)
  t.equal(await query(), 0)
  t.equal(await field(control, 'c', 'rbs'), 1024)
  await sendPart(wire, control, 'c', 50_000)
  t.equal(await field(control, 'c', 'qbuf'), 50_000)
  t.equal(await query(), 100_002, 'the whole word has room')
})

t.test('what is queued, watched and listened to counts', async t => {
  const at = await startServer()
  t.teardown(() => at.close())
  const control = await at.connect()
  const wire = await named(at, 'c')
  let before = (await field(control, 'c', 'tot-mem'))!
  const grows = async (...words: readonly string[]): Promise<void> => {
    await wire.ask(...words)
    const now = (await field(control, 'c', 'tot-mem'))!
    t.ok(now > before, words.join(' '))
    before = now
  }
  await grows('WATCH', 'k')
  await grows('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'p')
  await wire.ask('MULTI')
  await grows('SET', 'k', 'v'.repeat(100))
  t.ok((await field(control, 'c', 'multi-mem'))! > 100)
  await wire.ask('DISCARD')
  before = (await field(control, 'c', 'tot-mem'))!
  await grows('SUBSCRIBE', 'ch')
})

t.test('a request beyond client-query-buffer-limit is not run', async t => {
  const at = await startServer()
  t.teardown(() => at.close())
  const control = await at.connect()
  await control.ask('CONFIG', 'SET', 'client-query-buffer-limit', '1048576')
  const wire = await at.connect()
  wire.write(encode(['SET', 'k', 'v'.repeat(1_048_576)]))
  await wire.closed
  t.match(await control.ask('INFO', 'stats'), 'client_query_buffer_limit_disconnections:1\r')
  t.equal(await control.ask('EXISTS', 'k'), ':0')
})

t.test('tracking-table-max-keys: the keys beyond it are told and forgotten', async t => {
  const at = await startServer()
  t.teardown(() => at.close())
  const wire = await at.connect()
  await wire.ask('HELLO', '3')
  await wire.ask('CLIENT', 'TRACKING', 'ON')
  await wire.ask('MGET', 'a', 'b', 'c')
  const control = await at.connect()
  await control.ask('CONFIG', 'SET', 'tracking-table-max-keys', '1')
  await control.ask('PING')
  t.match(await control.ask('INFO', 'stats'), 'tracking_total_keys:1\r')
  const told = [show((await wire.next()).reply), show((await wire.next()).reply)]
  t.strictSame(told, [
    ['$invalidate', ['$a']],
    ['$invalidate', ['$b']],
  ])
})

t.test('what a thread would free is counted', async t => {
  const at = await startServer()
  t.teardown(() => at.close())
  const wire = await at.connect()
  const count = async (...words: readonly string[]): Promise<string | undefined> => {
    await wire.ask('CONFIG', 'RESETSTAT')
    await wire.ask(...words)
    return String(await wire.ask('INFO', 'memory')).match(/lazyfreed_objects:(\d+)/)?.[1]
  }
  const many = Array.from({ length: 600 }, (_, i) => `m${i}`)
  const few = many.slice(0, 10)
  await wire.ask('SADD', 'many', ...many)
  await wire.ask('SADD', 'many2', ...many)
  await wire.ask('SADD', 'few', ...few)
  t.equal(await count('DEL', 'many2'), '0')
  t.equal(await count('UNLINK', 'many', 'few'), '1')
  await wire.ask('MSET', 'a', '1', 'b', '2')
  t.equal(await count('FLUSHALL', 'SYNC'), '2', 'the client waits for the thread')
  await wire.ask('MSET', 'a', '1', 'b', '2')
  t.equal(await count('EVAL', "return redis.call('FLUSHALL')", '0'), '0', 'a script cannot wait')
})
