// A server that is killed at any moment has kept everything that it has answered. Clients write to a
// process, which is killed in the middle of that, again and again in one folder; what is in the folder
// then is between what was answered and what was sent.
//
// SEED=n starts at another seed; KILLS=n kills more or fewer times.

import t, { type Test } from 'tap'
import { SeededRandom } from '../../src/util/random.ts'
import { startInFolder } from '../helpers/append-only.ts'
import { startCli } from '../helpers/cli-start.ts'
import { freePort } from '../helpers/real.ts'
import { encode, Wire } from '../helpers/wire.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const KILLS = Number(process.env['KILLS'] ?? (process.env['TEST_LONG'] ? 300 : 5))
const COUNTERS = 5
/** Requests that wait for their replies. */
const UNDER_WAY = 20

t.setTimeout(KILLS > 5 ? 3_600_000 : 110_000)

/** How often each thing was done: at least, and at most. */
class Ledger {
  readonly answered = new Map<string, number>()
  readonly sent = new Map<string, number>()

  add(to: 'answered' | 'sent', name: string): void {
    this[to].set(name, (this[to].get(name) ?? 0) + 1)
  }

  /** It is known now. */
  settle(name: string, count: number): void {
    this.answered.set(name, count)
    this.sent.set(name, count)
  }
}

const REWRITE = [['BGREWRITEAOF']]

function draw(random: SeededRandom, ledger: Ledger): { name: string; commands: string[][] } {
  const chance = random.below(100)
  if (chance < 2) return { name: '', commands: REWRITE }
  if (chance < 20) {
    const commands = [['MULTI'], ['INCR', 'pair:a'], ['INCR', 'pair:b'], ['EXEC']]
    return { name: 'pair:a', commands }
  }
  if (chance < 50)
    return { name: 'log', commands: [['RPUSH', 'log', `${ledger.sent.get('log') ?? 0}`]] }
  const name = `i${random.below(COUNTERS)}`
  return { name, commands: [['INCR', name]] }
}

/** Writes until so many requests were answered, and then until the end. */
async function writeUntilKilled(
  wire: Wire,
  random: SeededRandom,
  ledger: Ledger,
  kill: () => void,
): Promise<void> {
  const waiting: { name: string; replies: number }[] = []
  let left = 1 + random.below(400)
  try {
    for (;;) {
      while (waiting.length < UNDER_WAY) {
        const { name, commands } = draw(random, ledger)
        if (name !== '') ledger.add('sent', name)
        waiting.push({ name, replies: commands.length })
        wire.write(encode(...commands))
      }
      const [first] = waiting.splice(0, 1)
      for (let i = 0; i < (first?.replies ?? 0); i++) await wire.next()
      if (first !== undefined && first.name !== '') ledger.add('answered', first.name)
      if (--left === 0) kill()
    }
  } catch {
    // The connection is closed: it was killed.
  }
}

async function check(t: Test, dir: string, ledger: Ledger, name: string): Promise<void> {
  const redis = await startInFolder(dir)
  const wire = await redis.connect()
  const numberOf = async (key: string) => Number(String(await wire.ask('GET', key)).slice(1)) || 0
  const found = new Map<string, number>()
  for (let i = 0; i < COUNTERS; i++) found.set(`i${i}`, await numberOf(`i${i}`))
  found.set('pair:a', await numberOf('pair:a'))
  t.equal(await numberOf('pair:b'), found.get('pair:a'), `${name}: both or none`)
  const log = await wire.ask('LRANGE', 'log', '0', '-1')
  const entries = Array.isArray(log) ? log : []
  t.ok(
    entries.every((entry, i) => entry === `$${i}`),
    `${name}: in order`,
  )
  found.set('log', entries.length)
  await redis.close()
  for (const [key, count] of found) {
    const [least, most] = [ledger.answered.get(key) ?? 0, ledger.sent.get(key) ?? 0]
    t.ok(least <= count && count <= most, `${name}: ${key} ${least} <= ${count} <= ${most}`)
    ledger.settle(key, count)
  }
}

t.test('what was answered is there', async t => {
  const dir = t.testdir()
  const ledger = new Ledger()
  const port = await freePort()
  for (let seed = SEED; seed < SEED + KILLS; seed++) {
    const random = new SeededRandom(seed)
    const policy = ['always', 'everysec', 'no'][seed % 3] ?? ''
    const preamble = seed % 2 === 0 ? 'yes' : 'no'
    const { child, until, ended } = startCli(t, [
      ...['--port', `${port}`, '--dir', dir, '--save', '', '--appendonly', 'yes'],
      ...['--appendfsync', policy, '--aof-use-rdb-preamble', preamble],
    ])
    await until('Ready to accept connections')
    const wire = await Wire.connect(port)
    await writeUntilKilled(wire, random, ledger, () => child.kill('SIGKILL'))
    await ended
    await check(t, dir, ledger, `seed ${seed}, ${policy}`)
  }
})
