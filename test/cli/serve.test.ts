// What a server has that redis-server has not: any free port, and how others learn of it.

import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { startCli } from '../helpers/cli-start.ts'
import { freePort } from '../helpers/real.ts'
import { Wire } from '../helpers/wire.ts'

t.setTimeout(180_000)

t.test('--port auto, --tls-port auto, --json and --ready-file', async t => {
  const file = path.join(t.testdir({ 'ready.json': 'of another one' }), 'ready.json')
  const words = ['--port', 'auto', '--tls-port', 'auto', '--json', '--ready-file', file]
  const { child, said, ended, until } = startCli(t, words)
  await until('\n')
  const place = JSON.parse(said.stdout)
  const { port, plainPort, tls } = place
  const url = `rediss://127.0.0.1:${port}`
  t.match(place, { host: '127.0.0.1', url, pid: child.pid, unixsocket: null })
  for (const name of ['caFile', 'certFile', 'keyFile']) t.ok(fs.existsSync(tls[name]), name)
  t.strictSame(JSON.parse(fs.readFileSync(file, 'utf8')), place)
  const wire = await Wire.connect(plainPort)
  t.strictSame(await wire.ask('CONFIG', 'GET', 'tls-port'), ['$tls-port', `$${port}`])
  child.kill('SIGTERM')
  t.equal(await ended, 0)
  t.match(said.stderr, /Ready to accept connections tls\n/)
  t.equal(said.stdout.split('\n').length, 2, 'one line')
  t.notOk(fs.existsSync(file))
  t.notOk(fs.existsSync(path.dirname(tls.caFile)))
})

t.test('--port auto alone is plain, and --mock-command may have an answer', async t => {
  const { child, said, ended, until } = startCli(t, ['--mock-command', 'yes', '--port', 'auto'])
  await until('Ready to accept connections tcp\n')
  const [, port] = /Running mode=standalone, port=(\d+)/.exec(said.stdout) ?? []
  t.notMatch(said.stdout, /connections tls/)
  const [, pid] = /pid=(\d+)/.exec(said.stdout) ?? []
  t.equal(pid, String(child.pid))
  const wire = await Wire.connect(Number(port))
  t.equal(await wire.ask('MOCK', 'FREEZE', '1893456000000'), ':1893456000000')
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('without a word it is TLS with the demo certificates, and says how to connect', async t => {
  // The default port is not ours to take: any free one takes the same way.
  const { child, said, ended, until } = startCli(t, ['--tls-port', 'auto'])
  await until('Ready to accept connections tls\n')
  const [, args = ''] = /redis-cli (-h 127.0.0.1 -p \d+ --tls .*)/.exec(said.stdout) ?? []
  const files = [...args.matchAll(/--(cacert|cert|key) (\S+)/g)].map(([, , file = '']) => file)
  const [ca, cert, key] = files.map(file => fs.readFileSync(file))
  t.ok(ca && cert && key, said.stdout)
  for (const file of files) t.match(said.stdout, `readFileSync('${file}')`)
  t.notMatch(said.stdout, /connections tcp/)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('a port of its own is as of redis-server', async t => {
  const port = await freePort()
  const { child, said, ended, until } = startCli(t, ['--port', String(port)])
  await until('Ready to accept connections tcp\n')
  t.notMatch(said.stdout, /tls|demo/)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('--tls-host: its certificate is for other names, too', async t => {
  const names = ['--tls-host', 'redis,10.1.2.3,bücher.example']
  const { child, said, ended, until } = startCli(t, [...names, '--tls-port', 'auto', '--json'])
  await until('\n')
  const { port, tls: files } = JSON.parse(said.stdout)
  const [ca, cert, key] = ['caFile', 'certFile', 'keyFile'].map(name =>
    fs.readFileSync(files[name]),
  )
  const options = { port, host: '127.0.0.1', ca, cert, key, servername: 'redis' }
  const socket = tls.connect(options)
  await once(socket, 'secureConnect')
  const { subjectaltname = '' } = socket.getPeerCertificate()
  for (const name of ['DNS:redis', 'IP Address:10.1.2.3', 'DNS:xn--bcher-kva.example']) {
    t.ok(subjectaltname.split(', ').includes(name), subjectaltname)
  }
  socket.destroy()
  // A fault is the only one.
  const expired = tls.connect({ ...options, servername: 'expired.redis' })
  const [error] = await once(expired, 'error').catch(thrown => [thrown])
  t.equal(error.code, 'CERT_HAS_EXPIRED')
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

for (const [words, text] of [
  ['--tls-host a/b', "'a/b' is neither a host name nor an address"],
  ['--tls-host redis --tls-cert-file a', '--tls-host decides tls-cert-file'],
  ['--tls-host', '--tls-host wants a value'],
] as const) {
  t.test(`refused: ${words}`, async t => {
    const { ended, said } = startCli(t, ['--tls-port', 'auto', ...words.split(' ')])
    t.equal(await ended, 2)
    t.match(said.stderr, text)
  })
}
