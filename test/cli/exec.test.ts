// `redis-tls-mock exec`: a program beside a server of its own.

import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { cli } from '../helpers/cli.ts'
import { startCli } from '../helpers/cli-start.ts'

t.setTimeout(180_000)

/** Says PING over TLS with nothing but what it finds in its environment. */
const PING = `
const fs = require('node:fs')
const { REDIS_HOST: host, REDIS_PORT: port, ...env } = process.env
const read = name => fs.readFileSync(env['REDIS_TLS_' + name + '_FILE'])
const tls = { host, port, ca: read('CA'), cert: read('CERT'), key: read('KEY') }
const socket = require('node:tls').connect(tls, () => socket.write('PING\\r\\n'))
socket.on('data', data => {
  console.log(String(data).trim(), process.argv.slice(1).join(' '), env.REDIS_URL)
  console.log(require('node:path').dirname(env.REDIS_TLS_CA_FILE))
  socket.destroy()
  process.exitCode = 7
})`

t.test('exec: the program finds its server, and its exit code is passed on', async t => {
  const words = ['exec', '--', process.execPath, '-e', PING, '{port}', '{nothing}']
  const { status, stdout, stderr } = await cli(words)
  t.match([status, stderr], [7, ''])
  const [said = '', folder = ''] = stdout.trimEnd().split('\n')
  const [, port] = /^\+PONG (\d+) \{nothing\} rediss:\/\/127\.0\.0\.1:\1$/.exec(said) ?? []
  t.ok(Number(port) > 0, stdout)
  t.match(path.basename(folder), /^redis-tls-mock-/)
  t.notOk(fs.existsSync(folder), 'its files are gone')
})

/** The same as a JVM client does it. */
const PING_WITH_STORE = `
const fs = require('node:fs')
const { REDIS_PORT: port, REDIS_TLS_P12_PASSWORD: passphrase } = process.env
const [p12, truststore] = process.argv.slice(1)
const isTold = truststore === process.env.REDIS_TLS_TRUSTSTORE_FILE && fs.existsSync(truststore)
const files = { ca: fs.readFileSync(process.env.REDIS_TLS_CA_FILE), pfx: fs.readFileSync(p12) }
const tls = { host: 'localhost', port, passphrase, ...files }
const socket = require('node:tls').connect(tls, () => socket.write('PING\\r\\n'))
socket.on('data', data => {
  console.log(String(data).trim(), isTold, p12)
  socket.destroy()
})`

t.test('exec: stores for Java', async t => {
  const words = ['exec', '--p12', '--', process.execPath, '-e', PING_WITH_STORE]
  const { status, stdout, stderr } = await cli([...words, '{p12}', '{truststore}'])
  t.match([status, stderr], [0, ''])
  const [, file = ''] = /^\+PONG true (.*)$/.exec(stdout.trim()) ?? []
  t.match(file, /\.p12$/)
  t.notOk(fs.existsSync(file), 'they are gone')
})

t.test('exec: options of the server, before the program', async t => {
  const folder = t.testdir({ 'redis.conf': 'port 1\nmaxmemory 3mb\n' })
  const show = ['--', 'sh', '-c', 'echo "$REDIS_URL"; cat ready.json']
  const plain = [
    'redis.conf',
    '--port',
    'auto',
    '--requirepass',
    'pw',
    '--ready-file',
    'ready.json',
  ]
  const { status, stdout } = await cli(['exec', ...plain, ...show], { cwd: folder })
  const [url = '', ...json] = stdout.split('\n')
  t.match([status, url], [0, /^redis:\/\/:pw@127\.0\.0\.1:\d+$/])
  const port = Number(new URL(url).port)
  t.match(JSON.parse(json.join('\n')), { host: '127.0.0.1', port, tls: null, plainPort: null })
  t.notOk(fs.existsSync(path.join(folder, 'ready.json')))
  // Of a configuration file the ports do not count.
  const tls = await cli(['exec', 'redis.conf', ...show.slice(0, 3), 'echo $REDIS_URL'], {
    cwd: folder,
  })
  t.match(tls.stdout, /^rediss:\/\/127\.0\.0\.1:\d+\n$/)
})

const ends: readonly (readonly [name: string, words: readonly string[], end: number, RegExp])[] = [
  ['no such program', ['--', 'no-such-program'], 127, /Cannot run no-such-program: No such file/],
  ['no program', ['--', '/'], 126, /Cannot run \/: Permission denied/],
  ['ended by a signal', ['--', 'sh', '-c', 'kill -KILL $$'], 137, /^$/],
  ['no program is named', ['--port', 'auto'], 2, /Which command\? Name it after --/],
  ['no server', ['--maxmemry', '1', '--', 'true'], 1, /Did you mean 'maxmemory'\?/],
  ['no certificate', ['--tls-cert-file', '/no', '--', 'true'], 1, /Failed to configure TLS/],
]

for (const [name, words, end, said] of ends) {
  t.test(`exec: ${name}`, async t => {
    const { status, stdout, stderr } = await cli(['exec', ...words])
    t.match([status, stdout, stderr], [end, '', said])
  })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`exec: ${signal} is the program's affair, and nothing stays`, async t => {
    const script = `
      process.on('${signal}', () => { console.log('so be it'); process.exit(5) })
      setInterval(() => {}, 1000)
      console.log(require('node:path').dirname(process.env.REDIS_TLS_CA_FILE))
      console.log('here')`
    const { child, said, ended, until } = startCli(t, [
      'exec',
      '--',
      process.execPath,
      '-e',
      script,
    ])
    await until('here\n')
    const [folder = ''] = said.stdout.split('\n')
    t.ok(fs.existsSync(folder))
    child.kill(signal)
    t.equal(await ended, 5)
    t.match(said.stdout, /so be it\n$/)
    t.notOk(fs.existsSync(folder))
  })
}
