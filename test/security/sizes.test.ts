// Words and values of the sizes at which the runtime ends and Redis goes on. The server has a small
// heap, and another server in its process, which must not notice.

import t from 'tap'
import { requestBlocks } from '../../src/resp3/exchange.ts'
import { chunksOf, writeAll } from '../helpers/sized.ts'
import { type SmallHeap as Small, SmallHeap } from '../helpers/small-heap.ts'
import { encode, type Shown, show, type Wire } from '../helpers/wire.ts'
import { SizedClient } from './sized-client.ts'

interface Torn {
  teardown(end: () => unknown): void
}

const MB = 1024 * 1024
const TOO_LONG = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)'
const OOM = "-OOM command not allowed when used memory > 'maxmemory'."

/** A heap that is filled, and as much to fill it with: what does not fit is the same in both. */
const FILLED = process.env['TEST_LONG']
  ? { heapMB: 512, members: 2_000_000 }
  : { heapMB: 272, members: 1_000_000 }

async function start(
  t: Torn,
  options: object = {},
  heapMB = 512,
): Promise<{ child: Small; wire: Wire }> {
  const child = await SmallHeap.start(options, heapMB)
  t.teardown(() => child.close())
  return { child, wire: await child.connect() }
}

async function ask(wire: Wire, ...words: readonly (string | number)[]): Promise<string> {
  const answer = wire.next()
  await writeAll(wire.socket, chunksOf(words))
  return String(show((await answer).reply))
}

/** The rules of a user that may do everything without a password. */
const OPEN = 'on nopass ~* &* +@all'

t.test('a word of 512 MB of a user without rights is an error of his own', async t => {
  const { child, wire } = await start(t, { users: { low: 'on nopass', default: OPEN } })
  await wire.ask('AUTH', 'low', 'x')
  const echoed = `-ERR unknown command 'FOO', with args beginning with: '${'a'.repeat(128)}' `
  t.equal(await ask(wire, 'FOO', 512 * MB), echoed)
  t.equal(
    await ask(wire, 512 * MB),
    `-ERR unknown command '${'a'.repeat(128)}', with args beginning with: `,
  )
  t.equal(
    await ask(wire, 'CONFIG', 512 * MB),
    `-ERR unknown subcommand '${'a'.repeat(128)}'. Try CONFIG HELP.`,
  )
  t.match(await ask(wire, 'GET', 512 * MB), /^-/)
  t.ok(await child.lives())
})

t.test('and of one who may do all, wherever it stands', async t => {
  const { child, wire } = await start(t)
  t.equal(await ask(wire, 'SET', 'k', 512 * MB), '+OK')
  t.equal(await ask(wire, 'STRLEN', 'k'), `:${512 * MB}`)
  t.equal(await ask(wire, 'APPEND', 'k', 'b'), TOO_LONG)
  t.equal(await ask(wire, 'GETRANGE', 'k', '-3', '-1'), '$aaa')
  t.equal(await ask(wire, 'SET', 'k', 'v', 100 * MB), '-ERR syntax error')
  t.equal(await ask(wire, 'HSET', 'h', 'f', 300 * MB), TOO_LONG)
  t.equal(await ask(wire, 'SADD', 's', 512 * MB), TOO_LONG)
  t.equal(await ask(wire, 'CLIENT', 'SETNAME', 300 * MB), TOO_LONG)
  t.equal(await ask(wire, 'SUBSCRIBE', 300 * MB), TOO_LONG)
  t.ok(await child.lives())
})

t.test('what is kept of a refused key is short', async t => {
  const { child, wire } = await start(t, { users: { low: 'on nopass +get ~a', default: OPEN } })
  const low = await child.connect()
  await low.ask('AUTH', 'low', 'x')
  for (let i = 0; i < 30; i++) t.match(await ask(low, 'GET', 32 * MB + i), /^-NOPERM/)
  t.ok((await child.residentMB()) < 500, 'of 30 keys of 32 MB')
  const [entry] = (await wire.ask('ACL', 'LOG', '1')) as readonly Shown[]
  t.equal(entry?.[7]?.length, MB + 1)
})

t.test('what is appended in bytes takes the room of its bytes', async t => {
  const { child, wire } = await start(t)
  const one = '*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\nx\r\n'
  const many = 20_000
  let answered = 0
  wire.socket.removeAllListeners('data')
  const all = new Promise<void>(resolve => {
    wire.socket.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) answered++
      if (answered === many * 100) resolve()
    })
  })
  const before = await child.residentMB()
  for (let i = 0; i < 100; i++) wire.write(one.repeat(many))
  await all
  const grown = (await child.residentMB()) - before
  const other = await child.connect()
  t.equal(await other.ask('STRLEN', 'k'), `:${many * 100}`)
  t.ok(grown < 100, `${Math.round(grown)} MB for 2 MB in bytes`)
})

t.test('MONITOR shows large words, and nobody is worse for it', async t => {
  const { child, wire } = await start(t)
  const monitor = await child.connect()
  await monitor.ask('MONITOR')
  let seen = 0
  monitor.socket.removeAllListeners('data')
  const shown = new Promise<void>(resolve => {
    monitor.socket.on('data', (chunk: Buffer) => {
      seen += chunk.length
      if (chunk.at(-1) === 10) resolve()
    })
  })
  const size = 40 * MB
  for (const block of requestBlocks(['SET', 'k', Buffer.alloc(size)])) wire.write(block)
  t.equal(show((await wire.next()).reply), '+OK')
  await shown
  t.ok(seen > 4 * size && seen < 4 * size + 200, `${seen} bytes`)
  t.ok(await child.lives())
})

t.test('a full heap refuses more data, and takes it again when there is room', async t => {
  const options = { config: { 'client-query-buffer-limit': '4gb' } }
  const { child, wire } = await start(t, options, FILLED.heapMB)
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
  const { child, wire } = await start(t, {}, FILLED.heapMB)
  const many = FILLED.members
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
  const { child, wire } = await start(t, {}, FILLED.heapMB)
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

t.test('what is queued is counted for what it takes, and its client ends at the limit', async t => {
  const { child, wire } = await start(t, { config: { 'client-query-buffer-limit': '64mb' } })
  await wire.ask('MULTI')
  const before = await child.residentMB()
  const request = Buffer.from('*2\r\n$3\r\nGET\r\n$1\r\nk\r\n'.repeat(10_000))
  let queued = 0
  wire.socket.removeAllListeners('data')
  wire.socket.on('data', (chunk: Buffer) => {
    queued += chunk.length
  })
  let isOver = false
  void wire.closed.then(() => {
    isOver = true
  })
  while (!isOver && queued < 1024 * MB) {
    if (wire.socket.write(request)) await new Promise(setImmediate)
    else await Promise.race([new Promise(go => wire.socket.once('drain', go)), wire.closed])
  }
  t.ok(isOver, `${queued} bytes of +QUEUED`)
  t.ok((await child.residentMB()) - before < 300)
  t.ok(await child.lives())
})
