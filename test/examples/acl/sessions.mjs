// Sessions of a web server: express-session with connect-redis. `node sessions.mjs` plays two
// visitors and ends with 0; run by `redis-tls-mock acl learn -- node sessions.mjs`, it shows which
// rights connect-redis needs.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import { createClient } from 'redis'
import { nodeRedisOptions } from './connection.mjs'

export async function run(env) {
  const client = createClient(nodeRedisOptions(env))
  client.on('error', () => {})
  await client.connect()
  const store = new RedisStore({ client, prefix: 'sess:', ttl: 60 })
  const handle = session({
    store,
    secret: 'tea',
    resave: false,
    saveUninitialized: false,
    rolling: true,
  })
  const web = http.createServer((request, response) =>
    handle(request, response, error => {
      response.statusCode = error ? 500 : 200
      if (error) response.end(String(error))
      else answer(request, response)
    }),
  )
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  try {
    await visit(web.address().port, store)
  } finally {
    web.close()
    client.destroy()
  }
}

function answer({ url, session }, response) {
  if (url === '/logout') {
    session.destroy(error => response.end(error ? String(error) : 'bye'))
  } else {
    session.visits = (session.visits ?? 0) + 1
    response.end(`visit ${session.visits}`)
  }
}

async function visit(port, store) {
  const cookies = new Map()
  const get = async (who, path) => {
    const headers = cookies.has(who) ? { cookie: cookies.get(who) } : {}
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    const [cookie] = response.headers.getSetCookie()
    if (cookie) cookies.set(who, cookie.split(';')[0])
    return response.text()
  }
  assert.equal(await get('anna', '/'), 'visit 1')
  assert.equal(await get('anna', '/'), 'visit 2')
  assert.equal(await get('bert', '/'), 'visit 1')
  assert.equal(await store.length(), 2)
  assert.equal((await store.all()).length, 2)
  assert.equal(await get('bert', '/logout'), 'bye')
  assert.equal(await get('bert', '/'), 'visit 1')
  await new Promise((resolve, reject) => {
    store.touch('none', { cookie: {} }, error => (error ? reject(error) : resolve()))
  })
  await store.clear()
  assert.equal(await store.length(), 0)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.env)
