// Opens many TLS connections and holds them until its input ends. Says "held" when all are open.
// Usage: hold.mjs PORT FOLDER_OF_CERTIFICATES COUNT

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'

const [port, certs, count] = process.argv.slice(2)
const CONCURRENT = 50
const secureContext = tls.createSecureContext({
  ca: readFileSync(join(certs, 'ca.crt')),
  cert: readFileSync(join(certs, 'client-default.crt')),
  key: readFileSync(join(certs, 'client-default.key')),
})
const held = []

function open() {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port: Number(port), host: '127.0.0.1', secureContext }, () =>
      socket.write('PING\r\n'),
    )
    socket.once('data', resolve)
    socket.once('error', reject)
    held.push(socket)
  })
}

async function openInTurn() {
  while (held.length < Number(count)) await open()
}

await Promise.all(Array.from({ length: CONCURRENT }, openInTurn))
process.stdout.write('held')
process.stdin.resume().once('end', () => process.exit(0))
