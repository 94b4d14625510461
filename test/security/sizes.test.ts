// Words and values of the sizes at which the runtime ends and Redis goes on. The server has a small
// heap, and another server in its process, which must not notice.

import t from 'tap'
import { requestBlocks } from '../../src/resp3/exchange.ts'
import { chunksOf, writeAll } from '../helpers/sized.ts'
import { openSmallHeap } from '../helpers/small-heap.ts'
import { type Shown, show, type Wire } from '../helpers/wire.ts'

const MB = 1024 * 1024
const TOO_LONG = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)'

async function ask(wire: Wire, ...words: readonly (string | number)[]): Promise<string> {
  const answer = wire.next()
  await writeAll(wire.socket, chunksOf(words))
  return String(show((await answer).reply))
}

/** The rules of a user that may do everything without a password. */
const OPEN = 'on nopass ~* &* +@all'

t.test('a word of 512 MB of a user without rights is an error of his own', async t => {
  const { child, wire } = await openSmallHeap(t, { users: { low: 'on nopass', default: OPEN } })
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
  const { child, wire } = await openSmallHeap(t)
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
  const { child, wire } = await openSmallHeap(t, {
    users: { low: 'on nopass +get ~a', default: OPEN },
  })
  const low = await child.connect()
  await low.ask('AUTH', 'low', 'x')
  for (let i = 0; i < 30; i++) t.match(await ask(low, 'GET', 32 * MB + i), /^-NOPERM/)
  t.ok((await child.residentMB()) < 500, 'of 30 keys of 32 MB')
  const [entry] = (await wire.ask('ACL', 'LOG', '1')) as readonly Shown[]
  t.equal(entry?.[7]?.length, MB + 1)
})

t.test('what is appended in bytes takes the room of its bytes', async t => {
  const { child, wire } = await openSmallHeap(t)
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
  const { child, wire } = await openSmallHeap(t)
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

t.test('what is queued is counted for what it takes, and its client ends at the limit', async t => {
  const { child, wire } = await openSmallHeap(t, {
    config: { 'client-query-buffer-limit': '64mb' },
  })
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
