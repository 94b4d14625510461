// What client libraries send by themselves is told from what the application sends: by the real
// libraries, and by the words of those that are not installed here.

import { once } from 'node:events'
import net from 'node:net'
import { Redis as Ioredis } from 'ioredis'
import { Redis as Iovalkey } from 'iovalkey'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import { type RunningRedis, type StartOptions, startRedis } from '../../src/index.ts'

async function start(t: Test, options: StartOptions = {}): Promise<RunningRedis> {
  const redis = await startRedis(options)
  t.teardown(() => redis.close())
  return redis
}

const LOGIN = { username: 'app', password: 'secret' }
const USERS = { default: 'off', app: 'on >secret ~app:* +get +set +client +hello +ping' }

interface Used {
  get(key: string): Promise<unknown>
  info(): Promise<unknown>
  end(): Promise<unknown>
}

interface Library {
  /** Whether it sends INFO by itself. */
  readonly asksInfo: boolean
  connect(redis: RunningRedis, more: object): Promise<Used>
}

function likeIoredis(make: (options: object) => Ioredis): Library {
  return {
    asksInfo: true,
    async connect(redis, more) {
      const client = make({ ...redis.connectOptions('ioredis', LOGIN), ...more })
      client.on('error', () => {})
      return {
        get: key => client.get(key),
        info: () => client.info(),
        end: () => client.quit(),
      }
    },
  }
}

const NODE_REDIS: Library = {
  asksInfo: false,
  async connect(redis, more) {
    const options = redis.connectOptions('node-redis', LOGIN)
    const client = createClient({ ...options, ...more })
    client.on('error', () => {})
    await client.connect()
    return {
      get: key => client.get(key),
      info: () => client.info(),
      end: () => client.close(),
    }
  },
}

const LIBRARIES: Readonly<Record<string, Library>> = {
  ioredis: likeIoredis(options => new Ioredis(options)),
  iovalkey: likeIoredis(options => new Iovalkey(options) as unknown as Ioredis),
  'node-redis': NODE_REDIS,
}

const warn = console.warn
t.before(() => {
  // ioredis says that it leaves its ready check out.
  console.warn = () => {}
})
t.teardown(() => {
  console.warn = warn
})

for (const [name, { connect, asksInfo }] of Object.entries(LIBRARIES)) {
  for (const [kind, more] of Object.entries({
    'as it is': {},
    RESP2: { RESP: 2 },
    'RESP3, with a name and a database': {
      RESP: 3,
      protocol: 3,
      name: 'me',
      connectionName: 'me',
      database: 2,
      db: 2,
    },
  })) {
    t.test(`${name}, ${kind}`, async t => {
      const users = { default: 'off', app: 'on >secret ~* +@all' }
      const redis = await start(t, { users })
      const client = await connect(redis, more)
      await client.get('app:x')
      redis.expect.onlyCommands(['get'])
      redis.expect.noErrors()

      await client.info()
      t.throws(() => redis.expect.onlyCommands(['get']), /:\n {2}app: INFO$/)
      redis.clearCalls()
      await client.info()
      t.throws(() => redis.expect.onlyCommands(['get']), /INFO/, 'also if all before is forgotten')
      await client.end()
    })
  }

  t.test(`${name}, where it may not do so`, async t => {
    const redis = await start(t, { users: USERS })
    const client = await connect(redis, {})
    await client.get('app:x')
    redis.expect.noErrors()
    t.equal(redis.callsOf({ command: 'info' }).length, asksInfo ? 1 : 0)
    await t.rejects(client.info(), /NOPERM/)
    t.throws(() => redis.expect.noErrors(), /INFO -> NOPERM/)
    await client.end()
  })
}

t.test('a connection that is being made while all is forgotten', async t => {
  const redis = await start(t)
  const client = new Ioredis(redis.connectOptions('ioredis'))
  t.teardown(() => client.disconnect())
  await redis.waitFor('client|setinfo')
  redis.reset()
  await client.get('k')
  redis.expect.onlyCommands(['get'])
  redis.expect.noErrors()
})

t.test('a server that is loading is asked again', async t => {
  const redis = await start(t)
  const reply = 'loading:1\r\nloading_eta_seconds:0'
  redis.fault({ command: 'info', reply, times: 2 })
  const options = { maxLoadingRetryTime: 1, ...redis.connectOptions('ioredis') }
  const client = new Ioredis(options)
  t.teardown(() => client.disconnect())
  await client.get('k')
  t.equal(redis.callsOf({ command: 'info' }).length, 3)
  redis.expect.onlyCommands(['get'])
})

// ---- By their words ------------------------------------------------------------------------------

/** Sends each line and waits for its reply. */
async function say(redis: RunningRedis, lines: readonly string[]): Promise<void> {
  const socket = net.connect(redis.port)
  for (const line of lines) {
    socket.write(`${line}\r\n`)
    await once(socket, 'data')
  }
  socket.destroy()
}

function named(library: string, version: string): string[] {
  return [`CLIENT SETINFO LIB-NAME ${library}`, `CLIENT SETINFO LIB-VER ${version}`]
}

/** What is sent, and what of it is the application's. */
const SESSIONS: readonly (readonly [what: string, lines: readonly string[], own: RegExp | null])[] =
  [
    ['an unknown client', ['HELLO 3', 'SELECT 1', 'INFO', 'PING', 'GET k', 'QUIT'], null],
    ['its second INFO', ['INFO', 'INFO'], /default: INFO/],
    ['its INFO after a command', ['GET k', 'INFO'], /default: INFO/],
    ['a section of INFO', ['INFO keyspace'], /INFO "keyspace"/],
    ['SELECT after a command', ['GET k', 'SELECT 1'], /SELECT "1"/],
    ['CLIENT LIST', ['CLIENT LIST'], /CLIENT LIST/],
    ['INFO of a library that does not send it', [...named('redis-py', '7.0.0'), 'INFO'], /INFO/],
    [
      'redis-py, which names itself late',
      [
        'HELLO 3',
        'CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip',
        ...named('redis-py(some)', '7.0.0'),
        'SELECT 1',
        'GET k',
        'PING redis-py-health-check',
      ],
      null,
    ],
    [
      'a library before it knew of it',
      [
        ...named('node-redis', '4.7.1'),
        'CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip',
      ],
      /MAINT_NOTIFICATIONS/i,
    ],
    [
      'other words of it',
      [...named('node-redis', '6.3.1'), 'CLIENT MAINT_NOTIFICATIONS OFF'],
      /MAINT_NOTIFICATIONS/,
    ],
    [
      'it again later',
      [
        ...named('node-redis', '6.3.1'),
        'GET k',
        'CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type internal-ip',
      ],
      /MAINT_NOTIFICATIONS/i,
    ],
    [
      'StackExchange.Redis',
      [
        'HELLO 3',
        'CLIENT SETNAME me',
        ...named('SE.Redis', '2.8.31'),
        'CLIENT ID',
        'CONFIG GET replica-read-only',
        'CONFIG GET databases',
        'INFO replication',
        'INFO server',
        'SENTINEL MASTERS',
        'CLUSTER NODES',
        'GET __Booksleeve_TieBreak',
        'ECHO abc',
        'GET k',
        'INFO replication',
      ],
      null,
    ],
    ['redis-cli', ['COMMAND DOCS', 'GET k'], null],
    ['go-redis', ['HELLO 3', ...named('go-redis(,go1.24)', '9.17.0'), 'GET k'], null],
    ['the same commands from it', [...named('go-redis', '9.17.0'), 'COMMAND DOCS'], /COMMAND DOCS/],
    ['credentials renewed', [...named('node-redis', '6.3.1'), 'GET k', 'AUTH default x'], null],
    ['another login of ioredis', [...named('ioredis', '6.0.0'), 'GET k', 'AUTH default x'], /AUTH/],
    ['in a transaction', ['MULTI', 'INFO', 'EXEC'], /INFO/],
  ]

t.test('by their words', async t => {
  for (const [what, lines, own] of SESSIONS) {
    const redis = await start(t, { tls: false })
    await say(redis, lines)
    const only = (): void => redis.expect.onlyCommands(['get'])
    if (own === null) t.doesNotThrow(only, what)
    else t.throws(only, own, what)
  }
})

t.test('what libraries need not be granted', async t => {
  const probe = 'CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none'
  const redis = await start(t, { tls: false })
  await say(redis, [...named('node-redis', '6.3.1'), probe, 'GET k'])
  redis.expect.noErrors()
  await say(redis, [...named('node-redis', '6.3.1'), 'GET k', probe])
  t.throws(() => redis.expect.noErrors(), /MAINT_NOTIFICATIONS/)
  redis.clearCalls()
  await say(redis, ['AUTH nobody wrong'])
  t.throws(() => redis.expect.noErrors(), /WRONGPASS/)
})
