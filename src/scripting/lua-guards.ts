// Functions of Lua that the engine replaces because its own do harm, or say it otherwise than
// Redis.

import { upToNul } from '../util/bytes.ts'
import type { LuaStack } from './lua-stack.ts'

/** What Lua's stack could hold at most. */
const UNPACK_MAX = 8000

const INT_LIMIT = 2 ** 31

// Lua's own takes a range that overflows its arithmetic for a small one, and writes on.
export function guardedUnpack(lua: LuaStack): void {
  const first = lua.number(1) ?? 1
  const last = lua.number(2) ?? 0
  const isSane = Math.abs(first) < INT_LIMIT && Math.abs(last) < INT_LIMIT
  if (isSane && last - first < UNPACK_MAX) lua.unpack()
  else lua.raiseText('too many results to unpack')
}

// The __index of guarded tables.
export function missingGlobal(lua: LuaStack): void {
  const name = lua.text(1)
  if (lua.argCount !== 2) {
    lua.raiseText('Wrong number of arguments to luaProtectedTableError')
  } else if (name === undefined) {
    lua.raiseText('Second argument to luaProtectedTableError must be a string or number')
  } else {
    lua.raiseText(`Script attempted to access nonexistent global variable '${upToNul(name)}'`)
  }
}
