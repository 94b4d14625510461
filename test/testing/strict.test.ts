// Strict servers: what was not foreseen is refused at once and told at the end.

import net from 'node:net'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'

function connect(t: Test, redis: RunningRedis): Redis {
  const client = new Redis(redis.connectOptions('ioredis'))
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}

t.test('other commands are refused and named', async t => {
  const redis = await startRedis({ strict: { commands: ['get', 'SET', 'acl whoami', 'eval'] } })
  const client = connect(t, redis)
  await client.set('k', 'v')
  t.equal(await client.acl('WHOAMI'), 'default')
  redis.expect.nothingUnexpected()

  await t.rejects(client.flushall(), /FLUSHALL is not among the commands that strict allows/)
  t.equal(await client.get('k'), 'v', 'it did not run')
  await client.eval("return redis.call('incr', 'n')", 0)
  t.throws(() => redis.expect.nothingUnexpected(), {
    code: 'ERR_ASSERTION',
    message: /^This was not foreseen:\n {2}default: FLUSHALL -> ERR .*\n {2}default: INCR "n"$/,
  })
  await t.rejects(redis.close(), /FLUSHALL/)
})

t.test('as new after reset()', async t => {
  const redis = await startRedis({ strict: { commands: ['get'] } })
  const client = connect(t, redis)
  await t.rejects(client.incr('k'), /INCR/)
  redis.reset()
  await t.rejects(client.info(), /INFO/, 'its handshake is long over')
  redis.reset()
  await client.get('k')
  await redis.close()
})

t.test('errors are told, but for those that libraries pass over', async t => {
  const users = { default: 'off', app: 'on nopass ~* +get +incr +client' }
  const redis = await startRedis({ users, strict: true })
  const login = { username: 'app', password: 'x' }
  const client = new Redis({ ...redis.connectOptions('ioredis', login), enableReadyCheck: false })
  t.teardown(() => client.disconnect())
  await client.get('k')
  redis.expect.nothingUnexpected()
  await t.rejects(client.set('k', 'v'), /NOPERM/)
  await t.rejects(redis.close(), /This was not foreseen:\n {2}app: SET "k" "v" -> NOPERM/)

  const mild = await startRedis({ strict: { errors: true } })
  const other = connect(t, mild)
  await t.rejects(other.call('NOSUCH'), /unknown command/)
  await mild.close()
})

t.test('a client without TLS', async t => {
  const redis = await startRedis({ strict: true })
  const ended = new Promise(resolve => {
    const socket = net.connect(redis.port, '127.0.0.1', () => {
      socket.write('PING\r\n')
    })
    socket.on('error', () => {})
    socket.on('close', resolve)
  })
  await ended
  await t.rejects(redis.close(), /A client without TLS came to the TLS port/)

  const plain = await startRedis({ strict: true, tls: false })
  const client = connect(t, plain)
  await client.get('k')
  await plain.close()
})

t.test('a plain port beside TLS', async t => {
  const redis = await startRedis({ strict: true })
  const free = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => free.once('listening', resolve))
  const { port } = free.address() as net.AddressInfo
  await new Promise(resolve => free.close(resolve))
  const client = connect(t, redis)
  await client.config('SET', 'port', String(port))
  await new Promise(resolve =>
    net
      .connect(port)
      .on('error', () => {})
      .on('close', resolve),
  )
  await t.rejects(redis.close(), /A client connected without TLS/)
})

t.test('in a thread', async t => {
  const redis = await startRedis({ thread: true, strict: { commands: ['get'] } })
  const client = new Redis(redis.connectOptions('ioredis'))
  t.teardown(() => client.disconnect())
  await t.rejects(client.flushall(), /FLUSHALL is not among/)
  const said = await redis.expect.nothingUnexpected().catch((error: Error) => error.message)
  t.match(said, /FLUSHALL/)
  t.match(await redis.close().catch((error: Error) => error.message), /FLUSHALL/)
})

t.test('of a server that is not strict nothing is known', async t => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  t.throws(() => redis.expect.nothingUnexpected(), /Start the server with strict first/)
})
