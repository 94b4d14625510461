import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { show } from '../helpers/wire.ts'

t.test('a message reaches channels and matching patterns', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const listener = await redis.connect()
  const sender = await redis.connect()
  t.strictSame(await listener.ask('SUBSCRIBE', 'news'), ['$subscribe', '$news', ':1'])
  t.strictSame(await listener.ask('PSUBSCRIBE', 'n*'), ['$psubscribe', '$n*', ':2'])
  t.equal(await sender.ask('PUBLISH', 'news', 'hello'), ':2')
  t.strictSame(show((await listener.next()).reply), ['$message', '$news', '$hello'])
  t.strictSame(show((await listener.next()).reply), ['$pmessage', '$n*', '$news', '$hello'])
})

transcript(t, 'unsubscribing from nothing answers once', [
  ['UNSUBSCRIBE', ['$unsubscribe', '(nil)', ':0']],
  ['PUNSUBSCRIBE', ['$punsubscribe', '(nil)', ':0']],
  ['PUBSUB NUMSUB a b', ['$a', ':0', '$b', ':0']],
  ['PUBSUB NUMPAT', ':0'],
  ['PUBSUB CHANNELS', []],
])
