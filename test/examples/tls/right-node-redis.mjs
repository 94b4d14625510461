// A program that is right: node-redis with the authority, a client certificate and time-outs.

import { readFileSync } from 'node:fs'
import { createClient } from 'redis'

const { env } = process
const client = createClient({
  socket: {
    host: env.REDIS_HOST,
    port: Number(env.REDIS_PORT),
    tls: true,
    ca: readFileSync(env.REDIS_TLS_CA_FILE),
    cert: readFileSync(env.REDIS_TLS_CERT_FILE),
    key: readFileSync(env.REDIS_TLS_KEY_FILE),
    minVersion: 'TLSv1.2',
    connectTimeout: 2000,
    socketTimeout: 2000,
    reconnectStrategy: false,
  },
})
client.on('error', error => console.error(error.message))

try {
  await client.connect()
  await client.set('greeting', 'hello')
  console.log(await client.get('greeting'))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  if (client.isOpen) client.destroy()
}
