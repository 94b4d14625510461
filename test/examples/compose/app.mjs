// Says PING over TLS, as any client would that finds its server in the environment.

import { readFileSync } from 'node:fs'
import tls from 'node:tls'

const { REDIS_URL, REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE, REDIS_TLS_KEY_FILE } = process.env
const { hostname, port } = new URL(REDIS_URL)
const socket = tls.connect({
  host: hostname,
  port: Number(port),
  servername: hostname,
  ca: readFileSync(REDIS_TLS_CA_FILE),
  cert: readFileSync(REDIS_TLS_CERT_FILE),
  key: readFileSync(REDIS_TLS_KEY_FILE),
})
socket.on('secureConnect', () => socket.write('PING\r\n'))
socket.on('data', reply => {
  console.log(String(reply).trim())
  socket.end()
})
