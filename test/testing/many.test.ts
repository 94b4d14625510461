// Five hundred servers in one process: each with its own data, users and certificates; nothing is
// left of them, and the process ends by itself.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { TYPESCRIPT } from '../helpers/typescript.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const SCRIPT = `
import tls from 'node:tls'
import { createAuthority, startRedis } from './src/index.ts'

const COUNT = 500
const root = await createAuthority()

// Keys of their own for both sides; the server is told by its common name.
async function certificates(i) {
  const server = await root.server(['127.0.0.1'], { commonName: 's' + i })
  const client = await root.client('u' + i)
  const { cert, key } = server
  return { cert, key, ca: root.cert, clientCert: client.cert, clientKey: client.key }
}

// A command over TLS with a client certificate, as another user each time.
async function visit(redis, i) {
  const { ca, cert, key } = redis.tls
  const socket = tls.connect({ host: redis.host, port: redis.port, ca, cert, key })
  socket.write('AUTH u' + i + ' p' + i + '\\r\\nSET own ' + i + '\\r\\nGET own\\r\\n')
  let said = ''
  let names = ''
  for await (const chunk of socket) {
    said += chunk
    const [client] = redis.connections
    names = socket.getPeerCertificate().subject.CN + ' ' + client.tls.peerSubject.CN + ' '
    if (said.split('\\r\\n').length > 4) break
  }
  return names + said
}

async function round(from, count) {
  const made = performance.now()
  const materials = []
  for (let i = 0; i < count; i++) materials.push(await certificates(from + i))
  const certificatesMs = Math.round(performance.now() - made)
  const servers = await Promise.all(
    materials.map((tls, i) =>
      startRedis({ tls, users: { ['u' + (from + i)]: 'on >p' + (from + i) + ' ~* +@all' } }),
    ),
  )
  const said = await Promise.all(servers.map((redis, i) => visit(redis, from + i)))
  const right = said.filter((text, i) => {
    const value = String(from + i)
    const names = 's' + value + ' u' + value + ' '
    return text === names + '+OK\\r\\n+OK\\r\\n$' + value.length + '\\r\\n' + value + '\\r\\n'
  })
  const ports = new Set(servers.map(({ port }) => port))
  await Promise.all(servers.map(redis => redis.close()))
  return { right: right.length, ports: ports.size, certificatesMs }
}

// What stays from a first round is the process warming up.
await round(0, 50)
globalThis.gc()
const before = process.memoryUsage().heapUsed
const { right, ports, certificatesMs } = await round(0, COUNT)
// Both ends of a connection take some turns of the event loop to close.
const open = () =>
  process.getActiveResourcesInfo().filter(name => /TLS|TCP|Timeout/.test(name)).length
for (let turn = 0; turn < 10_000 && open() > 0; turn++) {
  await new Promise(resolve => setImmediate(resolve))
}
globalThis.gc()
const grownBytes = (process.memoryUsage().heapUsed - before) / COUNT
console.log(JSON.stringify({ right, ports, certificatesMs, grownBytes: Math.round(grownBytes), left: open() }))
`

t.test('500 servers leave nothing behind', async t => {
  const args = ['--expose-gc', ...TYPESCRIPT, '--input-type=module', '-e', SCRIPT]
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: 100_000,
  })
  t.equal(status, 0, `ends by itself ${signal ?? ''} ${stderr}`)
  t.comment(stdout)
  const { right, ports, grownBytes, left } = JSON.parse(stdout)
  t.equal(right, 500, 'each has its own users, data and certificates')
  t.equal(ports, 500)
  t.ok(grownBytes < 4096, `${grownBytes} bytes of heap stay of each`)
  t.equal(left, 0, 'no socket, no listener, no timer')
})
