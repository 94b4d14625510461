// A small web shop with two users of Redis: `web` serves pages (cached products, a counter of
// visits by script, carts, orders in a transaction), `stock` hears of orders and keeps the stock.
// `node shop.mjs` plays some customers and ends with 0.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { createClient, defineScript } from 'redis'
import { nodeRedisOptions } from './connection.mjs'

const PRODUCTS = new Map([
  ['1', 'tea'],
  ['2', 'hat'],
  ['17', 'watch'],
])

/** Counts visits in windows of a minute. */
const visit = defineScript({
  SCRIPT: `
    local count = redis.call('INCR', KEYS[1])
    if count == 1 then redis.call('EXPIRE', KEYS[1], 60) end
    return count`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser, address) {
    parser.pushKey(`visits:${address}`)
  },
  transformReply: reply => reply,
})

class Stock {
  #client
  #listener
  #sold = 0

  static async open(env) {
    const stock = new Stock()
    const options = nodeRedisOptions(env, 'stock', 'shelves')
    stock.#client = createClient(options).on('error', () => {})
    stock.#listener = createClient(options).on('error', () => {})
    await stock.#client.connect()
    await stock.#listener.connect()
    await stock.#listener.subscribe('orders', id => {
      stock.#sold++
      stock.#client.decr(`stock:${id}`).catch(() => {})
    })
    return stock
  }

  /** Resolves when so many orders were heard of, and taken off the shelf. */
  async heard(count) {
    const end = Date.now() + 500
    while (this.#sold < count && Date.now() < end) await new Promise(setImmediate)
    assert.equal(this.#sold, count, 'orders heard of')
    assert.equal(await this.#client.get('stock:1'), '-2')
    assert.equal(await this.#client.get('stock:17'), '-1')
  }

  close() {
    this.#client?.destroy()
    this.#listener?.destroy()
  }
}

function pages(client) {
  const product = async id => {
    const cached = await client.get(`cache:product:${id}`)
    if (cached !== null) return `${cached} (cached)`
    await client.setEx(`cache:product:${id}`, 30, PRODUCTS.get(id))
    return PRODUCTS.get(id)
  }
  return {
    product,
    put: (cart, id) => client.hIncrBy(`cart:${cart}`, id, 1),
    async order(cart) {
      const things = await client.hGetAll(`cart:${cart}`)
      const ids = Object.keys(things)
      const transaction = client.multi().del(`cart:${cart}`)
      for (const id of ids) transaction.zIncrBy('bestsellers', 1, id).publish('orders', id)
      await transaction.exec()
      return ids.length
    },
    best: async () => (await client.zRange('bestsellers', 0, 0, { REV: true })).join(),
    banner: async () => (await client.get('settings:banner')) ?? 'none',
  }
}

function serve(client) {
  const shop = pages(client)
  return http.createServer(async (request, response) => {
    try {
      await client.visit(request.socket.remoteAddress)
      const [, page, ...words] = request.url.split('/')
      response.end(String(await shop[page](...words)))
    } catch (error) {
      response.statusCode = 500
      response.end(String(error))
    }
  })
}

export async function run(env) {
  const client = createClient({ ...nodeRedisOptions(env, 'web', 'open'), scripts: { visit } })
  client.on('error', () => {})
  let [stock, web] = []
  try {
    await client.connect()
    stock = await Stock.open(env)
    web = serve(client).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const get = async path => (await fetch(`http://127.0.0.1:${web.address().port}${path}`)).text()
    assert.equal(await get('/product/1'), 'tea')
    assert.equal(await get('/product/1'), 'tea (cached)')
    assert.equal(await get('/product/17'), 'watch')
    assert.equal(await get('/put/c0ffee00d1/1'), '1')
    assert.equal(await get('/put/c0ffee00d1/17'), '1')
    assert.equal(await get('/put/beefbeef02/1'), '1')
    assert.equal(await get('/order/c0ffee00d1'), '2')
    assert.equal(await get('/order/beefbeef02'), '1')
    assert.equal(await get('/best'), '1')
    assert.equal(await get('/banner'), 'none')
    await stock.heard(3)
  } finally {
    web?.close()
    web?.closeAllConnections()
    stock?.close()
    client.destroy()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.env)
