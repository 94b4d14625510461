// string.rep: the engine's own adds its bytes one by one, and a script that asks for many megabytes
// would hold all clients up. Whatever is more than a few bytes is made here; arguments that are
// wrong are left to the engine, which says best what is the matter.

import { toInt64 } from './lua-integers.ts'
import type { LuaStack, NativeFunction } from './lua-stack.ts'
import { NUMBER, STRING, VALUE_SIZE } from './lua-value.ts'
import { MEMORY_SIZE } from './wasm.ts'

/** Bytes up to which the engine's own is faster. */
const FEW = 64
const INT_LIMIT = 2 ** 31
/** Texts that C reads as a number, and JavaScript as the same. Infinity cuts to what NaN does. */
const DECIMAL = /^[\t-\r ]*[-+]?(?:\d+\.?\d*|\.\d+|inf|infinity)(?:e[-+]?\d+)?[\t-\r ]*$/i
const DIGITS_MAX = 40

export function repeatText(original: NativeFunction): NativeFunction {
  return lua => {
    const value = countOf(lua)
    const { memory, argsAt } = lua
    const isText = memory.typeOf(argsAt) === STRING
    if (value === undefined || !(isText || memory.typeOf(argsAt) === NUMBER)) return original(lua)
    if (Math.abs(value) < FEW && isText && (memory.lengthAt(argsAt) + 1) * value < FEW) {
      return original(lua)
    }
    const times = toInt32(value)
    if (times <= 0) lua.pushString('')
    else {
      if (!isText) convertText(lua, original)
      // The bytes are needed twice, for as long as Lua copies them.
      if (2 * memory.lengthAt(lua.argsAt) * times >= MEMORY_SIZE) lua.raiseNoMemory()
      else lua.pushRepeated(times)
    }
  }
}

/** Argument 1, or undefined if it is no number, or one in another notation. */
function countOf(lua: LuaStack): number | undefined {
  if (lua.argCount < 2) return undefined
  const { memory } = lua
  const at = lua.argsAt + VALUE_SIZE
  const type = memory.typeOf(at)
  if (type === NUMBER) return memory.number(at)
  if (type !== STRING || memory.lengthAt(at) > DIGITS_MAX) return undefined
  const text = lua.text(1) ?? ''
  return DECIMAL.test(text) ? Number(text) : undefined
}

/** An int, as C cuts it out of an integer of 64 bits. */
function toInt32(value: number): number {
  return Math.abs(value) < INT_LIMIT ? Math.trunc(value) : Number(BigInt.asIntN(32, toInt64(value)))
}

/** The engine makes a text of argument 0 where that lies, also if it is to repeat it never. */
function convertText(lua: LuaStack, original: NativeFunction): void {
  lua.memory.setNumber(lua.argsAt + VALUE_SIZE, 0)
  lua.callAside(original)
}
