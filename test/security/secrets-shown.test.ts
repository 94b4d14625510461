// Requests with secrets, and every place where somebody might see them: recorded calls and what is
// made of them, MONITOR, SLOWLOG, the log, the lab. Well formed or not, run, refused or only asked
// about: none shows any.

import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { type Call, learn, type RunningRedis, startRedis } from '../../src/index.ts'
import { ActivityFeed } from '../../src/lab/activity.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { encode, type Shown, show, Wire } from '../helpers/wire.ts'

const SECRET = /zebra/

const HASH = 'zebra'.padEnd(64, '0')

/** Each request holds the word at least once. */
const REQUESTS: readonly string[] = [
  'AUTH zebra',
  'AUTH default zebra',
  'AUTH nobody zebra',
  'AUTH a b zebra',
  'AUHT ann zebra',
  'HELLO 4 AUTH ann zebra',
  'HELLO x AUTH ann zebra',
  'HELLO AUTH ann zebra',
  'HELLO 3 AUHT ann zebra',
  'HELLO 3 AUTH zebra',
  'HELLO 3 SETNAME a,b AUTH ann zebra',
  'HELLO 3 AUTH nobody zebra SETNAME',
  'HELLO 2 AUTH nobody zebra AUTH nobody zebra',
  'CONFIG SET requirepass zebra oops',
  'CONFIG SET requirepas zebra',
  'CONFIG SET maxmemory requirepass zebra',
  'CONFIG SET masterauth two zebra words',
  'CONFIG SET REQUIREPASS zebra port nonsense',
  'CONFIG SET masteruser zebra tls-key-file-pass zebra tls-client-key-file-pass zebra',
  'CONFIG SET masterauth',
  'CONFIG SETT masterauth zebra',
  'CONFIG SET masterauth zebra',
  'CONFIG GET master*',
  'ACL SETUSER alice on >zebra <zebra',
  `ACL SETUSER alice #${HASH}`,
  `ACL SETUSER alice !${HASH}`,
  'ACL SETUSER alice zebra',
  'ACL SETUSER alice (~a >zebra)',
  'ACL SETUSER alice (~a +get >zebra',
  'ACL SETUSR alice >zebra',
  'ACL DELUSER zebra',
  'ACL GETUSER zebra',
  'ACL GETUSER zebra zebra',
  'ACL DRYRUN default AUTH ann zebra',
  'ACL DRYRUN default AUTH',
  'ACL DRYRUN default HELLO 3 AUTH ann zebra',
  'ACL DRYRUN default HELLO 4 SETNAME AUTH ann zebra',
  'ACL DRYRUN default CONFIG SET requirepass zebra',
  'ACL DRYRUN default AUHT ann zebra',
  'ACL DRYRUN default ACL DRYRUN default AUTH ann zebra',
  'COMMAND GETKEYS AUTH ann zebra',
  'COMMAND GETKEYS ACL SETUSER alice >zebra',
  'COMMAND GETKEYS COMMAND GETKEYSANDFLAGS AUTH ann zebra',
  'COMMAND GETKEYSANDFLAGS MIGRATE h 1 k 0 10 AUTH zebra',
  'MIGRATE 127.0.0.1 1 k 0 10 AUTH zebra',
  'MIGRATE 127.0.0.1 1 k 0 10 COPY AUTH2 ann zebra KEYS a b',
  'MIGRATE 127.0.0.1 1 k 0 10 OOPS AUTH zebra',
  'MIGRATE 127.0.0.1 1 k 0 10 AUTH2 zebra',
  'MIGRATE 127.0.0.1 1 k x 10 AUTH zebra',
  'MIGRATE 127.0.0.1 1 AUTH zebra',
  'ACL LIST',
]

interface Watched {
  readonly redis: RunningRedis
  readonly wire: Wire
  readonly monitor: Wire
  readonly log: string[]
  readonly events: Call[]
}

async function watched(users = {}): Promise<Watched> {
  const log: string[] = []
  const events: Call[] = []
  const redis = await startRedis({
    tls: false,
    mockCommand: true,
    users: { default: 'on nopass ~* &* +@all', ...users },
    log: line => log.push(line),
    config: { loglevel: 'debug', 'slowlog-log-slower-than': 0, 'slowlog-max-len': 1000 },
  })
  redis.on('command', call => events.push(call))
  redis.on('denied', call => events.push(call))
  const monitor = await Wire.connect(redis.port)
  await monitor.ask('MONITOR')
  return { redis, wire: await Wire.connect(redis.port), monitor, log, events }
}

/** What an assertion says that does not hold. */
function complaint(claim: () => void): string {
  try {
    claim()
  } catch (error) {
    return inspect(error, { depth: 9 })
  }
  throw new Error('it holds')
}

/** Every place, by its name, as text. */
async function placesOf({ redis, monitor, log, events }: Watched): Promise<[string, string][]> {
  const observer = await Wire.connect(redis.port)
  const answers: unknown[] = []
  for (const words of [['SLOWLOG', 'GET', '-1'], ['ACL', 'LOG'], ['CLIENT', 'LIST'], ['INFO']]) {
    answers.push(await observer.ask(...words))
  }
  const [slowlog, ...reports] = answers
  const mock = await observer.ask('MOCK', 'CALLS')
  await observer.ask('ECHO', 'the end')
  const lines: Shown[] = []
  do lines.push(show((await monitor.next()).reply))
  while (!String(lines.at(-1)).includes('the end'))
  observer.close()
  const feed = new ActivityFeed(redis)
  const activity: unknown[] = []
  feed.subscribe(event => activity.push(event))()
  const late = await redis.waitFor('GET', 'never', { timeout: 1 }).then(() => '', inspect)
  return [
    ['calls as JSON', JSON.stringify(redis.calls)],
    ['calls inspected', inspect(redis.calls, { depth: 9, maxArrayLength: null })],
    ['calls as text', redis.calls.map(call => `${call} ${call.error} ${call.reply}`).join()],
    ['keys of calls', JSON.stringify(redis.calls.map(({ keys, channels }) => [keys, channels]))],
    ['events', JSON.stringify(events) + inspect(events, { depth: 9, maxArrayLength: null })],
    ['an assertion', complaint(() => redis.expect.onlyCommands(['get']))],
    ['an assertion about errors', complaint(() => redis.expect.noErrors())],
    ['an assertion about calls', complaint(() => redis.expect.called('lolwut'))],
    ['waitFor()', late],
    ['MOCK CALLS', JSON.stringify(mock)],
    ['MONITOR', JSON.stringify(lines)],
    ['SLOWLOG', JSON.stringify(slowlog)],
    ['ACL LOG, CLIENT LIST and INFO', JSON.stringify(reports)],
    ['the log', log.join('\n')],
    ['the activity of the lab', JSON.stringify(activity)],
    ['what was learned', JSON.stringify(learn(redis.calls))],
  ]
}

async function showsNone(t: Test, all: Watched): Promise<void> {
  await all.wire.ask('SET', 'visible', 'plainly')
  await all.wire.ask('NOSUCH', 'zebra')
  const broken = await Wire.connect(all.redis.port)
  broken.write('AUTH "zebra\r\n')
  await broken.closed
  const places = await placesOf(all)
  for (const [place, text] of places) {
    t.not(text, '', place)
    t.notMatch(text.toLowerCase(), SECRET, place)
  }
  for (const place of ['calls as JSON', 'MONITOR', 'SLOWLOG', 'an assertion', 'waitFor()']) {
    t.match(new Map(places).get(place), /plainly/, `${place} shows what is no secret`)
  }
  t.match(new Map(places).get('calls as JSON'), /\(redacted\)/)
}

async function send({ wire }: Watched, request: string): Promise<void> {
  await wire.ask(...request.split(' '))
}

t.test('no place shows a secret', async t => {
  for (const request of REQUESTS) {
    const all = await watched()
    await send(all, 'ACL SETUSER bert >zebra')
    await send(all, request)
    await t.test(request, t => showsNone(t, all))
    close(all)
  }
})

function close({ redis, wire, monitor }: Watched): Promise<void> {
  wire.close()
  monitor.close()
  return redis.close()
}

t.test('nor of all of them together, in MULTI, nor where EXEC repeats the replies', async t => {
  const all = await watched()
  for (const request of ['MULTI', ...REQUESTS, 'EXEC']) await send(all, request)
  for (const request of ['MULTI', 'CONFIG SET masterauth zebra', 'CONFIG GET masterauth', 'EXEC']) {
    await send(all, request)
  }
  await send(all, 'MULTI')
  await send(all, 'ACL SETUSER alice zebra')
  await send(all, 'EXEC')
  await showsNone(t, all)
  await send(all, 'MULTI')
  await send(all, 'GET visible')
  await send(all, 'EXEC')
  t.strictSame(all.redis.callsOf({ command: 'exec' }).at(-1)?.reply, ['plainly'])
  await close(all)
})

t.test('nor where all is refused', async t => {
  const all = await watched({ low: 'on nopass +echo' })
  await all.wire.ask('AUTH', 'low', 'x')
  for (const request of REQUESTS.slice(4)) await send(all, request)
  await all.wire.ask('AUTH', 'default', 'x')
  await showsNone(t, all)
  await close(all)
})

t.test('nor while the server loads, or a client must wait', async t => {
  const all = await watched()
  const other = await Wire.connect(all.redis.port)
  await other.ask('CLIENT', 'PAUSE', '100000', 'ALL')
  all.wire.write('AUTH zebra\r\nMIGRATE 127.0.0.1 1 k 0 10 AUTH zebra\r\n')
  other.close()
  all.redis.clock.advance('5m')
  await all.wire.next()
  await all.wire.next()
  await showsNone(t, all)
  await close(all)
})

t.test('what EXEC and the replies of settings and users show instead', async t => {
  const all = await watched()
  await send(all, 'CONFIG SET masterauth zebra maxmemory 1gb')
  await send(all, 'CONFIG GET masterauth maxmemory')
  await send(all, 'ACL SETUSER ann on >zebra ~a')
  await send(all, 'ACL GETUSER ann')
  await send(all, 'ACL GENPASS')
  await send(all, 'HELLO 3')
  await send(all, 'CONFIG GET masterauth maxmemory')
  const { redis } = all
  const replies = (command: string): unknown[] => redis.callsOf({ command }).map(one => one.reply)
  const [flat, map] = replies('config|get')
  t.strictSame([...(flat as string[])].sort(), [
    '(redacted)',
    '1073741824',
    'masterauth',
    'maxmemory',
  ])
  t.equal((map as Map<string, string>).get('masterauth'), '(redacted)')
  t.equal((map as Map<string, string>).get('maxmemory'), '1073741824')
  t.match(JSON.stringify(replies('acl|getuser')), /"passwords",\["\(redacted\)"\].*"~a"/)
  t.strictSame(replies('acl|genpass'), ['(redacted)'])
  t.strictSame(redis.callsOf({ command: 'config|set' })[0]?.args, [
    'masterauth',
    '(redacted)',
    'maxmemory',
    '1gb',
  ])
  await close(all)
})

t.test('a request about a request about a request ends', async t => {
  const all = await watched()
  const words = Array.from({ length: 30_000 }, () => ['COMMAND', 'GETKEYS']).flat()
  all.wire.write(encode([...words, 'AUTH', 'zebra']))
  await all.wire.next()
  await all.wire.ask('SET', 'visible', 'plainly')
  t.equal(all.redis.callsOf({ command: 'command|getkeys' })[0]?.args.length, 60_000)
  await close(all)
})

// ---- As Redis ----------------------------------------------------------------------------------

/** In the ordinary cases what is hidden is what Redis hides. */
const ORDINARY: readonly string[] = [
  'AUTH one',
  'AUTH two words',
  'HELLO 3',
  'HELLO 2 AUTH ann zebra SETNAME me',
  'HELLO 2 SETNAME me AUTH ann zebra',
  'CONFIG SET maxmemory 0 masterauth zebra masteruser ann requirepass ""',
  'CONFIG GET requirepass',
  'ACL SETUSER ann on >zebra ~a',
  // Older servers show the names of users.
  ...(realIsAtLeast(7, 4) ? ['ACL GETUSER ann', 'ACL DELUSER ann bert'] : []),
  'ACL DRYRUN default GET a',
  'ACL DRYRUN default SET a b',
  'COMMAND GETKEYS SET a b',
  'COMMAND GETKEYSANDFLAGS GET a',
  'MIGRATE 127.0.0.1 1 k 0 10 COPY REPLACE AUTH zebra',
  'MIGRATE 127.0.0.1 1 "" 0 10 AUTH2 ann zebra KEYS a b',
  'SET AUTH zebra',
]

async function shownBy(server: { connect(): Promise<Wire> }): Promise<unknown> {
  const [wire, monitor] = [await server.connect(), await server.connect()]
  await wire.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
  await wire.ask('SLOWLOG', 'RESET')
  await monitor.ask('MONITOR')
  for (const request of ORDINARY) {
    wire.write(`${request}\r\n`)
    await wire.next()
  }
  await wire.ask('ECHO', 'the end')
  const slow = (await wire.ask('SLOWLOG', 'GET', '-1')) as readonly (readonly Shown[])[]
  const lines: string[] = []
  do lines.push(String(show((await monitor.next()).reply)).replace(/^.*?\] /, ''))
  while (!lines.at(-1)?.includes('the end'))
  wire.close()
  monitor.close()
  return { slow: slow.map(entry => entry[3]), lines }
}

t.test(
  'MONITOR and SLOWLOG of ordinary requests are those of Redis',
  {
    skip: NO_REAL_SERVER,
  },
  async t => {
    const ours = await startServer()
    const real = await startReal()
    t.teardown(() => ours.close())
    t.teardown(() => real.close())
    t.strictSame(await shownBy(ours), await shownBy(real))
  },
)
