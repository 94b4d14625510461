// What one client can cost the others: memory, time, and commands that run though they should not.

import net from 'node:net'
import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { encode, show } from '../helpers/wire.ts'
import { InProcess, textOf } from './in-process.ts'

const MB = 1024 * 1024

/** A connection that sends and never reads. Resolves when the server has cut it off. */
function flood(port: number, bytes: Buffer, limit: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let sent = 0
    const socket = net.connect(port, '127.0.0.1')
    socket.pause()
    const send = (): void => {
      while (sent < limit) {
        sent += bytes.length
        if (!socket.write(bytes)) return
      }
      reject(new Error(`${limit} bytes sent, and still connected`))
      socket.destroy()
    }
    socket.on('connect', send)
    socket.on('drain', send)
    socket.on('error', () => resolve(sent))
    socket.on('close', () => resolve(sent))
  })
}

/** CVE-2025-21605. */
t.test('who has not logged in cannot fill memory with replies', async t => {
  const redis = await startServer({ config: [['requirepass', 'pw']] })
  t.teardown(() => redis.close())
  let most = 0
  const accept = redis.server.accept.bind(redis.server)
  redis.server.accept = connection => {
    const client = accept(connection)
    connection.socket.on('data', () => {
      most = Math.max(most, connection.socket.writableLength)
    })
    return client
  }
  for (const request of ['x\n', '*1\r\n$4\r\nPING\r\n']) {
    most = 0
    await flood(redis.port, Buffer.from(request.repeat(10000)), 256 * MB)
    t.ok(most > 0 && most < 8 * MB, `${most} bytes kept`)
  }
  const wire = await redis.connect()
  t.equal(await wire.ask('AUTH', 'pw'), '+OK', 'others are served')
})

t.test('replies that nobody takes stop the pipeline, not the server', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const other = await redis.connect()
  const size = 16 * MB
  await other.ask('SETRANGE', 'big', String(size - 1), 'x')
  const greedy = net.connect(redis.port, '127.0.0.1')
  greedy.pause()
  greedy.write(Buffer.concat(Array.from({ length: 1000 }, () => encode(['GET', 'big']))))
  while (redis.server.stats.bytesOut < 32 * MB) await other.ask('PING')
  const client = [...redis.server.clients.values()].find(({ commandsRun }) => commandsRun > 3)
  t.ok(client !== undefined && client.unsent < 96 * MB, `${client?.unsent} bytes wait`)
  t.equal(await other.ask('PING'), '+PONG')
  // Once they are taken, the rest follows.
  let received = 0
  const enough = 6 * size
  await new Promise<void>(resolve => {
    greedy.on('data', chunk => {
      received += chunk.length
      if (received >= enough) resolve()
    })
    greedy.resume()
  })
  t.ok(received >= enough)
  greedy.destroy()
})

t.test('a transaction counts as unread query', async t => {
  const redis = await startServer({ config: [['client-query-buffer-limit', '1mb']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const half = 'x'.repeat(MB / 2)
  t.equal(await wire.ask('MULTI'), '+OK')
  t.equal(await wire.ask('SET', 'k', half), '+QUEUED')
  wire.write(encode(['SET', 'k', half]))
  wire.write(encode(['SET', 'k', half]))
  await wire.closed
  const other = await redis.connect()
  t.equal(await other.ask('EXISTS', 'k'), ':0')
})

/** CVE-2026-81934: what a closed connection had in its buffer still ran. */
t.test('nothing of a killed client runs', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const admin = await redis.connect()
  const victim = await redis.connect()
  const id = show((await victim.call('CLIENT', 'ID')).reply).slice(1) as string
  victim.write(
    Buffer.concat([
      encode(['SET', 'before', '1']),
      encode(['CLIENT', 'KILL', 'ID', id, 'SKIPME', 'no']),
      encode(['SET', 'after', '1']),
    ]),
  )
  await victim.closed
  t.equal(victim.unread, 2, 'its own kill is answered')
  t.equal(await admin.ask('EXISTS', 'before'), ':1')
  t.equal(await admin.ask('EXISTS', 'after'), ':0')

  const paused = await redis.connect()
  const pausedId = show((await paused.call('CLIENT', 'ID')).reply).slice(1) as string
  await admin.ask('CLIENT', 'PAUSE', '100000', 'WRITE')
  paused.write(Buffer.concat([encode(['SET', 'paused', '1']), encode(['SET', 'paused', '2'])]))
  while (redis.server.clients.get(Number(pausedId))?.postponed === undefined)
    await admin.ask('PING')
  t.equal(await admin.ask('CLIENT', 'KILL', 'ID', pausedId), ':1')
  await paused.closed
  await admin.ask('CLIENT', 'UNPAUSE')
  t.equal(await admin.ask('EXISTS', 'paused'), ':0')

  const blocked = await redis.connect()
  const blockedId = show((await blocked.call('CLIENT', 'ID')).reply).slice(1) as string
  blocked.write(Buffer.concat([encode(['BLPOP', 'list', '0']), encode(['SET', 'behind', '1'])]))
  while (redis.server.blocking.count === 0) await admin.ask('PING')
  t.equal(await admin.ask('CLIENT', 'KILL', 'ID', blockedId), ':1')
  await blocked.closed
  t.equal(await admin.ask('RPUSH', 'list', 'a'), ':1')
  t.equal(await admin.ask('LLEN', 'list'), ':1', 'it takes nothing')
  t.equal(await admin.ask('EXISTS', 'behind'), ':0')
})

t.test('a user who is deleted while blocked gets nothing', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const admin = await redis.connect()
  await admin.ask('ACL', 'SETUSER', 'alice', 'on', '>pw', '~*', '+@all')
  const alice = await redis.connect()
  await alice.ask('AUTH', 'alice', 'pw')
  alice.write(encode(['BLPOP', 'list', '0']))
  while (redis.server.blocking.count === 0) await admin.ask('PING')
  t.equal(await admin.ask('ACL', 'DELUSER', 'alice'), ':1')
  await alice.closed
  t.equal(await admin.ask('RPUSH', 'list', 'a'), ':1')
  t.equal(await admin.ask('LLEN', 'list'), ':1')

  await admin.ask('DEL', 'list')
  await admin.ask('ACL', 'SETUSER', 'bob', 'on', '>pw', '~*', '+@all')
  const bob = await redis.connect()
  await bob.ask('AUTH', 'bob', 'pw')
  bob.write(encode(['BLPOP', 'list', '0']))
  while (redis.server.blocking.count === 0) await admin.ask('PING')
  await admin.ask('ACL', 'SETUSER', 'bob', 'resetkeys')
  t.equal(await admin.ask('RPUSH', 'list', 'a'), ':1')
  t.match(show((await bob.next()).reply), /^-NOPERM/, 'rights are asked for again')
  t.equal(await admin.ask('LLEN', 'list'), ':1')
})

t.test('many who misbehave do not keep others from being served', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const good = await redis.connect()
  const bad = await Promise.all(Array.from({ length: 100 }, () => redis.connect()))
  for (const wire of bad) wire.write('*1\r\n$x\r\n'.repeat(50))
  t.equal(await good.ask('PING'), '+PONG')
  await Promise.all(bad.map(({ closed }) => closed))
  t.ok(
    bad.every(({ unread }) => unread === 1),
    'one error each',
  )
  t.equal(await good.ask('PING'), '+PONG')
  t.equal(redis.server.clients.size, 1)
})

// Each of these took seconds, hours or the stack somewhere. The time is bounded very loosely: it
// tells an exponential from a polynomial, not a fast machine from a slow one.
const BOMBS: readonly (readonly [string, string])[] = [
  ['many stars', `${'a*'.repeat(40)}b`],
  ['stars and question marks', `${'*?'.repeat(40)}b`],
  ['only stars', '*'.repeat(100_000)],
  ['a long pattern', `${'a'.repeat(100_000)}*`],
  ['open brackets', '['.repeat(100_000)],
  ['classes', `${'[a-z]*'.repeat(40)}0`],
  ['escapes', '\\'.repeat(100_000)],
]

t.test('no pattern takes long', async t => {
  using redis = new InProcess()
  const subject = 'a'.repeat(60)
  redis.run('SET', subject, '1')
  redis.run('HSET', 'h', subject, '1')
  redis.run('SUBSCRIBE', subject)
  for (const [name, pattern] of BOMBS) {
    redis.run('ACL', 'SETUSER', 'alice', 'reset', '+@all', `~${pattern}`)
    const questions: readonly (readonly string[])[] = [
      ['KEYS', pattern],
      ['SCAN', '0', 'MATCH', pattern],
      ['HSCAN', 'h', '0', 'MATCH', pattern],
      ['CONFIG', 'GET', pattern],
      ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', pattern],
      ['PUBSUB', 'CHANNELS', pattern],
      ['ACL', 'DRYRUN', 'alice', 'GET', subject],
      ['PSUBSCRIBE', pattern],
      ['PUBLISH', subject, 'x'],
      ['PUNSUBSCRIBE', pattern],
    ]
    for (const question of questions) {
      const startedAt = performance.now()
      redis.replies(question)
      const ms = performance.now() - startedAt
      t.ok(ms < 1500, `${name}: ${question[0]} took ${Math.round(ms)} ms`)
    }
  }
  t.strictSame(redis.server.bugs, [])
})

t.test('no file is read or written unless a directory was named', async t => {
  using redis = new InProcess()
  for (const request of [
    ['CONFIG', 'REWRITE'],
    ['ACL', 'SAVE'],
    ['ACL', 'LOAD'],
    ['CONFIG', 'SET', 'dir', '/'],
    ['CONFIG', 'SET', 'dbfilename', '../x'],
    ['MODULE', 'LOAD', '/tmp/x.so'],
    ['DEBUG', 'SEGFAULT'],
  ]) {
    const reply = redis.run(...request)
    t.equal(reply?.type, 'error', `${request.join(' ')}: ${textOf(reply)}`)
  }
})
