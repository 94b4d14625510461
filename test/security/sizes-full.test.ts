// A heap that is full: what more would take is refused, and the runtime does not end. The server has
// a small heap, and another server in its process, which must not notice.

import t from 'tap'
import { openSmallHeap } from '../helpers/small-heap.ts'
import { encode, show } from '../helpers/wire.ts'
import { SizedClient } from './sized-client.ts'

const OOM = "-OOM command not allowed when used memory > 'maxmemory'."

const HEAP_MB = 512
/** With half of the members, half of the heap beside what a server takes. */
const PACKED = process.env['TEST_LONG']
  ? { heapMB: HEAP_MB, members: 2_000_000 }
  : { heapMB: 272, members: 1_000_000 }

t.test('a full heap refuses more data, and takes it again when there is room', async t => {
  const options = { config: { 'client-query-buffer-limit': '4gb' } }
  const { child, wire } = await openSmallHeap(t, options, HEAP_MB)
  const elements = Array.from({ length: 100_000 }, (_, i) => `${i}`.padStart(90, 'x'))
  const push = async (key: string): Promise<string> => {
    wire.write(encode(['RPUSH', key].concat(elements)))
    return String(show((await wire.next()).reply))
  }
  let refused = ''
  for (let i = 0; i < 200 && refused === ''; i++) {
    const reply = await push(`list${i % 7}`)
    if (reply.startsWith('-')) refused = reply
  }
  t.equal(refused, OOM)
  t.match(await wire.ask('LLEN', 'list0'), /^:\d+$/, 'reads go on')
  t.equal(await wire.ask('FLUSHALL'), '+OK')
  t.equal(await push('list'), ':100000')
  t.ok(await child.lives())
})

t.test('a value that is packed is not taken out whole where there is no room for it', async t => {
  const { child, wire } = await openSmallHeap(t, {}, PACKED.heapMB)
  const many = PACKED.members
  const step = 20_000
  for (let i = 0; i < many; i += step) {
    const names = Array.from({ length: step }, (_, j) => `m${i + j}`)
    wire.write(encode(['SADD', 's', ...names]))
    wire.write(encode(['HSET', 'h', ...names.flatMap(name => [name, 'v'])]))
    await wire.next()
    await wire.next()
  }
  const reader = new SizedClient(child.port)
  t.teardown(() => reader.close())
  const reads = ['SMEMBERS s', 'HGETALL h', 'HKEYS h', 'HVALS h', 'SSCAN s 0 COUNT 9999999']
  const makers = ['ZUNION 1 s', 'SUNION s s', 'ZUNIONSTORE z 2 s s', 'COPY s t', 'SORT s ALPHA']
  for (const request of [...reads, ...makers, 'HRANDFIELD h 9999999', 'SPOP s 9999999']) {
    const { fault } = await reader.ask(request.split(' '))
    t.equal(fault, '', request)
  }
  t.ok(await child.lives())
})

t.test('nor filled by a transaction, or by a script', async t => {
  const { child, wire } = await openSmallHeap(t, {}, HEAP_MB)
  const fill = `
    for i = 1, 300000 do redis.call('RPUSH', KEYS[1], i .. string.rep('x', 40)) end
    return redis.call('LLEN', KEYS[1])`
  let said = ''
  for (let i = 0; i < 40 && !said.startsWith('-'); i++) {
    said = String(await wire.ask('EVAL', fill, '1', `list${i}`))
  }
  t.match(said, /^-OOM/, 'a script')
  await wire.ask('FLUSHALL')
  await wire.ask('EVAL', fill, '1', 'list')
  await wire.ask('MULTI')
  for (let i = 0; i < 200; i++) await wire.ask('COPY', 'list', `copy${i}`)
  const replies = (await wire.ask('EXEC')) as readonly string[]
  t.equal(replies[0], ':1')
  t.equal(replies.at(-1), OOM, 'a transaction')
  t.ok(await child.lives())
})
