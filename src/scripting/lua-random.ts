// math.random and math.randomseed as Redis has them: lrand48() on every machine, so that a script
// that seeds gets the same numbers everywhere.

import type { LuaStack, NativeFunction } from './lua-stack.ts'

const LIMIT = 2147483647

/** A generator of 48 bits in three parts; every product stays below 2^53. */
export class LuaRandom {
  #low = 0x330e
  #middle = 0xabcd
  #high = 0x1234

  seed(value: number): void {
    this.#low = 0x330e
    this.#middle = value & 0xffff
    this.#high = (value >>> 16) & 0xffff
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    const a = 0xe66d * this.#low + 0xb
    const b = Math.floor(a / 65536) + 0xe66d * this.#middle + 0xdeec * this.#low
    const c = Math.floor(b / 65536) + 0xe66d * this.#high + 0xdeec * this.#middle + 0x5 * this.#low
    this.#low = a % 65536
    this.#middle = b % 65536
    this.#high = c % 65536
    return ((this.#high * 32768 + (this.#middle >> 1)) % LIMIT) / LIMIT
  }
}

export function mathRandom(random: LuaRandom): NativeFunction {
  return lua => {
    const r = random.next()
    const { argCount } = lua
    if (argCount === 0) {
      lua.pushNumber(r)
      return
    }
    const from = argCount === 1 ? 1 : integer(lua, 0, 'random')
    const to = integer(lua, argCount === 1 ? 0 : 1, 'random')
    if (argCount > 2) lua.raiseText('wrong number of arguments')
    if (from > to) lua.raiseText(`bad argument #${argCount} to 'random' (interval is empty)`)
    lua.pushNumber(Math.floor(r * (to - from + 1)) + from)
  }
}

export function mathRandomseed(random: LuaRandom): NativeFunction {
  return lua => random.seed(integer(lua, 0, 'randomseed'))
}

/** An int, as C takes it from a number. */
function integer(lua: LuaStack, i: number, name: string): number {
  return Math.trunc(lua.checkNumber(i, name)) | 0
}
