// Masters and replicas that say what nobody expects: nothing falls over, no half of a data set is
// served, memory stays bounded, and no secret gets into a log.

import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { follow, inStep, isUp, type Node, startNode, until } from '../helpers/nodes.ts'
import { encode } from '../helpers/wire.ts'

interface Parent {
  teardown(close: () => unknown): void
}

const SECRETS = { masterauth: 'the-password-of-all', masteruser: 'the-user-of-all' }

/** A replica whose log is as long as can be. */
function startReplica(...config: readonly string[]): Promise<Node> {
  const secrets = Object.entries(SECRETS).map(words => words.join(' '))
  return startNode({}, 'loglevel debug', ...secrets, ...config)
}

/** What a master says first: how it answers anything but a PSYNC. */
type Greeting = (text: string) => string

const pongs: Greeting = text => '+PONG\r\n'.repeat(text.split('\r\n*').length)

/** A master that says what a test wants once it is asked for the stream. */
async function liar(
  t: Parent,
  answer: (socket: net.Socket) => void,
  greet: Greeting = pongs,
): Promise<{ readonly port: number }> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.setNoDelay()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      const text = chunk.toString('latin1')
      if (/PSYNC/.test(text)) answer(socket)
      else if (!/ACK/.test(text)) socket.write(greet(text), 'latin1')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port }
}

const ID = 'a'.repeat(40)
const FULL = `+FULLRESYNC ${ID} 100\r\n`
/** A snapshot of nothing. */
const NOTHING = 'REDIS0004\xff'
const BEGUN = `${FULL}$${NOTHING.length}\r\n${NOTHING}`
const text = (...requests: readonly string[]): string =>
  encode(...requests.map(request => request.split(' '))).toString('latin1')
const LAST = text('SELECT 0', 'SET last here')

/** After each of them the stream goes on: what is no good is passed over. */
const BORNE: Readonly<Record<string, string>> = {
  'a database that is not there': BEGUN + text('SELECT 99', 'SET other there') + LAST,
  'commands that nobody knows': BEGUN + text('NOSUCH a b', 'FT.SEARCH x', 'SET') + LAST,
  'values of another type': BEGUN + text('SET a 1', 'LPUSH a b', 'XADD a 1-1 f v') + LAST,
  'lines instead of requests': `${BEGUN}\r\n\r\nhello there\r\nSET a 1\r\n${LAST}`,
  'a transaction that is none': BEGUN + text('EXEC', 'DISCARD', 'MULTI', 'MULTI', 'EXEC') + LAST,
  'what only clients ask': BEGUN + text('HELLO 3', 'CLIENT REPLY OFF', 'AUTH x', 'WAIT 1 0') + LAST,
  'what would wait': BEGUN + text('BLPOP l 0', 'XREAD BLOCK 0 STREAMS x $') + LAST,
  'messages to be sent to it': BEGUN + text('SUBSCRIBE a', 'PUBLISH a b', 'UNSUBSCRIBE') + LAST,
  'a PSYNC from the master': BEGUN + text('PSYNC ? -1', 'SYNC', 'REPLCONF ACK 5', 'ROLE') + LAST,
  'many newlines before the snapshot':
    FULL + '\n'.repeat(3_000_000) + BEGUN.slice(FULL.length) + LAST,
  'many newlines before the answer': '\n'.repeat(100_000) + BEGUN + LAST,
  'lines that go on after CONTINUE': `+CONTINUE ${ID}\r\n\xff\xfe no command\r\n${LAST}`,
}

t.test('a master that says what makes no sense is borne', async t => {
  for (const [name, said] of Object.entries(BORNE)) {
    await t.test(name, async t => {
      const replica = await startReplica()
      t.teardown(() => replica.close())
      const master = await liar(t, socket => socket.write(said, 'latin1'))
      await replica.wire.ask('REPLICAOF', '127.0.0.1', String(master.port))
      await until('the last word has come', async () => {
        return (await replica.wire.ask('GET', 'last')) === '$here'
      })
      t.equal(await replica.info('master_link_status'), 'up')
      t.strictSame(replica.server.bugs, [])
    })
  }
})

/** After each of them the link breaks, and is made anew. */
const BREAKING: Readonly<Record<string, string>> = {
  'a length beyond all bounds': `${BEGUN}*2\r\n$3\r\nGET\r\n$99999999999999999\r\n`,
  'a length that is none': `${BEGUN}*2\r\n$3\r\nGET\r\n$abc\r\n`,
  'more words than there can be': `${BEGUN}*99999999999\r\n`,
  'bytes that are no request': `${BEGUN}${'\xff'.repeat(100_000)}`,
  'no dollar in a request': `${BEGUN}*1\r\nhello\r\n`,
  'bytes after CONTINUE': `+CONTINUE ${ID}\r\n${'\x00'.repeat(100_000)}`,
  'a mark that is too short': `${FULL}$EOF:${'b'.repeat(39)}\r\n${NOTHING}`,
  'half a snapshot that goes wrong': `${FULL}$100\r\nREDIS0011\xfe\x00\x00\x01a\x01b\x00\x01c\x01d\x77${'e'.repeat(100)}`,
  'a negative size': `${FULL}$-1\r\n`,
  'an id that is too short': '+FULLRESYNC abc 100\r\n',
  'two answers at once': `${FULL}${FULL}`,
}

/** The same where what comes is read at once. */
const BREAKING_AT_ONCE: Readonly<Record<string, string>> = {
  ...BREAKING,
  'a mark that is another': `${FULL}$EOF:${'b'.repeat(40)}\r\n${NOTHING}${'c'.repeat(40)}`,
  'the wrong checksum': `${FULL}$18\r\nREDIS0011\xff${'\x01'.repeat(8)}`,
}

const WAYS = [
  ['disabled', BREAKING],
  ['swapdb', BREAKING_AT_ONCE],
] as const

t.test('a master that breaks the rules is left, and asked anew', async t => {
  const cases = WAYS.flatMap(([way, all]) => Object.entries(all).map(it => [way, ...it] as const))
  for (const [way, name, said] of cases) {
    await t.test(`${name}, ${way}`, async t => {
      const replica = await startReplica(`repl-diskless-load ${way}`)
      t.teardown(() => replica.close())
      await replica.wire.ask('SET', 'mine', 'old')
      let left = 0
      const master = await liar(t, socket => {
        socket.once('close', () => left++)
        socket.write(said, 'latin1')
      })
      await replica.wire.ask('REPLICAOF', '127.0.0.1', String(master.port))
      await until('it is left', async () => {
        // Never a half of what came.
        t.match(await replica.wire.ask('KEYS', '*'), /^(\$mine|-LOADING .*)?$/)
        return left > 0
      })
      t.strictSame(replica.server.bugs, [])
    })
  }
})

t.test('a snapshot, and the mark that ends it, in single bytes', async t => {
  const replica = await startReplica()
  t.teardown(() => replica.close())
  const mark = 'b'.repeat(40)
  const said = `${FULL}$EOF:${mark}\r\nREDIS0004\xfe\x00\x00\x04mine\x03new\xff${mark}${LAST}`
  const master = await liar(t, async socket => {
    for (const byte of said) {
      await new Promise(resolve => socket.write(byte, 'latin1', resolve))
      await new Promise(resolve => setImmediate(resolve))
    }
  })
  await replica.wire.ask('REPLICAOF', '127.0.0.1', String(master.port))
  await until('all has come', async () => (await replica.wire.ask('GET', 'last')) === '$here')
  t.equal(await replica.wire.ask('GET', 'mine'), '$new')
})

t.test('whatever a master may send is longer than what a client may', async t => {
  const master = await startNode()
  const replica = await startReplica('proto-max-bulk-len 1mb')
  t.teardown(() => Promise.all([replica.close(), master.close()]))
  await replica.wire.ask('CONFIG', 'SET', 'masterauth', '')
  await follow(replica, master)
  await master.wire.ask('SET', 'long', 'x'.repeat(2 * 1024 * 1024))
  await inStep(master, replica)
  t.equal(await replica.wire.ask('STRLEN', 'long'), `:${2 * 1024 * 1024}`)
})

t.test('no log has the name or the password for the master', async t => {
  const echo: Greeting = text => `-ERR you said ${text.replaceAll(/\r\n/g, ' ')}\r\n`
  const greetings: Readonly<Record<string, Greeting>> = {
    'one that says them': text => (text.includes('PING') ? '+PONG\r\n' : echo(text)),
    'one that says them at once': text =>
      text.includes('PING') ? `-NOAUTH ${Object.values(SECRETS)}\r\n` : echo(text),
    'one that is sound': pongs,
  }
  for (const [name, greeting] of Object.entries(greetings)) {
    const replica = await startReplica()
    const answer = (socket: net.Socket) =>
      socket.write(`-ERR ${Object.values(SECRETS)}\r\n$${Object.values(SECRETS)}\r\n`)
    const master = await liar(t, answer, greeting)
    await replica.wire.ask('REPLICAOF', '127.0.0.1', String(master.port))
    const isOver = /Unable to AUTH|Retrying with SYNC/
    await until('it was told', () => replica.lines.some(line => isOver.test(line)))
    await replica.close()
    t.notMatch(replica.lines.join('\n'), /-of-all/, name)
  }

  const master = await startNode({}, 'loglevel debug')
  const replica = await startReplica()
  t.teardown(() => Promise.all([replica.close(), master.close()]))
  await master.wire.ask('ACL', 'SETUSER', SECRETS.masteruser, 'on', '>other', '+@all', '~*', '&*')
  await replica.wire.ask('REPLICAOF', '127.0.0.1', String(master.port))
  await until('it is refused', () => replica.lines.some(line => /Unable to AUTH/.test(line)))
  await master.wire.ask('ACL', 'SETUSER', SECRETS.masteruser, `>${SECRETS.masterauth}`)
  await isUp(replica)
  for (const { lines } of [master, replica]) t.notMatch(lines.join('\n'), /-of-all/)
})

// ---- Replicas that lie ----------------------------------------------------------------------------

/** What a replica may say, in any order. */
const WORDS: readonly (readonly string[])[] = [
  ...['0', '1', '-1', '-9223372036854775808', '9223372036854775807', '1e3', '', 'x'].map(offset => [
    'REPLCONF',
    'ACK',
    offset,
  ]),
  ['REPLCONF', 'ACK', '5', 'FACK', '7'],
  ['REPLCONF', 'ACK', '5', 'FACK', '9223372036854775807'],
  ['REPLCONF', 'ACK', '5', 'FACK', 'x'],
  ['REPLCONF', 'ACK', '5', 'FACK'],
  ['REPLCONF', 'FACK', '5'],
  ['REPLCONF', 'GETACK', '*'],
  ['REPLCONF', 'listening-port', '-5'],
  ['REPLCONF', 'listening-port', '99999999'],
  ['REPLCONF', 'ip-address', 'x\r\ny'],
  ['REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'nosuch'],
  ['REPLCONF', 'rdb-only', '1'],
  ['REPLCONF', 'rdb-only', '0'],
  ['REPLCONF', 'rdb-filter-only', ''],
  ['REPLCONF', 'rdb-filter-only', 'functions'],
  ['REPLCONF', 'version', '7.4.1'],
  ['REPLCONF'],
  ['PSYNC', '?', '-1'],
  ['PSYNC', '?', '-1'],
  ['PSYNC', ID, '5'],
  ['PSYNC', ID, '-9223372036854775808'],
  ['PSYNC', 'x', '9223372036854775807'],
  ['PSYNC', ID, 'x'],
  ['PSYNC', ID, '1', 'FAILOVER'],
  ['SYNC'],
  ['MULTI'],
  ['EXEC'],
  ['SUBSCRIBE', 'a'],
  ['MONITOR'],
  ['HELLO', '3'],
  ['RESET'],
  ['BLPOP', 'l', '0.01'],
  ['SET', 'a', 'b'],
  ['GET', 'a'],
  ['CLIENT', 'REPLY', 'OFF'],
  ['CLIENT', 'TRACKING', 'ON'],
  ['WAIT', '1', '1'],
  ['WAITAOF', '0', '1', '1'],
  ['ROLE'],
  ['REPLICAOF', '127.0.0.1', '1'],
  ['FAILOVER', 'TIMEOUT', '5'],
  ['FAILOVER', 'ABORT'],
  ['REPLICAOF', 'NO', 'ONE'],
  ['QUIT'],
]

t.test('replicas that say anything, in any order', async t => {
  const master = await startNode({}, 'loglevel debug')
  t.teardown(() => master.close())
  t.setTimeout(100_000)
  for (let seed = 1; seed <= 60; seed++) {
    const random = new SeededRandom(seed)
    const sockets = [await connect(master), await connect(master)]
    for (let i = 0; i < 20; i++) {
      const words = WORDS[random.below(WORDS.length)] ?? []
      sockets[random.below(2)]?.write(encode(words))
      if (random.below(3) === 0) await master.wire.ask('INCR', 'n')
    }
    for (const socket of sockets) socket.destroy()
    t.strictSame(master.server.bugs, [], `seed ${seed}`)
  }
  await master.wire.ask('FAILOVER', 'ABORT')
  await master.wire.ask('REPLICAOF', 'NO', 'ONE')
  await until('all are gone', async () => (await master.info('connected_slaves')) === '0')
  const honest = await startNode()
  t.teardown(() => honest.close())
  await follow(honest, master)
  await inStep(master, honest)
})

/** What comes to a replica are no replies. */
async function connect({ port }: Node): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await new Promise<void>(resolve => socket.once('connect', resolve))
  return socket.resume()
}

/** A replica that is in step, as far as its master knows. */
async function pretend(master: Node): Promise<net.Socket> {
  const socket = await connect(master)
  socket.write(encode(['PSYNC', '?', '-1']))
  await until('it is there', async () => {
    return /state=online/.test(String(await master.wire.ask('INFO', 'replication')))
  })
  return socket
}

t.test('an acknowledgement that is none is not answered', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  const socket = await pretend(master)
  const said: Buffer[] = []
  socket.on('data', (chunk: Buffer) => said.push(chunk))
  for (const words of WORDS)
    if (words[1] === 'ACK' && words.length % 2 === 1) socket.write(encode(words))
  await master.wire.ask('SET', 'a', 'b')
  await until('the stream goes on', () => Buffer.concat(said).includes('SET'))
  socket.destroy()
  t.notMatch(Buffer.concat(said).toString('latin1'), /ERR/)
})

t.test('a replica that never reads costs no more than its limit', async t => {
  const MB = 1024 * 1024
  const master = await startNode(
    {},
    'client-output-buffer-limit replica 2mb 0 0',
    'repl-backlog-size 1mb',
  )
  t.teardown(() => master.close())
  const socket = await pretend(master)
  socket.pause()
  t.teardown(() => socket.destroy())
  const value = 'x'.repeat(MB / 4)
  let most = 0
  await until('it is left', async () => {
    await master.wire.ask('SET', 'a', value)
    most = Math.max(most, Number(await master.info('mem_total_replication_buffers')))
    return (await master.info('connected_slaves')) === '0'
  })
  t.ok(most < 8 * MB, `${most} bytes`)
})

t.test('a replica that never acknowledges is waited for no longer than one says', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  const socket = await pretend(master)
  t.teardown(() => socket.destroy())
  await master.wire.ask('SET', 'a', 'b')
  t.equal(await master.wire.ask('WAIT', '1', '1'), ':0')
  t.strictSame(await master.wire.ask('WAITAOF', '0', '1', '1'), [':0', ':0'])
})

t.test('a replica that wants answers is sent away, and never gets one', async t => {
  const master = await startNode()
  t.teardown(() => master.close())
  for (const command of ['PING', 'GET a', 'XINFO HELP', 'NOSUCH']) {
    const socket = net.connect(master.port, '127.0.0.1')
    let received = ''
    socket.on('data', chunk => (received += chunk.toString('latin1')))
    const closed = once(socket, 'close')
    socket.write(text('PSYNC ? -1', command))
    await closed
    t.notMatch(received, /PONG|\$-1|-ERR/)
  }
  const said = (what: RegExp): boolean => master.lines.some(line => what.test(line))
  t.ok(said(/Replica generated a reply to command 'ping', disconnecting it: /))
  t.ok(said(/Replica generated a reply to command 'xinfo\|help', disconnecting it: /))
  t.ok(said(/This master is sending an error to its replica: .*Replica can't interact with the/))
})
