// NODE_DEBUG shows what happens inside, and no word of a request.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { TYPESCRIPT } from '../helpers/typescript.ts'

const PROGRAM = `
  const { startRedis } = await import('${new URL('../../src/index.ts', import.meta.url)}')
  const { Redis } = await import('ioredis')
  const redis = await startRedis({ users: { app: 'on >sesame ~a +get' } })
  const login = { username: 'app', password: 'sesame' }
  const client = new Redis({ ...redis.connectOptions('ioredis', login), lazyConnect: true })
  await client.connect().catch(() => {})
  await client.get('a')
  await client.set('secret', 'word').catch(() => {})
  client.disconnect()
  await redis.close()
`

t.test('by topic', async t => {
  const run = (topics: string): string => {
    const env = { ...process.env, NODE_DEBUG: topics }
    const options = { env, encoding: 'utf8' } as const
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const args = [...TYPESCRIPT, '--input-type=module', '-e', PROGRAM]
    const { stderr, status } = spawnSync(process.execPath, args, { ...options, cwd })
    t.equal(status, 0, stderr)
    return stderr
  }
  const shown = run('redis-turn,redis-gate')
  t.match(shown, /REDIS-TURN \d+: #1 get: [\d.]+ ms/)
  t.match(shown, /REDIS-GATE \d+: #1 set: NOPERM/)
  t.notMatch(shown, /sesame|secret|word/)
  t.notMatch(run(''), /REDIS-/)
})
