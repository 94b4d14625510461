import t from 'tap'
import { frozenClock } from '../helpers/clock.ts'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import type { Wire } from '../helpers/wire.ts'

const DEBUG = { config: [['enable-debug-command', 'yes']] }
/** "hello", as every version up to 7.4 takes it: version 10 of the format. */
const HELLO = '\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a'

async function payloadOf(wire: Wire, key: string): Promise<string> {
  return String(await wire.ask('DUMP', key)).slice(1)
}

/** Lets sockets have their events. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function portOf({ port }: TestServer): string {
  return String(port)
}

transcript(t, 'RESTORE says what is wrong, in an order', [
  ['DUMP none', '(nil)'],
  ['RESTORE k -1 x', '-ERR Invalid TTL value, must be >= 0'],
  ['RESTORE k abc x', '-ERR value is not an integer or out of range'],
  ['RESTORE k 0 x', '-ERR DUMP payload version or checksum are wrong'],
  ['RESTORE k 0 0123456789', '-ERR DUMP payload version or checksum are wrong'],
  ['RESTORE k -1 x WHAT', '-ERR syntax error'],
  ['RESTORE k 0 x IDLETIME', '-ERR syntax error'],
  ['RESTORE k 0 x IDLETIME -1', '-ERR Invalid IDLETIME value, must be >= 0'],
  ['RESTORE k 0 x IDLETIME x', '-ERR value is not an integer or out of range'],
  ['RESTORE k 0 x FREQ -1', '-ERR Invalid FREQ value, must be >= 0 and <= 255'],
  ['RESTORE k 0 x FREQ 256', '-ERR Invalid FREQ value, must be >= 0 and <= 255'],
  ['RESTORE k 0 x FREQ 1 IDLETIME 1', '-ERR syntax error'],
  ['RESTORE k 0 x IDLETIME 1 FREQ 1', '-ERR syntax error'],
  ['SET k v', '+OK'],
  ['RESTORE k -1 x', '-BUSYKEY Target key name already exists.'],
  ['RESTORE k -1 x REPLACE', '-ERR Invalid TTL value, must be >= 0'],
  ['RESTORE k 0 x REPLACE', '-ERR DUMP payload version or checksum are wrong'],
  ['GET k', '$v'],
  ['DUMP', "-ERR wrong number of arguments for 'dump' command"],
])

transcript(t, 'RESTORE makes the key, with its time to live', [
  [['RESTORE', 'k', '0', HELLO], '+OK'],
  ['GET k', '$hello'],
  ['TTL k', ':-1'],
  [['RESTORE', 'k', '0', HELLO], '-BUSYKEY Target key name already exists.'],
  [['RESTORE', 'k', '5000000', HELLO, 'REPLACE'], '+OK'],
  ['TTL k', ':5000'],
  [['RESTORE', 'k', '2000000000000', HELLO, 'REPLACE', 'ABSTTL'], '+OK'],
  ['PEXPIRETIME k', ':2000000000000'],
  [['RESTORE', 'k', '0', HELLO, 'REPLACE', 'ABSTTL'], '+OK'],
  ['TTL k', ':-1'],
  [['RESTORE', 'k', '1', HELLO, 'REPLACE', 'ABSTTL'], '+OK'],
  ['EXISTS k', ':0'],
  [['RESTORE', 'k', '0', HELLO, 'IDLETIME', '1000'], '+OK'],
  ['OBJECT IDLETIME k', ':1000', 'shape'],
  ['CONFIG SET maxmemory-policy allkeys-lfu', '+OK'],
  [['RESTORE', 'k', '0', HELLO, 'FREQ', '100', 'REPLACE'], '+OK'],
  ['OBJECT FREQ k', ':100'],
  ['CONFIG SET maxmemory-policy noeviction', '+OK'],
  [['RESTORE-ASKING', 'a', '0', HELLO], '+OK'],
  ['GET a', '$hello'],
])

t.test('RESTORE tells what it does', async t => {
  const redis = await startServer({ config: [['notify-keyspace-events', 'EA']] })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const listener = await redis.connect()
  await listener.ask('PSUBSCRIBE', '__key*__:*')
  await wire.ask('RESTORE', 'k', '0', HELLO)
  await wire.ask('RESTORE', 'k', '1', HELLO, 'REPLACE', 'ABSTTL')
  const heard: string[] = []
  for (let i = 0; i < 2; i++) {
    const { reply } = await listener.next()
    if (reply.type === 'array' || reply.type === 'push') {
      heard.push(
        reply.items
          .map(item => ('text' in item ? item.text : ''))
          .slice(2)
          .join(' '),
      )
    }
  }
  t.strictSame(heard, ['__keyevent@0__:restore k', '__keyevent@0__:del k'])
})

t.test('a payload that is not sound can be forced, and then must still be one', async t => {
  const redis = await startServer(DEBUG)
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const broken = `${HELLO.slice(0, -1)}!`
  t.match(await wire.ask('RESTORE', 'k', '0', broken), /checksum are wrong/)
  await wire.ask('DEBUG', 'SET-SKIP-CHECKSUM-VALIDATION', '1')
  t.equal(await wire.ask('RESTORE', 'k', '0', broken), '+OK')
  t.equal(await wire.ask('RESTORE', 'l', '0', `\x63${broken.slice(1)}`), '-ERR Bad data format')
  t.equal(await wire.ask('EXISTS', 'l'), ':0')
})

t.test('MIGRATE moves, copies and replaces', async t => {
  const source = await startServer({ config: [['notify-keyspace-events', 'EA']] })
  const target = await startServer()
  t.teardown(() => Promise.all([source.close(), target.close()]))
  const here = await source.connect()
  const there = await target.connect()
  await there.ask('SELECT', '9')
  const migrate = (...words: string[]) => here.ask('MIGRATE', '127.0.0.1', portOf(target), ...words)

  t.equal(await migrate('none', '9', '1000'), '+NOKEY')
  await here.ask('RPUSH', 'l', 'a', 'b')
  await here.ask('PEXPIRE', 'l', '100000')
  t.equal(await migrate('l', '9', '1000', 'COPY'), '+OK')
  t.strictSame(await there.ask('LRANGE', 'l', '0', '-1'), ['$a', '$b'])
  t.match(await there.ask('PTTL', 'l'), /^:(99|100)\d{3}$/)
  t.equal(await here.ask('EXISTS', 'l'), ':1')
  t.equal(
    await migrate('l', '9', '1000'),
    '-ERR Target instance replied with error: BUSYKEY Target key name already exists.',
  )
  t.equal(await here.ask('EXISTS', 'l'), ':1')
  t.equal(await migrate('l', '9', '1000', 'REPLACE'), '+OK')
  t.equal(await here.ask('EXISTS', 'l'), ':0')

  await here.ask('MSET', 'a', '1', 'b', '2', 'c', '3')
  await there.ask('SET', 'b', 'busy')
  t.match(await migrate('', '9', '1000', 'KEYS', 'a', 'none', 'b', 'c'), /BUSYKEY/)
  t.strictSame(await here.ask('KEYS', '*'), ['$b'])
  t.strictSame(await there.ask('MGET', 'a', 'b', 'c'), ['$1', '$busy', '$3'])
})

t.test('MIGRATE selects the database once, and logs in on the other side', async t => {
  const source = await startServer({ config: [['slowlog-log-slower-than', '0']] })
  const target = await startServer({ config: [['requirepass', 'secret']] })
  t.teardown(() => Promise.all([source.close(), target.close()]))
  const here = await source.connect()
  const there = await target.connect()
  await there.ask('AUTH', 'secret')
  const migrate = async (...words: string[]) => {
    await here.ask('SET', 'k', 'v')
    return here.ask('MIGRATE', '127.0.0.1', portOf(target), 'k', ...words, 'REPLACE')
  }
  t.equal(
    await migrate('0', '1000'),
    '-ERR Target instance replied with error: NOAUTH Authentication required.',
  )
  t.match(await migrate('0', '1000', 'AUTH', 'wrong'), /replied with error: WRONGPASS/)
  t.equal(await here.ask('EXISTS', 'k'), ':1')
  t.equal(await migrate('0', '1000', 'AUTH', 'secret'), '+OK')
  t.equal(await migrate('0', '1000', 'AUTH2', 'default', 'secret'), '+OK')
  t.equal(await migrate('1', '1000'), '+OK')
  t.equal(await there.ask('EXISTS', 'k'), ':1')
  t.match(await here.ask('INFO', 'stats'), /migrate_cached_sockets:1/)
  t.match(await migrate('99', '1000'), /replied with error: ERR DB index is out of range/)
  const log = JSON.stringify(await here.ask('SLOWLOG', 'GET', '-1'))
  t.notMatch(log, /secret|wrong/)
  t.match(log, /\(redacted\)/)
})

t.test('MIGRATE finds no server, or one that does not answer', async t => {
  const clock = frozenClock()
  const source = await startServer({ clock })
  const target = await startServer()
  t.teardown(() => source.close())
  const here = await source.connect()
  const other = await source.connect()
  const there = await target.connect()
  await here.ask('SET', 'k', 'v')
  const port = portOf(target)
  // The target is held back: it takes the request and says nothing.
  await there.ask('CLIENT', 'PAUSE', '100000', 'ALL')
  const late = here.ask('MIGRATE', '127.0.0.1', port, 'k', '0', '500')
  const held = other.ask('GET', 'k')
  for (const { server } of [source, target]) while (server.pause.waitingCount === 0) await turn()
  clock.advance(500)
  t.equal(await late, '-IOERR error or timeout reading to target instance')
  t.equal(await held, '$v', 'nobody was served before')
  await target.close()
  t.equal(
    await here.ask('MIGRATE', '127.0.0.1', port, 'k', '0', '500'),
    '-IOERR error or timeout connecting to the client',
  )
  t.equal(
    await here.ask('MIGRATE', '127.0.0.1', '99999', 'k', '0', '500'),
    '-IOERR error or timeout connecting to the client',
  )
  t.equal(await here.ask('GET', 'k'), '$v')
})

transcript(t, 'MIGRATE reads all of its words before it does anything', [
  ['SET k v', '+OK'],
  ['MIGRATE 127.0.0.1 1 k 0 1000 WHAT', '-ERR syntax error'],
  ['MIGRATE 127.0.0.1 1 k 0 1000 AUTH', '-ERR syntax error'],
  ['MIGRATE 127.0.0.1 1 k 0 1000 AUTH2 a', '-ERR syntax error'],
  ['MIGRATE 127.0.0.1 1 k x 1000', '-ERR value is not an integer or out of range'],
  ['MIGRATE 127.0.0.1 1 k 0 x', '-ERR value is not an integer or out of range'],
  [
    'MIGRATE 127.0.0.1 1 k 0 1000 KEYS a',
    '-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string',
  ],
  ['MIGRATE 127.0.0.1 1 none 0 1000', '+NOKEY'],
  ['MIGRATE 127.0.0.1 1 "" 0 1000 KEYS none', '+NOKEY'],
])

const NO_74 = NO_REAL_SERVER || (realIsAtLeast(7, 4) ? false : 'needs a redis-server 7.4')

t.test('keys go to a real server and come back', { skip: NO_74 }, async t => {
  const ours = await startServer(DEBUG)
  const real = await startReal()
  t.teardown(() => Promise.all([ours.close(), real.close()]))
  const here = await ours.connect()
  const there = await real.connect()
  await here.ask('HSET', 'h', 'f', 'v', 'g', 'x'.repeat(100))
  await here.ask('ZADD', 'z', '1.5', 'a', '2', 'b')
  await here.ask('XADD', 's', '1-1', 'a', 'b')
  await here.ask('XGROUP', 'CREATE', 's', 'g', '0')
  await here.ask('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>')
  const before = await here.ask('DEBUG', 'DIGEST')
  const words = ['', '0', '1000', 'KEYS', 'h', 'z', 's']
  t.equal(await here.ask('MIGRATE', '127.0.0.1', String(real.port), ...words), '+OK')
  t.equal(await there.ask('DEBUG', 'DIGEST'), before)
  t.equal(await there.ask('MIGRATE', '127.0.0.1', portOf(ours), ...words), '+OK')
  t.equal(await here.ask('DEBUG', 'DIGEST'), before)
  t.match(await here.ask('XPENDING', 's', 'g'), [':1', '$1-1', '$1-1'])
  t.equal(await payloadOf(here, 'none'), 'nil)')
})
