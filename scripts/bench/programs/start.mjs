// Inside one process: how long the package takes to import, and a server to its first PONG over
// TLS, ours and a bare node:tls one in turn. Prints JSON.
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

async function bare() {
  const startedAt = performance.now()
  const listener = tls.createServer(server, socket => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write('+PONG\r\n'))
  })
  await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve))
  await pong(listener.address().port)
  const elapsed = performance.now() - startedAt
  listener.close()
  return elapsed
}

const times = { ours: [], bare: [] }
for (let round = 0; round < Number(warmRounds) + Number(rounds); round++) {
  const mine = await ours()
  const theirs = await bare()
  if (round < Number(warmRounds)) continue
  times.ours.push(mine)
  times.bare.push(theirs)
}
process.stdout.write(JSON.stringify({ importMs, ...times }))
