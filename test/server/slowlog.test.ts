// The slow log: what it shows of long requests, and that it does not keep the rest of them.

import t from 'tap'
import { startServer } from '../helpers/server.ts'

t.test('long words and many words are shortened', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  t.equal(await wire.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '0'), '+OK')
  const log = async (...words: string[]): Promise<string[]> => {
    await wire.ask('SLOWLOG', 'RESET')
    await wire.ask(...words)
    const entries = (await wire.ask('SLOWLOG', 'GET', '1')) as string[][][]
    return entries[0]![3]!.map(word => word.slice('$'.length))
  }
  t.strictSame(await log('SET', 'k', 'v'.repeat(128)), ['SET', 'k', 'v'.repeat(128)])
  const shown = `${'v'.repeat(128)}... (72 more bytes)`
  t.strictSame(await log('SET', 'k', 'v'.repeat(200)), ['SET', 'k', shown])
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
  t.strictSame(await log('DEL', ...keys.slice(0, 31)), ['DEL', ...keys.slice(0, 31)])
  t.strictSame(await log('DEL', ...keys), ['DEL', ...keys.slice(0, 30), '... (10 more arguments)'])
  const user = await log('ACL', 'SETUSER', 'u', `>${'p'.repeat(200)}`)
  t.strictSame(user, ['ACL', 'SETUSER', '(redacted)', '(redacted)'])
})
