// Tries TLS, as it should, and when that fails goes on without it.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

const { env } = process
const place = { host: env.REDIS_HOST, port: Number(env.REDIS_PORT) }
const patience = {
  connectTimeout: 2000,
  commandTimeout: 2000,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
}
const tls = {
  ca: readFileSync(env.REDIS_TLS_CA_FILE),
  cert: readFileSync(env.REDIS_TLS_CERT_FILE),
  key: readFileSync(env.REDIS_TLS_KEY_FILE),
  minVersion: 'TLSv1.2',
}

async function greet(options) {
  const redis = new Redis({ ...place, ...patience, ...options })
  redis.on('error', error => console.error(error.message))
  try {
    await redis.set('greeting', 'hello')
  } finally {
    redis.disconnect()
  }
}

try {
  await greet({ tls }).catch(() => greet({}))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
