import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { Listeners } from '../../src/host/listeners.ts'
import { createServer } from '../../src/redis.ts'
import { frozenClock } from '../helpers/clock.ts'
import { freePort } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { encode, Wire } from '../helpers/wire.ts'

const failed = (name: string, reason: string): string =>
  `-ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`

t.test('the parameters and their defaults are those of Redis 7.4', async t => {
  const file = path.join(import.meta.dirname, '../recorded/config-7.4.json')
  const recorded = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string | null>
  const shown = new Map(createServer().config.get(['*']))
  t.strictSame([...shown.keys()].sort(), Object.keys(recorded).sort())
  for (const [name, value] of Object.entries(recorded)) {
    // Where the recorded server was started with a value of its own, there is no default.
    if (value !== null) t.equal(shown.get(name), value, name)
  }
})

t.test('the server listens on the loopback interface only unless it is told otherwise', async t => {
  t.strictSame(createServer().config.get(['bind']), [['bind', '127.0.0.1 -::1']])
})

transcript(t, 'CONFIG GET takes names and patterns, in any case, and aliases', [
  ['CONFIG GET maxmemory', ['$maxmemory', '$0']],
  ['CONFIG GET MaxMemory', ['$MaxMemory', '$0']],
  ['CONFIG GET maxmemory MAXMEMORY maxmemory', ['$maxmemory', '$0']],
  ['CONFIG GET nothing-of-the-kind', []],
  ['CONFIG GET slave-prio*', ['$slave-priority', '$100']],
  ['CONFIG GET *-priority', ['$replica-priority', '$100', '$slave-priority', '$100'], 'sorted'],
  [
    'CONFIG GET set-max-listpack-value SET-MAX-LISTPACK-V*',
    ['$set-max-listpack-value', '$64'],
    '7.2',
  ],
  ['CONFIG GET watchdog*', []],
  ['CONFIG GET watchdog-period', ['$watchdog-period', '$0']],
  ['CONFIG GET', "-ERR wrong number of arguments for 'config|get' command"],
])

transcript(t, 'every kind of parameter reads its values as Redis does', [
  ['CONFIG SET maxmemory 1gb', '+OK'],
  ['CONFIG GET maxmemory', ['$maxmemory', '$1073741824']],
  ['CONFIG SET maxmemory 18446744073709551615', '+OK'],
  ['CONFIG GET maxmemory', ['$maxmemory', '$18446744073709551615']],
  ['CONFIG SET maxmemory 0', '+OK'],
  ['CONFIG SET maxmemory 1tb', failed('maxmemory', 'argument must be a memory value')],
  ['CONFIG SET maxmemory-clients 5%', '+OK'],
  ['CONFIG GET maxmemory-clients', ['$maxmemory-clients', '$5%']],
  [
    'CONFIG SET maxmemory-clients 101%',
    failed('maxmemory-clients', 'percentage argument must be less or equal to 100'),
  ],
  ['CONFIG SET maxmemory-clients 0', '+OK'],
  ['CONFIG SET slowlog-log-slower-than 9223372036854775807', '+OK'],
  ['CONFIG GET slowlog-log-slower-than', ['$slowlog-log-slower-than', '$9223372036854775807']],
  [
    'CONFIG SET timeout -1',
    failed('timeout', 'argument must be between 0 and 2147483647 inclusive'),
  ],
  ['CONFIG SET timeout 1x', failed('timeout', "argument couldn't be parsed into an integer")],
  ['CONFIG SET hz 1000', '+OK'],
  ['CONFIG GET hz', ['$hz', '$500']],
  ['CONFIG SET hz 10', '+OK'],
  ['CONFIG SET rdbcompression maybe', failed('rdbcompression', "argument must be 'yes' or 'no'")],
  [
    'CONFIG SET loglevel loud',
    failed(
      'loglevel',
      'argument(s) must be one of the following: debug, verbose, notice, warning, nothing',
    ),
    '7.4',
  ],
  ['CONFIG SET notify-keyspace-events KA', '+OK'],
  ['CONFIG GET notify-keyspace-events', ['$notify-keyspace-events', '$AK']],
  ['CONFIG SET notify-keyspace-events ""', '+OK'],
  [
    'CONFIG SET notify-keyspace-events Q',
    failed('notify-keyspace-events', "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
  ],
  ['CONFIG SET save "100 1 50 10"', '+OK'],
  ['CONFIG GET save', ['$save', '$100 1 50 10']],
  ['CONFIG SET save "100"', failed('save', 'Invalid save parameters')],
  ['CONFIG SET save ""', '+OK'],
  ['CONFIG GET save', ['$save', '$']],
  ['CONFIG SET client-output-buffer-limit "replica 1mb 2kb 3"', '+OK'],
  [
    'CONFIG GET client-output-buffer-limit',
    [
      '$client-output-buffer-limit',
      '$normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60',
    ],
  ],
  ['CONFIG SET shutdown-on-sigterm "now save"', '+OK'],
  ['CONFIG GET shutdown-on-sigterm', ['$shutdown-on-sigterm', '$save now']],
  ['CONFIG SET shutdown-on-sigterm default', '+OK'],
  ['CONFIG SET latency-tracking-info-percentiles "0.50 99.123456789"', '+OK'],
  [
    'CONFIG GET latency-tracking-info-percentiles',
    ['$latency-tracking-info-percentiles', '$0.5 99.123457'],
  ],
])

transcript(t, 'CONFIG SET is all or nothing', [
  ['CONFIG SET timeout 10 tcp-keepalive 20', '+OK'],
  [
    'CONFIG SET timeout 11 tcp-keepalive x',
    failed('tcp-keepalive', "argument couldn't be parsed into an integer"),
  ],
  ['CONFIG GET timeout', ['$timeout', '$10']],
  [
    'CONFIG SET timeout 11 no-such-thing 1',
    "-ERR Unknown option or number of arguments for CONFIG SET - 'no-such-thing'",
  ],
  ['CONFIG SET timeout 11 Timeout 12', failed('Timeout', 'duplicate parameter')],
  ['CONFIG SET timeout 11 databases 3', failed('databases', "can't set immutable config")],
  ['CONFIG SET timeout 11 dir /', failed('dir', "can't set protected config")],
  ['CONFIG GET timeout', ['$timeout', '$10']],
  ['CONFIG SET timeout 11 x', '-ERR syntax error'],
  ['CONFIG SET timeout', "-ERR wrong number of arguments for 'config|set' command"],
  ['CONFIG SET timeout 0 tcp-keepalive 300', '+OK'],
  ['CONFIG REWRITE', '-ERR The server is running without a config file'],
])

t.test('a watcher that cannot follow undoes the whole change', async t => {
  const taken = await freePort()
  const server = createServer({ config: [['port', String(taken)]] })
  const other = createServer({ config: [['port', '0']] })
  const listeners = new Listeners(server)
  const others = new Listeners(other, { anyPort: ['tcp'] })
  listeners.open()
  others.open()
  t.teardown(() => {
    listeners.close()
    others.close()
    server.close()
    other.close()
  })
  const { port } = other.settings
  t.not(port, 0, 'the port that was found is the setting')
  const wire = await Wire.connect(port)
  t.teardown(() => wire.close())
  t.equal(
    await wire.ask('CONFIG', 'SET', 'timeout', '77', 'port', String(taken)),
    failed('port', 'Unable to listen on this port. Check server logs.'),
  )
  t.equal(other.settings.timeout, 0)
  t.equal(other.settings.port, port)
  const again = await Wire.connect(port)
  t.equal(await again.ask('PING'), '+PONG', 'the old port is open again')
  again.close()
})

t.test('a port changes without dropping connections', async t => {
  const server = createServer({ config: [['port', String(await freePort())]] })
  const listeners = new Listeners(server)
  listeners.open()
  t.teardown(() => {
    listeners.close()
    server.close()
  })
  const old = server.settings.port
  const wire = await Wire.connect(old)
  t.teardown(() => wire.close())
  const next = await freePort()
  t.equal(await wire.ask('CONFIG', 'SET', 'port', String(next)), '+OK')
  t.equal(await wire.ask('PING'), '+PONG')
  await t.rejects(Wire.connect(old))
  const moved = await Wire.connect(next)
  t.equal(await moved.ask('PING'), '+PONG')
  moved.close()
  t.equal(await wire.ask('CONFIG', 'SET', 'port', '0'), '+OK', 'and can be closed')
  await t.rejects(Wire.connect(next))
})

t.test('maxclients turns away whoever comes too late', async t => {
  const server = createServer({ config: [['port', '0']] })
  const listeners = new Listeners(server, { anyPort: ['tcp'] })
  listeners.open()
  t.teardown(() => {
    listeners.close()
    server.close()
  })
  const first = await Wire.connect(server.settings.port)
  t.equal(await first.ask('CONFIG', 'SET', 'maxclients', '1'), '+OK')
  const second = await Wire.connect(server.settings.port)
  t.match(await second.next(), { reply: { text: 'ERR max number of clients reached' } })
  await second.closed
  t.equal(server.stats.rejectedConnections, 1)
  first.close()
})

t.test('secrets are seen neither in SLOWLOG nor in MONITOR', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const monitor = await redis.connect()
  await monitor.call('MONITOR')
  await wire.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
  await wire.call('CONFIG', 'SET', 'maxclients', '9000', 'masterauth', 'topsecret')
  await wire.call('CONFIG', 'SET', 'nonsense', '1', 'requirepass', 'topsecret')
  const log = JSON.stringify(await wire.ask('SLOWLOG', 'GET', '-1'))
  t.match(log, '(redacted)')
  t.notMatch(log, 'topsecret')
  t.strictSame(await wire.ask('CONFIG', 'GET', 'masterauth'), ['$masterauth', '$topsecret'])
})

t.test('settings reach the parts that follow them', async t => {
  const redis = await startServer({
    config: [
      ['databases', '3'],
      ['requirepass', 'open sesame'],
      ['hash-max-ziplist-entries', '7'],
      ['maxmemory-policy', 'allkeys-lfu'],
      ['proto-max-bulk-len', '1mb'],
      ['loglevel', 'warning'],
    ],
  })
  t.teardown(() => redis.close())
  const { server } = redis
  t.equal(server.keyspace.databases.length, 3)
  t.equal(server.keyspace.limits.hashMaxListpackEntries, 7)
  t.equal(server.keyspace.countsFrequency, true)
  t.equal(server.parserLimits.bulkMax, 1024 * 1024)
  t.equal(server.log.level, 'warning')
  const wire = await redis.connect()
  t.equal(await wire.ask('PING'), '-NOAUTH Authentication required.')
  t.equal(await wire.ask('AUTH', 'open sesame'), '+OK')
  t.equal(await wire.ask('CONFIG', 'SET', 'requirepass', ''), '+OK')
  t.equal(await (await redis.connect()).ask('PING'), '+PONG')
  await wire.ask('CONFIG', 'SET', 'hash-max-listpack-entries', '9', 'acllog-max-len', '2')
  t.equal(server.keyspace.limits.hashMaxListpackEntries, 9)
  t.equal(server.aclLog.maxLength, 2)
})

t.test('idle clients are closed, waiting ones are not', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock, config: [['timeout', '10']] })
  t.teardown(() => redis.close())
  const idle = await redis.connect()
  const subscriber = await redis.connect()
  await idle.ask('PING')
  await subscriber.ask('SUBSCRIBE', 'news')
  clock.advance(10_000)
  t.equal(await idle.ask('PING'), '+PONG')
  clock.advance(11_100)
  await idle.closed
  t.strictSame(await subscriber.ask('PING'), ['$pong', '$'], 'still there')
})

t.test('a client that leaves too much unread is closed', async t => {
  const redis = await startServer({
    config: [['client-output-buffer-limit', 'normal', '100kb', '0', '0']],
  })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  t.equal(await wire.ask('ECHO', 'x'.repeat(90_000)), `$${'x'.repeat(90_000)}`)
  wire.write(encode(['ECHO', 'x'.repeat(150_000)]))
  await wire.closed
  t.equal(redis.server.stats.outputBufferDisconnections, 1)
})

t.test('CONFIG RESETSTAT sets the counters back', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('GET', 'nothing')
  await wire.ask('NONSENSE')
  t.equal(await wire.ask('CONFIG', 'RESETSTAT'), '+OK')
  t.equal(redis.server.keyspace.misses, 0)
  t.equal(redis.server.stats.errorReplies, 0)
})

t.test('CONFIG REWRITE keeps comments and order, and quotes what needs it', async t => {
  const file = path.join(t.testdir({}), 'redis.conf')
  const lines = [
    '# mine',
    'timeout 5',
    '',
    '',
    'save 1 1',
    'save 2 2',
    'Maxclients 7',
    'nonsense 1',
  ]
  fs.writeFileSync(file, lines.join('\n'))
  const redis = await startServer({
    configFile: file,
    config: [
      ['timeout', '5'],
      ['save', '1', '1'],
      ['save', '2', '2'],
      ['maxclients', '7'],
    ],
  })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask(
    'CONFIG',
    'SET',
    'save',
    '3 3',
    'requirepass',
    'a "b"\r\nport 1',
    'maxmemory',
    '2mb',
  )
  await wire.ask('AUTH', 'a "b"\r\nport 1')
  t.equal(await wire.ask('CONFIG', 'REWRITE'), '+OK')
  const written = fs.readFileSync(file, 'latin1').split('\n')
  t.strictSame(written.slice(0, 7), [
    '# mine',
    'timeout 5',
    '',
    'save 3 3',
    '',
    'maxclients 7',
    '# ??? nonsense 1',
  ])
  t.equal(written[7], '# Generated by CONFIG REWRITE')
  t.ok(written.includes('requirepass "a \\"b\\"\\r\\nport 1"'))
  t.ok(written.includes('maxmemory 2mb'))
  t.notOk(
    written.some(line => line.startsWith('tcp-keepalive')),
    'defaults are left out',
  )
  t.match(
    written.find(line => line.startsWith('user default')),
    /^user default on .*#[0-9a-f]{64}/,
  )
})

t.test('a soft limit runs out without further traffic', async t => {
  const clock = frozenClock()
  const redis = await startServer({
    clock,
    config: [['client-output-buffer-limit', 'normal', '0', '100kb', '2']],
  })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const { server } = redis
  await wire.ask('PING')
  const [client] = server.clients.values()
  // A peer that has stopped reading, whatever the sockets would have buffered.
  Object.defineProperty(client, 'unsent', { value: 200_000 })
  clock.advance(2_500)
  t.notOk(client?.closed)
  clock.advance(1_500)
  t.ok(client?.closed)
  t.equal(server.stats.outputBufferDisconnections, 1)
})
