// Scripts of one user must not reach what another user's script relies on (CVE-2022-24735,
// CVE-2025-46818), nor the server; and what they return is one reply each (CVE-2025-67733).

import t, { type Test } from 'tap'
import { Runner } from '../../src/scripting/runner.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { show, type Wire } from '../helpers/wire.ts'

interface Connected {
  readonly redis: TestServer
  readonly wire: Wire
}

async function connected(t: Test): Promise<Connected> {
  const redis = await startServer()
  t.teardown(() => redis.close())
  return { redis, wire: await redis.connect() }
}

t.test('no script changes the environment of the next', async t => {
  const { wire } = await connected(t)
  const attacks = [
    'getmetatable("").__index = nil',
    'getmetatable("").__index.upper = function() return "evil" end',
    'string.upper = function() return "evil" end',
    'rawset(string, "upper", function() return "evil" end)',
    '_G.evil = 1',
    'rawset(_G, "evil", 1)',
    'setmetatable(_G, {})',
    'setmetatable(redis, {})',
    'getmetatable(_G).__index = function() return "evil" end',
    'redis.call = function() return "evil" end',
    'redis = {}',
    'cjson.encode = nil',
    'math.random = nil',
    'table.insert(redis, 1)',
    'coroutine.wrap(function() redis.pcall = nil end)()',
    'loadstring("evil = 1")()',
    '_G._G = {}',
    'KEYS = {} ARGV = {}',
    'pcall = nil',
    '__redis__err__handler = nil',
  ]
  for (const attack of attacks) {
    t.match(await wire.ask('EVAL', attack, '0'), /Attempt to modify a readonly table/, attack)
    const check =
      'return {("a"):upper(), rawget(_G, "evil") == nil, redis.call("ping").ok, ' +
      'cjson.encode({1}), #KEYS, pcall(error, "x")}'
    t.strictSame(await wire.ask('EVAL', check, '0'), [
      '$A',
      ':1',
      '$PONG',
      '$[1]',
      ':0',
      '(nil)',
      '$x',
    ])
  }
})

t.test('what would lead out of the sandbox is not there', async t => {
  const { wire } = await connected(t)
  for (const name of ['getfenv', 'setfenv', 'newproxy', 'debug', 'io', 'package', 'require']) {
    t.match(await wire.ask('EVAL', `return ${name}`, '0'), /nonexistent global variable/, name)
  }
  t.strictSame(
    await wire.ask('EVAL', 'local n = {} for k in pairs(os) do n[#n+1] = k end return n', '0'),
    ['$clock'],
  )
  const bytecode = 'return loadstring(string.dump(function() return 1 end)) == nil'
  t.equal(await wire.ask('EVAL', bytecode, '0'), ':1')
})

t.test('the handler that the host uses obeys nobody else', async t => {
  const { wire } = await connected(t)
  const sha = String(await wire.ask('SCRIPT', 'LOAD', "return 'harmless'")).slice(1)
  const script = 'for i = 1, 3 do __redis__err__handler(1) end return #ARGV'
  for (const operation of ['eval', 'compile', 'forget', 'start', 'load', 'collect', 'drop']) {
    const [reply, pong] = await Promise.all([
      wire.ask('EVAL', script, '0', "return 'evil'", sha, operation),
      wire.ask('PING'),
    ])
    t.equal(reply, ':3', operation)
    t.equal(pong, '+PONG', 'one reply for one request')
    t.equal(await wire.ask('EVALSHA', sha, '0'), '$harmless')
  }
  const leak = 'return {KEYS, ARGV}'
  t.strictSame(await wire.ask('EVAL', leak, '1', 'k', 'a'), [['$k'], ['$a']])
})

t.test('a script may do what its caller may, and ACL LOG says so', async t => {
  const { redis, wire } = await connected(t)
  await wire.ask('ACL', 'SETUSER', 'bob', 'on', '>pw', '+@all', '-set', '~a*', 'resetchannels')
  const bob = await redis.connect()
  await bob.ask('AUTH', 'bob', 'pw')
  const denied = async (script: string): Promise<string> =>
    String(await bob.ask('EVAL', script, '0'))
  t.match(
    await denied("return redis.call('set','a1','v')"),
    /^-ERR ACL failure in script: User bob has no permissions to run the 'set' command script: /,
  )
  t.match(
    await denied("return redis.call('get','b1')"),
    /^-ERR ACL failure in script: No permissions to access a key script: /,
  )
  t.match(
    await denied("return redis.call('publish','c','m')"),
    /^-ERR ACL failure in script: No permissions to access a channel script: /,
  )
  t.equal(await denied("return redis.call('get','a1')"), '(nil)')
  const checks = "return {redis.acl_check_cmd('set','a1','v'), redis.acl_check_cmd('get','a1')}"
  t.strictSame(await bob.ask('EVAL', checks, '0'), ['(nil)', ':1'])
  const [entry] = redis.server.aclLog.rows(redis.server.clock.now())
  t.match(entry, { context: 'lua', object: 'c', username: 'bob' })
  // The same script by somebody else.
  t.equal(await wire.ask('EVAL', "return redis.call('get','b1')", '0'), '(nil)')
})

t.test('keys of a script are checked before it runs', async t => {
  const { redis, wire } = await connected(t)
  await wire.ask('ACL', 'SETUSER', 'bob', 'on', 'nopass', '+@all', '~a*')
  const bob = await redis.connect()
  await bob.ask('AUTH', 'bob', 'x')
  for (const words of [
    ['EVAL', 'return 1', '2', 'a1', 'b1'],
    ['EVAL_RO', 'return 1', '1', 'b1'],
    ['FCALL', 'f', '1', 'b1'],
  ]) {
    t.match(await bob.ask(...words), /^-NOPERM No permissions to access a key/, words.join(' '))
  }
})

t.test('what a script returns is one reply, whatever it holds', async t => {
  const { wire } = await connected(t)
  const poison = 'a\\r\\n$3\\r\\nfoo\\r\\n\\0'
  for (const protocol of ['2', '3']) {
    await wire.ask('HELLO', protocol)
    for (const script of [
      `return redis.error_reply("${poison}")`,
      `return redis.status_reply("${poison}")`,
      `return {err="${poison}"}`,
      `return {ok="${poison}"}`,
      `return {verbatim_string={format="${poison}",string="${poison}"}}`,
      `error("${poison}")`,
      `error({err="${poison}"})`,
      `return redis.call("${poison}")`,
      `return {{err="${poison}"},{ok="${poison}"}}`,
      `#!${poison}\\nreturn 1`,
      `#!lua ${poison}`,
      `redis.log(redis.LOG_WARNING, "${poison}") return 1`,
    ]) {
      const [reply, pong] = await Promise.all([wire.ask('EVAL', script, '0'), wire.ask('PING')])
      t.ok(reply)
      t.equal(pong, '+PONG', script)
    }
    const library = `#!lua name=x\nredis.register_function("${poison}", function() end)`
    const [, pong] = await Promise.all([wire.ask('FUNCTION', 'LOAD', library), wire.ask('PING')])
    t.equal(pong, '+PONG')
  }
})

t.test('scripts that ask for too much get an error, and the next one runs', async t => {
  const { wire } = await connected(t)
  const recursion =
    'local function f(n) return n == 0 and "x" or ' +
    '(string.gsub("a", "a", function() return f(n - 1) end)) end '
  for (const script of [
    'return unpack({}, -2^31, 2^31-1)',
    'return unpack({}, 0, 2^31)',
    `${recursion} return f(1000)`,
    'local function f() return 1 + f() end return f()',
    'return cjson.decode(string.rep("[", 2000))',
    'local t = {} for i = 1, 2000 do t = {t} end return cjson.encode(t)',
    'return cmsgpack.unpack(string.rep("\\145", 10000))',
    'return struct.pack("I2147483647", 1)',
    'return struct.unpack("c2147483647", "x")',
    'return bit.tohex(0, {})',
    'return string.rep("x", 2^31 - 1)',
    'local s = "x" while true do s = s .. s end',
    `return loadstring("return " .. string.rep("(", 300) .. "1" .. string.rep(")", 300))()`,
    'return table.concat({}, "x", 1, 2^31)',
  ]) {
    t.match(await wire.ask('EVAL', script, '0'), /^-ERR /, script)
    t.equal(await wire.ask('EVAL', `${recursion} return f(150)`, '0'), '$x', script)
  }
})

t.test('a script of few, slow calls is ended too', async t => {
  const { redis, wire } = await connected(t)
  redis.server.feature(Runner).patienceMs = 50
  await wire.ask('CONFIG', 'SET', 'busy-reply-threshold', '1')
  for (const script of [
    "xpcall(function() while true do redis.call('INCR', 'n') string.rep('x', 2e6) end end, error)",
    "coroutine.wrap(function() while true do redis.call('INCR', 'n') string.rep('x', 2e6) end end)()",
    "string.gsub('x', 'x', function() while true do pcall(function() while true do redis.call('INCR', 'n') string.rep('x', 2e6) end end) end end)",
  ]) {
    t.match(await wire.ask('EVAL', script, '0'), /^-ERR Script killed by user with SCRIPT KILL/)
    const calls = Number(String(await wire.ask('GETDEL', 'n')).slice(1))
    t.ok(calls > 0 && calls < 1000, `${calls} calls, some milliseconds each: ${script}`)
  }
})

t.test('a result that is too deep ends in an error inside it', async t => {
  const { wire } = await connected(t)
  wire.write('EVAL "local x = {} x[1] = x return x" 0\r\n')
  let text = ''
  await new Promise<void>(resolve => {
    wire.socket.removeAllListeners('data')
    wire.socket.on('data', chunk => {
      text += chunk
      if (text.includes('limit')) resolve()
    })
  })
  t.equal(text, `${'*1\r\n'.repeat(7995)}-ERR reached lua stack limit\r\n`)
})

t.test('every byte passes through a script', async t => {
  const { wire } = await connected(t)
  for (let byte = 0; byte < 256; byte++) {
    const key = String.fromCharCode(byte)
    await wire.ask('EVAL', "return redis.call('set', KEYS[1], ARGV[1])", '1', key, `v${key}`)
  }
  t.equal(await wire.ask('DBSIZE'), ':256')
  for (const key of ['\0', '\r', '\n', '\x80', '\xff', '__proto__', 'constructor']) {
    const script =
      "redis.call('hset', 'hash', ARGV[1], ARGV[1]) return redis.call('hget', 'hash', ARGV[1])"
    t.equal(show((await wire.call('EVAL', script, '0', key)).reply), `$${key}`)
  }
  const names = 'return {cjson.encode({__proto__ = 1}), cjson.encode({constructor = 1})}'
  const encoded = ['{"__proto__":1}', '{"constructor":1}']
  t.strictSame(
    await wire.ask('EVAL', names, '0'),
    encoded.map(text => `$${text}`),
  )
})
