// A password is seen by the one who sends it and by nobody else: not in MONITOR, SLOWLOG, logs or
// any report of the server.

import t from 'tap'
import { startServer, type TestServer } from '../helpers/server.ts'
import { show, type Wire } from '../helpers/wire.ts'

/** What must never come out again; each request below holds one or more of them. */
const SECRET = 'zebra'

const REQUESTS: readonly (readonly string[])[] = [
  ['AUTH', 'zebra-1'],
  ['AUTH', 'default', 'zebra-2'],
  ['AUTH', 'nobody', 'zebra-3'],
  ['AUTH', 'too', 'many', 'zebra-4'],
  ['HELLO', '3', 'AUTH', 'default', 'zebra-5'],
  ['HELLO', '2', 'SETNAME', 'me', 'AUTH', 'nobody', 'zebra-6'],
  ['ACL', 'SETUSER', 'alice', 'on', '>zebra-7', '~*', '+@all'],
  ['ACL', 'SETUSER', 'alice', '<zebra-8'],
  ['ACL', 'SETUSER', 'alice', '>zebra-9', 'nonsense'],
  ['CONFIG', 'SET', 'masterauth', 'zebra-11'],
  ['CONFIG', 'SET', 'masteruser', 'zebra-12', 'masterauth', 'zebra-13'],
  ['CONFIG', 'SET', 'requirepass', 'zebra-14'],
  ['AUTH', 'zebra-14'],
  ['CONFIG', 'SET', 'requirepass', ''],
]

interface Watched {
  readonly redis: TestServer
  readonly wire: Wire
  readonly monitor: Wire
  readonly log: string[]
}

async function watched(): Promise<Watched> {
  const log: string[] = []
  const redis = await startServer({
    log: line => log.push(line),
    config: [
      ['loglevel', 'debug'],
      ['slowlog-log-slower-than', '0'],
    ],
  })
  const monitor = await redis.connect()
  await monitor.ask('MONITOR')
  return { redis, wire: await redis.connect(), monitor, log }
}

/** Everything that others can see, as one text. */
async function seenOf({ redis, monitor, log }: Watched): Promise<string> {
  const observer = await redis.connect()
  await observer.ask('ECHO', 'the end')
  const seen: unknown[] = []
  for (;;) {
    const line = show((await monitor.next()).reply)
    seen.push(line)
    if (line.includes('the end')) break
  }
  for (const question of [
    ['SLOWLOG', 'GET', '-1'],
    ['ACL', 'LOG'],
    ['ACL', 'LIST'],
    ['CLIENT', 'LIST'],
    ['INFO', 'everything'],
    ['LATENCY', 'LATEST'],
  ]) {
    const answer = await observer.ask(...question)
    if (typeof answer === 'string' && answer.startsWith('-')) throw new Error(answer)
    seen.push(answer)
  }
  seen.push(log)
  return JSON.stringify(seen)
}

t.test('passwords are never shown', async t => {
  const all = await watched()
  t.teardown(() => all.redis.close())
  for (const request of REQUESTS) await all.wire.ask(...request)
  await all.wire.ask('SET', 'k', 'visible')
  const seen = await seenOf(all)
  t.match(seen, /visible/, 'the watch works')
  t.notMatch(seen, SECRET)
})

t.test('nor inside a transaction', async t => {
  const all = await watched()
  t.teardown(() => all.redis.close())
  await all.wire.ask('MULTI')
  for (const request of REQUESTS) await all.wire.ask(...request)
  await all.wire.ask('EXEC')
  t.notMatch(await seenOf(all), SECRET)
})

t.test('nor when the request is malformed', async t => {
  const all = await watched()
  t.teardown(() => all.redis.close())
  for (const stream of [
    'AUTH "zebra\r\n',
    '*2\r\n$4\r\nAUTH\r\n$x\r\nzebra\r\n',
    '*2\r\n$4\r\nAUTH\r\n$5\r\nzebraXX',
    'POST zebra\r\n',
    `AUTH zebra${'x'.repeat(70000)}`,
  ]) {
    const wire = await all.redis.connect()
    wire.write(stream)
    await wire.closed
  }
  t.ok(all.log.length >= 4, 'each is logged')
  t.notMatch(await seenOf(all), SECRET)
})

t.test('a wrong password takes the same way for a user that does not exist', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('ACL', 'SETUSER', 'alice', 'on', '>right')
  await wire.ask('ACL', 'SETUSER', 'sleeper', 'off', '>right')
  const replies = new Set<unknown>()
  for (const [name, password] of [
    ['alice', 'wrong'],
    ['alice', ''],
    ['sleeper', 'right'],
    ['nobody', 'right'],
  ] as const) {
    replies.add(await wire.ask('AUTH', name, password))
  }
  t.strictSame([...replies], ['-WRONGPASS invalid username-password pair or user is disabled.'])
})
