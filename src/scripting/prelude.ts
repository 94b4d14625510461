// The part of the scripting environment that is best said in Lua. It runs once in a new engine,
// before the globals are locked, and stays reachable for the host alone: __redis__err__handler,
// which Redis has too, does what the last three words of ARGV say if the host has just asked for
// it, and is the plain error handler for anybody else. Only the host can say whether it has: it
// does so once for each request, before anything of a script runs.
//
// Positions of errors are found without the debug library: error() with a level says where that
// level is. Frames of this file are called "prelude" and are passed over.

export const PRELUDE = `
local host = redis.log
local raise, protected, loadstring = error, pcall, loadstring
local type, tostring, tonumber, select = type, tostring, tonumber, select
local pairs, setmetatable, collectgarbage = pairs, setmetatable, collectgarbage
local match, find, sub, lower = string.match, string.find, string.sub, string.lower
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local concat = table.concat
local globals = _G

-- Newer than the Redis that this is.
cjson.decode_array_with_array_mt = nil

-- Errors

local function where(level)
  local _, text = protected(raise, '', level)
  return text
end

local function handler(problem)
  local level = 4
  local text = where(level)
  if text == '' then level = 5; text = where(level) end
  while level < 13 and (text == '' or sub(text, 1, 8) == 'prelude:') do
    level = level + 1
    text = where(level)
  end
  if type(problem) ~= 'table' then problem = {err = 'ERR ' .. tostring(problem)} end
  local source, line = match(text, '^(.*):(%d+): $')
  if source then
    problem.source = match(source, '^%[string "(.*)"%]$') or '@' .. source
    problem.line = tonumber(line)
  end
  return problem
end

-- Since Redis 7 errors are tables; pcall goes on giving their text.
local function settle(ok, ...)
  if ok then return ok, ... end
  local problem = ...
  if type(problem) == 'table' then
    local text = problem.err
    if type(text) == 'string' or type(text) == 'number' then problem = text end
  end
  return false, problem
end

-- Workers: threads that run what they are given, say that it is done, and take the next. The host
-- may put them to sleep at any instruction, which looks as if they had yielded nothing; then
-- whoever waits for them sleeps too.

local DONE = {}

local function work(f, ...) return work(yield(DONE, f(...))) end

function coroutine.yield(...)
  if host('inside') then raise('attempt to yield across metamethod/C-call boundary', 0) end
  return yield(...)
end

local idle = {}

local function finished(worker, ok, token, ...)
  if not ok then return settle(ok, token) end
  if token == DONE then
    idle[#idle + 1] = worker
    return true, ...
  end
  yield()
  return finished(worker, resume(worker))
end

function pcall(...)
  if select('#', ...) == 0 then return false, 'attempt to call a boolean value' end
  if type((...)) ~= 'function' then return settle(protected(...)) end
  local worker = idle[#idle]
  if worker then idle[#idle] = nil else worker = create(work) end
  host('nest', worker)
  return finished(worker, resume(worker, ...))
end

-- Scripts run in one worker more, whose first function is its errors' handler as well.

local root, keys_asleep, argv_asleep

local function base(token, ...)
  if token ~= DONE then
    local problem = handler(token)
    return problem
  end
  work(...)
end

local function report(ok, token, ...)
  if not ok then
    root = nil
    host('root')
    host('finish', false, token)
  elseif token == DONE then
    host('finish', true, ...)
  else
    keys_asleep, argv_asleep = KEYS, ARGV
    host('asleep')
  end
end

local function run(f, ...)
  if root then
    report(resume(root, f, ...))
  else
    root = create(base)
    host('root', root)
    report(resume(root, DONE, f, ...))
  end
end

local function wake()
  host('put', globals, 'KEYS', keys_asleep)
  host('put', globals, 'ARGV', argv_asleep)
  report(resume(root))
end

-- The host's: raises because there is no such global.
local guard = {__index = redis.sha1hex}

-- Scripts of EVAL, by their SHA1

local scripts = {}
local operations = {wake = wake}

function operations.compile(sha, code)
  local script, problem = loadstring(code, '@user_script')
  scripts[sha] = script
  host('finish', script ~= nil, problem)
end

function operations.eval(sha)
  run(scripts[sha])
end

function operations.forget(sha)
  scripts[sha] = nil
  host('finish', true)
end

function operations.collect()
  collectgarbage()
  host('finish', true)
end

-- Libraries of functions. Their globals are an empty table that looks things up elsewhere: in the
-- few names of the loading API while a library is loaded, and in all others when it is called.

local callbacks = {}
local loading = false
local lookup = {}
local environment = setmetatable({}, lookup)
local calling_api, loading_api = {}, nil

local function refuse(text) raise({err = 'ERR ' .. text}) end

local function is_text(value) return type(value) == 'string' or type(value) == 'number' end

local function read_flags(flags)
  local words = {}
  local i = 1
  while flags[i] ~= nil do
    if not is_text(flags[i]) then refuse('unknown flag given') end
    words[i] = tostring(flags[i])
    if find(words[i], ',', 1, true) then refuse('unknown flag given') end
    i = i + 1
  end
  return concat(words, ',')
end

local function read_named(arguments)
  if type(arguments) ~= 'table' then
    refuse('calling redis.register_function with a single argument is only applicable to Lua ' ..
      'table (representing named arguments).')
  end
  local name, description, callback, flags
  for key, value in pairs(arguments) do
    if not is_text(key) then
      refuse('named argument key given to redis.register_function is not a string')
    end
    key = lower(key)
    if key == 'function_name' then
      if not is_text(value) then
        refuse('function_name argument given to redis.register_function must be a string')
      end
      name = tostring(value)
    elseif key == 'description' then
      if not is_text(value) then
        refuse('description argument given to redis.register_function must be a string')
      end
      description = tostring(value)
    elseif key == 'callback' then
      if type(value) ~= 'function' then
        refuse('callback argument given to redis.register_function must be a function')
      end
      callback = value
    elseif key == 'flags' then
      if type(value) ~= 'table' then
        refuse('flags argument to redis.register_function must be a table representing ' ..
          'function flags')
      end
      flags = read_flags(value)
      if not host('flags', flags) then refuse('unknown flag given') end
    else
      refuse('unknown argument given to redis.register_function')
    end
  end
  if not name then refuse('redis.register_function must get a function name argument') end
  if not callback then refuse('redis.register_function must get a callback argument') end
  return name, callback, description, flags
end

local function register_function(...)
  if not loading then
    refuse('redis.register_function can only be called on FUNCTION LOAD command')
  end
  local count = select('#', ...)
  if count < 1 or count > 2 then
    refuse('wrong number of arguments to redis.register_function')
  end
  local name, callback, description, flags = ...
  if count == 1 then
    name, callback, description, flags = read_named(name)
  else
    if not is_text(name) then
      refuse('first argument to redis.register_function must be a string')
    end
    if type(callback) ~= 'function' then
      refuse('second argument to redis.register_function must be a function')
    end
    name = tostring(name)
  end
  local id, problem = host('register', name, flags or '', description)
  if problem then refuse(problem) end
  callbacks[id] = callback
end

function operations.load(_, code)
  local library, problem = loadstring(code, '@user_function')
  if not library then
    host('finish', false, problem, 'compile')
    return
  end
  host('environment', library, environment)
  lookup.__index = loading_api
  loading = true
  local ok, problem = protected(library)
  loading = false
  lookup.__index = calling_api
  host('finish', ok, problem, 'run')
end

function operations.fcall(id)
  -- Loading may have been cut off before it could do this.
  loading = false
  lookup.__index = calling_api
  run(callbacks[tonumber(id)], KEYS, ARGV)
end

function operations.drop(id)
  callbacks[tonumber(id)] = nil
  host('finish', true)
end

-- The last step of making an engine: everything that could not be done before it was locked.
function operations.start()
  host('workers', base, work)
  for _, f in pairs({base, work, finished, pcall, coroutine.yield}) do host('hide', f) end
  host('step', 'step')
  host('protect', guard)
  host('guard', globals, guard)
  local api = {register_function = register_function}
  for name, value in pairs(redis) do
    if name == 'log' or sub(name, 1, 4) == 'LOG_' or sub(name, 1, 6) == 'REDIS_' then
      api[name] = value
    end
  end
  loading_api = {redis = api}
  for name, value in pairs(globals) do
    if name ~= 'KEYS' and name ~= 'ARGV' and name ~= '__redis__err__handler' then
      calling_api[name] = value
    end
  end
  calling_api._G = calling_api
  lookup.__index = calling_api
  for _, each in pairs({api, loading_api, calling_api}) do
    setmetatable(each, guard)
    host('protect', each)
  end
  host('protect', environment)
  host('finish', true)
end

function __redis__err__handler(problem)
  if not host() then return handler(problem) end
  local argv = ARGV
  local last = #argv
  local operation, name, code = argv[last], argv[last - 1], argv[last - 2]
  for i = last, last - 2, -1 do argv[i] = nil end
  operations[operation](name, code)
end

-- Where the host finds the functions that it calls or stands in for.
local found = {
  host, redis.sha1hex, redis.pcall, raise, collectgarbage, unpack, math.random, math.randomseed,
  tonumber, string.format, string.rep, struct.pack, struct.unpack, struct.size,
  coroutine.running, coroutine.status,
}
for i = 1, #found do found[i] = tostring(found[i]) end
return concat(found, ' ')
`
