// Sessions of a web server: express-session with connect-redis, over TLS with a client certificate.

import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedisStore } from 'connect-redis'
import session, { type Session, type Store } from 'express-session'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import { type RunningRedis, startRedis } from '../../src/index.ts'

/** A browser: keeps its cookie from one answer to the next request. */
class Browser {
  readonly #port: number
  cookie: string | undefined

  constructor(port: number) {
    this.#port = port
  }

  async get(path: string): Promise<string> {
    const request = http.get({
      port: this.#port,
      path,
      agent: false,
      headers: this.cookie === undefined ? {} : { cookie: this.cookie },
    })
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    const [cookie] = response.headers['set-cookie'] ?? []
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    return text
  }
}

type WithSession = http.IncomingMessage & { readonly session: Session }

/** Counts visits; /login gives a new session id, /logout ends the session. */
function answer({ url, session }: WithSession, response: http.ServerResponse): void {
  if (url === '/logout') {
    session.destroy(() => response.end('bye'))
  } else if (url === '/login') {
    session.regenerate(() => response.end('welcome'))
  } else {
    session['visits'] = Number(session['visits'] ?? 0) + 1
    response.end(`visit ${session['visits']}`)
  }
}

async function site(t: Test, redis: RunningRedis, protocol: 2 | 3) {
  const login = { username: 'web', password: 'sites' }
  const client = createClient({ ...redis.connectOptions('node-redis', login), RESP: protocol })
  client.on('error', error => t.fail(error.message))
  await client.connect()
  const store = new RedisStore({ client, prefix: 'sess:', ttl: 60 })
  const handle = session({
    store: store as unknown as Store,
    secret: 'tea',
    resave: false,
    saveUninitialized: false,
    rolling: true,
  })
  const web = http.createServer((request, response) =>
    handle(request, response, () => answer(request as WithSession, response)),
  )
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  t.teardown(async () => {
    web.close()
    await client.close()
  })
  return { client, store, port: (web.address() as AddressInfo).port }
}

for (const protocol of [2, 3] as const) {
  t.test(`express-session keeps visitors apart, RESP${protocol}`, async t => {
    const redis = await startRedis({
      users: { default: 'off', web: 'on >sites ~sess:* +@read +@write +@connection' },
    })
    t.teardown(() => redis.close())
    const { client, store, port } = await site(t, redis, protocol)
    const [anna, bert] = [new Browser(port), new Browser(port)]
    t.equal(await anna.get('/'), 'visit 1')
    t.equal(await anna.get('/'), 'visit 2')
    t.equal(await bert.get('/'), 'visit 1')
    t.equal(await store.length(), 2)
    t.equal((await store.ids()).length, 2)
    const visits = (await store.all()).map((each: Record<string, unknown>) => each['visits'])
    t.strictSame(visits.sort(), [1, 2])

    const [id] = await store.ids()
    const ttl = await client.ttl(`sess:${id}`)
    t.ok(ttl > 55 && ttl <= 60, `the session lives for its ttl, not ${ttl}`)

    const before = anna.cookie
    t.equal(await anna.get('/login'), 'welcome')
    t.equal(await anna.get('/'), 'visit 1', 'a new session')
    t.not(anna.cookie, before)
    t.equal(await bert.get('/logout'), 'bye')
    t.equal(await bert.get('/'), 'visit 1')

    await store.clear()
    t.equal(await store.length(), 0)
    t.equal(await anna.get('/'), 'visit 1', 'every session is gone')
  })
}

t.test('what the store may not do comes back as an error of the page', async t => {
  const redis = await startRedis({ users: { default: 'off', web: 'on >sites ~other:* +@all' } })
  t.teardown(() => redis.close())
  const { store } = await site(t, redis, 3)
  await t.rejects(store.get('x'), { message: 'NOPERM No permissions to access a key' })
})
