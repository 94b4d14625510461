// The redis table of scripts: what redis.call and its neighbours do.

import { createHash } from 'node:crypto'
import { TARGET } from '../engine/effect.ts'
import type { RedisServer } from '../engine/server.ts'
import { REDIS_VERSION } from '../host/version.ts'
import { err } from '../resp3/errors.ts'
import { trimLineEnds, upToNul } from '../util/bytes.ts'
import { readInteger } from '../util/number.ts'
import { CallWords } from './call-words.ts'
import { encodeReply, encodeStatus, OK_STATUS } from './encode.ts'
import type { LuaStack, NativeFunction } from './lua-stack.ts'
import type { Runner } from './runner.ts'

const LOG_LEVELS = ['debug', 'verbose', 'notice', 'warning'] as const
/** Of one redis.log(). */
const LOG_MAX = 2 ** 24

export const CONSTANTS: Readonly<Record<string, string | number>> = {
  LOG_DEBUG: 0,
  LOG_VERBOSE: 1,
  LOG_NOTICE: 2,
  LOG_WARNING: 3,
  REDIS_VERSION,
  REDIS_VERSION_NUM: versionNumber(REDIS_VERSION),
  REPL_NONE: TARGET.none,
  REPL_AOF: TARGET.file,
  REPL_SLAVE: TARGET.replicas,
  REPL_REPLICA: TARGET.replicas,
  REPL_ALL: TARGET.all,
}

function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return (major << 16) | (minor << 8) | patch
}

/** What scripts of EVAL and called functions both find. */
export function redisFunctions(
  server: RedisServer,
  runner: Runner,
): Record<string, NativeFunction> {
  const words = new CallWords()
  return {
    call: lua => callCommand(lua, runner, words, true),
    pcall: lua => callCommand(lua, runner, words, false),
    error_reply: errorReply,
    status_reply: statusReply,
    sha1hex,
    log: lua => log(lua, server, runner),
    setresp: lua => setResp(lua, runner),
    set_repl: lua => setRepl(lua, server),
    acl_check_cmd: lua => aclCheckCmd(lua, runner, words),
  }
}

/** Only EVAL has these: the debugger, which is never active, and what old scripts call. */
export const EVAL_FUNCTIONS: Readonly<Record<string, NativeFunction>> = {
  breakpoint: lua => lua.pushBoolean(false),
  debug: () => {},
  replicate_commands: lua => lua.pushBoolean(true),
}

export function sha1(text: string): string {
  return createHash('sha1').update(text, 'latin1').digest('hex')
}

function callCommand(lua: LuaStack, runner: Runner, words: CallWords, raises: boolean): void {
  const args = words.read(lua)
  if (typeof args === 'string') {
    lua.pushError(`ERR ${args}`, false)
    if (raises) lua.raisePushed()
    return
  }
  const error = runner.call(args)
  if (error === undefined) {
    const { resp, size } = runner.client.reply
    pushReply(lua, runner.takeReply(), size, resp)
    return
  }
  lua.pushError(error.message, error.isCounted)
  if (raises) lua.raisePushed()
}

const DOLLAR = 36
const PLUS = 43
const MINUS = 45
const COLON = 58
const UNDERSCORE = 95
const LF = 10
const LETTER_O = 79
const LETTER_K = 75

function pushReply(lua: LuaStack, bytes: Buffer, size: number, resp: number): void {
  const type = bytes[0]
  if (type === COLON) lua.pushNumber(readInteger(bytes, 1, size - 2) ?? 0)
  else if (type === DOLLAR && bytes[1] !== MINUS) pushBulk(lua, bytes, size)
  else if (type === PLUS && isOk(bytes, size)) lua.push(OK_STATUS)
  else if (type !== DOLLAR && type !== UNDERSCORE) lua.push(encodeReply(bytes, size, resp))
  else if (resp === 3) lua.pushNil()
  else lua.pushBoolean(false)
}

function pushBulk(lua: LuaStack, bytes: Buffer, size: number): void {
  let start = 1
  while (bytes[start++] !== LF);
  lua.pushBytes(bytes, start, size - 2)
}

function isOk(bytes: Buffer, size: number): boolean {
  return size === 5 && bytes[1] === LETTER_O && bytes[2] === LETTER_K
}

function errorReply(lua: LuaStack): void {
  const text = lua.arg(0)
  if (lua.argCount !== 1 || typeof text !== 'string') {
    lua.pushError('ERR wrong number or type of arguments', false)
    return
  }
  const message = upToNul(text).replace(/^-/, '')
  const space = message.indexOf(' ')
  const code = space < 0 ? 'ERR' : message.slice(0, space)
  const rest = space < 0 ? message : message.slice(space + 1)
  lua.pushError(`${code} ${trimLineEnds(rest.replace(/^[\r\n]+/, ''))}`, false)
}

function statusReply(lua: LuaStack): void {
  const text = lua.arg(0)
  if (lua.argCount !== 1 || typeof text !== 'string') {
    lua.pushError('ERR wrong number or type of arguments', false)
    return
  }
  lua.push(encodeStatus(text))
}

function sha1hex(lua: LuaStack): void {
  if (lua.argCount !== 1) throw err('wrong number of arguments')
  lua.pushString(sha1(lua.text(0) ?? ''))
}

function log(lua: LuaStack, server: RedisServer, runner: Runner): void {
  if (lua.argCount < 2) throw err('redis.log() requires two arguments or more.')
  const level = lua.number(0)
  if (level === undefined) throw err('First argument must be a number (log level).')
  const name = LOG_LEVELS[Math.trunc(level)]
  if (name === undefined) throw err('Invalid log level.')
  const words: string[] = []
  let length = 0
  for (let i = 1; i < lua.argCount; i++) {
    const word = lua.text(i) ?? ''
    length += word.length
    if (length > LOG_MAX) lua.raiseNoMemory()
    words.push(word)
  }
  runner.acts()
  server.log[name](words.join(' '))
}

function setResp(lua: LuaStack, runner: Runner): void {
  if (lua.argCount !== 1) throw err('redis.setresp() requires one argument.')
  const version = Math.trunc(lua.number(0) ?? 0)
  if (version !== 2 && version !== 3) throw err('RESP version must be 2 or 3.')
  runner.acts()
  runner.client.reply.resp = version
}

function setRepl(lua: LuaStack, { effects }: RedisServer): void {
  if (lua.argCount !== 1) throw err('redis.set_repl() requires one argument.')
  const targets = Math.trunc(lua.number(0) ?? 0)
  if ((targets & ~TARGET.all) !== 0) {
    throw err('Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.')
  }
  effects.scriptTargets = targets
}

function aclCheckCmd(lua: LuaStack, runner: Runner, words: CallWords): void {
  const args = words.read(lua)
  if (typeof args === 'string') throw err(args)
  const command = runner.find(args)
  if (command === undefined) {
    throw err('Invalid command passed to redis.acl_check_cmd()')
  }
  lua.pushBoolean(runner.isAllowed(command, args))
}
