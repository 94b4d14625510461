// The small client: over TCP and TLS, with and without logins, and what it says where it fails.

import net from 'node:net'
import t from 'tap'
import { startRedis } from '../../src/index.ts'
import {
  ConnectionError,
  connectTo,
  readRedisUrl,
  textOf,
  textsOf,
} from '../../src/tools/connection.ts'
import { policyOfServer } from '../../src/tools/server-policy.ts'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'

t.test('URLs', async t => {
  t.strictSame(readRedisUrl('rediss://us%65r:p%40%C3%A9@[::1]:7/2'), {
    isTls: true,
    host: '::1',
    port: 7,
    user: 'user',
    password: 'p@\xc3\xa9',
    database: '2',
  })
  t.match(readRedisUrl('redis://localhost'), { isTls: false, port: 6379, user: undefined })
  for (const url of ['localhost', 'http://x', 'redis://', 'redis://a:secret@b c']) {
    t.throws(() => readRedisUrl(url), ConnectionError, url)
  }
  t.throws(() => readRedisUrl('http://u:secret@x'), { message: /^'http:\/\/…@x' is no / })
})

t.test('it logs in, calls, and hears what comes unasked', async t => {
  const redis = await startRedis({ users: { a: 'on >p@\xe9 ~* &* +@all', default: 'off' } })
  const { tls, port } = redis
  const url = `rediss://a:${encodeURIComponent('p@\xe9')}@localhost:${port}/3`
  const connection = await connectTo({ url, ca: tls?.ca, cert: tls?.cert, key: tls?.key })
  t.teardown(() => redis.close())
  t.teardown(() => connection.close())
  t.strictSame(textOf(await connection.call('ACL', 'WHOAMI')), 'a')
  const value = '\x00\xff\r\n'.repeat(30_000)
  await connection.call('SET', 'k\xfe', value)
  t.equal(textOf(await connection.call('GET', 'k\xfe')), value)
  const replies = await Promise.all([
    connection.send('PING'),
    connection.send('LPUSH', 'k\xfe', 'x'),
    connection.send('MGET', 'k\xfe', 'none'),
  ])
  t.strictSame(
    replies.map(({ type }) => type),
    ['simple', 'error', 'array'],
  )
  await t.rejects(connection.call('LPUSH', 'k\xfe', 'x'), { message: /^LPUSH: WRONGTYPE/ })

  await connection.call('MONITOR')
  const heard = new Promise<string>(resolve =>
    connection.listen(one => {
      if (textOf(one).includes('GET')) resolve(textOf(one))
    }),
  )
  const other = await connectTo({ url, ca: tls?.ca, cert: tls?.cert, key: tls?.key })
  await other.call('GET', 'seen')
  t.match(await heard, / \[3 127\.0\.0\.1:\d+\] "GET" "seen"$/)
  other.close()
  t.equal(await other.ended, undefined)
  await t.rejects(other.send('PING'), ConnectionError)
})

t.test('what it says where it fails', async t => {
  const redis = await startRedis({ users: { a: 'on >pw +@all', default: 'on nopass ~* &* +@all' } })
  t.teardown(() => redis.close())
  const { ca, cert, key } = redis.tls ?? {}
  const url = `rediss://localhost:${redis.port}`
  await t.rejects(connectTo({ url }), { message: /^Cannot connect to localhost:\d+: .*certif/ })
  await t.rejects(connectTo({ url, ca, cert, key, serverName: 'other' }), { message: /altnames/ })
  const wrong = `rediss://a:no@localhost:${redis.port}`
  await t.rejects(connectTo({ url: wrong, ca, cert, key }), { message: /^AUTH: WRONGPASS/ })
  const named = { url: `rediss://a@localhost:${redis.port}`, password: 'pw', ca, cert, key }
  const connection = await connectTo(named)
  t.equal(textOf(await connection.call('ACL', 'WHOAMI')), 'a')
  await redis.close()
  t.match(await connection.ended, { name: 'ConnectionError' })
  const plain = { url: `redis://127.0.0.1:${redis.port}` }
  await t.rejects(connectTo(plain), { message: /ECONNREFUSED/ })
})

t.test('servers that are silent, or no Redis', async t => {
  let answer = ''
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(answer))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const options = { url: `redis://127.0.0.1:${port}`, timeoutMs: 50 }
  await t.rejects((await connectTo(options)).call('PING'), { message: 'No reply to PING in 50 ms' })
  answer = 'HTTP/1.1 400 Bad Request\r\n\r\n'
  await t.rejects((await connectTo(options)).call('PING'), { message: /^Not a reply/ })
  answer = '+PONG\r\n+PONG\r\n'
  const twice = await connectTo(options)
  await twice.call('PING')
  t.match(await twice.ended, { message: 'The server sent what nobody asked for' })
})

t.test('the policy of a running server', async t => {
  const redis = await startRedis({
    tls: false,
    users: {
      a: 'on >pw ~x:* +get (~y +set)',
      low: 'on >pw +acl|list +ping',
      default: 'on nopass ~* &* +@all',
    },
  })
  t.teardown(() => redis.close())
  const connection = await connectTo({ url: redis.url })
  const policy = await policyOfServer(connection)
  connection.close()
  t.match(policy, { kind: 'server', problems: [] })
  t.strictSame(
    policy.users.map(({ name, line }) => `${line} ${name}`),
    ['1 a', '2 default', '3 low'],
  )
  t.match(policy.settings, [{ name: 'acl-pubsub-default', values: ['resetchannels'] }])

  const low = await connectTo({ url: `redis://low:pw@127.0.0.1:${redis.port}` })
  const less = await policyOfServer(low)
  t.strictSame(less.settings, [])
  t.equal(less.users.length, 3)
  low.close()
})

t.test('the policy of a real server', { skip: NO_REAL_SERVER }, async t => {
  const real = await startReal()
  t.teardown(() => real.close())
  const connection = await connectTo({ url: `redis://127.0.0.1:${real.port}` })
  t.teardown(() => connection.close())
  await connection.call('ACL', 'SETUSER', 'a', 'on', '>pw', '%R~x:*', '+get', '(~y +set)')
  const policy = await policyOfServer(connection)
  t.strictSame(policy.problems, [])
  const [user] = policy.users
  t.strictSame(
    user?.user.selectors.map(({ text }) => text),
    ['%R~x:* resetchannels -@all +get', '~y resetchannels -@all +set'],
  )
  t.equal(textsOf(await connection.call('ACL', 'LIST'))[0]?.includes(user?.name ?? '-'), true)
})
