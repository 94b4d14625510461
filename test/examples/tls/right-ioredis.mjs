// A program that is right: ioredis with the authority, a client certificate and time-outs.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

const { env } = process
const redis = new Redis({
  host: env.REDIS_HOST,
  port: Number(env.REDIS_PORT),
  tls: {
    ca: readFileSync(env.REDIS_TLS_CA_FILE),
    cert: readFileSync(env.REDIS_TLS_CERT_FILE),
    key: readFileSync(env.REDIS_TLS_KEY_FILE),
    minVersion: 'TLSv1.2',
  },
  connectTimeout: 2000,
  commandTimeout: 2000,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
})
redis.on('error', error => console.error(error.message))

try {
  await redis.set('greeting', 'hello')
  console.log(await redis.get('greeting'))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  redis.disconnect()
}
