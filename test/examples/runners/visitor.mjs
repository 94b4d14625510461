// A program of its own that visits a page: it finds the server by its environment.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import counter from './counter.cjs'

const { REDIS_URL, REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE, REDIS_TLS_KEY_FILE } = process.env
const client = new Redis(REDIS_URL, {
  tls: {
    ca: readFileSync(REDIS_TLS_CA_FILE),
    cert: readFileSync(REDIS_TLS_CERT_FILE),
    key: readFileSync(REDIS_TLS_KEY_FILE),
  },
})
await counter.countVisit(client, 'child')
await client.quit()
