// One user who may use EVAL, APPEND, XADD, PSUBSCRIBE and RESTORE, each on one key, does his worst;
// what others meet meanwhile is compared with what they meet on a redis-server. For some seconds;
// with TEST_LONG for ten minutes.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { NO_REAL_SERVER, startReal } from '../helpers/real.ts'
import { SmallHeap } from '../helpers/small-heap.ts'
import { TYPESCRIPT } from '../helpers/typescript.ts'
import { Wire } from '../helpers/wire.ts'

const SECONDS = Number(process.env['SECONDS'] ?? (process.env['TEST_LONG'] ? 600 : 6))
const RULES = '~a ~x ~r &* +auth +eval +append +xadd +psubscribe +restore'
const WORST = fileURLToPath(new URL('worst-user.ts', import.meta.url))

interface Trial {
  readonly faults: readonly string[]
  readonly p50: number
  readonly p99: number
  readonly requests: number
}

async function begin(port: number): Promise<ChildProcess> {
  const attacker = fork(WORST, [String(port)], {
    execArgv: [...TYPESCRIPT],
  })
  await new Promise((resolve, reject) => {
    attacker.once('message', resolve)
    attacker.once('exit', code => reject(new Error(`The attacker ended with ${code}`)))
  })
  return attacker
}

/** What an ordinary user does, one request after the other, and how long each of them takes. */
async function live(port: number): Promise<Trial> {
  const wire = await Wire.connect(port)
  const attacker = await begin(port)
  const times: number[] = []
  const faults: string[] = []
  const doc = 'z'.repeat(300_000)
  const expect = async (wanted: string, ...words: readonly string[]): Promise<void> => {
    const startedAt = performance.now()
    const got = String(await wire.ask(...words))
    times.push(performance.now() - startedAt)
    if (got !== wanted) faults.push(`${words[0]}: ${got.slice(0, 200)}`)
  }
  const end = performance.now() + SECONDS * 1000
  for (let i = 0; performance.now() < end; i++) {
    await expect('+OK', 'SET', 'mine', String(i))
    await expect(`$${i}`, 'GET', 'mine')
    await expect(':0', 'PUBLISH', `axb${i}`, 'm')
    if (i % 10 === 0) {
      await expect('+OK', 'SET', 'doc', doc)
      const script = "return #redis.call('GET', KEYS[1]) + #string.rep('x', 300000)"
      await expect(':600000', 'EVAL', script, '1', 'doc')
    }
  }
  attacker.kill()
  wire.close()
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0
  return { faults: [...new Set(faults)], p50: at(0.5), p99: at(0.99), requests: times.length }
}

/** The rules of a user that may do everything without a password. */
const OPEN = 'on nopass ~* &* +@all'

t.setTimeout(SECONDS > 6 ? 7_200_000 : 110_000)

t.test(`a user's worst, for ${SECONDS} s`, async t => {
  const child = await SmallHeap.start({ users: { low: `on nopass ${RULES}`, default: OPEN } }, 2048)
  t.teardown(() => child.close())
  const ours = await live(child.port)
  t.strictSame(ours.faults, [], 'everybody else is answered as ever')
  t.ok(await child.lives())
  t.ok(ours.requests > 10)
  t.comment(`ours: p50 ${ours.p50.toFixed(1)} ms, p99 ${ours.p99.toFixed(1)} ms, ${ours.requests}`)
  if (NO_REAL_SERVER) return
  const real = await startReal(
    '--user',
    'default',
    'on',
    'nopass',
    '+@all',
    '~*',
    '&*',
    '--user',
    'low',
    'on',
    'nopass',
    ...RULES.split(' '),
  )
  t.teardown(() => real.close())
  const theirs = await live(real.port)
  const { p50, p99, requests } = theirs
  t.comment(`redis-server: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${requests}`)
  t.comment(`p99 ${(ours.p99 / p99).toFixed(2)} times redis-server's`)
})
