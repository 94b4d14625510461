// An engine has 64 MB for the scripts of all users. Whatever one of them does with it, it gets an
// error for itself in Redis's words, exactly one reply, and the next finds all the room there is.

import { spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import { CLI } from '../helpers/cli.ts'
import { freePort } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { Wire } from '../helpers/wire.ts'

const NO_MEMORY = /^-ERR Error running script \w{40}, not enough memory$/

interface Users {
  readonly redis: TestServer
  /** May do little but run scripts. */
  readonly low: Wire
  readonly other: Wire
}

async function users(t: Test): Promise<Users> {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const [low, other] = [await redis.connect(), await redis.connect()]
  await other.ask(
    'ACL',
    'SETUSER',
    'low',
    'on',
    'nopass',
    '+eval',
    '+script',
    '+get',
    '+echo',
    '~*',
  )
  await low.ask('AUTH', 'low', 'x')
  await other.ask('SET', 'doc', 'z'.repeat(300_000))
  return { redis, low, other }
}

const WORK = "return #redis.call('GET', 'doc') + #string.rep('x', 300000)"
/** As many megabytes, all of them in use at once. */
const TAKES =
  'local s, t = string.rep("x", 1000), {} ' +
  'for i = 1, tonumber(ARGV[1]) do t[i] = string.rep(s, 1000) .. i end '

t.test('scripts that are kept cost other users nothing', async t => {
  const { low, other } = await users(t)
  let n = 0
  for (const [size, count] of [
    [1_000_000, 60],
    [100_000, 300],
    [50_000, 300],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const script = `local x = "${n++}:${'y'.repeat(size)}" return 1`
      t.equal(await low.ask('EVAL', script, '0'), ':1')
      if (i % 20 === 0) t.equal(await other.ask('EVAL', WORK, '0'), ':600000', `after ${n}`)
    }
  }
  const kept = /used_memory_scripts_eval:(\d+)/.exec(String(await other.ask('INFO', 'memory')))
  t.ok(Number(kept?.[1]) <= 32 * 2 ** 20, `${kept?.[1]} bytes are kept`)
  t.match(await other.ask('INFO', 'stats'), /evicted_scripts:[1-9]/)
})

t.test('scripts that SCRIPT LOAD keeps do not either, and stay', async t => {
  const { low, other } = await users(t)
  const shas: string[] = []
  for (let i = 0; i < 40; i++) {
    const script = `local x = "${i}:${'y'.repeat(1_000_000)}" return ${i}`
    shas.push(String(await low.ask('SCRIPT', 'LOAD', script)).slice(1))
    t.equal(await other.ask('EVAL', WORK, '0'), ':600000')
  }
  for (const [i, sha] of shas.entries()) t.equal(await other.ask('EVALSHA', sha, '0'), `:${i}`)
})

t.test('what is too much is the error of the script, and of no other', async t => {
  const { low, other } = await users(t)
  await other.ask('SET', 'large', 'v'.repeat(40_000_000))
  await other.ask('SET', 'larger', 'v'.repeat(70_000_000))
  for (const script of [
    'return string.rep("x", 2^31 - 1)',
    'return string.rep("x", 5e7)',
    'return string.rep(string.rep("x", 1e6), 50)',
    'return string.rep(1, 5e7)',
    'local s = "x" while true do s = s .. s end',
    'local t = {} for i = 1, 1e9 do t[i] = i end',
    'local t = {} for i = 1, 1e9 do t[i] = {} end',
    'local t = {} for i = 1, 1e9 do t[i] = redis.call("ECHO", i .. string.rep("x", 1e5)) end',
    "return #redis.call('GET', 'large')",
    "return redis.call('GET', 'larger')",
    "redis.setresp(3) return redis.pcall('GET', 'larger')",
    'return loadstring(string.rep("x=1 ", 1e7))',
    'return cjson.encode(string.rep("\\1", 1e7))',
  ]) {
    const [reply, work] = await Promise.all([
      low.ask('EVAL', script, '0').catch(String),
      other.ask('EVAL', WORK, '0'),
    ])
    t.match(reply, NO_MEMORY, script)
    t.equal(work, ':600000', script)
  }
  for (const [size, count] of [
    [70_000_000, 1],
    [20_000_000, 3],
  ] as const) {
    const words = new Array<string>(count).fill('a'.repeat(size))
    t.match(await low.ask('EVAL', 'return 1', '0', ...words), NO_MEMORY)
    t.match(await low.ask('EVAL', 'return 1', String(count), ...words), NO_MEMORY)
    t.equal(await other.ask('EVAL', WORK, '0'), ':600000')
  }
  t.equal(
    await low.ask('EVAL', `return "${'y'.repeat(70_000_000)}"`, '0'),
    '-ERR Error compiling script (new function): not enough memory',
  )
  t.equal(await other.ask('EVAL', WORK, '0'), ':600000')
})

t.test('an error for want of memory can be caught, and the next script has it all', async t => {
  const { low, other } = await users(t)
  await other.ask('SET', 'large', 'v'.repeat(40_000_000))
  const script = `local ok, problem = pcall(redis.call, 'GET', 'large') return {tostring(ok), problem}`
  t.strictSame(await low.ask('EVAL', script, '0'), ['$false', '$not enough memory'])
  t.equal(await other.ask('EVAL', WORK, '0'), ':600000')
  // To the brim with small things: nothing is left for C's own buffers.
  const brim =
    'local t = {} local ok, problem = pcall(function() ' +
    "for i = 1, 1e9 do t[#t + 1] = {} t[#t + 1] = redis.status_reply('x') end end) return problem"
  t.equal(await low.ask('EVAL', brim, '0'), '$not enough memory')
  t.equal(await other.ask('EVAL', WORK, '0'), ':600000')
})

t.test('what fits into a new engine fits, whatever was there before', async t => {
  const { low, other } = await users(t)
  let megabytes = 60
  const fits = async (): Promise<boolean> => {
    await other.ask('SCRIPT', 'FLUSH')
    return (await other.ask('EVAL', `${TAKES} return 1`, '0', String(megabytes))) === ':1'
  }
  while (!(await fits())) megabytes--
  t.ok(megabytes > 20, `${megabytes} MB fit`)
  for (const garbage of ['7', '20']) {
    t.equal(await low.ask('EVAL', `${TAKES} return 1`, '0', garbage), ':1')
    t.equal(
      await other.ask('EVAL', `${TAKES} return 1`, '0', String(megabytes)),
      ':1',
      `after ${garbage} MB`,
    )
  }
})

t.test('a text that fits twice can be made, and its garbage is no burden', async t => {
  const { low } = await users(t)
  t.equal(await low.ask('EVAL', 'return #string.rep("x", 3e7)', '0'), ':30000000')
  t.equal(await low.ask('EVAL', 'return #string.rep(123, 1e7)', '0'), ':30000000')
  for (const script of [
    'for i = 1, 150 do local s = string.rep("x", 1e6) end return 1',
    'for i = 1, 20 do local s = string.rep("x" .. i, 4e6) end return 1',
    'local t = {} for i = 1, 150 do t[i % 20] = string.rep("x", 1e6) .. i end return 1',
    'for i = 1, 100 do redis.call("ECHO", string.rep("x", 1e6)) end return 1',
  ]) {
    t.equal(await low.ask('EVAL', script, '0'), ':1', script)
  }
})

t.test('a script that has called a command does not run again', async t => {
  const { low, other } = await users(t)
  const script = `redis.call('INCR', 'n') ${TAKES} return 1`
  for (let i = 1; i <= 4; i++) {
    await low.ask('EVAL', `${TAKES} return 1`, '0', '7')
    const reply = await other.ask('EVAL', script, '0', String(40 + i * 4))
    if (reply !== ':1') t.match(reply, NO_MEMORY)
    t.equal(await other.ask('GET', 'n'), `$${i}`)
  }
})

const LIBRARY = `#!lua name=lib
local count, hoard = 0, {}
redis.register_function('count', function() count = count + 1 return count end)
redis.register_function('bomb', function() return string.rep('x', 2^31 - 1) end)
redis.register_function('take', function(_, argv) ${TAKES.replace('ARGV', 'argv')} return 1 end)
redis.register_function('hoard', function(_, argv)
  for i = 1, tonumber(argv[1]) do hoard[#hoard + 1] = string.rep('x', 1e6) .. #hoard end
  return #hoard
end)`

t.test('functions keep what is theirs, unless it fills the engine', async t => {
  const { other } = await users(t)
  t.equal(await other.ask('FUNCTION', 'LOAD', LIBRARY), '$lib')
  t.equal(await other.ask('FCALL', 'count', '0'), ':1')
  t.match(await other.ask('FCALL', 'bomb', '0'), /^-ERR Error running script bomb, not enough/)
  t.equal(await other.ask('FCALL', 'count', '0'), ':2', 'garbage is no reason to forget')
  t.equal(await other.ask('FCALL', 'take', '0', '20'), ':1')
  t.equal(await other.ask('FCALL', 'count', '0'), ':3')
  t.equal(await other.ask('FCALL', 'hoard', '0', '40'), ':40')
  t.equal(await other.ask('FCALL', 'take', '0', '25'), ':1', 'there is room again')
  t.equal(await other.ask('FCALL', 'count', '0'), ':1', 'the library was loaded again')
  const second = LIBRARY.replace('name=lib', 'name=other').replaceAll(
    /'(count|bomb|take|hoard)'/g,
    "'$1_'",
  )
  t.equal(await other.ask('FUNCTION', 'LOAD', second), '$other')
  t.equal(await other.ask('FCALL', 'count_', '0'), ':1')
})

t.test('loading a library that is too much changes nothing', async t => {
  const { other } = await users(t)
  await other.ask('FUNCTION', 'LOAD', LIBRARY)
  for (const flag of ["(','):rep(1e7)", "('no-writes,'):rep(1e6)", "'no-writes,'"]) {
    const code =
      '#!lua name=big\nredis.register_function{function_name="big", ' +
      `callback=function() end, flags={${flag}}}`
    t.equal(
      await other.ask('FUNCTION', 'LOAD', code),
      '-ERR Error registering functions: ERR unknown flag given',
    )
  }
  for (const code of [
    `#!lua name=big\nlocal x = "${'y'.repeat(70_000_000)}"`,
    `#!lua name=big\nlocal x = "${'y'.repeat(40_000_000)}"`,
  ]) {
    t.equal(
      await other.ask('FUNCTION', 'LOAD', code),
      '-ERR Error compiling function: not enough memory',
    )
    t.equal(await other.ask('FCALL', 'count', '0'), ':1')
    t.equal(await other.ask('FUNCTION', 'DELETE', 'lib'), '+OK')
    t.equal(await other.ask('FUNCTION', 'LOAD', LIBRARY), '$lib')
  }
})

/** Those that could cost the host more than they cost Lua, where its heap is small. */
const COSTLY: readonly (readonly [script: string, reply: RegExp])[] = [
  ['local t = {1} for i = 1, 40 do t = {t, t} end return t', NO_MEMORY],
  [
    'local s = string.rep("x", 1e6) local t = {} for i = 1, 1e6 do t[i] = s end return t',
    NO_MEMORY,
  ],
  [
    'local s = string.rep("x", 1e6) local t = {} for i = 1, 1000 do t[i] = s end ' +
      'return redis.call("ECHO", unpack(t))',
    NO_MEMORY,
  ],
  [
    'local s = string.rep("x", 1e6) local t = {} for i = 1, 1000 do t[i] = s end ' +
      'redis.log(redis.LOG_DEBUG, unpack(t))',
    NO_MEMORY,
  ],
  ['return #string.format(string.rep("%d", 2e6), 2^40)', /^-ERR .*bad argument #3 to 'format'/],
  ['return #string.format(string.rep("%%", 5e6) .. "%d", 2^40)', /^:5000013$/],
  ['return #struct.pack(string.rep("x", 4e6) .. "l", 1)', /^:4000008$/],
  [
    'return struct.unpack(string.rep("b", 2e6) .. "l", string.rep("a", 3e6))',
    /^-ERR .*too many results/,
  ],
  [
    'return string.format("%.0f", tonumber(string.rep("f", 5e6), 16))',
    /^\$18446744073709551615$|^\$18446744073709551616$/,
  ],
  ['return redis.status_reply(string.rep("\\n", 5e6))', /^\+ +$/],
  ['return redis.error_reply("A " .. string.rep("\\n", 5e6) .. "x")', /^-A x$/],
  ['return {err="A " .. string.rep("\\n", 5e6) .. "x"}', /^-A +x$/],
  ['return {big_number=string.rep("\\n", 5e6)}', /^\$ +$/],
  ['error({err="A " .. string.rep("\\n", 5e6) .. "x"})', /^-A +x/],
  ['return _G[string.rep("x", 5e6)]', /^-ERR .*nonexistent global variable/],
  ["return #redis.call('LRANGE', 'l', 0, -1)", /^:1500000$/],
  [`#!lua ${'x'.repeat(10_000_000)}\nreturn 1`, /^-ERR Invalid engine in script shebang$/],
]

t.test('nor do they fill the heap of the process', async t => {
  const port = await freePort()
  const [program = '', ...words] = CLI
  const child = spawn(program, ['--max-old-space-size=256', ...words, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await new Promise<void>(resolve => {
    child.stdout.on('data', chunk => {
      if (String(chunk).includes('Ready to accept connections')) resolve()
    })
  })
  const wire = await Wire.connect(port)
  t.teardown(() => wire.close())
  for (let i = 0; i < 150; i++) {
    await wire.ask('RPUSH', 'l', ...new Array<string>(10_000).fill('1'))
  }
  for (const [script, expected] of COSTLY) {
    const [reply, pong] = await Promise.all([wire.ask('EVAL', script, '0'), wire.ask('PING')])
    t.match(reply, expected, script.slice(0, 200))
    t.equal(pong, '+PONG')
  }
})
