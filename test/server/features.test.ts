// What attaches to a server: several at the same point, each removed alone.

import t from 'tap'
import { err } from '../../src/resp3/errors.ts'
import { startServer } from '../helpers/server.ts'

t.test('features are asked in their order, and removing one leaves the others', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const { features } = redis.server
  const heard: string[] = []
  const hearer = (name: string) => ({ ran: () => void heard.push(name) })
  const removeFirst = features.use(hearer('first'))
  const removeSecond = features.use(hearer('second'))
  await wire.ask('PING')
  t.strictSame(heard, ['first', 'second'])
  removeFirst()
  await wire.ask('PING')
  t.strictSame(heard, ['first', 'second', 'second'])
  removeSecond()
  removeFirst()
  await wire.ask('PING')
  t.equal(heard.length, 3)
})

t.test(
  'the first error stands, and where a command is replaced the first handler runs',
  async t => {
    const redis = await startServer()
    t.teardown(() => redis.close())
    const wire = await redis.connect()
    const { features } = redis.server
    features.use({ arrived: (_client, { name }) => (name === 'get' ? err('one') : undefined) })
    features.use({ arrived: (_client, { name }) => (name === 'set' ? err('two') : undefined) })
    features.use({ arrived: () => err('three') })
    t.equal(await wire.ask('GET', 'k'), '-ERR one')
    t.equal(await wire.ask('SET', 'k', 'v'), '-ERR two')
    t.equal(await wire.ask('PING'), '-ERR three')
  },
)

t.test('one that removes itself while it is told changes nothing for who follows', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const { features } = redis.server
  let told = 0
  const remove = features.use({ ran: () => remove() })
  features.use({ ran: () => void told++ })
  await wire.ask('PING')
  await wire.ask('PING')
  t.equal(told, 2)
  t.equal(features.at.ran.length, 1)
})

t.test('reports add up', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  redis.server.features.use({ report: () => ({ scripts: 2, functions: 3 }) })
  redis.server.features.use({ report: () => ({ scripts: 5 }) })
  t.match(
    String(await wire.ask('INFO', 'memory')),
    /number_of_cached_scripts:7\r\nnumber_of_functions:3/,
  )
})
