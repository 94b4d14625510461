// A worker with ioredis and its defaults: it tries again for ever, and waits for work.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'

const { env } = process
const client = new Redis(env.REDIS_URL, {
  tls: {
    ca: readFileSync(env.REDIS_TLS_CA_FILE),
    cert: readFileSync(env.REDIS_TLS_CERT_FILE),
    key: readFileSync(env.REDIS_TLS_KEY_FILE),
    minVersion: 'TLSv1.2',
  },
})
client.on('error', error => console.error('redis:', error.message))

for (;;) await client.blpop('work', 0).catch(() => {})
