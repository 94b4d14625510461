// What the library is given at its door: unknown names are refused with what was meant, an error of
// a start says what is wrong and where, and nobody is let in unawares.

import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { PARAMETERS } from '../../src/host/config/parameters.ts'
import {
  type CallFilter,
  createAuthority,
  type FaultEffect,
  type FaultOptions,
  type Login,
  type RedisEvents,
  type RunningRedis,
  type SettingName,
  StartError,
  type StartOptions,
  startRedis,
  type WaitOptions,
} from '../../src/index.ts'
import type { EVENTS, FAULT, FILTER, LOGIN, WAIT } from '../../src/testing/shapes.ts'
import { suggest } from '../../src/util/suggest.ts'

/** As it comes from JavaScript, where nobody looks at types. */
type Untyped = (options?: unknown) => Promise<RunningRedis>
const start = startRedis as Untyped

async function failure(options: unknown): Promise<StartError> {
  try {
    const redis = await start(options)
    await redis.close()
  } catch (error) {
    if (error instanceof StartError) return error
    throw error
  }
  throw new Error(`started with ${inspect(options)}`)
}

async function running(t: Test, options?: unknown): Promise<RunningRedis> {
  const redis = await start(options)
  t.teardown(() => redis.close())
  return redis
}

const { message: NOTHING } = new Error()

// ---- Names ---------------------------------------------------------------------------------------

t.test('the nearest word is suggested, if it is near', t => {
  const known = ['requirepass', 'users', 'port', 'get', 'set', 'getset']
  for (const [word, meant] of [
    ['requirePass', 'requirepass'],
    ['requirepas', 'requirepass'],
    ['user', 'users'],
    ['prot', 'port'],
    ['gett', 'get'],
    ['GET', 'get'],
    ['x', undefined],
    ['', undefined],
    ['entirely', undefined],
  ] as const) {
    t.equal(suggest(word, known), meant, word)
  }
  t.end()
})

const START_NAMES: readonly (readonly [options: unknown, option: string, message: RegExp])[] = [
  [{ requirePass: 'x' }, 'requirePass', /no option 'requirePass'; did you mean 'requirepass'/],
  [{ user: { a: 'on' } }, 'user', /did you mean 'users'/],
  [{ tls: { authClient: 'no' } }, 'tls.authClient', /did you mean 'authClients'/],
  [{ tls: { authClients: 'non' } }, 'tls.authClients', /did you mean 'no'/],
  [{ tls: { authClients: 'never' } }, 'tls.authClients', /must be 'yes' or 'no' or 'optional'/],
  [{ tls: { passphrase: 'x' } }, 'tls.passphrase', /tls-key-file-pass/],
  [{ tls: { profile: 'expird' } }, 'tls.profile', /Did you mean 'expired'/],
  [{ cert: 'x' }, 'cert', /below tls/],
  [{ maxmemory: '1mb' }, 'maxmemory', /config: \{ 'maxmemory'/],
  [{ config: { maxmemry: '1mb' } }, 'config.maxmemry', /did you mean 'maxmemory'/],
  [{ config: { maxmemoryPolicy: 'noeviction' } }, 'config.maxmemoryPolicy', /'maxmemory-policy'/],
]

t.test('an option that there is not is refused with what was meant', async t => {
  for (const [options, option, message] of START_NAMES) {
    const error = await failure(options)
    t.match(error.message, message)
    t.match(error.code, /^ERR_OPTION_(UNKNOWN|VALUE)$/, option)
    t.equal(error.option, option)
    t.ok(error.cause instanceof Error, option)
  }
  const inThread = await failure({ thread: true, requirePass: 'x' })
  t.match(inThread, { code: 'ERR_OPTION_UNKNOWN', option: 'requirePass' })
})

t.test('what was given as undefined was not given', async t => {
  const redis = await running(t, {
    port: undefined,
    users: { ann: undefined },
    tls: { cert: undefined },
    config: { maxmemory: undefined },
  })
  t.match(redis.url, /^rediss:/)
  const fault = redis.fault({ command: 'get', error: 'X', reply: undefined } as never)
  t.equal(fault.fired, 0)
})

t.test('a fault has names and values that there are', async t => {
  const redis = await running(t)
  const fault = redis.fault.bind(redis) as unknown as (options: unknown) => unknown
  for (const [options, message] of [
    [{ comand: 'get', error: 'X' }, /no option 'comand'; did you mean 'command'/],
    [{ command: 'gett', error: 'X' }, /no command 'gett'; did you mean 'get'/],
    [{ command: ['get', 'acl setusr'], error: 'X' }, /did you mean 'acl setuser'/],
    [{ command: 'get', drop: 'sometime' }, /drop must be 'before' or 'after' or 'replied'/],
    [{ command: 'get', drop: 'befor' }, /did you mean 'before'/],
    [{ command: 'get', hang: false }, /hang must be true/],
    [{ command: 'get', slice: 0 }, /slice must be a whole number, 1 or more/],
    [{ command: 'get', delay: '5 minutes' }, /delay must be a duration.*'5 minutes'/],
    [{ command: 'get', error: ' ' }, /error must be the text of an error/],
    [{ command: 'get', times: '2', error: 'X' }, /times must be/],
    [{ command: 'get' }, /one effect of .*: none is given/],
    [{ error: 'X', reply: 'y' }, /error and reply are given/],
  ] as const) {
    t.throws(() => fault(options), { name: 'TypeError', message })
  }
  t.throws(() => fault(undefined), { name: 'TypeError' })
  redis.fault({ command: ['GET', 'acl setuser', 'ACL|WHOAMI'], error: 'X', times: Infinity })
  const inThread = await startRedis({ thread: true })
  t.teardown(() => inThread.close())
  await t.rejects(inThread.fault({ command: 'gett', error: 'X' }), /did you mean 'get'/)
  await t.rejects(inThread.on('deny' as 'denied', NOTHING as never), /no event 'deny'/)
  await t.rejects(inThread.waitFor('gett'), /did you mean 'get'/)
  await t.rejects(inThread.callsOf({ comand: 'get' } as CallFilter), /did you mean 'command'/)
})

t.test('events, commands and clients are those that there are', async t => {
  const redis = await running(t, { tls: false })
  const type = { name: 'TypeError' }
  t.throws(() => redis.on('deny' as 'denied', () => {}), { ...type, message: /'deny'.*denied/ })
  t.throws(() => redis.off('comand' as 'command', () => {}), /did you mean 'command'/)
  t.throws(() => redis.expect.onlyCommands(['sett']), { ...type, message: /did you mean 'set'/ })
  t.throws(() => redis.expect.onlyCommands('set' as never), /takes a list of commands/)
  t.throws(() => redis.expect.called('gett'), { ...type, message: /did you mean 'get'/ })
  t.throws(() => redis.expect.notCalled('gett'), { ...type, message: /did you mean 'get'/ })
  t.throws(() => redis.callsOf({ comand: 'get' } as CallFilter), /did you mean 'command'/)
  await t.rejects(redis.waitFor('gett'), { ...type, message: /did you mean 'get'/ })
  await t.rejects(redis.waitFor('get', { timeout: '1s' } as never), /key must be a text/)
  await t.rejects(redis.waitFor('get', 'k', { timout: '1s' } as WaitOptions), /'timeout'/)
  t.throws(() => redis.connectOptions('nope' as 'jedis'), { ...type, message: /ioredis, iovalkey/ })
  t.throws(() => redis.connectOptions('ioredi' as 'jedis'), /did you mean 'ioredis'/)
  t.throws(() => redis.connectOptions('jedis', { user: 'a' } as Login), /no option 'login.user'/)
  t.throws(() => redis.env({ pasword: 'a' } as Login), /did you mean 'password'/)
})

t.test('commands that Redis lacks are calls as soon as a client has sent them', async t => {
  const redis = await running(t, { tls: false })
  t.throws(() => redis.callsOf({ command: 'json.set' }), /knows no command 'json.set'/)
  const socket = net.connect(redis.port, redis.host)
  socket.end('JSON.SET a $ 1\r\nQUIT\r\n').resume()
  await once(socket, 'close')
  t.equal(redis.callsOf({ command: 'JSON.SET' }).length, 1)
  redis.expect.called('json.set', 1)
})

// ---- Values --------------------------------------------------------------------------------------

t.test('a value that does not fit is told with its option', async t => {
  const values: readonly (readonly [unknown, string, RegExp])[] = [
    [{ port: 99999 }, 'port', /port must be a whole number, 0 to 65535, not 99999/],
    [{ port: '6379' }, 'port', /not '6379'/],
    [{ users: { a: 5 } }, 'users.a', /users\.a must be ACL rules.*not 5/],
    [{ users: [] }, 'users', /users must be an object.*not an array/],
    [{ users: new Map() }, 'users', /not a Map/],
    [{ users: { a: 'on +nosuch' } }, 'users.a', /users\.a: .*\+nosuch/],
    [{ config: { maxmemory: 'lots' } }, 'config.maxmemory', /config\.maxmemory 'lots': argument/],
    [{ config: { port: 99999 } }, 'config.port', /config\.port '99999': argument must be between/],
    [{ config: { maxmemory: {} } }, 'config.maxmemory', /must be a text, a number/],
    [{ config: { save: '1 2 3' } }, 'config.save', /config\.save '1 2 3'/],
    [
      { config: { 'tls-ciphers': 'NONE' } },
      'config.tls-ciphers',
      /Failed to configure ciphers: NONE/,
    ],
    [{ config: { 'tls-protocols': 'SSL' } }, 'config.tls-protocols', /Invalid tls-protocols/],
    [{ requirepass: 5 }, 'requirepass', /requirepass must be a text/],
    [{ mockCommand: 'yes' }, 'mockCommand', /must be true or false/],
    [{ log: 'file' }, 'log', /must be a function/],
    [{ tls: 'yes' }, 'tls', /tls must be true, false or an object/],
    [null, '', /takes an object of options, not null/],
    [{ aclfile: '/nowhere/users.acl' }, 'aclfile', /users\.acl.*No such file/],
    [{ aclfile: '/nowhere/a', users: { a: 'on' } }, 'aclfile', /both/],
  ]
  for (const [options, option, message] of values) {
    const error = await failure(options)
    t.match(error.message, message)
    t.equal(error.option, option)
    t.ok(error.code.length > 3, error.code)
  }
})

t.test('no secret is in an error', async t => {
  for (const options of [
    { requirepass: ['zebra'] },
    { config: { masterauth: ['zebra', 'two'] } },
    { config: { requirepas: 'zebra' } },
    { tls: { key: 'zebra' } },
    { tls: { cert: '-----BEGIN CERTIFICATE-----\nzebra', key: 'zebra' } },
  ]) {
    t.notMatch(inspect(await failure(options)), /zebra/)
  }
})

t.test('a port in use, an address that is not there', async t => {
  const other = net.createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as net.AddressInfo
  for (const tls of [false, true]) {
    const error = await failure({ tls, port })
    t.match(error, { code: 'EADDRINUSE', option: 'port', cause: Error })
    t.match(error.message, new RegExp(`127.0.0.1:${port}: bind: Address already in use`))
  }
  t.match(await failure({ config: { bind: '192.0.2.1' } }), {
    code: 'EADDRNOTAVAIL',
    option: 'config.bind',
    message: /192\.0\.2\.1/,
  })
  t.match(await failure({ unixsocket: '/nowhere/redis.sock' }), { message: /unix/i, cause: Error })
})

// ---- Certificates --------------------------------------------------------------------------------

const root = await createAuthority()
const [server, other, client] = await Promise.all([
  root.server(['localhost', '127.0.0.1', '::1']),
  root.server(['localhost']),
  root.client('app'),
])

/** What clients send and get, with the options for ioredis. */
async function ping(redis: RunningRedis): Promise<string> {
  const { Redis } = await import('ioredis')
  const client = new Redis({ ...redis.connectOptions('ioredis'), retryStrategy: () => null })
  client.on('error', () => {})
  try {
    return await client.ping()
  } finally {
    client.disconnect()
  }
}

t.test('certificates are taken as texts, bytes, lists and files', async t => {
  const folder = t.testdir({
    'server.crt': server.cert,
    'server.key': server.key,
    'ca.crt': root.cert,
    'client.crt': client.cert,
    'client.key': client.key,
  })
  const file = (name: string): string => path.join(folder, name)
  const bytes = (name: string): Buffer => fs.readFileSync(file(name))
  for (const tls of [
    {
      cert: server.cert,
      key: server.key,
      ca: root.cert,
      clientCert: client.cert,
      clientKey: client.key,
    },
    {
      cert: bytes('server.crt'),
      key: new Uint8Array(bytes('server.key')),
      ca: [bytes('ca.crt')],
      clientCert: bytes('client.crt'),
      clientKey: [client.key],
    },
    {
      certFile: file('server.crt'),
      keyFile: file('server.key'),
      caFile: file('ca.crt'),
      clientCertFile: file('client.crt'),
      clientKeyFile: path.relative('', file('client.key')),
      serverCaFile: file('ca.crt'),
      authClients: true,
    },
  ] as const) {
    t.equal(await ping(await running(t, { tls })), 'PONG')
  }
  const free = await running(t, { tls: { authClients: false } })
  t.equal(free.server.settings['tls-auth-clients'], 'no')
  t.match(await failure({ tls: { cert: file('server.crt'), key: server.key } }), {
    option: 'tls.cert',
    message: /is a path: .*tls\.certFile/,
  })
  t.match(await failure({ tls: { ca: 'ca.pem' } }), { option: 'tls.ca', message: /tls\.caFile/ })
  t.match(await failure({ tls: { caFile: file('none.crt') } }), {
    code: 'ENOENT',
    option: 'tls.caFile',
    message: /none\.crt: No such file/,
  })
})

t.test('certificates that cannot be right are told', async t => {
  const { cert, key } = server
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  const values: readonly (readonly [unknown, string, string, RegExp])[] = [
    [{ cert, key: other.key }, 'ERR_TLS_KEY', 'tls.key', /tls\.key.*mismatch.*another certificate/],
    [{ cert: broken, key }, 'ERR_TLS_CERTIFICATE', 'tls.cert', /load certificate: tls\.cert/],
    [{ cert: key, key }, 'ERR_TLS_CERTIFICATE', 'tls.cert', /no start line/],
    [{ cert, key: cert }, 'ERR_OPTION_VALUE', 'tls.key', /holds no private key/],
    [{ ca: broken }, 'ERR_TLS_CA', 'tls.ca', /CA/],
    [{ ca: 'PEM' }, 'ERR_OPTION_VALUE', 'tls.ca', /no -----BEGIN/],
    [{ ca: 5 }, 'ERR_OPTION_VALUE', 'tls.ca', /PEM.*not 5/],
    [{ cert, key: [key, key] }, 'ERR_OPTION_VALUE', 'tls.key', /one key, not 2/],
    [{ cert }, 'ERR_OPTION_CONFLICT', 'tls.key', /tls\.cert goes with tls\.key/],
    [{ clientKey: key }, 'ERR_OPTION_CONFLICT', 'tls.clientCert', /goes with tls\.clientCert/],
    [{ cert, certFile: 'a', key }, 'ERR_OPTION_CONFLICT', 'tls.cert', /give one/],
    [{ clientCert: cert, clientKey: other.key }, 'ERR_TLS_KEY', 'tls.clientKey', /is not the key/],
    [{ serverCa: broken }, 'ERR_TLS_CERTIFICATE', 'tls.serverCa', /no certificate that can be/],
    [{ profile: 'valid', cert, key }, 'ERR_OPTION_CONFLICT', 'tls.cert', /tls\.profile brings/],
    [{ profile: 'valid', caFile: 'ca' }, 'ERR_OPTION_CONFLICT', 'tls.caFile', /tls\.profile/],
  ]
  for (const [tls, code, option, message] of values) {
    const error = await failure({ tls })
    t.match(error, { code, option, message })
    t.notMatch(error.message, /Check logs|\(memory\)/)
  }
})

// ---- Where it listens ----------------------------------------------------------------------------

t.test('what is listened at is what is said', async t => {
  const hasIpv6 = await listensAt('::1')
  for (const [bind, host, url] of [
    ['127.0.0.1', '127.0.0.1', 'rediss://127.0.0.1'],
    ['0.0.0.0', '127.0.0.1', 'rediss://127.0.0.1'],
    ['*', '127.0.0.1', 'rediss://127.0.0.1'],
    [['127.0.0.2', '127.0.0.1'], '127.0.0.2', 'rediss://127.0.0.2'],
    ['-192.0.2.1 127.0.0.3'.split(' '), '127.0.0.3', 'rediss://127.0.0.3'],
    ...(hasIpv6
      ? ([
          ['::1', '::1', 'rediss://[::1]'],
          ['::', '::1', 'rediss://[::1]'],
          [['::1', '127.0.0.1'], '::1', 'rediss://[::1]'],
        ] as const)
      : []),
  ] as const) {
    const redis = await running(t, { config: { bind } })
    t.equal(redis.host, host)
    t.equal(redis.url, `${url}:${redis.port}`)
    t.equal(redis.env().REDIS_URL, redis.url)
    t.equal(redis.env().REDIS_HOST, host)
    t.match(redis.connectOptions('ioredis'), { host, port: redis.port })
    const socket = net.connect(redis.port, redis.host)
    await once(socket, 'connect')
    socket.destroy()
  }
  if (!hasIpv6) return
  const redis = await running(t, { config: { bind: '::1' } })
  t.equal(await ping(redis), 'PONG')
  t.match(redis.connectOptions('go-redis'), `Addr: "[::1]:${redis.port}"`)
})

async function listensAt(host: string): Promise<boolean> {
  const server = net.createServer()
  const opened = once(server.listen(0, host), 'listening')
  return opened.then(
    () => {
      server.close()
      return true
    },
    () => false,
  )
}

// ---- Types ---------------------------------------------------------------------------------------

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Keys<T> = T extends unknown ? keyof T : never

t.test('the tables have the names that the types have', t => {
  const isFault: Same<
    keyof typeof FAULT | keyof CallFilter,
    Keys<FaultOptions & FaultEffect>
  > = true
  const isFilter: Same<keyof typeof FILTER | 'command', keyof CallFilter> = true
  const isEvent: Same<(typeof EVENTS)[number], keyof RedisEvents> = true
  const isLogin: Same<keyof typeof LOGIN, keyof Login> = true
  const isWait: Same<keyof typeof WAIT, keyof WaitOptions> = true
  t.ok([isFault, isFilter, isEvent, isLogin, isWait].every(Boolean))
  t.end()
})

t.test('every name of a setting has a type', async t => {
  const names = Object.entries(PARAMETERS).flatMap(([name, { flags }]) =>
    flags.alias === undefined ? name : [name, flags.alias],
  )
  const text = fs.readFileSync(
    new URL('../../src/testing/start-options.ts', import.meta.url),
    'utf8',
  )
  const old = names.filter(name => !(name in PARAMETERS))
  t.strictSame(
    old.filter(name => !text.includes(`| '${name}'`)),
    [],
  )
  const options: Record<string, string> = { hz: '100' }
  const config: StartOptions['config'] = options
  const setting: SettingName = 'maxmemory'
  t.ok(config && setting)
})

// ---- Data ----------------------------------------------------------------------------------------

t.test('seed() refuses what Redis cannot store, with its path', async t => {
  const redis = await running(t, { tls: false })
  const seed = redis.seed.bind(redis) as (data: unknown) => void
  for (const [data, message] of [
    [{ a: { b: { c: 1 } } }, /: a\.b is an object: Redis stores texts and numbers/],
    [{ a: { b: [1] } }, /: a\.b is an array/],
    [{ a: [['x']] }, /: a\[0\] is an array/],
    [{ a: ['x', null] }, /: a\[1\] is null/],
    [{ a: new Date(0) }, /: a is a Date/],
    [{ a: { at: new Date(0) } }, /: a\.at is a Date/],
    [{ a: new Map([['f', {}]]) }, /: a\.f is an object/],
    [{ a: new Set([{}]) }, /: a\[0\] is an object/],
    [{ a: Buffer.from('x') }, /: a is a Buffer/],
    [{ a: true }, /: a is a boolean/],
    [{ a: null }, /: a is null/],
    [{ a: undefined }, /: a is undefined/],
    [{ a: Number.NaN }, /: a is NaN/],
    [{ a: [] }, /: a is empty: Redis has no empty list/],
    [{ a: {} }, /: a is empty: Redis has no empty hash/],
    [{ a: { $zset: {} } }, /: a is empty: Redis has no empty zset/],
    [{ a: { $zset: { m: '1' } } }, /: a\.\$zset\.m is a string: a score is a number/],
    [{ a: { $lst: ['x'] } }, /: a\.\$lst is no type; did you mean '\$list'/],
    [{ a: { $list: ['x'], $set: ['x'] } }, /: a names one of/],
    [{ a: { $list: 'x' } }, /: a\.\$list is a string: it takes an array/],
    [{ a: { $list: ['x'], $expires: '5 minutes' } }, /: a\.\$expires is no duration/],
    [{ a: { $stream: [{ id: 'x', fields: { f: 'v' } }] } }, /: a\.\$stream\[0\]\.id/],
    [{ a: { $stream: [{ id: '1-1', fields: { f: {} } }] } }, /: a\.\$stream\[0\]\.fields/],
    [[], /takes an object of keys, not an array/],
    [null, /takes an object of keys, not null/],
  ] as const) {
    t.throws(() => seed(data), { name: 'TypeError', message }, String(message))
  }
  t.strictSame(redis.db().keys(), [])
  seed({
    empty: { $stream: [] },
    none: '',
    map: new Map([['f', 1]]),
    set: { $set: 'ab'.split('') },
  })
  t.strictSame(redis.db().keys(), ['empty', 'map', 'none', 'set'])
})

t.test('durations', async t => {
  const redis = await running(t, { tls: false })
  redis.clock.freeze(0)
  for (const [duration, ms] of [
    [1500, 1500],
    ['1500', 1500],
    ['0', 0],
    ['250ms', 250],
    ['29m59s', 1_799_000],
    ['1h30m', 5_400_000],
    [' 1h 30m ', 5_400_000],
    ['1.5h', 5_400_000],
    ['1w', 604_800_000],
    ['1d12h', 129_600_000],
  ] as const) {
    redis.clock.set(0)
    redis.clock.advance(duration)
    t.equal(redis.clock.now(), ms, String(duration))
  }
  for (const wrong of ['', 'h', '5 minutes', '1h-30m', '-1s', '1,5h', 'PT5M', -1, Infinity, null]) {
    t.throws(() => redis.clock.advance(wrong as string), /Not a duration/, String(wrong))
  }
})

// ---- Logins --------------------------------------------------------------------------------------

/** Who a client is that connects with these options, or the error. */
async function whoIs(redis: RunningRedis, login?: Login | false): Promise<string> {
  const { Redis } = await import('ioredis')
  const options = redis.connectOptions('ioredis', login)
  const client = new Redis({ ...options, retryStrategy: () => null, enableReadyCheck: false })
  client.on('error', () => {})
  try {
    return String(await client.call('ACL', 'WHOAMI'))
  } catch (error) {
    return String(error)
  } finally {
    client.disconnect()
  }
}

t.test('users leave no open default user, and clients log in', async t => {
  const ALL = '~* &* +@all'
  const NOAUTH = /NOAUTH/
  for (const [options, login, who] of [
    [{}, undefined, 'default'],
    [{ users: { ann: `on >pw ${ALL}` } }, undefined, 'ann'],
    [{ users: { ann: `on >pw ${ALL}` } }, false, NOAUTH],
    [{ users: { ann: `on nopass ${ALL}` } }, undefined, 'ann'],
    [{ users: { ann: ['on', '>old', '>my pw', '<old', ...ALL.split(' ')] } }, undefined, 'ann'],
    [{ users: { ann: `>pw ${ALL}` } }, undefined, NOAUTH],
    [{ users: { ann: `on >pw ${ALL}`, bob: 'on >b +@all' } }, undefined, NOAUTH],
    [{ users: { ann: `on >pw ${ALL}`, bob: 'on >b +@all' } }, { username: 'bob' }, 'bob'],
    [{ users: { ann: `on >pw ${ALL}`, bob: 'off >b +@all' } }, undefined, 'ann'],
    [
      { users: { ann: `on >pw ${ALL}` } },
      { username: 'ann', password: 'wrong' },
      /WRONGPASS|NOAUTH/,
    ],
    [{ users: { ann: `on >pw ${ALL}`, default: 'on nopass ~* &* +@all' } }, undefined, 'default'],
    [{ users: { ann: `on >pw ${ALL}`, default: 'off' } }, undefined, 'ann'],
    [{ users: {} }, undefined, NOAUTH],
    [{ requirepass: 'pw' }, undefined, 'default'],
    [{ requirepass: 'pw' }, false, NOAUTH],
    [{ requirepass: 'pw', users: { ann: `on >a ${ALL}` } }, { username: 'ann' }, 'ann'],
    [{ requirepass: 'pw', users: { ann: `on >a ${ALL}` } }, { password: 'pw' }, 'default'],
  ] as const) {
    const redis = await running(t, { tls: false, ...options })
    t.match(await whoIs(redis, login), who, inspect([options, login]))
  }
  const one = await running(t, { users: { ann: `on >p@w ${ALL}` } })
  t.match(one.env(), { REDIS_USERNAME: 'ann', REDIS_PASSWORD: 'p@w', REDIS_URL: /:\/\/ann:p%40w@/ })
  t.equal(one.env(false).REDIS_URL, one.url)
  const copy = await one.fork()
  t.teardown(() => copy.close())
  t.equal(await whoIs(copy), 'ann')
})

t.test('a client that cannot show a certificate is told so', async t => {
  const strict = await running(t)
  t.throws(() => strict.connectOptions('valkey-glide'), {
    name: 'TypeError',
    message: /valkey-glide has no option for a client certificate.*authClients: 'optional'/,
  })
  for (const options of [
    { tls: { authClients: 'optional' } },
    { config: { 'tls-auth-clients': 'no' } },
  ]) {
    const redis = await running(t, options)
    t.strictSame(redis.connectOptions('valkey-glide'), {
      addresses: [{ host: '127.0.0.1', port: redis.port }],
      useTLS: true,
      advancedConfiguration: { tlsAdvancedConfiguration: { rootCertificates: redis.tls?.ca } },
    })
  }
})

// ---- What is printed -----------------------------------------------------------------------------

t.test('a server and a call are printed in a line', async t => {
  const redis = await running(t, { tls: false, users: { ann: 'on >pw ~* +@all' } })
  t.equal(await whoIs(redis), 'ann')
  t.match(inspect(redis), /^RunningRedis <redis:.*> \{ clients: \d, keys: 0, calls: \d \}$/)
  t.equal(`${redis}`, redis.url)
  const [call] = redis.callsOf({ command: 'acl whoami' })
  t.equal(String(call), 'ann: ACL WHOAMI')
  t.throws(() => redis.expect.called('get'), {
    message: /^Expected GET to be called at least once, but it was never:\n {2}ann: /,
  })
  t.throws(() => redis.expect.called('acl whoami', 2), {
    message: /called 2 times, but it was once/,
  })
  redis.clearCalls()
  t.throws(() => redis.expect.called('get', 1), {
    message: /^Expected GET to be called once, but it was never$/,
  })
})
