import t, { type Test } from 'tap'
import { evaluate, LIBRARY_SOURCE } from '../helpers/evaluate.ts'

/** Runs a program that never closes its server; resolves to what it printed, once it has ended. */
function run(t: Test, body: string): Promise<string> {
  const source = `import { startRedis } from ${LIBRARY_SOURCE}
import { Redis } from 'ioredis'
const isKeptAlive = () => process.getActiveResourcesInfo().includes('TCPServerWrap')
${body}`
  return evaluate(t, source)
}

t.test('with unref: true', async t => {
  const body = `
const redis = await startRedis({ unref: true })
const client = new Redis(redis.connectOptions('ioredis'))
await client.set('k', 'v')
console.log(await client.get('k'), isKeptAlive())
await client.quit()`
  t.equal(await run(t, body), 'v false')
})

t.test('in a thread', async t => {
  const body = `
const redis = await startRedis({ thread: true, unref: true })
await redis.seed({ k: 'v' })
console.log(await redis.db().string('k'))`
  t.equal(await run(t, body), 'v')
})

t.test("where a runner's hooks are global names", async t => {
  const body = `
globalThis.describe = globalThis.beforeEach = () => {}
await startRedis()
console.log(isKeptAlive())`
  t.equal(await run(t, body), 'false')
})

t.test('a server that a program starts keeps it alive', async t => {
  const body = `
await startRedis()
console.log(isKeptAlive())
process.exit()`
  t.equal(await run(t, body), 'true')
})
