// The code of an error comes from whoever made it: a script can make any. It becomes the name of a
// line in INFO, and must not become a line of its own or the field of another.

import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { NO_REAL_SERVER, realIsAtLeast, startReal } from '../helpers/real.ts'
import { startServer } from '../helpers/server.ts'
import { encode, type Wire } from '../helpers/wire.ts'

/** What scripts make of texts. */
const MAKERS: readonly ((text: string) => string)[] = [
  text => `return redis.error_reply(${text})`,
  text => `return {err=${text}}`,
  text => `return {1, {err=${text}}, redis.error_reply(${text})}`,
  text => `error({err=${text}})`,
  text => `error(${text})`,
  text => `return redis.pcall(${text})`,
]

const TEXTS = [
  'A\\r\\nloading:1\\r\\nB x',
  'A\\nrole:slave x',
  'a:b#c x',
  '# Server x',
  'X=1,count=5 y',
  '\\r\\n x',
  'trailing\\r\\n',
  '- x',
  '-X y',
  '--X y',
  ' x',
  'x',
  '',
  '\\255\\254 x',
  '\\0 x',
  'tab\\tx y',
  'abcdefghijklmnopqrstuvwxyz0123 x',
  'abcdefghijklmnopqrstuvwxyz01234 x',
  'abcdefghijklmnopqrstuvwxyz012345 x',
  'abcdefghijklmnopqrstuvwxyz0123\\nx y',
]

const SCRIPTS = MAKERS.flatMap(make => TEXTS.map(text => make(`"${text}"`)))

interface Server {
  readonly port: number
  connect(): Promise<Wire>
}

/** On a connection of its own: a real server lets raised errors break the reply. */
async function run(port: number, script: string): Promise<void> {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(encode(['EVAL', script, '0']))
  await once(socket, 'data')
  socket.destroy()
}

async function statistics(server: Server, scripts: readonly string[]): Promise<string> {
  const admin = await server.connect()
  await admin.ask('CONFIG', 'RESETSTAT')
  for (const script of scripts) await run(server.port, script)
  const text = await info(admin, 'errorstats')
  admin.close()
  return text
}

async function info(wire: Wire, section: string): Promise<string> {
  return String(await wire.ask('INFO', section))
}

t.test('no code makes a line of INFO', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  for (const line of (await statistics(redis, SCRIPTS)).split('\r\n')) {
    t.match(line, /^(\$?# Errorstats|errorstat_[^:#\r\n]*:count=\d+|)$/)
  }
  const lines = (await info(await redis.connect(), 'all')).split('\r\n')
  t.strictSame(
    lines.filter(line => line.startsWith('loading:')),
    ['loading:0'],
  )
  t.strictSame(
    lines.filter(line => line.startsWith('role:')),
    ['role:master'],
  )
})

t.test('a returned error ends its code at a line end, a raised one does not', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const text = '"A\\r\\nloading:1#\\r\\nB x"'
  for (const [script, code] of [
    [`return redis.error_reply(${text})`, 'A'],
    [`error({err=${text}})`, 'A__loading_1___B'],
    ['return {err="- x"}', '-'],
    ['return redis.error_reply("- x")', ''],
    ['return {err=" x"}', ''],
    ['return {err="abcdefghijklmnopqrstuvwxyz0123 x"}', 'abcdefghijklmnopqrstuvwxyz0123'],
    ['return {err="abcdefghijklmnopqrstuvwxyz01234 x"}', 'ERR'],
  ] as const) {
    const expected = `$# Errorstats\r\nerrorstat_${code}:count=1\r\n`
    t.equal(await statistics(redis, [script]), expected, script)
  }
})

t.test('codes are counted and shown as Redis does', { skip: NO_REAL_SERVER }, async t => {
  const [redis, real] = [await startServer(), await startReal()]
  t.teardown(async () => {
    await redis.close()
    await real.close()
  })
  // Older ones look for the code in what is sent also where a script raised it.
  const comparable = realIsAtLeast(7, 4) ? SCRIPTS : SCRIPTS.filter(s => !s.startsWith('error('))
  for (const script of comparable) {
    t.equal(await statistics(redis, [script]), await statistics(real, [script]), script)
  }
  t.equal(await statistics(redis, comparable), await statistics(real, comparable))
})

t.test('too many codes end the counting, and the log names them on one line', async t => {
  const lines: string[] = []
  const redis = await startServer({ log: line => lines.push(line) })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  for (let i = 0; i < 129; i++) {
    await wire.ask('EVAL', 'return redis.error_reply(ARGV[1])', '0', `C\n${i}:#${i}\r\nX y`)
    await wire.ask('EVAL', 'error({err=ARGV[1]})', '0', `C\n${i}:#${i} x`)
  }
  t.equal(
    await info(wire, 'errorstats'),
    '$# Errorstats\r\nerrorstat_ERRORSTATS_DISABLED:count=1\r\n',
  )
  const [list = ''] = lines.filter(line => line.includes('Current errors code list'))
  t.match(list, /Current errors code list: C, C_0__0, C_100__100, C_101__101, [\w, ]+$/)
  t.equal(list.slice(list.indexOf('Current')).length, 1023)
})
