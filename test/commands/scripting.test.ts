// EVAL and its like: transcripts on both servers, then what one connection cannot show.

import t, { type Test } from 'tap'
import { Runner } from '../../src/scripting/runner.ts'
import { frozenClock } from '../helpers/clock.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { transcript } from '../helpers/transcript.ts'
import { show, type Wire } from '../helpers/wire.ts'

transcript(t, 'Lua values become replies', [
  [['EVAL', 'return 1', '0'], ':1'],
  [['EVAL', 'return "a"', '0'], '$a'],
  [
    ['EVAL', 'return {1,2,{3,"x",false,true}}', '0'],
    [':1', ':2', [':3', '$x', '(nil)', ':1']],
  ],
  [['EVAL', 'return nil', '0'], '(nil)'],
  [['EVAL', 'return', '0'], '(nil)'],
  [['EVAL', 'return 3.99', '0'], ':3'],
  [['EVAL', 'return -3.99', '0'], ':-3'],
  [['EVAL', 'return {1,nil,3}', '0'], [':1']],
  [['EVAL', 'return 2^53', '0'], ':9007199254740992'],
  [['EVAL', 'return 2^63', '0'], ':-9223372036854775808'],
  [['EVAL', 'return 1e300', '0'], ':-9223372036854775808'],
  [['EVAL', 'return {a=1,b=2}', '0'], []],
  [['EVAL', 'return function() end', '0'], '(nil)'],
  [
    ['EVAL', 'return {1,function() end,3}', '0'],
    [':1', '(nil)', ':3'],
  ],
  [
    ['EVAL', 'local t={} t[3]=3 t[2]=2 t[1]=1 return t', '0'],
    [':1', ':2', ':3'],
  ],
  [['EVAL', 'return {{{{1}}}}', '0'], [[[[':1']]]]],
  [['EVAL', 'return {ok="fine"}', '0'], '+fine'],
  [['EVAL', 'return {err="bad"}', '0'], '-bad'],
  [['EVAL', 'return {ok="A\\r\\nB"}', '0'], '+A  B'],
  [['EVAL', 'return {err="A\\r\\n+OK\\r\\nB"}', '0'], '-A  +OK  B'],
  [['EVAL', 'return {ok="A\\0B"}', '0'], '+A'],
  [['EVAL', 'return {err=5}', '0'], []],
  [['EVAL', 'return {double=3.5}', '0'], '$3.5'],
  [
    ['EVAL', 'return {map={a=1}}', '0'],
    ['$a', ':1'],
  ],
  [['EVAL', 'return {set={a=true}}', '0'], ['$a']],
  [['EVAL', 'return {big_number="1234"}', '0'], '$1234'],
  [['EVAL', 'return {verbatim_string={format="txt",string="hi"}}', '0'], '$hi'],
  [['EVAL', 'return {verbatim_string={string="hi"}}', '0'], []],
])

transcript(t, 'KEYS and ARGV', [
  [
    ['EVAL', 'return {KEYS[1],KEYS[2],ARGV[1],#KEYS,#ARGV}', '2', 'a', 'b', 'c', 'd'],
    ['$a', '$b', '$c', ':2', ':2'],
  ],
  [['EVAL', 'return KEYS[1]', '1', '\x00\xff\r\n'], '$\x00\xff\r\n'],
  [
    ['EVAL', 'table.insert(KEYS,"z") return KEYS', '1', 'a'],
    ['$a', '$z'],
  ],
  [
    ['EVAL', 'KEYS={}', '1', 'a'],
    '-ERR user_script:1: Attempt to modify a readonly table script: d56cbec64d0a52d32701732d5d5401b3c9819535, on @user_script:1.',
  ],
  [['EVAL', 'return 1', '3', 'a'], "-ERR Number of keys can't be greater than number of args"],
  [['EVAL', 'return 1', '-1'], "-ERR Number of keys can't be negative"],
  [['EVAL', 'return 1', 'x'], '-ERR value is not an integer or out of range'],
  [['EVAL', 'return KEYS', '0'], []],
  [['EVAL', 'return ARGV', '0'], []],
])

transcript(t, 'commands and their replies', [
  [['EVAL', 'return redis.call("set","k","v")', '0'], '+OK'],
  [['EVAL', 'return redis.call("get","k")', '0'], '$v'],
  [['EVAL', 'return redis.call("get","nokey")', '0'], '(nil)'],
  [['EVAL', 'return type(redis.call("get","nokey"))', '0'], '$boolean'],
  [['EVAL', 'return redis.call("set","k","v").ok', '0'], '$OK'],
  [['EVAL', 'return redis.call("incr","n")', '0'], ':1'],
  [
    ['EVAL', 'redis.call("rpush","l","a","b") return redis.call("lrange","l",0,-1)', '0'],
    ['$a', '$b'],
  ],
  [
    ['EVAL', 'redis.call("hset","h","f","v") return redis.call("hgetall","h")', '0'],
    ['$f', '$v'],
  ],
  [['EVAL', 'return redis.call("GET","k")', '0'], '$v'],
  [['EVAL', 'return redis.call("echo","\\0\\255")', '0'], '$\x00\xff'],
  [['EVAL', 'redis.call("select",5) return redis.call("set","in5",1)', '0'], '+OK'],
  [['EXISTS', 'in5'], ':0'],
  [['EVAL', 'return redis.call("exists","in5")', '0'], ':0'],
  [['EVAL', 'return redis.call("blpop","nolist",0)', '0'], '(nil)', '7.4'],
  [['EVAL', 'return redis.call("publish","a","b")', '0'], ':0'],
])

transcript(t, 'numbers as arguments', [
  [['EVAL', 'return redis.call("echo",12345678901234567)', '0'], '$12345678901234568'],
  [['EVAL', 'return redis.call("echo",1e15)', '0'], '$1000000000000000'],
  [['EVAL', 'return redis.call("echo",0.1)', '0'], '$0.1', '7.4'],
  [['EVAL', 'return redis.call("echo",3.14159265358979)', '0'], '$3.14159265358979'],
  [['EVAL', 'return redis.call("echo",1e20)', '0'], '$1e+20'],
  [['EVAL', 'return redis.call("echo",-0.0)', '0'], '$0', '7.4'],
  [['EVAL', 'return redis.call("echo",1/0)', '0'], '$inf'],
  [['EVAL', 'return redis.call("echo",1e-7)', '0'], '$1e-7', '7.4'],
])

transcript(t, 'errors of commands', [
  [['SET', 'k', 'v'], '+OK'],
  [
    ['EVAL', 'return redis.call("incr","k")', '0'],
    '-ERR value is not an integer or out of range script: 08e20c5157304136876c4207401befe01cd3548d, on @user_script:1.',
  ],
  [['EVAL', 'return redis.pcall("incr","k")', '0'], '-ERR value is not an integer or out of range'],
  [
    ['EVAL', 'local x = redis.call("incr","k") return x', '0'],
    '-ERR value is not an integer or out of range script: c0455ef9fb845578cd2a55fbb08417dff6cb4393, on @user_script:1.',
  ],
  [
    ['EVAL', '\n\nreturn redis.call("incr","k")', '0'],
    '-ERR value is not an integer or out of range script: 49e40105df13fbf540139ca8663a8fb12f7755ea, on @user_script:3.',
  ],
  [
    ['EVAL', 'return {pcall(redis.call,"incr","k")}', '0'],
    ['(nil)', '$ERR value is not an integer or out of range'],
  ],
  [
    ['EVAL', 'return redis.pcall("incr","k").err', '0'],
    '$ERR value is not an integer or out of range',
  ],
  [
    ['EVAL', 'return redis.call()', '0'],
    '-ERR Please specify at least one argument for this redis lib call script: 0a907e1429221a4d85516cab7fd219a82a9439d8, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.pcall()', '0'],
    '-ERR Please specify at least one argument for this redis lib call',
  ],
  [
    ['EVAL', 'return redis.call("nosuch")', '0'],
    '-ERR Unknown Redis command called from script script: 2218effcac8108416909801acfb39c080a85adfa, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("get")', '0'],
    '-ERR Wrong number of args calling Redis command from script script: ad9cf9305028be601cfd2abed4ce895eb41a4a6f, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("get",{})', '0'],
    '-ERR Lua redis lib command arguments must be strings or integers script: dcef67b9205a9d3f8a30c37ec57d43db9375b79d, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("get",true)', '0'],
    '-ERR Lua redis lib command arguments must be strings or integers script: f12734edf4313acd2429a7d4f7dec9abbe64a157, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("subscribe","x")', '0'],
    '-ERR This Redis command is not allowed from script script: e7d45421cfe07574789e1c13ccf1015b1d648fe6, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("eval","return 1",0)', '0'],
    '-ERR This Redis command is not allowed from script script: e5084e7bcd2fb5da5f7764a118cb0e1f801776b7, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("config","nosub")', '0'],
    '-ERR Unknown Redis command called from script script: 2dbee51459ed03d7026195e3bf7df6ab4f47d451, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.call("lpush","k","x")', '0'],
    '-WRONGTYPE Operation against a key holding the wrong kind of value script: ccba5e9a4a528294fe7e0f2a393e3af46b41fca0, on @user_script:1.',
  ],
  [
    [
      'EVAL',
      'local co = coroutine.create(function() redis.call("incr","k") end) local ok,e = coroutine.resume(co) return {tostring(ok),type(e),e.err}',
      '0',
    ],
    ['$false', '$table', '$ERR value is not an integer or out of range'],
  ],
  [
    ['EVAL', 'local f = coroutine.wrap(function() redis.call("incr","k") end) f()', '0'],
    '-ERR value is not an integer or out of range script: 955146a181c77bd1af1d7916b598cb16bdaca0bb, on @user_script:1.',
  ],
  [
    [
      'EVAL',
      'return {xpcall(function() redis.call("incr","k") end,function(e) return type(e) end)}',
      '0',
    ],
    ['(nil)', '$table'],
  ],
])

transcript(t, 'errors of scripts', [
  [
    ['EVAL', 'error("boom")', '0'],
    '-ERR user_script:1: boom script: 872b3fcb081448525c6141cdfa3df8374d30d162, on @user_script:1.',
  ],
  [
    ['EVAL', 'error("boom",0)', '0'],
    '-ERR boom script: 36720bde7e0be14e957abc6d85db0ad60e04dd48, on @user_script:1.',
  ],
  [
    ['EVAL', 'error({err="My Error"})', '0'],
    '-My Error script: de5b52075483b1921ef3502a47b36950ee9603ca, on @user_script:1.',
  ],
  [
    ['EVAL', 'error(5)', '0'],
    '-ERR user_script:1: 5 script: 007feaf5de074afe3398416376e34525ad911752, on @user_script:1.',
  ],
  [
    ['EVAL', 'error(nil)', '0'],
    '-ERR nil script: c402aa49952c86c38f35fb311d54977d08f3bf01, on @user_script:1.',
  ],
  [
    ['EVAL', 'error()', '0'],
    '-ERR nil script: aca90d914519fdb9825352bdc0befb59f7c8510f, on @user_script:1.',
  ],
  [
    ['EVAL', 'local function f() error("deep") end f()', '0'],
    '-ERR user_script:1: deep script: 0f009506d9ee0c29521e0472090beb8675e5d3c5, on @user_script:1.',
  ],
  [
    ['EVAL', 'local function f()\n error("deep",2)\n end\n\n f()', '0'],
    '-ERR user_script:5: deep script: abbedbc2a11b859aadc853dcca7fa710f99b593d, on @user_script:2.',
  ],
  [
    ['EVAL', 'return 1 + {}', '0'],
    '-ERR user_script:1: attempt to perform arithmetic on a table value script: 8ab7d53c27e34dc602fbe3688d99968c695c98e4, on @user_script:1.',
  ],
  [
    ['EVAL', 'return nil .. "x"', '0'],
    '-ERR user_script:1: attempt to concatenate a nil value script: cd6c370c06fd78f9a53ea7ea6f3ae7e77209d593, on @user_script:1.',
  ],
  [
    ['EVAL', 'local a = {} ; a.b.c=1', '0'],
    "-ERR user_script:1: attempt to index field 'b' (a nil value) script: 26de95842ed78ae59d35dd7d95126a81a36daad4, on @user_script:1.",
  ],
  [
    ['EVAL', 'return loadstring("error(1)")()', '0'],
    '-ERR [string "error(1)"]:1: 1 script: b3dbd7cef76bd3725506b761d8b7c1e11a2cd50a, on error(1):1.',
  ],
  [
    ['EVAL', 'x y z', '0'],
    "-ERR Error compiling script (new function): user_script:1: '=' expected near 'y'",
  ],
  [
    ['EVAL', 'return "unfinished', '0'],
    "-ERR Error compiling script (new function): user_script:1: unfinished string near '<eof>'",
  ],
  [
    ['EVAL', 'local t=setmetatable({},{__index=function() error("mt") end}) return t.x', '0'],
    '-ERR user_script:1: mt script: 78b20c1affb524d8804d189f667a14105f4e5eb6, on @user_script:1.',
  ],
  [
    ['EVAL', 'return {pcall(error,"x")}', '0'],
    ['(nil)', '$x'],
  ],
  [
    ['EVAL', 'return {pcall(error,{err="y"})}', '0'],
    ['(nil)', '$y'],
  ],
  [
    ['EVAL', 'return {pcall()}', '0'],
    ['(nil)', '$attempt to call a boolean value'],
  ],
])

transcript(t, 'the redis table', [
  [['EVAL', 'return redis.sha1hex("x")', '0'], '$11f6ad8ec52a2984abaafd7c3b516503785c2072'],
  [
    ['EVAL', 'return redis.sha1hex()', '0'],
    '-ERR wrong number of arguments script: 3c7ce947ae74a835cc575b6ee87fb27503cb7ba4, on @user_script:1.',
  ],
  [['EVAL', 'return redis.error_reply("x")', '0'], '-ERR x'],
  [['EVAL', 'return redis.error_reply("-x y")', '0'], '-x y'],
  [['EVAL', 'return redis.error_reply("My err")', '0'], '-My err'],
  [['EVAL', 'return redis.error_reply("a\\r\\n+OK\\r\\n")', '0'], '-ERR a  +OK'],
  [['EVAL', 'return redis.error_reply()', '0'], '-ERR wrong number or type of arguments'],
  [['EVAL', 'return redis.error_reply("")', '0'], '-ERR '],
  [['EVAL', 'return redis.status_reply("x\\r\\ny")', '0'], '+x  y'],
  [['EVAL', 'return redis.status_reply(1)', '0'], '-ERR wrong number or type of arguments'],
  [
    ['EVAL', 'return redis.log(1)', '0'],
    '-ERR redis.log() requires two arguments or more. script: f5438245431406aa19fc387d93c6d03a0d5bcb0f, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.log("x","y")', '0'],
    '-ERR First argument must be a number (log level). script: a642a1ea01b696b4b74651935b72c3a016af31a0, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.log(9,"y")', '0'],
    '-ERR Invalid log level. script: 4a8d5cc60083283417f4bd698ee6d11fa425b593, on @user_script:1.',
    '7.4',
  ],
  [['EVAL', 'return redis.log(redis.LOG_DEBUG,"y")', '0'], '(nil)'],
  [
    ['EVAL', 'return redis.setresp()', '0'],
    '-ERR redis.setresp() requires one argument. script: 76da64e28014e7c9ad76db33c3918c53d81a3d7e, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.setresp(4)', '0'],
    '-ERR RESP version must be 2 or 3. script: 921c0a48021d97dfd5884aeea41875972c7804d9, on @user_script:1.',
  ],
  [
    ['EVAL', 'return redis.set_repl()', '0'],
    '-ERR redis.set_repl() requires one argument. script: 9504533b41060c143a92eb2f8878e77d33b6dc33, on @user_script:1.',
    '7.4',
  ],
  [
    ['EVAL', 'return redis.set_repl(7)', '0'],
    '-ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE. script: cedb2b57227b6373471ce552cec25d44bc1ff54b, on @user_script:1.',
  ],
  [['EVAL', 'return redis.set_repl(redis.REPL_ALL)', '0'], '(nil)'],
  [['EVAL', 'return redis.replicate_commands()', '0'], ':1'],
  [['EVAL', 'return redis.breakpoint()', '0'], '(nil)'],
  [['EVAL', 'return redis.debug("a")', '0'], '(nil)'],
  [
    ['EVAL', 'return redis.acl_check_cmd("nosuch")', '0'],
    '-ERR Invalid command passed to redis.acl_check_cmd() script: 845c47ef9792d96c18d3ab32fa5bcfca46201d7a, on @user_script:1.',
  ],
  [['EVAL', 'return redis.acl_check_cmd("set","x","y")', '0'], ':1'],
  [
    ['EVAL', 'return redis.acl_check_cmd()', '0'],
    '-ERR Please specify at least one argument for this redis lib call script: 1124f33ad66e7866b4e0c1499a4c20fb5eb9c180, on @user_script:1.',
  ],
  [['EVAL', 'return redis.REDIS_VERSION_NUM', '0'], ':459777', '7.4'],
  [['EVAL', 'return redis.REDIS_VERSION', '0'], '$7.4.1', '7.4'],
  [
    ['EVAL', 'local r = {} for k in pairs(redis) do r[#r+1]=k end table.sort(r) return r', '0'],
    [
      '$LOG_DEBUG',
      '$LOG_NOTICE',
      '$LOG_VERBOSE',
      '$LOG_WARNING',
      '$REDIS_VERSION',
      '$REDIS_VERSION_NUM',
      '$REPL_ALL',
      '$REPL_AOF',
      '$REPL_NONE',
      '$REPL_REPLICA',
      '$REPL_SLAVE',
      '$acl_check_cmd',
      '$breakpoint',
      '$call',
      '$debug',
      '$error_reply',
      '$log',
      '$pcall',
      '$replicate_commands',
      '$set_repl',
      '$setresp',
      '$sha1hex',
      '$status_reply',
    ],
  ],
])

transcript(t, 'RESP3 in scripts', [
  [['DEL', 'h', 'z', 's', 'k'], ':0'],
  [['HSET', 'h', 'a', '1'], ':1'],
  [['ZADD', 'z', '1.5', 'm'], ':1'],
  [['SADD', 's', 'm'], ':1'],
  [['EVAL', 'redis.setresp(3) return type(redis.call("get","nokey"))', '0'], '$nil'],
  [['EVAL', 'redis.setresp(3) return redis.call("get","nokey")', '0'], '(nil)'],
  [['EVAL', 'redis.setresp(3) return redis.call("hgetall","h").map.a', '0'], '$1'],
  [
    ['EVAL', 'redis.setresp(3) return redis.call("hgetall","h")', '0'],
    ['$a', '$1'],
  ],
  [['EVAL', 'redis.setresp(3) return tostring(redis.call("zscore","z","m").double)', '0'], '$1.5'],
  [['EVAL', 'redis.setresp(3) return redis.call("zscore","z","m")', '0'], '$1.5'],
  [['EVAL', 'redis.setresp(3) return redis.call("smembers","s").set.m', '0'], ':1'],
  [['EVAL', 'redis.setresp(3) return redis.call("smembers","s")', '0'], ['$m']],
  [
    ['EVAL', 'redis.setresp(3) return {true,false}', '0'],
    [':1', ':0'],
  ],
  [
    [
      'EVAL',
      'redis.setresp(3) local r = redis.call("mget","h","z") return {tostring(r[1]),tostring(r[2])}',
      '0',
    ],
    ['$nil', '$nil'],
  ],
])

transcript(t, 'libraries', [
  [['EVAL', 'return cjson.encode({1,2.5,"x"})', '0'], '$[1,2.5,"x"]'],
  [
    ['EVAL', 'return cjson.decode("[1,[2]]")', '0'],
    [':1', [':2']],
  ],
  [
    ['EVAL', 'return cjson.decode("x")', '0'],
    '-ERR user_script:1: Expected value but found invalid token at character 1 script: 900f4eebfd9ffa0f2e744a27d75ac8358469a1cf, on @user_script:1.',
  ],
  [
    ['EVAL', 'return cmsgpack.unpack(cmsgpack.pack({1,2,3}))', '0'],
    [':1', ':2', ':3'],
  ],
  [['EVAL', 'return struct.pack(">I4",5)', '0'], '$\x00\x00\x00\x05'],
  [['EVAL', 'return bit.tohex(255)', '0'], '$000000ff'],
  [
    ['EVAL', 'math.randomseed(5) return {math.random(1,100000),tostring(math.random())}', '0'],
    [':52484', '$0.27285430173988'],
  ],
  [
    ['EVAL', 'return math.random(0)', '0'],
    "-ERR user_script:1: bad argument #1 to 'random' (interval is empty) script: 008bcb60f86ee36d26c67b641b46674578d9cba0, on @user_script:1.",
  ],
  [
    ['EVAL', 'return {unpack({1,2,3})}', '0'],
    [':1', ':2', ':3'],
  ],
  [['EVAL', 'return tostring(12345678901234567)', '0'], '$1.2345678901235e+16'],
  [['EVAL', 'return 10/3 .. ""', '0'], '$3.3333333333333'],
  [
    ['EVAL', 'return string.format("%5.2f|%d|%s|%q",3.14159,42,"x","y\\n")', '0'],
    '$ 3.14|42|x|"y\\\n"',
  ],
])

transcript(t, 'the sandbox', [
  [
    ['EVAL', 'return foo', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'foo' script: 47e30a5d10d5694f99208f9adc4fe3bf2450edbd, on @user_script:1.",
  ],
  [
    ['EVAL', 'foo=1', '0'],
    '-ERR user_script:1: Attempt to modify a readonly table script: 5bddd8336e5f711bfa499383fc73c17560c6250b, on @user_script:1.',
  ],
  [
    ['EVAL', 'redis.call=1', '0'],
    '-ERR user_script:1: Attempt to modify a readonly table script: 70f4e18b61fcf46601aff14fe2eaa0a7d2ff5e00, on @user_script:1.',
  ],
  [
    ['EVAL', 'string.rep=1', '0'],
    '-ERR user_script:1: Attempt to modify a readonly table script: 6bc0f7744eb753dff0a037f558f95347cfa57fe8, on @user_script:1.',
  ],
  [
    ['EVAL', 'rawset(_G,"x",1)', '0'],
    '-ERR Attempt to modify a readonly table script: 517037cf275e7e72b5879174217c6ec3d56fb107, on @user_script:1.',
  ],
  [
    ['EVAL', 'setmetatable(_G,{})', '0'],
    '-ERR Attempt to modify a readonly table script: e8f1b52cec0990f58c59b37010d130cfdce9e1a5, on @user_script:1.',
  ],
  [
    ['EVAL', 'getmetatable(_G).__index=nil', '0'],
    '-ERR user_script:1: Attempt to modify a readonly table script: 083d1807f1c42cf4f52a132b3c0e099e3c4b2d17, on @user_script:1.',
  ],
  [
    ['EVAL', 'return print', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'print' script: df4c752a7558004676bbee87e38b92e0b9056d68, on @user_script:1.",
  ],
  [
    ['EVAL', 'return loadfile', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'loadfile' script: a08fbe72c95f67027cc9b6349f5d335b598397b7, on @user_script:1.",
  ],
  [
    ['EVAL', 'return dofile("x")', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'dofile' script: a763dc7f250b489745a3ab8d2fa42db960bc0323, on @user_script:1.",
  ],
  [
    ['EVAL', 'return require', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'require' script: 68c9d8918a98cebaec1948aff703e96c57af9fdd, on @user_script:1.",
  ],
  [
    ['EVAL', 'return io', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'io' script: badfe324d30f60abd2dbecf4d4b0f915038384e2, on @user_script:1.",
  ],
  [
    ['EVAL', 'return getmetatable(_G).__index(1,"q")', '0'],
    "-ERR user_script:1: Script attempted to access nonexistent global variable 'q' script: 11d104710e6a3e03558a166ea15a4d97328122b3, on @user_script:1.",
  ],
  [
    ['EVAL', 'return getmetatable(_G).__index()', '0'],
    '-ERR user_script:1: Wrong number of arguments to luaProtectedTableError script: f83a7146f733e67ec119f433834350347678f254, on @user_script:1.',
  ],
  [
    ['EVAL', 'return loadstring("return foo")()', '0'],
    '-ERR [string "return foo"]:1: Script attempted to access nonexistent global variable \'foo\' script: ef1ebd3d1bcb67249a5ea4b3a73b32bec01b75b2, on return foo:1.',
  ],
])

transcript(t, 'scripts by their digest', [
  [['EVALSHA', 'xx', '0'], '-NOSCRIPT No matching script. Please use EVAL.'],
  [
    ['EVALSHA', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', '0'],
    '-NOSCRIPT No matching script. Please use EVAL.',
  ],
  [['SCRIPT', 'LOAD', 'return 77'], '$2f769f654f08d29e246d971112563bd01abfe584'],
  [
    ['EVALSHA', 'ed6b2f53c4fcdf4bb1fac5fd8a6b5aa9dfe9ce9e', '0'],
    '-NOSCRIPT No matching script. Please use EVAL.',
  ],
  [
    ['SCRIPT', 'EXISTS', 'ed6b2f53c4fcdf4bb1fac5fd8a6b5aa9dfe9ce9e', 'zz'],
    [':0', ':0'],
  ],
  [
    ['SCRIPT', 'LOAD', 'x x'],
    "-ERR Error compiling script (new function): user_script:1: '=' expected near 'x'",
  ],
  [['SCRIPT', 'FLUSH', 'x'], '-ERR SCRIPT FLUSH only support SYNC|ASYNC option'],
  [['SCRIPT', 'FLUSH', 'SYNC', 'y'], '-ERR SCRIPT FLUSH only support SYNC|ASYNC option'],
  [['SCRIPT', 'FLUSH', 'ASYNC'], '+OK'],
  [['SCRIPT', 'KILL'], '-NOTBUSY No scripts in execution right now.'],
  [['SCRIPT', 'DEBUG', 'NO'], '+OK'],
  [['SCRIPT', 'DEBUG', 'X'], '-ERR Use SCRIPT DEBUG YES/SYNC/NO'],
  [['SCRIPT', 'NOPE'], "-ERR unknown subcommand 'NOPE'. Try SCRIPT HELP."],
  [['FUNCTION', 'KILL'], '-NOTBUSY No scripts in execution right now.'],
])

transcript(t, 'shebangs', [
  [['EVAL', '#!lua\nreturn 1', '0'], ':1'],
  [['EVAL', '#!lua name=x\nreturn 1', '0'], '-ERR Unknown lua shebang option: name=x'],
  [['EVAL', '#!lua flags=\nreturn 1', '0'], ':1'],
  [
    ['EVAL', '#!lua flags=no-writes\nreturn redis.call("set","a","b")', '0'],
    '-ERR Write commands are not allowed from read-only scripts. script: fd62e2d5b0fa7f778ebeeae125841af41328b852, on @user_script:2.',
  ],
  [['EVAL', '#!lua flags=bad\nreturn 1', '0'], '-ERR Unexpected flag in script shebang: bad'],
  [
    [
      'EVAL',
      '#!lua flags=no-writes,allow-oom,allow-stale,no-cluster,allow-cross-slot-keys\nreturn 1',
      '0',
    ],
    ':1',
  ],
  [['EVAL', '#!lua', '0'], '-ERR Invalid script shebang'],
  [['EVAL', '#!js\nreturn 1', '0'], '-ERR Unexpected engine in script shebang: #!js'],
  [['EVAL', '#!lua "\nreturn 1', '0'], '-ERR Invalid engine in script shebang'],
  [
    ['EVAL', '#!lua\n\nreturn foo', '0'],
    "-ERR user_script:3: Script attempted to access nonexistent global variable 'foo' script: 021f65e78417a5fdd5b78e2dc89c54f46d645f0a, on @user_script:3.",
  ],
])

transcript(t, 'read-only scripts', [
  [['EVAL_RO', 'return redis.call("get","k")', '0'], '(nil)'],
  [
    ['EVAL_RO', 'return redis.call("set","k","v")', '0'],
    '-ERR Write commands are not allowed from read-only scripts. script: b201f910ce1b75088424bf4bff17678eaf744d6d, on @user_script:1.',
  ],
  [
    ['EVAL_RO', 'return redis.pcall("set","k","v")', '0'],
    '-ERR Write commands are not allowed from read-only scripts.',
  ],
  [
    ['EVAL_RO', '#!lua\nreturn 1', '0'],
    '-ERR Can not execute a script with write flag using *_ro command.',
  ],
  [['EVAL_RO', '#!lua flags=no-writes\nreturn 1', '0'], ':1'],
  [
    ['EVAL_RO', 'return redis.call("publish","c","m")', '0'],
    '-ERR Write commands are not allowed from read-only scripts. script: c5d59a6c73f29a14427016ae9772bb1f61ee2f02, on @user_script:1.',
  ],
  [
    ['EVALSHA_RO', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', '0'],
    '-NOSCRIPT No matching script. Please use EVAL.',
  ],
])

transcript(t, 'string.rep', [
  [['EVAL', 'return string.rep("ab", 3)', '0'], '$ababab'],
  [['EVAL', `return string.rep("ab", 100) == "${'ab'.repeat(100)}"`, '0'], ':1'],
  [['EVAL', 'return #string.rep("abc", 1e6)', '0'], ':3000000'],
  [['EVAL', 'return ("abc"):rep(40):sub(-4, -1)', '0'], '$cabc'],
  [['EVAL', 'return string.rep("", 1e6)', '0'], '$'],
  [['EVAL', 'return string.rep("x", -100)', '0'], '$'],
  [['EVAL', 'return #string.rep(12, "100", "more")', '0'], ':200'],
  [['EVAL', 'return string.rep(0.1, 30):sub(-6)', '0'], '$0.10.1'],
  [['EVAL', 'return #string.rep("x", 99.9)', '0'], ':99'],
  [['EVAL', 'return #string.rep("x", 2^32 + 70)', '0'], ':70'],
  [['EVAL', 'return #string.rep("x", 2^31)', '0'], ':0'],
  [
    ['EVAL', 'return string.rep()', '0'],
    "-ERR user_script:1: bad argument #1 to 'rep' (string expected, got no value) script: 312a592c4be4cbcb6748209b815c8eb090f3ca71, on @user_script:1.",
  ],
  [
    ['EVAL', "return ('x'):rep({})", '0'],
    "-ERR user_script:1: bad argument #1 to 'rep' (number expected, got table) script: a13812fc07a82a724d698c10fb59f8882dd97422, on @user_script:1.",
  ],
  [
    ['EVAL', 'return select(2, pcall(string.rep, {}, 100))', '0'],
    "$bad argument #1 to '?' (string expected, got table)",
  ],
])

transcript(t, 'integers of 64 bits', [
  [['EVAL', 'return string.format("%d",2^31)', '0'], '$2147483648'],
  [
    ['EVAL', 'return string.format("%5d|%-16d|%016d|%+d",2^40,2^33,2^34,2^35)', '0'],
    '$1099511627776|8589934592      |0000017179869184|+34359738368',
  ],
  [
    ['EVAL', 'return string.format("%x %X %o %u",2^40,2^40,2^40,2^40)', '0'],
    '$10000000000 10000000000 20000000000000 1099511627776',
  ],
  [
    ['EVAL', 'return string.format("%d %s %5.2f %q",2^53,"s",1.5,"q")', '0'],
    '$9007199254740992 s  1.50 "q"',
  ],
  [['EVAL', 'return string.format("%x",-1)', '0'], '$ffffffffffffffff'],
  [
    ['EVAL', 'return select(2, pcall(string.format, "%d %d", 2^40, "x"))', '0'],
    "$bad argument #3 to '?' (number expected, got string)",
  ],
  [['EVAL', 'return string.format("%d",1e300)', '0'], '$-9223372036854775808'],
  [
    ['EVAL', 'return string.format("%#x % d %.20d",2^40,2^40,2^40)', '0'],
    '$0x10000000000  1099511627776 00000001099511627776',
  ],
  [
    ['EVAL', 'return string.format("%s %d",{},2^40)', '0'],
    "-ERR user_script:1: bad argument #2 to 'format' (string expected, got table) script: b6633aba305ed7a199edceb625a666586ddf0053, on @user_script:1.",
  ],
  [
    ['EVAL', 'return string.format("%y",2^40)', '0'],
    "-ERR user_script:1: invalid option '%y' to 'format' script: c96d6f2de107a01898f813094ba3ac75a755e8de, on @user_script:1.",
  ],
  [['EVAL', 'return tonumber("1ffffffff",16)', '0'], ':8589934591'],
  [['EVAL', 'return tonumber("zzzzzzzz",36)', '0'], ':2821109907455'],
  [['EVAL', 'return tonumber("-1f",16)', '0'], ':-9223372036854775808'],
  [['EVAL', 'return tonumber("12",3)', '0'], ':5'],
  [['EVAL', 'return tonumber("8",8)', '0'], '(nil)'],
  [
    ['EVAL', 'return tonumber("a",1)', '0'],
    "-ERR user_script:1: bad argument #2 to 'tonumber' (base out of range) script: 2c321ae8424cb384e04964bd367fe286bd283845, on @user_script:1.",
  ],
  [['EVAL', 'return tonumber(redis.sha1hex("a"):sub(1,13),16)', '0'], ':2374387902687834'],
  [['EVAL', 'return struct.pack(">I8",2^40)', '0'], '$\x00\x00\x01\x00\x00\x00\x00\x00'],
  [
    ['EVAL', 'return {struct.unpack(">I8",struct.pack(">I8",2^40))}', '0'],
    [':1099511627776', ':9'],
  ],
  [
    ['EVAL', 'return {struct.unpack(">i8<h",struct.pack(">i8<h",-2^40,-2))}', '0'],
    [':-1099511627776', ':-2', ':11'],
  ],
  [['EVAL', 'return struct.size("!8bl")', '0'], ':16'],
  [
    ['EVAL', 'return struct.pack("<lsc3",1,"ab","cde")', '0'],
    '$\x01\x00\x00\x00\x00\x00\x00\x00ab\x00cde',
  ],
  [
    ['EVAL', 'return {struct.unpack("<lsc3",struct.pack("<lsc3",1,"ab","cde"))}', '0'],
    [':1', '$ab', '$cde', ':15'],
  ],
  [
    ['EVAL', 'return struct.pack("l","x")', '0'],
    "-ERR user_script:1: bad argument #2 to 'pack' (number expected, got string) script: e70738e6a387fcfc8805be2ee2d2ab0411a7de61, on @user_script:1.",
  ],
  [
    ['EVAL', 'return struct.unpack("l","x")', '0'],
    "-ERR user_script:1: bad argument #2 to 'unpack' (data string too short) script: 5b86009a3ab90ab99729f35042323df45f0042d8, on @user_script:1.",
  ],
  [
    ['EVAL', 'return struct.pack("lZ",1)', '0'],
    "-ERR user_script:1: bad argument #1 to 'pack' (invalid format option 'Z') script: 9ac6ad5eb431111e5fc9c292fee0724a88736ae1, on @user_script:1.",
  ],
  [
    ['EVAL', 'return struct.unpack("l","12345678",-1)', '0'],
    "-ERR user_script:1: bad argument #2 to 'unpack' (data string too short) script: 6a9f7e013fb2f1953c4c53c1574c21ca6288adb9, on @user_script:1.",
  ],
  [
    ['EVAL', 'return math.random(1,2^31)', '0'],
    "-ERR user_script:1: bad argument #2 to 'random' (interval is empty) script: 803133ecfde714b5795e523f52bfa9684efba93a, on @user_script:1.",
  ],
  [['EVAL', 'return string.rep("ab",3)', '0'], '$ababab'],
  [['EVAL', 'return bit.tobit(2^40+5)', '0'], ':5'],
])

const SHA1 = 'return redis.sha1hex(ARGV[1])'

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
}

async function connected(t: Test): Promise<{ redis: TestServer; wire: Wire }> {
  const redis = await startServer()
  t.teardown(() => redis.close())
  return { redis, wire: await redis.connect() }
}

t.test('MONITOR shows a script before the commands that it runs', async t => {
  const { redis, wire } = await connected(t)
  const monitor = await redis.connect()
  await monitor.ask('MONITOR')
  await wire.ask('EVAL', "return redis.call('set','k','v')", '0')
  const lines = [show((await monitor.next()).reply), show((await monitor.next()).reply)]
  t.match(lines[0], / \[0 127\.0\.0\.1:\d+\] "EVAL" /)
  t.match(lines[1], / \[0 lua\] "set" "k" "v"$/)
})

t.test('time stands still while a script runs', async t => {
  const clock = frozenClock()
  const redis = await startServer({ clock })
  t.teardown(() => redis.close())
  const wire = await redis.connect()
  await wire.ask('SET', 'k', 'v', 'PX', '1')
  t.equal(await wire.ask('EVAL', "return redis.call('get','k')", '0'), '$v')
  const twice = "local a = redis.call('time') local b = redis.call('time') return a[2] == b[2]"
  t.equal(await wire.ask('EVAL', twice, '0'), ':1')
})

t.test('a script wakes clients that wait for its keys, once it has ended', async t => {
  const { redis, wire } = await connected(t)
  const waiting = await redis.connect()
  const popped = waiting.ask('BLPOP', 'l', '0')
  await until(() => redis.server.blocking.count === 1)
  const script = "redis.call('rpush','l','a') return redis.call('rpush','l','b')"
  t.equal(await wire.ask('EVAL', script, '0'), ':2')
  t.strictSame(await popped, ['$l', '$a'])
  t.strictSame(await wire.ask('LRANGE', 'l', '0', '-1'), ['$b'])
})

t.test('a script that changes a watched key aborts the transaction', async t => {
  const { redis, wire } = await connected(t)
  const other = await redis.connect()
  await wire.ask('WATCH', 'k')
  await wire.ask('MULTI')
  await wire.ask('PING')
  await other.ask('EVAL', "return redis.call('set','k','v')", '0')
  t.equal(await wire.ask('EXEC'), '(nil array)')
})

t.test('a script in a transaction is one of its commands', async t => {
  const { wire } = await connected(t)
  await wire.ask('MULTI')
  await wire.ask('EVAL', "return redis.call('incr','n')", '0')
  await wire.ask('EVAL', 'return redis.call("incr","n","x")', '0')
  const replies = await wire.ask('EXEC')
  t.equal(replies[0], ':1')
  t.match(replies[1], /^-ERR Wrong number of args calling Redis command from script script: /)
})

t.test('scripts of EVAL are forgotten beyond 500, those of SCRIPT LOAD stay', async t => {
  const { redis, wire } = await connected(t)
  const run = (i: number) => wire.ask('EVAL', `return ${i}`, '0')
  const digest = async (i: number) =>
    String(await wire.ask('EVAL', SHA1, '0', `return ${i}`)).slice(1)
  const loaded = String(await wire.ask('SCRIPT', 'LOAD', 'return "loaded"')).slice(1)
  const digests = [loaded, await digest(1), await digest(2), await digest(3)]
  for (let i = 1; i < 500; i++) await run(i)
  t.strictSame(await wire.ask('SCRIPT', 'EXISTS', ...digests), [':1', ':1', ':1', ':1'])
  // What is run again is the youngest.
  await run(1)
  await run(500)
  await run(501)
  t.strictSame(await wire.ask('SCRIPT', 'EXISTS', ...digests), [':1', ':1', ':0', ':1'])
  t.equal(redis.server.stats.evictedScripts, 2)
})

t.test('SELECT in a script is over with the script', async t => {
  const { wire } = await connected(t)
  await wire.ask('EVAL', "redis.call('select','5') return redis.call('set','k','v')", '0')
  t.equal(await wire.ask('EXISTS', 'k'), ':0')
  await wire.ask('SELECT', '5')
  t.equal(await wire.ask('EXISTS', 'k'), ':1')
})

t.test('an error is counted once, with the command that made it', async t => {
  const { wire } = await connected(t)
  await wire.ask('SET', 's', 'x')
  await wire.ask('CONFIG', 'RESETSTAT')
  await wire.ask('EVAL', "return redis.call('incr','s')", '0')
  const stats = String(await wire.ask('INFO', 'commandstats', 'errorstats'))
  t.match(stats, /cmdstat_incr:calls=1,.*rejected_calls=0,failed_calls=1/)
  t.match(stats, /cmdstat_eval:calls=1,.*rejected_calls=0,failed_calls=1/)
  t.match(stats, /errorstat_ERR:count=1/)
})

// Others are ended by SCRIPT KILL: test/server/busy.test.ts.
t.test('a script that never ends, and cannot sleep, is ended', async t => {
  const { redis, wire } = await connected(t)
  await wire.ask('CONFIG', 'SET', 'busy-reply-threshold', '20')
  redis.server.feature(Runner).patienceMs = 20
  for (const script of [
    'local co = coroutine.wrap(function() while true do end end) co()',
    'xpcall(function() while true do end end, error)',
    'local co = coroutine.wrap(function() while 1 do pcall(function() while 1 do end end) end end) co()',
    "string.gsub('x', 'x', function() while true do end end)",
  ]) {
    const reply = String(await wire.ask('EVAL', script, '0'))
    t.match(reply, /^-ERR Script killed by user with SCRIPT KILL\.\.\. script: /, script)
    t.equal(await wire.ask('EVAL', 'return redis.call("ping").ok', '0'), '$PONG')
  }
})

t.test('INFO tells of the engine and its scripts', async t => {
  const { redis, wire } = await connected(t)
  t.equal(redis.server.features.report().scriptEngineBytes, 0)
  await wire.ask('EVAL', 'return 1', '0')
  const { scriptEngineBytes, scripts, scriptBytes } = redis.server.features.report()
  const counted = Number(String(await wire.ask('EVAL', COUNT, '0')).slice(1))
  t.ok(Math.abs(scriptEngineBytes - counted) < 20000, `${scriptEngineBytes} ${counted}`)
  t.equal(scripts, 1)
  t.equal(scriptBytes, 8)
})

const COUNT = 'return collectgarbage("count") * 1024'
