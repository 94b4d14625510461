// Master and replica, both ours: what is copied at first, what follows, and what happens when the
// link breaks, the roles change, or the master lies.

import net from 'node:net'
import t from 'tap'
import { loadWhileServing } from '../../src/persistence/loading.ts'
import { openAppendOnly } from '../../src/redis.ts'
import { frozenClock } from '../helpers/clock.ts'
import { follow, inStep, isUp, type Node, startNode, until } from '../helpers/nodes.ts'

const FILL = [
  'SET text hello',
  'SET soon gone EX 100',
  'RPUSH list a b c',
  'SADD set 1 2 3',
  'ZADD zset 1 a 2 b',
  'HSET hash f v g w',
  'HPEXPIRE hash 100000 FIELDS 1 g',
  'XADD stream 1-1 f v',
  'XGROUP CREATE stream group 0',
  'SELECT 3',
  'SET other here',
  'SELECT 0',
]

async function fill({ wire }: Node): Promise<void> {
  for (const line of FILL) await wire.ask(...line.split(' '))
}

t.test('a replica gets all data, and then what writes do', async t => {
  const master = await startNode()
  const replica = await startNode()
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  await fill(master)
  await master.wire.ask(
    'FUNCTION',
    'LOAD',
    '#!lua name=l\nredis.register_function{function_name="f", callback=function() return 7 end, flags={"no-writes"}}',
  )
  await replica.wire.ask('SET', 'mine', 'lost')
  await follow(replica, master)
  await inStep(master, replica)
  t.equal(await replica.wire.ask('FCALL', 'f', '0'), ':7')
  t.equal(await replica.wire.ask('EXISTS', 'mine'), ':0')
  await master.wire.ask('SPOP', 'set')
  await master.wire.ask('SET', 'later', '1', 'EX', '1000')
  await master.wire.ask('MULTI')
  await master.wire.ask('INCR', 'n')
  await master.wire.ask('LPOP', 'list')
  await master.wire.ask('EXEC')
  await master.wire.ask('EVAL', 'redis.call("hincrbyfloat", "hash", "n", "0.1")', '0')
  t.equal(await master.wire.ask('WAIT', '1', '0'), ':1')
  await inStep(master, replica)
  t.equal(await replica.info('role'), 'slave')
  t.equal(await master.info('connected_slaves'), '1')
  t.match(await master.info('slave0'), /^ip=127.0.0.1,port=\d+,state=online,offset=\d+,lag=\d$/)
  t.equal(await replica.info('master_repl_offset'), await master.info('master_repl_offset'))
  t.equal(await replica.info('master_replid'), await master.info('master_replid'))
})

t.test('a replica refuses writes, in scripts too', async t => {
  const master = await startNode()
  const replica = await startNode()
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  await follow(replica, master)
  const refused = "-READONLY You can't write against a read only replica."
  t.equal(await replica.wire.ask('SET', 'a', '1'), refused)
  t.match(await replica.wire.ask('EVAL', 'return redis.call("set", "a", 1)', '0'), /READONLY/)
  t.equal(
    await replica.wire.ask('WAIT', '0', '0').then(reply => reply.slice(0, 44)),
    '-ERR WAIT cannot be used with replica instan',
  )
  await replica.wire.ask('CONFIG', 'SET', 'replica-read-only', 'no')
  t.equal(await replica.wire.ask('SET', 'a', '1'), '+OK')
})

t.test('what is dead is hidden on a replica until the master says so', async t => {
  const clock = frozenClock()
  const master = await startNode({ clock })
  const late = frozenClock()
  const replica = await startNode({ clock: late })
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  await follow(replica, master)
  await master.wire.ask('SET', 'k', '1', 'PX', '1000')
  await master.wire.ask('WAIT', '1', '0')
  late.advance(5000)
  t.equal(await replica.wire.ask('GET', 'k'), '(nil)')
  t.equal(await replica.wire.ask('DBSIZE'), ':1')
  // The master, for which it is alive, appends to it: so must the replica.
  await master.wire.ask('APPEND', 'k', '2')
  await master.wire.ask('PERSIST', 'k')
  await master.wire.ask('WAIT', '1', '0')
  t.equal(await replica.wire.ask('GET', 'k'), '$12')
  await master.wire.ask('PEXPIRE', 'k', '100')
  clock.advance(200)
  t.equal(await master.wire.ask('GET', 'k'), '(nil)')
  await until('the key is gone', async () => (await replica.wire.ask('DBSIZE')) === ':0')
})

t.test('a link that breaks goes on where it was', async t => {
  const master = await startNode()
  const replica = await startNode()
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  await fill(master)
  await follow(replica, master)
  for (let i = 0; i < 5; i++) {
    await master.wire.ask('CLIENT', 'KILL', 'TYPE', 'replica')
    await master.wire.ask('INCR', 'n')
    await isUp(replica)
    await replica.wire.ask('CLIENT', 'KILL', 'TYPE', 'master')
    await master.wire.ask('INCR', 'n')
    await isUp(replica)
    await inStep(master, replica)
  }
  t.equal(await master.info('sync_full'), '1')
  t.equal(await master.info('sync_partial_ok'), '10')
})

t.test('a chain, and a replica that becomes the master', async t => {
  const [a, b, c] = [await startNode(), await startNode(), await startNode()]
  t.teardown(() => Promise.all([a.close(), b.close(), c.close()]))
  await fill(a)
  await follow(b, a)
  await follow(c, b)
  await a.wire.ask('INCR', 'n')
  await inStep(a, c)
  const [role, host, port, state] = [await b.wire.ask('ROLE')].flat()
  t.strictSame([role, host, port, state], ['$slave', '$127.0.0.1', `:${a.port}`, '$connected'])
  const id = await a.info('master_replid')
  await b.wire.ask('REPLICAOF', 'NO', 'ONE')
  t.equal(await b.info('master_replid2'), id)
  await b.wire.ask('INCR', 'n')
  await isUp(c)
  await inStep(b, c)
  await follow(a, b)
  await inStep(b, a)
  t.equal(await b.info('sync_full'), '1', 'of the chain, once')
  t.equal(await b.info('sync_partial_ok'), '2')
})

t.test('writes want replicas that keep up', async t => {
  const clock = frozenClock()
  const master = await startNode({ clock }, 'min-replicas-to-write 1', 'min-replicas-max-lag 5')
  const replica = await startNode()
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  t.equal(await master.wire.ask('SET', 'a', '1'), '-NOREPLICAS Not enough good replicas to write.')
  await follow(replica, master)
  await until('one keeps up', async () => (await master.wire.ask('SET', 'a', '1')) === '+OK')
  t.equal(await master.info('min_slaves_good_slaves'), '1')
  await replica.close()
  await until('none is there', async () => (await master.info('connected_slaves')) === '0')
  t.equal(await master.wire.ask('SET', 'a', '1'), '-NOREPLICAS Not enough good replicas to write.')
})

t.test('data that may be old is shown or not', async t => {
  const master = await startNode()
  const replica = await startNode()
  t.teardown(() => replica.close())
  await master.wire.ask('SET', 'a', '1')
  await follow(replica, master)
  await master.close()
  await until('it is down', async () => (await replica.info('master_link_status')) === 'down')
  t.equal(await replica.wire.ask('GET', 'a'), '$1')
  await replica.wire.ask('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
  t.match(await replica.wire.ask('GET', 'a'), /^-MASTERDOWN Link with MASTER is down/)
  t.match(await replica.wire.ask('EVAL', 'return 1', '0'), /^-MASTERDOWN/)
  t.match(await replica.wire.ask('INFO', 'replication'), /role:slave/)
})

t.test('FAILOVER hands over without a loss', async t => {
  const a = await startNode({}, 'replica-announce-port 1')
  const b = await startNode()
  t.teardown(() => Promise.all([a.close(), b.close()]))
  await b.wire.ask('CONFIG', 'SET', 'replica-announce-port', String(b.port))
  t.equal(await a.wire.ask('FAILOVER'), '-ERR FAILOVER requires connected replicas.')
  await fill(a)
  await follow(b, a)
  t.equal(await a.wire.ask('FAILOVER', 'ABORT'), '-ERR No failover in progress.')
  t.equal(
    await a.wire.ask('FAILOVER', 'TO', '127.0.0.1', '2'),
    '-ERR FAILOVER target HOST and PORT is not a replica.',
  )
  t.equal(await a.wire.ask('FAILOVER', 'TO', '127.0.0.1', String(b.port)), '+OK')
  await until('b leads', async () => (await b.info('role')) === 'master')
  await isUp(a)
  await inStep(a, b)
  t.equal(await a.info('master_failover_state'), 'no-failover')
  t.equal(await b.wire.ask('SET', 'a', '1'), '+OK')
})

t.test('SYNC gets the bytes alone', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  await master.wire.ask('SET', 'a', '1')
  const socket = net.connect(master.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  socket.write('SYNC\r\n')
  await until('the snapshot', () => /^\n*\$\d+\r\nREDIS0012/.test(text))
  await until('it is online', async () => /state=online/.test(String(await master.info('slave0'))))
  await master.wire.ask('SELECT', '2')
  await master.wire.ask('SET', 'b', '2')
  await until('the stream', () =>
    text.endsWith('*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n'),
  )
})

t.test('a stream goes on after a restart', async t => {
  const dir = t.testdir()
  const kept = [`dir ${dir}`, 'dbfilename dump.rdb']
  const first = await startNode({}, ...kept)
  const replica = await startNode()
  t.teardown(() => replica.close())
  await fill(first)
  await first.wire.ask('SELECT', '3')
  await follow(replica, first)
  await first.wire.ask('INCR', 'n')
  await inStep(first, replica)
  first.server.persistence.onDisk = true
  t.equal(await first.wire.ask('SAVE'), '+OK')
  const id = await first.info('master_replid')
  const offset = await first.info('master_repl_offset')
  await first.close()
  const second = await startNode({}, ...kept)
  t.teardown(() => second.close())
  second.server.persistence.onDisk = true
  t.equal(await loadWhileServing(second.server), true)
  t.equal(await second.info('master_replid2'), id)
  t.equal(await second.info('master_repl_offset'), offset)
  await follow(replica, second)
  t.equal(await second.info('sync_full'), '0')
  t.equal(await second.info('sync_partial_ok'), '1')
  await second.wire.ask('INCR', 'n')
  await inStep(second, replica)
})

t.test('WAITAOF waits for files here and there', async t => {
  const files = (name: string): readonly string[] => [
    `dir ${t.testdirName}/${name}`,
    'appendonly yes',
    'appendfsync always',
  ]
  t.testdir({ a: {}, b: {} })
  const master = await startNode({}, ...files('a'))
  const replica = await startNode({}, ...files('b'))
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  openAppendOnly(master.server)
  openAppendOnly(replica.server)
  await follow(replica, master)
  await master.wire.ask('SET', 'a', '1')
  t.strictSame(await master.wire.ask('WAITAOF', '1', '1', '0'), [':1', ':1'])
  t.match(await replica.wire.ask('WAITAOF', '1', '0', '0'), /^-ERR WAITAOF cannot be used with rep/)
  await master.wire.ask('CONFIG', 'SET', 'appendonly', 'no')
  t.match(await master.wire.ask('WAITAOF', '1', '0', '0'), /appendonly is disabled/)
})

t.test('a transaction and a script on a replica that is out of date', async t => {
  const replica = await startNode()
  t.teardown(() => replica.close())
  await replica.wire.ask('MULTI')
  await replica.wire.ask('GET', 'a')
  const other = await replica.connect()
  await other.ask('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
  await other.ask('REPLICAOF', '127.0.0.1', '1')
  t.match(
    await replica.wire.ask('EXEC'),
    /^-EXECABORT Transaction discarded because of: MASTERDOWN/,
  )
  const script = '#!lua flags=allow-stale,no-writes\nreturn redis.call("get", "a")'
  t.match(await other.ask('EVAL', script, '0'), /Can not execute the command on a stale replica/)
})

t.test('keys that a writable replica has made end by themselves', async t => {
  const clock = frozenClock()
  const master = await startNode({ clock })
  const replica = await startNode({ clock }, 'replica-read-only no')
  t.teardown(() => Promise.all([master.close(), replica.close()]))
  await follow(replica, master)
  await replica.wire.ask('SET', 'mine', '1', 'PX', '50')
  t.equal(await replica.info('slave_expires_tracked_keys'), '1')
  clock.advance(500)
  t.equal(await replica.wire.ask('DBSIZE'), ':0')
})

interface Parent {
  teardown(close: () => unknown): void
}

/** A master that says whatever a test wants once it is asked for the stream. */
async function liar(t: Parent, answer: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      const text = chunk.toString('latin1')
      if (text.includes('PSYNC')) answer(socket)
      else socket.write('+PONG\r\n'.repeat(text.split('\r\n*').length))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

const FULL = `+FULLRESYNC ${'a'.repeat(40)} 100\r\n`
const LIES: Readonly<Record<string, string>> = {
  'a snapshot that is cut': `${FULL}$1000\r\nREDIS0011`,
  'a snapshot that is none': `${FULL}$5\r\nhello`,
  'a snapshot with a wrong checksum': `${FULL}$18\r\nREDIS0011\xffabcdefgh`,
  'a size beyond all bounds': `${FULL}$999999999999999\r\n`,
  'a size that is none': `${FULL}$abc\r\n`,
  'no dollar': `${FULL}hello\r\n`,
  'an error': `${FULL}-ERR no\r\n`,
  'a wrong mark': `${FULL}$EOF:${'b'.repeat(40)}\r\nREDIS0006\xff${'c'.repeat(60)}`,
  'a line without an end': 'x'.repeat(5000),
  'an offset that is none': `+FULLRESYNC ${'a'.repeat(40)} -5\r\n`,
  'what was not asked for': `+CONTINUE ${'a'.repeat(40)}\r\n`,
  'a stream that is none': `${FULL}$10\r\nREDIS0004\xff*1\r\n$-5\r\n`,
  nothing: '',
}

t.test('a master that lies leaves the data as it was', async t => {
  for (const [name, said] of Object.entries(LIES)) {
    await t.test(name, async t => {
      const replica = await startNode()
      t.teardown(() => replica.close())
      await fill(replica)
      const before = await replica.wire.ask('DEBUG', 'DIGEST')
      let asked = 0
      const port = await liar(t, socket => {
        asked++
        socket.end(said, 'latin1')
      })
      await replica.wire.ask('REPLICAOF', '127.0.0.1', String(port))
      await until('it was asked', () => asked > 0)
      await until('the link is down', async () => {
        return !/handshake|sync|connected/.test(String(await replica.wire.ask('ROLE')))
      })
      const after = await replica.wire.ask('DEBUG', 'DIGEST')
      const isEmpty = (await replica.wire.ask('DBSIZE')) === ':0'
      t.ok(after === before || isEmpty, 'the old data, or none')
      t.strictSame(replica.server.bugs, [])
    })
  }
})
