// What is loaded at its first use is charged to no command.

import t from 'tap'
import { HANDLERS } from '../../src/commands/index.ts'
import { Commands, type LateHandlers } from '../../src/engine/handlers.ts'
import { LuaEngine } from '../../src/scripting/engine.ts'
import { CATALOGUE } from '../../src/table/redis.ts'
import { lazy, warmingUp, warmUpMs } from '../../src/util/lazy.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import type { Wire } from '../helpers/wire.ts'

const LOAD_MS = 500
const RUN_MS = 2

/** Time that moves only where the test says so: what takes no time in it takes none. */
let now = 1_000_000
t.intercept(performance, 'now', { value: () => now })

/** Every family takes long to load, and every command some time. */
const slow: readonly LateHandlers[] = HANDLERS.map(set => ({
  family: set.family,
  load: () => {
    now += LOAD_MS
    const { run, ...rest } = 'load' in set ? set.load() : set
    const timed = Object.entries(run).map(([name, handler]) => [
      name,
      (...words: Parameters<typeof handler>) => {
        now += RUN_MS
        handler(...words)
      },
    ])
    return { ...rest, run: Object.fromEntries(timed) }
  },
}))

/** Microseconds by command, as INFO tells them. */
async function charged(wire: Wire): Promise<Record<string, number>> {
  const info = String(await wire.ask('INFO', 'commandstats'))
  const found = info.matchAll(/cmdstat_(\S+):calls=1,usec=(\d+),/g)
  return Object.fromEntries(Array.from(found, ([, name, usec]) => [name, Number(usec)]))
}

async function start(config: readonly (readonly string[])[] = []): Promise<TestServer> {
  const redis = await startServer({ commands: new Commands(CATALOGUE, slow), config })
  t.teardown(() => redis.close())
  return redis
}

t.test('a family that is loaded', async t => {
  const redis = await start([['latency-monitor-threshold', '10']])
  const wire = await redis.connect()
  await wire.ask('HSET', 'h', 'f', 'v')
  await wire.ask('MULTI')
  await wire.ask('SADD', 's', 'a')
  await wire.ask('GEOADD', 'g', '1', '1', 'a')
  await wire.ask('EXEC')
  const run = RUN_MS * 1000
  // The first command of a transaction is charged with what EXEC did before it.
  const inside = { sadd: 2 * run, geoadd: run, exec: 3 * run }
  t.match(await charged(wire), { hset: run, multi: run, ...inside })
  t.equal(await wire.ask('SLOWLOG', 'LEN'), ':0')
  t.strictSame(await wire.ask('LATENCY', 'LATEST'), [])
})

t.test('the Lua engine that starts', async t => {
  const compileBinary = LuaEngine.compile
  t.intercept(LuaEngine, 'compile', {
    value: () => {
      now += LOAD_MS
      return compileBinary()
    },
  })
  const before = now
  const redis = await start()
  const wire = await redis.connect()
  t.equal(await wire.ask('EVAL', 'return redis.call("LLEN", KEYS[1])', '1', 'l'), ':0')
  t.ok(now - before > 2 * LOAD_MS, 'an engine was made, and the families')
  t.match(await charged(wire), { llen: 2 * RUN_MS * 1000, eval: 2 * RUN_MS * 1000 })
})

t.test('what is made once, and what it makes in turn', async t => {
  const before = warmUpMs()
  const inner = lazy(() => {
    now += LOAD_MS
    return {}
  })
  const outer = lazy(() => {
    now += LOAD_MS
    return inner()
  })
  outer()
  outer()
  t.equal(warmUpMs() - before, 2 * LOAD_MS)
  t.throws(() =>
    warmingUp(() => {
      now += LOAD_MS
      throw new Error('not there')
    }),
  )
  t.equal(warmUpMs() - before, 3 * LOAD_MS, 'also what fails takes time')
})
