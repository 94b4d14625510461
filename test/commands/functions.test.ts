// FUNCTION and FCALL: transcripts on both servers, then dumps and what loading must not change.

import t from 'tap'
import { Runner } from '../../src/scripting/runner.ts'
import { startServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'

transcript(t, 'loading libraries', [
  [
    [
      'FUNCTION',
      'LOAD',
      '#!lua name=l1\nredis.register_function("f1",function(k,a) return {k,a} end)',
    ],
    '$l1',
  ],
  [
    [
      'FUNCTION',
      'LOAD',
      '#!lua name=l1\nredis.register_function("f1",function(k,a) return {k,a} end)',
    ],
    "-ERR Library 'l1' already exists",
  ],
  [
    [
      'FUNCTION',
      'LOAD',
      'REPLACE',
      '#!lua name=l1\nredis.register_function("f1",function(k,a) return 5 end)',
    ],
    '$l1',
  ],
  [['FCALL', 'f1', '0'], ':5'],
  [
    ['FUNCTION', 'LOAD', '#!lua name=l2\nredis.register_function("F1",function(k,a) return 5 end)'],
    '-ERR Function F1 already exists',
  ],
  [['FUNCTION', 'LOAD', 'x'], '-ERR Missing library metadata'],
  [['FUNCTION', 'LOAD', '#!lua'], '-ERR Invalid library metadata'],
  [['FUNCTION', 'LOAD', '#!lua\n'], '-ERR Library name was not given'],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a-b\n'],
    '-ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a name=b\n'],
    '-ERR Invalid metadata value, name argument was given multiple times',
  ],
  [['FUNCTION', 'LOAD', '#!lua foo=a\n'], '-ERR Invalid metadata value given: foo=a'],
  [['FUNCTION', 'LOAD', '#!js name=a\n'], "-ERR Engine 'js' not found"],
  [['FUNCTION', 'LOAD', '#!lua name=a\n'], '-ERR No functions registered'],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\nxx yy'],
    "-ERR Error compiling function: user_function:2: '=' expected near 'yy'",
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\n\nerror("x")'],
    "-ERR Error registering functions: ERR user_function:3: Script attempted to access nonexistent global variable 'error'",
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\nerror({err="x"})'],
    "-ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'error'",
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\nreturn redis.call("ping")'],
    "-ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'call'",
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\nreturn math.random()'],
    "-ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'math'",
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\nx=1'],
    '-ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=a\nredis.x=1'],
    '-ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table',
  ],
  [['FUNCTION', 'LOAD', 'BAD', '#!lua name=a\n'], '-ERR Unknown option given: BAD'],
  [['FUNCTION', 'LOAD', 'REPLACE'], '-ERR Missing library metadata'],
  [['FUNCTION', 'DELETE', 'l1'], '+OK'],
  [['FUNCTION', 'DELETE', 'l1'], '-ERR Library not found'],
  [['FCALL', 'f1', '0'], '-ERR Function not found'],
])

transcript(t, 'registering functions', [
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function()'],
    '-ERR Error registering functions: ERR wrong number of arguments to redis.register_function',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function(1,2,3)'],
    '-ERR Error registering functions: ERR wrong number of arguments to redis.register_function',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function("a")'],
    '-ERR Error registering functions: ERR calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function("a",1)'],
    '-ERR Error registering functions: ERR second argument to redis.register_function must be a function',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function({},function() end)'],
    '-ERR Error registering functions: ERR first argument to redis.register_function must be a string',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function("a b",function() end)'],
    '-ERR Error registering functions: ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long',
  ],
  [
    [
      'FUNCTION',
      'LOAD',
      '#!lua name=t\nredis.register_function("a",function() end) redis.register_function("a",function() end)',
    ],
    '-ERR Error registering functions: ERR Function already exists in the library',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{}'],
    '-ERR Error registering functions: ERR redis.register_function must get a function name argument',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{function_name="a"}'],
    '-ERR Error registering functions: ERR redis.register_function must get a callback argument',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{function_name={}}'],
    '-ERR Error registering functions: ERR function_name argument given to redis.register_function must be a string',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{callback=1}'],
    '-ERR Error registering functions: ERR callback argument given to redis.register_function must be a function',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{flags=1}'],
    '-ERR Error registering functions: ERR flags argument to redis.register_function must be a table representing function flags',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{flags={"x"}}'],
    '-ERR Error registering functions: ERR unknown flag given',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{description={}}'],
    '-ERR Error registering functions: ERR description argument given to redis.register_function must be a string',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{foo=1}'],
    '-ERR Error registering functions: ERR unknown argument given to redis.register_function',
  ],
  [
    ['FUNCTION', 'LOAD', '#!lua name=t\nredis.register_function{[{}]=1}'],
    '-ERR Error registering functions: ERR named argument key given to redis.register_function is not a string',
  ],
])

transcript(t, 'calling functions', [
  ['FUNCTION FLUSH', '+OK'],
  [
    [
      'FUNCTION',
      'LOAD',
      '#!lua name=n\nlocal count = 0\nredis.register_function{function_name="ro",callback=function() return redis.call("get","x") end,flags={"no-writes"}}\nredis.register_function("w",function(k,a) return redis.call("set","x",a[1]) end)\nredis.register_function("both",function(k,a) return {k,a} end)\nredis.register_function("count",function() count = count + 1 return count end)\nredis.register_function("glob",function() return foo end)\nredis.register_function("keys",function() return KEYS end)\nredis.register_function("late",function() return redis.register_function("x",function() end) end)\nredis.register_function("boom",function() error("boom") end)\nredis.register_function("bad",function() return redis.call("nosuch") end)\nredis.register_function("set",function() y = 1 end)',
    ],
    '$n',
  ],
  [
    ['FCALL', 'both', '1', 'k', 'a', 'b'],
    [['$k'], ['$a', '$b']],
  ],
  [['FCALL', 'w', '0', 'val'], '+OK'],
  [['FCALL', 'ro', '0'], '$val'],
  [['FCALL_RO', 'ro', '0'], '$val'],
  [
    ['FCALL_RO', 'w', '0', 'a'],
    '-ERR Can not execute a script with write flag using *_ro command.',
  ],
  [
    ['FCALL', 'BOTH', '0'],
    [[], []],
  ],
  [['FCALL', 'count', '0'], ':1'],
  [['FCALL', 'count', '0'], ':2'],
  [
    ['FCALL', 'glob', '0'],
    "-ERR user_function:7: Script attempted to access nonexistent global variable 'foo' script: glob, on @user_function:7.",
  ],
  [
    ['FCALL', 'keys', '0'],
    "-ERR user_function:8: Script attempted to access nonexistent global variable 'KEYS' script: keys, on @user_function:8.",
  ],
  [
    ['FCALL', 'late', '0'],
    "-ERR user_function:9: attempt to call field 'register_function' (a nil value) script: late, on @user_function:9.",
  ],
  [['FCALL', 'boom', '0'], '-ERR user_function:10: boom script: boom, on @user_function:10.'],
  [
    ['FCALL', 'bad', '0'],
    '-ERR Unknown Redis command called from script script: bad, on @user_function:11.',
  ],
  [
    ['FCALL', 'set', '0'],
    '-ERR user_function:12: Attempt to modify a readonly table script: set, on @user_function:12.',
  ],
  [['FCALL', 'nope', '0'], '-ERR Function not found'],
  [['FCALL', 'both', 'x'], '-ERR Bad number of keys provided'],
  [['FCALL', 'both', '5'], "-ERR Number of keys can't be greater than number of args"],
  [['FCALL', 'both', '-1'], "-ERR Number of keys can't be negative"],
])

transcript(t, 'listing libraries', [
  [['FUNCTION', 'LIST'], []],
  [
    [
      'FUNCTION',
      'LOAD',
      '#!lua name=n\nredis.register_function{function_name="f",callback=function() end,description="what",flags={"no-writes","allow-oom"}}',
    ],
    '$n',
  ],
  [
    ['FUNCTION', 'LIST'],
    [
      [
        '$library_name',
        '$n',
        '$engine',
        '$LUA',
        '$functions',
        [['$name', '$f', '$description', '$what', '$flags', ['+no-writes', '+allow-oom']]],
      ],
    ],
  ],
  [
    ['FUNCTION', 'LIST', 'LIBRARYNAME', 'N*', 'WITHCODE'],
    [
      [
        '$library_name',
        '$n',
        '$engine',
        '$LUA',
        '$functions',
        [['$name', '$f', '$description', '$what', '$flags', ['+no-writes', '+allow-oom']]],
        '$library_code',
        '$#!lua name=n\nredis.register_function{function_name="f",callback=function() end,description="what",flags={"no-writes","allow-oom"}}',
      ],
    ],
  ],
  [['FUNCTION', 'LIST', 'LIBRARYNAME', 'x*'], []],
  [['FUNCTION', 'LIST', 'x'], '-ERR Unknown argument x'],
  [['FUNCTION', 'LIST', 'LIBRARYNAME'], '-ERR library name argument was not given'],
  [
    ['FUNCTION', 'STATS'],
    [
      '$running_script',
      '(nil)',
      '$engines',
      ['$LUA', ['$libraries_count', ':1', '$functions_count', ':1']],
    ],
  ],
  [['FUNCTION', 'FLUSH', 'x'], '-ERR FUNCTION FLUSH only supports SYNC|ASYNC option'],
  [
    ['FUNCTION', 'FLUSH', 'SYNC', 'x'],
    "-ERR unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION HELP.",
  ],
  [['FUNCTION', 'FLUSH', 'ASYNC'], '+OK'],
  [
    ['FUNCTION', 'STATS'],
    [
      '$running_script',
      '(nil)',
      '$engines',
      ['$LUA', ['$libraries_count', ':0', '$functions_count', ':0']],
    ],
  ],
  [['FUNCTION', 'NOPE'], "-ERR unknown subcommand 'NOPE'. Try FUNCTION HELP."],
  [['FUNCTION', 'RESTORE', 'x'], '-ERR DUMP payload version or checksum are wrong'],
  [
    ['FUNCTION', 'RESTORE', 'x', 'BAD'],
    '-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.',
  ],
  [
    ['FUNCTION', 'RESTORE', 'x', 'FLUSH', 'y'],
    "-ERR unknown subcommand or wrong number of arguments for 'RESTORE'. Try FUNCTION HELP.",
  ],
])

const library = (name: string, code: string): string => `#!lua name=${name}
${code}`
const one = (name: string, f: string, value: number): string =>
  library(name, `redis.register_function('${f}', function() return ${value} end)`)

t.test('a dump restores every library, on the terms that were asked for', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('FUNCTION', 'LOAD', one('a', 'fa', 1))
  await wire.ask('FUNCTION', 'LOAD', one('b', 'fb', 2))
  const dump = String(await wire.ask('FUNCTION', 'DUMP')).slice(1)
  t.equal(await wire.ask('FUNCTION', 'RESTORE', dump), '-ERR Library a already exists')
  await wire.ask('FUNCTION', 'DELETE', 'b')
  await wire.ask('FUNCTION', 'LOAD', 'REPLACE', one('a', 'fa', 10))
  t.equal(await wire.ask('FUNCTION', 'RESTORE', dump, 'REPLACE'), '+OK')
  t.equal(await wire.ask('FCALL', 'fa', '0'), ':1')
  t.equal(await wire.ask('FCALL', 'fb', '0'), ':2')
  await wire.ask('FUNCTION', 'LOAD', one('c', 'fc', 3))
  t.equal(await wire.ask('FUNCTION', 'RESTORE', dump, 'FLUSH'), '+OK')
  t.equal(await wire.ask('FCALL', 'fc', '0'), '-ERR Function not found')
})

t.test('a restore that fails changes nothing', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('FUNCTION', 'LOAD', one('a', 'fa', 1))
  await wire.ask('FUNCTION', 'LOAD', one('b', 'taken', 2))
  const dump = String(await wire.ask('FUNCTION', 'DUMP')).slice(1)
  await wire.ask('FUNCTION', 'FLUSH')
  await wire.ask('FUNCTION', 'LOAD', one('a', 'fa', 10))
  await wire.ask('FUNCTION', 'LOAD', one('c', 'taken', 3))
  const refused = '-ERR Function taken already exists'
  t.equal(await wire.ask('FUNCTION', 'RESTORE', dump, 'REPLACE'), refused)
  t.equal(await wire.ask('FCALL', 'fa', '0'), ':10')
  t.equal(await wire.ask('FCALL', 'taken', '0'), ':3')
  const broken = `${dump.slice(0, -1)}${dump.endsWith('x') ? 'y' : 'x'}`
  const wrong = '-ERR DUMP payload version or checksum are wrong'
  t.equal(await wire.ask('FUNCTION', 'RESTORE', broken), wrong)
})

t.test('a library that fails to load leaves the one that it would replace', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('FUNCTION', 'LOAD', one('a', 'fa', 1))
  const bad = library('a', "redis.register_function('fa', function() return 2 end) error('x')")
  t.match(await wire.ask('FUNCTION', 'LOAD', 'REPLACE', bad), /^-ERR Error registering functions/)
  t.equal(await wire.ask('FCALL', 'fa', '0'), ':1')
})

t.test('loading takes half a second at most', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const reply = await wire.ask('FUNCTION', 'LOAD', library('a', 'while true do end'))
  t.match(reply, /FUNCTION LOAD timeout/)
  t.equal(await wire.ask('FUNCTION', 'LOAD', one('a', 'fa', 1)), '$a')
})

t.test('libraries survive a crash of their engine', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('CONFIG', 'SET', 'busy-reply-threshold', '20')
  redis.server.feature(Runner).patienceMs = 20
  await wire.ask('FUNCTION', 'LOAD', one('a', 'fa', 1))
  const forever = 'while 1 do pcall(function() while 1 do end end) end'
  const stubborn = `coroutine.wrap(function() ${forever} end)()`
  const code = library('b', `redis.register_function('loop', function() ${stubborn} end)`)
  await wire.ask('FUNCTION', 'LOAD', code)
  t.match(await wire.ask('FCALL', 'loop', '0'), /^-ERR Script killed by user/)
  t.equal(await wire.ask('FCALL', 'fa', '0'), ':1')
  t.strictSame(await wire.ask('FUNCTION', 'DELETE', 'a'), '+OK')
})

t.test('functions know nothing of scripts, and scripts nothing of functions', async t => {
  const redis = await startServer()
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  const code = "redis.register_function('f', function() return redis.breakpoint end)"
  await wire.ask('FUNCTION', 'LOAD', library('a', code))
  t.equal(await wire.ask('FCALL', 'f', '0'), '(nil)')
  t.equal(await wire.ask('EVAL', 'return redis.register_function', '0'), '(nil)')
})
