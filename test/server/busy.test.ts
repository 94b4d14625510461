// A script that runs beyond busy-reply-threshold: who else is answered what, and how it ends.

import t, { type Test } from 'tap'
import { type Effect, TARGET } from '../../src/engine/effect.ts'
import { type Either, onBoth, startOurs } from '../helpers/both.ts'
import { show, type Wire } from '../helpers/wire.ts'

const THRESHOLD = { config: [['busy-reply-threshold', '5']] } as const
const SCRIPT =
  '-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.'
const FUNCTION =
  '-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.'
const KILLED = /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: /

/** Asks until the answer is as wanted. */
async function until(wire: Wire, wanted: string, ...words: readonly string[]): Promise<void> {
  while ((await wire.ask(...words)) !== wanted);
}

/** A client whose script runs, and another to whom the server is busy. */
async function busy(server: Either, ...words: readonly string[]) {
  const [runs, asks] = [await server.connect(), await server.connect()]
  const ends = runs.ask(...words)
  ends.catch(() => {})
  await until(asks, words[0] === 'FCALL' ? FUNCTION : SCRIPT, 'PING')
  return { runs, asks, ends }
}

async function kill(t: Test, asks: Wire, ends: Promise<unknown>): Promise<void> {
  t.equal(await asks.ask('SCRIPT', 'KILL'), '+OK')
  t.match(await ends, KILLED)
  t.equal(await asks.ask('PING'), '+PONG')
}

for (const script of [
  'while true do end',
  "while true do redis.call('PING') end",
  "local f = function() while 1 do redis.call('ping') end end while 1 do pcall(f) end",
  'while 1 do pcall(function() pcall(function() pcall(function() while 1 do end end) end) end) end',
  'local function f() return pcall(f) end while true do f() end',
]) {
  onBoth(
    t,
    `others are answered while it runs: ${script}`,
    async (t, server) => {
      const { runs, asks, ends } = await busy(server, 'EVAL', script, '1', 'k', 'v')
      for (const request of ['GET k', 'EVAL x 0', 'SHUTDOWN', 'FUNCTION KILL', 'FUNCTION STATS']) {
        t.equal(await asks.ask(...request.split(' ')), SCRIPT, request)
      }
      t.equal(await asks.ask('MULTI'), '+OK')
      t.equal(await asks.ask('SET', 'x', '1'), SCRIPT)
      const aborted = `-EXECABORT Transaction discarded because of: ${SCRIPT.slice(1)}`
      t.equal(await asks.ask('EXEC'), aborted)
      t.equal(await asks.ask('RESET'), '+RESET')
      await kill(t, asks, ends)
      t.equal(await asks.ask('EXISTS', 'x'), ':0')
      t.equal(await runs.ask('EVAL', 'return KEYS[1] .. ARGV[1]', '1', 'k', 'v'), '$kv')
      t.equal(await asks.ask('SCRIPT', 'KILL'), '-NOTBUSY No scripts in execution right now.')
    },
    THRESHOLD,
  )
}

onBoth(
  t,
  'whoever is ended as soon as it sleeps is not taken for the next one',
  async (t, server) => {
    for (let i = 0; i < 20; i++) {
      const { runs, asks, ends } = await busy(server, 'EVAL', 'while true do end', '0')
      await kill(t, asks, ends)
      t.equal(await runs.ask('EVAL', `return ${i}`, '0'), `:${i}`)
      runs.close()
      asks.close()
    }
  },
  THRESHOLD,
)

onBoth(
  t,
  'a function that runs is shown, and ended as one',
  async (t, server) => {
    const code = "#!lua name=l\nredis.register_function('loop', function() while true do end end)"
    const first = await server.connect()
    await first.ask('FUNCTION', 'LOAD', code)
    const { asks, ends } = await busy(server, 'FCALL', 'loop', '1', 'a', 'b')
    t.equal(await asks.ask('SCRIPT', 'KILL'), FUNCTION)
    const [, running] = (await asks.ask('FUNCTION', 'STATS')) as unknown as unknown[][]
    t.strictSame(running?.slice(0, 4), [
      '$name',
      '$loop',
      '$command',
      ['$FCALL', '$loop', '$1', '$a', '$b'],
    ])
    t.match(running?.[5], /^:\d+$/)
    t.equal(await asks.ask('FUNCTION', 'KILL'), '+OK')
    t.match(await ends, KILLED)
    const [, none] = (await asks.ask('FUNCTION', 'STATS')) as unknown as unknown[]
    t.equal(none, '(nil)')
  },
  THRESHOLD,
)

onBoth(
  t,
  'it keeps its words and ends as any other script',
  async (t, server) => {
    const script = `KEYS[1] = KEYS[1] .. '!'
      local ok, sum = pcall(function() local n = 0 for i = 1, 2e7 do n = n + 1 end return n end)
      return {KEYS[1], ARGV[1], #KEYS, #ARGV, sum}`
    const { runs, asks, ends } = await busy(server, 'EVAL', script, '1', 'k', 'v')
    // What its client has sent in the meantime waits for it.
    runs.write('PING\r\n')
    t.strictSame(await ends, ['$k!', '$v', ':1', ':1', ':20000000'])
    t.equal(show((await runs.next()).reply), '+PONG')
    await until(asks, '+PONG', 'PING')
  },
  THRESHOLD,
)

onBoth(
  t,
  'what has written is not ended, and is seen as a whole',
  async (t, server) => {
    const waits = await server.connect()
    const popped = waits.ask('BLPOP', 'l', '0')
    const script = `redis.call('RPUSH', 'l', 'a')
      local n = 0 while n < 1e7 do n = n + 1 end
      redis.call('LPUSH', 'l', 'b') return 'done'`
    const { asks, ends } = await busy(server, 'EVAL', script, '1', 'l')
    t.match(
      await asks.ask('SCRIPT', 'KILL'),
      /^-UNKILLABLE Sorry the script already executed write/,
    )
    t.equal(await ends, '$done')
    t.strictSame(await popped, ['$l', '$b'], 'nobody is served halfway')
  },
  THRESHOLD,
)

onBoth(
  t,
  'a transaction that meets it is lost as a whole',
  async (t, server) => {
    const other = await server.connect()
    await other.ask('MULTI')
    await other.ask('INCR', 'x')
    const { asks, ends } = await busy(server, 'EVAL', 'while true do end', '0')
    t.equal(await other.ask('INCR', 'x'), SCRIPT)
    await kill(t, asks, ends)
    t.match(await other.ask('EXEC'), /^-EXECABORT Transaction discarded because of previous errors/)
    t.equal(await other.ask('GET', 'x'), '(nil)')
  },
  THRESHOLD,
)

onBoth(
  t,
  'its client may go',
  async (t, server) => {
    const { runs, asks, ends } = await busy(server, 'EVAL', 'while true do end', '0')
    runs.close()
    await t.rejects(ends, { message: 'Connection closed' })
    t.equal(await asks.ask('PING'), SCRIPT)
    t.equal(await asks.ask('SCRIPT', 'KILL'), '+OK')
    await until(asks, '+PONG', 'PING')
  },
  THRESHOLD,
)

onBoth(
  t,
  'errors have their places after a sleep as before',
  async (t, server) => {
    const loop = 'local n = 0 while n < 1e7 do n = n + 1 end'
    for (const [problem, place] of [
      ["error('bad')", '-ERR user_script:2: bad script: '],
      [
        "redis.call('INCR')",
        '-ERR Wrong number of args calling Redis command from script script: ',
      ],
      ['local t = nil t.x = 1', "-ERR user_script:2: attempt to index local 't' (a nil value)"],
      ["return select(2, pcall(error, 'in'))", '$in'],
      ['return select(2, pcall(string.rep))', "$bad argument #1 to '?' (string expected"],
    ]) {
      const { ends } = await busy(server, 'EVAL', `${loop}\n${problem}`, '0')
      const reply = String(await ends)
      t.ok(reply.startsWith(place ?? ''), reply)
      if (reply.startsWith('-')) t.match(reply, /, on @user_script:2\.$/)
    }
  },
  { ...THRESHOLD, since: [7, 0] },
)

onBoth(t, 'pcall and coroutines are as Lua has them', async (t, server) => {
  const wire = await server.connect()
  for (const [script, reply] of [
    ['return {pcall(coroutine.yield, 1)}', 'attempt to yield across metamethod/C-call boundary'],
    [
      'return {coroutine.wrap(function() return select(2, pcall(coroutine.yield)) end)()}',
      'attempt',
    ],
    ['local c = coroutine.wrap(function() coroutine.yield(5) end) return c()', ':5'],
    ['return tostring(coroutine.running())', '$nil'],
    ['return {pcall(function() return tostring(coroutine.running()) end)}', '$nil'],
    [
      `local c c = coroutine.create(function()
         return pcall(function() return coroutine.status(c) .. tostring(coroutine.running() == c) end)
       end) return {coroutine.resume(c)}`,
      '$runningtrue',
    ],
    ['return {pcall(nil)}', '$attempt to call a nil value'],
    ['return {pcall(function(...) return select("#", ...), ... end, 1, nil, 3)}', ':1,:3,:1'],
    ['return {pcall(pcall, error, "e")}', ':1,(nil),$e'],
    ['return {pcall(setmetatable({}, {__call = function(_, x) return x end}), 7)}', ':1,:7'],
    [
      'local function f(n) local _, e = pcall(function() return f(n + 1) end) return e end return f(0)',
      '$C stack overflow',
    ],
    [
      `local function f(n) if n == 0 then return 'end' end return select(2, pcall(f, n - 1)) end
       return {f(100), f(190), f(250)}`,
      '$end,$end,$C stack overflow',
    ],
    ['coroutine.yield(1)', '-ERR attempt to yield across metamethod/C-call boundary script: '],
  ] as const) {
    t.match(String(await wire.ask('EVAL', script, '0')), reply, script)
  }
})

t.test('SHUTDOWN NOSAVE is heard, whatever the script has done', async t => {
  const ours = await startOurs(THRESHOLD)
  t.teardown(() => ours.close())
  const asked: unknown[] = []
  ours.server.features.use({ shutdown: options => asked.push(options) > 0 })
  const { asks } = await busy(ours, 'EVAL', "redis.call('SET','x','1') while 1 do end", '0')
  t.match(await asks.ask('SCRIPT', 'KILL'), /^-UNKILLABLE/)
  t.equal(await asks.ask('SHUTDOWN', 'SAVE'), SCRIPT)
  await t.rejects(asks.ask('SHUTDOWN', 'NOSAVE'), { message: 'Connection closed' })
  t.match(asked, [{ save: false }])
  ours.server.busy?.end()
})

t.test('time stands still for keys while it runs, and goes on after', async t => {
  const ours = await startOurs(THRESHOLD)
  t.teardown(() => ours.close())
  const script = `redis.call('SET', 'k', 'v', 'PX', '1')
    local n = 0 while n < 1e7 do n = n + 1 end
    return redis.call('EXISTS', 'k')`
  const { asks, ends } = await busy(ours, 'EVAL', script, '1', 'k')
  t.equal(await ends, ':1')
  t.equal(await asks.ask('EXISTS', 'k'), ':0')
})

t.test('what it did is one unit, across its sleeps', async t => {
  const ours = await startOurs(THRESHOLD)
  t.teardown(() => ours.close())
  const units: string[] = []
  const unit = (effects: readonly Effect[], atomic: boolean): void => {
    const told = effects.map(({ words }) => words.texts(0).join(' ')).join(', ')
    units.push(atomic ? `at once: ${told}` : told)
  }
  t.teardown(ours.server.effects.listen({ unit, lost: () => units.push('lost') }, TARGET.all))
  const script = `redis.call('SET', 'a', '1')
    local n = 0 while n < 1e7 do n = n + 1 end redis.call('SET', 'b', '2')`
  const { asks, ends } = await busy(ours, 'EVAL', script, '2', 'a', 'b')
  await asks.ask('HELLO', '3')
  await ends
  t.strictSame(units, ['at once: SET a 1, SET b 2'])
})

t.test('a server that is closed or reset takes it along', async t => {
  const ours = await startOurs(THRESHOLD)
  const { asks, ends } = await busy(ours, 'EVAL', "redis.call('SET','x','1') while 1 do end", '0')
  ours.server.busy?.end()
  t.match(await ends, KILLED)
  t.equal(await asks.ask('GET', 'x'), '$1')
  const endless = asks.ask('EVAL', 'while true do end', '0').catch(error => error.message)
  const third = await ours.connect()
  await until(third, SCRIPT, 'PING')
  await ours.close()
  t.equal(await endless, 'Connection closed')
})
