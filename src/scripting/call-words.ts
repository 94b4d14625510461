// The words of a command that a script calls: from Lua's memory into one block, which is used again
// for the next command unless they are many bytes. (A script can name one large string many times.)

import { Args } from '../resp3/args.ts'
import { writeBytes } from '../util/bytes.ts'
import { TEXT_MAX } from '../util/limits.ts'
import { writeInteger } from '../util/number.ts'
import { formatNumber, type LuaStack } from './lua-stack.ts'
import { NUMBER, STRING, VALUE_SIZE } from './lua-value.ts'

const BLOCK_MAX = 64 * 1024
const BLOCK_MIN = 1024
/** Bytes of a number, at most. */
const NUMBER_SIZE = 32

export class CallWords {
  readonly #args = new Args()
  #block = Buffer.alloc(0)

  /** All arguments as words, valid until the next call, or what is wrong with them. */
  read(lua: LuaStack): Args | string {
    const { memory, argsAt } = lua
    const end = argsAt + lua.argCount * VALUE_SIZE
    if (end === argsAt) return 'Please specify at least one argument for this redis lib call'
    let size = 0
    for (let at = argsAt; at < end; at += VALUE_SIZE) {
      const type = memory.typeOf(at)
      if (type === STRING) size += memory.lengthAt(at)
      else if (type === NUMBER) size += NUMBER_SIZE
      else return 'Lua redis lib command arguments must be strings or integers'
    }
    if (size > TEXT_MAX) lua.raiseNoMemory()
    const args = this.#argsFor(size)
    const { bytes } = args
    let written = 0
    for (let at = argsAt; at < end; at += VALUE_SIZE) {
      const start = written
      if (memory.typeOf(at) === STRING) written = memory.copyText(at, bytes, start)
      else written = writeNumber(bytes, start, memory.number(at))
      args.mark(start, written)
    }
    return args
  }

  #argsFor(size: number): Args {
    if (size > BLOCK_MAX) {
      const args = new Args()
      args.bytes = Buffer.allocUnsafe(size)
      return args
    }
    if (size > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.min(Math.max(size * 2, BLOCK_MIN), BLOCK_MAX))
    }
    const args = this.#args
    args.clear()
    args.bytes = this.#block
    return args
  }
}

function writeNumber(out: Buffer, at: number, value: number): number {
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value) {
    return at + writeInteger(out, at, value)
  }
  return writeBytes(formatNumber(value), out, at)
}
