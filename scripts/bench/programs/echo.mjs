// A bare echo, plain and over TLS: counts requests, all of one size, and answers +OK to each. It is
// the ceiling: what node's sockets give to a server that does nothing.
// Usage: echo.mjs PORT TLS_PORT FOLDER_OF_CERTIFICATES

import { readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'

const [port, tlsPort, certs] = process.argv.slice(2)
const replies = Buffer.from('+OK\r\n'.repeat(4096))

function serve(socket) {
  let size = 0
  let received = 0
  socket.on('error', () => {})
  socket.setNoDelay(true)
  socket.on('data', chunk => {
    if (size === 0) {
      const second = chunk.indexOf('\r\n*')
      size = second < 0 ? chunk.length : second + 2
    }
    received += chunk.length
    const count = Math.floor(received / size)
    received -= count * size
    if (count > 0) socket.write(replies.subarray(0, count * 5))
  })
}

net.createServer(serve).listen(Number(port), '127.0.0.1')
tls
  .createServer(
    {
      ca: readFileSync(join(certs, 'ca.crt')),
      cert: readFileSync(join(certs, 'server.crt')),
      key: readFileSync(join(certs, 'server.key')),
      requestCert: true,
      rejectUnauthorized: true,
    },
    serve,
  )
  .listen(Number(tlsPort), '127.0.0.1')
