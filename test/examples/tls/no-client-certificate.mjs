// The certificate of the client was forgotten: right but for that.

import { readFileSync } from 'node:fs'
import { createClient } from 'redis'

const { env } = process
const client = createClient({
  socket: {
    host: env.REDIS_HOST,
    port: Number(env.REDIS_PORT),
    tls: true,
    ca: readFileSync(env.REDIS_TLS_CA_FILE),
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
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  if (client.isOpen) client.destroy()
}
