// A service that is right, with node-redis: it serves HTTP, connects again for ever, and never ends.

import { readFileSync } from 'node:fs'
import http from 'node:http'
import { createClient } from 'redis'

const { env } = process
const client = createClient({
  url: env.REDIS_URL,
  socket: {
    tls: true,
    ca: readFileSync(env.REDIS_TLS_CA_FILE),
    cert: readFileSync(env.REDIS_TLS_CERT_FILE),
    key: readFileSync(env.REDIS_TLS_KEY_FILE),
    minVersion: 'TLSv1.2',
    connectTimeout: 1500,
    socketTimeout: 1500,
  },
})
client.on('error', error => console.error('redis:', error.message))

http.createServer((_, response) => response.end('hello')).listen(Number(env.SERVICE_PORT ?? 0))
await client.connect()
await client.set('greeting', 'hello')
setInterval(() => client.ping().catch(() => {}), 700)
