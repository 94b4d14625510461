// Shakes hands over TLS again and again, in full or with a session resumed, and asks one PING each
// time. Prints JSON: how many, how many of them resumed, and in how many seconds.
// Usage: handshake.mjs PORT FOLDER_OF_CERTIFICATES SECONDS full|resumed

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'

const [port, certs, seconds, kind] = process.argv.slice(2)
const CONCURRENT = 16
const secureContext = tls.createSecureContext({
  ca: readFileSync(join(certs, 'ca.crt')),
  cert: readFileSync(join(certs, 'client-default.crt')),
  key: readFileSync(join(certs, 'client-default.key')),
})
const isResuming = kind === 'resumed'
let count = 0
let resumed = 0

function shake(session) {
  return new Promise((resolve, reject) => {
    let next
    const socket = tls.connect({ port: Number(port), host: '127.0.0.1', secureContext, session })
    socket.once('secureConnect', () => socket.write('PING\r\n'))
    socket.on('session', ticket => {
      next = ticket
    })
    socket.once('data', () => {
      count++
      if (socket.isSessionReused()) resumed++
      socket.destroy()
      resolve(next)
    })
    socket.once('error', reject)
  })
}

const startedAt = performance.now()
const endsAt = startedAt + Number(seconds) * 1000

async function shakeInTurn() {
  let session
  // The first of each can resume nothing.
  for (let i = 0; i < 2 || performance.now() < endsAt; i++) {
    const next = await shake(session)
    if (isResuming) session = next ?? session
  }
}

await Promise.all(Array.from({ length: CONCURRENT }, shakeInTurn))
const elapsed = (performance.now() - startedAt) / 1000
process.stdout.write(JSON.stringify({ count, resumed, elapsed }))
