// What a test can do with a server besides connecting to it, seen through real clients.

import net from 'node:net'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { type Call, type RunningRedis, type StartOptions, startRedis } from '../../src/index.ts'

async function start(t: Test, options: StartOptions = {}): Promise<RunningRedis> {
  const redis = await startRedis(options)
  t.teardown(() => redis.close())
  return redis
}

function connect(t: Test, redis: RunningRedis, options: object = {}): Redis {
  const client = new Redis({ ...redis.connectOptions('ioredis'), ...options })
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}

t.test(
  'a frozen clock moves expiry, time-outs, events and ages, and nothing else does',
  async t => {
    const redis = await start(t, { config: { 'notify-keyspace-events': 'KEA' } })
    const client = connect(t, redis)
    redis.clock.freeze('2030-01-01T00:00:00Z')
    await client.set('k', 'v', 'EX', 60)
    await client.hset('h', 'f', '1', 'g', '2')
    t.strictSame(await client.call('HEXPIRE', 'h', '30', 'FIELDS', '1', 'f'), [1])
    t.equal(await client.ttl('k'), 60)
    t.strictSame(await client.time(), ['1893456000', '0'])

    const events = connect(t, redis)
    await events.psubscribe('__keyevent@0__:*')
    const seen: string[] = []
    const two = new Promise<void>(resolve => {
      events.on('pmessage', (_pattern, channel, key) => {
        seen.push(`${channel.split(':')[1]} ${key}`)
        if (seen.length === 2) resolve()
      })
    })
    const blocked = connect(t, redis)
    const popped = blocked.blpop('nothing', 10)
    await redis.waitFor({ where: call => call.command === 'hset' })
    await until(() => redis.connections.length === 3 && redis.server.blocking.count === 1)
    const wrong = client.auth('nobody', 'x').catch((error: Error) => error.message)
    t.match(await wrong, /WRONGPASS/)

    redis.clock.advance('61s')
    t.equal(await popped, null, 'BLPOP has given up')
    await two
    t.strictSame(seen, ['hexpired h', 'expired k'])
    t.equal(await client.get('k'), null)
    t.strictSame(await client.hgetall('h'), { g: '2' })
    const [entry] = (await client.call('ACL', 'LOG')) as unknown[][]
    t.equal(entry?.[entry.indexOf('age-seconds') + 1], '61')

    redis.clock.advance('365d')
    t.equal(redis.clock.date.toISOString(), '2031-01-01T00:01:01.000Z')
    redis.clock.resume()
    t.notOk(redis.clock.isFrozen)
  },
)

t.test('data is read and written without a command', async t => {
  const redis = await start(t)
  redis.seed({
    name: 'Zoë',
    queue: ['a', 'b'],
    tags: new Set(['x', 'y']),
    user: { name: 'Ann', age: 30 },
    board: { $zset: { ann: 2, bob: 1 } },
    log: { $stream: [{ id: '1-0', fields: { event: 'start' } }] },
    session: { $string: 's', $expires: '1h' },
  })
  const client = connect(t, redis)
  t.equal(await client.get('name'), 'Zoë')
  t.strictSame(await client.zrange('board', '0', '-1'), ['bob', 'ann'])
  t.strictSame(await client.xlen('log'), 1)
  const db = redis.db()
  t.strictSame(db.keys(), ['board', 'log', 'name', 'queue', 'session', 'tags', 'user'])
  t.equal(db.string('name'), 'Zoë')
  t.strictSame(db.list('queue'), ['a', 'b'])
  t.strictSame(db.set('tags'), new Set(['x', 'y']))
  t.strictSame(
    db.hash('user'),
    new Map([
      ['name', 'Ann'],
      ['age', '30'],
    ]),
  )
  t.strictSame(
    db.zset('board'),
    new Map([
      ['bob', 1],
      ['ann', 2],
    ]),
  )
  t.strictSame(db.stream('log'), [{ id: '1-0', fields: { event: 'start' } }])
  t.ok(db.ttl('session')! > 3_599_000)
  t.equal(db.string('missing'), undefined)
  t.throws(() => db.string('queue'), { message: '"queue" is a list' })
  t.throws(() => redis.seed({ bad: { $expires: 1 } }), TypeError)
  t.throws(() => redis.db(16), RangeError)
  await client.del('session')
  t.equal(
    redis.dump(),
    [
      '# database 0',
      '"board" zset\n  1 "bob"\n  2 "ann"',
      '"log" stream\n  1-0 "event" "start"',
      '"name" string "Zo\\xc3\\xab"',
      '"queue" list\n  "a"\n  "b"',
      '"tags" set\n  "x"\n  "y"',
      '"user" hash\n  "age" "30"\n  "name" "Ann"\n',
    ].join('\n'),
  )
})

t.test('a client that waits for a key is served by seed()', async t => {
  const redis = await start(t)
  const popped = connect(t, redis).blpop('queue', 0)
  await until(() => redis.server.blocking.count === 1)
  redis.seed({ queue: ['job'] })
  t.strictSame(await popped, ['queue', 'job'])
})

t.test('snapshot, restore, fork and reset', async t => {
  const redis = await start(t, { users: { ann: 'on >pw ~* +@all' } })
  const client = connect(t, redis)
  await client.rpush('list', '1', '2')
  await client.set('ttl', 'v', 'EX', 100)
  await client.call('ACL', 'SETUSER', 'bob', 'on', '>pw', '+get', '~*')
  await client.config('SET', 'maxmemory', '100mb')
  await client.call(
    'FUNCTION',
    'LOAD',
    "#!lua name=lib\nredis.register_function('f', function() return 7 end)",
  )
  const state = redis.snapshot()
  const before = redis.dump()

  await client.rpush('list', '3')
  await client.flushall()
  await client.call('ACL', 'DELUSER', 'bob')
  await client.call('FUNCTION', 'FLUSH')
  redis.restore(state)
  t.equal(redis.dump(), before)
  t.equal(await client.fcall('f', 0), 7)
  t.strictSame(await client.call('ACL', 'USERS'), ['ann', 'bob', 'default'])
  t.ok((await client.ttl('ttl')) > 90)

  const fork = await redis.fork()
  t.teardown(() => fork.close())
  const other = connect(t, fork)
  await other.rpush('list', 'only here')
  t.equal(await other.fcall('f', 0), 7)
  t.strictSame(await other.config('GET', 'maxmemory'), ['maxmemory', String(100 * 1024 * 1024)])
  t.strictSame(await client.lrange('list', 0, -1), ['1', '2'], 'a fork shares nothing')

  redis.reset()
  t.equal(redis.dump(), '')
  t.strictSame(await client.call('ACL', 'USERS'), ['ann', 'default'])
  t.strictSame(await client.config('GET', 'maxmemory'), ['maxmemory', '0'])
  t.strictSame(
    redis.calls.map(call => call.command),
    ['acl|users', 'config|get'],
  )
})

t.test('a seed repeats what is picked at random, and nothing that guards', async t => {
  const runs: unknown[] = []
  const guards = new Set<unknown>()
  for (let run = 0; run < 2; run++) {
    const redis = await start(t, { randomSeed: 42 })
    const client = connect(t, redis)
    await client.sadd('s', ...Array.from({ length: 50 }, (_, i) => `m${i}`))
    runs.push([
      await client.call('SPOP', 's', '5'),
      await client.call('SRANDMEMBER', 's', '5'),
      await client.scan('0'),
    ])
    for (const guard of [
      await client.call('ACL', 'GENPASS'),
      redis.server.runId,
      /master_replid:(\w+)/.exec(String(await client.call('INFO', 'replication')))?.[1],
    ]) {
      t.notOk(guards.has(guard))
      guards.add(guard)
    }
  }
  t.strictSame(runs[0], runs[1])
})

t.test('calls: who, what, which keys, what came back, and no secrets', async t => {
  const redis = await start(t, { users: { ann: 'on >wonderland ~app:* +@all' } })
  const client = connect(t, redis, { username: 'ann', password: 'wonderland' })
  await client.set('app:a', 'b')
  await client.mget('app:a', 'app:b')
  await t.rejects(client.get('secret'), /NOPERM/)
  await t.rejects(client.auth('ann', 'hunter2'), /WRONGPASS/)
  await client.call('ACL', 'SETUSER', 'carl', '>carlspassword')
  await t.rejects(client.call('ACL', 'SETUSER', 'carl', '<carlspassword2'), /Error in ACL SETUSER/)
  await t.rejects(client.call('auht', 'ann', 'wonderland'), /unknown command/)
  await client.eval("return redis.call('get', KEYS[1])", 1, 'app:a')
  const [mget] = redis.callsOf({ command: 'mget' })
  t.match(mget, { user: 'ann', keys: ['app:a', 'app:b'], reply: ['b', null], refused: false })
  t.match(mget?.client.tls, { protocol: 'TLSv1.3', resumed: false })
  const [denied] = redis.callsOf({ command: 'get', where: call => call.refused })
  t.match(denied, { error: /NOPERM/, keys: ['secret'] })
  t.equal(redis.callsOf({ command: 'get', key: 'app:*' })[0]?.fromScript, true)
  t.equal(redis.callsOf({ user: 'ann', command: ['set', 'MGET'] }).length, 2)
  const said = JSON.stringify(redis.calls) + inspect(redis.calls, { depth: 9 })
  t.match(said, '"args":["app:a","b"],"user":"ann","keys":["app:a"]')
  t.match(said, "args: [ 'app:a', 'b' ]")
  t.match(said, '"args":["(redacted)","(redacted)"]')
  for (const call of redis.calls) t.notMatch(call.args.join(' '), /wonderland|hunter2|carlspass/)
  t.notMatch(said, /wonderland|hunter2|carlspass/)
  for (const { error } of redis.calls) t.notMatch(error ?? '', /wonderland|hunter2|carlspass/)
  try {
    redis.expect.noErrors()
  } catch (error) {
    t.notMatch((error as Error).message, /wonderland|hunter2|carlspass/)
  }
  const [lost] = redis.callsOf({ command: 'auht' })
  t.match(lost?.error, /^ERR unknown command/)

  redis.expect.noPlaintext()
  redis.expect.clientCertificates()
  redis.expect.called('mget', 1)
  redis.expect.notCalled({ command: 'get', key: 'nobody' })
  t.throws(() => redis.expect.noErrors(), {
    code: 'ERR_ASSERTION',
    message: /GET "secret" -> NOPERM/,
  })
  t.throws(() => redis.expect.onlyCommands(['set', 'mget']), /ACL SETUSER/)
  t.throws(() => redis.expect.called('lpush'), /LPUSH to be called at least once/)
  t.throws(() => redis.expect.noConnections(), /Clients are still connected/)
})

t.test('replies that JSON has no words for', async t => {
  const redis = await start(t)
  const client = connect(t, redis)
  await client.call('HELLO', '3')
  await client.hset('h', '__proto__', 'x')
  await client.hgetall('h')
  await client.set('n', '9223372036854775806')
  await client.incr('n').catch(() => {})
  const replies = JSON.parse(JSON.stringify(redis.calls)).map(({ reply }: Call) => reply)
  t.equal(JSON.stringify(replies.slice(-4)), '[1,{"__proto__":"x"},"OK","9223372036854775807"]')
})

t.test('the clients that were seen are the last of them', async t => {
  const redis = await start(t, { tls: false })
  const { server } = redis
  const socket = new net.Socket().setMaxListeners(0)
  const ends = { peer: 'x:1', local: 'x:2', isLoopback: true, certificateNames: undefined }
  for (let i = 0; i < 25_000; i++) {
    server.release(server.accept({ kind: 'tcp', socket, ...ends }))
    socket.removeAllListeners()
  }
  const ids = redis.clientsSeen.map(({ id }) => id)
  t.ok(ids.length >= 10_000 && ids.length <= 20_000, `${ids.length}`)
  t.equal(ids.at(-1), 25_000)
})

t.test('clients without TLS or a certificate are named', async t => {
  const plain = await start(t, { tls: false })
  await connect(t, plain).ping()
  t.throws(() => plain.expect.noPlaintext(), /over tcp/)
  const redis = await start(t, { tls: { authClients: 'optional' } })
  const { tls } = redis.connectOptions('ioredis')
  await connect(t, redis, { tls: { ca: tls!.ca } }).ping()
  t.throws(() => redis.expect.clientCertificates(), /presented no certificate/)
})

t.test('waiting for a call, and events', async t => {
  const redis = await start(t, { users: { ann: 'on nopass ~app:* +@all' } })
  const denied: string[] = []
  redis.on('denied', ({ user, command }) => denied.push(`${user} ${command}`))
  const handshakes: (string | undefined)[] = []
  redis.on('handshake', ({ tls }) => handshakes.push(tls?.protocol))
  const failures: string[] = []
  redis.on('handshakeError', ({ reason }) => failures.push(reason))
  const client = connect(t, redis, { username: 'ann', password: 'x' })
  const waiting = redis.waitFor('SET', 'app:*')
  await client.set('app:later', '1')
  t.strictSame((await waiting).keys, ['app:later'])
  await t.rejects(client.get('other'), /NOPERM/)
  t.strictSame(denied, ['ann get'])
  t.strictSame(handshakes, ['TLSv1.3'])
  await t.rejects(redis.waitFor('LPUSH', undefined, { timeout: 1 }), /No call of .*LPUSH.*SET/s)
  const bare = connect(t, redis, {
    tls: { ca: redis.tls!.ca },
    retryStrategy: null,
    lazyConnect: true,
  })
  await t.rejects(bare.connect().then(() => bare.ping()))
  await until(() => failures.length > 0)
  t.match(failures[0], /peer did not return a certificate/)
})

t.test('faults', async t => {
  const redis = await start(t)
  const client = connect(t, redis)
  await client.set('k', 'value')

  const busy = redis.fault({
    command: 'get',
    key: 'k',
    error: 'LOADING try later',
    times: 2,
    skip: 1,
  })
  t.equal(await client.get('k'), 'value')
  await t.rejects(client.get('k'), { message: 'LOADING try later' })
  t.equal(await client.get('other'), null)
  await t.rejects(client.get('k'), /LOADING/)
  t.equal(await client.get('k'), 'value')
  t.equal(busy.fired, 2)
  busy.remove()

  const fixed = redis.fault({ command: 'incr', reply: 'not a number', times: 1 })
  t.equal(await client.incr('n'), 'not a number')
  t.equal(await client.incr('n'), 1)
  t.equal(fixed.fired, 1)

  redis.clock.freeze()
  const slow = redis.fault({ command: 'ping', delay: '3s' })
  let answered = false
  const pong = client.ping().then(() => {
    answered = true
  })
  await until(() => slow.fired === 1)
  redis.clock.advance('2s')
  t.equal(await connect(t, redis).echo('others go on'), 'others go on')
  t.equal(answered, false)
  redis.clock.advance('1s')
  await pong
  slow.remove()

  redis.fault({ command: 'hget', hang: true })
  const hanging = client.hget('h', 'f')
  const after = client.echo('later')
  await redis.waitFor('echo')
  redis.clearFaults()
  t.equal(await hanging, null, 'goes on when the faults are removed')
  t.equal(await after, 'later')

  redis.fault({ command: 'get', slice: 1 })
  t.equal(await client.get('k'), 'value')
  redis.clearFaults()

  for (const effect of [{ drop: 'before' }, { drop: 'after' }, { reset: true }] as const) {
    const single = connect(t, redis, { retryStrategy: null, maxRetriesPerRequest: 0 })
    await single.ping()
    const fault = redis.fault({ command: 'incr', key: 'count', ...effect })
    await t.rejects(single.incr('count'), JSON.stringify(effect))
    t.equal(fault.fired, 1)
    fault.remove()
  }
  t.equal(redis.db().string('count'), '1', 'only drop: after has run it')
  t.throws(() => redis.fault({ command: 'get' } as never), TypeError)

  redis.fault({ command: 'set', error: 'OOM no more' })
  const results = client.multi().set('x', '1').get('k').exec()
  await t.rejects(results, /EXECABORT/)
})

t.test('the environment of child processes', async t => {
  const redis = await start(t)
  const env = redis.env({ username: 'a b', password: 'p@ss' })
  t.equal(env.REDIS_URL, `rediss://a%20b:p%40ss@127.0.0.1:${redis.port}`)
  t.match(env, { REDIS_TLS_CA_FILE: /ca\.crt$/, REDIS_TLS_KEY_FILE: /client\.key$/ })
  for (const client of ['go-redis', 'jedis', 'lettuce', 'stackexchange-redis'] as const) {
    const source = redis.connectOptions(client, { username: 'ann', password: 'q"uote' })
    t.match(source, String(redis.port))
    t.match(source, 'q\\"uote')
  }
  const asks = await start(t, { tls: { authClients: 'optional' } })
  t.match(asks.connectOptions('valkey-glide'), { useTLS: true })
})

t.test('MOCK is unknown unless it was asked for', async t => {
  const without = connect(t, await start(t))
  await t.rejects(without.call('MOCK', 'TIME'), /unknown command/)
  const redis = await start(t, {
    mockCommand: true,
    users: { app: 'on nopass ~* +@all -@admin', default: 'on nopass ~* &* +@all' },
  })
  const client = connect(t, redis)
  t.equal(await client.call('MOCK', 'FREEZE', '2030-01-01T00:00:00Z'), 1893456000000)
  await client.set('k', 'v', 'EX', 10)
  await client.call('MOCK', 'SNAPSHOT', 'full')
  t.equal(await client.call('MOCK', 'ADVANCE', '11s'), 1893456011000)
  t.equal(await client.get('k'), null)
  t.equal(
    await client.call('MOCK', 'FAULT', 'COMMAND', 'get', 'TIMES', '1', 'ERROR', 'OOM x'),
    'OK',
  )
  await t.rejects(client.get('k'), { message: 'OOM x' })
  t.match(await client.call('MOCK', 'CALLS', 'COMMAND', 'get'), ['default: GET "k"', /OOM x/])
  await client.call('MOCK', 'FREEZE', '2030-01-01T00:00:00Z')
  await client.call('MOCK', 'RESTORE', 'full')
  t.match(await client.call('MOCK', 'DUMP'), /"k" string until 2030-01-01T00:00:10.000Z "v"/)
  t.equal(await client.call('MOCK', 'RESET'), 'OK')
  t.equal(await client.dbsize(), 0)
  await t.rejects(client.call('MOCK', 'ADVANCE', 'soon'), /Not a duration/)
  await t.rejects(client.call('MOCK', 'FAULT', 'COMMAND', 'get'), /syntax|effect/)
  await t.rejects(client.call('MOCK', 'RESTORE', 'nothing'), /no such snapshot/)
  const app = connect(t, redis, { username: 'app', password: 'x' })
  await t.rejects(app.call('MOCK', 'RESET'), /NOPERM/)
})

/** Lets the event loop turn until something is so; the runner's time limit ends a vain wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

t.test('a recorded call keeps what its client was then', async t => {
  const redis = await start(t)
  const client = connect(t, redis, { connectionName: 'before' })
  await client.set('k', '1')
  await client.client('SETNAME', 'after')
  await client.set('k', '2')
  const [first, second] = redis.callsOf({ command: 'set' })
  t.match(first?.client, { name: 'before', kind: 'tls', tls: { protocol: 'TLSv1.3' } })
  t.match(second?.client, { name: 'after', id: first?.client.id })
  t.equal(second?.client, redis.calls.at(-1)?.client, 'and is described once')
})
