// Inside one process: how long the package takes to import, and a server to its first PONG over
// TLS: ours, a bare node:tls one, and js-redis-server, which has no TLS: its start and a handshake
// with a bare one that is there already. In turn. Prints JSON.
// Usage: start.mjs LIBRARY FOLDER_OF_CERTIFICATES WARM_ROUNDS ROUNDS

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { pathToFileURL } from 'node:url'

const [library, certs, warmRounds, rounds] = process.argv.slice(2)
const pem = name => readFileSync(join(certs, name), 'utf8')
const client = {
  ca: pem('ca.crt'),
  cert: pem('client-default.crt'),
  key: pem('client-default.key'),
}
const server = {
  ...{ ca: client.ca, cert: pem('server.crt'), key: pem('server.key') },
  ...{ requestCert: true, rejectUnauthorized: true },
}

const importedAt = performance.now()
const { startRedis } = await import(pathToFileURL(library).href)
const importMs = performance.now() - importedAt

function pong(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ...client }, () =>
      socket.write('PING\r\n'),
    )
    socket.once('error', reject)
    socket.once('data', () => {
      socket.destroy()
      resolve()
    })
  })
}

async function ours() {
  const startedAt = performance.now()
  const redis = await startRedis()
  await pong(redis.port)
  const elapsed = performance.now() - startedAt
  await redis.close()
  return elapsed
}

async function listen() {
  const listener = tls.createServer(server, socket => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('+PONG\r\n'))
  })
  await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve))
  return listener
}

async function bare() {
  const startedAt = performance.now()
  const listener = await listen()
  await pong(listener.address().port)
  const elapsed = performance.now() - startedAt
  listener.close()
  return elapsed
}

async function plain(handshakes) {
  const startedAt = performance.now()
  const mock = await createRedisMock()
  await pong(handshakes.address().port)
  const elapsed = performance.now() - startedAt
  await mock.close()
  return elapsed
}

const { createRedisMock } = await import('js-redis-server')
const handshakes = await listen()
const times = { ours: [], bare: [], plain: [] }
for (let round = 0; round < Number(warmRounds) + Number(rounds); round++) {
  const mine = await ours()
  const theirs = await bare()
  const others = await plain(handshakes)
  if (round < Number(warmRounds)) continue
  times.ours.push(mine)
  times.bare.push(theirs)
  times.plain.push(others)
}
handshakes.close()
process.stdout.write(JSON.stringify({ importMs, ...times }))
