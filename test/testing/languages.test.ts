// Tests in other languages steer a server by MOCK: the examples run as they are, against the
// library's server, and the program with --mock-command answers the same.

import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startRedis } from '../../src/index.ts'
import { PROGRAM } from '../helpers/typescript.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = path.join(root, 'test', 'examples', 'languages')

function isThere(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0
}

async function runExample(program: string, ...args: string[]) {
  const redis = await startRedis({ mockCommand: true })
  const env = { ...process.env, ...redis.env() }
  const child = spawn(program, args, { cwd: examples, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  const status = await new Promise(resolve => child.on('close', resolve))
  await redis.close()
  return { status, output }
}

// Debian's package belongs to Debian's Python, which may not be the first on the path.
const python = ['/usr/bin/python3', 'python3'].find(name => isThere(name, '-c', 'import redis'))

t.test('Python', { skip: python === undefined && 'python3-redis is not installed' }, async t => {
  const { status, output } = await runExample(python ?? '', 'session_test.py')
  t.equal(status, 0, output)
  t.match(output, /Ran 2 tests/)
})

t.test(
  'shell',
  { skip: isThere('redis-cli', '--version') ? false : 'redis-cli is not installed' },
  async t => {
    const { status, output } = await runExample('sh', 'lock.test.sh')
    t.equal(status, 0, output)
    t.match(output, 'ok: the lock')
  },
)

t.test('the program knows MOCK with --mock-command', async t => {
  const args = [...PROGRAM, '--port', '0', '--unixsocket', `${t.testdir()}/s`]
  const child = spawn(process.execPath, [...args, '--mock-command'], { cwd: root })
  t.teardown(() => child.kill())
  let log = ''
  await new Promise<void>(resolve => {
    child.stdout.on('data', chunk => {
      log += chunk
      if (log.includes('Ready to accept')) resolve()
    })
  })
  const { Redis } = await import('ioredis')
  const client = new Redis(args.at(-1) as string)
  t.teardown(() => client.disconnect())
  t.equal(await client.call('MOCK', 'FREEZE', '1893456000000'), 1893456000000)
  t.equal((await client.time())[0], '1893456000')
})
